"""How much of one core the media worker needs for one camera and microphone and twenty viewers.

    python -m benchmarks.media [--viewers 20] [--seconds 15]

The worker is the real one in a process of its own. The publisher sends what a 720p camera at 1 Mb/s and a
microphone send (112 + 50 packets a second); the viewers decrypt and count, and decode nothing, so that they
leave the machine to the worker. Everything stays on loopback.
"""

import argparse
import asyncio
import os
import re
import secrets
import socket
import struct
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path

import aiohttp
import psutil
import uvloop
from aiortc.rtcicetransport import RTCIceParameters

from realtime.media.grants import sign_grant
from realtime.media.negotiation import read_offer
from realtime.media.transport import Certificate, Wire

ROOT = Path(__file__).resolve().parent.parent
VIDEO, AUDIO = 96, 111
FRAME = struct.Struct("!BBHLL")
STAMP = struct.Struct("!d")


@dataclass
class Client:
    """A peer without codecs."""

    certificate: Certificate
    received: int = 0
    delays: list[float] = field(default_factory=list)
    measuring: bool = False

    async def open(self, http: aiohttp.ClientSession, url: str, token: str, direction: str) -> None:
        self.wire = Wire(
            certificate=self.certificate,
            addresses=("127.0.0.1",),
            on_rtp=self.on_rtp,
            on_rtcp=lambda _data: None,
            on_closed=lambda _goodbye: None,
        )
        self.wire._connection.ice_controlling = True
        await self.wire.gather()
        headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/sdp"}
        for _ in range(100):
            async with http.post(url, data=self.offer(direction), headers=headers) as response:
                text = await response.text()
            if response.status in (409, 503):
                await asyncio.sleep(0.1)
                continue
            assert response.status == 201, text
            break
        answer = read_offer(text)
        await self.wire.add_candidates(answer.candidates)
        ice = RTCIceParameters(answer.ice_ufrag, answer.ice_password)
        if not await self.wire.connect(ice, answer.dtls, as_client=False, timeout=20):
            raise SystemExit("A client could not connect.")

    def offer(self, direction: str) -> str:
        (print_,) = self.certificate.fingerprints()
        transport = (
            f"a=ice-ufrag:{self.wire.ufrag}\r\na=ice-pwd:{self.wire.password}\r\n"
            f"a=fingerprint:{print_.algorithm} {print_.value}\r\na=setup:actpass\r\na=rtcp-mux\r\na={direction}\r\n"
        )
        audio = f"m=audio 9 UDP/TLS/RTP/SAVPF {AUDIO}\r\na=mid:0\r\na=rtpmap:{AUDIO} opus/48000/2\r\n"
        video = (
            f"m=video 9 UDP/TLS/RTP/SAVPF {VIDEO} 97\r\na=mid:1\r\na=rtpmap:{VIDEO} VP8/90000\r\n"
            f"a=rtcp-fb:{VIDEO} nack\r\na=rtcp-fb:{VIDEO} nack pli\r\na=rtpmap:97 rtx/90000\r\na=fmtp:97 apt={VIDEO}\r\n"
        )
        head = "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\na=group:BUNDLE 0 1\r\n"
        return f"{head}{audio}{transport}{video}{transport}"

    def on_rtp(self, data: bytes) -> None:
        if self.measuring:
            self.received += 1
            if data[1] & 0x7F == VIDEO:
                self.delays.append(time.monotonic() - STAMP.unpack_from(data, len(data) - STAMP.size)[0])

    async def publish(self) -> None:
        """Twenty-eight frames of four packets and fifty packets of sound a second; one frame a second is whole."""
        sequence = {VIDEO: 0, AUDIO: 0}
        ssrc = {VIDEO: 1001, AUDIO: 1002}
        filling = secrets.token_bytes(1140)

        def send(kind: int, timestamp: int, marker: bool, descriptor: bytes, size: int) -> None:
            payload = descriptor + filling[:size] + STAMP.pack(time.monotonic())
            header = FRAME.pack(
                0x80,
                kind | (0x80 if marker else 0),
                sequence[kind] & 0xFFFF,
                timestamp & 0xFFFFFFFF,
                ssrc[kind],
            )
            length = len(header) + len(payload)
            self.wire.buffer[:length] = header + payload
            self.wire.send(length)
            sequence[kind] += 1

        began, frames, sounds = time.monotonic(), 0, 0
        while True:
            now = time.monotonic() - began
            while frames < now * 28:
                for part in range(4):
                    start = b"\x10\x00" if frames % 28 == 0 else b"\x10\x01"
                    descriptor = start if part == 0 else b"\x00\x01"
                    send(VIDEO, frames * 3214, part == 3, descriptor, 1100)
                frames += 1
            while sounds < now * 50:
                send(AUDIO, sounds * 960, False, b"", 80)
                sounds += 1
            await asyncio.sleep(0.005)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


async def measure(viewers: int, seconds: float) -> None:
    secret, port = secrets.token_hex(32), free_port()
    environment = {
        **os.environ,
        "MEDIA_SECRET": secret,
        "MEDIA_PORT": str(port),
        "MEDIA_ICE_ADDRESSES": "127.0.0.1",
        "MEDIA_EVENTS_URL": "",
        "MEDIA_WORKERS": "1",
    }
    parent = subprocess.Popen(
        [sys.executable, "-m", "realtime.media"], cwd=ROOT, env=environment, stdout=subprocess.DEVNULL
    )
    try:
        async with aiohttp.ClientSession() as http:
            await _measure(http, f"http://127.0.0.1:{port}", secret, parent, viewers, seconds)
    finally:
        parent.terminate()
        parent.wait()


async def _measure(
    http: aiohttp.ClientSession,
    url: str,
    secret: str,
    parent: "subprocess.Popen[bytes]",
    viewers: int,
    seconds: float,
) -> None:
    for _ in range(100):
        try:
            async with http.get(f"{url}/healthz"):
                break
        except aiohttp.ClientError:
            await asyncio.sleep(0.1)
    worker = psutil.Process(parent.pid).children()[0]  # behind it comes the spare one
    certificate = Certificate.generateCertificate()

    def grant(action: str, person: str) -> str:
        return sign_grant(secret, room=1, person=person, action=action, publication="1-camera")  # type: ignore[arg-type]

    publisher = Client(certificate)
    await publisher.open(http, f"{url}/whip/1", grant("publish", "1"), "sendonly")
    sending = asyncio.create_task(publisher.publish())
    clients = [Client(certificate) for _ in range(viewers)]
    joining = time.monotonic()
    for number, client in enumerate(clients):
        await client.open(http, f"{url}/whep/1", grant("watch", str(number + 2)), "recvonly")
    joined = time.monotonic() - joining
    await asyncio.sleep(1.5)

    def busy() -> float:
        times = worker.cpu_times()
        return float(times.user + times.system)

    for client in clients:
        client.measuring = True
    before, began = busy(), time.monotonic()
    await asyncio.sleep(seconds)
    used, passed = busy() - before, time.monotonic() - began
    for client in clients:
        client.measuring = False
    sending.cancel()
    received = sum(client.received for client in clients)
    delays = sorted(delay for client in clients for delay in client.delays)
    expected = (4 * 28 + 50) * passed * viewers
    print(
        f"media: 1 publisher (720p at 1 Mb/s, sound), {viewers} viewers, {passed:.0f} s, joined in {joined:.1f} s"
    )
    print(f"media: worker CPU               {100 * used / passed:6.1f} % of one core")
    print(f"media: per forwarded packet     {1e6 * used / max(received, 1):6.1f} µs of CPU")
    print(
        f"media: delivered                {100 * received / expected:6.1f} % of {expected / passed:.0f} packets/s"
    )
    if delays:
        middle, late = delays[len(delays) // 2], delays[int(len(delays) * 0.99)]
        print(
            f"media: delay publisher-viewer   {1000 * middle:6.1f} ms median, {1000 * late:.1f} ms for 99 %"
        )
    print(f"media: worker memory            {worker.memory_info().rss / 2**20:6.0f} MiB")
    for client in (*clients, publisher):
        await client.wire.close()


def main() -> None:
    parser = argparse.ArgumentParser(description=re.sub(r"\s+", " ", (__doc__ or "").split("\n\n")[0]))
    parser.add_argument("--viewers", type=int, default=20)
    parser.add_argument("--seconds", type=float, default=15)
    arguments = parser.parse_args()
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(measure(arguments.viewers, arguments.seconds))


if __name__ == "__main__":
    main()

"""A publisher without a camera, and many viewers without a decoder, for `benchmarks.media`.

The viewers connect as any browser does; from then on one thread of C (`_receive.c`) counts what arrives on their sockets and does
not even decrypt it, so that hundreds of them leave the machine to the server.
"""

import asyncio
import os
import secrets
import shutil
import socket
import struct
import subprocess
import threading
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from aiortc.rtcicetransport import RTCIceParameters
from aiortc.sdp import candidate_to_sdp
from cffi import FFI

from realtime.media.negotiation import Offer, read_offer
from realtime.media.transport import Certificate, Wire

VIDEO, AUDIO, RTX = 96, 111, 97
FRAMES, PARTS, SOUNDS = 28, 4, 50
"""Frames a second, packets of each, packets of sound a second: what 720p at 1 Mb/s and a microphone make."""
FULL, TELLING = 1116, 300
"""Lengths of RTP packets before encryption: an ordinary one of the picture, and the first of those that tell their number."""
HEADER = struct.Struct("!BBHLL")
DESCRIPTOR = struct.Struct("!BBHBBB")
FRAME = struct.Struct("=II")
SOURCE = Path(__file__).with_name("_receive.c")
ffi = FFI()
ffi.cdef("""
typedef struct {
    int32_t running, measuring, other_pipe;
    uint16_t window_from, window_length;
    int32_t full_length, telling_length;
    double sent_at[65536];
    uint16_t telling[256];
    uint64_t delays[20000];
} shared_t;
typedef struct {
    int32_t descriptor, video, longest, known;
    uint16_t distance;
    uint64_t received, octets, delivered, frames;
} viewer_t;
int receive(shared_t *shared, viewer_t *viewers, int count);
""")


def compile_receiver(folder: Path) -> Any:
    compiler = shutil.which("cc")
    if compiler is None:
        raise SystemExit("This benchmark needs a C compiler: viewers in Python would measure themselves.")
    target = folder / "receive.so"
    subprocess.run([compiler, "-O2", "-shared", "-fPIC", "-o", target, SOURCE], check=True)
    return ffi.dlopen(str(target))


class Client:
    """One end of a connection, without codecs."""

    certificate = Certificate.generateCertificate()

    def __init__(self, address: str) -> None:
        self.wire = Wire(
            certificate=self.certificate,
            addresses=(address,),
            on_rtp=lambda _data: None,
            on_rtcp=lambda _data: None,
            on_closed=lambda _goodbye: None,
        )
        self.video = VIDEO

    async def offer(self, direction: str) -> str:
        """Picture and sound, to a server that answers."""
        self.wire._connection.ice_controlling = True
        await self.wire.gather()
        lines = [(0, "audio", AUDIO), (1, "video", VIDEO)]
        return self._describe([(str(mid), kind, number) for mid, kind, number in lines], direction, "actpass")

    async def connect(self, answer: str) -> None:
        await self._connect(read_offer(answer), as_client=False)

    async def answer(self, text: str) -> str:
        """To a server that offers; `go` then connects."""
        await self.wire.gather()
        self.offered = read_offer(text)
        lines = []
        for media in self.offered.media:
            number = media.codecs[0].payload_type
            lines.append((media.mid, media.kind, number))
            if media.kind == "video":
                self.video = number
        return self._describe(lines, "recvonly", "active")

    async def go(self) -> None:
        await self._connect(self.offered, as_client=True)

    async def _connect(self, offer: Offer, *, as_client: bool) -> None:
        await self.wire.add_candidates(offer.candidates)
        ice = RTCIceParameters(offer.ice_ufrag, offer.ice_password)
        if not await self.wire.connect(ice, offer.dtls, as_client=as_client, timeout=20):
            raise SystemExit("A client could not connect.")

    def _describe(self, lines: list[tuple[str, str, int]], direction: str, setup: str) -> str:
        (print_,) = self.certificate.fingerprints()
        bundle = " ".join(mid for mid, _kind, _number in lines)
        text = ["v=0", "o=- 1 1 IN IP4 127.0.0.1", "s=-", "t=0 0", f"a=group:BUNDLE {bundle}"]
        for mid, kind, number in lines:
            again = f" {RTX}" if kind == "video" and setup == "actpass" else ""
            text += [
                f"m={kind} 9 UDP/TLS/RTP/SAVPF {number}{again}",
                "c=IN IP4 0.0.0.0",
                f"a=mid:{mid}",
                f"a=ice-ufrag:{self.wire.ufrag}",
                f"a=ice-pwd:{self.wire.password}",
                f"a=fingerprint:{print_.algorithm} {print_.value}",
                f"a=setup:{setup}",
                "a=rtcp-mux",
                f"a={direction}",
                f"a=rtpmap:{number} {'opus/48000/2' if kind == 'audio' else 'VP8/90000'}",
            ]
            if kind == "video":
                text += [f"a=rtcp-fb:{number} nack", f"a=rtcp-fb:{number} nack pli"]
            if again:
                text += [f"a=rtpmap:{RTX} rtx/90000", f"a=fmtp:{RTX} apt={number}"]
            if direction == "sendonly":
                text += [f"a=ssrc:{1001 if kind == 'video' else 1002} cname:bench"]
            text += [f"a=candidate:{candidate_to_sdp(each)}" for each in self.wire.candidates()]
        return "\r\n".join(text) + "\r\n"

    async def close(self) -> None:
        await self.wire.close()


class Publisher:
    """Sends as long as it is let."""

    def __init__(self, client: Client, shared: Any = None) -> None:
        self.client, self.shared = client, shared
        self.sequence = {VIDEO: secrets.randbits(15), AUDIO: secrets.randbits(15)}
        self.sent = 0
        self._frames = 0

    async def run(self) -> None:
        filling, telling = secrets.token_bytes(FULL), 0
        began, sounds = time.monotonic(), 0
        while True:
            now = time.monotonic() - began
            while self._frames < now * FRAMES:
                starts = self._frames % FRAMES == 0  # one frame a second is whole
                for part in range(PARTS):
                    length = FULL
                    # The last of a frame: once a second its length tells its number.
                    if part == PARTS - 1 and self._frames % FRAMES == 5:
                        length, telling = TELLING + telling, (telling + 1) % 256
                        if self.shared is not None:
                            self.shared.telling[length - TELLING] = self.sequence[VIDEO] & 0xFFFF
                    # As Chromium writes it: the number of the picture and of its base layer in each packet.
                    numbers = (0x8000 | self._frames & 0x7FFF, self._frames & 0xFF)
                    head = DESCRIPTOR.pack(0x90 if part == 0 else 0x80, 0xE0, *numbers, 0x20, not starts)
                    payload = head + filling[: length - HEADER.size - len(head)]
                    self._send(VIDEO, 1001, self._frames * 3214, part == PARTS - 1, payload)
                self._frames += 1
            while sounds < now * SOUNDS:
                self._send(AUDIO, 1002, sounds * 960, False, filling[:80])
                sounds += 1
            await asyncio.sleep(0.003)

    def _send(self, kind: int, ssrc: int, timestamp: int, marker: bool, payload: bytes) -> None:
        sequence = self.sequence[kind] & 0xFFFF
        header = HEADER.pack(0x80, kind | 0x80 * marker, sequence, timestamp & 0xFFFFFFFF, ssrc)
        wire, length = self.client.wire, HEADER.size + len(payload)
        wire.buffer[:length] = header + payload
        if kind == VIDEO and self.shared is not None:
            self.shared.sent_at[sequence] = time.monotonic()
        wire.send(length)
        self.sequence[kind] += 1
        self.sent += 1


@dataclass
class Result:
    packets: int
    """That the viewers got."""
    sent: int
    """That the publishers sent."""
    delivered: float
    """The share of the picture's packets that arrived, of those sent in the time of measuring."""
    seconds: float
    cpu: float
    """Seconds of the server's processes."""
    median: float
    late: float
    """Added delay in seconds: in the middle, and for all but one in a hundred."""
    frames: float = 0.0


class Viewers:
    """Clients whose sockets the C thread reads from now on."""

    def __init__(self, library: Any, clients: list[Client]) -> None:
        self.library, self.clients = library, clients
        self.shared = ffi.new("shared_t *")
        self.viewers = ffi.new("viewer_t[]", max(1, len(clients)))
        self.shared.full_length, self.shared.telling_length = FULL, TELLING

    def start(self) -> None:
        loop = asyncio.get_running_loop()
        self._reading, writing = os.pipe()
        os.set_blocking(self._reading, False)
        self.shared.running, self.shared.other_pipe = 1, writing
        self._writing = writing
        for number, client in enumerate(self.clients):
            transport = client.wire._pair.protocol.transport
            inner = transport.get_extra_info("socket")
            loop._remove_reader(inner.fileno())  # type: ignore[attr-defined]
            own = socket.socket(fileno=os.dup(inner.fileno()))
            own.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4 << 20)
            self.viewers[number].descriptor, self.viewers[number].video = own.detach(), client.video
        loop.add_reader(self._reading, self._hand_over)
        self._thread = threading.Thread(
            target=lambda: self.library.receive(self.shared, self.viewers, len(self.clients)), daemon=True
        )
        self._thread.start()

    def _hand_over(self) -> None:
        """What is not media goes the usual way; without it the server would take the viewer for gone."""
        try:
            while head := os.read(self._reading, FRAME.size):
                number, length = FRAME.unpack(head)
                pair = self.clients[number].wire._pair
                data = os.read(self._reading, length)
                if pair is not None:
                    pair.protocol.datagram_received(data, pair.remote_addr)
        except BlockingIOError:
            return

    async def measure(self, seconds: float, publishers: list[Publisher], busy: Any) -> Result:
        shared, first = self.shared, publishers[0]
        for number in range(len(self.clients)):
            viewer = self.viewers[number]
            viewer.received = viewer.delivered = viewer.frames = viewer.octets = 0
        ffi.memmove(shared.delays, bytes(ffi.sizeof(shared.delays)), ffi.sizeof(shared.delays))
        from_, sent = first.sequence[VIDEO], sum(each.sent for each in publishers)
        shared.window_from, shared.window_length = from_ & 0xFFFF, 32768
        shared.measuring = 1
        before, began = busy(), time.monotonic()
        await asyncio.sleep(seconds)
        used, passed = busy() - before, time.monotonic() - began
        shared.measuring = 0
        shared.window_length = expected = first.sequence[VIDEO] - from_
        sent = sum(each.sent for each in publishers) - sent
        await asyncio.sleep(0.5)
        each = [self.viewers[number] for number in range(len(self.clients))]
        known = [viewer for viewer in each if viewer.known]
        delivered = sum(min(viewer.delivered, expected) for viewer in known) / max(1, expected * len(each))
        counts = list(shared.delays)
        return Result(
            packets=sum(viewer.received for viewer in each),
            sent=sent,
            delivered=delivered,
            seconds=passed,
            cpu=used,
            median=_quantile(counts, 0.5),
            late=_quantile(counts, 0.99),
            frames=sum(viewer.frames for viewer in each) / max(1, len(each)) / passed,
        )

    async def stop(self) -> None:
        self.shared.running = 0
        await asyncio.to_thread(self._thread.join)
        asyncio.get_running_loop().remove_reader(self._reading)
        for number in range(len(self.clients)):
            os.close(self.viewers[number].descriptor)
        os.close(self._reading)
        os.close(self._writing)


def _quantile(counts: list[int], share: float) -> float:
    wanted, seen = sum(counts) * share, 0
    for slot, count in enumerate(counts):
        seen += count
        if seen >= wanted and seen:
            return slot / 10_000
    return 0.0

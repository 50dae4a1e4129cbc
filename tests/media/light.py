"""A peer without codecs: our own transport at the other end of the line. It encrypts, numbers and counts real packets, and costs
a test so little that hundreds of them are possible."""

import asyncio
import struct
from dataclasses import dataclass, field
from typing import Any

import aiohttp
from aiortc.rtcicetransport import RTCIceParameters
from yarl import URL

from realtime.media.negotiation import read_offer
from realtime.media.transport import Certificate, Wire

VIDEO, AUDIO = 96, 111
_HEADER = struct.Struct("!BBHLL")
_HEAD = "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\na=group:BUNDLE 0 1\r\n"


def light_offer(ufrag: str, password: str, fingerprint: str, direction: str) -> str:
    """What such a peer offers: Opus, and VP8 with retransmissions."""
    transport = (
        f"a=ice-ufrag:{ufrag}\r\na=ice-pwd:{password}\r\na=fingerprint:sha-256 {fingerprint}\r\n"
        f"a=setup:actpass\r\na=rtcp-mux\r\na={direction}\r\n"
    )
    audio = f"m=audio 9 UDP/TLS/RTP/SAVPF {AUDIO}\r\na=mid:0\r\na=rtpmap:{AUDIO} opus/48000/2\r\n"
    video = (
        f"m=video 9 UDP/TLS/RTP/SAVPF {VIDEO} 97\r\na=mid:1\r\na=rtpmap:{VIDEO} VP8/90000\r\n"
        f"a=rtcp-fb:{VIDEO} nack\r\na=rtcp-fb:{VIDEO} nack pli\r\na=rtpmap:97 rtx/90000\r\na=fmtp:97 apt={VIDEO}\r\n"
    )
    return f"{_HEAD}{audio}{transport}{video}{transport}"


@dataclass
class LightPeer:
    http: aiohttp.ClientSession
    token: str
    certificate: Certificate
    location: str = ""
    closed: asyncio.Event = field(default_factory=asyncio.Event)
    arrivals: list[float] = field(default_factory=list)
    """When each packet arrived."""
    sequence: int = 0

    async def open(self, url: str, direction: str) -> None:
        """Open the session and connect; asks again while it is not possible yet."""
        loop = asyncio.get_running_loop()
        self.wire = Wire(
            certificate=self.certificate,
            addresses=("127.0.0.1",),
            on_rtp=lambda _data: self.arrivals.append(loop.time()),
            on_rtcp=lambda _data: None,
            on_closed=lambda _goodbye: self.closed.set(),
        )
        self.wire._connection.ice_controlling = True
        await self.wire.gather()
        (fingerprint,) = self.certificate.fingerprints()
        offer = light_offer(self.wire.ufrag, self.wire.password, fingerprint.value, direction)
        async with asyncio.timeout(20):
            while True:
                response = await self._ask("POST", url, offer)
                text = await response.text()
                if response.status not in (409, 429, 503):
                    break
                await asyncio.sleep(0.1)
        assert response.status == 201, text
        self.location = str(response.url.join(URL(response.headers["Location"])))
        answer = read_offer(text)
        await self.wire.add_candidates(answer.candidates)
        ice = RTCIceParameters(answer.ice_ufrag, answer.ice_password)
        assert await self.wire.connect(ice, answer.dtls, as_client=False, timeout=20)

    async def _ask(self, method: str, url: str, body: str = "") -> aiohttp.ClientResponse:
        headers = {"Authorization": f"Bearer {self.token}", "Content-Type": "application/sdp"}
        async with self.http.request(method, url, data=body, headers=headers) as response:
            await response.read()
            return response

    async def leave(self) -> int:
        """Say goodbye by HTTP: the status of the answer."""
        return (await self._ask("DELETE", self.location)).status

    def send(self, *, video: bool = True, keyframe: bool = False, payload: bytes = bytes(200)) -> None:
        """One packet, of which each is a frame."""
        self.sequence += 1
        kind, ssrc = (VIDEO | 0x80, 1001) if video else (AUDIO, 1002)
        start = (b"\x10\x00" if keyframe else b"\x10\x01") if video else b""
        header = _HEADER.pack(0x80, kind, self.sequence & 0xFFFF, self.sequence * 3000 & 0xFFFFFFFF, ssrc)
        packet = header + start + payload
        self.wire.buffer[: len(packet)] = packet
        self.wire.send(len(packet))

    async def publish(self, per_second: float = 50, **more: Any) -> None:
        """Send pictures until cancelled, one of ten a whole one."""
        while True:
            self.send(keyframe=self.sequence % 10 == 0, **more)
            await asyncio.sleep(1 / per_second)

    async def close(self) -> None:
        await self.wire.close()

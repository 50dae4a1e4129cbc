"""An encoder as halls have it: sends a moving picture and a tone to a WHIP address until it is stopped.

python -m tests.journeys.whip ADDRESS TOKEN
"""

from __future__ import annotations

import asyncio
import sys
from fractions import Fraction

import httpx
from aiortc import AudioStreamTrack, RTCPeerConnection, RTCSessionDescription, VideoStreamTrack
from av import VideoFrame


class Stripes(VideoStreamTrack):
    """A grey picture whose brightness changes from frame to frame."""

    async def recv(self) -> VideoFrame:
        pts, base = await self.next_timestamp()
        frame = VideoFrame(320, 240, "yuv420p")
        for number, plane in enumerate(frame.planes):
            plane.update(bytes([pts // 3000 % 200 + 20 if number == 0 else 128]) * plane.buffer_size)
        frame.pts, frame.time_base = pts, Fraction(base)
        return frame


async def send(address: str, token: str) -> None:
    connection = RTCPeerConnection()
    for track in (AudioStreamTrack(), Stripes()):
        connection.addTransceiver(track, direction="sendonly")
    await connection.setLocalDescription(await connection.createOffer())
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/sdp"}
    async with httpx.AsyncClient(timeout=20) as http:
        answer = await http.post(address, content=connection.localDescription.sdp, headers=headers)
        print(answer.status_code, answer.headers.get("Location", ""), flush=True)
        answer.raise_for_status()
    await connection.setRemoteDescription(RTCSessionDescription(answer.text, "answer"))
    closed = asyncio.Event()

    @connection.on("connectionstatechange")
    def follow() -> None:
        print(connection.connectionState, flush=True)
        if connection.connectionState in ("closed", "failed"):
            closed.set()

    await closed.wait()


if __name__ == "__main__":
    asyncio.run(send(*sys.argv[1:3]))

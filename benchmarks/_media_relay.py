"""A conference server as stock aiortc invites to write it: `MediaRelay` hands the decoded picture to each viewer's encoder.

python -m benchmarks._media_relay PORT     serves `/publish` and `/watch`: an offer in, an answer out
"""

import sys
from fractions import Fraction
from io import BytesIO
from typing import Any

import av
import numpy as np
from aiohttp import web
from aiortc import (
    MediaStreamTrack,
    RTCConfiguration,
    RTCPeerConnection,
    RTCSessionDescription,
    VideoStreamTrack,
)
from aiortc.contrib.media import MediaRelay

WIDTH, HEIGHT, RATE, BITS = 1280, 720, 30, 1_000_000


def record(seconds: int = 4) -> list[av.Packet]:
    """A picture that moves, in VP8 at 1 Mb/s, as a browser would send it."""
    packets: list[av.Packet] = []
    with av.open(BytesIO(), "w", format="webm") as container:
        stream = container.add_stream("libvpx", rate=RATE)
        stream.width, stream.height, stream.pix_fmt, stream.bit_rate = WIDTH, HEIGHT, "yuv420p", BITS
        stream.options = {
            "deadline": "realtime",
            "cpu-used": "8",
            "lag-in-frames": "0",
            "g": str(RATE * seconds),
        }
        rows, columns = np.mgrid[0 : HEIGHT * 3 // 2, 0:WIDTH]
        for number in range(RATE * seconds):
            picture = ((rows + columns + number * 7) % 256).astype("u1")
            frame = av.VideoFrame.from_ndarray(picture, format="yuv420p")
            frame.pts, frame.time_base = number, Fraction(1, RATE)
            packets += stream.encode(frame)
    return packets


class Recorded(VideoStreamTrack):
    """Sends what is encoded already: a publisher that costs hardly anything."""

    def __init__(self, packets: list[av.Packet]) -> None:
        super().__init__()
        self._packets, self._number = packets, 0

    async def recv(self) -> Any:
        pts, base = await self.next_timestamp()
        packet = av.Packet(bytes(self._packets[self._number % len(self._packets)]))
        packet.pts, packet.time_base = pts, base
        self._number += 1
        return packet


def create_app() -> web.Application:
    relay, tracks, connections = MediaRelay(), {}, []

    async def answer(connection: RTCPeerConnection, request: web.Request) -> web.Response:
        connections.append(connection)
        await connection.setRemoteDescription(RTCSessionDescription(await request.text(), "offer"))
        await connection.setLocalDescription(await connection.createAnswer())
        return web.Response(text=connection.localDescription.sdp)

    async def publish(request: web.Request) -> web.Response:
        connection = RTCPeerConnection(RTCConfiguration(iceServers=[]))

        @connection.on("track")
        def keep(track: MediaStreamTrack) -> None:
            tracks[track.kind] = track

        return await answer(connection, request)

    async def watch(request: web.Request) -> web.Response:
        connection = RTCPeerConnection(RTCConfiguration(iceServers=[]))
        for track in tracks.values():
            connection.addTrack(relay.subscribe(track))
        return await answer(connection, request)

    async def greet(_request: web.Request) -> web.Response:
        return web.Response(text="here")

    app = web.Application()
    app.add_routes([web.get("/", greet), web.post("/publish", publish), web.post("/watch", watch)])
    return app


if __name__ == "__main__":
    web.run_app(create_app(), host="127.0.0.1", port=int(sys.argv[1]), print=None)

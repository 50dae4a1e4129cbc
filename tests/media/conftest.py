"""A media server in this process on real HTTP and UDP, and stock aiortc peers who speak to it as browsers
do."""

import asyncio
import socket
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

import aiohttp
import aioice.ice
import pytest
import pytest_asyncio
from aiohttp import web
from aiortc import (
    AudioStreamTrack,
    MediaStreamTrack,
    RTCConfiguration,
    RTCPeerConnection,
    RTCRtpSender,
    RTCSessionDescription,
    VideoStreamTrack,
)
from aiortc.contrib.media import MediaBlackhole
from av import VideoFrame
from yarl import URL

from realtime.media.configuration import Configuration, IceServer
from realtime.media.engine import Engine, Limits
from realtime.media.grants import sign_grant
from realtime.media.server import create_app

SECRET = "a secret for the tests, long enough to sign with"
ORIGIN = "https://chama.example"


def where(response: aiohttp.ClientResponse) -> str:
    """The path of a session that was just opened."""
    return response.url.join(URL(response.headers["Location"])).path


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class SmallPicture(VideoStreamTrack):
    """A picture cheap to encode, whose brightness says who painted it."""

    def __init__(self, brightness: int = 90) -> None:
        super().__init__()
        self._brightness = brightness

    async def recv(self) -> VideoFrame:
        pts, base = await self.next_timestamp()
        frame = VideoFrame(160, 120, "yuv420p")
        for number, plane in enumerate(frame.planes):
            plane.update(bytes([self._brightness if number == 0 else 128]) * plane.buffer_size)
        frame.pts, frame.time_base = pts, Fraction(base)
        return frame


@dataclass
class Peer:
    """A stock aiortc peer connection and the session it holds."""

    connection: RTCPeerConnection
    location: str
    etag: str
    token: str
    answer: str
    tracks: dict[str, MediaStreamTrack] = field(default_factory=dict)
    sink: MediaBlackhole | None = None

    async def picture(self, seconds: float = 10.0) -> VideoFrame:
        """The next decoded frame."""
        frame = await asyncio.wait_for(self.tracks["video"].recv(), seconds)
        assert isinstance(frame, VideoFrame)
        return frame

    async def brightness(self, wanted: int, seconds: float = 10.0) -> None:
        """Returns once frames painted with this brightness arrive."""
        async with asyncio.timeout(seconds):
            while abs(bytes((await self.picture()).planes[0])[0] - wanted) > 12:
                pass

    async def close(self) -> None:
        await self.connection.close()


@dataclass
class Server:
    url: str
    engine: Engine
    http: aiohttp.ClientSession
    events: list[tuple[str, dict[str, Any]]]
    peers: list[Peer] = field(default_factory=list)

    def grant(
        self, action: str, *, room: int = 12, person: str = "34", publication: str = "34-camera", **more: Any
    ) -> str:
        return sign_grant(
            more.pop("secret", SECRET),
            room=room,
            person=person,
            action=action,  # type: ignore[arg-type]
            publication=publication,
            **more,
        )

    async def post(
        self, path: str, token: str | None, body: str | bytes, **headers: str
    ) -> aiohttp.ClientResponse:
        sent = {"Content-Type": "application/sdp", **headers}
        if token is not None:
            sent["Authorization"] = f"Bearer {token}"
        return await self.http.post(self.url + path, data=body, headers=sent)

    async def delete(self, peer: Peer, query: str = "") -> aiohttp.ClientResponse:
        return await self.http.delete(
            self.url + peer.location + query, headers={"Authorization": f"Bearer {peer.token}"}
        )

    async def publish(
        self, *tracks: MediaStreamTrack, room: int = 12, codec: str = "VP8", **grant: Any
    ) -> Peer:
        """A stock peer that publishes these tracks (a small picture and silence by default)."""
        connection = RTCPeerConnection(RTCConfiguration(iceServers=[]))
        for track in tracks or (AudioStreamTrack(), SmallPicture()):
            transceiver = connection.addTransceiver(track, direction="sendonly")
            if track.kind == "video":
                wanted = [
                    each
                    for each in RTCRtpSender.getCapabilities("video").codecs
                    if each.name in (codec, "rtx")
                ]
                transceiver.setCodecPreferences(wanted)
        return await self._open("whip", "publish", connection, room, grant)

    async def watch(
        self,
        *,
        room: int = 12,
        patience: float = 5.0,
        kinds: tuple[str, ...] = ("audio", "video"),
        **grant: Any,
    ) -> Peer:
        """A stock peer that watches; asks again while nothing flows yet, as browsers do."""
        deadline = asyncio.get_running_loop().time() + patience
        while True:
            connection = RTCPeerConnection(RTCConfiguration(iceServers=[]))
            for kind in kinds:
                connection.addTransceiver(kind, direction="recvonly")
            tracks: dict[str, MediaStreamTrack] = {}
            connection.on("track", lambda track, tracks=tracks: tracks.__setitem__(track.kind, track))
            try:
                peer = await self._open("whep", "watch", connection, room, {"person": "77", **grant})
            except NotFlowing:
                if asyncio.get_running_loop().time() > deadline:
                    raise
                await asyncio.sleep(0.1)
                continue
            peer.tracks = tracks
            if "audio" in tracks:
                peer.sink = MediaBlackhole()
                peer.sink.addTrack(tracks["audio"])
                await peer.sink.start()
            return peer

    async def _open(
        self, path: str, action: str, connection: RTCPeerConnection, room: int, grant: dict[str, Any]
    ) -> Peer:
        token = self.grant(action, room=room, **grant)
        await connection.setLocalDescription(await connection.createOffer())
        async with await self.post(f"/{path}/{room}", token, connection.localDescription.sdp) as response:
            answer = await response.text()
            if response.status != 201:
                await connection.close()
                raise (
                    NotFlowing(answer)
                    if response.status == 409
                    else AssertionError(f"{response.status} {answer}")
                )
            peer = Peer(connection, where(response), response.headers["ETag"], token, answer)
        await connection.setRemoteDescription(RTCSessionDescription(answer, "answer"))
        self.peers.append(peer)
        return peer

    async def until(self, condition: Any, seconds: float = 10.0) -> None:
        async with asyncio.timeout(seconds):
            while not condition():
                await asyncio.sleep(0.02)

    async def offer(self, *, direction: str = "sendonly", kinds: tuple[str, ...] = ("audio", "video")) -> str:
        """An offer nobody stands behind."""
        connection = RTCPeerConnection(RTCConfiguration(iceServers=[]))
        for kind in kinds:
            connection.addTransceiver(kind, direction=direction)
        await connection.setLocalDescription(await connection.createOffer())
        sdp = connection.localDescription.sdp
        await connection.close()
        return sdp


class NotFlowing(AssertionError):
    pass


@pytest.fixture(autouse=True)
def only_this_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    """The peers of the tests stay on loopback, on a machine without a network too."""
    monkeypatch.setattr(aioice.ice, "get_host_addresses", lambda **_: ["127.0.0.1"])


@pytest.fixture
def limits() -> Limits:
    return Limits(sessions_per_person=1000, joins_per_second=1000, joins_at_once=1000)


@pytest_asyncio.fixture
async def server(limits: Limits) -> AsyncIterator[Server]:
    events: list[tuple[str, dict[str, Any]]] = []
    engine = Engine(
        addresses=("127.0.0.1",),
        limits=limits,
        announce=lambda event, publication: events.append((event, publication.data())),
    )
    configuration = Configuration(
        secret=SECRET,
        allowed_origins=frozenset({ORIGIN}),
        ice_servers=(IceServer(("turn:turn.example",), "u", "c"), IceServer(("stun:stun.example",))),
    )
    runner = web.AppRunner(create_app(configuration, engine), access_log=None)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    port = runner.addresses[0][1]
    async with aiohttp.ClientSession() as http:
        server = Server(f"http://127.0.0.1:{port}", engine, http, events)
        yield server
        await asyncio.gather(*(peer.close() for peer in server.peers))
        await runner.cleanup()
        await engine.close()

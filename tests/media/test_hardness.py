"""What must not happen: something left behind, a worker brought down by what it is sent, one person's flood in the way of others'
media, or a word more to somebody who was removed."""

import asyncio
import gc
import logging
import os
import struct
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import psutil
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from realtime.media import rtcp
from realtime.media.forward import Leg
from realtime.media.grants import sign_grant
from realtime.media.negotiation import BadOffer, read_fragment, read_offer
from realtime.media.sessions import PublishSession, Session, WatchSession
from realtime.media.transport import Certificate, Wire

from .conftest import SECRET, Server
from .light import AUDIO, VIDEO, LightPeer, light_offer
from .test_process import Running, run

FUZZ = settings(
    max_examples=150,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
    database=None,
)


def light(server: Server, action: str, *, person: str = "34", room: int = 12) -> LightPeer:
    token = server.grant(action, person=person, room=room)
    return LightPeer(server.http, token, server.engine.certificate())


@asynccontextmanager
async def on_stage(server: Server) -> AsyncIterator[LightPeer]:
    """A light publisher who sends."""
    publisher = light(server, "publish")
    await publisher.open(f"{server.url}/whip/12", "sendonly")
    sending = asyncio.create_task(publisher.publish())
    try:
        yield publisher
    finally:
        sending.cancel()
        await publisher.close()


def alive(kind: type) -> int:
    gc.collect()
    # Not isinstance: it would ask lazy objects of others, which answer by what they stand for.
    return sum(issubclass(type(each), kind) for each in gc.get_objects())


@pytest.mark.asyncio
async def test_two_hundred_joins_and_leaves_leave_nothing_behind(
    server: Server, caplog: pytest.LogCaptureFixture
) -> None:
    # As the worker sets it; what pytest keeps of the log would hold on to every connection that is named in it.
    for name in ("aioice", "media"):
        caplog.set_level(logging.ERROR, name)
    async with on_stage(server):
        certificate = Certificate.generateCertificate()

        async def visit(number: int) -> None:
            viewer = light(server, "watch", person=str(number))
            viewer.certificate = certificate
            await viewer.open(f"{server.url}/whep/12", "recvonly")
            if number % 3 == 0:
                assert await viewer.leave() == 200  # by saying so, while nothing has arrived perhaps
            else:
                await server.until(lambda: viewer.arrivals)
            await viewer.close()

        async def visits(numbers: range) -> None:
            for group in range(numbers.start, numbers.stop, 10):
                await asyncio.gather(*(visit(number) for number in range(group, group + 10)))
            await server.until(lambda: len(server.engine.sessions) == 1)

        await visits(range(60))  # connections of HTTP, caches, and what Python keeps for reuse
        tasks, process = len(asyncio.all_tasks()), psutil.Process()
        descriptors, memory = process.num_fds(), process.memory_info().rss
        await visits(range(100, 300))
        await server.until(lambda: len(asyncio.all_tasks()) <= tasks)
        await server.until(lambda: process.num_fds() <= descriptors)
        await server.until(lambda: [alive(kind) for kind in (Session, Wire, Leg)] == [1, 2, 0])
        grown = process.memory_info().rss - memory
        # A connection with both its ends is 240 kB: 200 that stay would be 48 MB. What remains is the allocator's.
        assert grown < 20_000_000, f"{grown / 1e6:.1f} MB more"
        engine = server.engine
        assert len(engine._per_person) == 1 and len(engine.endings) <= 2000
        assert len(engine.publications[(12, "34-camera")].viewers) == 0


@pytest.mark.asyncio
async def test_whoever_is_removed_gets_and_sends_nothing_from_that_moment(server: Server) -> None:
    async with on_stage(server) as publisher:
        viewers = [light(server, "watch", person=str(number)) for number in (50, 51)]
        for viewer in viewers:
            await viewer.open(f"{server.url}/whep/12", "recvonly")
        removed, stays = viewers
        await server.until(lambda: len(removed.arrivals) > 10 and len(stays.arrivals) > 10)
        before = asyncio.get_running_loop().time()
        assert await server.engine.remove(12, "50") == 1
        await asyncio.wait_for(removed.closed.wait(), 1)
        await asyncio.sleep(0.3)
        assert removed.arrivals[-1] - before < 0.1, "what was on its way"
        assert stays.arrivals[-1] - before > 0.2
        # And the publisher: what they send arrives with nobody, however long they go on.
        assert await server.engine.remove(12, "34") == 1
        await asyncio.wait_for(publisher.closed.wait(), 1)
        count = len(stays.arrivals)
        await asyncio.sleep(0.3)
        assert len(stays.arrivals) == count
        for viewer in viewers:
            await viewer.close()


# Whatever comes

OFFER = light_offer("abcdefgh", "abcdefghijklmnopqrstuvwx", ":".join(["AB"] * 32), "sendonly")
FRAGMENT = (
    "a=group:BUNDLE 0 1\r\nm=audio 9 UDP/TLS/RTP/SAVPF 111\r\na=mid:0\r\na=ice-ufrag:abcdefgh\r\n"
    "a=ice-pwd:abcdefghijklmnopqrstuvwx\r\n"
    "a=candidate:1 1 udp 2130706431 10.0.0.1 40000 typ host\r\na=end-of-candidates\r\n"
)
WORDS = [line for text in (OFFER, FRAGMENT) for line in text.splitlines()] + [
    "a=simulcast:send q;h;f", "a=rid:q send", "a=extmap:1 urn:ietf:params:rtp-hdrext:ssrc-audio-level",
    "a=ssrc:1 cname:x", "a=candidate:", "m=", "a=rtpmap:", "a=fmtp:96 apt=96", "a=setup:holdconn", "a=ice-lite",
]  # fmt: skip


@st.composite
def mangled(draw: Callable[[Any], Any], text: str) -> str:
    """A description with lines lost, doubled, changed, mixed up, or from elsewhere."""
    lines = text.splitlines()
    for _change in range(draw(st.integers(1, 6))):
        place = draw(st.integers(0, max(len(lines) - 1, 0)))
        deed = draw(st.sampled_from(["lose", "double", "insert", "cut", "number", "noise"]))
        if deed == "insert" or not lines:
            lines.insert(place, draw(st.sampled_from(WORDS)))
        elif deed == "lose":
            del lines[place]
        elif deed == "double":
            lines.insert(place, lines[place])
        elif deed == "cut":
            lines[place] = lines[place][: draw(st.integers(0, len(lines[place])))]
        elif deed == "number":
            number = draw(st.sampled_from(["-1", "0", "99999999999999999999", "1e9", "NaN", "²", ""]))
            words = lines[place].split(" ")
            words[draw(st.integers(0, len(words) - 1))] = number
            lines[place] = " ".join(words)
        else:
            cut = draw(st.integers(0, len(lines[place])))
            lines[place] = lines[place][:cut] + draw(st.text(max_size=8)) + lines[place][cut:]
    return "\r\n".join(lines) + "\r\n"


@FUZZ
@given(st.one_of(mangled(OFFER), st.text(max_size=300)))
def test_whatever_offer_comes_it_is_read_or_refused_with_a_sentence(text: str) -> None:
    try:
        offer = read_offer(text)
    except BadOffer as error:
        assert str(error).endswith(".")
        return
    assert 0 < len(offer.media) <= 8 and len(offer.candidates) <= 16


@FUZZ
@given(st.one_of(mangled(FRAGMENT), st.text(max_size=300)))
@example("a=candidate:1 1 udp 99999999999999999999 10.0.0.1 99999999 typ host\r\n")
def test_whatever_fragment_comes_it_is_read_or_refused_with_a_sentence(text: str) -> None:
    try:
        fragment = read_fragment(text)
    except BadOffer as error:
        assert str(error).endswith(".")
        return
    assert len(fragment.candidates) <= 16
    assert all(0 < each.port < 65536 and 0 <= each.priority < 2**32 for each in fragment.candidates)


RTP = struct.Struct("!BBHLL")


@st.composite
def packets(draw: Callable[[Any], Any]) -> bytes:
    """A packet that could be one: with any header, extensions, padding and payload."""
    first = 0x80 | draw(st.integers(0, 0x3F))
    kind = draw(st.sampled_from([VIDEO, VIDEO | 0x80, AUDIO, 97, 98, 0]))
    ssrc = draw(st.sampled_from([0, 1001, 1002, 1003, 0xFFFFFFFF]))
    header = RTP.pack(first, kind, draw(st.integers(0, 65535)), draw(st.integers(0, 2**32 - 1)), ssrc)
    extensions = draw(st.one_of(st.just(b""), st.binary(max_size=24)))
    if draw(st.booleans()):
        words = draw(st.integers(0, 6))
        extensions = (
            struct.pack("!HH", draw(st.sampled_from([0xBEDE, 0x1000, 0x100F, 0])), words) + extensions
        )
    return header + extensions + draw(st.binary(max_size=60))


@st.composite
def control_packets(draw: Callable[[Any], Any]) -> bytes:
    """Control packets that could be some: right lengths and kinds, anything inside."""
    found = b""
    for _packet in range(draw(st.integers(1, 3))):
        body = draw(st.binary(max_size=40))
        body += bytes(-len(body) % 4)
        kind, number = draw(st.integers(200, 207)), draw(st.integers(0, 31))
        length = draw(st.one_of(st.just(len(body) // 4), st.integers(0, 65535)))
        found += struct.pack("!BBH", 0x80 | number, kind, length) + body
    return found


@pytest.mark.asyncio
async def test_whatever_packets_a_publisher_or_viewer_sends_nothing_breaks(server: Server) -> None:
    """Behind the encryption: only who has a grant comes this far, and need not be friendly."""
    async with on_stage(server):
        viewer = light(server, "watch", person="60")
        await viewer.open(f"{server.url}/whep/12", "recvonly")
        await server.until(lambda: viewer.arrivals)
        sessions = list(server.engine.sessions.values())
        (publishing,) = (each for each in sessions if isinstance(each, PublishSession))
        (watching,) = (each for each in sessions if isinstance(each, WatchSession))
        real = [leg.ssrc for leg in watching.legs.values()]

        @FUZZ
        @given(st.one_of(packets(), st.binary(max_size=80)))
        def media(data: bytes) -> None:
            publishing.on_rtp(data)
            watching.on_rtp(data)

        @FUZZ
        @given(st.one_of(control_packets(), st.binary(max_size=60)))
        def control(data: bytes) -> None:
            publishing.on_rtcp(data)
            watching.on_rtcp(data)

        @FUZZ
        @given(
            st.sampled_from(real),
            st.lists(st.integers(0, 65535), max_size=100),
            st.integers(0, 255),
            st.integers(0, 2**63 - 1),
        )
        def reports(ssrc: int, lost: list[int], fraction: int, carries: int) -> None:
            watching.on_rtcp(rtcp.lost(reporter=1, ssrc=ssrc, sequences=lost))
            watching.on_rtcp(rtcp.keyframe(reporter=1, ssrc=ssrc))
            watching.on_rtcp(rtcp.bandwidth(reporter=1, bits_per_second=carries, ssrcs=[ssrc]))
            watching.choose_layer(watching.loop.time())

        for feed in (media, control, reports):
            feed()
            await asyncio.sleep(0)
        count = len(viewer.arrivals)
        await server.until(lambda: len(viewer.arrivals) > count + 20)
        assert len(publishing._rids) <= 32 and len(publishing._lost) <= 32
        await viewer.close()


@pytest.mark.asyncio
async def test_noise_on_the_sockets_disturbs_nobody(server: Server, caplog: pytest.LogCaptureFixture) -> None:
    """Anybody may send datagrams to our ports: none of it is answered with an accident."""
    async with on_stage(server):
        viewer = light(server, "watch", person="61")
        await viewer.open(f"{server.url}/whep/12", "recvonly")
        await server.until(lambda: viewer.arrivals)
        (watching,) = (each for each in server.engine.sessions.values() if isinstance(each, WatchSession))
        (protocol,) = watching.wire._connection._protocols
        port = protocol.transport.get_extra_info("sockname")[1]
        loop = asyncio.get_running_loop()
        transport, _protocol = await loop.create_datagram_endpoint(
            asyncio.DatagramProtocol, remote_addr=("127.0.0.1", port)
        )
        stun = struct.pack("!HHL12s", 1, 0, 0x2112A442, os.urandom(12))

        @FUZZ
        @given(
            st.one_of(
                st.binary(max_size=100),
                st.binary(max_size=60).map(lambda data: stun + data),
                st.binary(max_size=60).map(lambda data: bytes([22, 254, 253]) + data),  # as of DTLS
                packets(),
                control_packets().map(lambda data: data[:1] + bytes([200]) + data[2:]),
            )
        )
        def send(data: bytes) -> None:
            transport.sendto(data)

        send()
        count = len(viewer.arrivals)
        await server.until(lambda: len(viewer.arrivals) > count + 20)
        transport.close()
        await viewer.close()
    assert [record.getMessage() for record in caplog.records if record.levelname == "ERROR"] == []


# Floods


@pytest.mark.asyncio
async def test_a_flood_of_offers_is_refused_while_the_media_of_others_flows_on() -> None:
    """Through the whole process: from people with grants, all at once, into the room where somebody speaks."""
    async with run(MEDIA_WORKERS="1") as running:
        certificate = Certificate.generateCertificate()

        def peer(action: Any, person: str) -> LightPeer:
            token = sign_grant(SECRET, room=1, person=person, action=action, publication="1-camera")
            return LightPeer(running.http, token, certificate)

        publisher, viewer = peer("publish", "1"), peer("watch", "2")
        await publisher.open(f"{running.url}/whip/1", "sendonly")
        sending = asyncio.create_task(publisher.publish())
        await viewer.open(f"{running.url}/whep/1", "recvonly")
        await _until(lambda: len(viewer.arrivals) > 20)
        (fingerprint,) = certificate.fingerprints()
        offer = light_offer("floodflood", "floodfloodfloodfloodflood", fingerprint.value, "sendonly")
        began = len(viewer.arrivals)
        statuses = await _flood(running, offer)
        await asyncio.sleep(0.3)
        arrivals = viewer.arrivals[began:]
        longest = max(later - earlier for earlier, later in zip(arrivals, arrivals[1:], strict=False))
        assert set(statuses) == {201, 429, 503}, statuses
        assert 60 <= statuses[201] <= 130
        assert longest < 1, f"no packet for {longest:.2f} s"
        # Who came in the flood and is not there is forgotten; the others stayed.
        assert not viewer.closed.is_set() and not publisher.closed.is_set()
        sending.cancel()
        for each in (publisher, viewer):
            await each.close()


async def _flood(running: Running, offer: str) -> dict[int, int]:
    """Four hundred offers of a hundred people, and as many of one."""
    statuses: dict[int, int] = {}

    async def ask(person: str) -> None:
        token = sign_grant(SECRET, room=1, person=person, action="publish", publication=f"{person}-camera")
        headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/sdp"}
        async with running.http.post(f"{running.url}/whip/1", data=offer, headers=headers) as response:
            statuses[response.status] = statuses.get(response.status, 0) + 1
            assert response.status == 201 or int(response.headers["Retry-After"]) >= 1

    people = [str(100 + number % 100) for number in range(400)] + ["99"] * 400
    await asyncio.gather(*(ask(person) for person in people))
    return statuses


async def _until(condition: Callable[[], Any], seconds: float = 10) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline
        await asyncio.sleep(0.02)

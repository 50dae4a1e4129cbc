"""From a real peer through the server to real peers, over UDP."""

import asyncio
import time

import pytest
from aiortc import AudioStreamTrack
from av import AudioFrame

from realtime.media import engine as engine_module
from realtime.media import sessions as sessions_module
from realtime.media.sessions import PublishSession, WatchSession

from .conftest import NotFlowing, Server, SmallPicture

pytestmark = pytest.mark.asyncio

STARTED = {"room": 12, "person": "34", "publication": "34-camera", "kinds": ["audio", "video"]}


@pytest.mark.parametrize("codec", ["VP8", "H264"])
async def test_viewers_see_and_hear_the_publisher(server: Server, codec: str) -> None:
    await server.publish(AudioStreamTrack(), SmallPicture(90), codec=codec)
    viewers = [await server.watch(person=str(number)) for number in range(2)]
    for viewer in viewers:
        await viewer.brightness(90)
    listener = await server.watch(kinds=("audio",))
    assert listener.sink is not None
    await listener.sink.stop()
    assert isinstance(await asyncio.wait_for(listener.tracks["audio"].recv(), 5), AudioFrame)
    assert server.events == [("publication.started", STARTED)]


async def test_a_viewer_who_joins_late_gets_a_keyframe_at_once(server: Server) -> None:
    await server.publish()
    first = await server.watch()
    await first.picture()
    # aiortc's encoder makes a keyframe when asked, and otherwise hardly ever.
    for number in range(3):
        late = await server.watch(person=str(number))
        await late.picture(3)


async def test_a_publication_of_sound_alone_refuses_the_picture_that_viewers_offer_to_take(
    server: Server,
) -> None:
    await server.publish(AudioStreamTrack())
    assert list((await server.watch(kinds=("audio",))).tracks) == ["audio"]
    offer = await server.offer(direction="recvonly")
    response = await server.post("/whep/12", server.grant("watch"), offer)
    answer = await response.text()
    assert response.status == 201
    assert "m=audio 9 " in answer and "m=video 0 " in answer and "a=group:BUNDLE 0\r\n" in answer
    assert server.events[0][1]["kinds"] == ["audio"]


async def test_a_viewer_who_cannot_decode_what_is_sent_is_told_so(server: Server) -> None:
    await server.publish(SmallPicture(), codec="VP8")
    await (await server.watch(kinds=("video",))).picture()
    offer = (await server.offer(direction="recvonly", kinds=("video",))).replace("VP8", "AV1X")
    response = await server.post("/whep/12", server.grant("watch"), offer)
    assert (response.status, (await response.json())["code"]) == (422, "codec")


async def test_a_second_start_of_the_same_camera_takes_over_and_viewers_notice_only_the_picture(
    server: Server,
) -> None:
    old = await server.publish(AudioStreamTrack(), SmallPicture(40))
    viewer = await server.watch()
    await viewer.brightness(40)
    await server.publish(AudioStreamTrack(), SmallPicture(200))
    await viewer.brightness(200)
    assert viewer.connection.connectionState == "connected"
    assert server.events == [("publication.started", STARTED)]
    # The old session knows what became of it, so that its page does not fight for the place.
    await server.until(lambda: len(server.engine.sessions) == 2)
    response = await server.delete(old)
    assert (response.status, (await response.json())["code"]) == (410, "replaced")


async def test_viewers_wait_for_a_publisher_who_reloads(server: Server) -> None:
    publisher = await server.publish(AudioStreamTrack(), SmallPicture(40))
    viewer = await server.watch()
    await viewer.brightness(40)
    await server.delete(publisher, "?reloading=1")
    await publisher.close()
    with pytest.raises(NotFlowing):
        await server.watch(patience=0, person="78")
    await server.publish(AudioStreamTrack(), SmallPicture(200))
    await viewer.brightness(200)
    assert server.events == [("publication.started", STARTED)]


async def test_after_the_death_of_a_worker_viewers_who_are_back_first_wait_for_their_publisher(
    server: Server,
) -> None:
    server.engine._return_until = time.monotonic() + 10
    token = server.grant("watch", person="77")
    offer = await server.offer(direction="recvonly")
    watching = asyncio.create_task(server.post("/whep/12", token, offer))
    barred = asyncio.create_task(server.post("/whep/12", server.grant("watch", person="78"), offer))
    await server.until(lambda: server.engine._returning)
    await server.engine.remove(12, "78")
    await server.publish()
    assert (await asyncio.wait_for(watching, 3)).status == 201
    assert (await barred).status == 403, "removed while waiting"


async def test_a_publisher_who_leaves_ends_the_publication_at_once(server: Server) -> None:
    publisher = await server.publish()
    viewer = await server.watch()
    await viewer.picture()
    assert (await server.delete(publisher)).status == 200
    await server.until(lambda: not server.engine.sessions)
    assert server.events == [("publication.started", STARTED), ("publication.stopped", STARTED)]
    await server.until(lambda: viewer.connection.connectionState == "closed")
    assert server.engine.publications == {}


async def test_a_publisher_whose_page_closed_without_a_word_to_us_is_waited_for_a_moment(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engine_module, "LINGER", 0.3)
    publisher = await server.publish()
    await (await server.watch()).picture()
    await publisher.close()
    await server.until(lambda: len(server.events) == 2)
    assert server.events[1] == ("publication.stopped", STARTED)
    await server.until(lambda: not server.engine.sessions)


async def test_a_publisher_of_whom_nothing_arrives_any_more_is_removed(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    await server.publish()
    await (await server.watch()).picture()
    monkeypatch.setattr(sessions_module, "SILENCE", 1.2)
    (session,) = [each for each in server.engine.sessions.values() if isinstance(each, PublishSession)]
    # The line is cut: the publisher goes on sending, nothing arrives.
    for protocol in session.wire._connection._protocols:
        protocol.datagram_received = lambda *_: None  # type: ignore[method-assign]
    await server.until(lambda: len(server.events) == 2)
    assert server.events[1] == ("publication.stopped", STARTED)
    await server.until(lambda: not server.engine.sessions)


async def test_a_publisher_who_comes_back_with_other_kinds_sends_viewers_to_ask_again(server: Server) -> None:
    await server.publish()
    viewer = await server.watch()
    await viewer.picture()
    await server.publish(AudioStreamTrack())
    await server.until(lambda: viewer.connection.connectionState == "closed")
    assert [data["kinds"] for _, data in server.events] == [["audio", "video"], ["audio"]]
    again = await server.watch(kinds=("audio",))
    assert "audio" in again.tracks


async def test_removing_a_person_ends_what_they_send_and_receive_in_that_room_only(server: Server) -> None:
    await server.publish(person="34")
    await server.publish(person="35", publication="35-camera")
    await server.publish(person="34", room=13)
    watching = [await server.watch(person="34", publication="35-camera"), await server.watch(person="36")]
    for viewer in watching:
        await viewer.picture()
    assert await server.engine.remove(12, "34") == 2
    await server.until(lambda: len(server.engine.sessions) == 2)
    assert {(each.room, each.name) for each in server.engine.publications.values()} == {
        (12, "35-camera"),
        (13, "34-camera"),
    }
    assert server.events[-1] == ("publication.stopped", STARTED)


async def test_an_audience_that_is_sent_away_receives_nothing_more_and_the_stage_goes_on(
    server: Server,
) -> None:
    await server.publish(person="34")
    on_stage, audience = await server.watch(person="35"), await server.watch(person="36")
    for viewer in (on_stage, audience):
        await viewer.picture()
    assert await server.engine.remove_audience(12, frozenset({"34", "35"})) == 1
    await server.until(lambda: audience.connection.connectionState == "closed")
    assert {each.grant.person for each in server.engine.sessions.values()} == {"34", "35"}
    await on_stage.picture()


async def test_packets_lost_on_the_way_to_a_viewer_are_sent_again(server: Server) -> None:
    await server.publish(AudioStreamTrack(), SmallPicture(90))
    viewer = await server.watch()
    await viewer.picture()
    (session,) = [each for each in server.engine.sessions.values() if isinstance(each, WatchSession)]
    leg = session.legs["video"]
    send, count = session.wire.send, 0

    def lossy(length: int) -> None:
        nonlocal count
        count += 1
        if count % 5:
            send(length)

    leg._send = lossy
    session.wire._forget_socket()  # so that the compiled fan-out leaves this line to Python, and to `lossy`
    await server.until(lambda: leg.retransmitted >= 3)
    leg._send = send
    await viewer.brightness(90)


async def test_packets_lost_on_the_way_from_the_publisher_are_asked_for(server: Server) -> None:
    await server.publish(AudioStreamTrack(), SmallPicture(90))
    viewer = await server.watch()
    await viewer.picture()
    (session,) = [each for each in server.engine.sessions.values() if isinstance(each, PublishSession)]
    track = server.engine.publications[(12, "34-camera")].tracks["video"]
    take, count, repeated = session.wire.on_rtp, 0, 0
    video = session.published.codecs["video"]

    def lossy(data: bytes) -> None:
        nonlocal count, repeated
        count += 1
        if data[1] & 0x7F == video.rtx_payload_type:
            repeated += 1
        if count % 5 or data[1] & 0x7F != video.payload_type:
            take(data)

    session.wire.on_rtp = lossy
    await server.until(lambda: repeated >= 3)
    session.wire.on_rtp = take
    await server.until(lambda: track.sources and not track.sources[0].missing)
    await viewer.brightness(90)

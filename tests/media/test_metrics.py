"""What operators can measure, as Prometheus reads it."""

import pytest
from prometheus_client.parser import text_string_to_metric_families

from realtime.media.measures import KEPT, Measures
from realtime.media.metrics import exposition
from realtime.media.sessions import WatchSession

from .conftest import Server

pytestmark = pytest.mark.asyncio

Samples = dict[tuple[str, frozenset[str]], float]


def read(text: bytes) -> Samples:
    """What Prometheus reads: name and labels -> value."""
    return {
        (sample.name, frozenset(sample.labels.values())): sample.value
        for family in text_string_to_metric_families(text.decode())
        for sample in family.samples
    }


def value(samples: Samples, name: str, *labels: str) -> float:
    return samples[name, frozenset(labels)]


def measured(server: Server, *, each: bool = False) -> Samples:
    return read(exposition([server.engine.measure(each=each)], [0]))


async def test_a_room_counts_what_it_receives_and_sends_and_what_got_lost(server: Server) -> None:
    await server.publish()
    viewers = [await server.watch(person=str(number)) for number in range(2)]
    for viewer in viewers:
        await viewer.picture()
    watching = [each for each in server.engine.sessions.values() if isinstance(each, WatchSession)]
    # Receivers report now and then; by these reports we know loss and round trip.
    await server.until(lambda: all(each.round_trip is not None for each in watching))
    watching[0].losses["video"] = 0.25
    now = measured(server)
    assert value(now, "chama_media_room_sessions", "12", "publish") == 1
    assert value(now, "chama_media_room_sessions", "12", "watch") == 2
    received = value(now, "chama_media_room_received_packets_total", "12")
    sent = value(now, "chama_media_room_sent_packets_total", "12")
    assert received > 20 and received < sent <= 2 * received
    assert value(now, "chama_media_room_received_bytes_total", "12") > 20 * received
    assert 0 < value(now, "chama_media_room_busy_seconds_total", "12") < 5
    assert value(now, "chama_media_room_keyframe_requests_total", "12") >= 1
    assert 0 <= value(now, "chama_media_room_round_trip_seconds", "12", "median") < 0.5
    assert value(now, "chama_media_room_loss_ratio", "12", "worst") == 0.25
    assert value(now, "chama_media_worker_cpu_seconds_total", "0") > 0
    assert value(now, "chama_media_worker_memory_bytes", "0") > 10_000_000
    assert not any(name.startswith(("chama_media_leg", "chama_media_stream")) for name, _labels in now)
    # What was counted stays counted when a viewer leaves.
    await server.delete(viewers[0])
    later = measured(server)
    assert value(later, "chama_media_room_sent_packets_total", "12") >= sent
    assert value(later, "chama_media_room_sessions", "12", "watch") == 1


async def test_each_stream_and_each_leg_is_measured_when_asked_for(server: Server) -> None:
    await server.publish()
    await (await server.watch()).picture()
    (watching,) = [each for each in server.engine.sessions.values() if isinstance(each, WatchSession)]
    found = measured(server, each=True)
    for kind in ("audio", "video"):
        assert value(found, "chama_media_stream_packets_total", "12", "34-camera", kind, "") > 0
        leg = ("12", "34-camera", kind, watching.id[:8], "")
        assert value(found, "chama_media_leg_bytes_total", *leg) > 0
        assert value(found, "chama_media_leg_loss_ratio", *leg) == 0
    assert value(found, "chama_media_stream_lost_packets_total", "12", "34-camera", "video", "") == 0
    assert value(found, "chama_media_stream_keyframe_requests_total", "12", "34-camera", "video", "") >= 1


async def test_packets_that_never_come_are_counted_as_lost(server: Server) -> None:
    peer = await server.publish()
    await server.until(lambda: server.engine.publications)
    publication = server.engine.publications[(12, "34-camera")]
    await server.until(lambda: publication.tracks["audio"].sources)
    source = publication.tracks["audio"].sources[0]
    assert publication.publisher is not None
    before = source.received
    source.received -= 5
    await server.until(lambda: source.received > before + 60)
    assert value(measured(server), "chama_media_room_lost_packets_total", "12") == 5
    await peer.close()


async def test_a_room_that_is_empty_for_long_is_forgotten() -> None:
    measures = Measures()
    measures.of(1).received_packets = 7
    measures.of(2)
    measures.forget({1}, 0)
    measures.forget(set(), KEPT)
    assert set(measures.rooms) == {1, 2} and measures.of(1).received_packets == 7
    measures.forget({2}, KEPT + 1)
    measures.forget(set(), KEPT * 2 + 1)
    assert set(measures.rooms) == {2}


async def test_without_a_token_in_the_settings_there_is_no_such_page(server: Server) -> None:
    async with server.http.get(f"{server.url}/metrics") as response:
        assert response.status == 404

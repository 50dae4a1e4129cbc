"""What the workers measure, in the words of Prometheus. A line for each worker and each room that is in use; one for each stream
and leg only when asked for (`?each`), because every viewer who comes makes new ones.
"""

from collections.abc import Iterable, Sequence
from statistics import median
from typing import Any, Final

from prometheus_client import generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4 as CONTENT_TYPE
from prometheus_client.registry import Collector

__all__ = ["CONTENT_TYPE", "exposition"]

_ROOM_COUNTS: Final = {
    "received_packets": "Media packets that arrived from the room's publishers.",
    "received_bytes": "Bytes of media that arrived from the room's publishers.",
    "lost_packets": "Packets of publishers that never arrived.",
    "sent_packets": "Media packets sent to the room's viewers, without what was sent again.",
    "sent_bytes": "Bytes of media (payload) sent to the room's viewers, without what was sent again.",
    "retransmitted_packets": "Packets sent again to viewers who had lost them.",
    "dropped_packets": "Packets that could not be sent, because a line was full or gone.",
    "keyframe_requests": "Whole frames asked for from publishers.",
    "busy_seconds": "Time that the worker spent on what the room's publishers sent.",
}
_STREAM: Final = ("room", "publication", "kind", "layer")
_LEG: Final = ("room", "publication", "kind", "leg", "layer")


def exposition(workers: Sequence[dict[str, Any] | None], deaths: Sequence[int]) -> bytes:
    """The page for Prometheus. A worker that does not answer counts as down."""
    return generate_latest(_Found(workers, deaths))  # type: ignore[arg-type]


class _Found(Collector):
    def __init__(self, workers: Sequence[dict[str, Any] | None], deaths: Sequence[int]) -> None:
        self._workers, self._deaths = workers, deaths

    def collect(self) -> Iterable[Metric]:
        yield from _of_workers(self._workers, self._deaths)
        measured = [worker for worker in self._workers if worker is not None]
        yield from _of_rooms([item for worker in measured for item in worker["rooms"].items()])
        yield from _of_streams([stream for worker in measured for stream in worker["streams"]])
        yield from _of_legs([leg for worker in measured for leg in worker["legs"]])


def _of_workers(workers: Sequence[dict[str, Any] | None], deaths: Sequence[int]) -> Iterable[Metric]:
    up = GaugeMetricFamily("chama_media_worker_up", "Whether the worker answers.", labels=["worker"])
    replaced = CounterMetricFamily("chama_media_worker_replaced", "Workers that died.", labels=["worker"])
    cpu = CounterMetricFamily("chama_media_worker_cpu_seconds", "Processor time.", labels=["worker"])
    memory = GaugeMetricFamily("chama_media_worker_memory_bytes", "Resident memory.", labels=["worker"])
    for number, (worker, died) in enumerate(zip(workers, deaths, strict=True)):
        label = [str(number)]
        up.add_metric(label, float(worker is not None))
        replaced.add_metric(label, died)
        if worker is not None:
            cpu.add_metric(label, worker["process"]["cpu_seconds"])
            memory.add_metric(label, worker["process"]["memory_bytes"])
    yield from (up, replaced, cpu, memory)


def _of_rooms(rooms: Sequence[tuple[str, dict[str, Any]]]) -> Iterable[Metric]:
    sessions = GaugeMetricFamily(
        "chama_media_room_sessions", "Connections that are open.", labels=["room", "action"]
    )
    for room, found in rooms:
        for action in ("publish", "watch"):
            sessions.add_metric([room, action], found[action])
    yield sessions
    for name, text in _ROOM_COUNTS.items():
        counter = CounterMetricFamily(f"chama_media_room_{name}", text, labels=["room"])
        for room, found in rooms:
            counter.add_metric([room], found[name])
        yield counter
    for name, key, text in (
        ("round_trip_seconds", "round_trips", "To a viewer and back, of the room's viewers."),
        (
            "loss_ratio",
            "losses",
            "Share of packets lost lately on the way to a viewer, of the room's viewers.",
        ),
    ):
        gauge = GaugeMetricFamily(f"chama_media_room_{name}", text, labels=["room", "of"])
        for room, found in rooms:
            if found[key]:
                gauge.add_metric([room, "median"], median(found[key]))
                gauge.add_metric([room, "worst"], max(found[key]))
        yield gauge


def _of_streams(streams: Sequence[dict[str, Any]]) -> Iterable[Metric]:
    """What publishers send."""
    counters = {
        "packets": CounterMetricFamily("chama_media_stream_packets", "Packets that arrived.", labels=_STREAM),
        "bytes": CounterMetricFamily(
            "chama_media_stream_bytes", "Bytes of payload that arrived.", labels=_STREAM
        ),
        "lost": CounterMetricFamily("chama_media_stream_lost_packets", "Packets lost.", labels=_STREAM),
        "keyframe_requests": CounterMetricFamily(
            "chama_media_stream_keyframe_requests", "Whole frames asked for.", labels=_STREAM
        ),
    }
    jitter = GaugeMetricFamily("chama_media_stream_jitter_seconds", "Unevenness of arrival.", labels=_STREAM)
    for stream in streams:
        labels = [str(stream[label]) for label in _STREAM]
        for name, counter in counters.items():
            counter.add_metric(labels, stream[name])
        jitter.add_metric(labels, stream["jitter"])
    if streams:
        yield from (*counters.values(), jitter)


def _of_legs(legs: Sequence[dict[str, Any]]) -> Iterable[Metric]:
    """What viewers get."""
    counters = {
        "packets": CounterMetricFamily("chama_media_leg_packets", "Packets sent.", labels=_LEG),
        "bytes": CounterMetricFamily("chama_media_leg_bytes", "Bytes of payload sent.", labels=_LEG),
        "retransmitted": CounterMetricFamily(
            "chama_media_leg_retransmitted_packets", "Packets sent again.", labels=_LEG
        ),
    }
    loss = GaugeMetricFamily("chama_media_leg_loss_ratio", "Share of packets lost lately.", labels=_LEG)
    round_trip = GaugeMetricFamily("chama_media_leg_round_trip_seconds", "There and back.", labels=_LEG)
    for leg in legs:
        labels = [str(leg[label]) for label in _LEG]
        for name, counter in counters.items():
            counter.add_metric(labels, leg[name])
        loss.add_metric(labels, leg["loss"])
        if leg["round_trip"] is not None:
            round_trip.add_metric(labels, leg["round_trip"])
    if legs:
        yield from (*counters.values(), loss, round_trip)

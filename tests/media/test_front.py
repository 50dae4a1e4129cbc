"""What the front decides for itself: where rooms live, who asks too often, what Django is told of the workers."""

import asyncio
from typing import Any

import pytest

from realtime.media import reports as reports_module
from realtime.media.events import Announcer
from realtime.media.placement import KEPT, MOST_PEOPLE, Paces, Placement
from realtime.media.reports import Reports


def test_a_new_room_goes_to_the_worker_with_the_least_to_do_and_stays_there() -> None:
    placement = Placement(3)
    assert [placement.worker_of(room, 0) for room in (10, 11, 12, 13)] == [0, 1, 2, 0]
    placement.hear(1, {11: 50}, 1)
    placement.hear(2, {12: 2}, 1)
    placement.hear(0, {10: 4}, 1)
    assert [placement.worker_of(room, 2) for room in (14, 15)] == [2, 2]
    assert [placement.worker_of(room, 2) for room in (10, 11, 12)] == [0, 1, 2]


def test_a_room_is_forgotten_when_nothing_happened_in_it_for_a_while() -> None:
    placement = Placement(2)
    for room in (10, 11):
        placement.worker_of(room, 0)
    placement.hear(1, {11: 3}, KEPT)
    placement.forget(KEPT + 1)
    assert placement.rooms() == {11: 1}
    assert placement.worker_of(10, KEPT + 1) == 0


def test_people_have_a_pace_of_their_own_and_it_is_not_remembered_for_ever() -> None:
    paces = Paces(per_second=2, at_once=3)
    assert [paces.admits("34", 100) for _ in range(5)] == [True, True, True, False, False]
    assert paces.admits("35", 100)
    assert [paces.admits("34", 100.5) for _ in range(2)] == [True, False]
    for number in range(MOST_PEOPLE + 10):
        paces.admits(f"other {number}", 101)
    assert len(paces._people) == MOST_PEOPLE


class Told(Announcer):
    """Keeps what would be told."""

    def __init__(self) -> None:
        super().__init__(None, "", list)
        self.events: list[tuple[str, int]] = []

    def announce(self, event: str, **data: Any) -> None:
        self.events.append((event, data["room"]))

    def mention(self, event: str, room: int, **data: Any) -> None:
        self.events.append((event, room))


def camera(room: int, kinds: tuple[str, ...] = ("audio", "video")) -> dict[str, Any]:
    return {"room": room, "person": "34", "publication": "34-camera", "kinds": list(kinds)}


@pytest.fixture
def reports() -> Reports:
    reports = Reports(2)
    reports.announcer = Told()
    return reports


def told(reports: Reports) -> list[tuple[str, int]]:
    assert isinstance(reports.announcer, Told)
    events, reports.announcer.events = reports.announcer.events, []
    return events


def test_django_hears_of_what_all_workers_forward_and_of_each_change_once(reports: Reports) -> None:
    reports.hear(0, {"event": "publication.started", **camera(1)})
    reports.hear(1, {"event": "publication.started", **camera(2)})
    reports.hear(1, {"event": "publication.started", **camera(2)})
    assert told(reports) == [("publication.started", 1), ("publication.started", 2)]
    assert [each["room"] for each in reports.flowing()] == [1, 2]
    reports.hear(1, {"event": "publication.started", **camera(2, ("audio",))})
    reports.hear(0, {"event": "publication.stopped", **camera(1)})
    reports.hear(0, {"event": "publication.stopped", **camera(1)})
    assert told(reports) == [("publication.started", 2), ("publication.stopped", 1)]
    reports.hear(1, {"event": "speaking", "room": 2, "speaking": ["34-camera"], "active": "34-camera"})
    assert told(reports) == [("speaking", 2)]


def test_the_full_list_of_a_worker_puts_right_what_was_lost_and_touches_no_other(reports: Reports) -> None:
    reports.hear(0, {"event": "publication.started", **camera(1)})
    reports.hear(1, {"event": "publication.started", **camera(2)})
    told(reports)
    reports.hear(1, {"event": "publications", "publications": [camera(3)]})
    assert told(reports) == [("publication.stopped", 2), ("publication.started", 3)]
    assert [each["room"] for each in reports.flowing()] == [1, 3]


@pytest.mark.asyncio
async def test_what_comes_back_after_a_worker_died_is_no_news_and_what_does_not_has_stopped(
    reports: Reports, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reports_module, "RETURN", 0.2)
    for room in (1, 2):
        reports.hear(0, {"event": "publication.started", **camera(room)})
    reports.hear(1, {"event": "publication.started", **camera(3)})
    told(reports)
    reports.hear(0, {"event": "worker.started"})
    reports.hear(0, {"event": "publications", "publications": []})
    reports.hear(0, {"event": "publication.started", **camera(2)})
    assert told(reports) == [] and len(reports.flowing()) == 3
    await asyncio.sleep(0.3)
    assert told(reports) == [("publication.stopped", 1)]
    assert [each["room"] for each in reports.flowing()] == [2, 3]

"""The grid puts each session into its column and row, and tracks keep their colours apart."""

from __future__ import annotations

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from conference.programme.layout import cards, day_lists, grid, hours, track_numbers
from conference.programme.queries import released_sessions
from tests.factories import START, make_event, make_hall, make_session, make_track, release_all

pytestmark = pytest.mark.django_db
KUNMING = ZoneInfo("Asia/Shanghai")


def test_a_session_stands_in_its_rooms_column_at_its_time() -> None:
    event = make_event()
    first, second, unused = make_hall(event), make_hall(event), make_hall(event)
    make_session(event, "A", start=START, minutes=60, hall=first)
    make_session(event, "B", start=START + timedelta(minutes=75), minutes=30, hall=second)
    release_all(event)
    made = cards(event, released_sessions(None, event), tracks={}, at=START)
    laid = grid(made, [first, second, unused], KUNMING, START + timedelta(minutes=10))
    assert laid.columns == [first, second]
    assert [(cell.column, cell.row, cell.span, cell.half) for cell in laid.cells] == [
        (1, 1, 12, 0),
        (2, 16, 6, 0),
    ]
    assert [line.row for line in laid.lines] == [1, 13]
    assert laid.now_row == 3


def test_two_sessions_in_one_room_at_a_time_share_the_place() -> None:
    event = make_event()
    hall = make_hall(event)
    make_session(event, "A", hall=hall)
    make_session(event, "B", hall=hall, start=START + timedelta(minutes=15))
    release_all(event)
    laid = grid(cards(event, released_sessions(None, event), tracks={}, at=START), [hall], KUNMING, START)
    assert [cell.half for cell in laid.cells] == [1, 2]


def test_a_session_without_a_room_has_a_column_of_its_own() -> None:
    event = make_event()
    make_session(event, "Break")
    release_all(event)
    laid = grid(cards(event, released_sessions(None, event), tracks={}, at=START), [], KUNMING, START)
    assert laid.columns == [None]


def test_sessions_with_one_start_stand_under_one_hour() -> None:
    event = make_event()
    make_session(event, "A")
    make_session(event, "B")
    make_session(event, "C", start=START + timedelta(hours=1))
    release_all(event)
    made = cards(event, released_sessions(None, event), tracks={}, at=START + timedelta(minutes=50))
    assert [(len(hour.cards), hour.past) for hour in hours(made)] == [(2, True), (1, False)]


def test_tracks_take_the_nearest_free_colour() -> None:
    event = make_event()
    green, also_green, plain = (
        make_track(event, colour="#00aa55"),
        make_track(event, colour="#00aa56"),
        make_track(event),
    )
    numbers = track_numbers([green, also_green, plain])
    assert numbers[green.pk] == 2
    assert len(set(numbers.values())) == 3
    assert len(track_numbers([make_track(event) for _number in range(13)])) == 13


def test_while_the_event_runs_what_is_over_is_folded_away_and_nothing_before_or_after() -> None:
    event = make_event()
    for place, title in enumerate("ABC"):
        make_session(event, title, start=START + timedelta(hours=place))
    release_all(event)

    def lists(at: datetime) -> list[tuple[int, int, bool]]:
        slots = released_sessions(None, event)
        made = day_lists([("day", cards(event, slots, tracks={}, at=at)), ("next", [])])
        return [(each.over, len(each.hours), each.current) for each in made]

    assert lists(START - timedelta(days=1)) == [(0, 3, False), (0, 0, False)]
    assert lists(START + timedelta(hours=1, minutes=50)) == [(2, 1, True), (0, 0, False)]
    assert lists(START + timedelta(days=1)) == [(0, 3, False), (0, 0, False)]

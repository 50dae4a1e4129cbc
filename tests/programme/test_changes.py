"""What differs between two versions, as data and in sentences."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from django.utils import translation

from conference.programme.changes import Place, changes_between, told, told_in_every_language

START = datetime(2026, 11, 24, 2, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)
A = Place(
    1, START, START + HOUR, 7, code="AAAAAA", title={"en": "Tea", "zh-hans": "茶"}, hall_name={"en": "Hall 1"}
)
B = Place(
    2, START + HOUR, START + 2 * HOUR, 7, code="BBBBBB", title={"en": "Rice"}, hall_name={"en": "Hall 1"}
)


def whats(before: list[Place], after: list[Place]) -> list[tuple[int, list[str]]]:
    return [(change["session"], change["what"]) for change in changes_between(before, after)]


def test_the_same_programme_has_no_changes() -> None:
    assert changes_between([A, B], [B, A]) == []


def test_a_new_title_or_room_name_is_no_move() -> None:
    assert changes_between([A], [replace(A, title={"en": "Other"}, hall_name={"en": "Renamed"})]) == []


def test_each_kind_of_change_is_told_apart() -> None:
    later = replace(A, start=A.start + HOUR, end=A.end + HOUR)
    elsewhere = replace(A, hall=8, hall_name={"en": "Hall 2"})
    assert whats([A], [A, B]) == [(2, ["new"])]
    assert whats([A, B], [A]) == [(2, ["removed"])]
    assert whats([A], [later]) == [(1, ["time"])]
    assert whats([A], [elsewhere]) == [(1, ["hall"])]
    assert whats([A], [replace(later, hall=8)]) == [(1, ["time", "hall"])]
    assert whats([A], [replace(A, cancelled=True)]) == [(1, ["cancelled"])]
    assert whats([replace(A, cancelled=True)], [later]) == [(1, ["restored", "time"])]


def test_changes_stand_in_the_order_of_the_new_times_and_what_fell_out_is_last() -> None:
    third = Place(3, START + 2 * HOUR, START + 3 * HOUR, None)
    moved = replace(B, start=START - HOUR, end=START)
    assert [session for session, _what in whats([A, B], [third, moved])] == [2, 3, 1]


def test_a_move_is_told_with_both_times_in_the_clock_of_the_event() -> None:
    change = changes_between(
        [A], [replace(A, start=A.start + HOUR, end=A.end + HOUR, hall=8, hall_name={"en": "Hall 2"})]
    )[0]
    with translation.override("en"):
        sentence = told(change, "Asia/Kathmandu")
    assert "Tea" in sentence
    assert "08:45–09:45, Hall 2" in sentence
    assert "07:45–08:45, Hall 1" in sentence


def test_a_notice_has_the_title_in_each_readers_language() -> None:
    change = changes_between([A], [replace(A, cancelled=True)])[0]
    lines = told_in_every_language(change, "Asia/Shanghai")
    assert "Tea" in lines["en"]
    assert "茶" in lines["zh-hans"]

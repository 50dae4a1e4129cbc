"""Calendars, read back by a parser that shares no code with the one that wrote them."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import vobject
from hypothesis import given, settings
from hypothesis import strategies as st

from conference.programme.ical import CalendarEntry, calendar

NOW = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)
ENTRY = CalendarEntry(
    uid="chama-kmtt2026-ABC123",
    sequence=0,
    status="CONFIRMED",
    start=datetime(2026, 12, 1, 1, 0, tzinfo=UTC),
    end=datetime(2026, 12, 1, 1, 45, tzinfo=UTC),
    time_zone="Asia/Shanghai",
    summary="开幕式",
    location="大厅 A; ground floor, left",
    description="Welcome.\nBring your badge; \\ or a phone, please.",
    url="https://fair.example/kmtt2026/talk/ABC123/",
    last_modified=datetime(2026, 11, 20, 12, 0, tzinfo=UTC),
)


def written(*entries: CalendarEntry, name: str = "My agenda") -> bytes:
    return calendar(name, entries, host="fair.example", now=NOW)


def parsed(data: bytes) -> Any:
    return vobject.readOne(data.decode("utf-8"))


def only(data: bytes) -> Any:
    [event] = parsed(data).vevent_list
    return event


def test_an_entry_says_everything_a_calendar_shows() -> None:
    data = written(ENTRY)
    event = only(data)
    assert event.summary.value == "开幕式"
    assert event.location.value == "大厅 A; ground floor, left"
    assert event.description.value == "Welcome.\nBring your badge; \\ or a phone, please."
    assert event.url.value == ENTRY.url
    assert event.dtstart.value == ENTRY.start
    assert event.dtend.value == ENTRY.end
    assert event.dtstamp.value == NOW
    assert event.last_modified.value == ENTRY.last_modified
    assert b"DTSTART;TZID=Asia/Shanghai:20261201T090000" in data


def test_a_calendar_names_itself_and_says_when_to_ask_again() -> None:
    file = parsed(written(ENTRY, name="我的日程 · Kunming\r\n"))
    assert file.version.value == "2.0"
    assert file.prodid.value == "-//Chama//fair.example//EN"
    assert file.x_wr_calname.value == "我的日程 · Kunming"
    assert b"REFRESH-INTERVAL;VALUE=DURATION:PT1H" in written(ENTRY)


def test_an_entry_that_is_moved_and_called_off_keeps_its_uid() -> None:
    first = only(written(ENTRY))
    later = ENTRY.start + timedelta(hours=1)
    moved = only(written(replace(ENTRY, sequence=1, start=later, end=later + timedelta(hours=1))))
    gone = only(written(replace(ENTRY, sequence=2, status="CANCELLED")))
    assert first.uid.value == moved.uid.value == gone.uid.value == "chama-kmtt2026-ABC123@fair.example"
    assert [event.sequence.value for event in (first, moved, gone)] == ["0", "1", "2"]
    assert [event.status.value for event in (first, moved, gone)] == ["CONFIRMED", "CONFIRMED", "CANCELLED"]


def test_an_empty_calendar_is_a_calendar() -> None:
    assert not hasattr(parsed(written()), "vevent")


ZONES = [
    "Asia/Shanghai",
    "Asia/Kathmandu",
    "Asia/Yangon",
    "Asia/Kolkata",
    "Asia/Calcutta",
    "Asia/Vientiane",
    "Asia/Ho_Chi_Minh",
    "Europe/Berlin",
    "America/New_York",
    "Australia/Lord_Howe",
    "Africa/Casablanca",
    "UTC",
]


@pytest.mark.parametrize("zone", ZONES)
@pytest.mark.parametrize("month", [1, 3, 7, 10])
def test_the_moment_is_right_in_every_zone_and_season_by_what_the_file_itself_says(
    zone: str, month: int
) -> None:
    # The parser takes a zone from the VTIMEZONE of the file, not from the machine.
    entry = replace(
        ENTRY,
        time_zone=zone,
        start=datetime(2026, month, 28, 20, 30, tzinfo=UTC),
        end=datetime(2026, month, 29, 7, 15, tzinfo=UTC),
    )
    event = only(written(entry))
    assert event.dtstart.value == entry.start
    assert event.dtend.value == entry.end


def test_every_zone_named_is_described_once() -> None:
    data = written(*(replace(ENTRY, uid=zone, time_zone=zone) for zone in ZONES * 2)).decode()
    named = set(re.findall(r"TZID=([A-Za-z_/]+):", data))
    described = re.findall(r"^TZID:([A-Za-z_/]+)\r?$", data, re.MULTILINE)
    assert sorted(named) == described
    assert named == set(ZONES) - {"UTC"}
    assert len(data) < 40_000, "only the years the calendar needs are described"


def test_an_hour_that_the_clock_shows_twice_is_not_mistaken() -> None:
    start = datetime(2026, 10, 25, 0, 30, tzinfo=UTC)
    for hours in range(3):
        entry = replace(
            ENTRY,
            time_zone="Europe/Berlin",
            start=start + timedelta(hours=hours),
            end=start + timedelta(hours=hours, minutes=45),
        )
        event = only(written(entry))
        assert (event.dtstart.value, event.dtend.value) == (entry.start, entry.end)


def test_control_characters_never_reach_a_calendar() -> None:
    entry = replace(
        ENTRY,
        summary="Ope\x00ning\x07\nBEGIN:VEVENT",
        description="a\x0bb\x1f\r\nc\rd",
        location="\ud800Hall",
    )
    data = written(entry)
    event = only(data)
    assert event.summary.value == "Opening BEGIN:VEVENT"
    assert event.description.value == "a\nb\nc\nd"
    assert event.location.value == "Hall"
    assert data.count(b"\nBEGIN:VEVENT") == 1


def test_an_address_that_is_none_is_left_out() -> None:
    assert not hasattr(only(written(replace(ENTRY, url="javascript:alert(1)"))), "url")


def test_the_same_calendar_is_the_same_bytes() -> None:
    entries = [replace(ENTRY, uid=zone, time_zone=zone) for zone in ZONES]
    assert written(*entries) == written(*reversed(entries))


TEXTS = st.text(
    "昆明技术转移　กรุงเทพฯพິພາສາລາວភាសាខ្មែរမြန်မာဘာသာاردو‌زبانहिन्दी🎉👩‍🔬Abc;,:\\\"'^ \t\n\r\x00\x0b\x1f\x85\u2028\ud800",
    max_size=200,
) | st.text(max_size=80)


@settings(max_examples=150, deadline=None)
@given(summary=TEXTS, description=TEXTS, name=TEXTS)
def test_lines_are_folded_safely_in_every_script(summary: str, description: str, name: str) -> None:
    data = written(replace(ENTRY, summary=summary, description=description), name=name)
    assert data.endswith(b"\r\n")
    for line in data.split(b"\r\n"):
        assert len(line) <= 75
        line.decode("utf-8")  # no letter is cut in two
        assert not re.search(rb"[\x00-\x08\x0a-\x1f\x7f]", line)
    event = only(data)
    assert event.uid.value == "chama-kmtt2026-ABC123@fair.example"
    assert event.dtstart.value == ENTRY.start
    kept = re.sub(r"[\x00-\x1f\x7f-\x9f\s\ud800-\udfff\ufffe\uffff]", "", summary)
    assert re.sub(r"\s", "", event.summary.value) == kept

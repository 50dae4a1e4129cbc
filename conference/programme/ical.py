"""Calendars that phones and desktops subscribe to (RFC 5545).

An entry keeps its UID for good; a change raises SEQUENCE, and what is called off stays in the calendar as CANCELLED, so that
it also disappears from calendars that only ever add. Each time zone named is described in the file, for the years it needs.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Literal
from zoneinfo import ZoneInfo

from icalendar import Calendar, Event, Timezone, vDuration

from conference.programme.exchange.cleaning import clean_line, clean_text, web_address

REFRESH = timedelta(hours=1)
# How far beyond its entries a calendar describes its time zones.
_MARGIN = timedelta(days=365)


@dataclass(frozen=True, slots=True)
class CalendarEntry:
    """One thing to attend. `uid` is what stays when everything else changes; the host is added to it where it has none."""

    uid: str
    sequence: int
    status: Literal["CONFIRMED", "CANCELLED", "TENTATIVE"]
    start: datetime
    end: datetime
    time_zone: str
    summary: str
    location: str = ""
    description: str = ""
    url: str = ""
    last_modified: datetime | None = None


def calendar(name: str, entries: Iterable[CalendarEntry], *, host: str, now: datetime) -> bytes:
    """The calendar as a file. `now` is the moment of the request, which every entry must bear."""
    found = Calendar()
    found.add("prodid", f"-//Chama//{host}//EN")
    found.add("version", "2.0")
    found.add("calscale", "GREGORIAN")
    found.add("method", "PUBLISH")
    title = clean_line(name)
    found.add("name", title)  # RFC 7986
    found.add("x-wr-calname", title)  # what calendar apps read
    refresh = vDuration(REFRESH)
    refresh.params["VALUE"] = "DURATION"
    found.add("refresh-interval", refresh)
    found.add("x-published-ttl", vDuration(REFRESH))
    listed = sorted(entries, key=lambda entry: (entry.start, entry.uid))
    for entry in listed:
        found.add_component(_event(entry, host, now))
    _describe_zones(found, listed)
    return bytes(found.to_ical())


def _event(entry: CalendarEntry, host: str, now: datetime) -> Event:
    event = Event()
    uid = clean_line(entry.uid)
    event.add("uid", uid if "@" in uid else f"{uid}@{host}")
    event.add("dtstamp", now.astimezone(UTC))
    event.add("sequence", entry.sequence)
    event.add("status", entry.status)
    event.add("dtstart", _local(entry.start, entry.time_zone))
    event.add("dtend", _local(entry.end, entry.time_zone))
    event.add("summary", clean_line(entry.summary))
    if location := clean_line(entry.location):
        event.add("location", location)
    if description := clean_text(entry.description):
        event.add("description", description)
    if url := web_address(entry.url):
        event.add("url", url)
    if entry.last_modified:
        event.add("last-modified", entry.last_modified.astimezone(UTC))
    return event


def _local(moment: datetime, zone_name: str) -> datetime:
    """The moment on the clock of the zone.

    In UTC where that clock shows the hour twice, since programs disagree on which of the two is meant.
    """
    local = moment.astimezone(ZoneInfo(zone_name))
    twice = local.replace(fold=0).utcoffset() != local.replace(fold=1).utcoffset()
    return moment.astimezone(UTC) if twice else local


def _describe_zones(found: Calendar, entries: Sequence[CalendarEntry]) -> None:
    first = min((entry.start for entry in entries), default=None)
    last = max((entry.end for entry in entries), default=None)
    if first is None or last is None:
        return
    # In the order of their names: the same calendar must be the same bytes.
    for place, name in enumerate(sorted(found.get_missing_tzids())):
        zone = Timezone.from_tzid(name, first_date=_day(first - _MARGIN), last_date=_day(last + _MARGIN))
        found.subcomponents.insert(place, zone)


def _day(moment: datetime) -> date:
    return moment.astimezone(UTC).date()

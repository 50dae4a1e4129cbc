"""Time zones to choose from: one name for each place that CLDR and the tz database list, with its present offset."""

from __future__ import annotations

import zoneinfo
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from importlib import resources

from babel.dates import get_timezone_location
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from conference.accounts.countries import locale_of
from conference.core.middleware import TIME_ZONE_COOKIE
from conference.core.times import zone_named

KEPT_COOKIE = "time_zone_kept"
"""The zone of the device that the person declined to change to; they are not asked about it again."""

CONTINENTS = {
    "Asia": _("Asia"),
    "Africa": _("Africa"),
    "America": _("America"),
    "Antarctica": _("Antarctica"),
    "Arctic": _("Arctic"),
    "Atlantic": _("Atlantic Ocean"),
    "Australia": _("Australia"),
    "Europe": _("Europe"),
    "Indian": _("Indian Ocean"),
    "Pacific": _("Pacific Ocean"),
}


@lru_cache(maxsize=1)
def _listed() -> tuple[str, ...]:
    """The zones of the tz database's own table, which leaves out old spellings."""
    table = resources.files("tzdata.zoneinfo").joinpath("zone.tab").read_text(encoding="utf-8")
    return tuple(
        sorted(line.split("\t")[2] for line in table.splitlines() if line and not line.startswith("#"))
    )


def offset_name(zone: zoneinfo.ZoneInfo, moment: datetime) -> str:
    """`UTC+05:45`."""
    minutes = int((moment.astimezone(zone).utcoffset() or timedelta()).total_seconds() // 60)
    sign = "−" if minutes < 0 else "+"
    return f"UTC{sign}{abs(minutes) // 60:02d}:{abs(minutes) % 60:02d}"


def zone_name(name: str) -> str:
    """`Kathmandu (UTC+05:45)`, in the reader's language; the name itself if it is no zone."""
    zone = zone_named(name)
    if zone is None:
        return name
    return f"{_city(name, get_language() or 'en')} ({offset_name(zone, timezone.now())})"


@lru_cache(maxsize=2048)
def _city(name: str, language: str) -> str:
    try:
        return get_timezone_location(zone_named(name), locale=locale_of(language), return_city=True)
    except (LookupError, ValueError, AttributeError):
        return name.rsplit("/", 1)[-1].replace("_", " ")


@lru_cache(maxsize=16)
def _groups(language: str, day: datetime) -> tuple[tuple[str, tuple[tuple[str, str], ...]], ...]:
    groups: dict[str, list[tuple[int, str, str]]] = {continent: [] for continent in CONTINENTS}
    for name in _listed():
        zone = zone_named(name)
        continent = name.partition("/")[0]
        if zone is None or continent not in groups:
            continue
        offset = int((day.astimezone(zone).utcoffset() or timedelta()).total_seconds())
        groups[continent].append((offset, _city(name, language), name))
    return tuple(
        (
            continent,
            tuple(
                (name, f"{offset_name(zoneinfo.ZoneInfo(name), day)} {city}")
                for _offset, city, name in sorted(rows)
            ),
        )
        for continent, rows in groups.items()
        if rows
    )


def zone_choices(present: str = "") -> list[tuple[object, object]]:
    """For a select, grouped by continent and ordered by offset. `present` is added where the table lacks it: browsers
    still use old spellings such as Asia/Calcutta."""
    day = timezone.now().astimezone(UTC).replace(minute=0, second=0, microsecond=0)
    groups: list[tuple[object, object]] = [
        (CONTINENTS[continent], list(rows)) for continent, rows in _groups(get_language() or "en", day)
    ]
    first: list[tuple[object, object]] = [("", _("As my device"))]
    if present and present not in _listed() and zone_named(present):
        first.append((present, zone_name(present)))
    return first + groups


def same_clock(one: str, other: str) -> bool:
    """Whether two zones show the same time, in summer and in winter: Asia/Calcutta and Asia/Kolkata do."""
    first, second = zone_named(one), zone_named(other)
    if first is None or second is None:
        return first is second
    now = timezone.now()
    moments = (now, now + timedelta(days=91), now + timedelta(days=182), now + timedelta(days=273))
    return all(
        moment.astimezone(first).utcoffset() == moment.astimezone(second).utcoffset() for moment in moments
    )


def zone_guess(cookies: Mapping[str, str]) -> str:
    """The zone that the browser told; "" where it told none or nonsense."""
    told = cookies.get(TIME_ZONE_COOKIE, "")[:64]
    return told if told and zone_named(told) else ""


def zone_to_offer(cookies: Mapping[str, str], stored: str) -> str:
    """The device's zone where its clock differs from the stored one and the person has not declined it; else ""."""
    guess = zone_guess(cookies)
    if not guess or not stored or cookies.get(KEPT_COOKIE) == guess or same_clock(guess, stored):
        return ""
    return guess

"""Time as people read it: always the reader's zone beside the event's, with the day named where it differs."""

from __future__ import annotations

import zoneinfo
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from babel import Locale
from babel.dates import format_interval, format_skeleton
from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import get_language, pgettext, to_locale
from django.utils.translation import gettext_lazy as _

DAY_BOUNDARY = timedelta(hours=4)
"""A conference day runs from 04:00 to 04:00 local time: what starts at half past midnight belongs to the evening before."""


def zone_named(name: str) -> zoneinfo.ZoneInfo | None:
    """The zone of that IANA name, or None: names come from browsers and files."""
    try:
        return zoneinfo.ZoneInfo(name)
    except (zoneinfo.ZoneInfoNotFoundError, ValueError, OSError):
        return None


def validate_time_zone(name: str) -> None:
    if zone_named(name) is None:
        raise ValidationError(
            _("“%(name)s” is not a time zone, such as Asia/Kathmandu."), params={"name": name}
        )


def short_date(day: date) -> str:
    """`Tue 24 Nov.`, `11月24日 星期二`: the date as a reader of the active language writes it short."""
    return date_format(day, pgettext("date format", "D j N"))


def day_name(day: date) -> str:
    """`Tue 24 November`."""
    return date_format(day, pgettext("date format", "D j F"))


def long_day_name(day: date) -> str:
    """`Tuesday 24 November`."""
    return date_format(day, pgettext("date format", "l j F"))


def full_date(day: date) -> str:
    """`24 Nov. 2026`, `2026年11月24日`."""
    return date_format(day, pgettext("date format", "j N Y"))


def full_time(moment: datetime) -> str:
    """`24 Nov. 2026 16:30` on the reader's clock."""
    return date_format(timezone.localtime(moment), pgettext("date format", "j N Y H:i"))


def date_range(first: date, last: date) -> str:
    """`22–24 Nov 2026`, `2026年11月22日至24日`, as the Unicode locale data writes a span; one day is said once."""
    language = get_language() or "en"
    # English of the world: the day comes before the month, as the region writes it.
    locale = Locale.parse("en_001" if language == "en" else to_locale(language))
    if first == last:
        return format_skeleton("yMMMd", first, locale=locale)
    return format_interval(first, last, "yMMMd", locale=locale)


def event_day(moment: datetime, zone: zoneinfo.ZoneInfo) -> date:
    """The conference day a moment belongs to, in the event's zone."""
    return (moment.astimezone(zone) - DAY_BOUNDARY).date()


@dataclass(frozen=True, slots=True)
class TimePair:
    """One moment on two clocks. `day_shift` is the reader's calendar day less the event's, in days."""

    event: datetime
    reader: datetime

    @property
    def same_clock(self) -> bool:
        return self.event.utcoffset() == self.reader.utcoffset()

    @property
    def day_shift(self) -> int:
        return (self.reader.date() - self.event.date()).days


def time_pair(moment: datetime, event_zone: str) -> TimePair:
    """`moment` in the event's zone and in the reader's, which the middleware has activated."""
    return TimePair(moment.astimezone(zoneinfo.ZoneInfo(event_zone)), timezone.localtime(moment))

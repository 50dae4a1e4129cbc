"""Time as people read it: always the reader's zone beside the event's, with the day named where it differs."""

from __future__ import annotations

import zoneinfo
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext

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


def short_date(moment: date) -> str:
    """The date as a reader of the active language writes it short, with its weekday: `Tue 24 Nov.`, `11月24日 星期二`."""
    # Translators: a date format of Django's `date` filter: short weekday, day, short month. Chinese: n月j日 D
    return date_format(moment, pgettext("date format", "D j N"))


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

"""Template words of the house: text in the reader's language, and time on two clocks."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from django import template
from django.utils.formats import date_format
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from conference.core import languages
from conference.core.models import Event
from conference.core.text import language_of, localise
from conference.core.times import (
    TimePair,
    date_range,
    day_name,
    full_date,
    full_time,
    long_day_name,
    short_date,
    time_pair,
)

register = template.Library()


@register.filter
def local(text: Any) -> str:
    """`{{ event.name|local }}`: the version for the reader."""
    return localise(text)


@register.filter
def local_lang(text: Any) -> str:
    """The language tag of the version that `local` shows, for `lang="..."`. People write Burmese into the field for English too:
    there the writing tells, so that its letters get the room they need and are read out as what they are."""
    tag = language_of(text) if isinstance(text, Mapping) and text else ""
    return languages.language_of_writing(text[tag]) if tag == "en" else tag


@register.filter
def own_name(tag: str) -> str:
    """A language by its own name, such as ລາວ."""
    return languages.own_name(tag) if tag else ""


register.filter(full_date)
register.filter(full_time)
register.filter(day_name)
register.filter(long_day_name)


@register.simple_tag
def dates(first: date, last: date) -> str:
    """`{% dates event.starts_on event.ends_on %}`: 22–24 November 2026."""
    return date_range(first, last)


def _day_mark(pair: TimePair) -> SafeString:
    if not pair.day_shift:
        return mark_safe("")
    weekday = date_format(pair.reader, "D")
    sign = f"+{pair.day_shift}" if pair.day_shift > 0 else f"−{-pair.day_shift}"
    told = ngettext("%(sign)s day", "%(sign)s days", abs(pair.day_shift)) % {"sign": sign}
    return format_html(' <span class="time-shift">{} {}</span>', weekday, told)


@register.simple_tag
def times(start: datetime, event: Event, end: datetime | None = None, show_date: bool = False) -> SafeString:
    """`14:15 your time · 16:30 Kunming`, with the day marked where the reader's differs from the event's."""
    pair = time_pair(start, event.time_zone)
    last = time_pair(end, event.time_zone) if end else None
    city = localise(event.city)
    day = f"{short_date(pair.event)} " if show_date else ""

    def span(first: datetime, second: datetime | None) -> str:
        told = first.strftime("%H:%M")
        return f"{told}–{second.strftime('%H:%M')}" if second else told

    there = format_html(
        '<span class="time-event"><time datetime="{}">{}{}</time> <bdi>{}</bdi></span>',
        pair.event.isoformat(), day, span(pair.event, last.event if last else None), city,
    )  # fmt: skip
    if pair.same_clock:
        return format_html('<span class="times">{}</span>', there)
    here = format_html(
        '<span class="time-yours"><time datetime="{}">{}</time>{} {}</span>',
        pair.reader.isoformat(), span(pair.reader, last.reader if last else None), _day_mark(pair), _("your time"),
    )  # fmt: skip
    return format_html(
        '<span class="times">{}<span class="time-dot" aria-hidden="true"> · </span>{}</span>', here, there
    )

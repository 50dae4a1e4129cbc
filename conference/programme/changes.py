"""What differs between two versions of a programme, as data, and told in sentences.

A change is a dictionary that is kept with its release and must therefore stand by itself, without the rows it came from:

    {"session": 12, "code": "ABC234", "title": {...}, "what": ["time", "hall"],
     "before": {"start": "...", "end": "...", "hall": {...}} or None, "after": the same or None}

`what` holds one or more of `WHATS`. Pure: no database is asked.
"""

from __future__ import annotations

import zoneinfo
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.conf import settings
from django.utils import translation
from django.utils.translation import gettext as _

from conference.core.text import Text, localise
from conference.core.times import short_date

WHATS = ("new", "removed", "cancelled", "restored", "time", "hall")


@dataclass(frozen=True, slots=True)
class Place:
    """When and where one session happens in one version. Equal places are the same for everyone who reads."""

    session: int
    start: datetime
    end: datetime
    hall: int | None
    cancelled: bool = False
    code: str = field(default="", compare=False)
    title: Text = field(default_factory=dict, compare=False)
    hall_name: Text = field(default_factory=dict, compare=False)

    def as_data(self) -> dict[str, Any]:
        return {"start": self.start.isoformat(), "end": self.end.isoformat(), "hall": dict(self.hall_name)}


def changes_between(before: Iterable[Place], after: Iterable[Place]) -> list[dict[str, Any]]:
    """The changes from one version to the next, in the order of the new times; what fell out comes last."""
    old = {place.session: place for place in before}
    new = {place.session: place for place in after}
    changes = []
    for place in sorted(new.values(), key=lambda place: (place.start, place.session)):
        what = _what(old.get(place.session), place)
        if what:
            changes.append(_change(place, what, old.get(place.session), place))
    for place in sorted(old.values(), key=lambda place: (place.start, place.session)):
        if place.session not in new:
            changes.append(_change(place, ["removed"], place, None))
    return changes


def _what(old: Place | None, new: Place) -> list[str]:
    if old is None:
        return ["new"]
    what = []
    if old.cancelled != new.cancelled:
        what.append("cancelled" if new.cancelled else "restored")
    if (old.start, old.end) != (new.start, new.end):
        what.append("time")
    if old.hall != new.hall:
        what.append("hall")
    return what


def _change(place: Place, what: list[str], old: Place | None, new: Place | None) -> dict[str, Any]:
    return {
        "session": place.session,
        "code": place.code,
        "title": dict(place.title),
        "what": what,
        "before": old.as_data() if old else None,
        "after": new.as_data() if new else None,
    }


def told(change: Mapping[str, Any], time_zone: str) -> str:
    """One change as a sentence in the active language, in the event's time: for notices and mails, which have one text for
    everybody. It names the session."""
    title = localise(change["title"])
    before, after = change["before"], change["after"]
    what = change["what"]
    if "new" in what:
        return _("New: %(title)s, %(when)s.") % {"title": title, "when": place_told(after, time_zone)}
    if "removed" in what:
        return _("Removed from the programme: %(title)s.") % {"title": title}
    if "cancelled" in what:
        return _("Cancelled: %(title)s, %(when)s.") % {"title": title, "when": place_told(before, time_zone)}
    places = {"title": title, "now": place_told(after, time_zone), "before": place_told(before, time_zone)}
    if "restored" in what:
        return _("Takes place after all: %(title)s, %(now)s.") % places
    return _("Moved: %(title)s is now %(now)s. It was %(before)s.") % places


def told_in_every_language(change: Mapping[str, Any], time_zone: str) -> Text:
    """`told` in each language of the installation, for a notice whose reader's language is not known yet."""
    lines = {}
    for tag, _name in settings.LANGUAGES:
        with translation.override(tag):
            lines[tag] = told(change, time_zone)
    return lines


def place_told(place: Mapping[str, Any], time_zone: str) -> str:
    """Time and room of one side of a change, in the event's time."""
    zone = zoneinfo.ZoneInfo(time_zone)
    start = datetime.fromisoformat(place["start"]).astimezone(zone)
    end = datetime.fromisoformat(place["end"]).astimezone(zone)
    parts = {
        "day": short_date(start),
        "start": f"{start:%H:%M}",
        "end": f"{end:%H:%M}",
        "hall": localise(place["hall"]),
    }
    if parts["hall"]:
        return _("%(day)s %(start)s–%(end)s, %(hall)s") % parts
    return _("%(day)s %(start)s–%(end)s") % parts

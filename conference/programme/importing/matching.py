"""Which row of the programme a record of the file means, and what becomes different: the making of a plan.

Sessions are known by their guid, and nothing else. Rooms by guid, else by name; tracks by slug, else by name; speakers by guid,
else by the code or number that they have in the programme the file comes from. Nobody is made twice.

The file wins where it says something. What it does not say stays: an empty text erases none, a file in one language leaves the
translations, and moderators and interpreters whom organizers have added keep their parts.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from functools import cache
from typing import Any
from uuid import NAMESPACE_URL, UUID, uuid5
from zoneinfo import ZoneInfo

from django.utils import translation
from django.utils.text import slugify
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from conference.core.languages import own_name
from conference.core.text import Text, localise
from conference.core.times import event_day, full_date, short_date
from conference.programme.exchange.cleaning import clean_line, clean_text
from conference.programme.exchange.document import (
    DayRecord,
    HallRecord,
    LinkRecord,
    PersonRecord,
    Problem,
    ScheduleDocument,
    SessionRecord,
    TrackRecord,
)
from conference.programme.exchange.extension import place_of
from conference.programme.exchange.vocabulary import kind_of, spoken_language, text_language
from conference.programme.importing.plan import FieldChange, ImportPlan, SessionPlan, Tally
from conference.programme.markup import harmless
from conference.programme.models import (
    Day,
    Hall,
    Session,
    SessionSpeaker,
    Slot,
    Speaker,
    Track,
    short_code,
)
from conference.programme.search import folded

Part = SessionSpeaker.Part

MAX_NUMBER = 2**31 - 1
LONGEST = timedelta(hours=24)
SHOWN = 120
"""Longer texts are told by their beginnings."""

_CODE = re.compile(r"[0-9A-Z]{6}")
_SLUG = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")


def fill(plan: ImportPlan, document: ScheduleDocument) -> None:
    """Read what is there, in a number of queries that does not depend on the size of the file, and set the plan."""
    plan.title, plan.version = document.title, document.version
    halls = _match_halls(plan, document.halls)
    tracks = _match_tracks(plan, document.tracks)
    persons = [person for record in document.sessions for person in record.persons]
    people = _People(plan, document.origin, persons)
    for person in persons:
        people.meet(person)
    people.tally()
    _match_days(plan, document)
    plan.problems += _warnings(plan, document)
    _Sessions(plan, document, halls, tracks, people).match()


# --- Texts ---


def _versions(versions: Mapping[str, str] | None, plain: str, language: str) -> tuple[Text, bool]:
    """The text of a record in its languages, and whether the file gave them all."""
    if versions:
        return dict(versions), True
    return ({text_language(language, plain): plain} if plain else {}), False


def merged(before: Mapping[str, str], versions: Mapping[str, str] | None, plain: str, language: str) -> Text:
    """`before` with what the file says. A file in one language leaves the other languages as they are."""
    new, whole = _versions(versions, plain, language)
    if whole:
        same = before.keys() == new.keys() and all(_reads(before[tag], new[tag]) for tag in new)
        return dict(before) if same else new
    if not new or any(_reads(version, plain) for version in before.values()):
        return dict(before)
    return new if len(before) <= 1 else {**before, **new}


def _reads(ours: str, theirs: str) -> bool:
    """Whether a text of ours would stand so in a file, where line ends and blanks are made alike."""
    return theirs in (ours, clean_text(ours), clean_line(ours))


def _set(row: Any, values: Mapping[str, Any]) -> set[str]:
    """Set the values that differ; their names."""
    changed = {name for name, value in values.items() if getattr(row, name) != value}
    for name in changed:
        setattr(row, name, values[name])
    return changed


def _put(tally: Tally, row: Any, changed: set[str]) -> None:
    if row.pk is None:
        tally.new.append(row)
    elif changed:
        tally.changed.append(row)
    else:
        tally.same += 1


def _names(text: Mapping[str, str]) -> list[str]:
    return [folded(name) for name in text.values() if name]


# --- Rooms, tracks, days ---


def _match_halls(plan: ImportPlan, records: Iterable[HallRecord]) -> dict[str, Hall]:
    """The row of each room, by the name that the file's sessions use."""
    records = list(records)
    there = list(Hall.objects.filter(event=plan.event))
    by_guid = {hall.guid: hall for hall in there}
    meant = {record.guid for record in records}
    by_name: dict[str, Hall] = {}
    for hall in there:
        if hall.guid not in meant:
            for name in _names(hall.name):
                by_name.setdefault(name, hall)
    position = max((hall.position for hall in there), default=0)
    found: dict[str, Hall] = {}
    used: set[UUID] = set()
    for record in records:
        known = by_guid.get(record.guid) or by_name.get(folded(record.name))
        if known is None or known.guid in used:
            position += 1
            known = Hall(event=plan.event, guid=record.guid, position=position)
        hall = known
        used.add(hall.guid)
        said = record.place or (place_of(record.kind) if record.kind or hall.pk is None else "")
        kind = said if record.place or hall.pk is None or said == "online" else hall.kind
        values: dict[str, Any] = {
            "name": merged(hall.name, record.texts.get("name"), record.name, ""),
            "description": merged(hall.description, record.texts.get("description"), record.description, ""),
            "kind": kind,
            "capacity": record.capacity if record.capacity is not None else hall.capacity,
        }
        _put(plan.halls, hall, _set(hall, values))
        found[record.name] = hall
    return found


def _match_tracks(plan: ImportPlan, records: Iterable[TrackRecord]) -> dict[str, Track]:
    there = list(Track.objects.filter(event=plan.event))
    by_slug = {track.slug: track for track in there}
    by_name: dict[str, Track] = {}
    for track in there:
        for name in _names(track.name):
            by_name.setdefault(name, track)
    position = max((track.position for track in there), default=0)
    found: dict[str, Track] = {}
    for record in records:
        known = by_slug.get(record.slug) or by_name.get(folded(record.name))
        if known is None:
            position += 1
            known = Track(event=plan.event, slug=_free_slug(record, by_slug), position=position)
            by_slug[known.slug] = known
            by_name[folded(record.name)] = known
        elif known in found.values():  # two names of the file for one track
            found[record.name] = known
            continue
        values = {
            "name": merged(known.name, record.texts.get("name"), record.name, ""),
            "colour": record.colour or known.colour,
        }
        _put(plan.tracks, known, _set(known, values))
        found[record.name] = known
    return found


def _free_slug(record: TrackRecord, taken: Mapping[str, Track]) -> str:
    for slug in (record.slug, slugify(record.name)[:50].strip("-")):
        if len(slug) <= 60 and _SLUG.fullmatch(slug) and slug not in taken:
            return slug
    return next(slug for slug in (f"track-{number}" for number in range(1, 10_000)) if slug not in taken)


def _match_days(plan: ImportPlan, document: ScheduleDocument) -> None:
    """The days that are missing. An event without days of its own has all from its first to its last."""
    event = plan.event
    there = {day.date: day for day in Day.objects.filter(event=event)}
    zone = ZoneInfo(event.time_zone)
    wanted: dict[Any, DayRecord | None] = {day.date: day for day in document.days}
    for session in document.sessions:
        wanted.setdefault(event_day(session.start, zone), None)
    outside = [day for day in sorted(wanted) if not event.starts_on <= day <= event.ends_on]
    labelled = any(day.texts for day in document.days)
    if not there and not outside and not labelled:
        return
    if not there and outside:
        length = min((event.ends_on - event.starts_on).days, 365)
        for number in range(length + 1):
            wanted.setdefault(event.starts_on + timedelta(days=number), None)
    for date, record in sorted(wanted.items(), key=lambda pair: pair[0]):
        label = dict(record.texts.get("label", {})) if record else {}
        day = there.get(date)
        if day is None:
            plan.days.append(Day(event=event, date=date, label=label))
        elif label and day.label != label:
            day.label = label
            plan.days.append(day)


def _warnings(plan: ImportPlan, document: ScheduleDocument) -> list[Problem]:
    found: list[str] = []
    event = plan.event
    added = [day.date for day in plan.days if day.pk is None]
    outside = [day for day in added if not event.starts_on <= day <= event.ends_on]
    if outside:
        found.append(
            ngettext(
                "%(count)d day of the file is outside the dates of the event, %(first)s to %(last)s. It is added.",
                "%(count)d days of the file are outside the dates of the event, %(first)s to %(last)s. They are added.",
                len(outside),
            )
            % {
                "count": len(outside),
                "first": full_date(event.starts_on),
                "last": full_date(event.ends_on),
            }
        )
    ours, theirs = ZoneInfo(event.time_zone), ZoneInfo(document.time_zone_name)
    if any(
        one.start.astimezone(ours).utcoffset() != one.start.astimezone(theirs).utcoffset()
        for one in document.sessions
    ):
        found.append(
            _(
                "The file is written in the time of %(theirs)s, the event is in %(ours)s. The times are converted."
            )
            % {"theirs": document.time_zone_name, "ours": event.time_zone}
        )
    long = [one for one in document.sessions if one.duration > LONGEST]
    if long:
        found.append(
            ngettext(
                "%(count)d session lasts longer than 24 hours. Check its end.",
                "%(count)d sessions last longer than 24 hours. Check their ends.",
                len(long),
            )
            % {"count": len(long)}
        )
    if any(person.avatar for one in document.sessions for person in one.persons):
        found.append(
            _("Pictures of speakers are not fetched from other sites. Add them on the speakers' pages.")
        )
    return [Problem("warning", None, str(_("File")), message) for message in found]


# --- Speakers ---


class _People:
    """The speakers of the event, found again by any mark that the file gives them."""

    def __init__(self, plan: ImportPlan, origin: str, persons: Iterable[PersonRecord]) -> None:
        self.plan, self.origin = plan, origin
        there = list(Speaker.objects.filter(event=plan.event))
        self.by_id = {speaker.pk: speaker for speaker in there}
        self._by_guid = {speaker.guid: speaker for speaker in there}
        self._codes = {speaker.code for speaker in there}
        self._numbers = Numbers(
            (speaker.number for speaker in there), (person.number or 0 for person in persons)
        )
        self._met: dict[UUID, Speaker] = {}
        self._changed: dict[UUID, set[str]] = {}

    def meet(self, person: PersonRecord) -> None:
        marks = self._marks(person)
        speaker = next((self._by_guid[mark] for mark in marks if mark in self._by_guid), None)
        if speaker is None:
            speaker = Speaker(
                event=self.plan.event,
                guid=marks[0],
                code=free_code(person.code, self._codes),
                number=self._numbers.take(person.number or 0),
            )
        for mark in marks:
            self._by_guid.setdefault(mark, speaker)
        if speaker.guid in self._met:  # what the file says first of a person is what counts
            return
        self._met[speaker.guid] = speaker
        values: dict[str, Any] = {
            "name": person.name,
            "biography": _harmless(
                merged(speaker.biography, person.texts.get("biography"), person.biography, "")
            ),
            "name_latin": person.name_latin or speaker.name_latin,
            "name_chinese": person.name_chinese[:100] or speaker.name_chinese,
            "affiliation": person.affiliation or speaker.affiliation,
            "country": person.country or speaker.country,
        }
        self._changed[speaker.guid] = _set(speaker, values)

    def of(self, person: PersonRecord) -> Speaker:
        return next(self._by_guid[mark] for mark in self._marks(person) if mark in self._by_guid)

    def _marks(self, person: PersonRecord) -> list[UUID]:
        marks = [person.guid] if person.guid else []
        for kind, mark in (("code", person.code), ("id", person.number)):
            if mark not in ("", None):
                marks.append(uuid5(NAMESPACE_URL, f"{self.origin}person/{kind}/{mark}"))
        return marks

    def tally(self) -> None:
        for guid, speaker in self._met.items():
            _put(self.plan.speakers, speaker, self._changed[guid])


class Numbers:
    """Whole numbers that are unique in the event: the file's own where it is free. Those that the file asks for (`wanted`)
    are not given to anybody else."""

    def __init__(self, taken: Iterable[int], wanted: Iterable[int]) -> None:
        self._taken = set(taken)
        self._wanted = set(wanted)
        self._next = 1

    def take(self, wanted: int) -> int:
        number = wanted
        if not 1 <= number <= MAX_NUMBER or number in self._taken:
            while self._next in self._taken or self._next in self._wanted:
                self._next += 1
            number = self._next
        self._taken.add(number)
        return number


def free_code(wanted: str, taken: set[str]) -> str:
    """The file's own code where it is one of ours and free, else a new one; it is taken now."""
    code = wanted
    while not _CODE.fullmatch(code) or code in taken:
        code = short_code()
    taken.add(code)
    return code


# --- Sessions ---


@cache
def _own_kinds() -> dict[str, str]:
    """How our own files call our types."""
    with translation.override("en"):
        return {str(kind.label).casefold(): kind.value for kind in Session.Kind}


def origin_of(document: ScheduleDocument) -> str:
    """The address of the programme without what may differ from file to file of the same one."""
    return re.sub(r"^https?://", "", document.origin).rstrip("/")[:500]


def _links(links: Iterable[LinkRecord]) -> list[dict[str, str]]:
    return [{"url": link.url, "title": link.title, "type": link.kind} for link in links]


class _Sessions:
    """The sessions of the event beside those of the file."""

    def __init__(
        self,
        plan: ImportPlan,
        document: ScheduleDocument,
        halls: Mapping[str, Hall],
        tracks: Mapping[str, Track],
        people: _People,
    ) -> None:
        self.plan, self.document, self.halls, self.tracks, self.people = plan, document, halls, tracks, people
        self.zone = ZoneInfo(plan.event.time_zone)
        there = list(Session.objects.filter(event=plan.event).select_related("track"))
        self.by_guid = {session.guid: session for session in there}
        self.codes = {session.code for session in there}
        self.numbers = Numbers(
            (session.number for session in there), (record.number for record in document.sessions)
        )
        drafts = Slot.objects.filter(session__event=plan.event, release=None).select_related("hall")
        self.drafts = {slot.session_id: slot for slot in drafts}
        self.parts: dict[int, dict[int, SessionSpeaker]] = {}
        for part in SessionSpeaker.objects.filter(session__event=plan.event):
            self.parts.setdefault(part.session_id, {})[part.speaker_id] = part

    def match(self) -> None:
        origins = {origin_of(self.document)}
        met: set[UUID] = set()
        made = {
            record.guid: self._new(record)
            for record in self.document.sessions
            if record.guid not in self.by_guid
        }
        for record in self.document.sessions:
            session = self.by_guid.get(record.guid) or made[record.guid]
            if session.pk is not None:
                origins.add(session.origin)
            met.add(record.guid)
            self.plan.sessions.append(self._session(record, session))
        origins.discard("")
        for guid, session in self.by_guid.items():
            speakers = [self.people.by_id[pk] for pk in self.parts.get(session.pk, {})]
            self.plan.there.append((session, speakers))
            slot = self.drafts.get(session.pk)
            if guid in met or session.origin not in origins or slot is None:
                continue
            if slot.start is not None and not slot.cancelled:
                slot.session = session
                self.plan.missing.append(slot)
        self.plan.missing.sort(key=lambda slot: (slot.start, slot.pk))

    def _new(self, record: SessionRecord) -> Session:
        return Session(
            event=self.plan.event,
            guid=record.guid,
            code=free_code(record.code, self.codes),
            number=self.numbers.take(record.number),
            origin=origin_of(self.document),
        )

    def _session(self, record: SessionRecord, session: Session) -> SessionPlan:
        is_new = session.pk is None
        slot = self.drafts.get(session.pk) if not is_new else None
        before = _told(session)
        fields = _set(session, self._values(record, session))
        slot, place_changes = self._place(record, slot or Slot(session=session))
        one = SessionPlan("same", session, slot, _when(record.start, record.end, self.zone), fields=fields)
        one.moved = bool(place_changes)
        people_changes = self._people(record, one)
        if is_new:
            one.state = "new"
            return one
        after = _told(session)
        one.changes = [
            FieldChange(label, *_where_different(before[label], after[label]))
            for label in after
            if before[label] != after[label]
        ]
        one.changes = [*place_changes, *one.changes, *people_changes]
        if fields or place_changes or one.parts is not None:
            one.state = "changed"
        return one

    def _values(self, record: SessionRecord, session: Session) -> dict[str, Any]:
        values: dict[str, Any] = {
            key: merged(getattr(session, key), record.texts.get(key), getattr(record, key), record.language)
            for key in ("title", "subtitle", "abstract", "description")
        }
        for key in ("abstract", "description"):
            values[key] = _harmless(values[key])
        own = record.kind.casefold() in _own_kinds() or record.kind.casefold() in Session.Kind.values
        kind_name = "" if own else record.kind
        if session.pk is None or record.kind and (own or kind_name != session.kind_name) or record.category:
            values["kind"] = (
                record.category or _own_kinds().get(record.kind.casefold()) or kind_of(record.kind)
            )
            values["kind_name"] = kind_name
        values["track"] = self.tracks.get(record.track) or session.track
        values["language"] = spoken_language(record.language)[:20] or session.language
        values["interpreted"] = list(record.interpreted) or session.interpreted
        values["capacity"] = record.capacity if record.capacity is not None else session.capacity
        # A file may only forbid: whoever forbade a recording here is not overruled by a file that does not know it.
        values["recording_allowed"] = session.recording_allowed and not record.do_not_record
        values["recording_licence"] = record.recording_license or session.recording_licence
        values["links"] = _links(record.links) or session.links
        values["attachments"] = _links(record.attachments) or session.attachments
        values["origin_url"] = record.origin_url or session.origin_url
        return values

    def _place(self, record: SessionRecord, slot: Slot) -> tuple[Slot, list[FieldChange]]:
        hall = self.halls.get(record.hall)
        changes: list[FieldChange] = []
        if (slot.start, slot.end) != (record.start, record.end):
            before = _when(slot.start, slot.end, self.zone) if slot.start and slot.end else ""
            changes.append(FieldChange(_("Time"), before, _when(record.start, record.end, self.zone)))
        # By identity: a room that is new has no key to be compared by.
        if slot.hall is not hall and (slot.hall is None or hall is None or slot.hall_id != hall.pk):
            changes.append(
                FieldChange(
                    _("Room"),
                    localise(slot.hall.name) if slot.hall else "",
                    localise(hall.name) if hall else "",
                )
            )
        if slot.cancelled != record.cancelled:
            told = (_("Takes place"), _("Cancelled"))
            changes.append(FieldChange(_("State"), told[slot.cancelled], told[record.cancelled]))
        slot.start, slot.end, slot.hall, slot.cancelled = record.start, record.end, hall, record.cancelled
        return slot, changes

    def _people(self, record: SessionRecord, one: SessionPlan) -> list[FieldChange]:
        there = self.parts.get(one.session.pk or 0, {})
        wanted: dict[UUID, tuple[Speaker, str]] = {}
        for person in record.persons:
            speaker = self.people.of(person)
            known = there.get(speaker.pk) if speaker.pk else None
            part = person.part or (known.part if known else Part.SPEAKER)
            wanted.setdefault(speaker.guid, (speaker, part))
        for speaker_id, known in there.items():
            speaker = self.people.by_id[speaker_id]
            if known.part != Part.SPEAKER:
                wanted.setdefault(speaker.guid, (speaker, known.part))
        one.people = list(wanted.values())
        before = [
            (self.people.by_id[pk].guid, part.part)
            for pk, part in sorted(there.items(), key=lambda pair: (pair[1].position, pair[1].pk))
        ]
        if before == [(speaker.guid, part) for speaker, part in one.people]:
            return []
        one.parts = [
            SessionSpeaker(session=one.session, speaker=speaker, part=part, position=position)
            for position, (speaker, part) in enumerate(one.people)
        ]
        names = {speaker.guid: speaker.name for speaker in self.people.by_id.values()}
        return [
            FieldChange(
                _("Speakers"),
                _list(names[guid] for guid, _part in before),
                _list(speaker.name for speaker, _part in one.people),
            )
        ]


def _harmless(text: Text) -> Text:
    return {language: harmless(version) for language, version in text.items()}


def _list(names: Iterable[str]) -> str:
    return _(", ").join(names)


def _when(start: datetime, end: datetime, zone: ZoneInfo) -> str:
    local, last = start.astimezone(zone), end.astimezone(zone)
    return f"{short_date(local)} {local:%H:%M}–{last:%H:%M}"


def _where_different(before: str, after: str) -> tuple[str, str]:
    """Long texts from shortly before the first place where they differ."""
    same = next(
        (place for place, (old, new) in enumerate(zip(before, after, strict=False)) if old != new),
        min(len(before), len(after)),
    )
    start = 0 if same < SHOWN // 2 else same - SHOWN // 4
    return _cut(before, start), _cut(after, start)


def _cut(text: str, start: int) -> str:
    piece = text[start : start + SHOWN]
    return f"{'…' if start and piece else ''}{piece}{'…' if len(text) > start + SHOWN else ''}"


def _all(text: Mapping[str, str]) -> str:
    """Every version, the one for the reader first: a change in another language must be seen too."""
    first = localise(text)
    versions = [first, *(version for version in text.values() if version != first)]
    return " / ".join(" ".join(version.split()) for version in versions if version)


def _told(session: Session) -> dict[str, str]:
    """What a session says, field by field, for people."""
    return {
        _("Title"): _all(session.title),
        _("Subtitle"): _all(session.subtitle),
        _("Abstract"): _all(session.abstract),
        _("Description"): _all(session.description),
        _("Type"): session.kind_name or str(session.get_kind_display()),
        _("Track"): localise(session.track.name) if session.track else "",
        _("Language"): own_name(session.language) if session.language else "",
        _("Interpreted into"): _list(own_name(tag) for tag in session.interpreted),
        _("Seats"): str(session.capacity or ""),
        _("Recording"): _("Allowed") if session.recording_allowed else _("Not allowed"),
        _("Licence of the recording"): session.recording_licence,
        _("Links"): _list(link.get("title") or link.get("url", "") for link in session.links),
        _("Files"): _list(link.get("title") or link.get("url", "") for link in session.attachments),
        _("Address of origin"): session.origin_url,
    }

"""What the format has no word for, kept in `conference.meta` under our name: every language of a text, the names of a person in
other scripts, parts other than speaking, interpreted languages.

    "chama": {"days": {"2026-11-24": {"label": {...}}}, "rooms": {guid: {...}}, "tracks": {name: {...}},
              "sessions": {guid: {...}}, "persons": {guid: {...}}, "cancelled": [...]}

It holds only what the plain words do not say, and never wins over them: where somebody has changed a title in the file, the
versions of the old title are left out. Systems that do not know it lose nothing that the format promises.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from typing import Any

from django.utils.translation import gettext as _

from conference.core.text import LANGUAGE_TAG
from conference.programme.exchange.cleaning import clean_line, clean_text, cut
from conference.programme.exchange.document import (
    EXTENSION,
    LENGTH,
    MAX_CAPACITY,
    MAX_VERSIONS,
    DayRecord,
    HallRecord,
    PersonRecord,
    ScheduleDocument,
    SessionRecord,
    Texts,
    TrackRecord,
)
from conference.programme.exchange.findings import Part, text, whole_number
from conference.programme.exchange.vocabulary import kind_of, text_language

CATEGORIES = (
    *("opening", "keynote", "talk", "panel", "workshop", "roadshow", "docking", "roundtable"),
    *("training", "break", "other"),
)
PLACES = ("venue", "online", "both")
PARTS = ("moderator", "interpreter")
MAX_INTERPRETED = 30

_ONE_LINE = ("title", "subtitle", "name", "label")
_LIMITS = {
    "title": "title", "subtitle": "title", "abstract": "text", "description": "text", "biography": "biography",
    "name": "place", "label": "place",
}  # fmt: skip
_NAMES = {"name_latin": "name", "name_chinese": "place", "affiliation": "name"}
_COUNTRY = re.compile(r"[A-Z]{2}")


def place_of(kind: str) -> str:
    """Where a room of that type is, if nothing else is said: everything here can also be followed online."""
    return "online" if kind in ("online", "bbb") else "both"


# --- Writing ---


def needed(document: ScheduleDocument) -> ScheduleDocument:
    """The document without what its plain words say already, or say otherwise."""
    return replace(
        document,
        halls=tuple(_needed_of_hall(hall) for hall in document.halls),
        tracks=tuple(
            replace(track, texts=_needed(track.texts, {"name": track.name}, "")) for track in document.tracks
        ),
        days=tuple(replace(day, texts=_needed(day.texts, {}, "")) for day in document.days),
        sessions=tuple(_needed_of_session(session) for session in document.sessions),
    )


def _needed_of_hall(hall: HallRecord) -> HallRecord:
    plain = {"name": hall.name, "description": hall.description}
    place = hall.place if hall.place in PLACES and hall.place != place_of(hall.kind) else ""
    return replace(hall, place=place, texts=_needed(hall.texts, plain, "", {"description": "note"}))


def _needed_of_session(session: SessionRecord) -> SessionRecord:
    plain = {key: getattr(session, key) for key in ("title", "subtitle", "abstract", "description")}
    known = session.category in CATEGORIES and session.category != kind_of(session.kind)
    return replace(
        session,
        category=session.category if known else "",
        interpreted=_tags(session.interpreted),
        texts=_needed(session.texts, plain, session.language),
        persons=tuple(_needed_of_person(person) for person in session.persons),
    )


def _needed_of_person(person: PersonRecord) -> PersonRecord:
    # Without a guid there is nothing to keep the rest under.
    if person.guid is None:
        names: dict[str, Any] = {key: "" for key in ("part", "country", *_NAMES)}
        return replace(person, texts={}, **names)
    names = {key: cut(clean_line(getattr(person, key)), LENGTH[limit]) for key, limit in _NAMES.items()}
    return replace(
        person,
        part=person.part if person.part in PARTS else "",
        country=person.country if _COUNTRY.fullmatch(person.country) else "",
        texts=_needed(person.texts, {"biography": person.biography}, ""),
        **names,
    )


def _needed(
    texts: Texts, plain: Mapping[str, str], language: str, limits: Mapping[str, str] | None = None
) -> Texts:
    found: dict[str, dict[str, str]] = {}
    for key, versions in texts.items():
        limit = LENGTH[(limits or {}).get(key) or _LIMITS[key]]
        clean = clean_line if key in _ONE_LINE else clean_text
        fit = {
            tag: cut(clean(version), limit) for tag, version in versions.items() if LANGUAGE_TAG.match(tag)
        }
        fit = {tag: version for tag, version in sorted(fit.items())[:MAX_VERSIONS] if version}
        if key not in plain:
            said = not fit
        else:
            said = plain[key] not in fit.values() or fit == {text_language(language, plain[key]): plain[key]}
        if not said:
            found[key] = fit
    return found


def extension_of(document: ScheduleDocument) -> dict[str, object]:
    """What stands under our name, for a document that is `needed`; without the cancelled sessions."""
    persons: dict[str, dict[str, object]] = {}
    for session in document.sessions:
        for person in session.persons:
            words = {key: getattr(person, key) for key in (*_NAMES, "country")}
            said = {**person.texts, **{key: value for key, value in words.items() if value}}
            if said and person.guid:
                persons.setdefault(str(person.guid), dict(said))
    parts: dict[str, Mapping[str, object]] = {
        "days": {day.date.isoformat(): dict(day.texts) for day in document.days if day.texts},
        "rooms": {
            str(hall.guid): {**hall.texts, **({"place": hall.place} if hall.place else {})}
            for hall in document.halls
            if hall.texts or hall.place
        },
        "tracks": {track.name: dict(track.texts) for track in document.tracks if track.texts},
        "sessions": {
            str(session.guid): said for session in document.sessions if (said := _said_of_session(session))
        },
        "persons": persons,
    }
    return {name: values for name, values in parts.items() if values}


def _said_of_session(session: SessionRecord) -> dict[str, object]:
    said: dict[str, object] = dict(session.texts)
    if session.category:
        said["kind"] = session.category
    if session.interpreted:
        said["interpreted"] = list(session.interpreted)
    if session.capacity is not None:
        said["capacity"] = session.capacity
    parts = {str(person.guid): person.part for person in session.persons if person.part}
    if parts:
        said["parts"] = parts
    return said


# --- Reading ---


def extended(document: ScheduleDocument, conference: Part) -> ScheduleDocument:
    """The document with what stands under our name; what does not hold is left out with a warning."""
    meta = conference.get("meta")
    ours = meta.get(EXTENSION) if isinstance(meta, Mapping) else None
    if not isinstance(ours, Mapping):
        return document
    part = Part(ours, (*conference.path, "meta", EXTENSION), _("What Chama adds"), conference.findings)
    days, rooms, tracks = _entries(part, "days"), _entries(part, "rooms"), _entries(part, "tracks")
    sessions, persons = _entries(part, "sessions"), _entries(part, "persons")
    return needed(
        replace(
            document,
            days=_with(document.days, days, lambda day: day.date.isoformat(), _day),
            halls=_with(document.halls, rooms, lambda hall: str(hall.guid), _hall),
            tracks=_with(document.tracks, tracks, lambda track: track.name, _track),
            sessions=tuple(
                replace(session, persons=_with(session.persons, persons, _guid_of, _person))
                for session in _with(document.sessions, sessions, lambda session: str(session.guid), _session)
            ),
        )
    )


def _guid_of(person: PersonRecord) -> str:
    return str(person.guid)


def _entries(part: Part, key: str) -> dict[str, Part]:
    values = part.get(key)
    if values is None:
        return {}
    if not isinstance(values, Mapping):
        part.warn(key, _("“%(key)s” is not an object with named values and was left out."), key=key)
        return {}
    return {
        str(name).lower() if key in ("rooms", "sessions", "persons") else str(name): Part(
            value, (*part.path, key, name), part.where, part.findings
        )
        for name, value in values.items()
        if isinstance(value, Mapping)
    }


def _with(
    records: Iterable[Any],
    entries: Mapping[str, Part],
    name_of: Callable[[Any], str],
    apply: Callable[[Any, Part], Any],
) -> tuple[Any, ...]:
    return tuple(
        apply(record, entries[name]) if (name := name_of(record)) in entries else record for record in records
    )


def _versions(entry: Part, keys: Iterable[str]) -> Texts:
    found: dict[str, Mapping[str, str]] = {}
    for key in keys:
        value = entry.get(key)
        if value is None:
            continue
        if not isinstance(value, Mapping) or not all(
            isinstance(tag, str) and LANGUAGE_TAG.match(tag) and len(tag) <= 35 and isinstance(one, str)
            for tag, one in value.items()
        ):
            entry.warn(key, _("“%(key)s” is not a text in several languages and was left out."), key=key)
            continue
        found[key] = value
    return found


def _tags(tags: Iterable[object]) -> tuple[str, ...]:
    known = [tag for tag in tags if isinstance(tag, str) and LANGUAGE_TAG.match(tag) and len(tag) <= 20]
    return tuple(dict.fromkeys(known))[:MAX_INTERPRETED]


def _day(day: DayRecord, entry: Part) -> DayRecord:
    return replace(day, texts=_versions(entry, ["label"]))


def _hall(hall: HallRecord, entry: Part) -> HallRecord:
    return replace(hall, place=text(entry, "place", "kind"), texts=_versions(entry, ["name", "description"]))


def _track(track: TrackRecord, entry: Part) -> TrackRecord:
    return replace(track, texts=_versions(entry, ["name"]))


def _session(session: SessionRecord, entry: Part) -> SessionRecord:
    interpreted, parts = entry.get("interpreted"), entry.get("parts")
    capacity = whole_number(entry, "capacity")
    part_of = parts if isinstance(parts, Mapping) else {}
    return replace(
        session,
        category=text(entry, "kind", "kind"),
        interpreted=_tags(interpreted) if isinstance(interpreted, list) else (),
        capacity=capacity if capacity is not None and 0 <= capacity <= MAX_CAPACITY else None,
        texts=_versions(entry, ["title", "subtitle", "abstract", "description"]),
        persons=tuple(
            replace(person, part=str(part_of.get(_guid_of(person)) or "")) for person in session.persons
        ),
    )


def _person(person: PersonRecord, entry: Part) -> PersonRecord:
    names: dict[str, Any] = {key: text(entry, key, limit) for key, limit in _NAMES.items()}
    country = text(entry, "country", "kind").upper()
    return replace(person, country=country, texts=_versions(entry, ["biography"]), **names)

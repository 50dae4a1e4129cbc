"""Making a document fit for both published schemas: what a reader finds in a written file is what is made here.

The rules are those of schema.json and schema.xsd together; where they differ, the narrower one.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import replace
from datetime import date, datetime, timedelta
from uuid import NAMESPACE_URL, UUID, uuid5
from zoneinfo import ZoneInfo

from conference.core.times import DAY_BOUNDARY, event_day, zone_named
from conference.programme.exchange.cleaning import (
    ascii_words,
    clean_line,
    clean_text,
    colour,
    cut,
    in_utc,
    web_address,
    whole_minutes,
)
from conference.programme.exchange.document import (
    DEFAULT_TIMESLOT,
    HALL_KINDS,
    LENGTH,
    LINK_KINDS,
    LONGEST,
    MAX_DAYS,
    MAX_TIMESLOT,
    DayRecord,
    HallRecord,
    LinkRecord,
    PersonRecord,
    ScheduleDocument,
    SessionRecord,
    TrackRecord,
    in_order,
)
from conference.programme.exchange.extension import needed

_ACRONYM = re.compile(r"[a-z0-9_-][a-z0-9_]{3,}(-2[0-9]{3}-[a-z]+)?")
_SLUG = re.compile(r"[a-z0-9_]{4,}-[a-z0-9\-_]{3,}[a-z0-9]")
_HALL_SLUG = re.compile(r"[a-z0-9_-]+[a-z0-9]")
_TRACK_SLUG = re.compile(r"[a-z][a-z0-9-]*[a-z0-9]")
_CODE = re.compile(r"[0-9A-Z]{6}")
_PERSON_CODE = re.compile(r"[0-9A-Z]+")
_LANGUAGE = re.compile(r"[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8})*")


def fits_acronym(acronym: str) -> bool:
    return _ACRONYM.fullmatch(acronym) is not None


def fitted(document: ScheduleDocument) -> ScheduleDocument:
    """The document as both schemas allow it: clean bounded texts, unique numbers and slugs, a day for every session.

    A document that fits already comes back equal.
    """
    acronym = _acronym(document)
    zone = zone_named(document.time_zone_name)
    sessions = _sessions(document, acronym)
    fit = in_order(
        replace(
            document,
            acronym=acronym,
            title=_line(document.title, "title"),
            end=max(document.start, document.end),
            time_zone_name=document.time_zone_name if zone else "UTC",
            timeslot_minutes=document.timeslot_minutes
            if 0 < document.timeslot_minutes <= MAX_TIMESLOT
            else DEFAULT_TIMESLOT,
            version=_line(document.version, "version"),
            url=web_address(document.url),
            colour=colour(document.colour),
            halls=_halls(document.halls, sessions, acronym),
            tracks=_tracks(document.tracks, sessions),
            days=_days(document, sessions, zone or ZoneInfo("UTC")),
            sessions=tuple(sessions),
        )
    )
    return needed(fit)


def _line(text: str, limit: str) -> str:
    return cut(clean_line(text), LENGTH[limit])


def _text(text: str, limit: str) -> str:
    return cut(clean_text(text), LENGTH[limit])


def _acronym(document: ScheduleDocument) -> str:
    if fits_acronym(document.acronym):
        return document.acronym[: LENGTH["acronym"]]
    words = ascii_words(document.acronym, "_")[: LENGTH["acronym"]].strip("_")
    if len(words) < 4:
        words = f"{words or 'event'}{document.start.year}"
    return words


def _own_slug(session: SessionRecord) -> str:
    slug = session.slug.lower()
    return slug if len(slug) <= LENGTH["slug"] and _SLUG.fullmatch(slug) else ""


def _made_slug(session: SessionRecord, number: int, acronym: str, taken: set[str]) -> str:
    """A slug of Latin letters and the number, which also serves a title in any script."""
    made = f"{acronym.replace('-', '_')}-{number:06d}"
    words = ascii_words(session.title, "-")[:60].strip("-")
    slug = made = f"{made}-{words}" if words else made
    count = 1
    while slug in taken:
        count += 1
        slug = f"{made}-{count}"
    return slug


def _sessions(document: ScheduleDocument, acronym: str) -> list[SessionRecord]:
    numbers: set[int] = set()
    slugs: set[str] = set()
    # Slugs that fit are kept; the others are made so that they take the place of none of those.
    taken = {_own_slug(session) for session in document.sessions}
    free = max((session.number for session in document.sessions), default=0) + 1
    fit: list[SessionRecord] = []
    for session in document.sessions:
        number = session.number
        if number < 1 or number in numbers:
            number, free = max(free, 1), max(free, 1) + 1
        numbers.add(number)
        slug = _own_slug(session)
        if not slug or slug in slugs:
            slug = _made_slug(session, number, acronym, taken)
        slugs.add(slug)
        taken.add(slug)
        fit.append(
            replace(
                session,
                number=number,
                slug=slug,
                code=session.code
                if _PERSON_CODE.fullmatch(session.code) and len(session.code) <= LENGTH["code"]
                else "",
                start=in_utc(session.start),
                duration=min(max(whole_minutes(session.duration), timedelta(minutes=1)), LONGEST),
                hall=_line(session.hall, "place"),
                title=_line(session.title, "title") or slug,
                subtitle=_line(session.subtitle, "title"),
                track=_line(session.track, "place"),
                kind=_line(session.kind, "kind"),
                language=_language(session.language),
                abstract=_text(session.abstract, "text"),
                description=_text(session.description, "text"),
                persons=tuple(_person(person) for person in session.persons if clean_line(person.name)),
                links=_links(session.links),
                attachments=_links(session.attachments),
                recording_license=_line(session.recording_license, "license"),
                logo=web_address(session.logo),
                url=web_address(session.url),
                feedback_url=web_address(session.feedback_url),
                origin_url=address
                if len(address := web_address(session.origin_url)) <= LENGTH["origin"]
                else "",
            )
        )
    return fit


def _language(language: str) -> str:
    tag = language.replace("_", "-")
    return tag if _LANGUAGE.fullmatch(tag) and len(tag) <= LENGTH["language"] else ""


def _person(person: PersonRecord) -> PersonRecord:
    name = _line(person.name, "name")
    code = person.code if _PERSON_CODE.fullmatch(person.code) and len(person.code) <= LENGTH["code"] else ""
    known = person.guid is not None or code or person.number is not None
    return replace(
        person,
        name=name,
        guid=person.guid if known else uuid5(NAMESPACE_URL, f"urn:schedule:person/{name}"),
        code=code,
        biography=_text(person.biography, "biography"),
        avatar=web_address(person.avatar),
        url=web_address(person.url),
    )


def _links(links: Iterable[LinkRecord]) -> tuple[LinkRecord, ...]:
    fit = (
        LinkRecord(
            web_address(link.url), _line(link.title, "title"), link.kind if link.kind in LINK_KINDS else ""
        )
        for link in links
    )
    return tuple(link for link in fit if link.url)


def _halls(
    halls: Iterable[HallRecord], sessions: Iterable[SessionRecord], acronym: str
) -> tuple[HallRecord, ...]:
    fit: dict[str, HallRecord] = {}
    guids: set[UUID] = set()
    for hall in halls:
        name = _line(hall.name, "place")
        if not name or name in fit:
            continue
        guid = (
            uuid5(NAMESPACE_URL, f"urn:schedule:{acronym}/room/{name}") if hall.guid in guids else hall.guid
        )
        guids.add(guid)
        capacity = hall.capacity if hall.capacity is not None and hall.capacity >= 0 else None
        fit[name] = HallRecord(
            name=name,
            guid=guid,
            slug=hall.slug if _HALL_SLUG.fullmatch(hall.slug) and len(hall.slug) <= LENGTH["slug"] else "",
            kind=hall.kind if hall.kind in HALL_KINDS else "",
            capacity=capacity,
            description=_text(hall.description, "note"),
            place=hall.place,
            texts=hall.texts,
        )
    for session in sessions:
        if session.hall and session.hall not in fit:
            fit[session.hall] = HallRecord(
                session.hall, uuid5(NAMESPACE_URL, f"urn:schedule:{acronym}/room/{session.hall}")
            )
    return tuple(fit.values())


def _tracks(tracks: Iterable[TrackRecord], sessions: Iterable[SessionRecord]) -> tuple[TrackRecord, ...]:
    fit: dict[str, TrackRecord] = {}
    for track in tracks:
        name = _line(track.name, "place")
        if name and name not in fit:
            slug = (
                track.slug if _TRACK_SLUG.fullmatch(track.slug) and len(track.slug) <= LENGTH["slug"] else ""
            )
            fit[name] = TrackRecord(name, slug, colour(track.colour), track.texts)
    for session in sessions:
        if session.track and session.track not in fit:
            fit[session.track] = TrackRecord(session.track)
    return tuple(fit.values())


def day_record(index: int, day: date, zone: ZoneInfo) -> DayRecord:
    """A conference day from 04:00 to the minute before the next one begins, by the clock on the wall."""
    start = datetime.combine(day, datetime.min.time(), zone) + DAY_BOUNDARY
    return DayRecord(index, day, in_utc(start), in_utc(start + timedelta(days=1) - timedelta(minutes=1)))


def _days(
    document: ScheduleDocument, sessions: Iterable[SessionRecord], zone: ZoneInfo
) -> tuple[DayRecord, ...]:
    if not document.days:
        # The format wants at least one day.
        dates = {event_day(session.start, zone) for session in sessions}
        dates.update(
            document.start + timedelta(days=n)
            for n in range(min((document.end - document.start).days + 1, MAX_DAYS))
        )
        dates.add(document.start)
        return tuple(day_record(index, day, zone) for index, day in enumerate(sorted(dates), 1))
    indices = [day.index for day in document.days]
    anew = len(set(indices)) != len(indices) or min(indices) < 1
    return tuple(
        replace(day, index=place if anew else day.index, start=in_utc(day.start), end=in_utc(day.end))
        for place, day in enumerate(document.days, 1)
    )


def by_day(document: ScheduleDocument) -> list[tuple[DayRecord, dict[str, list[SessionRecord]]]]:
    """Every session that takes place under its day and hall. Each day has all halls, in their order, also the empty ones."""
    halls = [hall.name for hall in document.halls]
    if any(not session.hall for session in document.sessions if not session.cancelled):
        halls.append("")
    placed: list[tuple[DayRecord, dict[str, list[SessionRecord]]]] = [
        (day, {name: [] for name in halls}) for day in document.days
    ]
    for session in document.sessions:
        if session.cancelled:
            continue
        at = session.start
        # Within the day, or else the nearest one: a session must not be lost because a day was drawn too short.
        _day, rooms = min(placed, key=lambda one: max(one[0].start - at, at - one[0].end, timedelta(0)))
        rooms[session.hall].append(session)
    return placed


def _guid_for_xml(person: PersonRecord) -> UUID | None:
    """Whoever is known by a code alone needs another mark, since XML has no place for the code."""
    if person.guid is not None or person.number is not None:
        return person.guid
    return uuid5(NAMESPACE_URL, f"urn:schedule:person/{person.code}")


def carried_by_xml(document: ScheduleDocument) -> ScheduleDocument:
    """What is left of a fitted document in XML, which has no words for the rest: cancelled sessions, what is said about
    halls and speakers, other languages, codes of another length than six."""
    seen: set[str] = set()
    sessions: list[SessionRecord] = []
    for session in document.sessions:
        if session.cancelled:
            continue
        code = session.code if _CODE.fullmatch(session.code) and session.code not in seen else ""
        seen.add(code)
        persons = tuple(
            PersonRecord(person.name, _guid_for_xml(person), "", person.number) for person in session.persons
        )
        bare = replace(session, category="", interpreted=(), capacity=None, texts={})
        sessions.append(replace(bare, code=code, persons=persons))
    return in_order(
        replace(
            document,
            halls=tuple(HallRecord(hall.name, hall.guid) for hall in document.halls),
            tracks=tuple(replace(track, texts={}) for track in document.tracks),
            days=tuple(replace(day, texts={}) for day in document.days),
            sessions=tuple(sessions),
        )
    )

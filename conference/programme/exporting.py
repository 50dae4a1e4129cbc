"""The released programme on its way out: as a document for schedule.json and schedule.xml, and as calendars.

What is written depends on the release, the texts as they are now, the language and the address of the installation, never on
who asks. A file is kept in the cache under a stamp of all that it is made of (`stamp`), so that asking again costs two short
queries; its ETag is a digest of its bytes, which cannot be wrong.

Calendars also hold what was cancelled and what fell out of the programme since an earlier release, as CANCELLED: whoever
subscribed must see it vanish. A UID holds for good: the guid of the session, the event and the installation, whatever name
a reader reached it by.
"""

from __future__ import annotations

import hashlib
import html
import re
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

import nh3
import structlog
from django.conf import settings
from django.core.cache import cache
from django.db.models import Max
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext as _
from redis import RedisError

from conference.core.errors import Missing
from conference.core.models import Event
from conference.core.streams import position
from conference.core.text import Text, localise
from conference.events.queries import Viewer, get_event
from conference.programme.exchange.document import (
    DayRecord,
    Generator,
    HallRecord,
    LinkRecord,
    PersonRecord,
    ScheduleDocument,
    SessionRecord,
    Source,
    TrackRecord,
)
from conference.programme.exchange.fit import day_record
from conference.programme.ical import CalendarEntry, calendar
from conference.programme.markup import harmless
from conference.programme.models import Hall, Release, Session, Slot, Speaker, Track
from conference.programme.queries import (
    PARTS,
    agenda_of,
    days_of,
    get_session,
    get_speaker,
    halls_of,
    newest_release,
    person_of_feed,
    released_sessions,
    releases_of,
    tracks_of,
)

log = structlog.get_logger(__name__)

KEPT_SECONDS = 300
"""A file is made anew this often even if nothing seems to have changed: the back office writes past the actions."""

_MARKUP = re.compile(r"<[a-zA-Z/!][^>]*>")
_BREAKS = re.compile(r"<(?:br|/p|/li|/h[1-6]|/div)\b[^>]*>", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Site:
    """Where the reader found us: `https://chama.example`. Links in the file lead there."""

    root: str
    language: str

    def url(self, name: str, *args: str) -> str:
        return self.root + reverse(name, args=args)


@dataclass(frozen=True, slots=True)
class Export:
    """A file to send. `modified` is when its bytes last became different, as far as is known; 0 where it is not."""

    body: bytes
    etag: str
    modified: int


def own_host() -> str:
    """The name of the installation in UIDs, which must not depend on the name that a reader used."""
    return urlsplit(settings.SITE_URL).hostname or "localhost"


# --- The file and its stamp ---


def export_of(body: bytes, modified: int = 0) -> Export:
    """The body with its strong ETag."""
    return Export(body, f'"{hashlib.sha256(body).hexdigest()}"', modified)


def stamp(event: Event) -> str:
    """Changes with everything that an export shows: releases, texts, rooms, tracks, speakers (whose actions announce it) and
    the event itself. Two queries."""
    changes = Release.objects.filter(event=event).aggregate(release=Max("pk"))
    changes |= Session.objects.filter(event=event).aggregate(session=Max("changed"))
    told = [
        changes["release"],
        changes["session"],
        position(f"event.{event.pk}"),
        event.state,
        event.acronym,
        event.name,
        event.venue,
        event.city,
        event.starts_on,
        event.ends_on,
        event.time_zone,
        event.colour,
    ]
    return hashlib.sha256(repr(told).encode()).hexdigest()


def kept(event: Event, what: str, site: Site, make: Callable[[], bytes]) -> Export:
    """The file from the cache if its stamp still holds, else a new one; without a cache it is simply made. It is the same for
    everyone, so whoever calls has asked `get_event` first."""
    present = stamp(event)
    place = hashlib.sha256(f"{what}|{site.root}|{site.language}".encode()).hexdigest()
    key = f"export:{event.pk}:{place}"
    known: Mapping[str, Any] | None = _from_cache(key)
    now = int(time.time())
    if known and known["stamp"] == present and known["made"] > now - KEPT_SECONDS:
        return Export(known["body"], known["etag"], known["modified"])
    found = export_of(make(), now)
    if known and known["etag"] == found.etag:
        found = Export(found.body, found.etag, known["modified"])
    _into_cache(key, {**asdict(found), "stamp": present, "made": now})
    return found


def _from_cache(key: str) -> Mapping[str, Any] | None:
    try:
        found: Mapping[str, Any] | None = cache.get(key)
        return found
    except RedisError as error:
        log.warning("exports.no_cache", error=type(error).__name__)
        return None


def _into_cache(key: str, value: Mapping[str, Any]) -> None:
    try:
        cache.set(key, dict(value), timeout=24 * 3600)
    except RedisError as error:
        log.warning("exports.not_kept", error=type(error).__name__)


# --- The document ---


def schedule_document(
    viewer: Viewer, event: Event, site: Site, number: int | None = None
) -> ScheduleDocument:
    """The newest release, or the one with that number, as a document. A number of queries that does not grow."""
    if number is None:
        release = newest_release(viewer, event)
        slots = released_sessions(viewer, event).defer(None)
    else:
        release = releases_of(viewer, event).filter(number=number).first()
        if release is None:
            raise Missing(_("There is no such version of the programme."))
        slots = Slot.objects.filter(release=release).select_related("session__track", "hall")
        slots = slots.prefetch_related(PARTS)
    halls = _unique_names(halls_of(viewer, event), site.language, _("Room"))
    tracks = _unique_names(tracks_of(viewer, event), site.language, _("Track"))
    zone = ZoneInfo(event.time_zone)
    days = days_of(viewer, event)
    return ScheduleDocument(
        acronym=event.acronym,
        title=localise(event.name, site.language),
        start=event.starts_on,
        end=event.ends_on,
        time_zone_name=event.time_zone,
        version=release.version if release else "",
        url=site.url("now", event.slug),
        colour=event.colour.lower(),
        halls=tuple(_hall(hall, name, site.language) for hall, name in halls.items()),
        tracks=tuple(
            TrackRecord(name, track.slug, track.colour.lower(), {"name": track.name})
            for track, name in tracks.items()
        ),
        days=tuple(_day(index, day.date, day.label, zone) for index, day in enumerate(days, 1)),
        sessions=tuple(_session(slot, event, site, halls, tracks) for slot in slots),
    )


def schedule_source(event: Event, site: Site, name: str) -> Source:
    return Source(
        generator=Generator(url=f"{site.root}/"),
        url=site.url(name, event.slug),
        base_url=site.url("schedule", event.slug),
    )


def _unique_names(rows: Iterable[Any], language: str, word: str) -> dict[Any, str]:
    """Each row with its name; the formats tell rooms and tracks apart by nothing else."""
    found: dict[Any, str] = {}
    taken: set[str] = set()
    for place, row in enumerate(rows, 1):
        name = stem = " ".join(localise(row.name, language).split())[:110] or f"{word} {place}"
        count = 1
        while name.casefold() in taken:
            count += 1
            name = f"{stem} ({count})"
        taken.add(name.casefold())
        found[row] = name
    return found


def _day(index: int, date: Any, label: Mapping[str, str], zone: ZoneInfo) -> DayRecord:
    usual = day_record(index, date, zone)
    return DayRecord(index, date, usual.start, usual.end, {"label": label} if label else {})


def _hall(hall: Hall, name: str, language: str) -> HallRecord:
    return HallRecord(
        name=name,
        guid=hall.guid,
        kind="online" if hall.kind == Hall.Kind.ONLINE else "lecturehall",
        capacity=hall.capacity,
        description=localise(hall.description, language),
        place=hall.kind,
        texts={"name": hall.name, "description": hall.description},
    )


def _session(
    slot: Slot, event: Event, site: Site, halls: Mapping[Hall, str], tracks: Mapping[Track, str]
) -> SessionRecord:
    session = slot.session
    start, end = _times(slot)
    texts = {key: getattr(session, key) for key in ("title", "subtitle")}
    texts |= {key: _harmless(getattr(session, key)) for key in ("abstract", "description")}
    with translation.override("en"):
        kind = session.kind_name or str(session.get_kind_display())
    return SessionRecord(
        guid=session.guid,
        number=session.number,
        start=start,
        duration=end - start,
        hall=halls.get(slot.hall, "") if slot.hall else "",
        code=session.code,
        track=tracks.get(session.track, "") if session.track else "",
        kind=kind,
        language=session.language,
        persons=tuple(_person(part.speaker, part.part, event, site) for part in session.parts.all()),
        links=_links(session.links),
        attachments=_links(session.attachments),
        do_not_record=not session.recording_allowed,
        recording_license=session.recording_licence,
        url=site.url("session", event.slug, session.code),
        origin_url=session.origin_url,
        cancelled=slot.cancelled,
        category=session.kind,
        interpreted=tuple(session.interpreted),
        capacity=session.capacity,
        texts=texts,
        title=localise(session.title, site.language),
        subtitle=localise(session.subtitle, site.language),
        abstract=localise(texts["abstract"], site.language),
        description=localise(texts["description"], site.language),
    )


def _harmless(text: Text) -> Text:
    """Whoever reads the file may show it as it comes."""
    return {language: harmless(version) for language, version in text.items()}


def _times(slot: Slot) -> tuple[datetime, datetime]:
    """A constraint of the table: what is released has a time."""
    if slot.start is None or slot.end is None:
        raise ValueError(f"The slot {slot.pk} has no time.")
    return slot.start, slot.end


def _person(speaker: Speaker, part: str, event: Event, site: Site) -> PersonRecord:
    biography = _harmless(speaker.biography)
    return PersonRecord(
        name=speaker.name,
        guid=speaker.guid,
        code=speaker.code,
        number=speaker.number,
        biography=localise(biography, site.language),
        avatar=site.root + speaker.photo.url if speaker.photo else "",
        url=site.url("speaker", event.slug, speaker.code),
        part=part,
        name_latin=speaker.name_latin,
        name_chinese=speaker.name_chinese,
        affiliation=speaker.affiliation,
        country=speaker.country,
        texts={"biography": biography},
    )


def _links(links: Iterable[Mapping[str, str]]) -> tuple[LinkRecord, ...]:
    return tuple(
        LinkRecord(str(link.get("url", "")), str(link.get("title", "")), str(link.get("type", "")))
        for link in links
    )


# --- Calendars ---


def programme_calendar(viewer: Viewer, event: Event, site: Site) -> bytes:
    """Everything in the newest release, and as cancelled what earlier ones held."""
    slots = list(released_sessions(viewer, event).defer(None))
    return _calendar(event, localise(event.name, site.language), slots, fallen(event), site)


def session_calendar(viewer: Viewer, event: Event, code: str, site: Site) -> bytes:
    """One session, as it is in the newest release, or cancelled if it was in an earlier one."""
    slots = list(released_sessions(viewer, event).defer(None).filter(session__code=code))
    gone = [] if slots else [slot for slot in fallen(event) if slot.session.code == code]
    if not slots and not gone:
        get_session(viewer, event, code)  # refuses, except where an organizer asks for what is not released
        raise Missing(_("This session is not released yet."))
    title = localise((slots or gone)[0].session.title, site.language)
    return _calendar(event, title, slots, gone, site)


def speaker_calendar(viewer: Viewer, event: Event, code: str, site: Site) -> bytes:
    """The sessions of one speaker."""
    slots = list(released_sessions(viewer, event).defer(None).filter(session__parts__speaker__code=code))
    gone = [
        slot for slot in fallen(event) if any(part.speaker.code == code for part in slot.session.parts.all())
    ]
    if not slots and not gone:
        get_speaker(
            viewer, event, code
        )  # refuses, except where an organizer asks for someone without a session
        raise Missing(_("This speaker has no released session yet."))
    people = {
        part.speaker.code: part.speaker for slot in [*slots, *gone] for part in slot.session.parts.all()
    }
    name = people[code].name
    return _calendar(event, f"{name}, {localise(event.name, site.language)}", slots, gone, site)


def agenda_calendar(slug: str, secret: str, site: Site, *, language: str = "") -> tuple[bytes, str]:
    """The agenda of whoever made the secret address, and its language: the one asked for, else theirs. `Missing` once it is
    revoked."""
    event = get_event(None, slug)
    person = person_of_feed(event, secret)
    language = language or (person.language if person.language in dict(settings.LANGUAGES) else site.language)
    site = Site(site.root, language)
    agenda = agenda_of(person, event)
    keys = [slot.pk for slot in agenda.slots]
    slots = list(released_sessions(None, event).defer(None).filter(pk__in=keys)) if keys else []
    starred = {session.pk for session in agenda.gone}
    gone = [slot for slot in fallen(event) if slot.session_id in starred] if starred else []
    with translation.override(language):
        name = _("My agenda: %(event)s") % {"event": localise(event.name, language)}
    return _calendar(event, name, slots, gone, site), language


def fallen(event: Event) -> list[Slot]:
    """The last slots of sessions that an earlier release held and the newest does not. Three queries at most."""
    newest = Release.objects.filter(event=event).order_by("-number").first()
    if newest is None or newest.number == 1:
        return []
    slots = (
        Slot.objects.filter(release__event=event)
        .exclude(session__in=Slot.objects.filter(release=newest).values("session"))
        .select_related("session__track", "hall")
        .prefetch_related(PARTS)
        .order_by("session", "-release__number")
        .distinct("session")
    )
    return list(slots)


def _calendar(event: Event, name: str, slots: list[Slot], gone: list[Slot], site: Site) -> bytes:
    entries = [_entry(slot, event, site, cancelled=slot.cancelled) for slot in slots]
    entries += [_entry(slot, event, site, cancelled=True) for slot in gone]
    # The same content must be the same bytes, so the moment is that of the last change, not that of the request.
    moments = [entry.last_modified for entry in entries if entry.last_modified]
    released = Release.objects.filter(event=event).aggregate(last=Max("released"))["last"]
    now = max([*moments, released or event.created])
    return calendar(name, entries, host=own_host(), now=now)


def _entry(slot: Slot, event: Event, site: Site, *, cancelled: bool) -> CalendarEntry:
    session = slot.session
    start, end = _times(slot)
    with translation.override(site.language):
        people = _(", ").join(part.speaker.name for part in session.parts.all())
        where = [localise(slot.hall.name, site.language)] if slot.hall else []
        venue = localise(event.venue, site.language) or localise(event.city, site.language)
        if slot.hall is None or slot.hall.kind != Hall.Kind.ONLINE:
            where.append(venue)
        place = _(", ").join(each for each in where if each)
    title = localise(session.title, site.language)
    told = [people, plain_text(localise(session.abstract, site.language))]
    return CalendarEntry(
        uid=f"{session.guid}-{event.slug}",
        sequence=session.sequence,
        status="CANCELLED" if cancelled else "CONFIRMED",
        start=start,
        end=max(end, start + timedelta(minutes=1)),
        time_zone=event.time_zone,
        summary=title,
        location=place,
        description="\n\n".join(each for each in told if each),
        url=site.url("session", event.slug, session.code),
        last_modified=session.changed.astimezone(UTC),
    )


def plain_text(text: str) -> str:
    """Imported texts may hold HTML; calendars show its tags as they are."""
    if not _MARKUP.search(text):
        return text
    bare = nh3.clean(_BREAKS.sub("\n", text), tags=set())
    return re.sub(r"\n{3,}", "\n\n", html.unescape(bare)).strip()

"""Reading the programme. Everyone sees the newest release; the draft is for the organizers (`clashes`, `draft_of`).

The lists are lists of slots, because a session has a time and a place only in a version: `slot.session` is its content.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import count
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

from django.db.models import Count, Max, Min, Prefetch, Q, QuerySet, Subquery
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from conference.accounts.models import User
from conference.core.errors import Missing
from conference.core.models import Event
from conference.core.personal_data import exports
from conference.core.text import Text, localise
from conference.core.times import event_day
from conference.events.queries import Viewer, events_of, is_organizer, require_organizer, roles_in
from conference.programme.changes import Place, changes_between
from conference.programme.models import (
    AgendaFeed,
    Day,
    Hall,
    Release,
    Session,
    SessionSpeaker,
    Slot,
    Speaker,
    Star,
    Track,
)
from conference.programme.search import is_title_hit, terms_of

Row = TypeVar("Row", Hall, Track, Day)

PARTS = Prefetch("session__parts", SessionSpeaker.objects.select_related("speaker"))
SOON = timedelta(minutes=15)
"""How long before its start a session's room lets the audience in."""
AFTER = timedelta(minutes=30)
"""How long after its end people may stay and talk."""

LONG_COLUMNS = ("session__abstract", "session__description", "session__links", "session__attachments")
"""What a list does not show."""


@dataclass(frozen=True, slots=True)
class Filters:
    """What a reader wants to see of the programme; empty means everything."""

    text: str = ""
    track: str = ""
    language: str = ""
    kind: str = ""
    hall: int | None = None
    mine: bool = False

    def __bool__(self) -> bool:
        return bool(self.text or self.track or self.language or self.kind or self.hall or self.mine)


@dataclass(frozen=True, slots=True)
class ProgrammeDay:
    """A day that the programme has, with or without a label of its own."""

    date: date
    label: Text


def _may_see(viewer: Viewer, event: Event) -> bool:
    return event.state != Event.State.DRAFT or bool(roles_in(viewer, event))


def releases_of(viewer: Viewer, event: Event) -> QuerySet[Release]:
    """The released versions, newest first."""
    releases = Release.objects.filter(event=event).select_related("released_by")
    return releases if _may_see(viewer, event) else releases.none()


def newest_release(viewer: Viewer, event: Event) -> Release | None:
    return releases_of(viewer, event).first()


def next_version(viewer: Viewer, event: Event) -> str:
    """A name to propose for the next version, which no version has yet: 1.1 after 1.0, day 3 after day 2."""
    taken = list(releases_of(viewer, event).values_list("version", flat=True))
    ending = re.search(r"[0-9]{1,6}$", taken[0]) if taken else None
    stem, number = (taken[0][: ending.start()], int(ending[0])) if ending else ("", len(taken))
    names = (f"{stem}{each}" if stem else f"{each}.0" for each in count(number + 1))
    return next(name for name in names if name not in taken)


def released_sessions(viewer: Viewer, event: Event, filters: Filters | None = None) -> QuerySet[Slot]:
    """The slots of the newest release that fit the filters, by start, hall and title, with all that a list shows: two
    queries however many there are."""
    if not _may_see(viewer, event):
        return Slot.objects.none()
    newest = Release.objects.filter(event=event).order_by("-number").values("pk")[:1]
    slots = Slot.objects.filter(release=Subquery(newest), session__event=event)
    return _listed(_filtered(slots, viewer, filters or Filters()))


def _listed(slots: QuerySet[Slot]) -> QuerySet[Slot]:
    order = ("start", "hall__position", "hall_id", "session__number")
    return (
        slots.select_related("session__track", "hall")
        .prefetch_related(PARTS)
        .defer(*LONG_COLUMNS)
        .order_by(*order)
    )


def _filtered(slots: QuerySet[Slot], viewer: Viewer, filters: Filters) -> QuerySet[Slot]:
    for term in terms_of(filters.text):
        slots = slots.filter(session__search_text__contains=term)
    if filters.track:
        slots = slots.filter(session__track__slug=filters.track)
    if filters.language:
        spoken = Q(session__language=filters.language) | Q(
            session__language__startswith=f"{filters.language}-"
        )
        slots = slots.filter(spoken | Q(session__interpreted__contains=[filters.language]))
    if filters.kind:
        slots = slots.filter(
            Q(session__kind_name=filters.kind) | Q(session__kind_name="", session__kind=filters.kind)
        )
    if filters.hall:
        slots = slots.filter(hall_id=filters.hall)
    if filters.mine:
        if viewer is None or not viewer.is_authenticated:
            return slots.none()
        slots = slots.filter(session__in=Star.objects.filter(user=viewer).values("session"))
    return slots


def title_hits_first(slots: Iterable[Slot], text: str) -> tuple[list[Slot], list[Slot]]:
    """Those whose title holds all that was asked for, and the others; each keeps the order of the programme."""
    terms = terms_of(text)
    hits: tuple[list[Slot], list[Slot]] = ([], [])
    for slot in slots:
        hits[0 if is_title_hit(slot.session.search_text, terms) else 1].append(slot)
    return hits


@dataclass(frozen=True, slots=True)
class Choices:
    """What the filters can be set to: only what the programme has."""

    tracks: list[Track]
    halls: list[Hall]
    languages: list[str]
    kinds: list[tuple[str, str]]


def choices_of(viewer: Viewer, event: Event) -> Choices:
    """What can be filtered by in the released programme. Three queries."""
    return _choices(event, released_sessions(viewer, event))


def draft_choices(viewer: Viewer, event: Event) -> Choices:
    """What can be filtered by in the draft, for organizers."""
    return _choices(event, draft_of(viewer, event))


def _choices(event: Event, slots: QuerySet[Slot]) -> Choices:
    rows = (
        slots.prefetch_related(None)
        .select_related(None)
        .order_by()
        .values_list("session__language", "session__interpreted", "session__kind", "session__kind_name")
    )
    languages: set[str] = set()
    kinds: dict[str, str] = {}
    for language, interpreted, kind, kind_name in rows:
        languages.update(tag.split("-")[0] for tag in [language, *interpreted] if tag)
        kinds[kind_name or kind] = kind_name or str(Session.Kind(kind).label)
    return Choices(
        tracks=list(Track.objects.filter(event=event)),
        halls=list(Hall.objects.filter(event=event)),
        languages=sorted(languages),
        kinds=sorted(kinds.items(), key=lambda kind: kind[1]),
    )


def days_of(viewer: Viewer, event: Event) -> list[ProgrammeDay]:
    """The days of the event: those the organizers made, else every day from its first to its last."""
    if not _may_see(viewer, event):
        return []
    days = [ProgrammeDay(day.date, day.label) for day in Day.objects.filter(event=event)]
    return days or [ProgrammeDay(day, {}) for day in _dates(event)]


def _dates(event: Event) -> list[date]:
    length = min((event.ends_on - event.starts_on).days, 365)
    return [event.starts_on + timedelta(days=number) for number in range(length + 1)]


def by_day(
    event: Event, days: Sequence[ProgrammeDay], slots: Iterable[Slot]
) -> list[tuple[ProgrammeDay, list[Slot]]]:
    """The slots under the conference day they belong to. Days without any are left out; a slot outside the event's days gets
    a day of its own."""
    zone = ZoneInfo(event.time_zone)
    named = {day.date: day for day in days}
    grouped: dict[date, list[Slot]] = {}
    for slot in slots:
        if slot.start is not None:
            grouped.setdefault(event_day(slot.start, zone), []).append(slot)
    return [(named.get(day, ProgrammeDay(day, {})), grouped[day]) for day in sorted(grouped)]


def session_data(slot: Slot) -> dict[str, Any]:
    """The one public form of a session in its place, for updates, replies and exports."""
    session = slot.session
    return {
        "id": session.pk,
        "code": session.code,
        "guid": str(session.guid),
        "title": session.title,
        "subtitle": session.subtitle,
        "kind": session.kind,
        "kind_name": session.kind_name,
        "track": session.track.name if session.track else None,
        "language": session.language,
        "interpreted": session.interpreted,
        "start": slot.start,
        "end": slot.end,
        "hall": slot.hall.name if slot.hall else None,
        "cancelled": slot.cancelled,
        "room": session.room_id,
        "speakers": [{"code": part.speaker.code, "name": part.speaker.name} for part in session.parts.all()],
    }


@dataclass(frozen=True, slots=True)
class SessionPage:
    """A session with its place: `slot` is that of the newest release, or, for an organizer, the unreleased draft."""

    session: Session
    slot: Slot | None
    released: bool


def get_session(viewer: Viewer, event: Event, code: str) -> SessionPage:
    """The session with that code; `Missing` to everyone but an organizer as long as it is not in the newest release."""
    sessions = Session.objects.filter(event=event, code=code).select_related("track", "room", "event")
    session = sessions.prefetch_related(
        Prefetch("parts", SessionSpeaker.objects.select_related("speaker"))
    ).first()
    if session is not None and _may_see(viewer, event):
        slot = released_sessions(viewer, event).filter(session=session).prefetch_related(None).first()
        if slot is not None:
            return SessionPage(session, slot, True)
        if is_organizer(viewer, event):
            draft = Slot.objects.filter(session=session, release=None).select_related("hall").first()
            return SessionPage(session, draft, False)
    raise Missing(
        _("There is no such session in the programme. It may have been removed; look in the programme.")
    )


def session_of_room(viewer: Viewer, room_code: str) -> SessionPage:
    """The session whose room has that short address, for someone who may see it; else `Missing`."""
    found = Session.objects.filter(room__code=room_code.upper()).select_related("event").first()
    if found is None or not events_of(viewer).filter(pk=found.event_id).exists():
        raise Missing(_("There is no such room. Look at the screen in the hall again."))
    return get_session(viewer, found.event, found.code)


def speakers_of(viewer: Viewer, event: Event, text: str = "") -> QuerySet[Speaker]:
    """Those who have a part in a released session that is not cancelled; found by any of their names."""
    present = released_sessions(viewer, event).filter(cancelled=False).order_by().values("session")
    speakers = Speaker.objects.filter(
        event=event, pk__in=SessionSpeaker.objects.filter(session__in=present).values("speaker")
    )
    for term in terms_of(text):
        speakers = speakers.filter(search_text__contains=term)
    return speakers


def get_speaker(viewer: Viewer, event: Event, code: str) -> tuple[Speaker, list[Slot]]:
    """The speaker and their released sessions; `Missing` where there is none of them, except to an organizer."""
    speaker = Speaker.objects.filter(event=event, code=code).first()
    if speaker is not None:
        slots = list(released_sessions(viewer, event).filter(session__parts__speaker=speaker))
        if slots or is_organizer(viewer, event):
            return speaker, slots
    raise Missing(_("There is no such speaker in the programme. Look in the list of speakers."))


def door_of(slot: Slot | None, at: datetime) -> str:
    """Where a session stands for its audience: "none" (no time, cancelled, or a break), "early", "open" or "over"."""
    if slot is None or slot.start is None or slot.end is None or slot.cancelled:
        return "none"
    if slot.session.kind == Session.Kind.BREAK:
        return "none"
    if at < slot.start - SOON:
        return "early"
    return "open" if at < slot.end + AFTER else "over"


# --- Now ---


@dataclass(frozen=True, slots=True)
class Now:
    """What a reader needs at a moment: `first` and `last` are the programme's ends, None where there is no programme."""

    on: list[Slot]
    next: list[Slot]
    mine: Slot | None
    first: datetime | None
    last: datetime | None


def now_and_next(viewer: Viewer, event: Event, at: datetime, *, count: int = 6) -> Now:
    """What is on, what starts next, and the next session on the viewer's own agenda."""
    slots = released_sessions(viewer, event).filter(cancelled=False)
    ends = slots.order_by().aggregate(first=Min("start"), last=Max("end"))
    on = [slot for slot in slots.filter(start__lte=at, end__gt=at)]
    on.sort(key=lambda slot: slot.session.kind == Session.Kind.BREAK)
    ahead = list(slots.filter(start__gt=at).exclude(session__kind=Session.Kind.BREAK)[:count])
    return Now(on, ahead, own_sessions_ahead(viewer, event, at).first(), ends["first"], ends["last"])


# --- The personal agenda ---


def own_sessions_ahead(viewer: Viewer, event: Event, at: datetime) -> QuerySet[Slot]:
    """What starts after `at` on the viewer's own agenda and takes place, the next first."""
    if viewer is None or not viewer.is_authenticated:
        return Slot.objects.none()
    ahead = released_sessions(viewer, event).filter(cancelled=False, start__gt=at)
    return ahead.filter(session__in=_own_sessions(viewer, event))


def starred_ids(viewer: Viewer, event: Event) -> frozenset[int]:
    """The ids of the sessions on the viewer's agenda by their own choice."""
    if viewer is None or not viewer.is_authenticated:
        return frozenset()
    return frozenset(
        Star.objects.filter(user=viewer, session__event=event).values_list("session_id", flat=True)
    )


def _own_sessions(viewer: User, event: Event) -> QuerySet[Session]:
    """Starred, or with a part for the viewer."""
    mine = Q(pk__in=Star.objects.filter(user=viewer).values("session"))
    part = Q(
        pk__in=SessionSpeaker.objects.filter(speaker__user=viewer, speaker__event=event).values("session")
    )
    return Session.objects.filter(mine | part, event=event)


@dataclass(frozen=True, slots=True)
class Agenda:
    """A person's own programme. `clashes` are pairs that overlap; `part_in` are the ids of sessions in which the person has a
    part; `gone` were starred and are in the programme no more."""

    slots: list[Slot]
    clashes: list[tuple[Slot, Slot]]
    starred: frozenset[int]
    part_in: frozenset[int]
    gone: list[Session]


def agenda_of(viewer: Viewer, event: Event) -> Agenda:
    """The viewer's starred sessions and those in which they have a part, by time."""
    if viewer is None or not viewer.is_authenticated:
        return Agenda([], [], frozenset(), frozenset(), [])
    own = list(_own_sessions(viewer, event).only("pk", "title", "code"))
    slots = list(released_sessions(viewer, event).filter(session__in=[session.pk for session in own]))
    starred = starred_ids(viewer, event)
    shown = {slot.session_id for slot in slots}
    gone = [session for session in own if session.pk not in shown and session.pk in starred]
    part_in = frozenset(
        slot.session_id
        for slot in slots
        if any(part.speaker.user_id == viewer.pk for part in slot.session.parts.all())
    )
    return Agenda(slots, overlapping(slots), starred, part_in, gone)


def overlapping(slots: Iterable[Slot]) -> list[tuple[Slot, Slot]]:
    """The pairs that take place at the same time; what is cancelled or has no time is in nobody's way. One after the other,
    to the minute, is no clash."""
    timed = [slot for slot in slots if slot.start is not None and slot.end is not None and not slot.cancelled]
    timed.sort(key=lambda slot: (slot.start, slot.pk))
    pairs = []
    for place, slot in enumerate(timed):
        for later in timed[place + 1 :]:
            if later.start >= slot.end:  # type: ignore[operator]
                break
            pairs.append((slot, later))
    return pairs


def agenda_feed(viewer: Viewer, event: Event) -> AgendaFeed | None:
    """The viewer's own secret address, if they asked for one."""
    if viewer is None or not viewer.is_authenticated:
        return None
    return AgendaFeed.objects.filter(user=viewer, event=event).first()


def person_of_feed(event: Event, secret: str) -> User:
    """Whose agenda a secret address shows. Whoever knows the secret may read; `Missing` once it is revoked."""
    feed = AgendaFeed.objects.filter(event=event, secret=secret, user__is_active=True, user__deleted=None)
    found = feed.select_related("user").first()
    if found is None:
        raise Missing(_("This address is no longer valid. Make a new one on the page of your agenda."))
    return found.user


@exports(
    "agenda",
    gettext_lazy("Sessions on your agenda"),
    {"event": gettext_lazy("Event"), "session": gettext_lazy("Session"), "since": gettext_lazy("Since")},
)
def stars_by(person: User) -> list[dict[str, Any]]:
    """Everything the person starred, at every event."""
    rows = Star.objects.filter(user=person).select_related("session__event").order_by("created")
    return [
        {"event": str(row.session.event), "session": str(row.session), "since": row.created.isoformat()}
        for row in rows
    ]


@exports(
    "speaker",
    gettext_lazy("You on the programme"),
    {"event": gettext_lazy("Event"), "name": gettext_lazy("Name"), "biography": gettext_lazy("About you")},
)
def speaker_entries_of(person: User) -> list[dict[str, Any]]:
    """The entries on lists of speakers that are linked to the person's account."""
    rows = Speaker.objects.filter(user=person).select_related("event").order_by("pk")
    return [{"event": str(row.event), "name": row.name, "biography": localise(row.biography)} for row in rows]


# --- The draft ---


def draft_of(viewer: Viewer, event: Event, filters: Filters | None = None) -> QuerySet[Slot]:
    """The working draft, for organizers: one slot for each session, those without a time last."""
    require_organizer(viewer, event)
    slots = Slot.objects.filter(release=None, session__event=event)
    return _listed(_filtered(slots, viewer, filters or Filters()))


def get_draft(viewer: Viewer, event: Event, code: str) -> Slot:
    """One session with its draft slot, for an organizer to edit."""
    slot = draft_of(viewer, event).filter(session__code=code).defer(None).first()
    if slot is None:
        raise Missing(_("There is no such session. Perhaps someone has deleted it."))
    return slot


@dataclass(frozen=True, slots=True)
class Clash:
    """Something in the draft that cannot hold: `kind` is hall, speaker, day or capacity."""

    kind: str
    slots: tuple[Slot, ...]
    speaker: Speaker | None = None


def clashes(viewer: Viewer, event: Event) -> list[Clash]:
    """What is wrong in the draft: a hall used twice at a time, a person in two places, a session outside the event's days, more
    people planned than the hall holds. Cancelled sessions are in nobody's way."""
    slots = [slot for slot in draft_of(viewer, event) if slot.start is not None and not slot.cancelled]
    days = {day.date for day in days_of(viewer, event)}
    return clashes_among(slots, days, ZoneInfo(event.time_zone))


def clashes_among(slots: Sequence[Slot], days: set[date], zone: ZoneInfo) -> list[Clash]:
    """`clashes` of slots already read."""
    found = []
    for first, second in overlapping(slots):
        if first.hall_id is not None and first.hall_id == second.hall_id:
            found.append(Clash("hall", (first, second)))
        people = {part.speaker_id: part.speaker for part in first.session.parts.all()}
        for part in second.session.parts.all():
            if part.speaker_id in people:
                found.append(Clash("speaker", (first, second), part.speaker))
    for slot in slots:
        if slot.start is not None and event_day(slot.start, zone) not in days:
            found.append(Clash("day", (slot,)))
        wanted, room = slot.session.capacity, slot.hall.capacity if slot.hall else None
        if wanted is not None and room is not None and wanted > room:
            found.append(Clash("capacity", (slot,)))
    return found


def places(slots: Iterable[Slot]) -> list[Place]:
    """Slots with a time, in the form that versions are compared in."""
    return [
        Place(
            session=slot.session_id,
            start=slot.start,
            end=slot.end,
            hall=slot.hall_id,
            cancelled=slot.cancelled,
            code=slot.session.code,
            title=slot.session.title,
            hall_name=slot.hall.name if slot.hall else {},
        )
        for slot in slots
        if slot.start is not None and slot.end is not None
    ]


def pending_changes(viewer: Viewer, event: Event) -> list[dict[str, Any]]:
    """What a release of the draft would change, as data."""
    require_organizer(viewer, event)
    return changes_between(places(released_sessions(viewer, event)), places(draft_of(viewer, event)))


def was_released(session: Session) -> bool:
    """Whether any version ever held the session: then it is cancelled, not deleted."""
    return Slot.objects.filter(session=session, release__isnull=False).exists()


def all_speakers(viewer: Viewer, event: Event, text: str = "") -> QuerySet[Speaker]:
    """Every speaker entry, for organizers, with `part_count`."""
    require_organizer(viewer, event)
    speakers = Speaker.objects.filter(event=event).select_related("user").annotate(part_count=Count("parts"))
    for term in terms_of(text):
        speakers = speakers.filter(search_text__contains=term)
    return speakers.order_by("name", "pk")


def halls_of(viewer: Viewer, event: Event) -> QuerySet[Hall]:
    return Hall.objects.filter(event=event) if _may_see(viewer, event) else Hall.objects.none()


def tracks_of(viewer: Viewer, event: Event) -> QuerySet[Track]:
    return Track.objects.filter(event=event) if _may_see(viewer, event) else Track.objects.none()


def day_rows(viewer: Viewer, event: Event) -> QuerySet[Day]:
    """The days that the organizers made."""
    return Day.objects.filter(event=event) if _may_see(viewer, event) else Day.objects.none()


def get_hall(viewer: Viewer, event: Event, row: int) -> Hall:
    """One room of the programme."""
    return _found(halls_of(viewer, event).filter(pk=row).first())


def get_track(viewer: Viewer, event: Event, row: int) -> Track:
    """One track."""
    return _found(tracks_of(viewer, event).filter(pk=row).first())


def get_day(viewer: Viewer, event: Event, row: int) -> Day:
    """One day that the organizers made."""
    return _found(day_rows(viewer, event).filter(pk=row).first())


def _found(row: Row | None) -> Row:
    if row is None:
        raise Missing(_("This is not there any more. Perhaps someone has deleted it."))
    return row

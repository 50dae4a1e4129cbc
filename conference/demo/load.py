"""Loading the demo, and moving it so that it always spans yesterday to tomorrow.

What is there already is never made twice and never thrown away: chat, stars and everything else that was tried out stays and
moves along. `start_afresh` is the only way to lose it.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from allauth.account.models import EmailAddress
from django.contrib.auth.hashers import make_password
from django.db import connection, transaction
from django.db.models import F
from django.utils import timezone

from conference.accounts.models import Consent, Organisation, SpokenLanguage, User
from conference.core.journal import record
from conference.core.models import Event, OrganizingBody, Series
from conference.demo.decks import make_decks
from conference.demo.events import BODIES, EVENTS, MAIN_SLUG, SERIES, DemoEvent
from conference.demo.people import ACCOUNTS, ORGANISATIONS, SPEAKERS
from conference.demo.sessions import DemoSession
from conference.demo.talks import make_talks
from conference.events.models import BodyMember, EventRole
from conference.notifications.models import Notification
from conference.programme.actions import announce, refresh_search, release
from conference.programme.models import (
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
from conference.programme.search import speaker_search_text
from conference.registration.models import Ticket
from conference.rooms.models import Room, RoomRole
from realtime.broadcast.models import Broadcast
from realtime.slides.models import Deck

ZONE = ZoneInfo("Asia/Shanghai")
LOCK = 0x6368616D61  # two starts at once load it once

PEOPLE = {person.key: person for person in (*ACCOUNTS, *SPEAKERS)}
STARS = {
    "kathmandu": (3, 15, 23, 29, 30, 34),
    "yangon": (9, 16, 23, 24, 28),
    "vientiane": (1, 8, 14, 21, 36, 37),
    "observer": (1, 6, 19, 30, 38),
    "recruiter": (7, 26, 27),
    "exhibitor": (4, 19, 35),
    "organizer": (1, 38),
}


@dataclass(frozen=True, slots=True)
class Outcome:
    """What `load` did: "loaded", "moved" or "unchanged"."""

    what: str
    days: int = 0


def first_day(at: datetime) -> date:
    """The demo conference's first day: yesterday in Kunming."""
    return at.astimezone(ZONE).date() - timedelta(days=1)


@transaction.atomic
def load(at: datetime, *, password: str, new_password: bool = False) -> Outcome:
    """Make what is missing of the demo, or move it to `at`. The accounts get the password when they are made, or when it is
    a new one."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [LOCK])
    main = Event.objects.filter(slug=MAIN_SLUG).first()
    if main is not None:
        if new_password:
            accounts = [person.email for person in ACCOUNTS]
            User.objects.filter(email__in=accounts).update(password=make_password(password))
        days = (first_day(at) - main.starts_on).days
        if days:
            _move(days, at)
            return Outcome("moved", days)
        return Outcome("unchanged")
    users = _people(password)
    series = _bodies(users)
    for content in EVENTS:
        if not Event.objects.filter(slug=content.slug).exists():
            _event(content, series[content.series], users, at)
    make_talks(users, at)
    main = Event.objects.get(slug=MAIN_SLUG)
    today = _moment(main, 0, "00:00")
    if not Deck.objects.filter(room__event=main).exists():
        make_decks(main, users["speaker"], today, today + timedelta(hours=28))
    return Outcome("loaded")


@transaction.atomic
def start_afresh() -> None:
    """Take the demo events away, with all that was done in them. The accounts stay."""
    events = Event.objects.filter(slug__in=[content.slug for content in EVENTS])
    Session.objects.filter(event__in=events).delete()
    Room.objects.filter(event__in=events).delete()
    events.delete()


def _people(password: str) -> dict[str, User]:
    organisations = {}
    for place in ORGANISATIONS:
        organisations[place.key], _made = Organisation.objects.get_or_create(
            name=place.name,
            country=place.country,
            defaults={"name_latin": place.latin, "name_chinese": place.chinese, "kind": place.kind},
        )
    known = {user.email: user for user in User.objects.filter(email__in=[p.email for p in PEOPLE.values()])}
    # One hash for all accounts: it is one password, and hashing is slow on purpose.
    opened, closed = make_password(password), make_password(None)
    now = timezone.now()
    fresh = [
        User(
            email=person.email, password=opened if person.account else closed, name=person.name, name_latin=person.latin,
            name_chinese=person.chinese, organisation=organisations[person.organisation], job_title=person.job,
            country=person.country, time_zone=person.time_zone, language=person.page_language,
            came_for=list(person.came_for), sectors=list(person.sectors), introduction=person.introduction, onboarded=now,
            is_staff=person.key in ("admin", "organizer", "organizer2"), is_superuser=person.key == "admin",
        )
        for person in PEOPLE.values()
        if person.email not in known
    ]  # fmt: skip
    User.objects.bulk_create(fresh)
    accounts = [person.email for person in ACCOUNTS if person.email in known]
    User.objects.filter(email__in=accounts).update(password=opened)
    EmailAddress.objects.bulk_create(
        EmailAddress(user=user, email=user.email, verified=True, primary=True) for user in fresh
    )
    users = {**known, **{user.email: user for user in fresh}}
    by_key = {person.key: users[person.email] for person in PEOPLE.values()}
    SpokenLanguage.objects.bulk_create(
        (
            SpokenLanguage(user=by_key[person.key], language=language, level=level)
            for person in PEOPLE.values()
            for language, level in person.languages.items()
        ),
        ignore_conflicts=True,
    )
    return by_key


def _bodies(users: dict[str, User]) -> dict[str, Series]:
    bodies = {}
    for slug, (name, members) in BODIES.items():
        bodies[slug], _made = OrganizingBody.objects.get_or_create(slug=slug, defaults={"name": name})
        for key in members:
            BodyMember.objects.get_or_create(body=bodies[slug], user=users[key])
    series = {}
    for slug, (body, name, description) in SERIES.items():
        series[slug], _made = Series.objects.get_or_create(
            slug=slug, defaults={"body": bodies[body], "name": name, "description": description}
        )
    return series


def _event(content: DemoEvent, series: Series, users: dict[str, User], at: datetime) -> None:
    start = first_day(at) + timedelta(days=content.first_day)
    event = Event.objects.create(
        series=series, slug=content.slug, acronym=content.acronym, kind=content.kind, state=Event.State.DRAFT,
        admission=content.admission, name=content.name, tagline=content.tagline, description=content.description,
        starts_on=start, ends_on=start + timedelta(days=content.days - 1), time_zone=content.time_zone, city=content.city,
        venue=content.venue, colour=content.colour,
    )  # fmt: skip
    organizer = users[content.organizers[0]]
    _roles_and_tickets(content, event, users)
    Day.objects.bulk_create(
        Day(
            event=event,
            date=start + timedelta(days=number),
            label=content.day_labels[number] if number < len(content.day_labels) else {},
        )
        for number in range(content.days)
    )
    sessions = _programme(content, event, users)
    if content.state != Event.State.DRAFT:
        _releases(content, event, organizer, sessions, users, at)
        _broadcasts([event], at)
    event.state = content.state
    event.save(update_fields=["state"])
    record("event.created", organizer, event, demo=True)


def _roles_and_tickets(content: DemoEvent, event: Event, users: dict[str, User]) -> None:
    is_main = content.slug == MAIN_SLUG
    roles = [EventRole(event=event, user=users[key], role="organizer") for key in content.organizers]
    tickets = []
    if is_main:
        roles += [
            EventRole(event=event, user=users[person.key], role=role)
            for person in ACCOUNTS
            for role in person.roles
            if role != "organizer"
        ]
        roles += [EventRole(event=event, user=users[person.key], role="speaker") for person in SPEAKERS]
        guests = [person for person in PEOPLE.values() if person.key not in ("admin", "organizer2")]
        tickets = [Ticket(event=event, user=users[person.key], mode=person.mode) for person in guests]
        Consent.objects.bulk_create(
            Consent(user=users[person.key], event=event, purpose="directory", audience=person.listed)
            for person in guests
            if person.listed
        )
    else:
        tickets = [Ticket(event=event, user=users[key]) for key in content.guests]
        tickets += [Ticket(event=event, user=users[key], state="pending") for key in content.waiting]
    EventRole.objects.bulk_create(roles)
    Ticket.objects.bulk_create(tickets)


def _programme(content: DemoEvent, event: Event, users: dict[str, User]) -> dict[int, Session]:
    """Tracks, halls, speakers and sessions, with the places of the first version in the draft."""
    tracks = {
        slug: Track(event=event, slug=slug, name=name, colour=colour, position=position)
        for position, (slug, name, colour) in enumerate(content.tracks)
    }
    Track.objects.bulk_create(tracks.values())
    halls = {
        key: Hall(
            event=event, guid=_guid(event, "hall", key), name=name, kind=kind, capacity=capacity, description=description,
            position=position,
        )
        for position, (key, name, kind, capacity, description) in enumerate(content.halls)
    }  # fmt: skip
    Hall.objects.bulk_create(halls.values())
    speakers = _speakers(content, event, users)
    rooms = Room.objects.bulk_create(
        Room(event=event, green_room=plan.has_green_room, small=plan.is_small) for plan in content.sessions
    )
    sessions = {
        plan.number: Session(
            event=event, room=room, guid=_guid(event, "session", plan.number), code=f"DEMO{plan.number:02d}",
            number=plan.number, title=plan.title, abstract=plan.abstract, kind=plan.kind,
            track=tracks.get(plan.track), language=plan.language, interpreted=list(plan.interpreted),
            capacity=plan.capacity, recording_allowed=plan.recording,
        )
        for plan, room in zip(content.sessions, rooms, strict=True)
    }  # fmt: skip
    Session.objects.bulk_create(sessions.values())
    parts, room_roles = [], []
    for plan in content.sessions:
        session = sessions[plan.number]
        for position, (key, part) in enumerate(_parts(plan)):
            parts.append(SessionSpeaker(session=session, speaker=speakers[key], part=part, position=position))
            room_roles.append(RoomRole(room=session.room, user=users[key], role=part))
    SessionSpeaker.objects.bulk_create(parts)
    RoomRole.objects.bulk_create(room_roles)
    refresh_search(session.pk for session in sessions.values())
    slots = []
    for plan in content.sessions:
        day, clock, hall = (
            plan.before if isinstance(plan.before, tuple) else (plan.day, plan.start, plan.hall)
        )
        unplaced = plan.before is None
        start = None if unplaced else _moment(event, day, clock)
        end = None if start is None else start + timedelta(minutes=plan.minutes)
        slots.append(
            Slot(session=sessions[plan.number], hall=None if unplaced else halls[hall], start=start, end=end)
        )
    Slot.objects.bulk_create(slots)
    return sessions


def _speakers(content: DemoEvent, event: Event, users: dict[str, User]) -> dict[str, Speaker]:
    keys = list(dict.fromkeys(key for plan in content.sessions for key, _part in _parts(plan)))
    organisations = {place.key: place for place in ORGANISATIONS}
    speakers = {}
    for number, key in enumerate(keys, 1):
        person = PEOPLE[key]
        speakers[key] = Speaker(
            event=event, user=users[key], guid=_guid(event, "speaker", key), code=f"PERS{number:02d}", number=number,
            name=person.name, name_latin=person.latin, name_chinese=person.chinese,
            affiliation=organisations[person.organisation].latin, country=person.country, biography=person.biography,
        )  # fmt: skip
        speakers[key].search_text = speaker_search_text(speakers[key])
    Speaker.objects.bulk_create(speakers.values())
    return speakers


def _parts(plan: DemoSession) -> Iterable[tuple[str, str]]:
    yield from ((key, "speaker") for key in plan.speakers)
    yield from ((key, "moderator") for key in plan.moderators)
    yield from ((key, "interpreter") for key in plan.interpreters)


def _releases(
    content: DemoEvent,
    event: Event,
    organizer: User,
    sessions: dict[int, Session],
    users: dict[str, User],
    at: datetime,
) -> None:
    """The first version; what then moved; the second version, and the notices to those whose agenda it touched."""
    note = {"en": "The first full programme.", "zh-hans": "首个完整日程。"}
    first = release(organizer, event, version="1.0", note=note)
    moved = [plan for plan in content.sessions if plan.before != "same"]
    opened = at - timedelta(days=21)
    if content.slug == MAIN_SLUG:
        Star.objects.bulk_create(
            Star(user=users[key], session=sessions[number])
            for key, numbers in STARS.items()
            for number in numbers
        )
    if moved:
        halls = {hall.guid: hall for hall in Hall.objects.filter(event=event)}
        for plan in moved:
            start = _moment(event, plan.day, plan.start)
            Slot.objects.filter(session=sessions[plan.number], release=None).update(
                hall=halls[_guid(event, "hall", plan.hall)],
                start=start,
                end=start + timedelta(minutes=plan.minutes),
                cancelled=plan.cancelled,
            )
        note = {
            "en": "An evening talk, two better times, a larger hall, and one visit that has to wait.",
            "zh-hans": "新增一场晚间谈话，调整两场时间，更换一个更大的会场，取消一次参观。",
        }
        second = release(organizer, event, version="1.1", note=note)
        Release.objects.filter(pk=second.pk).update(released=at - timedelta(days=2))
        # They were told two days ago; no mail of the demo is ever sent.
        Notification.objects.filter(event=event).update(
            created=at - timedelta(days=2), mailed=at, to_mail=False
        )
    Release.objects.filter(pk=first.pk).update(released=opened)


def _broadcasts(events: Iterable[Event], at: datetime) -> None:
    """What is on at this moment is live, what was is over, and the rest waits for somebody to go live."""
    rooms = Room.objects.filter(event__in=events, green_room=True)
    Broadcast.objects.filter(room__in=rooms).delete()
    rooms.update(on_air_from=None)
    for slot in Slot.objects.filter(session__room__in=rooms, release=None, start__lte=at, cancelled=False):
        over = slot.end <= at  # type: ignore[operator]
        room = Room.objects.filter(session=slot.session_id)
        Broadcast.objects.create(
            room=room.get(),
            state=Broadcast.State.ENDED if over else Broadcast.State.LIVE,
            live_since=slot.start,
            ended=slot.end if over else None,
        )
        if not over:
            room.update(on_air_from=slot.start)


def _move(days: int, at: datetime) -> None:
    """Shift everything with a date by whole days. Kunming has no summer time, so clocks stay what they are."""
    shift = timedelta(days=days)
    events = list(Event.objects.select_for_update().filter(slug__in=[content.slug for content in EVENTS]))
    for event in events:
        event.starts_on += shift
        event.ends_on += shift
        event.save(update_fields=["starts_on", "ends_on"])
        # One by one, from the end that moves into free dates: a date stands once in an event.
        for day in Day.objects.filter(event=event).order_by("-date" if days > 0 else "date"):
            day.date += shift
            day.save(update_fields=["date"])
        for version in Release.objects.filter(event=event):
            version.changes = _moved_changes(version.changes, shift)
            version.save(update_fields=["changes"])
    Slot.objects.filter(session__event__in=events, start__isnull=False).update(
        start=F("start") + shift, end=F("end") + shift
    )
    Session.objects.filter(event__in=events, slots__release__isnull=False).update(
        sequence=F("sequence") + 1, changed=timezone.now()
    )
    _broadcasts(events, at)
    # Their sentences name the old days.
    Notification.objects.filter(event__in=events, kind="agenda.changed").delete()
    for event in events:
        record("demo.moved", None, event, days=days)
        announce(event)


def _moved_changes(changes: list[dict[str, Any]], shift: timedelta) -> list[dict[str, Any]]:
    def moved(place: dict[str, Any] | None) -> dict[str, Any] | None:
        if place is None:
            return None
        times = {name: (datetime.fromisoformat(place[name]) + shift).isoformat() for name in ("start", "end")}
        return {**place, **times}

    return [
        {**change, "before": moved(change["before"]), "after": moved(change["after"])} for change in changes
    ]


def _moment(event: Event, day: int, clock: str) -> datetime:
    """`clock` on that day of the event; hours before 04:00 belong to the evening of the day."""
    hour, minute = (int(part) for part in clock.split(":"))
    on = event.starts_on + timedelta(days=day + (1 if hour < 4 else 0))
    return datetime(on.year, on.month, on.day, hour, minute, tzinfo=ZoneInfo(event.time_zone))


def _guid(event: Event, kind: str, key: object) -> uuid.UUID:
    return uuid.uuid5(uuid.NAMESPACE_URL, f"https://example.org/chama/{event.slug}/{kind}/{key}")

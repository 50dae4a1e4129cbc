"""Small makers of what tests need. They write rows directly: how rows come about in life is what the tests of actions are for."""

from __future__ import annotations

import itertools
from datetime import UTC, date, datetime, timedelta
from typing import Any

from conference.accounts.models import User
from conference.core.models import Event, OrganizingBody, Series
from conference.events.models import EventRole
from conference.programme.actions import refresh_search
from conference.programme.changes import changes_between
from conference.programme.models import (
    Hall,
    Release,
    Session,
    SessionSpeaker,
    Slot,
    Speaker,
    Star,
    Track,
)
from conference.programme.queries import places
from conference.programme.search import speaker_search_text
from conference.registration.models import Ticket
from conference.rooms.actions import create_room

_number = itertools.count(1)

START = datetime(2026, 11, 24, 2, 0, tzinfo=UTC)
"""10:00 in Kunming on the first day of `make_event`."""


def make_user(name: str = "", *, roles: tuple[Event, str] | None = None, **fields: Any) -> User:
    """A person; `roles=(event, "organizer")` gives a role at an event too."""
    number = next(_number)
    fields.setdefault("email", f"person{number}@example.org")
    fields.setdefault("onboarded", START)
    user = User(name=name or f"Person {number}", **fields)
    user.set_unusable_password()
    user.save()
    if roles:
        give_role(user, *roles)
    return user


def make_event(slug: str = "", **fields: Any) -> Event:
    """A published event in Kunming from 24 to 26 November 2026, of a body and series of its own unless `series` is given."""
    number = next(_number)
    slug = slug or f"event-{number}"
    if "series" not in fields:
        body = OrganizingBody.objects.create(slug=f"body-{number}", name={"en": f"Body {number}"})
        fields["series"] = Series.objects.create(
            body=body, slug=f"series-{number}", name={"en": f"Series {number}"}
        )
    defaults: dict[str, Any] = {
        "acronym": f"ev{number:04}",
        "state": Event.State.PUBLISHED,
        "name": {"en": "Tea Road Meeting", "zh-hans": "茶马会议"},
        "starts_on": date(2026, 11, 24),
        "ends_on": date(2026, 11, 26),
        "time_zone": "Asia/Shanghai",
        "city": {"en": "Kunming", "zh-hans": "昆明"},
    }
    return Event.objects.create(slug=slug, **(defaults | fields))


def give_role(user: User, event: Event, role: str) -> EventRole:
    """A role at the event: organizer, moderator, speaker ..."""
    return EventRole.objects.create(user=user, event=event, role=role)


def make_organizer(event: Event, **fields: Any) -> User:
    return make_user(roles=(event, EventRole.Role.ORGANIZER), **fields)


def make_ticket(user: User, event: Event, **fields: Any) -> Ticket:
    return Ticket.objects.create(user=user, event=event, **fields)


def make_attendee(event: Event, **fields: Any) -> User:
    """A person with a valid ticket."""
    user = make_user(**fields)
    make_ticket(user, event)
    return user


def make_hall(event: Event, name: str = "", **fields: Any) -> Hall:
    number = next(_number)
    return Hall.objects.create(event=event, name={"en": name or f"Hall {number}"}, position=number, **fields)


def make_track(event: Event, name: str = "", **fields: Any) -> Track:
    number = next(_number)
    fields.setdefault("slug", f"track-{number}")
    return Track.objects.create(
        event=event, name={"en": name or f"Track {number}"}, position=number, **fields
    )


def make_speaker(event: Event, name: str = "", **fields: Any) -> Speaker:
    number = next(_number)
    fields.setdefault("number", number)
    speaker = Speaker(event=event, name=name or f"Speaker {number}", **fields)
    speaker.search_text = speaker_search_text(speaker)
    speaker.save()
    return speaker


def make_session(
    event: Event,
    title: str | dict[str, str] = "",
    *,
    start: datetime | None = START,
    minutes: int = 45,
    hall: Hall | None = None,
    cancelled: bool = False,
    speakers: tuple[Speaker, ...] = (),
    **fields: Any,
) -> Session:
    """A session in the draft, with a room; `release_all` makes it public."""
    number = next(_number)
    fields.setdefault("number", number)
    session = Session.objects.create(
        event=event,
        room=create_room(event),
        title=title if isinstance(title, dict) else {"en": title or f"Session {number}"},
        **fields,
    )
    end = start + timedelta(minutes=minutes) if start else None
    Slot.objects.create(session=session, start=start, end=end, hall=hall, cancelled=cancelled)
    SessionSpeaker.objects.bulk_create(
        [
            SessionSpeaker(session=session, speaker=speaker, position=place)
            for place, speaker in enumerate(speakers)
        ]
    )
    refresh_search([session.pk])
    return session


def release_all(event: Event, version: str = "") -> Release:
    """Publish the draft as it is, telling nobody."""
    last = Release.objects.filter(event=event).first()
    draft = list(Slot.objects.filter(session__event=event, release=None).select_related("session", "hall"))
    before = Slot.objects.filter(release=last).select_related("session", "hall") if last else []
    number = last.number + 1 if last else 1
    release = Release.objects.create(
        event=event,
        number=number,
        version=version or f"{number}.0",
        changes=changes_between(places(before), places(draft)),
    )
    Slot.objects.bulk_create(
        Slot(
            session=slot.session,
            release=release,
            hall=slot.hall,
            start=slot.start,
            end=slot.end,
            cancelled=slot.cancelled,
        )
        for slot in draft
        if slot.start is not None
    )
    return release


def make_star(user: User, session: Session) -> Star:
    return Star.objects.create(user=user, session=session)

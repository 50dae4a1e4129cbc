"""What is live in a room, for someone who is in it."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY, load_backend
from django.contrib.sessions.backends.base import SessionBase
from django.db.models import Q
from django.utils.crypto import constant_time_compare
from django.utils.translation import gettext as _

from conference.accounts.models import Consent, User
from conference.accounts.queries import consents_in, person_data
from conference.core.errors import Denied, Missing
from conference.core.models import Event
from conference.core.streams import encode, position, positions
from conference.events.models import BodyMember, EventRole
from conference.events.queries import Viewer, events_of
from conference.registration.models import Ticket
from conference.rooms.models import Room, RoomRole
from conference.rooms.queries import (
    AUDIENCES,
    ON_STAGE,
    RUNS,
    audience_stream,
    audiences_of,
    get_room,
    get_room_and_standing,
    room_stream,
)
from realtime.snapshots import event_part, own_part, shared_part

Purpose = Consent.Purpose


def person_of(session: SessionBase) -> User | None:
    """The person whose session this is, as of now: None after signing out, a changed password or a closed account.

    `session` must be fresh: it is loaded here.
    """
    backend = session.get(BACKEND_SESSION_KEY)
    key = session.get(SESSION_KEY)
    if not backend or not key:
        return None
    user = load_backend(backend).get_user(User._meta.pk.to_python(key))
    if not isinstance(user, User) or user.deleted is not None:
        return None
    known = session.get(HASH_SESSION_KEY) or ""
    return user if constant_time_compare(known, user.get_session_auth_hash()) else None


@dataclass(frozen=True, slots=True)
class Admission:
    """Someone who may be in a room: as what, and what the others may know of them."""

    room: Room
    role: str
    person: dict[str, Any]
    in_hall: bool

    @property
    def runs(self) -> bool:
        return self.role in RUNS

    @property
    def audiences(self) -> list[str]:
        return audiences_of(self.role)

    def as_data(self) -> dict[str, Any]:
        return {
            "room": self.room.pk,
            "role": self.role,
            "may_publish": self.role in ON_STAGE,
            "runs": self.runs,
            "audiences": self.audiences,
            "stream": room_stream(self.room.pk),
        }


def admit(viewer: Viewer, room_id: int) -> Admission:
    """The room and the viewer's part in it, or the refusal of `get_room`."""
    room, role, in_hall = get_room_and_standing(viewer, room_id)
    assert isinstance(viewer, User)
    return Admission(room, role, _presence_data(viewer, room, role), in_hall)


def _presence_data(person: User, room: Room, role: str) -> dict[str, Any]:
    """What others in the room may know of someone who is there: with a part on the stage their name and that part, else their
    name if they agreed to be listed among the participants of the event, else no more than the id, to count by."""
    shown, agreed = person_data(person), consents_in(person, room.event)
    if role in ON_STAGE:
        shown["role"] = role
    else:
        consent = agreed.get(Purpose.DIRECTORY)
        if consent is None or consent.audience != Consent.Audience.PARTICIPANTS:
            return {"id": person.pk}
    if Purpose.REACHABLE in agreed:
        shown["reachable"] = True
    return shown


MOST_NAMED = 2000
"""People of an event with one name who are looked up among those who are here."""


def people_named(viewer: Viewer, room_id: int, text: str) -> list[int]:
    """The ids of those who may be in the room and have these words in their names or their organisation's, for those who run
    the room."""
    room = _room_to_run(viewer, room_id)
    people = User.objects.filter(
        Q(pk__in=Ticket.objects.filter(event=room.event).values("user"))
        | Q(pk__in=EventRole.objects.filter(event=room.event).values("user"))
        | Q(pk__in=RoomRole.objects.filter(room=room).values("user"))
        | Q(pk__in=BodyMember.objects.filter(body__series__events=room.event).values("user")),
        deleted=None,
    )
    for word in text.split()[:6]:
        people = people.filter(
            Q(name__icontains=word)
            | Q(name_latin__icontains=word)
            | Q(name_chinese__icontains=word)
            | Q(organisation__name__icontains=word)
            | Q(organisation__name_latin__icontains=word)
        )
    return list(people.order_by("name", "pk").values_list("pk", flat=True)[:MOST_NAMED])


def people_found(viewer: Viewer, room_id: int, people: Sequence[int]) -> list[dict[str, Any]]:
    """Who these people of the room are, in that order, for those who run it."""
    room = _room_to_run(viewer, room_id)
    roles = dict(
        RoomRole.objects.filter(room=room, user__in=people, role__in=ON_STAGE).values_list("user", "role")
    )
    known = User.objects.select_related("organisation").in_bulk(people)
    return [
        {**person_data(known[number]), **({"role": roles[number]} if number in roles else {})}
        for number in people
        if number in known
    ]


def _room_to_run(viewer: Viewer, room_id: int) -> Room:
    room, role = get_room(viewer, room_id)
    if role not in RUNS:
        raise Denied(_("Only those who run this room can look for people by name."))
    return room


def admit_screen(room: Room) -> Admission:
    """A screen in the hall: it sees what everyone in the room sees."""
    return Admission(room, "screen", {}, False)


def room_now(viewer: User | None, admission: Admission) -> tuple[dict[str, Any], str]:
    """All that is needed to draw the room, for someone (or a screen: None) who was admitted and follows its streams already:
    what is theirs, and the shared part, encoded.

    The positions are read before the state: an update in between is applied twice by the browser, never missed.
    """
    room, stream = admission.room, room_stream(admission.room.pk)
    behind = {audience: audience_stream(room.pk, audience) for audience in admission.audiences}
    known = positions([stream, *behind.values()])
    data = {**admission.as_data(), "seq": known[stream], "own": {}}
    if viewer is not None:
        data["own"] = own_part(viewer, room, admission.role)
    encoded = shared_part(room, known[stream])
    for audience, name in behind.items():
        head = encode({"stream": name, "seq": known[name]})[:-1]
        encoded += f',"{audience}":{head},{shared_part(room, known[name], audience)}}}'
    return data, encoded


def room_snapshot(viewer: Viewer, room_id: int) -> dict[str, Any]:
    """The whole of what `room.enter` reads, for who wants it as values."""
    admission = admit(viewer, room_id)
    assert isinstance(viewer, User)
    data, encoded = room_now(viewer, admission)
    return {**data, **json.loads(f"{{{encoded}}}")}


def get_stream(viewer: Viewer, stream: str) -> dict[str, Any]:
    """What a follower needs to know of a stream: its name and position, and in a room the viewer's role. `Missing` or
    `Denied` for whoever may not follow it."""
    kind, number, *audience = stream.split(".")
    known: dict[str, Any] = {"stream": stream}
    if kind == "room":
        _room, role = get_room(viewer, int(number))
        if audience and role not in AUDIENCES[audience[0]]:
            raise Missing(_("There is no such stream."))
    elif kind == "event":
        get_event_by_id(viewer, int(number))
    elif viewer is None or kind != "person" or int(number) != viewer.pk:
        raise Missing(_("There is no such stream."))
    return {**known, "seq": position(stream)}


def event_now(viewer: Viewer, event_id: int) -> tuple[dict[str, Any], str]:
    """What a follower of the event needs, as `get_stream` tells it, and what the event shows them, encoded."""
    return event_on_screen(get_event_by_id(viewer, event_id))


def event_on_screen(event: Event) -> tuple[dict[str, Any], str]:
    """The same, of an event that the caller has checked."""
    stream = f"event.{event.pk}"
    seq = position(stream)
    return {"stream": stream, "seq": seq}, event_part(event, seq)


def get_event_by_id(viewer: Viewer, event_id: int) -> Event:
    event = events_of(viewer).filter(pk=event_id).first()
    if event is None:
        raise Missing(_("There is no such event."))
    return event

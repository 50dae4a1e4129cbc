"""What is live in a room, for someone who is in it."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY, load_backend
from django.contrib.sessions.backends.base import SessionBase
from django.utils.crypto import constant_time_compare
from django.utils.translation import gettext as _

from conference.accounts.models import Consent, User
from conference.accounts.queries import directory_consent_of, person_data
from conference.core.errors import Missing
from conference.core.models import Event
from conference.core.streams import encode, position, positions
from conference.events.queries import Viewer, events_of
from conference.rooms.models import Room
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
    """What others in the room may know of someone who is there: a name if the person agreed to be listed among the
    participants of the event or has a part on the stage, else no more than the id, to count by."""
    consent = None if role in ON_STAGE else directory_consent_of(person, room.event)
    agreed = consent is not None and consent.audience == Consent.Audience.PARTICIPANTS
    return person_data(person) if agreed or role in ON_STAGE else {"id": person.pk}


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
    event = get_event_by_id(viewer, event_id)
    stream = f"event.{event.pk}"
    seq = position(stream)
    return {"stream": stream, "seq": seq}, event_part(event, seq)


def get_event_by_id(viewer: Viewer, event_id: int) -> Event:
    event = events_of(viewer).filter(pk=event_id).first()
    if event is None:
        raise Missing(_("There is no such event."))
    return event

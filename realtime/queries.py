"""What is live in a room, for someone who is in it."""

from __future__ import annotations

from typing import Any

from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY, load_backend
from django.contrib.sessions.backends.base import SessionBase
from django.utils.crypto import constant_time_compare
from django.utils.translation import gettext as _

from conference.accounts.models import Consent, User
from conference.accounts.queries import directory_consent_of, person_data
from conference.core.errors import Missing
from conference.core.models import Event
from conference.core.streams import position
from conference.events.queries import Viewer, events_of
from conference.rooms.queries import ON_STAGE, get_room, room_stream
from realtime.chat.queries import message_data, newest_messages
from realtime.stage.queries import publication_data, publications_in


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


def room_snapshot(viewer: Viewer, room_id: int) -> dict[str, Any]:
    """All that is needed to draw the room, with the viewer's role and the stream's position.

    The position is read before the state: an update in between is applied twice by the browser, never missed.
    """
    room, role = get_room(viewer, room_id)
    stream = room_stream(room.pk)
    seq = position(stream)
    messages, more = newest_messages(room)
    return {
        "room": room.pk,
        "role": role,
        "may_publish": role in ON_STAGE,
        "stream": stream,
        "seq": seq,
        "state": {
            "message": [message_data(message) for message in messages],
            "publication": [publication_data(publication) for publication in publications_in(room)],
        },
        "more": more,
    }


def presence_data(person: User, room_id: int) -> dict[str, Any]:
    """What others in the room may know of someone who is there: a name if the person agreed to be listed among the
    participants of the event or has a part on the stage, else no more than the id, to count by."""
    room, role = get_room(person, room_id)
    consent = directory_consent_of(person, room.event)
    agreed = consent is not None and consent.audience == Consent.Audience.PARTICIPANTS
    return person_data(person) if agreed or role in ON_STAGE else {"id": person.pk}


def get_stream(viewer: Viewer, stream: str) -> dict[str, Any]:
    """What a follower needs to know of a stream: its name and position, and in a room the viewer's role. `Missing` or
    `Denied` for whoever may not follow it."""
    kind, _dot, number = stream.partition(".")
    known: dict[str, Any] = {"stream": stream}
    if kind == "room":
        room, role = get_room(viewer, int(number))
        known |= {"room": room.pk, "role": role, "may_publish": role in ON_STAGE}
    elif kind == "event":
        get_event_by_id(viewer, int(number))
    elif viewer is None or kind != "person" or int(number) != viewer.pk:
        raise Missing(_("There is no such stream."))
    return {**known, "seq": position(stream)}


def get_event_by_id(viewer: Viewer, event_id: int) -> Event:
    event = events_of(viewer).filter(pk=event_id).first()
    if event is None:
        raise Missing(_("There is no such event."))
    return event

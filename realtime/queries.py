"""What is live in a room, for someone who is in it."""

from __future__ import annotations

from typing import Any

from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY, load_backend
from django.contrib.sessions.backends.base import SessionBase
from django.utils.crypto import constant_time_compare
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from conference.accounts.models import Consent, User
from conference.accounts.queries import directory_consent_of, person_data
from conference.core.errors import Denied, Missing
from conference.core.models import Event
from conference.core.personal_data import exports
from conference.core.streams import position
from conference.events.queries import Viewer, events_of
from conference.rooms.models import Room
from conference.rooms.queries import ON_STAGE, get_room, room_stream
from realtime.models import Message, Publication
from realtime.stage import publication_name

SNAPSHOT_MESSAGES = 50


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


def message_data(message: Message) -> dict[str, Any]:
    """The public form of a chat message."""
    return {
        "id": message.pk,
        "client_id": str(message.client_id),
        "author": person_data(message.author),
        "text": message.text,
        "created": message.created,
    }


def publication_data(publication: Publication) -> dict[str, Any]:
    """The public form of a camera or screen on the stage."""
    return {
        "id": publication.pk,
        "name": publication_name(publication.user_id, publication.source),
        "person": person_data(publication.user),
        "source": publication.source,
        "audio": publication.audio,
        "video": publication.video,
        "started": publication.started,
    }


def room_snapshot(viewer: Viewer, room_id: int) -> dict[str, Any]:
    """All that is needed to draw the room, with the viewer's role and the stream's position.

    The position is read before the state: an update in between is applied twice by the browser, never missed.
    """
    room, role = get_room(viewer, room_id)
    stream = room_stream(room.pk)
    seq = position(stream)
    messages, more = _newest(room, None)
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


def messages_before(viewer: Viewer, room_id: int, before: int) -> dict[str, Any]:
    """The messages before the one with id `before`, oldest first, and whether there are still older ones."""
    room, _role = get_room(viewer, room_id)
    messages, more = _newest(room, before)
    return {"messages": [message_data(message) for message in messages], "more": more}


def _newest(room: Room, before: int | None) -> tuple[list[Message], bool]:
    rows = Message.objects.filter(room=room).select_related("author__organisation").order_by("-pk")
    if before is not None:
        rows = rows.filter(pk__lt=before)
    found = list(rows[: SNAPSHOT_MESSAGES + 1])
    return found[SNAPSHOT_MESSAGES - 1 :: -1], len(found) > SNAPSHOT_MESSAGES


def publications_in(room: Room) -> list[Publication]:
    """What is on the stage, in the order in which it came."""
    rows = Publication.objects.filter(room=room).select_related("user__organisation")
    return list(rows.order_by("started", "pk"))


def get_publication(viewer: Viewer, room: Room, publication_id: int) -> Publication:
    """A publication in a room that the caller has checked; `Missing` once it is over."""
    found = (
        Publication.objects.filter(room=room, pk=publication_id).select_related("user__organisation").first()
    )
    if found is None:
        raise Missing(_("This is not on the stage any more."))
    return found


def get_room_for_stage(viewer: Viewer, room_id: int) -> Room:
    """The room, for someone who may send picture and sound in it; `Denied` for the others in it."""
    room, role = get_room(viewer, room_id)
    if role not in ON_STAGE:
        raise Denied(_("Only speakers and moderators can go on this stage."))
    return room


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


@exports(
    "chat",
    gettext_lazy("Messages you wrote"),
    {"text": gettext_lazy("Message"), "created": gettext_lazy("Written")},
)
def messages_by(person: User) -> list[dict[str, Any]]:
    """Everything the person wrote in chats."""
    rows = Message.objects.filter(author=person).order_by("pk")
    return [{"room": row.room_id, "text": row.text, "created": row.created.isoformat()} for row in rows]

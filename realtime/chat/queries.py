"""What was written in a room, for someone who is in it."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext_lazy

from conference.accounts.models import User
from conference.accounts.queries import person_data
from conference.core.personal_data import exports
from conference.events.queries import Viewer
from conference.rooms.models import Room
from conference.rooms.queries import get_room
from realtime.chat.models import Message
from realtime.snapshots import shows_to_everyone

SNAPSHOT_MESSAGES = 50


def message_data(message: Message) -> dict[str, Any]:
    """The public form of a chat message."""
    return {
        "id": message.pk,
        "client_id": str(message.client_id),
        "author": person_data(message.author),
        "text": message.text,
        "created": message.created,
    }


def messages_before(viewer: Viewer, room_id: int, before: int) -> dict[str, Any]:
    """The messages before the one with id `before`, oldest first, and whether there are still older ones."""
    room, _role = get_room(viewer, room_id)
    messages, more = newest_messages(room, before)
    return {"messages": [message_data(message) for message in messages], "more": more}


def newest_messages(room: Room, before: int | None = None) -> tuple[list[Message], bool]:
    """Up to 50 messages, oldest first, and whether there are still older ones."""
    rows = Message.objects.filter(room=room).select_related("author__organisation").order_by("-pk")
    if before is not None:
        rows = rows.filter(pk__lt=before)
    found = list(rows[: SNAPSHOT_MESSAGES + 1])
    return found[SNAPSHOT_MESSAGES - 1 :: -1], len(found) > SNAPSHOT_MESSAGES


@shows_to_everyone
def chat_part(room: Room) -> dict[str, Any]:
    """The newest messages for whoever comes in, and whether there are older ones."""
    messages, more = newest_messages(room)
    return {"state": {"message": [message_data(message) for message in messages]}, "more": more}


@exports(
    "chat",
    gettext_lazy("Messages you wrote"),
    {"text": gettext_lazy("Message"), "created": gettext_lazy("Written")},
)
def messages_by(person: User) -> list[dict[str, Any]]:
    """Everything the person wrote in chats."""
    rows = Message.objects.filter(author=person).order_by("pk")
    return [{"room": row.room_id, "text": row.text, "created": row.created.isoformat()} for row in rows]

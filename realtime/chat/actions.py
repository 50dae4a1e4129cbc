"""What people do in a chat."""

from __future__ import annotations

import uuid

from django.db import transaction
from django.utils.translation import gettext as _

from conference.accounts.models import User
from conference.core.errors import Conflict
from conference.core.journal import record
from conference.core.models import Event
from conference.core.streams import publish
from conference.rooms.queries import get_room, room_stream
from realtime.chat.models import Message
from realtime.chat.queries import message_data


@transaction.atomic
def send_message(actor: User, room_id: int, *, client_id: uuid.UUID, text: str) -> Message:
    """Say something to everyone in the room. The same `client_id` again changes nothing and answers with what was sent."""
    room, _role = get_room(actor, room_id)
    if room.event.state == Event.State.ARCHIVED:
        raise Conflict(_("This event is over. Its chat can be read, but not added to."))
    message, created = Message.objects.get_or_create(
        room=room, author=actor, client_id=client_id, defaults={"text": text}
    )
    if created:
        record("message.sent", actor, message, event=room.event, room=room.pk)
        publish(room_stream(room.pk), "message", saved=message_data(message))
    return message

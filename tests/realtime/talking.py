"""People who write to each other."""

from __future__ import annotations

import uuid

from conference.accounts.actions import agree_to_be_reached
from conference.accounts.models import User
from realtime.direct.actions import send_direct
from realtime.direct.models import DirectMessage
from tests.realtime.conftest import World


def all_agree(world: World) -> World:
    """Everybody, the stranger too, agrees to get messages."""
    for person in (world.noy, world.sari, world.bounmy, world.moderator, world.organizer, world.stranger):
        agree_to_be_reached(person)
    return world


def write(who: User, to: User, text: str = "Hello", client_id: uuid.UUID | None = None) -> DirectMessage:
    return send_direct(who, person_id=to.pk, client_id=client_id or uuid.uuid4(), text=text)


def between(one: User, other: User) -> int:
    """Two who know each other: the number of their conversation."""
    first = write(one, other, "May I?")
    write(other, one, "You may.")
    return first.conversation_id

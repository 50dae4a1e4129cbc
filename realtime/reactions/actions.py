"""Sending reactions, and adding up what was sent.

A reaction is a signal: it is counted on its way (`core.streams.count`), told as a sum, and gone. It is no fact of its own and
nobody's name goes with it. What stays is one number for each room and kind.
"""

from __future__ import annotations

from collections.abc import Mapping

from django.db import connection, transaction
from django.utils.translation import gettext as _

from conference.accounts.models import User
from conference.core.errors import Conflict
from conference.core.models import Event
from conference.core.streams import count
from conference.rooms.models import Room
from conference.rooms.queries import get_room_to_speak_in, room_stream
from realtime.reactions.models import ReactionTotal
from realtime.rules.queries import rules_of

# Through the rooms: one that was deleted meanwhile adds nothing, and harms nothing.
_ADD = f"""
    INSERT INTO {ReactionTotal._meta.db_table} AS total (room_id, emoji, count)
    SELECT id, %(emoji)s, %(count)s FROM {Room._meta.db_table} WHERE id = %(room)s
    ON CONFLICT (room_id, emoji) DO UPDATE SET count = total.count + EXCLUDED.count
"""  # noqa: S608 - the names of our own tables


def send_reaction(actor: User, room_id: int, *, emoji: str, times: int = 1) -> None:
    """Let the room see `times` more of this reaction."""
    room, _role = get_room_to_speak_in(actor, room_id)
    if room.event.state == Event.State.ARCHIVED or not rules_of(room).reactions:
        raise Conflict(_("Reactions are switched off in this room."))
    count(room_stream(room.pk), "reacted", emoji, times)


@transaction.atomic
def add_totals(counted: Mapping[tuple[int, str], int]) -> None:
    """Add what one process has counted, by room and emoji. In one order, so that two processes never wait for each other."""
    with connection.cursor() as cursor:
        for (room_id, emoji), more in sorted(counted.items()):
            cursor.execute(_ADD, {"room": room_id, "emoji": emoji, "count": more})

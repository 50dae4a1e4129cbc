"""How a room has reacted so far, for those who run it."""

from __future__ import annotations

from django.utils.translation import gettext as _

from conference.core.errors import Denied
from conference.events.queries import Viewer
from conference.rooms.queries import RUNS, get_room
from realtime.reactions.models import ReactionTotal


def reaction_totals(viewer: Viewer, room_id: int) -> dict[str, int]:
    """How often each reaction was sent in the room, zeros included; a few seconds late."""
    room, role = get_room(viewer, room_id)
    if role not in RUNS:
        raise Denied(_("Only those who run this room see how often each reaction was sent."))
    known = dict(ReactionTotal.objects.filter(room=room).values_list("emoji", "count"))
    return {emoji: known.get(emoji, 0) for emoji in ReactionTotal.Emoji.values}

"""What holds in a room at this moment."""

from __future__ import annotations

from typing import Any

from conference.rooms.models import Room
from realtime.rules.models import RoomRules
from realtime.snapshots import shows_to_everyone, shows_to_hosts

NAMES = (
    "questions",
    "moderate_questions",
    "anonymous_questions",
    "hands",
    "chat",
    "slow_mode",
    "hold_messages",
    "reactions",
)
"""What everyone is told. The words for which messages are held are not among them: who knows them writes around them."""


def rules_of(room: Room) -> RoomRules:
    """The room's rules; where nobody set any, the defaults (not saved)."""
    return RoomRules.objects.filter(room=room).first() or RoomRules(room=room)


def rules_data(rules: RoomRules) -> dict[str, Any]:
    """The public form, with the room's id as its own: a room has one set of rules."""
    return {"id": rules.room_id, **{name: getattr(rules, name) for name in NAMES}}


def words_data(rules: RoomRules) -> dict[str, Any]:
    """The words for which a message is looked at first, for those who run the room alone."""
    return {"id": rules.room_id, "words": rules.held_words}


@shows_to_everyone
def rules_part(room: Room) -> dict[str, Any]:
    """The one set of rules."""
    return {"state": {"rules": [rules_data(rules_of(room))]}}


@shows_to_hosts
def words_part(room: Room) -> dict[str, Any]:
    """The one list of words."""
    return {"state": {"held_words": [words_data(rules_of(room))]}}

"""Setting what holds in a room."""

from __future__ import annotations

from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from conference.accounts.models import User
from conference.core.errors import Denied
from conference.core.journal import record
from conference.core.streams import publish
from conference.rooms.models import Room
from conference.rooms.queries import RUNS, get_room, hosts_stream, room_stream
from realtime.rules.models import RoomRules
from realtime.rules.queries import rules_data, rules_of, words_data


@transaction.atomic
def set_rules(actor: User, room_id: int, *, changes: dict[str, Any]) -> RoomRules:
    """Change what is named in `changes`; the rest stays. What did not change is not announced."""
    room, role = get_room(actor, room_id)
    if role not in RUNS:
        raise Denied(_("Only those who run this room can set its rules."))
    Room.objects.select_for_update(of=("self",), no_key=True).get(pk=room.pk)
    rules = rules_of(room)
    before, words = rules_data(rules), words_data(rules)
    for name, value in changes.items():
        setattr(rules, name, value)
    if (rules_data(rules), words_data(rules)) != (before, words):
        rules.save()
        record("room.rules_set", actor, room, event=room.event, room=room.pk, **changes)
    if rules_data(rules) != before:
        publish(room_stream(room.pk), "rules", saved=rules_data(rules))
    if words_data(rules) != words:
        publish(hosts_stream(room.pk), "held_words", saved=words_data(rules))
    return rules

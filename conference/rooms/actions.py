"""Making rooms and giving parts in them. The owner of a room (a session, a booth) calls these with its own rules checked."""

from __future__ import annotations

from collections.abc import Mapping

from django.db import transaction

from conference.accounts.models import User
from conference.core.models import Event
from conference.core.personal_data import erases
from conference.core.streams import publish
from conference.rooms.models import Room, RoomRole


def create_room(event: Event) -> Room:
    """A new, open room for an owner about to be saved."""
    return Room.objects.create(event=event)


def create_rooms(event: Event, count: int) -> list[Room]:
    """`create_room`, many at once."""
    return Room.objects.bulk_create([Room(event=event) for _number in range(count)])


@transaction.atomic
def set_room_roles(room: Room, roles: Mapping[int, str]) -> None:
    """Make `roles` (user id -> role) the parts given in this room, and no others. Those whose part changed are looked at
    again at once, wherever they are connected."""
    before = dict(room.roles.values_list("user_id", "role"))
    room.roles.exclude(user_id__in=roles).delete()
    for user_id, role in roles.items():
        RoomRole.objects.update_or_create(room=room, user_id=user_id, defaults={"role": role})
    for user_id in sorted(before.keys() | roles.keys()):
        if before.get(user_id) != roles.get(user_id):
            publish(f"person.{user_id}", "rights", saved={"id": room.pk})


@erases("room roles")
def forget_room_roles(person: User) -> None:
    """Parts in rooms end with the account; the programme that gave them keeps its own entries."""
    RoomRole.objects.filter(user=person).delete()

"""Making rooms and giving parts in them. The owner of a room (a session, a booth) calls these with its own rules checked."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping

from django.db import transaction

from conference.accounts.models import User
from conference.core.models import Event
from conference.core.personal_data import erases
from conference.core.streams import publish
from conference.rooms.models import Room, RoomRole


def create_room(event: Event, *, open: bool = True, green_room: bool = False) -> Room:
    """A new room for an owner about to be saved. A closed one is for those who have a part in it; with a green room its stage
    is theirs alone until somebody goes live."""
    return Room.objects.create(event=event, open=open, green_room=green_room)


def create_rooms(event: Event, green_rooms: Iterable[bool], *, open: bool = True) -> list[Room]:
    """`create_room` for each of `green_rooms`, all at once."""
    return Room.objects.bulk_create([Room(event=event, open=open, green_room=each) for each in green_rooms])


def set_green_room(room: Room, wanted: bool) -> None:
    """Give a room a green room, or none, as long as nobody has been let in."""
    Room.objects.filter(pk=room.pk, open=False, on_air_from=None).update(green_room=wanted)


def open_rooms(rooms: Collection[int]) -> None:
    """Let the event's people into these rooms."""
    Room.objects.filter(pk__in=rooms, open=False).update(open=True)


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

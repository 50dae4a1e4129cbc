"""Making rooms and giving parts in them. The owner of a room (a session, a booth) calls these with its own rules checked."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import NamedTuple

from django.db import transaction

from conference.accounts.models import User
from conference.core.models import Event
from conference.core.personal_data import erases
from conference.core.streams import publish
from conference.rooms.models import Guest, Room, RoomRole


class RoomKind(NamedTuple):
    """What kind of place a room is: with a green room its stage is for those with a part on it until somebody goes live; in a
    small one everybody is on the stage."""

    green_room: bool = False
    small: bool = False


PLAIN = RoomKind()


def create_room(event: Event, *, open: bool = True, kind: RoomKind = PLAIN) -> Room:
    """A new room for an owner about to be saved. A closed one is for those who have a part in it."""
    return Room.objects.create(event=event, open=open, **kind._asdict())


def create_rooms(event: Event, kinds: Iterable[RoomKind], *, open: bool = True) -> list[Room]:
    """`create_room` for each of `kinds`, all at once."""
    return Room.objects.bulk_create([Room(event=event, open=open, **kind._asdict()) for kind in kinds])


def set_room_kind(room: Room, kind: RoomKind) -> None:
    """Make it that kind of place, as long as nobody has been let in."""
    Room.objects.filter(pk=room.pk, open=False, on_air_from=None).update(**kind._asdict())


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


@transaction.atomic
def make_guest(room: Room, person: User) -> bool:
    """Somebody from the audience is on the stage from now on; whether that is new."""
    _made, created = Guest.objects.get_or_create(room=room, user=person)
    if created:
        publish(f"person.{person.pk}", "rights", saved={"id": room.pk})
    return created


@transaction.atomic
def end_guest(room: Room, person: User) -> bool:
    """Whoever was a guest on the stage is in the audience again; whether they were one."""
    ended, _by_model = Guest.objects.filter(room=room, user=person).delete()
    if ended:
        publish(f"person.{person.pk}", "rights", saved={"id": room.pk})
    return bool(ended)


@erases("room roles")
def forget_room_roles(person: User) -> None:
    """Parts in rooms end with the account; the programme that gave them keeps its own entries."""
    RoomRole.objects.filter(user=person).delete()
    Guest.objects.filter(user=person).delete()

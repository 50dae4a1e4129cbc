"""What a room shows to whoever comes in. Each subject adds its part; this joins them, and keeps what is the same for all.

Entering is the scarcest thing a process does, and most of what is told is the same for everybody. So the shared part of a
room is read and encoded once for each audience (everyone, those on the stage, those who run the room) and language, and kept
for as long as the stream stands where it stood: nothing in a room may change without an update on its stream. What is one
person's own (`shows_to_person`) is read each time and must be small; most who come have nothing yet, so one statement asks
for all subjects whether there is anything to read.

    @shows_to_everyone
    def poll_part(room: Room) -> dict[str, Any]:
        return {"state": {"poll": [poll_data(poll) for poll in polls_shown_in(room)]}}

`state` holds each kind of thing as a list, by the name that its updates have. Other keys stand beside it in the reply.
"""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Iterable
from typing import Any, NamedTuple, TypeVar

from django.db import connection
from django.utils.translation import get_language

from conference.accounts.models import User
from conference.core.models import Event
from conference.core.streams import encode
from conference.rooms.models import Room
from conference.rooms.queries import AUDIENCES

Part = TypeVar("Part", bound=Callable[..., dict[str, Any]])


class OwnPart(NamedTuple):
    """What belongs to one person: the SQL condition under which there is anything, how to read it, and what it is else."""

    where: str
    read: Callable[[User, Room], dict[str, Any]]
    nothing: dict[str, Any]


EVERYONE = ""
EVENT = "event"

_parts: dict[str, list[Callable[[Room], dict[str, Any]]]] = {
    EVERYONE: [],
    **{audience: [] for audience in AUDIENCES},
}
_person: list[OwnPart] = []
_event_parts: list[Callable[[Event], dict[str, Any]]] = []

KEPT = 512
"""Rooms, audiences and languages that are kept."""
LONGEST = 30.0
"""Seconds after which even an unchanged room is read again: names and photos of people change without its stream."""


def shows_to_everyone(part: Part) -> Part:
    """Register what a subject shows to everyone in the room: `part(room)`."""
    _parts[EVERYONE].append(part)
    return part


def shows_to_hosts(part: Part) -> Part:
    """Register what a subject shows to those who run the room, beside what everyone sees: `part(room)`. Its updates go to
    `rooms.queries.hosts_stream`."""
    _parts["hosts"].append(part)
    return part


def shows_to_stage(part: Part) -> Part:
    """Register what a subject shows to those with a part on the stage, beside what everyone sees: `part(room)`. Its updates go
    to `rooms.queries.backstage_stream`."""
    _parts["backstage"].append(part)
    return part


def shows_in_event(part: Part) -> Part:
    """Register what a subject shows to everyone who follows an event, wherever they are: `part(event)`. Its updates go to
    `event.<id>`, which whoever may know of the event may follow."""
    _event_parts.append(part)
    return part


def shows_to_person(where: str, **nothing: Any) -> Callable[[Part], Part]:
    """Register what belongs to one person (their vote, what they have read): `part(person, room)`. It stands under `own`; its
    updates go to the person's stream.

    `where` is the SQL condition under which there is anything, with the parameters `%(person)s`, `%(room)s` and `%(role)s`;
    where it does not hold, `nothing` is told.
    """

    def register(part: Part) -> Part:
        _person.append(OwnPart(where, part, nothing))
        return part

    return register


class Shared(NamedTuple):
    """The shared part of one room or event: where the stream stood, when it was read, and the members of its JSON object."""

    seq: int
    read: float
    encoded: str


Key = tuple[int, str, str | None]
"""A room or an event, the audience, and the language."""

_kept: OrderedDict[Key, Shared] = OrderedDict()
_lock = threading.Lock()
_reading: dict[Key, threading.Lock] = {}


def shared_part(room: Room, seq: int, audience: str = EVERYONE) -> str:
    """What everyone (or one of the `rooms.queries.AUDIENCES`) gets to see, as `"state":{...},"more":...`. `seq` is the position
    of its stream, read before; what is newer may be in it too."""
    return _shared((room.pk, audience, get_language()), seq, _parts[audience], room)


def event_part(event: Event, seq: int) -> str:
    """What everyone who follows the event gets to see, as `"state":{...}`; kept like the shared part of a room."""
    return _shared((event.pk, EVENT, get_language()), seq, _event_parts, event)


def _shared(key: Key, seq: int, parts: Iterable[Callable[[Any], dict[str, Any]]], about: Room | Event) -> str:
    known = _look_up(key, seq)
    if known is None:
        with _lock:
            reading = _reading.setdefault(key, threading.Lock())
        with reading:  # hundreds who come at once wait for the first of them
            known = _look_up(key, seq)
            if known is None:
                data: dict[str, Any] = {"state": {}}
                for part in parts:
                    found = part(about)
                    data["state"] |= found.pop("state", {})
                    data |= found
                known = Shared(seq, time.monotonic(), encode(data)[1:-1])
                with _lock:
                    _kept[key] = known
                    _kept.move_to_end(key)
                    while len(_kept) > KEPT:
                        old, _shared = _kept.popitem(last=False)
                        _reading.pop(old, None)
    return known.encoded


def _look_up(key: Key, seq: int) -> Shared | None:
    known = _kept.get(key)
    return known if known and known.seq == seq and time.monotonic() - known.read < LONGEST else None


def own_part(person: User, room: Room, role: str) -> dict[str, Any]:
    """What is this person's own, who is in the room in that role. One query, and those of the parts that have anything."""
    with connection.cursor() as cursor:
        conditions = ", ".join(part.where for part in _person)
        cursor.execute(f"SELECT {conditions}", {"person": person.pk, "room": room.pk, "role": role})
        holds = cursor.fetchone()
    own: dict[str, Any] = {}
    for part, there_is in zip(_person, holds, strict=True):
        own |= part.read(person, room) if there_is else part.nothing
    return own

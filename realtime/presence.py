"""Who is here: passing, kept in Redis only.

Each process counts its own sockets and writes one entry for each room, with a time; the sum of the fresh entries is the
audience. An entry that is not renewed (its process died) stops counting by itself. People are told at most once a second,
by a signal that carries the newest state and replaces what was known.

Names travel only while few are here. In larger rooms the signal carries the count alone, and a browser that shows the list
asks for it (`room.people`): those on the stage first, and no more than `MAX_LISTED`. The ids of all that are here stand in a set
for each process, which only changes are written to, so that those who run the room find anybody (`among`).

`count` is everybody: those `online` and those `in_hall`, whose ticket is for being there and who have the room open on a phone.

Everybody counts; names are told only of people who agreed to be listed or who are on the stage (`queries.admit`).
The others are here as a bare `{"id": 7}`, which never leaves the server.
"""

from __future__ import annotations

import asyncio
import json
import time
import uuid
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import structlog

from conference.core.streams import LATEST, encode, latest_text
from conference.rooms.queries import room_stream
from realtime.hub import RETRIABLE, Hub, end
from realtime.protocol import signal_frame

KEY = "presence:room:{}"
IDS = "presence:room:{}:{}"
RENEW = 10.0
FRESH = 30.0
TELL_EVERY = 1.0
MAX_IN_SIGNAL = 40
MAX_LISTED = 200

log = structlog.get_logger(__name__)

Person = dict[str, Any]


@dataclass(slots=True)
class Here:
    """The people of one room in this process. One person may have several sockets."""

    sockets: Counter[int] = field(default_factory=Counter)
    people: dict[int, Person] = field(default_factory=dict)
    in_hall: set[int] = field(default_factory=set)
    changed: bool = True
    written: float = 0.0
    told: dict[str, Any] | None = None
    soon: tuple[float, str] | None = None
    written_ids: set[int] = field(default_factory=set)
    """What the set of ids in Redis holds, as far as we know."""


class Presence:
    """This process's part of who is where. Shares the hub's connection and life."""

    def __init__(self, hub: Hub) -> None:
        self._hub = hub
        self._process = uuid.uuid4().hex
        self._rooms: dict[int, Here] = {}
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        self._task = asyncio.create_task(self._run())

    async def stop(self) -> None:
        """Say good-bye for everyone who was here in this process."""
        await end([self._task] if self._task else [])
        for room_id in list(self._rooms):
            await self._tell(room_id, closing=True)

    def join(self, room_id: int, person: Person, *, in_hall: bool = False) -> None:
        here = self._rooms.setdefault(room_id, Here())
        here.sockets[person["id"]] += 1
        self._know(here, person, in_hall)

    def know(self, room_id: int, person: Person, *, in_hall: bool = False) -> None:
        """What may be told of someone who is here has perhaps changed."""
        here = self._rooms.get(room_id)
        if here is not None and person["id"] in here.people:
            self._know(here, person, in_hall)

    def _know(self, here: Here, person: Person, in_hall: bool) -> None:
        number = person["id"]
        here.changed |= here.people.get(number) != person or (number in here.in_hall) != in_hall
        here.people[number] = person
        (here.in_hall.add if in_hall else here.in_hall.discard)(number)

    def leave(self, room_id: int, person_id: int) -> None:
        here = self._rooms.get(room_id)
        if here is None or here.sockets[person_id] == 0:
            return
        here.sockets[person_id] -= 1
        if here.sockets[person_id] == 0:
            del here.sockets[person_id]
            here.people.pop(person_id, None)
            here.in_hall.discard(person_id)
            here.changed = True

    async def soon(self, room_id: int) -> str:
        """The same as `now`, encoded; in a large room, where nobody sees one more, up to a second old."""
        here = self._rooms.get(room_id)
        if here and here.soon and here.soon[0] > time.monotonic() - TELL_EVERY:
            return here.soon[1]
        data = await self.now(room_id)
        encoded = encode(data)
        if here and data["count"] > MAX_IN_SIGNAL:
            here.soon = (time.monotonic(), encoded)
        return encoded

    async def now(self, room_id: int) -> dict[str, Any]:
        """`{"count": 12, "online": 9, "in_hall": 3, "people": [...]}`; `people` is null where more than `MAX_IN_SIGNAL` are
        here."""
        others = await self._others(room_id)
        return _sum([*others.values(), self._own(room_id)])

    async def listed(self, room_id: int) -> dict[str, Any]:
        """The same, with the people in any case: those on the stage first, at most `MAX_LISTED` of those who are named."""
        others = await self._others(room_id)
        entries = [*others.values(), self._own(room_id)]
        named = {person["id"]: person for entry in entries for person in entry["people"] if "name" in person}
        on_stage_first = sorted(named.values(), key=lambda person: ("role" not in person, person["id"]))
        return {**_sum(entries), "people": on_stage_first[:MAX_LISTED]}

    async def among(self, room_id: int, people: Sequence[int]) -> set[int]:
        """Those of these people who are in the room, named or not."""
        here = self._rooms.get(room_id)
        found = {number for number in people if here and number in here.people}
        others = await self._others(room_id)
        if people and others:
            try:
                async with self._hub.server.pipeline(transaction=False) as pipe:
                    for process in others:
                        pipe.smismember(IDS.format(room_id, process), list(people))
                    for answers in await pipe.execute():
                        found |= {number for number, there in zip(people, answers, strict=True) if there}
            except RETRIABLE as error:
                log.warning("presence.not_read", error=type(error).__name__)
        return found

    async def _others(self, room_id: int) -> dict[str, dict[str, Any]]:
        """The fresh entries of the other processes."""
        try:
            entries: Any = await self._hub.server.hgetall(KEY.format(room_id))
        except RETRIABLE as error:
            log.warning("presence.not_read", error=type(error).__name__)
            return {}
        known = {process.decode(): json.loads(entry) for process, entry in entries.items()}
        known.pop(self._process, None)
        return {process: entry for process, entry in known.items() if entry["at"] > time.time() - FRESH}

    def _own(self, room_id: int) -> dict[str, Any]:
        here = self._rooms.get(room_id)
        if here is None:
            return {"at": time.time(), "count": 0, "in_hall": 0, "people": [], "hall": []}
        people = sorted(here.people.values(), key=_rank)[:MAX_LISTED]
        hall = [person["id"] for person in people if person["id"] in here.in_hall]
        return {
            "at": time.time(),
            "count": len(here.people),
            "in_hall": len(here.in_hall),
            "people": people,
            "hall": hall,
        }

    async def _run(self) -> None:
        while True:
            await asyncio.sleep(TELL_EVERY)
            for room_id, here in list(self._rooms.items()):
                if here.changed or time.monotonic() - here.written > RENEW:
                    await self._tell(room_id)

    async def _tell(self, room_id: int, *, closing: bool = False) -> None:
        here = self._rooms[room_id]
        here.changed, here.written = False, time.monotonic()
        empty = closing or not here.people
        key, ids = KEY.format(room_id), IDS.format(room_id, self._process)
        now_here = set() if empty else set(here.people)
        try:
            async with self._hub.server.pipeline(transaction=False) as pipe:
                if empty:
                    pipe.hdel(key, self._process)
                else:
                    pipe.hset(key, self._process, encode(self._own(room_id)))
                pipe.expire(key, int(FRESH * 2))
                if came := now_here - here.written_ids:
                    pipe.sadd(ids, *came)
                if gone := here.written_ids - now_here:
                    pipe.srem(ids, *gone)
                pipe.expire(ids, int(FRESH * 2))
                pipe.scard(ids)
                pipe.hgetall(key)
                *_done, written, entries = await pipe.execute()
            here.written_ids = now_here
            if written != len(now_here):  # Redis has lost it
                here.written_ids, here.changed = set(), True
            data = _sum([json.loads(entry) for entry in entries.values()])
            if data != here.told:
                here.told = data
                stream = room_stream(room_id)
                text = latest_text(stream, "presence", signal_frame(stream, "presence", data))
                await self._hub.server.publish(LATEST, text)
        except RETRIABLE as error:
            here.changed = True
            log.warning("presence.not_told", error=type(error).__name__)
            return
        if empty and not here.people:
            self._rooms.pop(room_id, None)


def _rank(person: Person) -> int:
    """Those on the stage are listed first, then those who are named, then those who only count."""
    return 0 if "role" in person else 1 if "name" in person else 2


def _sum(entries: list[dict[str, Any]]) -> dict[str, Any]:
    fresh = [entry for entry in entries if entry["at"] > time.time() - FRESH]
    people = {person["id"]: person for entry in fresh for person in entry["people"]}
    listed_all = all(entry["count"] == len(entry["people"]) for entry in fresh)
    count = len(people) if listed_all else sum(entry["count"] for entry in fresh)
    hall = {number for entry in fresh for number in entry["hall"]}
    in_hall = len(hall) if listed_all else sum(entry["in_hall"] for entry in fresh)
    named = [person for _id, person in sorted(people.items()) if "name" in person]
    shown = named if listed_all and count <= MAX_IN_SIGNAL else None
    return {"count": count, "online": count - in_hall, "in_hall": in_hall, "people": shown}

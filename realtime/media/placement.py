"""Which worker a room lives in, and how fast one person may ask. Pure: time comes in as a number.

A room stays with one worker for as long as anything happens in it, so that each packet is forwarded where it arrives. A room
that begins goes to the worker that has the least to do.
"""

from collections import Counter, OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

KEPT: Final = 300.0
"""Seconds after which an empty room is forgotten and may begin elsewhere."""
MOST_PEOPLE: Final = 20_000
"""People whose pace is remembered; those who were quiet longest are forgotten first."""


class Placement:
    """The rooms of all workers."""

    def __init__(self, workers: int) -> None:
        self._sessions = [0] * workers
        self._rooms: dict[int, tuple[int, float]] = {}

    def worker_of(self, room: int, now: float) -> int:
        """The worker of this room, which is asked for at this moment."""
        known = self._rooms.get(room)
        worker = known[0] if known is not None else self._idlest()
        self._rooms[room] = (worker, now)
        return worker

    def _idlest(self) -> int:
        rooms = Counter(worker for worker, _at in self._rooms.values())
        # A room counts as a session: when many begin at once, nobody is in them yet.
        return min(range(len(self._sessions)), key=lambda worker: self._sessions[worker] + rooms[worker])

    def hear(self, worker: int, rooms: Mapping[int, int], now: float) -> None:
        """What a worker says: how many sessions each of its rooms has."""
        self._sessions[worker] = sum(rooms.values())
        for room in rooms:
            if self._rooms.get(room, (worker, 0.0))[0] == worker:
                self._rooms[room] = (worker, now)

    def forget(self, now: float) -> None:
        """Forget rooms in which nothing happens any more."""
        self._rooms = {room: known for room, known in self._rooms.items() if now - known[1] < KEPT}

    def rooms(self) -> dict[int, int]:
        """Room -> worker."""
        return {room: worker for room, (worker, _at) in self._rooms.items()}


@dataclass(slots=True)
class Pace:
    """So many at once, and then so many a second."""

    per_second: float
    at_once: float
    _allowance: float = field(init=False)
    _at: float = field(init=False, default=0.0)

    def __post_init__(self) -> None:
        self._allowance = self.at_once

    def admits(self, now: float) -> bool:
        self._allowance = min(self.at_once, self._allowance + (now - self._at) * self.per_second)
        self._at = now
        if self._allowance < 1:
            return False
        self._allowance -= 1
        return True


@dataclass(slots=True)
class Paces:
    """A pace for each person."""

    per_second: float
    at_once: float
    _people: OrderedDict[str, Pace] = field(default_factory=OrderedDict)

    def admits(self, person: str, now: float) -> bool:
        pace = self._people.setdefault(person, Pace(self.per_second, self.at_once))
        self._people.move_to_end(person)
        if len(self._people) > MOST_PEOPLE:
            self._people.popitem(last=False)
        return pace.admits(now)

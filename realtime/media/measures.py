"""What one worker measures: of itself, of each room, of each stream that arrives and each leg that leaves. Pure counting; how it
is written for Prometheus is decided in `metrics`.

What a room has received is counted packet by packet; what it sent is taken from the legs, which count for themselves, when
somebody asks and when a leg ends.
"""

import os
import resource
from collections.abc import Collection, Iterable
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from .forward import Leg, Source
    from .sessions import Session

KEPT: Final = 300.0
"""Seconds for which an empty room keeps its counts: a break, not the rest of the conference."""
_PAGE: Final = os.sysconf("SC_PAGE_SIZE")


@dataclass(slots=True)
class Totals:
    """What one room has carried so far. All of it only grows."""

    received_packets: int = 0
    received_bytes: int = 0
    lost_packets: int = 0
    """On the way from publishers, and not made good by sending again."""
    sent_packets: int = 0
    sent_bytes: int = 0
    retransmitted_packets: int = 0
    dropped_packets: int = 0
    """On the way out, because a line was full or gone."""
    keyframe_requests: int = 0
    busy_seconds: float = 0.0
    """Time that the worker spent on what the room's publishers sent: reading, choosing, encrypting, sending."""


@dataclass(eq=False, slots=True)
class Measured:
    """How far a leg or source has been counted."""

    packets: int = 0
    octets: int = 0
    retransmitted: int = 0
    unsent: int = 0
    lost: int = 0


@dataclass(eq=False, slots=True)
class Measures:
    """The counts of all rooms of a worker."""

    rooms: dict[int, Totals] = field(default_factory=dict)
    _empty_since: dict[int, float] = field(default_factory=dict)

    def of(self, room: int) -> Totals:
        """The counts of a room, to add to."""
        return self.rooms.setdefault(room, Totals())

    def forget(self, in_use: Iterable[int], now: float) -> None:
        """Forget rooms that have been empty for a while."""
        used = set(in_use)
        for room in list(self.rooms):
            if room in used:
                self._empty_since.pop(room, None)
            elif now - self._empty_since.setdefault(room, now) > KEPT:
                del self.rooms[room], self._empty_since[room]


def count_leg(totals: Totals, leg: "Leg", seen: Measured) -> None:
    """Add what a leg has sent since it was counted last. Its own numbers have 32 bits and begin anew."""
    state = leg.state
    packets, octets, retransmitted, unsent = state.packets, state.octets, leg.retransmitted, state.unsent
    totals.sent_packets += packets - seen.packets & 0xFFFFFFFF
    totals.sent_bytes += octets - seen.octets & 0xFFFFFFFF
    totals.retransmitted_packets += retransmitted - seen.retransmitted
    totals.dropped_packets += unsent - seen.unsent & 0xFFFFFFFF
    seen.packets, seen.octets, seen.retransmitted, seen.unsent = packets, octets, retransmitted, unsent


def count_lost(totals: Totals, source: "Source", seen: Measured) -> None:
    """Add what got lost of a source since it was counted last."""
    lost = source.lost
    totals.lost_packets += max(0, lost - seen.lost)
    seen.lost = lost


def measure(measures: Measures, sessions: Collection["Session"], *, each: bool) -> dict[str, Any]:
    """All numbers of this moment, as JSON. `each`: of every stream and leg too."""
    for session in sessions:
        session.count()
    found: dict[str, Any] = {"process": _process(), "rooms": {}, "streams": [], "legs": []}
    for room, totals in measures.rooms.items():
        found["rooms"][str(room)] = {
            **asdict(totals),
            "publish": 0,
            "watch": 0,
            "round_trips": [],
            "losses": [],
        }
    for session in sessions:
        room = found["rooms"][str(session.grant.room)]
        room[session.grant.action] += 1
        session.measure(room, found["streams"] if each else None, found["legs"] if each else None)
    return found


def _process() -> dict[str, float]:
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return {"cpu_seconds": usage.ru_utime + usage.ru_stime, "memory_bytes": _resident()}


def _resident() -> int:
    try:
        with open("/proc/self/statm", encoding="ascii") as file:
            return int(file.read().split()[1]) * _PAGE
    except OSError:  # not Linux: the most it ever had
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss

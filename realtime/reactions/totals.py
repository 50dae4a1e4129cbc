"""What this process has counted and not written yet.

Thousands react in the same second; a row that all of them change would be a queue. So each process adds for a few seconds
and writes once. What a process that is killed had not written is lost: it is a figure, not a vote.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from weakref import WeakKeyDictionary

import structlog

from realtime.connection import in_database
from realtime.reactions.actions import add_totals

WRITE_AFTER = 5.0

log = structlog.get_logger(__name__)


class Totals:
    """Of one event loop."""

    def __init__(self) -> None:
        self._counted: Counter[tuple[int, str]] = Counter()
        self._writing: asyncio.Task[None] | None = None

    def add(self, room_id: int, emoji: str, times: int) -> None:
        self._counted[room_id, emoji] += times
        if self._writing is None:
            self._writing = asyncio.create_task(self._write_soon())

    async def _write_soon(self) -> None:
        while self._counted:
            await asyncio.sleep(WRITE_AFTER)
            await self.write()
        self._writing = None

    async def write(self) -> None:
        """Write what was counted; keep it for the next time where the database is away."""
        counted, self._counted = self._counted, Counter()
        try:
            await in_database(add_totals, counted)
        except Exception:
            log.exception("reactions.not_written")
            self._counted.update(counted)


_totals: WeakKeyDictionary[asyncio.AbstractEventLoop, Totals] = WeakKeyDictionary()


def totals() -> Totals:
    """What this event loop has counted."""
    return _totals.setdefault(asyncio.get_running_loop(), Totals())

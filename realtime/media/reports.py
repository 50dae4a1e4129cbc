"""What the workers tell, put together for Django, which knows of no workers: one list of what flows.

When a worker dies, its publications are kept for a moment: their browsers are on the way back, and nobody needs to hear that
something stopped which goes on at once. Pure but for one timer.
"""

import asyncio
from collections.abc import Iterable
from typing import Any, Final

from .events import Announcer

RETURN: Final = 6.0
"""Seconds that publishers have to come back after their worker was replaced."""

Key = tuple[int, str]


class Reports:
    """The publications of all workers. What changes is given to the announcer."""

    def __init__(self, workers: int) -> None:
        self._flowing: list[dict[Key, dict[str, Any]]] = [{} for _worker in range(workers)]
        self._awaited: list[set[Key]] = [set() for _worker in range(workers)]
        self._timers: dict[int, asyncio.TimerHandle] = {}
        self.announcer: Announcer | None = None

    def flowing(self) -> list[dict[str, Any]]:
        """Every publication of every worker, in the form Django is told."""
        return [data for known in self._flowing for data in known.values()]

    def hear(self, worker: int, event: dict[str, Any]) -> None:
        """One event of one worker."""
        name = event.get("event")
        if name == "publication.started":
            self._started(worker, _without_name(event))
        elif name == "publication.stopped":
            self._stopped(worker, _key(event))
        elif name == "publications":
            self._compare(worker, event["publications"])
        elif name == "worker.started":
            self._await_return(worker)
        elif self.announcer is not None:
            self.announcer.mention(**event)

    def _started(self, worker: int, data: dict[str, Any]) -> None:
        key = _key(data)
        self._awaited[worker].discard(key)
        if self._flowing[worker].get(key) != data:
            self._flowing[worker][key] = data
            self._announce("publication.started", data)

    def _stopped(self, worker: int, key: Key) -> None:
        self._awaited[worker].discard(key)
        data = self._flowing[worker].pop(key, None)
        if data is not None:
            self._announce("publication.stopped", data)

    def _compare(self, worker: int, publications: Iterable[dict[str, Any]]) -> None:
        """The full list of a worker: it puts right whatever was lost on the way."""
        now = {_key(data): data for data in publications}
        for key in self._flowing[worker].keys() - now.keys() - self._awaited[worker]:
            self._stopped(worker, key)
        for data in now.values():
            self._started(worker, data)

    def _await_return(self, worker: int) -> None:
        """A worker has begun, in the place of one that was lost if any: what that one had is on its way back."""
        self._awaited[worker] = set(self._flowing[worker])
        before = self._timers.pop(worker, None)
        if before is not None:
            before.cancel()
        if self._awaited[worker]:
            self._timers[worker] = asyncio.get_running_loop().call_later(RETURN, self._give_up, worker)

    def _give_up(self, worker: int) -> None:
        del self._timers[worker]
        for key in list(self._awaited[worker]):
            self._stopped(worker, key)

    def _announce(self, event: str, data: dict[str, Any]) -> None:
        if self.announcer is not None:
            self.announcer.announce(event, **data)


def _key(data: dict[str, Any]) -> Key:
    return data["room"], data["publication"]


def _without_name(event: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in event.items() if name != "event"}

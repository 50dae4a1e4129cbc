"""Telling what flows: in order, again and again until it is heard, and never without bound. The workers tell the front,
and the front tells Django.

Should the queue overflow while nobody hears, the oldest events are dropped; the full list that is sent every quarter of a
minute puts things right.
"""

import asyncio
import contextlib
import random
from collections import deque
from collections.abc import Callable
from typing import Any, Final

import aiohttp
import structlog

from .grants import sign_service

QUEUE: Final = 500
LIST_EVERY: Final = 15.0
FIRST_PAUSE: Final = 0.3
LONGEST_PAUSE: Final = 10.0
TIMEOUT: Final = 5.0

log = structlog.get_logger("media.events")


class Announcer:
    """Posts events to one address, or to none. `flowing` gives the full list of what flows; `socket` is the Unix socket
    behind the address, where it is not reached by the network."""

    def __init__(
        self,
        url: str | None,
        secret: str,
        flowing: Callable[[], list[dict[str, Any]]],
        *,
        socket: str | None = None,
    ) -> None:
        self._url = url
        self._secret = secret
        self._flowing = flowing
        self._socket = socket
        self._passing: dict[tuple[str, int], dict[str, Any]] = {}
        self._queue: deque[dict[str, Any]] = deque()
        self._wake = asyncio.Event()
        self._idle = asyncio.Event()
        self._idle.set()
        self._task: asyncio.Task[None] | None = None
        self._lister: asyncio.Task[None] | None = None

    def announce(self, event: str, **data: Any) -> None:
        """Queue an event. Never blocks."""
        if self._url is None:
            return
        if len(self._queue) >= QUEUE:
            self._queue.popleft()
            log.warning("media.event_dropped")
        self._queue.append({"event": event, **data})
        self._idle.clear()
        self._wake.set()

    def mention(self, event: str, room: int, **data: Any) -> None:
        """Tell what is worth something only while it is new: once, and of each room only the newest."""
        if self._url is None or len(self._passing) >= QUEUE:
            return
        self._passing[(event, room)] = {"event": event, "room": room, **data}
        self._wake.set()

    def start(self) -> None:
        if self._url is not None:
            self._task = asyncio.create_task(self._run(self._url))
            self._lister = asyncio.create_task(self._list())

    async def close(self, patience: float = 1.5) -> None:
        """Give what is queued a last chance, then stop."""
        if self._task is None:
            return
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._idle.wait(), patience)
        for task in (self._lister, self._task):
            if task is not None:
                task.cancel()
                with contextlib.suppress(asyncio.CancelledError):
                    await task

    async def _list(self) -> None:
        while True:
            await asyncio.sleep(LIST_EVERY)
            # One list is enough: when Django was away, the newest says all that the older ones said.
            self._queue = deque(each for each in self._queue if each["event"] != "publications")
            self.announce("publications", publications=self._flowing())

    async def _run(self, url: str) -> None:
        pause = FIRST_PAUSE
        connector = aiohttp.UnixConnector(self._socket) if self._socket else None
        timeout = aiohttp.ClientTimeout(total=TIMEOUT)
        async with aiohttp.ClientSession(timeout=timeout, connector=connector) as http:
            while True:
                await self._wake.wait()
                while self._queue or self._passing:
                    if not self._queue:
                        await self._post(http, url, self._passing.pop(next(iter(self._passing))))
                        continue
                    event = self._queue[0]
                    if await self._post(http, url, event):
                        if self._queue and self._queue[0] is event:
                            self._queue.popleft()
                        pause = FIRST_PAUSE
                    else:
                        await asyncio.sleep(pause * random.uniform(0.7, 1.3))
                        pause = min(pause * 2, LONGEST_PAUSE)
                self._wake.clear()
                self._idle.set()

    async def _post(self, http: aiohttp.ClientSession, url: str, event: dict[str, Any]) -> bool:
        """Whether the event is settled: accepted, or refused for good."""
        headers = {"Authorization": f"Bearer {sign_service(self._secret, 'events')}"}
        try:
            async with http.post(url, json=event, headers=headers, allow_redirects=False) as response:
                if response.status < 300:
                    return True
                settled = response.status < 500 and response.status not in (408, 425, 429)
                log.warning(
                    "media.event_refused", event_name=event["event"], status=response.status, settled=settled
                )
                return settled
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            log.warning("media.event_unsent", event_name=event["event"], reason=type(error).__name__)
            return False

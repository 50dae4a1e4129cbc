"""What a command handler may do with the socket that asked, and the live parts of one process."""

from __future__ import annotations

import asyncio
import threading
import time
from collections import Counter
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from contextvars import copy_context
from functools import partial
from itertools import islice
from typing import Any, ParamSpec, TypeVar
from weakref import WeakKeyDictionary

import structlog
from django.conf import settings
from django.db import connection, connections

from conference.core.streams import positions
from conference.rooms.queries import room_stream
from realtime.hub import Hub, end
from realtime.presence import Presence
from realtime.sockets import Socket

log = structlog.get_logger(__name__)

P = ParamSpec("P")
R = TypeVar("R")

# Channels runs everything of a process on one thread by default: one slow query would hold up every socket. A few threads
# are enough, and bound the database connections that sockets take. They keep theirs for a minute: to connect anew for each
# command, as Channels does, costs more than the command.
THREADS = 4
KEEP = 60.0
_threads = ThreadPoolExecutor(max_workers=THREADS, thread_name_prefix="commands")


async def in_database(work: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
    """Run an action or a query on one of the command threads."""
    # The context carries the language; asgiref's way through it costs more than a query.
    call: Callable[[], R] = partial(_with_connection, work, *args, **kwargs)
    return await asyncio.get_running_loop().run_in_executor(_threads, copy_context().run, call)


def _with_connection(work: Callable[..., R], *args: Any, **kwargs: Any) -> R:
    connection.close_if_unusable_or_obsolete()
    if connection.connection is None:
        connection.ensure_connection()
        connection.close_at = time.monotonic() + KEEP
    return work(*args, **kwargs)


def close_database_connections() -> None:
    """Give the command threads' connections back; the next command makes a new one."""
    started = len(_threads._threads)
    together = threading.Barrier(started + 1)

    def close() -> None:
        together.wait(10)
        connections.close_all()

    closing = [_threads.submit(close) for _thread in range(started)]
    together.wait(10)
    for each in closing:
        each.result()


RECHECK = 600.0
"""Seconds within which the rights of everybody who only listens are looked at again, told of a change or not."""
LOOK_AT_ONCE = 4
"""People whose rights are looked at side by side."""


class Live:
    """Hub and presence of this process: begin with the first socket, end with the last."""

    def __init__(self) -> None:
        self.sockets: set[Socket] = set()
        self.addresses: Counter[str] = Counter()
        self.hub = Hub(settings.REDIS_URL, _positions)
        self.presence = Presence(self.hub)
        self.rights = Rights()
        self.hub.start()
        self.presence.start()
        self.rights.start()

    async def stop(self) -> None:
        await self.rights.stop()
        await self.presence.stop()
        await self.hub.stop()


async def _positions(streams: list[str]) -> dict[str, int]:
    return await in_database(positions, streams)


Look = Callable[[bool], Awaitable[None]]
"""Looks at the rights of one socket; told whether something has changed, or it is only its turn."""


class Rights:
    """Looks again at what the people behind the sockets may: at once where something changed, and at everyone in turn. One
    task for all sockets; `look` of each ends what they may not any more."""

    def __init__(self) -> None:
        self._everyone: dict[Look, None] = {}
        self._due: dict[Look, bool] = {}
        self._task: asyncio.Task[None] | None = None
        self._wake = asyncio.Event()

    def start(self) -> None:
        self._task = asyncio.create_task(self._run())

    async def stop(self) -> None:
        await end([self._task] if self._task else [])

    def watch(self, look: Look) -> None:
        self._everyone[look] = None

    def forget(self, look: Look) -> None:
        self._everyone.pop(look, None)
        self._due.pop(look, None)

    def look_now(self, look: Look) -> None:
        self._due[look] = True
        self._wake.set()

    async def _run(self) -> None:
        owed = 0.0
        while True:
            with suppress(TimeoutError):
                await asyncio.wait_for(self._wake.wait(), 1.0)
            if not self._wake.is_set():
                owed = min(owed + len(self._everyone) / RECHECK, len(self._everyone))
                for look in list(islice(self._everyone, int(owed))):
                    del self._everyone[look]
                    self._everyone[look] = None  # to the end of the row
                    self._due.setdefault(look, False)
                owed -= int(owed)
            self._wake.clear()
            while self._due:
                some = list(islice(self._due.items(), LOOK_AT_ONCE))
                for look, _changed in some:
                    del self._due[look]
                looking = [look(changed) for look, changed in some]
                for done in await asyncio.gather(*looking, return_exceptions=True):
                    if isinstance(done, Exception):
                        log.error("rights.not_checked", exc_info=done)


_live: WeakKeyDictionary[asyncio.AbstractEventLoop, Live] = WeakKeyDictionary()


def attach(socket: Socket, address: str = "") -> Live:
    """Count the socket in, and get the live parts of this event loop."""
    loop = asyncio.get_running_loop()
    if loop not in _live:
        _live[loop] = Live()
    live = _live[loop]
    live.sockets.add(socket)
    live.addresses[address] += 1
    return live


async def detach(socket: Socket, live: Live, address: str = "") -> None:
    """Count the socket out. Its streams and rooms must have been left."""
    live.sockets.discard(socket)
    live.addresses[address] -= 1
    if live.addresses[address] <= 0:
        del live.addresses[address]
    if not live.sockets and _live.get(asyncio.get_running_loop()) is live:
        del _live[asyncio.get_running_loop()]
        await live.stop()


class Connection:
    """One socket's streams and rooms."""

    def __init__(self, socket: Socket, live: Live, *, media_url: str) -> None:
        self.socket = socket
        self.live = live
        self.media_url = media_url
        self.streams: set[str] = set()
        self.rooms: dict[int, str] = {}
        self.looked = 0
        """How often this person's rights were looked at."""

    async def follow(self, stream: str) -> None:
        self.streams.add(stream)
        await self.live.hub.follow(stream, self.socket)

    def unfollow(self, stream: str) -> None:
        self.streams.discard(stream)
        self.live.hub.unfollow(stream, self.socket)

    def enter(self, room_id: int, role: str, person: dict[str, Any], *, in_hall: bool = False) -> None:
        """Be counted among those who are in the room; once for each socket."""
        if room_id not in self.rooms:
            self.live.presence.join(room_id, person, in_hall=in_hall)
        self.rooms[room_id] = role

    def leave(self, room_id: int) -> None:
        if self.rooms.pop(room_id, None) is not None and self.socket.person is not None:
            self.live.presence.leave(room_id, self.socket.person)

    def leave_room(self, room_id: int) -> None:
        """Be there no more, and hear nothing further of it."""
        self.leave(room_id)
        stream = room_stream(room_id)
        for each in [each for each in self.streams if each == stream or each.startswith(f"{stream}.")]:
            self.unfollow(each)

    def leave_everything(self) -> None:
        for room_id in list(self.rooms):
            self.leave(room_id)
        for stream in list(self.streams):
            self.unfollow(stream)

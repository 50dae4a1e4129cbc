"""What a command handler may do with the socket that asked, and the live parts of one process."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, ParamSpec, TypeVar
from weakref import WeakKeyDictionary

from asgiref.sync import sync_to_async
from django.conf import settings
from django.db import connection, connections

from realtime.hub import Hub
from realtime.presence import Presence
from realtime.sockets import Socket

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
    call = sync_to_async(_with_connection, thread_sensitive=False, executor=_threads)
    result: R = await call(work, *args, **kwargs)
    return result


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


class Live:
    """Hub and presence of this process: begin with the first socket, end with the last."""

    def __init__(self) -> None:
        self.sockets: set[Socket] = set()
        self.hub = Hub(settings.REDIS_URL)
        self.presence = Presence(self.hub)
        self.hub.start()
        self.presence.start()

    async def stop(self) -> None:
        await self.presence.stop()
        await self.hub.stop()


_live: WeakKeyDictionary[asyncio.AbstractEventLoop, Live] = WeakKeyDictionary()


def attach(socket: Socket) -> Live:
    """Count the socket in, and get the live parts of this event loop."""
    loop = asyncio.get_running_loop()
    if loop not in _live:
        _live[loop] = Live()
    live = _live[loop]
    live.sockets.add(socket)
    return live


async def detach(socket: Socket, live: Live) -> None:
    """Count the socket out. Its streams and rooms must have been left."""
    live.sockets.discard(socket)
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

    async def follow(self, stream: str) -> None:
        self.streams.add(stream)
        await self.live.hub.follow(stream, self.socket)

    def unfollow(self, stream: str) -> None:
        self.streams.discard(stream)
        self.live.hub.unfollow(stream, self.socket)

    def enter(self, room_id: int, role: str, person: dict[str, Any]) -> None:
        """Be counted among those who are in the room; once for each socket."""
        if room_id not in self.rooms:
            self.live.presence.join(room_id, person)
        self.rooms[room_id] = role

    def leave(self, room_id: int) -> None:
        if self.rooms.pop(room_id, None) is not None:
            self.live.presence.leave(room_id, self.socket.person)

    def leave_everything(self) -> None:
        for room_id in list(self.rooms):
            self.leave(room_id)
        for stream in list(self.streams):
            self.unfollow(stream)

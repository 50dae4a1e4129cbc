"""The hub: one in each web process. It reads the bus once, and gives each frame, as it was encoded, to all local sockets.

The bus is one Redis stream (`core.streams.BUS`) for updates and one pub/sub channel for signals. The hub remembers where in
the bus it is: when Redis goes and comes back it reads on from there. What an action could not send meanwhile is in the
database only, so followers are then asked to resume, and find out.

Updates of one stream are numbered without gaps by the database but may reach the bus a little out of order, from two
processes. The hub holds an early one back for a moment. A number that never comes is a gap: it delivers the rest, and the
browsers, who see the gap, resume.

Sockets take frames through `Socket.offer`, which never blocks. That is the seam for faster transports later.
"""

from __future__ import annotations

import asyncio
import json
import random
from collections import deque
from dataclasses import dataclass, field
from typing import Any

import redis.asyncio as redis
import structlog
from redis.exceptions import RedisError

from conference.core.streams import BUS, HISTORY, HISTORY_LENGTH, SIGNALS
from realtime.protocol import signal_frame
from realtime.sockets import Socket

RING = 500
HOLD = 0.25
"""Seconds that an early update waits for the one before it."""
BLOCK = 5.0
"""Seconds that a read of the bus waits. The connection's own time limit must be longer: redis-py's default is not."""
READY = 3.0
"""Seconds that following waits for the bus; without Redis people still get in, and catch up later."""
YIELD_EVERY = 500

log = structlog.get_logger(__name__)

RETRIABLE = (RedisError, OSError, asyncio.TimeoutError)


@dataclass(slots=True)
class Track:
    """What the hub knows of one followed stream."""

    members: set[Socket] = field(default_factory=set)
    ring: deque[tuple[int, str]] = field(default_factory=lambda: deque(maxlen=RING))
    last: int | None = None
    held: dict[int, str] = field(default_factory=dict)
    timer: asyncio.TimerHandle | None = None


async def end(tasks: list[asyncio.Task[None]]) -> None:
    """Cancel the tasks until they have ended: redis-py takes a cancellation during its connecting for its own."""
    running = set(tasks)
    while running:
        for task in running:
            task.cancel()
        _done, running = await asyncio.wait(running, timeout=0.2)


class Hub:
    """Streams and their local followers. Lives in one event loop; `start` and `stop` frame its life."""

    def __init__(self, redis_url: str) -> None:
        self.tracks: dict[str, Track] = {}
        self.server = redis.Redis.from_url(redis_url, socket_timeout=2, socket_connect_timeout=2)
        self._bus = redis.Redis.from_url(redis_url, socket_timeout=BLOCK * 3, socket_connect_timeout=2)
        self._ready = asyncio.Event()
        self._tasks: list[asyncio.Task[None]] = []

    def start(self) -> None:
        self._tasks = [asyncio.create_task(self._read_bus()), asyncio.create_task(self._read_signals())]

    async def stop(self) -> None:
        for track in self.tracks.values():
            if track.timer:
                track.timer.cancel()
        await end(self._tasks)
        await self._bus.aclose()
        await self.server.aclose()

    # --- followers ---

    async def follow(self, stream: str, socket: Socket) -> None:
        """From now on `socket` gets the frames of `stream`. Read the state only after this returns."""
        self.tracks.setdefault(stream, Track()).members.add(socket)
        if not self._ready.is_set():
            try:
                await asyncio.wait_for(self._ready.wait(), READY)
            except TimeoutError:
                log.warning("hub.follows_without_bus")

    def unfollow(self, stream: str, socket: Socket) -> None:
        track = self.tracks.get(stream)
        if track is None:
            return
        track.members.discard(socket)
        if not track.members:
            if track.timer:
                track.timer.cancel()
            del self.tracks[stream]

    def followers(self, stream: str) -> int:
        """How many sockets of this process follow it."""
        return len(self.tracks[stream].members) if stream in self.tracks else 0

    async def missed(self, stream: str, after: int, until: int) -> list[str] | None:
        """The frames numbered above `after` up to `until`, in order; None if they are not all kept any more."""
        if after == until:
            return []
        if after > until or until - after > RING:
            return None
        for pause in (0.1, 0.2, 0.4, None):
            known = dict(self.tracks[stream].ring) if stream in self.tracks else {}
            if not all(seq in known for seq in range(after + 1, until + 1)):
                known |= await self._history(stream)
            if all(seq in known for seq in range(after + 1, until + 1)):
                return [known[seq] for seq in range(after + 1, until + 1)]
            if pause is not None:  # committed, but perhaps only just on its way to the bus
                await asyncio.sleep(pause)
        return None

    async def _history(self, stream: str) -> dict[int, str]:
        try:
            # redis-py's types allow for every option it could have been made with.
            entries: Any = await self.server.xrevrange(HISTORY.format(stream), count=HISTORY_LENGTH)
        except RETRIABLE as error:
            log.warning("hub.no_history", error=type(error).__name__)
            return {}
        return {int(entry[b"seq"]): entry[b"frame"].decode() for _id, entry in entries}

    # --- delivery ---

    def accept(self, stream: str, seq: int, text: str) -> None:
        """An update from the bus: deliver it in its place."""
        track = self.tracks.get(stream)
        if track is None or (track.last is not None and seq <= track.last):
            return
        if track.last is not None and seq > track.last + 1:
            track.held[seq] = text
            if track.timer is None:
                track.timer = asyncio.get_running_loop().call_later(HOLD, self._give_up, stream)
            return
        self._deliver(track, seq, text)
        while track.held and (following := (track.last or 0) + 1) in track.held:
            self._deliver(track, following, track.held.pop(following))
        if not track.held and track.timer:
            track.timer.cancel()
            track.timer = None

    def _give_up(self, stream: str) -> None:
        track = self.tracks.get(stream)
        if track is None:
            return
        track.timer = None
        for seq in sorted(track.held):
            self._deliver(track, seq, track.held.pop(seq))

    def _deliver(self, track: Track, seq: int, text: str) -> None:
        track.last = seq
        track.ring.append((seq, text))
        concerns_rights = '"update":"rights.' in text[:120]
        for socket in track.members:
            socket.offer(text)
            if concerns_rights:
                socket.recheck.set()

    def pass_on(self, stream: str, text: str) -> None:
        """A signal: to whoever keeps up."""
        track = self.tracks.get(stream)
        for socket in track.members if track else ():
            socket.offer(text, passing=True)

    def _ask_to_resume(self) -> None:
        for stream, track in self.tracks.items():
            text = signal_frame(stream, "resume", {})
            for socket in track.members:
                socket.offer(text)

    # --- the bus ---

    async def _read_bus(self) -> None:
        position: Any = None
        failures = 0
        while True:
            try:
                if position is None:
                    newest: Any = await self._bus.xrevrange(BUS, count=1)
                    position = newest[0][0] if newest else "0-0"
                    self._ready.set()
                reply: Any = await self._bus.xread(
                    {BUS: position}, count=YIELD_EVERY, block=1 if failures else int(BLOCK * 1000)
                )
                for _name, entries in reply or ():
                    for number, entry in entries:
                        self.accept(entry[b"stream"].decode(), int(entry[b"seq"]), entry[b"frame"].decode())
                        position = number
                        await asyncio.sleep(0)
                if failures:
                    log.info("hub.bus_is_back", after_failures=failures)
                    failures = 0
                    self._ask_to_resume()
            except RETRIABLE as error:
                failures += 1
                log.warning("hub.bus_lost", error=type(error).__name__, failures=failures)
                await asyncio.sleep(min(5.0, 0.2 * 2 ** min(failures, 5)) * random.uniform(0.5, 1.0))

    async def _read_signals(self) -> None:
        failures = 0
        while True:
            try:
                async with self._bus.pubsub(ignore_subscribe_messages=True) as listener:
                    await listener.subscribe(SIGNALS)
                    failures = 0
                    while True:
                        message = await listener.get_message(timeout=BLOCK)
                        if message is not None and message["type"] == "message":
                            text = message["data"].decode()
                            self.pass_on(json.loads(text)["stream"], text)
            except RETRIABLE as error:
                failures += 1
                log.warning("hub.signals_lost", error=type(error).__name__)
                await asyncio.sleep(min(5.0, 0.2 * 2 ** min(failures, 5)) * random.uniform(0.5, 1.0))

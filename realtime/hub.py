"""The hub: one in each web process. It reads the bus once, and gives each frame, as it was encoded, to all local sockets.

The bus is one Redis stream (`core.streams.BUS`) for updates and pub/sub channels for signals. The hub remembers where in
the bus it is: when Redis goes and comes back it reads on from there. What a process could not send meanwhile it sends then
(`core.streams`); what a process that died could not send is in the database only, so followers are told where their streams
stand, and whoever is behind resumes.

Updates of one stream are numbered without gaps by the database but may reach the bus a little out of order, from two
processes. The hub holds an early one back for a moment. A number that never comes is a gap: it delivers the rest, and the
browsers, who see the gap, resume.

What costs is not the frame but the message: one call into the kernel for each socket. So a quiet stream is passed on at once,
and a busy one is gathered for 50 to 100 ms into one message. Signals of which only the newest counts go out at most once a
second, and counters are summed over all processes for 300 ms. A room with thousands of sockets is served in slices, so that
others get their turn in between. Sockets never block (`sockets`).
"""

from __future__ import annotations

import asyncio
import json
import random
from collections import Counter, deque
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any, Protocol

import redis.asyncio as redis
import structlog
from redis.exceptions import RedisError

from conference.core.streams import BUS, COUNTS, HISTORY, HISTORY_LENGTH, LATEST, SIGNALS, read_latest
from realtime.protocol import signal_frame
from realtime.sockets import Packet

RING = 500
HOLD = 0.25
"""Seconds that an early update waits for the one before it."""
BLOCK = 5.0
"""Seconds that a read of the bus waits. The connection's own time limit must be longer: redis-py's default is not."""
READY = 3.0
"""Seconds that following waits for the bus; without Redis people still get in, and catch up later."""
YIELD_EVERY = 500
"""Sockets that are served in one go, before others get their turn."""
GATHER = 0.05
GATHER_MOST = 0.1
"""Seconds for which the frames of a busy stream are gathered: as long as handing out the last ones took, within these."""
LATEST_EVERY = 1.0
COUNT_FOR = 0.3
MAX_KEYS = 50
"""Things that one signal may count."""

log = structlog.get_logger(__name__)

RETRIABLE = (RedisError, OSError, asyncio.TimeoutError)


Positions = Callable[[list[str]], Awaitable[dict[str, int]]]


async def _no_positions(_streams: list[str]) -> dict[str, int]:
    return {}


class Follower(Protocol):
    """What the hub gives the frames of a stream to: mostly a `sockets.Socket`."""

    rights_changed: Callable[[], None]

    def take(self, packet: Packet) -> None: ...


@dataclass(slots=True)
class Latest:
    """A signal of which only the newest counts."""

    text: str
    order: int
    told: float = float("-inf")
    timer: asyncio.TimerHandle | None = None


@dataclass(slots=True)
class Track:
    """What the hub knows of one followed stream."""

    members: set[Follower] = field(default_factory=set)
    ring: deque[tuple[int, str]] = field(default_factory=lambda: deque(maxlen=RING))
    last: int | None = None
    held: dict[int, str] = field(default_factory=dict)
    timer: asyncio.TimerHandle | None = None
    gathered: list[tuple[str, bool]] = field(default_factory=list)
    turn: asyncio.TimerHandle | asyncio.Task[None] | None = None
    """The handing out that is due or under way."""
    served: float = float("-inf")
    pause: float = GATHER
    latest: dict[str, Latest] = field(default_factory=dict)
    counts: dict[str, Counter[str]] = field(default_factory=dict)

    def stop(self) -> None:
        for waiting in (self.timer, self.turn, *(each.timer for each in self.latest.values())):
            if waiting is not None:
                waiting.cancel()


async def end(tasks: list[asyncio.Task[None]]) -> None:
    """Cancel the tasks until they have ended: redis-py takes a cancellation during its connecting for its own."""
    running = set(tasks)
    while running:
        for task in running:
            task.cancel()
        _done, running = await asyncio.wait(running, timeout=0.2)


class Hub:
    """Streams and their local followers. Lives in one event loop; `start` and `stop` frame its life."""

    def __init__(self, redis_url: str, positions: Positions = _no_positions) -> None:
        self.delayed = False
        """Whether updates of other processes do not come at the moment: Redis is away."""
        self._positions = positions
        self.tracks: dict[str, Track] = {}
        self.server = redis.Redis.from_url(redis_url, socket_timeout=2, socket_connect_timeout=2)
        self._bus = redis.Redis.from_url(redis_url, socket_timeout=BLOCK * 3, socket_connect_timeout=2)
        self._ready = asyncio.Event()
        self._tasks: list[asyncio.Task[None]] = []

    def start(self) -> None:
        self._tasks = [asyncio.create_task(self._read_bus()), asyncio.create_task(self._read_signals())]

    async def stop(self) -> None:
        for track in self.tracks.values():
            track.stop()
        await end(self._tasks)
        await self._bus.aclose()
        await self.server.aclose()

    # --- followers ---

    async def follow(self, stream: str, socket: Follower) -> None:
        """From now on `socket` gets the frames of `stream`. Read the state only after this returns."""
        self.tracks.setdefault(stream, Track()).members.add(socket)
        if not self._ready.is_set():
            try:
                await asyncio.wait_for(self._ready.wait(), READY)
            except TimeoutError:
                log.warning("hub.follows_without_bus")

    def unfollow(self, stream: str, socket: Follower) -> None:
        track = self.tracks.get(stream)
        if track is None:
            return
        track.members.discard(socket)
        if not track.members:
            track.stop()
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
        self._deliver(stream, track, seq, text)
        while track.held and (following := (track.last or 0) + 1) in track.held:
            self._deliver(stream, track, following, track.held.pop(following))
        if not track.held and track.timer:
            track.timer.cancel()
            track.timer = None

    def _give_up(self, stream: str) -> None:
        track = self.tracks.get(stream)
        if track is None:
            return
        track.timer = None
        for seq in sorted(track.held):
            self._deliver(stream, track, seq, track.held.pop(seq))

    def _deliver(self, stream: str, track: Track, seq: int, text: str) -> None:
        track.last = seq
        track.ring.append((seq, text))
        self._gather(stream, track, text, passing=False)
        if '"update":"rights.' in text[:120]:
            for socket in list(track.members):
                socket.rights_changed()

    def pass_on(self, stream: str, text: str) -> None:
        """A signal: to whoever keeps up."""
        track = self.tracks.get(stream)
        if track is not None:
            self._gather(stream, track, text, passing=True)

    def pass_on_latest(self, stream: str, name: str, order: int, text: str) -> None:
        """A signal that replaces the one before it: at once, then the newest after a second."""
        track = self.tracks.get(stream)
        if track is None:
            return
        known = track.latest.get(name)
        if known is None:
            known = track.latest[name] = Latest(text, order)
        elif order < known.order:
            return  # it overtook this one on the way
        known.text, known.order = text, order
        if known.timer is None:
            loop = asyncio.get_running_loop()
            known.timer = loop.call_at(
                max(loop.time(), known.told + LATEST_EVERY), self._tell_latest, stream, known
            )

    def _tell_latest(self, stream: str, known: Latest) -> None:
        known.timer = None
        known.told = asyncio.get_running_loop().time()
        self.pass_on(stream, known.text)

    def add_counts(self, stream: str, name: str, counts: dict[str, int]) -> None:
        """Sum what all processes counted, and tell it after a moment as one signal."""
        track = self.tracks.get(stream)
        if track is None:
            return
        if name not in track.counts:
            track.counts[name] = Counter()
            asyncio.get_running_loop().call_later(COUNT_FOR, self._tell_counts, stream, track, name)
        track.counts[name].update(counts)

    def _tell_counts(self, stream: str, track: Track, name: str) -> None:
        counted = track.counts.pop(name)
        if self.tracks.get(stream) is track:
            self.pass_on(stream, signal_frame(stream, name, dict(counted.most_common(MAX_KEYS))))

    # --- handing out ---

    def _gather(self, stream: str, track: Track, text: str, *, passing: bool) -> None:
        """At once where the stream was quiet; else with what else comes until it is its turn."""
        track.gathered.append((text, passing))
        if track.turn is not None:
            return
        loop = asyncio.get_running_loop()
        due = track.served + track.pause
        if loop.time() >= due:
            self._hand_out(stream, track)
        else:
            track.turn = loop.call_at(due, self._hand_out, stream, track)

    def _hand_out(self, stream: str, track: Track) -> None:
        packet = Packet(track.gathered)
        track.gathered = []
        began = asyncio.get_running_loop().time()
        members = list(track.members)
        for socket in members[:YIELD_EVERY]:
            socket.take(packet)
        if len(members) > YIELD_EVERY:
            track.turn = asyncio.create_task(self._hand_out_slices(stream, track, packet, members, began))
        else:
            self._handed_out(stream, track, began)

    async def _hand_out_slices(
        self, stream: str, track: Track, packet: Packet, members: list[Follower], began: float
    ) -> None:
        for first in range(YIELD_EVERY, len(members), YIELD_EVERY):
            await asyncio.sleep(0)
            for socket in members[first : first + YIELD_EVERY]:
                if socket in track.members:  # nothing comes after having left
                    socket.take(packet)
        self._handed_out(stream, track, began)

    def _handed_out(self, stream: str, track: Track, began: float) -> None:
        loop = asyncio.get_running_loop()
        track.served = loop.time()
        track.pause = min(GATHER_MOST, max(GATHER, track.served - began))
        due = track.served + track.pause
        track.turn = loop.call_at(due, self._hand_out, stream, track) if track.gathered else None

    # --- Redis goes and comes back ---

    def _be_delayed(self, delayed: bool) -> None:
        """Tell everyone, once, that live updates are late, or that they are not any more. Each socket follows the stream of
        its person, or of the screens in a hall, so that reaches each once."""
        if self.delayed == delayed:
            return
        self.delayed = delayed
        for stream in [
            name for name in self.tracks if name.startswith("person.") or name.endswith(".screens")
        ]:
            self.pass_on(stream, signal_frame(stream, "delayed", {"delayed": delayed}))

    async def _catch_up(self) -> None:
        """Tell where the streams stand: whoever is behind resumes."""
        names = list(self.tracks)
        try:
            known = await self._positions(names)
        except Exception:
            log.exception("hub.no_positions")
            known = {}
        for stream in names:
            data = {"seq": known[stream]} if stream in known else {}
            track = self.tracks.get(stream)
            if track is not None:
                self._gather(stream, track, signal_frame(stream, "resume", data), passing=False)
            await asyncio.sleep(0)

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
                    self._be_delayed(False)
                    await self._catch_up()
            except RETRIABLE as error:
                failures += 1
                self._be_delayed(True)
                log.warning("hub.bus_lost", error=type(error).__name__, failures=failures)
                await asyncio.sleep(min(5.0, 0.2 * 2 ** min(failures, 5)) * random.uniform(0.5, 1.0))

    async def _read_signals(self) -> None:
        failures = 0
        while True:
            try:
                async with self._bus.pubsub(ignore_subscribe_messages=True) as listener:
                    await listener.subscribe(SIGNALS, LATEST, COUNTS)
                    failures = 0
                    while True:
                        message = await listener.get_message(timeout=BLOCK)
                        if message is not None and message["type"] == "message":
                            self._hear(message["channel"].decode(), message["data"].decode())
            except RETRIABLE as error:
                failures += 1
                log.warning("hub.signals_lost", error=type(error).__name__)
                await asyncio.sleep(min(5.0, 0.2 * 2 ** min(failures, 5)) * random.uniform(0.5, 1.0))

    def _hear(self, channel: str, text: str) -> None:
        if channel == LATEST:
            self.pass_on_latest(*read_latest(text))
        elif channel == COUNTS:
            counted = json.loads(text)
            self.add_counts(counted["stream"], counted["signal"], counted["counts"])
        else:
            self.pass_on(json.loads(text)["stream"], text)

"""Streams: how a change reaches the browsers.

An action calls `publish` inside its transaction. Each stream has a position in the database; taking the next number
locks the stream's row until the commit, so numbers have no gaps and stand in the order of the commits, and they outlive a
restart of the cache. After the commit the frame, encoded once, goes to two Redis streams: the history of its own stream
(`stream:<name>`, for browsers that resume) and the bus (`bus`, read by the hub of every web process). A failing Redis is
logged and never undoes the change: the frames are kept and sent when it is back. If this process ends before, browsers
notice the gap and enter again.

Names: `room.12` for everyone in a room, `room.12.hosts` for those who run it, `person.7` for one person's tabs.

What is not durable travels as signals, without a number: `signal` as it is, `signal_latest` where only the newest counts
(numbers, results), `count` for what many do at once and nobody needs to see one by one (reactions).
"""

from __future__ import annotations

import json
import threading
from collections import Counter, deque
from collections.abc import Callable, Iterable, Mapping
from functools import cache
from typing import Any

import redis
import structlog
from django.conf import settings
from django.core.serializers.json import DjangoJSONEncoder
from django.db import connection, transaction

HISTORY = "stream:{}"
HISTORY_LENGTH = 2000
BUS = "bus"
BUS_LENGTH = 20_000
SIGNALS = "signals"
LATEST = "signals.latest"
COUNTS = "signals.counts"

MOST_KEPT = 10_000
"""Frames that are kept while Redis is away."""
SEND_AGAIN = 1.0
SEND_COUNTS = 0.1

log = structlog.get_logger(__name__)

_NEXT = """
    INSERT INTO conference_stream (name, seq) VALUES (%s, 1)
    ON CONFLICT (name) DO UPDATE SET seq = conference_stream.seq + 1
    RETURNING seq
"""


@cache
def cache_server() -> redis.Redis:
    """This process's connection pool to Redis; lazy, thread-safe, and bounded in time."""
    return redis.Redis.from_url(settings.REDIS_URL, socket_timeout=2, socket_connect_timeout=2)


def encode(frame: dict[str, Any]) -> str:
    """The one encoding of frames: compact, with dates as ISO 8601."""
    return json.dumps(frame, cls=DjangoJSONEncoder, ensure_ascii=False, separators=(",", ":"))


def publish(
    streams: str | Iterable[str],
    kind: str,
    *,
    saved: dict[str, Any] | None = None,
    removed: int | str | None = None,
) -> None:
    """Announce, after the commit, that the thing `saved` (its public form, with `id`) replaces what readers had, or that
    the one with id `removed` is gone. Must be called inside the action's transaction."""
    if (saved is None) == (removed is None):
        raise ValueError("Give either saved or removed.")
    if not connection.in_atomic_block:
        raise RuntimeError("publish() belongs inside the transaction of the action.")
    names = [streams] if isinstance(streams, str) else sorted(set(streams))
    update, data = (f"{kind}.saved", saved) if removed is None else (f"{kind}.removed", {"id": removed})
    frames = []
    with connection.cursor() as cursor:
        for name in names:
            cursor.execute(_NEXT, [name])
            seq = cursor.fetchone()[0]
            frames.append((name, seq, encode({"stream": name, "update": update, "seq": seq, "data": data})))
    transaction.on_commit(lambda: _send(frames))


_NEXT_OF_EACH = """
    INSERT INTO conference_stream (name, seq)
    SELECT name, 1 FROM unnest(%s::text[]) WITH ORDINALITY AS each(name, place) ORDER BY place
    ON CONFLICT (name) DO UPDATE SET seq = conference_stream.seq + 1
    RETURNING name, seq
"""


def publish_each(kind: str, saved: Mapping[str, dict[str, Any]]) -> None:
    """`publish` for many streams at once, each with its own thing: one statement however many there are."""
    if not connection.in_atomic_block:
        raise RuntimeError("publish_each() belongs inside the transaction of the action.")
    if not saved:
        return
    with connection.cursor() as cursor:
        cursor.execute(_NEXT_OF_EACH, [sorted(saved)])
        numbers = cursor.fetchall()
    update = f"{kind}.saved"
    frames = [
        (name, seq, encode({"stream": name, "update": update, "seq": seq, "data": saved[name]}))
        for name, seq in numbers
    ]
    transaction.on_commit(lambda: _send(frames))


_HOLD = """
    INSERT INTO conference_stream (name, seq)
    SELECT name, 0 FROM unnest(%s::text[]) WITH ORDINALITY AS each(name, place) ORDER BY place
    ON CONFLICT (name) DO UPDATE SET seq = conference_stream.seq
"""


def hold(streams: Iterable[str]) -> None:
    """Take the locks of several streams in the order of their names, for an action made of others that write to them in
    another order. Held until the end of the transaction."""
    if not connection.in_atomic_block:
        raise RuntimeError("hold() belongs inside the transaction of the action.")
    with connection.cursor() as cursor:
        cursor.execute(_HOLD, [sorted(set(streams))])


class _Kept:
    """What could not be sent yet, in the order of the commits, and what was counted and not told yet. One in each process."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.frames: deque[tuple[str, int, str]] = deque(maxlen=MOST_KEPT)
        self.counts: dict[tuple[str, str], Counter[str]] = {}


_kept = _Kept()


def _send(frames: list[tuple[str, int, str]]) -> None:
    with _kept.lock:
        if _kept.frames:  # behind what waits already
            _kept.frames.extend(frames)
            return
    try:
        _write(frames)
    except redis.RedisError as error:
        log.warning(
            "streams.not_sent", streams=[name for name, _seq, _frame in frames], error=type(error).__name__
        )
        with _kept.lock:
            waiting = bool(_kept.frames)
            _kept.frames.extend(frames)
        if not waiting:
            _after(SEND_AGAIN, _send_again)


def _write(frames: Iterable[tuple[str, int, str]]) -> None:
    with cache_server().pipeline(transaction=False) as pipe:
        for name, seq, frame in frames:
            entry: dict[Any, Any] = {"seq": seq, "frame": frame}
            pipe.xadd(HISTORY.format(name), entry, maxlen=HISTORY_LENGTH, approximate=True)
            pipe.expire(HISTORY.format(name), 7 * 24 * 3600)
            pipe.xadd(BUS, {"stream": name, **entry}, maxlen=BUS_LENGTH, approximate=True)
        pipe.execute()


def _send_again() -> None:
    """Send what was kept, oldest first. What arrives twice because only the answer was lost has the same number."""
    while True:
        with _kept.lock:
            some = [_kept.frames[place] for place in range(min(200, len(_kept.frames)))]
        if not some:
            return
        try:
            _write(some)
        except redis.RedisError:
            _after(SEND_AGAIN, _send_again)
            return
        with _kept.lock:
            for frame in some:
                if (
                    _kept.frames and _kept.frames[0] == frame
                ):  # else it fell out, being the oldest of too many
                    _kept.frames.popleft()


def _after(seconds: float, work: Callable[[], None]) -> None:
    timer = threading.Timer(seconds, work)
    timer.daemon = True
    timer.start()


def signal(stream: str, name: str, data: dict[str, Any]) -> None:
    """Tell followers something passing (a typing mark, a raised hand). It has no number and may be lost."""
    _tell(SIGNALS, stream, encode({"stream": stream, "signal": name, "data": data}))


def signal_latest(stream: str, name: str, data: dict[str, Any], *, order: int = 0) -> None:
    """Tell followers how something stands (a number of people, the results of a poll): each `data` replaces the one before,
    and they get the newest at most once a second. Inside a transaction it goes out after the commit.

    Two processes may overtake one another. Where that matters give `order`, a number that grows with what is told (such as
    the ballots counted so far): what is older than the newest known is dropped.
    """
    frame = encode({"stream": stream, "signal": name, "data": data})
    _after_commit(lambda: _tell(LATEST, stream, latest_text(stream, name, frame, order)))


def latest_text(stream: str, name: str, frame: str, order: int = 0) -> str:
    """What goes over the channel of such signals: the hubs need not read the frame."""
    return f"{stream} {name} {order} {frame}"


def read_latest(text: str) -> tuple[str, str, int, str]:
    """The way back: stream, name, order and frame."""
    stream, name, order, frame = text.split(" ", 3)
    return stream, name, int(order), frame


def count(stream: str, name: str, key: str, by: int = 1) -> None:
    """Count one more of `key` (a reaction, say) on this stream. Followers get the sums over everybody of a moment, as one signal
    `name` with `{key: how many more}`, a few times a second. Inside a transaction it counts after the commit."""
    _after_commit(lambda: _count(stream, name, key, by))


def _after_commit(work: Callable[[], None]) -> None:
    if connection.in_atomic_block:
        transaction.on_commit(work)
    else:
        work()


def _count(stream: str, name: str, key: str, by: int) -> None:
    with _kept.lock:
        first = not _kept.counts
        _kept.counts.setdefault((stream, name), Counter())[key] += by
    if first:
        _after(SEND_COUNTS, _send_counts)


def _send_counts() -> None:
    with _kept.lock:
        counted, _kept.counts = _kept.counts, {}
    for (stream, name), counts in counted.items():
        _tell(COUNTS, stream, encode({"stream": stream, "signal": name, "counts": counts}))


def _tell(channel: str, stream: str, text: str) -> None:
    try:
        cache_server().publish(channel, text)
    except redis.RedisError as error:
        log.warning("streams.signal_not_sent", stream=stream, error=type(error).__name__)


def position(stream: str) -> int:
    """The number of the stream's last committed update; 0 before the first."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT seq FROM conference_stream WHERE name = %s", [stream])
        row = cursor.fetchone()
    return row[0] if row else 0


def positions(streams: Iterable[str]) -> dict[str, int]:
    """The positions of several streams at once."""
    names = list(streams)
    with connection.cursor() as cursor:
        cursor.execute("SELECT name, seq FROM conference_stream WHERE name = ANY(%s)", [names])
        return {**dict.fromkeys(names, 0), **dict(cursor.fetchall())}

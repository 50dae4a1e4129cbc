"""Streams: how a change reaches the browsers.

An action calls `publish` inside its transaction. Each stream has a position in the database; taking the next number
locks the stream's row until the commit, so numbers have no gaps and stand in the order of the commits, and they outlive a
restart of the cache. After the commit the frame, encoded once, goes to two Redis streams: the history of its own stream
(`stream:<name>`, for browsers that resume) and the bus (`bus`, read by the hub of every web process). A failing Redis is
logged and never undoes the change: browsers notice the gap and enter again.

Names: `room.12` for everyone in a room, `room.12.hosts` for those who run it, `person.7` for one person's tabs.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
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


def _send(frames: list[tuple[str, int, str]]) -> None:
    try:
        with cache_server().pipeline(transaction=False) as pipe:
            for name, seq, frame in frames:
                entry: dict[Any, Any] = {"seq": seq, "frame": frame}
                pipe.xadd(HISTORY.format(name), entry, maxlen=HISTORY_LENGTH, approximate=True)
                pipe.expire(HISTORY.format(name), 7 * 24 * 3600)
                pipe.xadd(BUS, {"stream": name, **entry}, maxlen=BUS_LENGTH, approximate=True)
            pipe.execute()
    except redis.RedisError as error:
        log.warning(
            "streams.not_sent", streams=[name for name, _seq, _frame in frames], error=type(error).__name__
        )


def signal(stream: str, name: str, data: dict[str, Any]) -> None:
    """Tell followers something passing (a reaction, a typing mark). It has no number and may be lost."""
    try:
        cache_server().publish(SIGNALS, encode({"stream": stream, "signal": name, "data": data}))
    except redis.RedisError as error:
        log.warning("streams.signal_not_sent", stream=stream, error=type(error).__name__)


def position(stream: str) -> int:
    """The number of the stream's last committed update; 0 before the first."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT seq FROM conference_stream WHERE name = %s", [stream])
        row = cursor.fetchone()
    return row[0] if row else 0

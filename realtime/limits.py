"""How often a person may ask: a token bucket in memory for each socket, and for what passes it, where it matters, one in
Redis for the person, whatever number of tabs and processes they use. What a room as a whole can bear is counted there too."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any

import structlog
from django.utils.translation import ngettext_lazy

from conference.core.errors import Busy
from realtime.hub import RETRIABLE, Hub

log = structlog.get_logger(__name__)

KEY = "limit:{}:{}"
ROOM_KEY = "limit:room.{}:{}"

TOO_FAST = ngettext_lazy(
    "That was too fast. Try again in %(seconds)d second.",
    "That was too fast. Try again in %(seconds)d seconds.",
    "seconds",
)
TOO_MANY = ngettext_lazy(
    "Very many people write here at the moment. Try again in %(seconds)d second.",
    "Very many people write here at the moment. Try again in %(seconds)d seconds.",
    "seconds",
)

# The bucket as one step in Redis, so that two processes do not both take the last token.
_TAKE = """
local bucket = redis.call('HMGET', KEYS[1], 'tokens', 'at')
local most, rate = tonumber(ARGV[1]), tonumber(ARGV[2])
local clock = redis.call('TIME')
local now = tonumber(clock[1]) + tonumber(clock[2]) / 1000000
local tokens = tonumber(bucket[1]) or most
tokens = math.min(most, tokens + (now - (tonumber(bucket[2]) or now)) * rate)
local wait = 0
if tokens >= 1 then tokens = tokens - 1 else wait = (1 - tokens) / rate end
redis.call('HSET', KEYS[1], 'tokens', tostring(tokens), 'at', tostring(now))
redis.call('EXPIRE', KEYS[1], math.ceil(most / rate) + 1)
return tostring(wait)
"""


@dataclass(frozen=True, slots=True)
class Rate:
    """At most `burst` at once, and `every` seconds for each one after that. `of_person`: counted over all their sockets."""

    burst: int
    every: float
    of_person: bool = False


class Buckets:
    """The buckets of one socket."""

    def __init__(self) -> None:
        self._tokens: dict[str, tuple[float, float]] = {}

    def take(self, name: str, rate: Rate) -> float:
        """0 when one was taken, else the seconds until there is one."""
        now = time.monotonic()
        tokens, at = self._tokens.get(name, (float(rate.burst), now))
        tokens = min(float(rate.burst), tokens + (now - at) / rate.every)
        if tokens < 1:
            self._tokens[name] = (tokens, now)
            return (1 - tokens) * rate.every
        self._tokens[name] = (tokens - 1, now)
        return 0.0


async def check(hub: Hub, buckets: Buckets, person: int | None, name: str, rate: Rate) -> None:
    """Let it pass, or `Busy` with `retry_after`. Without Redis, or a person, the socket's own bucket has to do."""
    wait = buckets.take(name, rate)
    if wait <= 0 and rate.of_person and person is not None:
        wait = await _take(hub, KEY.format(person, name), rate)
    _refuse(wait, TOO_FAST)


async def check_room(hub: Hub, room: int, name: str, rate: Rate) -> None:
    """What all people in a room together may do: a text that thousands read is read by thousands of phones."""
    _refuse(await _take(hub, ROOM_KEY.format(room, name), rate), TOO_MANY)


def _refuse(wait: float, sentence: Any) -> None:
    """Say how long to wait, in full seconds, where one has to."""
    if wait > 0:
        seconds = max(1, round(wait + 0.5))
        raise Busy(sentence % {"seconds": seconds}, retry_after=seconds)


async def _take(hub: Hub, key: str, rate: Rate) -> float:
    """Seconds to wait by the bucket in Redis; 0 where Redis is away."""
    try:
        return float(await hub.server.eval(_TAKE, 1, key, str(rate.burst), str(1 / rate.every)))
    except RETRIABLE as error:
        log.warning("limits.not_counted", error=type(error).__name__)
        return 0.0

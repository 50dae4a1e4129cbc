"""Bounds: how often something may be done (counters in Redis that forget by themselves), and how large a request's body may
be, kept before Django stores it: the server in front may have none."""

from __future__ import annotations

import hashlib
from collections.abc import Awaitable, Callable
from typing import Any

import redis
import structlog
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from conference.core.errors import Busy
from conference.core.streams import cache_server

log = structlog.get_logger(__name__)


def spend(what: str, who: str, *, amount: int, seconds: int, guards: bool = True) -> None:
    """Count one more `what` by `who`; `Busy`, with the seconds to wait, once `amount` within `seconds` are used up.

    `who` may be an address: only its hash is kept. If Redis is away nothing can be counted: the doing is then refused where
    the limit `guards` something that can be guessed, and goes on where it is only about load.
    """
    key = f"limit:{what}:{seconds}:{hashlib.sha256(who.encode()).hexdigest()[:32]}"
    try:
        with cache_server().pipeline() as pipe:
            pipe.incr(key)
            pipe.expire(key, seconds, nx=True)
            pipe.ttl(key)
            used, _set, left = pipe.execute()
    except redis.RedisError as error:
        log.warning("limits.not_counted", what=what, error=type(error).__name__)
        if not guards:
            return
        raise Busy(_("This is not possible right now. Try again in a minute."), retry_after=60) from error
    if used > amount:
        left = max(int(left), 1)
        raise Busy(
            _("Too many tries. Wait %(time)s and try again.") % {"time": duration(left)}, retry_after=left
        )


def duration(seconds: int) -> str:
    """A time to wait, in words: seconds up to a minute and a half, else minutes, else hours."""
    if seconds < 90:
        return ngettext("%(count)d second", "%(count)d seconds", seconds) % {"count": seconds}
    minutes = -(-seconds // 60)
    if minutes < 90:
        return ngettext("%(count)d minute", "%(count)d minutes", minutes) % {"count": minutes}
    hours = -(-minutes // 60)
    return ngettext("%(count)d hour", "%(count)d hours", hours) % {"count": hours}


Scope = dict[str, Any]
Receive = Callable[[], Awaitable[dict[str, Any]]]
Send = Callable[[dict[str, Any]], Awaitable[None]]
Application = Callable[[Scope, Receive, Send], Awaitable[None]]

ANSWER = "This upload is larger than {megabytes} MB. Choose a smaller file. / 上传的文件超过 {megabytes} MB,请选择较小的文件。\n"


def limit_body(application: Application, most: int) -> Application:
    """Wrap an ASGI application: a body of more than `most` bytes is answered with 413 and never reaches it whole."""

    async def limited(scope: Scope, receive: Receive, send: Send) -> None:
        told = dict(scope.get("headers", [])).get(b"content-length", b"")
        if told.isdigit() and int(told) > most:
            await _refuse(send, most)
            return
        seen = 0
        answered = False

        async def counted() -> dict[str, Any]:
            nonlocal seen, answered
            message = await receive()
            seen += len(message.get("body", b""))
            if seen > most and not answered:
                answered = True
                await _refuse(send, most)
            return {"type": "http.disconnect"} if answered else message

        async def guarded(message: dict[str, Any]) -> None:
            if not answered:
                await send(message)

        await application(scope, counted, guarded)

    return limited


async def _refuse(send: Send, most: int) -> None:
    text = ANSWER.format(megabytes=most // (1024 * 1024)).encode()
    headers = [(b"content-type", b"text/plain; charset=utf-8"), (b"connection", b"close")]
    await send({"type": "http.response.start", "status": 413, "headers": headers})
    await send({"type": "http.response.body", "body": text})

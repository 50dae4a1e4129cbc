"""A bound on the size of any request's body, kept before Django stores the body: the server in front may have none."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

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

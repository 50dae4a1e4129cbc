"""What the server's transport can tell beyond ASGI: how much a slow reader has not taken yet, and how much a writer sends.

ASGI's `send` returns at once on daphne, which buffers without bound; a body that it receives it keeps whole, on the disk, before
the application hears of it. This reaches into daphne 4.2 and Twisted (both
pinned; `tests/realtime/test_daphne.py` holds the names) and says nothing where it stands on another server.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any

from daphne.http_protocol import WebRequest
from daphne.ws_protocol import WebSocketProtocol

Send = Callable[[dict[str, Any]], Awaitable[None]]


def protocol_of(send: Send) -> WebSocketProtocol | None:
    """The daphne protocol behind an ASGI `send`, or None on any other server."""
    if isinstance(send, partial) and send.args and isinstance(send.args[0], WebSocketProtocol):
        return send.args[0]
    return None


def unsent(protocol: WebSocketProtocol | None) -> int:
    """Bytes that the server holds for this reader; 0 where that cannot be known."""
    transport = getattr(protocol, "transport", None)
    if transport is None:
        return 0
    held = getattr(transport, "dataBuffer", b"")
    return len(held) - getattr(transport, "offset", 0) + getattr(transport, "_tempDataLen", 0)


def hang_up_beyond(most: int) -> None:
    """Have daphne end a connection that sends a body of more than `most` bytes: it would fill the disk. What is a little too
    large is still received, so that its sender can be told (`core.limits.limit_body`)."""
    take = WebRequest.handleContentChunk

    def take_or_hang_up(request: Any, data: bytes) -> None:
        if request.content.tell() + len(data) > most:
            request.channel.transport.abortConnection()
        else:
            take(request, data)

    WebRequest.handleContentChunk = take_or_hang_up

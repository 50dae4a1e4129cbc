"""What the server's transport can do beyond ASGI: take bytes at once, and tell how much a slow reader has not taken yet.

ASGI's `send` on daphne is a coroutine, an encoding and a wake-up for each delivery, and returns at once however much is
buffered; a body that it receives it keeps whole, on the disk, before the application hears of it. This reaches into daphne
4.2, Autobahn and Twisted (all pinned; `tests/realtime/test_daphne.py` holds the names) and keeps away from whatever it does not
know: on another server, behind TLS in the process and in tests sockets use plain ASGI.
"""

from __future__ import annotations

import struct
from collections.abc import Awaitable, Callable, Iterable
from functools import partial
from typing import Any

import structlog
from autobahn.websocket.protocol import WebSocketProtocol as Autobahn
from daphne.http_protocol import WebRequest
from daphne.ws_protocol import WebSocketProtocol
from twisted.internet import tcp

Send = Callable[[dict[str, Any]], Awaitable[None]]

OPEN = Autobahn.STATE_OPEN

log = structlog.get_logger(__name__)

# What the direct way uses of others. A name that is gone must not be found out in the middle of a delivery.
_NAMES: dict[str, tuple[str, ...]] = {
    "protocol": ("state", "sendCloseFrame", "send_queue", "_perMessageCompress", "transport"),
    "transport": ("socket", "dataBuffer", "offset", "_tempDataLen", "write", "connected", "TLS"),
}


def protocol_of(send: Send) -> WebSocketProtocol | None:
    """The daphne protocol behind an ASGI `send`, or None on any other server."""
    if isinstance(send, partial) and send.args and isinstance(send.args[0], WebSocketProtocol):
        return send.args[0]
    return None


def can_go_direct(protocol: WebSocketProtocol | None) -> bool:
    """Whether whole WebSocket frames may be written to this connection's socket past the server: an open, plain,
    uncompressed one, of which every name that is needed is there. Asked once, after accepting."""
    if protocol is None:
        return False
    transport = getattr(protocol, "transport", None)
    missing = [
        name
        for what, names in ((protocol, _NAMES["protocol"]), (transport, _NAMES["transport"]))
        for name in names
        if not hasattr(what, name)
    ]
    if not isinstance(transport, tcp.Connection) or missing:
        log.info("socket.goes_through_asgi", transport=type(transport).__name__, missing=missing)
        return False
    return (
        protocol.state == OPEN
        and protocol._perMessageCompress is None
        and not protocol.send_queue
        and not transport.TLS
        and bool(transport.connected)
    )


def message_bytes(text: str) -> bytes:
    """A text message as the one unmasked frame that a server sends (RFC 6455, 5.2)."""
    payload = text.encode("utf-8", "replace")
    size = len(payload)
    if size < 126:
        return bytes((0x81, size)) + payload
    if size < 65_536:
        return b"\x81\x7e" + struct.pack("!H", size) + payload
    return b"\x81\x7f" + struct.pack("!Q", size) + payload


def close(protocol: WebSocketProtocol, code: int) -> None:
    """Say good-bye behind everything that was written. `sendClose`, which ASGI's close comes to, refuses 1012."""
    protocol.sendCloseFrame(code=code, isReply=False)


def unsent(protocol: WebSocketProtocol | None) -> int:
    """Bytes that the server holds for this reader; 0 where that cannot be known."""
    transport = getattr(protocol, "transport", None)
    if transport is None:
        return 0
    held = getattr(transport, "dataBuffer", b"")
    return len(held) - getattr(transport, "offset", 0) + getattr(transport, "_tempDataLen", 0)


def stop_listening(protocols: Iterable[WebSocketProtocol | None]) -> None:
    """Have the server of these connections take no further ones; those that are open stay. daphne forgets its listeners; its
    reactor knows them."""
    transports = [getattr(each, "transport", None) for each in protocols]
    reactors = {
        id(found): found for each in transports if (found := getattr(each, "reactor", None)) is not None
    }
    for reactor in reactors.values():
        for reader in reactor.getReaders():
            if isinstance(reader, tcp.Port):
                reader.stopListening()


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

"""One browser's socket as the hub sees it: something that takes messages at once, in order, and never blocks its room.

A message is encoded once, however many take it (`Packet`). Where the server is known, a delivery is one `send` on the
operating system's socket: no coroutine, no task to wake, no copy (`DirectSocket`). What the kernel does not take is left
to the server's own buffer, and as long as that holds something, everything goes behind it: order is kept between updates,
replies, pings and the closing frame. On any other server a queue and one task that writes it out do the same through ASGI
(`Socket`).

A reader who does not keep up first misses signals, then loses the socket and resumes.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Sequence

from daphne.ws_protocol import WebSocketProtocol

from realtime.protocol import CLOSE_SLOW, MAX_UNANSWERED, MAX_UNSENT, MAX_UNSENT_SIGNALS, join_frames
from realtime.transports import OPEN, Send, can_go_direct, close, message_bytes, protocol_of, unsent


class Message:
    """One WebSocket message: its text, and its bytes on the wire once somebody needs them."""

    __slots__ = ("_wire", "text")

    def __init__(self, text: str) -> None:
        self.text = text
        self._wire: bytes | None = None

    @property
    def wire(self) -> bytes:
        if self._wire is None:
            self._wire = message_bytes(self.text)
        return self._wire


class Packet:
    """Frames of one stream that go out together: whole for those who keep up, without signals for those who are behind."""

    __slots__ = ("_frames", "_needed", "whole")

    def __init__(self, frames: Sequence[tuple[str, bool]]) -> None:
        """`frames`: each with whether it is passing (a signal)."""
        self._frames = frames
        self.whole = Message(join_frames([text for text, _passing in frames]))
        self._needed: Message | None = None

    @property
    def needed(self) -> Message | None:
        """What even a slow reader must have; None if there is nothing."""
        if self._needed is None:
            texts = [text for text, passing in self._frames if not passing]
            if not texts:
                return None
            self._needed = self.whole if len(texts) == len(self._frames) else Message(join_frames(texts))
        return self._needed


def _nothing() -> None:
    """Nobody asked to be told."""


class Socket:
    """An outbox with a bound, over plain ASGI. `person` is the id of whoever opened it, None for a screen in a hall; `stream` is
    the one on which it hears what concerns itself."""

    def __init__(self, send: Send, person: int | None, stream: str = "") -> None:
        self.person = person
        self.stream = stream or f"person.{person}"
        self.rights_changed: Callable[[], None] = _nothing
        """Called when an update on that stream says that rights have changed."""
        self._send = send
        self._bound = MAX_UNSENT
        self._over = False
        self._begin()

    @property
    def server_connection(self) -> WebSocketProtocol | None:
        """What the server knows this connection as; None where that is not ours to know."""
        return self._protocol

    # --- taking ---

    def offer(self, text: str, *, passing: bool = False) -> None:
        """Take one frame for this reader. A passing one (a signal) is left out while the reader is behind."""
        self.take(Packet([(text, passing)]))

    def take(self, packet: Packet) -> None:
        """Take frames, as many of them as this reader must have."""
        if self._over:
            return
        waiting = self.waiting()
        message = packet.needed if waiting > MAX_UNSENT_SIGNALS else packet.whole
        if message is None:
            return
        if waiting == 0:
            self._bound = MAX_UNSENT
        elif waiting + len(message.text) > self._bound:
            self._give_up()
            return
        self._put(message)

    def answer(self, text: str) -> None:
        """Take a reply. The reader asked for it, so a large one on a slow line is no reason to give up on them."""
        if self._over:
            return
        waiting = self.waiting()
        if waiting + len(text) > MAX_UNANSWERED:
            self._give_up()
            return
        self._bound = max(self._bound, waiting + len(text) + MAX_UNSENT)
        self._put(Message(text))

    def close(self, code: int) -> None:
        """Close after what was taken."""
        if not self._over:
            self._over = True
            self._end(code)

    def _give_up(self) -> None:
        self._forget()
        self.close(CLOSE_SLOW)

    # --- plain ASGI: a queue, and one task that writes it out ---

    def _begin(self) -> None:
        self._protocol = protocol_of(self._send)
        self._queue: deque[str] = deque()
        self._size = 0
        self._wake = asyncio.Event()
        self._code: int | None = None
        self._writer = asyncio.create_task(self._write())

    def waiting(self) -> int:
        """How much this reader has not taken yet: bytes, or characters of what is not encoded yet."""
        return self._size + unsent(self._protocol)

    def _put(self, message: Message) -> None:
        self._queue.append(message.text)
        self._size += len(message.text)
        self._wake.set()

    def _forget(self) -> None:
        self._queue.clear()
        self._size = 0

    def _end(self, code: int) -> None:
        self._code = code
        self._wake.set()

    async def gone(self) -> None:
        """The connection has ended: forget what is queued."""
        self._over = True
        self._forget()
        self._writer.cancel()
        await asyncio.gather(self._writer, return_exceptions=True)

    async def drained(self) -> None:
        """Return when a closing socket has written its last frame."""
        await asyncio.gather(self._writer, return_exceptions=True)

    async def _write(self) -> None:
        while True:
            await self._wake.wait()
            self._wake.clear()
            while self._queue:
                text = self._queue.popleft()
                self._size -= len(text)
                await self._send({"type": "websocket.send", "text": text})
            if self._code is not None:
                if self._protocol is not None:
                    close(self._protocol, self._code)
                else:
                    await self._send({"type": "websocket.close", "code": self._code})
                return


class DirectSocket(Socket):
    """A daphne connection that is written to directly. No task of its own."""

    def __init__(self, send: Send, person: int | None, stream: str, protocol: WebSocketProtocol) -> None:
        self._protocol: WebSocketProtocol = protocol
        self._transport = protocol.transport
        self._now = protocol.transport.socket.send
        super().__init__(send, person, stream)

    def take(self, packet: Packet) -> None:
        transport = self._transport
        if transport.dataBuffer or transport._tempDataLen or self._over:
            super().take(packet)
        else:
            self._bound = MAX_UNSENT
            self._write_out(packet.whole.wire)

    def _write_out(self, wire: bytes) -> None:
        """To the kernel if nothing waits before it, the rest behind what waits."""
        if self._protocol.state != OPEN:
            return
        transport = self._transport
        if transport.dataBuffer or transport._tempDataLen:
            transport.write(wire)
            return
        try:
            sent = self._now(wire)
        except BlockingIOError:
            sent = 0
        except OSError:
            return  # the line is gone; the server is about to say so
        if sent != len(wire):
            transport.write(wire[sent:])

    def _begin(self) -> None:
        pass

    def waiting(self) -> int:
        return unsent(self._protocol)

    def _put(self, message: Message) -> None:
        self._write_out(message.wire)

    def _forget(self) -> None:
        """What the server has taken cannot be taken back; who never reads it loses the connection a second after the
        closing frame."""

    def _end(self, code: int) -> None:
        close(self._protocol, code)

    async def gone(self) -> None:
        self._over = True

    async def drained(self) -> None:
        pass


def socket_for(send: Send, person: int | None, stream: str) -> Socket:
    """The fastest way to this reader that is safe on this server. To be called after accepting."""
    protocol = protocol_of(send)
    if protocol is not None and can_go_direct(protocol):
        return DirectSocket(send, person, stream, protocol)
    return Socket(send, person, stream)

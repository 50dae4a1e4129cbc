"""One browser's socket as the hub sees it: something that takes text at once, in order, and never blocks its room.

Replies and updates go through the same queue, so that what was sent first arrives first. One task writes it out. A reader
who does not keep up first misses signals, then loses the socket and resumes.
"""

from __future__ import annotations

import asyncio
from collections import deque

from realtime.protocol import CLOSE_SLOW, MAX_UNANSWERED, MAX_UNSENT, MAX_UNSENT_SIGNALS
from realtime.transports import Send, protocol_of, unsent


class Socket:
    """An outbox with a bound. `person` is the id of whoever opened it."""

    def __init__(self, send: Send, person: int) -> None:
        self.person = person
        self.recheck = asyncio.Event()
        self._send = send
        self._protocol = protocol_of(send)
        self._queue: deque[str] = deque()
        self._size = 0
        self._bound = MAX_UNSENT
        self._wake = asyncio.Event()
        self._closing: int | None = None
        self._gone = False
        self._writer = asyncio.create_task(self._write())

    def offer(self, text: str, *, passing: bool = False) -> None:
        """Take a frame for this reader. A passing one (a signal) is left out while the reader is behind."""
        waiting = self._waiting()
        if self._is_over() or (passing and waiting > MAX_UNSENT_SIGNALS):
            return
        if waiting == 0:
            self._bound = MAX_UNSENT
        elif waiting + len(text) > self._bound:
            self._queue.clear()
            self.close(CLOSE_SLOW)
            return
        self._put(text)

    def answer(self, text: str) -> None:
        """Take a reply. The reader asked for it, so a large one on a slow line is no reason to give up on them."""
        waiting = self._waiting()
        if self._is_over():
            return
        if waiting + len(text) > MAX_UNANSWERED:
            self._queue.clear()
            self.close(CLOSE_SLOW)
            return
        self._bound = max(self._bound, waiting + len(text) + MAX_UNSENT)
        self._put(text)

    def _is_over(self) -> bool:
        return self._gone or self._closing is not None

    def _waiting(self) -> int:
        return self._size + unsent(self._protocol)

    def _put(self, text: str) -> None:
        self._queue.append(text)
        self._size += len(text)
        self._wake.set()

    def close(self, code: int) -> None:
        """Close after what is queued."""
        if self._closing is None:
            self._closing = code
            self._wake.set()

    async def gone(self) -> None:
        """The connection has ended: forget what is queued."""
        self._gone = True
        self._queue.clear()
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
            if self._closing is not None:
                await self._send({"type": "websocket.close", "code": self._closing})
                return

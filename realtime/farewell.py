"""A deploy: the web process is told to end (SIGTERM) and asks its browsers to come back one by one.

It stops listening at once, so that nobody comes back to a process that is about to go. Each socket hears `leaving` with the
seconds that it is to wait before it connects again: evenly spread over `COME_BACK_WITHIN`, and over longer where so many cannot
be let in so fast, because connecting is what costs: all at once they wait longer, and half of them in vain.
Then the sockets are closed with 1012, spread over `settings.LEAVE_SECONDS`, and the process ends as the server wants it.
Requests that are under way are answered meanwhile. A second SIGTERM ends it at once.
"""

from __future__ import annotations

import asyncio
import random
import signal
import threading
from types import FrameType
from typing import Any
from weakref import WeakKeyDictionary

import structlog
from django.conf import settings

from realtime.connection import Live
from realtime.protocol import CLOSE_AWAY, signal_frame
from realtime.transports import stop_listening

COME_BACK_WITHIN = 15.0
COME_BACK_EACH = 0.009
"""Seconds that one process needs to let one in."""
EACH = 0.01
"""Seconds for each socket; a few need no spreading."""
SLICE = 0.05
"""Seconds between the groups of sockets that are closed."""

log = structlog.get_logger(__name__)

_prepared: WeakKeyDictionary[asyncio.AbstractEventLoop, Farewell] = WeakKeyDictionary()


def say_farewell_on_sigterm(live: Live) -> None:
    """Once for each process, when its first socket is there: by then the server has its own handler, which we keep."""
    loop = asyncio.get_running_loop()
    known = _prepared.get(loop)
    if known is not None:
        known.live = live
    elif threading.current_thread() is threading.main_thread():
        before = signal.getsignal(signal.SIGTERM)
        # A program that leaves SIGTERM to the system (a test, a shell) is not a server.
        if callable(before) and before is not signal.default_int_handler:
            _prepared[loop] = Farewell(loop, live, before)


class Farewell:
    """What to do when SIGTERM comes."""

    def __init__(self, loop: asyncio.AbstractEventLoop, live: Live, before: Any) -> None:
        self.live = live
        self._loop = loop
        self._before = before
        self._task: asyncio.Task[None] | None = None
        signal.signal(signal.SIGTERM, self._asked)

    def _asked(self, number: int, frame: FrameType | None) -> None:
        if self._task is None and self.live.sockets:
            # A signal handler interrupts whatever runs: the work waits for its turn in the loop.
            self._loop.call_soon_threadsafe(self._begin, number, frame)
        else:
            self._before(number, frame)

    def _begin(self, number: int, frame: FrameType | None) -> None:
        self._task = self._loop.create_task(self._leave(number, frame))

    async def _leave(self, number: int, frame: FrameType | None) -> None:
        try:
            await say_farewell(self.live, settings.LEAVE_SECONDS)
        except Exception:
            log.exception("farewell.failed")
        finally:
            self._before(number, frame)


async def say_farewell(live: Live, seconds: float) -> None:
    """Tell all sockets of this process when to come back, and close them one after another within `seconds`."""
    sockets = list(live.sockets)
    random.shuffle(sockets)
    log.info("farewell", sockets=len(sockets), seconds=seconds)
    stop_listening([socket.server_connection for socket in sockets])
    seconds = min(seconds, len(sockets) * EACH)
    within = max(COME_BACK_WITHIN, len(sockets) * COME_BACK_EACH)
    steps = max(1, round(seconds / SLICE))
    for step in range(steps):
        first, last = (len(sockets) * edge // steps for edge in (step, step + 1))
        for place in range(first, last):
            wait = within * place / len(sockets)
            socket = sockets[place]
            socket.answer(signal_frame(socket.stream, "leaving", {"wait": round(wait, 2)}))
            socket.close(CLOSE_AWAY)
        await asyncio.sleep(seconds / steps)

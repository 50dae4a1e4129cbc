"""One worker: an event loop that forwards and answers HTTP on the socket its parent holds."""

import asyncio
import contextlib
import logging
import os
import signal
import socket
import sys
import threading
from typing import Any

import structlog
from aiohttp import web

from .configuration import Configuration
from .engine import Engine, Limits
from .events import Announcer
from .server import create_app
from .sessions import Publication
from .transport import machine_addresses

try:
    import uvloop
except ImportError:  # a platform without it: slower, otherwise the same
    uvloop = None  # type: ignore[assignment,unused-ignore]

log = structlog.get_logger("media")


def set_up_logging() -> None:
    """One JSON object a line on standard output, nothing in it by which a person could be known."""
    logging.basicConfig(level=logging.WARNING, stream=sys.stdout, format="%(message)s")
    # These name addresses of participants, and say nothing that our own lines do not.
    logging.getLogger("aioice").setLevel(logging.ERROR)
    logging.getLogger("aiortc").setLevel(logging.ERROR)
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            structlog.processors.JSONRenderer(ensure_ascii=False),
        ],
        logger_factory=structlog.PrintLoggerFactory(sys.stdout),
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
        cache_logger_on_first_use=True,
    )


def run_worker(configuration: Configuration, listening: socket.socket, parent: int) -> None:
    """Serve until told to stop, or until the pipe `parent` says that the parent is no more."""
    set_up_logging()
    factory = uvloop.new_event_loop if uvloop is not None else None
    with asyncio.Runner(loop_factory=factory) as runner:
        runner.run(_serve(configuration, listening, parent))


async def _serve(configuration: Configuration, listening: socket.socket, parent: int) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    threading.Thread(target=_watch, args=(parent, loop, stop), daemon=True, name="parent-watch").start()

    def announce(event: str, publication: Publication) -> None:
        announcer.announce(event, **publication.data())

    engine = Engine(
        addresses=configuration.ice_addresses or machine_addresses(),
        public_address=configuration.public_address,
        limits=Limits(sessions=configuration.sessions, sessions_per_person=configuration.sessions_per_person),
        announce=announce,
    )
    announcer = Announcer(configuration.events_url, configuration.secret, engine.flowing)
    runner = web.AppRunner(create_app(configuration, engine), access_log=None)
    await runner.setup()
    await web.SockSite(runner, listening).start()
    announcer.announce("worker.started")
    announcer.start()
    log.info("media.worker_started", pid=os.getpid())
    await stop.wait()
    await runner.cleanup()
    await engine.close()
    await announcer.close()
    log.info("media.worker_stopped", pid=os.getpid())


def _watch(parent: int, loop: asyncio.AbstractEventLoop, stop: asyncio.Event) -> None:
    """The parent holds the other end of this pipe and writes nothing: its end comes when the parent is no
    more, however it went. A thread, so that even a stuck loop does not outlive the parent for long."""
    while os.read(parent, 1):
        pass
    _call(loop, stop.set)
    threading.Event().wait(4)
    os._exit(1)


def _call(loop: asyncio.AbstractEventLoop, function: Any) -> None:
    with contextlib.suppress(RuntimeError):  # the loop is closed: the worker is on its way out already
        loop.call_soon_threadsafe(function)

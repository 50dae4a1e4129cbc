"""`python -m realtime.media.worker <directory>`: one worker, an event loop that forwards, and answers the front on a socket in
this directory.

It loads everything, and then waits to be told on its standard input which worker it is, and how many were that one before.
When that input ends, whoever started it is no more, and it ends too.
"""

import asyncio
import contextlib
import os
import shutil
import signal
import sys
import threading
from pathlib import Path
from typing import Any

import structlog
from aiohttp import web

from .configuration import Configuration, read_configuration
from .engine import Engine, Limits
from .events import Announcer
from .loops import new_event_loop, set_up_logging
from .server import create_app
from .sessions import Publication
from .transport import machine_addresses

log = structlog.get_logger("media")


def main(directory: Path) -> None:
    """Serve until told to stop, or until nobody is there to tell."""
    configuration = read_configuration(os.environ)
    set_up_logging()
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    words = os.read(0, 32).split()
    if not words:
        return
    with asyncio.Runner(loop_factory=new_event_loop) as runner:
        runner.run(_serve(configuration, directory, int(words[0]), replaces=words[1] != b"0"))


async def _serve(configuration: Configuration, directory: Path, number: int, *, replaces: bool) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for each in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(each, stop.set)
    orphaned = threading.Event()
    threading.Thread(target=_watch, args=(loop, stop, orphaned), daemon=True, name="parent-watch").start()

    def announce(event: str, publication: Publication) -> None:
        announcer.announce(event, **publication.data())

    def tell_speakers(room: int, names: list[str], active: str | None) -> None:
        announcer.mention("speaking", room, speaking=names, active=active)

    engine = Engine(
        addresses=configuration.ice_addresses or machine_addresses(),
        public_address=configuration.public_address,
        limits=Limits(sessions=configuration.sessions, sessions_per_person=configuration.sessions_per_person),
        announce=announce,
        tell_speakers=tell_speakers,
        replaces=replaces,
    )
    announcer = Announcer(
        f"http://front/events/{number}",
        configuration.secret,
        engine.flowing,
        socket=str(directory / "front.sock"),
    )
    socket = directory / f"worker-{number}.sock"
    socket.unlink(missing_ok=True)  # left behind by one that was killed
    runner = web.AppRunner(create_app(configuration, engine), access_log=None)
    await runner.setup()
    await web.UnixSite(runner, str(socket)).start()
    announcer.announce("worker.started")
    announcer.start()
    log.info("media.worker_started", worker=number, pid=os.getpid())
    await stop.wait()
    await runner.cleanup()
    await engine.close()
    await announcer.close()
    log.info("media.worker_stopped", worker=number, pid=os.getpid())
    if orphaned.is_set():  # nobody is left to tidy up
        shutil.rmtree(directory, ignore_errors=True)


def _watch(loop: asyncio.AbstractEventLoop, stop: asyncio.Event, orphaned: threading.Event) -> None:
    """Whoever started us holds the other end of our standard input, and its end comes when they are no more, however they
    went. A thread, so that even a stuck loop does not outlive them for long."""
    while os.read(0, 1):
        pass
    orphaned.set()
    _call(loop, stop.set)
    threading.Event().wait(4)
    os._exit(1)


def _call(loop: asyncio.AbstractEventLoop, function: Any) -> None:
    with contextlib.suppress(RuntimeError):  # the loop is closed: the worker is on its way out already
        loop.call_soon_threadsafe(function)


if __name__ == "__main__":
    main(Path(sys.argv[1]))

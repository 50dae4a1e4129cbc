"""`python -m realtime.media`: the whole media process, a front (`front.py`) with its workers (`keeper.py`)."""

import asyncio
import os
import shutil
import signal
import socket
import sys
import tempfile
from pathlib import Path

import structlog
from aiohttp import web

from .configuration import BadConfiguration, Configuration, read_configuration
from .events import Announcer
from .front import Front
from .keeper import Keeper
from .loops import new_event_loop, set_up_logging
from .reports import Reports

EXIT_CONFIGURATION = 2
EXIT_PORT_TAKEN = 3

log = structlog.get_logger("media")


def main() -> int:
    try:
        configuration = read_configuration(os.environ)
    except BadConfiguration as error:
        print(error, file=sys.stderr)
        return EXIT_CONFIGURATION
    set_up_logging()
    try:
        listening = _listen(configuration)
    except OSError as error:
        print(
            f"The media process cannot listen on {configuration.host} port {configuration.port}: "
            f"{(error.strerror or 'unknown reason').lower()}. "
            "Set MEDIA_HOST and MEDIA_PORT to a free address.",
            file=sys.stderr,
        )
        return EXIT_PORT_TAKEN
    directory = Path(tempfile.mkdtemp(prefix="chama-media-"))  # for our eyes only
    try:
        with asyncio.Runner(loop_factory=new_event_loop) as runner:
            runner.run(_serve(configuration, listening, directory))
    finally:
        shutil.rmtree(directory, ignore_errors=True)
    return 0


def _listen(configuration: Configuration) -> socket.socket:
    family, kind, protocol, _, address = socket.getaddrinfo(
        configuration.host, configuration.port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
    )[0]
    listening = socket.socket(family, kind, protocol)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listening.bind(address)
    listening.listen(256)
    listening.setblocking(False)
    return listening


async def _serve(configuration: Configuration, listening: socket.socket, directory: Path) -> None:
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    reports = Reports(configuration.workers)
    announcer = Announcer(configuration.events_url, configuration.secret, reports.flowing)
    reports.announcer = announcer
    front = Front(configuration, directory, reports)
    keeper = Keeper(front, directory)
    await front.start()
    inner = web.AppRunner(front.inner_app(), access_log=None)
    await inner.setup()
    await web.UnixSite(inner, str(directory / "front.sock")).start()
    announcer.announce("worker.started")
    announcer.start()
    keeper.start()
    public = web.AppRunner(front.app(), access_log=None)
    await public.setup()
    await web.SockSite(public, listening).start()
    log.info("media.started", pid=os.getpid(), workers=configuration.workers)
    await stop.wait()
    await public.cleanup()
    await keeper.stop()
    await inner.cleanup()
    await front.close()
    await announcer.close()
    log.info("media.stopped", pid=os.getpid())


if __name__ == "__main__":
    sys.exit(main())

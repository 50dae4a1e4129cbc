"""`python -m realtime.media`: holds the listening socket and keeps one worker alive behind it.

The worker may die of anything; the socket stays open meanwhile, so a browser that calls in that moment waits
for the next worker instead of being refused. No child outlives the parent: it watches a pipe that only the
parent holds open.
"""

import os
import signal
import socket
import subprocess
import sys
import time
from types import FrameType

import structlog

from .configuration import BadConfiguration, Configuration, read_configuration
from .worker import run_worker, set_up_logging

EXIT_CONFIGURATION = 2
EXIT_PORT_TAKEN = 3
GRACE = 5.0
"""Seconds a worker has to say goodbye to its browsers."""
QUICK_DEATH = 2.0
LONGEST_PAUSE = 5.0

log = structlog.get_logger("media")


def main(arguments: list[str]) -> int:
    try:
        configuration = read_configuration(os.environ)
    except BadConfiguration as error:
        print(error, file=sys.stderr)
        return EXIT_CONFIGURATION
    if arguments[:1] == ["--worker"]:
        listening = socket.socket(fileno=int(arguments[1]))
        run_worker(configuration, listening, int(arguments[2]))
        return 0
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
    return _Parent(listening).run()


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


class _Parent:
    def __init__(self, listening: socket.socket) -> None:
        self._listening = listening
        self._stopping = False
        self._worker: subprocess.Popen[bytes] | None = None
        # The worker gets the reading end; the writing end closes with this process, whatever ends it.
        self._reading, self._writing = os.pipe()

    def run(self) -> int:
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._stop)
        pause = 0.0
        while not self._stopping:
            began = time.monotonic()
            self._worker = self._start()
            status = self._wait(self._worker)
            if self._stopping:
                break
            quick = time.monotonic() - began < QUICK_DEATH
            pause = min(max(pause * 2, 0.25), LONGEST_PAUSE) if quick else 0.0
            log.error("media.worker_died", status=status, restarts_in=pause)
            time.sleep(pause)
        return 0

    def _start(self) -> "subprocess.Popen[bytes]":
        descriptors = (self._listening.fileno(), self._reading)
        return subprocess.Popen(
            [sys.executable, "-m", "realtime.media", "--worker", *map(str, descriptors)],
            pass_fds=descriptors,
            # A group of its own: Ctrl-C reaches the parent alone, which then lets the worker say goodbye.
            start_new_session=True,
        )

    def _wait(self, worker: "subprocess.Popen[bytes]") -> int:
        """Until the worker ends, by itself or because we are told to stop."""
        while True:
            try:
                return worker.wait(timeout=0.2)
            except subprocess.TimeoutExpired:
                if self._stopping:
                    return self._end(worker)

    def _end(self, worker: "subprocess.Popen[bytes]") -> int:
        worker.terminate()
        try:
            return worker.wait(timeout=GRACE)
        except subprocess.TimeoutExpired:
            worker.kill()
            return worker.wait()

    def _stop(self, _number: int, _frame: FrameType | None) -> None:
        self._stopping = True


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

"""Keeps the workers alive, each in a process of its own.

One more process is always there, with everything loaded and nothing to do: it takes the place of a worker that dies, at
once, where loading takes seconds on a busy machine. No process outlives us: each reads from a pipe that only we hold open,
and ends with it.
"""

import asyncio
import contextlib
import os
import signal
import sys
from asyncio.subprocess import PIPE, Process
from pathlib import Path
from typing import Final

import structlog

from .front import Front

GRACE: Final = 5.0
"""Seconds a worker has to say goodbye to its browsers."""
QUICK_DEATH: Final = 2.0
FIRST_PAUSE: Final = 0.25
LONGEST_PAUSE: Final = 5.0
START_WITHIN: Final = 60.0

log = structlog.get_logger("media")


class Keeper:
    """The processes behind a front."""

    def __init__(self, front: Front, directory: Path) -> None:
        self._front = front
        self._directory = directory
        self._stopping = False
        self._processes: dict[int, Process] = {}
        self._spare: Process | None = None
        self._loading = asyncio.Lock()
        self._tasks: list[asyncio.Task[None]] = []

    def start(self) -> None:
        self._tasks = [asyncio.create_task(self._keep(number)) for number in range(len(self._front.workers))]

    async def stop(self) -> None:
        """Let every worker say goodbye, then end it."""
        self._stopping = True
        for process in (*self._processes.values(), self._spare):
            if process is not None:
                _signal(process, signal.SIGTERM)
        _done, late = await asyncio.wait(self._tasks, timeout=GRACE)
        for process in self._processes.values():
            _signal(process, signal.SIGKILL)
        if late:
            await asyncio.wait(late, timeout=GRACE)
        if self._spare is not None:
            _signal(self._spare, signal.SIGKILL)
            await self._spare.wait()

    async def _keep(self, number: int) -> None:
        """Have this worker run until we stop."""
        loop, worker, pause = asyncio.get_running_loop(), self._front.workers[number], 0.0
        while not self._stopping:
            began = loop.time()
            process = self._processes[number] = await self._take(number)
            worker.process = process.pid
            worker.replace = lambda process=process: _signal(process, signal.SIGKILL)  # type: ignore[misc]
            watching = asyncio.create_task(self._watch_start(number, process))
            status = await process.wait()
            worker.is_ready.clear()
            watching.cancel()
            if self._stopping:
                return
            worker.deaths += 1
            quick = loop.time() - began < QUICK_DEATH
            pause = min(max(pause * 2, FIRST_PAUSE), LONGEST_PAUSE) if quick else 0.0
            log.error("media.worker_died", worker=number, status=status, restarts_in=pause)
            await asyncio.sleep(pause)

    async def _take(self, number: int) -> Process:
        """A process that is told which worker it is: the spare one where there is one."""
        process, self._spare = self._spare, None
        if process is None or process.returncode is not None:
            process = await self._load()
        assert process.stdin is not None
        with contextlib.suppress(OSError):  # it died this moment, as its end will tell
            process.stdin.write(f"{number} {self._front.workers[number].deaths}\n".encode())
            await process.stdin.drain()
        return process

    async def _load(self) -> Process:
        return await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "realtime.media.worker",
            str(self._directory),
            stdin=PIPE,
            # A group of its own: Ctrl-C reaches us alone, and we let the workers say goodbye.
            start_new_session=True,
        )

    async def _watch_start(self, number: int, process: Process) -> None:
        """A worker that does not get ready is replaced; once it is, the next spare process is made."""
        try:
            await asyncio.wait_for(self._front.workers[number].is_ready.wait(), START_WITHIN)
        except TimeoutError:
            log.error("media.worker_not_ready", worker=number)
            _signal(process, signal.SIGKILL)
            return
        async with self._loading:
            if self._spare is None and all(worker.is_ready.is_set() for worker in self._front.workers):
                self._spare = await self._load()


def _signal(process: Process, number: int) -> None:
    if process.returncode is None:
        with contextlib.suppress(ProcessLookupError):
            os.kill(process.pid, number)

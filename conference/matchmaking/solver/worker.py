"""A process beside the search for what computes long without looking up: integer programming and MaxSAT.

The search itself runs in threads (its compiled loops need no interpreter lock). Proofs run in a process, because a process
can be ended at any moment, and because its memory and its libraries are its own. The parent writes pickles to its standard
input (the arrays once, then jobs) and reads pickles from its standard output: ("report", ...) for each better timetable,
then ("result", ...) or ("error", text). The process ends when the parent does, however that ends: its input is at its end
then, and on Linux the kernel sees to it as well.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import pickle
import queue
import signal
import subprocess
import sys
import threading
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any

from conference.matchmaking.solver.bound import weight_bound
from conference.matchmaking.solver.core import Core
from conference.matchmaking.solver.maxsat import solve_mandatory
from conference.matchmaking.solver.neighbourhoods import improve_exact

BASE_DIR = Path(__file__).resolve().parents[3]
_PR_SET_PDEATHSIG = 1
COMMAND = "from conference.matchmaking.solver.worker import main; main()"

Message = tuple[str, str, Any]  # job, kind, value


class Worker:
    """A running process.

    What it says arrives in an inbox as (job, kind, value); kind is "report", "result", "error" or "ended".
    """

    def __init__(self, core: Core, inbox: queue.Queue[Message]) -> None:
        paths = [str(BASE_DIR), *filter(None, [os.environ.get("PYTHONPATH")])]
        self._process = subprocess.Popen(
            [sys.executable, "-c", COMMAND],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            cwd=BASE_DIR,
            env={**os.environ, "PYTHONPATH": os.pathsep.join(paths)},
        )
        self._ended = False
        self._outbox: queue.Queue[Any] = queue.Queue()
        self._outbox.put(core)
        threading.Thread(target=self._write, daemon=True).start()
        threading.Thread(target=self._read, args=(inbox,), daemon=True).start()

    @property
    def process_id(self) -> int:
        return self._process.pid

    def ask(self, job: str, **arguments: Any) -> None:
        """Ask for a job, one of `JOBS`; they are done one after the other."""
        self._outbox.put((job, arguments))

    def end(self) -> None:
        """Kill the process. Its job is lost, what it reported is not."""
        self._ended = True
        self._outbox.put(None)
        self._process.kill()
        self._process.wait()

    def _write(self) -> None:
        """In a thread, since the arrays may be more than the pipe holds while the process is still starting."""
        assert self._process.stdin is not None
        with contextlib.suppress(BrokenPipeError), self._process.stdin as pipe:
            while (item := self._outbox.get()) is not None:
                pickle.dump(item, pipe)
                pipe.flush()

    def _read(self, inbox: queue.Queue[Message]) -> None:
        assert self._process.stdout is not None
        with self._process.stdout as pipe:
            try:
                while True:
                    inbox.put(pickle.load(pipe))  # noqa: S301 - written by our own child
            except (EOFError, pickle.UnpicklingError):
                if not self._ended:
                    inbox.put(("", "ended", None))


def main() -> None:
    """The process: the arrays first, then jobs until the input ends."""
    out = os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    os.dup2(
        sys.stderr.fileno(), sys.stdout.fileno()
    )  # what a library prints must not get between the pickles
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the parent, which then ends this process
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    inbox: queue.Queue[Any] = queue.Queue()
    threading.Thread(target=_receive, args=(inbox,), daemon=True).start()
    lock = threading.Lock()

    def say(message: Message) -> None:
        with lock:
            pickle.dump(message, out)
            out.flush()

    core: Core = inbox.get()
    while True:
        name, arguments = inbox.get()
        try:
            say(
                (
                    name,
                    "result",
                    JOBS[name](core, lambda value, name=name: say((name, "report", value)), **arguments),
                )
            )
        except Exception:
            say((name, "error", traceback.format_exc()))


def _receive(inbox: queue.Queue[Any]) -> None:
    """Take what the parent writes; end with the parent."""
    while True:
        try:
            inbox.put(pickle.load(sys.stdin.buffer))  # noqa: S301 - written by our own parent
        except (EOFError, pickle.UnpicklingError):
            os._exit(0)


def _bound(core: Core, say: Callable[[Any], None], **arguments: Any) -> int:
    return weight_bound(core, **arguments)


def _mandatory(core: Core, say: Callable[[Any], None], **arguments: Any) -> Any:
    return solve_mandatory(core, report=lambda *values: say(values), **arguments)


def _improve(core: Core, say: Callable[[Any], None], **arguments: Any) -> Any:
    return improve_exact(core, report=say, **arguments)


JOBS: dict[str, Callable[..., Any]] = {
    "bound": _bound,
    "improve": _improve,
    "mandatory": _mandatory,
}

"""Timetables in which every meeting is held, with the provably fewest breaks, by MaxSAT.

The academic form of the problem. `encoding` writes it as a formula, `prover` solves the formula in processes of its own with
different SAT solvers, whose times on one formula differ by factors of ten and more in either direction.
"""

from __future__ import annotations

import contextlib
import os
import pickle
import queue
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from conference.matchmaking.solver.core import Core, Placements
from conference.matchmaking.solver.evaluate import breaks_by_participant
from conference.matchmaking.solver.maxsat.encoding import encode

__all__ = ["MandatoryResult", "solve_mandatory"]

Report = Callable[[Placements | None, int, int], None]  # a better timetable, its breaks; what is proven

METHODS = (("cadical195", True), ("glucose4", False))  # SAT solver, and whether tables are counted by people
BASE_DIR = Path(__file__).resolve().parents[4]
TICK = 0.05


@dataclass(frozen=True, slots=True)
class MandatoryResult:
    """The best timetable, its breaks (-1 without one), and a number of breaks that no timetable goes below.

    `proven` says that the two are equal, `infeasible` that no timetable holds all meetings.
    """

    placements: Placements | None
    breaks: int
    lower_bound: int
    proven: bool
    infeasible: bool


def solve_mandatory(
    core: Core,
    *,
    seconds: float,
    report: Report | None = None,
    stop: Callable[[], bool] | None = None,
    seed: int = 1,
    workers: int = 1,
    chosen: Sequence[int] | None = None,
) -> MandatoryResult:
    """Hold all meetings (or only the `chosen` ones, and those all) with the fewest breaks.

    `workers` provers run side by side, at most one for each of `METHODS`. `report` gets None for the timetable when only the
    bound has risen. `stop` is asked twenty times a second. Targets and other soft counts are not looked at.
    """
    began = time.monotonic()
    meetings = range(core.meetings) if chosen is None else chosen
    inbox: queue.Queue[tuple[Any, ...]] = queue.Queue()
    methods = METHODS[: max(1, workers)]
    encodings = [encode(core, meetings, parity=parity) for _, parity in methods]
    provers = [
        _start(number, (encoding.formula.clauses, encoding.soft, solver), inbox)
        for number, ((solver, _), encoding) in enumerate(zip(methods, encodings, strict=True))
    ]
    running = len(provers)
    best: Placements | None = None
    breaks, bound = -1, 0
    infeasible = False
    try:
        while running and not infeasible and (best is None or bound < breaks):
            if time.monotonic() - began > seconds or (stop is not None and stop()):
                break
            try:
                number, kind, *values = inbox.get(timeout=TICK)
            except queue.Empty:
                continue
            if kind == "bound":
                if values[0] > bound:
                    bound = values[0]
                    if report is not None:
                        report(None, -1, bound)
            elif kind == "infeasible":
                infeasible = True
            elif kind == "optimum":
                best = encodings[number].placements(core, values[1])
                breaks = int(breaks_by_participant(core, best).sum())
                bound = max(bound, values[0])
                if report is not None:
                    report(best, breaks, bound)
            else:
                running -= 1
    finally:
        for end in provers:
            end()
    return MandatoryResult(best, breaks, bound, best is not None and bound >= breaks, infeasible)


def _start(number: int, problem: Any, inbox: queue.Queue[tuple[Any, ...]]) -> Callable[[], None]:
    """A prover, whose messages arrive in the inbox as (number, kind, ...), at last "ended". Returns what ends it."""
    paths = [str(BASE_DIR), *filter(None, [os.environ.get("PYTHONPATH")])]
    process = subprocess.Popen(
        [sys.executable, "-m", "conference.matchmaking.solver.maxsat.prover"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(paths)},
    )
    assert process.stdin is not None and process.stdout is not None
    to, out = process.stdin, process.stdout

    def write() -> None:
        with contextlib.suppress(BrokenPipeError):
            pickle.dump(problem, to)
            to.flush()  # the pipe stays open: its end tells the prover that we are gone

    def read() -> None:
        with contextlib.suppress(EOFError, pickle.UnpicklingError):
            while True:
                inbox.put((number, *pickle.load(out)))  # noqa: S301 - written by our own child
        inbox.put((number, "ended"))

    threads = [threading.Thread(target=one, daemon=True) for one in (write, read)]
    for thread in threads:
        thread.start()

    def end() -> None:
        process.kill()
        process.wait()
        for thread in threads:
            thread.join()
        out.close()
        with contextlib.suppress(BrokenPipeError):
            to.close()

    return end

"""From a problem to a timetable: the methods of this package, one after the other and side by side.

The order is check, first timetable, search; beside the search runs a process that proves (worker.py): first the ceiling of
the weight, then, by kind of problem,

- every meeting mandatory: MaxSAT, to the proven least number of breaks;
- a published timetable: HiGHS with the published meetings held, to the proven least disturbance and most weight;
- more asked than fits: HiGHS on parts of the timetable, while the search has not reached the ceiling.

What it finds, the search takes up. Last come the reasons for what has no place. Every timetable offered on the way is measured
by `evaluate` and only the best by the order of the objectives is kept, so the answer is never worse than any report.
"""

from __future__ import annotations

import logging
import queue
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, NoReturn

import numpy as np

from conference.matchmaking.solver.annealing import anneal, arrange
from conference.matchmaking.solver.bound import weight_bound
from conference.matchmaking.solver.conflicts import conflicts, direct_conflicts
from conference.matchmaking.solver.core import Core, Placements, compile_instance
from conference.matchmaking.solver.evaluate import breaks_by_participant, objective
from conference.matchmaking.solver.exact import ExactResult, solve_exact
from conference.matchmaking.solver.explain import unscheduled
from conference.matchmaking.solver.greedy import construct
from conference.matchmaking.solver.maxsat import MandatoryResult, solve_mandatory
from conference.matchmaking.solver.model import (
    Infeasible,
    Instance,
    Objective,
    Progress,
    Solution,
)
from conference.matchmaking.solver.tables import assign_tables
from conference.matchmaking.solver.validate import validate
from conference.matchmaking.solver.worker import Message, Worker

logger = logging.getLogger(__name__)

MANY = 5000  # meetings from which on the first search gets more of the time
RERUN_SECONDS = 1.0  # a published timetable is worked on so long ...
RERUN_SECONDS_EACH = 1e-4  # ... and so much longer for each published meeting
FIRST_SECONDS = 3.0  # of annealing where MaxSAT gives the answer
PROOF_SECONDS = 5.0  # at most, where a second is usual
WARM = 0.5  # the temperature at which a timetable of any origin is taken up again
SECONDS_TO_EXPLAIN = 1e-4  # for each meeting, why it has no place
TICK = 0.03
UNKNOWN = 1 << 30  # table changes of a timetable without tables, as a rank
EXCLUDE = "The mandatory and fixed meetings exclude each other."


def solve(
    instance: Instance,
    *,
    seconds: float = 60.0,
    steps: int | None = None,
    seed: int = 1,
    workers: int = 2,
    progress: Callable[[Progress], None] | None = None,
    stop: Callable[[], bool] | None = None,
) -> Solution:
    """The best timetable found in `seconds`, earlier if it is proven that there is no better one.

    `steps` are moves of the search: with them one process works, the clock decides nothing, and the same arguments give the
    same timetable. `workers` are the processors to use. `progress` is called with each better timetable, `stop` about
    thirty times a second; when it says True the best timetable so far is finished and returned. Raises `InvalidInstance`
    for a problem that makes no sense and `Infeasible` when not all mandatory meetings can be held.
    """
    began = time.monotonic()
    validate(instance)
    core = compile_instance(instance)
    groups = direct_conflicts(core)
    if groups:
        raise Infeasible(EXCLUDE, groups)
    run = _Run(core, began, seconds, seed, progress, stop)
    if core.meetings and core.option_allowed.any():
        run.offer("greedy", construct(core, seed=seed))
        if steps is not None:
            run.by_steps(steps)
        else:
            run.by_clock(workers)
    return run.finish()


@dataclass(frozen=True, slots=True)
class _Search:
    """Where an annealing begins, and whether it also seeks few changes of table."""

    name: str
    start: Placements
    seed: int
    hot: float | None = None
    seating: bool = False


class _Run:
    """One solution in the making."""

    def __init__(
        self,
        core: Core,
        began: float,
        seconds: float,
        seed: int,
        progress: Callable[[Progress], None] | None,
        stop: Callable[[], bool] | None,
    ) -> None:
        self.core = core
        self.began = began
        self.seconds = seconds - core.meetings * SECONDS_TO_EXPLAIN
        self.seed = seed
        self.progress = progress
        self.stop = stop
        self.stopped = False
        instance = core.instance
        self.seating = instance.exact_tables and "table_changes" in instance.objectives and bool(core.pools)
        self.best: Placements = np.full((core.meetings, 2), -1, dtype=np.int32)
        self.tables: list[str | None] | None = [None] * core.meetings
        self.rank = self.measure(self.best, self.tables)
        self.steps_of: dict[str, int] = {}
        self.total = int(core.weight.sum(dtype=np.int64))
        self.bound: int | None = None
        self.least: dict[
            Objective, int
        ] = {}  # values that cannot be beaten, given those of the objectives before
        self.proven: list[Objective] = []
        self.inbox: queue.Queue[Message] = queue.Queue()

    # The best timetable

    def measure(self, placements: Placements, tables: Sequence[str | None] | None) -> tuple[int, ...]:
        """What timetables are compared by: validity, then the objectives."""
        missing = int((self.core.mandatory.astype(bool) & (placements[:, 0] < 0)).sum())
        if self.core.maximum_break_difference >= 0 and self.core.participants:
            number = breaks_by_participant(self.core, placements)
            missing += max(0, int(number.max() - number.min()) - self.core.maximum_break_difference)
        values = list(objective(self.core, placements, tables))
        if self.seating and tables is None:
            values[self.core.instance.objectives.index("table_changes")] = UNKNOWN
        return (missing, *values)

    def offer(self, stage: str, placements: Placements, tables: list[str | None] | None = None) -> None:
        """Keep a timetable if it is the best so far."""
        rank = self.measure(placements, tables)
        if rank < self.rank:
            self.best, self.tables, self.rank = placements.copy(), tables, rank
            self.check_proven()
            self.tell(stage)

    def tell(self, stage: str) -> None:
        """Report progress; table changes are 0 as long as there are no tables."""
        if self.progress is not None:
            weight = self.weight()
            self.progress(
                Progress(
                    stage=stage,
                    seconds=self.elapsed(),
                    objective=tuple(0 if value == UNKNOWN else value for value in self.rank[1:]),
                    weight=weight,
                    weight_bound=self.bound,
                    gap=None if self.bound is None else (self.bound - weight) / max(1, self.bound),
                    steps=sum(self.steps_of.values()),
                )
            )

    def weight(self) -> int:
        return int(self.core.weight[self.best[:, 0] >= 0].sum(dtype=np.int64))

    def elapsed(self) -> float:
        return time.monotonic() - self.began

    def left(self) -> float:
        return self.seconds - self.elapsed()

    def goal(self) -> dict[Objective, int]:
        """Values that cannot be beaten, for the search to stop at."""
        goal = dict(self.least)
        if self.bound is not None:
            goal["weight"] = max(goal.get("weight", 0), self.total - self.bound)
        return goal

    def check_proven(self) -> None:
        """Find the objectives, from the first on, whose values cannot be beaten."""
        goal = self.goal()
        self.proven = []
        for name, value in zip(self.core.instance.objectives, self.rank[1:], strict=True):
            if self.rank[0] > 0 or value > goal.get(name, 0):
                break
            self.proven.append(name)

    def is_over(self) -> bool:
        """Whether there is nothing left to find, or somebody said stop. Asked in the main thread only."""
        if not self.stopped and self.stop is not None and self.stop():
            self.stopped = True
        return self.stopped or len(self.proven) == len(self.core.instance.objectives)

    # The search by steps: one thread, nothing depends on the clock

    def by_steps(self, steps: int) -> None:
        search = _Search("anneal", self.best, self.seed, seating=self.seating)
        self.run_search(search, lambda: self.is_over(), steps=steps, seconds=0.0)
        self.pump()
        if self.rank[0] > 0 and not self.is_over() and self.core.mandatory.all():
            result = solve_mandatory(self.core, seconds=max(5.0, self.seconds), seed=self.seed)
            self.take_mandatory(result)

    def run_search(
        self, search: _Search, stop: Callable[[], bool], *, steps: int | None, seconds: float
    ) -> None:
        """Anneal from a timetable; what comes out is put into the inbox."""
        goal = self.goal() if steps is None else {}

        def report(placements: Placements, tables: list[str | None] | None, done: int) -> None:
            self.inbox.put((search.name, "report", (placements, tables, done)))

        if search.seating:
            limit = 3600.0 if steps is not None else 0.1 * seconds
            tables = assign_tables(self.core, search.start, seconds=limit, seed=self.seed, stop=stop)
            arrange(
                self.core, search.start, tables,
                steps=steps, seconds=seconds, seed=search.seed, hot=search.hot, goal=goal, report=report, stop=stop,
            )  # fmt: skip
        else:
            anneal(
                self.core, search.start,
                steps=steps, seconds=seconds, seed=search.seed, hot=search.hot, goal=goal, report=report, stop=stop,
            )  # fmt: skip

    # The search by the clock

    def by_clock(self, workers: int) -> None:
        if self.core.instance.objectives[:1] == ("moved",) and (self.core.published >= 0).any():
            self.again()
            return
        worker = Worker(self.core, self.inbox) if workers > 1 else None
        try:
            if self.core.mandatory.all():
                self.all_mandatory(worker, workers)
            else:
                self.choose(worker)
        finally:
            if worker is not None:
                worker.end()

    def during(
        self,
        seconds: float,
        *searches: _Search,
        beside: Callable[[Callable[[], bool], float], None] | None = None,
        until: Callable[[list[str]], bool] | None = None,
    ) -> None:
        """Let searches run for so long, or until nothing is left to find, or `until` is true of the jobs that are over."""
        end = min(time.monotonic() + seconds, self.began + self.seconds)
        halt = threading.Event()
        left = max(0.05, end - time.monotonic())
        jobs: list[tuple[str, Callable[[], None]]] = [
            (one.name, partial(self.run_search, one, halt.is_set, steps=None, seconds=left))
            for one in searches
        ]
        if beside is not None:
            jobs.append(("beside", partial(beside, halt.is_set, left)))
        threads = [threading.Thread(target=self.run_job, args=job, daemon=True) for job in jobs]
        try:
            for thread in threads:
                thread.start()
            over: list[str] = []
            while time.monotonic() < end and not self.is_over() and not (until is not None and until(over)):
                over += self.pump(TICK)
                if until is None and not any(thread.is_alive() for thread in threads):
                    break
        finally:
            halt.set()
            for thread in threads:
                thread.join()
        self.pump()

    def run_job(self, name: str, job: Callable[[], None]) -> None:
        """In a thread: an exception is raised again in the main thread."""
        try:
            job()
        except Exception as error:
            self.inbox.put((name, "raised", error))

    def pump(self, wait: float = 0.0) -> list[str]:
        """Take what arrived; the names of the jobs that are over."""
        over = []
        try:
            message = self.inbox.get(timeout=wait) if wait else self.inbox.get_nowait()
            while True:
                if self.take(*message):
                    over.append(message[0])
                message = self.inbox.get_nowait()
        except queue.Empty:
            return over

    def take(self, job: str, kind: str, value: Any) -> bool:
        """One message. Whether the job is over."""
        if kind == "raised":
            raise value
        if kind in ("error", "ended"):
            # The search is whole without it: what is lost is a proof, and the reason must be read by somebody.
            logger.error("The process beside the search failed (%s). %s", job or kind, value or "")
        elif job.startswith("anneal"):
            placements, tables, done = value
            self.steps_of[job] = done
            self.offer(job, placements, tables)
        elif job == "bound":
            self.take_bound(value)
        elif job == "again":
            self.take_exact(value)
        elif job == "improve":
            self.offer(job, value)
        elif kind == "report":
            placements, _, least = value
            self.take_least("breaks", least)
            if placements is not None:
                self.offer(job, placements)
        else:
            self.take_mandatory(value)
        return kind != "report"

    def take_bound(self, bound: int) -> None:
        if self.bound is None or bound < self.bound:
            self.bound = bound
            self.check_proven()
            self.tell("bound")

    def take_least(self, name: Objective, least: int) -> None:
        self.least[name] = max(self.least.get(name, 0), least)
        self.check_proven()

    def take_exact(self, result: ExactResult) -> None:
        if result.infeasible:
            self.fail()
        if result.placements is not None:
            self.offer("again", result.placements)
        for name in result.proven:
            self.take_least(name, result.values[name])
        if "weight" in result.proven:
            self.take_bound(self.total - result.values["weight"])

    def take_mandatory(self, result: MandatoryResult) -> None:
        if result.infeasible:
            self.fail()
        if result.placements is not None:
            self.offer("mandatory", result.placements)
        self.take_least("breaks", result.lower_bound)

    def fail(self) -> NoReturn:
        """Not everything that must be held has a place."""
        groups = conflicts(self.core)
        message = "No timetable with all mandatory meetings was found in the time given."
        raise Infeasible(EXCLUDE if groups else message, groups)

    # The three kinds of problems

    def all_mandatory(self, worker: Worker | None, workers: int) -> None:
        """A round of annealing for a good timetable soon, beside it and then alone MaxSAT; if that fails, annealing again."""
        self.bound = self.total
        over: set[str] = set()

        def proved(jobs: list[str]) -> bool:
            over.update(jobs)
            return "mandatory" in over

        if worker is not None:
            worker.ask("mandatory", seconds=max(1.0, self.left() - 0.5), seed=self.seed, workers=workers)
        self.during(FIRST_SECONDS, _Search("anneal 1", self.best, self.seed))
        if worker is None and not self.is_over():
            seconds = max(1.0, self.left() - 0.5)
            result = solve_mandatory(self.core, seconds=seconds, seed=self.seed, stop=self.is_over)
            self.take_mandatory(result)
        elif worker is not None:
            self.during(self.left(), until=proved)
        number = 2
        while self.left() > 0.3 and not self.is_over():
            seed = self.seed + number - 1
            start = construct(self.core, seed=seed)
            self.during(4 * FIRST_SECONDS, _Search(f"anneal {number}", start, seed))
            number += 1

    def again(self) -> None:
        """A published timetable: HiGHS proves what can stay and how much fits beside it, then annealing sees to the rest.

        The proof is a matter of a second, so it is made here: a process of its own would take longer to start.
        """
        published = int((self.core.published >= 0).sum())
        budget = min(self.left(), RERUN_SECONDS + RERUN_SECONDS_EACH * published)
        end = self.elapsed() + budget
        objectives = self.core.instance.objectives
        first = objectives[: objectives.index("weight") + 1] if "weight" in objectives else objectives[:1]

        def prove(
            stop: Callable[[], bool], seconds: float, names: tuple[Objective, ...] = objectives
        ) -> None:
            result = solve_exact(
                self.core, keep_published=True, objectives=names, seconds=seconds, seed=self.seed, stop=stop
            )
            self.inbox.put(("again", "result", result))

        prove(self.is_over, min(self.left(), PROOF_SECONDS), first)
        self.pump()
        search = _Search("anneal", self.best, self.seed, WARM, self.seating)
        self.during(max(0.3 * budget, end - self.elapsed()), search, beside=prove)

    def choose(self, worker: Worker | None) -> None:
        """More is asked than fits: the ceiling, then the search beside exact solving of parts, then on from the best of
        both.
        """
        ceiling = min(10.0, 0.2 * self.left())
        if worker is None:
            self.take_bound(weight_bound(self.core, seconds=ceiling, seed=self.seed, stop=self.is_over))
        else:
            worker.ask("bound", seconds=ceiling, seed=self.seed)
        share = 0.4 if self.core.meetings > MANY else 0.25
        self.during(share * self.left(), _Search("anneal 1", self.best, self.seed))
        if worker is not None and not self.is_full():
            seconds = 0.4 * self.left()
            worker.ask(
                "improve", placements=self.best, weight_target=self.bound, seconds=seconds, seed=self.seed
            )
            search = _Search("anneal 2", self.best, self.seed + 1, WARM)
            self.during(seconds, search, until=lambda over: self.is_full())
        if not self.is_calm():
            seconds = (0.4 if self.seating else 1.0) * self.left()
            self.during(seconds, _Search("anneal 3", self.best, self.seed + 2, WARM / 2))
        if self.seating:
            searches = [_Search("anneal 4", self.best, self.seed + 3, WARM, seating=True)]
            if worker is not None:
                searches.append(_Search("anneal 5", self.best, self.seed + 4, WARM / 2, seating=True))
            self.during(self.left(), *searches)

    def is_full(self) -> bool:
        """Whether the weight has reached its ceiling."""
        return self.bound is not None and self.weight() >= self.bound

    def is_calm(self) -> bool:
        """Whether the objectives before the table changes are as good as possible."""
        objectives = self.core.instance.objectives
        before = objectives.index("table_changes") if self.seating else len(objectives)
        return len(self.proven) >= before

    # The end

    def finish(self) -> Solution:
        """Tables where there are none yet, reasons, and the account of what is proven."""
        core, instance = self.core, self.core.instance
        if not core.option_allowed.any():
            self.bound = 0
        self.check_proven()
        if self.rank[0] > 0:
            self.fail()
        tables = self.tables
        if tables is None:
            seconds = max(self.left(), 0.3 + core.meetings / 10_000)
            tables = assign_tables(core, self.best, seconds=seconds, seed=self.seed)
            self.rank = self.measure(self.best, tables)
            self.check_proven()
        self.tell("done")
        held = np.flatnonzero(self.best[:, 0] >= 0)
        moved = np.flatnonzero((core.published >= 0) & (core.published != self.best[:, 1]))
        return Solution(
            assignments=tuple(
                core.assignment(int(m), int(self.best[m, 0]), int(self.best[m, 1]), tables[m]) for m in held
            ),
            unscheduled=unscheduled(core, self.best),
            objective=self.rank[1:],
            objectives=instance.objectives,
            weight=self.weight(),
            weight_bound=self.bound,
            proven=tuple(self.proven),
            moved=tuple(
                (
                    instance.meetings[m].id,
                    int(core.published[m]),
                    int(self.best[m, 1]) if self.best[m, 0] >= 0 else None,
                )
                for m in moved
            ),
            seconds=self.elapsed(),
            steps=sum(self.steps_of.values()),
        )

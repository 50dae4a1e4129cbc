"""From a problem to a timetable: the methods of this package, one after the other and side by side.

The order is check, first timetable, search; beside the search runs a process that proves (worker.py): first the ceiling of the weight,
then, by kind of problem,

- every meeting mandatory: MaxSAT, to the proven least number of breaks;
- a published timetable: HiGHS with the published meetings held, to the proven least disturbance and most weight;
- small enough: HiGHS on the whole problem, if the search has not reached the ceiling; else on parts of it.

What it finds, the search takes up. Then tables, then the reasons for what has no place. Every timetable offered on the way is measured
by `evaluate` and only the best by the order of the objectives is kept, so the answer is never worse than any report.
"""

from __future__ import annotations

import logging
import queue
import threading
import time
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from conference.matchmaking.solver.annealing import anneal
from conference.matchmaking.solver.bound import weight_bound
from conference.matchmaking.solver.core import Core, Placements, compile_instance
from conference.matchmaking.solver.evaluate import breaks_by_participant, objective, objectives
from conference.matchmaking.solver.exact import solve_exact
from conference.matchmaking.solver.explain import conflicts, unscheduled
from conference.matchmaking.solver.greedy import construct
from conference.matchmaking.solver.maxsat import solve_mandatory
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

SMALL = 40_000  # placements up to which the whole problem goes to HiGHS
RERUN_SECONDS = 3.5  # a published timetable is worked on so long, unless it is large
WARM = 0.6  # the temperature at which a timetable that another method found is taken up
TICK = 0.03


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

    `steps` are moves of the search: with them one process works, the clock decides nothing, and the same arguments give the same
    timetable. `workers` are the processors to use. `progress` is called with each better timetable, `stop` about thirty times a
    second; when it says True the best timetable so far is finished and returned. Raises `InvalidInstance` for a problem that makes no
    sense and `Infeasible` when not all mandatory meetings can be held.
    """
    began = time.monotonic()
    validate(instance)
    run = _Run(compile_instance(instance), began, seconds, seed, progress, stop)
    if run.core.meetings:
        run.offer("greedy", construct(run.core, seed=seed))
        if steps is not None:
            run.by_steps(steps)
        else:
            run.by_clock(workers)
    return run.finish(steps)


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
        self.seconds = seconds
        self.seed = seed
        self.progress = progress
        self.stop = stop
        self.stopped = False
        self.best: Placements = np.full((core.meetings, 2), -1, dtype=np.int32)
        self.rank = self.measure(self.best)
        self.steps = 0
        self.steps_of: dict[str, int] = {}
        self.total = int(core.weight.sum(dtype=np.int64))
        self.bound: int | None = None
        self.least: dict[
            Objective, int
        ] = {}  # values proven to be the best possible, given those of the objectives before
        self.inbox: queue.Queue[Message] = queue.Queue()

    # The best timetable

    def measure(self, placements: Placements) -> tuple[int, ...]:
        """What timetables are compared by: validity, then the objectives, table changes not counted yet."""
        missing = int((self.core.mandatory.astype(bool) & (placements[:, 0] < 0)).sum())
        if self.core.maximum_break_difference >= 0 and self.core.participants:
            number = breaks_by_participant(self.core, placements)
            missing += max(0, int(number.max() - number.min()) - self.core.maximum_break_difference)
        return (missing, *objective(self.core, placements, None))

    def offer(self, stage: str, placements: Placements) -> bool:
        """Keep a timetable if it is the best so far."""
        rank = self.measure(placements)
        if rank >= self.rank and stage != "greedy":
            return False
        self.best, self.rank = placements.copy(), rank
        self.tell(stage)
        return True

    def tell(self, stage: str) -> None:
        if self.progress is None:
            return
        weight = self.weight()
        self.progress(
            Progress(
                stage=stage,
                seconds=self.elapsed(),
                objective=self.rank[1:],
                weight=weight,
                weight_bound=self.bound,
                gap=None if self.bound is None else (self.bound - weight) / max(1, self.bound),
                steps=self.steps,
            )
        )

    def weight(self) -> int:
        return int(self.core.weight[self.best[:, 0] >= 0].sum(dtype=np.int64))

    def elapsed(self) -> float:
        return time.monotonic() - self.began

    def left(self) -> float:
        return self.seconds - self.elapsed()

    def value(self, name: Objective) -> int:
        return objectives(self.core, self.best, None)[name]

    def is_valid(self) -> bool:
        return self.rank[0] == 0

    def goal(self) -> dict[Objective, int]:
        """Values that cannot be beaten, for the search to stop at."""
        goal = dict(self.least)
        if self.bound is not None:
            goal["weight"] = max(goal.get("weight", 0), self.total - self.bound)
        return goal

    def is_perfect(self) -> bool:
        """Whether everything but the tables is proven."""
        names = [name for name in self.core.instance.objectives if name != "table_changes"]
        return self.is_valid() and len(self.proven()) >= len(names)

    def proven(self) -> list[Objective]:
        """The objectives, from the first on, that are as good as possible; table changes are passed over."""
        goal = self.goal()
        values = objectives(self.core, self.best, None)
        proven: list[Objective] = []
        for name in self.core.instance.objectives:
            if name == "table_changes":
                continue
            if values[name] > goal.get(name, 0):
                break
            proven.append(name)
        return proven

    # The search by steps: one thread, nothing depends on the clock

    def by_steps(self, steps: int) -> None:
        self.search("anneal", self.best, steps=steps, seed=self.seed)
        self.pump()
        if not self.is_valid() and not self.is_stopped():
            self.take_mandatory(
                solve_mandatory(self.core, seconds=max(1.0, self.left()), stop=self.is_stopped)
            )

    def search(self, name: str, start: Placements, **arguments: Any) -> None:
        """Anneal from `start`; what comes out is put into the inbox."""

        def report(placements: Placements, _: Mapping[Objective, int], steps: int) -> None:
            self.inbox.put((name, "report", (placements, steps)))

        try:
            anneal(self.core, start, report=report, **arguments)
        except Exception as error:
            self.inbox.put((name, "raised", error))
        self.inbox.put((name, "result", None))

    # The search by the clock

    def by_clock(self, workers: int) -> None:
        worker = Worker(self.core, self.inbox) if workers > 1 else None
        try:
            if self.core.mandatory.all() and self.core.instance.objectives[:1] != ("moved",):
                self.all_mandatory(worker)
            elif self.core.instance.objectives[:1] == ("moved",) and (self.core.published >= 0).any():
                self.again(worker)
            else:
                self.choose(worker)
        finally:
            if worker is not None:
                worker.end()

    def is_stopped(self) -> bool:
        """Asked in the main thread; the others look at what it found."""
        if not self.stopped and self.stop is not None and self.stop():
            self.stopped = True
        return self.stopped

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
            return True
        if job.startswith("anneal"):
            if kind == "report":
                placements, steps = value
                self.steps_of[job] = steps
                self.steps = sum(self.steps_of.values())
                self.offer(job, placements)
        elif job == "bound":
            self.take_bound(value)
        elif job in ("exact", "again"):
            if kind == "report":
                self.offer(job, value[0])
            else:
                self.take_exact(value, kept=job == "again")
        elif job == "improve":
            if kind == "report":
                self.offer(job, value)
        elif job == "mandatory":
            if kind == "report":
                placements, _, least = value
                if placements is not None:
                    self.offer(job, placements)
                if least is not None:
                    self.least["breaks"] = max(self.least.get("breaks", 0), least)
            else:
                self.take_mandatory(value)
        return kind == "result"

    def take_bound(self, bound: int) -> None:
        if self.bound is None or bound < self.bound:
            self.bound = bound
            self.tell("bound")

    def take_exact(self, result: Any, *, kept: bool) -> None:
        if result.infeasible:
            self.fail()
        if result.placements is not None:
            self.offer("exact", result.placements)
        if not kept:
            self.take_bound(result.bound)
        for name in result.proven:
            self.least[name] = max(self.least.get(name, 0), result.values[name])

    def take_mandatory(self, result: Any) -> None:
        if result.infeasible:
            self.fail()
        if result.placements is not None:
            self.offer("mandatory", result.placements)
        self.least["breaks"] = max(self.least.get("breaks", 0), result.lower_bound)

    def fail(self) -> None:
        """Not everything that must be held can be held."""
        groups = conflicts(self.core)
        raise Infeasible("The mandatory and fixed meetings exclude each other.", groups)

    def during(
        self,
        searches: list[dict[str, Any]],
        seconds: float,
        *,
        until: Callable[[list[str]], bool] | None = None,
    ) -> None:
        """Let searches run in threads for so long, until all are done, `until` says so, or everything is proven."""
        end = min(time.monotonic() + seconds, self.began + self.seconds)
        halt = threading.Event()
        threads = [
            threading.Thread(
                target=self.search,
                kwargs={
                    **one,
                    "stop": halt.is_set,
                    "seconds": max(0.05, end - time.monotonic()),
                    "goal": self.goal(),
                },
                daemon=True,
            )
            for one in searches
        ]
        over: list[str] = []
        try:
            for thread in threads:
                thread.start()
            while time.monotonic() < end and not self.is_stopped() and not self.is_perfect_now():
                over += self.pump(TICK)
                if (until is not None and until(over)) or (
                    searches and until is None and not any(thread.is_alive() for thread in threads)
                ):
                    break
        finally:
            halt.set()
            for thread in threads:
                thread.join()
        self.pump()

    def is_perfect_now(self) -> bool:
        """`is_perfect`, computed again only when something changed."""
        key = (self.rank, self.bound, tuple(self.least.items()))
        if key != getattr(self, "_perfect_key", None):
            self._perfect_key, self._perfect = key, self.is_perfect()
        return self._perfect

    # The three kinds of problems

    def all_mandatory(self, worker: Worker | None) -> None:
        """MaxSAT beside rounds of annealing, each twice as long as the last."""
        self.bound = self.total
        if worker is not None:
            worker.ask("mandatory", seconds=max(1.0, self.left() - 0.5))
        length, round_number = 3.0, 0
        while self.left() > 0.3 and not self.is_stopped() and not self.is_perfect():
            start = construct(self.core, seed=self.seed + round_number) if round_number else self.best
            if worker is None and round_number:
                result = solve_mandatory(self.core, seconds=max(1.0, self.left() - 0.5), stop=self.is_stopped)
                self.take_mandatory(result)
                break
            name = f"anneal {round_number + 1}"
            self.during([{"name": name, "start": start, "seed": self.seed + round_number}], length)
            length, round_number = 2 * length, round_number + 1

    def again(self, worker: Worker | None) -> None:
        """A published timetable: what stays is proven by HiGHS while the search works on the rest; then the search once more."""
        published = int((self.core.published >= 0).sum())
        budget = min(self.left(), RERUN_SECONDS * max(1.0, published / 2000))
        exact = {"keep_published": True, "seconds": 0.6 * budget, "seed": self.seed, "start": self.best}
        proving = tuple(
            name for name in self.core.instance.objectives if name in ("moved", "targets", "weight")
        )
        search = [{"name": "anneal 1", "start": self.best, "seed": self.seed, "hot": WARM}]
        if worker is None:
            self.take_exact(
                solve_exact(self.core, objectives=proving, stop=self.is_stopped, **exact), kept=True
            )
            self.during([], 0.0)
        else:
            worker.ask("again", objectives=proving, **exact)
            self.during(search, 0.75 * budget, until=lambda over: "again" in over)
        search[0].update(name="anneal 2", start=self.best, seed=self.seed + 1)
        self.during(search, min(0.25 * budget, self.left()))

    def choose(self, worker: Worker | None) -> None:
        """More is asked than fits: the ceiling, then annealing beside exact solving, then annealing from the best of both."""
        tables = self.seconds_for_tables()
        places = int(self.core.option_allowed.sum())
        ceiling = min(10.0, 0.2 * self.left())
        first = 0.55 * (self.left() - tables)
        search = {"name": "anneal 1", "start": self.best, "seed": self.seed}
        if worker is None:
            self.take_bound(weight_bound(self.core, seconds=ceiling, seed=self.seed, stop=self.is_stopped))
            self.during([search], first)
        else:
            worker.ask("bound", seconds=ceiling, seed=self.seed)
            self.during([search], first)
        if self.is_perfect() or self.is_stopped():
            return
        before = self.best
        rest = self.left() - tables
        if worker is not None and self.bound is not None and self.weight() < self.bound:
            weighty = self.core.instance.objectives[: self.core.instance.objectives.index("weight") + 1]
            if places <= SMALL:
                worker.ask(
                    "exact",
                    objectives=weighty,
                    start=before,
                    weight_target=self.bound,
                    seconds=0.5 * rest,
                    seed=self.seed,
                )
            else:
                worker.ask(
                    "improve", placements=before, weight_target=self.bound, seconds=0.5 * rest, seed=self.seed
                )
        search = {"name": "anneal 2", "start": before, "seed": self.seed + 1, "hot": WARM}
        self.during([search], 0.5 * rest)
        search = {"name": "anneal 3", "start": self.best, "seed": self.seed + 2, "hot": WARM / 2}
        self.during([search], self.left() - tables)

    def seconds_for_tables(self) -> float:
        if not self.core.instance.exact_tables:
            return 0.0
        return min(0.1 * self.seconds, 0.3 + self.core.meetings / 2500)

    # The end

    def finish(self, steps: int | None) -> Solution:
        """Tables, reasons and the account of what is proven."""
        core, instance = self.core, self.core.instance
        if not self.is_valid():
            if self.is_stopped() or steps is None:
                groups = conflicts(core)
                raise Infeasible(
                    "The mandatory and fixed meetings exclude each other."
                    if groups
                    else "No timetable with all mandatory meetings was found in the time given.",
                    groups,
                )
            self.fail()
        if steps is not None:
            tables = assign_tables(core, self.best, seconds=3600.0, seed=self.seed)
        else:
            tables = assign_tables(
                core, self.best, seconds=max(self.left(), 0.3 + core.meetings / 10_000), seed=self.seed
            )
        values = objectives(core, self.best, tables)
        proven = self.proven()
        names = list(instance.objectives)
        counted: list[Objective] = []
        for name in names:
            if name in proven or (name == "table_changes" and values[name] == 0):
                counted.append(name)
            else:
                break
        assignments = tuple(
            core.assignment(m, int(self.best[m, 0]), int(self.best[m, 1]), tables[m])
            for m in np.flatnonzero(self.best[:, 0] >= 0)
        )
        moved = tuple(
            (
                instance.meetings[m].id,
                int(core.published[m]),
                int(self.best[m, 1]) if self.best[m, 0] >= 0 else None,
            )
            for m in np.flatnonzero((core.published >= 0) & (core.published != self.best[:, 1]))
        )
        self.rank = (0, *(values[name] for name in names))
        self.tell("done")
        return Solution(
            assignments=assignments,
            unscheduled=unscheduled(core, self.best),
            objective=tuple(values[name] for name in names),
            objectives=instance.objectives,
            weight=self.weight(),
            weight_bound=self.bound,
            proven=tuple(counted),
            moved=moved,
            seconds=self.elapsed(),
            steps=self.steps,
        )

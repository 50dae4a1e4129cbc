"""Simulated annealing over whole timetables: the method that finds; what proves is `bound`, `exact` and `maxsat`.

The moves and their cost are in `moves` and `state`. The sum that is annealed weighs the objectives by rank, mildly: with a
unit of weight worth two breaks the search crosses the valleys between timetables of equal weight, and since the best
timetable is kept by the order of the objectives nothing is lost by it. The last part of the time is a descent by that
order.

A budget of steps makes a run reproducible on any machine; a budget of seconds does not, since the temperature follows the
clock. (Kirkpatrick, Gelatt and Vecchi, "Optimization by Simulated Annealing", 1983; Kempe chains as in Lewis, "A survey of
metaheuristic-based techniques for university timetabling problems", 2008.)
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from conference.matchmaking.solver.core import Core, Integers, Placements
from conference.matchmaking.solver.layout import (
    BEST,
    BREAKS,
    CHANGES,
    COUNT_OF,
    COUNTS,
    FAIRNESS,
    FILLED,
    IN_SLOT,
    INVALID,
    MOVED,
    TARGETS,
    TIME,
    TIME_ROW,
    UNPLACED_SIZE,
    UNSOCIAL,
    WEIGHT,
)
from conference.matchmaking.solver.model import Objective
from conference.matchmaking.solver.moves import anneal_steps
from conference.matchmaking.solver.state import (
    best_placements,
    best_tables,
    make_state,
)

Report = Callable[[Placements, list[str | None] | None, int], None]  # tables where there are any; steps made
Stop = Callable[[], bool]

CHUNK_SECONDS = 0.05  # between two looks at the clock and at `stop`
CHUNK_STEPS = 5_000  # the same when steps are counted
COLD = 0.05
DESCENT = 0.08  # the share of the budget for the descent by rank
REPORT_SECONDS = 0.5

# What a unit of each count costs in the sum. A unit of weight stands for the least weight of the problem.
COSTS: dict[int, float] = {
    INVALID: 8.0,
    MOVED: 20.0,
    TARGETS: 6.0,
    WEIGHT: 2.0,
    FAIRNESS: 0.3,
    BREAKS: 1.0,
    CHANGES: 0.5,
    UNSOCIAL: 0.2,
}
# The shares of moves: aimed at people with breaks, swaps, pushes of meetings without a place, between tables only.
SEARCHING = (0.4, 0.5, 0.3, 0.0)
ARRANGING = (0.2, 0.4, 0.2, 0.3)


def anneal(
    core: Core,
    placements: Placements | None,
    *,
    steps: int | None = None,
    seconds: float = 10.0,
    seed: int = 1,
    hot: float | None = None,
    goal: Mapping[Objective, int] | None = None,
    report: Report | None = None,
    stop: Stop | None = None,
) -> Placements:
    """A timetable no worse than the one given, by the order of the instance's objectives (table changes excepted).

    `steps` are counted moves and make the result depend on nothing but the arguments; without them the clock decides. `hot`
    is the first temperature, by default chosen by the number of moves for each meeting. Values in `goal` are known to be
    unbeatable for their objectives: the search ends when all objectives have theirs (0 where nothing is given). `report` is
    called with better timetables now and then.
    """
    schedule = _Schedule(steps, seconds, hot)
    a = _search(core, placements, None, schedule, seed, goal, report, stop)
    return best_placements(a)


def arrange(
    core: Core,
    placements: Placements,
    tables: Sequence[str | None],
    *,
    steps: int | None = None,
    seconds: float = 10.0,
    seed: int = 1,
    hot: float | None = None,
    goal: Mapping[Objective, int] | None = None,
    report: Report | None = None,
    stop: Stop | None = None,
) -> tuple[Placements, list[str | None]]:
    """The same with tables: meetings move in time and between tables, and changes of table count among the objectives.

    Begins with a valid timetable and its tables, and is no worse than it by the order of the objectives.
    """
    number = {name: i for i, name in enumerate(name for pool in core.pools for name in pool)}
    numbers = np.array([-1 if name is None else number[name] for name in tables], dtype=np.int32)
    a = _search(core, placements, numbers, _Schedule(steps, seconds, hot), seed, goal, report, stop)
    return best_placements(a), _named(core, a)


@dataclass(slots=True)
class _Schedule:
    """How the temperature falls: over counted steps, or over seconds where `steps` is None."""

    steps: int | None
    seconds: float
    hot: float | None

    def temperature(self, share: float, done: int, meetings: int) -> float:
        """At this share of the budget; 0 for the descent at the end."""
        if share >= 1.0 - DESCENT:
            return 0.0
        total = self.steps if self.steps is not None else done / max(share, 1e-3)
        warm = self.hot or _hot(total / meetings if done else 1000.0)
        return warm * float((COLD / warm) ** (share / (1.0 - DESCENT)))


def _search(
    core: Core,
    placements: Placements | None,
    tables: Integers | None,
    schedule: _Schedule,
    seed: int,
    goal: Mapping[Objective, int] | None,
    report: Report | None,
    stop: Stop | None,
) -> Integers:
    """Anneal, then descend; the array with the best timetable kept in it."""
    a = make_state(core, placements, seed=seed, locked=locks(core, placements), tables=tables)
    order = ranks(core, seating=tables is not None)
    cost = costs(core, order)
    least = _least(order, goal)
    meetings = max(1, int(a[UNPLACED_SIZE]) + int(a[a[TIME] + FILLED : a[IN_SLOT] : TIME_ROW].sum()))
    began = told_at = time.monotonic()
    told = a[BEST : BEST + COUNTS].copy()
    done = 0
    chunk = CHUNK_STEPS if schedule.steps is not None else 500
    shares = ARRANGING if tables is not None else SEARCHING
    settings = np.array([1.0, *shares])
    while not (a[BEST + order] <= least).all():
        if schedule.steps is not None:
            share = done / max(1, schedule.steps)
        else:
            share = (time.monotonic() - began) / max(schedule.seconds, 1e-3)
        if share >= 1.0 or (stop is not None and stop()):
            break
        temperature = schedule.temperature(share, done, meetings)
        if temperature == 0.0 and settings[0] > 0.0:  # descend from the best, not from the last
            best = best_placements(a)
            seats = None if tables is None else best_tables(a)
            a = make_state(core, best, seed=seed + 1, locked=locks(core, best), tables=seats)
        settings[0] = temperature
        size = chunk if schedule.steps is None else min(chunk, schedule.steps - done)
        before = time.monotonic()
        anneal_steps(a, size, cost, settings, order)
        done += size
        now = time.monotonic()
        if schedule.steps is None:
            chunk = int(np.clip(size * CHUNK_SECONDS / max(now - before, 1e-6), 100, 4 * size))
        if report is not None and now - told_at > REPORT_SECONDS and (told != a[BEST : BEST + COUNTS]).any():
            told, told_at = a[BEST : BEST + COUNTS].copy(), now
            report(best_placements(a), None if tables is None else _named(core, a), done)
    if report is not None:
        report(best_placements(a), None if tables is None else _named(core, a), done)
    return a


def _named(core: Core, a: Integers) -> list[str | None]:
    """The tables of the best timetable."""
    names = [name for pool in core.pools for name in pool]
    return [None if table < 0 else names[table] for table in best_tables(a)]


def ranks(core: Core, *, seating: bool = False) -> Integers:
    """The counts by rank: validity, then the objectives of the instance, table changes only where meetings have tables."""
    named = [COUNT_OF[name] for name in core.instance.objectives if name != "table_changes" or seating]
    return np.array([INVALID, *named], dtype=np.int32)


def costs(core: Core, order: Integers) -> NDArray[np.float64]:
    """The weights of the annealed sum, 0 for what is not asked for."""
    cost = np.zeros(COUNTS)
    for count in order:
        cost[count] = COSTS[int(count)]
    positive = core.weight[core.weight > 0]
    if len(positive):
        cost[WEIGHT] /= float(positive.min())
    return cost


def locks(core: Core, placements: Placements | None) -> NDArray[np.bool_] | None:
    """The meetings that no move may touch: published ones in their slot, where staying comes before everything else."""
    if placements is None or core.instance.objectives[:1] != ("moved",):
        return None
    stays: NDArray[np.bool_] = (core.published >= 0) & (placements[:, 1] == core.published)
    return stays


def _least(order: Integers, goal: Mapping[Objective, int] | None) -> Integers:
    """For each rank the value below which nothing is."""
    names = {count: name for name, count in COUNT_OF.items()}
    return np.array(
        [0 if count == INVALID else (goal or {}).get(names[int(count)], 0) for count in order], dtype=np.int32
    )


def _hot(moves: float) -> float:
    """The first temperature for so many moves for each meeting: 0.4 for a hundred, 1 for a thousand, 2 for six thousand."""
    return float(np.clip(0.4 * (moves / 100.0) ** 0.4, 0.3, 2.0))

"""Simulated annealing over whole timetables: the method that finds; what proves is `bound`, `exact` and `maxsat`.

The moves and their cost are in `moves` and `state`. The sum that is annealed weighs the objectives by rank, mildly: with a unit of
weight worth two breaks the search crosses the valleys between timetables of equal weight, and since the best timetable is kept by the
order of the objectives nothing is lost by it. The last part of the time is a descent by that order.

A budget of steps makes a run reproducible on any machine; a budget of seconds does not, since the temperature follows the clock.
(Kirkpatrick, Gelatt and Vecchi, "Optimization by Simulated Annealing", 1983; Kempe chains as in Lewis, "A survey of
metaheuristic-based techniques for university timetabling problems", 2008.)
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping

import numpy as np
from numpy.typing import NDArray

from conference.matchmaking.solver.core import Core, Integers, Placements
from conference.matchmaking.solver.layout import (
    BEST,
    BREAKS,
    COUNT_OF,
    COUNTS,
    FAIRNESS,
    INVALID,
    MOVED,
    TARGETS,
    UNSOCIAL,
    WEIGHT,
)
from conference.matchmaking.solver.model import Objective
from conference.matchmaking.solver.moves import anneal_steps
from conference.matchmaking.solver.state import (
    best_placements,
    make_state,
)

Report = Callable[[Placements, Mapping[Objective, int], int], None]
Stop = Callable[[], bool]

CHUNK_SECONDS = 0.05  # between two looks at the clock and at `stop`
CHUNK_STEPS = 5_000  # the same when steps are counted
COLD = 0.1
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
    UNSOCIAL: 0.2,
}
AIMED, SWAPS, PUSHED = 0.4, 0.5, 0.3


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

    `steps` are counted moves and make the result depend on nothing but the arguments; without them the clock decides. `hot` is the
    first temperature, by default chosen by the number of moves for each meeting. Values in `goal` are known to be unbeatable for
    their objectives: the search ends when all objectives have theirs (0 where nothing is given). `report` is called with better
    timetables now and then, with the number of steps made.
    """
    a = make_state(core, placements, seed=seed, locked=locks(core, placements))
    order = ranks(core)
    cost = costs(core)
    least = _least(core, order, goal)
    began = time.monotonic()
    last_report = began
    done, accepted = 0, 0
    chunk = CHUNK_STEPS if steps is not None else 500
    told = a[BEST : BEST + COUNTS].copy()
    free = max(1, int((np.diff(core.option_start) > 0).sum()))
    settings = np.array([hot or 1.0, AIMED, SWAPS, PUSHED])
    while not (a[BEST + order] <= least).all():
        elapsed = time.monotonic() - began
        share = done / steps if steps is not None else elapsed / seconds
        if share >= 1.0 or (stop is not None and stop()):
            break
        if share < 1.0 - DESCENT:
            total = steps if steps is not None else done / max(share, 1e-3)
            warm = hot or _hot(total / free if done else 1000.0)
            settings[0] = warm * (COLD / warm) ** (share / (1.0 - DESCENT))
        else:
            if settings[0] > 0.0:
                a = _again(core, a, seed + 1)
            settings[0] = 0.0
        size = chunk if steps is None else min(chunk, steps - done)
        before = time.monotonic()
        accepted += anneal_steps(a, size, cost, settings, order)
        done += size
        now = time.monotonic()
        if steps is None:
            chunk = int(np.clip(size * CHUNK_SECONDS / max(now - before, 1e-6), 100, 4 * size))
        if (
            report is not None
            and now - last_report > REPORT_SECONDS
            and (told != a[BEST : BEST + COUNTS]).any()
        ):
            told = a[BEST : BEST + COUNTS].copy()
            last_report = now
            report(best_placements(a), counts(a), done)
    if report is not None:
        report(best_placements(a), counts(a), done)
    return best_placements(a)


def ranks(core: Core) -> Integers:
    """The counts by rank: validity, then the objectives of the instance."""
    named = [COUNT_OF[name] for name in core.instance.objectives if name in COUNT_OF]
    return np.array([INVALID, *named], dtype=np.int32)


def costs(core: Core) -> NDArray[np.float64]:
    """The weights of the annealed sum, 0 for what the instance does not ask for."""
    wanted = ranks(core)
    cost = np.zeros(COUNTS)
    for count in wanted:
        cost[count] = COSTS[int(count)]
    positive = core.weight[core.weight > 0]
    if len(positive):
        cost[WEIGHT] /= float(positive.min())
    return cost


def locks(core: Core, placements: Placements | None) -> NDArray[np.bool_] | None:
    """The meetings that no move may touch: published ones in their slot, where staying comes before everything else."""
    if placements is None or core.instance.objectives[:1] != ("moved",):
        return None
    return (core.published >= 0) & (placements[:, 1] == core.published) & (placements[:, 0] >= 0)


def counts(a: Integers) -> dict[Objective, int]:
    """The objectives of the best timetable."""
    return {name: int(a[BEST + count]) for name, count in COUNT_OF.items()}


def _least(core: Core, order: Integers, goal: Mapping[Objective, int] | None) -> Integers:
    """For each rank the value below which nothing is."""
    names = {count: name for name, count in COUNT_OF.items()}
    return np.array(
        [0 if count == INVALID else (goal or {}).get(names[int(count)], 0) for count in order], dtype=np.int32
    )


def _hot(moves: float) -> float:
    """The first temperature for so many moves for each meeting: 0.4 for a hundred, 1 for a thousand, 2 for six thousand."""
    return float(np.clip(0.4 * (moves / 100.0) ** 0.4, 0.3, 2.0))


def _again(core: Core, a: Integers, seed: int) -> Integers:
    """The state of the best timetable."""
    placements = best_placements(a)
    return make_state(core, placements, seed=seed, locked=locks(core, placements))

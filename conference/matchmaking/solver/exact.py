"""Exact answers where they are in reach, by HiGHS: whole problems of a few hundred people, re-runs of published timetables,
and small parts of large timetables solved again while the rest stands (large neighbourhood search).

`solve_exact` takes the objectives in the order of the instance, each proven before the next begins or given up when its
time is over. With `keep_published` every published meeting stays in its slot if it can: first it is proven how many can
stay, then all that stay are constants and only the others are placed. This proves the least disturbance and the most weight
beside it within seconds for thousands of people, since what is left to decide is small.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from conference.matchmaking.solver.core import Core, Placements
from conference.matchmaking.solver.mip import solve
from conference.matchmaking.solver.model import Objective
from conference.matchmaking.solver.timeindexed import (
    Load,
    Mask,
    Model,
    Places,
    Terms,
    all_places,
    build,
    fitting,
    objective,
)

Report = Callable[[Placements, int], None]
Stop = Callable[[], bool]


@dataclass(frozen=True, slots=True)
class ExactResult:
    """What was found. `weight` is the accepted weight, `bound` an upper bound of it given the objectives before it.

    `proven` are the objectives, from the first on, whose values are the best possible given those before; with
    `keep_published` the first, "moved", is proven too. `placements` is None when the time was over before any timetable was
    found; `infeasible` says that there is none.
    """

    placements: Placements | None
    weight: int
    bound: int
    proven: tuple[Objective, ...]
    values: dict[Objective, int]
    infeasible: bool = False


def solve_exact(
    core: Core,
    *,
    start: Placements | None = None,
    keep_published: bool = False,
    objectives: tuple[Objective, ...] | None = None,
    weight_target: int | None = None,
    seconds: float = 30.0,
    seed: int = 1,
    report: Report | None = None,
    stop: Stop | None = None,
) -> ExactResult:
    """Solve by integer programming, objective after objective (table changes excepted: `tables` sees to them).

    `start` is a valid timetable to begin with. `weight_target` is a weight known to be unbeatable: reaching it is proof.
    `report` is called with each better timetable and the bound of the weight, `stop` often.
    """
    began = time.monotonic()
    names = [name for name in (objectives or core.instance.objectives) if name != "table_changes"]
    places = all_places(core)
    everything = int(core.weight.sum())

    def left() -> float:
        return seconds - (time.monotonic() - began)

    model: Model | None = None
    as_few = True
    if keep_published:
        places, held, as_few = _locked(core, places, seconds=left(), seed=seed, stop=stop)
        model = build(core, places, held)
        if model is None:  # a mandatory meeting has no place unless something moves
            places, as_few = all_places(core), True
    if model is None:
        model = build(core, places, np.full((core.meetings, 2), -1, dtype=np.int32))
    if model is None:
        return ExactResult(None, 0, 0, (), {}, infeasible=True)

    proven: list[Objective] = []
    values: dict[Objective, int] = {}
    unbroken = True
    best: NDArray[np.float64] | None = None if start is None else model.start(start)
    if best is not None and not _satisfies(model, best):
        best = None
    bound = everything if weight_target is None else min(everything, weight_target)
    found = False
    for name in names:
        if left() <= 0 or (stop is not None and stop()):
            break
        terms = objective(model, name)
        cost = np.zeros(model.program.width)
        np.add.at(cost, terms.columns, terms.costs)
        model.program.cost = cost
        target = None
        if name == "weight" and weight_target is not None:
            target = float(everything - weight_target - terms.constant)

        def tell(
            solution: NDArray[np.float64],
            dual: float,
            *,
            name: Objective = name,
            terms: Terms = terms,
            bound: int = bound,
        ) -> None:
            if report is not None:
                known = name == "weight" and math.isfinite(dual)
                report(model.placements(solution), _ceiling(everything, terms, dual) if known else bound)

        outcome = solve(
            model.program, seconds=left(), seed=seed, start=best, target=target, stop=stop, report=tell
        )
        if outcome.infeasible and not found and best is None:
            if keep_published:
                return solve_exact(
                    core,
                    start=start,
                    objectives=objectives,
                    weight_target=weight_target,
                    seconds=left(),
                    seed=seed,
                    report=report,
                    stop=stop,
                )
            return ExactResult(None, 0, 0, (), {}, infeasible=True)
        if outcome.values is not None:
            best, found = outcome.values, True
        if name == "weight":
            bound = min(bound, _ceiling(everything, terms, outcome.bound))
        if best is None or len(best) < model.program.width:
            break
        reached = terms.value(best)
        values[name] = reached
        sure = outcome.proven or (target is not None and outcome.cost <= target + 1e-6)
        if name == "moved" and keep_published:
            sure = sure and as_few and names[0] == "moved"
        unbroken = unbroken and sure
        if unbroken:
            proven.append(name)
        model.program.rows(
            np.zeros(len(terms.columns), dtype=np.int64),
            terms.columns,
            terms.costs,
            upper=float(reached - terms.constant) + 0.5 * float(len(terms.columns) > 0),
            count=1,
        )
    if best is None or (not found and start is None):
        return ExactResult(None, 0, bound, tuple(proven), values)
    placements = model.placements(best)
    weight = int(core.weight[placements[:, 0] >= 0].sum())
    return ExactResult(placements, weight, bound, tuple(proven), values)


def _ceiling(everything: int, terms: Terms, dual: float) -> int:
    """The most weight that can be accepted when at least `dual` is missing."""
    return everything - terms.constant - math.ceil(dual - 1e-6)


def _satisfies(model: Model, first: NDArray[np.float64]) -> bool:
    """Whether values for the first columns keep the rows that stand now."""
    program = model.program
    total = np.zeros(program.height)
    for row, column, value in program.entries:
        inside = column < len(first)
        if not inside.all():
            return True  # rows of other columns: left to HiGHS
        np.add.at(total, row, value * first[column])
    lower = np.concatenate(program.row_lower)
    upper = np.concatenate(program.row_upper)
    return bool(np.all(total >= lower - 1e-6) and np.all(total <= upper + 1e-6))


def _locked(
    core: Core, places: Places, *, seconds: float, seed: int, stop: Stop | None
) -> tuple[Places, Placements, bool]:
    """Which published meetings stay: places that are left, placements that are certain, and whether no fewer than
    possible stay.

    A published meeting whose slot is still allowed stays if all of these fit together. If they do not, only meetings in a
    row that is overfull may have to leave, and only they keep all their places.
    """
    stays = places.slot == core.published[places.meeting]
    at_home = places.keep(stays)
    held = np.full((core.meetings, 2), -1, dtype=np.int32)
    first = np.full(core.meetings, -1, dtype=np.int64)
    options = np.bincount(at_home.meeting, minlength=core.meetings)
    unique = np.unique(at_home.meeting, return_index=True)
    first[unique[0]] = unique[1]
    single = options == 1
    held[single, 0] = at_home.option[first[single]]
    held[single, 1] = at_home.slot[first[single]]
    load = Load.of(core, held)
    crowded = _crowded(core, held, load)
    if crowded.any():
        held[crowded] = -1
        single &= ~crowded
        load = Load.of(core, held)
    several = (options > 1) & ~crowded
    if several.any():  # other representatives, tables or interpreters in the same slot
        model = build(core, at_home.keep(several[at_home.meeting]), held)
        if model is not None:
            model.program.cost = np.concatenate(
                [-np.ones(len(model.places)), np.zeros(model.program.width - len(model.places))]
            )
            outcome = solve(model.program, seconds=seconds / 2, seed=seed, stop=stop)
            if outcome.values is not None:
                held = model.placements(outcome.values)
    kept = held[:, 0] >= 0
    as_few = bool(kept[several].all())  # else those with one option might have made room
    still = places.keep(~kept[places.meeting])
    # Meetings with several options at home stay in the slot but may choose again.
    if several.any():
        again = several & kept
        held[again] = -1
        mask = ~kept[places.meeting] | (again[places.meeting] & stays)
        still = places.keep(mask)
    load = Load.of(core, held)
    still = still.keep(fitting(core, still, load))
    return still, held, as_few


def _crowded(core: Core, held: Placements, load: Load) -> Mask:
    """The held meetings that take part in a rule that is broken."""
    out = np.zeros(core.meetings, dtype=bool)
    number = np.flatnonzero(held[:, 0] >= 0)
    option, slot = held[number].T
    persons_full = load.busy > 1
    over_maximum = load.busy.sum(axis=1) > core.maximum
    for window in range(len(core.window_person)):
        person = core.window_person[window]
        if load.busy[person][core.window_slots[window].astype(bool)].sum() > core.window_limit[window]:
            over_maximum[person] = True
    for person in np.flatnonzero((core.gap > 0) | (core.run > 0)):
        over_maximum[person] |= _ill_spaced(core, int(person), load.busy[person] > 0)
    for persons in core.option_persons[option].T:
        there = persons >= 0
        bad = persons_full[np.maximum(persons, 0), slot] | over_maximum[np.maximum(persons, 0)]
        out[number[there & bad]] = True
    for of_option, use, capacity in (
        (core.option_pool, load.pool, core.pool_capacity),
        (core.option_team, load.team, core.team_capacity),
    ):
        if len(capacity):
            which = of_option[option]
            bad = (which >= 0) & (use > capacity)[np.maximum(which, 0), slot]
            out[number[bad]] = True
    for before, after in core.precedences:
        if held[before, 0] >= 0 and held[after, 0] >= 0 and held[before, 1] >= held[after, 1]:
            out[before] = out[after] = True
    return out


def _ill_spaced(core: Core, person: int, busy: Mask) -> bool:
    gap, run = int(core.gap[person]), int(core.run[person])
    slots = np.flatnonzero(busy)
    length = 1
    for before, after in zip(slots[:-1], slots[1:], strict=True):
        same = core.date[before] == core.date[after]
        if same and after - before <= gap:
            return True
        length = length + 1 if same and after - before == 1 else 1
        if 0 < run < length:
            return True
    return False

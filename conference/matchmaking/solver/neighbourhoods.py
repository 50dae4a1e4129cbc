"""Large neighbourhood search by exact solving: a part of the timetable is taken out and put back in the best way there is.

The part is either everything around a few people (those with breaks or with an unmet request, and whom they meet) or a few
slots of one day with all meetings in them; the meetings without a place always compete for what becomes free. The size of
the part follows the seconds that HiGHS needs for it. An answer is taken when it is not worse, so the search also walks
along plateaus.
"""

from __future__ import annotations

import time
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from conference.matchmaking.solver.core import Core, Placements
from conference.matchmaking.solver.evaluate import objectives
from conference.matchmaking.solver.mip import solve
from conference.matchmaking.solver.model import Objective
from conference.matchmaking.solver.timeindexed import (
    Mask,
    Model,
    Places,
    all_places,
    build,
    lexicographic,
    objective,
)

QUICK, SLOW = 0.4, 1.5  # seconds: parts solved faster may grow, slower ones shrink
SMALLEST, LARGEST = 200, 20_000  # columns of a part
FIRST = 2_000
WEIGHT_FIRST = 0.8  # the share of parts that look for weight alone while it is below its ceiling


def improve_exact(
    core: Core,
    placements: Placements,
    *,
    seconds: float,
    seed: int = 1,
    locked: NDArray[np.bool_] | None = None,
    names: tuple[Objective, ...] | None = None,
    weight_target: int | None = None,
    rounds: int | None = None,
    report: Callable[[Placements], None] | None = None,
    stop: Callable[[], bool] | None = None,
) -> Placements:
    """A timetable that is not worse in any of the objectives `names`, taken in their order. `locked` [M] meetings stay
    where they are.

    `weight_target` is a weight known to be unbeatable: from there on only people with breaks are looked at. `rounds` is the
    most parts to solve. Each part has its seconds, so the answer depends on the machine.
    """
    began = time.monotonic()
    random = np.random.default_rng(seed)
    order = [one for one in (names or core.instance.objectives) if one not in ("table_changes", "moved")]
    weighty = order[: order.index("weight") + 1] if "weight" in order else []
    fixed = np.zeros(core.meetings, dtype=bool) if locked is None else locked.copy()
    if "moved" in core.instance.objectives:
        fixed |= (core.published >= 0) & (core.published == placements[:, 1])
    places = all_places(core)
    possible = np.bincount(places.meeting, minlength=core.meetings)
    now = placements.copy()
    wanted_size = {"people": FIRST, "slots": FIRST}
    done = 0
    while rounds is None or done < rounds:
        left = seconds - (time.monotonic() - began)
        if left < 0.1 or (stop is not None and stop()):
            break
        weight = int(core.weight[now[:, 0] >= 0].sum())
        full = weight_target is not None and weight >= weight_target
        kind = "slots" if random.random() < 0.3 else "people"
        if kind == "people":
            free, slots = _around_people(core, now, fixed, possible, wanted_size[kind], random, full)
        else:
            free, slots = _of_slots(core, now, fixed, wanted_size[kind], random)
        held = now.copy()
        held[free] = -1
        started = time.monotonic()
        model = build(core, _candidates(core, places, now, free, fixed, slots), held)
        if model is not None and len(model.places):
            if weighty and not full and random.random() < WEIGHT_FIRST:
                better = _heavier(model, weighty, now, min(left, SLOW), seed + done, stop)
            else:
                better = _solve_part(model, order, now, int(free.sum()), min(left, SLOW), seed + done, stop)
            if better is not None:
                changed = (better != now).any()
                now = better
                if changed and report is not None:
                    report(now)
        took = time.monotonic() - started
        if took < QUICK:
            wanted_size[kind] = min(LARGEST, int(wanted_size[kind] * 1.15) + 1)
        elif took > 0.8 * SLOW:
            wanted_size[kind] = max(SMALLEST, int(wanted_size[kind] * 0.8))
        done += 1
    return now


def _candidates(core: Core, places: Places, now: Placements, free: Mask, fixed: Mask, slots: Mask) -> Places:
    """The places of the meetings taken out, and of those without a place that somebody taken out asked for."""
    person = np.zeros(core.persons + 1, dtype=bool)  # the last stands for -1
    person[core.option_persons[now[free, 0]]] = True
    person[-1] = False
    waiting = ((now[:, 0] < 0) & ~fixed)[places.meeting]
    touched = person[core.option_persons[places.option]].any(axis=1)
    return places.keep((free[places.meeting] | (waiting & touched)) & slots[places.slot])


def _heavier(
    model: Model,
    names: list[Objective],
    now: Placements,
    seconds: float,
    seed: int,
    stop: Callable[[], bool] | None,
) -> Placements | None:
    """Any answer for the part with more weight; `names` end with "weight", the others do not get worse.

    The relaxation mostly says at once that there is none, so that many parts can be tried.
    """
    terms = [objective(model, name) for name in names]
    start = model.start(now)
    for one, name in zip(terms, names, strict=True):
        if name == "weight":
            limit = float(one.costs @ start[one.columns]) - 1.0
            model.program.cost = np.zeros(model.program.width)
            np.add.at(model.program.cost, one.columns, one.costs)
        else:
            limit = float(_value(model.core, now, name) - one.constant)
        row = np.zeros(len(one.columns), dtype=np.int64)
        model.program.rows(row, one.columns, one.costs, upper=limit, count=1)
    outcome = solve(model.program, seconds=seconds, seed=seed, stop=stop)
    return None if outcome.values is None else model.placements(outcome.values)


def _value(core: Core, now: Placements, name: Objective) -> int:
    return objectives(core, now, None)[name]


def _solve_part(
    model: Model,
    names: list[Objective],
    now: Placements,
    free: int,
    seconds: float,
    seed: int,
    stop: Callable[[], bool] | None,
) -> Placements | None:
    """The best answer for the part, at least as good as `now`."""
    ranges = [4 * free + 10 if name == "breaks" else 20 * free + 10 for name in names]
    cost = lexicographic(model, names, ranges)
    model.program.cost = cost
    outcome = solve(model.program, seconds=seconds, seed=seed, start=model.start(now), stop=stop)
    if outcome.values is None:
        return None
    return model.placements(outcome.values)


def _around_people(
    core: Core,
    now: Placements,
    fixed: Mask,
    possible: NDArray[np.integer],
    size: int,
    random: np.random.Generator,
    full: bool,
) -> tuple[Mask, Mask]:
    """All meetings of people that grow from one with a break or an unmet request along whom they meet."""
    free = np.zeros(core.meetings, dtype=bool)
    placed = now[:, 0] >= 0
    of_person = _meetings_of(core, now)
    breaks = _breaks_of(core, now)
    first = []
    unmet = np.flatnonzero(~placed & (possible > 0) & ~fixed)
    if not full and len(unmet) and random.random() < 0.5:
        share = core.weight[unmet].astype(np.float64)
        m = random.choice(unmet, p=share / share.sum()) if share.sum() > 0 else random.choice(unmet)
        first = [int(p) for p in core.option_persons[core.option_start[m]] if p >= 0]
    elif breaks.sum() > 0:
        first = [int(random.choice(len(breaks), p=breaks / breaks.sum()))]
    else:
        first = [int(random.integers(core.participants))]
    queue, seen = list(first), set(first)
    total = 0
    while queue and total < size:
        person = queue.pop(0)
        partners: list[int] = []
        for m in of_person.get(person, []):
            if fixed[m]:
                continue
            if not free[m]:
                free[m] = True
                total += int(possible[m])
            partners += [int(p) for p in core.option_persons[now[m, 0]] if p >= 0 and int(p) not in seen]
        random.shuffle(partners)
        partners.sort(key=lambda p: -(breaks[p] if p < len(breaks) else 0))
        for p in partners[:4]:
            seen.add(p)
            queue.append(p)
    return free, np.ones(core.slots, dtype=bool)


def _of_slots(
    core: Core, now: Placements, fixed: Mask, size: int, random: np.random.Generator
) -> tuple[Mask, Mask]:
    """All meetings of a few slots of one day, next to each other or not."""
    chosen = np.zeros(core.slots, dtype=bool)
    first = int(random.integers(core.slots))
    of_day = np.flatnonzero(core.date == core.date[first])
    if random.random() < 0.5:
        order = of_day[np.argsort(np.abs(of_day - first), kind="stable")]
    else:
        order = np.concatenate([[first], random.permutation(of_day[of_day != first])])
    free = np.zeros(core.meetings, dtype=bool)
    for count, slot in enumerate(order, start=1):
        chosen[slot] = True
        free |= (now[:, 1] == slot) & ~fixed
        if count > 1 and (int(free.sum()) + int((now[:, 0] < 0).sum()) // 4) * count > size:
            break
    return free, chosen


def _meetings_of(core: Core, now: Placements) -> dict[int, list[int]]:
    """The placed meetings of each person."""
    found: dict[int, list[int]] = {}
    for m in np.flatnonzero(now[:, 0] >= 0):
        for person in core.option_persons[now[m, 0]]:
            if person >= 0:
                found.setdefault(int(person), []).append(int(m))
    return found


def _breaks_of(core: Core, now: Placements) -> NDArray[np.float64]:
    """[participants] the breaks of each."""
    number = np.flatnonzero(now[:, 0] >= 0)
    row, place = np.nonzero(core.option_persons[now[number, 0]] >= 0)
    person = core.option_persons[now[number[row], 0], place]
    slot = now[number[row], 1]
    inside = person < core.participants
    person, slot = person[inside], slot[inside]
    order = np.lexsort((slot, person))
    person, slot = person[order], slot[order]
    same = (person[1:] == person[:-1]) & (core.day[slot[1:]] == core.day[slot[:-1]])
    apart = core.rank[person[1:], slot[1:]] - core.rank[person[:-1], slot[:-1]] > 1
    return np.bincount(person[1:][same & apart], minlength=core.participants).astype(np.float64)

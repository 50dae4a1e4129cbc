"""The ceiling of a timetable: a weight that no timetable can exceed, known within seconds.

Relaxation: forget *when* meetings take place, keep *how often*. Each person then holds at most so many meetings as fit into
their own slots, each pool of tables and each team of interpreters at most the sum of its slots: a b-matching with side
constraints, solved as an integer program by HiGHS. It is the ceiling given in the studies of oversubscribed brokerage
events, and on instances whose slots are alike it is usually reached.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from conference.matchmaking.solver.core import Core
from conference.matchmaking.solver.mip import Program, solve

NEARLY = 1e-6


def weight_bound(
    core: Core, *, seconds: float = 5.0, seed: int = 1, stop: Callable[[], bool] | None = None
) -> int:
    """An upper bound of the accepted weight. It is true whatever happens, only less tight when the time (in seconds) runs out."""
    possible = core.option_allowed.any(axis=1)
    meeting_of = np.repeat(np.arange(core.meetings), np.diff(core.option_start))
    reachable = np.zeros(core.meetings, dtype=bool)
    reachable[meeting_of[possible]] = True
    everything = int(np.maximum(core.weight, 0)[reachable].sum())
    if not reachable.any():
        return 0
    outcome = solve(relaxation(core), seconds=seconds, seed=seed, stop=stop)
    if not math.isfinite(outcome.bound):
        return everything
    return min(everything, math.floor(-outcome.bound + NEARLY))


def relaxation(core: Core) -> Program:
    """The b-matching: one column for each option with an allowed slot, cost minus its weight."""
    options = np.flatnonzero(core.option_allowed.any(axis=1))
    meeting_of = np.repeat(np.arange(core.meetings), np.diff(core.option_start))[options]
    program = Program()
    program.columns(len(options), cost=-core.weight[meeting_of].astype(np.float64))
    _, rows = np.unique(meeting_of, return_inverse=True)
    program.rows(rows, np.arange(len(options)), 1.0, upper=1.0)

    column, place = np.nonzero(core.option_persons[options] >= 0)
    person = core.option_persons[options[column], place]
    program.rows(person, column, 1.0, upper=capacities(core).astype(np.float64), count=core.persons)

    # A pool or team cannot serve more meetings in a slot than have people free then.
    open_slots = core.option_allowed[options]
    for of_option, capacity in (
        (core.option_pool[options], core.pool_capacity),
        (core.option_team[options], core.team_capacity),
    ):
        column = np.flatnonzero(of_option >= 0)
        useful = np.zeros(capacity.shape, dtype=np.int64)
        np.add.at(useful, of_option[column], open_slots[column])
        limit = np.minimum(useful, capacity).sum(axis=1)
        program.rows(of_option[column], column, 1.0, upper=limit.astype(np.float64), count=capacity.shape[0])

    # The same by window: meetings that fit nowhere else count against its limit.
    for person, slots, limit in zip(core.window_person, core.window_slots, core.window_limit, strict=True):
        inside = ~(open_slots.astype(bool) & ~slots.astype(bool)).any(axis=1)
        column = np.flatnonzero(inside & (core.option_persons[options] == person).any(axis=1))
        if len(column) > limit:
            program.rows(np.zeros(len(column), dtype=np.int64), column, 1.0, upper=float(limit))
    return program


def capacities(core: Core) -> NDArray[np.int64]:
    """For each person the most meetings that their own slots, limits and requests can hold, whoever else is busy. [P]"""
    most: NDArray[np.int64] = np.minimum(core.maximum, core.available.sum(axis=1)).astype(np.int64)
    for person in np.flatnonzero((core.gap > 0) | (core.run > 0)):
        most[person] = min(most[person], _spaced(core, int(person)))
    for person in np.unique(core.window_person):
        most[person] = min(most[person], _windowed(core, int(person)))
    # What their own slots and requests can hold: a matching of meetings and slots, both as bits.
    bits = [sum(1 << int(t) for t in np.flatnonzero(row)) for row in core.option_allowed]
    meeting_of = np.repeat(np.arange(core.meetings), np.diff(core.option_start)).tolist()
    asked: list[dict[int, int]] = [{} for _ in range(core.persons)]
    for option, persons in enumerate(core.option_persons.tolist()):
        for one in persons:
            if one >= 0 and bits[option]:
                slots = asked[one]
                slots[meeting_of[option]] = slots.get(meeting_of[option], 0) | bits[option]
    for number, of_meeting in enumerate(asked):
        most[number] = _matched(list(of_meeting.values()), int(most[number]))
    return most


def _matched(choices: list[int], most: int) -> int:
    """The size of a largest matching of meetings with slots, at most `most`; `choices` are the slots of each meeting as bits."""
    owner: dict[int, int] = {}

    def place(meeting: int, tried: int) -> tuple[bool, int]:
        while free := choices[meeting] & ~tried:
            slot = free & -free
            tried |= slot
            if slot not in owner:
                owner[slot] = meeting
                return True, tried
            moved, tried = place(owner[slot], tried)
            if moved:
                owner[slot] = meeting
                return True, tried
        return False, tried

    size = 0
    for meeting in range(len(choices)):
        if size >= most:
            break
        size += place(meeting, 0)[0]
    return size


def _windowed(core: Core, person: int) -> int:
    """The available slots less what disjoint windows of the person forbid."""
    total = int(core.available[person].sum())
    covered = np.zeros(core.slots, dtype=bool)
    for window in np.flatnonzero(core.window_person == person):
        slots = core.window_slots[window].astype(bool)
        if (covered & slots).any():
            continue
        covered |= slots
        total -= max(0, int(core.available[person][slots].sum()) - int(core.window_limit[window]))
    return total


def _spaced(core: Core, person: int) -> int:
    """The most meetings in the person's slots with their gap between meetings and their longest run, day by day."""
    gap, run = int(core.gap[person]), int(core.run[person])
    total = 0
    for day in np.unique(core.date):
        free = core.available[person][core.date == day]
        wait, length = 0, 0
        for slot in free:  # as early as possible is as many as possible
            if wait > 0:
                wait -= 1
                length = 0
            elif slot and (run == 0 or length < run):
                total += 1
                length += 1
                wait = gap
            else:
                length = 0
    return total

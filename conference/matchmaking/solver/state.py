"""A timetable under change: the compiled steps that keep every count true.

A step places or removes one meeting in time proportional to its persons; nothing is ever counted anew. Each step is written
on a trail, so that a move made of many steps can be undone. Breaks need no scan of the day: with *runs* the groups of
consecutive meetings of a person on a day, breaks are runs - 1 where there is a meeting at all, and a meeting put between x
occupied neighbours (0, 1 or 2) changes the runs by 1 - x. The array `a` is described in `layout`.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from conference.matchmaking.solver.compiled import loop
from conference.matchmaking.solver.core import Core, Integers, Placements
from conference.matchmaking.solver.layout import (
    AFTER,
    ALLOWED,
    BEFORE,
    BEST,
    BEST_OPTION,
    BEST_SLOT,
    BEST_TABLE,
    BREAKS,
    BREAKS_OF,
    BROKEN,
    BROKEN_AT,
    BROKEN_SIZE,
    CELL,
    CELL_ROW,
    COUNTS,
    DAY,
    DAY_NUMBER,
    DAYS,
    DIFFERENCE,
    DIRTY,
    DIRTY_SIZE,
    EXCESS,
    FAIRNESS,
    FILLED,
    HARSH,
    HELD,
    HISTOGRAM,
    IN_SLOT,
    IN_SLOT_AT,
    IN_SLOT_ROW,
    INVALID,
    IS_DIRTY,
    LIMITED,
    LOCKED,
    MANDATORY,
    MAXIMUM,
    MEETING,
    MEETING_ROW,
    MEETINGS,
    MOVED,
    NUMBER,
    OPTION,
    OPTION_OF,
    OPTION_ROW,
    PEOPLE,
    PERSON,
    PERSON_ROW,
    PUBLISHED,
    RESOURCE,
    RUN,
    SEATING,
    SEATS,
    SLOT_OF,
    SLOTS,
    TABLE_OF,
    TARGET,
    TARGETS,
    TIME,
    TIME_ROW,
    TRAIL,
    TRAIL_ROW,
    TRAIL_SIZE,
    UNPLACED,
    UNPLACED_AT,
    UNPLACED_SIZE,
    UNSOCIAL,
    UNSOCIAL_AT,
    WANTED,
    WEIGHT,
    WEIGHT_OF,
    WINDOW,
    WINDOW_ROW,
    WORDS,
    lay_out,
)
from conference.matchmaking.solver.limits import (
    count_windows,
    draw,
    full_window,
    held_near,
    in_set,
    out_of_order,
    run_beside,
    within_limits,
)
from conference.matchmaking.solver.seating import seat, unseat


def make_state(
    core: Core,
    placements: Placements | None,
    *,
    seed: int,
    locked: NDArray[Any] | None = None,
    tables: Integers | None = None,
) -> Integers:
    """The array `a` for a valid timetable, or for the empty one.

    `locked` [M] are meetings that no move may touch. With `tables` [M], numbers in the order of the pools or -1, meetings
    are given tables and changes of table are counted.
    """
    a = lay_out(core, seed=seed, locked=locked, seating=tables is not None)
    if tables is None:
        tables = np.full(core.meetings, -1, dtype=np.int32)
    if placements is not None:
        fill(a, np.array(placements, dtype=np.int32, order="C"), np.array(tables, dtype=np.int32))
    if core.maximum_break_difference >= 0 and core.participants:
        a[EXCESS] = excess(a)
        a[INVALID] += a[EXCESS]
    keep_all(a)
    return a


def best_placements(a: Integers) -> Placements:
    """The best timetable kept so far."""
    meetings = a[a[MEETING] : a[MEETING] + a[MEETINGS] * MEETING_ROW].reshape(-1, MEETING_ROW)
    return meetings[:, [BEST_OPTION, BEST_SLOT]].copy()


def best_tables(a: Integers) -> Integers:
    """[M] the tables of the best timetable kept so far, by number, or -1."""
    return a[a[BEST_TABLE] : a[BEST_TABLE] + a[MEETINGS]].copy()


@loop
def allowed(a: Integers, o: int, t: int) -> bool:
    """Whether only other meetings can stand against this placement."""
    return in_set(a, a[ALLOWED] + o * a[WORDS], t)


@loop
def set_breaks(a: Integers, p: int, change: int) -> None:
    """A person has more or fewer breaks."""
    row = a[PERSON] + p * PERSON_ROW
    old = a[row + BREAKS_OF]
    new = old + change
    a[row + BREAKS_OF] = new
    a[BREAKS] += change
    if a[DIFFERENCE] >= 0:
        a[a[HISTOGRAM] + old] -= 1
        a[a[HISTOGRAM] + new] += 1
    if old == 0:
        at = a[BROKEN_SIZE]
        a[a[BROKEN] + at] = p
        a[row + BROKEN_AT] = at
        a[BROKEN_SIZE] = at + 1
    elif new == 0:
        at = a[row + BROKEN_AT]
        last = a[BROKEN_SIZE] - 1
        q = a[a[BROKEN] + last]
        a[a[BROKEN] + at] = q
        a[a[PERSON] + q * PERSON_ROW + BROKEN_AT] = at
        a[row + BROKEN_AT] = -1
        a[BROKEN_SIZE] = last


@loop
def runs_added(a: Integers, p: int, t: int) -> int:
    """The change of a person's runs by a meeting in this free slot: 1, 0 or -1."""
    cells = a[CELL] + p * a[SLOTS] * CELL_ROW
    change = 1
    beside = a[cells + t * CELL_ROW + BEFORE]
    if beside >= 0 and a[cells + beside * CELL_ROW + HELD] >= 0:
        change -= 1
    beside = a[cells + t * CELL_ROW + AFTER]
    if beside >= 0 and a[cells + beside * CELL_ROW + HELD] >= 0:
        change -= 1
    return change


@loop
def place(a: Integers, m: int, o: int, t: int, table: int) -> None:
    """Put a meeting that has no place into a placement that fits, at a free table, by itself where `table` is -1."""
    meeting = a[MEETING] + m * MEETING_ROW
    a[meeting + OPTION_OF] = o
    a[meeting + SLOT_OF] = t
    time = a[TIME] + t * TIME_ROW
    option = a[OPTION] + o * a[OPTION_ROW]
    for i in range(option + SEATS, option + a[OPTION_ROW]):
        p = a[i]
        if p < 0:
            break
        person = a[PERSON] + p * PERSON_ROW
        cell = a[CELL] + (p * a[SLOTS] + t) * CELL_ROW
        a[cell + HELD] = m
        n = a[person + NUMBER]
        a[person + NUMBER] = n + 1
        if n < a[person + TARGET]:
            a[TARGETS] -= 1
        if n < a[person + WANTED]:
            a[FAIRNESS] -= 2 * (a[person + WANTED] - n) - 1
        if p < a[PEOPLE]:
            day = a[DAY_NUMBER] + p * a[DAYS] + a[time + DAY]
            if a[day] > 0:
                change = runs_added(a, p, t)
                if change != 0:
                    set_breaks(a, p, change)
            a[day] += 1
            if a[cell + UNSOCIAL_AT] > 0:
                a[UNSOCIAL] += 2 * a[person + HARSH] + 1
                a[person + HARSH] += 1
        if a[person + LIMITED]:
            count_windows(a, person, t, 1)
    for i in range(option, option + SEATS):
        if a[i] >= 0:
            a[a[RESOURCE] + (a[i] * a[SLOTS] + t) * 2] += 1
    a[INVALID] -= a[meeting + MANDATORY]
    if a[meeting + PUBLISHED] == t:
        a[MOVED] -= 1
    a[WEIGHT] -= a[meeting + WEIGHT_OF]
    if a[SEATING]:
        seat(a, m, o, t, table)
    at = a[time + FILLED]
    a[a[IN_SLOT] + t * a[IN_SLOT_ROW] + at] = m
    a[meeting + IN_SLOT_AT] = at
    a[time + FILLED] = at + 1
    at = a[meeting + UNPLACED_AT]
    last = a[UNPLACED_SIZE] - 1
    other = a[a[UNPLACED] + last]
    a[a[UNPLACED] + at] = other
    a[a[MEETING] + other * MEETING_ROW + UNPLACED_AT] = at
    a[meeting + UNPLACED_AT] = -1
    a[UNPLACED_SIZE] = last


@loop
def remove(a: Integers, m: int) -> None:
    """Take a meeting out of its place."""
    meeting = a[MEETING] + m * MEETING_ROW
    o = a[meeting + OPTION_OF]
    t = a[meeting + SLOT_OF]
    if a[a[TABLE_OF] + m] >= 0:
        unseat(a, m, o, t)
    a[meeting + OPTION_OF] = -1
    a[meeting + SLOT_OF] = -1
    time = a[TIME] + t * TIME_ROW
    option = a[OPTION] + o * a[OPTION_ROW]
    for i in range(option + SEATS, option + a[OPTION_ROW]):
        p = a[i]
        if p < 0:
            break
        person = a[PERSON] + p * PERSON_ROW
        cell = a[CELL] + (p * a[SLOTS] + t) * CELL_ROW
        a[cell + HELD] = -1
        n = a[person + NUMBER] - 1
        a[person + NUMBER] = n
        if n < a[person + TARGET]:
            a[TARGETS] += 1
        if n < a[person + WANTED]:
            a[FAIRNESS] += 2 * (a[person + WANTED] - n) - 1
        if p < a[PEOPLE]:
            day = a[DAY_NUMBER] + p * a[DAYS] + a[time + DAY]
            a[day] -= 1
            if a[day] > 0:
                change = -runs_added(a, p, t)
                if change != 0:
                    set_breaks(a, p, change)
            if a[cell + UNSOCIAL_AT] > 0:
                a[person + HARSH] -= 1
                a[UNSOCIAL] -= 2 * a[person + HARSH] + 1
        if a[person + LIMITED]:
            count_windows(a, person, t, -1)
    for i in range(option, option + SEATS):
        if a[i] >= 0:
            a[a[RESOURCE] + (a[i] * a[SLOTS] + t) * 2] -= 1
    a[INVALID] += a[meeting + MANDATORY]
    if a[meeting + PUBLISHED] == t:
        a[MOVED] += 1
    a[WEIGHT] += a[meeting + WEIGHT_OF]
    at = a[meeting + IN_SLOT_AT]
    last = a[time + FILLED] - 1
    slot = a[IN_SLOT] + t * a[IN_SLOT_ROW]
    other = a[slot + last]
    a[slot + at] = other
    a[a[MEETING] + other * MEETING_ROW + IN_SLOT_AT] = at
    a[time + FILLED] = last
    at = a[UNPLACED_SIZE]
    a[a[UNPLACED] + at] = m
    a[meeting + UNPLACED_AT] = at
    a[UNPLACED_SIZE] = at + 1


@loop
def fits(a: Integers, m: int, o: int, t: int) -> bool:
    """Whether no other meeting stands against an allowed placement of a meeting without a place."""
    option = a[OPTION] + o * a[OPTION_ROW]
    for i in range(option + SEATS, option + a[OPTION_ROW]):
        p = a[i]
        if p < 0:
            break
        if a[a[CELL] + (p * a[SLOTS] + t) * CELL_ROW + HELD] >= 0:
            return False
        person = a[PERSON] + p * PERSON_ROW
        if a[person + NUMBER] >= a[person + MAXIMUM]:
            return False
        if a[person + LIMITED] and not within_limits(a, p, t):
            return False
    for i in range(option, option + SEATS):
        if a[i] >= 0:
            use = a[RESOURCE] + (a[i] * a[SLOTS] + t) * 2
            if a[use] >= a[use + 1]:
                return False
    return out_of_order(a, m, t) < 0


@loop
def fill(a: Integers, placements: Placements, tables: Integers) -> None:
    """Place what a timetable says, skipping what does not fit."""
    for m in range(placements.shape[0]):
        o = placements[m, 0]
        t = placements[m, 1]
        if t >= 0 and allowed(a, o, t) and fits(a, m, o, t):
            place(a, m, o, t, tables[m])


@loop
def remember(a: Integers, m: int) -> None:
    """Write on the trail where a meeting is before it changes."""
    at = a[TRAIL_SIZE]
    row = a[TRAIL] + TRAIL_ROW * at
    meeting = a[MEETING] + m * MEETING_ROW
    a[row] = m
    a[row + 1] = a[meeting + OPTION_OF]
    a[row + 2] = a[meeting + SLOT_OF]
    a[row + 3] = a[a[TABLE_OF] + m]
    a[TRAIL_SIZE] = at + 1


@loop
def undo(a: Integers) -> None:
    """Take back the steps on the trail."""
    for at in range(a[TRAIL_SIZE] - 1, -1, -1):
        row = a[TRAIL] + TRAIL_ROW * at
        m = a[row]
        if a[a[MEETING] + m * MEETING_ROW + SLOT_OF] >= 0:
            remove(a, m)
        if a[row + 2] >= 0:
            place(a, m, a[row + 1], a[row + 2], a[row + 3])
    a[TRAIL_SIZE] = 0


@loop
def eject(a: Integers, m: int) -> bool:
    """Take a meeting out, if it may be."""
    if a[a[MEETING] + m * MEETING_ROW + LOCKED]:
        return False
    remember(a, m)
    remove(a, m)
    return True


@loop
def make_room(a: Integers, m: int, o: int, t: int) -> bool:
    """Eject what stands against an allowed placement. False where that may not be moved; the trail then knows the way back."""
    option = a[OPTION] + o * a[OPTION_ROW]
    for i in range(option + SEATS, option + a[OPTION_ROW]):
        p = a[i]
        if p < 0:
            break
        there = a[a[CELL] + (p * a[SLOTS] + t) * CELL_ROW + HELD]
        if there >= 0 and not eject(a, there):
            return False
        person = a[PERSON] + p * PERSON_ROW
        if a[person + LIMITED] and not make_limits(a, p, t):
            return False
        while a[person + NUMBER] >= a[person + MAXIMUM]:
            if not eject_one(a, p, -1):
                return False
    for i in range(option, option + SEATS):
        if a[i] >= 0:
            use = a[RESOURCE] + (a[i] * a[SLOTS] + t) * 2
            if a[use] >= a[use + 1] and not eject_user(a, i - option, a[i], t):
                return False
    other = out_of_order(a, m, t)
    while other >= 0:
        if not eject(a, other):
            return False
        other = out_of_order(a, m, t)
    return True


@loop
def eject_one(a: Integers, p: int, window: int) -> bool:
    """Take one meeting of a person out, any that is not locked; with a window, one in its slots."""
    size = a[SLOTS]
    first = draw(a, size)
    for i in range(size):
        t = (first + i) % size
        m = a[a[CELL] + (p * size + t) * CELL_ROW + HELD]
        if m >= 0 and (window < 0 or in_set(a, a[WINDOW] + window * a[WINDOW_ROW] + 2, t)):
            if eject(a, m):
                return True
    return False


@loop
def eject_user(a: Integers, kind: int, r: int, t: int) -> bool:
    """Take one meeting out that uses a pool (kind 0) or a team (kind 1) in a slot."""
    number = a[a[TIME] + t * TIME_ROW + FILLED]
    first = draw(a, number)
    for i in range(number):
        m = a[a[IN_SLOT] + t * a[IN_SLOT_ROW] + (first + i) % number]
        o = a[a[MEETING] + m * MEETING_ROW + OPTION_OF]
        if a[a[OPTION] + o * a[OPTION_ROW] + kind] == r and eject(a, m):
            return True
    return False


@loop
def make_limits(a: Integers, p: int, t: int) -> bool:
    """Eject what keeps gap, run or windows of a person from this slot."""
    m = held_near(a, p, t)
    while m >= 0:
        if not eject(a, m):
            return False
        m = held_near(a, p, t)
    most = a[a[PERSON] + p * PERSON_ROW + RUN]
    if most > 0:
        left = run_beside(a, p, t, -1)
        right = run_beside(a, p, t, 1)
        while left + 1 + right > most:
            side = 1
            if left > right or (left == right and draw(a, 2) == 0):
                side = -1
            if not eject(a, a[a[CELL] + (p * a[SLOTS] + t + side) * CELL_ROW + HELD]):
                return False
            if side < 0:
                left = 0
            else:
                right = 0
    w = full_window(a, p, t)
    while w >= 0:
        if not eject_one(a, p, w):
            return False
        w = full_window(a, p, t)
    return True


@loop
def excess(a: Integers) -> int:
    """How far most minus fewest breaks exceed the bound."""
    least = a[HISTOGRAM]
    while a[least] == 0:
        least += 1
    most = a[HISTOGRAM] + a[SLOTS] + 1
    while a[most] == 0:
        most -= 1
    return max(0, int(most - least - a[DIFFERENCE]))


@loop
def better(a: Integers, order: Integers) -> bool:
    """Whether the present timetable comes before the best one kept."""
    for i in range(order.shape[0]):
        k = order[i]
        if a[k] != a[BEST + k]:
            return bool(a[k] < a[BEST + k])
    return False


@loop
def accept(a: Integers) -> None:
    """Forget the trail, after noting which meetings changed."""
    for at in range(a[TRAIL_SIZE]):
        m = a[a[TRAIL] + TRAIL_ROW * at]
        meeting = a[MEETING] + m * MEETING_ROW
        if not a[meeting + IS_DIRTY]:
            a[meeting + IS_DIRTY] = 1
            a[a[DIRTY] + a[DIRTY_SIZE]] = m
            a[DIRTY_SIZE] += 1
    a[TRAIL_SIZE] = 0


@loop
def keep(a: Integers) -> None:
    """The present timetable becomes the best one, by copying only what changed."""
    for i in range(a[DIRTY_SIZE]):
        meeting = a[MEETING] + a[a[DIRTY] + i] * MEETING_ROW
        a[meeting + IS_DIRTY] = 0
        a[meeting + BEST_OPTION] = a[meeting + OPTION_OF]
        a[meeting + BEST_SLOT] = a[meeting + SLOT_OF]
        a[a[BEST_TABLE] + a[a[DIRTY] + i]] = a[a[TABLE_OF] + a[a[DIRTY] + i]]
    a[DIRTY_SIZE] = 0
    for k in range(COUNTS):
        a[BEST + k] = a[k]


@loop
def keep_all(a: Integers) -> None:
    """The present timetable becomes the best one."""
    for m in range(a[MEETINGS]):
        meeting = a[MEETING] + m * MEETING_ROW
        a[meeting + IS_DIRTY] = 0
        a[meeting + BEST_OPTION] = a[meeting + OPTION_OF]
        a[meeting + BEST_SLOT] = a[meeting + SLOT_OF]
        a[a[BEST_TABLE] + m] = a[a[TABLE_OF] + m]
    a[DIRTY_SIZE] = 0
    a[TRAIL_SIZE] = 0
    for k in range(COUNTS):
        a[BEST + k] = a[k]

"""A timetable under change: the memory of the search, and the compiled steps that keep every count true.

A step places or removes one meeting in time proportional to its persons; nothing is ever counted anew. Each step is written on a
trail, so that a move made of many steps can be undone. Breaks need no scan of the day: with *runs* the groups of consecutive
meetings of a person on a day, breaks are runs - 1 where there is a meeting at all, and a meeting put between x occupied neighbours
(0, 1 or 2) changes the runs by 1 - x.

All of it is one array of int32, `a`: a head of numbers and of starts, then tables. The reason is speed. numba hands an array to a
function as eight machine words and counts references to it; with the sixty arrays of `core` and of the search as arguments, calls cost
more than the work (50,000 moves a second; now ten times that). So `a[a[PERSON] + p * PERSON_ROW + MAXIMUM]` is the maximum of person
p, and a cell `a[CELL] + (p * a[SLOTS] + t) * CELL_ROW` tells what person p does in slot t.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from conference.matchmaking.solver.compiled import loop
from conference.matchmaking.solver.core import Core, Integers, Placements
from conference.matchmaking.solver.model import Objective

# Counts, all to be made small. The first is not an objective: what makes a timetable invalid as a whole, which is missing mandatory
# meetings and break counts further apart than allowed.
COUNTS = 7
INVALID, MOVED, TARGETS, WEIGHT, FAIRNESS, BREAKS, UNSOCIAL = range(COUNTS)
COUNT_OF: dict[Objective, int] = {
    "moved": MOVED,
    "targets": TARGETS,
    "weight": WEIGHT,
    "fairness": FAIRNESS,
    "breaks": BREAKS,
    "unsocial": UNSOCIAL,
}
BEST = COUNTS  # a[BEST + k]: the counts of the best timetable kept

# The head: numbers
(
    SLOTS,
    DAYS,
    PEOPLE,  # participants; persons from here on are interpreters
    MEETINGS,
    OPTION_ROW,
    WINDOW_ROW,
    WORDS,  # of 32 slots each, in a set of slots
    IN_SLOT_ROW,
    DIFFERENCE,  # the bound of most minus fewest breaks, or -1
    EXCESS,  # how far it is exceeded
    UNPLACED_SIZE,
    BROKEN_SIZE,
    TRAIL_SIZE,
    DIRTY_SIZE,
    STAMP,
    RANDOM,
    WEYL,
) = range(2 * COUNTS, 2 * COUNTS + 17)
# The head: where tables start
(
    MEETING,
    OPTION,
    ALLOWED,  # a set of slots for each option
    PERSON,
    CELL,
    DAY_NUMBER,  # meetings of person p on day d at p * DAYS + d
    TIME,
    IN_SLOT,  # the meetings of slot t at t * IN_SLOT_ROW
    RESOURCE,  # pools, then teams: resource r in slot t at (r * SLOTS + t) * 2: use, capacity
    PLACE,  # placements that only other meetings stand against, by meeting: option, slot
    ORDER,  # precedences by meeting: the other meeting, 1 if the meeting itself comes first
    WINDOW,  # by person: limit, use, set of slots
    MEETING_OF,  # by person: the meetings that may involve them
    HISTOGRAM,  # participants with so many breaks
    UNPLACED,  # meetings without a place that have a possible one
    BROKEN,  # people with breaks
    TRAIL,  # meeting, former option, former slot
    DIRTY,  # meetings changed since the best timetable was kept
    CHAIN,
) = range(31, 50)
HEAD = 50

MEETING_ROW = 16
(
    WEIGHT_OF,
    MANDATORY,
    PUBLISHED,
    LOCKED,  # 1 where no move may touch the meeting
    FIRST_PLACE,
    END_PLACE,
    FIRST_ORDER,
    END_ORDER,
    OPTION_OF,
    SLOT_OF,
    IN_SLOT_AT,
    UNPLACED_AT,
    IS_DIRTY,
    STAMPED,
    BEST_OPTION,
    BEST_SLOT,
) = range(MEETING_ROW)

SEATS = 2  # a row of an option: pool or -1, team or -1, then its persons, filled up with -1

PERSON_ROW = 16
(
    MAXIMUM,
    TARGET,
    WANTED,
    GAP,
    RUN,
    LIMITED,  # 1 for people with a gap, a run or a window
    FIRST_WINDOW,
    END_WINDOW,
    FIRST_MEETING,
    END_MEETING,
    NUMBER,
    BREAKS_OF,
    HARSH,  # meetings at unsocial hours
    BROKEN_AT,
) = range(14)

CELL_ROW = 4
HELD, BEFORE, AFTER, UNSOCIAL_AT = range(CELL_ROW)  # the meeting or -1; the slots beside this one or -1

TIME_ROW = 3
DAY, DATE, FILLED = range(TIME_ROW)


def make_state(
    core: Core, placements: Placements | None, *, seed: int, locked: NDArray[Any] | None = None
) -> Integers:
    """The array `a` for a valid timetable, or for the empty one; `locked` [M] are meetings that no move may touch."""
    tables = _tables(core, locked)
    a = np.zeros(HEAD + sum(table.size for table in tables.values()), dtype=np.int32)
    at = HEAD
    for start, table in tables.items():
        a[start] = at
        a[at : at + table.size] = table.ravel()
        at += table.size
    words = (core.slots + 31) // 32
    a[SLOTS] = core.slots
    a[DAYS] = tables[DAY_NUMBER].shape[1]
    a[PEOPLE] = core.participants
    a[MEETINGS] = core.meetings
    a[OPTION_ROW] = tables[OPTION].shape[1]
    a[WINDOW_ROW] = 2 + words
    a[WORDS] = words
    a[IN_SLOT_ROW] = tables[IN_SLOT].shape[1]
    a[DIFFERENCE] = core.maximum_break_difference
    a[RANDOM] = _first_random(seed)
    wanted = core.wanted.astype(np.int64)
    a[INVALID] = int(core.mandatory.sum())
    a[MOVED] = int((core.published >= 0).sum())
    a[TARGETS] = int(core.target.sum())
    a[WEIGHT] = int(core.weight.sum(dtype=np.int64))
    a[FAIRNESS] = int((wanted * wanted).sum())
    possible = tables[MEETING][:, END_PLACE] > tables[MEETING][:, FIRST_PLACE]
    a[UNPLACED_SIZE] = int(possible.sum())
    if placements is not None:
        fill(a, np.array(placements, dtype=np.int32, order="C"))
    if core.maximum_break_difference >= 0 and core.participants:
        a[EXCESS] = excess(a)
        a[INVALID] += a[EXCESS]
    keep_all(a)
    return a


def best_placements(a: Integers) -> Placements:
    """The best timetable kept so far."""
    meetings = a[a[MEETING] : a[MEETING] + a[MEETINGS] * MEETING_ROW].reshape(-1, MEETING_ROW)
    return meetings[:, [BEST_OPTION, BEST_SLOT]].copy()


def _tables(core: Core, locked: NDArray[Any] | None) -> dict[int, NDArray[np.int32]]:
    """The tables by the place of their start in the head."""
    size, persons, meetings = core.slots, core.persons, core.meetings
    dates, day = np.unique(core.day, return_inverse=True)
    _, date = np.unique(core.date, return_inverse=True)
    pools = len(core.pool_capacity)

    meeting = np.zeros((meetings, MEETING_ROW), dtype=np.int32)
    meeting[:, [OPTION_OF, SLOT_OF, IN_SLOT_AT, UNPLACED_AT, BEST_OPTION, BEST_SLOT]] = -1
    meeting[:, WEIGHT_OF] = core.weight
    meeting[:, MANDATORY] = core.mandatory
    meeting[:, PUBLISHED] = core.published
    if locked is not None:
        meeting[:, LOCKED] = locked
    option_meeting = np.repeat(np.arange(meetings), np.diff(core.option_start))
    options, slots = np.nonzero(core.option_allowed)
    _spans(meeting, FIRST_PLACE, option_meeting[options])
    possible = np.flatnonzero(meeting[:, END_PLACE] > meeting[:, FIRST_PLACE])
    meeting[possible, UNPLACED_AT] = np.arange(len(possible))
    unplaced = np.full(meetings, -1)
    unplaced[: len(possible)] = possible

    first, second = core.precedences[:, 0], core.precedences[:, 1]
    ends = np.concatenate([first, second])
    by_meeting = np.argsort(ends, kind="stable")
    order = np.stack(
        [np.concatenate([second, first]), np.repeat([1, 0], [len(first), len(second)])], axis=1
    )[by_meeting]
    _spans(meeting, FIRST_ORDER, ends[by_meeting])

    option = np.concatenate(
        [
            core.option_pool[:, None],
            np.where(core.option_team < 0, -1, core.option_team + pools)[:, None],
            core.option_persons,
        ],
        axis=1,
    )

    person = np.zeros((persons, PERSON_ROW), dtype=np.int32)
    person[:, MAXIMUM] = core.maximum
    person[:, TARGET] = core.target
    person[:, WANTED] = core.wanted
    person[:, GAP] = core.gap
    person[:, RUN] = core.run
    person[:, BROKEN_AT] = -1
    by_person = np.argsort(core.window_person, kind="stable")
    _spans(person, FIRST_WINDOW, core.window_person[by_person])
    person[:, LIMITED] = (core.gap > 0) | (core.run > 0) | (person[:, END_WINDOW] > person[:, FIRST_WINDOW])
    window = np.concatenate(
        [
            core.window_limit[by_person][:, None],
            np.zeros((len(by_person), 1), dtype=np.int32),
            _sets(core.window_slots[by_person]),
        ],
        axis=1,
    )
    rows, seats = np.nonzero(core.option_persons >= 0)
    pairs = np.unique(
        np.stack([core.option_persons[rows, seats], option_meeting[rows]], axis=1).reshape(-1, 2), axis=0
    )
    _spans(person, FIRST_MEETING, pairs[:, 0])

    cell = np.full((persons, size, CELL_ROW), -1, dtype=np.int32)
    cell[:, :, UNSOCIAL_AT] = core.unsocial
    for one in range(len(dates)):
        last = np.full(persons, -1)
        for t in np.flatnonzero(day == one):
            free = core.rank[:, t] >= 0
            cell[free, t, BEFORE] = last[free]
            joined = np.flatnonzero(free & (last >= 0))
            cell[joined, last[joined], AFTER] = t
            last[free] = t

    capacity = np.concatenate([core.pool_capacity, core.team_capacity])
    histogram = np.zeros(size + 2)
    histogram[0] = core.participants
    return {
        start: np.ascontiguousarray(table, dtype=np.int32)
        for start, table in {
            MEETING: meeting,
            OPTION: option,
            ALLOWED: _sets(core.option_allowed),
            PERSON: person,
            CELL: cell,
            DAY_NUMBER: np.zeros((persons, len(dates))),
            TIME: np.stack([day, date, np.zeros_like(day)], axis=1),
            IN_SLOT: np.full((size, min(meetings, persons)), -1),
            RESOURCE: np.stack([np.zeros_like(capacity), capacity], axis=2),
            PLACE: np.stack([options, slots], axis=1),
            ORDER: order,
            WINDOW: window,
            MEETING_OF: pairs[:, 1],
            HISTOGRAM: histogram,
            UNPLACED: unplaced,
            BROKEN: np.full(persons, -1),
            TRAIL: np.zeros((4 * meetings + 64, 3)),
            DIRTY: np.zeros(meetings),
            CHAIN: np.zeros(meetings + 1),
        }.items()
    }


def _spans(rows: Integers, first: int, sorted_keys: NDArray[Any]) -> None:
    """Write into columns `first` and `first + 1` where the entries of each row begin and end in a list sorted by row."""
    starts = np.searchsorted(sorted_keys, np.arange(len(rows) + 1))
    rows[:, first] = starts[:-1]
    rows[:, first + 1] = starts[1:]


def _sets(flags: NDArray[Any]) -> Integers:
    """Rows of truth values as words of 32 bits."""
    rows, size = flags.shape
    words = (size + 31) // 32
    padded = np.zeros((rows, words * 32), dtype=np.uint8)
    padded[:, :size] = flags
    return np.packbits(padded, axis=1, bitorder="little").view("<i4").astype(np.int32).reshape(rows, words)


def _first_random(seed: int) -> int:
    """A seed of any size, spread over 31 bits and never 0 (the fixed point of the generator)."""
    mixed = (seed * 0x9E3779B97F4A7C15 + 0xD1B54A32D192ED03) % (1 << 64)
    return (mixed >> 33) or 1


@loop
def draw(a: Integers, below: int) -> int:
    """A number in 0 .. below - 1: 32-bit xorshift plus a Weyl sequence (Marsaglia, "Xorshift RNGs", 2003), period about 2^64."""
    x = np.int64(a[RANDOM]) & 0xFFFFFFFF
    x ^= (x << 13) & 0xFFFFFFFF
    x ^= x >> 17
    x ^= (x << 5) & 0xFFFFFFFF
    a[RANDOM] = np.int32(x)
    weyl = (np.int64(a[WEYL]) + 0x61C88647) & 0xFFFFFFFF
    a[WEYL] = np.int32(weyl)
    return (((x + weyl) & 0xFFFFFFFF) * below) >> 32


@loop
def chance(a: Integers) -> float:
    """A number in [0, 1)."""
    return draw(a, 1 << 30) / (1 << 30)


@loop
def in_set(a: Integers, start: int, t: int) -> bool:
    """Whether a slot is in the set of slots that starts here."""
    return (a[start + (t >> 5)] >> (t & 31)) & 1 == 1


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
def place(a: Integers, m: int, o: int, t: int) -> None:
    """Put a meeting that has no place into a placement that fits."""
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
def count_windows(a: Integers, person: int, t: int, change: int) -> None:
    """Count a meeting in the windows of the person whose row this is."""
    for w in range(a[person + FIRST_WINDOW], a[person + END_WINDOW]):
        window = a[WINDOW] + w * a[WINDOW_ROW]
        if in_set(a, window + 2, t):
            a[window + 1] += change


@loop
def run_beside(a: Integers, p: int, t: int, side: int) -> int:
    """The number of meetings of a person without a free slot between them, next to a slot of the same date."""
    cells = a[CELL] + p * a[SLOTS] * CELL_ROW
    date = a[a[TIME] + t * TIME_ROW + DATE]
    length = 0
    s = t + side
    while 0 <= s < a[SLOTS] and a[a[TIME] + s * TIME_ROW + DATE] == date and a[cells + s * CELL_ROW + HELD] >= 0:
        length += 1
        s += side
    return length


@loop
def held_near(a: Integers, p: int, t: int) -> int:
    """A meeting of a person within the gap around a slot, but not in it; -1 if there is none."""
    gap = a[a[PERSON] + p * PERSON_ROW + GAP]
    date = a[a[TIME] + t * TIME_ROW + DATE]
    cells = a[CELL] + p * a[SLOTS] * CELL_ROW
    for s in range(max(0, t - gap), min(a[SLOTS], t + gap + 1)):
        if s != t and a[cells + s * CELL_ROW + HELD] >= 0 and a[a[TIME] + s * TIME_ROW + DATE] == date:
            return a[cells + s * CELL_ROW + HELD]
    return -1


@loop
def full_window(a: Integers, p: int, t: int) -> int:
    """A window of a person around this slot that takes no more meetings; -1 if there is none."""
    person = a[PERSON] + p * PERSON_ROW
    for w in range(a[person + FIRST_WINDOW], a[person + END_WINDOW]):
        window = a[WINDOW] + w * a[WINDOW_ROW]
        if a[window + 1] >= a[window] and in_set(a, window + 2, t):
            return w
    return -1


@loop
def within_limits(a: Integers, p: int, t: int) -> bool:
    """Whether gap, run and windows of a person leave this slot."""
    most = a[a[PERSON] + p * PERSON_ROW + RUN]
    if most > 0 and run_beside(a, p, t, -1) + 1 + run_beside(a, p, t, 1) > most:
        return False
    return held_near(a, p, t) < 0 and full_window(a, p, t) < 0


@loop
def out_of_order(a: Integers, m: int, t: int) -> int:
    """A scheduled meeting that would come on the wrong side of this one in this slot; -1 if there is none."""
    meeting = a[MEETING] + m * MEETING_ROW
    for i in range(a[meeting + FIRST_ORDER], a[meeting + END_ORDER]):
        other = a[a[ORDER] + 2 * i]
        s = a[a[MEETING] + other * MEETING_ROW + SLOT_OF]
        if s >= 0:
            if a[a[ORDER] + 2 * i + 1]:
                if t >= s:
                    return other
            elif t <= s:
                return other
    return -1


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
def fill(a: Integers, placements: Placements) -> None:
    """Place what a timetable says, skipping what does not fit."""
    for m in range(placements.shape[0]):
        o = placements[m, 0]
        t = placements[m, 1]
        if t >= 0 and allowed(a, o, t) and fits(a, m, o, t):
            place(a, m, o, t)


@loop
def remember(a: Integers, m: int) -> None:
    """Write on the trail where a meeting is before it changes."""
    at = a[TRAIL_SIZE]
    row = a[TRAIL] + 3 * at
    meeting = a[MEETING] + m * MEETING_ROW
    a[row] = m
    a[row + 1] = a[meeting + OPTION_OF]
    a[row + 2] = a[meeting + SLOT_OF]
    a[TRAIL_SIZE] = at + 1


@loop
def undo(a: Integers) -> None:
    """Take back the steps on the trail."""
    for at in range(a[TRAIL_SIZE] - 1, -1, -1):
        row = a[TRAIL] + 3 * at
        m = a[row]
        if a[a[MEETING] + m * MEETING_ROW + SLOT_OF] >= 0:
            remove(a, m)
        if a[row + 2] >= 0:
            place(a, m, a[row + 1], a[row + 2])
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
    return max(0, most - least - a[DIFFERENCE])


@loop
def better(a: Integers, order: Integers) -> bool:
    """Whether the present timetable comes before the best one kept."""
    for i in range(order.shape[0]):
        k = order[i]
        if a[k] != a[BEST + k]:
            return a[k] < a[BEST + k]
    return False


@loop
def accept(a: Integers) -> None:
    """Forget the trail, after noting which meetings changed."""
    for at in range(a[TRAIL_SIZE]):
        m = a[a[TRAIL] + 3 * at]
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
    a[DIRTY_SIZE] = 0
    a[TRAIL_SIZE] = 0
    for k in range(COUNTS):
        a[BEST + k] = a[k]

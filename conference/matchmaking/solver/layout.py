"""Where everything lies in the one array that the search works on.

All of it is one array of int32, `a`: a head of numbers and of starts, then tables. The reason is speed. numba hands an
array to a function as eight machine words and counts references to it; with the sixty arrays of `core` and of the search as
arguments, calls cost more than the work (50,000 moves a second; now ten times that). So `a[a[PERSON] + p * PERSON_ROW +
MAXIMUM]` is the maximum of person p, and a cell `a[CELL] + (p * a[SLOTS] + t) * CELL_ROW` tells what person p does in slot
t.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from conference.matchmaking.solver.core import Core, Integers
from conference.matchmaking.solver.model import Objective

# Counts, all to be made small. The first is not an objective: what makes a timetable invalid as a whole, which is missing
# mandatory meetings and break counts further apart than allowed.
COUNTS = 8
INVALID, MOVED, TARGETS, WEIGHT, FAIRNESS, BREAKS, CHANGES, UNSOCIAL = range(COUNTS)
COUNT_OF: dict[Objective, int] = {
    "moved": MOVED,
    "targets": TARGETS,
    "weight": WEIGHT,
    "fairness": FAIRNESS,
    "breaks": BREAKS,
    "table_changes": CHANGES,
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
    SEATING,  # 1 when meetings get tables, 0 when tables are only counted
    TABLES,
) = range(2 * COUNTS, 2 * COUNTS + 19)
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
    TRAIL,  # meeting, former option, former slot, former table
    DIRTY,  # meetings changed since the best timetable was kept
    CHAIN,
    TABLE_OF,  # the table of a meeting or -1; tables are numbered by pool
    BEST_TABLE,
    POOL_START,  # the first table of a pool, one more entry than pools
    TABLE_AT,  # by slot and table: the meeting, FREE or BLOCKED
) = range(2 * COUNTS + 19, 2 * COUNTS + 42)
HEAD = 2 * COUNTS + 42

FREE, BLOCKED = -1, -2
TRAIL_ROW = 4

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


def lay_out(core: Core, *, seed: int, locked: NDArray[Any] | None = None, seating: bool = False) -> Integers:
    """The array of a problem with an empty timetable; `locked` [M] are meetings that no move may touch."""
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
    a[SEATING] = seating
    a[TABLES] = sum(map(len, core.pools))
    a[RANDOM] = _first_random(seed)
    wanted = core.wanted.astype(np.int64)
    a[INVALID] = int(core.mandatory.sum())
    a[MOVED] = int((core.published >= 0).sum())
    a[TARGETS] = int(core.target.sum())
    a[WEIGHT] = int(core.weight.sum(dtype=np.int64))
    a[FAIRNESS] = int((wanted * wanted).sum())
    possible = tables[MEETING][:, END_PLACE] > tables[MEETING][:, FIRST_PLACE]
    a[UNPLACED_SIZE] = int(possible.sum())
    return a


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
    order = np.stack([np.concatenate([second, first]), np.repeat([1, 0], [len(first), len(second)])], axis=1)[
        by_meeting
    ]
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
            TRAIL: np.zeros((4 * meetings + 64, TRAIL_ROW)),
            DIRTY: np.zeros(meetings),
            CHAIN: np.zeros(meetings + 1),
            TABLE_OF: np.full(meetings, -1),
            BEST_TABLE: np.full(meetings, -1),
            POOL_START: np.cumsum([0, *map(len, core.pools)]),
            TABLE_AT: _blocked_tables(core),
        }.items()
    }


def _blocked_tables(core: Core) -> NDArray[Any]:
    """[T, tables] FREE or BLOCKED."""
    blocked = {table.id: sorted(table.blocked) for table in core.instance.tables}
    at = np.full((core.slots, sum(map(len, core.pools))), FREE)
    for number, name in enumerate(name for pool in core.pools for name in pool):
        at[blocked[name], number] = BLOCKED
    return at


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

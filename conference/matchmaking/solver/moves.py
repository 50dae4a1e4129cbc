"""The moves of the annealing, and its compiled inner loop.

Three moves, all of which leave a valid timetable:

- *push*: a meeting goes to a placement whatever stands there; what had to go gets the best free place it has, or none;
- *swap*: a meeting goes to another slot by a Kempe chain, the connected component of meetings of the two slots under "shares a
  person", all of which change slots;
- *reseat*: where meetings have tables, a meeting goes to another table of its slot.

The first two are drawn at random or *aimed* at a person with breaks, to bring a meeting of theirs beside another one. A
move is judged by the weighted sum of the counts it changed (Metropolis rule) and undone when refused. The best timetable is
kept by the lexicographic order of the objectives, not by the sum.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from conference.matchmaking.solver.compiled import loop
from conference.matchmaking.solver.core import Integers
from conference.matchmaking.solver.layout import (
    AFTER,
    BEFORE,
    BLOCKED,
    BROKEN,
    BROKEN_SIZE,
    CELL,
    CELL_ROW,
    CHAIN,
    COUNTS,
    DAY,
    DAY_NUMBER,
    DAYS,
    DIFFERENCE,
    END_MEETING,
    END_PLACE,
    EXCESS,
    FIRST_MEETING,
    FIRST_PLACE,
    HELD,
    INVALID,
    LOCKED,
    MEETING,
    MEETING_OF,
    MEETING_ROW,
    MEETINGS,
    OPTION,
    OPTION_OF,
    OPTION_ROW,
    PEOPLE,
    PERSON,
    PERSON_ROW,
    PLACE,
    POOL_START,
    PUBLISHED,
    SEATS,
    SLOT_OF,
    SLOTS,
    STAMP,
    STAMPED,
    TABLE_AT,
    TABLE_OF,
    TABLES,
    TIME,
    TIME_ROW,
    TRAIL,
    TRAIL_ROW,
    TRAIL_SIZE,
    UNPLACED,
    UNPLACED_SIZE,
)
from conference.matchmaking.solver.limits import chance, draw
from conference.matchmaking.solver.seating import table_beside
from conference.matchmaking.solver.state import (
    accept,
    allowed,
    better,
    excess,
    fits,
    keep,
    make_room,
    place,
    remember,
    remove,
    runs_added,
    undo,
)

LONGEST_CHAIN = 200
MOST_STAMPS = 2_000_000_000
TEMPERATURE, AIMED, SWAPS, PUSHED, RESEATED = range(5)


@loop
def breaks_added(a: Integers, o: int, t: int) -> int:
    """The change of the number of breaks if a meeting were placed here."""
    change = 0
    option = a[OPTION] + o * a[OPTION_ROW]
    day = a[a[TIME] + t * TIME_ROW + DAY]
    for i in range(option + SEATS, option + a[OPTION_ROW]):
        p = a[i]
        if p < 0:
            break
        if p < a[PEOPLE] and a[a[DAY_NUMBER] + p * a[DAYS] + day] > 0:
            change += runs_added(a, p, t)
    return change


@loop
def settle(a: Integers, m: int) -> bool:
    """Place a meeting where it fits with the fewest new breaks, a published one rather where it was."""
    meeting = a[MEETING] + m * MEETING_ROW
    first = a[meeting + FIRST_PLACE]
    number = a[meeting + END_PLACE] - first
    if number == 0:
        return False
    published = a[meeting + PUBLISHED]
    offset = draw(a, number)
    best = -1
    best_change = 1 << 20
    for i in range(number):
        v = offset + i
        if v >= number:
            v -= number
        row = a[PLACE] + 2 * (first + v)
        o = a[row]
        t = a[row + 1]
        if fits(a, m, o, t):
            change = breaks_added(a, o, t)
            if published >= 0 and published != t:
                change += 1000
            if change < best_change:
                best = row
                best_change = change
                if change < 0:
                    break
    if best < 0:
        return False
    remember(a, m)
    place(a, m, a[best], a[best + 1], -1)
    return True


@loop
def push(a: Integers, m: int, o: int, t: int) -> bool:
    """The first move. False where it cannot be made; the trail then knows the way back."""
    if a[a[MEETING] + m * MEETING_ROW + SLOT_OF] >= 0:
        remember(a, m)
        remove(a, m)
    if not make_room(a, m, o, t):
        return False
    remember(a, m)
    place(a, m, o, t, -1)
    for at in range(a[TRAIL_SIZE]):
        x = a[a[TRAIL] + TRAIL_ROW * at]
        if a[a[MEETING] + x * MEETING_ROW + SLOT_OF] < 0:
            settle(a, x)
    return True


@loop
def swap(a: Integers, m: int, t: int) -> bool:
    """The second move. False where it cannot be made; the trail then knows the way back."""
    here = a[a[MEETING] + m * MEETING_ROW + SLOT_OF]
    if a[STAMP] > MOST_STAMPS:
        a[STAMP] = 0
        for x in range(a[MEETINGS]):
            a[a[MEETING] + x * MEETING_ROW + STAMPED] = 0
    a[STAMP] += 1
    stamp = a[STAMP]
    a[a[MEETING] + m * MEETING_ROW + STAMPED] = stamp
    a[a[CHAIN]] = m
    number = 1
    at = 0
    while at < number:
        meeting = a[MEETING] + a[a[CHAIN] + at] * MEETING_ROW
        at += 1
        other = t if a[meeting + SLOT_OF] == here else here
        o = a[meeting + OPTION_OF]
        if a[meeting + LOCKED] or not allowed(a, o, other):
            return False
        option = a[OPTION] + o * a[OPTION_ROW]
        for i in range(option + SEATS, option + a[OPTION_ROW]):
            p = a[i]
            if p < 0:
                break
            y = a[a[CELL] + (p * a[SLOTS] + other) * CELL_ROW + HELD]
            if y >= 0 and a[a[MEETING] + y * MEETING_ROW + STAMPED] != stamp:
                if number >= LONGEST_CHAIN or number >= a[MEETINGS]:
                    return False
                a[a[MEETING] + y * MEETING_ROW + STAMPED] = stamp
                a[a[CHAIN] + number] = y
                number += 1
    for i in range(number):
        x = a[a[CHAIN] + i]
        remember(a, x)
        remove(a, x)
    for i in range(number):
        row = a[TRAIL] + TRAIL_ROW * i
        x = a[row]
        o = a[row + 1]
        other = t if a[row + 2] == here else here
        if not fits(a, x, o, other):
            return False
        remember(a, x)
        place(a, x, o, other, -1)
    return True


@loop
def free_beside(a: Integers, p: int) -> int:
    """A free slot of a person just before or after one of their meetings, or -1."""
    size = a[SLOTS]
    first = draw(a, size)
    side = AFTER if draw(a, 2) == 0 else BEFORE
    cells = a[CELL] + p * size * CELL_ROW
    for i in range(size):
        t = first + i
        if t >= size:
            t -= size
        if a[cells + t * CELL_ROW + HELD] >= 0:
            s = a[cells + t * CELL_ROW + side]
            if s >= 0 and a[cells + s * CELL_ROW + HELD] < 0:
                return int(s)
    return -1


@loop
def option_at(a: Integers, m: int, t: int) -> int:
    """One of the options of a meeting that are allowed in a slot, or -1."""
    found = -1
    seen = 0
    meeting = a[MEETING] + m * MEETING_ROW
    for v in range(a[meeting + FIRST_PLACE], a[meeting + END_PLACE]):
        if a[a[PLACE] + 2 * v + 1] == t:
            seen += 1
            if seen == 1 or draw(a, seen) == 0:
                found = a[a[PLACE] + 2 * v]
    return int(found)


@loop
def reseat(a: Integers) -> bool:
    """The third move: a meeting goes to the table where one of its people comes from or goes to; who sits there takes its
    table.
    """
    m = draw(a, a[MEETINGS])
    meeting = a[MEETING] + m * MEETING_ROW
    table = a[a[TABLE_OF] + m]
    if table < 0 or a[meeting + LOCKED]:
        return False
    t = a[meeting + SLOT_OF]
    o = a[meeting + OPTION_OF]
    option = a[OPTION] + o * a[OPTION_ROW]
    seats = 0
    for i in range(option + SEATS, option + a[OPTION_ROW]):
        if a[i] >= 0 and a[i] < a[PEOPLE]:
            seats += 1
    side = 1 if draw(a, 2) == 0 else -1
    other = table_beside(a, a[option + SEATS + draw(a, seats)], t, side)
    r = a[option]
    if other == table or other < a[a[POOL_START] + r] or other >= a[a[POOL_START] + r + 1]:
        return False
    x = a[a[TABLE_AT] + t * a[TABLES] + other]
    if x == BLOCKED or (x >= 0 and a[a[MEETING] + x * MEETING_ROW + LOCKED]):
        return False
    remember(a, m)
    remove(a, m)
    if x >= 0:
        of_x = a[a[MEETING] + x * MEETING_ROW + OPTION_OF]
        remember(a, x)
        remove(a, x)
        remember(a, x)
        place(a, x, of_x, t, table)
    remember(a, m)
    place(a, m, o, t, other)
    return True


@loop
def random_move(a: Integers, settings: NDArray[np.float64]) -> bool:
    """Draw and make one move. False where it could not be made; the trail then knows the way back."""
    if settings[RESEATED] > 0.0 and chance(a) < settings[RESEATED]:
        return reseat(a)
    u = chance(a)
    if u < settings[AIMED] and a[BROKEN_SIZE] > 0:
        p = a[a[BROKEN] + draw(a, a[BROKEN_SIZE])]
        t = free_beside(a, p)
        if t < 0:
            return False
        person = a[PERSON] + p * PERSON_ROW
        first = a[person + FIRST_MEETING]
        m = a[a[MEETING_OF] + first + draw(a, a[person + END_MEETING] - first)]
        meeting = a[MEETING] + m * MEETING_ROW
        if a[meeting + LOCKED] or a[meeting + SLOT_OF] == t:
            return False
        if a[meeting + SLOT_OF] >= 0 and chance(a) < settings[SWAPS]:
            return swap(a, m, t)
        o = option_at(a, m, t)
        return o >= 0 and push(a, m, o, t)
    if u < settings[AIMED] + settings[PUSHED] and a[UNPLACED_SIZE] > 0:
        m = a[a[UNPLACED] + draw(a, a[UNPLACED_SIZE])]
    else:
        m = draw(a, a[MEETINGS])
    meeting = a[MEETING] + m * MEETING_ROW
    first = a[meeting + FIRST_PLACE]
    number = a[meeting + END_PLACE] - first
    if a[meeting + LOCKED] or number == 0:
        return False
    row = a[PLACE] + 2 * (first + draw(a, number))
    o = a[row]
    t = a[row + 1]
    here = a[meeting + SLOT_OF]
    if here == t and a[meeting + OPTION_OF] == o:
        return False
    if here >= 0 and here != t and chance(a) < settings[SWAPS]:
        return swap(a, m, t)
    return push(a, m, o, t)


@loop
def not_worse(a: Integers, before: Integers, order: Integers) -> bool:
    """Whether the present counts are at most those before, by rank."""
    for i in range(order.shape[0]):
        k = order[i]
        if a[k] != before[k]:
            return bool(a[k] < before[k])
    return True


@loop
def anneal_steps(
    a: Integers, steps: int, cost: NDArray[np.float64], settings: NDArray[np.float64], order: Integers
) -> int:
    """Make `steps` moves; `cost` [COUNTS] are the weights of the sum, `order` the counts by rank. Returns how many were accepted.

    `settings`: the temperature (0 for a descent: a move is made if the counts do not get worse by rank), the share of moves
    aimed at people with breaks, the share of swaps among moves of scheduled meetings, the share of moves that push in a
    meeting without a place, the share of moves that only change tables.
    """
    before = np.empty(COUNTS, dtype=np.int32)
    accepted = 0
    for _ in range(steps):
        for k in range(COUNTS):
            before[k] = a[k]
        made = random_move(a, settings)
        if a[TRAIL_SIZE] == 0:
            continue
        if not made:
            undo(a)
            continue
        exceeded = a[EXCESS]
        if a[DIFFERENCE] >= 0:
            a[EXCESS] = excess(a)
            a[INVALID] += a[EXCESS] - exceeded
        if settings[TEMPERATURE] > 0.0:
            delta = 0.0
            for k in range(COUNTS):
                delta += cost[k] * (a[k] - before[k])
            taken = delta <= 0 or chance(a) < math.exp(-delta / settings[TEMPERATURE])
        else:
            taken = not_worse(a, before, order)
        if taken:
            accepted += 1
            accept(a)
            if better(a, order):
                keep(a)
        else:
            a[INVALID] -= a[EXCESS] - exceeded
            a[EXCESS] = exceeded
            undo(a)
    return accepted

"""What keeps a person from a slot beside other meetings in it: gaps, longest runs, windows, precedences. Compiled.

Also the numbers drawn at random and the sets of slots, which all compiled modules use. The array `a` is described in `layout`.
"""

from __future__ import annotations

import numpy as np

from conference.matchmaking.solver.compiled import loop
from conference.matchmaking.solver.core import Integers
from conference.matchmaking.solver.layout import (
    CELL,
    CELL_ROW,
    DATE,
    END_ORDER,
    END_WINDOW,
    FIRST_ORDER,
    FIRST_WINDOW,
    GAP,
    HELD,
    MEETING,
    MEETING_ROW,
    ORDER,
    PERSON,
    PERSON_ROW,
    RANDOM,
    RUN,
    SLOT_OF,
    SLOTS,
    TIME,
    TIME_ROW,
    WEYL,
    WINDOW,
    WINDOW_ROW,
)


@loop
def draw(a: Integers, below: int) -> int:
    """A number in 0 ..

    below - 1: 32-bit xorshift plus a Weyl sequence (Marsaglia, "Xorshift RNGs", 2003), period about 2^64.
    """
    x = int(a[RANDOM]) & 0xFFFFFFFF
    x ^= (x << 13) & 0xFFFFFFFF
    x ^= x >> 17
    x ^= (x << 5) & 0xFFFFFFFF
    a[RANDOM] = np.int32(x)
    weyl = (int(a[WEYL]) + 0x61C88647) & 0xFFFFFFFF
    a[WEYL] = np.int32(weyl)
    return (((x + weyl) & 0xFFFFFFFF) * below) >> 32


@loop
def chance(a: Integers) -> float:
    """A number in [0, 1)."""
    return draw(a, 1 << 30) / (1 << 30)


@loop
def in_set(a: Integers, start: int, t: int) -> bool:
    """Whether a slot is in the set of slots that starts here."""
    return bool((a[start + (t >> 5)] >> (t & 31)) & 1 == 1)


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
    while (
        0 <= s < a[SLOTS] and a[a[TIME] + s * TIME_ROW + DATE] == date and a[cells + s * CELL_ROW + HELD] >= 0
    ):
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
            return int(a[cells + s * CELL_ROW + HELD])
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
                    return int(other)
            elif t <= s:
                return int(other)
    return -1

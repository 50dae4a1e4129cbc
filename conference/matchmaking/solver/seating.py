"""Which table a meeting of the timetable under change has, and how often people change tables. Compiled.

A change is counted between consecutive meetings at tables of a participant on one date, so a meeting at a table changes the
count by what it has in common with the last and the next one of each of its people. The array `a` is described in `layout`.
"""

from __future__ import annotations

from conference.matchmaking.solver.compiled import loop
from conference.matchmaking.solver.core import Integers
from conference.matchmaking.solver.layout import (
    CELL,
    CELL_ROW,
    CHANGES,
    DATE,
    FREE,
    HELD,
    OPTION,
    OPTION_ROW,
    PEOPLE,
    POOL_START,
    SEATS,
    SLOTS,
    TABLE_AT,
    TABLE_OF,
    TABLES,
    TIME,
    TIME_ROW,
)
from conference.matchmaking.solver.limits import draw


@loop
def table_beside(a: Integers, p: int, t: int, side: int) -> int:
    """The table of a person's next (side 1) or last (side -1) meeting at a table on the same date, or -1."""
    cells = a[CELL] + p * a[SLOTS] * CELL_ROW
    date = a[a[TIME] + t * TIME_ROW + DATE]
    s = t + side
    while 0 <= s < a[SLOTS] and a[a[TIME] + s * TIME_ROW + DATE] == date:
        m = a[cells + s * CELL_ROW + HELD]
        if m >= 0 and a[a[TABLE_OF] + m] >= 0:
            return int(a[a[TABLE_OF] + m])
        s += side
    return -1


@loop
def changes_added(a: Integers, o: int, t: int, table: int) -> int:
    """The change of the number of table changes by a meeting at this table, which is not counted among those held."""
    change = 0
    option = a[OPTION] + o * a[OPTION_ROW]
    for i in range(option + SEATS, option + a[OPTION_ROW]):
        p = a[i]
        if p < 0 or p >= a[PEOPLE]:
            break
        last = table_beside(a, p, t, -1)
        after = table_beside(a, p, t, 1)
        if last >= 0 and last != table:
            change += 1
        if after >= 0 and after != table:
            change += 1
        if last >= 0 and after >= 0 and last != after:
            change -= 1
    return change


@loop
def choose_table(a: Integers, o: int, t: int) -> int:
    """A free table for a placement: if possible where one of its people comes from or goes to; -1 where it needs none."""
    option = a[OPTION] + o * a[OPTION_ROW]
    r = a[option]
    if r < 0:
        return -1
    first = a[a[POOL_START] + r]
    number = a[a[POOL_START] + r + 1] - first
    slot = a[TABLE_AT] + t * a[TABLES]
    if number > 1:
        best = -1
        least = 1 << 20
        for i in range(option + SEATS, option + a[OPTION_ROW]):
            p = a[i]
            if p < 0 or p >= a[PEOPLE]:
                break
            for side in (-1, 1):
                table = table_beside(a, p, t, side)
                if first <= table < first + number and a[slot + table] == FREE:
                    change = changes_added(a, o, t, table)
                    if change < least:
                        least = change
                        best = table
        if best >= 0:
            return int(best)
    offset = draw(a, number)
    for i in range(number):
        table = first + (offset + i) % number
        if a[slot + table] == FREE:
            return int(table)
    return -1


@loop
def seat(a: Integers, m: int, o: int, t: int, table: int) -> None:
    """Give a meeting a table, a free one where `table` is -1."""
    if table < 0:
        table = choose_table(a, o, t)
    if table >= 0:
        a[CHANGES] += changes_added(a, o, t, table)
        a[a[TABLE_OF] + m] = table
        a[a[TABLE_AT] + t * a[TABLES] + table] = m


@loop
def unseat(a: Integers, m: int, o: int, t: int) -> None:
    """Take a meeting from its table."""
    table = a[a[TABLE_OF] + m]
    a[a[TABLE_OF] + m] = -1
    a[a[TABLE_AT] + t * a[TABLES] + table] = FREE
    a[CHANGES] -= changes_added(a, o, t, table)

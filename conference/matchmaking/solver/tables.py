"""Who meets at which table, with few changes of table between the consecutive meetings of a person on a day.

Slots are decided before; what is left is to name a table of the right pool for each meeting. Two meetings are *linked* when
some participant has them one after the other on a day (meetings without a table between them do not count). A link whose
two meetings are at one table saves its participant a walk; a table has one meeting per slot, so of the two links that meet
in a meeting often only one can be kept. The first assignment goes slot by slot, and keeps the links it can; annealing then
exchanges what stands on two tables of a pool over a stretch of slots, which keeps all links inside the stretch.

A published table is kept where the meeting keeps its slot. Own tables are pools of one. Blocked slots of single tables are
respected.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from conference.matchmaking.solver.compiled import loop
from conference.matchmaking.solver.core import Core, Integers, Placements

STEPS_PER_MEETING = 4000  # of the annealing: about a second for a thousand people
CHUNK = 200_000  # steps between looks at the clock
HOT, COLD = 0.6, 0.08  # temperatures in changes of table
NOBODY, BLOCKED = -1, -2


class Board(NamedTuple):
    """The tables K by slots T, and the links of the meetings."""

    table: Integers  # [M] or -1
    at: Integers  # [K, T] the meeting, NOBODY or BLOCKED
    pinned: NDArray[np.uint8]  # [M]
    slot: Integers  # [M]
    pool_of: Integers  # [K]
    date: Integers  # [T]
    link_start: Integers  # [M + 1]
    links: Integers
    movable: Integers  # meetings that are linked and not pinned


def assign_tables(
    core: Core,
    placements: Placements,
    *,
    seconds: float = 3.0,
    seed: int = 1,
    steps: int | None = None,
    stop: Callable[[], bool] | None = None,
) -> list[str | None]:
    """The table of each meeting, None where it has none. The same for the same seed unless `seconds` cut the `steps` short."""
    if not core.instance.exact_tables:
        return [None] * core.meetings
    began = time.monotonic()
    names = [name for pool in core.pools for name in pool]
    board = lay_out(core, placements)
    total = steps if steps is not None else STEPS_PER_MEETING * len(board.movable)
    if len(board.movable) and total > 0:
        best = board.table.copy()
        least = changes(board.table, board.link_start, board.links)
        now = least
        done = 0
        random = np.array([(seed * 0x9E3779B97F4A7C15 + 1) % 2**64 or 1], dtype=np.uint64)
        while done < total:
            if time.monotonic() - began > seconds or (stop is not None and stop()):
                break
            chunk = min(CHUNK, total - done)
            now, least = exchange(
                board.table, board.at, board.pinned, board.slot, board.pool_of, board.date,
                board.link_start, board.links, board.movable, best, now, least,
                done, done + chunk, total, HOT, COLD, random,
            )  # fmt: skip
            done += chunk
        board.table[:] = best
    return [None if table < 0 else names[table] for table in board.table]


def table_changes(core: Core, placements: Placements, tables: list[str | None]) -> int:
    """Consecutive table meetings of a participant on one day at different tables."""
    start, ends = linked(core, placements, np.array([one is not None for one in tables]))
    first = np.repeat(np.arange(core.meetings), np.diff(start))
    return sum(int(tables[a] != tables[b]) for a, b in zip(first, ends, strict=True)) // 2


def linked(core: Core, placements: Placements, seated: NDArray[np.bool_]) -> tuple[Integers, Integers]:
    """The links of each meeting that has a table, as start indices [M + 1] and the other meetings."""
    number = np.flatnonzero((placements[:, 0] >= 0) & seated)
    option, slot = placements[number].T
    row, place = np.nonzero(
        (core.option_persons[option] >= 0) & (core.option_persons[option] < core.participants)
    )
    person = core.option_persons[option[row], place]
    order = np.lexsort((slot[row], person))
    person, meeting, date = person[order], number[row[order]], core.date[slot[row[order]]]
    next_to = (person[1:] == person[:-1]) & (date[1:] == date[:-1])
    a, b = meeting[:-1][next_to], meeting[1:][next_to]
    first, second = np.concatenate([a, b]), np.concatenate([b, a])
    order = np.argsort(first, kind="stable")
    start = np.zeros(core.meetings + 1, dtype=np.int32)
    np.cumsum(np.bincount(first, minlength=core.meetings), out=start[1:])
    return start, second[order].astype(np.int32)


def lay_out(core: Core, placements: Placements) -> Board:
    """A first assignment, slot by slot."""
    size = core.slots
    names = [name for pool in core.pools for name in pool]
    number_of = {name: i for i, name in enumerate(names)}
    pool_of = np.array([i for i, pool in enumerate(core.pools) for _ in pool], dtype=np.int32)
    of_pool = [np.flatnonzero(pool_of == pool) for pool in range(len(core.pools))]
    at = np.full((len(names), size), NOBODY, dtype=np.int32)
    for one in core.instance.tables:
        if one.id in number_of and one.blocked:
            at[number_of[one.id], sorted(one.blocked)] = BLOCKED
    slot = placements[:, 1].astype(np.int32).copy()
    option = placements[:, 0]
    pool = np.full(core.meetings, -1, dtype=np.int32)  # there may be no option at all
    pool[option >= 0] = core.option_pool[option[option >= 0]]
    table = np.full(core.meetings, -1, dtype=np.int32)
    pinned = np.zeros(core.meetings, dtype=np.uint8)
    start, links = linked(core, placements, pool >= 0)

    for m in np.flatnonzero((pool >= 0) & (core.published >= 0) & (core.published == slot)):
        published = core.instance.meetings[m].published
        known = number_of.get(published[1] or "", -1) if published is not None else -1
        if known >= 0 and pool_of[known] == pool[m] and at[known, slot[m]] == NOBODY:
            at[known, slot[m]] = m
            table[m] = known
            pinned[m] = 1
    for t in range(size):
        here = np.flatnonzero((slot == t) & (pool >= 0) & (table < 0))
        for which in np.unique(pool[here]):
            meetings = here[pool[here] == which]
            tables = of_pool[which][at[of_pool[which], t] == NOBODY]
            free = set(tables.tolist())
            waiting: list[int] = []
            for number in meetings.tolist():  # where somebody of the meeting sat last
                near = [int(table[other]) for other in links[start[number] : start[number + 1]]]
                good = [one for one in near if one in free]
                if good:
                    _seat(table, at, number, max(good, key=good.count), t)
                    free.remove(int(table[number]))
                else:
                    waiting.append(number)
            for waits, one in zip(waiting, sorted(free), strict=False):
                _seat(table, at, waits, one, t)
    wide = np.array([len(pool) > 1 for pool in core.pools], dtype=bool)
    degree = np.diff(start)
    loose = np.flatnonzero((table >= 0) & (pinned == 0) & (degree > 0))
    movable = loose[wide[pool[loose]]] if len(wide) else loose
    return Board(
        table, at, pinned, slot, pool_of, core.date.astype(np.int32), start, links, movable.astype(np.int32)
    )


def _seat(table: Integers, at: Integers, meeting: int, one: int, slot: int) -> None:
    table[meeting] = one
    at[one, slot] = meeting


@loop
def changes(table: Integers, link_start: Integers, links: Integers) -> int:
    """Links between different tables."""
    total = 0
    for m in range(len(table)):
        for i in range(link_start[m], link_start[m + 1]):
            if table[links[i]] != table[m]:
                total += 1
    return total // 2


@loop
def uniform(random: NDArray[np.uint64]) -> float:
    """A number in 0 .. 1: 64-bit xorshift (Marsaglia, "Xorshift RNGs", 2003)."""
    x = random[0]
    x ^= x << np.uint64(13)
    x ^= x >> np.uint64(7)
    x ^= x << np.uint64(17)
    random[0] = x
    return float(x >> np.uint64(11)) * 1.1102230246251565e-16


@loop
def exchange(
    table: Integers,
    at: Integers,
    pinned: NDArray[np.uint8],
    slot: Integers,
    pool_of: Integers,
    date: Integers,
    link_start: Integers,
    links: Integers,
    movable: Integers,
    best: Integers,
    now: int,
    least: int,
    first: int,
    last: int,
    total: int,
    hot: float,
    cold: float,
    random: NDArray[np.uint64],
) -> tuple[int, int]:
    """Annealing steps `first` to `last` of `total`. Returns the changes now and the least, whose tables stand in `best`."""
    size = at.shape[1]
    ratio = np.log(cold / hot)
    temperature = hot
    for step in range(first, last):
        if (step - first) % 1024 == 0:
            temperature = hot * np.exp(ratio * step / total)
        m = movable[int(uniform(random) * len(movable))]
        a = table[m]
        t = slot[m]
        number = link_start[m + 1] - link_start[m]
        other = links[link_start[m] + int(uniform(random) * number)]
        b = table[other]
        if b == a or pool_of[a] != pool_of[b]:
            continue
        # The stretch: this slot alone, or on to a later or earlier one of the day, away from the linked meeting.
        low, high = t, t
        if uniform(random) < 0.5:
            if slot[other] < t:
                while high + 1 < size and date[high + 1] == date[t] and uniform(random) < 0.8:
                    high += 1
            else:
                while low > 0 and date[low - 1] == date[t] and uniform(random) < 0.8:
                    low -= 1
        delta = 0
        possible = True
        for s in range(low, high + 1):
            for side in range(2):
                here, there = (a, b) if side == 0 else (b, a)
                moved = at[here, s]
                if moved == -2 or (moved >= 0 and pinned[moved] == 1):
                    possible = False
                    break
                if moved < 0:
                    continue
                for i in range(link_start[moved], link_start[moved + 1]):
                    n = links[i]
                    if low <= slot[n] <= high and (table[n] == a or table[n] == b):
                        continue
                    if table[n] == here:
                        delta += 1
                    elif table[n] == there:
                        delta -= 1
            if not possible:
                break
        if not possible or (delta > 0 and uniform(random) >= np.exp(-delta / temperature)):
            continue
        for s in range(low, high + 1):
            x, y = at[a, s], at[b, s]
            at[a, s], at[b, s] = y, x
            if x >= 0:
                table[x] = b
            if y >= 0:
                table[y] = a
        now += delta
        if now < least:
            least = now
            for i in range(len(table)):
                best[i] = table[i]
    return now, least

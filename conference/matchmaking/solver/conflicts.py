"""Mandatory and fixed meetings that exclude each other, in minimal groups.

`direct_conflicts` sees at once what meetings fixed in a slot do to one person, pool of tables or team of interpreters, and what
mandatory meetings do to one person's limits. `conflicts` goes on, if there is nothing of that kind, to the whole problem: one
selector for each meeting that must be held, an unsatisfiable core of them by SAT (python-sat), made minimal by deletion.
"""

from __future__ import annotations

import threading
import time
from collections import defaultdict
from collections.abc import Iterator, Sequence
from itertools import islice

import numpy as np
from pysat.card import CardEnc, EncType
from pysat.formula import IDPool
from pysat.solvers import Solver

from conference.matchmaking.solver.core import Core

Group = tuple[int, ...]

MOST_PLACEMENTS = 400_000  # beyond, the whole problem is not given to SAT
MOST_GROUPS = 200


def conflicts(core: Core, *, seconds: float = 10.0) -> tuple[tuple[str, ...], ...]:
    """Groups of meeting ids, each minimal: all but one of a group can be held together. Empty if none was found in time."""
    direct = direct_conflicts(core)
    if direct:
        return direct
    group = _general(core, _required(core), time.monotonic() + seconds)
    return () if group is None else (_names(core, group),)


def direct_conflicts(core: Core) -> tuple[tuple[str, ...], ...]:
    """Groups that one person, pool, team or order alone rules out; in milliseconds."""
    end = time.monotonic() + 2.0
    groups: dict[Group, None] = {}
    for group in islice(_direct(core), MOST_GROUPS):
        # Where more than two are in each other's way, another rule may already exclude some of them.
        smaller = _general(core, group, end) if len(group) > 2 else group
        groups[tuple(sorted(smaller or group))] = None
    minimal = [one for one in groups if not any(set(other) < set(one) for other in groups)]
    return tuple(_names(core, group) for group in minimal)


def _names(core: Core, group: Sequence[int]) -> tuple[str, ...]:
    return tuple(core.instance.meetings[m].id for m in group)


def _required(core: Core) -> list[int]:
    """Mandatory meetings, and fixed ones; of these not the ones that could not be held anyway and need not be."""
    meetings = core.instance.meetings
    return [
        m
        for m in range(core.meetings)
        if meetings[m].mandatory or (meetings[m].fixed is not None and _possible(core, m))
    ]


def _possible(core: Core, m: int) -> bool:
    """Whether a fixed meeting could be held if there were no other."""
    slot = core.instance.meetings[m].fixed
    for option in range(int(core.option_start[m]), int(core.option_start[m + 1])):
        persons = [p for p in core.option_persons[option].tolist() if p >= 0]
        closed = np.isin(core.window_person, persons) & (core.window_limit == 0)
        if (
            core.option_allowed[option, slot]
            and all(core.maximum[p] > 0 for p in persons)
            and not core.window_slots[closed, slot].any()
        ):
            return True
    return False


def _direct(core: Core) -> Iterator[Group]:
    required = _required(core)
    instance = core.instance
    fixed: dict[int, int] = {}
    people: dict[int, list[int]] = defaultdict(list)
    for m in required:
        options = range(int(core.option_start[m]), int(core.option_start[m + 1]))
        if instance.meetings[m].mandatory and not any(
            core.option_allowed[option].any() for option in options
        ):
            yield (m,)
            continue
        slot = instance.meetings[m].fixed
        if slot is not None:
            fixed[m] = slot
        always = [set(core.option_persons[option].tolist()) - {-1} for option in options]
        for p in set.intersection(*always) if always else ():
            people[p].append(m)
    for p, meetings in people.items():
        yield from _of_person(core, p, meetings, fixed)
    yield from _of_places(core, fixed)
    for before, after in core.precedences.tolist():
        if before in fixed and after in fixed and fixed[before] >= fixed[after]:
            yield (before, after)


def _of_person(core: Core, p: int, meetings: Sequence[int], fixed: dict[int, int]) -> Iterator[Group]:
    """What the meetings that need a person do to each other."""
    at: dict[int, int] = {}
    for m in meetings:
        if m not in fixed:
            continue
        for other, slot in (
            (other, slot) for other, slot in fixed.items() if other < m and other in meetings
        ):
            near = 0 < abs(slot - fixed[m]) <= core.gap[p] and core.date[slot] == core.date[fixed[m]]
            if slot == fixed[m] or near:
                yield (other, m)
        at.setdefault(fixed[m], m)
    most = min(int(core.maximum[p]), int(core.available[p].sum()))
    if len(meetings) > most:
        yield tuple(meetings[: most + 1])
    for w in np.flatnonzero(core.window_person == p).tolist():
        within = [m for t, m in sorted(at.items()) if core.window_slots[w, t]]
        if len(within) > core.window_limit[w]:
            yield tuple(within[: int(core.window_limit[w]) + 1])
    run = int(core.run[p])
    if run:
        for t in range(core.slots - run):
            row = range(t, t + run + 1)
            if all(s in at for s in row) and len({int(core.date[s]) for s in row}) == 1:
                yield tuple(at[s] for s in row)


def _of_places(core: Core, fixed: dict[int, int]) -> Iterator[Group]:
    """Fixed meetings of a slot beyond the tables or interpreters there."""
    for of_option, capacity in (
        (core.option_pool, core.pool_capacity),
        (core.option_team, core.team_capacity),
    ):
        there: dict[tuple[int, int], list[int]] = defaultdict(list)
        for m, slot in fixed.items():
            places = {
                int(of_option[option])
                for option in range(int(core.option_start[m]), int(core.option_start[m + 1]))
            }
            if len(places) == 1 and min(places) >= 0:
                there[min(places), slot].append(m)
        for (place, slot), meetings in there.items():
            most = int(capacity[place, slot])
            if len(meetings) > most:
                yield tuple(meetings[: most + 1])


class _Clauses:
    """The problem of the required meetings as clauses, a selector for each of them."""

    def __init__(self, core: Core, required: Sequence[int]) -> None:
        self.core = core
        self.names = IDPool()
        self.clauses: list[list[int]] = []
        self.selector: dict[int, int] = {}
        self.person: dict[tuple[int, int], list[int]] = defaultdict(list)
        pool: dict[tuple[int, int], list[int]] = defaultdict(list)
        team: dict[tuple[int, int], list[int]] = defaultdict(list)
        slots: dict[tuple[int, int], list[int]] = defaultdict(list)
        for m in required:
            literals = []
            for option in range(int(core.option_start[m]), int(core.option_start[m + 1])):
                for t in np.flatnonzero(core.option_allowed[option]).tolist():
                    literal = self.names.id(("x", option, t))
                    literals.append(literal)
                    slots[m, t].append(literal)
                    for p in core.option_persons[option].tolist():
                        if p >= 0:
                            self.person[p, t].append(literal)
                    if core.option_pool[option] >= 0:
                        pool[int(core.option_pool[option]), t].append(literal)
                    if core.option_team[option] >= 0:
                        team[int(core.option_team[option]), t].append(literal)
            self.selector[m] = self.names.id(("s", m))
            self.clauses.append([-self.selector[m], *literals])
            self.at_most(literals, 1)
        for (p, t), literals in self.person.items():
            used = self.names.id(("u", p, t))
            self.clauses.extend([-literal, used] for literal in literals)
            self.at_most(literals, 1)
        for (place, t), literals in pool.items():
            self.at_most(literals, int(core.pool_capacity[place, t]))
        for (place, t), literals in team.items():
            self.at_most(literals, int(core.team_capacity[place, t]))
        for before, after in core.precedences.tolist():
            if before in self.selector and after in self.selector:
                self.order(before, after, slots)
        for p in {p for p, _ in self.person}:
            self.limits(p)

    def at_most(self, literals: list[int], most: int) -> None:
        if len(literals) > most:
            encoded = CardEnc.atmost(literals, most, vpool=self.names, encoding=EncType.seqcounter)
            self.clauses.extend(encoded.clauses)

    def order(self, before: int, after: int, slots: dict[tuple[int, int], list[int]]) -> None:
        """`after` stands in a slot only if `before` does not stand in that one or a later one."""
        held: int | None = None
        for t in reversed(range(self.core.slots)):
            now = self.names.id(("o", before, after, t))
            self.clauses.extend([-literal, now] for literal in slots.get((before, t), ()))
            if held is not None:
                self.clauses.append([-held, now])
            self.clauses.extend([-literal, -now] for literal in slots.get((after, t), ()))
            held = now

    def limits(self, p: int) -> None:
        core = self.core
        used = {t: self.names.id(("u", p, t)) for t in range(core.slots) if (p, t) in self.person}
        self.at_most(list(used.values()), int(core.maximum[p]))
        for w in np.flatnonzero(core.window_person == p).tolist():
            within = [one for t, one in used.items() if core.window_slots[w, t]]
            self.at_most(within, int(core.window_limit[w]))
        gap, run = int(core.gap[p]), int(core.run[p])
        for t in used:
            for s in range(t + 1, min(core.slots, t + gap + 1)):
                if s in used and core.date[s] == core.date[t]:
                    self.clauses.append([-used[t], -used[s]])
            row = range(t, t + run + 1)
            if run and all(s in used for s in row) and len({int(core.date[s]) for s in row}) == 1:
                self.clauses.append([-used[s] for s in row])


def _general(core: Core, required: Sequence[int], end: float) -> Group | None:
    """A minimal group of required meetings that cannot all be held, None if there is none or time is up."""
    if not required or int(core.option_allowed.sum()) > MOST_PLACEMENTS:
        return None
    clauses = _Clauses(core, required)
    meeting_of = {literal: m for m, literal in clauses.selector.items()}
    with Solver(name="glucose4", bootstrap_with=clauses.clauses) as solver:

        def excluded(group: Sequence[int]) -> list[int] | None:
            """The part of a group on which it founders; None if it can be held, or nobody knows."""
            left = end - time.monotonic()
            if left <= 0:
                return None
            timer = threading.Timer(left, solver.interrupt)
            timer.start()
            try:
                answer = solver.solve_limited(
                    assumptions=[clauses.selector[m] for m in group], expect_interrupt=True
                )
            finally:
                timer.cancel()
                timer.join()
                solver.clear_interrupt()
            return (
                sorted(meeting_of[literal] for literal in solver.get_core() or ())
                if answer is False
                else None
            )

        group = excluded(required)
        if group is None:
            return None
        for m in list(group):
            if m in group:
                smaller = excluded([one for one in group if one != m])
                if smaller is not None:
                    group = smaller
        return tuple(group) if time.monotonic() < end else None

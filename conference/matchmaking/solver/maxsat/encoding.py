"""The timetable as a formula: every meeting is held, the soft literals say who has how few breaks.

x[option, t] places a meeting; used[p, t] is true if person p has a meeting in slot t; a counter in unary per participant says how
many meetings there were up to slot t. A break ends where a meeting follows an empty slot that follows, sooner or later, a meeting.
The breaks of a participant are counted in unary too, and `soft` holds "p has at most k breaks" for every p and k: so a core of the
MaxSAT search is a set of participants rather than of slots, and a participant without breaks has the bounds of an unbroken run
(first slot plus number of meetings is last slot). Formulation after Bofill et al., "Constraint Solving Approaches to the
Business-to-Business Meeting Scheduling Problem", JAIR 74 (2022), section 5, with other counters.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from conference.matchmaking.solver.core import NONE, UNSCHEDULED, Core, Placements
from conference.matchmaking.solver.maxsat.formula import Formula


@dataclass(slots=True)
class Encoding:
    """The formula of a problem with what is needed to read a model of it."""

    formula: Formula
    places: dict[int, tuple[int, int, int]]  # variable -> meeting, option, slot
    soft: list[int] = field(default_factory=list)  # literals wanted true; each false one is a break

    def placements(self, core: Core, model: Sequence[int]) -> Placements:
        """The timetable a model stands for."""
        found = np.full((core.meetings, 2), UNSCHEDULED, dtype=np.int32)
        for literal in model:
            if literal > 0 and literal in self.places:
                meeting, option, slot = self.places[literal]
                found[meeting] = option, slot
        return found

    def literals(self, placements: Placements) -> list[int]:
        """The placements of a timetable as literals."""
        return [
            variable
            for variable, (meeting, option, slot) in self.places.items()
            if placements[meeting, 0] == option and placements[meeting, 1] == slot
        ]


def encode(core: Core, chosen: Sequence[int], *, soft: str = "b", parity: bool = True, contig: bool = True, twins: bool = True) -> Encoding:
    """The formula by which exactly the `chosen` meetings are held."""
    formula = Formula()
    encoding = Encoding(formula, {})
    of_person: dict[tuple[int, int], list[int]] = defaultdict(list)
    of_pool: dict[tuple[int, int], list[int]] = defaultdict(list)
    of_team: dict[tuple[int, int], list[int]] = defaultdict(list)
    by_slot: dict[int, list[list[int]]] = {}
    sure = np.zeros(core.persons, dtype=int)
    possible = np.zeros(core.persons, dtype=int)
    for meeting in chosen:
        options = range(core.option_start[meeting], core.option_start[meeting + 1])
        by_slot[meeting] = [[] for _ in range(core.slots)]
        in_options = []
        for option in options:
            persons = [int(p) for p in core.option_persons[option] if p != NONE]
            in_options.append(set(persons))
            pool, team = int(core.option_pool[option]), int(core.option_team[option])
            for t in np.flatnonzero(core.option_allowed[option]):
                slot = int(t)
                variable = formula.new()
                encoding.places[variable] = meeting, option, slot
                by_slot[meeting][slot].append(variable)
                for person in persons:
                    of_person[person, slot].append(variable)
                if pool != NONE:
                    of_pool[pool, slot].append(variable)
                if team != NONE:
                    of_team[team, slot].append(variable)
        formula.exactly_one([variable for variables in by_slot[meeting] for variable in variables])
        if in_options:
            for person in set.intersection(*in_options):
                sure[person] += 1
            for person in set.union(*in_options):
                possible[person] += 1
    used: dict[tuple[int, int], int] = {}
    for (person, slot), variables in of_person.items():
        formula.at_most_one(variables)
        used[person, slot] = formula.either(variables)
    _precedences(core, formula, by_slot)
    if twins:
        _twins(core, formula, chosen, by_slot)
    pairs = all(
        core.option_pool[o] == 0 and np.count_nonzero(core.option_persons[o] != NONE) == 2
        for m in chosen
        for o in range(core.option_start[m], core.option_start[m + 1])
    )
    for (pool, slot), variables in of_pool.items():
        capacity = int(core.pool_capacity[pool, slot])
        if parity and pairs:
            _pairs(formula, [used[p, t] for p, t in used if t == slot], capacity)
        else:
            formula.at_most(variables, capacity)
    for (team, slot), variables in of_team.items():
        formula.at_most(variables, int(core.team_capacity[team, slot]))
    counts = []
    for person in range(core.persons):
        mine = {t: used[person, t] for t in range(core.slots) if (person, t) in used}
        _limits(core, formula, person, mine, int(possible[person]))
        if person < core.participants:
            counts.append(_breaks(core, encoding, person, mine, sure[person], possible[person], soft, contig))
    _fairness(core, formula, counts)
    return encoding


def _pairs(formula, literals, capacity):
    total = formula.count(literals, 2 * capacity + 1)
    if len(total) > 2 * capacity:
        formula.add(-total[2 * capacity])
    for k in range(0, len(total), 2):
        if k + 1 < len(total):
            formula.add(-total[k], total[k + 1])
        else:
            formula.add(-total[k])


def _precedences(core, formula, by_slot) -> None:
    until = {}
    for before, after in core.precedences.tolist():
        if before not in by_slot or after not in by_slot:
            continue
        for m in (before, after):
            if m not in until:
                ladder = []
                for t in range(core.slots):
                    here = by_slot[m][t] + ([ladder[-1]] if ladder else [])
                    if here:
                        ladder.append(formula.either(here))
                    else:
                        v = formula.new()
                        formula.add(-v)
                        ladder.append(v)
                until[m] = ladder
        formula.add(-until[after][0])
        for t in range(1, core.slots):
            formula.add(-until[after][t], until[before][t - 1])


def _limits(core, formula, person, mine, possible) -> None:
    maximum = int(core.maximum[person])
    if possible > maximum:
        formula.at_most(list(mine.values()), maximum)
    date = core.date
    gap, run = int(core.gap[person]), int(core.run[person])
    for i in mine:
        for j in mine:
            if i < j <= i + gap and date[i] == date[j]:
                formula.add(-mine[i], -mine[j])
    if run:
        for i in range(core.slots - run):
            span = range(i, i + run + 1)
            if all(t in mine and date[t] == date[i] for t in span):
                formula.add(*(-mine[t] for t in span))
    for w in np.flatnonzero(core.window_person == person):
        formula.at_most([mine[t] for t in mine if core.window_slots[w, t]], int(core.window_limit[w]))


def _breaks(core, encoding, person, mine, sure, possible, soft, contig):
    formula = encoding.formula
    rank, day = core.rank[person], core.day
    counter = None
    if sure == possible and sure > 0:
        counter = _counter(core, formula, mine, int(sure))
    days = sorted({int(day[t]) for t in mine})
    events = []
    wholes = []
    for one in days:
        row = [t for t in range(core.slots) if day[t] == one and rank[t] >= 0]
        n = len(row)
        lits = [mine.get(t, 0) for t in row]
        if sum(1 for x in lits if x) < 2 or possible < 2:
            continue
        if counter and len(days) == 1 and len(row) == core.slots:
            held = [c[0] for c in counter]
            later = [0] + [-c[sure - 1] for c in counter[:-1]]  # later[i]: a meeting in slot >= i
        else:
            held, later = _ladder(formula, lits), _ladder(formula, lits[::-1])[::-1]
        here = []
        broken = formula.new()
        for i in range(1, n - 1):
            if not lits[i + 1] or not held[i] or not held[i - 1]:
                pass
            if lits[i + 1] and held[i]:
                e = formula.new()
                cl = [e, -held[i], -lits[i + 1]]
                formula.add(-e, held[i]); formula.add(-e, lits[i + 1])
                if lits[i]:
                    cl.append(lits[i]); formula.add(-e, -lits[i])
                formula.add(*cl)
                formula.add(-e, broken)
                here.append(e)
            if contig and held[i] and later[i + 1]:
                cl = [broken, -held[i], -later[i + 1]]
                if lits[i]: cl.append(lits[i])
                formula.add(*cl)
        if contig and counter and len(days) == 1 and len(row) == core.slots:
            d = int(sure)
            for i in range(n):
                # start >= i  => end >= i+d-1   (not held[i-1] -> later[i+d-1])
                if i + d - 1 < n:
                    h = held[i - 1] if i else 0
                    l = later[i + d - 1] if i + d - 1 > 0 else 0
                    if i == 0:
                        continue
                    if l: formula.add(h, l)
                    # unbroken: start < i => end < i+d-1
                    if l: formula.add(broken, -h, -l)
        formula.add(-broken, *here)
        events += here
        wholes.append(broken)
    if not events:
        return []
    most = min(len(events), max(1, possible - 1), (core.slots) // 2 + 1)
    total = formula.count(events, most)
    if len(wholes) == 1:
        formula.add(-wholes[0], total[0]); formula.add(wholes[0], -total[0])
    else:
        for w in wholes: formula.add(-w, total[0])
    encoding.soft += [-e for e in (events if soft == "e" else total)]
    return total


def _ladder(formula, lits):
    out = []
    for x in lits:
        here = [v for v in ([x] + out[-1:]) if v]
        out.append(formula.either(here) if here else 0)
    return out


def _counter(core, formula, mine, d):
    """counter[t][k]: more than k meetings in slots <= t."""
    rows = []
    for t in range(core.slots):
        row = [formula.new() for _ in range(d)]
        u = mine.get(t, 0)
        for k in range(d):
            prev = rows[-1][k] if rows else 0
            below = rows[-1][k - 1] if rows and k else (None if k == 0 else 0)  # None: true
            # row[k] <=> prev or (below and u)
            if prev: formula.add(row[k], -prev)
            if u and below != 0:
                formula.add(row[k], -u, *([] if below is None else [-below]))
            # reverse
            if u and below != 0:
                formula.add(-row[k], *([prev] if prev else []), u)
                if below is not None:
                    formula.add(-row[k], *([prev] if prev else []), below)
            else:
                formula.add(-row[k], *([prev] if prev else []))
            if k: formula.add(-row[k], row[k - 1])
        if rows and u:
            formula.add(-rows[-1][d - 1], -u)
        rows.append(row)
    formula.add(rows[-1][d - 1])
    return rows


def _fairness(core, formula, counts) -> None:
    bound = core.maximum_break_difference
    if bound < 0:
        return
    fewest = min((len(c) for c in counts), default=0)
    # low[j]: everybody has at least j+1
    low = [formula.new() for _ in range(fewest)]
    for c in counts:
        for j in range(fewest):
            formula.add(-low[j], c[j])
        for k in range(bound, len(c)):
            j = k - bound
            formula.add(-c[k], *([low[j]] if j < fewest else []))


def _twins(core, formula, chosen, by_slot) -> None:
    """Participants whom nothing tells apart may swap timetables, so one of them may go first."""
    mine = defaultdict(list)
    tied = set()
    in_order = set(core.precedences.flatten().tolist())
    for m in chosen:
        options = range(core.option_start[m], core.option_start[m + 1])
        people = {int(p) for p in core.option_persons[options[0]] if p != NONE}
        if len(options) > 1 or m in in_order or core.option_pool[options[0]] != 0 or len(people) != 2:
            for o in options:
                tied |= {int(p) for p in core.option_persons[o] if p != NONE}
        for p in people:
            mine[p].append((min(people - {p}, default=-1), core.option_allowed[options[0]].tobytes(), int(core.option_team[options[0]]), m))
    groups = defaultdict(list)
    for p, meetings in mine.items():
        if p in tied or p in set(core.window_person.tolist()) or p >= core.participants:
            continue
        key = (tuple(sorted(x[:3] for x in meetings)), core.rank[p].tobytes(), int(core.maximum[p]), int(core.gap[p]), int(core.run[p]))
        groups[key].append(p)
    found = {k: v for k, v in groups.items() if len(v) > 1}
    twins = {p for v in found.values() for p in v}
    for key, members in found.items():
        host = next((x[0] for x in sorted(key[0]) if x[0] not in twins), None)
        if host is None:
            continue
        ms = [sorted(x for x in mine[p] if x[0] == host)[0][3] for p in members]
        for a, b in zip(ms, ms[1:]):
            seen = []
            for t in range(core.slots):
                for v in by_slot[b][t]:
                    formula.add(-v, *seen)
                seen += by_slot[a][t]

"""The timetable as a formula: every meeting is held, the soft literals say who has how few breaks.

x places a meeting; used[p, t] is true if person p has a meeting in slot t; a counter in unary per participant says how many
meetings there were up to slot t. A break ends where a meeting follows an empty slot that follows, sooner or later, a meeting. The
breaks of a participant are counted in unary too, and `soft` holds "p has at most k breaks" for every p and k: so a core of the
MaxSAT search is a set of participants rather than of slots, and a participant without breaks has the bounds of an unbroken run
(last slot is first slot plus number of meetings minus one).

Formulation after Bofill et al., "Constraint Solving Approaches to the Business-to-Business Meeting Scheduling Problem", JAIR 74
(2022), section 5, with two additions. Of people of whom no two meet each other, no more are busy in a slot than there are tables:
implied, and it shortens the proofs that a busy hour cannot hold everybody by a factor of 30 (said of one group of busy people;
more groups slow the search). And participants whom nothing tells apart may swap timetables, so one of them goes first.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise

import numpy as np

from conference.matchmaking.solver.core import NONE, UNSCHEDULED, Core, Placements
from conference.matchmaking.solver.maxsat.formula import Formula

Places = dict[int, list[list[int]]]  # meeting -> for each slot the variables that place it there
Used = dict[tuple[int, int], int]  # person, slot -> the literal that the person has a meeting then


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


def encode(core: Core, chosen: Sequence[int], *, parity: bool = False) -> Encoding:
    """The formula by which exactly the `chosen` meetings are held.

    With `parity`, tables are counted by the people busy in a slot, who are an even number, where all meetings are of two people;
    else by meetings. Either is better on some instances.
    """
    formula = Formula()
    encoding = Encoding(formula, {})
    of_person: dict[tuple[int, int], list[int]] = defaultdict(list)
    of_pool: dict[tuple[int, int], list[int]] = defaultdict(list)
    of_team: dict[tuple[int, int], list[int]] = defaultdict(list)
    by_slot: Places = {}
    sure = np.zeros(core.persons, dtype=np.int32)
    possible = np.zeros(core.persons, dtype=np.int32)
    for meeting in chosen:
        by_slot[meeting] = [[] for _ in range(core.slots)]
        people = [_people(core, option) for option in _options(core, meeting)]
        for option, persons in zip(_options(core, meeting), people, strict=True):
            pool, team = int(core.option_pool[option]), int(core.option_team[option])
            for slot in np.flatnonzero(core.option_allowed[option]).tolist():
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
        if people:
            sure[list(frozenset.intersection(*people))] += 1
            possible[list(frozenset.union(*people))] += 1
    used: Used = {}
    for (person, slot), variables in of_person.items():
        formula.at_most_one(variables)
        used[person, slot] = formula.either(variables)
    _order(core, formula, by_slot)
    _twins(core, formula, by_slot)
    one_pool = all(core.option_pool[option] == 0 for m in chosen for option in _options(core, m))
    in_pairs = all(len(_people(core, option)) == 2 for m in chosen for option in _options(core, m))
    if one_pool:
        _strangers(core, formula, by_slot, used)
    for (pool, slot), variables in of_pool.items():
        capacity = int(core.pool_capacity[pool, slot])
        if parity and one_pool and in_pairs:
            _couples(formula, [literal for (_, t), literal in used.items() if t == slot], capacity)
        else:
            formula.at_most(variables, capacity)
    for (team, slot), variables in of_team.items():
        formula.at_most(variables, int(core.team_capacity[team, slot]))
    counts = []
    for person in range(core.persons):
        mine = [used.get((person, t), 0) for t in range(core.slots)]
        _limits(core, formula, person, mine, int(possible[person]))
        if person < core.participants:
            counts.append(_breaks(core, encoding, person, mine, int(sure[person]), int(possible[person])))
    _fairness(core, formula, counts)
    return encoding


def _options(core: Core, meeting: int) -> range:
    return range(int(core.option_start[meeting]), int(core.option_start[meeting + 1]))


def _people(core: Core, option: int) -> frozenset[int]:
    return frozenset(int(person) for person in core.option_persons[option] if person != NONE)


def _couples(formula: Formula, literals: list[int], capacity: int) -> None:
    """An even number of them, at most twice the capacity."""
    total = formula.count(literals, 2 * capacity + 1)
    if len(total) > 2 * capacity:
        formula.add(-total[2 * capacity])
    for k in range(0, len(total), 2):
        formula.add(-total[k], *total[k + 1 : k + 2])


def _order(core: Core, formula: Formula, by_slot: Places) -> None:
    """Precedences, by a ladder for each meeting concerned: held in slot t or before."""
    ladders: dict[int, list[int]] = {}
    for pair in core.precedences.tolist():
        if pair[0] not in by_slot or pair[1] not in by_slot:
            continue
        for meeting in pair:
            if meeting not in ladders:
                ladders[meeting] = _ladder(formula, [formula.either(v) if v else 0 for v in by_slot[meeting]])
        first, second = ladders[pair[0]], ladders[pair[1]]
        for t in range(core.slots):
            if second[t]:
                formula.add(-second[t], *([first[t - 1]] if t and first[t - 1] else []))


def _twins(core: Core, formula: Formula, by_slot: Places) -> None:
    """Participants who meet the same people under the same conditions: the meetings with one of these are put in order."""
    mine: dict[int, list[tuple[int, bytes, int, int]]] = defaultdict(list)
    tied = set(core.window_person.tolist()) | set(range(core.participants, core.persons))
    ordered = set(core.precedences.flatten().tolist())
    for meeting in by_slot:
        options = _options(core, meeting)
        if len(options) != 1 or meeting in ordered or len(_people(core, options[0])) != 2:
            tied.update(person for option in options for person in _people(core, option))
            continue
        first, second = sorted(_people(core, options[0]))
        allowed = core.option_allowed[options[0]].tobytes()
        kind = int(core.option_pool[options[0]]) * (len(core.teams) + 1) + int(core.option_team[options[0]])
        mine[first].append((second, allowed, kind, meeting))
        mine[second].append((first, allowed, kind, meeting))
    alike: dict[object, list[int]] = defaultdict(list)
    for person, meetings in mine.items():
        if person not in tied:
            limits = (int(core.maximum[person]), int(core.gap[person]), int(core.run[person]))
            alike[tuple(sorted(one[:3] for one in meetings)), core.rank[person].tobytes(), limits].append(
                person
            )
    twins = {person for members in alike.values() if len(members) > 1 for person in members}
    for members in alike.values():
        # the one they are put in order with must not be moved about by another group of twins
        hosts = [one[0] for one in sorted(mine[members[0]]) if one[0] not in twins]
        if len(members) > 1 and hosts:
            meetings_of_host = [
                next(one[3] for one in sorted(mine[person]) if one[0] == hosts[0]) for person in members
            ]
            for before, after in pairwise(meetings_of_host):
                earlier: list[int] = []
                for t in range(core.slots):
                    for variable in by_slot[after][t]:
                        formula.add(-variable, *earlier)
                    earlier += by_slot[before][t]


def _strangers(core: Core, formula: Formula, by_slot: Places, used: Used) -> None:
    """A group of whom no two meet, chosen with the busiest first: no more of them are busy in a slot than there are tables."""
    meets: dict[int, set[int]] = defaultdict(set)
    meetings: dict[int, int] = defaultdict(int)
    for meeting in by_slot:
        for option in _options(core, meeting):
            people = _people(core, option)
            for person in people:
                meets[person] |= people - {person}
                meetings[person] += 1
    busiest = sorted(meets, key=lambda person: (-meetings[person], person))
    group: set[int] = set()
    for person in busiest:
        if not meets[person] & group:
            group.add(person)
    for t in range(core.slots):
        formula.at_most(
            [used[person, t] for person in busiest if person in group and (person, t) in used],
            int(core.pool_capacity[0, t]),
        )


def _limits(core: Core, formula: Formula, person: int, mine: list[int], possible: int) -> None:
    """What a person can do: so many meetings, so many in a row, so many in a window, with gaps."""
    busy = [literal for literal in mine if literal]
    if possible > core.maximum[person]:
        formula.at_most(busy, int(core.maximum[person]))
    date, gap, run = core.date, int(core.gap[person]), int(core.run[person])
    for t in range(core.slots):
        for later in range(t + 1, min(t + gap + 1, core.slots)):
            if mine[t] and mine[later] and date[t] == date[later]:
                formula.add(-mine[t], -mine[later])
        row = mine[t : t + run + 1]
        if run and len(row) == run + 1 and all(row) and date[t] == date[t + run]:
            formula.add(*(-literal for literal in row))
    for window in np.flatnonzero(core.window_person == person):
        formula.at_most(
            [mine[t] for t in range(core.slots) if mine[t] and core.window_slots[window, t]],
            int(core.window_limit[window]),
        )


def _breaks(
    core: Core, encoding: Encoding, person: int, mine: list[int], sure: int, possible: int
) -> list[int]:
    """The breaks of a participant in unary; they become soft literals."""
    formula = encoding.formula
    counter = _counter(formula, mine, sure) if sure == possible and sure > 0 else None
    breaks: list[int] = []
    broken_days: list[int] = []
    if possible < 2:
        return []
    for day in sorted({int(one) for one in core.day}):
        row = [t for t in range(core.slots) if core.day[t] == day and core.rank[person, t] >= 0]
        literals = [mine[t] for t in row]
        if sum(literal != 0 for literal in literals) < 2:
            continue
        whole = counter is not None and len(row) == core.slots
        if counter is not None and whole:
            held = [count[0] for count in counter]  # a meeting in this slot or before
            later = [0, *(-count[sure - 1] for count in counter[:-1])]  # a meeting in this slot or after
        else:
            held, later = _ladder(formula, literals), _ladder(formula, literals[::-1])[::-1]
        broken = formula.new()
        here = []
        for i in range(1, len(row) - 1):
            empty = [-literals[i]] if literals[i] else []
            full = [literals[i]] if literals[i] else []
            if held[i] and literals[i + 1]:
                one = formula.new()
                formula.add(one, -held[i], -literals[i + 1], *full)
                for literal in (held[i], literals[i + 1], broken, *empty):
                    formula.add(-one, literal)
                here.append(one)
            if held[i] and later[i + 1]:
                formula.add(broken, -held[i], -later[i + 1], *full)
        formula.add(-broken, *here)
        if whole:
            for i in range(1, len(row) - sure + 1):
                # who starts after slot i - 1 ends in slot i + sure - 1 or after; without breaks, exactly who does
                if i + sure - 1 > 0:
                    formula.add(held[i - 1], later[i + sure - 1])
                    formula.add(broken, -held[i - 1], -later[i + sure - 1])
        breaks += here
        broken_days.append(broken)
    if not breaks:
        return []
    total = formula.count(breaks, min(len(breaks), possible - 1))
    for broken in broken_days:
        formula.add(-broken, total[0])
    formula.add(-total[0], *broken_days)
    encoding.soft += [-literal for literal in total]
    return total


def _ladder(formula: Formula, literals: Sequence[int]) -> list[int]:
    """For each place a literal that is true if one up to there is; 0 stands for false."""
    result: list[int] = []
    for literal in literals:
        here = [one for one in (literal, *result[-1:]) if one]
        result.append(formula.either(here) if here else 0)
    return result


def _counter(formula: Formula, mine: list[int], total: int) -> list[list[int]]:
    """result[t][k]: more than k meetings up to slot t. There are `total` in the end."""
    rows: list[list[int]] = []
    for literal in mine:
        row = [formula.new() for _ in range(total)]
        for k in range(total):
            before = [rows[-1][k]] if rows else []  # enough without this slot
            for one in before:
                formula.add(row[k], -one)
            reachable = literal != 0 and (k == 0 or bool(rows))
            below = [rows[-1][k - 1]] if k and rows else []  # one too few without this slot
            if reachable:
                formula.add(row[k], -literal, *(-one for one in below))
                formula.add(-row[k], *before, literal)
                for one in below:
                    formula.add(-row[k], *before, one)
            else:
                formula.add(-row[k], *before)
            if k:
                formula.add(-row[k], row[k - 1])
        if rows and literal:
            formula.add(-rows[-1][total - 1], -literal)
        rows.append(row)
    formula.add(rows[-1][total - 1])
    return rows


def _fairness(core: Core, formula: Formula, counts: list[list[int]]) -> None:
    """Who has k + d breaks or more has that many only if everybody has at least k."""
    bound = core.maximum_break_difference
    if bound < 0 or not counts:
        return
    fewest = min(len(count) for count in counts)
    everybody = [formula.new() for _ in range(fewest)]
    for count in counts:
        for k, all_have in enumerate(everybody):
            formula.add(-all_have, count[k])
        for k in range(bound, len(count)):
            formula.add(-count[k], *everybody[k - bound : k - bound + 1])

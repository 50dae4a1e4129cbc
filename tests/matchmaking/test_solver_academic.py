"""Timetables in which every meeting must be held: the fewest breaks, against trying everything."""

from __future__ import annotations

import random
from itertools import product

import pytest
from pysat.examples.rc2 import RC2
from pysat.formula import WCNF

from conference.matchmaking.solver.audit import violations
from conference.matchmaking.solver.core import compile_instance
from conference.matchmaking.solver.evaluate import breaks_by_participant
from conference.matchmaking.solver.maxsat import MandatoryResult, solve_mandatory
from conference.matchmaking.solver.maxsat.encoding import encode
from conference.matchmaking.solver.model import (
    Instance,
    Meeting,
    Participant,
    Slot,
    Solution,
    Table,
)


def breaks_by_person(
    instance: Instance, slots: tuple[int, ...], people: list[tuple[str, ...]]
) -> dict[str, int]:
    """Written from the definition: an idle group is a break if the person was free for at least one slot of it."""
    counts = {}
    for person in instance.participants:
        mine = sorted(slot for slot, who in zip(slots, people, strict=True) if person.id in who)
        counts[person.id] = 0
        for before, after in zip(mine, mine[1:], strict=False):
            between = range(before + 1, after)
            if instance.break_rule == "day":
                if instance.slots[before].day != instance.slots[after].day:
                    continue
                between = [t for t in between if t not in person.blocked]
            counts[person.id] += len(between) > 0
    return counts


def fewest_breaks(instance: Instance) -> int | None:
    """Tries every placement of every meeting. None if nothing is possible."""
    choices = []
    for meeting in instance.meetings:
        slots = range(len(instance.slots)) if meeting.fixed is None else [meeting.fixed]
        allowed = [t for t in slots if meeting.slots is None or t in meeting.slots]
        choices.append([(t, people) for t in allowed for people in product(*meeting.seats)])
    blocked = {person.id: person.blocked for person in instance.participants}
    gap = {person.id: person.gap for person in instance.participants}
    number = {meeting.id: i for i, meeting in enumerate(instance.meetings)}
    best = None
    for choice in product(*choices):
        slots = tuple(t for t, _ in choice)
        people = [who for _, who in choice]
        if any(slots.count(t) > len(instance.tables) for t in set(slots)):
            continue
        if any(t in blocked[one] for t, who in choice for one in who):
            continue
        if any(
            set(people[i]) & set(people[j])
            and (
                slots[i] == slots[j]
                or (
                    instance.slots[slots[i]].day == instance.slots[slots[j]].day
                    and abs(slots[i] - slots[j]) <= max(gap[one] for one in set(people[i]) & set(people[j]))
                )
            )
            for i in range(len(slots))
            for j in range(i)
        ):
            continue
        if any(slots[number[a]] >= slots[number[b]] for a, b in instance.precedences):
            continue
        counts = breaks_by_person(instance, slots, people)
        bound = instance.maximum_break_difference
        if bound is not None and max(counts.values()) - min(counts.values()) > bound:
            continue
        if best is None or sum(counts.values()) < best:
            best = sum(counts.values())
    return best


def small_instance(seed: int) -> Instance:
    """Five meetings of four or five people in five slots of one or two days, with all kinds of conditions."""
    chance = random.Random(seed)
    names = [str(i) for i in range(chance.choice([4, 5]))]
    days = chance.choice([[0] * 5, [0, 0, 0, 1, 1]])
    pairs = [tuple(chance.sample(names, 2)) for _ in range(5)]
    meetings = []
    for i, (a, b) in enumerate(pairs):
        seats: tuple[tuple[str, ...], ...] = ((a,), (b,))
        if chance.random() < 0.15:  # a second person could take the seat
            seats = ((a,), tuple(one for one in names if one != a)[:2])
        meetings.append(
            Meeting(
                id=f"m{i}",
                seats=seats,
                mandatory=True,
                fixed=chance.randrange(5) if chance.random() < 0.15 else None,
                slots=frozenset(chance.sample(range(5), 3)) if chance.random() < 0.2 else None,
            )
        )
    return Instance(
        slots=tuple(Slot(1440 * day + 30 * t, 30, day) for t, day in enumerate(days)),
        participants=tuple(
            Participant(
                id=name,
                blocked=frozenset(t for t in range(5) if chance.random() < 0.12),
                gap=1 if chance.random() < 0.1 else 0,
            )
            for name in names
        ),
        meetings=tuple(meetings),
        tables=tuple(Table(f"t{i}") for i in range(chance.choice([1, 2]))),
        precedences=(("m0", "m1"),) if chance.random() < 0.4 else (),
        break_rule=chance.choice(["academic", "day"]),
        maximum_break_difference=chance.choice([None, 0, 1, 2]),
        objectives=("breaks",),
        exact_tables=False,
    )


def solution_of(instance: Instance, result: MandatoryResult) -> Solution:
    core = compile_instance(instance)
    placements = result.placements
    assert placements is not None
    return Solution(
        assignments=tuple(
            core.assignment(m, int(placements[m, 0]), int(placements[m, 1]), None)
            for m in range(core.meetings)
        ),
        unscheduled=(),
        objective=(result.breaks,),
        objectives=("breaks",),
        weight=len(instance.meetings),
        weight_bound=None,
    )


@pytest.mark.parametrize("seed", range(3))
def test_the_breaks_are_the_fewest_there_can_be_and_proven(seed: int) -> None:
    instance = small_instance(seed)
    result = solve_mandatory(compile_instance(instance), seconds=30)
    best = fewest_breaks(instance)
    if best is None:
        assert result.infeasible and result.placements is None and not result.proven
    else:
        assert result.proven and result.breaks == result.lower_bound == best
        solution = solution_of(instance, result)
        assert violations(instance, solution) == []


@pytest.mark.parametrize("parity", [False, True])
def test_the_formula_means_what_the_definitions_say(parity: bool) -> None:
    possible = 0
    for seed in range(60):
        instance = small_instance(seed)
        core = compile_instance(instance)
        encoding = encode(core, range(core.meetings), parity=parity)
        formula = WCNF()
        formula.extend(encoding.formula.clauses)
        formula.extend([[one] for one in encoding.soft], weights=[1] * len(encoding.soft))
        with RC2(formula) as search:
            model = search.compute()
            best = fewest_breaks(instance)
            assert (model is None) == (best is None), seed
            if model is not None:
                possible += 1
                found = encoding.placements(core, model)
                breaks = int(breaks_by_participant(core, found).sum())
                assert search.cost == breaks == best, seed
                result = MandatoryResult(found, breaks, breaks, proven=True, infeasible=False)
                assert violations(instance, solution_of(instance, result)) == [], seed
    assert 15 < possible < 55  # both kinds are among them


def busy_instance() -> Instance:
    """Twelve people of two sides, of whom each meets four or five of the other side in seven slots at five tables."""
    chance = random.Random(3)
    meetings = [
        Meeting(id=f"{a}-{b}", seats=((f"a{a}",), (f"b{b}",)), mandatory=True)
        for a in range(6)
        for b in range(6)
        if chance.random() < 0.8
    ]
    return Instance(
        slots=tuple(Slot(30 * t, 30) for t in range(7)),
        participants=tuple(Participant(id=f"{side}{i}") for side in "ab" for i in range(6)),
        meetings=tuple(meetings),
        tables=tuple(Table(f"t{i}") for i in range(5)),
        break_rule="academic",
        maximum_break_difference=2,
        objectives=("breaks",),
        exact_tables=False,
    )


def test_two_provers_agree_and_the_bound_never_falls() -> None:
    core = compile_instance(busy_instance())
    told: list[tuple[bool, int, int]] = []
    both = solve_mandatory(
        core,
        seconds=30,
        workers=2,
        report=lambda placements, breaks, bound: told.append((placements is not None, breaks, bound)),
    )
    one = solve_mandatory(core, seconds=30)
    assert both.proven and one.proven and both.breaks == one.breaks
    assert [bound for _, _, bound in told] == sorted(bound for _, _, bound in told)
    assert told[-1] == (True, both.breaks, both.breaks)


def test_the_fewest_breaks_of_a_choice_of_meetings_leave_the_others_out() -> None:
    instance = busy_instance()
    core = compile_instance(instance)
    result = solve_mandatory(core, seconds=30, chosen=range(5))
    assert result.proven and result.placements is not None
    assert [m for m in range(core.meetings) if result.placements[m, 0] >= 0] == list(range(5))


def test_a_stop_is_obeyed_and_proves_nothing() -> None:
    result = solve_mandatory(compile_instance(busy_instance()), seconds=30, stop=lambda: True)
    assert result == MandatoryResult(None, -1, 0, proven=False, infeasible=False)


def test_more_meetings_than_places_are_called_impossible() -> None:
    instance = busy_instance()
    crowded = Instance(
        slots=instance.slots[:5],
        participants=instance.participants,
        meetings=instance.meetings,
        tables=instance.tables,
        break_rule="academic",
        objectives=("breaks",),
    )
    assert len(crowded.meetings) > 5 * 5
    result = solve_mandatory(compile_instance(crowded), seconds=30)
    assert result.infeasible and not result.proven and result.placements is None

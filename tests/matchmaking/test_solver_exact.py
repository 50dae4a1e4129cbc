"""Bounds, exact timetables, parts solved again, and tables: against an independent checker and against trying everything."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from conference.matchmaking.solver.audit import measure, violations
from conference.matchmaking.solver.bound import weight_bound
from conference.matchmaking.solver.core import Core, Placements, compile_instance
from conference.matchmaking.solver.exact import solve_exact
from conference.matchmaking.solver.greedy import construct
from conference.matchmaking.solver.model import Instance, Objective, Participant, Solution, Table
from conference.matchmaking.solver.neighbourhoods import improve_exact
from conference.matchmaking.solver.tables import assign_tables, lay_out, table_changes
from tests.matchmaking.instances import (
    as_solution,
    best_by_trying,
    meeting,
    people,
    problem,
    random_problem,
    slots,
)

COUNTED: tuple[Objective, ...] = ("moved", "targets", "weight", "fairness", "breaks", "unsocial")


def timetable(core: Core, placements: Placements) -> Solution:
    """The placements with tables, in the words of the instance."""
    names = assign_tables(core, placements, seconds=5, steps=2000)
    return as_solution(
        core.instance,
        [
            core.assignment(m, int(option), int(slot), names[m])
            for m, (option, slot) in enumerate(placements)
            if option >= 0
        ],
    )


def crowd(seed: int, participants: int = 24, requests: int = 90, size: int = 8) -> Instance:
    """More requests than fit, some of the rules of people, two tables."""
    instance = random_problem(seed, participants=participants, requests=requests, size=size)
    return replace(instance, objectives=("weight", "breaks", "table_changes"))


@given(seed=st.integers(0, 10_000))
@settings(max_examples=12, deadline=None)
def test_exact_finds_what_trying_everything_finds(seed: int) -> None:
    instance = replace(
        random_problem(seed, participants=4, requests=3, size=3), objectives=COUNTED, exact_tables=False
    )
    result = solve_exact(compile_instance(instance), seconds=20)

    assert result.placements is not None
    assert result.proven == COUNTED
    found = timetable(compile_instance(instance), result.placements)
    assert violations(instance, found) == []
    assert found.objective == best_by_trying(instance)
    assert tuple(result.values[name] for name in COUNTED) == found.objective


@given(seed=st.integers(0, 10_000))
@settings(max_examples=6, deadline=None)
def test_an_exact_timetable_keeps_every_rule_and_its_proof_is_no_boast(seed: int) -> None:
    instance = replace(random_problem(seed), objectives=COUNTED)
    core = compile_instance(instance)
    start = construct(core, seed=seed)
    result = solve_exact(core, start=start, seconds=1.5)

    assert result.placements is not None
    found = timetable(core, result.placements)
    assert violations(instance, found) == []
    assert found.objective <= timetable(core, start).objective
    assert found.weight <= weight_bound(core)
    assert found.weight <= result.bound
    for name in result.proven:
        assert found.objective[COUNTED.index(name)] == result.values[name]


@pytest.mark.parametrize("seed", range(6))
def test_no_timetable_is_heavier_than_the_bound_even_without_time(seed: int) -> None:
    instance = replace(crowd(seed), objectives=("weight",))
    core = compile_instance(instance)
    result = solve_exact(core, seconds=20)

    assert result.proven == ("weight",)
    assert result.weight <= weight_bound(core) <= weight_bound(core, seconds=0.0)
    assert weight_bound(core, seconds=0.0) <= sum(one.weight for one in instance.meetings)


@pytest.mark.parametrize("seed", range(4))
def test_published_meetings_stay_when_they_can(seed: int) -> None:
    instance = crowd(seed)
    core = compile_instance(
        replace(instance, meetings=tuple(replace(m, published=None) for m in instance.meetings))
    )
    first = solve_exact(core, objectives=("weight",), seconds=10).placements
    assert first is not None
    held = timetable(core, first)
    tables = {one.meeting: (one.slot, one.table) for one in held.assignments}
    # One participant falls ill for good; whatever they had is dropped, nothing else moves.
    ill = instance.participants[3]
    later = replace(
        instance,
        meetings=tuple(replace(one, published=tables.get(one.id)) for one in instance.meetings),
        participants=tuple(
            replace(one, blocked=frozenset(range(len(instance.slots)))) if one.id == ill.id else one
            for one in instance.participants
        ),
        objectives=("moved", "weight", "breaks", "table_changes"),
    )
    result = solve_exact(compile_instance(later), keep_published=True, seconds=10)

    lost = sum(ill.id in one.people for one in held.assignments)
    assert result.placements is not None
    assert result.proven[:2] == ("moved", "weight")
    again = timetable(compile_instance(later), result.placements)
    assert violations(later, again) == []
    # A meeting with several representatives may be held by another of them in its slot.
    assert result.values["moved"] <= lost
    assert again.objective[0] == result.values["moved"]


def test_published_meetings_that_exclude_each_other_lose_as_few_as_possible() -> None:
    meetings = [
        replace(meeting("a", "p", "q"), published=(0, None)),
        replace(meeting("b", "p", "r"), published=(0, None)),
        replace(meeting("c", "q", "r"), published=(1, None)),
    ]
    instance = replace(problem(3, people("p", "q", "r"), meetings), objectives=("moved", "weight", "breaks"))
    result = solve_exact(compile_instance(instance), keep_published=True, seconds=5)

    assert result.proven == ("moved", "weight", "breaks")
    assert result.values == {"moved": 1, "weight": 0, "breaks": 1}


def test_a_mandatory_meeting_may_move_a_published_one() -> None:
    meetings = [
        replace(meeting("a", "p", "q"), published=(0, None)),
        replace(meeting("b", "p", "r"), mandatory=True, fixed=0),
    ]
    instance = replace(problem(2, people("p", "q", "r"), meetings), objectives=("moved", "weight"))
    result = solve_exact(compile_instance(instance), keep_published=True, seconds=5)

    assert result.proven == ("moved", "weight")
    assert result.values == {"moved": 1, "weight": 0}


def test_mandatory_meetings_that_do_not_fit_are_called_infeasible() -> None:
    meetings = [replace(meeting(name, "p", name), mandatory=True) for name in ("q", "r", "s")]
    result = solve_exact(compile_instance(problem(2, people("p", "q", "r", "s"), meetings)), seconds=5)

    assert result.infeasible
    assert result.placements is None


@pytest.mark.parametrize("seed", range(2))
def test_solving_parts_again_never_makes_a_timetable_worse(seed: int) -> None:
    instance = crowd(seed)
    core = compile_instance(instance)
    start = construct(core, seed=1)
    target = weight_bound(core)
    better = improve_exact(core, start, seconds=3, rounds=3, seed=seed, weight_target=target)

    assert violations(instance, timetable(core, better)) == []
    assert timetable(core, better).objective[:2] <= timetable(core, start).objective[:2]


def test_locked_meetings_stay_while_parts_are_solved() -> None:
    core = compile_instance(crowd(2))
    start = construct(core, seed=1)
    locked = np.arange(core.meetings) % 2 == 0
    better = improve_exact(core, start, seconds=3, rounds=3, seed=1, locked=locked)

    assert (better[locked] == start[locked]).all()


def test_two_people_with_meetings_in_a_row_keep_their_table() -> None:
    meetings = [replace(meeting(f"m{i}", "p", f"q{i}"), fixed=i) for i in range(4)] + [
        replace(meeting(f"n{i}", "r", f"s{i}"), fixed=i) for i in range(4)
    ]
    names = ["p", "r", *(f"{side}{i}" for side in "qs" for i in range(4))]
    instance = replace(problem(4, people(*names), meetings, 2), objectives=("weight", "table_changes"))
    core = compile_instance(instance)
    found = timetable(core, construct(core, seed=1))

    assert found.objective == (0, 0)
    assert measure(instance, found) == (0, 0)


def test_a_published_table_is_kept_and_a_blocked_one_avoided() -> None:
    meetings = [
        replace(meeting("a", "p", "q"), fixed=0),
        replace(meeting("b", "p", "r"), published=(1, "t1"), fixed=1),
        replace(meeting("c", "p", "s"), fixed=2),
    ]
    tables = (Table("t0"), Table("t1", blocked=frozenset({2})))
    instance = replace(problem(3, people(*"pqrs"), meetings, tables), objectives=("weight", "table_changes"))
    core = compile_instance(instance)
    names = assign_tables(core, construct(core, seed=1), seconds=5)

    assert names == ["t1", "t1", "t0"]


@pytest.mark.parametrize("seed", range(5))
def test_tables_are_valid_fewer_changes_than_at_first_and_the_same_for_a_seed(seed: int) -> None:
    instance = replace(crowd(seed), exact_tables=True)
    core = compile_instance(instance)
    placements = construct(core, seed=seed)
    board = lay_out(core, placements)
    pools = [name for pool in core.pools for name in pool]
    first: list[str | None] = [None if one < 0 else pools[one] for one in board.table]
    names = assign_tables(core, placements, seconds=20, seed=seed)

    assert violations(instance, timetable(core, placements)) == []
    assert table_changes(core, placements, names) <= table_changes(core, placements, first)
    assert names == assign_tables(core, placements, seconds=20, seed=seed)


def test_a_problem_in_which_nothing_is_possible_has_an_empty_answer() -> None:
    away = (Participant("p", blocked=frozenset({0, 1})), Participant("q"))
    instance = replace(problem(slots(2), away, [meeting("m", "p", "q")]), objectives=("weight", "breaks"))
    core = compile_instance(instance)
    result = solve_exact(core, seconds=5)

    assert weight_bound(core) == 0
    assert result.placements is not None
    assert (result.placements == -1).all()
    assert assign_tables(core, result.placements) == [None]

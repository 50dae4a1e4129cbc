"""The second opinion itself: it accepts a valid timetable and names each broken rule."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from conference.matchmaking.solver.audit import measure, violations
from conference.matchmaking.solver.core import compile_instance
from conference.matchmaking.solver.evaluate import objective
from conference.matchmaking.solver.greedy import construct
from conference.matchmaking.solver.model import (
    OBJECTIVES,
    Assignment,
    Instance,
    Interpreter,
    Participant,
    Pause,
    Solution,
    Table,
)
from tests.matchmaking.instances import as_solution, meeting, people, problem, random_problem, slots


def base(**options: Any) -> Instance:
    asked = [meeting("m", "a", "b"), meeting("n", "a", "c")]
    return problem(4, people("a", "b", "c"), asked, 2, **options)


def held(instance: Instance, *rows: Assignment) -> list[str]:
    return violations(instance, Solution(rows, (), (), (), 0, None))


def person(instance: Instance, **options: Any) -> Instance:
    """The problem with something said about a."""
    return replace(instance, participants=(Participant("a", **options), *instance.participants[1:]))


M0 = Assignment("m", 0, ("a", "b"), "t0")
N1 = Assignment("n", 1, ("a", "c"), "t0")


def test_a_valid_timetable_is_accepted() -> None:
    assert held(base(), M0, N1) == []


@pytest.mark.parametrize(
    ("instance", "rows", "words"),
    [
        (base(), [M0, replace(M0, slot=1)], "held twice"),
        (base(), [replace(M0, slot=4)], "does not exist"),
        (base(), [replace(M0, people=("a", "c"))], "do not fit its seats"),
        (base(), [M0, replace(N1, slot=0, table="t1")], "a has 2 meetings in slot 0"),
        (base(), [M0, replace(N1, slot=0)], "table t0 has meetings m and n"),
        (base(), [replace(M0, table=None)], "cannot be held at table None"),
        (base(apart=(("b", "a"),)), [M0], "to be kept apart"),
        (base(precedences=(("n", "m"),)), [M0, N1], "n is not before meeting m"),
        (base(maximum_break_difference=0), [M0, replace(N1, slot=2)], "breaks differ"),
        (person(base(), blocked=frozenset({0})), [M0], "engaged in slot 0"),
        (person(base(), busy=((550, 560),)), [M0], "engaged in slot 0"),
        (person(base(), hours=(600, 700)), [M0], "out of hours"),
        (person(base(), utc_offset=720, hours=(540, 1080)), [M0], "out of hours"),
        (person(base(), maximum=1), [M0, N1], "more than 1"),
        (person(base(), maximum_per_day=1), [M0, N1], "on day 1"),
        (person(base(), pauses=(Pause(frozenset({0, 1})),)), [M0, N1], "no pause"),
        (person(base(), gap=1), [M0, N1], "free slots between 0 and 1"),
        (person(base(), run=1), [M0, N1], "in a row"),
        (person(base(), onsite=False), [M0], "is online and has table"),
        (person(base(), table="t1"), [M0], "cannot be held at table t0"),
        (
            replace(base(), participants=(*people("a", "b"), Participant("c", table="t0"))),
            [M0],
            "cannot be held at table t0",
        ),
        (replace(base(), tables=(Table("t0", blocked=frozenset({0})),)), [M0], "cannot be held at table"),
        (replace(base(), tables=(Table("t0", capacity=1),)), [M0], "cannot be held at table"),
    ],
)
def test_a_broken_rule_is_named(instance: Instance, rows: list[Assignment], words: str) -> None:
    assert any(words in one for one in held(instance, *rows)), held(instance, *rows)


@pytest.mark.parametrize(
    ("change", "row", "words"),
    [
        ({"fixed": 1}, M0, "fixed in slot 1"),
        ({"slots": frozenset({2})}, M0, "does not allow"),
        ({"features": frozenset({"screen"})}, M0, "cannot be held at table"),
        ({"interpreter": "zh"}, M0, "needs an interpreter for zh"),
        ({}, replace(M0, interpreter="zh"), "needs none"),
        ({"mode": "online"}, M0, "is online and has table"),
    ],
)
def test_a_broken_rule_of_a_meeting_is_named(change: dict[str, Any], row: Assignment, words: str) -> None:
    instance = base()
    instance = replace(instance, meetings=(replace(instance.meetings[0], **change), instance.meetings[1]))
    assert any(words in one for one in held(instance, row)), held(instance, row)


def test_a_mandatory_meeting_left_out_is_named() -> None:
    instance = problem(1, people("a", "b"), [meeting("m", "a", "b", mandatory=True)])
    assert held(instance) == ["meeting m is mandatory and is not held"]


def test_interpreters_are_people_too() -> None:
    asked = [meeting("m", "a", "b", interpreter="zh"), meeting("n", "c", "d", interpreter="zh")]
    crowd = people("a", "b", "c", "d")
    one, other = Assignment("m", 0, ("a", "b"), "t0", "Li"), Assignment("n", 0, ("c", "d"), "t1", "Li")
    li = Interpreter("Li", frozenset({"zh"}))
    named = problem(2, crowd, asked, interpreters=(li,))
    assert "interpreter Li has 2 meetings in slot 0" in held(named, one, other)
    tired = replace(named, interpreters=(replace(li, run=1, maximum=1, blocked=frozenset({1})),))
    broken = " ".join(held(tired, one, replace(other, slot=1)))
    assert "in a row" in broken and "more than 1" in broken and "away in slot 1" in broken
    pooled = problem(2, crowd, asked, interpreter_pools={"zh": (1, 1)})
    rows = [replace(one, interpreter="zh"), replace(other, interpreter="zh")]
    assert held(pooled, *rows) == ["slot 0 needs 2 interpreters for zh"]


def test_counted_tables_need_no_names_but_must_be_enough() -> None:
    asked = [meeting("m", "a", "b"), meeting("n", "c", "d", features=frozenset({"screen"}))]
    places = (Table("plain"), Table("screen", features=frozenset({"screen"})))
    instance = problem(1, people("a", "b", "c", "d"), asked, places, exact_tables=False)
    rows = [Assignment("m", 0, ("a", "b")), Assignment("n", 0, ("c", "d"))]
    assert held(instance, *rows) == []
    assert held(replace(instance, tables=places[1:]), *rows) == ["slot 0 has no table for meeting n"]


def test_objectives_count_what_their_definitions_say() -> None:
    grid = slots(6, days=1)
    crowd = [
        Participant("a", target=4, social_hours=(540, 600), blocked=frozenset({1})),
        *people("b", "c", "d"),
    ]
    asked = [
        meeting("m", "a", "b", weight=5, published=(1, None)),
        meeting("n", "a", "c", weight=3),
        meeting("o", "a", "d", weight=1),
        meeting("p", "b", "c", weight=1, published=(3, None)),
    ]
    instance = problem(grid, crowd, asked)
    rows = [
        Assignment("m", 0, ("a", "b"), "t0"),
        Assignment("n", 2, ("a", "c"), "t1"),
        Assignment("o", 5, ("a", "d"), "t1"),
    ]
    assert violations(instance, as_solution(instance, rows)) == []
    values = dict(zip(OBJECTIVES, measure(instance, as_solution(instance, rows)), strict=True))
    assert values == {
        "moved": 2,  # m stands elsewhere, p nowhere
        "targets": 1,
        "weight": 1,
        "fairness": 2,  # b and c lack one each
        "breaks": 1,  # slot 1 is no idle time of a, slots 3 and 4 are
        "table_changes": 1,
        "unsocial": 4,  # n and o are late for a
    }
    academic = replace(instance, break_rule="academic", objectives=("breaks",))
    assert measure(academic, as_solution(academic, rows)) == (2,)


@settings(max_examples=80, deadline=None)
@given(st.integers(0, 100_000), st.booleans())
def test_the_arrays_and_the_second_opinion_count_the_same(seed: int, academic: bool) -> None:
    instance = replace(random_problem(seed), exact_tables=False, break_rule="academic" if academic else "day")
    core = compile_instance(instance)
    placements = construct(core, seed=seed)
    rows = [
        core.assignment(m, int(placements[m, 0]), int(placements[m, 1]), None)
        for m in np.flatnonzero(placements[:, 0] >= 0).tolist()
    ]
    solution = as_solution(instance, rows)
    assert violations(instance, solution) == []
    assert objective(core, placements) == solution.objective

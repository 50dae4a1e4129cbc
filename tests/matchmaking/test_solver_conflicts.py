"""Mandatory and fixed meetings that exclude each other are named, in minimal groups."""

from __future__ import annotations

from dataclasses import replace
from itertools import combinations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from conference.matchmaking.solver.conflicts import conflicts, direct_conflicts
from conference.matchmaking.solver.core import compile_instance
from conference.matchmaking.solver.model import Infeasible, Instance, Meeting, Participant, Pause
from conference.matchmaking.solver.pipeline import solve
from tests.matchmaking.instances import every_timetable, meeting, people, problem


def groups(instance: Instance) -> set[frozenset[str]]:
    return {frozenset(group) for group in conflicts(compile_instance(instance))}


def must(name: str, *seats: str, fixed: int | None = None) -> Meeting:
    return meeting(name, *seats, fixed=fixed, mandatory=True)


def test_two_fixed_meetings_of_a_person_in_one_slot_exclude_each_other() -> None:
    asked = [must("m", "a", "b", fixed=0), must("n", "a", "c", fixed=0), must("o", "b", "c", fixed=1)]
    assert groups(problem(2, people("a", "b", "c"), asked)) == {frozenset({"m", "n"})}


def test_fixed_meetings_that_clash_are_named_even_where_they_are_not_mandatory() -> None:
    asked = [meeting("m", "a", "b", fixed=0), meeting("n", "a", "c", fixed=0)]
    with pytest.raises(Infeasible) as caught:
        solve(problem(2, people("a", "b", "c"), asked), steps=100)
    assert caught.value.conflicts == (("m", "n"),)


def test_every_pair_that_clashes_is_named() -> None:
    asked = [must(f"m{i}", "a", f"b{i}", fixed=0) for i in range(4)]
    found = groups(problem(1, people("a", "b0", "b1", "b2", "b3"), asked))
    assert found == {frozenset(pair) for pair in combinations((one.id for one in asked), 2)}


def test_more_fixed_meetings_in_a_slot_than_tables_exclude_each_other() -> None:
    asked = [must(f"m{i}", f"a{i}", f"b{i}", fixed=0) for i in range(3)]
    crowd = people(*(f"{side}{i}" for side in "ab" for i in range(3)))
    assert groups(problem(2, crowd, asked, 2)) == {frozenset({"m0", "m1", "m2"})}


def test_more_fixed_meetings_in_a_slot_than_interpreters_exclude_each_other() -> None:
    asked = [replace(must(f"m{i}", f"a{i}", f"b{i}", fixed=0), interpreter="zh-lo") for i in range(2)]
    crowd = people("a0", "b0", "a1", "b1")
    found = groups(problem(2, crowd, asked, interpreter_pools={"zh-lo": (1, 5)}))
    assert found == {frozenset({"m0", "m1"})}


def test_fixed_meetings_in_the_wrong_order_exclude_each_other() -> None:
    asked = [must("m", "a", "b", fixed=1), must("n", "c", "d", fixed=0)]
    instance = problem(2, people("a", "b", "c", "d"), asked, precedences=(("m", "n"),))
    assert groups(instance) == {frozenset({"m", "n"})}


def test_a_mandatory_meeting_that_cannot_be_held_stands_alone() -> None:
    crowd = [Participant("a", blocked=frozenset({0})), Participant("b", blocked=frozenset({1}))]
    assert groups(problem(2, crowd, [must("m", "a", "b")])) == {frozenset({"m"})}


@pytest.mark.parametrize(
    "limits",
    [
        {"maximum": 1},
        {"maximum_per_day": 1},
        {"gap": 1},
        {"run": 1},
        {"pauses": (Pause(frozenset({0, 1}), 1),)},
    ],
)
def test_fixed_meetings_beyond_the_limits_of_a_person_exclude_each_other(limits: dict[str, object]) -> None:
    asked = [must("m", "a", "b", fixed=0), must("n", "a", "c", fixed=1)]
    crowd = [Participant("a", **limits), *people("b", "c")]  # type: ignore[arg-type]
    assert groups(problem(2, crowd, asked)) == {frozenset({"m", "n"})}


def test_more_mandatory_meetings_than_a_persons_slots_exclude_each_other() -> None:
    asked = [must(f"m{i}", "a", f"b{i}") for i in range(3)]
    assert groups(problem(2, people("a", "b0", "b1", "b2"), asked)) == {frozenset({"m0", "m1", "m2"})}


def test_a_conflict_that_no_single_person_shows_is_found_too() -> None:
    """Three people who all want to meet each other in two slots: each pair of meetings is possible, the three are not."""
    asked = [must("ab", "a", "b"), must("bc", "b", "c"), must("ca", "c", "a"), must("dx", "d", "x")]
    core = compile_instance(problem(2, people("a", "b", "c", "d", "x"), asked))
    assert direct_conflicts(core) == ()
    assert {frozenset(group) for group in conflicts(core)} == {frozenset({"ab", "bc", "ca"})}


def test_solving_what_cannot_be_solved_says_which_meetings_are_in_the_way() -> None:
    asked = [must("ab", "a", "b"), must("bc", "b", "c"), must("ca", "c", "a")]
    with pytest.raises(Infeasible) as caught:
        solve(problem(2, people("a", "b", "c"), asked), steps=100)
    assert {frozenset(group) for group in caught.value.conflicts} == {frozenset({"ab", "bc", "ca"})}


@settings(max_examples=40, deadline=None)
@given(st.data())
def test_a_group_is_minimal_and_there_is_one_exactly_where_nothing_fits(draw: st.DataObject) -> None:
    names = ["a", "b", "c", "d"]
    size = draw.draw(st.integers(1, 3))
    asked = []
    for number in range(draw.draw(st.integers(1, 4))):
        pair = draw.draw(st.permutations(names))[:2]
        fixed = draw.draw(st.none() | st.integers(0, size - 1))
        asked.append(must(f"m{number}", *pair, fixed=fixed))
    crowd = [
        Participant(
            name,
            maximum=draw.draw(st.sampled_from([None, 1, 2])),
            gap=draw.draw(st.sampled_from([0, 0, 1])),
            run=draw.draw(st.sampled_from([None, None, 1])),
        )
        for name in names
    ]
    precedences = (("m0", "m1"),) if len(asked) > 1 and draw.draw(st.booleans()) else ()
    instance = problem(
        size, crowd, asked, draw.draw(st.integers(1, 2)), precedences=precedences, exact_tables=False
    )

    def possible(kept: frozenset[str]) -> bool:
        part = replace(
            instance,
            meetings=tuple(one for one in asked if one.id in kept),
            precedences=tuple(pair for pair in precedences if set(pair) <= kept),
        )
        return next(every_timetable(part), None) is not None

    found = conflicts(compile_instance(instance))
    assert bool(found) == (not possible(frozenset(one.id for one in asked)))
    for group in found:
        assert not possible(frozenset(group))
        for one in group:
            assert possible(frozenset(group) - {one}), (group, one)

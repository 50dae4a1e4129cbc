"""From a problem to a timetable: always valid, the best on small problems, steady, and with all that real events ask for."""

from __future__ import annotations

import random
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from conference.matchmaking.solver.audit import measure, violations
from conference.matchmaking.solver.model import (
    Instance,
    Interpreter,
    InvalidInstance,
    Participant,
    Pause,
    Progress,
    Slot,
    Solution,
    Table,
)
from conference.matchmaking.solver.pipeline import solve
from tests.matchmaking.instances import (
    best_by_trying,
    meeting,
    people,
    problem,
    random_problem,
    slots,
    tables,
)

SEEDS = st.integers(0, 1_000_000)


def solved(instance: Instance, steps: int = 2_000, **options: Any) -> Solution:
    solution = solve(instance, steps=steps, **options)
    assert violations(instance, solution) == []
    assert measure(instance, solution) == solution.objective
    return solution


def slot_of(solution: Solution) -> dict[str, int]:
    return {one.meeting: one.slot for one in solution.assignments}


@settings(max_examples=120, deadline=None)
@given(SEEDS)
def test_every_timetable_is_valid_and_counted_right(seed: int) -> None:
    instance = random_problem(seed)
    solution = solved(instance, steps=500)
    placed = slot_of(solution)
    assert len(placed) + len(solution.unscheduled) == len(instance.meetings)
    assert solution.weight == sum(one.weight for one in instance.meetings if one.id in placed)
    assert solution.weight_bound is None or solution.weight <= solution.weight_bound
    assert {one[0] for one in solution.moved} == {
        one.id
        for one in instance.meetings
        if one.published is not None and placed.get(one.id) != one.published[0]
    }


def tiny(seed: int, **options: Any) -> Instance:
    """Few enough meetings to try every timetable, tables counted and not named."""
    instance = random_problem(seed, participants=5, requests=4, size=3)
    return replace(instance, exact_tables=False, objectives=("weight", "breaks"), **options)


@settings(max_examples=40, deadline=None)
@given(SEEDS)
def test_the_best_of_a_tiny_problem_is_found(seed: int) -> None:
    instance = tiny(seed)
    assert solved(instance, steps=3_000).objective == best_by_trying(instance)


@settings(max_examples=25, deadline=None)
@given(SEEDS)
def test_one_more_slot_never_lowers_the_best_weight(seed: int) -> None:
    instance = replace(tiny(seed), objectives=("weight",))
    last = instance.slots[-1]
    pools = {pair: (*row, 0) for pair, row in instance.interpreter_pools.items()}
    longer = replace(
        instance,
        slots=(*instance.slots, Slot(last.start + 60, last.minutes, last.day + 1)),
        interpreter_pools=pools,
    )
    assert best_by_trying(longer) <= best_by_trying(instance)
    assert solved(longer, steps=3_000).objective == best_by_trying(longer)


@settings(max_examples=25, deadline=None)
@given(SEEDS)
def test_the_order_of_the_input_changes_nothing_but_ties(seed: int) -> None:
    instance = tiny(seed)
    dice = random.Random(seed)
    shuffled = replace(
        instance,
        participants=tuple(dice.sample(instance.participants, len(instance.participants))),
        meetings=tuple(dice.sample(instance.meetings, len(instance.meetings))),
        tables=tuple(dice.sample(instance.tables, len(instance.tables))),
    )
    assert solved(instance, steps=3_000).objective == solved(shuffled, steps=3_000).objective


def test_the_same_seed_and_steps_give_the_same_timetable() -> None:
    instance = random_problem(7, participants=20, requests=60, size=8)
    once, again = solved(instance, seed=3), solved(instance, seed=3)
    assert (once.assignments, once.unscheduled) == (again.assignments, again.unscheduled)


def test_when_asked_to_stop_it_ends_soon_with_what_it_has() -> None:
    instance = random_problem(3, participants=60, requests=300, size=12)
    told: list[Progress] = []
    solution = solve(instance, seconds=120, progress=told.append, stop=lambda: bool(told))
    assert violations(instance, solution) == []
    assert solution.seconds < 60


def test_progress_only_gets_better() -> None:
    instance = random_problem(5, participants=40, requests=150, size=10)
    told: list[Progress] = []
    solution = solve(instance, steps=20_000, progress=told.append)
    weights = [one.objective for one in told if one.stage != "done"]
    assert weights == sorted(weights, reverse=True)
    assert told[-1].objective == solution.objective
    for one in told:
        if one.weight_bound is not None:
            assert one.weight <= one.weight_bound
            assert one.gap is not None and 0 <= one.gap <= 1


def test_the_clock_ends_the_search_too() -> None:
    instance = random_problem(4, participants=30, requests=90, size=8)
    solution = solve(instance, seconds=2, workers=2)
    assert violations(instance, solution) == []
    assert measure(instance, solution) == solution.objective


def test_nothing_to_do_is_done_at_once() -> None:
    assert solved(problem(3, people("a", "b"), [])).assignments == ()


@pytest.mark.parametrize(
    ("change", "place"),
    [
        ({"slots": ()}, "instance.slots"),
        ({"meetings": (meeting("m", "a", "x"),)}, "meetings[0].seats"),
        ({"meetings": (meeting("m", "a", "b", fixed=0),)}, "meetings[0].fixed"),
        ({"meetings": (meeting("m", "a", "b"), meeting("m", "a", "b"))}, "meetings[1].id"),
        ({"meetings": (meeting("m", "a", "b", weight=-1),)}, "meetings[0].weight"),
        ({"meetings": (meeting("m", "a"),)}, "meetings[0].seats"),
        ({"meetings": (meeting("m", "a", "b", published=(0, "nowhere")),)}, "meetings[0].published"),
        ({"tables": (Table("t", capacity=-1),)}, "tables[0].capacity"),
        ({"tables": (Table("t"), Table("t"))}, "tables[1].id"),
        ({"participants": people("a", "b", maximum=-1)}, "participants[0].maximum"),
        ({"participants": people("a", "b", table="nowhere")}, "participants[0].table"),
        ({"participants": people("a", "b", blocked=frozenset({7}))}, "participants[0].blocked"),
        ({"participants": people("a", "b", hours=(700, 600))}, "participants[0].hours"),
        ({"interpreter_pools": {"zh": (1,)}}, "interpreter_pools[zh]"),
        ({"interpreters": (Interpreter("Li", frozenset()),)}, "interpreters[0].pairs"),
        ({"precedences": (("m", "x"),)}, "precedences[0]"),
        ({"apart": (("a", "a"),)}, "apart[0]"),
    ],
)
def test_a_problem_that_makes_no_sense_is_refused_by_record_and_field(
    change: dict[str, Any], place: str
) -> None:
    crowd = [Participant("a", blocked=frozenset({0})), Participant("b")]
    with pytest.raises(InvalidInstance) as caught:
        solve(replace(problem(2, crowd, [meeting("m", "a", "b")]), **change), steps=10)
    assert ".".join(part for part in (caught.value.record, caught.value.field) if part) == place


# What real events ask for


def test_minimum_targets_come_before_weight() -> None:
    crowd = [*people("a", "b"), Participant("c", target=1)]
    asked = [meeting("m", "a", "b", weight=5), meeting("n", "a", "c", weight=1)]
    solution = solved(problem(1, crowd, asked))
    assert slot_of(solution) == {"n": 0}
    assert slot_of(solved(problem(1, crowd, asked, objectives=("weight", "targets")))) == {"m": 0}


def test_people_who_must_not_meet_never_do_and_another_representative_steps_in() -> None:
    asked = [meeting("m", "a", ("b1", "b2"))]
    solution = solved(problem(1, people("a", "b1", "b2"), asked, apart=(("a", "b1"),)))
    assert solution.assignments[0].people == ("a", "b2")


def test_several_representatives_share_the_requests_of_their_organisation() -> None:
    asked = [meeting(f"m{i}", f"a{i}", ("b1", "b2")) for i in range(4)]
    solution = solved(problem(2, people("a0", "a1", "a2", "a3", "b1", "b2"), asked))
    assert len(solution.assignments) == 4


@pytest.mark.parametrize("seats", [3, 4, 5])
def test_a_group_meets_at_a_table_large_enough(seats: int) -> None:
    names = [f"p{i}" for i in range(seats)]
    places = (Table("small", 2), Table("large", seats))
    solution = solved(problem(2, people(*names), [meeting("g", *names)], places))
    assert solution.assignments[0].people == tuple(names)
    assert solution.assignments[0].table == "large"


def test_a_buffer_keeps_slots_free_after_a_meeting() -> None:
    asked = [meeting(f"m{i}", "a", f"b{i}") for i in range(3)]
    solution = solved(problem(4, [Participant("a", gap=1), *people("b0", "b1", "b2")], asked))
    assert len(solution.assignments) == 2


def test_a_pause_and_the_most_of_a_day_are_kept() -> None:
    asked = [meeting(f"m{i}", "a", f"b{i}") for i in range(6)]
    guests = people(*(f"b{i}" for i in range(6)))
    lunch = Participant("a", pauses=(Pause(frozenset({1, 2}), 1),))
    assert len(solved(problem(4, [lunch, *guests], asked)).assignments) == 3
    calm = Participant("a", maximum_per_day=2)
    assert len(solved(problem(slots(6, days=2), [calm, *guests], asked)).assignments) == 4


def test_unsocial_hours_are_shared() -> None:
    """Four meetings must be held in two slots, one early, one late: nobody gets both of theirs at a bad hour."""
    crowd = people("a", "b", "c", "d", onsite=False, social_hours=(570, 600))
    asked = [
        meeting("ab", "a", "b"),
        meeting("cd", "c", "d"),
        meeting("ac", "a", "c"),
        meeting("bd", "b", "d"),
    ]
    solution = solved(problem(2, crowd, asked, objectives=("weight", "unsocial")))
    assert solution.objective == (0, 4)  # one each


def test_interpreters_rest_after_so_many_meetings() -> None:
    asked = [meeting(f"m{i}", f"a{i}", f"b{i}", interpreter="zh-lo") for i in range(4)]
    crowd = people(*(f"{side}{i}" for side in "ab" for i in range(4)))
    li = Interpreter("Li", frozenset({"zh-lo"}), run=2)
    solution = solved(problem(4, crowd, asked, interpreters=(li,)))
    assert len(solution.assignments) == 3
    assert {one.interpreter for one in solution.assignments} == {"Li"}


def test_a_hybrid_meeting_has_a_table_for_those_on_site() -> None:
    crowd = [Participant("a"), Participant("b", onsite=False)]
    assert solved(problem(1, crowd, [meeting("m", "a", "b")])).assignments[0].table is None
    hybrid = solved(problem(1, crowd, [meeting("m", "a", "b", mode="hybrid")], 1))
    assert hybrid.assignments[0].table == "t0"


def test_wanted_features_decide_the_table() -> None:
    places = (Table("plain"), Table("screen", features=frozenset({"screen"})))
    asked = [meeting("m", "a", "b", features=frozenset({"screen"})), meeting("n", "c", "d")]
    solution = solved(problem(1, people("a", "b", "c", "d"), asked, places))
    assert {one.meeting: one.table for one in solution.assignments} == {"m": "screen", "n": "plain"}


def test_an_exhibitor_receives_at_the_own_table() -> None:
    asked = [meeting("m", "a", "b"), meeting("n", "c", "d")]
    crowd = [Participant("a", table="booth"), *people("b", "c", "d")]
    solution = solved(problem(1, crowd, asked, (*tables(1), Table("booth"))))
    assert {one.meeting: one.table for one in solution.assignments} == {"m": "booth", "n": "t0"}


def test_an_order_of_meetings_is_kept() -> None:
    asked = [meeting("m", "a", "b"), meeting("n", "c", "d")]
    solution = solved(problem(2, people("a", "b", "c", "d"), asked, precedences=(("n", "m"),)))
    assert slot_of(solution) == {"n": 0, "m": 1}


def test_a_rerun_moves_only_what_must_move_and_lists_it() -> None:
    before = replace(
        random_problem(11, participants=20, requests=50, size=8), objectives=("weight", "breaks")
    )
    first = solved(before, steps=20_000)
    placed = {one.meeting: (one.slot, one.table) for one in first.assignments}
    ill = next(one for one in first.assignments if len(one.people) == 2)
    crowd = tuple(
        replace(one, blocked=one.blocked | {ill.slot}) if one.id == ill.people[0] else one
        for one in before.participants
    )
    asked = tuple(replace(one, published=placed.get(one.id)) for one in before.meetings)
    after = replace(
        before, participants=crowd, meetings=asked, objectives=("moved", "weight", "breaks", "table_changes")
    )
    second = solved(after, steps=20_000)
    assert second.objective[0] <= 1
    assert [(one[0], one[1]) for one in second.moved] == ([(ill.meeting, ill.slot)] if second.moved else [])

"""Why a meeting has no place. Every remedy is applied and looked at: it must be true."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from itertools import product
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from conference.matchmaking.solver.audit import violations
from conference.matchmaking.solver.core import compile_instance
from conference.matchmaking.solver.explain import unscheduled
from conference.matchmaking.solver.greedy import construct
from conference.matchmaking.solver.model import (
    Assignment,
    Instance,
    Interpreter,
    Meeting,
    Participant,
    Pause,
    Solution,
    Table,
    Unscheduled,
)
from conference.matchmaking.solver.pipeline import solve
from tests.matchmaking.instances import (
    as_solution,
    meeting,
    people,
    problem,
    random_problem,
    slots,
    tables,
)


def reason(instance: Instance, name: str) -> Unscheduled:
    """Why the best timetable has no place for a meeting."""
    solution = solve(instance, steps=2_000)
    assert violations(instance, solution) == []
    return next(one for one in solution.unscheduled if one.meeting == name)


def remedy(one: Unscheduled, do: str) -> Mapping[str, Any]:
    return next(remedy for remedy in one.remedies if remedy["do"] == do)


def changed_participant(instance: Instance, name: str, **changes: Any) -> Instance:
    return replace(
        instance,
        participants=tuple(
            replace(one, **changes) if one.id == name else one for one in instance.participants
        ),
    )


def changed_meeting(instance: Instance, name: str, **changes: Any) -> Instance:
    return replace(
        instance,
        meetings=tuple(replace(one, **changes) if one.id == name else one for one in instance.meetings),
    )


def participant(instance: Instance, name: str) -> Participant:
    return next(one for one in instance.participants if one.id == name)


def applied(instance: Instance, name: str, remedy: Mapping[str, Any], slot: int) -> Instance:
    """The problem with one remedy done for one slot."""
    elsewhere = frozenset(range(len(instance.slots))) - {slot}
    do = remedy["do"]
    if do == "add_table":
        table = Table("new", remedy["seats"], frozenset(remedy["features"]), elsewhere)
        return replace(instance, tables=(*instance.tables, table))
    if do == "free_table":
        opened = [
            replace(one, blocked=one.blocked - {slot}) if one.id == remedy["table"] else one
            for one in instance.tables
        ]
        return replace(instance, tables=tuple(opened))
    if do == "add_interpreter":
        new = Interpreter("new", frozenset({remedy["pair"]}), elsewhere)
        return replace(instance, interpreters=(*instance.interpreters, new))
    if do == "allow_slot":
        return changed_meeting(instance, name, slots=None, fixed=None)
    if do == "hold_online":
        return changed_meeting(instance, name, mode="online")
    if do == "allow_together":
        gone = set(remedy["participants"])
        return replace(instance, apart=tuple(pair for pair in instance.apart if not set(pair) <= gone))
    if do == "drop_precedence":
        kept = [
            pair
            for pair in instance.precedences
            if name not in pair or not set(pair) & set(remedy["meetings"])
        ]
        return replace(instance, precedences=tuple(kept))
    if do == "raise_maximum":
        for one, to in zip(remedy["participants"], remedy["to"], strict=True):
            instance = changed_participant(instance, one, maximum=to)
        return instance
    who = participant(instance, remedy["participant"])
    if do == "extend_hours":
        return changed_participant(instance, who.id, hours=None)
    if do == "free_slot":
        at = instance.slots[slot]
        busy = tuple(one for one in who.busy if one[1] <= at.start or at.start + at.minutes <= one[0])
        return changed_participant(instance, who.id, blocked=who.blocked - {slot}, busy=busy)
    assert do == "relax"
    lifted = {"day": "maximum_per_day", "pause": "pauses", "gap": "gap", "run": "run"}[remedy["rule"]]
    return changed_participant(instance, who.id, **{lifted: {"pauses": (), "gap": 0}.get(lifted)})


def fits(instance: Instance, solution: Solution, name: str, slot: int) -> bool:
    """Whether the meeting can be held in the slot while nothing else is touched."""
    wanted = next(one for one in instance.meetings if one.id == name)
    return any(
        violations(instance, as_solution(instance, [*solution.assignments, one])) == []
        for one in placements(instance, wanted, slot)
    )


def placements(instance: Instance, wanted: Meeting, slot: int) -> Iterator[Assignment]:
    places = [None, *(table.id for table in instance.tables)]
    voices: list[str | None] = [None]
    if wanted.interpreter is not None:
        voices = [wanted.interpreter, *(one.id for one in instance.interpreters)]
    for who, place, voice in product(product(*wanted.seats), places, voices):
        yield Assignment(wanted.id, slot, who, place, voice)


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 10_000))
def test_every_remedy_works_by_itself_and_without_one_the_meeting_does_not_fit(seed: int) -> None:
    instance = random_problem(seed)
    solution = solve(instance, steps=300)
    assert {one.meeting for one in solution.unscheduled} == {one.id for one in instance.meetings} - {
        one.meeting for one in solution.assignments
    }
    for one in solution.unscheduled:
        able = [t for t in range(len(instance.slots)) if fits(instance, solution, one.meeting, t)]
        assert (one.code == "possible") == bool(able)
        for help_ in one.remedies:
            if help_["do"] == "replace":
                left = [held for held in solution.assignments if held.meeting not in help_["meetings"]]
                assert fits(instance, as_solution(instance, left), one.meeting, help_["slot"]), help_
                continue
            for slot in help_["slots"]:
                changed = applied(instance, one.meeting, help_, slot)
                assert fits(changed, solution, one.meeting, slot), (one, help_, slot)


def test_a_person_engaged_whenever_the_other_is_free_leaves_no_common_slot() -> None:
    a, b = Participant("a", blocked=frozenset({0, 1})), Participant("b", blocked=frozenset({2}))
    one = reason(problem(3, [a, b], [meeting("m", "a", "b")]), "m")
    assert (one.code, one.data) == ("no_common_slot", {"participants": ["a", "b"], "taken": False})
    assert {help_["participant"]: help_["slots"] for help_ in one.remedies} == {"a": [0, 1], "b": [2]}


def test_a_session_a_person_attends_counts_as_engaged() -> None:
    a, b = Participant("a", busy=((540, 600),)), Participant("b")
    one = reason(problem(2, [a, b], [meeting("m", "a", "b")]), "m")
    assert one.code == "no_common_slot"
    assert remedy(one, "free_slot") == {"do": "free_slot", "participant": "a", "slots": [0, 1]}


def test_a_person_at_their_maximum_is_named_with_the_number_that_would_do() -> None:
    a = Participant("a", maximum=1)
    asked = [meeting("m", "a", "b", weight=5), meeting("n", "a", "c")]
    one = reason(problem(3, [a, *people("b", "c")], asked), "n")
    assert (one.code, one.data) == (
        "participant_full",
        {"participant": "a", "limit": "maximum", "count": 1},
    )
    assert remedy(one, "raise_maximum")["to"] == [2]
    assert remedy(one, "replace")["meetings"] == ["m"]


def test_a_person_with_a_meeting_in_every_slot_is_named() -> None:
    asked = [meeting(f"m{i}", "a", f"b{i}", weight=3) for i in range(2)] + [meeting("n", "a", "c")]
    one = reason(problem(2, people("a", "b0", "b1", "c"), asked), "n")
    assert (one.code, one.data["participant"], one.data["limit"]) == ("participant_full", "a", "slots")


def test_where_tables_run_out_one_more_or_the_internet_helps() -> None:
    asked = [meeting("m", "a", "b", weight=5), meeting("n", "c", "d")]
    one = reason(problem(1, people("a", "b", "c", "d"), asked, 1), "n")
    assert (one.code, one.data) == ("no_table", {"slots": [0]})
    assert remedy(one, "add_table") == {"do": "add_table", "slots": [0], "features": [], "seats": 2}
    assert remedy(one, "hold_online")["slots"] == [0]
    assert remedy(one, "replace") == {"do": "replace", "slot": 0, "meetings": ["m"], "weight": 5}


def test_a_table_with_the_wanted_features_may_not_exist() -> None:
    asked = [meeting("m", "a", "b", features=frozenset({"screen"}))]
    one = reason(problem(1, people("a", "b"), asked), "m")
    assert (one.code, one.data) == ("no_table", {"features": ["screen"], "seats": 2})
    assert remedy(one, "add_table")["features"] == ["screen"]


def test_an_exhibitors_table_that_is_closed_is_to_be_opened() -> None:
    a = Participant("a", table="booth")
    places = (*tables(3), Table("booth", blocked=frozenset({0})))
    one = reason(problem(1, [a, Participant("b")], [meeting("m", "a", "b")], places), "m")
    assert one.code == "no_table"
    assert remedy(one, "free_table") == {"do": "free_table", "table": "booth", "slots": [0]}


def test_interpreters_that_are_missing_are_asked_for_by_pair_and_slot() -> None:
    crowd = people("a", "b", "c", "d")
    asked = [
        meeting("m", "a", "b", weight=5, interpreter="zh-lo"),
        meeting("n", "c", "d", interpreter="zh-lo"),
    ]
    one = reason(problem(1, crowd, asked, interpreter_pools={"zh-lo": (1,)}), "n")
    assert (one.code, one.data) == ("no_interpreter", {"pair": "zh-lo", "slots": [0]})
    assert remedy(one, "add_interpreter") == {"do": "add_interpreter", "pair": "zh-lo", "slots": [0]}
    named = problem(1, crowd, asked, interpreters=(Interpreter("Li", frozenset({"zh-lo"})),))
    assert reason(named, "n").code == "no_interpreter"


def test_a_language_nobody_interprets_is_said() -> None:
    asked = [meeting("m", "a", "b", interpreter="zh-my")]
    one = reason(problem(1, people("a", "b"), asked, interpreter_pools={"zh-lo": (1,)}), "m")
    assert (one.code, one.data) == ("no_interpreter", {"pair": "zh-my"})
    assert remedy(one, "add_interpreter")["slots"] == [0]


def test_who_would_be_asleep_is_named() -> None:
    far = Participant(
        "far", onsite=False, utc_offset=-480, hours=(420, 1320)
    )  # 9 o'clock is one at night there
    one = reason(problem(2, [far, Participant("b")], [meeting("m", "far", "b")]), "m")
    assert (one.code, one.data) == ("asleep", {"participants": ["far"], "slots": [0, 1]})
    assert remedy(one, "extend_hours") == {"do": "extend_hours", "participant": "far", "slots": [0, 1]}


def test_people_who_must_not_meet_are_named() -> None:
    one = reason(problem(2, people("a", "b"), [meeting("m", "a", "b")], apart=(("b", "a"),)), "m")
    assert (one.code, one.data) == ("apart", {"participants": ["a", "b"]})
    assert remedy(one, "allow_together")["slots"] == [0, 1]


def test_who_is_not_on_site_is_named() -> None:
    crowd = [Participant("a", onsite=False), Participant("b")]
    one = reason(problem(1, crowd, [meeting("m", "a", "b", mode="onsite")]), "m")
    assert (one.code, one.data) == ("not_onsite", {"participants": ["a"]})
    assert remedy(one, "hold_online")["slots"] == [0]


def test_a_meeting_that_would_be_in_the_wrong_order_says_so() -> None:
    crowd = [*people("a", "b", "c"), Participant("d", blocked=frozenset({1}))]
    asked = [meeting("m", "a", "b", fixed=0, weight=5), meeting("n", "c", "d")]
    one = reason(problem(2, crowd, asked, precedences=(("m", "n"),)), "n")
    assert (one.code, one.data) == ("precedence", {"meetings": ["m"], "slots": [0]})
    assert remedy(one, "drop_precedence") == {"do": "drop_precedence", "meetings": ["m"], "slots": [0]}


def test_a_meeting_that_allows_only_slots_in_which_its_people_are_engaged_should_allow_others() -> None:
    crowd = [Participant("a", blocked=frozenset({0})), Participant("b")]
    one = reason(problem(2, crowd, [meeting("m", "a", "b", slots=frozenset({0}))]), "m")
    assert one.code == "session"
    assert remedy(one, "allow_slot")["slots"] == [1]


@pytest.mark.parametrize(
    ("rule", "options"),
    [
        ("gap", {"gap": 1}),
        ("run", {"run": 1}),
        ("day", {"maximum_per_day": 1}),
        ("pause", {"pauses": (Pause(frozenset({0, 1}), 1),)}),
    ],
)
def test_a_rule_of_one_person_is_named_and_can_be_relaxed(rule: str, options: dict[str, Any]) -> None:
    asked = [meeting("m", "a", "b", weight=5, fixed=0), meeting("n", "a", "c")]
    one = reason(problem(2, [Participant("a", **options), *people("b", "c")], asked), "n")
    assert (one.code, one.data) == (
        "participant_rule",
        {"participant": "a", "rule": rule, "slots": [1]},
    )
    assert remedy(one, "relax") == {"do": "relax", "rule": rule, "participant": "a", "slots": [1]}


def test_a_meeting_that_fits_only_in_place_of_heavier_ones_names_them() -> None:
    crowd = [Participant("a"), Participant("b")]
    # a is free in slot 1 alone, b in slot 0 alone
    asked = [
        meeting("m", "a", "c", weight=5, fixed=0),
        meeting("n", "b", "d", weight=3, fixed=1),
        meeting("o", "a", "b"),
    ]
    one = reason(problem(2, [*crowd, *people("c", "d")], asked), "o")
    assert (one.code, one.data) == ("outweighed", {"slot": 1, "meetings": ["n"], "weight": 3})


def test_reasons_for_a_large_event_take_seconds() -> None:
    """That is: nothing in them grows with the square of the event. The time itself is measured by the benchmark."""
    crowd = people(*(f"p{i}" for i in range(400)))
    dice = np.random.default_rng(1)
    asked = [
        meeting(
            f"m{i}", *(f"p{p}" for p in dice.choice(400, 2, replace=False)), weight=int(dice.integers(1, 5))
        )
        for i in range(4_000)
    ]
    core = compile_instance(problem(slots(12, days=2), crowd, asked, 120))
    placements_ = construct(core, seed=1)
    reasons = unscheduled(core, placements_)
    assert len(reasons) == int((placements_[:, 0] < 0).sum()) > 1_000
    assert {one.code for one in reasons} <= {"participant_full", "no_table", "outweighed", "not_placed"}

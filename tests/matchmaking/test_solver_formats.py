"""The format b2b-1: what a plain file means, what the wider keys mean, and what is refused with its record and field."""

from __future__ import annotations

import copy
import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from conference.matchmaking.solver.audit import violations
from conference.matchmaking.solver.formats import read_instance, vector, write_solution
from conference.matchmaking.solver.model import InvalidInstance, Pause, Solution, Table
from conference.matchmaking.solver.pipeline import solve


def event() -> dict[str, Any]:
    """Four people, one of them an exhibitor and one remote, on two days of three slots."""
    return {
        "format": "b2b-1",
        "name": "four",
        "family": "event",
        "slots": 6,
        "slot_len": 30,
        "slot_session": [1, 1, 1, 2, 2, 2],
        "slot_utc": [480, 510, 600, 1920, 1950, 2040],
        "tables": 2,
        "assign_tables": True,
        "break_rule": "day_idle",
        "max_break_diff": None,
        "participants": [
            {"home_table": 1000, "blocked": [0]},
            {"blocked": [], "max": 3},
            {"onsite": False, "tz": -480, "wake": [0, 120], "blocked": []},
            {"blocked": [4]},
        ],
        "meeting_fields": ["a", "b", "w", "lang"],
        "meetings": [[0, 1, 5, -1], [1, 2, 3, 0], [1, 3, 1, -1], [0, 3, 1, -1]],
        "interpreters": [[1, 1, 1, 1, 1, 0]],
        "precedences": [[0, 2]],
    }


def academic() -> dict[str, Any]:
    return {
        "format": "b2b-1",
        "name": "small",
        "family": "b2bsop",
        "slots": 4,
        "slot_session": [1, 1, 2, 2],
        "tables": 2,
        "break_rule": "jair",
        "max_break_diff": 2,
        "participants": [{"blocked": [0]}, {"blocked": []}, {"blocked": []}],
        "meeting_fields": ["a", "b", "session", "fixed"],
        "meetings": [[0, 1, 2, -1], [0, 2, 0, 1], [1, 2, 0, -1]],
        "precedences": [[1, 0]],
    }


def test_a_plain_event_means_what_the_format_says() -> None:
    instance = read_instance(event())
    assert [slot.start for slot in instance.slots] == [480, 510, 600, 1920, 1950, 2040]
    assert [slot.day for slot in instance.slots] == [1, 1, 1, 2, 2, 2]
    assert [table.id for table in instance.tables] == ["0", "1", "1000"]
    owner, busy, remote, _ = instance.participants
    assert (owner.table, owner.onsite, owner.blocked) == ("1000", True, frozenset({0}))
    assert busy.maximum == 3
    assert (remote.onsite, remote.utc_offset, remote.hours) == (False, -480, (0, 120))
    assert [one.weight for one in instance.meetings] == [5, 3, 1, 1]
    assert [one.interpreter for one in instance.meetings] == [None, "0", None, None]
    assert not any(one.mandatory for one in instance.meetings)
    assert instance.objectives == ("weight", "breaks", "table_changes")
    assert (instance.break_rule, instance.exact_tables) == ("day", True)
    assert instance.precedences == (("0", "2"),)


def test_a_plain_academic_problem_holds_every_meeting() -> None:
    instance = read_instance(academic())
    assert all(one.mandatory and one.weight == 1 for one in instance.meetings)
    assert instance.meetings[0].slots == frozenset({2, 3})
    assert instance.meetings[1].fixed == 1
    assert (instance.break_rule, instance.maximum_break_difference) == ("academic", 2)
    assert (instance.exact_tables, instance.objectives) == (False, ("breaks",))


def test_wake_says_nothing_about_people_on_site() -> None:
    data = event()
    data["participants"][1].update(tz=0, wake=[0, 1])
    assert read_instance(data).participants[1].hours is None


def test_a_waking_day_does_not_cross_midnight() -> None:
    """The format compares the local start with `wake` as it is: half past midnight is not within [1200, 1500]."""
    data = event()
    data["participants"][2].update(tz=0, wake=[1200, 1500])
    data["slot_utc"] = [10, 40, 70, 1440, 1470, 1500]
    instance = read_instance(data)
    assert {one.meeting for one in solve(instance, steps=100).unscheduled} == {"1"}


def test_a_rerun_knows_the_published_and_forgets_the_cancelled() -> None:
    data = event() | {
        "family": "resolve",
        "published": [[0, 1, 1000], [1, 0, None], [2, 2, 7]],
        "cancelled": [1],
    }
    instance = read_instance(data)
    assert [one.id for one in instance.meetings] == ["0", "2", "3"]
    assert instance.meetings[0].published == (1, "1000")
    assert instance.meetings[1].published == (2, None)  # table 7 has gone
    assert instance.objectives == ("moved", "weight", "breaks", "table_changes")


def test_the_wider_keys_reach_the_model() -> None:
    data = event()
    data["objectives"] = ["targets", "weight", "unsocial"]
    data["apart"] = [[0, 2]]
    data["table_details"] = [{"table": 1, "capacity": 3, "features": ["screen"], "blocked": [2]}]
    data["named_interpreters"] = [{"id": "Li", "pairs": [0, 7], "blocked": [5], "max": 4, "run": 2}]
    data["participants"][3] |= {
        "hours": [480, 1080],
        "social_hours": [540, 1020],
        "busy": [[500, 530]],
        "max_per_day": 2,
        "target": 1,
        "pauses": [{"slots": [1, 2]}],
        "gap": 1,
        "run": 2,
        "languages": ["lo"],
        "organisation": "NUOL",
    }
    data["meetings"].append(
        {
            "seats": [0, [1, 3], 2],
            "mode": "hybrid",
            "features": ["screen"],
            "slots": [1, 2],
            "mandatory": True,
        }
    )
    instance = read_instance(data)
    assert instance.objectives == ("targets", "weight", "unsocial")
    assert instance.apart == (("0", "2"),)
    assert instance.tables[1] == Table("1", 3, frozenset({"screen"}), frozenset({2}))
    assert instance.interpreters[0].pairs == frozenset({"0", "7"})
    person = instance.participants[3]
    assert (person.hours, person.social_hours, person.busy) == ((480, 1080), (540, 1020), ((500, 530),))
    assert (person.maximum_per_day, person.target, person.gap, person.run) == (2, 1, 1, 2)
    assert person.pauses == (Pause(frozenset({1, 2}), 1),)
    group = instance.meetings[4]
    assert group.seats == (("0",), ("1", "3"), ("2",))
    assert (group.mode, group.features, group.slots, group.mandatory) == (
        "hybrid",
        frozenset({"screen"}),
        frozenset({1, 2}),
        True,
    )


def put(data: Any, path: tuple[Any, ...], value: Any) -> Any:
    for key in path[:-1]:
        data = data[key]
    if value is KeyError:
        del data[path[-1]]
    else:
        data[path[-1]] = value


@pytest.mark.parametrize(
    ("path", "value", "place"),
    [
        (("format",), "b2b-2", "instance.format"),
        (("format",), KeyError, "instance.format"),
        (("family",), "party", "instance.family"),
        (("break_rule",), "none", "instance.break_rule"),
        (("slots",), 0, "instance.slots"),
        (("slots",), KeyError, "instance.slots"),
        (("slots",), "6", "instance.slots"),
        (("slots",), 10**9, "instance.slots"),
        (("slot_session",), [1, 1, 1], "instance.slot_session"),
        (("slot_session",), [1, 1, 1, 2, 2, 1], "instance.slot_session[5]"),
        (("slot_utc",), [480], "instance.slot_utc"),
        (("slot_utc", 2), 500, "instance.slot_utc[2]"),
        (("slot_utc", 2), None, "instance.slot_utc"),
        (("slot_len",), 0, "instance.slot_len"),
        (("tables",), -1, "instance.tables"),
        (("tables",), 10**9, "instance.tables"),
        (("participants",), {}, "instance.participants"),
        (("participants", 1), 7, "participants[1]"),
        (("participants", 1, "blocked"), [6], "participants[1].blocked"),
        (("participants", 1, "blocked"), 6, "participants[1].blocked"),
        (("participants", 1, "max"), -1, "participants[1].max"),
        (("participants", 1, "max"), 1.5, "participants[1].max"),
        (("participants", 1, "onsite"), "yes", "participants[1].onsite"),
        (("participants", 1, "home_table"), 1, "participants[1].home_table"),
        (("participants", 2, "wake"), [120], "participants[2].wake"),
        (("participants", 2, "wake"), [700, 100], "participants[2].wake"),
        (("participants", 2, "tz"), 10_000, "participants[2].tz"),
        (("participants", 1, "target"), 4, "participants[1].target"),
        (("participants", 1, "pauses"), [{"slots": [9]}], "participants[1].pauses[0].slots"),
        (("participants", 1, "busy"), [[60, 30]], "participants[1].busy"),
        (("participants", 1, "gap"), -1, "participants[1].gap"),
        (("meeting_fields",), KeyError, "instance.meeting_fields"),
        (("meeting_fields",), ["a", "b", "w"], "meetings[0]"),
        (("meeting_fields",), ["a", "a", "w", "lang"], "instance.meeting_fields"),
        (("meetings", 2), [1, 3, 1], "meetings[2]"),
        (("meetings", 2), "1-3", "meetings[2]"),
        (("meetings", 2, 1), 4, "meetings[2].b"),
        (("meetings", 2, 1), None, "meetings[2].b"),
        (("meetings", 2, 1), 1, "meetings[2].b"),
        (("meetings", 2, 2), -3, "meetings[2].w"),
        (("meetings", 2, 3), 1, "meetings[2].lang"),
        (("meetings", 2), {"a": 1, "b": 3, "fixed": 4}, "meetings[2].fixed"),
        (("meetings", 2), {"a": 1, "b": 3, "fixed": 6}, "meetings[2].fixed"),
        (("meetings", 2), {"a": 1, "b": 3, "fixed": 0, "session": 2}, "meetings[2].fixed"),
        (("meetings", 2), {"a": 1, "b": 3, "session": 3}, "meetings[2].session"),
        (("meetings", 1), {"a": 1, "b": 2, "fixed": 2}, "meetings[1].fixed"),
        (("meetings", 2), {"a": 1, "b": 3, "mode": "phone"}, "meetings[2].mode"),
        (("meetings", 2), {"seats": [1]}, "meetings[2].seats"),
        (("meetings", 2), {"seats": [[1, 3], [1], [3]]}, "meetings[2].seats"),
        (("interpreters", 0), [1, 1], "interpreters[0]"),
        (("interpreters", 0, 3), -1, "interpreters[0]"),
        (("named_interpreters",), [{"pairs": [0]}], "named_interpreters[0].id"),
        (("named_interpreters",), [{"id": "Li", "pairs": []}], "named_interpreters[0].pairs"),
        (("precedences",), [[0, 4]], "precedences[0]"),
        (("precedences",), [[1, 1]], "precedences[0]"),
        (("precedences",), [[1]], "precedences[0]"),
        (("apart",), [[0, 4]], "apart[0]"),
        (("table_details",), [{"table": 5}], "table_details[0].table"),
        (("table_details",), [{"table": 0, "capacity": -1}], "table_details[0].capacity"),
        (("max_break_diff",), -1, "instance.max_break_diff"),
        (("objectives",), ["luck"], "instance.objectives"),
        (("objectives",), ["weight", "weight"], "instance.objectives"),
        (("cancelled",), [9], "instance.cancelled"),
        (("assign_tables",), "yes", "instance.assign_tables"),
        (("name",), 3, "instance.name"),
    ],
)
def test_a_mistake_is_named_by_record_and_field(path: tuple[Any, ...], value: Any, place: str) -> None:
    data = event()
    put(data, path, value)
    with pytest.raises(InvalidInstance) as caught:
        read_instance(data)
    assert ".".join(part for part in (caught.value.record, caught.value.field) if part) == place
    assert caught.value.message.endswith(".")


@pytest.mark.parametrize(
    ("row", "place"),
    [
        ([9, 0, 0], "published[1].meeting"),
        ([0, 0, 0], "published[1].meeting"),
        ([1, 6, 0], "published[1].slot"),
        ([1, 0, "x"], "published[1].table"),
        ([1], "published[1]"),
    ],
)
def test_a_mistake_in_the_published_timetable_is_named(row: list[Any], place: str) -> None:
    data = event() | {"family": "resolve", "published": [[0, 1, 1000], row]}
    with pytest.raises(InvalidInstance) as caught:
        read_instance(data)
    assert ".".join(part for part in (caught.value.record, caught.value.field) if part) == place


def test_row_numbers_in_messages_count_cancelled_meetings() -> None:
    data = event() | {"family": "resolve", "published": [], "cancelled": [0]}
    data["meetings"][3] = {"a": 0, "b": 3, "fixed": 0}
    with pytest.raises(
        InvalidInstance, match=r"meetings\[3\]\.fixed: Slot 0 is forbidden to participant 0\."
    ):
        read_instance(data)


@pytest.mark.parametrize("data", [None, [], 3, "b2b-1", {}])
def test_what_is_no_problem_at_all_is_refused(data: Any) -> None:
    with pytest.raises(InvalidInstance):
        read_instance(data)


JUNK = st.recursive(
    st.none() | st.booleans() | st.integers(-3, 10**12) | st.floats() | st.text(max_size=3),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=2),
    max_leaves=4,
)


def paths(value: Any, before: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [
        *([before] if before else []),
        *(path for key, one in inner for path in paths(one, (*before, key))),
    ]


@settings(max_examples=300, deadline=None)
@given(st.data())
def test_anything_put_anywhere_is_read_or_refused_but_never_breaks(draw: st.DataObject) -> None:
    data = copy.deepcopy(draw.draw(st.sampled_from([event(), academic()])))
    put(data, draw.draw(st.sampled_from(paths(data))), draw.draw(JUNK))
    try:
        read_instance(data)
    except InvalidInstance as error:
        assert error.record and error.message


def test_what_is_written_is_the_timetable_with_its_account() -> None:
    data = event()
    instance = read_instance(data)
    solution = solve(instance, steps=500)
    assert violations(instance, solution) == []
    written = json.loads(json.dumps(write_solution(instance, solution)))
    assert sorted(row[0] for row in written["schedule"]) == sorted(
        int(one.meeting) for one in solution.assignments
    )
    assert written["objective"] == vector(solution)
    assert written["objective"][0] == -written["weight"]
    assert written["objectives"] == ["weight", "breaks", "table_changes"]
    assert all(isinstance(one["meeting"], int) for one in written["unscheduled"])
    assert "assignments" not in written


def test_what_is_wider_than_the_format_is_written_beside_the_rows() -> None:
    data = event()
    data["named_interpreters"] = [{"id": "Li", "pairs": [0]}]
    data["interpreters"] = []
    data["meetings"] = [{"seats": [1, [0, 3], 2], "lang": 0}]
    data["precedences"] = []
    instance = read_instance(data)
    written = write_solution(instance, solve(instance, steps=100))
    (row,) = written["assignments"]
    assert row["meeting"] == 0 and row["people"][0] == 1 and row["people"][2] == 2
    assert row["interpreter"] == "Li"


def test_a_solution_without_meetings_can_be_written() -> None:
    instance = read_instance(event() | {"meetings": [], "precedences": []})
    written = write_solution(instance, Solution((), (), (0, 0, 0), instance.objectives, 0, 0))
    assert written["schedule"] == []

"""Reading and writing the exchange format `b2b-1` (docs/scheduling.md)."""

from __future__ import annotations

from typing import Any

from conference.matchmaking.solver.model import (
    Instance,
    Meeting,
    Objective,
    Participant,
    Slot,
    Solution,
    Table,
)

FAMILIES: dict[str, tuple[Objective, ...]] = {
    "b2bsop": ("breaks",),
    "event": ("weight", "breaks", "table_changes"),
    "resolve": ("moved", "weight", "breaks", "table_changes"),
}


def read_instance(data: dict[str, Any]) -> Instance:
    """The problem in a parsed `b2b-1` file. Participants and meetings are named by their row numbers."""
    family = data["family"]
    academic = family == "b2bsop"
    size = data["slots"]
    length = data.get("slot_len", 30)
    starts = data.get("slot_utc", [t * length for t in range(size)])
    slots = tuple(Slot(starts[t], length, data["slot_session"][t]) for t in range(size))
    participants = tuple(
        Participant(
            id=str(i),
            onsite=row.get("onsite", True),
            utc_offset=row.get("tz", 0),
            hours=tuple(row["wake"]) if "wake" in row else None,
            blocked=frozenset(row.get("blocked", ())),
            maximum=row.get("max"),
            table=str(row["home_table"]) if row.get("home_table") is not None else None,
        )
        for i, row in enumerate(data["participants"])
    )
    published = {
        row[0]: (row[1], str(row[2]) if row[2] is not None else None) for row in data.get("published", ())
    }
    cancelled = set(data.get("cancelled", ()))
    meetings = []
    for number, row in enumerate(data["meetings"]):
        if number in cancelled:
            continue
        values = dict(zip(data["meeting_fields"], row, strict=True))
        session = values.get("session", 0)
        fixed = values.get("fixed", -1)
        language = values.get("lang", -1)
        meetings.append(
            Meeting(
                id=str(number),
                seats=((str(values["a"]),), (str(values["b"]),)),
                weight=values.get("w", 1),
                interpreter=str(language) if language >= 0 else None,
                slots=frozenset(t for t in range(size) if slots[t].day == session) if session > 0 else None,
                fixed=fixed if fixed >= 0 else None,
                published=published.get(number),
                mandatory=academic,
            )
        )
    kept = {meeting.id for meeting in meetings}
    own = [Table(p.table) for p in participants if p.table is not None]
    return Instance(
        slots=slots,
        participants=participants,
        meetings=tuple(meetings),
        tables=(*(Table(str(i)) for i in range(data["tables"])), *own),
        interpreter_pools={str(i): tuple(row) for i, row in enumerate(data.get("interpreters", ()))},
        precedences=tuple(
            (str(a), str(b)) for a, b in data.get("precedences", ()) if str(a) in kept and str(b) in kept
        ),
        break_rule="academic" if data["break_rule"] == "jair" else "day",
        maximum_break_difference=data.get("max_break_diff"),
        exact_tables=bool(data.get("assign_tables")),
        objectives=FAMILIES[family],
        name=data["name"],
    )


def write_solution(solution: Solution) -> dict[str, Any]:
    """The timetable as `b2b-1` writes it: rows of meeting, slot, table."""
    return {
        "schedule": [
            [int(one.meeting), one.slot, None if one.table is None else int(one.table)]
            for one in solution.assignments
        ]
    }

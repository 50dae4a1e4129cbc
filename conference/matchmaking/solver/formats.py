"""Reading and writing the exchange format `b2b-1`, and the keys that widen it (docs/scheduling.md).

A file without the wider keys means exactly what the format says. Participants, meetings, tables and language pairs are named by
their numbers in the file. Everything is checked on the way in: `InvalidInstance` names the record and the field in the words of
the file.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from itertools import chain
from typing import Any, Literal, NoReturn, cast

from conference.matchmaking.solver.model import (
    OBJECTIVES,
    Instance,
    Interpreter,
    InvalidInstance,
    Meeting,
    Objective,
    Participant,
    Pause,
    Slot,
    Solution,
    Table,
)
from conference.matchmaking.solver.validate import (
    MOST_MEETINGS,
    MOST_MINUTES,
    MOST_PARTICIPANTS,
    MOST_SLOTS,
    MOST_TABLES,
    MOST_WEIGHT,
    validate,
)

FORMAT = "b2b-1"

FAMILIES: dict[str, tuple[Objective, ...]] = {
    "b2bsop": ("breaks",),
    "event": ("weight", "breaks", "table_changes"),
    "resolve": ("moved", "weight", "breaks", "table_changes"),
}

_REQUIRED: Any = object()
_LARGE = 10**9

# What the dataclasses call it, and what the file does.
_FIELDS = {
    "maximum": "max",
    "maximum_per_day": "max_per_day",
    "table": "home_table",
    "utc_offset": "tz",
    "weight": "w",
    "interpreter": "lang",
    "maximum_break_difference": "max_break_diff",
    "minutes": "slot_len",
    "start": "slot_utc",
    "day": "slot_session",
}


class _Record:
    """One object of the file, read key by key."""

    def __init__(self, data: Any, where: str) -> None:
        if not isinstance(data, dict):
            raise InvalidInstance(where, "", "An object with keys is needed here.")
        self.data: dict[str, Any] = data
        self.where = where

    def refuse(self, key: str, message: str) -> NoReturn:
        raise InvalidInstance(self.where, key, message)

    def given(self, key: str) -> bool:
        return self.data.get(key) is not None

    def get(self, key: str, default: Any = _REQUIRED) -> Any:
        value = self.data.get(key)
        if value is None:
            if default is _REQUIRED:
                self.refuse(key, "This key is missing.")
            return default
        return value

    def integer(self, key: str, low: int, high: int, default: Any = _REQUIRED) -> int:
        value = self.get(key, default)
        return default if value is default else self.as_integer(key, value, low, high)

    def optional(self, key: str, low: int, high: int) -> int | None:
        return self.integer(key, low, high) if self.given(key) else None

    def as_integer(self, key: str, value: Any, low: int, high: int) -> int:
        if isinstance(value, bool) or not isinstance(value, int):
            self.refuse(key, f"A whole number is needed, and {_short(value)} is none.")
        if not low <= value <= high:
            what = "is negative" if value < 0 <= low else f"is not between {low} and {high}"
            self.refuse(key, f"{value} {what}.")
        return value

    def flag(self, key: str, default: bool) -> bool:
        value = self.get(key, default)
        if not isinstance(value, bool):
            self.refuse(key, f"true or false is needed, and {_short(value)} is neither.")
        return value

    def text(self, key: str, default: Any = _REQUIRED) -> str:
        value = self.get(key, default)
        if not isinstance(value, str):
            self.refuse(key, f"A text is needed, and {_short(value)} is none.")
        return value

    def items(self, key: str, default: Any = _REQUIRED) -> list[Any]:
        value = self.get(key, default)
        if not isinstance(value, list | tuple):
            self.refuse(key, f"A list is needed, and {_short(value)} is none.")
        return list(value)

    def integers(self, key: str, low: int, high: int, default: Any = _REQUIRED) -> list[int]:
        return [self.as_integer(key, one, low, high) for one in self.items(key, default)]

    def texts(self, key: str) -> frozenset[str]:
        values = self.items(key, ())
        for one in values:
            if not isinstance(one, str):
                self.refuse(key, f"Texts are needed, and {_short(one)} is none.")
        return frozenset(values)

    def couple(self, key: str, value: Any, low: int, high: int) -> tuple[int, int]:
        if not isinstance(value, list | tuple) or len(value) != 2:
            self.refuse(key, f"A pair of numbers is needed, and {_short(value)} is none.")
        return self.as_integer(key, value[0], low, high), self.as_integer(key, value[1], low, high)

    def hours(self, key: str) -> tuple[int, int] | None:
        return self.couple(key, self.data[key], 0, 2880) if self.given(key) else None

    def choice(self, key: str, allowed: tuple[str, ...], default: Any = _REQUIRED) -> str:
        value = self.get(key, default)
        if value is not default and value not in allowed:
            self.refuse(key, f"{_short(value)} is not one of {', '.join(allowed)}.")
        return cast(str, value)


def read_instance(data: Any) -> Instance:
    """The problem in a parsed `b2b-1` file. Raises `InvalidInstance`."""
    top = _Record(data, "instance")
    if top.get("format") != FORMAT:
        top.refuse("format", f"{_short(data['format'])} is not a known format; “{FORMAT}” is.")
    family = top.choice("family", tuple(FAMILIES))
    top.choice("break_rule", ("jair", "day_idle"))
    slots = _slots(top)
    size = len(slots)
    count = len(top.items("participants"))
    if count > MOST_PARTICIPANTS:
        top.refuse("participants", f"{count} are more than the {MOST_PARTICIPANTS} that can be handled.")
    pool = top.integer("tables", 0, MOST_TABLES)
    participants = tuple(
        _participant(_Record(row, f"participants[{i}]"), str(i), slots, pool, academic=family == "b2bsop")
        for i, row in enumerate(top.items("participants"))
    )
    tables = _tables(top, pool, participants, size)
    interpreters, pools, pairs = _interpreters(top, size)
    objectives = _objectives(top, family)
    meetings = _meetings(top, family, slots, count, pairs, tables, published="moved" in objectives)
    instance = Instance(
        slots=slots,
        participants=participants,
        meetings=meetings,
        tables=tables,
        interpreters=interpreters,
        interpreter_pools=pools,
        precedences=_precedences(top, {meeting.id for meeting in meetings}),
        apart=tuple(
            (str(a), str(b))
            for a, b in _couples(top, "apart", count - 1, "participant", "kept apart from itself")
        ),
        break_rule="academic" if data["break_rule"] == "jair" else "day",
        maximum_break_difference=top.optional("max_break_diff", 0, MOST_SLOTS),
        exact_tables=top.flag("assign_tables", False),
        objectives=objectives,
        name=top.text("name", ""),
    )
    try:
        validate(instance)
    except InvalidInstance as error:
        raise _in_words_of_the_file(instance, error) from error
    return instance


def _slots(top: _Record) -> tuple[Slot, ...]:
    size = top.integer("slots", 0, MOST_SLOTS)
    if not size:
        top.refuse("slots", "There are no slots, so no meeting can be held.")
    length = top.integer("slot_len", 1, 1440, 30)
    session = top.integers("slot_session", 0, 10**6)
    if len(session) != size:
        top.refuse("slot_session", f"{len(session)} numbers are given for {size} slots.")
    if not top.given("slot_utc"):
        return tuple(Slot(t * length, length, session[t]) for t in range(size))
    starts = top.integers("slot_utc", 0, MOST_MINUTES)
    if len(starts) != size:
        top.refuse("slot_utc", f"{len(starts)} numbers are given for {size} slots.")
    return tuple(Slot(starts[t], length, session[t]) for t in range(size))


def _participant(
    row: _Record, name: str, slots: tuple[Slot, ...], pool: int, *, academic: bool
) -> Participant:
    size = len(slots)
    onsite = row.flag("onsite", True)
    hours = row.hours("hours")
    if not onsite and row.given("wake"):
        # The format lets no hour of waking cross midnight; the model would.
        wake = row.couple("wake", row.data["wake"], 0, 2880)
        if wake[0] >= wake[1]:
            row.refuse("wake", f"The hours from {wake[0]} end at {wake[1]}, before they begin.")
        hours = hours or (wake[0], min(wake[1], 1439 + slots[0].minutes))
    table = row.optional("home_table", 0, _LARGE)
    if table is not None and table < pool:
        row.refuse("home_table", f"{table} is the number of a table of the pool, which has {pool}.")
    busy = tuple(row.couple("busy", one, -MOST_MINUTES, MOST_MINUTES) for one in row.items("busy", ()))
    pauses = []
    for number, one in enumerate(row.items("pauses", ())):
        pause = _Record(one, f"{row.where}.pauses[{number}]")
        among = frozenset(pause.integers("slots", 0, size - 1))
        pauses.append(Pause(among, pause.integer("free", 0, len(among), 1)))
    return Participant(
        id=name,
        onsite=onsite or academic,  # the academic problem counts a table for every meeting
        utc_offset=row.integer("tz", -1440, 1440, 0),
        hours=hours,
        social_hours=row.hours("social_hours"),
        busy=busy,
        blocked=frozenset(row.integers("blocked", 0, size - 1, ())),
        languages=row.texts("languages"),
        maximum=row.optional("max", 0, _LARGE),
        maximum_per_day=row.optional("max_per_day", 0, _LARGE),
        target=row.integer("target", 0, MOST_SLOTS, 0),
        pauses=tuple(pauses),
        gap=row.integer("gap", 0, MOST_SLOTS, 0),
        run=row.optional("run", 1, MOST_SLOTS),
        table=None if table is None or academic else str(table),
        organisation=row.text("organisation", "") or None,
    )


def _tables(top: _Record, pool: int, participants: tuple[Participant, ...], size: int) -> tuple[Table, ...]:
    own = dict.fromkeys(person.table for person in participants if person.table is not None)
    tables = {name: Table(name) for name in chain((str(i) for i in range(pool)), own)}
    for number, one in enumerate(top.items("table_details", ())):
        row = _Record(one, f"table_details[{number}]")
        name = str(row.integer("table", 0, _LARGE))
        if name not in tables:
            row.refuse("table", f"There is no table {name}.")
        tables[name] = Table(
            name,
            capacity=row.integer("capacity", 0, 10_000, tables[name].capacity),
            features=row.texts("features"),
            blocked=frozenset(row.integers("blocked", 0, size - 1, ())),
        )
    return tuple(tables.values())


def _interpreters(
    top: _Record, size: int
) -> tuple[tuple[Interpreter, ...], dict[str, tuple[int, ...]], set[str]]:
    """Those with names, those without, and the language pairs that exist."""
    pools = {}
    for number, row in enumerate(top.items("interpreters", ())):
        record = _Record({"": row}, f"interpreters[{number}]")
        capacity = tuple(record.integers("", 0, 10_000))
        if len(capacity) != size:
            record.refuse("", f"{len(capacity)} numbers are given for {size} slots.")
        pools[str(number)] = capacity
    named = []
    for number, one in enumerate(top.items("named_interpreters", ())):
        row = _Record(one, f"named_interpreters[{number}]")
        named.append(
            Interpreter(
                id=row.text("id"),
                pairs=frozenset(str(pair) for pair in row.integers("pairs", 0, 10_000)),
                blocked=frozenset(row.integers("blocked", 0, size - 1, ())),
                maximum=row.optional("max", 0, _LARGE),
                run=row.optional("run", 1, MOST_SLOTS),
            )
        )
    return tuple(named), pools, {*pools, *chain.from_iterable(one.pairs for one in named)}


def _objectives(top: _Record, family: str) -> tuple[Objective, ...]:
    if not top.given("objectives"):
        return FAMILIES[family]
    names = top.items("objectives")
    for name in names:
        if name not in OBJECTIVES:
            top.refuse("objectives", f"{_short(name)} is not one of {', '.join(OBJECTIVES)}.")
    return tuple(names)


def _meetings(
    top: _Record,
    family: str,
    slots: tuple[Slot, ...],
    count: int,
    pairs: set[str],
    tables: tuple[Table, ...],
    *,
    published: bool,
) -> tuple[Meeting, ...]:
    fields = [str(name) for name in top.items("meeting_fields")]
    if len(set(fields)) < len(fields):
        top.refuse("meeting_fields", "A column is named twice.")
    rows = top.items("meetings")
    if len(rows) > MOST_MEETINGS:
        top.refuse("meetings", f"{len(rows)} are more than the {MOST_MEETINGS} that can be handled.")
    cancelled = set(top.integers("cancelled", 0, len(rows) - 1, ()))
    before = _published(top, len(rows), len(slots), {table.id for table in tables}) if published else {}
    meetings = []
    for number, row in enumerate(rows):
        where = f"meetings[{number}]"
        if isinstance(row, list):
            if len(row) != len(fields):
                raise InvalidInstance(where, "", f"{len(row)} values are given for {len(fields)} columns.")
            row = dict(zip(fields, row, strict=True))
        if number not in cancelled:
            meetings.append(
                _meeting(
                    _Record(row, where),
                    str(number),
                    slots,
                    count,
                    pairs,
                    before.get(number),
                    family == "b2bsop",
                )
            )
    return tuple(meetings)


def _meeting(
    row: _Record,
    name: str,
    slots: tuple[Slot, ...],
    count: int,
    pairs: set[str],
    published: tuple[int, str | None] | None,
    mandatory: bool,
) -> Meeting:
    size = len(slots)
    if row.given("seats"):
        seats = tuple(_seat(row, "seats", one, count) for one in row.items("seats"))
    else:
        seats = (_seat(row, "a", row.get("a"), count), _seat(row, "b", row.get("b"), count))
        if len(seats[0]) == 1 and seats[0] == seats[1]:
            row.refuse("b", f"Participant {seats[0][0]} cannot meet themselves.")
    language = row.integer("lang", -1, 10_000, -1)
    if language >= 0 and str(language) not in pairs:
        row.refuse("lang", f"There is no language pair {language}.")
    session = row.integer("session", 0, 10**6, 0)
    allowed = frozenset(row.integers("slots", 0, size - 1)) if row.given("slots") else None
    if session > 0:
        of_session = frozenset(t for t in range(size) if slots[t].day == session)
        if not of_session:
            row.refuse("session", f"No slot belongs to session {session}.")
        allowed = of_session if allowed is None else allowed & of_session
    fixed = row.integer("fixed", -1, size - 1, -1)
    if fixed >= 0 and session > 0 and slots[fixed].day != session:
        row.refuse("fixed", f"Slot {fixed} does not belong to session {session}.")
    mode = row.choice("mode", ("onsite", "online", "hybrid")) if row.given("mode") else None
    return Meeting(
        id=name,
        seats=seats,
        weight=row.integer("w", 0, MOST_WEIGHT, 1),
        mode=cast(Literal["onsite", "online", "hybrid"] | None, mode),
        interpreter=str(language) if language >= 0 else None,
        features=row.texts("features"),
        slots=allowed,
        fixed=fixed if fixed >= 0 else None,
        published=published,
        mandatory=row.flag("mandatory", mandatory),
    )


def _seat(row: _Record, key: str, value: Any, count: int) -> tuple[str, ...]:
    """A seat is a participant, or a list of those of whom one takes it."""
    people = value if isinstance(value, list) else [value]
    for one in people:
        if isinstance(one, bool) or not isinstance(one, int):
            row.refuse(key, f"The number of a participant is needed, and {_short(one)} is none.")
        if not 0 <= one < count:
            row.refuse(key, f"There is no participant {one}; they are numbered 0 to {count - 1}.")
    return tuple(str(one) for one in people)


def _published(top: _Record, count: int, size: int, tables: set[str]) -> dict[int, tuple[int, str | None]]:
    published: dict[int, tuple[int, str | None]] = {}
    for number, value in enumerate(top.items("published", ())):
        row = _Record({}, f"published[{number}]")
        if not isinstance(value, list) or len(value) not in (2, 3):
            row.refuse("", f"A meeting, a slot and a table are needed, and {_short(value)} are none.")
        meeting = row.as_integer("meeting", value[0], 0, count - 1)
        if meeting in published:
            row.refuse("meeting", f"Meeting {meeting} is published twice.")
        slot = row.as_integer("slot", value[1], 0, size - 1)
        table = value[2] if len(value) == 3 and value[2] is not None else -1
        name = str(row.as_integer("table", table, -1, _LARGE))
        published[meeting] = (slot, name if name in tables else None)  # a table may have gone since
    return published


def _couples(top: _Record, key: str, highest: int, kind: str, itself: str) -> list[tuple[int, int]]:
    couples = []
    for number, value in enumerate(top.items(key, ())):
        row = _Record({}, f"{key}[{number}]")
        if not isinstance(value, list | tuple) or len(value) != 2:
            row.refuse("", f"A pair is needed, and {_short(value)} is none.")
        for one in value:
            if isinstance(one, bool) or not isinstance(one, int) or not 0 <= one <= highest:
                row.refuse("", f"There is no {kind} {_short(one)}; they are numbered 0 to {highest}.")
        if value[0] == value[1]:
            row.refuse("", f"{kind.capitalize()} {value[0]} cannot be {itself}.")
        couples.append((value[0], value[1]))
    return couples


def _precedences(top: _Record, kept: set[str]) -> tuple[tuple[str, str], ...]:
    last = len(top.items("meetings")) - 1
    couples = _couples(top, "precedences", last, "meeting", "held before itself")
    return tuple((str(a), str(b)) for a, b in couples if str(a) in kept and str(b) in kept)


def _in_words_of_the_file(instance: Instance, error: InvalidInstance) -> InvalidInstance:
    """Row numbers count cancelled meetings too, and some fields have other names in the file."""
    record = re.sub(
        r"^meetings\[(\d+)\]", lambda found: f"meetings[{instance.meetings[int(found[1])].id}]", error.record
    )
    record = re.sub(r"^interpreters\[", "named_interpreters[", record)
    field = _FIELDS.get(error.field, error.field)
    slot = re.match(r"^slots(\[\d+\])", record)
    if slot:
        record, field = "instance", f"{field}{slot[1]}"
    return InvalidInstance(record, field, error.message)


def _short(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 40 else f"{text[:37]}..."


def vector(solution: Solution, names: tuple[Objective, ...] | None = None) -> list[int]:
    """The objective vector as the format has it: instead of the weight left out, minus the weight accepted."""
    values = dict(zip(solution.objectives, solution.objective, strict=True))
    return [-solution.weight if one == "weight" else values[one] for one in names or solution.objectives]


def write_solution(instance: Instance, solution: Solution) -> dict[str, Any]:
    """The timetable as `b2b-1` has it, and what else is known about it. The problem must have come from `read_instance`."""
    proven = set(solution.proven)
    written: dict[str, Any] = {
        "schedule": [
            [int(one.meeting), one.slot, None if one.table is None else int(one.table)]
            for one in solution.assignments
        ],
        "status": "optimal" if proven >= set(solution.objectives) else "feasible",
        "objective": vector(solution),
        "objectives": list(solution.objectives),
        "proven": list(solution.proven),
        "weight": solution.weight,
        "bound": solution.weight_bound,
        "unscheduled": [
            {
                "meeting": int(one.meeting),
                "code": one.code,
                "data": _numbered(one.data),
                "remedies": [_numbered(remedy) for remedy in one.remedies],
            }
            for one in solution.unscheduled
        ],
        "moved": [[int(meeting), before, after] for meeting, before, after in solution.moved],
        "seconds": round(solution.seconds, 3),
        "steps": solution.steps,
    }
    if _is_wider(instance):
        written["assignments"] = [
            {
                "meeting": int(one.meeting),
                "people": [int(person) for person in one.people],
                "interpreter": one.interpreter,
            }
            for one in solution.assignments
        ]
    return written


def _is_wider(instance: Instance) -> bool:
    return bool(instance.interpreters) or any(
        len(meeting.seats) > 2 or any(len(seat) > 1 for seat in meeting.seats)
        for meeting in instance.meetings
    )


_ROWS = {"participant", "participants", "meetings", "table", "pair"}


def _numbered(data: Mapping[str, Any]) -> dict[str, Any]:
    """Ids are row numbers in the file."""

    def number(value: Any) -> Any:
        if isinstance(value, list | tuple):
            return [number(one) for one in value]
        return int(value) if isinstance(value, str) and value.isdecimal() else value

    def convert(key: str, value: Any) -> Any:
        if isinstance(value, Mapping):
            return _numbered(value)
        return number(value) if key in _ROWS else value

    return {key: convert(key, value) for key, value in data.items()}

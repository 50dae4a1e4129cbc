"""What the timetable of meetings is made of: the problem and its solution as plain data.

Everything is counted in *slots* (0 .. len(slots) - 1, in the order of time) and minutes. Minutes of the clock are counted from
00:00 UTC of the first day, so a slot of the second day starts at 1440 or later. People, meetings, tables and interpreters are
named by the caller's own ids; nothing here knows where they come from.

The problem is the B2B meeting scheduling problem of Bofill, Coll, Garcia, Giráldez-Cru, Pesant, Suy and Villaret ("Constraint
Solving Approaches to the Business-to-Business Meeting Scheduling Problem", JAIR 74, 2022, 263-301), widened by what real events
ask for: more requests than fit, remote people and their nights, interpreters, tables with an owner, representatives, groups,
published timetables that should not move.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

Minutes = int
SlotIndex = int

BreakRule = Literal["day", "academic"]
Objective = Literal[
    "moved",  # published meetings moved or dropped
    "targets",  # meetings missing to the minimum targets of participants
    "weight",  # weight of the meetings left out
    "fairness",  # sum over participants of the square of their unmet requests
    "breaks",  # idle groups between consecutive meetings of a participant
    "table_changes",  # consecutive meetings of a participant on one day at different tables
    "unsocial",  # sum over participants of the square of their meetings at unsocial hours
]

# The order in which a timetable is judged unless the caller says otherwise; all are counts to be made small.
OBJECTIVES: tuple[Objective, ...] = (
    "moved",
    "targets",
    "weight",
    "fairness",
    "breaks",
    "table_changes",
    "unsocial",
)


@dataclass(frozen=True, slots=True)
class Slot:
    """A time at which meetings are held. `day` groups slots; idle time is only counted within one day."""

    start: Minutes
    minutes: Minutes
    day: int = 0


@dataclass(frozen=True, slots=True)
class Pause:
    """A wanted break, such as lunch: of these slots at least `free` stay without a meeting."""

    slots: frozenset[SlotIndex]
    free: int = 1


@dataclass(frozen=True, slots=True)
class Participant:
    """A person who comes to meet others.

    `hours` are the earliest start and the latest end of a meeting in the person's own local minutes of the day (hard);
    `social_hours` the same for what counts as a decent hour (soft, counted as "unsocial" outside). `utc_offset` is in minutes and
    may be any multiple of 15, such as 345 for Kathmandu. `busy` are half-open intervals in UTC minutes (sessions the person must
    attend); `blocked` are slots. `gap` is the number of slots kept free after every meeting (buffer); `run` the most meetings in
    consecutive slots. `target` is the minimum number of meetings the organizer promised.
    """

    id: str
    onsite: bool = True
    utc_offset: Minutes = 0
    hours: tuple[Minutes, Minutes] | None = None
    social_hours: tuple[Minutes, Minutes] | None = None
    busy: tuple[tuple[Minutes, Minutes], ...] = ()
    blocked: frozenset[SlotIndex] = frozenset()
    languages: frozenset[str] = frozenset()
    maximum: int | None = None
    maximum_per_day: int | None = None
    target: int = 0
    pauses: tuple[Pause, ...] = ()
    gap: int = 0
    run: int | None = None
    table: str | None = None
    organisation: str | None = None


@dataclass(frozen=True, slots=True)
class Meeting:
    """A meeting somebody asked for.

    `seats` has one entry for each side, 2 to 5 of them; an entry lists the participants of whom one takes that seat, so that
    several representatives of an organisation can share its requests. `mode` "onsite" needs everybody on site, "online" uses no
    table, "hybrid" has a table for the people on site; None means onsite if all who take part are on site and online otherwise.
    `interpreter` is the language pair needed, None when nobody needs one. `slots` limits the slots, `fixed` names the only one.
    `published` is slot and table of the timetable that people already know. `mandatory` meetings are scheduled or the problem has
    no solution.
    """

    id: str
    seats: tuple[tuple[str, ...], ...]
    weight: int = 1
    mode: Literal["onsite", "online", "hybrid"] | None = None
    interpreter: str | None = None
    features: frozenset[str] = frozenset()
    slots: frozenset[SlotIndex] | None = None
    fixed: SlotIndex | None = None
    published: tuple[SlotIndex, str | None] | None = None
    mandatory: bool = False


@dataclass(frozen=True, slots=True)
class Table:
    """A table or a small room for one meeting at a time; `capacity` seats for participants (an interpreter sits beside them).

    A table that some participant names as their own (`Participant.table`, an exhibitor's) is for meetings with its owners only,
    and a meeting with an owner is held at an own table of one of its people, whatever its features and seats.
    """

    id: str
    capacity: int = 5
    features: frozenset[str] = frozenset()
    blocked: frozenset[SlotIndex] = frozenset()


@dataclass(frozen=True, slots=True)
class Interpreter:
    """An interpreter with a name: language pairs, working slots; the rest rule is that `run` meetings in a row are the most."""

    id: str
    pairs: frozenset[str]
    blocked: frozenset[SlotIndex] = frozenset()
    maximum: int | None = None
    run: int | None = None


@dataclass(frozen=True, slots=True)
class Instance:
    """A whole problem. `interpreter_pools` are interpreters without a name: pair -> how many in each slot.

    `break_rule` "academic" counts as Definition 2.3 of the JAIR paper does (also over nights and blocked slots); "day" counts
    within a day, and only idle slots in which the person is not engaged. `maximum_break_difference` bounds the most minus the
    fewest breaks over all participants. `precedences` (i, j): if both are scheduled, i is in an earlier slot than j. `apart` are
    pairs of participants who must not meet. `exact_tables` False counts tables per slot but names none.
    """

    slots: tuple[Slot, ...]
    participants: tuple[Participant, ...]
    meetings: tuple[Meeting, ...]
    tables: tuple[Table, ...] = ()
    interpreters: tuple[Interpreter, ...] = ()
    interpreter_pools: Mapping[str, tuple[int, ...]] = field(default_factory=dict)
    precedences: tuple[tuple[str, str], ...] = ()
    apart: tuple[tuple[str, str], ...] = ()
    break_rule: BreakRule = "day"
    maximum_break_difference: int | None = None
    exact_tables: bool = True
    objectives: tuple[Objective, ...] = OBJECTIVES
    name: str = ""


@dataclass(frozen=True, slots=True)
class Assignment:
    """Where a meeting takes place. `people` are the participants who take the seats, in the order of `Meeting.seats`."""

    meeting: str
    slot: SlotIndex
    people: tuple[str, ...]
    table: str | None = None
    interpreter: str | None = None


@dataclass(frozen=True, slots=True)
class Unscheduled:
    """Why a meeting has no place. `code` names the constraint, `data` what it is about, `remedies` what change would make it fit.

    Codes and the keys of their data are listed in docs/scheduling.md; a page turns them into a sentence in the reader's language.
    """

    meeting: str
    code: str
    data: Mapping[str, Any] = field(default_factory=dict)
    remedies: tuple[Mapping[str, Any], ...] = ()


@dataclass(frozen=True, slots=True)
class Progress:
    """A moment of the search: the best objective vector so far, what is known to be unbeatable, and the seconds since the start.

    `gap` is the share of the weight bound not yet reached, 0 when it is reached.
    """

    stage: str
    seconds: float
    objective: tuple[int, ...]
    weight: int
    weight_bound: int | None
    gap: float | None
    steps: int = 0


@dataclass(frozen=True, slots=True)
class Solution:
    """A valid timetable. `objective` has the values of `Instance.objectives`, in that order, each to be small.

    `proven` names the objectives, from the first on, whose values are proven to be the best possible given those before them.
    `moved` lists the published meetings that have another slot or none now: (meeting, old slot, new slot or None).
    """

    assignments: tuple[Assignment, ...]
    unscheduled: tuple[Unscheduled, ...]
    objective: tuple[int, ...]
    objectives: tuple[Objective, ...]
    weight: int
    weight_bound: int | None
    proven: tuple[Objective, ...] = ()
    moved: tuple[tuple[str, SlotIndex, SlotIndex | None], ...] = ()
    seconds: float = 0.0
    steps: int = 0


class InvalidInstance(ValueError):
    """The problem as given makes no sense. `record` and `field` name the place, such as "meetings[12]" and "fixed"."""

    def __init__(self, record: str, name: str, message: str) -> None:
        super().__init__(f"{record}.{name}: {message}" if name else f"{record}: {message}")
        self.record = record
        self.field = name
        self.message = message


class Infeasible(ValueError):
    """Mandatory meetings exclude each other; each of the `conflicts` is a minimal group of meetings that cannot all be held."""

    def __init__(self, message: str, conflicts: tuple[tuple[str, ...], ...] = ()) -> None:
        super().__init__(message)
        self.conflicts = conflicts

"""What an import will do: the report that an organizer reads before anything happens.

The plan holds rows of the database with their new values set, not yet saved; `writing` saves exactly these. A dry run and
the import itself make the same plan, so the report cannot promise anything else than what is done.
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from conference.core.models import Event
from conference.core.text import Text
from conference.programme.exchange.document import Problem
from conference.programme.models import Day, Session, SessionSpeaker, Slot, Speaker

State = Literal["new", "changed", "same"]


@dataclass(frozen=True, slots=True)
class FieldChange:
    """One thing that becomes different, told in the reader's language; `before` is empty where there was nothing."""

    field: str
    before: str
    after: str


@dataclass(slots=True)
class SessionPlan:
    """A session of the file. `fields` are the columns that change; `parts` is None where its people stay as they are."""

    state: State
    session: Session
    slot: Slot
    when: str
    changes: list[FieldChange] = field(default_factory=list)
    fields: set[str] = field(default_factory=set)
    moved: bool = False
    people: list[tuple[Speaker, str]] = field(default_factory=list)
    parts: list[SessionSpeaker] | None = None

    @property
    def title(self) -> Text:
        return self.session.title


@dataclass(slots=True)
class Tally:
    """Rooms, tracks or speakers of the file: the rows to make and to change, and how many stay as they are."""

    new: list[Any] = field(default_factory=list)
    changed: list[Any] = field(default_factory=list)
    same: int = 0

    def __bool__(self) -> bool:
        return bool(self.new or self.changed)


@dataclass(slots=True)
class ImportPlan:
    """`broken`: there is an error among the problems, and nothing can be imported."""

    event: Event
    file_name: str
    problems: list[Problem]
    title: str = ""
    version: str = ""
    sessions: list[SessionPlan] = field(default_factory=list)
    missing: list[Slot] = field(default_factory=list)
    halls: Tally = field(default_factory=Tally)
    tracks: Tally = field(default_factory=Tally)
    speakers: Tally = field(default_factory=Tally)
    days: list[Day] = field(default_factory=list)
    there: list[tuple[Session, list[Speaker]]] = field(default_factory=list)
    """Every session that the programme has already, with its people as they are now."""

    @property
    def broken(self) -> bool:
        return bool(self.errors)

    @property
    def errors(self) -> list[Problem]:
        return [problem for problem in self.problems if problem.severity == "error"]

    @property
    def warnings(self) -> list[Problem]:
        return [problem for problem in self.problems if problem.severity == "warning"]

    @property
    def new(self) -> list[SessionPlan]:
        return [session for session in self.sessions if session.state == "new"]

    @property
    def changed(self) -> list[SessionPlan]:
        return [session for session in self.sessions if session.state == "changed"]

    @property
    def same(self) -> list[SessionPlan]:
        return [session for session in self.sessions if session.state == "same"]

    @property
    def counts(self) -> dict[str, int]:
        states: Counter[str] = Counter(session.state for session in self.sessions)
        return {
            "new": states["new"],
            "changed": states["changed"],
            "same": states["same"],
            "missing": len(self.missing),
        }

    @property
    def does_something(self) -> bool:
        """Without what is missing, which is only cancelled when the organizer says so."""
        return bool(self.new or self.changed or self.halls or self.tracks or self.speakers or self.days)

    @property
    def fingerprint(self) -> str:
        """Stands for what the report says, so that nothing is imported that its organizer has not seen."""
        told: list[Sequence[object]] = [
            (
                str(one.session.guid),
                one.state,
                one.when,
                [(change.field, change.before, change.after) for change in one.changes],
            )
            for one in self.sessions
        ]
        told += [(slot.session.code, "missing") for slot in self.missing]
        for tally in (self.halls, self.tracks, self.speakers):
            told += [(str(row), "new") for row in tally.new]
            told += [(str(row), "changed") for row in tally.changed]
        told += [(day.date.isoformat(), "day") for day in self.days]
        return hashlib.sha256(json.dumps(told, ensure_ascii=False).encode()).hexdigest()[:32]

"""The timetable of meetings: who meets whom, when and at which table.

Pure: dataclasses in, dataclasses out (docs/scheduling.md).
"""

from conference.matchmaking.solver.model import (
    Assignment,
    Infeasible,
    Instance,
    Interpreter,
    InvalidInstance,
    Meeting,
    Participant,
    Pause,
    Progress,
    Slot,
    Solution,
    Table,
    Unscheduled,
)
from conference.matchmaking.solver.pipeline import solve

__all__ = [
    "Assignment",
    "Infeasible",
    "Instance",
    "Interpreter",
    "InvalidInstance",
    "Meeting",
    "Participant",
    "Pause",
    "Progress",
    "Slot",
    "Solution",
    "Table",
    "Unscheduled",
    "solve",
]

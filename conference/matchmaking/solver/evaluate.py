"""How good a timetable is: the objectives, counted on the arrays of `core`. `audit` counts them again without the arrays.

Definitions, for participants p (each value is to be small; `docs/scheduling.md` has them in words):

- moved: published meetings with another slot or none
- targets: sum over p of max(0, target(p) - count(p))
- weight: weight of the meetings left out
- fairness: sum over p of max(0, wanted(p) - count(p)) squared; wanted(p) is what p alone was asked for, at most what the maximum
  and the open slots of p allow
- breaks: pairs of consecutive meetings of p with idle time between them; Definition 2.3 of JAIR 74 (2022), 263-301, under the
  academic rule
- table_changes: pairs of consecutive meetings of p at tables, on one day, at different tables
- unsocial: sum over p of the square of p's meetings outside p's social hours
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from conference.matchmaking.solver.audit import violations
from conference.matchmaking.solver.core import Core, Placements
from conference.matchmaking.solver.model import Objective

__all__ = ["breaks_by_participant", "objective", "objectives", "violations"]


def objective(
    core: Core, placements: Placements, tables: Sequence[str | None] | None = None
) -> tuple[int, ...]:
    """The values of `core.instance.objectives`, in that order. Without `tables` (one each meeting) no changes are counted."""
    values = objectives(core, placements, tables)
    return tuple(values[name] for name in core.instance.objectives)


def objectives(
    core: Core, placements: Placements, tables: Sequence[str | None] | None = None
) -> dict[Objective, int]:
    """Every objective by its name, whether the instance asks for it or not."""
    held = np.flatnonzero(placements[:, 0] >= 0)
    options, slots = placements[held, 0], placements[held, 1]
    persons = core.option_persons[options]
    there = (persons >= 0) & (persons < core.participants)
    row, column = np.nonzero(there)
    person = persons[row, column].astype(np.int64)
    slot = slots[row].astype(np.int64)
    people = core.participants
    count = np.bincount(person, minlength=people)

    was = core.published
    now = np.where(placements[:, 0] >= 0, placements[:, 1], -1)
    short = np.maximum(0, core.target[:people] - count)
    unmet = np.maximum(0, core.wanted[:people] - count)
    odd = np.bincount(person[core.unsocial[person, slot] == 1], minlength=people)

    order = np.lexsort((slot, person))
    person, slot, meeting = person[order], slot[order], held[row][order]
    same = (person[1:] == person[:-1]) & (core.day[slot[1:]] == core.day[slot[:-1]])
    apart = core.rank[person[1:], slot[1:]] - core.rank[person[:-1], slot[:-1]] > 1
    return {
        "moved": int(((was >= 0) & (was != now)).sum()),
        "targets": int(short.sum()),
        "weight": int(core.weight.sum(dtype=np.int64) - core.weight[held].sum(dtype=np.int64)),
        "fairness": int((unmet.astype(np.int64) ** 2).sum()),
        "breaks": int((same & apart).sum()),
        "table_changes": 0 if tables is None else _changes(core, person, slot, meeting, tables),
        "unsocial": int((odd.astype(np.int64) ** 2).sum()),
    }


def breaks_by_participant(core: Core, placements: Placements) -> NDArray[np.int64]:
    """[participants] the breaks of each, for the bound on their difference."""
    held = np.flatnonzero(placements[:, 0] >= 0)
    persons = core.option_persons[placements[held, 0]]
    row, column = np.nonzero((persons >= 0) & (persons < core.participants))
    person = persons[row, column].astype(np.int64)
    slot = placements[held, 1][row].astype(np.int64)
    order = np.lexsort((slot, person))
    person, slot = person[order], slot[order]
    same = (person[1:] == person[:-1]) & (core.day[slot[1:]] == core.day[slot[:-1]])
    apart = core.rank[person[1:], slot[1:]] - core.rank[person[:-1], slot[:-1]] > 1
    return np.bincount(person[1:][same & apart], minlength=core.participants)


def _changes(
    core: Core,
    person: NDArray[np.int64],
    slot: NDArray[np.int64],
    meeting: NDArray[np.int64],
    tables: Sequence[str | None],
) -> int:
    """Table changes, of rows sorted by person and slot."""
    numbers: dict[str | None, int] = {None: -1}
    table = np.array([numbers.setdefault(one, len(numbers)) for one in tables], dtype=np.int64)[meeting]
    at_table = table >= 0
    person, slot, table = person[at_table], slot[at_table], table[at_table]
    same = (person[1:] == person[:-1]) & (core.date[slot[1:]] == core.date[slot[:-1]])
    return int((same & (table[1:] != table[:-1])).sum())

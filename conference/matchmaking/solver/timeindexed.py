"""The timetable as a time-indexed integer program: one binary for each placement, and each objective as columns of its own.

x[m, o, t] = 1 where meeting m takes place with option o in slot t. Some meetings may be *held*: constants that use up
people, tables and limits, so the same model serves the whole problem, a re-run with a published timetable, and a small part
of a timetable that is solved again while the rest stands. Rows:

- one place for each meeting, exactly one where it is mandatory (or must not be lost);
- one meeting for each person and slot, which are the cliques of the conflict graph; pools and teams by slot;
- most meetings of a person and of a window; gap: of g + 1 slots in a row one; run: of r + 1 in a row at most r;
- precedence (i before j), for each slot t: i at t or later plus j at t or earlier is at most 1.

Breaks: s[p, t] >= u[p, t] - u[p, previous t] is 1 where a group of consecutive meetings starts, and the breaks of a person
and day are b >= sum of s - 1, b >= 0. Without b's own lower bound the relaxation is hopeless, with it it is as tight as a
network over the day. Squares (fairness, unsocial) are sums of units with marginal costs 1, 3, 5, ...
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from conference.matchmaking.solver.core import Core, Integers, Placements
from conference.matchmaking.solver.mip import Indices, Program, Reals
from conference.matchmaking.solver.model import Objective

Mask = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Places:
    """Placements that nothing but other meetings stands against: three arrays of the same length, by meeting."""

    meeting: Integers
    option: Integers
    slot: Integers

    def keep(self, mask: Mask) -> Places:
        """Those where the mask is true."""
        return Places(self.meeting[mask], self.option[mask], self.slot[mask])

    def __len__(self) -> int:
        return len(self.meeting)


def all_places(core: Core) -> Places:
    """Every allowed placement of every meeting."""
    option, slot = np.nonzero(core.option_allowed)
    meeting_of = np.repeat(np.arange(core.meetings, dtype=np.int32), np.diff(core.option_start))
    return Places(meeting_of[option], option.astype(np.int32), slot.astype(np.int32))


@dataclass(slots=True)
class Load:
    """What held meetings use."""

    busy: Integers  # [P, T] 1 where the person is in a held meeting
    pool: Integers  # [R, T]
    team: Integers  # [L, T]

    @classmethod
    def of(cls, core: Core, held: Placements) -> Load:
        """Counts the placements in `held`; rows with -1 use nothing."""
        option, slot = held[held[:, 0] >= 0].T
        load = cls(
            np.zeros((core.persons, core.slots), dtype=np.int32),
            np.zeros(core.pool_capacity.shape, dtype=np.int32),
            np.zeros(core.team_capacity.shape, dtype=np.int32),
        )
        for persons in core.option_persons[option].T:
            there = persons >= 0
            np.add.at(load.busy, (persons[there], slot[there]), 1)
        for of_option, use in ((core.option_pool, load.pool), (core.option_team, load.team)):
            number = of_option[option]
            there = number >= 0
            np.add.at(use, (number[there], slot[there]), 1)
        return load


def fitting(core: Core, places: Places, load: Load) -> Mask:
    """Which places collide with nothing that is held."""
    fits = np.ones(len(places), dtype=bool)
    for persons in core.option_persons[places.option].T:
        fits &= (persons < 0) | (load.busy[np.maximum(persons, 0), places.slot] == 0)
    for of_option, use, capacity in (
        (core.option_pool, load.pool, core.pool_capacity),
        (core.option_team, load.team, core.team_capacity),
    ):
        if len(capacity):
            number = of_option[places.option]
            room = capacity - use
            fits &= (number < 0) | (room[np.maximum(number, 0), places.slot] > 0)
    return fits


@dataclass(slots=True)
class Terms:
    """An objective as columns with costs and a constant part that no column changes."""

    columns: Indices
    costs: Reals
    constant: int

    def value(self, values: Reals) -> int:
        """The objective at a solution."""
        return round(float(self.costs @ values[self.columns])) + self.constant


@dataclass(slots=True)
class Model:
    """The program, what its first columns mean, and the objectives built so far."""

    core: Core
    places: Places
    held: Placements
    load: Load
    program: Program
    column: Indices  # of (person, place) pairs: the place ...
    person: Indices  # ... and the person
    terms: dict[Objective, Terms] = field(default_factory=dict)

    def placements(self, values: Reals) -> Placements:
        """The timetable of a solution, held meetings included."""
        placed = self.held.copy()
        chosen = np.flatnonzero(values[: len(self.places)] > 0.5)
        placed[self.places.meeting[chosen], 0] = self.places.option[chosen]
        placed[self.places.meeting[chosen], 1] = self.places.slot[chosen]
        return placed

    def start(self, placements: Placements) -> Reals:
        """The first columns of a timetable (those of the objectives are left to the solver)."""
        option, slot = placements[self.places.meeting].T
        chosen: Mask = (self.places.option == option) & (self.places.slot == slot)
        return chosen.astype(np.float64)


def build(core: Core, places: Places, held: Placements, *, kept: Mask | None = None) -> Model | None:
    """The rows of a model over `places` while `held` stands. `kept` [M] are meetings that must have a place beside the
    mandatory.

    None where a meeting that must have a place has none left.
    """
    free = held[places.meeting, 0] < 0
    load = Load.of(core, held)
    places = places.keep(free)
    places = places.keep(fitting(core, places, load))
    places = places.keep(_in_order(core, places, held))
    must = core.mandatory.astype(bool) | (kept if kept is not None else False)
    must = must & (held[:, 0] < 0)
    has = np.zeros(core.meetings, dtype=bool)
    has[places.meeting] = True
    if (must & ~has).any():
        return None
    program = Program()
    program.columns(len(places))
    column, position = np.nonzero(core.option_persons[places.option] >= 0)
    person = core.option_persons[places.option[column], position].astype(np.int64)
    model = Model(core, places, held, load, program, column.astype(np.int64), person)
    everything = np.arange(len(places))
    meetings, row = np.unique(places.meeting, return_inverse=True)
    program.rows(row, everything, 1.0, lower=must[meetings].astype(np.float64), upper=1.0)
    _clique_rows(program, person * core.slots + places.slot[column], column)
    _capacity_rows(model, core.option_pool, core.pool_capacity - load.pool)
    _capacity_rows(model, core.option_team, core.team_capacity - load.team)
    _limit_rows(model)
    _spacing_rows(model)
    _precedence_rows(model)
    if core.maximum_break_difference >= 0:
        _fair_breaks(model)
    return model


def _clique_rows(program: Program, key: NDArray[np.integer], column: NDArray[np.integer]) -> None:
    """At most one of the columns of each key; keys with one column need no row."""
    _, inverse, count = np.unique(key, return_inverse=True, return_counts=True)
    shared = count[inverse] > 1
    _, row = np.unique(inverse[shared], return_inverse=True)
    program.rows(row, column[shared], 1.0, upper=1.0)


def _capacity_rows(model: Model, of_option: Integers, room: Integers) -> None:
    number = of_option[model.places.option]
    there = np.flatnonzero(number >= 0)
    if len(there) == 0:
        return
    key = number[there].astype(np.int64) * model.core.slots + model.places.slot[there]
    keys, row, count = np.unique(key, return_inverse=True, return_counts=True)
    tight = count > room.ravel()[keys]
    inside = tight[row]
    _, row = np.unique(row[inside], return_inverse=True)
    model.program.rows(row, there[inside], 1.0, upper=room.ravel()[keys[tight]].astype(np.float64))


def _limit_rows(model: Model) -> None:
    """The most meetings of people and of their windows."""
    core = model.core
    room = core.maximum - model.load.busy.sum(axis=1)
    possible = np.bincount(model.person, minlength=core.persons)
    tight = (possible > room) & (core.maximum < core.slots)
    inside = tight[model.person]
    number = np.cumsum(tight) - 1
    model.program.rows(
        number[model.person[inside]],
        model.column[inside],
        1.0,
        upper=room[tight].astype(np.float64),
        count=int(tight.sum()),
    )
    for window in range(len(core.window_person)):
        slots = core.window_slots[window].astype(bool)
        mine = model.column[model.person == core.window_person[window]]
        mine = mine[slots[model.places.slot[mine]]]
        limit = core.window_limit[window] - model.load.busy[core.window_person[window]][slots].sum()
        if len(mine) > limit:
            model.program.rows(np.zeros(len(mine), dtype=np.int64), mine, 1.0, upper=float(limit))


def _spacing_rows(model: Model) -> None:
    """Gaps and longest runs, within a date."""
    core = model.core
    for person in np.flatnonzero((core.gap > 0) | (core.run > 0)):
        mine = model.column[model.person == person]
        if len(mine) == 0:
            continue
        for most, width in (
            (1, int(core.gap[person]) + 1),
            (int(core.run[person]), int(core.run[person]) + 1),
        ):
            if width < 2:
                continue
            for first in range(core.slots - width + 1):
                last = first + width - 1
                if core.date[first] != core.date[last]:
                    continue
                slot = model.places.slot[mine]
                inside = mine[(slot >= first) & (slot <= last)]
                limit = most - model.load.busy[person, first : last + 1].sum()
                if len(inside) > limit:
                    model.program.rows(np.zeros(len(inside), dtype=np.int64), inside, 1.0, upper=float(limit))


def _in_order(core: Core, places: Places, held: Placements) -> Mask:
    """Which places are in order with the held meetings."""
    good = np.ones(len(places), dtype=bool)
    for before, after in core.precedences:
        if held[before, 0] >= 0:
            good &= (places.meeting != after) | (places.slot > held[before, 1])
        if held[after, 0] >= 0:
            good &= (places.meeting != before) | (places.slot < held[after, 1])
    return good


def _precedence_rows(model: Model) -> None:
    places = model.places
    for before, after in model.core.precedences:
        first = np.flatnonzero(places.meeting == before)
        second = np.flatnonzero(places.meeting == after)
        if len(first) == 0 or len(second) == 0:
            continue
        for slot in range(model.core.slots):
            late = first[places.slot[first] >= slot]
            early = second[places.slot[second] <= slot]
            if len(late) and len(early):
                both = np.concatenate([late, early])
                model.program.rows(np.zeros(len(both), dtype=np.int64), both, 1.0, upper=1.0)


def _fair_breaks(model: Model) -> None:
    """The most and the fewest breaks of participants differ by at most so many."""
    core = model.core
    breaks, constants = _break_columns(model)
    low = model.program.columns(1, upper=float(core.slots))
    for person in range(core.participants):
        columns = np.array(breaks.get(person, []), dtype=np.int64)
        own = float(constants[person])
        row = np.zeros(len(columns) + 1, dtype=np.int64)
        entries = np.concatenate([columns, low])
        values = np.concatenate([np.ones(len(columns)), -np.ones(1)])
        model.program.rows(row, entries, values, lower=-own, upper=core.maximum_break_difference - own)


def objective(model: Model, name: Objective) -> Terms:
    """The objective as columns, built when it is first asked for."""
    if name not in model.terms:
        model.terms[name] = _BUILDERS[name](model)
    return model.terms[name]


def lexicographic(model: Model, names: Sequence[Objective], ranges: Sequence[int]) -> Reals:
    """One cost for several objectives, the earlier incomparably dearer; `ranges` bound how far each but the first can vary."""
    scale = 1.0
    costs: list[tuple[Terms, float]] = []
    for name, width in zip(reversed(names), reversed(ranges), strict=True):
        costs.append((objective(model, name), scale))
        scale *= width + 1
    cost = np.zeros(model.program.width)
    for terms, factor in costs:
        np.add.at(cost, terms.columns, terms.costs * factor)
    return cost


def _moved(model: Model) -> Terms:
    core = model.core
    stays = model.places.slot == core.published[model.places.meeting]
    known = core.published >= 0
    held = (model.held[:, 0] >= 0) & known
    constant = int(known.sum()) - int((model.held[held, 1] == core.published[held]).sum())
    columns = np.flatnonzero(stays)
    return Terms(columns, -np.ones(len(columns)), constant)


def _targets(model: Model) -> Terms:
    return _missing(model, model.core.target, squared=False)


def _weight(model: Model) -> Terms:
    core = model.core
    held = model.held[:, 0] >= 0
    columns = np.arange(len(model.places), dtype=np.int64)
    weights = core.weight[model.places.meeting].astype(np.float64)
    return Terms(columns, -weights, int(core.weight.sum() - core.weight[held].sum()))


def _fairness(model: Model) -> Terms:
    return _missing(model, model.core.wanted, squared=True)


def _missing(model: Model, wanted: Integers, *, squared: bool) -> Terms:
    """Units that people miss to `wanted` [P], each 1 or with rising cost."""
    core = model.core
    missing = wanted - model.load.busy.sum(axis=1)
    missing[core.participants :] = 0
    possible = np.bincount(model.person, minlength=core.persons)
    columns: list[Indices] = []
    costs: list[Reals] = []
    constant = 0
    for person in np.flatnonzero(missing > 0):
        width = int(missing[person])
        cost: Reals = 2.0 * np.arange(width, dtype=np.float64) + 1.0 if squared else np.ones(width)
        if possible[person] == 0:
            constant += int(cost.sum())
            continue
        units = model.program.columns(width)
        mine = model.column[model.person == person]
        entries = np.concatenate([mine, units])
        model.program.rows(np.zeros(len(entries), dtype=np.int64), entries, 1.0, lower=float(width))
        columns.append(units)
        costs.append(cost)
    return _terms(columns, costs, constant)


def _unsocial(model: Model) -> Terms:
    core = model.core
    held = (model.load.busy * core.unsocial).sum(axis=1)
    harsh = core.unsocial[model.person, model.places.slot[model.column]].astype(bool)
    columns: list[Indices] = []
    costs: list[Reals] = []
    constant = int((held[: core.participants] ** 2).sum())
    for person in np.unique(model.person[harsh]):
        if person >= core.participants:
            continue
        mine = model.column[harsh & (model.person == person)]
        width = min(len(mine), int(core.unsocial[person].sum() - held[person]))
        units = model.program.columns(width)
        entries = np.concatenate([mine, units])
        values = np.concatenate([-np.ones(len(mine)), np.ones(width)])
        model.program.rows(np.zeros(len(entries), dtype=np.int64), entries, values, lower=0.0)
        columns.append(units)
        costs.append(2.0 * (np.arange(width, dtype=np.float64) + float(held[person])) + 1.0)
    return _terms(columns, costs, constant)


def _breaks(model: Model) -> Terms:
    breaks, constants = _break_columns(model)
    columns = [np.array(of_person, dtype=np.int64) for of_person in breaks.values()]
    return _terms(columns, [np.ones(len(one)) for one in columns], int(constants.sum()))


def _terms(columns: list[Indices], costs: list[Reals], constant: int) -> Terms:
    if not columns:
        return Terms(np.zeros(0, dtype=np.int64), np.zeros(0), constant)
    return Terms(np.concatenate(columns), np.concatenate(costs), constant)


def _break_columns(model: Model) -> tuple[dict[int, list[int]], NDArray[np.int64]]:
    """For each participant the columns that count their breaks by day, and the breaks that no column changes."""
    core, program = model.core, model.program
    people = model.person < core.participants
    person, column = model.person[people], model.column[people]
    slot = model.places.slot[column]
    touched = np.zeros((core.persons, core.slots), dtype=bool)
    touched[person, slot] = True
    order = np.lexsort((slot, person))
    person, column, slot = person[order], column[order], slot[order]
    keys = person * core.slots + slot
    firsts = np.searchsorted(keys, np.arange(core.persons * core.slots + 1))

    days, day_of = np.unique(core.day, return_inverse=True)
    open_days = np.zeros((core.participants, len(days)), dtype=bool)
    open_days[person, day_of[slot]] = True
    constants = _held_breaks(core, model.load.busy[: core.participants], ~open_days[:, day_of])
    found: dict[int, list[int]] = {}
    rows: list[int] = []
    entries: list[int] = []
    values: list[float] = []
    lower: list[float] = []
    whole: list[bool] = []  # the new columns: counts of breaks are whole, starts of groups follow
    width = program.width
    for day in range(len(days)):
        of_day = np.flatnonzero(day_of == day)
        for p in np.flatnonzero(open_days[:, day]):
            slots = of_day[core.rank[p, of_day] >= 0]
            used = model.load.busy[p, slots]
            open_slots = touched[p, slots]
            # A group may only start where there may be a meeting.
            candidates = np.flatnonzero(open_slots | (used == 1))
            starts_columns: list[int] = []
            fixed_starts = 0
            for i in candidates:
                before = i - 1
                if before < 0 or not (open_slots[before] or used[before]):
                    # nothing can stand before: the group starts here exactly if there is a meeting here
                    if used[i]:
                        fixed_starts += 1
                        continue
                elif used[before]:
                    continue  # never a start
                one = width + len(whole)
                whole.append(False)
                starts_columns.append(one)
                # s - u[i] + u[before] >= 0, with held meetings as constants
                rows.append(len(lower))
                entries.append(one)
                values.append(1.0)
                for place in column[
                    firsts[p * core.slots + slots[i]] : firsts[p * core.slots + slots[i] + 1]
                ]:
                    rows.append(len(lower))
                    entries.append(int(place))
                    values.append(-1.0)
                if before >= 0:
                    key = p * core.slots + slots[before]
                    for place in column[firsts[key] : firsts[key + 1]]:
                        rows.append(len(lower))
                        entries.append(int(place))
                        values.append(1.0)
                lower.append(float(used[i]))
            if len(starts_columns) + fixed_starts < 2:
                continue
            count = width + len(whole)
            whole.append(True)
            found.setdefault(int(p), []).append(count)
            rows.append(len(lower))
            entries.append(count)
            values.append(1.0)
            for one in starts_columns:
                rows.append(len(lower))
                entries.append(one)
                values.append(-1.0)
            lower.append(float(fixed_starts - 1))
    program.columns(
        len(whole), upper=np.where(whole, float(core.slots), 1.0), integral=np.array(whole, dtype=bool)
    )
    program.rows(
        np.array(rows, dtype=np.int64),
        np.array(entries, dtype=np.int64),
        np.array(values),
        lower=np.array(lower),
        count=len(lower),
    )
    return found, constants


def _held_breaks(core: Core, busy: Integers, counted: Mask) -> NDArray[np.int64]:
    """The breaks of each participant among the held meetings, where `counted` [participants, T]."""
    person, slot = np.nonzero((busy > 0) & counted)
    same = (person[1:] == person[:-1]) & (core.day[slot[1:]] == core.day[slot[:-1]])
    apart = core.rank[person[1:], slot[1:]] - core.rank[person[:-1], slot[:-1]] > 1
    return np.bincount(person[1:][same & apart], minlength=core.participants)


_BUILDERS = {
    "moved": _moved,
    "targets": _targets,
    "weight": _weight,
    "fairness": _fairness,
    "breaks": _breaks,
    "unsocial": _unsocial,
}

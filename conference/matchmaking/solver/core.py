"""The problem as arrays: what every solving method of this package works on.

A meeting has one or more *options*: who takes the seats, which kind of table, which interpreter. An option together with a slot
is a *placement*. Participants and named interpreters are both *persons* here, since both do one thing at a time. Tables that no
constraint tells apart form one *pool*, interpreters without a name one *team*; both are counted per slot. So every rule of the
problem is one of: a person is free, a pool or a team has room, a person's own limits hold, a pair of meetings is in order.

Shapes: P persons, M meetings, O options, T slots, R pools, L teams, W windows. Integers are int32, truth values uint8,
because the compiled loops of `annealing` and the model builders of `exact` and `maxsat` read the same arrays. All of them
are read-only.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import product
from typing import Any

import numpy as np
from numpy.typing import NDArray

from conference.matchmaking.solver.model import (
    Assignment,
    Instance,
    Interpreter,
    InvalidInstance,
    Meeting,
    Participant,
    Slot,
)

Integers = NDArray[np.int32]
Flags = NDArray[np.uint8]
# A timetable: int32 [M, 2], for each meeting its option and its slot, or UNSCHEDULED twice.
Placements = NDArray[np.int32]

MINUTES_OF_A_DAY = 1440
MOST_OPTIONS = 256  # of one meeting; more says that representatives, rooms and interpreters were multiplied without thought
NONE = -1
UNSCHEDULED = NONE


@dataclass(frozen=True, slots=True)
class Core:
    """The arrays.

    Indices of participants and meetings are those of the instance; named interpreters follow the participants.
    """

    instance: Instance
    participants: int  # persons below this index are participants, the others interpreters
    day: Integers  # [T] the day of a slot, for breaks; all 0 under the academic rule
    date: Integers  # [T] the day of a slot, for gaps and runs, under every rule

    weight: Integers  # [M]
    mandatory: Flags  # [M]
    published: Integers  # [M] slot in the published timetable, or -1
    option_start: Integers  # [M + 1] the options of meeting m are option_start[m] .. option_start[m + 1] - 1

    option_persons: Integers  # [O, K] persons busy during the meeting, filled up with -1
    option_pool: Integers  # [O] or -1
    option_team: Integers  # [O] or -1
    option_allowed: Flags  # [O, T] 1 where nothing but other meetings stands against the placement

    pool_capacity: Integers  # [R, T]
    team_capacity: Integers  # [L, T]

    available: Flags  # [P, T]
    rank: Integers  # [P, T] two meetings of one day are consecutive iff their ranks differ by 1; -1 where blocked
    maximum: Integers  # [P] most meetings; T where nobody said
    target: Integers  # [P] fewest meetings
    gap: Integers  # [P] slots of a date kept free after a meeting
    run: Integers  # [P] most meetings in consecutive slots of a date; 0 for no limit
    wanted: (
        Integers  # [P] meetings asked of the person, at most what time and maximum allow; 0 for interpreters
    )
    unsocial: Flags  # [P, T] 1 where a meeting would be outside the person's social hours

    window_person: Integers  # [W] at most window_limit[w] meetings of window_person[w] ...
    window_slots: Flags  # [W, T] ... in these slots
    window_limit: Integers  # [W]

    precedences: Integers  # [Q, 2] if both are scheduled, the first is in an earlier slot
    maximum_break_difference: int  # -1 for none

    pools: tuple[tuple[str, ...], ...]  # the tables of each pool
    teams: tuple[str, ...]  # the language pair of each team
    option_people: tuple[tuple[int, ...], ...]  # the participants in the order of the seats

    @property
    def slots(self) -> int:
        """T."""
        return len(self.day)

    @property
    def persons(self) -> int:
        """P."""
        return len(self.maximum)

    @property
    def meetings(self) -> int:
        """M."""
        return len(self.weight)

    def assignment(self, meeting: int, option: int, slot: int, table: str | None) -> Assignment:
        """A placement in the caller's words."""
        instance = self.instance
        team = int(self.option_team[option])
        named = [int(p) for p in self.option_persons[option] if p >= self.participants]
        interpreter = None
        if named:
            interpreter = instance.interpreters[named[0] - self.participants].id
        elif team >= 0:
            interpreter = self.teams[team]
        return Assignment(
            meeting=instance.meetings[meeting].id,
            slot=slot,
            people=tuple(instance.participants[p].id for p in self.option_people[option]),
            table=table,
            interpreter=interpreter,
        )


def compile_instance(instance: Instance) -> Core:
    """The arrays of a problem that `validate` found sound. Raises `InvalidInstance` beyond `MOST_OPTIONS` of a meeting."""
    slots = instance.slots
    size = len(slots)
    index = {participant.id: i for i, participant in enumerate(instance.participants)}
    blocked = np.array([_blocked(p, slots) for p in instance.participants], dtype=np.uint8).reshape(-1, size)
    awake = np.array([_within(p, p.hours, slots) for p in instance.participants], dtype=np.uint8).reshape(
        -1, size
    )
    social = np.array(
        [_within(p, p.social_hours, slots) for p in instance.participants], dtype=np.uint8
    ).reshape(-1, size)
    rest = np.array(
        [[t in interpreter.blocked for t in range(size)] for interpreter in instance.interpreters],
        dtype=np.uint8,
    ).reshape(-1, size)
    all_blocked = np.vstack([blocked, rest])
    available = np.vstack([(1 - blocked) & awake, 1 - rest]).astype(np.uint8)
    academic = instance.break_rule == "academic"
    day = np.array([0 if academic else slot.day for slot in slots], dtype=np.int32)

    options = _Options(instance, index, available)
    for number, meeting in enumerate(instance.meetings):
        options.add(number, meeting)

    persons = len(available)
    people = len(instance.participants)
    both: list[Participant | Interpreter] = [*instance.participants, *instance.interpreters]
    maximum = np.array(
        [size if one.maximum is None else one.maximum for one in both],
        dtype=np.int32,
    )
    windows = list(_windows(instance))
    asked = np.zeros(persons, dtype=np.int32)
    for meeting in instance.meetings:
        for seat in meeting.seats:
            if len(seat) == 1:  # where representatives share a request, none of them alone can claim it
                asked[index[seat[0]]] += 1
    return Core(
        instance=instance,
        participants=people,
        day=day,
        date=_integers([slot.day for slot in slots]),
        weight=_integers([meeting.weight for meeting in instance.meetings]),
        mandatory=np.array([meeting.mandatory for meeting in instance.meetings], dtype=np.uint8),
        published=_integers(
            [NONE if meeting.published is None else meeting.published[0] for meeting in instance.meetings]
        ),
        option_start=_integers(options.start),
        option_persons=options.persons_array(),
        option_pool=_integers(options.pool),
        option_team=_integers(options.team),
        option_allowed=np.array(options.allowed, dtype=np.uint8).reshape(-1, size),
        pool_capacity=options.pool_capacity,
        team_capacity=options.team_capacity,
        available=available,
        rank=_ranks(all_blocked, day, academic=academic),
        maximum=maximum,
        target=_integers([*(p.target for p in instance.participants), *(0 for _ in instance.interpreters)]),
        gap=_integers([*(p.gap for p in instance.participants), *(0 for _ in instance.interpreters)]),
        run=_integers([one.run or 0 for one in both]),
        wanted=np.minimum(np.minimum(asked, maximum), available.sum(axis=1)).astype(np.int32),
        unsocial=np.vstack([(1 - social).astype(np.uint8), np.zeros_like(rest)]),
        window_person=_integers([window[0] for window in windows]),
        window_slots=np.array(
            [[t in window[1] for t in range(size)] for window in windows], dtype=np.uint8
        ).reshape(-1, size),
        window_limit=_integers([window[2] for window in windows]),
        precedences=_precedences(instance),
        maximum_break_difference=NONE
        if instance.maximum_break_difference is None
        else instance.maximum_break_difference,
        pools=options.pools,
        teams=options.teams,
        option_people=tuple(options.people),
    )


def _integers(values: Iterable[int]) -> Integers:
    return np.fromiter(values, dtype=np.int32)


def _blocked(participant: Participant, slots: Sequence[Slot]) -> list[bool]:
    return [
        t in participant.blocked
        or any(start < slot.start + slot.minutes and slot.start < end for start, end in participant.busy)
        for t, slot in enumerate(slots)
    ]


def _within(participant: Participant, hours: tuple[int, int] | None, slots: Sequence[Slot]) -> list[bool]:
    """Whether each slot lies wholly within the hours of the person's day. Past midnight they are given as (from, to + 1440)."""
    if hours is None:
        return [True] * len(slots)
    start, end = hours
    inside = []
    for slot in slots:
        local = (slot.start + participant.utc_offset) % MINUTES_OF_A_DAY
        inside.append(
            (start <= local and local + slot.minutes <= end)
            or (start <= local + MINUTES_OF_A_DAY and local + MINUTES_OF_A_DAY + slot.minutes <= end)
        )
    return inside


def _ranks(blocked: Flags, day: Integers, *, academic: bool) -> Integers:
    """The place of each slot among those of the day in which the person is not elsewhere engaged."""
    size = blocked.shape[1]
    if academic:
        return np.tile(np.arange(size, dtype=np.int32), (blocked.shape[0], 1))
    ranks = np.full(blocked.shape, NONE, dtype=np.int32)
    for one in np.unique(day):
        of_day = np.flatnonzero(day == one)
        free = 1 - blocked[:, of_day]
        ranks[:, of_day] = np.where(free == 1, np.cumsum(free, axis=1) - 1, NONE)
    return ranks


def _windows(instance: Instance) -> Iterable[tuple[int, frozenset[int], int]]:
    """At most so many meetings of a person in these slots: the maximum of a day, and the wanted breaks."""
    days = defaultdict(set)
    for t, slot in enumerate(instance.slots):
        days[slot.day].add(t)
    for i, participant in enumerate(instance.participants):
        if participant.maximum_per_day is not None:
            for of_day in days.values():
                if len(of_day) > participant.maximum_per_day:
                    yield i, frozenset(of_day), participant.maximum_per_day
        for pause in participant.pauses:
            yield i, pause.slots, max(0, len(pause.slots) - pause.free)


def _precedences(instance: Instance) -> Integers:
    number = {meeting.id: i for i, meeting in enumerate(instance.meetings)}
    pairs = [(number[before], number[after]) for before, after in instance.precedences]
    return np.array(pairs, dtype=np.int32).reshape(-1, 2)


class _Options:
    """Collects the options of all meetings, and with them the pools of tables that nothing tells apart."""

    def __init__(self, instance: Instance, index: dict[str, int], available: Flags) -> None:
        self.instance = instance
        self.index = index
        self.available = available
        self.apart = {frozenset((index[a], index[b])) for a, b in instance.apart}
        size = len(instance.slots)
        self.teams = tuple(sorted(instance.interpreter_pools))
        self.team_capacity = np.array(
            [instance.interpreter_pools[pair] for pair in self.teams], dtype=np.int32
        ).reshape(-1, size)
        self.pools, self.pools_of = self._pools()
        tables = {table.id: table for table in instance.tables}
        self.pool_capacity = np.array(
            [[sum(t not in tables[one].blocked for one in pool) for t in range(size)] for pool in self.pools],
            dtype=np.int32,
        ).reshape(-1, size)
        self.start = [0]
        self.people: list[tuple[int, ...]] = []
        self.persons: list[tuple[int, ...]] = []
        self.pool: list[int] = []
        self.team: list[int] = []
        self.allowed: list[NDArray[Any]] = []

    def _pools(self) -> tuple[tuple[tuple[str, ...], ...], dict[tuple[Any, ...], tuple[int, ...]]]:
        """Pools, and for each demand (an own table, or features and seats) the pools that meet it."""
        owned = {
            participant.table for participant in self.instance.participants if participant.table is not None
        }
        shared = [table for table in self.instance.tables if table.id not in owned]
        demands: dict[tuple[Any, ...], list[str]] = {}
        for meeting in self.instance.meetings:
            for seats in range(1, len(meeting.seats) + 1):
                demand = (meeting.features, seats)
                if demand not in demands:
                    demands[demand] = [
                        table.id
                        for table in shared
                        if meeting.features <= table.features and table.capacity >= seats
                    ]
        members: dict[tuple[tuple[Any, ...], ...], list[str]] = defaultdict(list)
        serves: dict[str, list[tuple[Any, ...]]] = defaultdict(list)
        for demand, tables in demands.items():
            for table_id in tables:
                serves[table_id].append(demand)
        for table in shared:
            if serves[table.id]:
                members[tuple(serves[table.id])].append(table.id)
        pools = [tuple(tables) for tables in members.values()]
        pools_of = {demand: tuple(i for i, key in enumerate(members) if demand in key) for demand in demands}
        for table_id in sorted(owned):
            pools_of[("own", table_id)] = (len(pools),)
            pools.append((table_id,))
        return tuple(pools), pools_of

    def add(self, number: int, meeting: Meeting) -> None:
        instance = self.instance
        slots = [
            t
            for t in range(len(instance.slots))
            if (meeting.slots is None or t in meeting.slots) and (meeting.fixed is None or t == meeting.fixed)
        ]
        in_time = np.zeros(len(instance.slots), dtype=np.uint8)
        in_time[slots] = 1
        before = len(self.people)
        interpreters = list(self._interpreters(meeting))
        for people in product(*([self.index[one] for one in seat] for seat in meeting.seats)):
            if len(set(people)) < len(people) or any(pair <= set(people) for pair in self.apart):
                continue
            for pool in self._tables(meeting, people):
                for interpreter, team in interpreters:
                    allowed = in_time.copy()
                    persons = people if interpreter is None else (*people, interpreter)
                    for person in persons:
                        allowed &= self.available[person]
                    if pool >= 0:
                        allowed &= (self.pool_capacity[pool] > 0).astype(np.uint8)
                    if team >= 0:
                        allowed &= (self.team_capacity[team] > 0).astype(np.uint8)
                    self.people.append(people)
                    self.persons.append(persons)
                    self.pool.append(pool)
                    self.team.append(team)
                    self.allowed.append(allowed)
                    if len(self.people) - before > MOST_OPTIONS:
                        raise InvalidInstance(
                            f"meetings[{number}]",
                            "seats",
                            f"representatives, tables and interpreters make more than {MOST_OPTIONS} combinations",
                        )
        self.start.append(len(self.people))

    def _interpreters(self, meeting: Meeting) -> Iterable[tuple[int | None, int]]:
        if meeting.interpreter is None:
            yield None, NONE
            return
        if meeting.interpreter in self.teams:
            yield None, self.teams.index(meeting.interpreter)
        for i, interpreter in enumerate(self.instance.interpreters):
            if meeting.interpreter in interpreter.pairs:
                yield len(self.instance.participants) + i, NONE

    def _tables(self, meeting: Meeting, people: tuple[int, ...]) -> Iterable[int]:
        onsite = [self.instance.participants[p] for p in people if self.instance.participants[p].onsite]
        everybody = len(onsite) == len(people)
        if meeting.mode == "onsite" and not everybody:
            return
        if meeting.mode == "online" or not onsite or (meeting.mode is None and not everybody):
            yield NONE
            return
        own = sorted({one.table for one in onsite if one.table is not None})
        if own:
            for table in own:
                yield from self.pools_of["own", table]
        else:
            yield from self.pools_of.get((meeting.features, len(onsite)), ())

    def persons_array(self) -> Integers:
        width = max((len(persons) for persons in self.persons), default=1)
        filled = np.full((len(self.persons), width), NONE, dtype=np.int32)
        for i, persons in enumerate(self.persons):
            filled[i, : len(persons)] = persons
        return filled

"""Why a meeting has no place in a timetable, and what single change would give it one.

For every way to hold the meeting (who, which tables, which interpreter) and every slot, a bit says which rules stand against it,
given all other meetings of the timetable as they are. A slot with no bit would do; a slot with one bit names a remedy: lift that
one rule and the meeting fits there, nothing else being moved. So remedies are true by construction, and the tests apply each of
them and look.

Codes and remedies are listed in docs/scheduling.md.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice, product
from typing import Any

import numpy as np
from numpy.typing import NDArray

from conference.matchmaking.solver.conflicts import conflicts
from conference.matchmaking.solver.core import Core, Placements
from conference.matchmaking.solver.evaluate import breaks_by_participant
from conference.matchmaking.solver.model import Meeting, Unscheduled
from conference.matchmaking.solver.validate import within

__all__ = ["conflicts", "unscheduled"]

Bits = NDArray[np.int32]

# What stands against a meeting whatever the other meetings do ...
APART = 1 << 0
ABSENT = 1 << 1  # it is to be on site, and somebody is not
TABLE_UNKNOWN = 1 << 2  # no table has its features or seats
INTERPRETER_UNKNOWN = 1 << 3
SLOT = 1 << 4  # the meeting's own slots
ENGAGED = 1 << 5
ASLEEP = 1 << 6
TABLE_AWAY = 1 << 7  # every fitting table is blocked
INTERPRETER_AWAY = 1 << 8
# ... and because of them.
BUSY = 1 << 9
FULL = 1 << 10
DAY_FULL = 1 << 11
PAUSE = 1 << 12
GAP = 1 << 13
RUN = 1 << 14
TABLE_TAKEN = 1 << 15
INTERPRETER_TAKEN = 1 << 16
ORDER = 1 << 17
BREAKS = 1 << 18

FIXED_RULES = (
    APART | ABSENT | TABLE_UNKNOWN | INTERPRETER_UNKNOWN | ENGAGED | ASLEEP | TABLE_AWAY | INTERPRETER_AWAY
)
TABLES = TABLE_UNKNOWN | TABLE_AWAY | TABLE_TAKEN
INTERPRETERS = INTERPRETER_UNKNOWN | INTERPRETER_AWAY | INTERPRETER_TAKEN
OWN_RULES = {DAY_FULL: "day", PAUSE: "pause", GAP: "gap", RUN: "run"}
REPLACED = BUSY | TABLE_TAKEN | INTERPRETER_TAKEN  # what another meeting's leaving may lift

MOST_WAYS = 256


@dataclass(frozen=True, slots=True)
class _Way:
    """How a meeting could be held: participants, persons busy with it, pool or -1, team or -1, and bits true in every slot."""

    people: tuple[int, ...]
    persons: tuple[int, ...]
    pool: int
    team: int
    bits: int


def unscheduled(core: Core, placements: Placements) -> tuple[Unscheduled, ...]:
    """A reason, and the changes that would help, for each meeting without a place, in the order of the instance."""
    explainer = _Explainer(core, placements)
    return tuple(explainer.explain(int(m)) for m in np.flatnonzero(placements[:, 0] < 0))


class _Explainer:
    """What is taken in a timetable, as bits by person, pool and team."""

    def __init__(self, core: Core, placements: Placements) -> None:
        self.core = core
        self.placements = placements
        instance = self.instance = core.instance
        self.index = {person.id: p for p, person in enumerate(instance.participants)}
        self.number = {meeting.id: m for m, meeting in enumerate(instance.meetings)}
        self.apart = [{self.index[a], self.index[b]} for a, b in instance.apart]
        held = np.flatnonzero(placements[:, 0] >= 0)
        self.at = np.full((core.persons, core.slots), -1, dtype=np.int32)  # the meeting of a person in a slot
        self.pool_used = np.zeros_like(core.pool_capacity)
        self.team_used = np.zeros_like(core.team_capacity)
        self.at_pool: dict[tuple[int, int], list[int]] = defaultdict(list)
        self.at_team: dict[tuple[int, int], list[int]] = defaultdict(list)
        for m in held.tolist():
            option, t = int(placements[m, 0]), int(placements[m, 1])
            for p in core.option_persons[option]:
                if p >= 0:
                    self.at[p, t] = m
            pool, team = int(core.option_pool[option]), int(core.option_team[option])
            if pool >= 0:
                self.pool_used[pool, t] += 1
                self.at_pool[pool, t].append(m)
            if team >= 0:
                self.team_used[team, t] += 1
                self.at_team[team, t].append(m)
        self.count = (self.at >= 0).sum(axis=1)
        self.personal = self._personal()
        self.of_pool = np.where(
            core.pool_capacity == 0,
            TABLE_AWAY,
            np.where(self.pool_used >= core.pool_capacity, TABLE_TAKEN, 0),
        ).astype(np.int32)
        self.of_team = np.where(
            core.team_capacity == 0,
            INTERPRETER_AWAY,
            np.where(self.team_used >= core.team_capacity, INTERPRETER_TAKEN, 0),
        ).astype(np.int32)
        self.orders: dict[int, list[tuple[int, bool]]] = defaultdict(
            list
        )  # (other meeting, whether it comes later)
        for before, after in core.precedences.tolist():
            self.orders[before].append((after, True))
            self.orders[after].append((before, False))

    # Bits

    def _personal(self) -> Bits:
        """[P, T] what stands against one more meeting of a person, other than where it takes place."""
        core, instance = self.core, self.instance
        bits = np.zeros((core.persons, core.slots), dtype=np.int32)
        starts = np.array([slot.start for slot in instance.slots])
        ends = np.array([slot.start + slot.minutes for slot in instance.slots])
        hours: dict[tuple[tuple[int, int] | None, int], Bits] = {}
        for p, person in enumerate(instance.participants):
            key = (person.hours, person.utc_offset)
            if key not in hours:
                hours[key] = np.array(
                    [0 if within(*key, slot) else ASLEEP for slot in instance.slots], dtype=np.int32
                )
            bits[p] |= hours[key]
            if person.blocked:
                bits[p, list(person.blocked)] |= ENGAGED
            for start, end in person.busy:
                bits[p, (starts < end) & (start < ends)] |= ENGAGED
        people = core.participants
        bits[people:] |= np.where(core.available[people:] == 0, INTERPRETER_AWAY, 0).astype(np.int32)
        taken = self.at >= 0
        later = np.zeros_like(bits)
        later[self.count >= core.maximum] |= FULL
        for p, person in enumerate(instance.participants):
            if person.maximum_per_day is not None:
                for day in set(core.date.tolist()):
                    of_day = core.date == day
                    if taken[p, of_day].sum() >= person.maximum_per_day:
                        later[p, of_day] |= DAY_FULL
            for pause in person.pauses:
                among = sorted(pause.slots)
                if taken[p, among].sum() >= max(0, len(among) - pause.free):
                    later[p, among] |= PAUSE
            for t in np.flatnonzero(taken[p]).tolist() if person.gap else ():
                near = slice(max(0, t - person.gap), t + person.gap + 1)
                later[p, near] |= np.where(core.date[near] == core.date[t], GAP, 0).astype(np.int32)
        for p in np.flatnonzero(core.run > 0).tolist():
            later[p] |= self._run_bits(p, taken[p])
        later[people:] = np.where(later[people:] != 0, INTERPRETER_TAKEN, 0)
        later[:people][taken[:people]] = BUSY  # in place of a meeting there, the other rules hold as they did
        later[people:][taken[people:]] = INTERPRETER_TAKEN
        return np.asarray(bits | later, dtype=np.int32)

    def _run_bits(self, p: int, taken: NDArray[np.bool_]) -> Bits:
        """Where one more meeting would make a run of meetings too long."""
        core = self.core
        bits = np.zeros(core.slots, dtype=np.int32)
        for t in range(core.slots):
            first = last = t
            while first > 0 and taken[first - 1] and core.date[first - 1] == core.date[t]:
                first -= 1
            while last + 1 < core.slots and taken[last + 1] and core.date[last + 1] == core.date[t]:
                last += 1
            if last - first + 1 > core.run[p]:
                bits[t] = RUN
        return bits

    def _bits(self, m: int, way: _Way) -> Bits:
        """[T] what stands against one way to hold a meeting."""
        bits = np.bitwise_or.reduce(self.personal[list(way.persons)], axis=0) | way.bits
        if way.pool >= 0:
            bits |= self.of_pool[way.pool]
        if way.team >= 0:
            bits |= self.of_team[way.team]
        meeting = self.instance.meetings[m]
        if meeting.slots is not None or meeting.fixed is not None:
            for t in range(self.core.slots):
                if (meeting.slots is not None and t not in meeting.slots) or meeting.fixed not in (None, t):
                    bits[t] |= SLOT
        for other, is_later in self.orders.get(m, ()):
            at = int(self.placements[other, 1])
            if at >= 0:
                if is_later:
                    bits[at:] |= ORDER
                else:
                    bits[: at + 1] |= ORDER
        if self.core.maximum_break_difference >= 0:
            for t in np.flatnonzero(bits == 0).tolist():
                if not self._keeps_breaks_even(m, way, t, ()):
                    bits[t] |= BREAKS
        return np.asarray(bits, dtype=np.int32)

    def _keeps_breaks_even(self, m: int, way: _Way, slot: int, without: Sequence[int]) -> bool:
        if self.core.maximum_break_difference < 0:
            return True
        breaks = breaks_by_participant(self.core, self.placements)
        for p in {
            *way.people,
            *(q for other in without for q in self.core.option_people[int(self.placements[other, 0])]),
        }:
            there = {t for t in np.flatnonzero(self.at[p] >= 0).tolist() if self.at[p, t] not in without}
            if p in way.people:
                there.add(slot)
            ranks = sorted((int(self.core.day[t]), int(self.core.rank[p, t])) for t in there)
            breaks[p] = sum(a[0] == b[0] and b[1] - a[1] > 1 for a, b in zip(ranks, ranks[1:], strict=False))
        return int(breaks.max() - breaks.min()) <= self.core.maximum_break_difference

    # Ways

    def _ways(self, m: int) -> list[_Way]:
        core = self.core
        first, last = int(core.option_start[m]), int(core.option_start[m + 1])
        if first < last:
            return [
                _Way(
                    core.option_people[option],
                    tuple(int(p) for p in core.option_persons[option] if p >= 0),
                    int(core.option_pool[option]),
                    int(core.option_team[option]),
                    0,
                )
                for option in range(first, last)
            ]
        return list(islice(self._impossible_ways(self.instance.meetings[m]), MOST_WAYS))

    def _impossible_ways(self, meeting: Meeting) -> Iterator[_Way]:
        """The ways of a meeting that has no option at all, each with what forbids it."""
        instance = self.instance
        voices = list(self._voices(meeting))
        for people in product(*([self.index[one] for one in seat] for seat in meeting.seats)):
            if len(set(people)) < len(people):
                continue
            bits = 0 if voices else INTERPRETER_UNKNOWN
            if any(pair <= set(people) for pair in self.apart):
                bits |= APART
            pools = [-1]
            if meeting.mode == "onsite" and not all(instance.participants[p].onsite for p in people):
                bits |= ABSENT
            elif self._needs_table(meeting, people):
                pools = self._fitting_pools(meeting, people)
                bits |= 0 if pools else TABLE_UNKNOWN
            for pool, (interpreter, team) in product(pools or [-1], voices or [((), -1)]):
                yield _Way(people, (*people, *interpreter), pool, team, bits)

    def _voices(self, meeting: Meeting) -> Iterator[tuple[tuple[int, ...], int]]:
        """Who could interpret: (a person or nobody, a team or -1)."""
        if meeting.interpreter is None:
            yield (), -1
        if meeting.interpreter in self.core.teams:
            yield (), self.core.teams.index(meeting.interpreter)
        for i, one in enumerate(self.instance.interpreters):
            if meeting.interpreter in one.pairs:
                yield (self.core.participants + i,), -1

    def _needs_table(self, meeting: Meeting, people: Sequence[int]) -> bool:
        onsite = [self.instance.participants[p].onsite for p in people]
        return meeting.mode != "online" and any(onsite) and (meeting.mode is not None or all(onsite))

    def _fitting_pools(self, meeting: Meeting, people: Sequence[int]) -> list[int]:
        participants = self.instance.participants
        onsite = [participants[p] for p in people if participants[p].onsite]
        own = {person.table for person in onsite} - {None}
        owned = {person.table for person in participants}
        tables = {table.id: table for table in self.instance.tables}
        return [
            number
            for number, pool in enumerate(self.core.pools)
            if (
                pool[0] in own
                if own
                else pool[0] not in owned
                and tables[pool[0]].capacity >= len(onsite)
                and meeting.features <= tables[pool[0]].features
            )
        ]

    # Reasons

    def explain(self, m: int) -> Unscheduled:
        meeting = self.instance.meetings[m]
        ways = self._ways(m)
        cells = [
            (bits, way, t) for way in ways for t, bits in enumerate(self._bits(m, way).tolist())
        ]  # none has a person twice; `validate` saw to it that there is a way
        code, data = self._reason(m, meeting, ways, cells)
        return Unscheduled(meeting.id, code, data, tuple(self._remedies(meeting, cells)))

    def _reason(
        self, m: int, meeting: Meeting, ways: Sequence[_Way], cells: Sequence[tuple[int, _Way, int]]
    ) -> tuple[str, dict[str, Any]]:
        allowed = [cell for cell in cells if not cell[0] & SLOT]
        if not allowed:
            return "session", {"slots": []}
        free = [cell for cell in allowed if not cell[0]]
        if free:
            return "possible", {"slots": _slots(free)}
        possible = [cell for cell in allowed if not cell[0] & FIXED_RULES]
        if not possible:
            return self._fixed_reason(meeting, cells, allowed)
        full = [p for p in ways[0].people if self._is_full(p) and all(p in way.people for way in ways)]
        if full:
            return "participant_full", {
                "participant": self._name(full[0]),
                "limit": "maximum",
                "count": int(self.count[full[0]]),
            }
        single: dict[int, list[tuple[int, _Way, int]]] = defaultdict(list)
        for cell in possible:
            if _is_single(cell[0]) and cell[0] != BUSY:
                single[cell[0]].append(cell)
        if single:
            bit = max(single, key=lambda bit: (len({t for _, _, t in single[bit]}), -bit))
            return self._single_reason(m, meeting, bit, single[bit])
        always = [
            p for p in ways[0].people if all(p in way.people and self.at[p, t] >= 0 for _, way, t in possible)
        ]
        best = self._lightest(possible)
        instead = (
            {} if best is None else {"slot": best[1], "meetings": self._names(best[2]), "weight": best[0]}
        )
        if always:
            person = always[0]
            return "participant_full", {
                "participant": self._name(person),
                "limit": "slots",
                "count": int(self.count[person]),
                **({"instead": instead} if instead else {}),
            }
        if best is None:
            return "no_common_slot", {"participants": self._people(ways[0].people), "taken": True}
        held = any(self.core.published[other] >= 0 for other in best[2])
        heavier = best[0] >= meeting.weight or held
        return ("outweighed" if heavier else "not_placed"), instead

    def _fixed_reason(
        self,
        meeting: Meeting,
        cells: Sequence[tuple[int, _Way, int]],
        allowed: Sequence[tuple[int, _Way, int]],
    ) -> tuple[str, dict[str, Any]]:
        """What forbids a meeting even if no other were held."""
        people = allowed[0][1].people
        if all(bits & APART for bits, _, _ in allowed):
            pair = next(pair for pair in self.apart if pair <= set(people))
            return "apart", {"participants": self._people(sorted(pair))}
        if all(bits & ABSENT for bits, _, _ in allowed):
            absent = [p for p in people if not self.instance.participants[p].onsite]
            return "not_onsite", {"participants": self._people(absent)}
        if all(bits & TABLE_UNKNOWN for bits, _, _ in allowed):
            onsite = sum(self.instance.participants[p].onsite for p in people)
            return "no_table", {"features": sorted(meeting.features), "seats": onsite}
        if all(bits & INTERPRETER_UNKNOWN for bits, _, _ in allowed):
            return "no_interpreter", {"pair": meeting.interpreter}
        awake = [cell for cell in allowed if not cell[0] & (ENGAGED | ASLEEP)]
        if not awake:
            if any(not bits & (FIXED_RULES) for bits, _, _ in cells):
                return "session", {"slots": _slots(allowed)}
            unengaged = [cell for cell in allowed if not cell[0] & ENGAGED]
            if unengaged:
                asleep = {p for _, way, t in unengaged for p in way.people if self.personal[p, t] & ASLEEP}
                return "asleep", {"participants": self._people(sorted(asleep)), "slots": _slots(unengaged)}
            return "no_common_slot", {"participants": self._people(people), "taken": False}
        without = [cell for cell in awake if cell[0] & (TABLE_UNKNOWN | TABLE_AWAY)]
        if without:
            return "no_table", {"slots": _slots(without)}
        return "no_interpreter", {"pair": meeting.interpreter, "slots": _slots(awake)}

    def _single_reason(
        self, m: int, meeting: Meeting, bit: int, cells: Sequence[tuple[int, _Way, int]]
    ) -> tuple[str, dict[str, Any]]:
        slots = _slots(cells)
        if bit == TABLE_TAKEN:
            return "no_table", {"slots": slots}
        if bit == INTERPRETER_TAKEN:
            return "no_interpreter", {"pair": meeting.interpreter, "slots": slots}
        if bit == ORDER:
            return "precedence", {"meetings": self._ordered(m), "slots": slots}
        if bit == BREAKS:
            return "break_difference", {"slots": slots, "most": self.core.maximum_break_difference}
        _, way, t = cells[0]
        person = next(p for p in way.people if self.personal[p, t] & bit)
        name = self._name(person)
        if bit == FULL:
            return "participant_full", {
                "participant": name,
                "limit": "maximum",
                "count": int(self.count[person]),
            }
        return "participant_rule", {"participant": name, "rule": OWN_RULES[bit], "slots": slots}

    # Remedies

    def _remedies(
        self, meeting: Meeting, cells: Sequence[tuple[int, _Way, int]]
    ) -> Iterator[Mapping[str, Any]]:
        """Single changes, each enough by itself; `slots` are those of which any will do."""
        found: dict[tuple[str, tuple[int, ...]], set[int]] = defaultdict(set)
        for bits, way, t in cells:
            if not bits or not (_is_single(bits) or not bits & ~TABLES or not bits & ~INTERPRETERS):
                continue
            if bits not in (BREAKS, BUSY) and not self._keeps_breaks_even(
                self.number[meeting.id], way, t, ()
            ):
                continue
            if bits & TABLES:
                owners = self._owners(way)
                if not owners:
                    found["add_table", ()].add(t)
                elif bits == TABLE_AWAY:
                    found["free_table", (way.pool,)].add(t)
            elif bits & INTERPRETERS:
                found["add_interpreter", ()].add(t)
            elif bits == SLOT:
                found["allow_slot", ()].add(t)
            elif bits == APART:
                found["allow_together", tuple(way.people)].add(t)
            elif bits == ORDER:
                found["drop_precedence", ()].add(t)
            elif bits in _OF_PERSONS:
                who = tuple(p for p in way.people if self.personal[p, t] & bits)
                # Lifting the rule is one change for one person; a higher maximum is easily given to both.
                if bits == ENGAGED and self.core.maximum_break_difference >= 0:
                    continue  # a freed slot would change what counts as idle
                if len(who) == 1 or bits == FULL:
                    found[_OF_PERSONS[bits], who].add(t)
        for (do, who), slots in found.items():
            yield self._remedy(meeting, do, who, sorted(slots))
        if meeting.mode != "online":
            # Online, the mode and the tables stand no longer against it.
            online = {
                t
                for bits, way, t in cells
                if bits
                and not bits & ~(TABLES | ABSENT)
                and self._keeps_breaks_even(self.number[meeting.id], way, t, ())
            }
            if online:
                yield {"do": "hold_online", "slots": sorted(online)}
        best = self._lightest([cell for cell in cells if not cell[0] & (FIXED_RULES | SLOT)])
        if best is not None:
            yield {"do": "replace", "slot": best[1], "meetings": self._names(best[2]), "weight": best[0]}

    def _remedy(self, meeting: Meeting, do: str, who: tuple[int, ...], slots: list[int]) -> Mapping[str, Any]:
        if do == "free_table":
            return {"do": do, "slots": slots, "table": self.core.pools[who[0]][0]}
        names = self._people(who)
        if do == "add_table":
            seats = max(
                sum(self.instance.participants[p].onsite for p in way.people)
                for way in self._ways(self.number[meeting.id])
            )
            return {"do": do, "slots": slots, "features": sorted(meeting.features), "seats": seats}
        if do == "add_interpreter":
            return {"do": do, "slots": slots, "pair": meeting.interpreter}
        if do == "drop_precedence":
            return {"do": do, "slots": slots, "meetings": self._ordered(self.number[meeting.id])}
        if do == "allow_together":
            pairs = [sorted(pair) for pair in self.apart if pair <= set(who)]
            return {
                "do": do,
                "slots": slots,
                "participants": self._people(sorted({p for a in pairs for p in a})),
            }
        if do == "raise_maximum":
            return {
                "do": do,
                "slots": slots,
                "participants": names,
                "to": [int(self.count[p]) + 1 for p in who],
            }
        if do.startswith("relax_"):
            return {"do": "relax", "rule": do.removeprefix("relax_"), "slots": slots, "participant": names[0]}
        if do in ("free_slot", "extend_hours"):
            return {"do": do, "slots": slots, "participant": names[0]}
        return {"do": do, "slots": slots}

    def _lightest(self, cells: Iterable[tuple[int, _Way, int]]) -> tuple[int, int, tuple[int, ...]] | None:
        """(weight, slot, meetings): the lightest meetings in whose place the meeting fits, moving nothing else."""
        best: tuple[tuple[int, int, int], tuple[int, ...], _Way] | None = None
        for bits, way, t in cells:
            if not bits or bits & ~REPLACED:
                continue
            gone = {int(self.at[p, t]) for p in way.persons if self.at[p, t] >= 0}
            core, placed = self.core, self.placements
            if bits & TABLE_TAKEN and not any(core.option_pool[placed[m, 0]] == way.pool for m in gone):
                if len(gone) > 0:
                    continue
                gone = {min(self.at_pool[way.pool, t], key=lambda m: (int(core.weight[m]), m))}
            if bits & INTERPRETER_TAKEN and not self._frees_interpreter(way, t, gone):
                if way.team < 0 or len(gone) > 0:
                    continue
                gone = {min(self.at_team[way.team, t], key=lambda m: (int(core.weight[m]), m))}
            if any(core.mandatory[m] for m in gone):
                continue
            key = (sum(int(core.weight[m]) for m in gone), len(gone), t)
            if (best is None or key < best[0]) and self._keeps_breaks_even(-1, way, t, tuple(gone)):
                best = key, tuple(sorted(gone)), way
        return None if best is None else (best[0][0], best[0][2], best[1])

    def _frees_interpreter(self, way: _Way, t: int, gone: set[int]) -> bool:
        if way.team >= 0:
            return any(self.core.option_team[self.placements[m, 0]] == way.team for m in gone)
        named = [p for p in way.persons if p >= self.core.participants]
        return all(self.at[p, t] >= 0 for p in named)

    # Names

    def _is_full(self, p: int) -> bool:
        return bool(
            self.count[p] >= self.core.maximum[p] and self.instance.participants[p].maximum is not None
        )

    def _owners(self, way: _Way) -> tuple[int, ...]:
        participants = self.instance.participants
        return tuple(p for p in way.people if participants[p].onsite and participants[p].table is not None)

    def _ordered(self, m: int) -> list[str]:
        return self._names(other for other, _ in self.orders[m] if self.placements[other, 1] >= 0)

    def _name(self, p: int) -> str:
        return self.instance.participants[p].id

    def _people(self, people: Iterable[int]) -> list[str]:
        return [self._name(p) for p in people]

    def _names(self, meetings: Iterable[int]) -> list[str]:
        return [self.instance.meetings[m].id for m in meetings]


_OF_PERSONS = {
    ENGAGED: "free_slot",
    ASLEEP: "extend_hours",
    FULL: "raise_maximum",
    **{bit: f"relax_{rule}" for bit, rule in OWN_RULES.items()},
}


def _is_single(bits: int) -> bool:
    return bits & (bits - 1) == 0


def _slots(cells: Iterable[tuple[int, _Way, int]]) -> list[int]:
    return sorted({t for _, _, t in cells})

"""The second opinion: whether a timetable is valid and what it is worth, read from the dataclasses of `model` alone.

Written apart from the arrays of `core` and from every method that works on them, and plain rather than fast. The tests hold the
two against each other; a caller who does not trust the search asks here.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import combinations, pairwise

from conference.matchmaking.solver.model import (
    Assignment,
    Instance,
    Meeting,
    Objective,
    Participant,
    Slot,
    Solution,
    Table,
)

DAY = 1440


def measure(instance: Instance, solution: Solution) -> tuple[int, ...]:
    """The values of `instance.objectives`, counted from the dataclasses alone."""
    slots = instance.slots
    meetings = {meeting.id: meeting for meeting in instance.meetings}
    slot_of = {one.meeting: one.slot for one in solution.assignments}
    diary = _diary(solution.assignments)
    asked = Counter(seat[0] for meeting in instance.meetings for seat in meeting.seats if len(seat) == 1)
    values: dict[Objective, int] = dict.fromkeys(
        ("moved", "targets", "weight", "fairness", "breaks", "table_changes", "unsocial"), 0
    )
    for meeting in instance.meetings:
        if meeting.published is not None and slot_of.get(meeting.id) != meeting.published[0]:
            values["moved"] += 1
        if meeting.id not in slot_of:
            values["weight"] += meeting.weight
    for person in instance.participants:
        own = diary.get(person.id, [])
        values["targets"] += max(0, person.target - len(own))
        fits = sum(_open(person, slot, t) for t, slot in enumerate(slots))
        wanted = min(asked[person.id], fits, len(slots) if person.maximum is None else person.maximum)
        values["fairness"] += max(0, wanted - len(own)) ** 2
        values["breaks"] += _breaks(instance, person, own)
        seated = [one for one in own if one.table is not None]
        if instance.exact_tables:
            values["table_changes"] += sum(
                slots[a.slot].day == slots[b.slot].day and a.table != b.table for a, b in pairwise(seated)
            )
        values["unsocial"] += (
            sum(not _decent(person, person.social_hours, slots[one.slot]) for one in own) ** 2
        )
    assert set(slot_of) <= set(meetings)
    return tuple(values[name] for name in instance.objectives)


def violations(instance: Instance, solution: Solution) -> list[str]:
    """Every broken rule in a sentence; an empty list is a valid timetable."""
    return list(_violations(instance, solution))


def _violations(instance: Instance, solution: Solution) -> Iterator[str]:
    meetings = {meeting.id: meeting for meeting in instance.meetings}
    held: dict[str, Assignment] = {}
    for one in solution.assignments:
        if one.meeting not in meetings:
            yield f"meeting {one.meeting} is unknown"
        elif one.meeting in held:
            yield f"meeting {one.meeting} is held twice"
        elif not 0 <= one.slot < len(instance.slots):
            yield f"meeting {one.meeting} is in slot {one.slot}, which does not exist"
        else:
            held[one.meeting] = one
    for meeting in instance.meetings:
        if meeting.mandatory and meeting.id not in held:
            yield f"meeting {meeting.id} is mandatory and is not held"
    known = {person.id: person for person in instance.participants}
    apart = {frozenset(pair) for pair in instance.apart}
    for one in held.values():
        yield from _of_meeting(instance, meetings[one.meeting], one, known, apart)
    diary = _diary(held.values())
    for person in instance.participants:
        yield from _of_person(instance, person, diary.get(person.id, []))
    yield from _of_interpreters(instance, meetings, held)
    yield from _of_tables(instance, meetings, held, known)
    for before, after in instance.precedences:
        if before in held and after in held and held[before].slot >= held[after].slot:
            yield f"meeting {before} is not before meeting {after}"
    if instance.maximum_break_difference is not None and instance.participants:
        breaks = [_breaks(instance, person, diary.get(person.id, [])) for person in instance.participants]
        if max(breaks) - min(breaks) > instance.maximum_break_difference:
            yield f"breaks differ by {max(breaks) - min(breaks)} between participants"


def _of_meeting(
    instance: Instance,
    meeting: Meeting,
    one: Assignment,
    known: Mapping[str, Participant],
    apart: set[frozenset[str]],
) -> Iterator[str]:
    name = f"meeting {meeting.id}"
    if meeting.fixed is not None and one.slot != meeting.fixed:
        yield f"{name} is fixed in slot {meeting.fixed} and held in slot {one.slot}"
    if meeting.slots is not None and one.slot not in meeting.slots:
        yield f"{name} is in slot {one.slot}, which it does not allow"
    if len(one.people) != len(meeting.seats) or any(
        person not in seat for person, seat in zip(one.people, meeting.seats, strict=False)
    ):
        yield f"{name} is held by {one.people}, who do not fit its seats"
    if len(set(one.people)) < len(one.people):
        yield f"{name} seats a person twice"
    for pair in combinations(one.people, 2):
        if frozenset(pair) in apart:
            yield f"{name} brings {pair[0]} and {pair[1]} together, who are to be kept apart"
    if meeting.mode == "onsite" and not all(known[person].onsite for person in one.people):
        yield f"{name} is on site, and not everybody is there"
    if meeting.interpreter is None and one.interpreter is not None:
        yield f"{name} has an interpreter and needs none"


def _of_person(instance: Instance, person: Participant, own: Sequence[Assignment]) -> Iterator[str]:
    name = f"participant {person.id}"
    taken = [one.slot for one in own]
    for slot, count in Counter(taken).items():
        if count > 1:
            yield f"{name} has {count} meetings in slot {slot}"
    for one in own:
        at = instance.slots[one.slot]
        if _engaged(person, at, one.slot):
            yield f"{name} is engaged in slot {one.slot} (meeting {one.meeting})"
        if not _decent(person, person.hours, at):
            yield f"{name} is out of hours in slot {one.slot} (meeting {one.meeting})"
    if person.maximum is not None and len(own) > person.maximum:
        yield f"{name} has {len(own)} meetings, more than {person.maximum}"
    if person.maximum_per_day is not None:
        for day, count in Counter(instance.slots[t].day for t in taken).items():
            if count > person.maximum_per_day:
                yield f"{name} has {count} meetings on day {day}, more than {person.maximum_per_day}"
    for pause in person.pauses:
        if len(pause.slots - set(taken)) < min(pause.free, len(pause.slots)):
            yield f"{name} has no pause in slots {sorted(pause.slots)}"
    for a, b in pairwise(own):
        if instance.slots[a.slot].day == instance.slots[b.slot].day and 0 < b.slot - a.slot <= person.gap:
            yield f"{name} has no {person.gap} free slots between {a.slot} and {b.slot}"
    if person.run is not None and _longest_run(instance.slots, taken) > person.run:
        yield f"{name} has more than {person.run} meetings in a row"


def _of_interpreters(
    instance: Instance, meetings: Mapping[str, Meeting], held: Mapping[str, Assignment]
) -> Iterator[str]:
    named = {interpreter.id: interpreter for interpreter in instance.interpreters}
    pooled: Counter[tuple[str, int]] = Counter()
    work: dict[str, list[int]] = defaultdict(list)
    for one in held.values():
        pair = meetings[one.meeting].interpreter
        if pair is None:
            continue
        if one.interpreter in named and pair in named[one.interpreter].pairs:
            work[one.interpreter].append(one.slot)
        elif one.interpreter == pair and pair in instance.interpreter_pools:
            pooled[pair, one.slot] += 1
        else:
            yield f"meeting {one.meeting} needs an interpreter for {pair} and has {one.interpreter}"
    for (pair, t), count in pooled.items():
        if count > instance.interpreter_pools[pair][t]:
            yield f"slot {t} needs {count} interpreters for {pair}"
    for name, taken in work.items():
        interpreter = named[name]
        for t, count in Counter(taken).items():
            if count > 1:
                yield f"interpreter {name} has {count} meetings in slot {t}"
            if t in interpreter.blocked:
                yield f"interpreter {name} is away in slot {t}"
        if interpreter.maximum is not None and len(taken) > interpreter.maximum:
            yield f"interpreter {name} has {len(taken)} meetings, more than {interpreter.maximum}"
        if interpreter.run is not None and _longest_run(instance.slots, taken) > interpreter.run:
            yield f"interpreter {name} has more than {interpreter.run} meetings in a row"


def _of_tables(
    instance: Instance,
    meetings: Mapping[str, Meeting],
    held: Mapping[str, Assignment],
    known: Mapping[str, Participant],
) -> Iterator[str]:
    tables = {table.id: table for table in instance.tables}
    owned = {person.table for person in instance.participants if person.table is not None}
    used: dict[tuple[str, int], str] = {}
    unnamed: dict[int, list[tuple[str, list[str]]]] = defaultdict(list)
    for one in held.values():
        meeting = meetings[one.meeting]
        fitting = _fitting(meeting, one, known, tables, owned)
        if fitting is None:
            if one.table is not None:
                yield f"meeting {one.meeting} is online and has table {one.table}"
        elif one.table is None and not instance.exact_tables:
            unnamed[one.slot].append((one.meeting, fitting))
        elif one.table not in fitting:
            yield f"meeting {one.meeting} cannot be held at table {one.table}"
        elif (one.table, one.slot) in used:
            yield f"table {one.table} has meetings {used[one.table, one.slot]} and {one.meeting} in slot {one.slot}"
        else:
            used[one.table, one.slot] = one.meeting
    for t, rows in unnamed.items():
        yield from _seating(t, rows, {table for table, slot in used if slot == t})


def _fitting(
    meeting: Meeting,
    one: Assignment,
    known: Mapping[str, Participant],
    tables: Mapping[str, Table],
    owned: set[str],
) -> list[str] | None:
    """The tables at which a meeting may be held in its slot, None when it needs none."""
    onsite = [known[person] for person in one.people if known[person].onsite]
    everybody = len(onsite) == len(one.people)
    if meeting.mode == "online" or not onsite or (meeting.mode is None and not everybody):
        return None
    own = {person.table for person in onsite if person.table is not None}
    return [
        table.id
        for table in tables.values()
        if one.slot not in table.blocked
        and (
            table.id in own
            if own
            else table.id not in owned
            and meeting.features <= table.features
            and len(onsite) <= table.capacity
        )
    ]


def _seating(slot: int, rows: Sequence[tuple[str, list[str]]], taken: set[str]) -> Iterator[str]:
    """Meetings of one slot for which no tables are left, when tables are counted and not named: augmenting paths."""
    holder: dict[str, str] = {}
    wishes = {meeting: [table for table in fitting if table not in taken] for meeting, fitting in rows}

    def seat(meeting: str, seen: set[str]) -> bool:
        for table in wishes[meeting]:
            if table not in seen:
                seen.add(table)
                if table not in holder or seat(holder[table], seen):
                    holder[table] = meeting
                    return True
        return False

    for meeting in wishes:
        if not seat(meeting, set()):
            yield f"slot {slot} has no table for meeting {meeting}"


def _diary(assignments: Iterable[Assignment]) -> dict[str, list[Assignment]]:
    diary: dict[str, list[Assignment]] = defaultdict(list)
    for one in sorted(assignments, key=lambda one: one.slot):
        for person in one.people:
            diary[person].append(one)
    return diary


def _breaks(instance: Instance, person: Participant, own: Sequence[Assignment]) -> int:
    count = 0
    for a, b in pairwise(own):
        if instance.break_rule == "academic":
            count += b.slot - a.slot > 1
        elif instance.slots[a.slot].day == instance.slots[b.slot].day:
            count += any(not _engaged(person, instance.slots[t], t) for t in range(a.slot + 1, b.slot))
    return count


def _engaged(person: Participant, slot: Slot, number: int) -> bool:
    return number in person.blocked or any(
        not (end <= slot.start or slot.start + slot.minutes <= start) for start, end in person.busy
    )


def _decent(person: Participant, hours: tuple[int, int] | None, slot: Slot) -> bool:
    if hours is None:
        return True
    local = (slot.start + person.utc_offset) % DAY
    return any(hours[0] <= start and start + slot.minutes <= hours[1] for start in (local, local + DAY))


def _open(person: Participant, slot: Slot, number: int) -> bool:
    return not _engaged(person, slot, number) and _decent(person, person.hours, slot)


def _longest_run(slots: Sequence[Slot], taken: Sequence[int]) -> int:
    longest = run = 0
    before: int | None = None
    for t in sorted(set(taken)):
        run = run + 1 if before == t - 1 and slots[t - 1].day == slots[t].day else 1
        longest = max(longest, run)
        before = t
    return longest

"""Whether a problem makes sense, before anything is computed from it.

`validate` refuses what cannot be meant: references to nobody, negative numbers, fixed slots that are forbidden. It does not ask
whether a timetable exists; meetings that exclude each other are found by `explain.conflicts`.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from itertools import product

from conference.matchmaking.solver.model import (
    OBJECTIVES,
    Instance,
    InvalidInstance,
    Meeting,
    Participant,
    Slot,
)

# Far beyond any event; they keep a slip of the keyboard from filling the memory.
MOST_SLOTS = 2_000
MOST_PARTICIPANTS = 50_000
MOST_MEETINGS = 300_000
MOST_TABLES = 20_000
MOST_INTERPRETERS = 5_000
MOST_SEATS = 5
MOST_WEIGHT = 1_000_000
MOST_TOTAL_WEIGHT = 2**31 - 1
MOST_MINUTES = 1440 * 400
DAY = 1440

MODES = (None, "onsite", "online", "hybrid")


def validate(instance: Instance) -> None:
    """Raises `InvalidInstance` with the record and the field of the first mistake."""
    _sizes(instance)
    _slots(instance)
    people = _index("participants", (one.id for one in instance.participants))
    meetings = _index("meetings", (one.id for one in instance.meetings))
    tables = _index("tables", (one.id for one in instance.tables))
    _index("interpreters", (one.id for one in instance.interpreters))
    _tables(instance)
    _interpreters(instance)
    for number, person in enumerate(instance.participants):
        _participant(instance, number, person, tables)
    for number, meeting in enumerate(instance.meetings):
        _meeting(instance, number, meeting, people, tables)
    total = sum(meeting.weight for meeting in instance.meetings)
    if total > MOST_TOTAL_WEIGHT:
        raise InvalidInstance("meetings", "weight", f"The weights add up to {total}, which is too much.")
    _pairs("precedences", instance.precedences, meetings, "meeting", "cannot come before itself")
    _pairs("apart", instance.apart, people, "participant", "cannot be kept apart from itself")
    if instance.break_rule not in ("day", "academic"):
        raise InvalidInstance("instance", "break_rule", f"“{instance.break_rule}” is not a break rule.")
    if instance.maximum_break_difference is not None:
        _number("instance", "maximum_break_difference", instance.maximum_break_difference, 0, MOST_SLOTS)
    for one in instance.objectives:
        if one not in OBJECTIVES:
            raise InvalidInstance("instance", "objectives", f"“{one}” is not an objective.")
    if len(set(instance.objectives)) < len(instance.objectives):
        raise InvalidInstance("instance", "objectives", "An objective is named twice.")
    if not instance.objectives:
        raise InvalidInstance("instance", "objectives", "There must be at least one objective.")


def engaged(person: Participant, slot: Slot, number: int) -> bool:
    """Whether a person is blocked in a slot, or busy during some of it."""
    return number in person.blocked or any(
        start < slot.start + slot.minutes and slot.start < end for start, end in person.busy
    )


def within(hours: tuple[int, int] | None, utc_offset: int, slot: Slot) -> bool:
    """Whether a slot lies wholly within hours of the local day; hours past midnight are (from, to + 1440)."""
    if hours is None:
        return True
    local = (slot.start + utc_offset) % DAY
    return any(hours[0] <= start and start + slot.minutes <= hours[1] for start in (local, local + DAY))


def _sizes(instance: Instance) -> None:
    if not instance.slots:
        raise InvalidInstance("instance", "slots", "There are no slots, so no meeting can be held.")
    for name, count, most in (
        ("slots", len(instance.slots), MOST_SLOTS),
        ("participants", len(instance.participants), MOST_PARTICIPANTS),
        ("meetings", len(instance.meetings), MOST_MEETINGS),
        ("tables", len(instance.tables), MOST_TABLES),
        ("interpreters", len(instance.interpreters), MOST_INTERPRETERS),
    ):
        if count > most:
            raise InvalidInstance("instance", name, f"{count} are more than the {most} that can be handled.")


def _slots(instance: Instance) -> None:
    before: Slot | None = None
    for number, slot in enumerate(instance.slots):
        record = f"slots[{number}]"
        _number(record, "start", slot.start, -MOST_MINUTES, MOST_MINUTES)
        _number(record, "minutes", slot.minutes, 1, DAY)
        _number(record, "day", slot.day, -MOST_SLOTS, 10**6)
        if before is not None:
            if slot.start < before.start + before.minutes:
                raise InvalidInstance(
                    record,
                    "start",
                    "Slots stand in the order of time, and this one begins before the last one ends.",
                )
            if slot.day < before.day and instance.break_rule == "day":
                raise InvalidInstance(
                    record, "day", "Slots stand in the order of time, and this day is over."
                )
        before = slot


def _tables(instance: Instance) -> None:
    size = len(instance.slots)
    for number, table in enumerate(instance.tables):
        _number(f"tables[{number}]", "capacity", table.capacity, 0, 10_000)
        _within_slots(f"tables[{number}]", "blocked", table.blocked, size)


def _interpreters(instance: Instance) -> None:
    size = len(instance.slots)
    for pair, row in instance.interpreter_pools.items():
        record = f"interpreter_pools[{pair}]"
        if len(row) != size:
            raise InvalidInstance(record, "", f"{len(row)} numbers are given for {size} slots.")
        for t, count in enumerate(row):
            _number(record, f"[{t}]", count, 0, 10_000)
    for number, interpreter in enumerate(instance.interpreters):
        record = f"interpreters[{number}]"
        if not interpreter.pairs:
            raise InvalidInstance(record, "pairs", "An interpreter needs at least one language pair.")
        _within_slots(record, "blocked", interpreter.blocked, size)
        if interpreter.maximum is not None:
            _number(record, "maximum", interpreter.maximum, 0, 10**6)
        if interpreter.run is not None:
            _number(record, "run", interpreter.run, 1, MOST_SLOTS)


def _participant(instance: Instance, number: int, person: Participant, tables: Mapping[str, int]) -> None:
    record = f"participants[{number}]"
    size = len(instance.slots)
    _number(record, "utc_offset", person.utc_offset, -DAY, DAY)
    for name, hours in (("hours", person.hours), ("social_hours", person.social_hours)):
        if hours is not None:
            _number(record, name, hours[0], 0, 2 * DAY)
            _number(record, name, hours[1], 0, 2 * DAY)
            if hours[0] >= hours[1]:
                raise InvalidInstance(
                    record,
                    name,
                    "The hours end before they begin; past midnight add 1440 minutes to the end.",
                )
    for start, end in person.busy:
        _number(record, "busy", start, -MOST_MINUTES, MOST_MINUTES)
        _number(record, "busy", end, -MOST_MINUTES, MOST_MINUTES)
        if start >= end:
            raise InvalidInstance(
                record, "busy", f"The interval from {start} ends at {end}, before it begins."
            )
    _within_slots(record, "blocked", person.blocked, size)
    if person.maximum is not None:
        _number(record, "maximum", person.maximum, 0, 10**6)
    if person.maximum_per_day is not None:
        _number(record, "maximum_per_day", person.maximum_per_day, 0, 10**6)
    _number(record, "target", person.target, 0, MOST_SLOTS)
    if person.maximum is not None and person.target > person.maximum:
        raise InvalidInstance(
            record, "target", f"{person.target} meetings are promised where {person.maximum} are the most."
        )
    for pause in person.pauses:
        if not pause.slots:
            raise InvalidInstance(record, "pauses", "A pause names no slot.")
        _within_slots(record, "pauses", pause.slots, size)
        _number(record, "pauses", pause.free, 0, len(pause.slots))
    _number(record, "gap", person.gap, 0, MOST_SLOTS)
    if person.run is not None:
        _number(record, "run", person.run, 1, MOST_SLOTS)
    if person.table is not None and person.table not in tables:
        raise InvalidInstance(record, "table", f"There is no table “{person.table}”.")


def _meeting(
    instance: Instance,
    number: int,
    meeting: Meeting,
    people: Mapping[str, int],
    tables: Mapping[str, int],
) -> None:
    record = f"meetings[{number}]"
    size = len(instance.slots)
    if not 2 <= len(meeting.seats) <= MOST_SEATS:
        raise InvalidInstance(
            record, "seats", f"A meeting has 2 to {MOST_SEATS} seats, and this one has {len(meeting.seats)}."
        )
    for seat in meeting.seats:
        if not seat:
            raise InvalidInstance(record, "seats", "Nobody can take one of the seats.")
        for one in seat:
            if one not in people:
                raise InvalidInstance(record, "seats", f"There is no participant “{one}”.")
        if len(set(seat)) < len(seat):
            raise InvalidInstance(record, "seats", "A participant is named twice for one seat.")
    if not _distinct(meeting.seats):
        raise InvalidInstance(record, "seats", "One participant would have to take two seats.")
    _number(record, "weight", meeting.weight, 0, MOST_WEIGHT)
    if meeting.mode not in MODES:
        raise InvalidInstance(record, "mode", f"“{meeting.mode}” is not onsite, online or hybrid.")
    if meeting.slots is not None:
        _within_slots(record, "slots", meeting.slots, size)
    if meeting.interpreter is not None:
        _pair_known(instance, record, meeting.interpreter)
    if meeting.published is not None:
        _number(record, "published", meeting.published[0], 0, size - 1)
        if meeting.published[1] is not None and meeting.published[1] not in tables:
            raise InvalidInstance(record, "published", f"There is no table “{meeting.published[1]}”.")
    if meeting.fixed is not None:
        _fixed(instance, record, meeting, people)


def _fixed(instance: Instance, record: str, meeting: Meeting, people: Mapping[str, int]) -> None:
    fixed = meeting.fixed
    assert fixed is not None
    _number(record, "fixed", fixed, 0, len(instance.slots) - 1)
    if meeting.slots is not None and fixed not in meeting.slots:
        raise InvalidInstance(record, "fixed", f"Slot {fixed} is not one of those the meeting allows.")
    slot = instance.slots[fixed]
    for seat in meeting.seats:
        persons = [instance.participants[people[one]] for one in seat]
        if all(engaged(person, slot, fixed) for person in persons):
            raise InvalidInstance(
                record, "fixed", f"Slot {fixed} is forbidden to participant {' and '.join(seat)}."
            )
        if all(
            engaged(person, slot, fixed) or not within(person.hours, person.utc_offset, slot)
            for person in persons
        ):
            raise InvalidInstance(
                record, "fixed", f"Slot {fixed} is outside the hours of participant {' and '.join(seat)}."
            )


def _pair_known(instance: Instance, record: str, pair: str) -> None:
    if pair in instance.interpreter_pools:
        return
    if not any(pair in interpreter.pairs for interpreter in instance.interpreters):
        # Nobody speaks it: that is a reason to stay unscheduled, as long as interpreters are known at all.
        if not instance.interpreter_pools and not instance.interpreters:
            raise InvalidInstance(
                record, "interpreter", f"There is no interpreter at all, and “{pair}” is needed."
            )


def _distinct(seats: tuple[tuple[str, ...], ...]) -> bool:
    """Whether different people can take all the seats. At most five of them, so trying is cheap where it matters."""
    if all(len(seat) == 1 for seat in seats):
        return len({seat[0] for seat in seats}) == len(seats)
    small = [seat for seat in seats if len(seat) < len(seats)]  # the others always find somebody
    return any(len(set(people)) == len(people) for people in product(*small))


def _index(record: str, names: Iterable[str]) -> dict[str, int]:
    index: dict[str, int] = {}
    for number, name in enumerate(names):
        if name in index:
            raise InvalidInstance(
                f"{record}[{number}]", "id", f"“{name}” is also the id of {record}[{index[name]}]."
            )
        index[name] = number
    return index


def _pairs(
    record: str, pairs: Iterable[tuple[str, str]], known: Mapping[str, int], kind: str, itself: str
) -> None:
    for number, pair in enumerate(pairs):
        for one in pair:
            if one not in known:
                raise InvalidInstance(f"{record}[{number}]", "", f"There is no {kind} “{one}”.")
        if pair[0] == pair[1]:
            raise InvalidInstance(f"{record}[{number}]", "", f"A {kind} {itself}.")


def _within_slots(record: str, field: str, slots: Collection[int], size: int) -> None:
    for t in sorted(slots):
        if not 0 <= t < size:
            raise InvalidInstance(
                record, field, f"Slot {t} does not exist; slots are numbered 0 to {size - 1}."
            )


def _number(record: str, field: str, value: int, low: int, high: int) -> None:
    if isinstance(value, bool) or not isinstance(value, int):
        raise InvalidInstance(record, field, f"A whole number is needed, and {value!r} is none.")
    if not low <= value <= high:
        raise InvalidInstance(record, field, f"{value} is not between {low} and {high}.")

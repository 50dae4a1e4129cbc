"""Made-up meeting problems of three families, each the same for the same seed, at the sizes of real events."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import replace

from conference.matchmaking.solver import Instance, Meeting, Participant, Slot, Solution, Table

PAIRS = ("zh-en", "zh-th", "zh-my")  # language pairs of interpreters
OFFSETS = (-480, -300, 0, 120, 330, 345, 420, 480, 540)  # minutes from UTC of people who take part from afar
MORNING = 60  # 09:00 in Kunming is 01:00 UTC


def slots_of(count: int, days: int, minutes: int) -> tuple[Slot, ...]:
    """Days of equal length with an hour for lunch."""
    of_day = count // days
    return tuple(
        Slot(
            start=(t // of_day) * 1440
            + MORNING
            + (t % of_day) * minutes
            + (60 if t % of_day >= of_day // 2 else 0),
            minutes=minutes,
            day=t // of_day,
        )
        for t in range(count)
    )


def event(seed: int, people: int, requests: int, slots: int, tables: int, *, days: int = 2) -> Instance:
    """More requests than fit: exhibitors with own tables, a quarter remote, some with a maximum, few interpreters."""
    dice = random.Random(seed)
    times = slots_of(slots, days, 30 if slots // days <= 16 else 20)
    exhibitors = people // 16
    participants = []
    for number in range(people):
        remote = number >= exhibitors and dice.random() < 0.25
        participants.append(
            Participant(
                id=f"p{number}",
                onsite=not remote,
                utc_offset=dice.choice(OFFSETS) if remote else 480,
                hours=(7 * 60, 22 * 60) if remote else None,
                blocked=_elsewhere(dice, slots, days),
                maximum=dice.choice((4, 6, 8, 10)) if dice.random() < 0.15 else None,
                table=f"own{number}" if number < exhibitors else None,
            )
        )
    # Exhibitors are asked most, then a few well-known people; most are asked seldom.
    crowd = list(range(exhibitors, people))
    dice.shuffle(crowd)
    fame = {number: (place + 3) ** -0.85 for place, number in enumerate([*range(exhibitors), *crowd])}
    shares = [fame[number] for number in range(people)]
    asked: set[frozenset[int]] = set()
    meetings: list[Meeting] = []
    while len(meetings) < requests:
        who = dice.randrange(people)
        whom = dice.choices(range(people), shares)[0]
        if who == whom or frozenset((who, whom)) in asked:
            continue
        asked.add(frozenset((who, whom)))
        meetings.append(
            Meeting(
                id=f"m{len(meetings)}",
                seats=((f"p{who}",), (f"p{whom}",)),
                weight=dice.choices((5, 3, 1), (10, 35, 55))[0],
                interpreter=dice.choice(PAIRS) if dice.random() < 0.08 else None,
            )
        )
    each = max(1, round(0.02 * requests / slots))
    return Instance(
        slots=times,
        participants=tuple(participants),
        meetings=tuple(meetings),
        tables=(
            *(Table(f"t{number}") for number in range(tables)),
            *(Table(f"own{number}") for number in range(exhibitors)),
        ),
        interpreter_pools={
            pair: tuple(each if dice.random() < 0.9 else max(0, each - 1) for _ in range(slots))
            for pair in PAIRS
        },
        objectives=("weight", "breaks", "table_changes"),
        name=f"event of {people}",
    )


def _elsewhere(dice: random.Random, slots: int, days: int) -> frozenset[int]:
    """Sessions a person attends, and half a day missed now and then."""
    of_day = slots // days
    blocked: set[int] = set()
    for day in range(days):
        for _ in range(dice.choice((0, 0, 1, 1, 2))):
            length = dice.choice((2, 3, 4))
            first = day * of_day + dice.randrange(of_day - length)
            blocked.update(range(first, first + length))
    if dice.random() < 0.08:
        blocked.update(range(of_day // 2))
    if dice.random() < 0.08:
        blocked.update(range(slots - of_day // 2, slots))
    return frozenset(blocked)


def brokerage(seed: int, people: int, slots: int, tables: int, fill: float = 0.75) -> Instance:
    """Every meeting mandatory, few breaks wanted. Made from a hidden timetable, so there is a solution."""
    dice = random.Random(seed)
    hours = []
    for _ in range(people):
        first = dice.randrange(slots // 3)
        hours.append(range(first, dice.randrange(2 * slots // 3, slots) + 1))
    met: set[frozenset[int]] = set()
    meetings: list[Meeting] = []
    taken: set[tuple[int, int]] = set()
    for slot in range(slots):
        here = [person for person in range(people) if slot in hours[person] and dice.random() < fill]
        dice.shuffle(here)
        count = 0
        for who, whom in zip(here[::2], here[1::2], strict=False):
            if frozenset((who, whom)) in met or count == tables:
                continue
            met.add(frozenset((who, whom)))
            taken |= {(who, slot), (whom, slot)}
            count += 1
            meetings.append(
                Meeting(id=f"m{len(meetings)}", seats=((f"p{who}",), (f"p{whom}",)), mandatory=True)
            )
    dice.shuffle(meetings)
    return Instance(
        slots=tuple(Slot(30 * t, 30) for t in range(slots)),
        participants=tuple(
            Participant(
                f"p{person}",
                blocked=frozenset(
                    t for t in range(slots) if (person, t) not in taken and dice.random() < 0.1
                ),
            )
            for person in range(people)
        ),
        meetings=tuple(meetings),
        tables=tuple(Table(f"t{number}") for number in range(tables)),
        break_rule="academic",
        exact_tables=False,
        objectives=("breaks",),
        name=f"brokerage of {people}",
    )


def again(instance: Instance, solution: Solution, seed: int) -> Instance:
    """The same event after its timetable was published: 4 % cancelled, 6 % asked anew, 1 % of the people lost half a day."""
    dice = random.Random(seed)
    published = {one.meeting: (one.slot, one.table) for one in solution.assignments}
    cancelled = set(dice.sample(sorted(published), len(published) // 25))
    meetings = [
        replace(meeting, published=published.get(meeting.id))
        for meeting in instance.meetings
        if meeting.id not in cancelled
    ]
    asked = {frozenset(person for seat in meeting.seats for person in seat) for meeting in instance.meetings}
    names: Sequence[str] = [person.id for person in instance.participants]
    wanted = len(instance.meetings) * 6 // 100
    while wanted:
        pair = dice.sample(names, 2)
        if frozenset(pair) in asked:
            continue
        asked.add(frozenset(pair))
        meetings.append(
            Meeting(id=f"n{wanted}", seats=((pair[0],), (pair[1],)), weight=dice.choice((1, 1, 3, 5)))
        )
        wanted -= 1
    half = len(instance.slots) // (2 * len({slot.day for slot in instance.slots}))
    ill = set(dice.sample(names, max(1, len(names) // 100)))
    first = {name: half * dice.randrange(len(instance.slots) // half) for name in sorted(ill)}
    return replace(
        instance,
        participants=tuple(
            replace(person, blocked=person.blocked | set(range(first[person.id], first[person.id] + half)))
            if person.id in ill
            else person
            for person in instance.participants
        ),
        meetings=tuple(meetings),
        objectives=("moved", "weight", "breaks", "table_changes"),
        name=f"{instance.name}, again",
    )

"""Small problems for the tests of the solver: built by hand or by a seed, and the truth by trying everything."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import product
from typing import Any

from conference.matchmaking.solver.audit import measure, violations
from conference.matchmaking.solver.model import (
    Assignment,
    Instance,
    Interpreter,
    Meeting,
    Participant,
    Pause,
    Slot,
    Solution,
    Table,
)

MORNING = 9 * 60


def slots(count: int, *, days: int = 1, minutes: int = 30, start: int = MORNING) -> tuple[Slot, ...]:
    """`count` slots in all, one after the other, spread evenly over the days."""
    of_day = -(-count // days)
    return tuple(
        Slot((t // of_day) * 1440 + start + (t % of_day) * minutes, minutes, t // of_day + 1)
        for t in range(count)
    )


def people(*names: str, **options: Any) -> tuple[Participant, ...]:
    return tuple(Participant(name, **options) for name in names)


def meeting(name: str, *seats: str | tuple[str, ...], **options: Any) -> Meeting:
    """A meeting of these people; a seat that several could take is a tuple."""
    return Meeting(name, tuple((seat,) if isinstance(seat, str) else seat for seat in seats), **options)


def tables(count: int, **options: Any) -> tuple[Table, ...]:
    return tuple(Table(f"t{i}", **options) for i in range(count))


def problem(
    size: int | tuple[Slot, ...],
    participants: Sequence[Participant],
    meetings: Sequence[Meeting],
    places: int | tuple[Table, ...] = 10,
    **options: Any,
) -> Instance:
    return Instance(
        slots=slots(size) if isinstance(size, int) else size,
        participants=tuple(participants),
        meetings=tuple(meetings),
        tables=tables(places) if isinstance(places, int) else places,
        **options,
    )


def random_problem(seed: int, *, participants: int = 8, requests: int = 14, size: int = 6) -> Instance:
    """A problem with some of everything in it, feasible because nothing in it is mandatory."""
    dice = random.Random(seed)

    def maybe(share: float, value: Any, otherwise: Any = None) -> Any:
        return value if dice.random() < share else otherwise

    grid = slots(size, days=dice.choice([1, 2]))
    names = [f"p{i}" for i in range(participants)]
    places = (
        *(
            Table(
                f"t{i}",
                capacity=dice.choice([2, 2, 5]),
                features=frozenset(maybe(0.3, ["screen"], [])),
                blocked=frozenset(maybe(0.2, [dice.randrange(size)], [])),
            )
            for i in range(dice.randint(1, 3))
        ),
        Table("own"),
    )
    crowd = tuple(
        Participant(
            name,
            onsite=dice.random() < 0.75,
            utc_offset=dice.choice([0, 480, 345, -300]),
            hours=maybe(0.3, (dice.choice([0, 420, 540]), dice.choice([900, 1320, 1500]))),
            social_hours=maybe(0.4, (540, 1080)),
            busy=maybe(0.2, ((grid[1].start + 10, grid[1].start + 25),), ()),
            blocked=frozenset(maybe(0.3, [dice.randrange(size)], [])),
            maximum=maybe(0.3, dice.randint(1, 4)),
            maximum_per_day=maybe(0.2, dice.randint(1, 3)),
            target=0,
            pauses=maybe(0.2, (Pause(frozenset({1, 2}), 1),), ()),
            gap=maybe(0.15, 1, 0),
            run=maybe(0.2, dice.randint(1, 3)),
            table="own" if i == 0 else None,
        )
        for i, name in enumerate(names)
    )
    crowd = tuple(replace(one, target=maybe(0.3, min(2, one.maximum or 2), 0)) for one in crowd)
    asked = []
    for number in range(requests):
        who = dice.sample(names, dice.choice([2, 2, 2, 2, 3]))
        seats: list[tuple[str, ...]] = [(one,) for one in who]
        if dice.random() < 0.15:
            other = dice.choice([name for name in names if name not in who])
            seats[1] = (seats[1][0], other)
        everybody = [crowd[names.index(one)] for seat in seats for one in seat]
        open_to_all = [t for t in range(size) if all(_is_open(one, grid, t) for one in everybody)]
        asked.append(
            Meeting(
                f"m{number}",
                tuple(seats),
                weight=dice.choice([1, 1, 3, 5]),
                mode=dice.choice([None, None, None, "onsite", "online", "hybrid"]),
                interpreter=maybe(0.25, dice.choice(["zh-lo", "zh-ne"])),
                features=frozenset(maybe(0.1, ["screen"], [])),
                slots=frozenset(dice.sample(range(size), size - 1)) if dice.random() < 0.1 else None,
                published=maybe(0.3, (dice.randrange(size), None)),
            )
        )
        if open_to_all and asked[-1].slots is None and dice.random() < 0.1:
            asked[-1] = replace(asked[-1], fixed=dice.choice(open_to_all))
    asked = _without_clashes(asked)
    return Instance(
        slots=grid,
        participants=crowd,
        meetings=tuple(asked),
        tables=places,
        interpreters=(
            Interpreter("Li", frozenset({"zh-lo", "zh-ne"}), maximum=maybe(0.5, 3), run=maybe(0.5, 1)),
        ),
        interpreter_pools={"zh-lo": tuple(dice.choice([0, 1]) for _ in range(size))},
        precedences=(("m0", "m1"), ("m2", "m1")),
        apart=(("p1", "p2"),),
        break_rule="day",
        exact_tables=dice.random() < 0.7,
        name=f"random {seed}",
    )


def _is_open(person: Participant, grid: Sequence[Slot], t: int) -> bool:
    """Asked of the checker itself: would a lone meeting there break a rule of the person?"""
    alone = replace(person, pauses=(), table=None, maximum=None, maximum_per_day=None)
    lone = Instance(
        tuple(grid), (alone, Participant("guest")), (meeting("m", person.id, "guest", mode="online"),)
    )
    held = Solution((Assignment("m", t, (person.id, "guest")),), (), (), (), 1, None)
    return violations(lone, held) == []


def _without_clashes(asked: Sequence[Meeting]) -> list[Meeting]:
    """At most one fixed meeting: those of one slot could exclude each other, which has its own tests."""
    kept: list[Meeting] = []
    for one in asked:
        if one.fixed is not None and any(other.fixed is not None for other in kept):
            one = replace(one, fixed=None)
        kept.append(one)
    return kept


def as_solution(instance: Instance, assignments: Sequence[Assignment]) -> Solution:
    """Assignments with their objective as the independent count has it."""
    bare = Solution(tuple(assignments), (), (), instance.objectives, 0, None)
    weights = {one.id: one.weight for one in instance.meetings}
    return replace(
        bare,
        objective=measure(instance, bare),
        weight=sum(weights[one.meeting] for one in assignments),
    )


def best_by_trying(instance: Instance) -> tuple[int, ...]:
    """The best objective vector there is, from all timetables. For a handful of meetings and slots."""
    return min(one.objective for one in every_timetable(instance))


def every_timetable(instance: Instance) -> Iterator[Solution]:
    """Every valid timetable; tables and interpreters tried in every way."""

    def extend(number: int, chosen: list[Assignment]) -> Iterator[Solution]:
        if number == len(instance.meetings):
            solution = as_solution(instance, chosen)
            if not violations(instance, solution):
                yield solution
            return
        yield from extend(number + 1, chosen)
        for one in _placements(instance, instance.meetings[number]):
            if not violations(lenient, as_solution(lenient, [*chosen, one])):
                yield from extend(number + 1, [*chosen, one])

    # What a part of a timetable must keep already, before the rest is there.
    lenient = replace(
        instance,
        meetings=tuple(replace(one, mandatory=False) for one in instance.meetings),
        maximum_break_difference=None,
    )
    return extend(0, [])


def _placements(instance: Instance, one: Meeting) -> Iterator[Assignment]:
    places: list[str | None] = [None]
    if instance.exact_tables:
        places.extend(table.id for table in instance.tables)
    voices: list[str | None] = [None]
    if one.interpreter is not None:
        voices = [one.interpreter, *(interpreter.id for interpreter in instance.interpreters)]
    for t, who, place, voice in product(range(len(instance.slots)), product(*one.seats), places, voices):
        yield Assignment(one.id, t, who, place, voice)

"""The search for timetables: its counts stay true, its steps are reproducible, and it ends when told to."""

from __future__ import annotations

import queue
import signal
import subprocess
import sys
import time
from pathlib import Path
from random import Random

import numpy as np
import pytest

from conference.matchmaking.solver import (
    Infeasible,
    Instance,
    Interpreter,
    Meeting,
    Participant,
    Pause,
    Slot,
    Table,
    solve,
)
from conference.matchmaking.solver.annealing import SEARCHING, anneal, costs, ranks
from conference.matchmaking.solver.audit import violations
from conference.matchmaking.solver.core import compile_instance
from conference.matchmaking.solver.evaluate import objectives
from conference.matchmaking.solver.greedy import construct
from conference.matchmaking.solver.layout import (
    COUNT_OF,
    MEETING,
    MEETING_ROW,
    MEETINGS,
    OPTION_OF,
    SLOT_OF,
    TABLE_OF,
)
from conference.matchmaking.solver.moves import anneal_steps
from conference.matchmaking.solver.state import make_state
from conference.matchmaking.solver.tables import assign_tables
from conference.matchmaking.solver.worker import Worker

BASE_DIR = Path(__file__).resolve().parents[2]
DAY = 1440


def an_event(seed: int, *, people: int = 12, published: int = 0, mandatory: int = 0) -> Instance:
    """A small event with everything in it: hours, buffers, pauses, representatives, an interpreter, own tables, an order."""
    random = Random(seed)
    slots = tuple(Slot(DAY * day + 540 + 30 * t, 30, day) for day in range(2) for t in range(5))
    participants = tuple(
        Participant(
            str(i),
            onsite=random.random() < 0.8,
            utc_offset=345,
            hours=(900, 1300) if random.random() < 0.2 else None,
            social_hours=(930, 1100),
            gap=random.choice([0, 0, 0, 1]),
            run=random.choice([None, None, 2]),
            maximum=random.choice([None, None, 4]),
            maximum_per_day=random.choice([None, 3]),
            target=random.choice([0, 2]),
            pauses=(Pause(frozenset({2, 3})),) if random.random() < 0.3 else (),
            blocked=frozenset(random.sample(range(len(slots)), random.choice([0, 2]))),
            table="own" if i == 0 else None,
        )
        for i in range(people)
    )
    pairs = [(a, b) for a in range(people) for b in range(a)]
    random.shuffle(pairs)
    meetings = []
    for number, (a, b) in enumerate(pairs[: 4 * people]):
        seats: tuple[tuple[str, ...], ...] = ((str(a),), (str(b),))
        if random.random() < 0.15 and (b + 1) % people != a:
            seats = ((str(a),), (str(b), str((b + 1) % people)))
        meetings.append(
            Meeting(
                str(number),
                seats,
                weight=random.choice([1, 3, 5]),
                interpreter="zh-en" if random.random() < 0.2 else None,
                published=(random.randrange(len(slots)), None) if number < published else None,
                mandatory=number < mandatory,
            )
        )
    return Instance(
        slots=slots,
        participants=participants,
        meetings=tuple(meetings),
        tables=(Table("1"), Table("2"), Table("3", blocked=frozenset({3})), Table("own")),
        interpreters=(Interpreter("I", frozenset({"zh-en"}), run=2, blocked=frozenset({0})),),
        interpreter_pools={"zh-en": (1, 0, 0, 0, 0, 0, 0, 0, 1, 0)},
        precedences=(("0", "1"), ("2", "3")),
        apart=(("3", "4"),),
    )


@pytest.mark.parametrize("seed", range(4))
def test_the_counts_of_the_search_are_those_of_the_evaluation_after_thousands_of_moves(seed: int) -> None:
    core = compile_instance(an_event(seed))
    start = construct(core, seed=seed)
    names = [name for pool in core.pools for name in pool]
    numbers = [-1 if one is None else names.index(one) for one in assign_tables(core, start, steps=100)]
    a = make_state(core, start, seed=seed, tables=np.array(numbers, dtype=np.int32))
    order = ranks(core, seating=True)
    for _ in range(20):
        anneal_steps(a, 500, costs(core, order), np.array([1.0, *SEARCHING[:3], 0.3]), order)
        rows = a[a[MEETING] : a[MEETING] + a[MEETINGS] * MEETING_ROW].reshape(-1, MEETING_ROW)
        now = rows[:, [OPTION_OF, SLOT_OF]].copy()
        tables = a[a[TABLE_OF] : a[TABLE_OF] + a[MEETINGS]]
        named = [None if table < 0 else names[table] for table in tables]
        values = objectives(core, now, named)
        assert {name: int(a[COUNT_OF[name]]) for name in values} == values


@pytest.mark.parametrize("seed", range(3))
def test_a_timetable_found_by_the_clock_is_valid(seed: int) -> None:
    instance = an_event(seed, mandatory=3 * (seed % 2))
    solution = solve(instance, seconds=1.0, seed=seed)
    assert violations(instance, solution) == []
    assert solution.assignments


def test_the_same_steps_and_seed_give_the_same_timetable() -> None:
    instance = an_event(7)
    first, second = (solve(instance, steps=5000, seed=3) for _ in range(2))
    assert first.assignments == second.assignments
    assert first.objective == second.objective


def test_annealing_never_returns_less_than_it_got() -> None:
    core = compile_instance(an_event(5))
    start = construct(core)
    better = anneal(core, start, steps=20_000)
    names = [name for name in core.instance.objectives if name != "table_changes"]
    before, after = (objectives(core, one, None) for one in (start, better))
    assert [after[name] for name in names] <= [before[name] for name in names]


def test_published_meetings_stay_where_they_can() -> None:
    instance = an_event(3, published=10)
    solution = solve(instance, seconds=1.0)
    assert violations(instance, solution) == []
    start = construct(compile_instance(instance))
    kept = sum(
        m.published is not None and m.published[0] == slot
        for m, slot in zip(instance.meetings, start[:, 1], strict=True)
    )
    assert 10 - len(solution.moved) >= kept


def test_a_search_that_is_stopped_returns_the_best_so_far_at_once() -> None:
    instance = an_event(4, people=20)
    began = time.monotonic()
    solution = solve(instance, seconds=60.0, stop=lambda: time.monotonic() - began > 1.0)
    assert time.monotonic() - began < 10.0
    assert violations(instance, solution) == []


def test_nothing_to_schedule_is_scheduled_at_once() -> None:
    empty = Instance(slots=(Slot(600, 30),), participants=(), meetings=())
    assert solve(empty, seconds=60.0).assignments == ()
    busy = Participant("a", blocked=frozenset({0}))
    instance = Instance(
        slots=(Slot(600, 30),),
        participants=(busy, Participant("b")),
        meetings=(Meeting("m", (("a",), ("b",))),),
        tables=(Table("t"),),
    )
    solution = solve(instance, seconds=60.0)
    assert solution.assignments == ()
    assert [one.meeting for one in solution.unscheduled] == ["m"]


def test_mandatory_meetings_that_exclude_each_other_are_named() -> None:
    instance = Instance(
        slots=(Slot(600, 30),),
        participants=tuple(Participant(one) for one in "abc"),
        meetings=(
            Meeting("1", (("a",), ("b",)), mandatory=True),
            Meeting("2", (("a",), ("c",)), mandatory=True),
        ),
        tables=(Table("t"), Table("u")),
    )
    with pytest.raises(Infeasible) as refusal:
        solve(instance, seconds=5.0)
    assert refusal.value.conflicts == (("1", "2"),)


def test_the_process_beside_the_search_computes_and_ends() -> None:
    core = compile_instance(an_event(1))
    inbox: queue.Queue[tuple[str, str, object]] = queue.Queue()
    worker = Worker(core, inbox)
    worker.ask("bound", seconds=5.0)
    job, kind, value = inbox.get(timeout=60)
    worker.end()
    assert (job, kind) == ("bound", "result")
    assert isinstance(value, int) and 0 < value <= int(core.weight.sum())


def test_the_process_beside_the_search_does_not_survive_a_killed_parent() -> None:
    script = (
        "import queue, sys; sys.path.insert(0, sys.argv[1])\n"
        "from tests.matchmaking.test_search import an_event\n"
        "from conference.matchmaking.solver.core import compile_instance\n"
        "from conference.matchmaking.solver.worker import Worker\n"
        "inbox = queue.Queue(); worker = Worker(compile_instance(an_event(1)), inbox)\n"
        "worker.ask('bound', seconds=1.0); inbox.get(timeout=60)\n"
        "print(worker.process_id, flush=True); inbox.get()\n"
    )
    parent = subprocess.Popen(
        [sys.executable, "-c", script, str(BASE_DIR)], stdout=subprocess.PIPE, text=True, cwd=BASE_DIR
    )
    assert parent.stdout is not None
    child = int(parent.stdout.readline())
    assert Path(f"/proc/{child}").exists()
    parent.send_signal(signal.SIGKILL)
    parent.wait()
    parent.stdout.close()
    end = time.monotonic() + 10
    while _runs(child) and time.monotonic() < end:
        time.sleep(0.05)
    assert not _runs(child)


def _runs(process: int) -> bool:
    """Whether a process is there and no zombie."""
    try:
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False

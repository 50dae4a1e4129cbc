"""`manage.py solve_meetings`: from file to file, without a database; a mistake is a sentence and writes nothing."""

from __future__ import annotations

import io
import json
import os
import signal
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError

from conference.matchmaking.solver.audit import violations
from conference.matchmaking.solver.formats import read_instance
from conference.matchmaking.solver.model import Assignment, Solution

BASE_DIR = Path(__file__).resolve().parents[2]


def event(people: int = 12, requests: int = 30, **options: Any) -> dict[str, Any]:
    pairs = [(i % people, (i * 5 + 1 + i // people) % people) for i in range(requests)]
    return {
        "format": "b2b-1",
        "name": "command",
        "family": "event",
        "slots": 5,
        "slot_len": 30,
        "slot_session": [1] * 5,
        "slot_utc": [480 + 30 * t for t in range(5)],
        "tables": 4,
        "assign_tables": True,
        "break_rule": "day_idle",
        "participants": [{"blocked": []} for _ in range(people)],
        "meeting_fields": ["a", "b", "w"],
        "meetings": [[a, b, 1 + i % 3] for i, (a, b) in enumerate(pairs) if a != b],
        **options,
    }


def run(tmp_path: Path, data: Any, *arguments: str) -> tuple[dict[str, Any], str]:
    source, target = tmp_path / "instance.json", tmp_path / "solution.json"
    source.write_text(data if isinstance(data, str) else json.dumps(data), encoding="utf-8")
    told = io.StringIO()
    call_command("solve_meetings", str(source), "-o", str(target), *arguments, stderr=told)
    return json.loads(target.read_text(encoding="utf-8")), told.getvalue()


def test_a_file_goes_in_and_a_valid_timetable_comes_out(tmp_path: Path) -> None:
    data = event()
    written, told = run(tmp_path, data, "--steps", "2000")
    instance = read_instance(data)
    held = tuple(
        Assignment(str(m), t, (str(data["meetings"][m][0]), str(data["meetings"][m][1])), str(table))
        for m, t, table in written["schedule"]
    )
    assert violations(instance, Solution(held, (), (), (), 0, None)) == []
    assert len(held) + len(written["unscheduled"]) == len(data["meetings"])
    assert all(one["code"] for one in written["unscheduled"])
    assert "objective" in told and "gap" in told and "weight" in told


def test_the_same_steps_write_the_same_timetable(tmp_path: Path) -> None:
    once, _ = run(tmp_path, event(), "--steps", "1000", "--quiet")
    again, told = run(tmp_path, event(), "--steps", "1000", "--quiet")
    assert {**once, "seconds": 0} == {**again, "seconds": 0}
    assert told == ""


@pytest.mark.parametrize(
    ("data", "words"),
    [
        ("{", "is not JSON"),
        ('{"format": "b2b-1"}', "instance.family: This key is missing."),
        (json.dumps(event(tables=-1)), "instance.tables: -1 is negative."),
        (json.dumps(event(slots=0)), "instance.slots: There are no slots"),
        (json.dumps(event(meetings=[[0, 99, 1]])), "meetings[0].b: There is no participant 99"),
        (
            json.dumps(event(meetings=[{"a": 0, "b": 1, "fixed": 2}, {"a": 0, "b": 2, "fixed": 2}])),
            "Meetings 0 and 1 cannot all be held.",
        ),
    ],
)
def test_a_mistake_is_said_in_a_sentence_and_nothing_is_written(
    tmp_path: Path, data: str, words: str
) -> None:
    with pytest.raises(CommandError) as caught:
        run(tmp_path, data, "--steps", "10")
    assert words in str(caught.value)
    assert [path.name for path in tmp_path.iterdir()] == ["instance.json"]


@pytest.mark.parametrize(
    "arguments", [["--seconds", "0"], ["--workers", "0"], ["--seed", "-1"], ["--steps", "-1"]]
)
def test_numbers_that_make_no_sense_are_refused(tmp_path: Path, arguments: list[str]) -> None:
    with pytest.raises(CommandError, match=f"{arguments[0]} must be"):
        run(tmp_path, event(), *arguments)


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(CommandError, match=r"nothing\.json cannot be read"):
        call_command("solve_meetings", str(tmp_path / "nothing.json"), "-o", str(tmp_path / "solution.json"))


def test_a_place_that_is_not_there_is_named_before_the_search(tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="is not a directory"):
        call_command("solve_meetings", "x.json", "-o", str(tmp_path / "no" / "solution.json"))


def test_control_c_ends_with_the_best_so_far(tmp_path: Path) -> None:
    source, target = tmp_path / "instance.json", tmp_path / "solution.json"
    data = event(people=80, requests=600)
    source.write_text(json.dumps(data), encoding="utf-8")
    process = subprocess.Popen(
        [sys.executable, "manage.py", "solve_meetings", str(source), "-o", str(target), "--seconds", "300"],
        cwd=BASE_DIR,
        env=os.environ,
        stderr=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        text=True,
    )
    watch = threading.Timer(120, process.kill)
    watch.start()
    try:
        assert process.stderr is not None
        with process.stderr as told:
            for line in told:
                if "objective" in line:
                    process.send_signal(signal.SIGINT)
                    break
            rest = told.read()
        assert process.wait() == 0, rest
    finally:
        watch.cancel()
        process.kill()
        process.wait()
    assert "Stopping with the best timetable so far." in rest
    assert json.loads(target.read_text(encoding="utf-8"))["schedule"]

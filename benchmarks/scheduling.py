"""The solver of meeting timetables: what it reaches beside what it should.

    python benchmarks/scheduling.py [--full] [--only WORD] [--seed 1]

Problems are made up from seeds (`_timetables`); where the example files of the design lie beside the repository
(../shared/data/b2b), those are solved as well and judged by their own checker. Each problem is solved in a process of its
own with two processors, so that the memory named is its own. Without `--full` the times are a fifth of those the
goals are meant for, and the whole takes some three minutes; a goal missed then is not a fault. What is wrong at any time is
a timetable that breaks a rule: then the exit code is 1.

Columns: seconds until the first valid timetable and in all; the weight reached as a share of its upper bound; breaks for each
participant with a meeting; changes of table; published meetings moved or dropped; what is proven to be the best possible;
peak memory.
"""

from __future__ import annotations

import argparse
import json
import pickle
import resource
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

BASE_DIR = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(BASE_DIR))

from benchmarks import _timetables as timetables  # noqa: E402
from conference.matchmaking.solver import Instance, Progress, Solution, solve  # noqa: E402
from conference.matchmaking.solver.audit import violations  # noqa: E402
from conference.matchmaking.solver.formats import read_instance, write_solution  # noqa: E402

EXAMPLES = BASE_DIR.parent / "shared" / "data" / "b2b"


@dataclass(frozen=True, slots=True)
class Goal:
    """What a run should reach. None where nothing is asked."""

    seconds: float
    first: float | None = None
    share: float | None = None
    breaks: float | None = None  # for each participant with a meeting
    total_breaks: int | None = None
    proven: bool = False
    moved_proven: bool = False


SMALL = Goal(60, share=1.0, breaks=0.05)
MIDDLE = Goal(60, share=0.9995, breaks=0.10)
LARGE = Goal(120, first=5.0, share=0.999, breaks=0.20)
ACADEMIC = Goal(60, proven=True)
AGAIN = Goal(5, moved_proven=True)

# name, what makes the instance, goal
MADE: tuple[tuple[str, Any, Goal], ...] = (
    ("brokerage 60", lambda seed: timetables.brokerage(seed, 60, 10, 24), ACADEMIC),
    ("brokerage 70", lambda seed: timetables.brokerage(seed + 1, 70, 12, 20, 0.7), ACADEMIC),
    ("event 300", lambda seed: timetables.event(seed, 300, 1500, 24, 60), SMALL),
    ("event 300, crowded", lambda seed: timetables.event(seed + 1, 300, 2400, 24, 40), SMALL),
    ("event 1000", lambda seed: timetables.event(seed, 1000, 6000, 32, 150), MIDDLE),
    ("event 3000", lambda seed: timetables.event(seed, 3000, 20_000, 40, 400), LARGE),
)
SHORT = 0.2  # the share of the goal's seconds without --full


def main() -> int:
    """Solve one problem after the other and print a line for each."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--full", action="store_true", help="the whole time of each goal")
    parser.add_argument("--only", default="", help="only problems whose name contains this word")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--one", type=Path, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.one:
        run_one(arguments.one, arguments.seed)
        return 0
    share = 1.0 if arguments.full else SHORT
    print(
        f"{'problem':22}{'first':>7}{'sec.':>7}{'weight':>9}{'goal':>8}{'breaks':>8}{'goal':>7}"
        f"{'tables':>8}{'moved':>7}{'MB':>6}  reached"
    )
    wrong = 0
    for name, instance, goal, data in problems(arguments.only, arguments.seed):
        seconds = goal.seconds if goal is AGAIN else goal.seconds * share
        result = run(instance, seconds, arguments.seed)
        wrong += show(name, instance, goal, data, result)
        if name in ("event 300", "event 1000") and arguments.only in f"{name}, again":
            later = timetables.again(instance, result["solution"], arguments.seed)
            result = run(later, AGAIN.seconds, arguments.seed)
            wrong += show(f"{name}, again", later, AGAIN, None, result)
    return 1 if wrong else 0


def problems(only: str, seed: int) -> Any:
    """Name, instance, goal, and the parsed file where there is one."""
    for name, make, goal in MADE:
        if only in name or (only == "again" and name in ("event 300", "event 1000")):
            yield name, make(seed), goal, None
    if not EXAMPLES.is_dir():
        return
    known = json.loads((EXAMPLES / "best_known.json").read_text())
    for path in sorted((EXAMPLES / "instances").glob("*.json")):
        if only not in path.stem:
            continue
        data = json.loads(path.read_text())
        if data["family"] == "b2bsop":
            goal = Goal(60, total_breaks=known.get(path.stem, {}).get("published_optimum"), proven=True)
        elif data["family"] == "resolve":
            goal = AGAIN
        else:
            goal = SMALL if len(data["participants"]) < 500 else MIDDLE
        yield path.stem, read_instance(data), goal, data


def run(instance: Instance, seconds: float, seed: int) -> dict[str, Any]:
    """Solve in a fresh process."""
    with tempfile.NamedTemporaryFile(suffix=".pickle") as file:
        pickle.dump((instance, seconds), file)
        file.flush()
        done = subprocess.run(
            [sys.executable, __file__, "--one", file.name, "--seed", str(seed)],
            cwd=BASE_DIR,
            check=False,
            stdout=subprocess.PIPE,
        )
        if done.returncode:
            raise SystemExit(f"{instance.name}: the solver ended with code {done.returncode}")
        found: dict[str, Any] = pickle.loads(Path(file.name).read_bytes())  # noqa: S301 - our own child's
        return found


def run_one(path: Path, seed: int) -> None:
    """In the child: solve what the file holds, and write what came out into its place."""
    instance, seconds = pickle.loads(path.read_bytes())  # noqa: S301 - our own parent's
    began = time.monotonic()
    first: list[float] = []

    def told(progress: Progress) -> None:
        if not first:
            first.append(time.monotonic() - began)

    solution = solve(instance, seconds=seconds, seed=seed, progress=told)
    taken = time.monotonic() - began
    # The process beside the search has ended, so it counts among the children.
    kilobytes = sum(
        resource.getrusage(who).ru_maxrss for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)
    )
    result = {
        "solution": solution,
        "first": first[0] if first else taken,
        "taken": taken,
        "mb": kilobytes / 1024,
    }
    path.write_bytes(pickle.dumps(result))


def show(name: str, instance: Instance, goal: Goal, data: Any, result: dict[str, Any]) -> int:
    """One line. Returns 1 for a timetable that breaks a rule."""
    solution: Solution = result["solution"]
    values = dict(zip(solution.objectives, solution.objective, strict=True))
    active = {person for one in solution.assignments for person in one.people}
    breaks = values.get("breaks", 0)
    each = breaks / max(1, len(active))
    bound = solution.weight_bound or sum(meeting.weight for meeting in instance.meetings)
    share = solution.weight / max(1, bound)
    faults = violations(instance, solution)
    if data is not None:
        faults += by_checker(data, instance, solution)

    judged = [
        ("first", goal.first is None or result["first"] <= goal.first),
        ("weight", goal.share is None or share >= goal.share or "weight" in solution.proven),
        ("breaks", goal.breaks is None or each <= goal.breaks),
        ("breaks", goal.total_breaks is None or breaks <= goal.total_breaks),
        ("proof", not goal.proven or "breaks" in solution.proven),
        ("moved", not goal.moved_proven or {"moved", "weight"} <= set(solution.proven)),
        ("time", goal is not AGAIN or result["taken"] <= goal.seconds),
        ("memory", result["mb"] < 2000),
    ]
    missed = sorted({what for what, good in judged if not good})
    verdict = "yes" if not missed else f"not {', '.join(missed)}"
    proof = f"; proven: {', '.join(solution.proven)}" if solution.proven else ""
    wanted = "" if goal.share is None else f"{goal.share:.2%}"
    at_most = f"{goal.breaks:.2f}" if goal.breaks is not None else ""
    if goal.total_breaks is not None:
        at_most = str(goal.total_breaks)
    shown = str(breaks) if goal.breaks is None else f"{each:.3f}"
    print(
        f"{name:22}{result['first']:>7.1f}{result['taken']:>7.1f}{share:>9.2%}{wanted:>8}{shown:>8}{at_most:>7}"
        f"{values.get('table_changes', ''):>8}{values.get('moved', ''):>7}{result['mb']:>6.0f}  {verdict}{proof}",
        flush=True,
    )
    for fault in faults[:5]:
        print(f"    breaks a rule: {fault}")
    return 1 if faults else 0


def by_checker(data: Any, instance: Instance, solution: Solution) -> list[str]:
    """What the examples' own checker finds."""
    with tempfile.TemporaryDirectory() as directory:
        problem, answer = Path(directory) / "problem.json", Path(directory) / "answer.json"
        problem.write_text(json.dumps(data))
        answer.write_text(json.dumps(write_solution(instance, solution)))
        done = subprocess.run(
            [sys.executable, str(EXAMPLES / "check.py"), str(problem), str(answer)],
            check=False,
            capture_output=True,
            text=True,
        )
    report = json.loads(done.stdout)
    errors: list[str] = report["errors"]
    for name, ours, theirs in zip(solution.objectives, solution.objective, report["objective"], strict=True):
        if name != "weight" and ours != theirs:
            errors.append(f"{name} is {ours} here and {theirs} there")
    if "weight" in report and report["weight"] != solution.weight:
        errors.append(f"weight is {solution.weight} here and {report['weight']} there")
    return errors


if __name__ == "__main__":
    sys.exit(main())

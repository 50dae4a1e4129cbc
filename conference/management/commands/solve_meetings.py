"""`manage.py solve_meetings INSTANCE.json -o SOLUTION.json`: the timetable of meetings, from file to file, without a database."""

from __future__ import annotations

import json
import os
import signal
import sys
import tempfile
from argparse import ArgumentParser
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from conference.matchmaking.solver.formats import read_instance, write_solution
from conference.matchmaking.solver.model import Infeasible, InvalidInstance, Objective, Progress
from conference.matchmaking.solver.pipeline import solve

MOST_BYTES = 200_000_000


class Command(BaseCommand):
    help = "Find the timetable of the meetings in a b2b-1 file (docs/scheduling.md). Ctrl-C ends with the best so far."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("instance", type=Path, metavar="INSTANCE.json")
        parser.add_argument("-o", "--output", type=Path, required=True, metavar="SOLUTION.json")
        parser.add_argument("--seconds", type=float, default=60.0, help="the most time to take (60)")
        parser.add_argument("--seed", type=int, default=1, help="another seed, another search (1)")
        parser.add_argument("--workers", type=int, default=2, help="processors to use (2)")
        parser.add_argument(
            "--steps",
            type=int,
            help="so many moves instead of a time: the same file, seed and steps give the same timetable",
        )
        parser.add_argument("--quiet", action="store_true", help="no progress on the way")

    def handle(self, *args: Any, **options: Any) -> None:
        _check(options)
        path, output = options["instance"], options["output"]
        if not output.parent.is_dir():
            raise CommandError(f"{output.parent} is not a directory, so {output} cannot be written.")
        data = _read(path)
        try:
            instance = read_instance(data)
            progress = None if options["quiet"] else partial(self._tell, instance.objectives)
            with _interrupts() as stopped:
                solution = solve(
                    instance,
                    seconds=options["seconds"],
                    steps=options["steps"],
                    seed=options["seed"],
                    workers=options["workers"],
                    progress=progress,
                    stop=lambda: bool(stopped),
                )
        except InvalidInstance as error:
            raise CommandError(f"{path}: {error}") from error
        except Infeasible as error:
            raise CommandError(f"{path}: {_sentences(error)}") from error
        _write(output, write_solution(instance, solution))
        if not options["quiet"]:
            self.stderr.write(
                f"{len(solution.assignments)} meetings held, {len(solution.unscheduled)} without a place, "
                f"{len(solution.moved)} moved; written to {output}."
            )

    def _tell(self, names: tuple[Objective, ...], now: Progress) -> None:
        values = [
            -now.weight if name == "weight" else value
            for name, value in zip(names, now.objective, strict=True)
        ]
        bound = "?" if now.weight_bound is None else now.weight_bound
        gap = "?" if now.gap is None else f"{100 * now.gap:.2f} %"
        self.stderr.write(
            f"{now.seconds:7.1f} s  {now.stage:<12}  objective {' '.join(map(str, values))}  "
            f"weight {now.weight} of at most {bound}  gap {gap}"
        )


def _check(options: dict[str, Any]) -> None:
    if not 0 < options["seconds"] <= 86_400:
        raise CommandError("--seconds must be more than 0 and at most 86400.")
    if not 1 <= options["workers"] <= 64:
        raise CommandError("--workers must be from 1 to 64.")
    if not 0 <= options["seed"] < 2**31:
        raise CommandError("--seed must be from 0 to 2147483647.")
    if options["steps"] is not None and not 0 <= options["steps"] <= 10**12:
        raise CommandError("--steps must be from 0 to 1000000000000.")


def _read(path: Path) -> Any:
    try:
        if path.stat().st_size > MOST_BYTES:
            raise CommandError(f"{path} is larger than {MOST_BYTES // 1_000_000} MB.")
        return json.loads(path.read_bytes())
    except OSError as error:
        raise CommandError(f"{path} cannot be read: {error.strerror}.") from error
    except RecursionError as error:
        raise CommandError(f"{path} is nested too deeply.") from error
    except ValueError as error:  # of JSON, and of texts that are not UTF-8
        raise CommandError(f"{path} is not JSON: {error}.") from error


def _write(path: Path, solution: dict[str, Any]) -> None:
    """Whole or not at all: a reader never sees half a file."""
    try:
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
        try:
            with os.fdopen(handle, "w", encoding="utf-8") as file:
                json.dump(solution, file, ensure_ascii=False, separators=(",", ":"))
                file.write("\n")
            mask = os.umask(0)
            os.umask(mask)
            os.chmod(name, 0o666 & ~mask)
            os.replace(name, path)
        except BaseException:
            Path(name).unlink(missing_ok=True)
            raise
    except OSError as error:
        raise CommandError(f"{path} cannot be written: {error.strerror}.") from error


@contextmanager
def _interrupts() -> Iterator[list[int]]:
    """Ctrl-C and a polite end ask the search to finish; a second Ctrl-C ends at once."""
    asked: list[int] = []

    def ask(number: int, frame: object) -> None:
        if asked:
            raise KeyboardInterrupt
        asked.append(number)
        print("Stopping with the best timetable so far.", file=sys.stderr, flush=True)

    before = {number: signal.signal(number, ask) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield asked
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _sentences(error: Infeasible) -> str:
    lines = [str(error)]
    for group in error.conflicts[:20]:
        if len(group) == 1:
            lines.append(f"Meeting {group[0]} cannot be held in any slot.")
        else:
            lines.append(f"Meetings {', '.join(group[:-1])} and {group[-1]} cannot all be held.")
    if len(error.conflicts) > 20:
        lines.append(f"There are {len(error.conflicts) - 20} more such groups.")
    return "\n".join(lines)

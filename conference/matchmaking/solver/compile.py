"""`python -m conference.matchmaking.solver.compile`: compile the loops now, so that nobody's first timetable waits for it.

Part of `make setup`. It solves a small problem of each kind, which calls every compiled function with the types it is used
with, and leaves a stamp beside the machine code. Nothing is done when the stamp is there. Machine code of older sources is
deleted.
"""

from __future__ import annotations

import shutil
import sys
import time

from conference.matchmaking.solver.compiled import CACHE
from conference.matchmaking.solver.model import Instance, Meeting, Participant, Slot, Table
from conference.matchmaking.solver.pipeline import solve

STAMP = CACHE / "complete"


def main() -> None:
    """Compile what is not compiled yet."""
    if STAMP.exists():
        return
    began = time.monotonic()
    for old in CACHE.parent.glob("solver-*"):
        if old != CACHE:
            shutil.rmtree(old, ignore_errors=True)
    solve(_small(), steps=2000)
    try:
        STAMP.touch()
    except OSError as error:
        print(f"The compiled solver cannot be kept: {error}", file=sys.stderr)
        return
    print(f"Compiled the solver in {time.monotonic() - began:.0f} seconds.")


def _small() -> Instance:
    """A few people, tables and slots; not all that is asked fits."""
    people = tuple(Participant(str(i)) for i in range(6))
    pairs = [(a, b) for a in range(6) for b in range(a)]
    return Instance(
        slots=tuple(Slot(600 + 30 * t, 30) for t in range(4)),
        participants=people,
        meetings=tuple(Meeting(f"{a}-{b}", ((str(a),), (str(b),))) for a, b in pairs),
        tables=(Table("1"), Table("2")),
    )


if __name__ == "__main__":
    main()

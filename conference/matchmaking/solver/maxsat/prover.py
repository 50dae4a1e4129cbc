"""A process that solves one MaxSAT formula: `python -m conference.matchmaking.solver.maxsat.prover`.

It reads a pickled (clauses, soft literals, SAT solver) and writes pickles: ("bound", n) whenever it has proven that n soft
literals are false in every solution, at last ("optimum", n, model) or ("infeasible",). A process, because a SAT solver listens to
nobody while it works and has to be ended from outside. It ends with its parent.

The algorithm is RC2 of python-sat (Ignatiev, Morgado and Marques-Silva, "RC2: an efficient MaxSAT solver", JSAT 11, 2019).
"""

from __future__ import annotations

import ctypes
import os
import pickle
import signal
import sys
import threading
from typing import Any

from pysat.examples.rc2 import RC2
from pysat.formula import WCNF

_PR_SET_PDEATHSIG = 1


def main() -> None:
    out = os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    os.dup2(
        sys.stderr.fileno(), sys.stdout.fileno()
    )  # a library that prints must not write between the pickles
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    clauses, soft, solver = pickle.load(sys.stdin.buffer)  # noqa: S301 - written by our own parent
    threading.Thread(target=_end_with_parent, daemon=True).start()

    def say(*message: Any) -> None:
        pickle.dump(message, out)
        out.flush()

    class Search(RC2):  # type: ignore[misc]
        """RC2 that tells its lower bound."""

        def process_core(self) -> None:
            super().process_core()
            say("bound", self.cost)

    formula = WCNF()
    formula.extend(clauses)
    formula.extend([[literal] for literal in soft], weights=[1] * len(soft))
    search = Search(formula, solver=solver)
    model = search.compute()
    if model is None:
        say("infeasible")
    else:
        say("optimum", search.cost, model)


def _end_with_parent() -> None:
    sys.stdin.buffer.read()
    os._exit(0)


if __name__ == "__main__":
    main()

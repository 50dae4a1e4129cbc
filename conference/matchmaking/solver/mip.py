"""Mixed-integer programs for HiGHS: collected as blocks of rows, solved with a start, a clock and a way to stop.

Everything is minimised. A `Program` is filled by `columns` and `rows`; `solve` may be called again after `cost` was changed
or rows were added, which is how objectives are taken one after the other.

Determinism: with the same program, start and seed HiGHS makes the same steps, but where the clock ends it the answer
depends on the machine. Only one thread is used; the other core belongs to the annealing.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from dataclasses import dataclass, field

import highspy
import numpy as np
from numpy.typing import NDArray

Reals = NDArray[np.float64]
Indices = NDArray[np.int64]

NEARLY = 1e-6  # what HiGHS calls equal
SECONDS_LEAST = 0.05  # less is not worth the start of the solver


@dataclass(slots=True)
class Program:
    """A mixed-integer program under construction. Entries of rows are kept as triples until it is solved."""

    cost: Reals = field(default_factory=lambda: np.zeros(0))
    lower: Reals = field(default_factory=lambda: np.zeros(0))
    upper: Reals = field(default_factory=lambda: np.zeros(0))
    integral: NDArray[np.bool_] = field(default_factory=lambda: np.zeros(0, dtype=np.bool_))
    row_lower: list[Reals] = field(default_factory=list)
    row_upper: list[Reals] = field(default_factory=list)
    entries: list[tuple[Indices, Indices, Reals]] = field(default_factory=list)
    height: int = 0

    @property
    def width(self) -> int:
        """The number of columns."""
        return len(self.cost)

    def columns(
        self,
        count: int,
        *,
        cost: float | Reals = 0.0,
        upper: float | Reals = 1.0,
        integral: bool | NDArray[np.bool_] = True,
    ) -> Indices:
        """Add columns with lower bound 0. Returns their indices."""
        first = self.width
        self.cost = np.concatenate([self.cost, np.broadcast_to(np.asarray(cost, dtype=np.float64), (count,))])
        self.lower = np.concatenate([self.lower, np.zeros(count)])
        self.upper = np.concatenate(
            [self.upper, np.broadcast_to(np.asarray(upper, dtype=np.float64), (count,))]
        )
        self.integral = np.concatenate(
            [self.integral, np.broadcast_to(np.asarray(integral, dtype=np.bool_), (count,))]
        )
        return np.arange(first, first + count, dtype=np.int64)

    def rows(
        self,
        row: NDArray[np.integer],
        column: NDArray[np.integer],
        value: float | Reals,
        *,
        lower: float | Reals = -math.inf,
        upper: float | Reals = math.inf,
        count: int | None = None,
    ) -> Indices:
        """Add a block of rows. `row` numbers the rows within the block from 0; bounds are one number or one for each row."""
        size = int(row.max(initial=-1)) + 1 if count is None else count
        values = np.broadcast_to(np.asarray(value, dtype=np.float64), row.shape).astype(np.float64)
        self.entries.append(
            (np.asarray(row, dtype=np.int64) + self.height, np.asarray(column, dtype=np.int64), values)
        )
        self.row_lower.append(np.broadcast_to(np.asarray(lower, dtype=np.float64), (size,)))
        self.row_upper.append(np.broadcast_to(np.asarray(upper, dtype=np.float64), (size,)))
        self.height += size
        return np.arange(self.height - size, self.height, dtype=np.int64)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came out. `bound` is below every solution's cost whatever happened; `values` is None when none was found."""

    values: Reals | None
    cost: float
    bound: float
    proven: bool
    infeasible: bool


def solve(
    program: Program,
    *,
    seconds: float,
    seed: int = 1,
    start: Reals | None = None,
    target: float | None = None,
    relaxed: bool = False,
    heuristics: float | None = None,
    stop: Callable[[], bool] | None = None,
    report: Callable[[Reals, float], None] | None = None,
) -> Outcome:
    """Minimise. `start` has values for the first columns, which HiGHS completes or ignores; `target` a cost that is good
    enough.

    `report(values, bound)` is called with each better solution, `stop` often. `relaxed` leaves out integrality.
    """
    if program.width == 0:
        return _empty(program)
    if seconds < SECONDS_LEAST:
        return Outcome(None, math.inf, _trivial(program), False, False)
    highs: highspy.Highs = highspy.Highs()
    highs.silent()
    for name, value in (
        ("threads", 1),
        ("parallel", "off"),
        ("random_seed", seed),
        ("time_limit", float(seconds)),
        ("mip_rel_gap", 0.0),
        ("mip_abs_gap", 0.999 if _whole(program) and not relaxed else 1e-6),
    ):
        highs.setOptionValue(name, value)
    if target is not None:
        highs.setOptionValue("objective_target", target + NEARLY)
    if heuristics is not None:
        highs.setOptionValue("mip_heuristic_effort", heuristics)
    highs.passModel(_lp(program, relaxed))
    if start is not None:
        highs.setSolution(len(start), np.arange(len(start), dtype=np.int32), start)
    deadline = time.monotonic() + seconds

    def interrupt(event: highspy.highs.HighsCallbackEvent) -> None:
        if time.monotonic() > deadline + 0.5 or (stop is not None and stop()):
            event.interrupt()

    def improved(event: highspy.highs.HighsCallbackEvent) -> None:
        if report is not None:
            report(np.array(event.data_out.mip_solution), float(event.data_out.mip_dual_bound))

    integral = bool(program.integral.any()) and not relaxed
    if integral:
        highs.cbMipInterrupt.subscribe(interrupt)
        if report is not None:
            highs.cbMipImprovingSolution.subscribe(improved)
    highs.cbSimplexInterrupt.subscribe(interrupt)
    highs.run()
    status = highs.getModelStatus()
    info = highs.getInfo()
    infeasible = status in (
        highspy.HighsModelStatus.kInfeasible,
        highspy.HighsModelStatus.kUnboundedOrInfeasible,
    )
    found = info.primal_solution_status == highspy.SolutionStatus.kSolutionStatusFeasible and not infeasible
    values = np.array(highs.getSolution().col_value) if found else None
    optimal = status == highspy.HighsModelStatus.kOptimal
    if integral:
        bound = float(info.mip_dual_bound)
    else:
        bound = float(info.objective_function_value) if optimal else -math.inf
    if not math.isfinite(bound):
        bound = _trivial(program)
    cost = float(info.objective_function_value) if found else math.inf
    if values is not None and integral:
        values = np.where(program.integral, np.round(values), values)
    return Outcome(values, cost, bound, optimal, infeasible)


def _whole(program: Program) -> bool:
    """Whether every cost is a whole number on an integral column, so that bounds may be rounded up."""
    used = program.cost != 0
    return bool(np.all(program.cost[used] == np.round(program.cost[used])) and np.all(program.integral[used]))


def _trivial(program: Program) -> float:
    """What no solution can undercut, from the bounds of the columns alone."""
    with np.errstate(invalid="ignore"):
        least = np.where(program.cost < 0, program.cost * program.upper, program.cost * program.lower)
    return float(np.nansum(least))


def _empty(program: Program) -> Outcome:
    fits = all(np.all(lower <= NEARLY) for lower in program.row_lower) and all(
        np.all(upper >= -NEARLY) for upper in program.row_upper
    )
    if fits:
        return Outcome(np.zeros(0), 0.0, 0.0, True, False)
    return Outcome(None, math.inf, math.inf, False, True)


def _lp(program: Program, relaxed: bool) -> highspy.HighsLp:
    """The program in the row-wise form of HiGHS."""
    empty = (np.zeros(0, dtype=np.int64), np.zeros(0, dtype=np.int64), np.zeros(0))
    blocks = program.entries or [empty]
    row = np.concatenate([block[0] for block in blocks])
    column = np.concatenate([block[1] for block in blocks])
    value = np.concatenate([block[2] for block in blocks])
    order = np.argsort(row, kind="stable")
    starts = np.zeros(program.height + 1, dtype=np.int32)
    np.cumsum(np.bincount(row, minlength=program.height), out=starts[1:])
    lp = highspy.HighsLp()
    lp.num_col_ = program.width
    lp.num_row_ = program.height
    lp.col_cost_ = program.cost
    lp.col_lower_ = program.lower
    lp.col_upper_ = program.upper
    lp.row_lower_ = np.concatenate(program.row_lower) if program.row_lower else np.zeros(0)
    lp.row_upper_ = np.concatenate(program.row_upper) if program.row_upper else np.zeros(0)
    lp.a_matrix_.format_ = highspy.MatrixFormat.kRowwise
    lp.a_matrix_.num_col_ = program.width
    lp.a_matrix_.num_row_ = program.height
    lp.a_matrix_.start_ = starts
    lp.a_matrix_.index_ = column[order].astype(np.int32)
    lp.a_matrix_.value_ = value[order]
    if not relaxed:
        whole = (highspy.HighsVarType.kContinuous, highspy.HighsVarType.kInteger)
        lp.integrality_ = [whole[int(one)] for one in program.integral]
    return lp

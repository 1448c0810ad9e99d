"""The rows that pivoting gave up on, one by one: a point of the row's own certified path, or, with costs, daqp; polished by one more pivot from there."""

from __future__ import annotations

import numpy as np

from advisor.arrays import FloatArray, IntArray
from advisor.errors import InfeasibleError, SolverError
from advisor.optimize.active_set import ExactSolver, QuadraticProgram
from advisor.optimize.batch_pivot import AT_LOWER, AT_UPPER, BUYING, HELD, NEAR, SELLING, STEEPEST, PivotState, pivot
from advisor.optimize.batch_rows import BatchRows
from advisor.optimize.certificate import LP_TOLERANCE
from advisor.optimize.critical_line import trace_corners
from advisor.optimize.infeasible import DeferredInfeasibleError, contradictory
from advisor.optimize.limits import SUM_TOLERANCE, Limits
from advisor.optimize.scaled_program import scaled_program

SPLIT_RIDGE = 1e-6
"""Buying and selling the same asset has no curvature of its own; this gives it some, and proximal steps take it out again."""


def solve_rows(rows: BatchRows, tolerance: FloatArray, state: PivotState, which: IntArray) -> IntArray:
    """Solve the rows `which` (k,) at their risk tolerance (c,): by pivoting, and where that gives up exactly.

    Returns:
        The rows whose limits contradict each other; their weights in `state` mean nothing.
    """
    done = pivot(rows, tolerance, state, which)
    return np.array([i for i in which[~done].tolist() if not solve_exactly(rows, tolerance, state, i)], dtype=np.int64)


def solve_exactly(rows: BatchRows, tolerance: FloatArray, state: PivotState, i: int, *, polish: bool = True) -> bool:
    """Solve row `i` and write it to `state`.

    Returns:
        False when the limits of the row contradict each other. What is found is turned into an active set and solved again from there (`polish`), which
        removes daqp's tolerances and gives every row the same last step; where that does not converge the weights and multipliers found stay, and where
        nothing is found what was there stays: the certificate judges.
    """
    state.exact[i] = True
    limits = rows.limits_of_row(i)
    try:
        weights, price = (_by_trace if rows.costs is None else _by_daqp)(rows, limits, min(float(tolerance[i]), STEEPEST), i)
    except DeferredInfeasibleError:
        return False
    except InfeasibleError:
        return not contradictory(limits)
    except SolverError:
        return True
    sides, row_sides = _sides(rows, weights, i)
    state.side[i], state.row_side[i] = sides, row_sides
    if not polish or not pivot(rows, tolerance, state, np.array([i]))[0]:
        state.weights[i], state.price[i], state.side[i], state.row_side[i] = weights, price, sides, row_sides
    return True


def _by_trace(rows: BatchRows, limits: Limits, tolerance: float, i: int) -> tuple[FloatArray, FloatArray]:  # noqa: ARG001  called as `_by_daqp` is
    """Weights (n,) and multipliers of budget and rows (1 + r,) of one row without costs: a point of its own certified path."""
    path, _ = trace_corners(rows.model, limits)
    t, w, y = path.risk_tolerance, path.weights, path.multipliers
    corner = max(int(np.searchsorted(t, tolerance, side="right")) - 1, 0)
    if corner + 1 == len(t):
        weights, price = w[-1], path.last + max(tolerance - t[-1], 0.0) * path.slope
    else:
        share = (tolerance - t[corner]) / (t[corner + 1] - t[corner])
        weights, price = w[corner] + share * (w[corner + 1] - w[corner]), y[corner, 0] + share * (y[corner, 1] - y[corner, 0])
    return np.clip(weights, limits.lower, limits.upper), price + rows.level * (np.arange(len(price)) == 0)


def _by_daqp(rows: BatchRows, limits: Limits, tolerance: float, i: int) -> tuple[FloatArray, FloatArray]:
    """The same of a row with costs: what is bought of the weights that are not fixed is split from what is sold; everything in units of about 1."""
    costs = rows.costs
    if costs is None or not (limits.lower < limits.upper).any():
        return _only_point(rows, limits, limits.lower, tolerance, i)
    if float(limits.upper.sum()) <= 1.0 + SUM_TOLERANCE:
        return _only_point(rows, limits, limits.upper, tolerance, i)
    s = scaled_program(rows.model, limits)
    hold = costs.hold[i % len(costs.hold)][s.free]
    buy, sell = costs.buy[i % len(costs.buy)][s.free], costs.sell[i % len(costs.sell)][s.free]
    base, n, unit = np.clip(hold, s.lower, s.upper), s.free.size, tolerance / s.variance
    up, down = np.where(hold > s.upper, -sell, buy), np.where(hold < s.lower, -buy, sell)
    h = s.covariance + 1.0
    pair = np.block([[h, -h], [-h, h]]) + SPLIT_RIDGE * np.eye(2 * n)
    force = h @ base + s.pull - unit * s.spread * s.mean
    moved = s.rows @ base
    program = QuadraticProgram(
        pair,
        np.zeros(2 * n),
        np.concatenate([s.upper - base, base - s.lower]),
        np.hstack([s.rows, -s.rows]),
        s.row_lower - moved,
        s.row_upper - moved,
        SPLIT_RIDGE,
    )
    if tolerance < STEEPEST:
        x, dual = ExactSolver(program).solve(np.concatenate([force + unit * up, unit * down - force]))
        told = -dual[2 * n :] * s.variance - s.variance * float(s.row_lower[0]) * (np.arange(len(s.rows)) == 0)
    else:
        x, told = _linear(program, np.concatenate([up - s.spread * s.mean, down + s.spread * s.mean]))
        told *= tolerance
    weights, price = s.fixed_weights.copy(), np.zeros(1 + len(limits.row_names))
    weights[s.free] = np.clip(base + x[:n] - x[n:], s.lower, s.upper)
    price[0] = told[0] - tolerance * s.centre + rows.level
    price[1 + s.kept_rows] = told[1:] / s.row_scale
    return weights, price


def _linear(program: QuadraticProgram, cost: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Minimiser and multipliers of the rows, where only the mean counts: a linear program, by HiGHS.

    Raises:
        InfeasibleError: No point satisfies the limits.
        SolverError: HiGHS stopped otherwise.
    """
    from scipy.optimize import linprog

    low, high = np.isfinite(program.row_lower), np.isfinite(program.row_upper)
    same = program.row_lower == program.row_upper
    low, high = low & ~same, high & ~same
    solved = linprog(
        cost,
        A_ub=np.vstack([-program.rows[low], program.rows[high]]),
        b_ub=np.concatenate([-program.row_lower[low], program.row_upper[high]]),
        A_eq=program.rows[same],
        b_eq=program.row_lower[same],
        bounds=list(zip(program.lower.tolist(), program.upper.tolist(), strict=True)),
        method="highs",
        options={"primal_feasibility_tolerance": LP_TOLERANCE, "dual_feasibility_tolerance": LP_TOLERANCE},
    )
    if solved.status == 2:
        raise InfeasibleError("The limits admit no portfolio.")
    if solved.status != 0:
        raise SolverError(f"HiGHS stopped with status {solved.status}: {solved.message}", solver="highs", status=str(solved.status))
    prices = np.zeros(len(program.rows))
    prices[same] = solved.eqlin.marginals
    prices[low] -= solved.ineqlin.marginals[: low.sum()]
    prices[high] += solved.ineqlin.marginals[low.sum() :]
    return np.asarray(solved.x), prices


def _only_point(rows: BatchRows, limits: Limits, weights: FloatArray, tolerance: float, i: int) -> tuple[FloatArray, FloatArray]:
    """Bounds that leave one portfolio: its price is what keeps every weight from falling.

    Raises:
        InfeasibleError: It breaks a row.
    """
    value = limits.rows @ weights
    if (np.maximum(limits.row_lower - value, value - limits.row_upper) > NEAR).any():
        raise InfeasibleError("The only weights that the bounds leave break a limit.")
    _, below, above = (a[i % len(a)] for a in rows.kinks)
    dearest = rows.model.covariance @ weights + tolerance * (np.maximum(below, above) - rows.model.mean)
    price = np.zeros(1 + len(limits.row_names))
    price[0] = float(dearest.max()) + rows.level
    return weights.copy(), price


def _sides(rows: BatchRows, weights: FloatArray, i: int) -> tuple[FloatArray, FloatArray]:
    """Where each weight and row of one solution stands, as the pivoting codes it."""
    low, high = rows.lower[i % len(rows.lower)], rows.upper[i % len(rows.upper)]
    kinks, _, _ = rows.kinks
    kink = kinks[i % len(kinks)]
    side = np.where(weights < kink, SELLING, BUYING)
    side = np.where((np.abs(weights - kink) <= NEAR) & (kink > low), HELD, side)
    side = np.where(weights >= high - NEAR, AT_UPPER, side)
    side = np.where((weights <= low + NEAR) | (low >= high), AT_LOWER, side)
    limits = rows.limits
    value = limits.rows @ weights
    row_side = np.where(value <= limits.row_lower + NEAR, -1, np.where(value >= limits.row_upper - NEAR, 1, 0))
    return side, np.where(limits.row_lower == limits.row_upper, 2, row_side)

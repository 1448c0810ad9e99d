"""The rows that pivoting gave up on, one by one by the exact active-set solver, polished by one more pivot from its answer."""

from __future__ import annotations

import numpy as np

from advisor.arrays import FloatArray, IntArray
from advisor.errors import InfeasibleError, SolverError
from advisor.optimize.active_set import ExactSolver, QuadraticProgram
from advisor.optimize.batch_pivot import AT_LOWER, AT_UPPER, BUYING, HELD, NEAR, SELLING, STEEPEST, PivotState, pivot
from advisor.optimize.batch_rows import BatchRows

SPLIT_RIDGE = 1e-6
"""Buying and selling the same asset has no curvature of its own; this gives it some, relative to the largest variance, and proximal steps take it out again."""


def solve_rows(rows: BatchRows, tolerance: FloatArray, state: PivotState, which: IntArray) -> IntArray:
    """Solve the rows `which` (k,) at their risk tolerance (c,): by pivoting, and where that gives up exactly.

    Returns:
        The rows whose limits contradict each other; their weights in `state` mean nothing.
    """
    done = pivot(rows, tolerance, state, which)
    return np.array([i for i in which[~done].tolist() if not solve_exactly(rows, tolerance, state, i)], dtype=np.int64)


def solve_exactly(rows: BatchRows, tolerance: FloatArray, state: PivotState, i: int) -> bool:
    """Solve row `i` and write it to `state`.

    Returns:
        False when the limits of the row contradict each other. What daqp finds is turned into an active set and solved again from there, which
        removes its tolerances; where that does not converge its own weights and multipliers stay, and where daqp finds nothing what was there stays:
        the certificate judges.
    """
    state.exact[i] = True
    try:
        weights, price = _by_daqp(rows, min(float(tolerance[i]), STEEPEST), i)
    except InfeasibleError:
        return False
    except SolverError:
        return True
    sides, row_sides = _sides(rows, weights, i)
    state.side[i], state.row_side[i] = sides, row_sides
    if not pivot(rows, tolerance, state, np.array([i]))[0]:
        state.weights[i], state.price[i], state.side[i], state.row_side[i] = weights, price, sides, row_sides
    return True


def _by_daqp(rows: BatchRows, tolerance: float, i: int) -> tuple[FloatArray, FloatArray]:
    """Weights (n,) and multipliers of budget and rows (1 + r,) of one row; kinks by splitting what is bought from what is sold."""
    n, limits = len(rows.model), rows.limits
    low, high = rows.lower[i % len(rows.lower)], rows.upper[i % len(rows.upper)]
    linear = -tolerance * rows.model.mean
    budget = np.vstack([np.ones(n), limits.rows])
    left, right = np.concatenate([[1.0], limits.row_lower]), np.concatenate([[1.0], limits.row_upper])
    h = rows.hessian
    if rows.costs is None:
        x, dual = ExactSolver(QuadraticProgram(h, low, high, budget, left, right)).solve(linear)
        return np.clip(x, low, high), -dual[n:]
    hold = rows.costs.hold[i % len(rows.costs.hold)]
    base = np.clip(hold, low, high)
    buy = np.where(hold > high, -rows.costs.sell[i % len(rows.costs.sell)], rows.costs.buy[i % len(rows.costs.buy)])
    sell = np.where(hold < low, -rows.costs.buy[i % len(rows.costs.buy)], rows.costs.sell[i % len(rows.costs.sell)])
    ridge = SPLIT_RIDGE * float(np.diag(h).max())
    pair = np.block([[h, -h], [-h, h]]) + ridge * np.eye(2 * n)
    shift = h @ base + linear
    cost = np.concatenate([shift + tolerance * buy, -shift + tolerance * sell])
    moved = budget @ base
    program = QuadraticProgram(
        pair, np.zeros(2 * n), np.concatenate([high - base, base - low]), np.hstack([budget, -budget]), left - moved, right - moved, ridge
    )
    x, dual = ExactSolver(program).solve(cost)
    return np.clip(base + x[:n] - x[n:], low, high), -dual[2 * n :]


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

"""The linear program of the least CVaR, over the scenarios that its answer can fall into."""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy import sparse
from scipy.optimize import linprog

from advisor.arrays import FloatArray
from advisor.errors import SolverError
from advisor.optimize.limits.infeasible import name_contradiction
from advisor.optimize.limits.limits import Limits
from advisor.optimize.limits.multipliers import LP_TOLERANCE, unit_of

TAIL = 2.0
"""Scenarios that the program of the least CVaR begins with, in multiples of those in its tail."""


def least_cvar(
    returns: FloatArray, limits: Limits, confidence: float
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Weights (n,), prices of the scenarios (T,), which add up to 1, and of budget and rows (1 +
    r,).

    A scenario counts only where it is in the tail. The program of those that are bad for equal
    weights is solved, and again with those that its answer leaves out and falls into, until there
    are none: what is left out then costs nothing, and its price is 0.
    """
    most, unit = 1.0 / ((1.0 - confidence) * len(returns)), unit_of(returns)
    scaled, tilt = returns / unit, np.zeros(len(returns))
    average = scaled.mean(axis=1)
    tail = average <= np.quantile(average, min(TAIL * (1.0 - confidence), 1.0))
    while True:
        weights, quantile, prices, scenario_prices = _tail_program(scaled[tail], limits, most)
        missing = ~tail & (-(scaled @ weights) > quantile + LP_TOLERANCE)
        if not missing.any():
            break
        tail |= missing
    tilt[tail] = np.clip(scenario_prices, 0.0, most)
    return np.clip(weights, limits.lower, limits.upper), tilt / tilt.sum(), prices * unit


def _tail_program(
    returns: FloatArray, limits: Limits, most: float
) -> tuple[FloatArray, float, FloatArray, FloatArray]:
    """Weights (n,) of least `quantile + most * sum of losses above it`, that quantile, prices of
    budget and rows (1 + r,), and of the scenarios, shape (t,).
    """
    count, n = returns.shape
    bounded, right = limits.one_sided()
    every: Any = sparse
    above = every.hstack([-returns, np.full((count, 1), -1.0), -every.identity(count)])
    rows = every.hstack([bounded, every.csr_matrix((len(bounded), 1 + count))])
    edges = list(zip(limits.lower.tolist(), limits.upper.tolist(), strict=True))
    solved = linprog(
        np.concatenate([np.zeros(n), [1.0], np.full(count, most)]),
        A_ub=every.csr_matrix(every.vstack([above, rows]) if len(bounded) else above),
        b_ub=np.concatenate([np.zeros(count), right]),
        A_eq=every.csr_matrix(np.concatenate([np.ones(n), np.zeros(1 + count)])[None]),
        b_eq=[1.0],
        bounds=[*edges, (None, None), *[(0.0, None)] * count],
        method="highs",
        options={
            "primal_feasibility_tolerance": LP_TOLERANCE,
            "dual_feasibility_tolerance": LP_TOLERANCE,
        },
    )
    if solved.status == 2:
        raise name_contradiction(limits)
    if solved.status != 0:
        raise SolverError(str(solved.message), solver="highs", status=str(solved.status))
    marginals, x = -np.asarray(solved.ineqlin.marginals), np.asarray(solved.x)
    prices = np.concatenate([solved.eqlin.marginals, limits.row_prices(marginals[count:])])
    return x[:n], float(x[n]), prices, marginals[:count]

"""One-dimensional searches along each client's own frontier: loss-averse preferences, and a cap on
volatility.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from advisor.arrays import BoolArray, FloatArray, IntArray
from advisor.optimize.batch.exact import solve_rows
from advisor.optimize.batch.pivot import PivotState, marginal_risk, pivot_to_preferences
from advisor.optimize.batch.rows import FAR, BatchRows
from advisor.optimize.preferences.preferences import Preferences, rates

ROUNDS = 90
"""Bisection alone would end by then; the secant steps usually need about eight."""
AT_CAP = 1e-12
"""Relative distance of a variance from that of the cap at which it is there."""
EXACT = 1e-14
"""Relative width of a bracket that is a point."""
Judge = Callable[[IntArray, FloatArray], FloatArray]


def own_moments(
    rows: BatchRows, state: PivotState, which: IntArray
) -> tuple[FloatArray, FloatArray]:
    """Annual mean after costs, and volatility, of the current weights of rows `which`, each shape
    (k,).
    """
    weights = state.weights[which]
    mean = np.einsum("cn,n->c", weights, rows.model.mean)
    costs = rows.take(which).costs
    if costs is not None:
        mean = mean - costs.total(weights)
    variance = np.einsum("cn,cn->c", marginal_risk(rows, weights), weights)
    return mean, np.sqrt(np.maximum(variance, 0.0))


def rates_at(
    preferences: Preferences, which: IntArray, mean: FloatArray, volatility: FloatArray
) -> tuple[FloatArray, FloatArray]:
    """`preferences.rates` of rows `which` at given moments, each shape (k,)."""
    p = preferences
    return rates(
        p.risk_aversion[which],
        p.loss_aversion[which],
        mean,
        volatility,
        p.reference_return[which],
        p.evaluation_years[which],
    )


def walk_to_preferences(
    rows: BatchRows,
    preferences: Preferences,
    state: PivotState,
    tolerance: FloatArray,
    which: IntArray,
) -> BoolArray:
    """Solve the loss-averse rows `which` (k,), from the guesses in `tolerance` (c,); True where
    that was done, shape (k,).

    The objective is concave and depends on weights through mean after costs and volatility alone,
    so the optimum lies on the row's own frontier, where `tolerance * effective risk aversion`
    crosses 1 once, or at its end of no risk: there `tolerance` is minus that of a portfolio on the
    first line away. Along a fixed active set the mean rises evenly with the risk tolerance and
    variance with its square, so that the fixed point on that line is one of a scalar; two or three
    active sets lead to the end.
    """
    p, offset = preferences, np.zeros(rows.count)
    with np.errstate(divide="ignore", over="ignore"):
        most = np.minimum(p.loss_aversion / p.risk_aversion, rows.steepest)
    if rows.costs is not None:
        offset = np.broadcast_to(rows.costs.total(rows.kinks[0]), offset.shape)
    wants = np.stack(
        [
            p.risk_aversion,
            p.loss_aversion - 1.0,
            p.reference_return,
            p.evaluation_years,
            offset,
            most,
        ],
        axis=1,
    )
    unit = 1e-3 * rows.steepest / FAR
    guess = np.where(tolerance > 0.0, tolerance, unit)
    tolerance[which] = np.minimum(guess, most)[which]
    return pivot_to_preferences(rows, wants, tolerance, state, which)


def search_volatility(
    rows: BatchRows, cap: float, state: PivotState, tolerance: FloatArray, which: IntArray
) -> None:
    """Lower the risk tolerance of rows `which`, whose volatility is above `cap`, until it is at the
    cap; those whose least risk is there or above end at it.
    """

    def judge(some: IntArray, at: FloatArray) -> FloatArray:
        tolerance[which[some]] = at
        solve_rows(rows, tolerance, state, which[some])
        _, volatility = own_moments(rows, state, which[some])
        return (volatility - cap) * (volatility + cap) / cap**2

    most = np.clip(tolerance[which], 0.0, rows.steepest)
    everyone = np.arange(len(which))
    too_risky = judge(everyone, np.zeros(len(which))) > -AT_CAP
    inner = np.flatnonzero(~too_risky)
    low = bracketed_roots(judge, inner, np.zeros(len(which)), most, 0.5 * most, 1e-14)
    tolerance[which[inner]] = low[inner]
    solve_rows(rows, tolerance, state, which[inner])


def bracketed_roots(
    judge: Judge,
    which: IntArray,
    low: FloatArray,
    high: FloatArray,
    guess: FloatArray,
    enough: float,
) -> FloatArray:
    """Where an increasing function of each row crosses 0, by bisection sped up with secant steps.

    Args:
        judge: Function of (rows, points), each (k,), giving values (k,); its last call on a row is
            at the point returned for it, or closer than `EXACT`.
        which: Rows to search, (k,); the other arrays are indexed by them.
        low: Left ends, where the function is not positive.
        high: Right ends; where it is not positive there either, the right end is the answer.
        guess: First points.
        enough: A value this close to 0 is a root.

    Returns:
        The roots, or the left ends of brackets that shrank to a point, shape of `low`.
    """
    left, right = low.copy(), high.copy()
    f_left, f_right = np.full(len(low), np.nan), np.full(len(low), np.nan)
    f_right[which] = judge(which, right[which])
    left[which] = np.where(f_right[which] <= 0.0, right[which], left[which])
    active = which[f_right[which] > 0.0]
    at, stuck = guess.copy(), np.zeros(len(low), dtype=np.int64)
    for _ in range(ROUNDS):
        if not active.size:
            break
        inside = (at[active] > left[active]) & (at[active] < right[active])
        at[active] = np.where(inside, at[active], 0.5 * (left[active] + right[active]))
        here, width = at[active].copy(), right[active] - left[active]
        value = judge(active, here)
        below = value <= 0.0
        rise = np.where(below, right[active] - at[active], at[active] - left[active]) > 0.5 * width
        stuck[active] = np.where(rise, stuck[active] + 1, 0)
        f_right[active] = np.where(
            below, np.where(stuck[active] > 0, 0.5 * f_right[active], f_right[active]), value
        )
        f_left[active] = np.where(
            below, value, np.where(stuck[active] > 0, 0.5 * f_left[active], f_left[active])
        )
        left[active], right[active] = (
            np.where(below, at[active], left[active]),
            np.where(below, right[active], at[active]),
        )
        slope = (f_right[active] - f_left[active]) / (right[active] - left[active])
        with np.errstate(invalid="ignore", divide="ignore"):
            step = left[active] - f_left[active] / slope
        at[active] = np.where(
            np.isnan(step) | (stuck[active] > 2), 0.5 * (left[active] + right[active]), step
        )
        done = np.abs(value) <= enough
        left[active[done]] = here[done]
        active = active[~done & (right[active] - left[active] > EXACT * right[active])]
    return left

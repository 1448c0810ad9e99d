"""The way of one chunk of clients through the solvers: pivot, search, certify, and exactly whatever is not certified."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from advisor.arrays import FloatArray, StrArray
from advisor.optimize.batch_certificate import row_residuals
from advisor.optimize.batch_exact import solve_exactly, solve_rows
from advisor.optimize.batch_pivot import PivotState, SideArray, fresh_state, marginal_risk, start_from
from advisor.optimize.batch_rows import BatchRows
from advisor.optimize.batch_search import effective_at, own_moments, search_preferences, search_volatility, walk_to_preferences
from advisor.optimize.frontier import Frontier
from advisor.optimize.preferences import Preferences

CERTIFIED = 1e-9
"""Residual above which a row is solved again by the exact solver."""
ACCEPTED = 1e-7
"""Residual above which a row is not called solved."""
CAP_TOLERANCE = 1e-10


@dataclass(frozen=True, eq=False)
class ChunkAnswer:
    """Columns of `Portfolios` for some of its rows, with their state."""

    weights: FloatArray
    mean: FloatArray
    volatility: FloatArray
    status: StrArray
    kkt_residual: FloatArray
    risk_aversion: FloatArray
    cost: FloatArray
    state: PivotState


def solve_chunk(rows: BatchRows, preferences: Preferences, frontier: Frontier, warm: tuple[SideArray, SideArray] | None) -> ChunkAnswer:
    """Solve `rows`, a client each, from the shared frontier or from the active sets `warm` of an earlier answer."""
    count = rows.count
    plain = Preferences(preferences.risk_aversion, preferences.loss_aversion, preferences.reference_return, preferences.evaluation_years)
    guess = frontier.effective_risk_aversion(plain)
    cold = warm is None
    state = start_from(rows, frontier.at_risk_aversion(guess)) if cold else fresh_state(rows, warm[0].copy(), warm[1].copy())
    with np.errstate(divide="ignore"):
        tolerance = 1.0 / guess
    status = np.full(count, "ok", dtype="<U16")
    status[~rows.boxed] = "infeasible"
    bent = (preferences.loss_aversion > 1.0) & np.isfinite(preferences.risk_aversion)  # who shuns all risk anyway needs no search
    averse, left = np.flatnonzero(rows.boxed & bent), rows.boxed.copy()
    if averse.size:
        left[walk_to_preferences(rows, preferences, state, tolerance, averse, float(frontier.volatility[0]))] = False
    status[solve_rows(rows, tolerance, state, np.flatnonzero(left))] = "infeasible"
    state.weights[status == "infeasible"] = 0.0
    averse = np.flatnonzero(left & (status == "ok") & bent)
    if averse.size:
        none = search_preferences(rows, preferences, state, tolerance, averse)
        status[averse[none]] = "no_participation"
    gamma, extra = _capped(rows, preferences, state, tolerance, status)
    answer, variance = _certified(rows, preferences, state, gamma, extra, status)
    doubtful = np.flatnonzero(np.isfinite(answer) & (answer > CERTIFIED))
    for i in doubtful.tolist():
        solve_exactly(rows, tolerance, state, i, polish=False)
    if doubtful.size:
        answer, variance = _certified(rows, preferences, state, gamma, extra, status)
    status[(status != "infeasible") & ~(answer <= ACCEPTED)] = "failed"
    return _finished(rows, state, status, answer, gamma, variance)


def _capped(
    rows: BatchRows, preferences: Preferences, state: PivotState, tolerance: FloatArray, status: StrArray
) -> tuple[FloatArray, FloatArray]:
    """Apply the cap on volatility; the effective risk aversion of each row, and how much of it is the cap's, each shape (c,)."""
    gamma, cap = preferences.risk_aversion.copy(), rows.limits.max_volatility
    averse = (preferences.loss_aversion > 1.0) & (status == "ok")
    if averse.any():
        which = np.flatnonzero(averse)
        gamma[which] = effective_at(preferences, which, *own_moments(rows, state, which))
    gamma[status == "no_participation"] = np.inf
    extra = np.zeros(rows.count)
    if cap is not None:
        _, volatility = own_moments(rows, state, np.arange(rows.count))
        over = np.flatnonzero((status != "infeasible") & (volatility > cap + CAP_TOLERANCE))
        if over.size:
            search_volatility(rows, cap, state, tolerance, over)
            mean, volatility = own_moments(rows, state, over)
            own = np.where(averse[over], effective_at(preferences, over, mean, volatility), gamma[over])
            with np.errstate(divide="ignore", invalid="ignore"):
                gamma[over] = 1.0 / tolerance[over]
                extra[over] = np.maximum(np.nan_to_num(gamma[over] - own, nan=0.0, posinf=np.inf), 0.0)
            status[over[volatility > cap + CAP_TOLERANCE]] = "infeasible"
    return gamma, extra


def _certified(
    rows: BatchRows, preferences: Preferences, state: PivotState, gamma: FloatArray, extra: FloatArray, status: StrArray
) -> tuple[FloatArray, FloatArray]:
    """KKT residuals, nan where there is no portfolio, and variances, each shape (c,)."""
    marginal = marginal_risk(rows, state.weights)
    variance = np.einsum("cn,cn->c", marginal, state.weights)
    residual = row_residuals(rows, state.weights, marginal, gamma, state.price)
    residual = residual * preferences.loss_aversion
    cap = rows.limits.max_volatility
    if cap is not None:
        with np.errstate(invalid="ignore"):
            share = np.where(np.isinf(extra), 1.0, extra / np.maximum(gamma, 1.0))
        slack = 0.5 * preferences.loss_aversion * share * np.maximum(cap**2 - variance, 0.0)
        residual = np.maximum(residual + slack, np.sqrt(np.maximum(variance, 0.0)) - cap)
    return np.where(status == "infeasible", np.nan, residual), variance


def _finished(
    rows: BatchRows,
    state: PivotState,
    status: StrArray,
    residual: FloatArray,
    gamma: FloatArray,
    variance: FloatArray,
) -> ChunkAnswer:
    gone = (status == "infeasible") | (status == "failed")
    volatility = np.sqrt(np.maximum(variance, 0.0))
    mean = np.einsum("cn,n->c", state.weights, rows.model.mean)
    cost = np.zeros(rows.count) if rows.costs is None else rows.costs.total(state.weights)
    capped_out = gone & rows.boxed & (state.steps >= 0) & (rows.limits.max_volatility is not None)
    return ChunkAnswer(
        weights=np.where(gone[:, None], np.nan, state.weights),
        mean=np.where(gone, np.nan, mean),
        volatility=np.where(gone & ~capped_out, np.nan, volatility),
        status=status,
        kkt_residual=np.where(gone, np.nan, residual),
        risk_aversion=np.where(gone, np.nan, gamma),
        cost=np.where(gone, np.nan, cost),
        state=state,
    )

"""The way of one chunk of clients through the solvers: pivot, search, certify, and exactly whatever
is not certified.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from advisor.arrays import BoolArray, FloatArray, IntArray, StrArray
from advisor.optimize.batch.certificate import Rates, row_residuals
from advisor.optimize.batch.exact import solve_exactly, solve_rows
from advisor.optimize.batch.pivot import (
    PivotState,
    SideArray,
    fresh_state,
    marginal_risk,
    pivot,
    start_from,
)
from advisor.optimize.batch.rows import BatchRows
from advisor.optimize.batch.search import (
    own_moments,
    rates_at,
    search_volatility,
    walk_to_preferences,
)
from advisor.optimize.frontier.frontier import Frontier
from advisor.optimize.frontier.segments import NO_RISK
from advisor.optimize.preferences.preferences import Preferences

CERTIFIED = 1e-9
"""Residual above which a row is solved again by the exact solver, and above which it is then not
called solved."""
CAP_TOLERANCE = 1e-10
"""By how much of it the variance of a cap may be exceeded."""
HUGE = 1e200
"""Stands in for an infinite price, which no certificate accepts."""


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
    reward: FloatArray
    cap_price: FloatArray
    state: PivotState


def solve_chunk(
    rows: BatchRows,
    preferences: Preferences,
    frontier: Frontier,
    warm: tuple[SideArray, SideArray] | None,
) -> ChunkAnswer:
    """Solve `rows`, a client each, from the shared frontier or from the active sets `warm` of an
    earlier answer.
    """
    count = rows.count
    plain = Preferences(
        preferences.risk_aversion,
        preferences.loss_aversion,
        preferences.reference_return,
        preferences.evaluation_years,
    )
    guess = frontier.effective_risk_aversion(plain)
    cold = warm is None
    state = (
        start_from(rows, frontier.at_risk_aversion(guess))
        if cold
        else fresh_state(rows, warm[0].copy(), warm[1].copy())
    )
    with np.errstate(divide="ignore", over="ignore"):
        tolerance = 1.0 / guess
    status = np.full(count, "ok", dtype="<U16")
    status[~rows.boxed] = "infeasible"
    bent = (preferences.loss_aversion > 1.0) & np.isfinite(
        preferences.risk_aversion
    )  # who shuns all risk anyway needs no search
    status[solve_rows(rows, tolerance, state, np.flatnonzero(rows.boxed & ~bent))] = "infeasible"
    averse = np.flatnonzero(rows.boxed & bent)
    if averse.size:
        done = walk_to_preferences(rows, preferences, state, tolerance, averse)
        _solve_again(rows, preferences, (state, tolerance, status), averse[~done])
    state.weights[status == "infeasible"] = 0.0
    capped = _capped(rows, state, tolerance, status)
    claim = _claimed(rows, preferences, state, tolerance, status, capped)
    answer, variance = _certified(rows, preferences, state, tolerance, status, claim)
    doubtful = np.flatnonzero(np.isfinite(answer) & (answer > CERTIFIED))
    if doubtful.size:
        free = bent[doubtful] & ~np.isin(doubtful, capped)
        _solve_again(rows, preferences, (state, tolerance, status), doubtful[free], polish=False)
        for i in doubtful[~free].tolist():
            solve_exactly(rows, tolerance, state, i, polish=False)
        claim = _claimed(rows, preferences, state, tolerance, status, capped)
        answer, variance = _certified(rows, preferences, state, tolerance, status, claim)
    status[(status != "infeasible") & ~(answer <= CERTIFIED)] = "failed"
    return _finished(rows, state, status, answer, claim, variance)


def _solve_again(
    rows: BatchRows,
    preferences: Preferences,
    where: tuple[PivotState, FloatArray, StrArray],
    which: IntArray,
    *,
    polish: bool = True,
) -> None:
    """Solve the loss-averse rows `which` on their own exact paths; `where` are state, tolerance and
    status.
    """
    state, tolerance, status = where
    for i in which.tolist():
        wants = preferences.take(np.array([i]))
        if not solve_exactly(rows, tolerance, state, i, polish=polish, preferences=wants):
            status[i] = "infeasible"


@dataclass(frozen=True, eq=False)
class Claim:
    """What each row is claimed to be optimal at.

    Attributes:
        gamma: Effective risk aversion, inf = least risk, shape (c,).
        reward: What a unit of mean is worth to the client, shape (c,).
        rates: The objective, with the share of the cap on volatility, scaled.
        extra: What the cap adds to the client's price of half the variance, shape (c,).
        scale: Of the objective, shape (c,).
    """

    gamma: FloatArray
    reward: FloatArray
    rates: Rates
    extra: FloatArray
    scale: FloatArray

    def price_of_cap(self, cap: float | None) -> FloatArray:
        """What one more unit of the cap on volatility adds to the objective, shape (c,); to minus
        half the variance where it leaves the least risk alone.
        """
        return np.where(np.isinf(self.extra), 1.0, self.extra) * (cap or 0.0)


def _capped(
    rows: BatchRows, state: PivotState, tolerance: FloatArray, status: StrArray
) -> IntArray:
    """Apply the cap on volatility; the rows whose risk tolerance it lowered."""
    cap = rows.limits.max_volatility
    if cap is None:
        return np.zeros(0, dtype=np.int64)
    over = np.flatnonzero((status != "infeasible") & _above(rows, state, cap))
    if over.size:
        search_volatility(rows, cap, state, tolerance, over)
        status[over[_above(rows, state, cap)[over]]] = "infeasible"
    return over


def _above(rows: BatchRows, state: PivotState, cap: float) -> BoolArray:
    """Whose variance is above that of the cap, by more than its rounding, shape (c,)."""
    _, volatility = own_moments(rows, state, np.arange(rows.count))
    made = np.einsum("cn,n->c", np.abs(state.weights), rows.model.volatility)
    return volatility**2 > cap**2 * (1.0 + CAP_TOLERANCE) + (NO_RISK * made) ** 2


def _claimed(
    rows: BatchRows,
    preferences: Preferences,
    state: PivotState,
    tolerance: FloatArray,
    status: StrArray,
    capped: IntArray,
) -> Claim:
    """What the rows are optimal at, at their risk tolerance, shape (c,); "no_participation" is
    noted in `status`.
    """
    own, bent = (
        preferences.risk_aversion,
        (preferences.loss_aversion > 1.0) & np.isfinite(preferences.risk_aversion),
    )
    loss_averse = bent & ((status == "ok") | (status == "no_participation"))
    status[loss_averse] = np.where(tolerance[loss_averse] < 0.0, "no_participation", "ok")
    reward, risk, extra = np.ones(rows.count), own.copy(), np.zeros(rows.count)
    which = np.flatnonzero(loss_averse)
    if which.size:
        reward[which], risk[which] = rates_at(preferences, which, *own_moments(rows, state, which))
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        gamma = risk / reward
        gamma[capped] = 1.0 / np.maximum(tolerance[capped], 0.0)
        extra[capped] = np.maximum(
            np.nan_to_num(reward[capped] * gamma[capped] - risk[capped], nan=0.0, posinf=np.inf),
            0.0,
        )
        gamma[status == "no_participation"] = np.inf
        rates = Rates.of(np.where(status == "no_participation", np.inf, own + extra), rows.steepest)
        which = np.flatnonzero(loss_averse & np.isfinite(extra) & (status == "ok"))
        scale = 1.0 / np.maximum(own + extra, 1.0)
        share = (reward * scale)[which]
        rates.put(
            which,
            share,
            (np.minimum(risk + extra, HUGE) * scale)[which],
            share / np.minimum(tolerance[which], rows.steepest),
        )
    return Claim(gamma, reward, rates, extra, scale)


def _certified(
    rows: BatchRows,
    preferences: Preferences,
    state: PivotState,
    tolerance: FloatArray,
    status: StrArray,
    claim: Claim,
) -> tuple[FloatArray, FloatArray]:
    """KKT residuals, nan where there is no portfolio, and variances, each shape (c,)."""
    marginal = marginal_risk(rows, state.weights)
    variance = np.einsum("cn,cn->c", marginal, state.weights)
    residual = row_residuals(rows, state.weights, marginal, claim.rates, state.price)
    cap = rows.limits.max_volatility
    if cap is not None:
        share = np.where(
            np.isinf(claim.extra), 1.0, np.nan_to_num(claim.extra, posinf=0.0) * claim.scale
        )
        slack = 0.5 * share * np.maximum(cap**2 - variance, 0.0)
        residual = np.maximum(residual + slack, np.sqrt(np.maximum(variance, 0.0)) - cap)
    idle = np.flatnonzero(status == "no_participation")
    if idle.size:
        residual[idle] = np.maximum(
            residual[idle], _idle_residuals(rows, preferences, state, -tolerance[idle], idle)
        )
    return np.where(status == "infeasible", np.nan, residual), variance


def _idle_residuals(
    rows: BatchRows, preferences: Preferences, state: PivotState, away: FloatArray, idle: IntArray
) -> FloatArray:
    """How much the rows `idle`, which take no risk at all, could gain by taking some, shape (k,).

    Without risk the objective has a kink: it falls with volatility by up to `k phi(d) / sqrt(T)`,
    for any d, where it gains `1 + k Phi(d)` by the mean. Its bound is taken in the direction of the
    portfolios at the risk tolerances `away`, on the line that leads away from no risk: as long as
    risk costs more than it earns there, at `1 / away` a unit, these are optimal for such an
    objective, and its gap holds for all portfolios.
    """
    part, wants, every = rows.take(idle), preferences.take(idle), np.arange(idle.size)
    there = fresh_state(part, state.side[idle], state.row_side[idle])
    solved = pivot(part, away, there, every)
    for i in np.flatnonzero(~solved).tolist():
        solved[i] = solve_exactly(part, away, there, i, polish=False)
    mean, volatility = own_moments(part, there, every)
    reward, risk = rates_at(wants, every, mean, volatility)
    risk = np.minimum(risk - wants.risk_aversion, reward / away)
    scale = 1.0 / np.maximum(wants.risk_aversion, 1.0)
    rates = Rates(reward * scale, risk * scale, reward * scale / away)
    gap = row_residuals(
        part, state.weights[idle], marginal_risk(part, there.weights), rates, there.price
    )
    return np.where(solved, gap, np.inf)


def _finished(
    rows: BatchRows,
    state: PivotState,
    status: StrArray,
    residual: FloatArray,
    claim: Claim,
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
        risk_aversion=np.where(gone, np.nan, claim.gamma),
        cost=np.where(gone, np.nan, cost),
        reward=np.where(gone, np.nan, claim.reward),
        cap_price=np.where(gone, np.nan, claim.price_of_cap(rows.limits.max_volatility)),
        state=state,
    )

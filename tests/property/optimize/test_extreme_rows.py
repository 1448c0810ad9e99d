"""Rows at extreme scales: whatever carries a certificate is optimal by a linear program of scipy,
and few are left without one.
"""

from __future__ import annotations

from collections import Counter
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import linprog
from scipy.stats import norm

from advisor.contracts import GroupLimit, LinearLimit, Mandate
from advisor.data import ReturnModel
from advisor.errors import InfeasibleError
from advisor.optimize import (
    Portfolios,
    Preferences,
    optimal_portfolio,
    optimal_portfolios,
    trace_frontier,
)

AVERSIONS = [0.0, 1e-9, 1e-6, 1e-3, 0.1, 1.0, 3.0, 20.0, 1e3, 1e6, np.inf]


def market(rng: np.random.Generator) -> ReturnModel:
    """Two to seven assets with a covariance of low rank, a riskless or nearly riskless asset, a
    duplicate, or volatilities that differ by orders; returns of one scale between 1e-6 and 1e3.
    """
    n = int(rng.integers(2, 8))
    kind = rng.choice(["full", "line", "riskless", "double", "near"])
    loadings = rng.normal(size=(n, 1 if kind == "line" else n)) * 0.15
    sigma = loadings @ loadings.T + (
        0.0 if kind == "line" else np.diag(rng.uniform(0.001, 0.05, n))
    )
    mean = rng.uniform(-0.02, 0.12, n).round(3)
    if kind == "riskless":
        sigma[0] = sigma[:, 0] = 0.0
    if kind == "near":
        small = 10.0 ** rng.uniform(-8, -2)
        sigma[0], sigma[:, 0] = small * sigma[0], small * sigma[:, 0]
        sigma[0, 0] = sigma[0, 0] * 1.0
    if kind == "double":
        sigma[1], sigma[:, 1] = sigma[0], sigma[:, 0]
    if rng.random() < 0.15:
        mean[:] = mean[0]
    size = np.full(n, 10.0 ** rng.uniform(-6, 3))
    if rng.random() < 0.3:
        size = size * 10.0 ** rng.uniform(-4, 1, n)
    sigma = sigma * np.multiply.outer(size, size)
    groups = [f"g{i % 2}" for i in range(n)]
    return ReturnModel([f"a{i}" for i in range(n)], mean * size, (sigma + sigma.T) / 2, groups)


def solved(rng: np.random.Generator, count: int) -> tuple[Portfolios, Preferences, Any, float]:
    """A batch under random limits with random clients; its holdings and cost."""
    model = market(rng)
    n, unit = len(model), float(np.abs(model.mean).max())
    group = GroupLimit(group="g0", lower=0.2, upper=float(rng.choice([0.2, 0.6, 0.9])))
    losses = dict(zip(model.assets, np.linspace(0.1, 0.5, n).tolist(), strict=True))
    mandate = Mandate(
        group_limits=(group,) if rng.random() < 0.3 else (),
        linear_limits=(LinearLimit(name="stress", coefficients=losses, upper=0.35),)
        if rng.random() < 0.3
        else (),
        min_weight=float(rng.choice([0.0, -0.3])),
    )
    wants = Preferences(
        rng.choice(AVERSIONS, count) / unit,
        rng.choice([1.0, 1.3, 2.25, 4.0, 10.0], count),
        rng.choice([0.0, 0.5, -1.0, 1.01], count) * unit,
        rng.choice([0.01, 0.1, 1.0, 5.0, 20.0], count),
    )
    hold = rng.dirichlet(np.ones(n), count).round(4) if rng.random() < 0.5 else None
    cost = 0.0 if hold is None else min(float(rng.choice([0.0, 0.01, 0.2])) * unit, 1.0)
    upper = rng.uniform(0.3, 1.0, (count, n)).round(3) if rng.random() < 0.3 else None
    got = optimal_portfolios(
        model, mandate, wants, upper=upper, current=hold, cost=None if hold is None else cost
    )
    return got, wants, hold, cost


def could_gain(got: Portfolios, wants: Preferences, hold: Any, cost: float, i: int) -> float:
    """What a linear program says that the utility of row `i` could still gain, by its gradient,
    over the larger of 1, the risk aversion and the utility; nan where there is no risk.
    """
    model, w, limits = got.rows.model, got.weights[i], got.rows.limits_of_row(i)
    own = wants.take(np.array([i]))
    gamma, kappa = float(own.risk_aversion[0]), float(own.loss_aversion[0]) - 1.0
    volatility = float(np.sqrt(max(w @ model.covariance @ w, 0.0)))
    if np.isinf(gamma) or volatility <= 1e-7 * np.sqrt(np.diag(model.covariance).max()):
        return np.nan
    root = float(np.sqrt(own.evaluation_years[0]))
    change = np.zeros(len(w)) if hold is None else w - hold[i]
    mean = float(model.mean @ w - cost * np.abs(change).sum())
    d = (float(own.reference_return[0]) - mean) * root / volatility
    reward = 1.0 + kappa * norm.cdf(d)
    risk = gamma + kappa * norm.pdf(d) / (volatility * root)
    pull = reward * model.mean - risk * model.covariance @ w
    n, paid = len(w), reward * cost
    unit = max(np.abs(pull).max(), paid, 1e-300)
    eye, start = np.eye(n), w - change
    low, high = np.isfinite(limits.row_lower), np.isfinite(limits.row_upper)
    rows = np.vstack([-limits.rows[low], limits.rows[high]])
    found = linprog(
        np.concatenate([-pull, np.full(n, paid)]) / unit,
        A_ub=np.vstack(
            [np.hstack([eye, -eye]), np.hstack([-eye, -eye]), np.hstack([rows, 0.0 * rows])]
        ),
        b_ub=np.concatenate([start, -start, -limits.row_lower[low], limits.row_upper[high]]),
        A_eq=np.concatenate([np.ones(n), np.zeros(n)])[None],
        b_eq=[1.0],
        bounds=list(zip(limits.lower, limits.upper, strict=True)) + [(0.0, None)] * n,
        options={"primal_feasibility_tolerance": 1e-10, "dual_feasibility_tolerance": 1e-10},
    )
    here = float(pull @ w - paid * np.abs(change).sum())
    return (-found.fun * unit - here) / max(1.0, gamma, abs(mean) * reward)


@given(st.integers(0, 100_000))
@settings(max_examples=40)
def test_what_is_certified_is_optimal(seed: int) -> None:
    try:
        got, wants, hold, cost = solved(np.random.default_rng(seed), 6)
    except InfeasibleError:
        return
    answered = np.isin(got.status, ["ok", "no_participation"])
    assert (got.kkt_residual[answered] <= 1e-9).all()
    for i in np.flatnonzero(answered).tolist():
        assert not could_gain(got, wants, hold, cost, i) > 2e-8
    for i in np.flatnonzero(~answered).tolist():
        assert got.reason(i)


def test_few_rows_are_left_without_a_certificate() -> None:
    counts: Counter[str] = Counter()
    for seed in range(300):
        try:
            counts.update(solved(np.random.default_rng(seed), 8)[0].status.tolist())
        except InfeasibleError:
            continue
    assert counts["failed"] <= 0.003 * counts.total()
    assert counts.total() > 2000


def test_bounds_that_leave_one_portfolio() -> None:
    model = ReturnModel(["a", "b"], [8.7e-6, 4.6e-10], [[0.0, 0.0], [0.0, 2.3e-17]])
    got = optimal_portfolios(model, None, Preferences([0.0, 18.0, 1e6, np.inf]), lower=[0.5, 0.5])
    assert (got.status == "ok").all()
    assert (got.kkt_residual <= 1e-9).all()


def test_equal_means_and_a_perfect_hedge() -> None:
    """All earn the reference, and a mix of the two has no risk: that mix, and no participation."""
    model = ReturnModel(["a", "b"], [0.094, 0.094], np.outer([0.3, -0.1], [0.3, -0.1]))
    wants = Preferences([0.0, 0.1, 3.0], [1.3, 4.0, 10.0], 0.094, 0.01)
    got = optimal_portfolios(model, None, wants)
    np.testing.assert_allclose(got.weights, np.tile([0.25, 0.75], (3, 1)), atol=1e-7)
    assert (got.kkt_residual <= 1e-9).all()
    assert got.status.tolist() == ["no_participation"] * 3
    frontier = trace_frontier(model)
    assert frontier.participation(wants).tolist() == ["no_participation"] * 3


@pytest.mark.parametrize("loss_aversion", [1.0, 2.25])
@pytest.mark.parametrize("seed", range(25))
def test_a_target_volatility_is_never_exceeded(seed: int, loss_aversion: float) -> None:
    """Neither by what costs leave unsold, nor by losses."""
    rng = np.random.default_rng(seed)
    n = int(rng.integers(2, 9))
    loadings = rng.normal(size=(n, 2)) * 0.15
    sigma = loadings @ loadings.T + np.diag(rng.uniform(0.0, 0.03, n))
    model = ReturnModel([f"a{i}" for i in range(n)], rng.uniform(0.0, 0.1, n), sigma)
    frontier = trace_frontier(model)
    low, high = float(frontier.volatility[0]), float(frontier.volatility[-1])
    hold = rng.dirichlet(np.full(n, 0.4))
    for share in (0.0, 0.1, 0.5, 1.0, 1.5):
        target = low + share * (high - low)
        if target == 0.0:
            continue
        got = optimal_portfolio(
            model,
            target_volatility=target,
            current=hold,
            cost=float(rng.choice([0.001, 0.02, 0.2])),
            preferences=Preferences(1.0, loss_aversion, rng.choice([0.0, 0.05, 0.3])),
        )
        assert got.volatility <= target + 1e-10
        assert got.kkt_residual <= 1e-9

"""Caps on gross exposure, costs of short positions and leverage against cvxpy with Clarabel, in
its own words: `norm1`, `neg` and `abs`.
"""

from __future__ import annotations

from typing import Any

import cvxpy
import numpy as np
import pytest

from advisor import InfeasibleError, InputError
from advisor.contracts import GroupLimit, LinearLimit, Mandate
from advisor.data import ReturnModel
from advisor.optimize import (
    Preferences,
    Program,
    Scenarios,
    minimum_cvar,
    minimum_variance,
    optimal_over_scenarios,
    optimal_portfolio,
    optimal_portfolios,
    trace_frontier,
)
from advisor.optimize.frontier.lookup import FrontierLookup

cp: Any = cvxpy
TIGHT = {"tol_gap_abs": 1e-10, "tol_gap_rel": 1e-10, "tol_feas": 1e-10, "max_iter": 300}


def market(rng: np.random.Generator, n: int) -> ReturnModel:
    loadings = rng.normal(size=(n, 3)) * 0.12
    sigma = loadings @ loadings.T + np.diag(rng.uniform(0.005, 0.03, n))
    groups = [f"g{i % 2}" for i in range(n)]
    return ReturnModel([f"a{i}" for i in range(n)], rng.uniform(-0.02, 0.12, n), sigma, groups)


def mandate_of(rng: np.random.Generator, model: ReturnModel) -> Mandate:
    low = float(rng.choice([-0.1, -0.3, -1.0]))
    shorts = {"a0": 0.01, "a1": 0.03} if rng.random() < 0.6 else {}
    group = GroupLimit(group="g0", lower=0.1, upper=0.8)
    losses = dict(zip(model.assets, np.linspace(0.1, 0.5, len(model)).tolist(), strict=True))
    return Mandate(
        min_weight=low,
        max_weight=0.8,
        max_gross=float(rng.choice([1.2, 1.3, 1.6, 3.0])),
        bounds={"a2": (0.05, 0.3), "a3": (-0.2, -0.05)} if rng.random() < 0.5 else {},
        short_costs=shorts,
        group_limits=(group,) if rng.random() < 0.5 else (),
        linear_limits=(LinearLimit(name="stress", coefficients=losses, upper=0.4),)
        if rng.random() < 0.5
        else (),
    )


def by_cvxpy(
    model: ReturnModel, mandate: Mandate, gamma: float, cost: float = 0.0, **own: Any
) -> float:
    """The highest utility there is."""
    w, n = cp.Variable(len(model)), len(model)
    low, high = np.full(n, mandate.min_weight), np.full(n, mandate.max_weight)
    for name, (a, b) in mandate.bounds.items():
        low[model.assets.index(name)], high[model.assets.index(name)] = a, b
    low, high = np.maximum(low, own.get("lower", low)), np.minimum(high, own.get("upper", high))
    limits = [cp.sum(w) == 1.0, w >= low, w <= high, cp.norm1(w) <= mandate.max_gross]
    for group in mandate.group_limits:
        total = w @ (np.array(model.groups) == group.group).astype(float)
        limits += [total >= group.lower, total <= group.upper]
    for linear in mandate.linear_limits:
        limits += [w @ np.array([linear.coefficients[a] for a in model.assets]) <= linear.upper]
    if mandate.max_volatility is not None:
        factor = np.linalg.cholesky(model.covariance)
        limits += [cp.norm2(factor.T @ w) <= mandate.max_volatility]
    short = np.array([mandate.short_costs.get(a, 0.0) for a in model.assets])
    risk = cp.quad_form(w, cp.psd_wrap(model.covariance))
    paid = cost * cp.norm1(w - own["current"]) if "current" in own else 0.0
    value = model.mean @ w - cp.neg(w) @ short - gamma / 2.0 * risk - paid
    return float(cp.Problem(cp.Maximize(value), limits).solve("CLARABEL", **TIGHT))


def utility(model: ReturnModel, mandate: Mandate, w: np.ndarray, gamma: float) -> float:
    short = np.array([mandate.short_costs.get(a, 0.0) for a in model.assets])
    mean = model.mean @ w - short @ np.maximum(-w, 0.0)
    return float(mean - gamma / 2.0 * w @ model.covariance @ w)


@pytest.mark.parametrize("seed", range(12))
def test_one_client_and_frontier(seed: int) -> None:
    rng = np.random.default_rng(seed)
    model = market(rng, int(rng.integers(4, 10)))
    mandate = mandate_of(rng, model)
    frontier = trace_frontier(model, mandate)
    assert frontier.kkt_residual.max() <= 1e-9
    assert np.abs(frontier.weights).sum(axis=1).max() <= mandate.max_gross + 1e-12
    for gamma in (0.3, 2.0, 15.0):
        got = optimal_portfolio(model, mandate, risk_aversion=gamma)
        ours = utility(model, mandate, got.weights, gamma)
        assert ours == pytest.approx(by_cvxpy(model, mandate, gamma), abs=2e-9)
        assert got.mean - gamma / 2.0 * got.volatility**2 == pytest.approx(ours, abs=1e-12)
        assert got.kkt_residual <= 1e-9
        np.testing.assert_allclose(got.weights, frontier.at_risk_aversion(gamma), atol=1e-12)
    mid = 0.5 * float(frontier.volatility[0] + frontier.volatility[-1])
    capped = mandate.model_copy(update={"max_volatility": mid})
    ours = utility(model, capped, optimal_portfolio(model, capped, risk_aversion=0.1).weights, 0.1)
    assert ours == pytest.approx(by_cvxpy(model, capped, 0.1), abs=1e-8)


@pytest.mark.parametrize("seed", range(12))
def test_a_batch_with_bounds_holdings_and_costs(seed: int) -> None:
    rng = np.random.default_rng(100 + seed)
    n, c = int(rng.integers(4, 9)), 5
    model = market(rng, n)
    mandate = mandate_of(rng, model)
    lower, upper = rng.uniform(-0.3, 0.02, (c, n)), rng.uniform(0.3, 0.8, (c, n))
    hold, cost = rng.dirichlet(np.ones(n), c) - rng.uniform(0.0, 0.1, (c, n)), 0.01
    gamma = np.exp(rng.uniform(-1.0, 3.0, c))
    got = optimal_portfolios(
        model, mandate, Preferences(gamma), lower=lower, upper=upper, current=hold, cost=cost
    )
    for i in range(c):
        own = {"lower": lower[i], "upper": upper[i], "current": hold[i]}
        if got.status[i] == "infeasible":
            assert not np.isfinite(by_cvxpy(model, mandate, gamma[i], cost, **own))
            assert got.reason(i)
            continue
        w = got.weights[i]
        ours = utility(model, mandate, w, gamma[i]) - cost * np.abs(w - hold[i]).sum()
        assert ours == pytest.approx(by_cvxpy(model, mandate, gamma[i], cost, **own), abs=1e-8)
        assert got.kkt_residual[i] <= 1e-9
        assert all(binding.name for binding in got.binding(i))


def test_loss_averse_clients_of_frontier_and_batch_agree() -> None:
    rng = np.random.default_rng(7)
    model = market(rng, 6)
    mandate = Mandate(min_weight=-0.5, max_gross=1.5, short_costs={"a1": 0.02})
    wants = Preferences([0.5, 2.0, 5.0], [1.5, 2.25, 4.0], 0.02, 5.0)
    batch = optimal_portfolios(model, mandate, wants)
    np.testing.assert_allclose(
        batch.weights, trace_frontier(model, mandate).at_preferences(wants), atol=1e-8
    )
    one = optimal_portfolio(model, mandate, preferences=wants.take(np.array([1])))
    assert one.kkt_residual <= 1e-9
    assert one.mean == pytest.approx(batch.mean[1], abs=1e-9)


def test_the_price_of_gross_exposure_is_what_more_of_it_adds() -> None:
    rng = np.random.default_rng(3)
    model, more = market(rng, 6), 1e-5

    def best(most: float) -> float:
        mandate = Mandate(min_weight=-1.0, max_gross=most)
        return utility(
            model, mandate, optimal_portfolio(model, mandate, risk_aversion=2.0).weights, 2.0
        )

    slope = (best(1.4 + more) - best(1.4)) / more
    mandate = Mandate(min_weight=-1.0, max_gross=1.4)
    for binding in (
        optimal_portfolio(model, mandate, risk_aversion=2.0).binding,
        optimal_portfolios(model, mandate, Preferences(2.0)).binding(0),
    ):
        assert {b.name: b.shadow_price for b in binding}["max_gross"] == pytest.approx(
            slope, rel=1e-3
        )


def test_no_short_weights_at_a_gross_exposure_of_one() -> None:
    model = market(np.random.default_rng(5), 5)
    tight = trace_frontier(model, Mandate(min_weight=-1.0, max_gross=1.0))
    np.testing.assert_allclose(
        tight.at_risk_aversion(2.0), trace_frontier(model).at_risk_aversion(2.0), atol=1e-10
    )
    assert minimum_variance(model, Mandate(min_weight=-0.3, max_gross=1.6)).kkt_residual <= 1e-9


def test_leverage_with_a_borrowing_rate() -> None:
    """Merton's share m / (g s^2) where lending or borrowing is at one rate; all in stock for who is
    between; and a stated sum."""
    model = ReturnModel(["cash", "stock"], [0.02, 0.08], [[0.0, 0.0], [0.0, 0.04]])
    loan = Mandate(bounds={"cash": (-1.0, 1.0), "stock": (0.0, 2.0)}, short_costs={"cash": 0.02})
    frontier = trace_frontier(model, loan)
    gamma = np.array([3.0, 1.3, 1.1, 0.8, 0.4])
    stock = np.minimum(np.where(0.06 / 0.04 / gamma < 1.0, 1.5 / gamma, 0.04 / 0.04 / gamma), 2.0)
    stock = np.where((1.5 / gamma >= 1.0) & (1.0 / gamma <= 1.0), 1.0, stock)
    np.testing.assert_allclose(frontier.at_risk_aversion(gamma)[:, 1], stock, atol=1e-12)
    assert frontier.mean[-1] == pytest.approx(2.0 * 0.08 - 0.04)
    fixed = Mandate(bounds={"cash": (-0.3, -0.3), "stock": (0.0, 2.0)}, short_costs={"cash": 0.02})
    got = optimal_portfolio(model, fixed, risk_aversion=3.0)
    np.testing.assert_allclose(got.weights, [-0.3, 1.3])
    assert got.mean == pytest.approx(1.3 * 0.08 - 0.3 * 0.04)


def test_contradictions_name_the_cap() -> None:
    model = market(np.random.default_rng(1), 4)
    mandate = Mandate(min_weight=-1.0, max_gross=1.2, bounds={"a0": (-0.5, -0.3)})
    with pytest.raises(InfeasibleError, match=r"max_gross 1\.2 is below 1\.6"):
        trace_frontier(model, mandate)
    open_to_all = Mandate(min_weight=-1.0, max_gross=1.2)
    upper = np.array([[-0.3, 1.0, 1.0, 1.0], [0.3, 1.0, 1.0, 1.0]])
    got = optimal_portfolios(model, open_to_all, Preferences(2.0), upper=upper)
    assert got.status.tolist() == ["infeasible", "ok"]
    assert "max_gross 1.2 is below 1.6" in got.reason(0)
    with pytest.raises(InputError, match="max_gross"):
        Mandate(max_gross=0.5)
    with pytest.raises(InputError, match="short_costs"):
        Mandate(short_costs={"a": -0.1})
    with pytest.raises(InputError, match="'z'"):
        trace_frontier(model, Mandate(short_costs={"z": 0.1}))


def test_what_cannot_hold_it_says_so() -> None:
    model = market(np.random.default_rng(2), 4)
    mandate, table = Mandate(min_weight=-0.3, max_gross=1.6), np.zeros((5, 4))
    for call in (
        lambda: minimum_cvar(model, table, mandate),
        lambda: Program(model, mandate),
        lambda: optimal_over_scenarios(model, Scenarios(table), Preferences(2.0), mandate),
        lambda: optimal_portfolio(model, mandate, risk_aversion=2.0, scenarios=table),
    ):
        with pytest.raises(InputError, match="max_gross cannot be held here"):
            call()
    with pytest.raises(InputError, match="lookup of many clients"):
        FrontierLookup.of(trace_frontier(model, mandate))

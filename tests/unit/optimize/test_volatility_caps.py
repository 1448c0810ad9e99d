"""Caps on volatility exactly where a portfolio is, target volatilities with costs, extreme
scales."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from advisor.contracts import Mandate
from advisor.data import ReturnModel
from advisor.optimize import (
    Preferences,
    optimal_over_scenarios,
    optimal_portfolio,
    optimal_portfolios,
    trace_frontier,
)
from advisor.optimize.scenarios.portfolios import Scenarios


def market(seed: int, n: int = 4) -> ReturnModel:
    rng = np.random.default_rng(seed)
    f = rng.normal(size=(n, 2)) * 0.1
    own = np.diag(rng.uniform(0.05, 0.2, n) ** 2)
    return ReturnModel([f"a{i}" for i in range(n)], rng.uniform(0.01, 0.1, n), f @ f.T + own)


@pytest.mark.parametrize("seed", range(4))
def test_a_cap_exactly_at_a_corner_is_one(seed: int) -> None:
    """At the least volatility one portfolio is left, at a kink a range of clients meets the cap: no
    way refuses it, every price is a number, and no answer is above it."""
    model, n = market(seed), 4
    scenarios = np.random.default_rng(seed).normal(size=(40, n)) * 0.1
    held: dict[str, Any] = {"current": np.full(n, 0.25), "cost": 0.01}
    for exact in trace_frontier(model).volatility[:3].tolist():
        for cap in (exact, float(np.nextafter(exact, 0.0)), float(np.nextafter(exact, 1.0))):
            mandate = Mandate(max_volatility=cap)
            wants = Preferences(1.0, 2.0, 0.03)
            singles = [
                optimal_portfolio(model, mandate, risk_aversion=0.5),
                optimal_portfolio(model, mandate, risk_aversion=np.inf),
                optimal_portfolio(model, mandate, target_volatility=0.5),
                optimal_portfolio(model, mandate, preferences=wants),
                optimal_portfolio(model, mandate, risk_aversion=0.5, **held),
                optimal_portfolio(model, mandate, risk_aversion=0.5, scenarios=scenarios),
                optimal_portfolio(model, mandate, risk_aversion=0.5, scenarios=scenarios, **held),
            ]
            for got in singles:
                assert got.status == "ok"
                assert got.volatility <= cap + 1e-9
                assert all(0.0 <= b.shadow_price < np.inf for b in got.binding)
            many = Preferences([0.0, 0.5, np.inf, 1.0], [1.0, 1.0, 1.0, 2.0], 0.03)
            batch = optimal_portfolios(model, mandate, many, **held)
            assert (batch.status == "ok").all()
            assert (batch.kkt_residual <= 1e-9).all()
            assert (batch.volatility <= cap + 1e-9).all()
            if exact == trace_frontier(model).volatility[0]:
                assert "max_volatility" in [b.name for b in batch.binding(0)]
            wide = optimal_over_scenarios(
                model, Scenarios(scenarios), Preferences([0.0, 2.0], 2.0), mandate
            )
            assert (wide.status == "ok").all()


def test_the_price_of_a_cap_at_a_kink_is_that_of_more_room() -> None:
    """Two assets, one of them capped: the upper end of the frontier serves all who want more
    risk."""
    model = ReturnModel(["low", "high"], [0.02, 0.08], [[0.0025, 0.0], [0.0, 0.04]])
    gamma, more = 0.1, 1e-6
    kink = float(trace_frontier(model).volatility[0])
    for cap in (kink * 1.01, kink * 1.5):
        value = []
        for room in (cap, cap + more):
            got = optimal_portfolio(model, Mandate(max_volatility=room), risk_aversion=gamma)
            value.append(got.mean - 0.5 * gamma * got.volatility**2)
        tight = optimal_portfolio(model, Mandate(max_volatility=cap), risk_aversion=gamma)
        price = {b.name: b.shadow_price for b in tight.binding}["max_volatility"]
        assert price == pytest.approx((value[1] - value[0]) / more, rel=2e-3)


@pytest.mark.parametrize("seed", range(6))
def test_a_target_volatility_is_not_exceeded(seed: int) -> None:
    """Costs keep what is held, a reference out of reach asks for risk: neither leads above the
    target."""
    rng = np.random.default_rng(seed)
    model = market(seed, 5)
    frontier = trace_frontier(model)
    for target in (
        *rng.uniform(0.0, frontier.volatility[-1] * 1.1, 4),
        frontier.volatility[0],
        frontier.volatility[1],
    ):
        most = max(float(target), float(frontier.volatility[0]))
        hold = rng.dirichlet(np.ones(5))
        for cost in (0.0, 0.01, 0.3):
            got = optimal_portfolio(model, target_volatility=float(target), current=hold, cost=cost)
            assert got.volatility <= most + 1e-10
            assert got.kkt_residual <= 1e-9
        hungry = optimal_portfolio(
            model, target_volatility=float(target), preferences=Preferences(1.0, 3.0, 0.3)
        )
        assert hungry.volatility <= most + 1e-10


def test_an_answer_at_any_scale_is_certified_or_says_why() -> None:
    counts = {"ok": 0, "failed": 0}
    for seed in range(60):
        rng = np.random.default_rng(seed)
        n, c = int(rng.integers(2, 7)), 20
        f = rng.normal(size=(n, int(rng.integers(1, n + 1))))
        sigma = (f @ f.T + np.diag(rng.uniform(0.0, 0.5, n))) * 10.0 ** rng.integers(-10, 5)
        mean = rng.normal(size=n) * 10.0 ** rng.integers(-8, 3)
        model = ReturnModel([f"a{i}" for i in range(n)], mean, sigma)
        gamma = rng.choice([0.0, 1e-9, 1e-5, 1e-3, 1.0, 10.0, 1e4, 1e9, np.inf], c)
        reference = rng.choice([0.0, 0.5], c) * np.abs(mean).max()
        wants = Preferences(
            gamma, rng.choice([1.0, 1.0, 2.25, 5.0], c), reference, rng.choice([0.1, 1.0, 10.0], c)
        )
        hold, cost = rng.dirichlet(np.ones(n), c), float(rng.choice([0.0, 0.001, 0.5]))
        got = optimal_portfolios(
            model, None, wants, upper=rng.uniform(0.5, 1.0, (c, n)), current=hold, cost=cost
        )
        for i, status in enumerate(got.status.tolist()):
            if status == "failed":
                assert "certificate" in got.reason(i)
                assert np.isnan(got.weights[i]).all()
            elif status != "infeasible":
                assert got.kkt_residual[i] <= 1e-9
            counts[status] = counts.get(status, 0) + 1
    assert counts["failed"] <= 0.005 * counts["ok"]

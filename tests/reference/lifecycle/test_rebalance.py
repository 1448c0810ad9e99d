"""No-trade widths, published bands and flows against independent solvers and the numbers in
print."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.integrate import solve_ivp
from scipy.optimize import brentq, minimize

from advisor.lifecycle import (
    RebalancePolicy,
    allocate_flow,
    drift,
    no_trade_half_width,
    no_trade_region,
    one_period_half_width,
    rebalance,
    rebalancing_due,
    switch_benefit,
)


def test_cube_root_widths_are_the_industrys_bands() -> None:
    """w = .6, gamma = 3: 2.4, 3.1 and 5.2 points for 5, 10 and 50 basis points."""
    np.testing.assert_allclose(
        no_trade_half_width(0.6, 3.0, [0.0005, 0.001, 0.005]), [0.0243, 0.0307, 0.0524], atol=1e-4
    )


def test_cube_root_scaling_and_zeros() -> None:
    one = no_trade_half_width(0.4, 2.0, 0.001)
    assert no_trade_half_width(0.4, 2.0, 0.008) == pytest.approx(2 * one)
    assert no_trade_half_width(0.4, 16.0, 0.001) == pytest.approx(one / 2)
    assert no_trade_half_width([0.0, 1.0], 2.0, 0.001).tolist() == [0.0, 0.0]
    assert no_trade_half_width(0.4, 2.0, 0.0) == 0.0


@pytest.mark.parametrize("gamma", [0.5, 1.0, 3.0, 8.0])
def test_exact_region_tends_to_the_cube_root(gamma: float) -> None:
    """Gerhold et al. (2014): the gap over the cube-root term goes to 1 as costs go to 0."""
    ratios = []
    for cost in (1e-3, 1e-5, 1e-7):
        low, high = no_trade_region(0.6, gamma, cost)
        ratios.append((high - low) / 2 / no_trade_half_width(0.6, gamma, cost))
    assert abs(ratios[-1] - 1) < 1e-4
    assert abs(ratios[0] - 1) > abs(ratios[-1] - 1)


@pytest.mark.parametrize(
    ("weight", "gamma", "cost"),
    [(0.3, 3.0, 0.002), (0.6, 3.0, 0.01), (0.5, 1.0, 0.005), (0.8, 6.0, 0.001)],
)
def test_exact_region_against_an_adaptive_solver(weight: float, gamma: float, cost: float) -> None:
    """The same boundary problem by scipy's adaptive integrator and Brent's method, with mean and
    volatility spelled out."""
    sigma = 0.17
    mu = weight * gamma * sigma**2
    eps = 1 - (1 - cost) / (1 + cost)

    def miss(lam: float) -> float:
        low, high = (mu - lam) / (gamma * sigma**2), (mu + lam) / (gamma * sigma**2)
        u_over_l = (high / (1 - high)) / (low / (1 - low)) / (1 - eps)
        flow = solve_ivp(
            lambda x, w: -(1 - gamma) * w**2 - (2 * mu / sigma**2 - 1) * w + gamma * low * high,
            (0, np.log(u_over_l)),
            [low],
            rtol=1e-10,
            atol=1e-12,
        )
        return float(flow.y[0, -1] - high)

    first = float(no_trade_half_width(weight, gamma, cost)) * gamma * sigma**2
    lam = brentq(miss, 0.5 * first, 1.5 * first, xtol=1e-14)
    low, high = (mu - lam) / (gamma * sigma**2), (mu + lam) / (gamma * sigma**2)
    ask, bid = low / (1 - low) / (1 + cost), high / (1 - high) / (1 - cost)
    np.testing.assert_allclose(
        no_trade_region(weight, gamma, cost), [ask / (1 + ask), bid / (1 + bid)], atol=1e-8
    )


def test_one_period_width_against_brute_force() -> None:
    """Largest weight at which buying the next bit does not pay its cost: gamma sigma^2 (w* - w) =
    cost."""
    gamma, sigma, mean, cost = 3.0, 0.2, 0.06, 0.004
    best = mean / (gamma * sigma**2)
    start = best - 0.1
    bought = minimize(
        lambda x: (
            -(mean * (start + x[0]) - gamma / 2 * sigma**2 * (start + x[0]) ** 2 - cost * x[0])
        ),
        [0.0],
        bounds=[(0, 1)],
    ).x[0]
    assert best - (start + bought) == pytest.approx(
        float(one_period_half_width(gamma, sigma, cost)), abs=1e-5
    )


def nearest(held: np.ndarray, goal: np.ndarray, flow: float) -> np.ndarray:
    """min |held + x - goal|^2 with sum x = flow and x of the flow's sign, by SLSQP."""
    solved = minimize(
        lambda x: ((held + x - goal) ** 2).sum(),
        np.full(len(held), flow / len(held)),
        jac=lambda x: 2 * (held + x - goal),
        method="SLSQP",
        bounds=[(0, None) if flow > 0 else (-h, 0) for h in held],
        constraints={"type": "eq", "fun": lambda x: x.sum() - flow},
        options={"ftol": 1e-12, "maxiter": 500},
    )
    return solved.x


def test_water_filling_against_a_general_solver() -> None:
    rng = np.random.default_rng(2)
    for _ in range(10):
        held, target, flow = (
            rng.gamma(1, 50, 5),
            rng.dirichlet(np.ones(5)),
            float(rng.uniform(-60, 150)),
        )
        flow = max(flow, -0.9 * held.sum())
        solved = nearest(held, target * (held.sum() + flow), flow)
        np.testing.assert_allclose(allocate_flow(held, target, flow).trades[0], solved, atol=1e-3)


def test_drift_by_hand() -> None:
    """Two of four equal positions off by five points each way are a drift of 5 %; by ten, of
    10 %."""
    assert drift(np.array([0.30, 0.20, 0.25, 0.25]), np.full(4, 0.25)) == pytest.approx(0.05)
    assert drift(np.array([0.35, 0.15, 0.25, 0.25]), np.full(4, 0.25)) == pytest.approx(0.10)


def test_bands_drift_and_calendar_by_hand() -> None:
    weights = np.array([[0.656, 0.344], [0.644, 0.356], [0.6, 0.4], [0.6, 0.4]])
    policy = RebalancePolicy(drift=0.05, every_months=12)
    due = rebalancing_due(
        weights, np.array([0.6, 0.4]), policy, months_since=np.array([1.0, 1.0, 12.0, np.nan])
    )
    assert [due.reasons(i) for i in range(4)] == [
        ("band", "drift"),
        (),
        ("calendar",),
        ("calendar",),
    ]


def test_an_inflow_that_suffices_leaves_no_drift_and_no_sale() -> None:
    plan = rebalance([[70.0, 30.0]], [0.5, 0.5], flow=60.0)
    np.testing.assert_allclose(plan.trades, [[10.0, 50.0]])
    assert not plan.due[0]
    assert plan.drift_after[0] == pytest.approx(0.0)


def test_an_outflow_above_the_account_says_what_is_missing() -> None:
    plan = rebalance([[70.0, 30.0]], [0.5, 0.5], flow=-130.0)
    assert plan.unfunded[0] == pytest.approx(30.0)
    np.testing.assert_allclose(plan.trades, [[-70.0, -30.0]])


def test_switch_break_even_by_discounted_sum() -> None:
    """Benefit of 600 a year at 3 % against 1,500: net and break-even from the continuous annuity,
    by numerical integration."""
    test = switch_benefit(100_000.0, 0.006, 5.0, exit_cost=0.01, entry_cost=0.005, rate=0.03)
    times = np.linspace(0, 5, 200_001)
    paid = np.trapezoid(600.0 * 1.03**-times, times)
    assert float(test.benefit) == pytest.approx(paid, rel=1e-8)
    until = np.linspace(0, float(test.break_even_years), 200_001)
    assert np.trapezoid(600.0 * 1.03**-until, until) == pytest.approx(1500.0, rel=1e-8)
    assert np.isinf(switch_benefit(100.0, 0.0, 5.0, exit_cost=0.01).break_even_years)


def test_a_switch_breaks_even_under_a_negative_rate_too() -> None:
    test = switch_benefit(100_000.0, 0.006, 5.0, exit_cost=0.01, entry_cost=0.005, rate=-0.02)
    until = np.linspace(0, float(test.break_even_years), 200_001)
    assert np.trapezoid(600.0 * 0.98**-until, until) == pytest.approx(1500.0, rel=1e-8)

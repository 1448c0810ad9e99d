"""One portfolio: every way to say how much risk, with its proof and its prices."""

from __future__ import annotations

import numpy as np
import pytest

from advisor import InfeasibleError, InputError
from advisor.contracts import GroupLimit, Mandate
from advisor.data import ReturnModel
from advisor.optimize import Preferences, TradingCost, optimal_portfolio, trace_frontier
from advisor.optimize.limits.multipliers import certify

MODEL = ReturnModel(
    ["cash", "bond", "stock", "gold"],
    [0.02, 0.03, 0.08, 0.05],
    [[0, 0, 0, 0], [0, 0.0036, 0.001, 0], [0, 0.001, 0.0324, 0.002], [0, 0, 0.002, 0.0256]],
    groups=["safe", "safe", "risky", "risky"],
)


MODEL3 = ReturnModel(list("abc"), [0.03, 0.06, 0.09], np.diag([0.01, 0.03, 0.08]))


def test_by_risk_aversion_by_volatility_and_by_preferences() -> None:
    frontier = trace_frontier(MODEL)
    by_gamma = optimal_portfolio(MODEL, risk_aversion=4.0)
    np.testing.assert_array_equal(by_gamma.weights, frontier.at_risk_aversion(4.0))
    by_volatility = optimal_portfolio(MODEL, target_volatility=by_gamma.volatility)
    np.testing.assert_allclose(by_volatility.weights, by_gamma.weights, atol=1e-12)
    assert by_volatility.risk_aversion == pytest.approx(4.0)
    averse = optimal_portfolio(MODEL, preferences=Preferences(4.0, 2.25, 0.02, 5.0))
    np.testing.assert_array_equal(
        averse.weights, frontier.at_preferences(Preferences(4.0, 2.25, 0.02, 5.0))[0]
    )
    both = optimal_portfolio(
        MODEL, target_volatility=by_gamma.volatility, preferences=Preferences(99.0, 2.25, 0.02, 5.0)
    )
    np.testing.assert_allclose(both.weights, averse.weights, atol=1e-9)
    least = optimal_portfolio(MODEL, risk_aversion=np.inf)
    assert (least.volatility, least.weights[0]) == (0.0, 1.0)
    assert (
        optimal_portfolio(MODEL, preferences=Preferences(4.0, 4.0, 0.02, 1.0)).status
        == "no_participation"
    )
    for portfolio in (by_gamma, by_volatility, averse, both, least):
        assert portfolio.kkt_residual <= 1e-9
        assert portfolio.mean == pytest.approx(float(portfolio.weights @ MODEL.mean))


def test_a_volatility_of_nothing_is_the_least_risky_portfolio() -> None:
    np.testing.assert_allclose(
        optimal_portfolio(MODEL, target_volatility=0.0).weights, [1.0, 0.0, 0.0, 0.0]
    )


def test_binding_limits_are_named_with_what_they_cost() -> None:
    mandate = Mandate(max_weight=0.6, group_limits=(GroupLimit(group="risky", upper=0.5),))
    portfolio = optimal_portfolio(MODEL, mandate, risk_aversion=1.0)
    names = [b.name for b in portfolio.binding]
    assert "group:risky:upper" in names
    price = {b.name: b.shadow_price for b in portfolio.binding}["group:risky:upper"]
    wider = Mandate(max_weight=0.6, group_limits=(GroupLimit(group="risky", upper=0.5 + 1e-6),))
    better = optimal_portfolio(MODEL, wider, risk_aversion=1.0)

    def utility(w: np.ndarray) -> float:
        return float(MODEL.mean @ w - 0.5 * w @ MODEL.covariance @ w)

    assert (utility(better.weights) - utility(portfolio.weights)) / 1e-6 == pytest.approx(
        price, rel=1e-3
    )
    assert [b.shadow_price for b in portfolio.binding] == sorted(
        (b.shadow_price for b in portfolio.binding), reverse=True
    )
    scratch = {
        b.name: b.shadow_price for b in certify(MODEL, mandate, portfolio.weights, 1.0).binding
    }
    assert scratch["group:risky:upper"] == pytest.approx(price, abs=1e-9)


def test_holdings_and_costs() -> None:
    free = optimal_portfolio(MODEL, risk_aversion=4.0)
    held = free.weights + np.array([0.01, 0.0, -0.01, 0.0])
    stays = optimal_portfolio(MODEL, risk_aversion=4.0, current=held, cost=0.02)
    np.testing.assert_array_equal(stays.weights, held)
    assert all(b.name.startswith(("no_trade:", "min_weight:")) for b in stays.binding)
    cheap = optimal_portfolio(MODEL, risk_aversion=4.0, current=held, cost=0.0)
    np.testing.assert_allclose(cheap.weights, free.weights, atol=1e-9)
    patient = optimal_portfolio(
        MODEL, risk_aversion=4.0, current=held, cost=TradingCost(0.02, holding_years=1000.0)
    )
    assert 0.0 < np.abs(patient.weights - held).sum() <= np.abs(free.weights - held).sum() + 1e-12
    habit = optimal_portfolio(
        MODEL, preferences=Preferences(4.0, status_quo_cost=0.05), current=held
    )
    np.testing.assert_array_equal(habit.weights, held)
    assert max(p.kkt_residual for p in (stays, cheap, patient, habit)) <= 1e-7


def test_scenarios_of_normal_returns_come_to_the_closed_form() -> None:
    rng = np.random.default_rng(0)
    draws = rng.multivariate_normal(MODEL.mean[1:], MODEL.covariance[1:, 1:], 2000)
    draws = (draws - draws.mean(axis=0)) @ np.linalg.inv(
        np.linalg.cholesky(np.cov(draws.T, bias=True))
    ).T @ np.linalg.cholesky(MODEL.covariance[1:, 1:]).T + MODEL.mean[1:]
    scenarios = np.column_stack([np.full(2000, 0.02), draws])
    wants = Preferences(4.0, 2.0, 0.0)
    empirical = optimal_portfolio(MODEL, preferences=wants, scenarios=scenarios)
    closed = optimal_portfolio(MODEL, preferences=wants)
    assert empirical.kkt_residual <= 1e-7
    np.testing.assert_allclose(empirical.weights, closed.weights, atol=0.05)


@pytest.mark.parametrize(
    "arguments",
    [
        {},
        {"risk_aversion": 3.0, "target_volatility": 0.1},
        {"preferences": Preferences([1.0, 2.0])},
        {"risk_aversion": 3.0, "cost": 0.01},
        {"preferences": Preferences(3.0, status_quo_cost=0.1)},
    ],
)
def test_what_cannot_be_meant_is_refused(arguments: dict[str, object]) -> None:
    with pytest.raises(InputError):
        optimal_portfolio(MODEL, **arguments)  # type: ignore[arg-type]


def test_contradictions_reach_the_caller_by_name() -> None:
    mandate = Mandate(
        group_limits=(GroupLimit(group="safe", upper=0.2), GroupLimit(group="risky", upper=0.5))
    )
    for extra in ({}, {"current": np.full(4, 0.25), "cost": 0.01}):
        with pytest.raises(InfeasibleError, match=r"group:risky:upper at least 0.8"):
            optimal_portfolio(MODEL, mandate, risk_aversion=2.0, **extra)  # type: ignore[arg-type]


def test_holdings_by_name_and_weights_by_name() -> None:
    held = {"c": 0.5, "a": 0.5}
    by_place = optimal_portfolio(MODEL3, risk_aversion=3.0, current=[0.5, 0.0, 0.5], cost=0.05)
    by_name = optimal_portfolio(MODEL3, risk_aversion=3.0, current=held, cost=0.05)
    assert by_name.weights.tolist() == by_place.weights.tolist()
    assert by_name.to_series().to_dict() == dict(zip("abc", by_name.weights.tolist(), strict=True))
    again = optimal_portfolio(MODEL3, risk_aversion=2.9, current=by_name, cost=0.5)
    np.testing.assert_allclose(again.weights, by_name.weights, atol=1e-12)
    with pytest.raises(InputError, match="'x'"):
        optimal_portfolio(MODEL3, risk_aversion=3.0, current={"x": 1.0}, cost=0.05)


def test_a_cost_is_never_passed_over() -> None:
    with pytest.raises(InputError, match=r"cost is 0\.01"):
        optimal_portfolio(MODEL3, target_return=0.05, cost=0.01)

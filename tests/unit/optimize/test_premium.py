"""Means of a market that pays for risk above cash: by hand, and what they make of a portfolio."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from advisor import InputError, sample
from advisor.data import Market, ReturnModel
from advisor.evaluate import Estimates
from advisor.optimize import Equilibrium, EstimateSettings, estimate_returns, trace_frontier
from advisor.optimize.returns.premium import market_losses, premium_means

TWO = np.array([[0.04, 0.01], [0.01, 0.01]])
"""Equal weights: covariances with the market .025 and .01, variance .0175, betas 10/7 and 4/7."""


@pytest.mark.parametrize(
    ("years", "history", "sharpe"),
    [(0.0, 0.30, 0.35), (400.0 / 9.0, 0.0, 0.175), (400.0 / 9.0, -9.0, 0.10)],
)
def test_beta_times_a_premium_shrunk_to_the_usual_one(
    years: float, history: float, sharpe: float
) -> None:
    means = premium_means(["a", "b"], np.full(2, history), TWO, years, Equilibrium())
    premium = sharpe * np.sqrt(0.0175)
    np.testing.assert_allclose(means, [premium * 10.0 / 7.0, premium * 4.0 / 7.0])


def test_what_is_as_good_as_cash_keeps_its_mean_and_tells_the_risk_free_rate() -> None:
    covariance = np.zeros((4, 4))
    covariance[:2, :2], covariance[2, 2], covariance[3, 3] = TWO, 0.002**2, 0.009**2
    raw = np.array([0.2, 0.1, 0.015, 0.02])
    means = premium_means(list("abcd"), raw, covariance, 0.0, Equilibrium())
    np.testing.assert_array_equal(means[2:], raw[2:])
    np.testing.assert_allclose(
        means[:2], 0.015 + 0.35 * np.sqrt(0.0175) * np.array([10.0, 4.0]) / 7.0
    )
    all_cash = premium_means(["c", "d"], raw[2:], covariance[2:, 2:], 5.0, Equilibrium())
    np.testing.assert_array_equal(all_cash, raw[2:])


def test_stated_weights_and_premium_are_used_as_they_are() -> None:
    told = Equilibrium({"a": 1.0, "cash": 5.0}, premium=0.06, risk_free=0.01)
    means = premium_means(["a", "b"], np.zeros(2), TWO, 30.0, told)
    np.testing.assert_allclose(means, [0.07, 0.025])


def test_the_best_portfolio_is_the_market_itself() -> None:
    rng = np.random.default_rng(0)
    noise = rng.normal(size=(1500, 7)) * np.linspace(0.004, 0.02, 7) + 0.004 * rng.normal(
        size=(1500, 1)
    )
    market = Market.from_returns(
        pd.DataFrame(
            noise, index=pd.bdate_range("2015-01-01", periods=1500), columns=list("abcdefg")
        )
    )
    model = estimate_returns(market, mean="shrunk_equilibrium")
    np.testing.assert_allclose(trace_frontier(model).max_sharpe(), 1.0 / 7.0, atol=1e-9)
    leaning = EstimateSettings(equilibrium=Equilibrium({"a": 3.0, "g": 1.0}))
    weights = trace_frontier(
        estimate_returns(market, mean="shrunk_equilibrium", settings=leaning)
    ).max_sharpe()
    np.testing.assert_allclose(weights[[0, 6]], [0.75, 0.25], atol=1e-9)


def test_a_sample_client_is_told_what_a_stranger_believes() -> None:
    model = estimate_returns(sample.market(), mean="shrunk_equilibrium")
    truth = np.array([mean for _, _, mean, _ in sample.ASSETS.values()])
    believed = dict(zip(model.assets, model.mean, strict=True))
    assert np.abs(model.mean - truth).max() < 0.011
    assert (
        believed["emerging_equity"]
        > believed["global_equity"]
        > believed["corporate_bonds"]
        > believed["cash"]
    )


def test_an_asset_loses_its_part_of_the_markets_worst_year() -> None:
    quantile = 2.3263478740408408  # of the standard normal distribution at 99 %
    model = ReturnModel(["a", "b", "cash"], [0.05, 0.03, 0.01], np.pad(TWO, (0, 1)))
    volatility = np.sqrt(0.0175)
    expected = {"a": quantile * 0.025 / volatility - 0.05, "b": quantile * 0.01 / volatility - 0.03}
    losses = market_losses(model, Equilibrium())
    assert losses == pytest.approx(expected)
    own = quantile * volatility - 0.04  # of the market itself: its own worst year in a hundred
    assert (losses["a"] + losses["b"]) / 2.0 == pytest.approx(own)
    calm = ReturnModel(model.assets, model.mean, model.covariance, forecast=model.covariance / 4.0)
    assert market_losses(calm, Equilibrium())["a"] == pytest.approx(
        quantile * 0.0125 / volatility - 0.05
    )
    assert market_losses(ReturnModel(["cash"], [0.01], [[0.0]]), Equilibrium()) == {}
    assert market_losses(model, Equilibrium({"cash": 1.0})) == {}


def test_stress_is_the_markets_unless_each_assets_own_is_asked_for() -> None:
    together, alone = (
        estimate_returns(sample.market(), stress=stress) for stress in ("market", "own")
    )
    share = np.append(0.0, np.full(7, 1.0 / 7.0))
    year = 2.3263478740408408 * np.sqrt(share @ together.risk @ share) - together.mean @ share
    assert together.stress @ share == pytest.approx(
        year, rel=0.02
    )  # a mean above a loss counts as no loss
    np.testing.assert_allclose(
        alone.stress, np.maximum(0.0, 2.3263478740408408 * alone.volatility - alone.mean)
    )
    with pytest.raises(InputError, match="it must be 'market' or 'own'"):
        estimate_returns(sample.market(), stress="both")  # type: ignore[arg-type]


def test_means_stand_above_the_cash_of_an_account() -> None:
    market = sample.market()
    shares = Market.from_returns(market.to_frame()[["domestic_equity", "global_equity"]])
    low, high = (
        Estimates(mean="shrunk_equilibrium", cash_return=rate).model(shares).model.mean
        for rate in (0.0, 0.03)
    )
    assert (high[:2] > low[:2] + 0.02).all()
    assert high[2] == 0.03

"""The backtest against a loop that knows only units, prices and money in the till, written from the description and sharing no code."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from advisor.data.market import Market
from advisor.evaluate.backtest import backtest
from advisor.evaluate.backtest_terms import Terms

BPS = 25.0


def till_and_shelf(prices: np.ndarray, days: pd.DatetimeIndex, decide, first: int, bps: float) -> tuple[dict, dict]:
    """Day by day: value what lies on the shelf, then, on the first session of a month, exchange it at that day's prices.

    Args:
        prices: Prices of each session, shape (T, n).
        decide: (number of sessions so far, shares held) -> shares wanted.
        first: Sessions that must have passed before the first decision.
    """
    units, till, started = np.zeros(prices.shape[1]), 1_000_000.0, False
    value_of, weights_of = {}, {}
    for t, day in enumerate(days):
        value = till + sum(u * p for u, p in zip(units, prices[t], strict=True))
        if started:
            value_of[day] = value
        new_month = t > 0 and (day.year, day.month) != (days[t - 1].year, days[t - 1].month)
        if new_month and t + 1 >= first:
            held = units * prices[t] / value
            wanted = decide(t, held)
            fee = bps / 10_000 * value * sum(abs(wanted - held))
            if not started:
                value_of[day] = value
            value -= fee
            units = value * wanted / prices[t]
            till = value - (units * prices[t]).sum()
            weights_of[day], started = wanted, True
    return value_of, weights_of


@pytest.mark.parametrize("bps", [0.0, BPS])
def test_equals_a_loop_over_units_and_money(bps: float) -> None:
    rng = np.random.default_rng(7)
    days = pd.bdate_range("2015-01-01", "2018-12-31")
    daily = rng.normal(4e-4, 0.012, size=(len(days), 6))
    prices = np.vstack([np.full(6, 100.0), 100.0 * np.cumprod(1.0 + daily[1:], axis=0)])
    market = Market.from_prices(pd.DataFrame(prices, index=days, columns=list("abcdef")))

    def momentum(t: int, held: np.ndarray) -> np.ndarray:
        score = np.maximum(prices[t] / prices[t - 60] - 1.0, 0.0)
        return 0.95 * score / score.sum() if score.sum() > 0.0 else 0.5 * held

    def policy(past: Market, held: np.ndarray) -> np.ndarray:
        score = np.maximum(np.prod(1.0 + past.returns[-60:], axis=0) - 1.0, 0.0)
        return 0.95 * score / score.sum() if score.sum() > 0.0 else 0.5 * held

    value_of, weights_of = till_and_shelf(prices, days, momentum, first=253, bps=bps)
    result = backtest(policy, market, warmup=252, cost_bps=bps, terms=Terms(capital=1_000_000.0))
    values = pd.Series(value_of)
    np.testing.assert_allclose(result.returns, values.pct_change().iloc[1:], atol=1e-12)
    np.testing.assert_allclose(result.wealth, values.iloc[1:], rtol=1e-11)
    assert result.weights.index.tolist() == list(weights_of)
    np.testing.assert_allclose(result.weights, np.array(list(weights_of.values())), atol=1e-12)
    assert (result.costs.sum() > 0.0) == (bps > 0.0)
    assert len(result.weights) > 30

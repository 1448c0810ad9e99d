"""The backtest against a loop that knows only units, prices and money in the till, written from the
description and sharing no code."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from advisor.data import Market
from advisor.evaluate import Terms, backtest

BPS = 25.0


def till_and_shelf(
    prices: np.ndarray, days: pd.DatetimeIndex, decide, first: int, bps: float
) -> tuple[dict, dict]:
    """Day by day: value what lies in the catalogue, then, on the first session of a month, exchange
    it at that day's prices.

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


def ledger(
    returns: np.ndarray,
    days: pd.DatetimeIndex,
    wanted_at: dict,
    flows: dict,
    bps: np.ndarray,
    fixed: float,
    cash_year: float,
    fall: float,
) -> dict:
    """Everything at once, with a ledger of money by asset: flows, fees by asset, a fee a ticket,
    cash that earns, an asset that ends and one that begins.

    Returns the value of each session before and after the flow at its close; fees come after both,
    so that they fall into the next return.
    """
    money, till, alive_before = (
        np.zeros(returns.shape[1]),
        1000.0,
        np.zeros(returns.shape[1], dtype=bool),
    )
    daily, book, open_for_business = (1.0 + cash_year) ** (1.0 / 252.0), {}, False
    for t, day in enumerate(days):
        alive = ~np.isnan(returns[t])
        if open_for_business:
            till *= daily
            for j in range(len(money)):
                if alive[j]:
                    money[j] *= 1.0 + returns[t, j]
                elif alive_before[j]:
                    till += money[j] * (1.0 + fall)
                    money[j] = 0.0
        before = till + money.sum()
        if t in wanted_at:
            open_for_business = True
        if open_for_business:
            till += flows.get(t, 0.0)
            value = till + money.sum()
            target = wanted_at.get(t)
            if target is None and till < 0.0:
                target = money / money.sum()
            if target is not None:
                change = np.abs(target * value - money)
                fee = float((bps / 10_000 * change).sum()) + fixed * int((change > 1e-9).sum())
                money, till = target * (value - fee), (1.0 - target.sum()) * (value - fee)
            book[day] = (before, value)
        alive_before = alive
    return book


def test_equals_a_ledger_with_everything_at_once() -> None:
    rng = np.random.default_rng(11)
    days = pd.bdate_range("2020-01-01", periods=400)
    returns = rng.normal(3e-4, 0.015, size=(400, 4))
    returns[250:, 1], returns[:180, 2] = np.nan, np.nan
    market = Market.from_returns(pd.DataFrame(returns, index=days, columns=list("abcd")))
    marks = list(range(40, 400, 17))
    mixes = {t: np.where(np.isnan(returns[t]), 0.0, rng.dirichlet(np.ones(5))[:4]) for t in marks}
    money = {60: 500.0, 95: -1300.0, 130: 40.0, 260: -150.0, int(marks[8]): 200.0}
    terms = Terms(
        capital=1000.0,
        fixed_cost=0.4,
        flows={days[t].date(): v for t, v in money.items()},
        cash_rate=0.03,
        delisting_return=-0.3,
    )
    bps = np.array([5.0, 20.0, 10.0, 40.0])
    result = backtest(
        lambda past, _held: mixes[len(past) - 1],
        market,
        every=[days[t].date() for t in marks],
        warmup=41,
        cost_bps=bps,
        terms=terms,
    )
    book = ledger(returns, days, mixes, money, bps, fixed=0.4, cash_year=0.03, fall=-0.3)
    before, funded = (pd.Series({day: pair[k] for day, pair in book.items()}) for k in (0, 1))
    np.testing.assert_allclose(result.wealth, before.iloc[1:], rtol=1e-11)
    np.testing.assert_allclose(
        result.returns, before.iloc[1:].to_numpy() / funded.iloc[:-1].to_numpy() - 1.0, atol=1e-11
    )
    assert not result.failures

"""What the documents promise about levels, on the prices that come with open packages: volatility
and drawdown of each window are computed here with pandas and numpy alone."""

from __future__ import annotations

import warnings

import numpy as np
import pandas as pd
import pytest

from advisor.contracts import RiskBands
from advisor.data import Market
from advisor.evaluate import Estimates, backtest_many, evaluate_risk_of, level_policies

BANDS, WINDOW, STEP = RiskBands.default(), 126, 21


def shares() -> Market:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        datasets = pytest.importorskip("skfolio.datasets")
        return Market.from_prices(datasets.load_sp500_dataset())


def indices() -> Market:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        sp500 = pytest.importorskip("arch.data.sp500")
        nasdaq = pytest.importorskip("arch.data.nasdaq")
        closes = {"sp500": sp500.load()["Adj Close"], "nasdaq": nasdaq.load()["Adj Close"]}
    return Market.from_prices(pd.DataFrame(closes).dropna())


@pytest.mark.parametrize("prices", [shares, indices])
def test_every_level_is_kept_in_85_of_100_half_years_that_allow_it(prices) -> None:
    market = prices()
    policies = level_policies(estimates=Estimates(cash_return=0.0))
    results = backtest_many(policies, market, warmup=504, cost_bps=10.0)
    report = evaluate_risk_of(
        results, levels={f"C{k}": k for k in range(1, 6)}, market=market
    ).by_level()
    wildest = market.to_frame().rolling(WINDOW).std().max(axis=1) * 252**0.5
    for level in range(1, 6):
        r = results[f"C{level}"].returns
        ends = np.arange(WINDOW - 1, len(r), STEP)
        volatility = (r.rolling(WINDOW).std() * 252**0.5).iloc[ends]
        reachable = wildest.loc[volatility.index] >= BANDS.lower_volatility[level - 1]
        inside = volatility.between(
            BANDS.lower_volatility[level - 1], BANDS.upper_volatility[level - 1]
        )
        assert inside[reachable].mean() >= 0.85, level
        assert report.loc[f"C{level}", "inside"] == pytest.approx(inside.mean())
        windows = np.lib.stride_tricks.sliding_window_view(1.0 + r.to_numpy(), WINDOW)[::STEP]
        wealth = np.cumprod(windows, axis=1)
        worst = (1.0 - wealth / np.maximum.accumulate(wealth, axis=1).clip(min=1.0)).max(axis=1)
        assert np.mean(worst > BANDS.stress_loss[level - 1]) <= 0.01, level

"""The returns handed to quantstats give its numbers, and they are ours."""

from __future__ import annotations

import warnings

import numpy as np
import pandas as pd
import pytest

from advisor import backtest, sample
from advisor.evaluate import equal_weight

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    stats = pytest.importorskip("quantstats.stats")

pytestmark = pytest.mark.filterwarnings("ignore")  # quantstats' own
RESULT = backtest(equal_weight, sample.market(), warmup=1000, benchmark="global_equity")


def test_returns_as_quantstats_wants_them() -> None:
    returns = RESULT.to_quantstats()
    assert isinstance(returns.index, pd.DatetimeIndex)
    assert returns.index.dtype == "datetime64[ns]"
    assert returns.index.tz is None
    assert (returns.index == returns.index.normalize()).all()
    assert returns.dtype == np.float64
    np.testing.assert_array_equal(returns, RESULT.record.returns)


def test_the_measures_of_both_agree() -> None:
    returns, benchmark, ours = RESULT.to_quantstats(), RESULT.benchmark, RESULT.summary()
    details = RESULT.details()[RESULT.name]
    for theirs, own in (
        (stats.sharpe(returns), ours["sharpe"]),
        (stats.sortino(returns), ours["sortino"]),
        (stats.volatility(returns), ours["volatility"]),
        (-stats.max_drawdown(returns), ours["max_drawdown"]),
        (stats.omega(returns), details["Omega"]),
        (stats.tail_ratio(returns), details["Tail ratio"]),
        (stats.payoff_ratio(returns), details["Payoff ratio"]),
        (stats.ulcer_index(returns), details["Ulcer index"]),
        (stats.comp(returns), details["Whole return"]),
        (stats.greeks(returns, benchmark)["beta"], details["Beta"]),
        (stats.greeks(returns, benchmark)["alpha"], details["Alpha a year"]),
        (stats.r_squared(returns, benchmark), details["R squared"]),
        (stats.best(returns, "ME"), details["Best month"]),
        (stats.consecutive_wins(returns), details["Most gains in a row"]),
    ):
        assert own == pytest.approx(float(theirs), rel=2e-3)


def test_the_drawdown_table_is_theirs() -> None:
    falls = stats.drawdown_details(stats.to_drawdown_series(RESULT.to_quantstats()))
    theirs = falls.sort_values("max drawdown").head(5)
    ours = RESULT.drawdown_table(5)
    np.testing.assert_allclose(-theirs["max drawdown"] / 100.0, ours["depth"], rtol=1e-9)
    assert theirs["start"].tolist() == ours["start"].dt.strftime("%Y-%m-%d").tolist()
    assert theirs["valley"].tolist() == ours["bottom"].dt.strftime("%Y-%m-%d").tolist()


def test_rolling_figures_are_theirs() -> None:
    returns, ours = RESULT.to_quantstats(), RESULT.rolling(126)
    theirs = stats.rolling_sharpe(returns, rolling_period=126)
    np.testing.assert_allclose(theirs.dropna(), ours["sharpe"].dropna(), rtol=1e-6)
    slope = stats.rolling_greeks(returns, RESULT.benchmark, 126)["beta"]
    np.testing.assert_allclose(slope.dropna(), ours["beta"].dropna(), rtol=1e-6)

"""Measures where numbers end: rounding that adds up, returns beyond what compounds, rates a year."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pandas as pd
import pytest

from advisor import InputError
from advisor.evaluate import block_length, bootstrap_interval, compare_sharpe, deflate
from advisor.evaluate.backtesting.details import details_of
from advisor.measures import (
    calmar_ratio,
    conditional_value_at_risk,
    drawdown_table,
    max_drawdown,
    return_quantiles,
    rolling_measures,
    sharpe_ratio,
    value_at_risk,
    volatility,
)

RANDOM = np.random.default_rng(0)
ROUNDING = RANDOM.normal(0.0, 2e-13, 2000)
"""What the prices of an account that pays nothing look like in double precision, and more."""


def dated(values: np.ndarray) -> pd.Series:
    return pd.Series(values, pd.bdate_range("2015-01-01", periods=len(values)))


def test_a_fall_made_of_rounding_is_none() -> None:
    assert volatility(ROUNDING) == 0.0
    assert max_drawdown(ROUNDING) > 1e-12  # rounding adds up
    assert np.isnan(calmar_ratio(ROUNDING))
    assert np.isnan(details_of(dated(ROUNDING), 252.0)["recovery_factor"])


def test_no_interval_stands_round_a_measure_that_is_none() -> None:
    edge = RANDOM.normal(0.0, 1.0, 100)
    edge *= 0.98e-12 / edge.std(ddof=1)  # some resamples move a little more than rounding
    with pytest.raises(InputError, match="hardly"):
        bootstrap_interval(edge, sharpe_ratio, draws=100)


@pytest.mark.parametrize("rate", [0.02, -0.005, 0.15])
@pytest.mark.parametrize("periods", [12, 252])
def test_an_annual_rate_compounds_to_a_year(rate: float, periods: int) -> None:
    returns = RANDOM.normal(0.001, 0.01, 300)
    cash = float(Fraction(1) + Fraction(rate)) ** (1.0 / periods) - 1.0
    assert (1.0 + cash) ** periods == pytest.approx(1.0 + rate, rel=1e-12)
    excess = returns - cash
    expected = excess.mean() / excess.std(ddof=1) * periods**0.5
    assert sharpe_ratio(returns, risk_free=rate, periods_per_year=periods) == pytest.approx(
        expected
    )
    table = (
        rolling_measures(dated(returns), sessions=300, risk_free=rate, periods_per_year=252.0)
        if periods == 252
        else None
    )
    if table is not None:
        assert table["sharpe"].iloc[-1] == pytest.approx(expected)
    with pytest.raises(InputError, match="above -1"):
        sharpe_ratio(returns, risk_free=-1.0)


@pytest.mark.parametrize("size", [1e8, 1e90])
def test_what_cannot_be_held_is_unknown_without_a_word(size: float) -> None:
    returns = RANDOM.normal(0.0, size, 60)
    assert np.isnan(max_drawdown(returns))
    assert np.isnan(calmar_ratio(returns))
    drawdown_table(dated(returns))
    assert not np.isinf(return_quantiles(dated(returns)).to_numpy()).any()
    assert np.isfinite(sharpe_ratio(returns))


@pytest.mark.parametrize(
    "call",
    [
        sharpe_ratio,
        volatility,
        block_length,
        lambda r: deflate(np.stack([r, r])),
        lambda r: compare_sharpe(r, r),
        lambda r: bootstrap_interval(r, sharpe_ratio),
    ],
)
@pytest.mark.parametrize("value", [np.nan, np.inf, 1e200])
def test_no_number_reaches_a_measure(call, value: float) -> None:
    returns = RANDOM.normal(0.0, 0.01, 60)
    returns[7] = value
    with pytest.raises(InputError, match="not finite"):
        call(returns)


def test_no_loss_is_a_plain_zero() -> None:
    assert not np.signbit(value_at_risk(np.zeros(20)))
    assert not np.signbit(conditional_value_at_risk(np.zeros(20)))


def test_prices_given_as_returns_are_refused_by_name() -> None:
    prices = dated(100.0 + np.arange(30.0))
    with pytest.raises(InputError, match=r"pct_change"):
        sharpe_ratio(prices)
    assert np.isfinite(sharpe_ratio(prices.pct_change().dropna()))

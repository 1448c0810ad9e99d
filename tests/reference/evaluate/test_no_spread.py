"""Ratios of what does not move: nan, or the promised refusal, wherever a spread is divided by.

Each series is a constant in exact arithmetic; what varies is the rounding of prices alone.
"""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from advisor import InputError
from advisor import measures as m
from advisor.data import Market
from advisor.evaluate import Terms, backtest, backtest_many, block_length, compare_sharpe, deflate
from advisor.optimize import estimate_returns

T = 1260
RNG = np.random.default_rng(7)
INDEX = RNG.standard_t(5, T) * 0.008 + 0.0003
RATE = 0.02


def from_prices(prices: np.ndarray) -> np.ndarray:
    return prices[1:] / prices[:-1] - 1.0


def exact_account() -> np.ndarray:
    """Prices of an account at 2 % a year, each rounded once from its exact value."""
    growth, price, out = 1 + Fraction(2, 100) / 252, Fraction(100), []
    for _ in range(300):
        out.append(float(price))
        price *= growth
    return from_prices(np.array(out))


ACCOUNTS = {
    "powers": from_prices(100.0 * (1.0 + RATE / 252) ** np.arange(T + 1)),
    "exponentials": from_prices(np.exp(np.log1p(RATE) * np.arange(T + 1) / 252)),
    "compounded": from_prices(np.cumprod(np.full(T + 1, 1.0 + RATE / 252))),
    "exact": exact_account(),
    "large": from_prices(1e9 * (1.0 + RATE / 252) ** np.arange(T + 1)),
    "flat": np.zeros(T),
    "falling": from_prices(100.0 * (1.0 - RATE / 252) ** np.arange(T + 1)),
    "single precision": from_prices(
        (100.0 * (1.0 + RATE / 252) ** np.arange(T + 1)).astype(np.float32)
    ),
}


@pytest.mark.parametrize("name", ACCOUNTS)
def test_a_savings_account_has_no_ratio(name: str) -> None:
    r = ACCOUNTS[name]
    assert m.volatility(r) == 0.0
    for measure in (m.sharpe_ratio, m.skewness, m.kurtosis):
        assert np.isnan(measure(r)), measure.__name__
    assert np.isnan(m.sharpe_ratio(r, risk_free=0.05))
    assert np.isnan(m.sortino_ratio(r, target=float(np.mean(r, dtype=np.float64)) * 252))
    if name != "falling":
        assert np.isnan(m.sortino_ratio(r))
        assert np.isnan(m.calmar_ratio(r))
    other = INDEX[: len(r)]
    assert np.isnan(m.beta(other, r))
    assert np.isnan(m.information_ratio(r, r[::-1]))
    assert m.tracking_error(r, r[::-1]) == 0.0
    assert block_length(r) == 1.0
    for test in ("jobson_korkie", "ledoit_wolf", "ledoit_wolf_bootstrap"):
        with pytest.raises(InputError, match="vary"):
            compare_sharpe(other, r, test=test)  # type: ignore[arg-type]


@pytest.mark.parametrize("fee", [0.001, 0.01, 0.02])
def test_an_index_less_its_fee_has_no_information_ratio(fee: float) -> None:
    fund = INDEX - fee / 252
    nav = np.concatenate([[1.0], np.cumprod(1.0 + fund)])
    for own in (fund, from_prices(nav), np.round(fund, 15)):
        assert np.isnan(m.information_ratio(own, INDEX))
        assert m.tracking_error(own, INDEX) == 0.0
        assert m.beta(own, INDEX) == pytest.approx(1.0)


def test_what_does_move_is_measured_however_little() -> None:
    """A spread of a hundredth of a millionth of a basis point is no rounding, and scipy and
    statsmodels' formulas agree."""
    for scale in (1.0, 1e-3, 1e-6, 1e-9):
        r = RATE / 252 + INDEX * scale
        assert m.sharpe_ratio(r) == pytest.approx(r.mean() / r.std(ddof=1) * 252**0.5, rel=1e-6)
        assert m.skewness(r) == pytest.approx(stats.skew(INDEX), rel=1e-4)
        assert m.kurtosis(r) == pytest.approx(stats.kurtosis(INDEX, fisher=False), rel=1e-4)
        assert m.beta(INDEX * scale + 2.0 * INDEX, INDEX) == pytest.approx(2.0 + scale)


def test_one_constant_column_is_nan_alone() -> None:
    tried = RNG.normal(0.0003, 0.01, (5, T))
    table = np.vstack([tried, ACCOUNTS["powers"], ACCOUNTS["flat"]])
    told = deflate(table)
    np.testing.assert_array_equal(told[:5], deflate(tried))
    assert np.isnan(told[5:]).all()
    assert np.isnan(deflate(np.vstack([ACCOUNTS["powers"]] * 2))).all()


def test_a_series_is_not_tested_against_itself() -> None:
    for test in ("jobson_korkie", "ledoit_wolf", "ledoit_wolf_bootstrap"):
        for other in (INDEX.copy(), 2.0 * INDEX, INDEX * 0.1):
            told = compare_sharpe(INDEX, other, test=test, draws=99)  # type: ignore[arg-type]
            assert told.difference == pytest.approx(0.0, abs=1e-12)
            assert told.standard_error == 0.0
            assert np.isnan(told.p_value)


def test_the_test_does_not_cancel_where_the_mean_is_large_beside_the_spread() -> None:
    """The influence is that of (r - c) moved by c: on a series of mean 1e-4 and spread 1e-8 as
    exact as on one of spread 1e-2."""
    quiet = np.stack([1e-4 + 1e-8 * INDEX[:200], 1e-4 + 1.1e-8 * INDEX[200:400]])
    told = compare_sharpe(quiet[0], quiet[1], test="ledoit_wolf")
    exact = [[Fraction(float(x)) for x in row] for row in quiet]
    means = [sum(row) / 200 for row in exact]
    spreads = [
        float(sum((x - mean) ** 2 for x in row) / 200) ** 0.5
        for row, mean in zip(exact, means, strict=True)
    ]
    expected = float(means[0]) / spreads[0] - float(means[1]) / spreads[1]
    assert told.difference == pytest.approx(expected, rel=1e-6)
    assert told.standard_error > 0.0


@pytest.mark.parametrize("seed", range(20))
def test_a_perfect_hedge_has_no_risk_to_share(seed: int) -> None:
    rng = np.random.default_rng(seed)
    weights = rng.uniform(0.1, 1.0, 5)
    loadings = rng.normal(size=(5, 4))
    loadings[-1] = -(weights[:-1] @ loadings[:-1]) / weights[-1]  # w' B = 0, so w' B B' w = 0
    covariance = loadings @ loadings.T * 0.04
    assert m.portfolio_volatility(weights, covariance) == 0.0
    assert np.isnan(m.risk_contributions(weights, covariance)).all()
    shaken = covariance + 1e-6 * np.eye(5)
    assert m.risk_contributions(weights, shaken).sum() == pytest.approx(1.0)
    assert m.portfolio_volatility(weights, shaken) == pytest.approx(
        (1e-6 * (weights**2).sum()) ** 0.5, rel=1e-6
    )


def market() -> Market:
    frame = pd.DataFrame(
        {"cash": ACCOUNTS["powers"], "stock": INDEX}, index=pd.bdate_range("2020-01-01", periods=T)
    )
    return Market.from_returns(frame)


def test_a_backtest_that_only_saves_has_no_ratio() -> None:
    results = backtest_many(
        {
            "account": lambda past, held: np.array([1.0, 0.0]),
            "nothing": lambda past, held: np.zeros(2),
            "stock": lambda past, held: np.array([0.0, 1.0]),
        },
        market(),
        warmup=5,
        cost_bps=0.0,
        benchmark="cash",
    )
    table = results.summary()
    assert (
        table.loc[["account", "nothing"], ["sharpe", "sortino", "calmar", "beta"]]
        .isna()
        .to_numpy()
        .all()
    )
    assert np.isnan(table.loc["account", "information_ratio"])
    assert np.isnan(results.deflated_sharpe()[["account", "nothing"]]).all()
    assert 0.0 < results.deflated_sharpe()["stock"] < 1.0
    assert "<table>" in results.to_html()
    assert "<table>" in results["account"].to_html()


def test_two_accounts_are_two_constants_to_an_estimate() -> None:
    frame = pd.DataFrame(
        {"a": ACCOUNTS["powers"], "b": ACCOUNTS["exponentials"]},
        index=pd.bdate_range("2020-01-01", periods=T),
    )
    told = estimate_returns(Market.from_returns(frame))
    np.testing.assert_allclose(told.mean, [RATE, np.log1p(RATE)], rtol=1e-3)


@pytest.mark.parametrize("rate", [0.0, 0.05, -0.01])
def test_cash_alone_has_no_sharpe_at_any_rate(rate: float) -> None:
    result = backtest(
        lambda past, held: np.zeros(2), market(), warmup=5, terms=Terms(cash_rate=rate)
    )
    assert np.isnan(result.summary()["sharpe"])
    assert np.isnan(result.summary()["sortino"])
    assert "Sharpe nan" in repr(result)


@pytest.mark.parametrize(
    "returns", [[-2.0, -2.0], [-1.5, 0.1], [0.1, -2.0, -3.0, 0.2], [[0.1, -2.0], [-3.0, 0.5]]]
)
def test_money_that_is_owed_does_not_grow(returns: list[float]) -> None:
    for measure in (m.annual_return, m.max_drawdown, m.calmar_ratio):
        assert np.isnan(measure(returns)).all(), measure.__name__


def test_a_row_of_a_batch_is_lost_alone() -> None:
    told = m.annual_return([[0.1, 0.1], [-2.0, -2.0], [-1.0, 3.0]], 1.0)
    assert told.tolist() == pytest.approx([0.1, np.nan, -1.0], nan_ok=True)
    assert np.isnan(m.drawdowns([0.1, -0.5, -2.0, 0.3])).tolist() == [False, False, True, True]
    assert m.annual_return(np.full(10_000, -0.5)) == pytest.approx(-1.0)
    assert np.isnan(m.annual_return(np.full(10_000, 9.0), 1e4))

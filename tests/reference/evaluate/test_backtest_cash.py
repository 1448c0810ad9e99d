"""What cash earned is no skill: the ratios of a run against the same numbers from pandas."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from advisor import InputError
from advisor.data import Market
from advisor.evaluate import Terms, backtest, backtest_many, compare_sharpe, deflate

RATE = 0.05
DAYS = pd.bdate_range("2020-01-01", periods=800)
FRAME = pd.DataFrame(
    np.random.default_rng(3).normal([0.0002, 0.0001], [0.01, 0.003], (800, 2)),
    index=DAYS,
    columns=["stock", "bond"],
)
POLICIES = {
    "careful": lambda past, held: np.array([0.1, 0.2]),
    "bold": lambda past, held: np.array([0.9, 0.1]),
}
RUN = {"warmup": 20, "cost_bps": 0.0, "terms": Terms(cash_rate=RATE)}
RESULTS = backtest_many(POLICIES, Market.from_returns(FRAME), **RUN)  # type: ignore[arg-type]


def above_cash(name: str, rate: float = RATE) -> pd.Series:
    """Growth of the account over growth of cash, day by day, as a book-keeper would have it."""
    days = pd.DatetimeIndex(RESULTS[name].sessions)
    cash = pd.Series((1.0 + rate) ** (np.arange(1, len(days) + 1) / 252), index=days)
    return RESULTS[name].returns - cash.div(cash.shift(fill_value=1.0)).sub(1.0)


@pytest.mark.parametrize("name", POLICIES)
@pytest.mark.parametrize("rate", [None, 0.0, 0.01, 0.05])
def test_sharpe_and_sortino_are_above_cash(name: str, rate: float | None) -> None:
    told = RESULTS[name].summary(risk_free=rate)
    excess = above_cash(name, RATE if rate is None else rate)
    assert told["sharpe"] == pytest.approx(excess.mean() / excess.std() * 252**0.5, rel=1e-9)
    down = (excess.clip(upper=0.0) ** 2).mean() ** 0.5
    assert told["sortino"] == pytest.approx(excess.mean() / down * 252**0.5, rel=1e-9)
    pd.testing.assert_series_equal(RESULTS.summary(risk_free=rate).loc[name], told)


def test_what_is_no_ratio_to_cash_stays() -> None:
    one, other = RESULTS["bold"].summary(), RESULTS["bold"].summary(risk_free=0.0)
    same = [name for name in one.index if name not in ("sharpe", "sortino")]
    pd.testing.assert_series_equal(one[same], other[same])
    assert one["sharpe"] < other["sharpe"]


def test_a_little_stock_beside_cash_has_the_sharpe_of_the_stock() -> None:
    little = backtest(
        lambda past, held: np.array([1e-6, 0.0]), Market.from_returns(FRAME), every=1, **RUN
    )  # type: ignore[arg-type]
    stock = FRAME["stock"].iloc[20:] - ((1.0 + RATE) ** (1 / 252) - 1.0)
    assert little.summary()["sharpe"] == pytest.approx(
        stock.mean() / stock.std() * 252**0.5, rel=1e-3
    )


def test_intervals_tests_and_pages_use_it_too() -> None:
    bold = RESULTS["bold"]
    assert bold.interval(draws=50).estimate == pytest.approx(bold.summary()["sharpe"])
    assert bold.interval(draws=50, risk_free=0.0).estimate == pytest.approx(
        bold.summary(risk_free=0.0)["sharpe"]
    )
    pair = [above_cash(name).to_numpy() for name in ("bold", "careful")]
    assert RESULTS.compare("bold", "careful").difference == pytest.approx(
        compare_sharpe(*pair).difference
    )
    np.testing.assert_allclose(
        RESULTS.deflated_sharpe()[["bold", "careful"]], deflate(np.stack(pair)), rtol=1e-9
    )
    assert not np.allclose(RESULTS.deflated_sharpe(risk_free=0.0), RESULTS.deflated_sharpe())
    assert "above cash at 5.00% a year" in bold.to_html()
    assert "above cash at 1.00% a year" in RESULTS.to_html(risk_free=0.01)
    assert "above cash" not in bold.to_html(risk_free=0.0)
    shown = bold.summary()["sharpe"]
    assert f"Sharpe {shown:.2f}" in repr(bold)
    assert f"<td>{shown:.2f}</td>" in bold.to_html()


@pytest.mark.parametrize("rate", [-1.0, float("nan"), float("inf"), "0.05", True])
def test_a_rate_that_is_none_is_refused(rate: object) -> None:
    with pytest.raises(InputError) as refusal:
        RESULTS["bold"].summary(risk_free=rate)  # type: ignore[arg-type]
    assert refusal.value.field == "risk_free"

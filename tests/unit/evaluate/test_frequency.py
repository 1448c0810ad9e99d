"""Days held against the number of periods a year, wherever the two meet."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest

from advisor import InputError
from advisor.arrays import check_frequency
from advisor.contracts import RiskBands
from advisor.data import Market
from advisor.evaluate import backtest, evaluate_risk
from advisor.measures import portfolio as m

FITS = [
    ("D", 365),
    ("B", 252),
    ("W-FRI", 52),
    ("2W", 26),
    ("SMS", 24),
    ("MS", 12),
    ("ME", 12),
    ("BME", 12),
    ("QE", 4),
    ("YE", 1),
]
RNG = np.random.default_rng(0)


def frame(freq: str, count: int = 40) -> pd.DataFrame:
    return pd.DataFrame(
        RNG.normal(0.001, 0.01, (count, 2)),
        index=pd.date_range("2001-01-31", periods=count, freq=freq),
        columns=["a", "b"],
    )


@pytest.mark.parametrize(("freq", "number"), FITS)
def test_each_frequency_fits_its_own_number_and_names_it(freq: str, number: int) -> None:
    table = frame(freq)
    for make in (Market.from_returns, lambda t, **k: Market.from_prices(1.0 + t.abs(), **k)):
        assert len(make(table, periods_per_year=number).assets) == 2  # type: ignore[operator]
        for _, other in FITS:
            ratio = max(other / number, number / other)
            if ratio > 2.1 and (other, number) != (1, number):
                with pytest.raises(
                    InputError, match=rf"Pass periods_per_year={number}\."
                ) as refusal:
                    make(table, periods_per_year=other)  # type: ignore[operator]
                assert refusal.value.field == "periods_per_year"


@pytest.mark.parametrize("freq", ["W-FRI", "MS", "BME", "QE"])
@pytest.mark.parametrize("count", [5, 13, 400])
def test_the_default_is_held_against_the_days(freq: str, count: int) -> None:
    with pytest.raises(InputError, match="periods_per_year is 252"):
        Market.from_returns(frame(freq, count))
    with pytest.raises(InputError, match="periods_per_year is 252"):
        Market.from_prices(1.0 + frame(freq, count).abs())


def test_irregular_days_fit_what_they_are() -> None:
    """Rows on days with a trade only: a third of all sessions; the number named is accepted."""
    days = pd.bdate_range("2019-01-01", periods=1500)[np.sort(RNG.choice(1500, 300, replace=False))]
    table = pd.DataFrame({"a": RNG.normal(0.0, 0.01, 300)}, index=days)
    with pytest.raises(InputError) as refusal:
        Market.from_returns(table)
    named = float(str(refusal.value).rstrip(".").rpartition("=")[2])
    assert 45.0 < named < 60.0
    assert Market.from_returns(table, periods_per_year=named).periods_per_year == named
    assert Market.from_returns(table, periods_per_year=70.0).periods_per_year == 70.0


def test_holidays_gaps_and_short_histories_are_no_contradiction() -> None:
    two = pd.bdate_range("2010-01-01", "2010-12-31").append(
        pd.bdate_range("2019-01-01", "2019-06-30")
    )
    holidays = pd.bdate_range("2024-01-01", "2024-03-31").drop(
        pd.bdate_range("2024-02-09", "2024-02-17")
    )
    for days in (
        two,
        holidays,
        holidays[25:32],
        pd.DatetimeIndex(["2024-01-05", "2024-01-08"]),
        pd.bdate_range("2024-01-01", periods=500, freq="C", weekmask="Mon Tue Wed Thu Fri Sat"),
        two[:1],
    ):
        table = pd.DataFrame({"a": np.zeros(len(days))}, index=days)
        assert len(Market.from_returns(table)) == len(days)


def test_days_of_the_calendar_are_no_sessions() -> None:
    table = frame("D", 500)
    with pytest.raises(InputError, match=r"Pass periods_per_year=365\."):
        Market.from_returns(table)
    assert Market.from_returns(table, periods_per_year=365.0).periods_per_year == 365.0


def test_one_leaves_a_row_its_own() -> None:
    assert Market.from_returns(frame("B"), periods_per_year=1.0).periods_per_year == 1.0


def monthly_by_hand() -> Market:
    table = frame("MS", 60)
    days = table.index.to_numpy().astype("datetime64[D]")
    return Market(("a", "b"), days, table.to_numpy(), ("", ""), np.zeros(2, dtype=np.int64))


def test_a_market_made_by_hand_is_checked_where_it_is_judged() -> None:
    for judge in (
        lambda: backtest(lambda past, held: held, monthly_by_hand(), warmup=5),
        lambda: evaluate_risk(
            [[0.5, 0.5]], monthly_by_hand(), levels=[3], bands=RiskBands.default(), days=12
        ),
    ):
        with pytest.raises(InputError, match="Pass periods_per_year=12"):
            judge()


MEASURES = (
    m.annual_return,
    m.mean_return,
    m.volatility,
    m.downside_deviation,
    m.sharpe_ratio,
    m.sortino_ratio,
    m.calmar_ratio,
)


@pytest.mark.parametrize("measure", MEASURES)
def test_a_labelled_series_is_checked_too(measure: Callable[..., float]) -> None:
    monthly = frame("MS")["a"]
    with pytest.raises(InputError, match="Pass periods_per_year=12"):
        measure(monthly)
    with pytest.raises(InputError, match="Pass periods_per_year=12"):
        measure(monthly.to_period())
    with pytest.raises(InputError, match="Pass periods_per_year=12"):
        measure(frame("MS").T)
    by_hand = measure(monthly.to_numpy(), periods_per_year=12)
    assert measure(monthly, periods_per_year=12) == by_hand
    assert measure(monthly.reset_index(drop=True), periods_per_year=12) == by_hand
    with pytest.raises(InputError, match=r"Pass its \.T"):
        measure(frame("B"))


def test_two_labelled_series_are_of_the_same_days() -> None:
    one, other = frame("B")["a"], frame("B")["b"]
    assert np.isfinite(m.beta(one, other))
    for measure in (m.beta, m.information_ratio, m.tracking_error):
        with pytest.raises(InputError, match="Align"):
            measure(one, other.shift(1, freq="B"))
        with pytest.raises(InputError, match="Align"):
            measure(one, other.iloc[1:])


def test_no_days_no_check() -> None:
    check_frequency(np.zeros(0, dtype="datetime64[D]"), 252.0, "nothing")
    check_frequency(np.array(["2020-01-01"], dtype="datetime64[ns]"), 252.0, "one")

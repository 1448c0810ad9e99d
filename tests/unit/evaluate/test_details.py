"""What is counted beside the summary, against plain loops and a history made by hand."""

from __future__ import annotations

from itertools import groupby
from math import isnan, nan, prod, sqrt

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from advisor import InputError, backtest, sample
from advisor.evaluate import equal_weight
from advisor.evaluate.backtesting.details import details_of, trailing_of
from advisor.measures import drawdown_table, return_quantiles, returns_by_period, rolling_measures

RESULT = backtest(equal_weight, sample.market(), warmup=1500, benchmark="global_equity")


def stream(values: list[float], start: str = "2024-01-01") -> pd.Series:
    return pd.Series(values, index=pd.bdate_range(start, periods=len(values)))


def measure(name: str, returns: pd.Series) -> float:
    return details_of(returns, 252.0)[name]


def test_drawdowns_of_a_history_made_by_hand() -> None:
    days = [
        "2024-01-01",
        "2024-01-02",
        "2024-01-03",
        "2024-01-04",
        "2024-01-05",
        "2024-01-08",
        "2024-01-09",
    ]
    returns = pd.Series([0.1, -0.5, 1.0, 0.2, -0.2, -0.5, 0.1], index=pd.to_datetime(days))
    first, second = drawdown_table(returns).itertuples()
    assert (str(first.start.date()), str(first.bottom.date())) == ("2024-01-05", "2024-01-08")
    assert pd.isna(first.end)
    assert first.depth == pytest.approx(0.6)
    assert first.days == 5
    assert (str(second.start.date()), str(second.end.date())) == ("2024-01-02", "2024-01-03")
    assert (second.depth, second.days) == (pytest.approx(0.5), 1)
    assert len(drawdown_table(returns, 1)) == 1
    assert drawdown_table(stream([0.1, 0.0, 0.2])).empty
    assert not drawdown_table(stream([-0.1])).empty


@given(st.lists(st.floats(-0.2, 0.25), min_size=1, max_size=60))
def test_drawdowns_and_ulcer_are_those_of_a_loop(values: list[float]) -> None:
    returns = stream(values)
    wealth = peak = 1.0
    losses = []
    for r in values:
        wealth *= 1.0 + r
        peak = max(peak, wealth)
        losses.append(1.0 - wealth / peak)
    falls = list(drawdown_table(returns, 100).itertuples())
    assert sum(any(group) for _, group in groupby([x > 1e-12 for x in losses])) == len(falls)
    assert max((f.depth for f in falls), default=0.0) == pytest.approx(max(losses), abs=1e-12)
    assert [f.depth for f in falls] == sorted((f.depth for f in falls), reverse=True)
    assert measure("ulcer_index", returns) == pytest.approx(
        sqrt(sum(x * x for x in losses) / len(losses)), abs=1e-12
    )


@given(st.lists(st.floats(-0.2, 0.25), min_size=2, max_size=60))
def test_sums_counts_and_runs_are_those_of_loops(values: list[float]) -> None:
    values = [round(r, 11) + 0.0 for r in values]  # what moves less is rounding, and no gain
    returns = stream(values)
    gains, losses = [r for r in values if r > 0.0], [r for r in values if r < 0.0]

    def same(name: str, expected: float) -> None:
        found = measure(name, returns)
        assert found == pytest.approx(expected, rel=1e-9, abs=1e-12) or (
            isnan(found) and isnan(expected)
        )

    if sum(losses) < -1e-9:
        same("omega", sum(gains) / -sum(losses))
    if gains and losses and sum(losses) / len(losses) < -1e-9:
        same("payoff_ratio", sum(gains) / len(gains) / (-sum(losses) / len(losses)))
    same("whole_return", prod(1.0 + r for r in values) - 1.0)
    same("gain_days", len(gains) / (len(gains) + len(losses)) if gains or losses else nan)
    same(
        "gains_in_a_row",
        max((len([*g]) for up, g in groupby(r > 0.0 for r in values) if up), default=0),
    )
    same(
        "losses_in_a_row",
        max((len([*g]) for down, g in groupby(r < 0.0 for r in values) if down), default=0),
    )
    same("best_day", max(values))


def test_periods_compound_and_leave_no_empty_ones() -> None:
    returns = stream([0.01] * 30, "2024-01-15")
    months = returns_by_period(returns, "month")
    counts = returns.groupby([returns.index.year, returns.index.month]).size().tolist()
    assert months.tolist() == pytest.approx([1.01**n - 1.0 for n in counts])
    gap = pd.concat([returns, stream([0.02], "2024-12-02")])
    assert len(returns_by_period(gap, "month")) == len(months) + 1
    assert returns_by_period(returns, "day").equals(returns)


def test_trailing_returns_count_from_the_calendar() -> None:
    returns = pd.Series(0.001, index=pd.bdate_range("2020-01-01", "2024-03-15"))
    rows = trailing_of(returns, 261.0)
    days = returns.index
    assert rows["this_month"] == pytest.approx(1.001 ** int((days >= "2024-03-01").sum()) - 1.0)
    assert rows["this_year"] == pytest.approx(1.001 ** int((days >= "2024-01-01").sum()) - 1.0)
    assert rows["last_3_months"] == pytest.approx(1.001 ** int((days > "2023-12-15").sum()) - 1.0)
    assert rows["last_3_years"] == pytest.approx(1.001**261 - 1.0)
    assert isnan(rows["last_10_years"])
    short = trailing_of(returns["2024-01-15":], 261.0)
    assert isnan(short["last_3_months"])
    assert short["this_year"] == pytest.approx(1.001 ** int((days >= "2024-01-15").sum()) - 1.0)


def test_against_a_benchmark_and_rolling_figures_by_least_squares() -> None:
    r, b, rate = RESULT.record.returns, RESULT.beside, 0.02
    assert b is not None
    cash = 1.02 ** (1 / 252) - 1.0
    slope, constant = np.polyfit(b - cash, r - cash, 1)
    found = RESULT.details(risk_free=rate)[RESULT.name]
    assert found["Beta"] == pytest.approx(slope)
    assert found["Alpha a year"] == pytest.approx(constant * 252)
    assert found["R squared"] == pytest.approx(np.corrcoef(r, b)[0, 1] ** 2)
    rolled = RESULT.rolling(risk_free=rate)
    last_r, last_b = r[-126:], b[-126:]
    assert rolled["beta"].iloc[-1] == pytest.approx(np.polyfit(last_b, last_r, 1)[0])
    assert rolled["volatility"].iloc[-1] == pytest.approx(last_r.std(ddof=1) * sqrt(252))
    sharpe = (last_r.mean() - cash) / last_r.std(ddof=1) * sqrt(252)
    assert rolled["sharpe"].iloc[-1] == pytest.approx(sharpe)
    assert rolled["sharpe"].iloc[:125].isna().all()
    other = (last_b.mean() - cash) / last_b.std(ddof=1) * sqrt(252)
    assert rolled["benchmark_sharpe"].iloc[-1] == pytest.approx(other)


@given(st.lists(st.floats(-0.2, 0.25), min_size=1, max_size=30), st.integers(2, 8))
def test_rolling_figures_are_those_of_each_window_alone(values: list[float], sessions: int) -> None:
    """pandas' own rolling standard deviation agrees to rounding; a window without spread is nan,
    whatever moved before it."""
    returns = stream(values)
    rolled = rolling_measures(returns, sessions=sessions)
    assert len(rolled) == len(values)
    for end in range(sessions, len(values) + 1):
        window = np.array(values[end - sessions : end])
        spread = window.std(ddof=1)
        row = rolled.iloc[end - 1]
        assert row["volatility"] == pytest.approx(spread * sqrt(252), abs=1e-10)
        if spread < 1e-13:
            assert isnan(row["sharpe"])
    assert rolled.iloc[: sessions - 1].isna().all(axis=None)


def test_a_quiet_window_after_a_storm_has_no_ratio() -> None:
    """A running sum would leave the storm's rounding in it, and a ratio of millions."""
    rolled = rolling_measures(stream([5.0, -0.7, 3.0, *[0.0001] * 10]), sessions=4)
    assert rolled["sharpe"].iloc[-1:].isna().all()
    assert rolled["volatility"].iloc[-1] == 0.0


def test_what_has_no_days_or_other_days_is_refused() -> None:
    for wrong in ([0.1], pd.Series([0.1]), stream([0.1, 0.2])[::-1]):
        with pytest.raises(InputError, match="labelled by days"):
            drawdown_table(wrong)
    with pytest.raises(InputError, match="one return has no spread"):
        rolling_measures(stream([0.1, 0.2]), sessions=1)
    with pytest.raises(InputError, match="other periods"):
        rolling_measures(stream([0.1, 0.2]), stream([0.1, 0.2], "2025-01-01"), sessions=2)


def test_quantiles_are_ordered_and_end_at_the_extremes() -> None:
    table = return_quantiles(RESULT.returns)
    assert table.equals(RESULT.distribution())
    assert list(table.index) == ["day", "week", "month", "quarter", "year"]
    assert (table.diff(axis=1).iloc[:, 1:] >= 0.0).all(axis=None)
    assert (table.loc["day", 0.0], table.loc["day", 1.0]) == (
        RESULT.returns.min(),
        RESULT.returns.max(),
    )


def test_the_tables_of_a_result_hold_its_benchmark_too() -> None:
    years = RESULT.by_period()
    assert list(years) == ["portfolio", "benchmark"]
    growth = (1.0 + RESULT.returns).groupby(RESULT.returns.index.year).prod() - 1.0
    assert years["portfolio"].tolist() == pytest.approx(growth.tolist())
    deepest = RESULT.drawdown_table(3)["depth"]
    assert deepest.iloc[0] == pytest.approx(RESULT.drawdowns.max())
    assert isnan(RESULT.details().loc["Beta", "benchmark"])


def test_figures_of_nothing_are_unknown_not_an_error() -> None:
    flat = stream([0.0] * 5)
    for name, value in details_of(flat, 252.0).items():
        assert value == 0.0 or isnan(value), name

"""What a tear sheet counts, against plain loops and a history made by hand."""

from __future__ import annotations

from itertools import groupby
from math import isnan, nan, prod, sqrt

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from advisor import backtest, sample
from advisor.evaluate import equal_weight
from advisor.reports.tear_numbers import (
    ROLLING,
    against_benchmark,
    by_period,
    measures_of,
    quantiles_of,
    rolling_of,
    trailing_of,
    worst_drawdowns,
)

RESULT = backtest(equal_weight, sample.market(), warmup=1500, benchmark="global_equity")


def stream(values: list[float], start: str = "2024-01-01") -> pd.Series:
    return pd.Series(values, index=pd.bdate_range(start, periods=len(values)))


def measure(name: str, returns: pd.Series) -> float:
    return measures_of(252.0)[name][1](returns)


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
    first, second = worst_drawdowns(returns)
    assert (str(first.start.date()), str(first.bottom.date()), first.end) == (
        "2024-01-05",
        "2024-01-08",
        None,
    )
    assert first.depth == pytest.approx(0.6)
    assert first.days == 5
    assert (str(second.start.date()), str(second.end.date()) if second.end else "") == (
        "2024-01-02",
        "2024-01-03",
    )
    assert (second.depth, second.days) == (pytest.approx(0.5), 1)
    assert worst_drawdowns(stream([0.1, 0.0, 0.2])) == []
    assert worst_drawdowns(stream([-0.1])) != []


@given(st.lists(st.floats(-0.2, 0.25), min_size=1, max_size=60))
def test_drawdowns_and_ulcer_are_those_of_a_loop(values: list[float]) -> None:
    returns = stream(values)
    wealth = peak = 1.0
    losses = []
    for r in values:
        wealth *= 1.0 + r
        peak = max(peak, wealth)
        losses.append(1.0 - wealth / peak)
    falls = worst_drawdowns(returns, 100)
    assert sum(any(group) for _, group in groupby([x > 1e-12 for x in losses])) == len(falls)
    assert max((f.depth for f in falls), default=0.0) == pytest.approx(max(losses), abs=1e-12)
    assert [f.depth for f in falls] == sorted((f.depth for f in falls), reverse=True)
    assert measure("Ulcer index", returns) == pytest.approx(
        sqrt(sum(x * x for x in losses) / len(losses)), abs=1e-12
    )


@given(st.lists(st.floats(-0.2, 0.25), min_size=2, max_size=60))
def test_sums_counts_and_runs_are_those_of_loops(values: list[float]) -> None:
    returns = stream(values)
    gains, losses = [r for r in values if r > 0.0], [r for r in values if r < 0.0]

    def same(name: str, expected: float) -> None:
        found = measure(name, returns)
        assert found == pytest.approx(expected, rel=1e-9, abs=1e-12) or (
            isnan(found) and isnan(expected)
        )

    if sum(losses) < -1e-9:
        same("Omega", sum(gains) / -sum(losses))
    if gains and losses and sum(losses) / len(losses) < -1e-9:
        same("Payoff ratio", sum(gains) / len(gains) / (-sum(losses) / len(losses)))
    same("Whole return", prod(1.0 + r for r in values) - 1.0)
    same("Days with a gain", len(gains) / (len(gains) + len(losses)) if gains or losses else nan)
    same(
        "Most gains in a row",
        max((len([*g]) for up, g in groupby(r > 0.0 for r in values) if up), default=0),
    )
    same(
        "Most losses in a row",
        max((len([*g]) for down, g in groupby(r < 0.0 for r in values) if down), default=0),
    )
    same("Best day", max(values))


def test_periods_compound_and_leave_no_empty_ones() -> None:
    returns = stream([0.01] * 30, "2024-01-15")
    months = by_period(returns, "ME")
    counts = returns.groupby([returns.index.year, returns.index.month]).size().tolist()
    assert months.tolist() == pytest.approx([1.01**n - 1.0 for n in counts])
    gap = pd.concat([returns, stream([0.02], "2024-12-02")])
    assert len(by_period(gap, "ME")) == len(months) + 1
    assert by_period(returns, None) is returns


def test_trailing_returns_count_from_the_calendar() -> None:
    returns = pd.Series(0.001, index=pd.bdate_range("2020-01-01", "2024-03-15"))
    rows = trailing_of(returns, 261.0)
    days = returns.index
    assert rows["This month"] == pytest.approx(1.001 ** int((days >= "2024-03-01").sum()) - 1.0)
    assert rows["This year"] == pytest.approx(1.001 ** int((days >= "2024-01-01").sum()) - 1.0)
    assert rows["3 months"] == pytest.approx(1.001 ** int((days > "2023-12-15").sum()) - 1.0)
    assert rows["3 years, a year"] == pytest.approx(1.001**261 - 1.0)
    assert isnan(rows["10 years, a year"])


def test_against_a_benchmark_and_rolling_figures_by_least_squares() -> None:
    r, b, rate = RESULT.record.returns, RESULT.beside, 0.02
    assert b is not None
    cash = 1.02 ** (1 / 252) - 1.0
    slope, constant = np.polyfit(b - cash, r - cash, 1)
    found = {name: value for name, (_, value) in against_benchmark(RESULT, rate).items()}
    assert found["Beta"] == pytest.approx(slope)
    assert found["Alpha a year"] == pytest.approx(constant * 252)
    assert found["R squared"] == pytest.approx(np.corrcoef(r, b)[0, 1] ** 2)
    rolled = rolling_of(RESULT, rate)
    last_r, last_b = r[-ROLLING:], b[-ROLLING:]
    assert rolled["beta"][RESULT.name][-1] == pytest.approx(np.polyfit(last_b, last_r, 1)[0])
    assert rolled["volatility"][RESULT.name][-1] == pytest.approx(last_r.std(ddof=1) * sqrt(252))
    sharpe = (last_r.mean() - cash) / last_r.std(ddof=1) * sqrt(252)
    assert rolled["sharpe"][RESULT.name][-1] == pytest.approx(sharpe)
    assert all(isnan(v) for v in rolled["sharpe"][RESULT.name][: ROLLING - 1])


def test_quantiles_are_ordered_and_end_at_the_extremes() -> None:
    rows = quantiles_of(RESULT.returns)
    assert set(rows) == {"day", "week", "month", "quarter", "year"}
    for row in rows.values():
        assert row == sorted(row)
    assert (rows["day"][0], rows["day"][-1]) == (RESULT.returns.min(), RESULT.returns.max())


def test_figures_of_nothing_are_unknown_not_an_error() -> None:
    flat = stream([0.0] * 5)
    for name, (_, of) in measures_of(252.0).items():
        assert of(flat) == 0.0 or isnan(of(flat)) or name.startswith("Kurtosis"), name

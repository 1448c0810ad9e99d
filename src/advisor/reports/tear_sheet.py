"""The sections of a tear sheet beside the summary: charts and tables of one strategy."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import pairwise
from math import isfinite
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from advisor.contracts.wording import Phrases, said
from advisor.evaluate.backtesting.details import FORMS, against_benchmark, details_of, trailing_of
from advisor.evaluate.backtesting.statistics import cash_return
from advisor.measures.periods import HALF_YEAR, PERIODS, QUANTILES, returns_by_period
from advisor.reports.charts import bar_chart, line_chart, percent, plain
from advisor.reports.charts.numbers import outward, span_of
from advisor.reports.pages import ENGLISH, MISSING, days_of, drawn

if TYPE_CHECKING:
    from advisor.evaluate.backtesting.result import BacktestResult


def sheet_of(result: BacktestResult, rate: float, t: Phrases) -> dict[str, Any]:
    """Charts and tables of a strategy, section by section, in the language of `t`; `rate` is what
    cash earns a year.
    """
    both = result.streams
    year = result.periods_per_year
    beside = against_benchmark(result.record.returns, result.beside, year, cash_return(rate, year))
    columns = [details_of(r, year) for r in both.values()]
    trailing = {name: trailing_of(r, year) for name, r in both.items()}
    return {
        "heads": [
            t("measure"),
            name_of(result, t),
            *([benchmark_of([result], t)] if beside else []),
        ],
        "more": [
            (t(m), *(_form(FORMS.get(m, "%"), column[m]) for column in columns)) for m in columns[0]
        ],
        "beside": [(t(m), _form(kind, value)) for m, (kind, value) in beside.items()],
        "trailing": [
            (t(name), *(_form("%", rows[name]) for rows in trailing.values()))
            for name in trailing[result.name]
        ],
        "falls": _falls(result, t),
        "rolling": _rolling(result, rate, t),
        "months": [*t("months").split(), t("whole_year")],
        "years": _months(result),
        "yearly": _yearly(result, t),
        "yearly_rows": _yearly_rows(result),
        "spread": _spread(result, t),
        "quantiles": [
            (t(f"a_{name}"), *map(percent, row))
            for name, row in zip(PERIODS, result.distribution().to_numpy().tolist(), strict=True)
            if name == "day" or len(result.by_period(name)) > 1
        ],
        "quantile_heads": [
            t("return_of"),
            t("worst"),
            *(f"{q:.0%}" for q in QUANTILES[1:-1]),
            t("best"),
        ],
    }


def name_of(result: BacktestResult, t: Phrases) -> str:
    """The name of a strategy: as it was given, in the language of `t` where none was."""
    return str(said(result.name, t.language))


def benchmark_of(results: Iterable[BacktestResult], t: Phrases) -> str:
    """The word for what strategies are compared with: the English one, which no strategy may have,
    where one of them bears that of the language.
    """
    word = t("benchmark")
    return ENGLISH("benchmark") if word in {name_of(r, t) for r in results} else word


def _falls(result: BacktestResult, t: Phrases) -> list[tuple[str, ...]]:
    """The deepest falls: start, bottom, end, depth and length, as they are written."""
    table = result.drawdown_table()
    days = [table[name].dt.strftime("%Y-%m-%d") for name in ("start", "bottom", "end")]
    columns = [
        *(column.fillna(t("not_yet")).tolist() for column in days),
        [percent(depth) for depth in table["depth"]],
        [f"{count:,}" for count in table["days"]],
    ]
    return list(zip(*columns, strict=True))


def _form(kind: str, value: float) -> str:
    if not isfinite(value):
        return MISSING
    return percent(value) if kind == "%" else f"{value:,.0f}" if kind == "n" else f"{value:z.2f}"


def _rolling(result: BacktestResult, rate: float, t: Phrases) -> list[Any]:
    """Volatility, Sharpe ratio and beta over the last half year, one chart each."""
    if len(result.sessions) < HALF_YEAR:
        return []
    table = result.rolling(risk_free=rate)
    days, charts = days_of(result.sessions), []
    for measure in ("volatility", "sharpe", "beta"):
        if measure not in table:
            continue
        columns = {measure: name_of(result, t), f"benchmark_{measure}": benchmark_of([result], t)}
        lines = {name: table[c].tolist() for c, name in columns.items() if c in table}
        head = t(f"rolling_{measure}", count=HALF_YEAR)
        form = percent if measure == "volatility" else plain
        charts.append(drawn(line_chart, lines, labels=days, title=head, form=form))
    return charts


def _yearly(result: BacktestResult, t: Phrases) -> Any:
    years = result.by_period()
    rows = dict(zip(_names(years), years[result.name].tolist(), strict=True))
    return drawn(bar_chart, rows, title=t("years_chart"), form=percent)


def _names(years: pd.DataFrame) -> list[str]:
    return pd.DatetimeIndex(years.index).strftime("%Y").tolist()


def _yearly_rows(result: BacktestResult) -> list[list[str]]:
    """Each year with its returns, and the difference where there is a benchmark."""
    years = result.by_period()
    if "benchmark" in years:
        years = years.assign(difference=years[result.name] - years["benchmark"])
    return [
        [year, *map(percent, row)]
        for year, row in zip(_names(years), years.to_numpy().tolist(), strict=True)
    ]


def _spread(result: BacktestResult, t: Phrases) -> Any:
    """How many months had a return within each of at most 12 round steps."""
    months = returns_by_period(result.returns, "month").to_numpy(dtype=np.float64)
    low, high, step = outward(*span_of(months.tolist()), 8)
    edges = np.arange(round((high - low) / step) + 1) * step + low
    counts, _ = np.histogram(months, bins=edges)
    names = [t("span", low=f"{a:.1%}", high=f"{b:.1%}") for a, b in pairwise(edges.tolist())]
    rows = dict(zip(names, counts.astype(np.float64).tolist(), strict=True))
    return drawn(bar_chart, rows, title=t("months_chart"), form=plain)


def _months(result: BacktestResult) -> list[tuple[int, list[tuple[str, str]]]]:
    """Each year with its twelve monthly returns and its own: text and shade, "" where there is
    none.
    """
    growth = 1.0 + result.returns
    index = pd.DatetimeIndex(result.sessions)
    monthly = growth.groupby([index.year, index.month]).prod() - 1.0
    yearly = growth.groupby(index.year).prod() - 1.0
    rows: list[tuple[int, list[tuple[str, str]]]] = []
    for year, total in yearly.items():
        values = [float(monthly.get((year, month), np.nan)) for month in range(1, 13)]
        cells = [
            (f"{v:z.1%}", _shade(v)) if isfinite(v) else ("", "") for v in (*values, float(total))
        ]
        rows.append((int(str(year)), cells))
    return rows


def _shade(value: float) -> str:
    """Class of a cell: how large a gain or a loss, in four steps of 2 %."""
    step = min(int(abs(value) / 0.02) + 1, 4)
    return f"{'loss l' if value < 0.0 else 'g'}{step}"

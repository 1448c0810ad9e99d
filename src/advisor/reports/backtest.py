"""Backtests as pages (tear sheets) and notebook cards."""

from __future__ import annotations

from collections.abc import Sequence
from math import isfinite
from typing import TYPE_CHECKING, Any

import numpy as np

from advisor.arrays import IntArray
from advisor.contracts.wording import Language, Phrases
from advisor.errors import InputError
from advisor.measures.periods import HALF_YEAR
from advisor.reports.charts import NARROW, area_chart, line_chart, percent, plain
from advisor.reports.pages import (
    ENGLISH,
    MISSING,
    SHOWN,
    days_of,
    drawn,
    largest_first,
    layers_of,
    picture,
    render,
)
from advisor.reports.tear_sheet import benchmark_of, name_of, sheet_of

if TYPE_CHECKING:
    from advisor.evaluate.backtesting.result import BacktestResult
    from advisor.evaluate.backtesting.result_set import BacktestResults

RATIOS = {
    "sharpe", "sortino", "calmar", "information_ratio", "beta", "rebalances", "failures", "turnover"
}  # fmt: skip
WITH_INTERVAL = ("annual_return", "volatility", "sharpe", "max_drawdown")
DRAWS = 500
"""Resamples of a page's intervals: their ends are good to a few per cent of the width."""
SHORTEST_FOR_DEFLATED = 10
AT_ONCE = 9
"""Columns of the first of two tables that stand for one too wide for a page."""


def result_page(
    result: BacktestResult,
    title: str | None = None,
    risk_free: float | None = None,
    language: Language = "en",
) -> str:
    """The tear sheet of a strategy, a whole HTML page; arguments as in `BacktestResult.to_html`."""
    t, long = Phrases("tear_sheet", language), len(result.sessions) > 0
    return render(
        "backtest",
        t=t,
        language=language,
        title=title or t("title", name=result.name),
        summary=_period(result, t),
        backtest=result,
        rows=_measures(result, risk_free, t) if long else [],
        draws=DRAWS,
        sheet=_sheet(result, risk_free, t) if long else None,
        timing=_timing(result.rate(risk_free), t),
    )


def result_card(result: BacktestResult) -> str:
    """HTML that a notebook shows of one strategy."""
    growth = _growth([result], ENGLISH, card=True)
    return render("backtest_card", t=ENGLISH, summary=repr(result), backtest=result, growth=growth)


def results_page(
    results: BacktestResults,
    title: str | None = None,
    risk_free: float | None = None,
    language: Language = "en",
) -> str:
    """Several strategies side by side, a whole HTML page; arguments as in `result_page`."""
    t = Phrases("tear_sheet", language)
    heads, rows = _side_by_side(results, t, risk_free)
    members = [result for _, result in results.items()]
    first, rest = slice(0, AT_ONCE), slice(AT_ONCE, None)
    columns = largest_first(np.concatenate([result.record.weights for result in members]))
    return render(
        "backtests",
        t=t,
        language=language,
        title=title or t("title_several"),
        tables=[
            (heads[first], [row[first] for row in rows]),
            ([heads[0], *heads[rest]], [[row[0], *row[rest]] for row in rows]),
        ],
        growth=_growth(members, t),
        drawdown=_drawdown(members, t),
        weights=[_allocation(result, t, columns) for result in members],
        failed_ones=[result for result in members if result.failures],
        timing=_timing(members[0].rate(risk_free), t),
    )


def results_card(results: BacktestResults) -> str:
    """HTML that a notebook shows of several strategies."""
    heads, rows = _side_by_side(results, ENGLISH)
    growth = _growth([result for _, result in results.items()], ENGLISH, card=True)
    return render("backtests_card", heads=heads, rows=rows, growth=growth)


def _timing(rate: float, t: Phrases) -> str:
    """When a decision trades and earns, and above which rate ratios are."""
    timing = t("timing")
    return timing if rate == 0.0 else t("above_cash", rate=rate, timing=timing)


def _write(name: str, value: float) -> str:
    if not isfinite(value):
        return MISSING
    if name not in RATIOS:
        return percent(value)
    return plain(value) if value == int(value) else f"{value:z.2f}"


def _measures(
    result: BacktestResult, risk_free: float | None, t: Phrases
) -> list[tuple[str, str, str]]:
    """Title, value and interval of each measure of the summary."""
    rows: list[tuple[str, str, str]] = []
    for measure, value in result.summary(risk_free=risk_free).items():
        name, span = str(measure), ""
        if name in WITH_INTERVAL and len(result.sessions) >= HALF_YEAR:
            span = _interval(result, name, risk_free, t)
        rows.append((t(name), _write(name, float(value)), span))
    return rows


def _interval(result: BacktestResult, name: str, risk_free: float | None, t: Phrases) -> str:
    """The two ends; nothing where the measure cannot be formed, as the Sharpe ratio of cash."""
    try:
        ends = result.interval(name, draws=DRAWS, risk_free=risk_free)
    except InputError:
        return ""
    return t("span", low=_write(name, ends.low), high=_write(name, ends.high))


def _side_by_side(
    results: BacktestResults, t: Phrases, risk_free: float | None = None
) -> tuple[list[str], list[list[str]]]:
    """Heads and rows of the summaries, a row a strategy."""
    table = results.summary(risk_free=risk_free)
    if all(len(result.sessions) >= SHORTEST_FOR_DEFLATED for _, result in results.items()):
        table = table.assign(deflated_sharpe=results.deflated_sharpe(risk_free=risk_free))
    names = [str(column) for column in table.columns]
    rows = [
        [str(strategy), *(_write(name, float(row[name])) for name in names)]
        for strategy, row in table.iterrows()
    ]
    return [t("strategy"), *map(t, names)], rows


def _period(result: BacktestResult, t: Phrases) -> str:
    """From when to when, and what was done."""
    days, failed = len(result.days), len(result.failures)
    if not len(result.sessions):
        return t("no_session", name=result.name, days=days)
    return t(
        "period_failed" if failed else "period",
        first=result.sessions[0],
        last=result.sessions[-1],
        sessions=len(result.sessions),
        days=days,
        failed=failed,
    )


def _sheet(result: BacktestResult, risk_free: float | None, t: Phrases) -> dict[str, Any]:
    return sheet_of(result, result.rate(risk_free), t) | {
        "growth": _growth([result], t),
        "drawdown": _drawdown([result], t),
        "allocation": _allocation(result, t),
    }


def _growth(results: Sequence[BacktestResult], t: Phrases, *, card: bool = False) -> Any:
    """Growth of 1: in both widths for a page, in one for a notebook's card."""
    if not len(results[0].sessions):
        return ""
    lines = {name_of(r, t): np.cumprod(1.0 + r.record.returns).tolist() for r in results}
    if results[0].beside is not None:
        lines[benchmark_of(results, t)] = np.cumprod(1.0 + results[0].beside).tolist()
    how: dict[str, Any] = {"labels": days_of(results[0].sessions), "title": t("growth_chart")}
    return picture(line_chart(lines, **how)) if card else drawn(line_chart, lines, **how)


def _drawdown(results: Sequence[BacktestResult], t: Phrases) -> Any:
    if not len(results[0].sessions):
        return ""
    lines = {name_of(r, t): (-r.drawdowns).tolist() for r in results}
    days, title, one = days_of(results[0].sessions), t("falls_chart"), len(results) == 1
    return drawn(line_chart, lines, labels=days, title=title, form=percent, filled=one)


def _allocation(result: BacktestResult, t: Phrases, columns: IntArray | None = None) -> Any:
    """Weights after each trade: in both widths, or with the columns of several strategies in the
    narrow one, under the name of the strategy.
    """
    weights = result.record.weights
    layers = layers_of(result.assets, weights, columns, t)
    if not layers:
        return ""
    chart = line_chart if (weights < -SHOWN).any() else area_chart
    how: dict[str, Any] = {"labels": days_of(result.days), "form": percent}
    if columns is None:
        return drawn(chart, layers, **how, title=t("weights_chart"))
    return picture(chart(layers, **how, title=result.name, size=NARROW))

"""Backtests as pages and notebook cards: inline style and SVG, nothing fetched, no script."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from math import isfinite
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from advisor.arrays import DayArray, FloatArray
from advisor.measures.portfolio import drawdowns
from advisor.svg import area_chart, line_chart, percent, plain

if TYPE_CHECKING:
    from advisor.evaluate.result import BacktestResult
    from advisor.evaluate.result_set import BacktestResults

STYLE = (
    "body{font:14px/1.45 sans-serif;color:#222;max-width:960px;margin:2em auto;padding:0 1em}h1{font-size:1.4em}h2{font-size:1.1em;margin-top:1.6em}"
    "table{border-collapse:collapse;font-size:13px}td,th{padding:2px 8px;text-align:right;border-bottom:1px solid #ddd}"
    "th:first-child,td:first-child{text-align:left}.neg{color:#b33}.note{color:#555;font-size:12px}"
)
TITLES = {
    "annual_return": "Return a year",
    "volatility": "Volatility a year",
    "sharpe": "Sharpe",
    "sortino": "Sortino",
    "max_drawdown": "Worst drawdown",
    "calmar": "Calmar",
    "cvar_95": "CVaR 95 %, one session",
    "hit_ratio": "Sessions with a gain",
    "exposure": "Mean exposure",
    "turnover": "Turnover a year",
    "costs": "Costs a year",
    "rebalances": "Rebalancing days",
    "failures": "Failed days",
    "benchmark_return": "Benchmark's return a year",
    "tracking_error": "Tracking error",
    "information_ratio": "Information ratio",
    "beta": "Beta",
}
RATIOS = {"sharpe", "sortino", "calmar", "information_ratio", "beta", "rebalances", "failures", "turnover"}
WITH_INTERVAL = ("annual_return", "volatility", "sharpe", "max_drawdown")
DRAWS = 500  # resamples of a page's intervals: the ends are good to a few percent of the width
MOST_LAYERS = 7
ROLLING = 126
TIMING = (
    "A decision uses the history that ends at the day's close, trades at that close and earns from the next session on; a trade's cost is part of "
    "that next return. Returns are net, simple and time-weighted. Drawdowns and CVaR are positive losses. Turnover counts what is bought plus what is sold."
)


def result_page(result: BacktestResult, title: str) -> str:
    """One strategy's tear sheet."""
    parts = [f"<h1>{escape(title)}</h1>", f"<p>{escape(repr(result))}</p>"]
    if len(result.sessions):
        parts += [_numbers(result), _charts(result), _months(result)]
    parts += [_failed(result), f'<p class="note">{escape(TIMING)}</p>']
    return _page(title, parts)


def result_card(result: BacktestResult) -> str:
    """What a notebook shows of one strategy."""
    head = f"<p>{escape(repr(result))}</p>"
    return f"<div>{head}{_growth([result])}{_failed(result)}</div>" if len(result.sessions) else f"<div>{head}</div>"


def results_page(results: BacktestResults, title: str) -> str:
    """Several strategies side by side."""
    parts = [
        f"<h1>{escape(title)}</h1>",
        _side_by_side(results),
        _growth([r for _, r in results.items()]),
        _deep([r for _, r in results.items()]),
    ]
    parts += [f"<h2>{escape(name)}</h2>{_allocation(result)}{_failed(result)}" for name, result in results.items()]
    return _page(title, [*parts, f'<p class="note">{escape(TIMING)}</p>'])


def results_card(results: BacktestResults) -> str:
    """What a notebook shows of several strategies."""
    return f"<div>{_side_by_side(results)}{_growth([r for _, r in results.items()])}</div>"


def _page(title: str, parts: Sequence[str]) -> str:
    return (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{escape(title)}</title><style>{STYLE}</style></head>'
        f"<body>{''.join(parts)}</body></html>"
    )


def _write(name: str, value: float) -> str:
    if not isfinite(value):
        return "–"
    return f"{value:.2f}" if name in RATIOS and value != int(value) else plain(value) if name in RATIOS else percent(value)


def _numbers(result: BacktestResult) -> str:
    rows: list[str] = []
    for name, value in result.summary().items():
        span = ""
        if name in WITH_INTERVAL and len(result.sessions) >= ROLLING:
            found = result.interval(str(name), draws=DRAWS)
            span = f"{_write(str(name), found.low)} to {_write(str(name), found.high)}"
        rows.append(f"<tr><td>{escape(TITLES[str(name)])}</td><td>{_write(str(name), float(value))}</td><td>{span}</td></tr>")
    note = f'<p class="note">Intervals: stationary bootstrap, 95 %, {DRAWS} resamples.</p>'
    return f"<table><tr><th>Measure</th><th>Value</th><th>Interval</th></tr>{''.join(rows)}</table>{note}"


def _side_by_side(results: BacktestResults) -> str:
    table = results.summary().assign(deflated_sharpe=results.deflated_sharpe()) if _long_enough(results) else results.summary()
    head = "".join(f"<th>{escape(TITLES.get(str(c), 'Deflated Sharpe'))}</th>" for c in table.columns)
    rows = "".join(
        f"<tr><td>{escape(str(name))}</td>{''.join(f'<td>{_write(str(c), float(v))}</td>' for c, v in row.items())}</tr>"
        for name, row in table.iterrows()
    )
    return f"<table><tr><th>Strategy</th>{head}</tr>{rows}</table>"


def _long_enough(results: BacktestResults) -> bool:
    return all(len(result.sessions) >= 10 for _, result in results.items())


def _charts(result: BacktestResult) -> str:
    return "".join([_growth([result]), _deep([result]), _rolling(result), _allocation(result)])


def _growth(results: Sequence[BacktestResult]) -> str:
    lines = {r.name: np.cumprod(1.0 + r.record.returns).tolist() for r in results}
    if results[0].beside is not None:
        lines["benchmark"] = np.cumprod(1.0 + results[0].beside).tolist()
    return line_chart(lines, labels=_days(results[0].sessions), title="Growth of 1") if len(results[0].sessions) else ""


def _deep(results: Sequence[BacktestResult]) -> str:
    if not len(results[0].sessions):
        return ""
    lines = {r.name: (-drawdowns(r.record.returns)).tolist() for r in results}
    return line_chart(lines, labels=_days(results[0].sessions), title="Drawdown", form=percent, size=(640, 170), filled=len(results) == 1)


def _rolling(result: BacktestResult) -> str:
    if len(result.sessions) < ROLLING:
        return ""
    streams: dict[str, FloatArray] = {result.name: result.record.returns} | ({} if result.beside is None else {"benchmark": result.beside})
    scale = result.periods_per_year**0.5
    lines = {name: (pd.Series(r).rolling(ROLLING).std() * scale).tolist() for name, r in streams.items()}
    return line_chart(
        lines, labels=_days(result.sessions), title=f"Volatility of the last {ROLLING} sessions, a year", form=percent, size=(640, 190)
    )


def _allocation(result: BacktestResult) -> str:
    weights = result.record.weights
    order = np.argsort(-weights.mean(axis=0), kind="stable")
    shown, rest = order[:MOST_LAYERS], order[MOST_LAYERS:]
    layers = {result.assets[j]: weights[:, j].tolist() for j in shown.tolist() if np.abs(weights[:, j]).max() > 0.0}
    if len(rest) and np.abs(weights[:, rest]).max() > 0.0:
        layers[f"{len(rest)} others"] = weights[:, rest].sum(axis=1).tolist()
    if not layers:
        return ""
    if (weights < 0.0).any():
        return line_chart(layers, labels=_days(result.days), title="Weights after each trade", form=percent)
    return area_chart(layers, labels=_days(result.days), title="Weights after each trade")


def _months(result: BacktestResult) -> str:
    growth = 1.0 + result.returns
    index = pd.DatetimeIndex(result.sessions)
    monthly = growth.groupby([index.year, index.month]).prod() - 1.0
    yearly = growth.groupby(index.year).prod() - 1.0
    head = "".join(f"<th>{m}</th>" for m in ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec", "Year"))
    rows: list[str] = []
    for year, total in yearly.items():
        cells = [float(monthly.get((year, month), np.nan)) for month in range(1, 13)]
        rows.append(f"<tr><td>{year}</td>{''.join(_cell(v) for v in [*cells, float(total)])}</tr>")
    return f"<h2>Returns by month</h2><table><tr><th></th>{head}</tr>{''.join(rows)}</table>"


def _cell(value: float) -> str:
    if not isfinite(value):
        return "<td></td>"
    mark = ' class="neg"' if value < 0.0 else ""
    return f"<td{mark}>{value:.1%}</td>"


def _failed(result: BacktestResult) -> str:
    if not result.failures:
        return ""
    rows = "".join(f"<tr><td>{day:%Y-%m-%d}</td><td>{escape(reason)}</td></tr>" for day, reason in result.failures[:50])
    more = f"<p>… and {len(result.failures) - 50} more.</p>" if len(result.failures) > 50 else ""
    return f"<h2>{len(result.failures)} of {len(result.days)} days failed; the weights were kept</h2><table>{rows}</table>{more}"


def _days(days: DayArray) -> list[str]:
    return [str(day) for day in days.tolist()]

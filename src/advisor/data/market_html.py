"""A market as a notebook card."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

import numpy as np

from advisor.arrays import FloatArray
from advisor.svg import line_chart, percent

if TYPE_CHECKING:
    from advisor.data.market import Market

MOST_ROWS = 20
MOST_LINES = 8
MOST_POINTS = 260


def market_card(market: Market) -> str:
    """What a notebook shows of a market: a row an asset, and what one unit of money became in the first of them."""
    head = f"<p>{escape(repr(market))}</p>"
    if not len(market):
        return f"<div>{head}</div>"
    titles = ("asset", "group", "R", "first day", "last day", "mean a year", "volatility", "worst drawdown")
    rows = "".join(_row(market, j) for j in range(min(len(market.assets), MOST_ROWS)))
    table = f"<table><tr>{''.join(f'<th>{t}</th>' for t in titles)}</tr>{rows}</table>"
    hidden = len(market.assets) - MOST_ROWS
    more = f"<p>… and {hidden} more assets.</p>" if hidden > 0 else ""
    kept = np.unique(np.linspace(0, len(market) - 1, MOST_POINTS).round().astype(np.int64))
    lines = {a: _growth(market.returns[:, j])[kept].tolist() for j, a in enumerate(market.assets[:MOST_LINES])}
    chart = line_chart(lines, labels=[str(day) for day in market.dates[kept].tolist()], title="Growth of 1")
    return f"<div>{head}{table}{more}{chart}</div>"


def _row(market: Market, j: int) -> str:
    returns = market.returns[:, j]
    known = np.flatnonzero(np.isfinite(returns))
    level = int(market.risk_levels[j])
    words = [market.assets[j], market.groups[j] or "–", f"R{level}" if level else "–"]
    if len(known):
        own = returns[known]
        value = np.cumprod(1.0 + own)
        peak = np.maximum.accumulate(np.maximum(value, 1.0))
        volatility = percent(float(own.std(ddof=1)) * market.periods_per_year**0.5) if len(own) > 1 else "–"
        words += [str(market.dates[known[0]]), str(market.dates[known[-1]]), percent(float(own.mean()) * market.periods_per_year)]
        words += [volatility, percent(float((1.0 - value / peak).max()))]
    else:
        words += ["–"] * 5
    return f"<tr>{''.join(f'<td>{escape(word)}</td>' for word in words)}</tr>"


def _growth(returns: FloatArray) -> FloatArray:
    """Value of one unit of money after each row, nan where the asset has no history, shape (T,)."""
    known = np.isfinite(returns)
    return np.where(known, np.cumprod(np.where(known, 1.0 + returns, 1.0)), np.nan)

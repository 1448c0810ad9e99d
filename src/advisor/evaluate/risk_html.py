"""A risk report as a notebook card."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

from advisor.svg import area_chart, line_chart, percent

if TYPE_CHECKING:
    from advisor.evaluate.risk_report import RiskMatchReport

COUNTS = ("portfolios", "windows")


def risk_card(report: RiskMatchReport) -> str:
    """The table by level, and through time the shares inside, over and under the band, and beyond the stress loss."""
    table = report.by_level()
    head = "".join(f"<th>{escape(str(c).replace('_', ' '))}</th>" for c in table.columns)
    rows = "".join(
        f"<tr><td>{name}</td>{''.join(f'<td>{int(v):,}</td>' if c in COUNTS else f'<td>{percent(float(v))}</td>' for c, v in row.items())}</tr>"
        for name, row in table.iterrows()
    )
    note = f"Windows of {report.days} sessions. Over and under the promised band are counted apart; breached: the worst drawdown was larger than the stress loss."
    return f"<div><p>{escape(repr(report))}</p><table><tr><th>level</th>{head}</tr>{rows}</table>{_through_time(report)}<p>{escape(note)}</p></div>"


def _through_time(report: RiskMatchReport) -> str:
    ends = [str(day) for day in report.window_ends.tolist()]
    inside = 1.0 - report.over_by_window - report.under_by_window
    shares = {"inside": inside.tolist(), "over": report.over_by_window.tolist(), "under": report.under_by_window.tolist()}
    bands = area_chart(shares, labels=ends, title="Share of portfolios by window")
    losses = line_chart(
        {"breached": report.breached_by_window.tolist()}, labels=ends, title="Beyond the stress loss", form=percent, size=(640, 150)
    )
    return bands + losses

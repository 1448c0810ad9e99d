"""The advice page that a client is shown: HTML that stands alone, and the same as PDF."""

from __future__ import annotations

from math import ceil
from typing import Any

from advisor.contracts.advice import Advice
from advisor.contracts.report import AdviceReport
from advisor.errors import InputError
from advisor.reports.charts import Axis, bar_chart, fan_chart, line_chart, percent, plain
from advisor.reports.client_view import (
    Labels,
    Words,
    alternatives_of,
    crises_of,
    figures_of,
    holdings_of,
    level_of,
    next_of,
    notes_of,
    orders_of,
    outcomes_of,
    words_of,
)
from advisor.reports.pages import drawn, picture, render, to_pdf

SHOWN_ORDERS = 2
"""Orders that are not folded."""
PRINT = 16
"""Letters of a fingerprint's two halves in the footnote."""


def advice_page(
    shown: AdviceReport | Advice,
    *,
    language: str | None = None,
    labels: Labels | None = None,
    currency: str | None = None,
    disclaimer: str | None = None,
) -> str:
    """A whole HTML page of an advice for the client: no script, nothing fetched, at most 150 kB.

    Args:
        shown: What `Advisor.report` returned; or an `Advice` alone, of which the page shows less
            (no range of outcomes, no crises, no frontier).
        language: "en" or "zh"; None: that of the report, English for an advice.
        labels: Name of each asset (or product) by id: a text, or a text by language.
        currency: Code written beside money; None: the client's own.
        disclaimer: In place of the library's.

    Raises:
        InputError: Something else is given, or the language has no texts.
    """
    body, words = _body(shown, language, labels, currency, disclaimer)
    return render("client_page", title=words("title"), language=words.language, body=picture(body))


def advice_section(
    shown: AdviceReport | Advice,
    *,
    language: str | None = None,
    labels: Labels | None = None,
    currency: str | None = None,
    disclaimer: str | None = None,
) -> str:
    """The content of `advice_page` without its head: what a site puts into a page of its own."""
    return _body(shown, language, labels, currency, disclaimer)[0]


def advice_pdf(
    shown: AdviceReport | Advice,
    *,
    language: str | None = None,
    labels: Labels | None = None,
    currency: str | None = None,
    disclaimer: str | None = None,
) -> bytes:
    """`advice_page` as PDF.

    Raises:
        InputError: As `advice_page`; or WeasyPrint (the extra `pdf`) is not installed.
    """
    page = advice_page(
        shown, language=language, labels=labels, currency=currency, disclaimer=disclaimer
    )
    return to_pdf(page)


def _body(
    shown: AdviceReport | Advice,
    language: str | None,
    labels: Labels | None,
    currency: str | None,
    disclaimer: str | None,
) -> tuple[str, Words]:
    content: Any = shown
    if not isinstance(content, AdviceReport | Advice):
        raise InputError(
            f"advice_page got {type(content).__name__}; it shows an advice. Give what"
            " Advisor.report or Advisor.advise returned.",
            field="shown",
            value=type(content).__name__,
        )
    report = shown if isinstance(shown, AdviceReport) else None
    advice = shown.advice if isinstance(shown, AdviceReport) else shown
    spoken = language or (report.language if report is not None else "en")
    words = words_of(advice, report, spoken, labels, currency)
    holdings, orders = holdings_of(advice, words), orders_of(advice, words)
    body = render(
        "client_body",
        t=words,
        advice=advice,
        level=level_of(advice, report, words),
        holdings=holdings,
        shares=_shares({name: share for name, share, _ in holdings}, words),
        figures=figures_of(advice, words),
        fan=_fan(advice, report, words),
        frontier=_frontier(report, words),
        crises=_crises(advice, report, words),
        orders=orders[:SHOWN_ORDERS],
        folded=orders[SHOWN_ORDERS:],
        alternatives=alternatives_of(advice, words),
        omitted=[] if report is None else words.said(report.omissions),
        notes=notes_of(advice, words),
        next=next_of(advice, report, words),
        disclaimer=disclaimer or words("disclaimer"),
        proof=words(
            "proof",
            status=advice.status,
            fingerprint=":".join(half[:PRINT] for half in advice.fingerprint.split(":")),
            day=advice.as_of,
        ),
    )
    return body, words


def _shares(rows: dict[str, float], words: Words) -> Any:
    return drawn(bar_chart, rows, title=words("portfolio_chart"), form=percent) if rows else ""


def _fan(advice: Advice, report: AdviceReport | None, words: Words) -> dict[str, Any] | None:
    """Years, chart and table of the range of outcomes."""
    outcomes = outcomes_of(advice, report)
    if outcomes is None:
        return None
    steps, rows = outcomes
    chart = drawn(
        fan_chart,
        rows,
        labels=Axis(steps, plain, words("years")),
        title=words("fan_chart"),
        form=words.money,
        names=[words("middle"), words("half"), words("most")],
    )
    cases = zip(("low_case", "middle_case", "high_case"), (rows[0], rows[2], rows[4]), strict=True)
    return {
        "years": ceil(steps[-1]),
        "chart": chart,
        "rows": [(words(case), words.money(row[-1])) for case, row in cases],
    }


def _frontier(report: AdviceReport | None, words: Words) -> Any:
    frontier = None if report is None else report.frontier
    if frontier is None or len(frontier.points) < 2:
        return ""
    held = frontier.held
    return drawn(
        line_chart,
        {words("frontier_head"): [p.expected_return for p in frontier.points]},
        labels=Axis([p.volatility for p in frontier.points], percent, words("swing_axis")),
        title=words("frontier_chart"),
        form=percent,
        marks={} if held is None else {words("here"): (held.volatility, held.expected_return)},
    )


def _crises(advice: Advice, report: AdviceReport | None, words: Words) -> dict[str, Any] | None:
    """Chart, table and sentences of what would have been lost."""
    rows = crises_of(report, words)
    if report is None or not rows:
        return None
    limit, loss = report.stress_limit, advice.stressed_loss
    limits = {} if limit is None else {words("allowed", limit=percent(limit)): limit}
    losses = {name: fall for name, fall, _, _ in rows}
    title, sources = words("crisis_chart"), dict.fromkeys(source for *_, source in rows)
    return {
        "chart": drawn(bar_chart, losses, title=title, form=percent, limits=limits),
        "rows": [
            (name, percent(fall), words.part(fall), words(_against(fall, within)))
            for name, fall, within, _ in rows
        ],
        "sources": words("crisis_note", sources="; ".join(sources)),
        "stress": (
            ""
            if loss is None or limit is None
            else words("stress", loss=percent(loss), limit=percent(limit))
        ),
    }


def _against(loss: float, within: bool) -> str:
    return "gain" if loss < 0.0 else "within" if within else "beyond"

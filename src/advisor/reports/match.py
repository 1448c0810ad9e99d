"""A match report as one page, and its reliability chart."""

from __future__ import annotations

from collections.abc import Mapping
from math import isnan, nan
from typing import TYPE_CHECKING, Any

from advisor.evaluate.match.probability import DEFINITIONS as PROBABILITY_DEFINITIONS
from advisor.evaluate.match.returns import DEFINITIONS as MONEY_DEFINITIONS
from advisor.reports.charts import NARROW, WIDE, Axis, bar_chart, line_chart, percent
from advisor.reports.match_lists import side_by_side, splits
from advisor.reports.pages import MISSING, drawn, known, number, picture, render, titles

if TYPE_CHECKING:
    from advisor.evaluate.match.probability import ProbabilityReport
    from advisor.evaluate.match.report import MatchReport, Score
    from advisor.evaluate.match.returns import MoneyReport

TITLES = titles("match")
SERVED = "served"
"""Name of the list that a report is about, beside others."""
_percent = known("{:z.2%}".format)


def report_page(
    report: MatchReport,
    title: str,
    probability: ProbabilityReport | None = None,
    money: MoneyReport | Mapping[str, MoneyReport] | None = None,
    beside: Mapping[str, MatchReport] | None = None,
) -> str:
    """The whole HTML page: inline style and SVG, no script, nothing fetched."""
    check = report.suitability_check
    by_list = money if isinstance(money, Mapping) else {}
    own = by_list.get(SERVED) if isinstance(money, Mapping) else money
    return render(
        "match",
        title=title,
        report=report,
        cards=_cards(report),
        sentences=_sentences(report, probability),
        broken=[(b.client_id, b.product_id, b.decision, ", ".join(b.rules)) for b in check.broken],
        charts=[picture(_metric_chart(report, metric)) for metric in TITLES],
        scores=_score_rows(report),
        segments=[_segment(report, by) for by in splits(report)],
        lists=[
            (name, number(value), number(report.baseline_lists.get(name, nan)))
            for name, value in report.lists.items()
        ],
        probability=None if probability is None else _probability(probability),
        money=None if own is None else _money(own),
        lists_beside=side_by_side({SERVED: report, **beside}, TITLES, by_list) if beside else None,
        counts=[(name.replace("_", " "), f"{value:,}") for name, value in report.counts.items()],
    )


def reliability_chart(report: ProbabilityReport, size: tuple[int, int] = WIDE) -> str:
    """Stated against observed probability, bin by bin, one SVG chart a curve."""
    return "".join(
        line_chart(
            {"observed": curve.observed.tolist(), "as often as stated": curve.stated.tolist()},
            labels=Axis(curve.stated.tolist(), percent, "stated probability"),
            title=name,
            form=percent,
            size=size,
        )
        for name, curve in report.curves.items()
    )


def _cards(report: MatchReport) -> list[tuple[str, str, str]]:
    """Name, value and note of the headline numbers."""
    check, n, best = report.suitability_check, report.counts, report.score()
    reachable, ceiling = (report.score(view=view).value for view in ("reachable", "ceiling"))
    confidence = report.definitions["confidence"]
    span = f"{confidence} interval {number(best.low)} to {number(best.high)}"
    suitability = "not checked" if isnan(check.share) else _percent(check.share)
    return [
        ("Suitability", suitability, f"{check.suitable:,} of {check.checked:,} picks: {check.how}"),
        (f"nDCG@{best.k}, raw", number(best.value), f"{span}, ceiling {number(ceiling)}"),
        (
            f"nDCG@{best.k}, reachable",
            number(reachable),
            f"{n['reachable_purchases']:,} of {n['purchases']:,} purchases were eligible",
        ),
        (
            "Clients",
            f"{n['clients']:,}",
            (
                f"{n['clients_who_bought']:,} bought, {n['clients_with_reachable_purchases']:,}"
                " something reachable"
            ),
        ),
    ]


def _sentences(report: MatchReport, probability: ProbabilityReport | None) -> list[str]:
    """The report in a few sentences, for readers who stop here."""
    k, n = max(report.ks), report.counts
    hit, share = report.score("hit_rate", k), report.score("precision", k)
    ceiling = report.score("precision", k, view="ceiling").value
    against = f", against {hit.baseline:.1%} with the baseline's lists"
    beside = "" if isnan(hit.baseline) else against
    sentences = [
        (
            f"{hit.value:.1%} of {hit.clients:,} clients bought at least one of the {k} products"
            f" shown first{beside}."
        ),
        (
            f"Of all slots, {share.value:.1%} were bought; clients buy few products, so even a"
            f" perfect list would reach {ceiling:.1%}."
        ),
    ]
    if n["reachable_purchases"] < n["purchases"]:
        sentences.append(
            f"{1.0 - n['reachable_purchases'] / n['purchases']:.1%} of purchases were of products "
            "that could not be shown to that client: no list that keeps the rules can score them."
        )
    return sentences + ([] if probability is None else probability.sentences())


def _metric_chart(report: MatchReport, metric: str) -> str:
    k = max(report.ks)
    raw, reach = report.score(metric, k), report.score(metric, k, view="reachable")
    values = {"this ranking": raw.value}
    if not isnan(raw.baseline):
        values["baseline"] = raw.baseline
    values["reachable only"] = reach.value
    values["ceiling of raw"] = report.score(metric, k, view="ceiling").value
    spans = {"this ranking": (raw.low, raw.high), "reachable only": (reach.low, reach.high)}
    title = f"{TITLES[metric]}@{k}"
    return bar_chart(values, errors=spans, title=title, form=number, width=NARROW[0])


def _score_rows(report: MatchReport) -> list[list[str]]:
    return [
        [
            f"{TITLES[s.metric]}@{s.k}",
            *_beside_baseline(s),
            *(number(report.score(s.metric, s.k, view=v).value) for v in ("reachable", "ceiling")),
        ]
        for s in report.scores
        if s.by == "all" and s.view == "raw"
    ]


def _beside_baseline(score: Score) -> list[str]:
    """Value, interval, baseline and the difference from it, as texts."""
    gap = MISSING
    if not isnan(score.difference):
        span = f"{score.difference_low:+.4f} to {score.difference_high:+.4f}"
        gap = f"{score.difference:+.4f} ({span})"
    return [number(score.value), _span(score.low, score.high), number(score.baseline), gap]


def _segment(report: MatchReport, by: str) -> dict[str, Any]:
    """Name, chart and table of the scores split by one label."""
    k = max(report.ks)
    chosen = [s for s in report.scores if (s.by, s.view, s.metric, s.k) == (by, "raw", "ndcg", k)]
    bars = {s.segment: s.value for s in chosen}
    spans = {s.segment: (s.low, s.high) for s in chosen}
    chart = drawn(bar_chart, bars, errors=spans, title=f"nDCG@{k} by {by}", form=number)

    def view(score: Score, name: str) -> str:
        return number(report.score("ndcg", k, view=name, by=by, segment=score.segment).value)

    views = ("reachable", "ceiling")
    rows = [
        [s.segment, f"{s.clients:,}", *_beside_baseline(s), *(view(s, name) for name in views)]
        for s in chosen
    ]
    heads = [by, "Clients", f"nDCG@{k}", "Interval", "Baseline", "Difference"]
    heads += ["Reachable", "Ceiling"]
    return {"name": by, "chart": chart, "heads": heads, "rows": rows}


def _probability(report: ProbabilityReport) -> dict[str, Any]:
    rows: list[list[str]] = []
    for name, curve in report.curves.items():
        cut = report.thresholds[name]
        reach = f"unattainable (best {_percent(cut.best)})"
        if cut.attainable:
            reach = f"p >= {cut.threshold:.3f}, {cut.coverage:.1%} of them"
        errors = (curve.expected_calibration_error, curve.brier, curve.brier_of_base_rate)
        rows.append([name, *map(number, (report.base_rates[name], *errors)), reach])
    precision = next(iter(report.thresholds.values())).wanted
    heads = ["Probability", "Base rate", "Calibration error", "Brier", "Brier of base rate"]
    return {
        "chart": drawn(reliability_chart, report),
        "heads": [*heads, f"For {precision:.0%} precision"],
        "rows": rows,
        "definitions": {name: PROBABILITY_DEFINITIONS[name] for name in report.curves},
    }


def _money(report: MoneyReport) -> dict[str, Any]:
    rows = [
        [
            name,
            number(mean.mean),
            _span(mean.low, mean.high),
            number(report.catalogue[name]),
            number(report.differences[name].mean if name in report.differences else nan),
        ]
        for name, mean in report.means.items()
    ]
    return {"report": report, "rows": rows, "definitions": MONEY_DEFINITIONS}


def _span(low: float, high: float) -> str:
    return MISSING if isnan(low) else f"{low:.4f} to {high:.4f}"

"""A match report as one page."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from html import escape
from typing import TYPE_CHECKING

from advisor.evaluate.match_money import DEFINITIONS as MONEY_DEFINITIONS
from advisor.evaluate.match_money import MoneyReport
from advisor.evaluate.match_probability import DEFINITIONS as PROBABILITY_DEFINITIONS
from advisor.evaluate.match_probability import ProbabilityReport
from advisor.svg import bar_chart

if TYPE_CHECKING:
    from advisor.evaluate.match_report import MatchReport, Score

STYLE = (
    "body{font:14px/1.45 sans-serif;color:#222;max-width:1000px;margin:1.5em auto;padding:0 1em}h1{font-size:1.5em}h2{font-size:1.15em;margin-top:1.6em}"
    "table{border-collapse:collapse;margin:.6em 0}th,td{padding:.2em .7em;border-bottom:1px solid #ddd;text-align:right}th:first-child,td:first-child{text-align:left}"
    ".big{font-size:1.6em;font-weight:bold}.cards{display:flex;flex-wrap:wrap;gap:1em}.card{border:1px solid #ddd;border-radius:6px;padding:.6em 1em;min-width:13em}"
    ".note{color:#666;font-size:.92em}dt{font-weight:bold}dd{margin:0 0 .4em 1em}"
)
TITLES = {"hit_rate": "Hit rate", "precision": "Precision", "recall": "Recall", "ndcg": "nDCG", "map": "MAP", "mrr": "MRR"}


def report_page(report: MatchReport, title: str, probability: ProbabilityReport | None = None, money: MoneyReport | None = None) -> str:
    """The whole page, self-contained: inline style and SVG, no script, nothing fetched."""
    parts = [
        f"<h1>{escape(title)}</h1>",
        _cards(report),
        _in_short(report, probability),
        _broken(report),
        "<h2>Taste: what was really bought</h2>",
        _accuracy_chart(report),
        _accuracy_table(report),
        _segments(report),
        _lists(report),
        "" if probability is None else _probability(probability),
        "" if money is None else _money(money),
        _definitions(report),
    ]
    return (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>{escape(title)}</title>'
        f"<style>{STYLE}</style></head><body>{''.join(parts)}</body></html>"
    )


def _cards(report: MatchReport) -> str:
    s, n = report.suitability_check, report.counts
    best = report.score()
    reach, top = (report.score(view=v).value for v in ("reachable", "ceiling"))
    cards = [
        ("Suitability", _percent(s.share), f"{s.suitable:,} of {s.checked:,} picks: {s.how}"),
        (
            f"nDCG@{best.k}, raw",
            _number(best.value),
            f"{escape(report.definitions['confidence'])} interval {_number(best.low)} to {_number(best.high)}, ceiling {_number(top)}",
        ),
        (f"nDCG@{best.k}, reachable", _number(reach), f"{n['reachable_purchases']:,} of {n['purchases']:,} purchases were eligible"),
        (
            "Clients",
            f"{n['clients']:,}",
            f"{n['clients_who_bought']:,} bought, {n['clients_with_reachable_purchases']:,} something reachable",
        ),
    ]
    boxes = "".join(f'<div class="card"><div>{a}</div><div class="big">{b}</div><div class="note">{c}</div></div>' for a, b, c in cards)
    return f'<div class="cards">{boxes}</div><p class="note">Suitability and taste are different questions and are never blended into one number.</p>'


def _in_short(report: MatchReport, probability: ProbabilityReport | None) -> str:
    """The report in a few sentences, for readers who stop here."""
    k = max(report.ks)
    hit, share, ceiling = report.score("hit_rate", k), report.score("precision", k), report.score("precision", k, view="ceiling")
    beside = "" if math.isnan(hit.baseline) else f", against {hit.baseline:.1%} with the baseline's lists"
    told = [
        f"{hit.value:.1%} of {hit.clients:,} clients bought at least one of the {k} products shown first{beside}.",
        f"Of all slots, {share.value:.1%} were bought; clients buy few products, so even a perfect list would reach {ceiling.value:.1%}.",
    ]
    n = report.counts
    if n["reachable_purchases"] < n["purchases"]:
        missed = 1.0 - n["reachable_purchases"] / n["purchases"]
        told.append(
            f"{missed:.1%} of purchases were of products that could not be shown to that client: no list that keeps the rules can score them."
        )
    told += [] if probability is None else probability.sentences()
    return "<h2>In short</h2><ul>" + "".join(f"<li>{escape(sentence)}</li>" for sentence in told) + "</ul>"


def _broken(report: MatchReport) -> str:
    s = report.suitability_check
    if not s.broken:
        return ""
    rows = [[b.client_id, b.product_id, b.decision, ", ".join(b.rules)] for b in s.broken]
    return f"<h2>Picks that are not suitable</h2>{_table(['Client', 'Product', 'Decision', 'Rules'], rows)}"


def _accuracy_chart(report: MatchReport) -> str:
    k = max(report.ks)
    charts: list[str] = []
    for metric, name in TITLES.items():
        raw = report.score(metric, k)
        values = {"this ranking": raw.value}
        if not math.isnan(raw.baseline):
            values["baseline"] = raw.baseline
        values["reachable only"] = report.score(metric, k, view="reachable").value
        values["ceiling of raw"] = report.score(metric, k, view="ceiling").value
        reach = report.score(metric, k, view="reachable")
        spans = {"this ranking": (raw.low, raw.high), "reachable only": (reach.low, reach.high)}
        charts.append(bar_chart(values, errors=spans, title=f"{name}@{k}", form=_number, width=470))
    return f'<div class="cards">{"".join(charts)}</div>'


def _accuracy_table(report: MatchReport) -> str:
    rows: list[list[str]] = []
    for s in report.scores:
        if s.by != "all" or s.view != "raw":
            continue
        reach, top = (report.score(s.metric, s.k, view=v).value for v in ("reachable", "ceiling"))
        rows.append(
            [
                f"{TITLES[s.metric]}@{s.k}",
                _number(s.value),
                _span(s.low, s.high),
                _number(s.baseline),
                _gap(s),
                _number(reach),
                _number(top),
            ]
        )
    return _table(["Metric", "Raw", "Interval", "Baseline", "Difference", "Reachable", "Ceiling"], rows)


def _segments(report: MatchReport) -> str:
    names = list(dict.fromkeys(s.by for s in report.scores if s.by != "all"))
    k = max(report.ks)
    parts: list[str] = []
    for name in names:
        chosen = [s for s in report.scores if (s.by, s.view, s.metric, s.k) == (name, "raw", "ndcg", k)]
        values = {s.segment: s.value for s in chosen}
        chart = bar_chart(values, errors={s.segment: (s.low, s.high) for s in chosen}, title=f"nDCG@{k} by {name}", form=_number)
        rows = [
            [s.segment, f"{s.clients:,}", _number(s.value), _span(s.low, s.high), _number(s.baseline), _gap(s)]
            + [_number(report.score("ndcg", k, view=v, by=name, segment=s.segment).value) for v in ("reachable", "ceiling")]
            for s in chosen
        ]
        heads = [name, "Clients", f"nDCG@{k}", "Interval", "Baseline", "Difference", "Reachable", "Ceiling"]
        parts.append(f"<h2>By {escape(name)}</h2>{chart}{_table(heads, rows)}")
    return "".join(parts)


def _lists(report: MatchReport) -> str:
    if not report.lists:
        return ""
    rows = [[name, _number(value), _number(report.baseline_lists.get(name, math.nan))] for name, value in report.lists.items()]
    return f"<h2>The lists themselves</h2>{_table(['Measure', 'This ranking', 'Baseline'], rows)}"


def _probability(report: ProbabilityReport) -> str:
    rows: list[list[str]] = []
    for name, curve in report.curves.items():
        cut = report.thresholds[name]
        reach = f"p >= {cut.threshold:.3f}, {cut.coverage:.1%} of them" if cut.attainable else f"unattainable (best {_percent(cut.best)})"
        rows.append(
            [
                name,
                _number(report.base_rates[name]),
                _number(curve.expected_calibration_error),
                _number(curve.brier),
                _number(curve.brier_of_base_rate),
                reach,
            ]
        )
    wanted = next(iter(report.thresholds.values())).wanted
    heads = ["Probability", "Base rate", "Calibration error", "Brier", "Brier of base rate", f"For {wanted:.0%} precision"]
    return f"<h2>Stated probabilities</h2>{report.to_svg()}{_table(heads, rows)}{_meanings({n: PROBABILITY_DEFINITIONS[n] for n in report.curves})}"


def _money(report: MoneyReport) -> str:
    rows = [
        [
            name,
            _number(m.mean),
            _span(m.low, m.high),
            _number(report.shelf[name]),
            _number(report.differences[name].mean if name in report.differences else math.nan),
        ]
        for name, m in report.means.items()
    ]
    head = f'<h2>What the picks returned, {report.start} to {report.end}</h2><p class="note">{report.priced:.1%} of picks were priced throughout. Not a part of match accuracy.</p>'
    return f"{head}{_table(['Measure', 'Mean', 'Interval', 'Whole shelf', 'Minus baseline'], rows)}{_meanings(MONEY_DEFINITIONS)}"


def _meanings(definitions: Mapping[str, str]) -> str:
    return "<dl>" + "".join(f"<dt>{escape(name)}</dt><dd>{escape(text)}</dd>" for name, text in definitions.items()) + "</dl>"


def _definitions(report: MatchReport) -> str:
    counts = _table(["Count", "Number"], [[name.replace("_", " "), f"{value:,}"] for name, value in report.counts.items()])
    return f"<h2>What the numbers stand on</h2>{counts}<h2>Definitions</h2>{_meanings(report.definitions)}"


def _table(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    head = "".join(f"<th>{escape(h)}</th>" for h in heads)
    body = "".join("<tr>" + "".join(f"<td>{escape(cell)}</td>" for cell in row) + "</tr>" for row in rows)
    return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"


def _number(value: float) -> str:
    return "–" if math.isnan(value) else f"{value:.4f}"


def _percent(value: float) -> str:
    return "not checked" if math.isnan(value) else f"{value:.2%}"


def _span(low: float, high: float) -> str:
    return "–" if math.isnan(low) else f"{low:.4f} to {high:.4f}"


def _gap(s: Score) -> str:
    return "–" if math.isnan(s.difference) else f"{s.difference:+.4f} ({s.difference_low:+.4f} to {s.difference_high:+.4f})"

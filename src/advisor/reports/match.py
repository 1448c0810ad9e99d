"""A match report as one page, and its reliability chart."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from math import isnan, nan
from typing import TYPE_CHECKING, Any

from advisor.contracts.wording import LANGUAGES, Language, Phrases, said, texts
from advisor.reports.charts import NARROW, WIDE, Axis, bar_chart, line_chart, percent
from advisor.reports.match_lists import (
    METRICS,
    SERVED,
    gap_of,
    names_of,
    side_by_side,
    span_of,
    splits,
)
from advisor.reports.pages import drawn, known, number, picture, render

if TYPE_CHECKING:
    from advisor.evaluate.match.probability import ProbabilityReport
    from advisor.evaluate.match.report import MatchReport, Score
    from advisor.evaluate.match.returns import MoneyReport

_percent = known("{:z.2%}".format)


def report_page(
    report: MatchReport,
    title: str | None = None,
    probability: ProbabilityReport | None = None,
    money: MoneyReport | Mapping[str, MoneyReport] | None = None,
    beside: Mapping[str, MatchReport] | None = None,
    language: Language = "en",
) -> str:
    """The whole HTML page: inline style and SVG, no script, nothing fetched."""
    t, words = Phrases("match_report", language), _Words(language)
    by_list = money if isinstance(money, Mapping) else {}
    own = by_list.get(SERVED) if isinstance(money, Mapping) else money
    return render(
        "match",
        t=t,
        language=language,
        title=title or t("title"),
        warnings=[said(warning, language) for warning in report.warnings],
        cards=_cards(report, t),
        sentences=_sentences(report, t)
        + ([] if probability is None else probability.sentences(language)),
        broken=[
            (b.client_id, b.product_id, words(b.decision), words.rules(b.rules))
            for b in report.suitability_check.broken
        ],
        charts=[picture(_metric_chart(report, metric, t)) for metric in METRICS],
        scores=_score_rows(report, t),
        segments=[_segment(report, by, t) for by in splits(report)],
        lists=[
            (words.at(name), number(value), number(report.baseline_lists.get(name, nan)))
            for name, value in report.lists.items()
        ],
        probability=None if probability is None else _probability(probability, words),
        money=None if own is None else _money(own, t, words),
        lists_beside=side_by_side({SERVED: report, **beside}, by_list, t) if beside else None,
        counts=[(words(name), f"{value:,}") for name, value in report.counts.items()],
        report_definitions=words.defined(report.definitions),
    )


def reliability_chart(
    report: ProbabilityReport, size: tuple[int, int] = WIDE, language: Language = "en"
) -> str:
    """Stated against observed probability, bin by bin, one SVG chart a curve."""
    t, words = Phrases("match_probability", language), _Words(language)
    return "".join(
        line_chart(
            {t("observed"): curve.observed.tolist(), t("as_stated"): curve.stated.tolist()},
            labels=Axis(curve.stated.tolist(), percent, t("axis")),
            title=words(name),
            form=percent,
            size=size,
        )
        for name, curve in report.curves.items()
    )


@dataclass(frozen=True)
class _Words:
    """Names that the library gives, in a language; any other stays as it is."""

    language: Language

    def __call__(self, name: str) -> str:
        return texts(self.language)["match_names"].get(name, name)

    def at(self, name: str) -> str:
        """Of a measure at a cut-off, such as `coverage@5`."""
        measure, at, k = name.partition("@")
        return f"{self(measure)}{at}{k}"

    def rules(self, ids: tuple[str, ...]) -> str:
        """Rules after the names of their packs, in English by their ids alone."""
        own = texts(self.language)
        packs = {} if self.language == LANGUAGES[0] else own["regimes"]
        named = {packs[pack]: None for rule in ids if (pack := rule.partition(".")[0]) in packs}
        parts = (own["words"]["comma"].join(part) for part in (named, map(self, ids)))
        return "：".join(filter(None, parts))

    def defined(self, definitions: Mapping[str, str]) -> dict[str, object]:
        return {self(name): said(text, self.language) for name, text in definitions.items()}


def _cards(report: MatchReport, t: Phrases) -> list[tuple[str, str, str]]:
    """Name, value and note of the headline numbers."""
    check, n, best = report.suitability_check, report.counts, report.score()
    reachable, ceiling = (report.score(view=view).value for view in ("reachable", "ceiling"))
    span = t("span", low=number(best.low), high=number(best.high))
    confidence = report.definitions["confidence"]
    bought = n["clients_who_bought"], n["clients_with_reachable_purchases"]
    return [
        (
            t("suitability"),
            t("not_checked") if isnan(check.share) else _percent(check.share),
            t("checked_note", suitable=check.suitable, checked=check.checked, how=check.how),
        ),
        (
            t("raw_card", k=best.k),
            number(best.value),
            t("interval_note", confidence=confidence, span=span, ceiling=number(ceiling)),
        ),
        (
            t("reachable_card", k=best.k),
            number(reachable),
            t("eligible_note", reachable=n["reachable_purchases"], purchases=n["purchases"]),
        ),
        (
            t("clients"),
            f"{n['clients']:,}",
            t("bought_note", bought=bought[0], reachable=bought[1]),
        ),
    ]


def _sentences(report: MatchReport, t: Phrases) -> list[str]:
    """The report in a few sentences, for readers who stop here."""
    k, n = max(report.ks), report.counts
    hit, share = report.score("hit_rate", k), report.score("precision", k)
    ceiling = report.score("precision", k, view="ceiling").value
    key = "hit" if isnan(hit.baseline) else "hit_beside"
    sentences = [
        t(key, share=hit.value, clients=hit.clients, k=k, baseline=hit.baseline),
        t("slots", share=share.value, ceiling=ceiling),
    ]
    if n["reachable_purchases"] < n["purchases"]:
        sentences.append(t("unreachable", share=1.0 - n["reachable_purchases"] / n["purchases"]))
    return sentences


def _metric_chart(report: MatchReport, metric: str, t: Phrases) -> str:
    k = max(report.ks)
    raw, reach = report.score(metric, k), report.score(metric, k, view="reachable")
    values = {t("this_ranking_bar"): raw.value}
    if not isnan(raw.baseline):
        values[t("baseline_bar")] = raw.baseline
    values[t("reachable_bar")] = reach.value
    values[t("ceiling_bar")] = report.score(metric, k, view="ceiling").value
    spans = {
        t("this_ranking_bar"): (raw.low, raw.high),
        t("reachable_bar"): (reach.low, reach.high),
    }
    title = f"{t(metric)}@{k}"
    return bar_chart(values, errors=spans, title=title, form=number, width=NARROW[0])


def _score_rows(report: MatchReport, t: Phrases) -> list[list[str]]:
    return [
        [
            f"{t(s.metric)}@{s.k}",
            *_beside_baseline(s, t),
            *(number(report.score(s.metric, s.k, view=v).value) for v in ("reachable", "ceiling")),
        ]
        for s in report.scores
        if s.by == "all" and s.view == "raw"
    ]


def _beside_baseline(s: Score, t: Phrases) -> list[str]:
    """Value, interval, baseline and the difference from it, as texts."""
    gap = gap_of(s.difference, s.difference_low, s.difference_high, t)
    return [number(s.value), span_of(s.low, s.high, t), number(s.baseline), gap]


def _segment(report: MatchReport, by: str, t: Phrases) -> dict[str, Any]:
    """Name, chart and table of the scores split by one label."""
    k = max(report.ks)
    chosen = [s for s in report.scores if (s.by, s.view, s.metric, s.k) == (by, "raw", "ndcg", k)]
    names = names_of([s.segment for s in chosen], t)
    bars = {names[s.segment]: s.value for s in chosen}
    spans = {names[s.segment]: (s.low, s.high) for s in chosen}
    metric = f"{t('ndcg')}@{k}"
    title = t("by_chart", metric=metric, by=by)
    chart = drawn(bar_chart, bars, errors=spans, title=title, form=number)

    def view(score: Score, name: str) -> str:
        return number(report.score("ndcg", k, view=name, by=by, segment=score.segment).value)

    views = ("reachable", "ceiling")
    rows = [
        [
            names[s.segment],
            f"{s.clients:,}",
            *_beside_baseline(s, t),
            *(view(s, name) for name in views),
        ]
        for s in chosen
    ]
    heads = map(t, ("interval", "baseline", "difference", *views))
    heads = [said(by, t.language), t("clients"), metric, *heads]
    return {"name": by, "chart": chart, "heads": heads, "rows": rows}


def _probability(report: ProbabilityReport, words: _Words) -> dict[str, Any]:
    t, defined = (
        Phrases(section, words.language)
        for section in ("match_probability", "probability_definitions")
    )
    rows: list[list[str]] = []
    for name, curve in report.curves.items():
        cut = report.thresholds[name]
        reach = t("unattainable", best=_percent(cut.best))
        if cut.attainable:
            reach = t("attainable", threshold=cut.threshold, coverage=cut.coverage)
        errors = (curve.expected_calibration_error, curve.brier, curve.brier_of_base_rate)
        rows.append([words(name), *map(number, (report.base_rates[name], *errors)), reach])
    heads = ("probability", "base_rate", "calibration_error", "brier", "brier_of_base_rate")
    wanted = next(iter(report.thresholds.values())).wanted
    return {
        "name": t("head"),
        "chart": drawn(reliability_chart, report, language=words.language),
        "heads": [*map(t, heads), t("for_precision", wanted=wanted)],
        "rows": rows,
        "definitions": {words(name): defined(name) for name in report.curves},
    }


def _money(report: MoneyReport, t: Phrases, words: _Words) -> dict[str, Any]:
    rows = [
        [
            words(name),
            number(mean.mean),
            span_of(mean.low, mean.high, t),
            number(report.catalogue[name]),
            number(report.differences[name].mean if name in report.differences else nan),
        ]
        for name, mean in report.means.items()
    ]
    definitions = words.defined(texts(t.language)["money_definitions"])
    return {"report": report, "rows": rows, "definitions": definitions}

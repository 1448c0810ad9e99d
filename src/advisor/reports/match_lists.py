"""Lists of products side by side: what is served, the recommender's own list, a baseline; in money
and by segment.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from math import isnan
from typing import TYPE_CHECKING, Any

from advisor.contracts.wording import Phrases, Sentence, said, texts
from advisor.errors import InputError
from advisor.reports.charts import bar_chart
from advisor.reports.pages import MISSING, drawn, number

if TYPE_CHECKING:
    from advisor.evaluate.match.report import MatchReport
    from advisor.evaluate.match.returns import MoneyReport

METRICS = ("hit_rate", "precision", "recall", "ndcg", "map", "mrr")
SHOWN = "ndcg"
"""The metric of charts, and of segments."""
ALL = "all"
SERVED = Sentence("match_names", "served")
"""Name of the list that a report is about, beside others."""


def side_by_side(
    lists: Mapping[str, MatchReport], money: Mapping[str, MoneyReport], t: Phrases
) -> dict[str, Any]:
    """Charts and tables of several lists by name, the first of them the one that the others are
    held against; of some also what their picks returned.

    Raises:
        InputError: The reports judge other clients, or other cut-offs.
    """
    first, *others = lists.items()
    for name, report in others:
        if report.client_ids != first[1].client_ids or report.ks != first[1].ks:
            raise InputError(
                f"The list {name!r} was judged on {len(report.client_ids):,} clients at"
                f" {report.ks}, {first[0]!r} on {len(first[1].client_ids):,} at {first[1].ks}; only"
                " the same, in the same order, can be compared. Evaluate both with the same"
                " clients and ks.",
                field="beside",
                value=name,
            )
    names, k = names_of(lists, t), max(first[1].ks)
    rows = [_metric_row(lists, metric, k, t) for metric in METRICS]
    shown = f"{t(SHOWN)}@{k}"
    gaps = [t("minus", first=names[first[0]], other=names[name]) for name, _ in others]
    suitable = {
        name: MISSING if isnan(r.suitability) else f"{r.suitability:.2%}"
        for name, r in lists.items()
    }
    return {
        "chart": _chart(
            {names[name]: _spanned(r, ALL, ALL) for name, r in lists.items()},
            shown,
            {names[name]: k for k, name in enumerate(lists)},
        ),
        "heads": [t("metric"), *names.values(), *gaps],
        "rows": [[t("suitable"), *suitable.values(), *([""] * len(others))], *rows],
        "segments": [_segments(lists, by, shown, t) for by in splits(first[1])],
        "money": _money(money, t),
    }


def names_of(names: Iterable[str], t: Phrases) -> dict[str, str]:
    """What a page writes for each name; as they are where two would be written alike."""
    words = {name: str(said(name, t.language)) for name in names}
    return words if len({*words.values()}) == len(words) else {name: str(name) for name in words}


def span_of(low: float, high: float, t: Phrases, form: str = ".4f") -> str:
    """Both ends of an interval."""
    return MISSING if isnan(low) else t("span", low=format(low, form), high=format(high, form))


def gap_of(mean: float, low: float, high: float, t: Phrases) -> str:
    """A difference and its interval."""
    if isnan(mean):
        return MISSING
    return t("gap", mean=f"{mean:+.4f}", span=span_of(low, high, t, "+.4f"))


def _metric_row(lists: Mapping[str, MatchReport], metric: str, k: int, t: Phrases) -> list[str]:
    """The metric of each list, and the paired difference of the first from each other one."""
    first, *others = lists.values()
    gaps = [first.compare(other, metric, k) for other in others]
    return [
        f"{t(metric)}@{k}",
        *(number(report.score(metric, k).value) for report in lists.values()),
        *(gap_of(gap.mean, gap.low, gap.high, t) for gap in gaps),
    ]


def splits(report: MatchReport) -> list[str]:
    """Labels that the scores of a report are split by."""
    return list(dict.fromkeys(score.by for score in report.scores if score.by != ALL))


def _segments(lists: Mapping[str, MatchReport], by: str, metric: str, t: Phrases) -> dict[str, Any]:
    """Chart and table of a split: a bar and a column a list that was split so."""
    first, k = next(iter(lists.values())), max(next(iter(lists.values())).ks)
    chosen = [s for s in first.scores if (s.by, s.view, s.metric, s.k) == (by, "raw", SHOWN, k)]
    split = {name: report for name, report in lists.items() if by in splits(report)}
    spans = {(s.segment, n): _spanned(r, by, s.segment) for s in chosen for n, r in split.items()}
    names, segments = names_of(lists, t), names_of([s.segment for s in chosen], t)
    looks = {
        t("list_of_segment", segment=segments[s.segment], name=names[name]): list(lists).index(name)
        for s in chosen
        for name in split
    }
    bars = dict(zip(looks, spans.values(), strict=True))
    rows = [
        [
            segments[s.segment],
            f"{s.clients:,}",
            *(number(spans[s.segment, name][0]) for name in split),
        ]
        for s in chosen
    ]
    return {
        "name": by,
        "chart": _chart(bars, t("by_chart", metric=metric, by=by), looks),
        "heads": [said(by, t.language), t("clients"), *(names[name] for name in split)],
        "rows": rows,
    }


def _spanned(report: MatchReport, by: str, segment: str) -> tuple[float, float, float]:
    """Value and interval of the shown metric; nan where a list has no such segment."""
    for s in report.scores:
        if (s.by, s.segment, s.view, s.metric, s.k) == (by, segment, "raw", SHOWN, max(report.ks)):
            return s.value, s.low, s.high
    return float("nan"), float("nan"), float("nan")


def _chart(
    bars: Mapping[str, tuple[float, float, float]], title: str, looks: Mapping[str, int]
) -> Any:
    values = {name: value for name, (value, _, _) in bars.items()}
    spans = {name: (low, high) for name, (_, low, high) in bars.items()}
    return drawn(bar_chart, values, errors=spans, title=title, form=number, looks=looks)


def _money(money: Mapping[str, MoneyReport], t: Phrases) -> dict[str, Any] | None:
    """What the picks of each list returned, a column a list."""
    if not money:
        return None
    lists = names_of([SERVED if name == SERVED else name for name in money], t)
    measures = dict.fromkeys(measure for report in money.values() for measure in report.means)
    rows = [
        [
            texts(t.language)["match_names"][measure],
            *(
                number(r.means[measure].mean) if measure in r.means else MISSING
                for r in money.values()
            ),
        ]
        for measure in measures
    ]
    return {"heads": [t("mean_measure"), *lists.values()], "rows": rows}

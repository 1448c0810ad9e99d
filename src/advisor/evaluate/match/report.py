"""What `evaluate_match` hands back: three numbers that are never blended, with intervals, segments
and the definition of each.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field

import numpy as np
import pandas as pd

from advisor.annotations import Count, OpenShare, Seed, Title
from advisor.arrays import FloatArray, IntArray
from advisor.contracts.wording import Language
from advisor.errors import InputError
from advisor.evaluate.match.check import SuitabilityCheck
from advisor.evaluate.match.outcomes import Key
from advisor.evaluate.match.probability import ProbabilityReport
from advisor.evaluate.match.returns import MoneyReport
from advisor.measures.bootstrap import Draws, Interval, paired_difference
from advisor.privacy import personal
from advisor.validation import checked

ALL = "all"
"""Segmentation and segment of the whole."""


@dataclass(frozen=True)
class Score:
    """One metric at one k in one view of one segment.

    Attributes:
        by, segment: Segmentation and segment, "all" for everybody.
        view: "raw", "reachable" or "ceiling".
        value, low, high: Mean over clients and its percentile bootstrap interval.
        baseline: The same for the baseline ranking, nan without one (the ceiling has none).
        difference, difference_low, difference_high: value - baseline with its paired interval.
    """

    by: str
    segment: str
    view: str
    metric: str
    k: int
    clients: int
    value: float
    low: float
    high: float
    baseline: float = float("nan")
    difference: float = float("nan")
    difference_low: float = float("nan")
    difference_high: float = float("nan")


@dataclass(frozen=True, eq=False, repr=False)
class MatchReport:
    """Match accuracy of a ranking on what was really bought afterwards.

    Attributes:
        client_ids: Clients judged, length c.
        counts: Clients, purchases, reachable purchases, picks, ...: what the means stand on.
        suitability_check: The re-check of the picks. Not a part of any other number.
        scores: Every metric x k x view x segment.
        outcome_of: Which distinct outcome each client had, shape (c,).
        table: Value of each distinct outcome by (view, metric, k), shape (u,), nan = does not
            count.
        lists: Coverage, Gini, novelty, diversity, popularity: value by name, empty without a
            history.
        definitions: What each number is: divisors, ideal, who counts, how the intervals are made.
        warnings: What makes the judgement doubtful, such as a window that the recommender has seen.
    """

    client_ids: tuple[str, ...]
    ks: tuple[int, ...]
    counts: Mapping[str, int]
    suitability_check: SuitabilityCheck
    scores: tuple[Score, ...]
    outcome_of: IntArray
    table: Mapping[Key, FloatArray]
    definitions: Mapping[str, str]
    lists: Mapping[str, float] = field(default_factory=dict)
    baseline_lists: Mapping[str, float] = field(default_factory=dict)
    warnings: tuple[str, ...] = ()

    @property
    def suitability(self) -> float:
        """Share of the picks checked that satisfy every hard rule; 1 is the only good answer, nan
        where none was checked.
        """
        return self.suitability_check.share

    def score(
        self,
        metric: str = "ndcg",
        k: int | None = None,
        *,
        view: str = "raw",
        by: str = ALL,
        segment: str = ALL,
    ) -> Score:
        """One score; k defaults to the largest. Raises `InputError` when it was not computed."""
        cut_off = max(self.ks) if k is None else k
        for s in self.scores:
            if (s.metric, s.k, s.view, s.by, s.segment) == (metric, cut_off, view, by, segment):
                return s
        raise InputError(
            f"There is no {metric!r} at {cut_off} in view {view!r} of {by}={segment}; ks are"
            f" {self.ks}, metrics {sorted({s.metric for s in self.scores})}, segments"
            f" {sorted({(s.by, s.segment) for s in self.scores})[:10]}.",
            field="metric",
            value=(metric, cut_off, view, by, segment),
        )

    @checked
    def compare(
        self,
        other: MatchReport,
        metric: str = "ndcg",
        k: Count | None = None,
        *,
        view: str = "raw",
        confidence: OpenShare = 0.95,
        resamples: Draws = 1000,
        seed: Seed = 0,
    ) -> Interval:
        """Paired test against another model on the same clients: mean of this - other with its
        bootstrap interval.

        Raises:
            InputError: The reports judge other clients, or one lacks the metric.
        """
        key = (view, metric, max(self.ks) if k is None else k)
        if self.client_ids != other.client_ids:
            raise InputError(
                f"The reports judge {len(self.client_ids):,} and {len(other.client_ids):,} clients,"
                " not the same in the same order; rank the same clients with both models.",
                field="other",
                value=len(other.client_ids),
            )
        return paired_difference(
            self.per_client(*key),
            other.per_client(*key),
            confidence=confidence,
            resamples=resamples,
            seed=seed,
        )

    @checked
    def per_client(self, view: str, metric: str, k: Count) -> FloatArray:
        """Value of each client, shape (c,); nan = does not count. Raises where not computed."""
        if (view, metric, k) not in self.table:
            raise InputError(
                f"{(view, metric, k)} was not computed; views are"
                f" {sorted({v for v, _, _ in self.table})}, metrics"
                f" {sorted({m for _, m, _ in self.table})}, ks {self.ks}.",
                field="metric",
                value=(view, metric, k),
            )
        return self.table[view, metric, k][self.outcome_of]

    def to_frame(self) -> pd.DataFrame:
        """One row a score, columns as the fields of `Score`."""
        labels = [{"by": str(s.by), "segment": str(s.segment)} for s in self.scores]
        return pd.DataFrame([asdict(s) | own for s, own in zip(self.scores, labels, strict=True)])

    @checked
    def to_html(
        self,
        title: Title = None,
        *,
        probability: ProbabilityReport | None = None,
        money: MoneyReport | Mapping[str, MoneyReport] | None = None,
        beside: Mapping[str, MatchReport] | None = None,
        language: Language = "en",
    ) -> str:
        """One self-contained page with plots, tables and definitions: no script, no outside file.

        Args:
            title: Of the page.
            probability: Adds whether the stated probabilities came true.
            money: Adds what the picks returned, by name of the list ("served" is this one).
            beside: Reports of other lists of the same clients by name, side by side on the page.
            language: "en" or "zh"; names and labels that the caller gave stay as they are.

        Raises:
            InputError: A report beside judges other clients or cut-offs, or the language has no
                texts.
        """
        from advisor.reports.match import report_page

        return report_page(self, title, probability, money, beside, language)

    def _repr_html_(self) -> str:
        return self.to_html()

    def __repr__(self) -> str:
        best = self.score()
        return (
            f"MatchReport({self.counts['clients']:,} clients, suitability"
            f" {_share(self.suitability)}, nDCG@{best.k} {best.value:.4f} [{best.low:.4f},"
            f" {best.high:.4f}])"
        )

    def __str__(self) -> str:
        return "\n".join(self._lines())

    def _lines(self) -> Iterator[str]:
        n = self.counts
        yield (
            f"Match report: {n['clients']:,} clients, {n['purchases']:,} later purchases,"
            f" {n['reachable_purchases']:,} of them reachable"
            f" ({_share(_ratio(n['reachable_purchases'], n['purchases']))})"
        )
        s = self.suitability_check
        yield f"Suitability  {_share(s.share)}  ({s.suitable:,} of {s.checked:,} picks; {s.how})"
        for b in s.broken[:3]:
            rules = ", ".join(b.rules)
            yield f"  broken: {b.product_id} for {personal(b.client_id)}: {b.decision} ({rules})"
        interval = self.definitions["confidence"] + " interval"
        yield (
            f"{'':14}{'raw':>8} {interval:>17} {'baseline':>9} {'difference':>24} {'reachable':>10}"
            f" {'ceiling':>8}"
        )
        for raw in self.scores:
            if (raw.by, raw.view) != (ALL, "raw"):
                continue
            reach, top = (
                self.score(raw.metric, raw.k, view=v).value for v in ("reachable", "ceiling")
            )
            gap = (
                ""
                if np.isnan(raw.difference)
                else (
                    f"{raw.difference:+.4f} [{raw.difference_low:+.4f}, {raw.difference_high:+.4f}]"
                )
            )
            base = "" if np.isnan(raw.baseline) else f"{raw.baseline:.4f}"
            yield (
                f"{raw.metric + '@' + str(raw.k):14}{raw.value:8.4f}"
                f" {f'[{raw.low:.4f}, {raw.high:.4f}]':>17} {base:>9} {gap:>24} {reach:10.4f}"
                f" {top:8.4f}"
            )
        for name in dict.fromkeys(s.by for s in self.scores if s.by != ALL):
            shown = [
                s
                for s in self.scores
                if (s.by, s.view, s.metric, s.k) == (name, "raw", "ndcg", max(self.ks))
            ]
            yield f"ndcg@{max(self.ks)} by {name}: " + ", ".join(
                f"{s.segment} {s.value:.4f} ({s.clients:,})" for s in shown
            )
        if self.lists:
            yield "Lists         " + ", ".join(
                f"{name} {value:.4f}" for name, value in self.lists.items()
            )
        yield self.definitions["without_purchases"]
        yield from (f"Warning: {warning}" for warning in self.warnings)


def _share(value: float) -> str:
    return "not checked" if np.isnan(value) else f"{value:.2%}"


def _ratio(a: int, b: int) -> float:
    return a / b if b else float("nan")

"""Suspicious transactions: any scorer of the host's, timed on every call."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from time import perf_counter
from typing import Any, Protocol

import numpy as np

from advisor.adapters.analytics.columns import vector
from advisor.adapters.extras import needs
from advisor.annotations import Positive, Share, Vector
from advisor.errors import InputError
from advisor.privacy import hides
from advisor.validation import checked

TransactionEvent = Mapping[str, Any]
"""One transaction: name of a feature -> its value."""


@hides
@dataclass(frozen=True)
class Score:
    """How unusual a transaction is, 0 to 1 (share of usual ones that are less so), and why."""

    value: float
    reasons: tuple[str, ...] = ()


class Scorer(Protocol):
    """Anything that scores a transaction: rules, a vendor's service, a model."""

    def score(self, event: TransactionEvent) -> Score:
        """The score of one transaction."""
        ...


@dataclass(frozen=True)
class Latency:
    """Times of the calls of a scorer, in milliseconds; nan where there was none.

    Attributes:
        calls, late, failed: All, those over the budget, and those that raised.
        p50_ms, p99_ms, max_ms: Of all calls.
        budget_ms: What a call may take.
    """

    calls: int
    late: int
    failed: int
    p50_ms: float
    p99_ms: float
    max_ms: float
    budget_ms: float


@dataclass(eq=False)
class WatchedScorer:
    """A scorer whose every call is timed; made by `watch`.

    Attributes:
        scorer: Whose calls.
        budget_ms: What a call may take.
        on_late: Called with the event and its time in milliseconds, once it is known to be late.
    """

    scorer: Scorer
    budget_ms: float
    on_late: Callable[[TransactionEvent, float], None] | None = None
    clock: Callable[[], float] = perf_counter
    _times: list[float] = field(default_factory=list[float], repr=False)
    _failed: int = field(default=0, repr=False)

    def score(self, event: TransactionEvent) -> Score:
        """The scorer's score; its time counts also where it raises."""
        start, done = self.clock(), False
        try:
            score = self.scorer.score(event)
            done = True
        finally:
            spent = 1000.0 * (self.clock() - start)
            self._times.append(spent)
            self._failed += not done
            if spent > self.budget_ms and self.on_late is not None:
                self.on_late(event, spent)
        return score

    def report(self) -> Latency:
        """Times so far."""
        times = np.array(self._times, dtype=np.float64)
        late = int((times > self.budget_ms).sum())
        ends = np.quantile(times, [0.5, 0.99, 1.0]).tolist() if len(times) else [np.nan] * 3
        return Latency(len(times), late, self._failed, *ends, budget_ms=self.budget_ms)


@checked
def watch(
    scorer: Scorer,
    budget_ms: Positive = 10_000.0,
    *,
    on_late: Callable[[TransactionEvent, float], None] | None = None,
    clock: Callable[[], float] = perf_counter,
) -> WatchedScorer:
    """The scorer with every call timed and late ones reported; a plan allows 10 seconds.

    Raises:
        InputError: It has no `score`, or the budget is not positive.
    """
    if not callable(getattr(scorer, "score", None)):
        why = f"scorer is a {type(scorer).__name__} without score(event); it cannot be asked."
        raise InputError(f"{why} Give a Scorer.", field="scorer")
    return WatchedScorer(scorer, float(budget_ms), on_late, clock)


@checked
def false_positive_rate(scores: Vector, fraud: Vector, *, recall: Share = 0.8) -> float:
    """Share of honest transactions flagged when at least `recall` of the fraud is flagged.

    Args:
        scores: Higher is more suspicious, shape (n,).
        fraud: 1 for fraud, 0 for honest, shape (n,).
        recall: Share of the fraud that must be flagged.

    Raises:
        InputError: There is no fraud, or nothing honest.

    Source: a point of the ROC curve (Fawcett 2006), by scikit-learn.
    """
    s = vector(scores, "scores")
    y = vector(fraud, "fraud", low=0.0, high=1.0, whole=True, length=len(s))
    if y.min() == y.max():
        why = f"fraud is {y[0]:g} in every row; a rate needs both kinds. Label some of each."
        raise InputError(why, field="fraud")
    metrics: Any = needs("analytics", "sklearn.metrics")
    wrong, right, _ = metrics.roc_curve(y, s, drop_intermediate=False)
    return float(wrong[int(np.argmax(right >= recall - 1e-12))])

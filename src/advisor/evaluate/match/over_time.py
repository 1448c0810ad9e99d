"""Two models judged at many points in time: is one better, or was it one good window?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated

import numpy as np
import pandas as pd

from advisor.annotations import Count, OpenShare, Seed
from advisor.arrays import DayArray, FloatArray
from advisor.data.days import as_day
from advisor.errors import InputError
from advisor.evaluate.match.report import MatchReport
from advisor.evaluate.match.split import Day
from advisor.measures.bootstrap import Draws, Interval, block_interval
from advisor.readers import Named
from advisor.validation import checked


def _are_reports(value: object) -> bool:
    return isinstance(value, list | tuple) and all(isinstance(v, MatchReport) for v in value)


Reports = Annotated[
    Sequence[MatchReport],
    Named("reports", _are_reports, "a list of reports of evaluate_match, one a day"),
]


@dataclass(frozen=True, eq=False)
class TimeComparison:
    """Paired differences of two models over time points.

    Attributes:
        days: Time points, ascending, shape (t,).
        first, second: Mean over clients of each model at each point, shape (t,).
        span: Mean of first - second over the points, with its block bootstrap interval.
        window_days: Length of the window that follows each point.
        measure: What was compared, as `view:metric@k`.
    """

    days: DayArray
    first: FloatArray
    second: FloatArray
    span: Interval
    block: int
    window_days: int
    confidence: float
    measure: str

    @property
    def won(self) -> float:
        """Share of the points at which the first is better; ties count half."""
        gap = self.first - self.second
        return float((gap > 0.0).mean() + 0.5 * (gap == 0.0).mean())

    @property
    def windows(self) -> float:
        """How many windows that do not overlap the points reach over: what the evidence really
        stands on, whatever the number of points.
        """
        return 1.0 + float((self.days[-1] - self.days[0]).astype(np.int64)) / self.window_days

    def to_frame(self) -> pd.DataFrame:
        """One row a time point: first, second, difference."""
        days = pd.Index(self.days.astype("datetime64[s]"), name="day")
        return pd.DataFrame(
            {"first": self.first, "second": self.second, "difference": self.first - self.second},
            index=days,
        )

    def __str__(self) -> str:
        s = self.span
        return (
            f"{self.measure}: {s.mean:+.4f} [{s.low:+.4f}, {s.high:+.4f}] ({self.confidence:.0%},"
            f" circular block bootstrap, blocks of {self.block} of {len(self.days)} points), better"
            f" at {self.won:.0%} of the points, which reach over about {self.windows:.1f}"
            f" independent windows of {self.window_days} days"
        )


@checked
def compare_over_time(
    first: Reports,
    second: Reports,
    days: Sequence[Day],
    *,
    metric: str = "ndcg",
    k: Count | None = None,
    view: str = "raw",
    window_days: Count = 182,
    block: Count | None = None,
    confidence: OpenShare = 0.95,
    resamples: Draws = 10_000,
    seed: Seed = 0,
) -> TimeComparison:
    """Paired block bootstrap over time of two models' means over clients.

    Windows that overlap share purchases, so their differences move together, and drawing points one
    by one would claim far too much. Blocks of neighbouring points are drawn instead, round the end
    of the series, each point with the values of both models.

    Args:
        first: Reports of the first model, one a time point.
        second: Reports of the second model for the same clients at the same points.
        days: Time points, ascending, one a report.
        metric: As in `MatchReport.score`.
        k: Cut-off; None: the largest.
        view: "raw", "reachable" or "ceiling".
        window_days: Length of the window after each point.
        block: Points drawn together; None: as many as begin within one window, at most half of all.
        confidence: Covered share.
        resamples: How many.
        seed: The draws.

    Returns:
        Differences and their interval. It says nothing beyond `windows` independent windows of one
        advisor: with about two of them it is a lower bound of what is not known.

    Raises:
        InputError: Fewer than four points, lists of different length, days out of order, or reports
            of other clients.

    Source: Kuensch (1989), moving blocks; Politis & Romano (1992), the circular form.
    """
    stood = np.array([as_day(day, "days") for day in days], dtype="datetime64[D]")
    _check(first, second, stood)
    values = [
        np.array([float(np.nanmean(r.per_client(view, metric, k or max(r.ks)))) for r in reports])
        for reports in (first, second)
    ]
    together = int((stood < stood[0] + np.timedelta64(window_days, "D")).sum())
    size = min(together, len(stood) // 2) if block is None else block
    span = block_interval(
        values[0] - values[1], block=size, confidence=confidence, resamples=resamples, seed=seed
    )
    measure = f"{view}:{metric}@{k or max(first[0].ks)}"
    return TimeComparison(stood, values[0], values[1], span, size, window_days, confidence, measure)


def _check(first: Sequence[MatchReport], second: Sequence[MatchReport], days: DayArray) -> None:
    if not 4 <= len(first) == len(second) == len(days):
        raise InputError(
            f"There are {len(first)} and {len(second)} reports and {len(days)} days; give one"
            " report of each model a day, at least four.",
            field="days",
            value=len(days),
        )
    if (np.diff(days).astype(np.int64) <= 0).any():
        raise InputError(
            f"days run {days[0]}, {days[1]}, ... and do not ascend; blocks of neighbours mean"
            " nothing otherwise. Sort the reports by day.",
            field="days",
            value=str(days[0]),
        )
    for day, a, b in zip(days, first, second, strict=True):
        if a.client_ids != b.client_ids:
            raise InputError(
                f"On {day} the reports judge {len(a.client_ids):,} and {len(b.client_ids):,}"
                " clients, not the same in the same order; rank the same clients with both.",
                field="second",
                value=str(day),
            )

"""Complaints: how many are closed, and how long closing takes."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from advisor.adapters.analytics.columns import table
from advisor.adapters.analytics.durations import Survival, survival
from advisor.adapters.analytics.feedback import Proportion, proportion
from advisor.annotations import Day, OpenShare
from advisor.data.days import as_day, as_days
from advisor.errors import InputError
from advisor.validation import checked


@dataclass(frozen=True)
class ComplaintReport:
    """Complaints on a day.

    Attributes:
        closed: Share closed by the day.
        median_days: Days by which half are closed, open ones counted as not closed yet; nan where
            fewer than half ever were.
        open_share: Kaplan-Meier curve of the share still open after so many days.
        oldest_open_days: Age of the oldest open one, 0 where none is open.
    """

    closed: Proportion
    median_days: float
    open_share: Survival
    oldest_open_days: float


@checked
def complaints(
    frame: pd.DataFrame,
    *,
    as_of: Day,
    opened: str = "opened",
    closed: str = "closed",
    confidence: OpenShare = 0.95,
) -> ComplaintReport:
    """Share of complaints closed, and how long closing takes, with open ones as censored.

    Args:
        frame: One row a complaint.
        as_of: Day of the report.
        opened: Column of days.
        closed: Column of days; empty where it is open, or closed only after `as_of`.
        confidence: Covered share of the interval.

    Raises:
        InputError: No complaint, one opened after `as_of` or closed before it was opened.

    Source: Kaplan and Meier (1958).
    """
    frame = table(frame, [opened, closed], "One row a complaint, with opened and closed.")
    day = as_day(as_of, "as_of")
    start = as_days(frame[opened], opened)
    end = as_days(frame[closed], closed, allow_missing=True)
    for bad, why in ((start > day, f"after {day}, the day of the report"), (end < start, "after it was closed")):
        if bad.any():
            row = int(np.argmax(bad))
            raise InputError(
                f"{opened} is {start[row]} in row {row}, {why}. Correct or drop it.",
                field=opened,
                value=str(start[row]),
            )
    done = ~np.isnat(end) & (end <= day)
    days = (np.where(done, end, day) - start).astype(np.float64)
    curve = survival(days, done.astype(np.float64))
    oldest = float(days[~done].max()) if not done.all() else 0.0
    share = proportion(int(done.sum()), len(done), confidence=confidence)
    return ComplaintReport(share, curve.quantile(0.5), curve, oldest)

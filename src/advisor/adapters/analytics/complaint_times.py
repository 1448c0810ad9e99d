"""Complaints: how many are closed, and how long closing takes."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

import numpy as np
import pandas as pd

from advisor import Event
from advisor.adapters.analytics.columns import table
from advisor.adapters.analytics.durations import Survival, survival
from advisor.adapters.analytics.proportions import Proportion, proportion
from advisor.annotations import Day, OpenShare
from advisor.arrays import check_type
from advisor.data.days import as_day, as_days
from advisor.errors import InputError
from advisor.privacy import kept, personal
from advisor.validation import checked

OPENED, CLOSED = "advisor.complaint.opened.v1", "advisor.complaint.closed.v1"


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
    events: pd.DataFrame | Iterable[Event],
    *,
    as_of: Day | None = None,
    opened: str = "opened",
    closed: str = "closed",
    confidence: OpenShare = 0.95,
) -> ComplaintReport:
    """Share of complaints closed, and how long closing takes, with open ones as censored.

    Args:
        events: A frame with one row a complaint; or `Event`s, of which those of opened and closed
            complaints count: a complaint is open from its first opening to its last closing, and
            again where it was opened after that.
        as_of: Day of the report; None: the last day there is.
        opened: Column of days.
        closed: Column of days; empty where it is open, or closed only after `as_of`.
        confidence: Covered share of the interval.

    Raises:
        InputError: No complaint, one opened after `as_of` or closed before it was opened.

    Source: Kaplan and Meier (1958).
    """
    frame = events if isinstance(events, pd.DataFrame) else _rows(events, opened, closed)
    remedy = "One row a complaint, with opened and closed."
    frame = table(frame, [opened, closed], remedy, field="events")
    start = as_days(frame[opened], opened)
    end = as_days(frame[closed], closed, allow_missing=True)
    day = np.nanmax(np.concatenate([start, end])) if as_of is None else as_day(as_of, "as_of")
    for bad, why in (
        (start > day, f"after {day}, the day of the report"),
        (end < start, "after it was closed"),
    ):
        if bad.any():
            row = int(np.argmax(bad))
            why = f"{opened} is {personal(str(start[row]))} in row {row}, {why}."
            remedy = "Correct or drop it."
            raise InputError(f"{why} {remedy}", field=opened, value=kept(str(start[row])))
    done = ~np.isnat(end) & (end <= day)
    days = (np.where(done, end, day) - start).astype(np.float64)
    curve = survival(days, done.astype(np.float64))
    oldest = float(days[~done].max()) if not done.all() else 0.0
    share = proportion(int(done.sum()), len(done), confidence=confidence)
    return ComplaintReport(share, curve.quantile(0.5), curve, oldest)


def _rows(events: Iterable[Event], opened: str, closed: str) -> pd.DataFrame:
    """One row a complaint out of events; one that was closed without an opening is left out."""
    first: dict[tuple[str, str], datetime] = {}
    last: dict[tuple[str, str], datetime] = {}
    events = list(events)
    for event in events:
        check_type(event, Event, "events", "Give Events, as Store.events has them, or a frame.")
    for event in sorted(events, key=lambda event: event.time):
        key = (event.subject, str(event.data.get("complaint_id")))
        if event.type == OPENED:
            first.setdefault(key, event.time)
            last.pop(key, None)
        elif event.type == CLOSED and key in first:
            last[key] = event.time
    ends = [last[key].date() if key in last else None for key in first]
    return pd.DataFrame({opened: [time.date() for time in first.values()], closed: ends})

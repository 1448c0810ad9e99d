"""Years and months counted in the calendar from a day: horizons, terms, validity."""

from __future__ import annotations

import numpy as np

from advisor.arrays import DayArray, FloatArray, IntArray
from advisor.cells import LAST_DAY
from advisor.contracts.thresholds import raised

LONGEST_YEARS = 10_000.0
"""A longer horizon is as good as this one: no term is longer."""


def months_later(days: DayArray, months: int | IntArray) -> DayArray:
    """The same day of the month `months` later, or the month's last where it has no such day; at
    most 9999-12-31, the last day that a `date` can hold.

    Args:
        days: Days, shape (c,); NaT stays NaT.
        months: Whole months, one number or shape (c,).

    >>> months_later(np.array(["2028-02-29", "2026-01-31"], dtype="datetime64[D]"), 12)
    array(['2029-02-28', '2027-01-31'], dtype='datetime64[D]')
    """
    month = days.astype("datetime64[M]")
    day_of_month = (days - month.astype("datetime64[D]")).astype(np.int64)
    later = month + np.asarray(months).astype("timedelta64[M]")
    last = ((later + 1).astype("datetime64[D]") - later.astype("datetime64[D]")).astype(
        np.int64
    ) - 1
    return np.minimum(later.astype("datetime64[D]") + np.minimum(day_of_month, last), LAST_DAY)


def days_within(years: FloatArray, day: np.datetime64) -> IntArray:
    """The longest term in days that ends within a horizon of calendar years, shape (c,).

    Args:
        years: Horizons in years, shape (c,), counted in months of the calendar; of a month that is
            not whole, the share of its days. nan (unknown) allows no term at all: -1.
        day: The day of advice, from which they run.

    >>> days_within(np.array([0.5, 1.0, 2.0]), np.datetime64("2027-01-01")).tolist()
    [181, 365, 731]
    """
    months = raised(np.minimum(years, LONGEST_YEARS) * 12.0)
    whole = np.floor(np.where(np.isnan(months), 0.0, months)).astype(np.int64)
    start = np.full(whole.shape, day)
    end = months_later(start, whole)
    days = (end - day).astype(np.int64)
    part = months - whole
    if (part * 31.0 >= 1.0).any():
        rest = (months_later(start, whole + 1) - end).astype(np.int64)
        days = days + np.floor(np.where(part == part, part * rest, 0.0)).astype(np.int64)
    return np.where(np.isnan(months), -1, days)

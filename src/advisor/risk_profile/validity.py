"""How long an assessment counts."""

from __future__ import annotations

import numpy as np

from advisor.arrays import DayArray


def months_later(days: DayArray, months: int) -> DayArray:
    """The same day of the month `months` later, or the month's last where it has no such day; NaT stays NaT.

    >>> months_later(np.array(["2028-02-29", "2026-01-31"], dtype="datetime64[D]"), 12)
    array(['2029-02-28', '2027-01-31'], dtype='datetime64[D]')
    """
    month = days.astype("datetime64[M]")
    day_of_month = (days - month.astype("datetime64[D]")).astype(np.int64)
    later = month + np.timedelta64(months, "M")
    last = ((later + 1).astype("datetime64[D]") - later.astype("datetime64[D]")).astype(np.int64) - 1
    return later.astype("datetime64[D]") + np.minimum(day_of_month, last)

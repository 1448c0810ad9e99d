"""Rows from the future, which no log of what was done can hold."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np

SLACK = timedelta(days=1)
"""How far a moment may lie ahead of when it is written: clocks and time zones differ."""


def in_the_future(moments: Any, at: datetime) -> list[int]:
    """Rows whose moment or day lies more than a day after `at`.

    Args:
        moments: `datetime64` in UTC, shape (r,).
        at: When the rows are written.
    """
    last = np.datetime64((at + SLACK).astimezone(UTC).replace(tzinfo=None))
    return np.flatnonzero(moments > last).tolist()

"""Rows of a table that its reader refuses, found and set aside; the rest goes on."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

import numpy as np
import pandas as pd

from advisor.errors import AdapterError, InputError

_Read = TypeVar("_Read")
SLACK = timedelta(days=1)
"""How far a moment may lie ahead of when it is written: clocks and time zones differ."""


def readable(frame: pd.DataFrame, read: Callable[[pd.DataFrame], _Read]) -> tuple[_Read, list[AdapterError]]:
    """What the reader makes of the rows that it takes, and the others, each named by its number.

    The frame is halved where it is refused, so that n rows with b bad ones cost about b log2(n) reads.

    Args:
        frame: One row an entry.
        read: A reader that refuses a whole frame for one bad row.

    Raises:
        InputError: No row could be read, since a column is missing.
    """
    read(frame.iloc[:0])
    good: list[int] = []
    problems: list[AdapterError] = []
    waiting = [(0, len(frame))]
    while waiting:
        start, end = waiting.pop()
        try:
            read(frame.iloc[start:end])
        except InputError as error:
            if end - start == 1:
                problems.append(AdapterError(str(error), record_id=str(start)))
            else:
                middle = (start + end) // 2
                waiting += [(middle, end), (start, middle)]
        else:
            good += range(start, end)
    return read(frame.iloc[sorted(good)]), problems


def in_the_future(moments: Any, at: datetime) -> list[int]:
    """Rows whose moment or day lies more than a day after `at`.

    Args:
        moments: `datetime64` in UTC, shape (r,).
        at: When the rows are written.
    """
    last = np.datetime64((at + SLACK).astimezone(UTC).replace(tzinfo=None))
    return np.flatnonzero(moments > last).tolist()

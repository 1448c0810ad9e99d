"""Columns of incoming tables, each cell read as the library reads it everywhere."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any, Literal

import numpy as np
import pandas as pd

from advisor.arrays import BoolArray, DayArray
from advisor.cell_words import iso_of
from advisor.cells import is_missing
from advisor.data.columns import column_of

Cell = Literal["id", "word", "number", "day", "time", "instant"]
WANTED: dict[str, str] = {
    "id": "an id is one word in UTF-8",
    "word": "it must be one word in UTF-8",
    "number": "it must be a finite number",
    "day": "it must be a day, such as 2026-02-01",
    "time": "it must be a day or a time from 1678 to 2262, in the time zone of the other rows",
    "instant": "it must be a moment with its time zone, such as 2026-02-01T09:30:00Z",
}
"""What a cell of a kind must be."""
_FIRST, _LAST = np.datetime64("1678-01-01", "D"), np.datetime64("2262-01-01", "D")
_A_DAY = 10
"""Characters of a day without a time."""


def read_column(column: pd.Series, kind: Cell) -> tuple[pd.Series, BoolArray]:
    """The column as values, empty where there is none, and which cells are no such value, (n,)."""
    if kind == "instant":
        return _instants(column)
    cells = column_of(column)
    missing = cells.missing()
    if kind in ("id", "word"):
        wrong = cells.no_words()
        words = cells.words()
        names = np.array([*words.names, None], dtype=object)
        return pd.Series(names[words.codes], dtype=object), wrong
    if kind == "number":
        numbers = cells.numbers()
        numbers[~np.isfinite(numbers)] = np.nan
        return pd.Series(numbers), np.isnan(numbers) & ~missing
    days: DayArray = cells.days().astype("datetime64[D]")
    wrong = np.isnat(days) & ~missing
    wrong |= ~missing & ~wrong & _elsewhere(column, plain_is_a_zone=kind == "time")
    if kind == "time":
        wrong |= ~missing & ((days < _FIRST) | (days >= _LAST))
    return pd.Series(np.where(wrong, np.datetime64("NaT"), days).astype("datetime64[s]")), wrong


def _elsewhere(column: pd.Series, *, plain_is_a_zone: bool) -> BoolArray:
    """Which times are of another time zone than most; a day without a time may be of any."""
    if not isinstance(column.dtype, np.dtype) or column.dtype.kind == "O":
        zones = [_zone_of(cell) for cell in column.astype(object).tolist()]
        passed_over = {""} if plain_is_a_zone else {"", "day"}
        counts = Counter(zone for zone in zones if zone not in passed_over)
        plain = {"day", "None"} if plain_is_a_zone else set[str]()
        if len(counts) > 1 and not set(counts) <= plain:
            usual = counts.most_common(1)[0][0]
            alike = passed_over | (plain if usual in plain else {usual})
            return np.array([zone not in alike for zone in zones], dtype=np.bool_)
    return np.zeros(len(column), dtype=np.bool_)


def _zone_of(cell: Any) -> str:
    """The time zone of a cell: "day" where it has no time, empty where it is none."""
    if isinstance(cell, str):
        word = iso_of(cell.strip())
        if len(word) <= _A_DAY:
            return "day" if word else ""
        try:
            return str(datetime.fromisoformat(word).utcoffset())
        except ValueError:
            return ""
    if isinstance(cell, datetime):
        return str(cell.tzinfo) if cell == cell else ""
    return "" if is_missing(cell) else "day"


def _instants(column: pd.Series) -> tuple[pd.Series, BoolArray]:
    """Moments in UTC."""
    if isinstance(column.dtype, pd.DatetimeTZDtype):
        utc = column.dt.tz_convert("UTC").reset_index(drop=True)
        return utc, np.zeros(len(column), dtype=np.bool_)
    moments: list[datetime | None] = []
    wrong = np.zeros(len(column), dtype=np.bool_)
    for row, cell in enumerate(column.astype(object).tolist()):
        missing = is_missing(cell)
        moment = _parsed(cell) if isinstance(cell, str) else cell
        if not missing and isinstance(moment, datetime) and moment.utcoffset() is not None:
            moments.append(moment.astimezone(UTC))
            continue
        wrong[row] = not missing
        moments.append(None)
    return pd.Series(moments, dtype="datetime64[us, UTC]"), wrong


@lru_cache(maxsize=100_000)
def _parsed(text: str) -> datetime | None:
    try:
        return datetime.fromisoformat(text.strip().replace("z", "Z"))
    except ValueError:
        return None

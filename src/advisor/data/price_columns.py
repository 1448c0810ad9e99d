"""Tables of quotes that are no table of prices, and the line that makes one of them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from advisor.arrays import FloatArray
from advisor.data.tables import labels_of
from advisor.errors import InputError
from advisor.privacy import short

CLOSES = ("Adj Close", "Close", "close", "adjclose", "CLOSE")
"""How providers name the price that counts, the one after dividends first."""
_BARS = (frozenset({"open", "high", "low", "close"}), frozenset({"close", "volume"}))
"""Columns that only the table of one asset has together."""


def check_columns(frame: pd.DataFrame, field: str) -> None:
    """Raise `InputError` where columns are of several levels, without a name, or the open, high,
    low and close of one asset; the message has the line that mends it.

    Args:
        frame: One row a day.
        field: Its name in the message.
    """
    columns = frame.columns
    heads = columns.tolist()[:3]
    if isinstance(columns, pd.MultiIndex) or columns.isna().any():
        line = (
            _line(columns, field) if isinstance(columns, pd.MultiIndex) else "Rename the columns."
        )
        raise InputError(
            f"{field} has columns {heads}, of several levels or without a name; an asset is one id."
            f" {line}",
            field=f"{field} columns",
            value=heads,
        )
    names = labels_of(columns)
    if any(bars <= {name.lower() for name in names} for bars in _BARS):
        close = next(
            name for name in [*CLOSES, *names] if name in names and "close" in name.lower()
        )
        raise InputError(
            f"{field} has columns {names[:4]}, which are the bars of one asset and no assets. Take"
            f" one column: {field}[[{close!r}]].".replace("'", '"'),
            field=f"{field} columns",
            value=names[:4],
        )


def check_no_prices(returns: FloatArray, names: Sequence[str]) -> None:
    """Raise `InputError` where every return of an asset, of two or more, is above 100 % a row.

    Args:
        returns: Shape (rows, assets), nan where there is none.
        names: Of the assets.
    """
    high = ((returns > 1.0) | np.isnan(returns)).all(axis=0)
    prices = np.flatnonzero(high & ((~np.isnan(returns)).sum(axis=0) > 1))
    if len(prices):
        name = names[int(prices[0])]
        raise InputError(
            f"Every return of {name!r} is above 1, which is 100 % in each row; these are hardly"
            " returns. Pass prices to Market.from_prices.",
            field="returns",
            value=name,
        )


def _line(columns: pd.MultiIndex, field: str) -> str:
    for level in range(columns.nlevels):
        there = set(labels_of(columns.get_level_values(level)))
        close = next((name for name in CLOSES if name in there), None)
        if close is None:
            continue
        if level == 0 and columns.nlevels == 2:
            return f'Take one price of each asset: {field}["{close}"].'
        return f'Take one price of each asset: {field}.xs("{close}", axis=1, level={level}).'
    return (
        f"Take one label of the first level, {field}[{short(columns[0][0])}], or rename the"
        " columns."
    )

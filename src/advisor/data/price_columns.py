"""Tables of quotes that are no table of prices, and the line that makes one of them."""

from __future__ import annotations

import logging
from collections.abc import Sequence

import numpy as np
import pandas as pd

from advisor.arrays import BoolArray, DayArray, FloatArray
from advisor.cells import is_missing
from advisor.data.days import days_or_missing
from advisor.data.hints import names_hint
from advisor.data.tables import labels_of
from advisor.errors import InputError
from advisor.privacy import short

CLOSES = ("Adj Close", "Close", "close", "adjclose", "CLOSE")
"""How providers name the price that counts, the one after dividends first."""
_DAY_NAMES = ("date", "day", "time", "timestamp", "datum", "dates", "日期", "交易日期", "index")
_PRICE_NAMES = ("price", "value", "close", "px_last", "kurs", "收盘价")
_LOG = logging.getLogger(__name__)
_FEW = 20
"""Rows of which a size says little."""
_LONG = 60
"""Rows in which the price of what is traded moves."""
_BARS = (
    frozenset({"open", "high", "low", "close"}),
    frozenset({"close", "volume"}),
    frozenset({"adj close", "volume"}),
)
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
    if isinstance(columns, pd.MultiIndex) or any(map(is_missing, columns)):
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


def check_no_prices(
    returns: FloatArray, names: Sequence[str], periods_per_year: float = 252.0
) -> None:
    """Raise `InputError` where every return of an asset, of two or more, is above 50 % a row: they
    are prices, or 1 + return. Say in the log which would double within a year, as percentages do.

    Args:
        returns: Shape (rows, assets), nan where there is none.
        names: Of the assets.
        periods_per_year: Rows a year.
    """
    known = ~np.isnan(returns)
    rows = known.sum(axis=0)
    for limit, what, remedy in (
        (1.0, "1, which is 100 %", "Pass prices to Market.from_prices."),
        (0.5, "0.5, which is 50 %", "Where they are 1 + return: returns - 1."),
    ):
        odd = np.flatnonzero(((returns > limit) | ~known).all(axis=0) & (rows > 1))
        if len(odd):
            raise InputError(
                f"Every return of {names[odd[0]]!r} is above {what} in each row; these are hardly"
                f" returns. {remedy}",
                field="returns",
                value=names[odd[0]],
            )
    squares = np.where(known, returns, 0.0) ** 2
    size = np.sqrt(squares.sum(axis=0) / np.maximum(rows, 1) * periods_per_year)
    for column in np.flatnonzero((size > 2.0) & (rows >= _FEW)).tolist():
        _LOG.warning(
            f"Returns of {names[column]!r} have a size of {100 * size[column]:.0f} % a year. If"
            " they are percentages, pass returns / 100."
        )


def index_hint(frame: pd.DataFrame, field: str) -> str:
    """What to do about a table of prices whose index is no day.

    Args:
        frame: One row a day.
        field: Its name in the message.
    """
    names = labels_of(frame.columns)
    if len(names) == 1 and any(mark in names[0] for mark in ";\t|"):
        return names_hint(names, "prices")
    plain = {name: name.strip(" <>").lower() for name in names}
    heads = {name: frame.iloc[:_FEW, place] for place, name in enumerate(names)}
    figures = [name for name in names if heads[name].dtype.kind in "iuf"]
    days = [name for name in names if name not in figures and _are_days(heads[name])]
    days = [name for name in names if plain[name] in _DAY_NAMES] + days
    if not days:
        return ""
    found, named = days[0], (n for n in names if n in CLOSES or plain[n] in _PRICE_NAMES)
    price = next(named, figures[0] if len(figures) == 1 else None)
    words = [name for name in names if name not in (*figures, *days, price)]
    if price is not None and len(words) == 1:
        keys = f"index={found!r}, columns={words[0]!r}, values={price!r}"
        return f" Here: {field} = {field}.pivot({keys}).".replace("'", '"')
    return f" Here: {field} = {field}.set_index({found!r}).".replace("'", '"')


def _are_days(cells: pd.Series) -> bool:
    return bool(len(cells)) and not np.isnat(days_or_missing(cells)).any()


def log_odd_returns(returns: FloatArray, names: Sequence[str], dates: DayArray) -> None:
    """Say in the log which prices fall by over 40 %, or more than double, from one row to the
    next (a split, or another unit), which stand still for long, and that all do on weekends.

    Args:
        returns: Shape (rows, assets), nan where there is none.
        names: Of the assets.
        dates: Of the rows, shape (rows,).
    """
    odd = (returns < -0.4) | (returns > 1.0)
    for column in np.flatnonzero(odd.any(axis=0)).tolist():
        row = int(np.argmax(odd[:, column]))
        _LOG.warning(
            f"The price of {names[column]!r} is {1.0 + returns[row, column]:.3g} times the one"
            f" before on {dates[row]} ({int(odd[:, column].sum())} such moves). If that is a split"
            " or another unit, take prices adjusted for it."
        )
    _log_idle(returns == 0.0, names, dates)


def _log_idle(idle: BoolArray, names: Sequence[str], dates: DayArray) -> None:
    weekend = (dates.astype(np.int64) + 3) % 7 > 4  # 1970-01-01 was a Thursday
    count = int((weekend & idle.all(axis=1)).sum())
    if count > _FEW and 2 * count > int(weekend.sum()):
        _LOG.warning(
            f"No price moves on {count:,} Saturdays and Sundays, which are no trading days then."
            " Drop them: prices = prices[prices.index.dayofweek < 5]."
        )
    for column in np.flatnonzero((idle.sum(axis=0) >= _LONG) & ~idle.all(axis=0)).tolist():
        moves = np.flatnonzero(np.concatenate(([True], ~idle[:, column], [True])))
        run = int(np.argmax(np.diff(moves)))
        length = int(moves[run + 1] - moves[run]) - 1
        if length >= _LONG:
            _LOG.warning(
                f"The price of {names[column]!r} does not move for {length:,} rows from"
                f" {dates[moves[run]]}, which makes its volatility too low. If it was not traded,"
                " empty these cells (at an end of its history), or leave it out."
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

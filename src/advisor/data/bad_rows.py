"""Rows of a table that cannot be read: all of them found, then refused or set aside."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Mapping
from typing import Literal, TypeVar, get_args

import numpy as np
import pandas as pd

from advisor.errors import InputError
from advisor.privacy import short

OnBadRows = Literal["refuse", "set_aside"]
"""What to do with rows that cannot be read: raise, or read the others and say so in `problems`."""
BadRow = tuple[int, InputError]
"""A row of the table, from 0, and what is wrong with it."""
_LOG = logging.getLogger(__name__)
_SHOWN = 10
"""Rows that a message names."""
_Read = TypeVar("_Read")


def check_choice(on_bad_rows: object) -> None:
    """Raise `InputError` unless it is one of `OnBadRows`."""
    if not isinstance(on_bad_rows, str) or on_bad_rows not in get_args(OnBadRows):
        told = (
            f'on_bad_rows is {short(on_bad_rows)}; it is "refuse" (raise) or "set_aside" (read the'
            " others). Choose one."
        )
        raise InputError(told, field="on_bad_rows", value=on_bad_rows)


def first_of_each(found: Iterable[BadRow]) -> dict[int, InputError]:
    """The first thing wrong with each row, by row."""
    first: dict[int, InputError] = {}
    for row, error in found:
        first.setdefault(row, error)
    return {row: first[row] for row in sorted(first)}


def refusal(bad: Mapping[int, InputError], count: int, what: str) -> InputError:
    """The error that names the number of bad rows and the first ten of them.

    Args:
        bad: By row; at least one.
        count: Rows of the table.
        what: Which table.
    """
    first = next(iter(bad.values()))
    told = "\n".join(f"- {error}" for error in list(bad.values())[:_SHOWN])
    more = f"\n- and {len(bad) - _SHOWN:,} more" if len(bad) > _SHOWN else ""
    return InputError(
        f"{len(bad):,} of {count:,} rows of {what} cannot be read:\n{told}{more}\nCorrect them, or"
        ' pass on_bad_rows="set_aside" to read the others (problems then says why not these).',
        field=first.field,
        value=first.value,
    )


def log_set_aside(bad: int, count: int, what: str) -> None:
    """Say in the log how many rows are not read."""
    _LOG.warning(
        "%s of %s rows of %s are set aside; problems says why.", f"{bad:,}", f"{count:,}", what
    )


def read_rows(
    frame: pd.DataFrame,
    read: Callable[[pd.DataFrame], _Read],
    bad_rows: Callable[[pd.DataFrame], Iterable[BadRow]],
    what: str,
    on_bad_rows: OnBadRows,
) -> tuple[_Read, dict[int, str]]:
    """What a reader makes of the rows that it takes, and what is wrong with the others, by row.

    Rows are looked at one by one only where the reader refuses the table.

    Args:
        frame: One row an entry.
        read: Refuses the whole table for one bad row.
        bad_rows: Every bad row of the table, in any order.
        what: Which table.
        on_bad_rows: "refuse" or "set_aside".

    Raises:
        InputError: Rows are bad and to be refused, or the table itself is.
    """
    try:
        return read(frame), {}
    except InputError:
        bad = first_of_each(bad_rows(frame))
        if not bad:
            raise
    if on_bad_rows == "refuse":
        raise refusal(bad, len(frame), what)
    log_set_aside(len(bad), len(frame), what)
    good = np.ones(len(frame), dtype=np.bool_)
    good[list(bad)] = False
    return read(frame.loc[good]), {row: str(error) for row, error in bad.items()}

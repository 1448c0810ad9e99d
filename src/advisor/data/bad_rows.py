"""Rows of a table that cannot be read: all of them found, then refused or set aside."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, Literal

import numpy as np
import pandas as pd

from advisor.arrays import BoolArray
from advisor.data.columns import Column
from advisor.errors import InputError
from advisor.privacy import MASK, kept, personal, short

OnBadRows = Literal["refuse", "set_aside"]
"""What to do with rows that cannot be read: raise, or read the others and say so in `problems`."""
BadRow = tuple[int, InputError]
"""A row of the table, from 0, and what is wrong with it."""
_LOG = logging.getLogger(__name__)
_SHOWN = 10
"""Rows that a message names."""


def refusal(bad: Mapping[int, InputError], count: int, what: str) -> InputError:
    """The error that names the number of bad rows and the first ten of them.

    Args:
        bad: By row; at least one.
        count: Rows of the table.
        what: Which table.
    """
    first = next(iter(bad.values()))
    texts = [str(error).partition(". ") for error in list(bad.values())[:_SHOWN]]
    ends = {end for _, _, end in texts}
    once = f"{ends.pop()}\n" if len(texts) > 1 == len(ends) and ends != {""} else ""
    lines = [f"- {start}." if once else f"- {start}{dot}{end}" for start, dot, end in texts]
    errors = "\n".join(lines)
    shown = (
        " Shown as *** are cells of clients; privacy.show() shows them." if MASK in errors else ""
    )
    more = f"\n- and {len(bad) - _SHOWN:,} more" if len(bad) > _SHOWN else ""
    return InputError(
        f"{len(bad):,} of {count:,} rows of {what} cannot be read:\n{errors}{more}\n{once}Correct"
        ' them, or pass on_bad_rows="set_aside" to read the others (problems then says why not'
        f" these).{shown}",
        field=first.field,
        value=first.value,
    )


def bad_cells(
    bad: BoolArray,
    cells: Column | pd.Series,
    field: str,
    why: str,
    *,
    hint: Callable[[Any], str] = lambda _: "",
    show: Callable[[Any], str] = personal,
    public: bool = False,
) -> Iterator[BadRow]:
    """What is wrong with the rows of `bad`: the field is the cell in the row, then `why` and what
    mends it.

    Args:
        bad: Shape (c,).
        cells: Of the column; of a Series, as they stand there.
        field: Its name.
        why: Goes on after the row.
        hint: What mends a cell.
        show: How a client's cell is shown.
        public: Whether the cells are of a market, and no client's.
    """
    for row in np.flatnonzero(bad).tolist():
        cell = cells.cell(row) if isinstance(cells, Column) else cells.iloc[row]
        cell = cell.item() if isinstance(cell, np.generic) else cell
        yield (
            row,
            InputError(
                f"{field} is {short(cell) if public else show(cell)} in row {row}{why}{hint(cell)}",
                field=field,
                value=cell if public else kept(cell),
            ),
        )


def missing_cells(column: Column, why: str, field: str) -> Iterator[BadRow]:
    """What is wrong with the rows without a cell; `why` holds the row as {row}."""
    for row in np.flatnonzero(column.missing()).tolist():
        yield row, InputError(why.format(row=row), field=field, value=None)


def refuse_first(bad: Iterable[BadRow]) -> None:
    """Raise what is wrong with the first of some rows, if there is one."""
    for _, error in bad:
        raise error


def log_set_aside(bad: int, count: int, what: str) -> None:
    """Say in the log how many rows are not read."""
    _LOG.warning(
        "%s of %s rows of %s are set aside; problems says why.", f"{bad:,}", f"{count:,}", what
    )

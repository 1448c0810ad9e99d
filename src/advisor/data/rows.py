"""A table read column by column: what is wrong with any row is noted, then refused or set aside."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import partial

import numpy as np
import pandas as pd

from advisor.arrays import BoolArray, DayArray, FloatArray
from advisor.data.bad_rows import BadRow, OnBadRows, bad_cells, log_set_aside, refusal
from advisor.data.categories import Categories
from advisor.data.columns import column_of
from advisor.data.days import bad_days
from advisor.data.doubts import log_ids, log_points
from advisor.data.hints import number_hint
from advisor.data.tables import bad_flags, bad_ids, shown_amount, truths_of
from advisor.errors import InputError


class Rows:
    """The rows of a table, and the first thing wrong with each."""

    def __init__(self, frame: pd.DataFrame, decimal: str = ".") -> None:
        self.frame, self.decimal = frame, decimal
        self.bad: dict[int, InputError] = {}

    def note(self, bad: Iterable[BadRow]) -> None:
        """Note what is wrong with rows."""
        for row, error in bad:
            self.bad.setdefault(row, error)

    def ids(self, name: str, remedy: str) -> Categories:
        """The ids of a column; each row needs one."""
        column = column_of(self.frame[name])
        dropped = f" To leave out rows without one: frame = frame.dropna(subset=[{name!r}])."
        self.note(bad_ids(column, name, remedy + dropped.replace("'", '"')))
        words = column.words()
        log_ids(words.names, name)
        return words

    def days(self, name: str, *, moments: bool = False) -> DayArray:
        """The days of a column; with `moments`, those that nanoseconds reach."""
        column = column_of(self.frame[name])
        days = column.days()
        self.note(bad_days(self.frame[name], column, days, name, moments=moments))
        return days

    def numbers(
        self, name: str, fine: Callable[[FloatArray], BoolArray], remedy: str
    ) -> FloatArray:
        """The numbers of a column, finite and `fine`."""
        cells = column_of(self.frame[name])
        log_points(cells, name, self.decimal, money=False)
        values = cells.numbers(self.decimal)
        bad = ~(np.isfinite(values) & fine(values))
        mends = partial(number_hint, column=name, decimal=self.decimal)
        column, why = self.frame[name], f"; {remedy}"
        self.note(bad_cells(bad, column, name, why, hint=mends, show=shown_amount))
        return values

    def flags(self, name: str, remedy: str) -> BoolArray:
        """The yes and no of a column; an empty cell is a no."""
        column = column_of(self.frame[name])
        true, odd = truths_of(column, missing=False)
        self.note(bad_flags(odd, column, name, remedy))
        return true

    def good(self, what: str, on_bad_rows: OnBadRows) -> tuple[BoolArray, dict[int, str]]:
        """Which rows are read, shape (c,), and what is wrong with the others.

        Raises:
            InputError: Rows are bad and to be refused.
        """
        good = np.ones(len(self.frame), dtype=np.bool_)
        bad = {row: self.bad[row] for row in sorted(self.bad)}
        if bad and on_bad_rows == "refuse":
            raise refusal(bad, len(good), what)
        if bad:
            log_set_aside(len(bad), len(good), what)
            good[list(bad)] = False
        return good, {row: str(error) for row, error in bad.items()}

"""A column of cells, in the form that its type allows; whatever the form, each cell means what
`cells` says it means.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

from advisor.arrays import BoolArray, DayArray, FloatArray, IntArray
from advisor.cell_words import rating_of
from advisor.cells import (
    LISTS,
    LONGEST,
    NO_DAY,
    WHOLE,
    date_of,
    decoded,
    is_missing,
    is_off_midnight,
    is_word,
    json_of,
    number_of,
    text_of,
)
from advisor.data.categories import Labels

_EPOCH = date(1970, 1, 1).toordinal()
_NO_ORDINAL = int(np.iinfo(np.int64).min)
"""What NaT is inside."""


class Cells(ABC):
    """A column of c cells."""

    @abstractmethod
    def missing(self) -> BoolArray:
        """Where there is nothing, shape (c,)."""

    @abstractmethod
    def words(self) -> Labels:
        """Their texts, length c; none where a cell is missing or `nested`."""

    @abstractmethod
    def cell(self, row: int) -> Any:
        """One cell as a Python value, None where it is missing."""

    def numbers(self) -> FloatArray:
        """Their numbers, shape (c,), a fresh array; nan where a cell is missing or no number."""
        return np.full(len(self), np.nan)

    def days(self) -> DayArray:
        """Their days, shape (c,); NaT where a cell is missing or no day."""
        return np.full(len(self), NO_DAY)

    def nested(self) -> BoolArray:
        """Which are lists or records, and so no words, shape (c,)."""
        return np.zeros(len(self), dtype=np.bool_)

    def off_midnight(self) -> int:
        """How many are times with a time zone, and not midnight there."""
        return 0

    def no_words(self) -> BoolArray:
        """Which are there and no words: `nested`, too long, or not UTF-8, shape (c,)."""
        return np.zeros(len(self), dtype=np.bool_)

    def __len__(self) -> int:
        return len(self.missing())


def _days_of(cells: Sequence[Any]) -> DayArray:
    """Days of cells one by one, shape (c,); ordinals become an array faster than dates do."""
    days = [_NO_ORDINAL if day is None else day.toordinal() - _EPOCH for day in map(date_of, cells)]
    return np.array(days, dtype=np.int64).view("datetime64[D]")


@dataclass(frozen=True, eq=False)
class Objects(Cells):
    """Cells of any kind, one by one.

    Attributes:
        cells: Python values, None where a cell is missing; `Objects.of` sees to that.
    """

    cells: Sequence[Any]

    @classmethod
    def of(cls, cells: Sequence[Any]) -> Objects:
        """With one way to be missing, and bytes as the text that they are, where they are text."""
        told = [decoded(cell) if isinstance(cell, bytes) else cell for cell in cells]
        return cls([None if is_missing(cell) else cell for cell in told])

    def missing(self) -> BoolArray:
        """See `Cells`, as for the others."""
        return np.array([cell is None for cell in self.cells], dtype=np.bool_)

    @cached_property
    def _nested(self) -> list[bool]:
        return [
            isinstance(
                json_of(text_of(cell)) if isinstance(cell, str | bytes) else cell, LISTS | Mapping
            )
            for cell in self.cells
        ]

    def numbers(self) -> FloatArray:
        """One by one."""
        return np.array(
            [np.nan if cell is None else number_of(cell) for cell in self.cells], dtype=np.float64
        )

    def words(self) -> Labels:
        """One by one."""
        both = zip(self.cells, self._nested, strict=True)
        return Labels.of_words(
            [None if cell is None or nested else text_of(cell) for cell, nested in both]
        )

    def days(self) -> DayArray:
        """One by one."""
        return _days_of(self.cells)

    def nested(self) -> BoolArray:
        """One by one."""
        return np.array(self._nested, dtype=np.bool_)

    def no_words(self) -> BoolArray:
        """One by one."""
        odd = [cell is not None and not is_word(cell) for cell in self.cells]
        return self.nested() | np.array(odd, dtype=np.bool_)

    def off_midnight(self) -> int:
        """One by one."""
        return sum(map(is_off_midnight, self.cells))

    def cell(self, row: int) -> Any:
        """As it came."""
        return self.cells[row]


@dataclass(frozen=True, eq=False)
class Words(Cells):
    """Cells of text. Each distinct text is read once.

    Attributes:
        labels: Texts, -1 where there is none.
    """

    labels: Labels

    @classmethod
    def of(cls, codes: IntArray, names: Sequence[str]) -> Words:
        """With blank text as missing."""
        blank = np.array([not name or name.isspace() for name in names] + [True], dtype=np.bool_)
        return cls(
            Labels(tuple(names), np.where(blank[codes], -1, codes) if blank[:-1].any() else codes)
        )

    def missing(self) -> BoolArray:
        """Where there is no text."""
        return self.labels.codes < 0

    def numbers(self) -> FloatArray:
        """Those that are written."""
        return np.array([*map(number_of, self.labels.names), np.nan], dtype=np.float64)[
            self.labels.codes
        ]

    def words(self) -> Labels:
        """The texts."""
        nested = self.nested()
        return (
            Labels(self.labels.names, np.where(nested, -1, self.labels.codes))
            if nested.any()
            else self.labels
        )

    def days(self) -> DayArray:
        """Those that are written."""
        return _days_of([*self.labels.names, None])[self.labels.codes]

    def nested(self) -> BoolArray:
        """Lists and records that are written, in JSON."""
        written = "".join(self.labels.names)
        if "[" not in written and "{" not in written:
            return np.zeros(len(self), dtype=np.bool_)
        return np.array(
            [*(isinstance(json_of(name), LISTS | Mapping) for name in self.labels.names), False],
            dtype=np.bool_,
        )[self.labels.codes]

    def no_words(self) -> BoolArray:
        """Those that are nested or too long."""
        longest = max(map(len, self.labels.names), default=0)
        if longest <= LONGEST:
            return self.nested()
        long = [len(name) > LONGEST for name in self.labels.names]
        return self.nested() | np.array([*long, False], dtype=np.bool_)[self.labels.codes]

    def off_midnight(self) -> int:
        """Of the texts that are written so, how many cells are."""
        off = np.array([*map(is_off_midnight, self.labels.names), False], dtype=np.bool_)
        return int(np.count_nonzero(off[self.labels.codes]))

    def cell(self, row: int) -> Any:
        """The text."""
        return self.labels.word(row)


@dataclass(frozen=True, eq=False)
class Numbers(Cells):
    """Cells of one numeric type.

    Attributes:
        values: Whole numbers or floats, shape (c,).
        gaps: Where there is none (its value then says nothing), shape (c,).
    """

    values: npt.NDArray[Any]
    gaps: BoolArray

    def missing(self) -> BoolArray:
        """The gaps."""
        return self.gaps

    def numbers(self) -> FloatArray:
        """The values."""
        values: FloatArray = self.values.astype(np.float64) + 0.0
        values[self.gaps] = np.nan
        return values

    def words(self) -> Labels:
        """Each distinct number is written once."""
        gaps = bool(self.gaps.any())
        names, codes = np.unique(
            self.values[~self.gaps] if gaps else self.values, return_inverse=True
        )
        if gaps:
            places, codes = codes, np.full(len(self), -1, dtype=np.int64)
            codes[~self.gaps] = places
        if names.dtype.kind == "f":
            names = names.astype(np.float64)
            whole = bool(((names == np.floor(names)) & (np.abs(names) < WHOLE)).all())
            names = names.astype(np.int64) if whole else names
        texts = map(text_of if names.dtype.kind == "f" else str, names.tolist())
        return Labels(tuple(texts), codes)

    def cell(self, row: int) -> Any:
        """A whole number or a float."""
        return None if self.gaps[row] else self.values[row].item()


@dataclass(frozen=True, eq=False)
class Days(Cells):
    """Cells of dates or times.

    Attributes:
        values: Days (of times with a time zone, those there), NaT where there is none, shape (c,).
    """

    values: DayArray
    shifted: int = 0
    """See `off_midnight`."""

    @classmethod
    def of_moments(cls, moments: npt.NDArray[np.datetime64], *, zoned: bool) -> Days:
        """Days of moments as the clock showed them; `zoned`: they had a time zone."""
        days = moments.astype("datetime64[D]")
        return cls(days, int(np.count_nonzero((moments != days) & ~np.isnat(days))) if zoned else 0)

    def off_midnight(self) -> int:
        """Counted where the column was read."""
        return self.shifted

    def missing(self) -> BoolArray:
        """Where there is no day."""
        return np.isnat(self.values)

    def words(self) -> Labels:
        """The days as they are written."""
        return Labels.of_words([None if np.isnat(day) else str(day) for day in self.values])

    def days(self) -> DayArray:
        """The days."""
        return self.values

    def cell(self, row: int) -> Any:
        """A day as it is written."""
        return None if np.isnat(self.values[row]) else str(self.values[row])


def truths(values: BoolArray, missing: BoolArray) -> Words:
    """A column of True and False."""
    return Words(Labels(("False", "True"), np.where(missing, -1, values.astype(np.int64))))


def ratings(cells: Cells, letter: str) -> FloatArray:
    """Their numbers, of C3 (where `letter` is C) the 3, shape (c,); nan where a cell is missing or
    no rating.
    """
    values, words = cells.numbers(), cells.words()
    rated = np.array(
        [*(number_of(rating_of(name, letter)) for name in words.names), np.nan], dtype=np.float64
    )
    return np.where(np.isnan(values), rated[words.codes], values)

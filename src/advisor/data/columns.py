"""A column of cells, whatever its type: each cell means what `advisor.cells` says it means."""

# pyright: reportUnknownParameterType=false, reportAttributeAccessIssue=false

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from typing_extensions import override

from advisor.arrays import BoolArray, DayArray, FloatArray, IntArray
from advisor.cell_words import pointed, rating_of
from advisor.cells import (
    LISTS,
    LONGEST,
    NO_DAY,
    date_of,
    decoded,
    is_missing,
    is_off_midnight,
    is_text,
    is_word,
    json_of,
    number_of,
    text_of,
)
from advisor.data.categories import Categories

_EPOCH = date(1970, 1, 1).toordinal()
_NO_ORDINAL = int(np.iinfo(np.int64).min)
"""What NaT is inside."""


def _present(cell: Any) -> Any:
    """A cell, bytes as the text that they are; None where it says nothing."""
    plain = decoded(cell) if isinstance(cell, bytes) else cell
    return None if is_missing(plain) else plain


def _with_comma(cell: Any) -> float:
    return number_of(pointed(cell) if isinstance(cell, str) else cell)


NUMBER = {".": number_of, ",": _with_comma}
"""How a number is read, by its decimal mark."""


class Column(ABC):
    """c cells."""

    @abstractmethod
    def coded(self) -> tuple[Sequence[Any], IntArray]:
        """Python values, each text once, and the position of each row's cell among them, -1 where
        there is nothing; shape (c,).
        """

    def _each(self, read: Callable[[Any], Any], empty: Any, dtype: Any) -> npt.NDArray[Any]:
        cells, codes = self.coded()
        return np.array([*map(read, cells), empty], dtype=dtype)[codes]

    @cached_property
    def _plain(self) -> bool:
        """Whether every cell is text, and one word as it stands: looked at together, for speed."""
        texts = [cell for cell in self.coded()[0] if cell is not None]
        try:
            together = "".join(texts)
        except TypeError:
            return False
        nested = "[" in together or "{" in together
        return not nested and is_text(together) and max(map(len, texts), default=0) <= LONGEST

    def missing(self) -> BoolArray:
        """Where there is nothing, shape (c,)."""
        return self.coded()[1] < 0

    def numbers(self, decimal: str = ".") -> FloatArray:
        """Their numbers, shape (c,), a fresh array; nan where a cell is missing or no number.

        Args:
            decimal: The decimal mark of numbers that are text, "." or ",".
        """
        return self._each(NUMBER[decimal], np.nan, np.float64)

    def days(self) -> DayArray:
        """Their days, shape (c,); NaT where a cell is missing or no day."""
        return self._each(_ordinal, _NO_ORDINAL, np.int64).view("datetime64[D]")

    def words(self) -> Categories:
        """Their texts, length c; none where a cell is missing, a list or a record."""
        cells, codes = self.coded()
        if self._plain and None not in cells and len(set(cells)) == len(cells):
            return Categories(tuple(cells), codes)
        texts = [None if cell is None or _is_nested(cell) else text_of(cell) for cell in cells]
        return Categories((), codes).mapped(texts)

    def no_words(self) -> BoolArray:
        """Which are there and no words: lists, records, too long, or not UTF-8, shape (c,)."""
        if self._plain:
            return np.zeros(len(self), dtype=np.bool_)
        return self._each(lambda cell: not is_word(cell), False, np.bool_)

    def off_midnight(self) -> int:
        """How many are times with a time zone, and not midnight there."""
        return int(np.count_nonzero(self._each(is_off_midnight, False, np.bool_)))

    def cell(self, row: int) -> Any:
        """One cell as a Python value, None where it is missing."""
        cells, codes = self.coded()
        return None if codes[row] < 0 else cells[codes[row]]

    def __len__(self) -> int:
        return len(self.coded()[1])


@dataclass(frozen=True, eq=False)
class Cells(Column):
    """Cells of any kind.

    Attributes:
        cells, codes: See `coded`.
    """

    cells: Sequence[Any]
    codes: IntArray

    @classmethod
    def of(cls, cells: Sequence[Any], codes: IntArray | None = None) -> Cells:
        """From one cell a row, or distinct cells and their codes; blank text is nothing."""
        plain = [
            cell if type(cell) is str and cell and not cell.isspace() else _present(cell)
            for cell in cells
        ]
        codes = np.arange(len(plain)) if codes is None else codes
        empty = np.array([*(cell is None for cell in plain), True], dtype=np.bool_)
        return cls(plain, np.where(empty[codes], -1, codes) if empty[:-1].any() else codes)

    @override
    def coded(self) -> tuple[Sequence[Any], IntArray]:
        return self.cells, self.codes


@dataclass(frozen=True, eq=False)
class Typed(Column):
    """Cells of one type of numpy.

    Attributes:
        values: Whole numbers, floats, True and False, or days (NaT where there is none); (c,).
        gaps: Where there is none (its value then says nothing), shape (c,).
        shifted: See `off_midnight`.
    """

    values: npt.NDArray[Any]
    gaps: BoolArray
    shifted: int = 0

    @classmethod
    def of(cls, values: npt.NDArray[Any], gaps: BoolArray) -> Typed:
        """Nan is a gap too."""
        return cls(values, gaps | np.isnan(values) if values.dtype.kind == "f" else gaps)

    @classmethod
    def of_moments(cls, moments: npt.NDArray[np.datetime64], *, zoned: bool) -> Typed:
        """Days of moments as the clock showed them; `zoned`: they had a time zone."""
        days, gaps = moments.astype("datetime64[D]"), np.isnat(moments)
        return cls(days, gaps, int(np.count_nonzero((moments != days) & ~gaps)) if zoned else 0)

    @cached_property
    def _coded(self) -> tuple[Sequence[Any], IntArray]:
        values, places = np.unique(self.values[~self.gaps], return_inverse=True)
        codes = np.full(len(self.values), -1, dtype=np.int64)
        codes[~self.gaps] = places
        return (values if values.dtype.kind in "iuf" else values.astype(str)).tolist(), codes

    @override
    def coded(self) -> tuple[Sequence[Any], IntArray]:
        return self._coded

    @override
    def missing(self) -> BoolArray:
        return self.gaps

    @override
    def numbers(self, decimal: str = ".") -> FloatArray:
        if self.values.dtype.kind not in "iuf":
            return np.full(len(self), np.nan)
        return np.where(self.gaps, np.nan, self.values.astype(np.float64) + 0.0)

    @override
    def days(self) -> DayArray:
        return self.values if self.values.dtype.kind == "M" else np.full(len(self), NO_DAY)

    @override
    def no_words(self) -> BoolArray:
        return np.zeros(len(self), dtype=np.bool_)

    @override
    def off_midnight(self) -> int:
        return self.shifted

    @override
    def cell(self, row: int) -> Any:
        value = self.values[row]
        return None if self.gaps[row] else value.item() if value.dtype.kind in "iuf" else str(value)

    def __len__(self) -> int:
        return len(self.values)


def ratings(column: Column, letter: str, decimal: str = ".") -> FloatArray:
    """Their numbers, of C3 (where `letter` is C) the 3, shape (c,); nan where a cell is missing or
    no rating.
    """
    words = column.words()
    rated = [*(number_of(rating_of(name, letter)) for name in words.names), np.nan]
    values = column.numbers(decimal)
    return np.where(np.isnan(values), np.array(rated, dtype=np.float64)[words.codes], values)


def column_of(series: pd.Series) -> Column:
    """The cells of a column of a frame."""
    dtype = series.dtype
    if isinstance(dtype, np.dtype) and dtype.kind in "biuf":
        return Typed.of(series.to_numpy(), series.isna().to_numpy())
    if isinstance(dtype, np.dtype | pd.DatetimeTZDtype) and dtype.kind == "M":
        zoned = series.dt.tz is not None
        local = series.dt.tz_localize(None) if zoned else series
        return Typed.of_moments(local.to_numpy(), zoned=zoned)
    if pd.api.types.is_numeric_dtype(dtype) and dtype.kind in "iuf":
        missing = series.isna().to_numpy(dtype=np.bool_)
        kind = f"{dtype.kind}{dtype.itemsize}"  # pyright: ignore[reportAttributeAccessIssue]
        return Typed.of(series.to_numpy(dtype=kind, na_value=0), missing)
    if isinstance(dtype, pd.CategoricalDtype):
        return Cells.of(list(dtype.categories), np.array(series.cat.codes, dtype=np.int64))
    kinds = pd.api.types
    if kinds.is_string_dtype(dtype) and kinds.infer_dtype(series) in ("string", "empty"):
        coded: tuple[Any, Any] = pd.factorize(series)
        return Cells.of(coded[1].tolist(), coded[0].astype(np.int64))
    return Cells.of(series.astype(object).tolist())


def _ordinal(cell: Any) -> int:
    """The day of a cell as `datetime64[D]` counts it; an array of these is made faster."""
    day = date_of(cell)
    return _NO_ORDINAL if day is None else day.toordinal() - _EPOCH


def _is_nested(cell: Any) -> bool:
    plain = json_of(text_of(cell)) if isinstance(cell, str | bytes) else cell
    return isinstance(plain, LISTS | Mapping)

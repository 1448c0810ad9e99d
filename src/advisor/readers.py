"""Readers of one argument each: they give the value as a function gets it, or say what is wrong.

The numbers take Python's and numpy's (never True or False, never text); the arrays take anything
that numpy reads as numbers, and hand it on as float64.
"""

from __future__ import annotations

from collections.abc import Callable
from math import inf, isfinite
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
from pydantic import GetCoreSchemaHandler
from pydantic_core import CoreSchema, PydanticCustomError, core_schema

from advisor.arrays import NUMBER, FloatArray, IntArray, numbers
from advisor.errors import InputError
from advisor.privacy import argument

_WIDE = 2.0**62
Fault = Literal["kind", "value", "shape"]


def fault(kind: Fault, why: str, remedy: str) -> PydanticCustomError:
    """A complaint: of the kind of thing, of its value, or of its shape."""
    return PydanticCustomError(kind, "{why}", {"why": why, "remedy": remedy})  # pyright: ignore[reportArgumentType]


class Reader:
    """Metadata of an `Annotated` alias: reads one argument, or refuses it."""

    def read(self, value: Any) -> Any:
        """The value as the function gets it; raises what `fault` makes."""
        raise NotImplementedError

    def __get_pydantic_core_schema__(
        self, source: Any, handler: GetCoreSchemaHandler
    ) -> CoreSchema:
        return core_schema.no_info_plain_validator_function(self.read)


class Named(Reader):
    """What a test says yes to."""

    def __init__(
        self, name: str, test: Callable[[Any], bool], what: str, remedy: str = "Give one."
    ) -> None:
        self.name, self.test, self.what, self.remedy = name, test, what, remedy

    def read(self, value: Any) -> Any:
        """The value, where the test says yes."""
        if self.test(value):
            return value
        raise fault("kind", f"it must be {self.what}", self.remedy)


class AsGiven(Reader):
    """Hands the value on: the labels of a table are read together with its numbers."""

    def read(self, value: Any) -> Any:
        """The value."""
        return value


class Instance(Reader):
    """A value of a class: made by the caller, never here."""

    def __init__(self, kind: type) -> None:
        self.kind = kind

    def __get_pydantic_core_schema__(
        self, source: Any, handler: GetCoreSchemaHandler
    ) -> CoreSchema:
        return core_schema.is_instance_schema(self.kind)


class Number(Reader):
    """One number within a range."""

    def __init__(
        self,
        remedy: str,
        *,
        low: float = -inf,
        above: float = -inf,
        high: float = inf,
        below: float = inf,
        infinite: bool = False,
        whole: bool = False,
    ) -> None:
        self.remedy, self.low, self.above, self.high, self.below = remedy, low, above, high, below
        self.infinite, self.whole = infinite, whole

    def read(self, value: Any) -> float:
        """The value as a float, or as an int where it must be whole."""
        if isinstance(value, bool | np.timedelta64) or not isinstance(value, NUMBER):
            raise fault("kind", f"it must be {self.span()}", self.remedy)
        try:
            number = float(value)
        except OverflowError:
            number = inf
        if (self.whole and not number.is_integer()) or not (
            isfinite(number) or (self.infinite and number == number)
        ):
            raise fault("value", f"it must be {self.span(number)}", self.remedy)
        if (
            self.low <= number <= self.high
            and (number > self.above or self.above == -inf)
            and (number < self.below or self.below == inf)
        ):
            return int(value) if self.whole else number
        raise fault("value", f"it must be {self.span(number)}", self.remedy)

    def span(self, value: float = 0.0) -> str:
        """The range in words; how many bits a whole number may have only where `value` has more."""
        kind = (
            "a whole number" if self.whole else "a number" if self.infinite else "a finite number"
        )
        parts = [
            f"above {self.above:g}" if self.above > -inf else "",
            f"of at least {self.low:g}" if self.low > -_WIDE else "",
            f"of at most {self.high:g}" if self.high < _WIDE else "",
            f"below {self.below:g}" if self.below < _WIDE or value > _WIDE else "",
        ]
        return " ".join([kind, " and ".join(p for p in parts if p)]).strip()


class Array(Reader):
    """Numbers of a kind and a number of dimensions."""

    def __init__(
        self,
        remedy: str,
        *,
        dimensions: tuple[int, ...] = (),
        kind: Literal["float", "int", "bool"] = "float",
        finite: bool = False,
        low: float = -inf,
        high: float = inf,
        filled: bool = False,
    ) -> None:
        self.remedy, self.dimensions, self.kind = remedy, dimensions, kind
        self.finite, self.low, self.high, self.filled = finite, low, high, filled

    def read(self, value: Any) -> npt.NDArray[Any]:
        """The value as an array; itself where it is one of float64."""
        array = self._array(value)
        if self.dimensions and array.ndim not in self.dimensions:
            dimensions = " or ".join(str(n) for n in self.dimensions)
            raise fault(
                "shape",
                f"it has shape {array.shape}, and needs {dimensions} dimensions",
                self.remedy,
            )
        if self.filled and (array.ndim == 0 or array.shape[-1] == 0):
            raise fault(
                "shape",
                f"it has shape {array.shape}, and needs at least one entry on its last axis",
                self.remedy,
            )
        if (
            self.kind == "float"
            and (self.finite or self.low > -inf or self.high < inf)
            and array.size
        ):
            self._check_values(array)
        return array

    def _array(self, value: Any) -> npt.NDArray[Any]:
        if type(value) is np.ndarray and value.dtype == np.float64 and self.kind == "float":
            return value
        if value is None:
            raise fault("kind", "it is missing", self.remedy)
        try:
            array = numbers(value, "it") if self.kind == "float" else np.asarray(value)
        except (InputError, TypeError, ValueError, OverflowError, RecursionError):
            raise fault("kind", "it must be numeric", self.remedy) from None
        if self.kind == "float":
            return array
        if self.kind == "bool":
            if array.dtype == np.bool_ or array.size == 0:
                return array.astype(np.bool_, copy=False)
            if array.dtype.kind in "iuf" and bool(((array == 0) | (array == 1)).all()):
                return array.astype(np.bool_)
            raise fault("kind", "it must hold True and False", self.remedy)
        if array.dtype.kind in "iu" and (
            array.dtype != np.uint64 or not array.size or int(array.max()) < 2**63
        ):
            return array.astype(np.int64, copy=False)
        if array.dtype.kind == "f" and bool(
            (np.isfinite(array) & (array == np.floor(array)) & (np.abs(array) < 2.0**53)).all()
        ):
            return array.astype(np.int64)
        raise fault("kind", "it must hold whole numbers", self.remedy)

    def _check_values(self, array: FloatArray) -> None:
        if self.finite and not np.isfinite(array).all():
            count = int((~np.isfinite(array)).sum())
            raise fault(
                "value",
                f"it holds {count} values that are not finite, which would spread into every"
                " result",
                "Cut or fill them first.",
            )
        if bool((array < self.low).any()) or bool((array > self.high).any()):
            bad = array[(array < self.low) | (array > self.high)].flat[0]
            raise fault(
                "value",
                f"it holds {bad:g}, and must lie within {self.low:g} to {self.high:g}",
                self.remedy,
            )


_ROWS = Array("Give row numbers, or a slice.", kind="int", dimensions=(1,))


def row_numbers(rows: object, count: int) -> IntArray:
    """Positions from 0 to `count` - 1 out of row numbers (from the end where negative) or a slice.

    Raises:
        InputError: These are no row numbers, or one lies outside.
    """
    if isinstance(rows, slice):
        return np.arange(count)[rows]
    try:
        index = _ROWS.read(rows)
    except PydanticCustomError as error:
        raise InputError(
            f"rows is {argument('rows', rows)} ({type(rows).__name__}); {error.message()}."
            f" {_ROWS.remedy}",
            field="rows",
            value=rows,
        ) from None
    if index.size and not -count <= index.min() <= index.max() < count:
        raise InputError(
            f"rows run from {index.min()} to {index.max()}, but there are {count}. Correct them.",
            field="rows",
            value=int(index.max()),
        )
    return index

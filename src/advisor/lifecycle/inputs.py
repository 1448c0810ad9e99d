"""What the packages of a client's life are given, read once: numbers of one shape, lists of one
kind.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import inf
from typing import Annotated, Any, TypeVar

import numpy as np
import pandas as pd

from advisor.arrays import DayArray, FloatArray, check_type, numbers, shown_number
from advisor.cells import COARSE
from advisor.data.days import as_days
from advisor.errors import InputError
from advisor.paired import check_paired
from advisor.readers import Number
from advisor.validation import checked

LONGEST = 1000.0
"""Years that a plan may run: beyond it, numbers overflow before anybody lives to see them."""
MOST = float(np.finfo(np.float64).max)
MOST_DRAWS = 10_000_000
"""Paths of a simulation; more fit in no memory."""
_Kind = TypeVar("_Kind")

AnnualReturn = Annotated[float, Number("It is annual, 0.06 for 6 %.", above=-1.0)]
AnnualVolatility = Annotated[float, Number("It is annual, 0.16 for 16 %.", low=0.0)]
PlanYears = Annotated[int, Number("Give whole years.", whole=True, low=1.0, high=LONGEST)]
Draws = Annotated[
    int, Number("A chance needs at least 100 paths.", whole=True, low=100.0, high=MOST_DRAWS)
]
PathSeed = Annotated[
    int,
    Number("The same one gives the same paths.", whole=True, low=-(2.0**63), high=2.0**63 - 1025),
]


@checked
@dataclass(frozen=True)
class FundReturns:
    """What a risky and a safe fund are expected to bring a year, as fractions.

    Attributes:
        risky: Mean of the simple return of the risky assets.
        volatility: Of the risky assets.
        safe: Return of the rest, certain.
    """

    risky: AnnualReturn = 0.06
    volatility: AnnualVolatility = 0.16
    safe: AnnualReturn = 0.02

    def mean(self, share: Any) -> Any:
        """Expected return of risky shares, a number or an array."""
        return self.safe + share * (self.risky - self.safe)


def array(value: object, field: str) -> FloatArray:
    """`value` as float64 in its own shape; an array that is float64 already is not copied. Raises
    `InputError` for what is no number, and for None.
    """
    if type(value) is np.ndarray and value.dtype == np.float64:
        return value
    if value is None:
        raise InputError(
            f"{field} is None, but numbers are needed; pass them.", field=field, value=None
        )
    return numbers(value, field)


def together(**values: object) -> tuple[FloatArray, ...]:
    """Values by name as float64 arrays of their common shape, read-only views. Raises `InputError`
    where one is no number, they have no common shape, or labels of pandas contradict each other.
    """
    check_paired(values)
    arrays = [array(value, name) for name, value in values.items()]
    try:
        return np.broadcast_arrays(*arrays)
    except ValueError as error:
        shapes = {name: each.shape for name, each in zip(values, arrays, strict=True)}
        field = next(iter(values))
        raise InputError(
            f"{', '.join(f'{name} has shape {shape}' for name, shape in shapes.items())}; they must"
            " be numbers, or have as many entries as each other.",
            field=field,
            value=shapes,
        ) from error


def spread(value: object, field: str, shape: tuple[int, ...]) -> FloatArray:
    """`value` over `shape`, a read-only view. Raises `InputError` where it is no number or does not
    fit.
    """
    values = array(value, field)
    try:
        return np.broadcast_to(values, shape)
    except ValueError as error:
        raise InputError(
            f"{field} has shape {values.shape}, but {shape} is needed; give a number, or one for"
            " each.",
            field=field,
            value=values.shape,
        ) from error


def within(
    values: FloatArray,
    field: str,
    remedy: str,
    *,
    low: float = -MOST,
    above: float = -inf,
    high: float = MOST,
    below: float = inf,
) -> FloatArray:
    """`values`, all of which lie in the range, finite unless it says otherwise. Raises `InputError`
    with the first that does not (nan never does) and the remedy.
    """
    inside = (values >= low) & (values <= high)
    inside &= (values > above) | (above == -inf)
    inside &= (values < below) | (below == inf)
    if np.all(inside):
        return values
    odd = float(values[~inside].flat[0])
    raise InputError(
        f"{field} is {shown_number(field, odd)}. {remedy} Correct it.", field=field, value=odd
    )


def days(values: Any, field: str, *, allow_missing: bool = False) -> DayArray:
    """Days as `datetime64[D]`, shape (n,); of times, the day; of times with a time zone, the day
    there.

    Args:
        values: A numpy array of any unit from days to attoseconds, or a list, Series or Index of
            days in any form that `as_days` reads.
        field: Its name, for the message.
        allow_missing: True where NaT means "unknown".

    Raises:
        InputError: Not one day an entry, missing where that is not allowed, or a unit (months,
            years) that names no day.
    """
    kinds = (list, tuple, np.ndarray, pd.Series, pd.Index, pd.api.extensions.ExtensionArray)
    check_type(values, kinds, field, "Give one day an entry.")
    if isinstance(values, np.ndarray) and values.ndim == 1 and values.dtype.kind == "M":
        unit = np.datetime_data(values.dtype)[0]
        if unit in COARSE and not np.isnat(values).all():
            raise InputError(
                f"{field} holds {values.dtype.name}, which names no day; give days, such as "
                'np.array(["2026-02-01"], dtype="datetime64[D]").',
                field=field,
                value=values.dtype.name,
            )
        out: DayArray = values.astype("datetime64[D]")
    else:
        if isinstance(values, np.ndarray) and (values.ndim != 1 or values.dtype.kind == "V"):
            check_type(values, (), field, "Give one day an entry, in one dimension.")
        column = pd.Series(values)
        if isinstance(column.dtype, pd.SparseDtype):
            column = pd.Series(column.to_numpy())
        out = as_days(column, field, allow_missing=True)
    missing = np.isnat(out)
    if missing.any() and not allow_missing:
        row = int(np.argmax(missing))
        raise InputError(
            f"{field} has no day in row {row}; every row needs one. Fill or drop it.",
            field=field,
            value=None,
        )
    return out


def listed(values: object, kind: type[_Kind], field: str, remedy: str) -> tuple[_Kind, ...]:
    """The values as a tuple. Raises `InputError` unless they are a list of `kind`."""
    alone = isinstance(values, str | bytes | kind) or getattr(values, "ndim", 1) == 0
    if alone or not isinstance(values, Iterable):
        check_type(values, (), field, remedy)
    out: tuple[Any, ...] = tuple(values)  # type: ignore[arg-type]
    for i, value in enumerate(out):
        check_type(value, kind, field, remedy, key=i)
    return out


def names_of(values: object, field: str, remedy: str) -> tuple[str, ...]:
    """The names as a tuple, sets sorted. Raises `InputError` for one name alone, whose letters
    would be read as names, and for what is no text.
    """
    out = listed(values, str, field, remedy)
    return out if isinstance(values, Sequence) else tuple(sorted(out))

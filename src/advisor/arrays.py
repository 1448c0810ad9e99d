"""Array type names, and the checks that arrays pass once, at a public function.

Inside the advisor arrays are C-ordered, read-only and finite unless a docstring says that nan means
"unknown".
"""

from __future__ import annotations

from math import inf
from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt

from advisor.errors import InputError
from advisor.frame_lines import line_for
from advisor.privacy import about_clients, argument, kept_of, written

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]
BoolArray = npt.NDArray[np.bool_]
DayArray = npt.NDArray[np.datetime64]
"""Days as `datetime64[D]`; `NaT` means unknown."""
StrArray = npt.NDArray[np.str_]

NUMBER = (int, float, np.integer, np.floating)
"""What counts as one number at a public function."""
_NO_NUMBERS = "bcmMUS"
"""Kinds of arrays that numpy would turn into numbers without a word: yes / no, complex, spans of
time, days, text."""

_Scalar = TypeVar("_Scalar", bound=np.generic)


def frozen(array: npt.NDArray[_Scalar]) -> npt.NDArray[_Scalar]:
    """A read-only, C-ordered copy; an array that already is read-only, C-ordered and owns its
    memory is returned as it is.
    """
    if array.flags.owndata and array.flags.c_contiguous and not array.flags.writeable:
        return array
    copy = np.array(array, order="C", copy=True)
    copy.flags.writeable = False
    return copy


def check_type(
    value: object, kinds: type | tuple[type, ...], field: str, remedy: str, *, key: object = None
) -> None:
    """Raise `InputError` unless `value` (the entry `key` of `field`, where given) is one of
    `kinds`.

    True, False and spans of time are no numbers, and an array without dimensions is no list.
    """
    odd = isinstance(value, bool | np.timedelta64) or (
        isinstance(value, np.ndarray) and value.ndim == 0
    )
    if isinstance(value, kinds) and not odd:
        return
    name = field if key is None else f"{field}[{key!r}]"
    line = line_for(name, value) if getattr(kinds, "__name__", "") == "DataFrame" else ""
    raise InputError(
        f"{name} is {argument(field, value)} ({type(value).__name__}), which cannot be used here."
        f" {remedy}{line}",
        field=field,
        value=kept_of(field, value),
    )


def shown_number(field: str, number: float) -> str:
    """A number as a message shows it: `***` where the argument holds data of clients."""
    return written(f"{number:g}") if about_clients(field) else f"{number:g}"


def check_number(
    value: object,
    field: str,
    remedy: str,
    *,
    low: float = -inf,
    above: float | None = None,
    high: float = inf,
    infinite: bool = False,
    key: object = None,
) -> float:
    """`value` (the entry `key` of `field`, where given) as a float. Raises `InputError` unless it
    is one number from `low` (or above `above`) to `high`, and finite unless `infinite` says that it
    need not be.

    >>> check_number(np.float32(0.5), "share", "Give a fraction.", low=0.0, high=1.0)
    0.5
    """
    check_type(value, NUMBER, field, remedy, key=key)
    try:
        number = float(value)  # type: ignore[arg-type]
    except OverflowError:
        number = inf
    if (
        low <= number <= high
        and (above is None or number > above)
        and (infinite or abs(number) < inf)
    ):
        return number
    name = field if key is None else f"{field}[{key!r}]"
    start = (
        f"above {above:g}" if above is not None else "" if low == -inf else f"of at least {low:g}"
    )
    kind = "a number" if infinite or high < inf else "a finite number"
    span = f"{kind} {start}".strip() + ("" if high == inf else f" and at most {high:g}")
    raise InputError(
        f"{name} is {shown_number(field, number)}; it must be {span}. {remedy}",
        field=field,
        value=value,
    )


def check_whole(
    value: object,
    field: str,
    remedy: str,
    *,
    low: float = -inf,
    high: float = 2.0**53,
    key: object = None,
) -> int:
    """`value` (the entry `key` of `field`, where given) as an int. Raises `InputError` unless it is
    one whole number from `low` to `high`.

    >>> check_whole(np.float64(252.0), "rows", "Give a number of rows.", low=1)
    252
    """
    number = check_number(value, field, remedy, low=low, high=high, key=key)
    if number.is_integer():
        return int(value)  # type: ignore[call-overload]
    name = field if key is None else f"{field}[{key!r}]"
    raise InputError(
        f"{name} is {shown_number(field, number)}; it must be a whole number. {remedy}",
        field=field,
        value=value,
    )


def numbers(value: object, field: str) -> FloatArray:
    """A float64 copy of `value` in its own shape, nan and infinities allowed; text and complex
    numbers are no numbers.

    Raises:
        InputError: Not numeric, or rows of different lengths.
    """
    try:
        if isinstance(value, np.ma.MaskedArray):  # what is masked is unknown, not what lies beneath
            value = np.ma.filled(value.astype(np.float64), np.nan)
        array = np.asarray(value)
        if array.dtype.kind not in _NO_NUMBERS:
            return np.array(array, dtype=np.float64, order="C")
        problem = "it holds text" if array.dtype.kind in "US" else f"it holds {array.dtype.name}"
    except (TypeError, ValueError, OverflowError) as error:
        problem = f"a {type(value).__name__}: {written(str(error))}"
    raise InputError(
        f"{field} is not numeric ({problem}); pass numbers.",
        field=field,
        value=kept_of(field, value),
    )


def float_array(
    value: object, field: str, *, shape: tuple[int | None, ...], allow_nan: bool = False
) -> FloatArray:
    """A read-only float64 copy of `value`, checked.

    Args:
        value: Anything numpy can read as numbers.
        field: Its name, for the message.
        shape: Expected shape; None where any length will do.
        allow_nan: True where nan means "unknown". Infinities are never allowed.

    Raises:
        InputError: Not numeric, another shape, or not finite.
    """
    array = numbers(value, field)
    if array.ndim != len(shape) or any(
        want is not None and have != want for have, want in zip(array.shape, shape, strict=True)
    ):
        shape_text = (
            "("
            + ", ".join("any" if n is None else str(n) for n in shape)
            + ("," if len(shape) == 1 else "")
            + ")"
        )
        if value is None:
            raise InputError(
                f"{field} is None, but an array of shape {shape_text} is needed; pass it.",
                field=field,
                value=None,
            )
        raise InputError(
            f"{field} has shape {array.shape}, but {shape_text} is needed; check rows and columns.",
            field=field,
            value=array.shape,
        )
    bad = np.isinf(array) if allow_nan else ~np.isfinite(array)
    if bad.any():
        where = tuple(int(i) for i in np.argwhere(bad)[0])
        raise InputError(
            f"{field}{list(where)} is {array[where]};"
            f" {'an infinity' if allow_nan else 'a value that is not finite'} would spread into"
            " every result. Mend or drop it.",
            field=field,
            value=float(array[where]),
        )
    array.flags.writeable = False
    return array


DAYS_A_YEAR = 365.25
_USUAL = (365.25, 252.0, 52.0, 26.0, 24.0, 12.0, 4.0, 2.0, 1.0)
"""Rows a year of days, sessions, weeks, ... years."""
_TOLERANCE, _DENSER, _SLACK_DAYS, _HANDFUL = 1.6, 1.3, 10.0, 5
"""By what factor there may be fewer rows a year than the number (sessions are missing), and more (a
calendar's 365 days are no 252 sessions: volatilities would be too low by a sixth), and days that a
long holiday or a short history may add."""


def check_frequency(days: DayArray, periods_per_year: float, field: str) -> None:
    """Raise `InputError` where the days contradict the number of periods a year.

    Args:
        days: Of the rows, increasing, shape (T,).
        periods_per_year: What means and variances are multiplied by; 1 leaves them a row's own,
            which days closer than a year do not contradict.
        field: What the rows are, for the message.

    The days fit where either their average distance or their median one does: a gap of years in
    daily rows, or rows only on some days, are no contradiction. A handful of rows that are too
    close together is none either.
    """
    gaps = np.diff(days.astype("datetime64[D]")).astype(np.float64)
    if not len(gaps) or not (periods_per_year > 0.0):
        return
    span, middle = float(gaps.sum()), float(np.median(gaps))
    step = DAYS_A_YEAR / periods_per_year
    due = step * len(gaps)
    sparse = span > _TOLERANCE * due + _SLACK_DAYS and middle > _TOLERANCE * step
    dense = len(gaps) >= _HANDFUL and periods_per_year != 1.0
    dense = dense and span < due / _DENSER - _SLACK_DAYS and middle < step / _DENSER
    if not (sparse or dense):
        return
    frequency = DAYS_A_YEAR * len(gaps) / max(span, 1.0)
    if frequency > 140.0 and middle <= 3.0:
        usual = 252.0 if frequency < 310.0 else 365.0
    else:
        usual = min(_USUAL, key=lambda rate: abs(np.log(rate / frequency)))
    suggestion = usual if abs(np.log(usual / frequency)) < 0.25 else round(frequency, 1)
    raise InputError(
        f"{field} has {len(days)} rows from {days[0]} to {days[-1]}, about {frequency:.3g} a year,"
        f" but periods_per_year is {periods_per_year:g}: volatilities would be wrong by a factor of"
        f" {np.sqrt(max(periods_per_year / frequency, frequency / periods_per_year)):.2g}. "
        f"Pass periods_per_year={suggestion:g}.",
        field="periods_per_year",
        value=float(periods_per_year),
    )


def check_shape(array: npt.NDArray[Any], field: str, shape: tuple[int, ...]) -> None:
    """Raise `InputError` unless an array has a shape."""
    if array.shape != shape:
        raise InputError(
            f"{field} has shape {array.shape}, but {shape} is needed; check rows and columns.",
            field=field,
            value=array.shape,
        )

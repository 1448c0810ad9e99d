"""Array type names, and the checks that arrays pass once, at a door.

Inside the house arrays are C-ordered, read-only and finite unless a docstring says that nan means "unknown".
"""

from __future__ import annotations

from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt

from advisor.errors import InputError

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]
BoolArray = npt.NDArray[np.bool_]
DayArray = npt.NDArray[np.datetime64]
"""Days as `datetime64[D]`; `NaT` means unknown."""
StrArray = npt.NDArray[np.str_]

NUMBER = (int, float, np.integer, np.floating)
"""What counts as one number at a door."""

_Scalar = TypeVar("_Scalar", bound=np.generic)


def frozen(array: npt.NDArray[_Scalar]) -> npt.NDArray[_Scalar]:
    """A read-only, C-ordered copy; an array that already is read-only, C-ordered and owns its memory is returned as it is."""
    if array.flags.owndata and array.flags.c_contiguous and not array.flags.writeable:
        return array
    copy = np.array(array, order="C", copy=True)
    copy.flags.writeable = False
    return copy


def check_type(value: object, kinds: type | tuple[type, ...], field: str, remedy: str) -> None:
    """Raise `InputError` unless `value` is one of `kinds`; True and False are no numbers."""
    if isinstance(value, kinds) and not isinstance(value, bool):
        return
    shown = repr(value)
    raise InputError(f"{field} is {shown[:60]} ({type(value).__name__}), which cannot be used here. {remedy}", field=field, value=value)


def check_number(
    value: object, field: str, rule: str, *, lowest: float = -np.inf, highest: float = np.inf, infinite: bool = False
) -> float:
    """`value` as a float.

    Args:
        value: One number, not in an array.
        field: Its name, for the message.
        rule: What it must be, in words ("0 or more"), for the message.
        lowest: Smallest allowed.
        highest: Largest allowed.
        infinite: Whether infinities are allowed.

    Raises:
        InputError: Not one number, nan, or out of range.
    """
    check_type(value, NUMBER, field, f"It must be {rule}: pass one number.")
    number = float(value)  # type: ignore[arg-type]
    if not lowest <= number <= highest or (not infinite and np.isinf(number)):
        raise InputError(f"{field} is {number:g}, but it must be {rule}; correct it.", field=field, value=value)
    return number


def numbers(value: object, field: str) -> FloatArray:
    """A float64 copy of `value` in its own shape, nan and infinities allowed; text and complex numbers are no numbers.

    Raises:
        InputError: Not numeric, or rows of different lengths.
    """
    try:
        given = np.asarray(value)
        if given.dtype.kind in "biufO":
            return np.array(given, dtype=np.float64, order="C")
        told = "it holds text" if given.dtype.kind in "US" else f"it holds {given.dtype.name}"
    except (TypeError, ValueError) as error:
        told = str(error)
    raise InputError(f"{field} is not numeric ({told}); pass numbers.", field=field, value=value)


def float_array(value: object, field: str, *, shape: tuple[int | None, ...], allow_nan: bool = False) -> FloatArray:
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
    if array.ndim != len(shape) or any(want is not None and have != want for have, want in zip(array.shape, shape, strict=True)):
        wanted = "(" + ", ".join("any" if n is None else str(n) for n in shape) + ")"
        raise InputError(
            f"{field} has shape {array.shape}, but {wanted} is needed; check rows and columns.", field=field, value=array.shape
        )
    bad = np.isinf(array) if allow_nan else ~np.isfinite(array)
    if bad.any():
        where = tuple(int(i) for i in np.argwhere(bad)[0])
        raise InputError(
            f"{field}{list(where)} is {array[where]}; {'an infinity' if allow_nan else 'a value that is not finite'} would spread into every result. "
            "Mend or drop it.",
            field=field,
            value=float(array[where]),
        )
    array.flags.writeable = False
    return array


def unique_ids(ids: object, field: str) -> tuple[str, ...]:
    """`ids` as a tuple of distinct, non-empty strings.

    Raises:
        InputError: An id is empty, not a string, or there twice.
    """
    if isinstance(ids, str):
        raise InputError(f"{field} is the single string {ids!r}; pass a sequence of ids.", field=field, value=ids)
    names: list[str] = []
    for item in ids:  # type: ignore[attr-defined]
        text: Any = item.item() if isinstance(item, np.generic) else item
        if not isinstance(text, str) or not text:
            raise InputError(f"{field} holds {text!r}; an id is a non-empty string. Convert it with str().", field=field, value=text)
        names.append(text)
    if len(set(names)) != len(names):
        seen: set[str] = set()
        twice = next(name for name in names if name in seen or seen.add(name))
        raise InputError(f"{field} holds {twice!r} twice; rows could not be told apart. Merge or rename it.", field=field, value=twice)
    return tuple(names)

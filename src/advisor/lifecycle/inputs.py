"""What the rooms of a client's life are given, read once: numbers of one shape, lists of one kind."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, TypeVar

import numpy as np

from advisor.arrays import FloatArray, check_type, numbers
from advisor.errors import InputError

_Kind = TypeVar("_Kind")


def array(value: object, field: str) -> FloatArray:
    """`value` as float64 in its own shape; an array that is float64 already is not copied. Raises `InputError` for what is no number, and for None."""
    if isinstance(value, np.ndarray) and value.dtype == np.float64:
        return value
    if value is None:
        raise InputError(f"{field} is None, but numbers are needed; pass them.", field=field, value=None)
    return numbers(value, field)


def together(**values: object) -> tuple[FloatArray, ...]:
    """Values by name as float64 arrays of their common shape, read-only views. Raises `InputError` where one is no number or they have no common shape."""
    arrays = [array(value, name) for name, value in values.items()]
    try:
        return np.broadcast_arrays(*arrays)
    except ValueError as error:
        shapes = {name: found.shape for name, found in zip(values, arrays, strict=True)}
        field = next(iter(values))
        raise InputError(
            f"{', '.join(f'{name} has shape {shape}' for name, shape in shapes.items())}; they must be numbers, or have as many entries as each other.",
            field=field,
            value=shapes,
        ) from error


def spread(value: object, field: str, shape: tuple[int, ...]) -> FloatArray:
    """`value` over `shape`, a read-only view. Raises `InputError` where it is no number or does not fit."""
    given = array(value, field)
    try:
        return np.broadcast_to(given, shape)
    except ValueError as error:
        raise InputError(
            f"{field} has shape {given.shape}, but {shape} is needed; give a number, or one for each.", field=field, value=given.shape
        ) from error


def listed(values: object, kind: type[_Kind], field: str, remedy: str) -> tuple[_Kind, ...]:
    """The values as a tuple. Raises `InputError` unless they are a list of `kind`."""
    if isinstance(values, str | kind) or not isinstance(values, Iterable):
        check_type(values, (), field, remedy)
    found: tuple[Any, ...] = tuple(values)  # type: ignore[arg-type]
    for i, value in enumerate(found):
        check_type(value, kind, field, remedy, key=i)
    return found


def names_of(values: object, field: str, remedy: str) -> tuple[str, ...]:
    """The names as a tuple, sets sorted. Raises `InputError` for one name alone, whose letters would be read as names, and for what is no text."""
    found = listed(values, str, field, remedy)
    return found if isinstance(values, Sequence) else tuple(sorted(found))

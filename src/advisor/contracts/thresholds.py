"""The one comparison of a number with a threshold, for the whole library."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.float64]
Numbers = npt.NDArray[np.float64] | npt.NDArray[np.int64]
SLACK = 1e-9
"""One part in a thousand million: far above what rounding does to a sum of decimals, far below a
cent of the amounts, a point of the scores and a day of the terms that are compared."""
Number = TypeVar("Number", bound=float | npt.NDArray[np.float64] | npt.NDArray[np.int64])


def raised(value: Number) -> Number:
    """A value with the slack that it is granted before it is held against thresholds.

    Args:
        value: A number, or many of any shape; nan and positive infinity stay what they are.
    """
    return value + SLACK * abs(value)  # type: ignore[return-value]


def reaches(value: float | Numbers, cut: float | Numbers) -> npt.NDArray[np.bool_]:
    """Whether a value is at least as large as a threshold; never where either is nan.

    >>> bool(reaches(100.0 * (0.7 * 3 + 0.2 * 2) / 5, 50.0)), bool(reaches(49.99, 50.0))
    (True, False)
    """
    return raised(value) >= cut  # type: ignore[return-value]


def exceeds(value: float | Numbers, cut: float | Numbers) -> npt.NDArray[np.bool_]:
    """Whether a value is larger than a threshold; the opposite of `reaches` with both exchanged.

    >>> bool(exceeds(0.1 + 0.2, 0.3)), bool(exceeds(0.31, 0.3))
    (False, True)
    """
    return value > raised(cut)  # type: ignore[return-value]


def count_reached(values: FloatArray, cuts: Sequence[float] | FloatArray) -> npt.NDArray[np.int64]:
    """How many ascending thresholds each value reaches, shape of `values`; nan reaches all.

    >>> count_reached(np.array([19.9, 20.0, 100.0]), (0.0, 20.0, 40.0)).tolist()
    [1, 2, 3]
    """
    return np.searchsorted(cuts, raised(values), side="right")


def count_exceeded(values: FloatArray, cuts: Sequence[float] | FloatArray) -> npt.NDArray[np.int64]:
    """How many ascending thresholds each value exceeds, shape of `values`; nan exceeds all."""
    return np.searchsorted(raised(np.asarray(cuts, dtype=np.float64)), values, side="left")

"""Functions of numbers whose last bit is the same on every processor, unlike that of numpy's,
scipy's and libm's.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from advisor.native.library import Function

FloatArray = npt.NDArray[np.float64]
_ENTRIES = {
    name: Function(f"advisor_{name}", "x:f8[n] out=f8[n]")
    for name in ("exp", "log", "normal_cdf", "logistic")
}
_LEAST_PIVOT = Function("advisor_least_pivot", "H:f8[n,n] factor=f8[n,n] least=f8[1]")


def exp(x: npt.ArrayLike) -> FloatArray:
    """The exponential, in the shape of x, within an ulp."""
    return _each("exp", x)


def log(x: npt.ArrayLike) -> FloatArray:
    """The natural logarithm, in the shape of x, within an ulp."""
    return _each("log", x)


def normal_cdf(x: npt.ArrayLike) -> FloatArray:
    """The normal distribution function, in the shape of x."""
    return _each("normal_cdf", x)


def logistic(x: npt.ArrayLike) -> FloatArray:
    """1 / (1 + exp(-x)), in the shape of x."""
    return _each("logistic", x)


def least_pivot(matrix: FloatArray) -> float:
    """The smallest diagonal entry of a symmetric matrix' Cholesky factor, 0 where it has none."""
    least = np.empty(1)
    _LEAST_PIVOT(np.ascontiguousarray(matrix), np.empty(matrix.shape), least)
    return float(least[0])


def _each(name: str, x: npt.ArrayLike) -> FloatArray:
    array = np.asarray(x, dtype=np.float64)
    out = np.empty(array.shape)
    _ENTRIES[name](np.ascontiguousarray(array).reshape(-1), out.reshape(-1))
    return out

"""Portfolios by their weights: what is traded, how risk is shared, how concentrated."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from advisor.arrays import FloatArray
from advisor.errors import InputError
from advisor.measures.history import check_fit, quiet, ratio
from advisor.validation import checked

OVER_ONE = 1e-3
"""Weights may add up to more than 1 by this: rounded to a few decimals, as PyPortfolioOpt's
`clean_weights` are."""


@checked
def turnover(before: npt.ArrayLike, after: npt.ArrayLike) -> FloatArray:
    """Value bought plus value sold as a fraction of wealth: `sum |after - before|` over the last
    axis, shape (...).

    Buying a whole portfolio out of cash is 1, exchanging it for another is 2. (Half of it is the
    one-way drift `1/2 sum |w - w*|`.)

    Source: DeMiguel, Garlappi & Uppal (2009), section 2.3.

    >>> turnover([0.5, 0.5], [0.6, 0.4]).round(3).item()
    0.2
    """
    old, new = np.asarray(before, dtype=np.float64), np.asarray(after, dtype=np.float64)
    check_fit(old, new, ("before", "after"), "assets")
    return np.abs(new - old).sum(axis=-1)


@checked
def portfolio_volatility(weights: npt.ArrayLike, covariance: npt.ArrayLike) -> FloatArray:
    """`sqrt(w' C w)` of each row of weights, shape (...); each row's bits do not depend on the
    other rows; 0 for a perfect hedge.

    >>> round(float(portfolio_volatility([0.5, 0.5], [[0.04, 0.0], [0.0, 0.04]])), 6)
    0.141421
    """
    w, c = _square(weights, covariance)
    variance = np.einsum("...i,ij,...j->...", w, c, w)
    return np.sqrt(np.maximum(quiet(variance, _gross(w, c)), 0.0))


def _square(weights: npt.ArrayLike, covariance: npt.ArrayLike) -> tuple[FloatArray, FloatArray]:
    w, c = np.asarray(weights, dtype=np.float64), np.asarray(covariance, dtype=np.float64)
    if w.ndim == 0 or c.shape != (w.shape[-1], w.shape[-1]):
        raise InputError(
            f"covariance has shape {c.shape} for weights of shape {w.shape}; a row and a column an"
            " asset are needed. Pass those of the same assets.",
            field="covariance",
            value=c.shape,
        )
    return w, c


def _gross(w: FloatArray, c: FloatArray) -> FloatArray:
    """What a variance is made of before anything cancels, shape (...): where rounding begins."""
    return np.einsum("...i,ij,...j->...", np.abs(w), np.abs(c), np.abs(w))


@checked
def risk_contributions(weights: npt.ArrayLike, covariance: npt.ArrayLike) -> FloatArray:
    """Each asset's share of the portfolio's variance, `w * (C w) / w' C w`, shape (..., n); the
    shares add up to 1, nan for a perfect hedge, which has no variance to share.
    """
    w, c = _square(weights, covariance)
    parts = w * np.einsum("ij,...j->...i", c, w)
    return ratio(parts, quiet(parts.sum(axis=-1), _gross(w, c))[..., None])


@checked
def effective_number(weights: npt.ArrayLike) -> FloatArray:
    """How many equal holdings are as concentrated as these: `(sum |w|)^2 / sum w^2`, shape (...);
    nan for no holding.

    >>> effective_number([0.5, 0.5]).item()
    2.0
    """
    w = np.abs(np.atleast_1d(np.asarray(weights, dtype=np.float64)))
    w = np.nan_to_num(ratio(w, w.max(axis=-1, initial=0.0)[..., None]))  # no square underflows
    return ratio(w.sum(axis=-1) ** 2, (w * w).sum(axis=-1))

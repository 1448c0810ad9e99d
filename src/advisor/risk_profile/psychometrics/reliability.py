"""Classical test theory: how reliably a set of questions measures."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from advisor.annotations import NotNegative, OpenShare, Positive, Share
from advisor.arrays import FloatArray, float_array
from advisor.contracts.thresholds import reaches
from advisor.errors import InputError
from advisor.validation import checked

BANDS = ((0.90, "excellent"), (0.80, "good"), (0.70, "adequate"))
"""Below 0.70 a scale is not fit for decisions about single people (Grable 2018, CFA Research
Foundation)."""


@dataclass(frozen=True)
class Reliability:
    """Of the sum of `items` questions over `respondents` people; scales as the scores given.

    Attributes:
        alpha: Cronbach's alpha.
        omega: McDonald's omega of a one-factor model, nan with fewer than three items.
        standard_deviation: Of the sum.
        standard_error: Of measurement, `standard_deviation * sqrt(1 - alpha)`.
    """

    items: int
    respondents: int
    alpha: float
    omega: float
    standard_deviation: float
    standard_error: float

    @property
    def band(self) -> str:
        """The reliability in a word."""
        return next((word for least, word in BANDS if reaches(self.alpha, least)), "questionable")


def reliability(scores: object, *, weights: object = None) -> Reliability:
    """Reliability of a scale from the scores of its items.

    Args:
        scores: Item scores, shape (c, q); rows with a nan are left out.
        weights: Of each person, shape (c,), for survey data; default all 1.

    Raises:
        InputError: Fewer than two items, fewer than three complete rows, or an item that everybody
            answers alike.

    Source: Cronbach (1951), alpha = q * mean covariance / (mean variance + (q - 1) * mean
    covariance); McDonald (1999).
    """
    sigma, rows = _covariance(scores, weights)
    q = len(sigma)
    total = float(sigma.sum())
    alpha = q / (q - 1) * (1.0 - float(np.trace(sigma)) / total)
    spread = float(np.sqrt(total))
    return Reliability(
        q, rows, alpha, omega(sigma), spread, spread * float(np.sqrt(max(0.0, 1.0 - alpha)))
    )


@checked
def omega(covariance: object) -> float:
    """McDonald's omega: share of the sum's variance that one common factor explains.

    Args:
        covariance: Of the items, shape (q, q).

    Returns:
        `(sum of loadings)^2 / ((sum of loadings)^2 + sum of uniquenesses)`, with the one-factor
        model fitted by minimum residuals; nan for q < 3, where loadings are not identified. It
        equals alpha exactly where all loadings are equal.

    Source: McDonald (1999), Test Theory, chapter 6; minimum residuals by iterated principal
    factors, Harman & Jones (1966).
    """
    sigma = float_array(covariance, "covariance", shape=(None, None))
    if sigma.shape[0] != sigma.shape[1]:
        raise InputError(
            f"covariance has shape {sigma.shape}; it needs a row and a column an item.",
            field="covariance",
            value=sigma.shape,
        )
    if len(sigma) < 3:
        return float("nan")
    scale = np.sqrt(np.diag(sigma))
    loadings = _one_factor(sigma / np.outer(scale, scale)) * scale
    common = float(loadings.sum()) ** 2
    return common / (common + float((np.diag(sigma) - loadings**2).sum()))


@checked
def spearman_brown(alpha: OpenShare, factor: Positive) -> float:
    """Reliability of a test `factor` times as long.

    >>> round(spearman_brown(0.71, 25 / 15), 3)
    0.803
    """
    return factor * alpha / (1.0 + (factor - 1.0) * alpha)


@checked
def standard_error_of_measurement(standard_deviation: NotNegative, reliability: Share) -> float:
    """`standard_deviation * sqrt(1 - reliability)`.

    >>> (
    ...     round(standard_error_of_measurement(10.0, 0.65), 3),
    ...     round(1.96 * standard_error_of_measurement(10.0, 0.80), 2),
    ... )
    (5.916, 8.77)
    """
    return standard_deviation * float(np.sqrt(1.0 - reliability))


def _covariance(scores: object, weights: object) -> tuple[FloatArray, int]:
    x = float_array(scores, "scores", shape=(None, None), allow_nan=True)
    w = np.ones(len(x)) if weights is None else float_array(weights, "weights", shape=(len(x),))
    complete = ~np.isnan(x).any(axis=1) & (w > 0)
    x, w = x[complete], w[complete]
    if x.shape[1] < 2 or len(x) < 3:
        raise InputError(
            f"scores has {x.shape[1]} items and {len(x)} complete rows; reliability needs two items"
            " and three people. Give more.",
            field="scores",
            value=x.shape,
        )
    w = w / w.sum()
    centred = x - w @ x
    sigma: FloatArray = (centred * w[:, None]).T @ centred
    flat = np.flatnonzero(np.diag(sigma) <= 0.0)
    if len(flat):
        raise InputError(
            f"Everybody answers item {int(flat[0])} alike; it tells nobody apart and has no"
            " correlation with the others. Leave it out.",
            field="scores",
            value=int(flat[0]),
        )
    return sigma, len(x)


def _one_factor(correlation: FloatArray, steps: int = 20_000) -> FloatArray:
    """Loadings of one factor by iterated principal factors, started from squared multiple
    correlations.
    """
    r = correlation.copy()
    communality = np.clip(1.0 - 1.0 / np.diag(np.linalg.pinv(correlation)), 0.05, 1.0)
    loadings = np.zeros(len(r))
    for _ in range(steps):
        np.fill_diagonal(r, communality)
        values, vectors = np.linalg.eigh(r)
        loadings = vectors[:, -1] * np.sqrt(max(float(values[-1]), 0.0))
        updated = np.clip(loadings**2, 0.0, 1.0)
        if np.abs(updated - communality).max() < 1e-12:
            break
        communality = updated
    return loadings if loadings.sum() >= 0 else -loadings

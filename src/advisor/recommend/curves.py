"""From scores and what came true to probabilities: isotonic and logistic curves that are never
certain.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.optimize import isotonic_regression
from scipy.special import expit

from advisor.arrays import BoolArray, FloatArray

NEWTON_STEPS = 50
PRIOR_WEIGHT = 1.0
"""Pseudo-observations at the base rate added to each end of the curve: no score is certain."""


@dataclass(frozen=True, eq=False)
class Curve:
    """A non-decreasing map from scores to probabilities: linear between knots, flat outside.

    Attributes:
        scores: Knots, ascending, shape (m,).
        probabilities: Values there, non-decreasing, shape (m,).
    """

    scores: FloatArray
    probabilities: FloatArray

    def __call__(self, scores: FloatArray) -> FloatArray:
        """Probabilities of the same shape, nan where a score is (an empty slot)."""
        return np.where(
            np.isnan(scores), np.nan, np.interp(scores, self.scores, self.probabilities)
        )


def curve_of(scores: FloatArray, hits: BoolArray, method: str) -> Curve:
    """The curve of one method ("isotonic" or "platt") through scores and whether they came true,
    shape (n,) each.
    """
    order = np.argsort(scores, kind="stable")
    x, y = scores[order], hits[order].astype(np.float64)
    if method == "platt":
        slope, level, centre, width = _logistic(x, y)
        knots = np.unique(x)
        return Curve(knots, _doubted(expit(slope * (knots - centre) / width + level), y))
    base = _base_rate(y)
    padded_x, padded_y = np.concatenate([x[:1], x, x[-1:]]), np.concatenate([[base], y, [base]])
    knots, at = np.unique(padded_x, return_inverse=True)
    weight = np.bincount(at)
    weight = weight + (np.isin(np.arange(len(knots)), [0, len(knots) - 1]) * (PRIOR_WEIGHT - 1.0))
    mean = np.bincount(at, weights=padded_y) / np.bincount(at)
    return _thinned(
        knots,
        _doubted(np.asarray(isotonic_regression(mean, weights=weight).x, dtype=np.float64), y),
    )


def _base_rate(y: FloatArray) -> float:
    """Share of outcomes that happened; half an outcome short of none or all, which n of them cannot
    prove (Krichevsky & Trofimov 1981).
    """
    count = float(len(y))
    return min(max(float(y.mean()), 0.5 / (count + 1.0)), (count + 0.5) / (count + 1.0))


def _doubted(values: FloatArray, y: FloatArray) -> FloatArray:
    """Probabilities no nearer to 0 or 1 than if all n outcomes y, shape (n,), had been alike beside
    one at their base rate.
    """
    base, room = _base_rate(y), 1.0 + len(y)
    return np.clip(values, base / room, 1.0 - (1.0 - base) / room)


def _thinned(knots: FloatArray, values: FloatArray) -> Curve:
    """Only the ends of each flat stretch."""
    keep = np.ones(len(knots), dtype=np.bool_)
    keep[1:-1] = (values[1:-1] != values[:-2]) | (values[1:-1] != values[2:])
    return Curve(knots[keep], values[keep])


def _logistic(x: FloatArray, y: FloatArray) -> tuple[float, float, float, float]:
    """Slope (at least 0) and level of a logistic curve on the standardised score, with Platt's
    targets.
    """
    good, bad = float(y.sum()), float(len(y) - y.sum())
    target = np.where(y > 0.0, (good + 1.0) / (good + 2.0), 1.0 / (bad + 2.0))
    centre, width = float(x.mean()), float(x.std()) or 1.0
    start = (0.0, float(np.log((good + 1.0) / (bad + 1.0))))
    slope, level = logistic_fit((x - centre) / width, target, start)
    return max(slope, 0.0), level, centre, width


def logistic_fit(
    x: FloatArray, target: FloatArray, start: tuple[float, float]
) -> tuple[float, float]:
    """Slope and level of the logistic regression of outcomes from 0 to 1, shape (n,), on x, by
    Newton's method from `start`; no step is longer than 1.
    """
    design, theta = np.stack([x, np.ones(len(x))]), np.array(start)
    for _ in range(NEWTON_STEPS):
        chance = expit(theta @ design)
        curvature = (design * (chance * (1.0 - chance))) @ design.T + 1e-9 * np.eye(2)
        step = np.clip(np.linalg.solve(curvature, design @ (target - chance)), -1.0, 1.0)
        theta = theta + step
        if float(np.abs(step).max()) < 1e-10:
            break
    return float(theta[0]), float(theta[1])

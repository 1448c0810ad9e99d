"""Equilibrium returns, and a caller's views on top of them (Black-Litterman)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from math import isfinite

import numpy as np

from advisor.arrays import FloatArray
from advisor.errors import InputError

TAU = 0.05
"""Uncertainty of the equilibrium means relative to the covariance of returns; He and Litterman's value."""


@dataclass(frozen=True)
class Equilibrium:
    """The means under which the market portfolio is the best one.

    Args:
        weights: Market weight by asset id; scaled to add up to 1, unnamed assets have 0. None: equal weights, a stand-in that you should replace.
        risk_aversion: Of the average investor. `premium`, where given, is used instead.
        premium: Annual expected return of the market portfolio above `risk_free`.
        risk_free: Annual.
    """

    weights: Mapping[str, float] | None = None
    risk_aversion: float = 2.5
    premium: float | None = None
    risk_free: float = 0.0

    def mean(self, assets: Sequence[str], covariance: FloatArray) -> FloatArray:
        """Annual expected returns, shape (n,): `risk_free + beta * premium`, which is `risk_free + risk_aversion * covariance @ weights`.

        Args:
            assets: Ids, length n.
            covariance: Annual, shape (n, n).

        Raises:
            InputError: Weights of unknown assets, weights that add up to nothing, or a market without variance where a premium is given.

        Source: Sharpe (1964); the reverse optimisation in Black and Litterman (1992).

        >>> Equilibrium({"share": 1.0}, premium=0.05, risk_free=0.01).mean(["share", "bond"], np.array([[0.04, 0.0], [0.0, 0.01]])).tolist()
        [0.060000000000000005, 0.01]
        """
        market = _vector(self.weights, assets, "Equilibrium.weights") if self.weights is not None else np.ones(len(assets))
        total = float(market.sum())
        if not total > 0.0:
            raise InputError(
                f"The market weights add up to {total:g}; they are shares of a whole. Give at least one positive weight.",
                field="weights",
                value=total,
            )
        market = market / total
        exposure = covariance @ market
        if self.premium is None:
            return self.risk_free + self.risk_aversion * exposure
        variance = float(market @ exposure)
        if not variance > 0.0:
            raise InputError(
                "The market portfolio has no variance, so no asset has a beta to it. Weight assets that move, or give risk_aversion.",
                field="weights",
                value=variance,
            )
        return self.risk_free + exposure * (self.premium / variance)


@dataclass(frozen=True)
class View:
    """An opinion: the portfolio `weights` is expected to return `mean` a year.

    Args:
        weights: By asset id; `{"a": 1}` is a view on one asset, `{"a": 1, "b": -1}` on a difference.
        mean: Annual expected return of that portfolio.
        confidence: In (0, 1]: 0.5 trusts the view as much as the equilibrium, 1 is certainty.
    """

    weights: Mapping[str, float] = field(default_factory=dict)
    mean: float = 0.0
    confidence: float = 0.5


def black_litterman(
    assets: Sequence[str],
    prior: FloatArray,
    covariance: FloatArray,
    views: Sequence[View],
    *,
    overconfidence: float = 1.0,
    tau: float = TAU,
) -> tuple[FloatArray, FloatArray]:
    """Means that blend equilibrium and views by how much each is trusted.

    Args:
        assets: Ids, length n.
        prior: Equilibrium means a year, shape (n,).
        covariance: Of annual returns, shape (n, n).
        views: Opinions; none gives the prior back.
        overconfidence: Factor k >= 1 by which the author's intervals are too narrow; the variance of every view's error is multiplied by k^2.
        tau: Uncertainty of the prior relative to `covariance`.

    Returns:
        Posterior means (n,), and the covariance of returns around them (n, n), which is `covariance` plus what is still unknown about the means.
        A view of confidence c has error variance `(1 - c) / c` times the prior's variance of that portfolio, so its solitary effect is c of the way (c = 1 is met exactly).

    Raises:
        InputError: An unknown asset, an empty view, a confidence outside (0, 1], `overconfidence` below 1, views that contradict each other with certainty.

    Source: Black and Litterman (1992); He and Litterman (1999), appendix; the confidence in Idzorek (2005) reduced to its closed form by Walters (2014).
    """
    if not overconfidence >= 1.0 or not isfinite(overconfidence):
        raise InputError(
            f"overconfidence is {overconfidence}; it is a factor of at least 1 by which intervals are too narrow, and 1 changes nothing.",
            field="overconfidence",
            value=overconfidence,
        )
    uncertain = tau * covariance
    if not views:
        return prior.copy(), covariance + uncertain
    pick, target, odds = _stack(assets, views)
    exposure = pick @ uncertain
    own = exposure @ pick.T
    noise = np.diag(odds * np.diag(own)) * overconfidence**2
    try:
        gain = np.linalg.solve(own + noise, exposure).T
    except np.linalg.LinAlgError as error:
        raise InputError(
            f"{len(views)} views hold portfolios that determine each other (or have no variance) with confidence 1; they cannot all be certain. Lower a confidence or drop one.",
            field="views",
            value=[view.confidence for view in views],
        ) from error
    mean = prior + gain @ (target - pick @ prior)
    left = uncertain - gain @ exposure
    return mean, covariance + 0.5 * (left + left.T)


def _stack(assets: Sequence[str], views: Sequence[View]) -> tuple[FloatArray, FloatArray, FloatArray]:
    rows: list[FloatArray] = []
    for view in views:
        row = _vector(view.weights, assets, "View.weights")
        if not row.any():
            raise InputError(
                "A view has no weights; it says nothing about any asset. Name the portfolio it is about.", field="views", value=view
            )
        if not 0.0 < view.confidence <= 1.0:
            raise InputError(
                f"A view has confidence {view.confidence}; it runs from above 0 (ignored) to 1 (certain). Drop a view you do not believe.",
                field="confidence",
                value=view.confidence,
            )
        if not isfinite(view.mean):
            raise InputError(f"A view expects {view.mean}; give a finite annual return.", field="mean", value=view.mean)
        rows.append(row)
    confidence = np.array([view.confidence for view in views])
    return np.array(rows), np.array([view.mean for view in views]), (1.0 - confidence) / confidence


def _vector(weights: Mapping[str, float], assets: Sequence[str], what: str) -> FloatArray:
    unknown = sorted(set(weights) - set(assets))
    if unknown:
        raise InputError(f"{what} names {unknown[:5]}, not among the assets; correct or remove.", field="weights", value=unknown)
    row = np.array([float(weights.get(a, 0.0)) for a in assets])
    if not np.isfinite(row).all():
        raise InputError(f"{what} holds a value that is not finite; give numbers.", field="weights", value=dict(weights))
    return row

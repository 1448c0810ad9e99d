"""Equilibrium returns, and a caller's views on top of them (Black-Litterman)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Annotated

import numpy as np

from advisor.arrays import FloatArray, check_number
from advisor.data.by_asset import numbers_by_id
from advisor.errors import InputError
from advisor.optimize.returns.mean import SINGULAR
from advisor.readers import Number
from advisor.validation import checked

TAU = 0.05
"""Uncertainty of the equilibrium means relative to the covariance of returns; He and Litterman's
value."""
Widening = Annotated[
    float, Number("It is the factor by which intervals are too narrow; 1 changes nothing.", low=1.0)
]
_WHOLE = (
    "Nobody would hold a market whose risk is not paid; give 0 or more, and state a fear of losses"
    " as an advisor.View."
)
Paid = Annotated[float, Number(_WHOLE, low=0.0)]
Confidence = Annotated[
    float, Number("It runs to 1 (certain); drop a view you do not believe.", above=0.0, high=1.0)
]


@checked
@dataclass(frozen=True)
class Equilibrium:
    """The means under which the market portfolio is the best one.

    Args:
        weights: Market weight by asset id; scaled to add up to 1, unnamed assets have 0. None:
            equal weights, a stand-in that you should replace.
        risk_aversion: Of the average investor, 0 or more. `premium`, where given, is used instead.
        premium: Annual expected return of the market portfolio above `risk_free`, 0 or more.
        risk_free: Annual.

    Raises:
        InputError: A negative weight, risk aversion or premium, or something that is no number.
    """

    weights: Mapping[str, float] | None = None
    risk_aversion: Paid = 2.5
    premium: Paid | None = None
    risk_free: float = 0.0

    def __post_init__(self) -> None:
        remedy = "Weights are shares of the whole market; what nobody holds has 0."
        for asset, weight in (self.weights or {}).items():
            check_number(weight, "weights", remedy, low=0.0, key=asset)

    def mean(self, assets: Sequence[str], covariance: FloatArray) -> FloatArray:
        """Annual expected returns, shape (n,): `risk_free + beta * premium`, which is `risk_free +
        risk_aversion * covariance @ weights`.

        Args:
            assets: Ids, length n.
            covariance: Annual, shape (n, n).

        Raises:
            InputError: Weights of unknown assets, weights that add up to nothing, or a market
                without variance where a premium is given.

        Source: Sharpe (1964); the reverse optimisation in Black and Litterman (1992).

        >>> Equilibrium({"share": 1.0}, premium=0.05, risk_free=0.01).mean(
        ...     ["share", "bond"], np.array([[0.04, 0.0], [0.0, 0.01]])
        ... ).tolist()
        [0.060000000000000005, 0.01]
        """
        market = self.shares(assets)
        exposure = covariance @ market
        if self.premium is None:
            return self.risk_free + self.risk_aversion * exposure
        variance = float(market @ exposure)
        if not variance > 0.0:
            raise InputError(
                "The market portfolio has no variance, so no asset has a beta to it. Weight assets"
                " that move, or give risk_aversion.",
                field="weights",
                value=variance,
            )
        return self.risk_free + exposure * (self.premium / variance)

    def shares(self, assets: Sequence[str]) -> FloatArray:
        """Market weights that add up to 1, shape (n,).

        Raises:
            InputError: Weights of unknown assets, or weights that add up to nothing.
        """
        market = (
            _vector(self.weights, assets, "Equilibrium.weights")
            if self.weights is not None
            else np.ones(len(assets))
        )
        total = float(market.sum())
        if not total > 0.0:
            raise InputError(
                f"The market weights add up to {total:g}; they are shares of a whole. Give at least"
                " one positive weight.",
                field="weights",
                value=total,
            )
        return market / total


@checked
@dataclass(frozen=True)
class View:
    """An opinion: the portfolio `weights` is expected to return `mean` a year.

    Args:
        weights: By asset id; `{"a": 1}` is a view on one asset, `{"a": 1, "b": -1}` on a
            difference.
        mean: Annual expected return of that portfolio.
        confidence: In (0, 1]: 0.5 trusts the view as much as the equilibrium, 1 is certainty.

    Raises:
        InputError: Weights that are no mapping to numbers, a mean that is no finite number, or a
            confidence outside (0, 1].
    """

    weights: Mapping[str, float] = field(default_factory=dict)
    mean: float = 0.0
    confidence: Confidence = 0.5

    def __post_init__(self) -> None:
        remedy = "Give the asset's weight in the portfolio that the view is about."
        for asset, weight in self.weights.items():
            check_number(weight, "weights", remedy, key=asset)


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
        overconfidence: Factor k >= 1 by which the author's intervals are too narrow; the variance
            of every view's error is multiplied by k^2.
        tau: Uncertainty of the prior relative to `covariance`.

    Returns:
        Posterior means (n,), and the covariance of returns around them (n, n), which is
        `covariance` plus what is still unknown about the means. A view of confidence c has error
        variance `(1 - c) / c` times the prior's variance of that portfolio, so its solitary effect
        is c of the way (c = 1 is met exactly).

    Raises:
        InputError: An unknown asset, an empty view, a portfolio without variance, `overconfidence`
            below 1, or views of which one follows from others and all are certain.

    Source: Black and Litterman (1992); He and Litterman (1999), appendix; the confidence in Idzorek
    (2005) reduced to its closed form by Walters (2014).
    """
    uncertain = tau * covariance
    if not views:
        return prior.copy(), covariance + uncertain
    pick, target, odds = _stack(assets, views)
    exposure = pick @ uncertain
    own = exposure @ pick.T
    noise = np.diag(odds * np.diag(own)) * overconfidence**2
    _check_independent(pick, covariance, views, odds * overconfidence**2)
    gain = np.linalg.solve(own + noise, exposure).T
    mean = prior + gain @ (target - pick @ prior)
    left = uncertain - gain @ exposure
    return mean, covariance + 0.5 * (left + left.T)


def _stack(
    assets: Sequence[str], views: Sequence[View]
) -> tuple[FloatArray, FloatArray, FloatArray]:
    rows: list[FloatArray] = []
    for view in views:
        row = _vector(view.weights, assets, "View.weights")
        if not row.any():
            raise InputError(
                "A view has no weights; it says nothing about any asset. Name the portfolio it is"
                " about.",
                field="views",
                value=view,
            )
        rows.append(row)
    confidence = np.array([view.confidence for view in views])
    return np.array(rows), np.array([view.mean for view in views]), (1.0 - confidence) / confidence


def _check_independent(
    pick: FloatArray, covariance: FloatArray, views: Sequence[View], noise: FloatArray
) -> None:
    """Raise `InputError` unless every view (k) says something that the others do not already
    settle.

    Row i of `root` is the portfolio of view i over independent shocks, and its own error as a shock
    of its own, scaled to length 1. Their smallest singular value is 0 exactly where a portfolio is
    a combination of the others; it is taken of the root, since that of the covariance drowns in
    rounding.
    """
    volatility = np.sqrt(np.diag(covariance))
    safe = np.where(volatility > 0.0, volatility, 1.0)
    values, vectors = np.linalg.eigh(covariance / np.outer(safe, safe))
    exposure = pick * volatility
    shocks = exposure @ (vectors * np.sqrt(np.maximum(values, 0.0)))
    deviation = np.sqrt((shocks**2).sum(axis=1))
    if (dead := deviation <= np.sqrt(SINGULAR) * np.abs(exposure).sum(axis=1)).any():
        view = views[int(np.argmax(dead))]
        raise InputError(
            f"The portfolio {dict(view.weights)} of a view has no variance, so its return is"
            " already known to be the equilibrium's. Drop the view.",
            field="views",
            value=view,
        )
    root = np.column_stack([shocks / deviation[:, None], np.diag(np.sqrt(noise))])
    root /= np.sqrt((root**2).sum(axis=1))[:, None]
    scale = np.linalg.svd(root, compute_uv=False)
    if len(views) > root.shape[1] or scale[-1] ** 2 <= SINGULAR * scale[0] ** 2:
        raise InputError(
            f"{len(views)} views with confidences {[view.confidence for view in views]} hold"
            " portfolios that determine each other; they cannot all be certain. Lower a confidence"
            " or drop one.",
            field="views",
            value=[view.confidence for view in views],
        )


def _vector(weights: Mapping[str, float], assets: Sequence[str], what: str) -> FloatArray:
    known = numbers_by_id(weights, assets, what, "Give a weight.")
    return np.array([known.get(a, 0.0) for a in assets])

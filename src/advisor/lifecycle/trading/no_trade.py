"""How far a portfolio may drift before trading pays: the exact tests, and the law behind the
industry's 3 and 5 points.
"""

from __future__ import annotations

from math import inf
from typing import Annotated

import numpy as np

from advisor.annotations import Matrix, OpenShare, Positive
from advisor.arrays import BoolArray, FloatArray, float_array
from advisor.lifecycle.inputs import spread, together, within
from advisor.lifecycle.trading.no_trade_edges import no_trade_edges
from advisor.readers import Number
from advisor.validation import checked


def no_trade_half_width(weight: object, risk_aversion: object, cost: object) -> FloatArray:
    """Half-width of the no-trade region of one risky asset that is traded again and again: the
    cube-root law.

    Args:
        weight: Optimal (Merton) weight of the risky asset, any shape.
        risk_aversion: Constant relative risk aversion, positive.
        cost: Proportional cost of a trade either way, 0 or more (0.001 = 10 bp).

    Returns:
        (3 / (2 gamma) * w^2 (1 - w)^2 * cost)^(1/3): 0 without costs and for w = 0 or 1, where
        drift does not move the weight. The leading term for small costs; `no_trade_region` gives
        the exact edges.

    Raises:
        InputError: A risk aversion is not positive or a cost is negative.

    Source: the exponent is proven by Janeček & Shreve (2004); the constant is confirmed here
    against `no_trade_region`.

    >>> no_trade_half_width(0.6, 3.0, [0.0005, 0.001, 0.005]).round(3).tolist()
    [0.024, 0.031, 0.052]
    """
    w, gamma, eps = together(weight=weight, risk_aversion=risk_aversion, cost=cost)
    _check(gamma, eps)
    return np.cbrt(1.5 / gamma * w**2 * (1.0 - w) ** 2 * eps)


def one_period_half_width(risk_aversion: object, volatility: object, cost: object) -> FloatArray:
    """Half-width of the no-trade region of one risky asset that is held for one period: cost /
    (gamma * sigma^2), exactly.

    This and `no_trade_half_width` answer different questions: here a trade is paid once and kept,
    there it is undone again and again.

    >>> float(one_period_half_width(3.0, 0.2, 0.003).round(3))
    0.025
    """
    gamma, sigma, eps = together(risk_aversion=risk_aversion, volatility=volatility, cost=cost)
    _check(gamma, eps)
    within(sigma, "volatility", "It must be positive.", above=0.0)
    return eps / (gamma * sigma**2)


def _check(gamma: FloatArray, eps: FloatArray) -> None:
    within(gamma, "risk_aversion", "It must be positive.", above=0.0, high=inf)
    within(eps, "cost", "It is a fraction of the trade, below 1.", low=0.0, below=1.0)


@checked
def holding_is_optimal(
    weights: Matrix,
    mean: FloatArray,
    covariance: FloatArray,
    risk_aversion: FloatArray | float,
    cost: FloatArray | float,
) -> BoolArray:
    """Which portfolios should not be traded at all, exactly: mean-variance utility, proportional
    costs, no short sales.

    Args:
        weights: What is held, shape (c, n), rows adding up to 1.
        mean: Annual expected returns, shape (n,).
        covariance: Annual, shape (n, n).
        risk_aversion: (c,) or a number.
        cost: Cost of a trade either way a year of holding, (n,) or a number.

    Returns:
        Shape (c,). True exactly when no pair of assets gains from moving money between them: with
        marginal utility g = mean - gamma * covariance w, every asset that could be bought has g -
        cost no higher than g + cost of every asset that could be sold. By convexity no other trade
        helps either.

    Source: the optimality condition of a convex program with an L1 term.
    """
    count, assets = weights.shape
    mean, price = spread(mean, "mean", (assets,)), spread(cost, "cost", (assets,))
    covariance = float_array(covariance, "covariance", shape=(assets, assets))
    gamma = spread(risk_aversion, "risk_aversion", (count,))
    slope = mean - gamma[:, None] * np.einsum("cj,ij->ci", weights, covariance)
    buy = (slope - price).max(axis=1)
    sell = np.where(weights > 0.0, slope + price, np.inf).min(axis=1)
    return buy <= sell + 1e-12


@checked
def no_trade_region(
    weight: OpenShare,
    risk_aversion: Positive,
    cost: Annotated[float, Number("It is a fraction of the trade.", low=0.0, high=0.2)],
) -> tuple[float, float]:
    """Exact edges of the no-trade region of one risky asset beside a safe one, for long-run growth
    of power utility.

    Args:
        weight: Merton weight mu / (gamma sigma^2) without costs, strictly between 0 and 1.
        risk_aversion: Positive.
        cost: Proportional cost either way, in [0, 0.2].

    Returns:
        Weights, at the middle price, between which nothing is traded. They depend on neither
        volatility nor mean beyond the Merton weight; see `no_trade_edges`.

    Raises:
        InputError: An argument is outside its range.

    Source: Gerhold, Guasoni, Muhle-Karbe & Schachermayer (2014), Theorem 3.1.
    """
    if cost == 0.0:
        return weight, weight
    lower, upper = no_trade_edges(np.full(1, weight), np.full(1, risk_aversion), cost)
    return lower.item(), upper.item()

"""Expected returns that hold out of sample: what the market pays for risk, above cash."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from advisor.arrays import BoolArray, FloatArray
from advisor.data.returns import STRESS_QUANTILE, ReturnModel
from advisor.optimize.returns.covariance import moves
from advisor.optimize.returns.views import Equilibrium

CASH_LIKE = 0.01
"""Annual volatility up to which an asset is as good as cash: ten years tell its mean to 0.3 %."""
USUAL_SHARPE = 0.35
"""Sharpe ratio of a diversified market before its history is looked at: the library's own choice,
not fitted.

Over 1900-2010 world equities beat bills by 4.5 % a year, geometric (Dimson, Marsh and Staunton
2011, Equity Premia Around the World); mixes with bonds and gold vary less than equities do.
"""
SHARPE_SPREAD = 0.15
"""Standard deviation of that ratio among markets and centuries: 44 years of history count as much
as it."""
LEAST_SHARPE = 0.10
"""However bad a history, no market is held for nothing."""


def premium_means(
    assets: Sequence[str],
    raw: FloatArray,
    covariance: FloatArray,
    years: float,
    equilibrium: Equilibrium,
) -> FloatArray:
    """Annual expected returns under which the market portfolio is the best one, shape (n,).

    Args:
        assets: Ids, length n.
        raw: Historical annual means, shape (n,).
        covariance: Annual, shape (n, n).
        years: Of history behind the means.
        equilibrium: Weights of the market (None: equal ones); its premium, where one is stated, is
            used as it is. Its `risk_free` counts where no asset is as good as cash.

    Returns:
        An asset with a volatility of at most `CASH_LIKE` keeps its own mean, and the calmest of
        them tells the risk-free rate. Every other asset earns that rate and its beta times the
        premium of the market, whose Sharpe ratio is the usual one moved towards the history by as
        much as
        `years` say: `k = years / (years + 1 / SHARPE_SPREAD^2)`.
    """
    cash, means = cash_like(covariance), np.array(raw, dtype=np.float64)
    risky = np.flatnonzero(~cash)
    if not len(risky):
        return means
    deviation = np.sqrt(np.maximum(np.diag(covariance), 0.0))
    risk_free = (
        float(means[np.argmin(np.where(cash, deviation, np.inf))])
        if cash.any()
        else equilibrium.risk_free
    )
    names, sigma = [assets[i] for i in risky.tolist()], covariance[np.ix_(risky, risky)]
    market = replace(_of(names, equilibrium), risk_free=risk_free)
    if market.premium is None:
        share = market.shares(names)
        volatility = float(np.sqrt(share @ sigma @ share))
        past = (float(share @ raw[risky]) - risk_free) / volatility
        trust = years / (years + 1.0 / SHARPE_SPREAD**2)
        sharpe = (1.0 - trust) * USUAL_SHARPE + trust * past
        market = replace(market, premium=max(sharpe, LEAST_SHARPE) * volatility)
    means[risky] = market.mean(names, sigma)
    return means


def market_losses(model: ReturnModel, equilibrium: Equilibrium) -> dict[str, float]:
    """What each asset loses in the market's worst year in a hundred, by id, as positive fractions.

    Args:
        model: Its volatilities are those of the forecast where there is one.
        equilibrium: Weights of the market (None: equal ones).

    Returns:
        `max(0, 2.326 * beta * volatility of the market - mean)`, which adds up to a portfolio's own
        worst year in a hundred as far as the portfolio moves with the market: diversification
        counts, and no portfolio that moves as the market does is held to a smaller loss than its
        own. Assets as good as cash are left out.
    """
    risky = np.flatnonzero(~cash_like(model.covariance))
    names = [model.assets[i] for i in risky.tolist()]
    market = _of(names, equilibrium)
    if not names or (market.weights is not None and not sum(market.weights.values()) > 0.0):
        return {}
    seen = model.risk[np.ix_(risky, risky)] @ market.shares(names)
    volatility = float(np.sqrt(market.shares(names) @ seen))
    if not volatility > 0.0:
        return {}
    losses = np.maximum(0.0, STRESS_QUANTILE * seen / volatility - model.mean[risky])
    return dict(zip(names, losses.tolist(), strict=True))


def cash_like(covariance: FloatArray) -> BoolArray:
    """Which assets are as good as cash, shape (n,)."""
    deviation = np.sqrt(np.maximum(np.diag(covariance), 0.0))
    return ~moves(covariance) | (deviation <= CASH_LIKE)


def _of(names: Sequence[str], equilibrium: Equilibrium) -> Equilibrium:
    """The equilibrium among these assets alone."""
    weights = equilibrium.weights
    return (
        equilibrium
        if weights is None
        else replace(
            equilibrium, weights={name: weights[name] for name in names if name in weights}
        )
    )

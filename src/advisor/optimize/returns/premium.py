"""Expected returns that hold out of sample: what the market pays for risk, above cash."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from advisor.arrays import FloatArray
from advisor.optimize.returns.covariance import moves
from advisor.optimize.returns.views import Equilibrium

CASH_LIKE = 0.01
"""Annual volatility up to which an asset is as good as cash: ten years tell its mean to 0.3 %."""
USUAL_SHARPE = 0.35
"""Sharpe ratio of a diversified market before its history is looked at. World equities beat bills by
4.4 % a year at 17 % volatility in 1900-2020 (.26), US equities had .40, and mixes with bonds lie
about there: Dimson, Marsh and Staunton, Global Investment Returns Yearbook 2021."""
SHARPE_SPREAD = 0.15
"""Standard deviation of that ratio among markets and centuries: 44 years of history count as much as it."""
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
        An asset with a volatility of at most `CASH_LIKE` keeps its own mean, and the calmest of them
        tells the risk-free rate. Every other asset earns that rate and its beta times the premium of
        the market, whose Sharpe ratio is the usual one moved towards the history by as much as
        `years` say: `k = years / (years + 1 / SHARPE_SPREAD^2)`.
    """
    deviation = np.sqrt(np.maximum(np.diag(covariance), 0.0))
    cash = ~moves(covariance) | (deviation <= CASH_LIKE)
    risky = np.flatnonzero(~cash)
    means = np.array(raw, dtype=np.float64)
    if not len(risky):
        return means
    risk_free = float(means[np.argmin(np.where(cash, deviation, np.inf))]) if cash.any() else equilibrium.risk_free
    names, sigma = [assets[i] for i in risky.tolist()], covariance[np.ix_(risky, risky)]
    weights = equilibrium.weights
    if weights is not None:
        weights = {name: weights[name] for name in names if name in weights}
    market = replace(equilibrium, weights=weights, risk_free=risk_free)
    if market.premium is None:
        share = market.shares(names)
        volatility = float(np.sqrt(share @ sigma @ share))
        past = (float(share @ raw[risky]) - risk_free) / volatility
        trust = years / (years + 1.0 / SHARPE_SPREAD**2)
        sharpe = (1.0 - trust) * USUAL_SHARPE + trust * past
        market = replace(market, premium=max(sharpe, LEAST_SHARPE) * volatility)
    means[risky] = market.mean(names, sigma)
    return means

"""What each further unit of money in a pick adds to the portfolio a client is advised."""

from __future__ import annotations

from math import isfinite, nan
from typing import TYPE_CHECKING

import numpy as np

from advisor.arrays import FloatArray

if TYPE_CHECKING:
    from advisor.engine.batch import AdviceBatch

_ROWS_AT_A_TIME = 1024
"""So many rows of assets stay in the processor's cache."""


def marginal_values(batch: AdviceBatch) -> FloatArray:
    """Gradient of the certainty equivalent at the advised portfolio, shape (c, k).

    With e the exposures of a product, f its fee, w the portfolio, m the mean returns, S their
    covariance and g the effective risk aversion: e'm - f - g e'Sw a year for each unit of money.

    Returns:
        nan where there is no product or no portfolio, and where risk aversion is without limit.
        Every sum runs in the order of the assets, so a client's bits depend on no other client.
    """
    state, codes = batch.state, batch.pick_codes
    weights, gamma = batch.weights_after, batch.allocations.effective
    gamma = np.where(np.isfinite(gamma), gamma, np.nan)
    risk: FloatArray = np.zeros(weights.shape)
    for start in range(0, len(weights), _ROWS_AT_A_TIME):
        part = slice(start, start + _ROWS_AT_A_TIME)
        for held, covariance in zip(weights[part].T, state.model.covariance, strict=True):
            risk[part] += held[:, None] * covariance
    net = state.model.mean - gamma[:, None] * risk
    value: FloatArray = np.where(codes >= 0, -state.catalogue.annual_fee[codes], np.nan)
    rows = np.arange(len(codes))[:, None]
    for assets, shares in zip(*(part.T for part in state.exposed_to), strict=True):
        value += shares[codes] * net[rows, assets[codes]]
    return value


def marginal_values_of(
    weights: list[float], gamma: float, codes: list[int], batch: AdviceBatch
) -> list[float]:
    """`marginal_values` of one client, written in plain numbers, which few assets are faster in.

    Args:
        weights: The advised portfolio, length n.
        gamma: Effective risk aversion.
        codes: Products, none of them empty.
        batch: Advice.
    """
    if not isfinite(gamma):
        return [nan] * len(codes)
    state = batch.state
    means, covariance = state.plain_moments
    risk = [0.0] * len(weights)
    for held, row in zip(weights, covariance, strict=True):
        if held != 0.0:
            risk = [sum_ + held * part for sum_, part in zip(risk, row, strict=True)]
    net = [mean - gamma * part for mean, part in zip(means, risk, strict=True)]
    product_values: list[float] = []
    for code in codes:
        value = -state.catalogue.annual_fee.item(code)
        for asset, share in zip(*(part[code].tolist() for part in state.exposed_to), strict=True):
            value += share * net[asset]
        product_values.append(value)
    return product_values

"""What each further unit of money in a pick adds to the portfolio a client is advised."""

from __future__ import annotations

from math import isfinite, nan

import numpy as np

from advisor.arrays import FloatArray, IntArray
from advisor.engine.state import AdvisorState

_ROWS_AT_A_TIME = 1024
"""So many rows of assets stay in the processor's cache."""


def marginal_values(
    state: AdvisorState, codes: IntArray, weights: FloatArray, gamma: FloatArray
) -> FloatArray:
    """Gradient of the certainty equivalent at the advised portfolio, shape (c, k).

    With e the exposures of a product, f its fee, w the portfolio, m the mean returns, S their
    covariance and g the effective risk aversion: e'm - f - g e'Sw a year for each unit of money.

    Args:
        state: Returns and products.
        codes: Products, -1 where none, shape (c, k).
        weights: The advised portfolio, shape (c, n).
        gamma: Effective risk aversion, shape (c,).

    Returns:
        nan where there is no product or no portfolio, and where risk aversion is without limit.
        Every sum runs in the order of the assets, so a client's bits depend on no other client.
    """
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
    state: AdvisorState, codes: list[int], weights: list[float], gamma: float
) -> list[float]:
    """`marginal_values` of one client, written in plain numbers, which few assets are faster in.

    Args:
        state: Returns and products.
        codes: Products, none of them empty.
        weights: The advised portfolio, length n.
        gamma: Effective risk aversion.
    """
    if not isfinite(gamma):
        return [nan] * len(codes)
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

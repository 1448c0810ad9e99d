"""What each further unit of money in a pick adds to the portfolio a client is advised."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from advisor.arrays import FloatArray, IntArray

if TYPE_CHECKING:
    from advisor.engine.batch import AdviceBatch


def advised_weights(batch: AdviceBatch) -> FloatArray:
    """The portfolio that an advice is about, by asset, nan rows where none; shape (c, n)."""
    return batch.weights


def marginal_values(batch: AdviceBatch, rows: slice, codes: IntArray) -> FloatArray:
    """Gradient of the certainty equivalent at the advised portfolio, shape (c, k).

    With e the exposures of a product, f its fee, w the portfolio, m the mean returns, S their
    covariance and g the effective risk aversion: e'm - f - g e'Sw a year for each unit of money.

    Args:
        batch: Advice.
        rows: The c clients asked for.
        codes: Products in the catalogue, -1 = empty, shape (c, k).

    Returns:
        nan where there is no product or no portfolio, and where risk aversion is without limit.
        Every sum runs in the order of the assets, so a client's bits depend on no other client.
    """
    house = batch.house
    weights, gamma = advised_weights(batch)[rows], batch.places.effective[rows]
    gamma = np.where(np.isfinite(gamma), gamma, np.nan)
    risk: FloatArray = np.zeros(weights.shape)
    for held, covariance in zip(weights.T, house.model.covariance, strict=True):
        risk += held[:, None] * covariance
    net = house.model.mean - gamma[:, None] * risk
    value: FloatArray = np.where(codes >= 0, -house.catalogue.annual_fee[codes], np.nan)
    for exposure, of_asset in zip(house.exposures.T, net.T, strict=True):
        value += exposure[codes] * of_asset[:, None]
    return value

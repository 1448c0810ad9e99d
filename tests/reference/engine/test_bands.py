"""No-trade bands of orders against numpy's cube root and the exact region of one asset."""

from __future__ import annotations

import numpy as np
import pytest

from advisor.engine.orders import TradeSettings, Worth
from advisor.engine.orders.sales import cube_root
from advisor.lifecycle import no_trade_region


def test_cube_roots_are_numpys() -> None:
    values = np.concatenate([[0.0, 1.0], np.geomspace(1e-15, 4.0, 500)])
    np.testing.assert_allclose(cube_root(values), np.cbrt(values), rtol=5e-16)


@pytest.mark.parametrize(("cost", "apart"), [(0.001, 0.0003), (0.005, 0.001), (0.02, 0.004)])
def test_a_band_is_near_the_exact_region(cost: float, apart: float) -> None:
    weights, gamma = np.array([[0.2], [0.5], [0.8]]), np.array([2.0, 5.0, 20.0])
    settings = TradeSettings(trading_cost=cost)
    bands = Worth.of(settings, np.full(3, 1e6), weights, gamma, np.full(3, 0.01)).bands
    for weight, averse, band in zip(weights[:, 0], gamma, bands[:, 0], strict=True):
        low, high = no_trade_region(float(weight), float(averse), cost)
        assert band == pytest.approx(high - weight, abs=apart)
        assert band == pytest.approx(weight - low, abs=apart)

"""No-trade regions of orders against the free-boundary problem, shot at by Runge-Kutta."""

from __future__ import annotations

from math import log

import numpy as np
import pandas as pd
import pytest

from advisor import Advisor, Catalogue, Client, Interactions, Product, ReturnModel
from advisor.engine.orders import TradeSettings, Worth
from advisor.lifecycle import no_trade_region


def shot(weight: float, gamma: float, cost: float) -> tuple[float, float]:
    """The edges by shooting: the Riccati equation from the lower edge on, by 400 fourth-order
    steps, and bisection over the gap until it ends at the upper edge.

    Source: Gerhold, Guasoni, Muhle-Karbe & Schachermayer (2014), Theorem 3.1.
    """

    def misses(gap: float) -> bool:
        below, above = weight - gap, weight + gap
        length = log(above * (1 - below) / (below * (1 - above))) + log((1 + cost) / (1 - cost))
        step, w = length / 400, below

        def slope(x: float) -> float:
            return (gamma - 1) * x * x - (2 * gamma * weight - 1) * x + gamma * below * above

        for _ in range(400):
            k1 = slope(w)
            k2 = slope(w + step * k1 / 2)
            k3 = slope(w + step * k2 / 2)
            w += step / 6 * (k1 + 2 * k2 + 2 * k3 + slope(w + step * k3))
        return w > above

    low, high = 0.0, min(weight, 1 - weight) * (1 - 1e-9)
    for _ in range(40):
        middle = (low + high) / 2
        low, high = (middle, high) if misses(middle) else (low, middle)
    odds_low = (weight - low) / (1 - weight + low) / (1 + cost)
    odds_high = (weight + low) / (1 - weight - low) / (1 - cost)
    return odds_low / (1 + odds_low), odds_high / (1 + odds_high)


POINTS = np.random.default_rng(5)
OFF_GRID = [
    (float(w), float(g))
    for w, g in zip(
        POINTS.uniform(0.02, 0.98, 12), np.exp(POINTS.uniform(0.0, log(60.0), 12)), strict=True
    )
]


@pytest.mark.parametrize("cost", [0.0005, 0.002, 0.005, 0.02])
def test_bands_are_the_edges_of_the_exact_region_on_both_sides(cost: float) -> None:
    weights, gamma = map(np.array, zip(*OFF_GRID, strict=True))
    settings, count = TradeSettings(trading_cost=cost), len(OFF_GRID)
    money, unit = np.full(count, 1e6), np.full(count, 0.01)
    worth = Worth.of(settings, money, (weights[:, None], gamma), money[:, None], unit)
    for i, (weight, averse) in enumerate(OFF_GRID):
        edges = shot(weight, averse, cost)
        assert no_trade_region(weight, averse, cost) == pytest.approx(edges, abs=1e-8)
        reached = weight - worth.below[i, 0], weight + worth.above[i, 0]
        assert reached == pytest.approx(edges, abs=5e-6)


def test_a_region_is_exact_where_the_law_is_far_off_and_where_shooting_fails() -> None:
    edges = shot(0.004, 1.0, 0.02)
    assert edges[0] < 1e-5
    assert edges[1] > 0.008
    assert no_trade_region(0.004, 1.0, 0.02) == pytest.approx(edges, abs=1e-8)
    weights = np.array([0.003, 0.5, 0.9995])
    for weight in weights:
        low, high = no_trade_region(float(weight), 0.3, 0.2)
        assert 0.0 <= low < weight < high <= 1.0


@pytest.mark.parametrize(
    ("weight", "averse"), [(0.0, 3.0), (1.0, 3.0), (0.4, np.inf), (0.4, np.nan), (np.nan, 3.0)]
)
def test_there_is_no_region_without_a_target_inside_or_a_risk_aversion(
    weight: float, averse: float
) -> None:
    one, settings = np.ones(1), TradeSettings(trading_cost=0.01)
    targets = np.full((1, 1), weight), np.full(1, averse)
    worth = Worth.of(settings, one, targets, one[:, None], one)
    assert worth.above.item() == worth.below.item() == 0.0


def test_a_risk_aversion_below_the_grid_counts_as_its_least() -> None:
    settings, one = TradeSettings(trading_cost=0.01), np.ones(1)
    below, above = settings.regions.half_widths(0.4 * one, 0.001 * one)
    low, high = no_trade_region(0.4, 0.1, 0.01)
    assert (0.4 - below.item(), 0.4 + above.item()) == pytest.approx((low, high), abs=1e-5)


@pytest.fixture(scope="module")
def advisor() -> Advisor:
    """Shares, bonds and a deposit, one fund of each, at a trading cost of 1 %."""
    model = ReturnModel(
        ["shares", "bonds", "deposit"],
        [0.07, 0.04, 0.01],
        np.diag([0.16, 0.07, 0.002]) ** 2,
        risk_levels={"shares": 4, "bonds": 2, "deposit": 1},
    )
    catalogue = Catalogue.from_products(
        Product(id=a[0].upper(), name=a, asset=a, risk_level=level, annual_fee=0.0)
        for a, level in (("shares", 4), ("bonds", 2), ("deposit", 1))
    )
    bought = Interactions.from_frame(
        pd.DataFrame({"client_id": ["x", "y"], "product_id": ["S", "B"], "day": ["2026-01-02"] * 2})
    )
    return Advisor.fit(
        model, bought, catalogue=catalogue, trading_cost=0.01, min_trade=1.0, max_product_share=1.0
    )


def orders(advisor: Advisor, **holdings: float) -> tuple[dict[str, float], dict[str, float], float]:
    """(orders by product, target by product, effective risk aversion) of a C4 client who holds
    these fractions of a million."""
    client = Client(
        id="li", wealth=1e6, horizon_years=9, age=44, level=4, assessed_on="2026-05-04", knowledge=80.0,
        holdings={name: share * 1e6 for name, share in holdings.items()},
    )  # fmt: skip
    advice = advisor.advise(client, as_of="2026-06-01")
    return (
        {order.product_id: order.money for order in advice.orders},
        {asset[0].upper(): weight for asset, weight in advice.weights.items()},
        float(advice.effective_risk_aversion or 0.0),
    )


def test_an_advisor_sells_beyond_the_upper_edge_alone(advisor: Advisor) -> None:
    _, target, averse = orders(advisor)
    high = no_trade_region(target["B"], averse, 0.01)[1]
    for held, sells in ((high - 1e-4, False), (high + 1e-4, True)):
        ordered, _, _ = orders(advisor, B=held, S=1.0 - held)
        assert (ordered.get("B", 0.0) < 0.0) == sells
        if sells:
            assert ordered["B"] == pytest.approx(-(held - target["B"]) * 1e6, abs=1.0)


def test_money_goes_first_where_a_weight_is_below_its_lower_edge(advisor: Advisor) -> None:
    _, target, averse = orders(advisor)
    low = no_trade_region(target["B"], averse, 0.01)[0]
    shares = target["S"] - 0.2
    for held, inside in ((low + 1e-4, True), (low - 1e-4, False)):
        ordered, _, _ = orders(advisor, B=held, S=shares)
        lacks, money = target["B"] - held, (1.0 - held - shares) / 1.01
        expected = money - 0.2 if inside else money * lacks / (lacks + 0.2)
        assert ordered["B"] == pytest.approx(expected * 1e6, abs=1.0)
        assert ordered["S"] == pytest.approx((money - expected) * 1e6, abs=1.0)

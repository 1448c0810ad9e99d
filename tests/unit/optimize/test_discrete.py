"""Whole units against every other number of units, and the frontier's own ways out."""

from __future__ import annotations

from fractions import Fraction
from itertools import product
from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
import pytest

from advisor import (
    InfeasibleError,
    InputError,
    Mandate,
    ReturnModel,
    discrete_allocation,
    optimal_portfolio,
    trace_frontier,
)
from advisor.optimize import discrete


def least(
    weights: dict[str, float], prices: dict[str, float], cash: float, lot: int = 1
) -> Fraction:
    """The least remainder plus deviations, over all whole units, in exact fractions."""
    targets = [Fraction(w) * Fraction(cash) for w in weights.values()]
    costs = [Fraction(prices[name]) * lot for name in weights]
    budget = sum(targets)
    best = None
    for units in product(*(range(int(budget / cost) + 1) for cost in costs)):
        money = [cost * n for cost, n in zip(costs, units, strict=True)]
        if (rest := budget - sum(money)) >= 0:
            value = rest + sum(abs(m - t) for m, t in zip(money, targets, strict=True))
            best = value if best is None else min(best, value)
    assert best is not None
    return best


@pytest.mark.parametrize("seed", range(12))
@pytest.mark.parametrize("lot", [1, 3])
def test_no_other_units_are_closer(seed: int, lot: int) -> None:
    rng = np.random.default_rng(seed)
    names = ["a", "b", "c"]
    weights = dict(
        zip(names, (rng.dirichlet(np.ones(3)) * rng.uniform(0.5, 1.0)).tolist(), strict=True)
    )
    prices = dict(zip(names, rng.uniform(20.0, 90.0, 3).round(2).tolist(), strict=True))
    bought = discrete_allocation(weights, prices, 1000.0, lots=lot)
    assert bought.remainder + bought.deviation == pytest.approx(
        float(least(weights, prices, 1000.0, lot)), abs=1e-6
    )
    assert bought.gap == pytest.approx(0.0, abs=1e-6)
    assert (bought.units % lot == 0).all()
    assert float(bought.money.sum()) + bought.remainder == pytest.approx(
        1000.0 * sum(weights.values()), abs=1e-6
    )


def test_what_fits_exactly_is_bought_exactly() -> None:
    bought = discrete_allocation(
        {"a": 0.331, "b": 0.669}, pd.Series({"b": 66.9, "a": 11.03, "c": 1.0}), 100.0
    )
    assert bought.units.tolist() == [3, 1]
    assert bought.to_frame()["money"].tolist() == pytest.approx([33.09, 66.9])
    assert bought.remainder == pytest.approx(0.01)
    portfolio = optimal_portfolio(MODEL, risk_aversion=3.0)
    assert discrete_allocation(portfolio, {"cash": 1.0, "stocks": 7.0}, 700.0).units.tolist() == [
        350,
        50,
    ]
    assert discrete_allocation({}, {}, 5.0).units.tolist() == []


@pytest.mark.parametrize(
    ("prices", "weights", "cash"),
    [
        ((1_000_000.0, 14.67), (0.892, 0.108), 6_068_210.71),
        ((700_000.0, 31.4), (0.55, 0.45), 2_000_000.0),
        ((0.0001, 250.0), (0.3, 0.7), 9_000.0),
    ],
)
def test_prices_far_apart(
    prices: tuple[float, float], weights: tuple[float, float], cash: float
) -> None:
    """Of each number of the dear one, the best number of the other is next to its target or to what
    the money pays for."""
    cheap, dear = sorted(range(2), key=lambda i: prices[i])
    price, target = [Fraction(p) for p in prices], [Fraction(w) * Fraction(cash) for w in weights]
    budget, best = sum(target), None
    for many in range(int(budget / price[dear]) + 1):
        rest = budget - many * price[dear]
        most = int(rest / price[cheap])
        near = int(target[cheap] / price[cheap])
        for few in {min(near, most), min(near + 1, most), most}:
            left = rest - few * price[cheap]
            missed = abs(many * price[dear] - target[dear]) + abs(
                few * price[cheap] - target[cheap]
            )
            best = left + missed if best is None else min(best, left + missed)
    bought = discrete_allocation(
        dict(zip("ab", weights, strict=True)), dict(zip("ab", prices, strict=True)), cash
    )
    assert best is not None
    assert bought.remainder + bought.deviation == pytest.approx(float(best), abs=1e-4 * cash**0.5)
    assert float(bought.money.sum()) <= cash * (1.0 + 1e-8)


def test_what_is_rounded_to_a_whole_number_is_paid_for(monkeypatch: pytest.MonkeyPatch) -> None:
    """A search that takes 0.999999 of a dear unit for a whole one, and spends the rest."""
    spent: list[float] = []

    def loose(c: Any, **rest: Any) -> Any:
        ub = float(np.max(rest["constraints"][2].ub))
        spent.append(ub)
        dear = 1.0 - 1e-6 if len(spent) == 1 else 1.0
        price = -np.asarray(c)[:2]
        units = [dear, np.floor((ub - dear * price[0]) / price[1] + 1e-9)]
        return SimpleNamespace(x=np.array([*units, 0.0, 0.0]), fun=-1e9, mip_dual_bound=None)

    monkeypatch.setattr(discrete, "milp", loose)
    bought = discrete_allocation({"a": 0.99, "b": 0.01}, {"a": 30_000.0, "b": 0.02}, 30_300.01)
    assert len(spent) == 2
    assert spent[1] < spent[0]
    assert float(bought.money.sum()) <= 30_300.01 * (1.0 + 1e-8)
    assert bought.gap > 0.0


def test_weights_rounded_to_digits_and_assets_nobody_wants() -> None:
    rng = np.random.default_rng(1)
    names = [f"x{i}" for i in range(9)]
    prices = dict(zip(names, rng.uniform(5.0, 90.0, 9).round(2).tolist(), strict=True))
    above = 0
    for _ in range(20):
        weights = dict(zip(names, rng.dirichlet(np.ones(9)).round(4).tolist(), strict=True))
        above += sum(weights.values()) > 1.0 + 1e-9
        bought = discrete_allocation(weights, prices, 10_000.0)
        assert float(bought.money.sum()) + bought.remainder <= 10_000.0 * (1.0 + 1e-9)
    assert above > 4
    bought = discrete_allocation({"a": 1.0, "b": 0.0}, {"a": 30.0}, 100.0, lots=np.int64(2))
    assert (bought.assets, bought.units.tolist()) == (("a",), [2])


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"weights": {"a": -0.1}}, "weights"),
        ({"weights": {"a": 0.7, "b": 0.4}}, "weights"),
        ({"weights": {"a": float("nan")}}, "weights"),
        ({"weights": [1.0]}, "weights"),
        ({"prices": {"b": 1.0}}, "prices"),
        ({"prices": {"a": 0.0}}, "prices"),
        ({"cash": 0.0}, "cash"),
        ({"cash": float("inf")}, "cash"),
        ({"lots": 0}, "lots"),
        ({"lots": {"a": 1.5}}, "lots"),
        ({"lots": True}, "lots"),
    ],
)
def test_what_buys_nothing_is_refused(change: dict[str, Any], field: str) -> None:
    given: dict[str, Any] = {
        "weights": {"a": 0.5},
        "prices": {"a": 2.0, "b": 3.0},
        "cash": 100.0,
    } | change
    with pytest.raises(InputError) as caught:
        discrete_allocation(given.pop("weights"), given.pop("prices"), given.pop("cash"), **given)
    assert caught.value.field == field


MODEL = ReturnModel(["cash", "stocks"], [0.02, 0.08], [[0.0, 0.0], [0.0, 0.04]])


def test_a_frontier_as_a_table_and_a_figure() -> None:
    """Cash and one asset: two corners, all cash up to no risk tolerance, all stocks from (0.08 -
    0.02) / 0.04 = 1.5."""
    frontier = trace_frontier(MODEL)
    frame = frontier.to_frame()
    assert list(frame.columns) == [
        "mean",
        "volatility",
        "risk_aversion",
        "weight:cash",
        "weight:stocks",
    ]
    assert frame.iloc[0].tolist() == [0.02, 0.0, np.inf, 1.0, 0.0]
    assert frame.iloc[-1].tolist() == pytest.approx([0.08, 0.2, 1.5, 0.0, 1.0])
    assert frontier.plot().axes


def test_the_least_risk_for_a_return() -> None:
    portfolio = optimal_portfolio(MODEL, target_return=0.05)
    assert portfolio.weights.tolist() == pytest.approx([0.5, 0.5])
    assert portfolio.risk_aversion == pytest.approx(3.0)
    assert portfolio.kkt_residual < 1e-9
    assert optimal_portfolio(MODEL, target_return=0.0).weights.tolist() == [1.0, 0.0]
    assert optimal_portfolio(MODEL, target_return=0.08).weights.tolist() == pytest.approx(
        [0.0, 1.0]
    )


def test_the_least_risk_for_a_return_against_a_grid() -> None:
    model = ReturnModel(
        ["a", "b", "c"],
        [0.03, 0.06, 0.09],
        [[0.01, 0.002, 0.0], [0.002, 0.03, 0.01], [0.0, 0.01, 0.08]],
    )
    portfolio = optimal_portfolio(model, Mandate(max_weight=0.7), target_return=0.065)
    b = np.linspace(0.0, 0.7, 70_001)
    c = (0.065 - 0.03 - 0.03 * b) / 0.06
    grid = np.column_stack([1.0 - b - c, b, c])
    grid = grid[((grid >= 0.0) & (grid <= 0.7)).all(axis=1)]
    best = np.sqrt(np.einsum("ij,jk,ik->i", grid, model.covariance, grid).min())
    assert portfolio.mean == pytest.approx(0.065, abs=1e-12)
    assert portfolio.volatility == pytest.approx(best, abs=1e-7)
    assert portfolio.volatility <= best + 1e-12


def test_returns_that_cannot_be_aimed_at_are_refused() -> None:
    with pytest.raises(InfeasibleError, match=r"0\.081 is above 0\.08"):
        optimal_portfolio(MODEL, target_return=0.081)
    with pytest.raises(InputError, match="alone"):
        optimal_portfolio(MODEL, target_return=0.05, risk_aversion=3.0)
    with pytest.raises(InputError, match="target_return"):
        optimal_portfolio(MODEL, target_return=float("nan"))

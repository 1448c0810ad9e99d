"""What just suffices is enough: thresholds met exactly, computed in fractions."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pandas as pd
import pytest

from advisor import InputError
from advisor.contracts import Goal
from advisor.lifecycle import (
    FundReturns,
    Household,
    LifeEvent,
    Position,
    ProductCosts,
    RebalancePolicy,
    Simulation,
    TaxLots,
    event_table,
    ex_ante_costs,
    ex_post_costs,
    goal_success,
    life_timeline,
    liquidity_reserve,
    plan_goals,
    rebalance,
    required_saving,
    sell_lots,
    switch_benefit,
    wealth_fan,
)


def test_a_goal_that_riskless_money_meets_exactly_is_met() -> None:
    rng = np.random.default_rng(0)
    wealth, percent, years = (rng.integers(1, high, 5000) for high in (10_000, 21, 30))
    amount = [
        float(Fraction(int(w)) * (1 + Fraction(int(r), 100)) ** int(y))
        for w, r, y in zip(wealth, percent, years, strict=True)
    ]
    odds = goal_success(wealth, amount, years, percent / 100.0, 0.0)
    assert (odds.probability == 1.0).all()
    assert (goal_success(wealth, np.array(amount) * 1.0001, years, percent / 100.0, 0.0)
            .probability == 0.0).all()  # fmt: skip
    for i in range(200):
        fan = wealth_fan(
            float(wealth[i]),
            np.zeros(years[i]),
            returns=FundReturns(safe=percent[i] / 100.0),
            amount=amount[i],
            simulation=Simulation(draws=100),
        )
        assert fan.probability == 1.0


def test_what_must_be_saved_is_enough() -> None:
    rng = np.random.default_rng(1)
    for _ in range(200):
        years, amount = float(rng.integers(1, 10)), float(rng.integers(1, 10**6))
        saving = required_saving(0.0, amount, years, 0.0, 0.0)[0]
        assert goal_success(0.0, amount, years, 0.0, 0.0, saving=saving).probability[0] == 1.0
        goal = Goal(name="g", amount=amount, years=years)
        plan = plan_goals(1e9, [goal], float(rng.integers(0, 20)) / 100.0, 0.0)
        assert plan.goals[0].probability == 1.0
        assert plan.goals[0].saving == 0.0


def test_a_switch_that_only_breaks_even_is_not_made() -> None:
    rng = np.random.default_rng(2)
    leave, enter, years = (
        rng.integers(low, high, 10_000) for low, high in ((1, 30), (0, 30), (1, 10))
    )
    amount = rng.integers(1, 100_000, 10_000)
    gain = [
        float(Fraction(int(a + b), int(1000 * y)))
        for a, b, y in zip(leave, enter, years, strict=True)
    ]
    same = switch_benefit(amount, gain, years, exit_cost=leave / 1000, entry_cost=enter / 1000)
    assert not same.worthwhile.any()
    more = np.array(gain) * 1.0001
    assert switch_benefit(
        amount, more, years, exit_cost=leave / 1000, entry_cost=enter / 1000
    ).worthwhile.all()


def test_a_trade_of_the_smallest_size_is_placed() -> None:
    rng = np.random.default_rng(3)
    target = (Fraction(2, 10), Fraction(3, 10), Fraction(5, 10))
    for _ in range(2000):
        held = rng.integers(1, 2000, 3)
        gaps = [abs(t * int(held.sum()) - int(h)) for t, h in zip(target, held, strict=True)]
        if not all(gaps):
            continue
        policy = RebalancePolicy(absolute=0.0, relative=None, drift=0.0, min_trade=float(min(gaps)))
        plan = rebalance(held.astype(float), [0.2, 0.3, 0.5], policy=policy)
        assert (plan.trades != 0.0).all()


def test_a_sale_of_all_lots_leaves_nothing_and_misses_nothing() -> None:
    rng = np.random.default_rng(4)
    for _ in range(2000):
        tenths = rng.integers(1, 100, int(rng.integers(1, 8)))
        count = len(tenths)
        lots = TaxLots(
            np.zeros(count, dtype=np.int64),
            tenths / 10.0,
            np.round(rng.random(count) * 10, 2),
            np.full(count, np.datetime64("2020-01-01")),
        )
        total = float(Fraction(int(tenths.sum()), 10))
        sale = sell_lots(lots, [total, 1.0], [5.0, 5.0], on="2026-01-01")
        assert sale.unfilled.tolist() == [0.0, 1.0]
        np.testing.assert_allclose(sale.sold, tenths / 10.0, rtol=1e-12)


def test_an_event_falls_into_its_year_and_is_reserved_for_up_to_the_horizon() -> None:
    for tenths in range(1, 80):
        years = sum([0.1] * tenths)  # 0.1 + 0.1 + 0.1 is a little above 0.3
        line = life_timeline(
            100.0,
            events=[LifeEvent("house", 60.0, years)],
            years=9,
            returns=FundReturns(0.0, safe=0.0),
        )
        assert np.flatnonzero(line.paid).tolist() == [-(-tenths // 10)]
        horizon = float(Fraction(tenths, 10))
        due = liquidity_reserve(0.0, 0.0, np.array([[60.0]]), np.array([[years]]), horizon=horizon)
        assert due.tolist() == [60.0]


def test_what_never_comes_costs_nothing_and_what_outgrows_numbers_is_refused() -> None:
    amounts, years = event_table([[LifeEvent("x", 5.0, np.inf, inflation=0.5)]])
    assert (amounts.tolist(), years.tolist()) == ([[5.0]], [[np.inf]])
    assert liquidity_reserve(0.0, 0.0, amounts, years).tolist() == [0.0]
    with pytest.raises(InputError, match="beyond any number"):
        LifeEvent("x", 1.0, 1e6, inflation=0.5)
    with pytest.raises(InputError, match="years is nan"):
        liquidity_reserve(1.0, 1.0, np.array([[5.0]]), np.array([[np.nan]]))


def test_no_charge_is_lost_and_no_cost_is_stated_twice() -> None:
    rows = {"product_id": [101, 101.0, "101"], "kind": ["entry", "exit", "exit"]}
    report = ex_post_costs(
        pd.DataFrame(rows | {"money": [1.0, 2.0, 3.0]}), start_value=100.0, end_value=90.0
    )
    assert report.money.loc["101", ["entry", "exit"]].tolist() == [1.0, 5.0]
    rows["product_id"][1] = None
    with pytest.raises(InputError, match="product_id is missing in row 1"):
        ex_post_costs(pd.DataFrame(rows | {"money": [1.0, 2.0, 3.0]}), start_value=1, end_value=1)
    with pytest.raises(InputError, match="twice"):
        ex_ante_costs({"F": 1.0}, [ProductCosts("F", entry=0.1), ProductCosts("F")])


def test_a_household_with_an_owner_of_unknown_level_has_none() -> None:
    positions = [Position("ann", "1", "s", 1.0), Position("bob", "2", "s", 1.0)]
    assert Household.of(positions, ["s"], levels={"ann": 5, "bob": 3, "eve": 4}).level == 3
    assert Household.of(positions, ["s"], levels={"ann": 5}).level == 0
    assert Household.of(positions, ["s"]).level == 0

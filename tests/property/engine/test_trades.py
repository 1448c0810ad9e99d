"""Sales against scipy's linear programmes, and what must hold of any of them."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.optimize import linprog

from advisor.arrays import BoolArray, FloatArray
from advisor.data.sparse_rows import SparseRows
from advisor.engine.orders import Trades, Worth, trades_of
from advisor.engine.universe.holdings import FREE, KEPT, LEAVING, Holdings

Case = tuple[FloatArray, FloatArray, BoolArray, Holdings]
SHARES = np.array(
    [
        [1, 0, 0, 0],
        [0, 1, 0, 0],
        [0.5, 0.5, 0, 0],
        [0, 0, 0.3, 0.7],
        [0, 0, 0, 1],
        [0.2, 0.2, 0.3, 0.3],
    ]
)
FEES = np.array([0.0, 0.01, 0.002, 0.03, 0.0, 0.005])
CENT = 0.01


def case(seed: int, count: int, pure: bool = False) -> Case:
    """Clients with up to four holdings over four vehicles; some locked, some unsuitable, some
    clients without a target."""
    rng = np.random.default_rng(seed)
    kinds = [0, 1, 4] if pure else list(range(len(SHARES)))
    table = SparseRows.of(
        [
            {
                f"p{j}": float(rng.integers(1, 40_000)) / 100
                for j in rng.choice(kinds, rng.integers(0, min(len(kinds), 4) + 1), replace=False)
            }
            for _ in range(count)
        ]
    )
    which = (
        np.array([int(name[1:]) for name in table.names], dtype=np.int64)[table.codes]
        if len(table.codes)
        else np.zeros(0, dtype=np.int64)
    )
    rows, spread = table.row_of_entry(), SHARES[which]
    kind = rng.choice([FREE, FREE, KEPT, LEAVING], len(which))
    by_vehicle, locked = np.zeros((2, count, 4))
    np.add.at(by_vehicle, rows, table.values[:, None] * spread)
    np.add.at(locked, rows[kind == KEPT], (table.values[:, None] * spread)[kind == KEPT])
    wealth = by_vehicle.sum(axis=1) + rng.integers(0, 300, count)
    weights, invested = rng.dirichlet(np.ones(4), count), rng.random(count) < 0.8
    weights[~invested] = np.nan
    none = np.full(len(which), -1)
    parts = (
        rows,
        table.codes,
        table,
        none,
        spread,
        FEES[which],
        kind,
        kind == LEAVING,
        by_vehicle,
        locked,
    )
    return weights, wealth, invested, Holdings(*parts, np.zeros((count, 4)))


def exact(count: int) -> Worth:
    """Every trade is worth making."""
    return Worth(np.zeros(count), np.zeros((0, 0)), np.zeros((0, 0)), np.full(count, CENT), 0.0)


def most_worth_kept(i: int, weights: FloatArray, wealth: FloatArray, holdings: Holdings) -> float:
    """What free holdings of client i may be worth that take no vehicle beyond its target, by
    HiGHS."""
    mine = (holdings.rows == i) & (holdings.kind == FREE)
    if not mine.any():
        return 0.0
    room = np.maximum(weights[i] * wealth[i] - holdings.locked[i], 0.0)
    found = linprog(
        -(1.0 - holdings.fee[mine]),
        A_ub=holdings.spread[mine].T,
        b_ub=room,
        bounds=[(0.0, money) for money in holdings.table.values[mine]],
        method="highs",
    )
    return float(-found.fun)


def worth_kept(i: int, trades: Trades, holdings: Holdings) -> float:
    mine = (holdings.rows == i) & (holdings.kind == FREE)
    return float(
        ((1.0 - holdings.fee[mine]) * (holdings.table.values[mine] - trades.sales[mine])).sum()
    )


def optimal(
    trades: Trades, weights: FloatArray, wealth: FloatArray, invested: BoolArray, holdings: Holdings
) -> bool:
    """Whether sales keep as much as no vehicle beyond its target allows, to a cent an entry."""
    for i in np.flatnonzero(invested & (wealth > 0.0)).tolist():
        slack = CENT * (1 + np.count_nonzero(holdings.rows == i))
        if (
            abs(worth_kept(i, trades, holdings) - most_worth_kept(i, weights, wealth, holdings))
            > slack
        ):
            return False
        left = holdings.by_vehicle[i] - np.einsum(
            "e,ev->v", trades.sales[holdings.rows == i], holdings.spread[holdings.rows == i]
        )
        if (left > np.maximum(weights[i] * wealth[i], holdings.locked[i]) + slack).any():
            return False
    return True


@given(st.integers(0, 2**32 - 1), st.sampled_from([1, 5, 100]), st.booleans())
def test_sales_keep_the_most_and_rows_stand_alone(seed: int, count: int, pure: bool) -> None:
    weights, wealth, invested, holdings = case(seed, count, pure)
    trades = trades_of(weights, wealth, invested, holdings, exact(count))
    assert optimal(trades, weights, wealth, invested, holdings)
    assert (trades.sales[holdings.kind == KEPT] == 0.0).all()
    leaving = (holdings.kind == LEAVING) & invested[holdings.rows]
    np.testing.assert_allclose(trades.sales[leaving], holdings.table.values[leaving], atol=CENT)
    assert (trades.sales >= 0.0).all()
    assert (trades.sales <= holdings.table.values + 1e-9).all()
    assert (trades.sales[~invested[holdings.rows]] == 0.0).all()
    spent, cash = trades.gaps.sum(axis=1), wealth - holdings.by_vehicle.sum(axis=1)
    proceeds = np.bincount(holdings.rows, weights=trades.sales, minlength=count)
    assert (spent <= cash + proceeds + 1e-9).all()
    i = count // 2
    mine = holdings.rows == i
    alone = Holdings(
        np.zeros_like(holdings.rows[mine]),
        holdings.names[mine],
        holdings.table.take(np.array([i])),
        holdings.products[mine],
        holdings.spread[mine],
        holdings.fee[mine],
        holdings.kind[mine],
        holdings.unsuitable[mine],
        holdings.by_vehicle[[i]],
        holdings.locked[[i]],
        holdings.ceiling[[i]],
    )
    one = trades_of(weights[[i]], wealth[[i]], invested[[i]], alone, exact(1))
    assert one.gaps.tobytes() == trades.gaps[[i]].tobytes()
    assert one.sales.tobytes() == trades.sales[mine].tobytes()


def test_the_comparison_catches_a_copy_that_never_sells_mixed_funds() -> None:
    weights, wealth, invested, holdings = case(3, 100)
    mixed = (holdings.spread > 0.0).sum(axis=1) > 1
    timid = replace(holdings, kind=np.where(mixed, KEPT, holdings.kind))
    trades = trades_of(weights, wealth, invested, timid, exact(100))
    assert not optimal(trades, weights, wealth, invested, holdings)


def test_small_trades_and_bands_are_left_out() -> None:
    table = SparseRows.of([{"p0": 530.0, "p1": 470.0}])
    rows = table.row_of_entry()
    spread = SHARES[[0, 1]]
    by_vehicle = np.array([[530.0, 470.0, 0.0, 0.0]])
    kind = np.full(2, FREE)
    holdings = Holdings(
        rows,
        table.codes,
        table,
        np.full(2, -1),
        spread,
        np.zeros(2),
        kind,
        kind == LEAVING,
        by_vehicle,
        *np.zeros((2, 1, 4)),
    )
    weights, wealth, yes = np.array([[0.5, 0.5, 0.0, 0.0]]), np.array([1000.0]), np.array([True])
    assert trades_of(weights, wealth, yes, holdings, exact(1)).sales.tolist() == [30.0, 0.0]
    banded = replace(exact(1), above=np.full((1, 4), 0.05), below=np.zeros((1, 4)))
    assert trades_of(weights, wealth, yes, holdings, banded).sales.tolist() == [0.0, 0.0]
    large = replace(exact(1), least=np.array([50.0]))
    assert trades_of(weights, wealth, yes, holdings, large).sales.tolist() == [0.0, 0.0]
    costly = replace(exact(1), cost=0.01)
    assert trades_of(weights, wealth, yes, holdings, costly).budget[0] == pytest.approx(
        30.0 * 0.99 / 1.01
    )

"""The compiled trades against plain numpy, and what must hold of any of them."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from advisor.arrays import BoolArray, FloatArray
from advisor.data.sparse_rows import SparseRows
from advisor.engine.holdings import Holdings
from advisor.engine.trades import Trades, trades_of

Case = tuple[FloatArray, FloatArray, BoolArray, Holdings]


def case(seed: int, count: int) -> Case:
    """Clients with up to three holdings over four vehicles, some mixed, some kept, some without a target."""
    rng = np.random.default_rng(seed)
    table = SparseRows.of(
        [{f"p{j}": float(rng.integers(0, 4)) for j in rng.choice(5, rng.integers(0, 4), replace=False)} for _ in range(count)]
    )
    shares = np.array([[1, 0, 0, 0], [0, 1, 0, 0], [0.5, 0.5, 0, 0], [0, 0, 0.3, 0.7], [0, 0, 0, 1]], dtype=np.float64)
    which = {f"p{j}": j for j in range(5)}
    spread = shares[[which[table.names[c]] for c in table.codes]] if len(table.codes) else np.zeros((0, 4))
    rows, kept = table.row_of_entry(), rng.random(len(table.codes)) < 0.3
    by_vehicle, locked = np.zeros((2, count, 4))
    np.add.at(by_vehicle, rows, table.values[:, None] * spread)
    np.add.at(locked, rows[kept], (table.values[:, None] * spread)[kept])
    wealth = by_vehicle.sum(axis=1) + rng.integers(0, 4, count)
    weights = rng.dirichlet(np.ones(4), count)
    invested = rng.random(count) < 0.8
    weights[~invested] = np.nan
    none = np.full(len(table.codes), -1)
    return weights, wealth, invested, Holdings(rows, table.codes, table, none, spread, kept, by_vehicle, locked)


def plain(weights: FloatArray, wealth: FloatArray, invested: BoolArray, holdings: Holdings) -> Trades:
    """The same in numpy."""
    target = np.where(invested[:, None], weights * wealth[:, None], holdings.by_vehicle)
    free = holdings.by_vehicle - holdings.locked
    over = np.maximum(0.0, holdings.by_vehicle - target)
    share = np.divide(np.minimum(over, free), free, out=np.zeros_like(free), where=free > 0.0)
    limit = np.where(holdings.spread > 0.0, share[holdings.rows], 1.0).min(axis=1, initial=1.0)
    sales = np.where(holdings.kept | ~invested[holdings.rows], 0.0, limit * holdings.table.values)
    sold = np.zeros_like(target)
    np.add.at(sold, holdings.rows, sales[:, None] * holdings.spread)
    left = holdings.by_vehicle - sold
    lacking = np.where(invested[:, None], np.maximum(target - left, 0.0), 0.0)
    wanted = lacking.sum(axis=1)
    ratio = np.divide(np.minimum(np.maximum(wealth - left.sum(axis=1), 0.0), wanted), wanted, out=np.zeros_like(wanted), where=wanted > 0.0)
    weight = np.divide(left, wealth[:, None], out=np.zeros_like(left), where=wealth[:, None] > 0.0)
    return Trades(sales, weight, lacking, lacking * ratio[:, None])


def agrees(found: Trades, told: Trades) -> bool:
    pairs = ((found.sales, told.sales), (found.left, told.left), (found.lacking, told.lacking), (found.gaps, told.gaps))
    return all(np.abs(a - b).max(initial=0.0) <= 1e-12 for a, b in pairs)


@given(st.integers(0, 2**32 - 1), st.sampled_from([1, 5, 300]))
def test_compiled_equals_plain_and_rows_stand_alone(seed: int, count: int) -> None:
    weights, wealth, invested, holdings = case(seed, count)
    found = trades_of(weights, wealth, invested, holdings)
    assert agrees(found, plain(weights, wealth, invested, holdings))
    spent, cash = found.gaps.sum(axis=1), wealth - holdings.by_vehicle.sum(axis=1)
    proceeds = np.bincount(holdings.rows, weights=found.sales, minlength=count)
    assert (spent <= cash + proceeds + 1e-9).all()
    assert (found.sales[holdings.kept] == 0.0).all()
    assert (found.sales >= 0.0).all()
    table, i = holdings.table, count // 2
    span = slice(int(table.indptr[i]), int(table.indptr[i + 1]))
    alone = Holdings(
        np.zeros_like(holdings.rows[span]),
        holdings.names[span],
        table.take(np.array([i])),
        holdings.products[span],
        holdings.spread[span],
        holdings.kept[span],
        holdings.by_vehicle[[i]],
        holdings.locked[[i]],
    )
    one = trades_of(weights[[i]], wealth[[i]], invested[[i]], alone)
    assert one.gaps.tobytes() == found.gaps[[i]].tobytes()
    assert one.sales.tobytes() == found.sales[span].tobytes()


def test_the_comparison_catches_a_copy_that_sells_what_is_kept() -> None:
    weights, wealth, invested, holdings = case(3, 300)
    careless = Holdings(**{**vars(holdings), "kept": np.zeros_like(holdings.kept)})
    assert not agrees(trades_of(weights, wealth, invested, careless), plain(weights, wealth, invested, holdings))

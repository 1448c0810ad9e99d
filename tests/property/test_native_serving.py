"""The compiled loops of ranking, picks, orders and trades have the bits of the same loops in plain Python."""

from __future__ import annotations

import hashlib
from typing import Any

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

import advisor.risk_profile.biases_state as k
from advisor.engine import kernels as engine
from advisor.recommend import kernels
from advisor.risk_profile import kernels as trading
from loops import biases, orders, picks, ranking

SEEDS = st.integers(0, 2**31)
NONE = np.zeros(0)


def same(ours: Any, theirs: Any) -> None:
    """Equal to the bit, nan included."""
    for a, b in zip(ours, theirs, strict=True):
        np.testing.assert_array_equal(np.asarray(a), np.asarray(b))


def digest(*arrays: Any) -> str:
    """SHA-256 of the bits."""
    content = hashlib.sha256()
    for array in arrays:
        content.update(np.ascontiguousarray(array).tobytes())
    return content.hexdigest()[:16]


def rows(rng: np.random.Generator, count: int, items: int) -> tuple[Any, Any]:
    """Compressed rows of distinct, sorted codes."""
    codes = [np.sort(rng.permutation(items)[: rng.integers(0, items + 1)]) for _ in range(count)]
    return np.concatenate([[0], np.cumsum([len(c) for c in codes])]).astype(np.int64), np.concatenate([*codes, []]).astype(np.int64)


@given(SEEDS, st.integers(1, 8), st.integers(1, 70), st.booleans())
def test_scores_and_co_occurrence(seed: int, items: int, width: int, weighted: bool) -> None:
    rng = np.random.default_rng(seed)
    start, codes = rows(rng, 9, items)
    weights = rng.random(len(codes)) if weighted else NONE
    matrix = rng.random((items, width)) - 0.5
    same([kernels.score_rows(start, codes, weights, matrix)], [ranking.score_rows(start, codes, weights, matrix)])
    for discount in (NONE, rng.random(9)):
        same([kernels.gram(start, codes, weights, discount, items, 3)], [ranking.gram(start, codes, weights, discount, items, 3)])


def ranking_case(seed: int, width: int, k_: int, weighted: bool) -> tuple[Any, ...]:
    """Query rows, a matrix with ties, what is held, classes and a layout."""
    rng = np.random.default_rng(seed)
    start, codes = rows(rng, 7, 5)
    matrix = rng.integers(-3, 4, size=(5, width)).astype(np.float64)
    allowed = rng.random((3, width)) < 0.7
    order = rng.permutation(width)
    position = np.argsort(order)
    jobs = rng.integers(0, 7, 12), rng.integers(0, 3, 12)
    limits = np.array([width, width, (width + 1) // 2])
    weights = rng.random(len(codes)) if weighted else NONE
    return (start, codes, weights), matrix, rows(rng, 7, width + 2), jobs, (allowed, limits, order, position), k_


@given(SEEDS, st.integers(1, 80), st.integers(1, 6), st.booleans())
def test_ranking(seed: int, width: int, k_: int, weighted: bool) -> None:
    case = ranking_case(seed, width, k_, weighted)
    same(kernels.rank_rows(*case), ranking.rank_rows(*case))


@given(SEEDS, st.integers(1, 12), st.sampled_from([0.0, 0.7]))
def test_small_systems(seed: int, size: int, extra: float) -> None:
    rng = np.random.default_rng(seed)
    start, codes = rows(rng, 6, 5)
    factors, half = rng.random((5, size)) - 0.5, rng.random((size, size))
    base = np.einsum("ij,kj->ik", half, half)
    data = (start, codes, factors, base, rng.random(6), 0.5, extra, rng.random((6, size)))
    same([kernels.solve_rows(*data)], [ranking.solve_rows(*data)])


def picking_case(seed: int, p: int, n: int, knows: bool, variety: float, k_: int = 4, c: int = 7) -> tuple[Any, ...]:
    """Clients with gaps, a shelf of single and mixed products, and portfolios of their own."""
    rng = np.random.default_rng(seed)
    share = np.where(rng.random((p, n)) < 0.4, rng.random((p, n)), 0.0)
    share[np.arange(p), rng.integers(0, n, p)] += 0.5
    share /= np.add.reduce(share, axis=1)[:, None]
    product, asset = np.nonzero(share)
    by_asset, of_asset = np.nonzero(share.T)
    counts, backward = np.bincount(product, minlength=p), np.bincount(by_asset, minlength=n)
    single = np.where(counts == 1, np.argmax(share, axis=1), -1)
    exposures = (np.append(0, np.cumsum(counts)), asset, share[product, asset], single, np.append(0, np.cumsum(backward)), of_asset)
    half = rng.random((n, n + 1)) - 0.5
    sigma = np.einsum("ij,kj->ik", half, half)
    gamma = np.where(rng.random(c) < 0.2, np.inf, rng.random(c) * 5.0)
    wealth = np.where(rng.random(c) < 0.2, 0.0, rng.random(c) * 1e4)
    own = (
        (rng.random((c, n)), wealth, gamma, 0.5 * (sigma + sigma.T), rng.random(p), rng.random(p))
        if knows
        else (np.zeros((0, 0)), NONE, NONE, np.zeros((0, 0)), NONE, NONE)
    )
    alike = rng.random((p, p)) if variety > 0.0 else np.zeros((0, 0))
    masks = (rng.integers(0, 2, c), rng.random((2, p)) < 0.8)
    gaps = np.where(rng.random((c, n)) < 0.3, 0.0, rng.random((c, n)) * 1e3)
    products = (np.where(rng.random(p) < 0.5, 0.0, 200.0), rng.random(p) * 3.0)
    settings = (k_, bool(rng.integers(0, 2)), 0.5, variety)
    return rng.random((c, p)).round(1), masks, rows(rng, c, p + 2), gaps, exposures, products, own, alike, settings


@given(SEEDS, st.integers(1, 9), st.integers(1, 5), st.booleans(), st.sampled_from([0.0, 0.8]))
def test_picks(seed: int, p: int, n: int, knows: bool, variety: float) -> None:
    case = picking_case(seed, p, n, knows, variety)
    with np.errstate(all="ignore"):
        same(kernels.pick_rows(*case), picks.pick_rows(*case))


def orders_case(seed: int, v: int, c: int = 6) -> tuple[tuple[Any, ...], tuple[Any, ...]]:
    """Clients with holdings of several vehicles."""
    rng = np.random.default_rng(seed)
    start, codes = rows(rng, c, 3)
    e = len(codes)
    spread = np.where(rng.random((e, v)) < 0.5, rng.random((e, v)), 0.0)
    held, kept = rng.random(e) * 1e3, rng.random(e) < 0.2
    owned, locked = rng.random((c, v)) * 1e3, np.zeros((c, v))
    data = (
        rng.random(c) < 0.8,
        np.where(rng.random(c) < 0.2, 0.0, rng.random(c) * 5e3),
        rng.random((c, v)) / v,
        start,
        held,
        kept,
        spread,
        owned,
        locked,
    )
    return data, (np.empty(e), *(np.empty((c, v)) for _ in range(3)))


@given(SEEDS, st.integers(1, 6))
def test_orders(seed: int, v: int) -> None:
    (data, ours), (_, theirs) = orders_case(seed, v), orders_case(seed, v)
    engine.trade_rows(6, *data, *ours)
    with np.errstate(all="ignore"):
        orders.trade_some(0, 6, *data, *theirs)
    same(ours, theirs)


def trading_case(seed: int, fifo: bool, odean: bool, clients: int = 4, assets: int = 3) -> tuple[Any, ...]:
    """Trades and prices of days before and after 1970, long and short."""
    rng = np.random.default_rng(seed)
    counts = rng.integers(0, 12, clients)
    total = int(counts.sum())
    day = np.concatenate([np.sort(rng.integers(-5, 6, n)) for n in counts] + [np.zeros(0, dtype=np.int64)]).astype(np.int64)
    group = np.cumsum(np.append(1, (np.diff(day) != 0) | (rng.random(max(total - 1, 0)) < 0.2)))[:total].astype(np.int64)
    trade = k.records(
        k.TRADE, asset=rng.integers(0, assets, total), group=group, time=day * k.DAY + 7, units=rng.integers(-3, 4, total) + 0.5,
        price=rng.integers(1, 9, total).astype(np.float64), left_out=(rng.random(total) < 0.2).astype(np.int64),
    )  # fmt: skip
    prices = [np.unique(rng.integers(-6, 6, 8)) for _ in range(assets)]
    moments = np.concatenate(prices) * k.DAY
    price = rng.integers(2, 9, len(moments)).astype(np.float64)
    quotes = k.Quotes(
        np.append(0, np.cumsum([len(p) for p in prices])), moments, k.records(k.QUOTE, price=price, high=price + 1.0, low=price - 1.0)
    )
    tape = k.Tape(np.append(0, np.cumsum(counts)), trade)
    rules = k.Rules(fifo, odean, 1e-9, 7 * k.DAY)
    home = rng.random(assets) < 0.5
    return tape, quotes, k.empty_book(assets, max(total, 1)), np.zeros(assets, dtype=k.BEFORE), k.empty_tally(total, clients), home, rules


@given(SEEDS, st.booleans(), st.booleans())
def test_trades(seed: int, fifo: bool, odean: bool) -> None:
    ours, theirs = trading_case(seed, fifo, odean), trading_case(seed, fifo, odean)
    count = trading.walk(*ours)
    tape, quotes, book, before, tally, home, rules = theirs
    record = lambda a: a.view(np.recarray)  # noqa: E731
    tape, quotes = tape._replace(trade=record(tape.trade)), quotes._replace(row=record(quotes.row))
    book = book._replace(of=record(book.of), lot=record(book.lot))
    with np.errstate(all="ignore"):
        assert biases.walk_all(tape, quotes, book, record(before), tally, home, rules) == count
    same((ours[4].pair[:count], *ours[4][1:]), (tally.pair[:count], *tally[1:]))


def test_golden_bits() -> None:
    """Another digest needs a new record version."""
    ranked = kernels.rank_rows(*ranking_case(3, 60, 5, weighted=True))
    picked = kernels.pick_rows(*picking_case(3, 30, 6, knows=True, variety=0.8, c=40))
    data, sold = orders_case(3, 6)
    engine.trade_rows(6, *data, *sold)
    walked = trading_case(3, fifo=True, odean=True, clients=20)
    trading.walk(*walked)
    assert (digest(*ranked), digest(*picked), digest(*sold), digest(*walked[4][1:])) == (
        "f1694f446bcaa50f",
        "092b2075753ce132",
        "4a755fa4d0bb88ab",
        "15a2997c883e0031",
    )

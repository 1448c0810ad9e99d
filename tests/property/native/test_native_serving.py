"""The compiled loops of ranking, picks, orders and trades have the bits of the same loops in plain
Python."""

from __future__ import annotations

import hashlib
from typing import Any

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

import advisor.risk_profile.biases.records as k
from advisor.engine import kernels as engine
from advisor.recommend import kernels
from advisor.risk_profile.biases import kernels as trading
from loops import biases, nearest, orders, picks, ranking

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
    return np.concatenate([[0], np.cumsum([len(c) for c in codes])]).astype(
        np.int64
    ), np.concatenate([*codes, []]).astype(np.int64)


@given(SEEDS, st.integers(1, 8), st.integers(1, 70), st.booleans())
def test_scores_and_co_occurrence(seed: int, items: int, width: int, weighted: bool) -> None:
    rng = np.random.default_rng(seed)
    start, codes = rows(rng, 9, items)
    weights = rng.random(len(codes)) if weighted else NONE
    matrix = rng.random((items, width)) - 0.5
    same(
        [kernels.score_rows(start, codes, weights, matrix)],
        [ranking.score_rows(start, codes, weights, matrix)],
    )
    for discount in (NONE, rng.random(9)):
        same(
            [kernels.gram(start, codes, weights, discount, items, 3)],
            [ranking.gram(start, codes, weights, discount, items, 3)],
        )


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
    return (
        (start, codes, weights),
        matrix,
        rows(rng, 7, width + 2),
        jobs,
        (allowed, limits, order, position),
        k_,
    )


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


def compressed(share: Any) -> tuple[Any, ...]:
    """Shares of products in assets, by product and by asset."""
    product, asset = np.nonzero(share)
    by_asset, of_asset = np.nonzero(share.T)
    counts = np.bincount(product, minlength=len(share))
    backward = np.bincount(by_asset, minlength=share.shape[1])
    single = np.where(counts == 1, np.argmax(share, axis=1), -1)
    return (
        np.append(0, np.cumsum(counts)),
        asset,
        share[product, asset],
        single,
        np.append(0, np.cumsum(backward)),
        of_asset,
    )


def picking_case(
    seed: int, p: int, n: int, knows: bool, variety: float, k_: int = 4, c: int = 7
) -> tuple[Any, ...]:
    """Clients with gaps, a catalogue of single and mixed products, and portfolios of their own."""
    rng = np.random.default_rng(seed)
    share = np.where(rng.random((p, n)) < 0.4, rng.random((p, n)), 0.0)
    share[np.arange(p), rng.integers(0, n, p)] += 0.5
    share /= np.add.reduce(share, axis=1)[:, None]
    exposures = compressed(share)
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
    products = (np.where(rng.random(p) < 0.5, 0.0, 200.0), rng.random(p) * 3.0, rng.random(p))
    settings = (k_, bool(rng.integers(0, 2)), 0.5, variety, 2.0)
    return (
        rng.random((c, p)).round(1),
        masks,
        rows(rng, c, p + 2),
        gaps,
        exposures,
        products,
        own,
        alike,
        settings,
    )


@given(SEEDS, st.integers(1, 9), st.integers(1, 5), st.booleans(), st.sampled_from([0.0, 0.8]))
def test_picks(seed: int, p: int, n: int, knows: bool, variety: float) -> None:
    case = picking_case(seed, p, n, knows, variety)
    with np.errstate(all="ignore"):
        same(kernels.pick_rows(*case), picks.pick_rows(*case))


@given(SEEDS, st.integers(1, 6), st.integers(1, 40), st.booleans())
def test_picks_of_products_alike(seed: int, g: int, p: int, knows: bool) -> None:
    """By kind as one by one: each of p products is one of g kinds, and many are worth the same."""
    rng = np.random.default_rng(seed)
    _, masks, _, gaps, kinds, terms, own, alike, settings = picking_case(seed, g, 4, knows, 0.0)
    kind_of = rng.integers(0, g, p)
    share = np.zeros((g, 4))
    share[np.repeat(np.arange(g), np.diff(kinds[0])), kinds[1]] = kinds[2]
    of_products = (*own[:4], *(column[kind_of] if knows else column for column in own[4:]))
    likes = rng.random((len(gaps), p)).round(1)
    clients = (likes, (masks[0], rng.random((2, p)) < 0.8), rows(rng, len(gaps), p + 2), gaps)
    products = tuple(column[kind_of] for column in terms)
    begin = np.append(0, np.cumsum(np.bincount(kind_of, minlength=g)))
    member = np.argsort(kind_of, kind="stable")
    with np.errstate(all="ignore"):
        same(
            kernels.pick_rows(*clients, kinds, terms, own, alike, settings, (begin, member)),
            picks.pick_rows(
                *clients, compressed(share[kind_of]), products, of_products, alike, settings
            ),
        )


def orders_case(seed: int, v: int, c: int = 6) -> tuple[tuple[Any, ...], tuple[Any, ...]]:
    """Clients with holdings of several vehicles, some of them pure, some locked, some to be
    sold."""
    rng = np.random.default_rng(seed)
    start, codes = rows(rng, c, 3)
    e = len(codes)
    spread = np.where(rng.random((e, v)) < 0.5, rng.random((e, v)), 0.0)
    pure = rng.random(e) < 0.5
    spread[pure] = np.eye(v)[rng.integers(0, v, int(pure.sum()))]
    data = (
        rng.random(c) < 0.8,
        np.where(rng.random(c) < 0.2, 0.0, rng.random(c) * 5e3),
        rng.random((c, v)) / v,
        start,
        rng.random(e) * 1e3,
        rng.integers(0, 3, e),
        rng.random(e) * 0.02,
        spread,
        rng.random((c, v)) * 1e3,
        np.where(rng.random((c, v)) < 0.2, 100.0, 0.0),
        rng.random((c, v)) * 0.1 if seed % 2 else np.zeros((0, 0)),
        np.random.default_rng(seed).random((c, v)) * 0.2 if seed % 2 else np.zeros((0, 0)),
        rng.choice([0.01, 1.0, 0.001], c),
        rng.choice([0.0, 50.0], c),
        0.002 * (seed % 3),
    )
    return data, (np.empty(e), *(np.empty((c, v)) for _ in range(3)), np.empty(c))


@given(SEEDS, st.integers(1, 6))
def test_orders(seed: int, v: int) -> None:
    (data, ours), (_, theirs) = orders_case(seed, v), orders_case(seed, v)
    if seed % 3:  # targets that add up to 1, so that money is short
        data = (*data[:2], data[2] / data[2].sum(axis=1, keepdims=True), *data[3:])
    engine.trade_rows(*data, *ours)
    with np.errstate(all="ignore"):
        orders.trade_some(0, 6, *data, *theirs)
    same(ours, theirs)


def outcome_case(
    seed: int, v: int, c: int = 6, p: int = 5, slots: int = 3
) -> tuple[tuple[Any, ...], tuple[Any, ...]]:
    """Orders that end within the limits, above them, or above them whatever is done."""
    rng = np.random.default_rng(seed)
    (invested, wealth, weights, start, held, kind, fee, spread, *_), _ = orders_case(seed, v, c)
    half = rng.random((v, v)) * 0.2
    sigma = np.einsum("ij,kj->ik", half, half)
    shares = rng.dirichlet(np.ones(v), p)
    every = np.tile(np.arange(v), p)
    unit = rng.choice([0.01, 1.0], c)
    data = (
        invested, wealth + 1e4, rng.random(c) < 0.5, 0.001 * (seed % 2), start, held, kind,
        rng.integers(-1, p, len(held)), spread, fee,
        rng.integers(-1, p, (c, slots)), rng.random(p) * 0.02, np.where(rng.random(p) < 0.5, 0.0,
        300.0),
        np.arange(p + 1), rng.integers(0, v, p), np.ones(p), np.arange(p + 1) * v, every,
        shares.ravel(),
        rng.random(v) * 0.1, 0.5 * (sigma + sigma.T), rng.random(v) * 0.5, unit, rng.choice([0.0,
        50.0], c),
        rng.random(c) * 0.1, rng.random(c) * 0.2, 1, weights,
    )  # fmt: skip
    money = np.floor(rng.random((c, slots)) * 3e3)
    sales = np.floor(rng.random(len(held)) * held)
    return data, (
        sales,
        money,
        np.empty((c, v)),
        np.empty((c, 5)),
        np.empty((c, v)),
        np.empty(c, dtype=np.bool_),
    )


@given(SEEDS, st.integers(1, 6))
def test_outcomes(seed: int, v: int) -> None:
    (data, ours), (_, theirs) = outcome_case(seed, v), outcome_case(seed, v)
    engine.settle_rows(*data, *ours)
    plain = (*data[:13], data[13:16], data[16:19], data[19:22], *data[22:])
    with np.errstate(all="ignore"):
        orders.settle_some(0, 6, *plain, *theirs)
    same(ours, theirs)


def sizes_case(
    seed: int, c: int = 6, p: int = 8, slots: int = 4, kinds: int = 3
) -> tuple[tuple[Any, ...], tuple[Any, ...]]:
    """Purchases beyond caps on products and issuers, with and without a free slot."""
    rng = np.random.default_rng(seed)
    start, held = rows(rng, c, 3)
    vehicle = np.sort(rng.integers(0, kinds, p))
    member_start = np.searchsorted(vehicle, np.arange(kinds + 1))
    wealth = rng.random(c) * 1e4
    data = (
        np.arange(c), rng.random((c, p)).round(1), rng.integers(0, 2, c), rng.random((2, p)) < 0.8,
        wealth, wealth * rng.random(c),
        rng.choice([0.01, 1.0], c), rng.choice([0.0, 50.0], c), start, np.where(held < p, held,
        -1), rng.random(len(held)) * 1e3,
        np.where(rng.random(p) < 0.7, 0.0, 200.0), rng.random(p), vehicle, member_start,
        np.arange(p), rng.integers(-1, 3, p),
        rng.random(p) < 0.2, 0.2 if seed % 2 else 0.5, 0.4 if seed % 3 else np.inf,
        rng.random(p) * 3.0,
    )  # fmt: skip
    codes = np.stack([rng.permutation(p)[:slots] for _ in range(c)])
    codes[rng.random((c, slots)) < 0.3] = -1
    money = np.where(
        (codes >= 0) & (rng.random((c, slots)) < 0.7), rng.random((c, slots)) * 3e3, 0.0
    )
    return data, (codes, np.where(codes >= 0, 0.5, np.nan), money)


@given(SEEDS)
def test_sizes(seed: int) -> None:
    (data, ours), (_, theirs) = sizes_case(seed), sizes_case(seed)
    engine.size_rows(*data, *ours)
    plain = (
        *data[:2],
        data[2:4],
        *data[4:8],
        *data[8:11],
        data[11:16],
        data[16:18],
        data[18:20],
        data[20],
    )
    with np.errstate(all="ignore"):
        orders.size_some(0, 6, *plain, *theirs)
    same(ours, theirs)


def nearest_case(
    seed: int, n: int, scored: bool = True, c: int = 5, p: int = 6, slots: int = 3
) -> tuple[tuple[Any, ...], tuple[Any, ...]]:
    """Clients away from their targets, among pure and mixed products with smallest purchases."""
    rng = np.random.default_rng(seed)
    start, holds = rows(rng, c, 3)
    e, kinds = len(holds), n + 2
    shares = np.vstack([np.eye(n), rng.dirichlet(np.ones(n), 2)])
    kind = np.sort(rng.integers(0, kinds, p))
    put = shares[kind]
    product, asset = map(np.ascontiguousarray, np.nonzero(put))
    by_kind = np.searchsorted(kind, np.arange(kinds + 1))
    wealth, held = 5e3 + rng.random(c) * 5e3, np.floor(rng.random(e) * 1.5e3)
    fate = rng.integers(0, 3, e)
    codes = np.where(rng.random((c, slots)) < 0.5, rng.integers(0, p, (c, slots)), -1)
    data = (
        np.arange(c), rng.random((c, p)).round(1) if scored else np.zeros((0, p)),
        rng.integers(0, 2, c), rng.random((2, p)) < 0.8, wealth, rng.choice([0.01, 1.0], c),
        rng.choice([0.0, 300.0], c), start, held, fate, np.where(rng.random(e) < 0.3, -1, holds),
        rng.random(e) * 0.02, put[holds], 0.002 * (seed % 3), rng.choice([0.0, 400.0, 2e3], p),
        rng.random(p) * 0.02, rng.random(p), rng.random(p) * 3.0,
        np.searchsorted(product, np.arange(p + 1)), asset, put[product, asset], kind, by_kind,
        np.arange(p), rng.random(n) * 0.5, rng.choice([0.2, 1.0], c), rng.random((c, n)) * 0.05,
    )  # fmt: skip
    money = np.where(codes >= 0, np.floor(rng.random((c, slots)) * 900.0), 0.0)
    sales = np.where(fate == 2, held, 0.0)
    likes = np.where(codes >= 0, 0.5, np.nan)
    return data, (rng.dirichlet(np.ones(n), c), sales, codes, likes, money, np.ones(c, np.bool_))


@given(SEEDS, st.integers(1, 4), st.booleans())
def test_nearest(seed: int, n: int, scored: bool) -> None:
    (data, ours), (_, theirs) = nearest_case(seed, n, scored), nearest_case(seed, n, scored)
    engine.nearest_rows(*data, *ours)
    target, sales, codes, likes, money, found = theirs
    groups = (data[1:4], data[4:7], data[7:13], data[13], data[14:24], data[24:27])
    nearest.nearest_some(0, 5, data[0], *groups, target, sales, (codes, likes, money), found)
    same(ours, theirs)


def trading_case(
    seed: int, fifo: bool, odean: bool, clients: int = 4, assets: int = 3
) -> tuple[Any, ...]:
    """Trades and prices of days before and after 1970, long and short."""
    rng = np.random.default_rng(seed)
    counts = rng.integers(0, 12, clients)
    total = int(counts.sum())
    day = np.concatenate(
        [np.sort(rng.integers(-5, 6, n)) for n in counts] + [np.zeros(0, dtype=np.int64)]
    ).astype(np.int64)
    group = np.cumsum(np.append(1, (np.diff(day) != 0) | (rng.random(max(total - 1, 0)) < 0.2)))[
        :total
    ].astype(np.int64)
    trade = k.records(
        k.TRADE, asset=rng.integers(0, assets, total), group=group, time=day * k.DAY + 7,
        units=rng.integers(-3, 4, total) + 0.5,
        price=rng.integers(1, 9, total).astype(np.float64),
        left_out=(rng.random(total) < 0.2).astype(np.int64),
    )  # fmt: skip
    prices = [np.unique(rng.integers(-6, 6, 8)) for _ in range(assets)]
    moments = np.concatenate(prices) * k.DAY
    price = rng.integers(2, 9, len(moments)).astype(np.float64)
    quotes = k.Quotes(
        np.append(0, np.cumsum([len(p) for p in prices])),
        moments,
        k.records(k.QUOTE, price=price, high=price + 1.0, low=price - 1.0),
    )
    tape = k.Tape(np.append(0, np.cumsum(counts)), trade)
    rules = k.Rules(fifo, odean, 1e-9, 7 * k.DAY)
    home = rng.random(assets) < 0.5
    return (
        tape,
        quotes,
        k.empty_book(assets, max(total, 1)),
        np.zeros(assets, dtype=k.BEFORE),
        k.empty_tally(total, clients),
        home,
        rules,
    )


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
    engine.trade_rows(*data, *sold)
    (facts, settled), (wanted, sized) = outcome_case(3, 6), sizes_case(3)
    engine.settle_rows(*facts, *settled)
    engine.size_rows(*wanted, *sized)
    given, nearer = nearest_case(3, 3)
    engine.nearest_rows(*given, *nearer)
    walked = trading_case(3, fifo=True, odean=True, clients=20)
    trading.walk(*walked)
    assert (
        digest(*ranked),
        digest(*picked),
        digest(*sold),
        digest(*settled),
        digest(*sized),
        digest(*nearer),
        digest(*walked[4][1:]),
    ) == (
        "f1694f446bcaa50f",
        "2c6faf0febd91565",
        "fd5a07eb8bfce0b0",
        "83a2cc35e5dad483",
        "6d9c1d1ad6fe0662",
        "89a55f666b44b481",
        "15a2997c883e0031",
    )

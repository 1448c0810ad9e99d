"""How fast the recommend package is, beside what it replaces: counts, masked top-k, picks.

python benchmarks/recommenders.py            # the small sizes, under a minute
python benchmarks/recommenders.py --full     # a million clients x 1,000 products
"""

from __future__ import annotations

import resource
import statistics
import sys
import time
import warnings
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from implicit.cpu.als import AlternatingLeastSquares
from scipy import sparse

from advisor.data import Eligibility, Interactions, ReturnModel
from advisor.data.ids import IdMap
from advisor.recommend import ALS, EASE, PickSettings, pick_products
from advisor.recommend.model.fitted import FittedModel
from advisor.recommend.portfolio_fit.exposures import Exposures
from advisor.recommend.portfolio_fit.own_portfolio import OwnPortfolio, ProductMoments

LEVELS = 5
IMPLICIT_CLIENTS = 5_000
"""Clients of implicit's own batch recommend; it is too slow for all of them, so its rate is
measured on these."""


@dataclass(frozen=True)
class Timing:
    """Median of the rounds: seconds on the wall, seconds of CPU."""

    wall: float
    cpu: float


def timed(work: Callable[[], object], rounds: int = 3) -> Timing:
    walls, cpus = [], []
    for _ in range(rounds):
        wall, cpu = time.perf_counter(), time.process_time()
        work()
        walls.append(time.perf_counter() - wall)
        cpus.append(time.process_time() - cpu)
    return Timing(statistics.median(walls), statistics.median(cpus))


def synthetic(clients: int, products: int, each: int, seed: int = 0) -> Interactions:
    """`each` purchases a client on average, popularity falling as 1 / (rank + 10), three
    preferences for products."""
    rng = np.random.default_rng(seed)
    popularity = 1.0 / (np.arange(products) + 10.0)
    weights = np.stack(
        [popularity * np.where(np.arange(products) % 3 == t, 4.0, 1.0) for t in range(3)]
    )
    rows = np.repeat(np.arange(clients), rng.poisson(each - 1, clients) + 1)
    draws, taste = rng.random(len(rows)), rng.integers(0, 3, clients)[rows]
    columns = np.empty(len(rows), dtype=np.int64)
    for t in range(3):
        edges = np.cumsum(weights[t] / weights[t].sum())
        columns[taste == t] = np.minimum(np.searchsorted(edges, draws[taste == t]), products - 1)
    pairs = np.unique(rows * products + columns)
    days = np.full(len(pairs), np.datetime64("2026-01-01"), dtype="datetime64[D]")
    ids = (
        IdMap(tuple(f"c{i:07d}" for i in range(clients))),
        IdMap(tuple(f"p{i:04d}" for i in range(products))),
    )
    return Interactions(*ids, pairs // products, pairs % products, days)


def eligibility(clients: int, products: int, seed: int = 1) -> Eligibility:
    """Products R1..R5, clients C1..C5: R <= C."""
    rng = np.random.default_rng(seed)
    risk = rng.integers(1, LEVELS + 1, products)
    return Eligibility(
        rng.integers(0, LEVELS, clients), risk[None, :] <= np.arange(1, LEVELS + 1)[:, None]
    )


@dataclass(frozen=True)
class Rate:
    """Clients a second on the wall, and a second of CPU: on a busy machine only the second can be
    compared."""

    wall: float
    cpu: float

    @classmethod
    def of(cls, clients: int, took: Timing) -> Rate:
        return cls(clients / took.wall, clients / took.cpu)


def implicit_rate(
    bought: Interactions, trainer: AlternatingLeastSquares, allowed: Eligibility
) -> Rate:
    """Rate of implicit's exact batch recommend with its own filters: one call a level, its
    products, already-held left out."""
    matrix = sparse.csr_matrix(bought.matrix())
    some = np.arange(min(IMPLICIT_CLIENTS, matrix.shape[0]))

    def serve() -> None:
        for level in range(LEVELS):
            rows = some[allowed.class_of[some] == level]
            trainer.recommend(
                rows,
                matrix[rows],
                N=10,
                filter_already_liked_items=True,
                items=np.flatnonzero(allowed.allowed[level]),
            )

    return Rate.of(len(some), timed(serve))


def bare_rate(left: np.ndarray, right: np.ndarray, block: int = 4096) -> Rate:
    """Rate of the bare float32 matrix product over all products: what any scorer by factors is
    bounded by."""
    a, b = left.astype(np.float32), np.ascontiguousarray(right.astype(np.float32))
    out = np.empty((block, b.shape[1]), dtype=np.float32)

    def multiply() -> None:
        for start in range(0, len(a) - block + 1, block):
            np.matmul(a[start : start + block], b, out=out)

    return Rate.of(len(a) // block * block, timed(multiply))


def ranking_rows(clients: int, products: int, each: int, factors: int) -> list[str]:
    bought, allowed = synthetic(clients, products, each), eligibility(clients, products)
    size = f"{clients:,} x {products:,}, {len(bought) / 1e6:.1f} M pairs"
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    models: list[FittedModel] = []
    fit = timed(lambda: models.append(EASE().fit(bought)), 3)
    after = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    peak = (after - before) / 1e6
    rows = [
        f"| EASE fit, {size} | {fit.wall:.2f} s | {fit.cpu:.2f} s | peak memory +{peak:.2f} GB |"
    ]
    buyers = np.unique(np.random.default_rng(2).integers(0, clients, 1000))
    names = IdMap(tuple(bought.clients.ids[i] for i in buyers.tolist()))
    day = Interactions(
        names,
        bought.products,
        np.arange(len(buyers)),
        bought.product_codes[buyers],
        bought.days[: len(buyers)] + 1,
    )
    update = timed(lambda: models[-1].update(day), 1)  # type: ignore[attr-defined]
    rows.append(
        f"| EASE update by a day of 1,000 purchases, {size} | {update.wall:.2f} s |"
        f" {update.cpu:.2f} s | |"
    )
    some = synthetic(min(clients, 100_000), products, each)
    als = ALS(factors=factors, iterations=2).fit(some)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)
        trainer = AlternatingLeastSquares(factors=factors, iterations=2, random_state=0)
        trainer.fit(sparse.csr_matrix(some.matrix()), show_progress=False)
        slow = implicit_rate(some, trainer, allowed)
    bare = bare_rate(np.asarray(trainer.user_factors), np.asarray(trainer.item_factors).T)
    for name, model, ids in (
        ("EASE", models[-1], bought.clients.ids),
        (f"ALS f={factors}", als, some.clients.ids),
    ):
        mask = allowed.take(np.arange(len(ids)))
        took = timed(lambda m=model, i=ids, e=mask: m.rank(i, 10, eligible=e), 3)
        rate = Rate.of(len(ids), took)
        compared = (
            f"{rate.wall:,.0f} clients/s = {rate.wall / slow.wall:.0f} x implicit,"
            f" {rate.wall / bare.wall:.2f} of the bare product; by CPU {rate.cpu:,.0f} clients a"
            f" core-second = {rate.cpu / slow.cpu:.0f} x implicit ({slow.cpu:,.0f}),"
            f" {rate.cpu / bare.cpu:.2f} of the bare product ({bare.cpu:,.0f})"
        )
        rows.append(
            f"| {name} top 10, mask and held filter, {len(ids):,} x {products:,} | {took.wall:.2f}"
            f" s | {took.cpu:.2f} s | {compared} |"
        )
    return rows


def pick_rows(
    clients: int = 100_000, products: int = 500, assets: int = 20, k: int = 5
) -> list[str]:
    """Picks by relevance and gap, the same judged by what they do for each client's portfolio, and
    with variety."""
    rng = np.random.default_rng(0)
    taste = rng.random((clients, products))
    exposures = np.zeros((products, assets))
    exposures[np.arange(products), rng.integers(0, assets, products)] = 1.0
    gaps = np.where(rng.random((clients, assets)) < 0.5, 0.0, rng.random((clients, assets)) * 1e4)
    allowed = eligibility(clients, products)
    least = rng.choice([0.0, 100.0, 1000.0], products)
    spread = rng.normal(size=(assets, assets))
    model = ReturnModel(
        [f"a{i}" for i in range(assets)], rng.random(assets) * 0.1, spread @ spread.T / 100.0
    )
    weights = rng.dirichlet(np.ones(assets + 1), clients)[:, :assets]
    own = OwnPortfolio(
        weights,
        rng.random(clients) * 1e5 + 1e3,
        rng.random(clients) * 8.0,
        ProductMoments.of(exposures, model),
    )
    put, alike = Exposures.of(exposures, min_purchase=least), np.corrcoef(exposures).clip(0.0, 1.0)
    rows: list[str] = []
    for what, portfolio, settings in (
        ("relevance and gap", None, PickSettings(k)),
        ("relevance, gap and own portfolio", own, PickSettings(k)),
        (
            "relevance, gap, own portfolio and variety",
            own,
            PickSettings(k, similarity=alike, diversity=0.2),
        ),
    ):
        took = timed(
            lambda s=settings, o=portfolio: pick_products(taste, allowed, gaps, put, s, own=o)
        )
        rate = f"{clients / took.wall:,.0f} clients/s"
        rows.append(
            f"| {k} picks by {what}, {clients:,} x {products} x {assets} assets | {took.wall:.2f} s"
            f" | {took.cpu:.2f} s | {rate} |"
        )
    return rows


def tables(quick: bool = False) -> list[str]:
    """For `benchmarks/run.py`."""
    return [table(not quick) + "\n"]


def table(full: bool = False) -> str:
    """The measurements as a markdown table."""
    rows = ["| what | wall | CPU | |", "|---|---|---|---|"]
    rows += ranking_rows(100_000, 500, 15, 64)
    rows += pick_rows()
    if full:
        rows += ranking_rows(1_000_000, 1_000, 15, 64)
    return "\n".join(rows)


if __name__ == "__main__":
    print("\n".join(tables("--full" not in sys.argv)))

"""The engine: one client's latency, a hundred thousand clients' throughput, and where the time
goes.

python benchmarks/engine.py
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from functools import partial

import numpy as np
import pandas as pd

from advisor import Advisor, Catalogue, ClientTable, Interactions, Product, ReturnModel, sample

DAY = "2026-11-20"
ASSETS, PRODUCTS, LATENCY_PRODUCTS = 20, 500, 1_000


def world(clients: int, products: int = PRODUCTS, seed: int = 5) -> tuple[Advisor, ClientTable]:
    """Synthetic: twenty asset classes, a catalogue of products, clients with levels, holdings of
    what suits them, and loss aversion."""
    rng = np.random.default_rng(seed)
    volatility = np.sort(rng.uniform(0.002, 0.25, ASSETS))
    loadings = rng.normal(size=(ASSETS, 4))
    correlation = loadings @ loadings.T + 4.0 * np.eye(ASSETS)
    scale = np.sqrt(np.diag(correlation))
    covariance = correlation / np.outer(scale, scale) * np.outer(volatility, volatility)
    names = [f"asset_{i:02d}" for i in range(ASSETS)]
    level_of = np.clip(1 + np.arange(ASSETS) * 5 // ASSETS, 1, 5)
    model = ReturnModel(names, 0.01 + 0.3 * volatility, covariance)
    shelf = Catalogue.from_products(
        Product(
            id=f"P{j:04d}",
            name=f"Product {j}",
            asset=names[j % ASSETS],
            risk_level=int(level_of[j % ASSETS]),
            min_purchase=float(100 * (j % 3)),
        )
        for j in range(products)
    )
    known = 50_000
    popularity = (1.0 / (1.0 + rng.permutation(products))) ** 0.8
    bought = pd.DataFrame(
        {
            "client_id": [f"c{i:07d}" for i in rng.integers(0, clients, known * 6)],
            "product_id": [
                f"P{j:04d}"
                for j in rng.choice(products, known * 6, p=popularity / popularity.sum())
            ],
            "day": "2026-01-05",
        }
    )
    house = Advisor.fit(model, Interactions.from_frame(bought), catalogue=shelf)
    table = pd.DataFrame(
        {
            "id": [f"c{i:07d}" for i in range(clients)],
            "wealth": np.round(np.exp(rng.normal(11.0, 1.0, clients)), 2),
            "horizon_years": np.round(rng.uniform(1.0, 25.0, clients), 1),
            "level": rng.integers(1, 6, clients),
            "assessed_on": "2026-06-01",
            "age": 40,
            "bias:loss_aversion": np.round(rng.uniform(1.0, 3.5, clients), 2),
        }
    )
    table["holding:P0000"] = np.where(rng.random(clients) < 0.5, 0.2 * table["wealth"], 0.0)
    return house, ClientTable.from_frame(table)


def tables(quick: bool = False) -> list[str]:
    """Markdown tables of latency and throughput."""
    count = 20_000 if quick else 100_000
    house, clients = world(count)
    house.advise_table(clients.take(slice(0, 2000)), as_of=DAY)
    times = []
    for _ in range(3):
        started = time.perf_counter()
        batches = list(house.advise_many(clients, as_of=DAY, picks=5))
        times.append(time.perf_counter() - started)
    took = float(np.median(times))
    ok = sum(int((b.status == "ok").sum()) for b in batches)
    rows = [
        (
            "| what | clients | seconds (median of 3) | clients a second | aim"
            " |\n|---|---|---|---|---|"
        ),
        (
            f"| advise_many, {ASSETS} assets x {PRODUCTS} products, top 5, loss aversion ({ok:,}"
            f" ok) | {count:,} | {took:.2f} | {count / took:,.0f} | 10,000 |"
        ),
    ]
    return ["\n".join(rows), "", *latency()]


def latency(windows: int = 5, calls: int = 400) -> list[str]:
    """p50 and p99 of `advise` and `verify` for one client, by window; by CPU time beside it, since the wall
    counts what else runs."""
    sample_house = Advisor.fit(sample.market(), sample.interactions(), catalogue=sample.catalogue())
    house, clients = world(5_000, LATENCY_PRODUCTS)
    assessed = [clients.client(i) for i in range(50)]
    answered = [
        c.model_copy(
            update={"level": None, "assessed_on": None, "answers": sample.client().answers}
        )
        for c in assessed
    ]
    lines = [
        (
            "| advise one client (best of five windows) | p50 ms | p99 ms | p99 / p50 | CPU p50 ms"
            " | aim |"
        ),
        "|---|---|---|---|---|---|",
    ]
    for name, desk, found in (
        ("sample: 8 assets x 40 products, 18 answers", sample_house, [sample.client()]),
        (
            f"{ASSETS} assets x {LATENCY_PRODUCTS:,} products, level assessed elsewhere",
            house,
            assessed,
        ),
        (f"{ASSETS} assets x {LATENCY_PRODUCTS:,} products, 18 answers", house, answered),
    ):
        each = [partial(desk.advise, client, as_of=DAY) for client in found]
        lines.append(_row(name, min(window(each, calls) for _ in range(windows)), "p50 1 ms"))
    proofs = [partial(house.verify, house.advise(c, as_of=DAY), c) for c in assessed]
    best = min(window(proofs, calls) for _ in range(windows))
    lines.append(_row("verify: one advice made and checked again from scratch", best, "p50 50 ms"))
    return ["\n".join(lines)]


def _row(name: str, best: tuple[float, float, float], aim: str) -> str:
    p50, p99, cpu = best
    return f"| {name} | {p50:.2f} | {p99:.2f} | {p99 / p50:.1f} | {cpu:.2f} | {aim}, p99 5 x p50 |"


def window(each: list[Callable[[], object]], calls: int) -> tuple[float, float, float]:
    """Milliseconds of `calls` calls in turn: p50 and p99 of the wall, p50 of CPU."""
    wall, cpu = np.empty((2, calls))
    for i in range(calls):
        call, started, used = each[i % len(each)], time.perf_counter(), time.thread_time()
        call()
        wall[i], cpu[i] = time.perf_counter() - started, time.thread_time() - used
    return (
        1e3 * float(np.percentile(wall, 50)),
        1e3 * float(np.percentile(wall, 99)),
        1e3 * float(np.percentile(cpu, 50)),
    )


if __name__ == "__main__":
    print("\n".join(tables("--quick" in sys.argv)))

"""Claim: biases are measured from at least 500,000 trades a second when clients hold about ten
assets (Odean counting)."""

from __future__ import annotations

import time

import numpy as np
import pandas as pd

from advisor.data import Trades
from advisor.data.ids import IdMap
from advisor.risk_profile import measure_biases

DAY = 86_400_000_000_000


def trading(
    clients: int,
    per_client: int,
    *,
    assets: int = 300,
    held: int = 10,
    days: int = 1500,
    seed: int = 0,
) -> tuple[Trades, pd.DataFrame]:
    """Clients who buy `held` assets, then sell a random one and buy another, again and again; daily
    random-walk prices."""
    rng = np.random.default_rng(seed)
    walk = 50.0 * np.exp(np.cumsum(rng.normal(0.0, 0.015, (days, assets)), axis=0))
    start = np.datetime64("2018-01-01", "ns")
    asset = np.empty((clients, per_client), dtype=np.int64)
    units = np.ones((clients, per_client))
    holding = np.argsort(rng.random((clients, assets)), axis=1)[:, :held]
    asset[:, :held] = holding
    rows = np.arange(clients)
    slot = rows
    for t in range(held, per_client):
        if t % 2 == held % 2:
            slot = rng.integers(0, held, clients)
            asset[:, t], units[:, t] = holding[rows, slot], -1.0
        else:
            holding[rows, slot] = (
                holding[rows, slot] + 1 + rng.integers(0, assets - 1, clients)
            ) % assets
            asset[:, t] = holding[rows, slot]
    day = np.sort(rng.integers(0, days, (clients, per_client)), axis=1)
    trades = Trades(
        IdMap(tuple(f"c{i}" for i in range(clients))),
        IdMap(tuple(f"a{i:04d}" for i in range(assets))), np.repeat(rows, per_client),
        asset.ravel(),
        start + day.ravel() * np.timedelta64(DAY, "ns"), units.ravel(), walk[day.ravel(),
        asset.ravel()],
    )  # fmt: skip
    prices = pd.DataFrame({
        "asset": np.tile([f"a{i:04d}" for i in range(assets)], days),
        "day": np.repeat(start + np.arange(days) * np.timedelta64(DAY, "ns"), assets),
        "price": walk.ravel(),
    })  # fmt: skip
    return trades, prices


def tables(quick: bool = False) -> list[str]:
    """Trades a second of CPU by counting and cost basis, Markdown; the compiled loop is warmed up
    first."""
    trades, prices = trading(1_000 if quick else 10_000, 100)
    measure_biases(*trading(5, 30))
    lines = [
        "| counting | cost basis | trades | opportunities | CPU s | trades / s |",
        "|---|---|---|---|---|---|",
    ]
    for counting, basis in (("odean", "average"), ("odean", "fifo"), ("every_trade", "average")):
        begin = time.process_time()
        profiles = measure_biases(trades, prices, counting=counting, cost_basis=basis)
        spent = time.process_time() - begin
        lines.append(
            f"| {counting} | {basis} | {len(trades):,} | {profiles.row_counts.sum():,} |"
            f" {spent:.2f} | {len(trades) / spent:,.0f} |"
        )
    return ["### Biases from trades (about 10 assets held)", "\n".join(lines)]


if __name__ == "__main__":
    print("\n\n".join(tables()))

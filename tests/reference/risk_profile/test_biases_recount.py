"""Gains and losses counted again, slowly: one plain loop a client, dictionaries and lists, nothing
shared with the library."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from advisor.data import Trades
from advisor.risk_profile import measure_biases

DUST, TIE = 1e-9, 1e-12  # shares of a trade and of a basis that are rounding


@dataclass
class Position:
    lots: list[list[float]] = field(default_factory=list)  # [units > 0, price], oldest first
    side: int = 0
    average: float = 0.0

    @property
    def units(self) -> float:
        return self.side * sum(u for u, _ in self.lots)

    def basis(self, fifo: bool) -> float:
        if fifo:
            return sum(u * p for u, p in self.lots) / sum(u for u, _ in self.lots)
        return self.average

    def trade(self, units: float, price: float, fifo: bool) -> tuple[float, float]:
        """Units closed and what one of them had cost."""
        side = 1 if units > 0 else -1
        size = abs(units)
        if not self.lots or side == self.side:
            had = abs(self.units)
            self.average = (self.average * had + price * size) / (had + size) if had else price
            self.lots.append([size, price])
            self.side = side
            return 0.0, 0.0
        closed = min(size, abs(self.units))
        cost, left = 0.0, closed
        while left > DUST * size and self.lots:
            taken = min(left, self.lots[0][0])
            cost += taken * self.lots[0][1]
            self.lots[0][0] -= taken
            left -= taken
            if self.lots[0][0] <= DUST * size:
                self.lots.pop(0)
        each = cost / closed if fifo else self.average
        if size - closed > DUST * size:
            self.lots, self.side, self.average = [[size - closed, price]], side, price
        return closed, each


class Quotes:
    """Prices by asset, times ascending."""

    def __init__(self, prices: pd.DataFrame) -> None:
        self.rows = {
            a: list(zip(g.day, g.price, g.high, g.low, strict=True))
            for a, g in prices.sort_values("day", kind="stable").groupby("asset")
        }

    def last(self, asset: str, time: pd.Timestamp) -> float | None:
        known = [price for day, price, _, _ in self.rows.get(asset, []) if day <= time]
        return known[-1] if known else None

    def span(self, asset: str, day: pd.Timestamp) -> tuple[float, float, float] | None:
        """Last price, high and low as they stand at the end of `day`."""
        price = self.last(asset, day + pd.Timedelta(days=1) - pd.Timedelta(nanoseconds=1))
        if price is None:
            return None
        today = [r for r in self.rows[asset] if r[0].normalize() == day]
        return price, max([price, *(r[2] for r in today)]), min([price, *(r[3] for r in today)])


def verdict(side: int, basis: float, high: float, low: float, tie: float) -> int | None:
    """0 = gain, 1 = loss, None = neither."""
    if low > basis * (1 + tie):
        return 0 if side > 0 else 1
    if high < basis * (1 - tie):
        return 1 if side > 0 else 0
    return None


def recount(
    trades: pd.DataFrame, prices: pd.DataFrame, *, odean: bool, fifo: bool
) -> dict[tuple[str, str], list[int]]:
    """RG, RL, PG, PL by (client, asset). `trades`: client_id, asset, day, units (signed), price,
    left_out; `prices`: asset, day, price, high, low."""
    counts: dict[tuple[str, str], list[int]] = {}
    quotes = Quotes(prices)
    for client, own in trades.groupby("client_id"):
        for asset in own.asset.unique():
            counts[client, asset] = [0, 0, 0, 0]
        (by_day if odean else by_trade)(
            client, own.sort_values("day", kind="stable"), quotes, fifo, counts
        )
    return counts


def by_trade(client, own, quotes, fifo, counts) -> None:
    tie = TIE if fifo else 0.0  # the package compares average costs as they are, rounding and all
    book: dict[str, Position] = defaultdict(Position)
    for row in own.itertuples():
        position = book[row.asset]
        side, before = (
            position.side if position.lots else 0,
            position.basis(fifo) if position.lots else 0.0,
        )
        others = {a: (p.side, p.basis(fifo)) for a, p in book.items() if p.lots and a != row.asset}
        closed, cost = position.trade(row.units, row.price, fifo)
        if row.left_out:
            continue
        for other, (held, basis) in others.items():
            price = quotes.last(other, row.day)
            if price is not None and (what := verdict(held, basis, price, price, tie)) is not None:
                counts[client, other][2 + what] += 1
        if side:
            gain = side * (row.price - cost) if closed else 0.0
            if abs(gain) > tie * cost:
                counts[client, row.asset][0 if gain > 0 else 1] += 1
            if position.lots and position.side == side:
                basis = position.basis(fifo) if closed else before
                if (what := verdict(side, basis, row.price, row.price, tie)) is not None:
                    counts[client, row.asset][2 + what] += 1


def by_day(client, own, quotes, fifo, counts) -> None:
    book: dict[str, Position] = defaultdict(Position)
    for day, rows in own.groupby(own.day.dt.normalize()):
        start = {a: (p.side, p.basis(fifo)) for a, p in book.items() if p.lots}
        gains: dict[str, float] = {}
        costs: dict[str, float] = defaultdict(float)
        closed_today: set[str] = set()
        for row in rows.itertuples():
            side = book[row.asset].side
            closed, cost = book[row.asset].trade(row.units, row.price, fifo)
            if closed:
                closed_today.add(row.asset)
                if not row.left_out:
                    costs[row.asset] += closed * cost
                    gains[row.asset] = gains.get(row.asset, 0.0) + side * closed * (
                        row.price - cost
                    )
        if not gains or len(set(start) | closed_today) < 2:
            continue
        for asset, gain in gains.items():
            if abs(gain) > TIE * costs[asset]:
                counts[client, asset][0 if gain > 0 else 1] += 1
        for asset in set(start) - closed_today:
            side, basis = start[asset]
            quote = quotes.span(asset, day)
            if (
                quote is not None
                and (what := verdict(side, basis, quote[1], quote[2], TIE)) is not None
            ):
                counts[client, asset][2 + what] += 1


@pytest.mark.data
@pytest.mark.parametrize(
    ("counting", "cost_basis"), [("odean", "average"), ("odean", "fifo"), ("every_trade", "fifo")]
)
def test_real_trades_counted_again_slowly(data_dir: Path, counting: str, cost_basis: str) -> None:
    """One of the six investors, each way of counting for which nothing is published."""
    base = data_dir / "disposition_effect"
    trades = Trades.from_frame(
        pd.read_csv(base / "transactions.csv.gz"),
        client="investor",
        day="datetime",
        side="type",
        units="quantity",
    )
    prices = pd.read_csv(base / "market_prices.csv.gz")
    row = {c: i for i, c in enumerate(trades.clients.ids)}["743Q1"]
    mine = trades.client_codes == row
    frame = pd.DataFrame({
        "client_id": "743Q1", "asset": np.array(trades.assets.ids)[trades.asset_codes[mine]],
        "day": trades.times[mine],
        "units": trades.units[mine], "price": trades.prices[mine], "left_out": False,
    })  # fmt: skip
    frame = frame[frame.units != 0]
    quotes = prices.rename(columns={"datetime": "day"}).assign(day=lambda f: pd.to_datetime(f.day))
    quotes = quotes[quotes.asset.isin(frame.asset)].assign(
        high=lambda f: f.price, low=lambda f: f.price
    )
    if counting == "odean":  # without high and low columns the day's last price alone decides
        quotes = (
            quotes.sort_values("day", kind="stable")
            .groupby(["asset", quotes.day.dt.normalize()])
            .tail(1)
        )
    found = measure_biases(
        Trades.from_frame(frame.assign(side=np.where(frame.units > 0, "B", "S"),
        units=frame.units.abs())),
        quotes[["asset", "day", "price"]], counting=counting, cost_basis=cost_basis,
    )  # fmt: skip
    slow = recount(frame, quotes, odean=counting == "odean", fifo=cost_basis == "fifo")
    assert dict(zip(found.counts.index, found.counts.to_numpy().tolist(), strict=True)) == slow
    assert found.counts.to_numpy().sum() > 100


def histories(seed: int, clients: int = 15) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Small lives: few assets and days; shorts, reversals, partial sales, equal prices, several
    trades a day, gaps in the prices, marked trades."""
    rng = np.random.default_rng(seed)
    count = 15 * clients
    trades = pd.DataFrame({
        "client_id": rng.integers(0, clients, count).astype(str),
        "asset": rng.choice(list("abcd"), count),
        "day": pd.Timestamp("2020-01-01") + pd.to_timedelta(rng.integers(0, 240, count), unit="h"),
        "units": rng.choice([-3.0, -2.0, -1.0, 1.0, 2.0, 2.0, 3.0], count),
        "price": rng.choice([8.0, 9.1, 10.0, 11.3, 12.5], count),
        "left_out": rng.random(count) < 0.15,
    })  # fmt: skip
    price, width = rng.choice([8.5, 10.0, 11.5], 24), rng.choice([0.0, 1.0, 2.0], 24)
    prices = pd.DataFrame({
        "asset": rng.choice(list("abcd"), 24),
        "day": pd.Timestamp("2020-01-01") + pd.to_timedelta(rng.integers(0, 10, 24), unit="D"),
        "price": price, "high": price + width, "low": price - width,
    })  # fmt: skip
    return trades.sort_values("day", kind="stable").reset_index(drop=True), prices.drop_duplicates(
        ["asset", "day"], keep="last"
    )


def measured(
    trades: pd.DataFrame, prices: pd.DataFrame, counting: str, cost_basis: str
) -> dict[tuple[str, str], list[int]]:
    frame = trades.assign(side=np.where(trades.units > 0, "buy", "sell"), units=trades.units.abs())
    found = measure_biases(
        Trades.from_frame(frame, left_out=["left_out"]),
        prices,
        counting=counting,
        cost_basis=cost_basis,
    )
    return dict(zip(found.counts.index, found.counts.to_numpy().tolist(), strict=True))


@pytest.mark.parametrize("cost_basis", ["average", "fifo"])
@pytest.mark.parametrize("counting", ["odean", "every_trade"])
@settings(max_examples=8)
@given(seed=st.integers(0, 10**6))
def test_counts_equal_a_slow_recount(counting: str, cost_basis: str, seed: int) -> None:
    trades, prices = histories(seed)
    assert measured(trades, prices, counting, cost_basis) == recount(
        trades, prices, odean=counting == "odean", fifo=cost_basis == "fifo"
    )


@pytest.mark.parametrize(
    ("counting", "cost_basis", "odean", "fifo"),
    [
        ("odean", "average", False, False),
        ("odean", "fifo", True, False),
        ("every_trade", "average", False, True),
    ],
)
def test_the_recount_would_catch_another_way_of_counting(
    counting: str, cost_basis: str, odean: bool, fifo: bool
) -> None:
    """The same histories counted by a neighbouring rule must differ, or the property above says
    nothing."""
    trades, prices = histories(1, clients=60)
    assert measured(trades, prices, counting, cost_basis) != recount(
        trades, prices, odean=odean, fifo=fifo
    )


def test_the_recount_would_catch_a_mark_that_is_not_obeyed() -> None:
    trades, prices = histories(2)
    assert measured(trades.assign(left_out=False), prices, "odean", "average") != recount(
        trades, prices, odean=True, fifo=False
    )

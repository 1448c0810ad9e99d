"""The records that the compiled pass over trades reads and writes."""

from __future__ import annotations

from typing import Any, NamedTuple, TypeAlias

import numpy as np

DAY = 86_400_000_000_000
"""Nanoseconds; times are nanoseconds since 1970."""
BINS, BINS_PER_UNIT = 2000, 500.0
"""Opportunities are pooled by return since purchase in steps of 0.2 % from -100 % to 300 %; the last bin takes what lies beyond."""
Ints: TypeAlias = Any
Floats: TypeAlias = Any
Bools: TypeAlias = Any
"""Arrays of int64, float64 and bool; numpy's stubs call an element of an array an array, which no strict checker accepts as a number."""
TRADED, VALUE_DAYS, HHI_DAYS, HOME_DAYS, DAYS, HHI_LAST, HOME_LAST, PASSIVE, ACTIVE = range(9)
STATS = 9
"""Columns of `Tally.client`: sums for one client."""


class Tape(NamedTuple):
    """Trades in order: client c has rows start[c]:start[c + 1]; rows of one group are judged together."""

    start: Ints
    asset: Ints
    group: Ints
    time: Ints
    units: Floats
    price: Floats
    left_out: Bools


class Quotes(NamedTuple):
    """Prices by asset: asset a has rows indptr[a]:indptr[a + 1], times ascending."""

    indptr: Ints
    time: Ints
    price: Floats
    high: Floats
    low: Floats


class Book(NamedTuple):
    """What the client at hand holds; arrays by asset are cleared by the list of assets he touched."""

    units: Floats  # signed
    basis: Floats  # price a unit that gains are measured from
    weight: Floats  # share of value after his last trades
    slot: Ints  # place in `held`, -1 = not held
    held: Ints
    row: Ints  # row of `counts`, -1 = not touched
    quote: Ints  # last price row used, -2 = not looked up yet
    sold: Ints  # in this group: 1 by choice, 2 left out
    pnl: Floats  # realised in this group by choice
    paid: Floats  # basis of the units so realised
    head: Ints  # first and last lot, -1 = none
    tail: Ints
    lot_units: Floats
    lot_price: Floats
    lot_next: Ints


class Before(NamedTuple):
    """Holdings as they stood before the group's trades."""

    asset: Ints
    units: Floats
    basis: Floats
    weight: Floats


class Tally(NamedTuple):
    """What is found."""

    row_client: Ints
    row_asset: Ints
    counts: Ints
    seen: Floats  # (kept or sold, bin): number of opportunities
    gained: Floats  # (kept or sold, bin): sum of their returns
    client: Floats  # (c, STATS)


def empty_book(assets: int, lots: int) -> Book:
    """A book that holds nothing."""

    def none() -> Ints:
        return np.full(assets, -1, dtype=np.int64)

    units, basis, weight, pnl, paid = np.zeros((5, assets))
    return Book(
        units=units,
        basis=basis,
        weight=weight,
        slot=none(),
        held=none(),
        row=none(),
        quote=np.full(assets, -2, dtype=np.int64),
        sold=np.zeros(assets, dtype=np.int64),
        pnl=pnl,
        paid=paid,
        head=none(),
        tail=none(),
        lot_units=np.zeros(lots),
        lot_price=np.zeros(lots),
        lot_next=np.full(lots, -1, dtype=np.int64),
    )


def empty_before(assets: int) -> Before:
    """Room for all assets at once."""
    units, basis, weight = np.zeros((3, assets))
    return Before(asset=np.full(assets, -1, dtype=np.int64), units=units, basis=basis, weight=weight)


def empty_tally(trades: int, clients: int) -> Tally:
    """Room for one (client, asset) row a trade."""
    return Tally(
        row_client=np.empty(trades, dtype=np.int64),
        row_asset=np.empty(trades, dtype=np.int64),
        counts=np.zeros((trades, 4), dtype=np.int64),
        seen=np.zeros((2, BINS)),
        gained=np.zeros((2, BINS)),
        client=np.zeros((clients, STATS)),
    )

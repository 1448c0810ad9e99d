"""The records that the compiled pass over trades reads and writes."""

from __future__ import annotations

from typing import Any, NamedTuple, TypeAlias

import numpy as np

DAY = 86_400_000_000_000
"""Nanoseconds; times are nanoseconds since 1970."""
NEVER = -(2**63)
"""A moment that no trade has."""
BINS, BINS_PER_UNIT = 2000, 500.0
"""Opportunities are pooled by return since purchase in steps of 0.2 % from -100 % to 300 %; the
last bin takes what lies beyond."""
Ints: TypeAlias = Any
Floats: TypeAlias = Any
Bools: TypeAlias = Any
Records: TypeAlias = Any
"""Arrays of int64, float64, bool and records; numpy's stubs call an element of an array an array,
which no strict checker accepts as a number."""
TRADED, VALUE_DAYS, HHI_DAYS, HOME_DAYS, DAYS, HHI_LAST, HOME_LAST, PASSIVE, ACTIVE = range(9)
STATS = 9
"""Columns of `Tally.client`: sums for one client."""


class Rules(NamedTuple):
    """How to count: oldest lots first, Odean's days or every trade, what is too small to be a gain,
    and the last moment of the data.
    """

    fifo: bool
    odean: bool
    tie: float
    end: int


class Tape(NamedTuple):
    """Trades in order: client c has rows start[c]:start[c + 1]; rows of one group are judged
    together.
    """

    start: Ints
    trade: Records  # TRADE


class Quotes(NamedTuple):
    """Prices by asset: asset a has rows start[a]:start[a + 1], times ascending."""

    start: Ints
    time: Ints
    row: Records  # QUOTE


class Book(NamedTuple):
    """What the client at hand holds; entries by asset are cleared by the list of assets they
    touched.
    """

    of: Records  # HOLDING, by asset
    held: Ints  # assets held, in no order
    touched: Ints  # assets closed in this group
    lot: Records  # LOT, one a trade


class Tally(NamedTuple):
    """What is found."""

    pair: Ints  # (client, asset) of each row
    counts: Ints  # RG, RL, PG, PL of each row
    chances: Floats  # (number or sum of returns, sold or kept, bin)
    client: Floats  # (c, STATS)


TRADE = np.dtype(
    [
        ("asset", "i8"),
        ("group", "i8"),
        ("time", "i8"),
        ("units", "f8"),
        ("price", "f8"),
        ("left_out", "i8"),
    ]
)
QUOTE = np.dtype([("price", "f8"), ("high", "f8"), ("low", "f8")])
LOT = np.dtype([("units", "f8"), ("price", "f8"), ("next", "i8")])
BEFORE = np.dtype([("asset", "i8"), ("units", "f8"), ("basis", "f8"), ("weight", "f8")])
"""A holding as it stood before the group's trades."""
HOLDING = np.dtype([
    ("units", "f8"),  # signed
    ("basis", "f8"),  # price a unit that gains are measured from
    ("weight", "f8"),  # share of value after their last trades
    ("pnl", "f8"),  # realised in this group by choice
    ("paid", "f8"),  # basis of the units so realised
    ("slot", "i8"),  # place in `held`, -1 = not held
    ("row", "i8"),  # row of `counts`, -1 = not touched
    ("quote", "i8"),  # last price row used, -2 = not looked up yet
    ("at", "i8"),  # moment of that look, and the price found, 0 = none
    ("price", "f8"),
    ("sold", "i8"),  # in this group: 1 by choice, 2 left out
    ("head", "i8"),  # first and last lot, -1 = none
    ("tail", "i8"),
])  # fmt: skip


def records(dtype: np.dtype[np.void], **columns: Any) -> Records:
    """Columns side by side, so that what is read together lies together."""
    table: Records = np.empty(len(next(iter(columns.values()))), dtype=dtype)
    for name, values in columns.items():
        table[name] = values
    return table


def empty_book(assets: int, lots: int) -> Book:
    """A book that holds nothing."""
    of: Records = np.zeros(assets, dtype=HOLDING)
    for name, value in (
        ("slot", -1),
        ("row", -1),
        ("quote", -2),
        ("head", -1),
        ("tail", -1),
        ("at", NEVER),
    ):
        of[name] = value
    return Book(
        of=of,
        held=np.zeros(assets, dtype=np.int64),
        touched=np.zeros(assets, dtype=np.int64),
        lot=np.zeros(lots, dtype=LOT),
    )


def empty_tally(trades: int, clients: int) -> Tally:
    """Room for one (client, asset) row a trade."""
    return Tally(
        pair=np.empty((trades, 2), dtype=np.int64),
        counts=np.zeros((trades, 4), dtype=np.int64),
        chances=np.zeros((2, 2, BINS)),
        client=np.zeros((clients, STATS)),
    )

"""The walk through time of all strategies: one past a day, one drift a stretch."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from advisor.arrays import BoolArray, DayArray, FloatArray, IntArray
from advisor.data.market import Market
from advisor.errors import InputError
from advisor.evaluate.backtesting.account import Account, Policy, Stretch
from advisor.evaluate.backtesting.record import Record
from advisor.evaluate.backtesting.terms import Terms


@dataclass(frozen=True, eq=False)
class Path:
    """What holding the assets brings, with the gaps of unequal histories filled as the terms say.

    Attributes:
        growth: 1 + return of each session; after an asset's end its `delisting_return`, then cash,
            shape (T, n).
        alive: Whether the asset has a return at the session, shape (T, n).
        cash: 1 + return of cash a session.
    """

    growth: FloatArray
    alive: BoolArray
    cash: float

    @classmethod
    def of(cls, market: Market, terms: Terms) -> Path:
        """Of a market on given terms."""
        cash = (1.0 + terms.cash_rate) ** (1.0 / market.periods_per_year)
        alive = np.isfinite(market.returns)
        growth = np.where(alive, 1.0 + market.returns, cash)
        gone = np.zeros_like(alive)
        gone[1:] = alive[:-1] & ~alive[1:]
        growth[gone] = 1.0 + terms.delisting_return
        return cls(growth, alive, cash)

    def stretch(self, start: int, stop: int, first: int) -> Stretch:
        """The sessions start + 1 .. stop, whose first is number `first` of the run."""
        rows = slice(start + 1, stop + 1)
        growth: FloatArray = np.cumprod(self.growth[rows], axis=0, dtype=np.float64)
        cash: FloatArray = np.cumprod(np.full(stop - start, self.cash), dtype=np.float64)
        return Stretch(first, growth, cash, self.alive[rows])


def walk(
    policies: Sequence[Policy],
    market: Market,
    rows: IntArray,
    *,
    rate: FloatArray,
    terms: Terms,
    window: int | None = None,
    progress: bool = False,
) -> list[Record]:
    """Carry every policy through the market, all on one `past` object a day.

    `rows` are the rebalancing rows, ascending, shape (k,); `rate` the proportional cost by asset, a
    fraction of the value traded, shape (n,); a policy sees `window` rows of history, all when None.

    Returns:
        One record a policy. A strategy's numbers do not depend on which others run beside it.
    """
    last, first = len(market) - 1, int(rows[0])
    path, flows = Path.of(market, terms), terms.flow_by_session(market.dates)
    flows[:first] = 0.0
    decides = np.zeros(len(market), dtype=bool)
    decides[rows] = True
    accounts = [
        Account(p, market.assets, last - first, terms.capital, rate, terms.fixed_cost)
        for p in policies
    ]
    events = np.flatnonzero(decides | (flows != 0.0)).tolist()
    for row, end in _bar(list(zip(events, [*events[1:], last], strict=True)), progress):
        past = _past(market, row, window) if decides[row] else None
        for account in accounts:
            if flows[row] != 0.0:
                account.receive(float(flows[row]), market.dates[row])
            if past is not None:
                account.rebalance(past, path.alive[row], row)
            account.cover(row)
        if end > row:
            stretch = path.stretch(row, end, row - first)
            for account in accounts:
                account.hold(stretch, market.dates[first + 1 :])
    return [account.record() for account in accounts]


def _past(market: Market, row: int, window: int | None) -> Market:
    past = market.until(market.dates[row])
    if window is None or len(past) <= window:
        return past
    dates: DayArray = past.dates[-window:].copy()
    returns: FloatArray = past.returns[-window:].copy()
    dates.flags.writeable = returns.flags.writeable = False
    return Market(past.assets, dates, returns, past.groups, past.risk_levels, past.periods_per_year)


def _bar(steps: list[tuple[int, int]], progress: bool) -> Iterable[tuple[int, int]]:
    if not progress:
        return steps
    try:
        import tqdm
    except ImportError as error:
        raise InputError(
            "progress=True shows a bar drawn by tqdm, which is not installed; pip install tqdm, or"
            " leave progress off.",
            field="progress",
            value=True,
        ) from error
    bar: Any = tqdm
    return bar.tqdm(steps, desc="backtest", unit="event")

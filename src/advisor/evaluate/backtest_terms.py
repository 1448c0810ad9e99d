"""What the account of a backtest starts with, pays and receives."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

import numpy as np

from advisor.arrays import DayArray, FloatArray
from advisor.data.days import as_day
from advisor.errors import InputError


@dataclass(frozen=True)
class Terms:
    """Money side of a backtest; the default is one unit of money, no fixed fee, no flows and cash that earns nothing.

    Args:
        capital: Money at the start, all of it cash; only fixed fees and flows depend on it.
        fixed_cost: Money for each asset traded on a rebalancing day.
        flows: Money paid in (+) or taken out (-) by day; it moves at the close of that day, or of the first session after it. What cash
            cannot pay is sold in proportion, at the proportional cost. Flows before the first decision belong to `capital`.
        cash_rate: Annual rate that cash earns (and a short of cash pays).
        delisting_return: Return of the session after an asset's last one (-0.3 says that 30 % is lost); the rest turns to cash.
    """

    capital: float = 1.0
    fixed_cost: float = 0.0
    flows: Mapping[date | str | np.datetime64, float] = field(default_factory=dict)
    cash_rate: float = 0.0
    delisting_return: float = 0.0

    def __post_init__(self) -> None:
        checks = (
            ("capital", self.capital, self.capital > 0.0, "positive"),
            ("fixed_cost", self.fixed_cost, self.fixed_cost >= 0.0, "not negative"),
            ("cash_rate", self.cash_rate, self.cash_rate > -1.0, "above -1"),
            ("delisting_return", self.delisting_return, self.delisting_return >= -1.0, "not below -1"),
        )
        for name, value, good, want in checks:
            if not (good and np.isfinite(value)):
                raise InputError(f"Terms.{name} is {value}; it must be finite and {want}.", field=name, value=value)
        for day, money in self.flows.items():
            if not np.isfinite(money):
                raise InputError(
                    f"Terms.flows[{day!r}] is {money}; a flow is an amount of money. Correct or drop it.", field="flows", value=money
                )

    def flow_by_session(self, dates: DayArray) -> FloatArray:
        """Net flow at the close of each session, shape (T,); flows after the last session are left out."""
        flow = np.zeros(len(dates))
        if self.flows:
            days = np.array([as_day(day, "flows") for day in self.flows], dtype="datetime64[D]")
            rows = np.searchsorted(dates, days, side="left")
            inside = rows < len(dates)
            np.add.at(flow, rows[inside], np.fromiter(self.flows.values(), dtype=np.float64)[inside])
        return flow

"""What the account of a backtest starts with, pays and receives."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Annotated

import numpy as np

from advisor.annotations import NotNegative, Positive
from advisor.arrays import DayArray, FloatArray, check_number
from advisor.data.days import as_day
from advisor.evaluate.backtesting.statistics import Rate
from advisor.readers import Number
from advisor.validation import checked

Loss = Annotated[float, Number("Give a return, -0.3 where 30 % is lost.", low=-1.0)]


@checked
@dataclass(frozen=True)
class Terms:
    """Money side of a backtest; the default is one unit of money, no fixed fee, no flows and cash
    that earns nothing.

    Args:
        capital: Money at the start, all of it cash; only fixed fees and flows depend on it.
        fixed_cost: Money for each asset traded on a rebalancing day.
        flows: Money paid in (+) or taken out (-) by day; it moves at the close of that day, or of
            the first session after it. What cash cannot pay is sold in proportion, at the
            proportional cost. Flows before the first decision belong to `capital`.
        cash_rate: Annual rate that cash earns (and a short of cash pays); the Sharpe ratios of the
            result are of what is earned above it.
        delisting_return: Return of the session after an asset's last one (-0.3 says that 30 % is
            lost); the rest turns to cash.
    """

    capital: Positive = 1.0
    fixed_cost: NotNegative = 0.0
    flows: Mapping[date | str | np.datetime64, float] = field(default_factory=dict)
    cash_rate: Rate = 0.0
    delisting_return: Loss = 0.0

    def __post_init__(self) -> None:
        for day, money in self.flows.items():
            as_day(day, "flows")
            check_number(
                money, "flows", "A flow is an amount of money: correct or drop it.", key=day
            )

    def flow_by_session(self, dates: DayArray) -> FloatArray:
        """Net flow at the close of each session, shape (T,), without those after the last."""
        flow = np.zeros(len(dates))
        if self.flows:
            days = np.array([as_day(day, "flows") for day in self.flows], dtype="datetime64[D]")
            rows = np.searchsorted(dates, days, side="left")
            inside = rows < len(dates)
            np.add.at(
                flow, rows[inside], np.fromiter(self.flows.values(), dtype=np.float64)[inside]
            )
        return flow

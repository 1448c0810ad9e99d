"""One strategy's account as it is carried through time: decide, trade, pay, drift."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import cast

import numpy as np
import pandas as pd

from advisor.arrays import BoolArray, DayArray, FloatArray, frozen
from advisor.data.market import Market
from advisor.evaluate.backtesting.answer import Answer, read_weights
from advisor.evaluate.backtesting.record import Failure, Failures, Record
from advisor.measures.weights import OVER_ONE

Policy = Callable[[Market, FloatArray], Answer]
"""From the market as it was known at the day's close and the weights held at it, shape (n,), to the
weights wanted."""

OVERDRAWN = 1e-6  # rounding of the budget, not a loan
HELD = 1e-12  # below this a weight is no position and a difference is no trade
BUGS = (AttributeError, ImportError, LookupError, NameError, NotImplementedError, TypeError)
"""What a policy raises because its code is wrong, not because the day was difficult: passed on to
the caller."""


@dataclass(frozen=True)
class Stretch:
    """The sessions from one event to the next, the same for every strategy.

    Attributes:
        first: Position of the first session in the run's daily arrays.
        growth, cash_growth: Value of one unit of money after each session, shapes (m, n) and (m,).
        alive: Whether the asset still has a history at that session, shape (m, n).
    """

    first: int
    growth: FloatArray
    cash_growth: FloatArray
    alive: BoolArray


class Account:
    """Weights and money of one strategy during a run; written only by the walk.

    Args:
        rate: Proportional cost of trading each asset, a fraction of the value traded, shape (n,).
    """

    def __init__(
        self,
        policy: Policy,
        assets: tuple[str, ...],
        sessions: int,
        capital: float,
        rate: FloatArray,
        fixed_cost: float,
    ) -> None:
        self.policy, self.assets, self.rate, self.fixed_cost = policy, assets, rate, fixed_cost
        self.weights: FloatArray = np.zeros(len(assets))
        self.money, self.due, self.ruined = capital, 0.0, False
        self.returns, self.exposure, self.wealth = (np.zeros(sessions) for _ in range(3))
        self.held: list[FloatArray] = []
        self.trades: list[tuple[int, float, float]] = []
        self.failures: list[Failure] = []

    def receive(self, flow: float, day: np.datetime64) -> None:
        """Pay money in or out at the close; weights shrink or grow with it."""
        if self.ruined:
            return
        after = self.money + flow
        if after <= 0.0:
            held = f"which held {self.money:,.2f}"
            self._ruin(day, f"a withdrawal of {-flow:,.2f} emptied the account, {held}")
            return
        self.weights = self.weights * (self.money / after)
        self.money = after

    def rebalance(self, past: Market, tradable: BoolArray, row: int) -> None:
        """Ask the policy and trade to its answer; where it fails, keep what is held, and why."""
        day = past.dates[-1]
        answer = "nothing is left to invest" if self.ruined else self._ask(past, tradable)
        reason = answer if isinstance(answer, str) else self._trade(answer, row)
        if reason:
            self.failures.append(Failure(pd.Timestamp(day), reason))
            self.trades.append((row, 0.0, 0.0))
        self.held.append(self.weights)

    def cover(self, row: int) -> None:
        """Sell in proportion what a withdrawal left short of cash."""
        total = float(self.weights.sum())
        if total > 1.0 + OVERDRAWN:
            self._trade(self.weights / total, row)

    def hold(self, stretch: Stretch, dates: DayArray) -> None:
        """Let the holdings drift; the cost of the trades before is part of the first return."""
        span = slice(stretch.first, stretch.first + len(stretch.growth))
        cash = 1.0 - float(self.weights.sum())
        value = stretch.growth @ self.weights + cash * stretch.cash_growth
        if self.ruined or not (value > 0.0).all():
            self._fall(value, span, dates)
            return
        steps = value.copy()
        steps[1:] /= value[:-1]
        steps[0] *= 1.0 - self.due
        self.returns[span] = steps - 1.0
        self.wealth[span] = self.money * value
        self.exposure[span] = ((stretch.growth * stretch.alive) @ self.weights) / value
        grown = self.weights * stretch.growth[-1] / value[-1]
        self.weights = np.where(stretch.alive[-1], grown, 0.0)
        self.money, self.due = float(self.wealth[span][-1]), 0.0

    def record(self) -> Record:
        """What was written down, frozen."""
        rows = np.array([row for row, _, _ in self.trades], dtype=np.int64)
        turnover, costs = (np.array([t[k] for t in self.trades], dtype=np.float64) for k in (1, 2))
        held = np.array(self.held, dtype=np.float64).reshape(len(self.held), len(self.assets))
        daily = (frozen(self.returns), frozen(self.exposure), frozen(self.wealth))
        trades = (frozen(held), frozen(rows), frozen(turnover), frozen(costs))
        return Record(*daily, *trades, Failures(self.failures))

    def _ask(self, past: Market, tradable: BoolArray) -> FloatArray | str:
        held = self.weights.copy()
        held.flags.writeable = False
        try:
            raw_answer = self.policy(past, held)
        except BUGS:
            raise
        except Exception as error:  # noqa: BLE001  the policy is the caller's own code and its solvers': whatever it raises, the day failed and is listed
            return f"{type(error).__name__}: {error}"
        answer = read_weights(raw_answer, self.assets)
        if isinstance(answer, str):
            return answer
        finite = np.isfinite(answer)
        if not finite.all():
            return f"the weight of {self.assets[int(np.argmin(finite))]!r} is not finite"
        total = float(answer.sum())
        if total > 1.0 + OVER_ONE:
            return (
                f"the weights add up to {total:.6g}, more than all wealth; what is borrowed is a"
                " negative weight of an asset that is cash"
            )
        answer = answer / total if total > 1.0 + OVERDRAWN else answer
        unpriced = (np.abs(answer) > HELD) & ~tradable
        if unpriced.any():
            name = self.assets[int(np.argmax(unpriced))]
            return f"{name!r} has no return on this day, so an order for it could not be filled"
        return np.where(tradable, answer, 0.0)

    def _trade(self, target: FloatArray, row: int) -> str:
        change = np.abs(target - self.weights)
        fees = self.fixed_cost * int((change > HELD).sum()) / self.money
        cost = float((self.rate * change).sum()) + fees
        if cost >= 1.0:
            return f"trading would cost {cost:.3g} of wealth, all there is"
        self.trades.append((row, float(change.sum()), cost))
        self.weights = target
        self.money *= 1.0 - cost
        self.due = 1.0 - (1.0 - self.due) * (1.0 - cost)
        return ""

    def _fall(self, value: FloatArray, span: slice, dates: DayArray) -> None:
        """The value reached zero: lose everything on that session and earn nothing after it."""
        if self.ruined:
            return
        at = int(np.argmax(~(value > 0.0)))
        steps = np.ones(len(value))
        steps[: at + 1] = value[: at + 1] / np.concatenate(([1.0], value[:at]))
        steps[0] *= 1.0 - self.due
        steps[at] = 0.0
        self.returns[span] = steps - 1.0
        self.returns[span.start + at + 1 : span.stop] = 0.0
        self.wealth[span] = np.where(np.arange(len(value)) < at, self.money * value, 0.0)
        self._ruin(cast(np.datetime64, dates[span.start + at]), "the account lost everything")

    def _ruin(self, day: np.datetime64, reason: str) -> None:
        self.failures.append(Failure(pd.Timestamp(day), reason))
        self.weights = np.zeros(len(self.assets))
        self.money, self.due, self.ruined = 0.0, 0.0, True

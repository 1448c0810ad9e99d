"""A client's life on one line: year by year what is reserved, what each goal may risk, and the
allocation that follows.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated

import numpy as np
import pandas as pd

from advisor.annotations import NotNegative, Positive, Share
from advisor.arrays import FloatArray
from advisor.contracts.client import Goal
from advisor.contracts.thresholds import exceeds, reaches
from advisor.lifecycle.goals.glide_path import Shape, glide_path
from advisor.lifecycle.inputs import AnnualReturn, PlanYears, listed
from advisor.lifecycle.wealth.reserve import LifeEvent
from advisor.privacy import hides
from advisor.readers import Number
from advisor.validation import checked


@hides
@dataclass(frozen=True, eq=False)
class Timeline:
    """Expected course, a row a year.

    Attributes:
        years: From now, shape (t,).
        wealth: Expected, after the events of the year, shape (t,).
        reserve: Money reserved_now liquid, shape (t,).
        risky_share: Of all wealth, shape (t,).
        paid: Money paid for events and goals in the year, shape (t,).
        happened: Names of what was paid, one tuple a year.
    """

    years: FloatArray
    wealth: FloatArray
    reserve: FloatArray
    risky_share: FloatArray
    paid: FloatArray
    happened: tuple[tuple[str, ...], ...]

    def to_frame(self) -> pd.DataFrame:
        """One row a year."""
        return pd.DataFrame(
            {
                "wealth": self.wealth,
                "reserve": self.reserve,
                "risky_share": self.risky_share,
                "paid": self.paid,
                "happened": [", ".join(names) for names in self.happened],
            },
            index=pd.Index(self.years, name="years"),
        )


@checked
def life_timeline(
    wealth: NotNegative,
    goals: Sequence[Goal] = (),
    events: Sequence[LifeEvent] = (),
    *,
    years: PlanYears = 40,
    annual_saving: float = 0.0,
    risky_return: AnnualReturn = 0.06,
    safe_return: AnnualReturn = 0.02,
    start: Share = 0.9,
    end: Share = 0.0,
    length: Positive = 20.0,
    shape: Shape = "linear",
    reserve_horizon: Annotated[float, Number("It is in years.", low=0.0, infinite=True)] = 2.0,
) -> Timeline:
    """How life events and goals move the allocation.

    Args:
        wealth: Today's money.
        goals: Each claims its amount, discounted at the safe rate, from wealth, most important
            first; its part follows the glide path of its own date.
        events: As goals, but money due within `reserve_horizon` years is kept in cash.
            Negative amounts come in.
        years: Length of the line.
        annual_saving: Money added each year.
        risky_return: Expected a year, of the risky assets.
        safe_return: Expected a year, of the safe ones.
        start: Risky share far from a date, as in `glide_path`; what no goal claims stays there.
        end: Risky share at a date.
        length: Years over which the path falls.
        shape: Of its fall.
        reserve_horizon: Years before an event in which it is reserved for.

    Returns:
        The line. The part set aside for something due now has a risky share of `end` (0 by
        default): a house to be bought is not at risk on the day.

    Raises:
        InputError: Wealth is negative or there are no years.

    >>> line = life_timeline(
    ...     100.0,
    ...     events=[LifeEvent("house", 100.0, 5.0)],
    ...     years=6,
    ...     risky_return=0.0,
    ...     safe_return=0.0,
    ... )
    >>> line.risky_share.round(2).tolist(), line.wealth.tolist()
    ([0.22, 0.18, 0.14, 0.0, 0.0, 0.0, 0.0], [100.0, 100.0, 100.0, 100.0, 100.0, 0.0, 0.0])
    """
    goals = listed(goals, Goal, "goals", "Give a list of Goal.")
    events = listed(events, LifeEvent, "events", "Give a list of LifeEvent.")
    claims = [(g.priority, g.years, g.name, g.amount, False) for g in goals]
    claims += [(e.priority, e.years, e.name, e.amount_then, True) for e in events]
    claims.sort()
    rows = np.zeros((4, years + 1))
    happened: list[tuple[str, ...]] = []
    money = wealth
    for year in range(years + 1):
        due = [c for c in claims if reaches(year, c[1]) and exceeds(c[1], year - 1)]
        paid = sum(c[3] for c in due)
        money = max(money - paid, 0.0)
        ahead = [c for c in claims if exceeds(c[1], year)]
        risky, reserved = 0.0, 0.0
        left = money
        for _, when, _, amount, is_event in ahead:
            part = min(left, max(amount, 0.0) * (1.0 + safe_return) ** -(when - year))
            left -= part
            reserved_now = is_event and reaches(year + reserve_horizon, when)
            reserved += part if reserved_now else 0.0
            if not reserved_now:
                share = glide_path(when - year, start=start, end=end, length=length, shape=shape)
                risky += part * float(share)
        risky += left * start
        share = risky / money if money > 0.0 else 0.0
        rows[:, year] = money, reserved, share, paid
        happened.append(tuple(c[2] for c in due))
        money = money * (1.0 + safe_return + share * (risky_return - safe_return)) + annual_saving
    return Timeline(
        np.arange(years + 1, dtype=np.float64), rows[0], rows[1], rows[2], rows[3], tuple(happened)
    )

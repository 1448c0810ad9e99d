"""A client's life on one line: year by year what is reserved, what each goal may risk, and the
allocation that follows.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, NamedTuple

import numpy as np
import pandas as pd

from advisor.annotations import NotNegative, Positive, Share
from advisor.arrays import FloatArray
from advisor.contracts.client import Goal
from advisor.contracts.thresholds import exceeds, reaches
from advisor.lifecycle.goals.glide_path import Shape, glide_path
from advisor.lifecycle.inputs import MOST, FundReturns, PlanYears, listed, within
from advisor.lifecycle.wealth.reserve import LifeEvent
from advisor.privacy import hides
from advisor.readers import Number
from advisor.validation import checked


@checked
@dataclass(frozen=True)
class GlideRules:
    """What money set aside for a date may risk.

    Attributes:
        start: Risky share far from a date, as in `glide_path`; what no goal claims stays there.
        end: Risky share at a date.
        length: Years over which the share falls.
        shape: Of its fall.
        reserve_horizon: Years before an event in which it is reserved for.
    """

    start: Share = 0.9
    end: Share = 0.0
    length: Positive = 20.0
    shape: Shape = "linear"
    reserve_horizon: Annotated[float, Number("It is in years.", low=0.0, infinite=True)] = 2.0

    def share(self, years: float) -> float:
        """Risky share with so many years to go."""
        path = glide_path(
            years, start=self.start, end=self.end, length=self.length, shape=self.shape
        )
        return float(path)


@hides
@dataclass(frozen=True, eq=False)
class Timeline:
    """Expected course, a row a year.

    Attributes:
        years: From now, shape (t,).
        wealth: Expected, after the events of the year, shape (t,).
        reserve: Money kept liquid, shape (t,).
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
        columns = {
            name: getattr(self, name) for name in ("wealth", "reserve", "risky_share", "paid")
        }
        happened = [", ".join(names) for names in self.happened]
        return pd.DataFrame(columns | {"happened": happened}, pd.Index(self.years, name="years"))


class _Claim(NamedTuple):
    priority: float
    years: float
    name: str
    amount: float
    is_event: bool


@checked
def life_timeline(
    wealth: NotNegative,
    goals: Sequence[Goal] = (),
    events: Sequence[LifeEvent] = (),
    *,
    years: PlanYears = 40,
    annual_saving: float = 0.0,
    returns: FundReturns | None = None,
    rules: GlideRules | None = None,
) -> Timeline:
    """How life events and goals move the allocation.

    Args:
        wealth: Today's money.
        goals: Each claims its amount, discounted at the safe rate, from wealth, most important
            first; its part follows the glide path of its own date.
        events: As goals, but money due within the reserve horizon is kept in cash. Negative
            amounts come in.
        years: Length of the line.
        annual_saving: Money added each year.
        returns: Expected, of the risky and the safe money; default `FundReturns()`.
        rules: Of the glide path and the reserve; default `GlideRules()`.

    Returns:
        The line. The part set aside for something due now has a risky share of `rules.end` (0 by
        default): a house to be bought is not at risk on the day.

    Raises:
        InputError: Wealth is negative, there are no years, or wealth grows beyond any number.

    >>> house, still = LifeEvent("house", 100.0, 5.0), FundReturns(risky=0.0, safe=0.0)
    >>> line = life_timeline(100.0, events=[house], years=6, returns=still)
    >>> line.risky_share.round(2).tolist(), line.wealth.tolist()
    ([0.22, 0.18, 0.14, 0.0, 0.0, 0.0, 0.0], [100.0, 100.0, 100.0, 100.0, 100.0, 0.0, 0.0])
    """
    goals = listed(goals, Goal, "goals", "Give a list of Goal.")
    events = listed(events, LifeEvent, "events", "Give a list of LifeEvent.")
    claims = [_Claim(g.priority, g.years, g.name, g.amount, False) for g in goals]
    claims += [_Claim(e.priority, e.years, e.name, e.amount_then, True) for e in events]
    claims.sort()
    funds, rules = returns or FundReturns(), rules or GlideRules()
    rows = np.zeros((4, years + 1))
    happened: list[tuple[str, ...]] = []
    money = wealth
    with np.errstate(over="ignore", invalid="ignore"):
        for year in range(years + 1):
            due = [c for c in claims if reaches(year, c.years) and exceeds(c.years, year - 1)]
            paid = sum(c.amount for c in due)
            money = np.maximum(money - paid, 0.0)
            share, reserved = _allocated(money, claims, year, funds, rules)
            rows[:, year] = money, reserved, share, paid
            happened.append(tuple(c.name for c in due))
            money = money * (1.0 + funds.mean(share)) + annual_saving
    within(rows, "wealth", "It grows beyond any number: lower the returns or the years.", high=MOST)
    line = np.arange(years + 1, dtype=np.float64)
    return Timeline(line, rows[0], rows[1], rows[2], rows[3], tuple(happened))


def _allocated(
    money: float, claims: Sequence[_Claim], year: int, funds: FundReturns, rules: GlideRules
) -> tuple[float, float]:
    """Risky share of all money in a year, and what is reserved."""
    risky, reserved, left = 0.0, 0.0, money
    for claim in claims:
        ahead = claim.years - year
        if claim.amount <= 0.0 or not exceeds(claim.years, year):
            continue
        part = min(left, claim.amount * np.power(1.0 + funds.safe, -ahead))
        left -= part
        if claim.is_event and reaches(year + rules.reserve_horizon, claim.years):
            reserved += part
        else:
            risky += part * rules.share(ahead)
    risky += left * rules.start
    return (risky / money if money > 0.0 else 0.0), reserved

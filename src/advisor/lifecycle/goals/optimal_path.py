"""The glide path that a constant relative risk aversion itself would choose: backward induction
over wealth, year by year.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

import numpy as np
import pandas as pd

from advisor.annotations import NotNegative
from advisor.arrays import FloatArray, frozen
from advisor.errors import InputError
from advisor.lifecycle.goals.goals import lognormal_rates
from advisor.lifecycle.inputs import FundReturns, PlanYears, array
from advisor.readers import Number
from advisor.validation import checked

STATES = 201
"""Amounts of wealth for which the best share is worked out, evenly apart in logarithms."""
SHARES = 51
NODES = 21
"""Of the Gauss-Hermite rule over a year's log return."""
LEAST = 1e-100
"""Smallest amount of money: below it, its powers leave the range of floating-point numbers."""
SPREADS = 4.0
"""Amounts reach so many standard deviations of the whole path above its expected end."""


@dataclass(frozen=True, eq=False)
class OptimalPath:
    """Best risky shares by years to go and wealth.

    Attributes:
        years_to_go: Descending to 1, shape (t,).
        share: Along the expected course from today's wealth: a glide path, shape (t,).
        course: Wealth at the start of each of these years on that course, shape (t,).
        wealth: Amounts, ascending, shape (s,).
        policy: Best share with so many years to go and so much money, shape (t, s).
        certainty_equivalent: Sure money at the date that is worth as much as following the policy
            from today's wealth.
    """

    years_to_go: FloatArray
    share: FloatArray
    course: FloatArray
    wealth: FloatArray
    policy: FloatArray
    certainty_equivalent: float

    @checked
    def at(self, years_to_go: int, wealth: object) -> FloatArray:
        """Best share with so many years to go and so much money, (c,) or a number; between the
        amounts worked out it is interpolated.

        Raises:
            InputError: The path has no such year.
        """
        if years_to_go not in self.years_to_go:
            raise InputError(
                f"years_to_go is {years_to_go}; the path was worked out for 1 to"
                f" {int(self.years_to_go[0])}.",
                field="years_to_go",
                value=years_to_go,
            )
        row = self.policy[int(self.years_to_go[0]) - int(years_to_go)]
        return np.interp(
            np.log(np.maximum(array(wealth, "wealth"), self.wealth[0])), np.log(self.wealth), row
        )

    def to_frame(self) -> pd.DataFrame:
        """The glide path, one row a year."""
        return pd.DataFrame(
            {"share": self.share, "wealth": self.course},
            index=pd.Index(self.years_to_go, name="years_to_go"),
        )

    def __repr__(self) -> str:
        return (
            f"OptimalPath({len(self.share)} years, risky share {self.share[0]:.1%} falling to"
            f" {self.share[-1]:.1%})"
        )


@checked
def optimal_glide_path(
    wealth: Annotated[float, Number("It is the money today.", low=LEAST)],
    *,
    years: PlanYears,
    saving: NotNegative = 0.0,
    returns: FundReturns | None = None,
    risk_aversion: Annotated[
        float, Number("It is constant and relative, 4 say.", above=0.0, high=100.0)
    ] = 4.0,
    cap: Annotated[float, Number("No money is borrowed.", above=0.0, high=1.0)] = 1.0,
) -> OptimalPath:
    """The risky share, year by year, that maximises the expected utility of the money at the date.

    Args:
        wealth: Money today, positive.
        years: Until the date, at least 1.
        saving: Money added at the end of every year, 0 or more: what human capital still brings.
        returns: Of the risky assets, lognormal and independent from year to year, and of the safe
            ones; default `FundReturns()`.
        risk_aversion: Constant relative risk aversion, positive; 1 is logarithmic utility.
        cap: Largest share, at most 1: no money is borrowed.

    Returns:
        The path and the whole policy. Without saving the best share is the same at every date and
        for every amount (Samuelson 1969); with saving it falls as the date comes near, because what
        is still to be saved is safe wealth that shrinks. Certainty equivalents are interpolated
        between amounts, so that shares are right to about a tenth of a point.

    Raises:
        InputError: A number is out of its range, or the risky assets have no volatility.

    Source: Samuelson (1969) and Merton (1969), on the choice of portfolio over a lifetime; Bodie,
    Merton & Samuelson (1992), on its wages.

    >>> falling = optimal_glide_path(100.0, years=10, saving=10.0, risk_aversion=4.0)
    >>> falling.share[[0, 5, 9]].round(2).tolist()
    [0.81, 0.54, 0.44]
    """
    funds = returns or FundReturns()
    if funds.volatility == 0.0:
        raise InputError(
            "The risky assets have a volatility of 0, so that no share is the best; give more.",
            field="volatility",
            value=0.0,
        )
    if 0.0 < saving < LEAST:
        raise InputError(
            f"saving is {saving:g}; give at least {LEAST:g} a year, or 0.",
            field="saving",
            value=saving,
        )
    grid, worth, policy = _policy(wealth, years, saving, funds, risk_aversion, cap)
    share, course = np.empty(years), np.empty(years)
    money = wealth
    for row in range(years):
        share[row], course[row] = np.interp(np.log(money), np.log(grid), policy[row]), money
        money = money * (1.0 + funds.mean(share[row])) + saving
    left = frozen(np.arange(years, 0, -1, dtype=np.float64))
    sure = float(np.interp(wealth, grid, worth))
    return OptimalPath(left, frozen(share), frozen(course), frozen(grid), frozen(policy), sure)


def _policy(
    wealth: float, years: int, saving: float, funds: FundReturns, risk_aversion: float, cap: float
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Amounts, their certainty equivalents today, and the best share of each in each year."""
    mu, sigma = (float(x) for x in lognormal_rates(funds.risky, funds.volatility))
    nodes, weights = np.polynomial.hermite_e.hermegauss(NODES)
    excess: FloatArray = np.exp(mu + sigma * nodes) - (1.0 + funds.safe)
    chance, safe = weights / weights.sum(), 1.0 + funds.safe
    grid = _amounts(wealth, years, saving, max(mu, float(np.log(safe))) + 0.5 * sigma**2, sigma)
    shares = np.linspace(0.0, cap, SHARES)
    growth = safe + shares[:, None] * excess
    worth, policy = grid, np.empty((years, len(grid)))
    for row in range(years - 1, -1, -1):
        later = _worth_of(grid[:, None, None] * growth + saving, grid, worth)
        worth, policy[row] = _best(_equivalent(later, chance, risk_aversion), shares)
    return grid, worth, policy


def _amounts(wealth: float, years: int, saving: float, force: float, sigma: float) -> FloatArray:
    """Amounts of wealth from below what can be left to above what is likely."""
    low = 0.1 * min(wealth, saving) if saving > 0.0 else 0.01 * wealth
    high = (wealth + saving * years) * np.exp(
        max(force, 0.0) * years + SPREADS * sigma * np.sqrt(years)
    )
    return np.geomspace(low, high, STATES)


def _worth_of(money: FloatArray, grid: FloatArray, worth: FloatArray) -> FloatArray:
    """Certainty equivalent of amounts: linear between those of the grid, in proportion below it,
    along the last slope above it.
    """
    inside = np.interp(money, grid, worth)
    slope = (worth[-1] - worth[-2]) / (grid[-1] - grid[-2])
    above = worth[-1] + slope * (money - grid[-1])
    return np.where(
        money > grid[-1], above, np.where(money < grid[0], worth[0] * (money / grid[0]), inside)
    )


def _equivalent(later: FloatArray, chance: FloatArray, gamma: float) -> FloatArray:
    """Sure amount with the utility of the amounts of next year, shape (s, shares), from (s, shares,
    nodes).
    """
    centre = later.mean(axis=2)
    ratio = later / centre[:, :, None]
    if gamma == 1.0:
        return centre * np.exp(np.log(ratio) @ chance)
    return centre * (ratio ** (1.0 - gamma) @ chance) ** (1.0 / (1.0 - gamma))


def _best(value: FloatArray, shares: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Largest value over the shares and the share that has it, each shape (s,); between shares
    along the parabola through the best three.
    """
    rows, top = np.arange(len(value)), value.argmax(axis=1)
    middle = np.clip(top, 1, len(shares) - 2)
    before, at, after = (value[rows, middle + k] for k in (-1, 0, 1))
    bend = 2.0 * at - before - after
    inner = (top == middle) & (bend > 0.0)
    shift = np.where(inner, 0.5 * (after - before) / np.where(inner, bend, 1.0), 0.0)
    best = np.where(inner, at + 0.25 * (after - before) * shift, value[rows, top])
    return best, np.where(inner, shares[middle] + shift * (shares[1] - shares[0]), shares[top])

"""How wealth may run along a glide path: a fan of quantiles, month by month."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from advisor.annotations import Edges, NotNegative
from advisor.arrays import FloatArray, frozen
from advisor.contracts.thresholds import reaches
from advisor.errors import InputError
from advisor.lifecycle.goals.draws import Simulation
from advisor.lifecycle.goals.goals import lognormal_rates
from advisor.lifecycle.inputs import FundReturns, within
from advisor.privacy import hides
from advisor.validation import checked


@hides
@dataclass(frozen=True, eq=False)
class WealthFan:
    """Quantiles of wealth through time.

    Attributes:
        years: From now, one a month, shape (m + 1,).
        risky_share: Held in each month, shape (m,).
        levels: Probabilities of the quantiles, ascending, shape (q,).
        wealth: Money that is not exceeded with each probability, shape (q, m + 1); row i belongs to
            `levels[i]`.
        amount: The goal at the end, or None.
        probability: Share of the paths that reach it; nan where there is no goal.
    """

    years: FloatArray
    risky_share: FloatArray
    levels: FloatArray
    wealth: FloatArray
    amount: float | None
    probability: float

    def to_frame(self) -> pd.DataFrame:
        """One row a month, one column a quantile."""
        index = pd.Index(self.years, name="years")
        return pd.DataFrame(self.wealth.T.copy(), index=index, columns=self.levels.tolist())

    def __repr__(self) -> str:
        goal = "" if self.amount is None else f", {self.probability:.1%} reach {self.amount:,.0f}"
        ends = zip(self.levels.tolist(), self.wealth[:, -1].tolist(), strict=True)
        text = ", ".join(f"{p:.0%} {w:,.0f}" for p, w in ends)
        return f"WealthFan({self.years[-1]:.1f} years: {text}{goal})"


@checked
def wealth_fan(
    wealth: NotNegative,
    risky_share: Edges,
    *,
    returns: FundReturns | None = None,
    saving: float = 0.0,
    amount: float | None = None,
    levels: Edges = (0.05, 0.25, 0.5, 0.75, 0.95),
    simulation: Simulation | None = None,
) -> WealthFan:
    """Simulate wealth along a glide path.

    Args:
        wealth: Money today, 0 or more.
        risky_share: Share held in each year from now, the first one first, each in 0..1, shape
            (years,); `glide_path(np.arange(20, 0, -1))`, say.
        returns: Of the risky and the safe money; default `FundReturns()`.
        saving: Money added at the end of every month (negative: spent); wealth never falls below 0.
        amount: A goal at the end.
        levels: Probabilities of the quantiles, in (0, 1).
        simulation: How paths are drawn, and of which one client; default `Simulation()`.

    Returns:
        The fan. The portfolio is rebalanced to the year's share every month and its monthly growth
        is lognormal, so that with one share and without saving wealth at every date is lognormal as
        in `goal_success`.

    Raises:
        InputError: A number is out of its range, or there is no year.

    >>> fan = wealth_fan(100.0, [0.0, 0.0], returns=FundReturns(safe=0.1))
    >>> fan.wealth[:, -1].round(6).tolist()
    [121.0, 121.0, 121.0, 121.0, 121.0]
    """
    yearly, ranks = np.asarray(risky_share), np.sort(levels)
    within(yearly, "risky_share", "A share is from 0 to 1.", low=0.0, high=1.0)
    within(ranks, "levels", "It is above 0 and below 1.", above=0.0, below=1.0)
    for field, values in (("risky_share", yearly), ("levels", ranks)):
        if not len(values):
            raise InputError(f"{field} is empty; give at least one.", field=field, value=())
    share, funds, drawn = (
        np.repeat(yearly, 12),
        returns or FundReturns(),
        simulation or Simulation(),
    )
    mu, sigma = lognormal_rates(funds.mean(share), share * funds.volatility)
    months = len(share)
    paths = drawn.paths(drawn.ids(1), months)[0]
    value = np.full(drawn.draws, float(wealth))
    quantiles = np.full((len(ranks), months + 1), float(wealth))
    for m in range(months):
        growth = np.exp(mu[m] / 12.0 + sigma[m] * np.sqrt(1.0 / 12.0) * paths[:, m])
        value = np.maximum(value * growth + saving, 0.0)
        quantiles[:, m + 1] = np.quantile(value, ranks)
    reached = float(reaches(value, amount).mean()) if amount is not None else float("nan")
    years = frozen(np.arange(months + 1) / 12.0)
    return WealthFan(years, frozen(share), frozen(ranks), frozen(quantiles), amount, reached)

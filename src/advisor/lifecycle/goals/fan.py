"""How wealth may run along a glide path: a fan of quantiles, month by month."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from advisor.arrays import FloatArray, check_number, check_type, float_array, frozen
from advisor.errors import InputError
from advisor.lifecycle.goals.draws import client_keys, normals
from advisor.lifecycle.goals.goals import check_paths, lognormal_rates
from advisor.privacy import hides


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
        return pd.DataFrame(
            self.wealth.T.copy(),
            index=pd.Index(self.years, name="years"),
            columns=self.levels.tolist(),
        )

    def __repr__(self) -> str:
        goal = "" if self.amount is None else f", {self.probability:.1%} reach {self.amount:,.0f}"
        ends = ", ".join(
            f"{p:.0%} {w:,.0f}"
            for p, w in zip(self.levels.tolist(), self.wealth[:, -1].tolist(), strict=True)
        )
        return f"WealthFan({self.years[-1]:.1f} years: {ends}{goal})"


def wealth_fan(
    wealth: float,
    risky_share: Sequence[float] | FloatArray,
    *,
    risky_return: float = 0.06,
    volatility: float = 0.16,
    safe_return: float = 0.02,
    saving: float = 0.0,
    amount: float | None = None,
    levels: Sequence[float] = (0.05, 0.25, 0.5, 0.75, 0.95),
    draws: int = 2000,
    seed: int = 0,
    client_id: str = "0",
) -> WealthFan:
    """Simulate wealth along a glide path.

    Args:
        wealth: Money today, 0 or more.
        risky_share: Share held in each year from now, the first one first, each in 0..1, shape
            (years,); `glide_path(np.arange(20, 0, -1))`, say.
        risky_return: Annual, mean of the simple return of the risky assets.
        volatility: Annual, of the risky assets.
        safe_return: Annual, of the rest, certain.
        saving: Money added at the end of every month (negative: spent); wealth never falls below 0.
        amount: A goal at the end.
        levels: Probabilities of the quantiles, in (0, 1).
        draws: Paths, antithetic.
        seed: Of the draws; a client's paths come from (seed, their id) alone.
        client_id: Whose paths they are.

    Returns:
        The fan. The portfolio is rebalanced to the year's share every month and its monthly growth
        is lognormal, so that with one share and without saving wealth at every date is lognormal as
        in `goal_success`.

    Raises:
        InputError: A number is out of its range, or there is no year.

    >>> fan = wealth_fan(100.0, [0.0, 0.0], safe_return=0.1)
    >>> fan.wealth[:, -1].round(6).tolist()
    [121.0, 121.0, 121.0, 121.0, 121.0]
    """
    yearly, ranks = _checked(risky_share, levels)
    check_number(wealth, "wealth", "It is the money today.", low=0.0)
    check_number(volatility, "volatility", "It is annual, 0.16 for 16 %.", low=0.0)
    check_number(risky_return, "risky_return", "It is annual, 0.06 for 6 %.", above=-1.0)
    check_number(safe_return, "safe_return", "It is annual, 0.02 for 2 %.", above=-1.0)
    check_number(saving, "saving", "It is money a month, negative where it is spent.")
    if amount is not None:
        check_number(amount, "amount", "It is the money wanted at the end.")
    draws, seed = check_paths(draws, seed)
    check_type(client_id, str, "client_id", "Give the id of one client.")
    share = np.repeat(yearly, 12)
    mu, sigma = lognormal_rates(
        safe_return + share * (risky_return - safe_return), share * volatility
    )
    months = len(share)
    paths = normals(client_keys(seed, [client_id]), draws, months)[0]
    value = np.full(draws, float(wealth))
    quantiles = np.empty((len(ranks), months + 1))
    quantiles[:, 0] = wealth
    for m in range(months):
        value = np.maximum(
            value * np.exp(mu[m] / 12.0 + sigma[m] * np.sqrt(1.0 / 12.0) * paths[:, m]) + saving,
            0.0,
        )
        quantiles[:, m + 1] = np.quantile(value, ranks)
    reached = float((value >= amount).mean()) if amount is not None else float("nan")
    return WealthFan(
        frozen(np.arange(months + 1) / 12.0),
        frozen(share),
        frozen(ranks),
        frozen(quantiles),
        amount,
        reached,
    )


def _checked(
    risky_share: Sequence[float] | FloatArray, levels: Sequence[float]
) -> tuple[FloatArray, FloatArray]:
    share = float_array(risky_share, "risky_share", shape=(None,))
    ranks = np.sort(float_array(levels, "levels", shape=(None,)))
    if not len(share) or not ((share >= 0.0) & (share <= 1.0)).all():
        raise InputError(
            f"risky_share is {share.tolist()[:5]}; one share from 0 to 1 is needed for every year,"
            " and at least one year.",
            field="risky_share",
            value=share.tolist(),
        )
    if not len(ranks) or not ((ranks > 0.0) & (ranks < 1.0)).all():
        raise InputError(
            f"levels are {ranks.tolist()}; a quantile's probability is above 0 and below 1."
            " Correct it.",
            field="levels",
            value=ranks.tolist(),
        )
    return share, ranks

"""The portfolio of each goal's money: as much expected return as leaves its chance at the date, on
one frontier.
"""

from __future__ import annotations

import numpy as np
from scipy.special import ndtri

from advisor.annotations import Edges, OpenShare, Texts
from advisor.arrays import FloatArray, frozen
from advisor.errors import InputError
from advisor.lifecycle.goals.goals import lognormal_rates
from advisor.lifecycle.inputs import within
from advisor.optimize.behaviour.mental_accounts import AccountPortfolio, AccountsPlan, gathered
from advisor.optimize.frontier.frontier import Frontier
from advisor.validation import checked

STEPS = 2001
"""Volatilities along the frontier between which a crossing is looked for."""
HALVINGS = 60


@checked
def goal_portfolios(
    frontier: Frontier,
    names: Texts,
    money: Edges,
    amounts: Edges,
    years: Edges,
    *,
    probability: OpenShare,
) -> AccountsPlan:
    """One portfolio a goal.

    Args:
        frontier: What may be held.
        names: Of the goals.
        money: Set aside for each, positive.
        amounts: That it has to become.
        years: Until then, positive.
        probability: Wished for each, in (0, 1).

    Returns:
        The riskiest frontier portfolio under which the lognormal chance of `goal_success` (no
        flows) is still the one wished. Status "ok"; "unbounded" where even the riskiest leaves it;
        "below_wish" where none does: then the portfolio with the best chance. Shares are of all
        this money.

    Raises:
        InputError: No goal has money.
    """
    parts = {"names": names, "money": money, "amounts": amounts, "years": years}
    if len({len(values) for values in parts.values()}) > 1:
        raise InputError(
            f"There are {', '.join(f'{len(v)} {field}' for field, v in parts.items())}; give one of"
            " each a goal.",
            field="names",
            value=len(names),
        )
    for field in ("money", "amounts", "years"):
        values = np.asarray(parts[field], dtype=np.float64)
        within(values, field, "It must be positive for a goal to be invested for.", above=0.0)
    if not len(names):
        raise InputError(
            "No goal has money and a date to come, so there is nothing to invest; fund one first.",
            field="goals",
            value=(),
        )
    total = sum(money)
    each = zip(names, money, amounts, years, strict=True)
    return gathered(
        frontier,
        tuple(
            _portfolio(frontier, n, m / total, np.log(m / a), t, float(ndtri(probability)))
            for n, m, a, t in each
        ),
    )


def _portfolio(
    frontier: Frontier, name: str, share: float, cover: float, years: float, wished: float
) -> AccountPortfolio:
    low, high = float(frontier.volatility[0]), float(frontier.volatility[-1])
    steps = np.linspace(low, high, STEPS)
    score = _score(frontier, steps, cover, years)
    good = np.flatnonzero(score >= wished)
    status = "ok" if len(good) else "below_wish"
    if not len(good):
        chosen = float(steps[int(score.argmax())])
    elif int(good[-1]) == STEPS - 1:
        chosen, status = high, "unbounded"
    else:
        chosen, above = float(steps[good[-1]]), float(steps[good[-1] + 1])
        for _ in range(HALVINGS):
            middle = 0.5 * (chosen + above)
            if _score(frontier, np.array([middle]), cover, years)[0] >= wished:
                chosen = middle
            else:
                above = middle
    weights = frontier.at_volatility(chosen)
    mean, risk = frontier.moments_of(weights)
    gamma = float(frontier.risk_aversion_at(chosen)[0])
    return AccountPortfolio(name, share, frozen(weights), mean, risk, gamma, status)


def _score(frontier: Frontier, volatility: FloatArray, cover: float, years: float) -> FloatArray:
    """Normal quantile of the chance, shape (s,): (log(money / amount) + mu T) / (sigma sqrt T);
    without risk it is certain or impossible.
    """
    mean, risk = frontier.segments.moments(*frontier.segments.at_volatility(volatility))
    mu, sigma = lognormal_rates(mean, risk)
    reach, spread = cover + mu * years, sigma * np.sqrt(years)
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(spread > 0.0, reach / spread, np.where(reach >= 0.0, np.inf, -np.inf))

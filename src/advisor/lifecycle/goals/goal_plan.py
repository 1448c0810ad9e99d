"""Several goals of one client: who gets today's money first, what has to be saved for the rest, and
what each may risk.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.special import ndtr, ndtri

from advisor.arrays import NUMBER, FloatArray, check_number, check_type
from advisor.contracts.client import Goal
from advisor.contracts.mandate import Mandate
from advisor.data.returns import ReturnModel
from advisor.errors import InputError
from advisor.lifecycle.goals.draws import client_keys, normals
from advisor.lifecycle.goals.goal_portfolios import goal_portfolios
from advisor.lifecycle.goals.goals import (
    check_paths,
    goal_success,
    ids_of,
    lognormal_rates,
    terminal_wealth,
)
from advisor.lifecycle.inputs import LONGEST, listed, spread, together
from advisor.optimize.behaviour.mental_accounts import Account, AccountsPlan
from advisor.optimize.frontier.frontier import trace_frontier
from advisor.privacy import hides


def required_wealth(
    amount: object, years: object, mean: object, volatility: object, *, probability: object = 0.9
) -> FloatArray:
    """Money needed today for a goal to be met with a given probability, without further saving.

    Args:
        amount: Money needed at the date, (c,) or a number.
        years: Until the date, 0 or more.
        mean: Annual, of the simple return.
        volatility: Annual, of the simple return; 0 = certain.
        probability: In (0, 1).

    Returns:
        amount * exp(z_p sigma sqrt(T) - mu T), the inverse of the closed form in `goal_success`.

    Raises:
        InputError: No numbers, shapes that do not fit, a date that is past, or a probability
            outside (0, 1).

    >>> round(float(required_wealth(150.0, 10.0, 0.06, 0.15, probability=0.9)), 2)
    163.65
    """
    level, wanted, span = together(probability=probability, amount=amount, years=years)
    if not ((level > 0.0) & (level < 1.0)).all():
        raise InputError(
            f"probability is {level.min():g}..{level.max():g}; certainty cannot be bought with"
            " risky assets. Choose one in (0, 1).",
            field="probability",
            value=float(level.max()),
        )
    mu, sigma = lognormal_rates(mean, volatility)
    if not (span >= 0.0).all():
        raise InputError(
            f"years is {span.min():g}; a date to save for is not past. Correct it.",
            field="years",
            value=float(span.min()),
        )
    mu, sigma, level, wanted, span = together(
        mean=mu, volatility=sigma, probability=level, amount=wanted, years=span
    )
    return wanted * np.exp(ndtri(level) * sigma * np.sqrt(span) - mu * span)


def required_saving(
    wealth: object,
    amount: object,
    years: object,
    mean: object,
    volatility: object,
    *,
    probability: float = 0.9,
    draws: int = 2000,
    seed: int = 0,
    client_ids: Sequence[str] | None = None,
) -> FloatArray:
    """Monthly saving that meets each goal with a given probability.

    Args:
        wealth: Money set aside today, (c,) or a number.
        amount: Money needed at the date.
        years: Until the date, positive.
        mean: Annual, of the simple return.
        volatility: Annual, of the simple return; 0 = certain.
        probability: In (0, 1).
        draws: Paths a goal.
        seed: Of the paths; the same paths give the same answer.
        client_ids: Whose paths they are; default "0", "1", ...

    Returns:
        Money a month, shape (c,), 0 where today's money is enough. Wealth at the date is linear in
        the saving on every path, so each path has its own
        exact answer and the result is their quantile: no search, and never less on a higher
            probability.

    Raises:
        InputError: A probability outside (0, 1), or a date that is not in the future.

    >>> float(required_saving(0.0, 12_000.0, 10.0, 0.0, 0.0)[0])
    100.0
    """
    have, need, span, m, s = (
        np.atleast_1d(x)
        for x in together(
            wealth=wealth, amount=amount, years=years, mean=mean, volatility=volatility
        )
    )
    probability = check_number(
        probability, "probability", "It is one chance for all goals, such as 0.9."
    )
    if not 0.0 < probability < 1.0 or not ((span > 0.0) & (span <= LONGEST)).all():
        raise InputError(
            f"probability is {probability:g} and the dates are {span.min(initial=np.inf):g} to"
            f" {span.max(initial=0.0):g} years away; a probability in (0, 1) and dates within"
            f" {LONGEST:g} years are needed.",
            field="probability",
            value=probability,
        )
    for field, column in (
        ("wealth", have),
        ("amount", need),
        ("years", span),
        ("mean", m),
        ("volatility", s),
    ):
        if not np.isfinite(column).all():
            raise InputError(
                f"{field} is not finite everywhere; a saving cannot be found for it. Correct it.",
                field=field,
                value=None,
            )
    draws, seed = check_paths(draws, seed)
    ids = ids_of(client_ids, len(have))
    saving = np.empty(len(have))
    for i in range(len(have)):
        row = slice(i, i + 1)
        months = max(1, int(np.ceil(span[i] * 12.0 - 1e-9)))
        paths = normals(client_keys(seed, ids[i : i + 1]), draws, months)
        zero, one = np.zeros(1), np.ones(1)
        grown = terminal_wealth(paths, have[row], span[row], m[row], s[row], zero)
        each = terminal_wealth(paths, zero, span[row], m[row], s[row], one)
        wanted = np.sort(((need[row, None] - grown) / each)[0])
        saving[i] = max(0.0, float(wanted[min(draws - 1, int(np.ceil(probability * draws)) - 1)]))
    enough = have >= required_wealth(need, span, m, s, probability=probability)
    return np.where(enough, 0.0, saving)


@hides
@dataclass(frozen=True)
class FundedGoal:
    """One goal's part of the plan.

    Attributes:
        goal: What is saved for.
        money: Set aside today.
        needed: Money that would be needed today for the wished probability.
        probability: Chance with the money set aside and nothing saved.
        saving: Monthly saving that lifts it to the wished probability.
    """

    goal: Goal
    money: float
    needed: float
    probability: float
    saving: float


@hides
@dataclass(frozen=True)
class GoalPlan:
    """Today's money by goal, most important first; `surplus` is what no goal needs."""

    goals: tuple[FundedGoal, ...]
    surplus: float
    probability: float

    @property
    def saving(self) -> float:
        """Monthly saving for all goals together."""
        return sum(g.saving for g in self.goals)

    def accounts(self) -> tuple[Account, ...]:
        """Every funded goal still to come as a mental account of one year (see `goal_floor`);
        shares are of the money set aside for goals and add up to 1.

        `mental_accounts` takes a year's simple return as normal; over many years that flatters
        volatile portfolios, and `invest` does not.
        """
        alive = self._alive()
        total = sum(g.money for g in alive)
        found: list[Account] = []
        for g in alive:
            floor, alpha = goal_floor(
                g.needed, g.goal.amount, g.goal.years, probability=self.probability
            )
            found.append(Account(g.goal.name, g.money / total, float(floor), float(alpha)))
        return tuple(found)

    def invest(self, model: ReturnModel, *, mandate: Mandate | None = None) -> AccountsPlan:
        """The best portfolio of each goal's money, all on one frontier.

        Args:
            model: Annual expected returns and covariance.
            mandate: Limits on each goal's portfolio; long-only when None. What the client's level
                allows belongs here.

        Returns:
            One portfolio a funded goal, by name: see `goal_portfolios`. Money that is less than
                needed stands for the part of the amount that it can meet; the rest is
            the task of the saving, never of more risk.

        Raises:
            InputError: No goal has money.
            InfeasibleError: The mandate leaves no portfolio.
        """
        alive = self._alive()
        amounts = [g.goal.amount * g.money / g.needed for g in alive]
        names, money, years = (
            [g.goal.name for g in alive],
            [g.money for g in alive],
            [g.goal.years for g in alive],
        )
        return goal_portfolios(
            trace_frontier(model, mandate),
            names,
            money,
            amounts,
            years,
            probability=self.probability,
        )

    def _alive(self) -> list[FundedGoal]:
        return [g for g in self.goals if g.money > 0.0 and g.goal.years > 0.0]

    def to_frame(self) -> pd.DataFrame:
        """One row a goal."""
        rows = [
            {
                "goal": g.goal.name, "priority": g.goal.priority, "years": g.goal.years,
                "amount": g.goal.amount,
                "money": g.money, "needed": g.needed, "probability": g.probability,
                "saving": g.saving,
            }
            for g in self.goals
        ]  # fmt: skip
        return pd.DataFrame(rows).set_index("goal") if rows else pd.DataFrame()


def plan_goals(
    wealth: float,
    goals: Sequence[Goal],
    mean: object,
    volatility: object,
    *,
    probability: float = 0.9,
    draws: int = 2000,
    seed: int = 0,
    client_id: str = "0",
) -> GoalPlan:
    """Fund goals by priority, then by date, each up to the money that meets it with the wished
    probability.

    Args:
        wealth: Money there is.
        goals: In any order.
        mean: Annual, of the portfolio of each goal: one number for all, or one a goal in the order
            given.
        volatility: Annual, likewise.
        probability: Wished for every goal, in (0, 1).
        draws: Of the simulation behind the saving.
        seed: Of its paths.
        client_id: Whose paths they are.

    Returns:
        The plan: money over all goals and the surplus add up to wealth, and no goal has less than
            it needs while one of lower priority has any.

    Raises:
        InputError: Negative wealth, no list of goals, a mean or volatility for another number of
            them, or a probability outside (0, 1).
    """
    wealth = check_number(wealth, "wealth", "It is the money there is.", low=0.0)
    goals = listed(goals, Goal, "goals", "Give a list of Goal, such as client.goals.")
    check_type(probability, NUMBER, "probability", "It is one chance for all goals, such as 0.9.")
    draws, seed = check_paths(draws, seed)
    order = sorted(range(len(goals)), key=lambda i: (goals[i].priority, goals[i].years, i))
    m, s = spread(mean, "mean", (len(goals),)), spread(volatility, "volatility", (len(goals),))
    left, funded = wealth, list[FundedGoal]()
    for i in order:
        goal = goals[i]
        needed = float(
            required_wealth(goal.amount, goal.years, m[i], s[i], probability=probability)
        )
        money = min(left, needed)
        left -= money
        if goal.years == 0.0:
            odds, saving = float(money >= goal.amount), 0.0
        else:
            odds = float(goal_success(money, goal.amount, goal.years, m[i], s[i]).probability[0])
            key = (f"{client_id}/{goal.name}",)
            saving = float(
                required_saving(
                    money,
                    goal.amount,
                    goal.years,
                    m[i],
                    s[i],
                    probability=probability,
                    draws=draws,
                    seed=seed,
                    client_ids=key,
                )[0]
                if money < needed
                else 0.0
            )
        funded.append(FundedGoal(goal, money, needed, odds, saving))
    return GoalPlan(tuple(funded), max(left, 0.0), probability)


def goal_floor(
    money: object, amount: object, years: object, *, probability: object = 0.9
) -> tuple[FloatArray, FloatArray]:
    """A goal as a mental account: the annual return it must not fall short of, and with what
    probability it may.

    Args:
        money: Set aside today, positive.
        amount: Needed at the date.
        years: Until the date, positive.
        probability: Wished chance of success, in (0, 1).

    Returns:
        `floor_return` = (amount / money)^(1/years) - 1 and `shortfall_probability` = Phi(Phi^-1(1 -
        probability) / sqrt(years)), for `optimize.mental_accounts`, which speaks of one year: over
        T years the mean grows with T but the spread only with sqrt(T), so that the same chance at
        the date is a laxer one in a single year. Exact for normal log returns.

    >>> floor, alpha = goal_floor(100.0, 121.0, 2.0, probability=0.95)
    >>> round(float(floor), 3), round(float(alpha), 3)
    (0.1, 0.122)
    """
    have, need, span, level = together(
        money=money, amount=amount, years=years, probability=probability
    )
    if not ((have > 0.0).all() and (need > 0.0).all() and (span > 0.0).all()):
        raise InputError(
            "money, amount and years must be positive for a goal to have a floor; fund it first.",
            field="money",
            value=None,
        )
    return (need / have) ** (1.0 / span) - 1.0, ndtr(ndtri(1.0 - level) / np.sqrt(span))

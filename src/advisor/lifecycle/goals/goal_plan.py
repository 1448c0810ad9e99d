"""Several goals of one client: who gets today's money first, what has to be saved for the rest, and
what each may risk.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from scipy.special import ndtr, ndtri

from advisor.annotations import NotNegative, OpenShare
from advisor.arrays import FloatArray, check_shape
from advisor.contracts.client import Goal
from advisor.contracts.mandate import Mandate
from advisor.contracts.thresholds import reaches
from advisor.data.returns import ReturnModel
from advisor.lifecycle.goals.draws import Simulation
from advisor.lifecycle.goals.goal_portfolios import goal_portfolios
from advisor.lifecycle.goals.goals import goal_success, lognormal_rates, months_of, terminal_wealth
from advisor.lifecycle.inputs import LONGEST, listed, spread, together, within
from advisor.optimize.behaviour.mental_accounts import Account, AccountsPlan
from advisor.optimize.frontier.trace import trace_frontier
from advisor.privacy import hides
from advisor.validation import checked


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
    level, need, span = together(probability=probability, amount=amount, years=years)
    within(level, "probability", "A chance lies within 0 and 1.", above=0.0, below=1.0)
    within(span, "years", "A date to save for is not past.", low=0.0)
    mu, sigma = lognormal_rates(mean, volatility)
    mu, sigma, level, need, span = together(
        mean=mu, volatility=sigma, probability=level, amount=need, years=span
    )
    return need * np.exp(ndtri(level) * sigma * np.sqrt(span) - mu * span)


@checked
def required_saving(
    wealth: object,
    amount: object,
    years: object,
    mean: object,
    volatility: object,
    *,
    probability: OpenShare = 0.9,
    simulation: Simulation | None = None,
) -> FloatArray:
    """Monthly saving that meets each goal with a given probability.

    Args:
        wealth: Money set aside today, (c,) or a number.
        amount: Money needed at the date.
        years: Until the date, positive.
        mean: Annual, of the simple return.
        volatility: Annual, of the simple return; 0 = certain.
        probability: In (0, 1).
        simulation: How paths are drawn; default `Simulation()`.

    Returns:
        Money a month, shape (c,), 0 where today's money is enough. Wealth at the date is linear in
        the saving on every path, so each path has its own exact answer and the result is their
        quantile: no search, and never less on a higher probability.

    Raises:
        InputError: A date that is not in the future, or a number that is not finite.

    >>> float(required_saving(0.0, 12_000.0, 10.0, 0.0, 0.0)[0])
    100.0
    """
    columns = together(wealth=wealth, amount=amount, years=years, mean=mean, volatility=volatility)
    have, need, span, m, s = (np.atleast_1d(x) for x in columns)
    for field, column in {"wealth": have, "amount": need, "mean": m, "volatility": s}.items():
        within(column, field, "It must be finite.")
    within(span, "years", f"A date lies within {LONGEST:g} years.", above=0.0, high=LONGEST)
    check_shape(have, "wealth", (len(have),))
    drawn = simulation or Simulation()
    ids, saving, zero, one = drawn.ids(len(have)), np.empty(len(have)), np.zeros(1), np.ones(1)
    last = min(drawn.draws, int(np.ceil(probability * drawn.draws))) - 1
    for i, months in enumerate(months_of(span).tolist()):
        row = slice(i, i + 1)
        paths = drawn.paths(ids[row], months)
        grown = terminal_wealth(paths, have[row], span[row], m[row], s[row], zero)
        each = terminal_wealth(paths, zero, span[row], m[row], s[row], one)
        saving[i] = max(0.0, float(np.sort(((need[row, None] - grown) / each)[0])[last]))
    enough = reaches(have, required_wealth(need, span, m, s, probability=probability))
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
        floors = goal_floor(
            [g.needed for g in alive],
            [g.goal.amount for g in alive],
            [g.goal.years for g in alive],
            probability=self.probability,
        )
        return tuple(
            Account(g.goal.name, g.money / total, floor, alpha)
            for g, floor, alpha in zip(alive, *(x.tolist() for x in floors), strict=True)
        )

    def invest(self, model: ReturnModel, *, mandate: Mandate | None = None) -> AccountsPlan:
        """The best portfolio of each goal's money, all on one frontier.

        Args:
            model: Annual expected returns and covariance.
            mandate: Limits on each goal's portfolio; long-only when None. What the client's level
                allows belongs here.

        Returns:
            One portfolio a funded goal, by name: see `goal_portfolios`. Money that is less than
            needed stands for the part of the amount that it can meet; the rest is the task of the
            saving, never of more risk.

        Raises:
            InputError: No goal has money.
            InfeasibleError: The mandate leaves no portfolio.
        """
        alive = self._alive()
        amounts = [g.goal.amount * g.money / g.needed for g in alive]
        names, money = tuple(g.goal.name for g in alive), [g.money for g in alive]
        years, frontier = [g.goal.years for g in alive], trace_frontier(model, mandate)
        return goal_portfolios(frontier, names, money, amounts, years, probability=self.probability)

    def _alive(self) -> list[FundedGoal]:
        return [g for g in self.goals if g.money > 0.0 and g.goal.years > 0.0]

    def to_frame(self) -> pd.DataFrame:
        """One row a goal."""
        rows = [
            {"goal": g.goal.name, "priority": g.goal.priority, "years": g.goal.years}
            | {"amount": g.goal.amount, "money": g.money, "needed": g.needed}
            | {"probability": g.probability, "saving": g.saving}
            for g in self.goals
        ]
        return pd.DataFrame(rows).set_index("goal") if rows else pd.DataFrame()


@checked
def plan_goals(
    wealth: NotNegative,
    goals: Sequence[Goal],
    mean: object,
    volatility: object,
    *,
    probability: OpenShare = 0.9,
    simulation: Simulation | None = None,
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
        simulation: Of the paths behind the saving; its one client id is whose they are.

    Returns:
        The plan: money over all goals and the surplus add up to wealth, and no goal has less than
        it needs while one of lower priority has any.

    Raises:
        InputError: No list of goals, or a mean or volatility for another number of them.
    """
    goals = listed(goals, Goal, "goals", "Give a list of Goal, such as client.goals.")
    order = sorted(range(len(goals)), key=lambda i: (goals[i].priority, goals[i].years, i))
    m, s = spread(mean, "mean", (len(goals),)), spread(volatility, "volatility", (len(goals),))
    drawn = simulation or Simulation()
    (client_id,) = drawn.ids(1)
    left, funded = wealth, list[FundedGoal]()
    for i in order:
        goal = goals[i]
        needed = float(
            required_wealth(goal.amount, goal.years, m[i], s[i], probability=probability)
        )
        money = min(left, needed)
        left -= money
        odds, saving = float(money >= goal.amount), 0.0
        if goal.years > 0.0:
            lump = (money, goal.amount, goal.years, m[i], s[i])
            odds = float(goal_success(*lump).probability[0])
            if money < needed:
                paths = replace(drawn, client_ids=(f"{client_id}/{goal.name}",))
                each = required_saving(*lump, probability=probability, simulation=paths)
                saving = float(each[0])
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
    for field, values in (("money", have), ("amount", need), ("years", span)):
        within(values, field, "It must be positive for a goal to have a floor.", above=0.0)
    return (need / have) ** (1.0 / span) - 1.0, ndtr(ndtri(1.0 - level) / np.sqrt(span))

"""Loss aversion without normality: mean-variance plus linear loss aversion over scenarios, a convex
program with a dual certificate.
"""

from __future__ import annotations

from dataclasses import dataclass, fields, replace

import numpy as np

from advisor.arrays import BoolArray, FloatArray, IntArray, StrArray, check_type, frozen
from advisor.contracts.mandate import Mandate
from advisor.data.returns import ReturnModel
from advisor.errors import InfeasibleError, InputError, SolverError
from advisor.optimize.batch.costs import CostRows, TradingCost, cost_rows
from advisor.optimize.batch.search import AT_CAP, bracketed_roots
from advisor.optimize.frontier.frontier import Frontier, trace_frontier
from advisor.optimize.limits.limits import limits_of
from advisor.optimize.preferences.preferences import Preferences
from advisor.optimize.scenarios.certificate import ScenarioProgram, Scenarios, prove_rows, untraded
from advisor.optimize.scenarios.walk import BLOCK, least_risky, walk_over_scenarios

STEEPEST = 1e7
"""Risk tolerance that stands in for infinity."""
ACCEPTED = 1e-7
"""Largest duality gap, relative to the objective where that is above 1, of an answer that is called
solved."""
WALKED = 1e-9
"""Largest one of an answer that the walk may give; what is above goes to the interior point."""
LEAST_CURVED = 1e-3
"""Risk aversion below which the program is a linear one in effect, and left to the interior
point."""
REACHED = 1e-9
"""Relative excess of the least variance over that of the cap at which it is still there: what the
interior point leaves; the gap counts it."""
CAPPED = 1e-13
"""A variance this close to its cap, as a share of it, is at the cap."""


@dataclass(frozen=True, eq=False)
class ScenarioPortfolios:
    """One portfolio a client, optimal over scenarios.

    Attributes:
        weights: Shape (c, n); nan where not "ok".
        objective: Annual utility before the cap's price, shape (c,); minus half the variance of who
            only wants the least.
        status: "ok", "infeasible" or "failed", shape (c,).
        duality_gap: Proved distance from the best objective, shape (c,).
        tilt: Dual scenario weights: by how much a loss counts extra in each scenario, between 0 and
            kappa / T, shape (c, T).
        risk_aversion: The client's own, or the higher one that keeps their volatility at the
            mandate's cap, shape (c,).
    """

    weights: FloatArray
    objective: FloatArray
    status: StrArray
    duality_gap: FloatArray
    tilt: FloatArray
    risk_aversion: FloatArray

    def __len__(self) -> int:
        return len(self.weights)


def scenario_utility(
    model: ReturnModel,
    scenarios: Scenarios,
    weights: FloatArray,
    risk_aversion: float,
    loss_aversion: float,
    reference_return: float = 0.0,
) -> float:
    """`mean - g/2 variance - (l - 1) E[(b T - R)+] / T` of weights (n,), annual, with R over the T
    years of the scenarios.

    >>> two = ReturnModel(["a"], [0.0], [[0.0]])
    >>> scenario_utility(two, Scenarios(np.array([[0.10], [-0.10]])), np.array([1.0]), 0.0, 3.0)
    -0.1
    """
    short = (
        np.maximum(reference_return * scenarios.years - scenarios.returns @ weights, 0.0).mean()
        / scenarios.years
    )
    variance = float(weights @ model.covariance @ weights)
    return (
        float(model.mean @ weights)
        - 0.5 * risk_aversion * variance
        - (loss_aversion - 1.0) * float(short)
    )


def optimal_over_scenarios(
    model: ReturnModel,
    scenarios: Scenarios,
    preferences: Preferences,
    mandate: Mandate | None = None,
    *,
    current: object = None,
    cost: float | FloatArray | TradingCost | None = None,
) -> ScenarioPortfolios:
    """The best portfolio of each client when losses are counted over scenarios.

    Args:
        model: Means and covariance of n assets, annual: the mean-variance part.
        scenarios: The loss part. `preferences.evaluation_years` is not used: the scenarios' own
            period is.
        preferences: Of c clients; risk aversion 0 leaves a linear program, inf asks for the least
            variance.
        mandate: Limits shared by all. A cap on volatility acts as a higher risk aversion, which is
            searched for.
        current: Weights held now, (n,) or (c, n); what they leave of 1 is cash.
        cost: One-off proportional cost of trading, as in `optimal_portfolios`; a status-quo cost
            adds to it.

    Returns:
        A row a client: a short exact walk from the frontier's portfolio, or an interior point
            method (always with costs), and each proved by its dual:
        tilted scenario weights turn the problem into a smooth one that is above it everywhere, and
        the linear bound of that one over the limits is exact. Nothing with a gap above 1e-7 is
        called solved.

    Raises:
        InputError: Other assets, or costs without holdings.
        InfeasibleError: The bounds of the mandate leave no portfolio.

    Source: Fortin and Hlouskova (2011), Optimal asset allocation under linear loss aversion,
    section 2; Rockafellar and Uryasev (2000) for the form.
    """
    check_type(scenarios, Scenarios, "scenarios", "Pass Scenarios(returns, years).")
    check_type(
        preferences,
        Preferences,
        "preferences",
        "Pass Preferences(risk_aversion, loss_aversion, ...).",
    )
    limits, scenarios = (
        limits_of(model, Mandate() if mandate is None else mandate),
        scenarios.of(model.assets),
    )
    if scenarios.returns.shape[1] != len(model):
        raise InputError(
            f"scenarios cover {scenarios.returns.shape[1]} assets, the model {len(model)}; give a"
            " column for each.",
            field="scenarios",
            value=scenarios.returns.shape,
        )
    costs = cost_rows(current, cost, preferences.status_quo_cost, len(preferences), model.assets)
    free = replace(limits, max_volatility=None)
    try:
        frontier = trace_frontier(model, free)
    except (InfeasibleError, SolverError):
        frontier = None
    solver = _Solver(
        ScenarioProgram(model, free, scenarios, trading=costs is not None), frontier, costs
    )
    answer = solver.solve(preferences, np.arange(len(preferences)))
    if limits.max_volatility is not None:
        _cap(solver, preferences, answer, limits.max_volatility)
    return ScenarioPortfolios(
        *(frozen(getattr(answer, item.name)) for item in fields(ScenarioPortfolios))
    )


@dataclass(frozen=True, eq=False)
class _Solver:
    """What all clients share: the program, the frontier of its limits (None where there is none),
    and the costs of each (None where trades are free).
    """

    program: ScenarioProgram
    frontier: Frontier | None
    costs: CostRows | None

    def solve(self, preferences: Preferences, clients: IntArray) -> ScenarioPortfolios:
        """Answers of some clients, a row each, that may be written to."""
        c, n, t = len(preferences), len(self.program.model), len(self.program.scenarios.returns)
        status = np.full(c, "ok", dtype="<U16")
        nothing = (
            np.full((c, n), np.nan),
            np.full(c, np.nan),
            status,
            np.full(c, np.nan),
            np.full((c, t), np.nan),
        )
        answer = ScenarioPortfolios(*nothing, preferences.risk_aversion.copy())
        walked = walk_rows(
            None if self.costs is not None else self.frontier, self.program, preferences, answer
        )
        for i in np.flatnonzero(~walked).tolist():
            self._alone(preferences, answer, i, self._costs_of(int(clients[i])))
        return answer

    def _costs_of(self, i: int) -> CostRows | None:
        return (
            None
            if self.costs is None
            else CostRows(
                *(a[[i % len(a)]] for a in (self.costs.hold, self.costs.buy, self.costs.sell))
            )
        )

    def _alone(
        self, preferences: Preferences, answer: ScenarioPortfolios, i: int, costs: CostRows | None
    ) -> None:
        """Client `i` by the interior point, written to `answer`."""
        own, p = preferences.take(np.array([i])), self.program
        try:
            w, tilt, prices = p.solve(
                float(own.risk_aversion[0]),
                float(own.loss_aversion[0]) - 1.0,
                float(own.reference_return[0]),
                costs,
            )
        except InfeasibleError:
            answer.status[i] = "infeasible"
            return
        except SolverError:
            answer.status[i] = "failed"
            return
        answer.status[i] = "failed"
        for weights in ([] if costs is None else [untraded(w, costs, p.limits)]) + [w]:
            objective, gap = prove_rows(
                p.model, p.limits, p.scenarios, own, weights[None], tilt[None], prices[None], costs
            )
            answer.objective[i], answer.duality_gap[i] = objective[0], gap[0]
            if gap[0] <= ACCEPTED * max(1.0, abs(float(objective[0]))):
                answer.weights[i], answer.tilt[i], answer.status[i] = weights, tilt, "ok"
                return


def walk_rows(
    frontier: Frontier | None,
    program: ScenarioProgram,
    preferences: Preferences,
    answer: ScenarioPortfolios,
) -> BoolArray:
    """Write the clients whom the walk from the frontier brings to a proved optimum to `answer`;
    True for those, shape (c,).
    """
    found = np.zeros(len(preferences), dtype=np.bool_)
    if frontier is None:
        return found
    p, least = program, np.isinf(preferences.risk_aversion)
    some = np.flatnonzero((preferences.risk_aversion >= LEAST_CURVED) & ~least)
    blocks = [some[first : first + BLOCK] for first in range(0, len(some), BLOCK)]
    for rows in [*blocks, np.flatnonzero(least)]:
        if not rows.size:
            continue
        wants = preferences.take(rows)
        walk = least_risky if least[rows[0]] else walk_over_scenarios
        end = walk(frontier, p.scenarios.returns, p.scenarios.years, wants)
        objective, gap = prove_rows(
            p.model, p.limits, p.scenarios, wants, end.weights, end.tilt, end.prices
        )
        good = end.done & (gap <= WALKED * np.maximum(1.0, np.abs(objective)))
        found[rows[good]] = True
        answer.weights[rows[good]], answer.tilt[rows[good]] = end.weights[good], end.tilt[good]
        answer.objective[rows[good]], answer.duality_gap[rows[good]] = objective[good], gap[good]
    return found


def _cap(solver: _Solver, preferences: Preferences, answer: ScenarioPortfolios, cap: float) -> None:
    """Raise the risk aversion of clients whose volatility is above the cap until it is at it, and
    write what that leads to.

    A cap's multiplier acts as risk aversion: whoever is best at `h >= g`, by how much ever the dual
    bounds it there, misses the best below the cap by no more than that and `(h - g) / 2 (cap^2 -
    variance)`.
    """
    model = solver.program.model
    over = np.flatnonzero(
        (answer.status == "ok") & (_volatility(model, answer.weights) > cap * (1.0 + CAPPED))
    )
    if not over.size:
        return

    def judge(some: IntArray, at: FloatArray) -> FloatArray:
        with np.errstate(divide="ignore"):
            wants = preferences.take(over[some]).with_risk_aversion(1.0 / at)
        part = solver.solve(wants, over[some])
        for item in fields(ScenarioPortfolios):
            getattr(answer, item.name)[over[some]] = getattr(part, item.name)
        volatility = _volatility(model, part.weights)
        return np.where(part.status == "ok", (volatility - cap) * (volatility + cap) / cap**2, 1.0)

    everyone, zero = np.arange(len(over)), np.zeros(len(over))
    most = 1.0 / np.maximum(preferences.risk_aversion[over], 1.0 / STEEPEST)
    least = judge(everyone, zero)
    calm = least <= REACHED
    guess = (
        0.5 * most
        if solver.frontier is None
        else np.minimum(1.0 / solver.frontier.risk_aversion_at(cap), 0.5 * most)
    )
    inner = np.flatnonzero(
        least < -AT_CAP
    )  # who is at the cap with the least risk already stays there
    root = bracketed_roots(judge, inner, zero, most, guess, CAPPED)
    judge(inner, root[inner])
    answer.status[over[~calm]] = np.where(
        answer.status[over[~calm]] == "failed", "failed", "infeasible"
    )
    _prove_capped(solver, preferences, answer, cap, over)
    for column in (answer.weights, answer.tilt):
        column[over[answer.status[over] != "ok"]] = np.nan


def _prove_capped(
    solver: _Solver,
    preferences: Preferences,
    answer: ScenarioPortfolios,
    cap: float,
    over: IntArray,
) -> None:
    """The clients' own objectives, and their gaps with the cap's share; who is not proved has
    failed.
    """
    model, own, effective = (
        solver.program.model,
        preferences.risk_aversion[over],
        answer.risk_aversion[over],
    )
    volatility = _volatility(model, answer.weights[over])
    raised = np.isfinite(effective)
    extra = np.where(raised, effective - own, 0.0)
    answer.duality_gap[over] += 0.5 * extra * np.maximum(cap**2 - volatility**2, 0.0) + np.maximum(
        volatility - cap, 0.0
    )
    answer.objective[over] += 0.5 * extra * volatility**2
    proved = answer.duality_gap[over] <= ACCEPTED * np.maximum(1.0, np.abs(answer.objective[over]))
    answer.status[over] = np.where(
        (answer.status[over] == "ok") & ~proved, "failed", answer.status[over]
    )


def _volatility(model: ReturnModel, weights: FloatArray) -> FloatArray:
    return np.sqrt(np.maximum(np.einsum("cn,cn->c", weights @ model.covariance, weights), 0.0))

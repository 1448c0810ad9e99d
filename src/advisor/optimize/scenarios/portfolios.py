"""Loss aversion without normality: mean-variance plus linear loss aversion over scenarios, a convex
program with a dual certificate.
"""

from __future__ import annotations

from dataclasses import fields, replace

import numpy as np

from advisor.arrays import FloatArray, IntArray, check_type, frozen
from advisor.contracts.mandate import Mandate
from advisor.data.returns import ReturnModel
from advisor.errors import InfeasibleError, SolverError
from advisor.optimize.batch.costs import TradingCost, cost_rows
from advisor.optimize.batch.search import AT_CAP, bracketed_roots
from advisor.optimize.frontier.trace import trace_frontier
from advisor.optimize.limits.limits import limits_of
from advisor.optimize.preferences.preferences import Preferences
from advisor.optimize.scenarios.certificate import ScenarioProgram, Scenarios
from advisor.optimize.scenarios.solver import (
    ACCEPTED,
    REACHED,
    STEEPEST,
    ScenarioPortfolios,
    ScenarioSolver,
)

CAPPED = 1e-13
"""A variance this close to its cap, as a share of it, is at the cap."""


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
        scenarios: The loss part; their own period is used, not `preferences.evaluation_years`.
        preferences: Of c clients; risk aversion 0 leaves a linear program, inf asks for the least
            variance.
        mandate: Limits shared by all. A cap on volatility acts as a higher risk aversion, which is
            searched for.
        current: Weights held now, (n,) or (c, n); what they leave of 1 is cash.
        cost: One-off proportional cost of trading, as in `optimal_portfolios`; a status-quo cost
            adds to it.

    Returns:
        A row a client: a short exact walk from the frontier's portfolio, or an interior point
        method (always with costs), each proved by its dual: tilted scenario weights make a smooth
        problem that is above it everywhere. Nothing with a gap above 1e-7 is called solved.

    Raises:
        InputError: Other assets, or costs without holdings.
        InfeasibleError: The bounds of the mandate leave no portfolio.

    Source: Fortin and Hlouskova (2011), Optimal asset allocation under linear loss aversion,
    section 2; Rockafellar and Uryasev (2000) for the form.
    """
    check_type(scenarios, Scenarios, "scenarios", "Pass Scenarios(returns, years).")
    remedy = "Pass Preferences(risk_aversion, loss_aversion, ...)."
    check_type(preferences, Preferences, "preferences", remedy)
    limits, scenarios = limits_of(model, mandate), scenarios.of(model.assets)
    scenarios.check_width(len(model))
    costs = cost_rows(current, cost, preferences.status_quo_cost, len(preferences), model.assets)
    free = replace(limits, max_volatility=None)
    try:
        frontier = trace_frontier(model, free)
    except (InfeasibleError, SolverError):
        frontier = None
    program = ScenarioProgram(model, free, scenarios, trading=costs is not None)
    solver = ScenarioSolver(program, frontier, costs)
    answer = solver.solve(preferences, np.arange(len(preferences)))
    if limits.max_volatility is not None:
        _cap(solver, preferences, answer, limits.max_volatility)
    return ScenarioPortfolios(
        *(frozen(getattr(answer, item.name)) for item in fields(ScenarioPortfolios))
    )


def _cap(
    solver: ScenarioSolver, preferences: Preferences, answer: ScenarioPortfolios, cap: float
) -> None:
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
    solver: ScenarioSolver,
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

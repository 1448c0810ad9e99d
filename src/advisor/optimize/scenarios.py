"""Loss aversion without normality: mean-variance plus linear loss aversion over scenarios, a convex program with a dual certificate."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Any

import numpy as np

from advisor.arrays import BoolArray, FloatArray, StrArray, float_array, frozen
from advisor.contracts.mandate import Mandate
from advisor.data.returns import ReturnModel
from advisor.errors import InfeasibleError, InputError, SolverError
from advisor.optimize.certificate import duality_gap
from advisor.optimize.frontier import trace_frontier
from advisor.optimize.limits import Limits, limits_of
from advisor.optimize.preferences import Preferences
from advisor.optimize.scenarios_walk import BLOCK, walk_over_scenarios

ACCEPTED = 1e-7
"""Largest duality gap, relative to the objective where that is above 1, of an answer that is called solved."""
WALKED = 1e-9
"""Largest one of an answer that the walk may give; what is above goes to the interior point."""
LEAST_CURVED = 1e-3
"""Risk aversion below which the program is a linear one in effect, and left to the interior point."""
INTERIOR: dict[str, float | int | bool] = {
    "tol_gap_abs": 1e-12,
    "tol_gap_rel": 1e-12,
    "tol_feas": 1e-12,
    "max_iter": 200,
    "verbose": False,
    "max_threads": 1,
}


@dataclass(frozen=True, eq=False)
class Scenarios:
    """Equally likely returns of n assets over one evaluation period.

    Args:
        returns: Simple returns over the whole period, shape (T, n).
        years: Length of the period; losses are judged once in it.

    Raises:
        InputError: No scenarios, values that are not finite, or a period that is not positive.
    """

    returns: FloatArray
    years: float = 1.0

    def __post_init__(self) -> None:
        object.__setattr__(self, "returns", float_array(self.returns, "scenarios", shape=(None, None)))
        if not len(self.returns) or not self.years > 0.0:
            raise InputError(
                f"{len(self.returns)} scenarios over {self.years} years say nothing; give at least one, over a positive time.",
                field="scenarios",
                value=(len(self.returns), self.years),
            )


@dataclass(frozen=True, eq=False)
class ScenarioPortfolios:
    """One portfolio a client, optimal over scenarios.

    Attributes:
        weights: Shape (c, n); nan where not "ok".
        objective: Annual utility, shape (c,).
        status: "ok", "infeasible" or "failed", shape (c,).
        duality_gap: Proved distance from the best objective, shape (c,).
        tilt: Dual scenario weights: by how much a loss counts extra in each scenario, between 0 and kappa / T, shape (c, T).
    """

    weights: FloatArray
    objective: FloatArray
    status: StrArray
    duality_gap: FloatArray
    tilt: FloatArray

    def __len__(self) -> int:
        return len(self.weights)


def scenario_utility(
    model: ReturnModel, scenarios: Scenarios, weights: FloatArray, risk_aversion: float, loss_aversion: float, reference_return: float = 0.0
) -> float:
    """`mean - g/2 variance - (l - 1) E[(b T - R)+] / T` of weights (n,), annual, with R over the T years of the scenarios.

    >>> two = ReturnModel(["a"], [0.0], [[0.0]])
    >>> scenario_utility(two, Scenarios(np.array([[0.10], [-0.10]])), np.array([1.0]), 0.0, 3.0)
    -0.1
    """
    short = np.maximum(reference_return * scenarios.years - scenarios.returns @ weights, 0.0).mean() / scenarios.years
    variance = float(weights @ model.covariance @ weights)
    return float(model.mean @ weights) - 0.5 * risk_aversion * variance - (loss_aversion - 1.0) * float(short)


def optimal_over_scenarios(
    model: ReturnModel, scenarios: Scenarios, preferences: Preferences, mandate: Mandate | None = None
) -> ScenarioPortfolios:
    """The best portfolio of each client when losses are counted over scenarios.

    Args:
        model: Means and covariance of n assets, annual: the mean-variance part.
        scenarios: The loss part. `preferences.evaluation_years` is not used: the scenarios' own period is.
        preferences: Of c clients; risk aversion 0 leaves a linear program.
        mandate: Limits shared by all; no cap on volatility here (see `Program`).

    Returns:
        A row a client: a short exact walk from the frontier's portfolio, or an interior point method, and each proved by its dual: tilted scenario weights turn the problem into a smooth one that is above it
        everywhere, and the linear bound of that one over the limits is exact. Nothing with a gap above 1e-7 is called solved.

    Raises:
        InputError: Other assets, or a volatility cap.
        InfeasibleError: The bounds of the mandate leave no portfolio.

    Source: Fortin and Hlouskova (2011), Optimal asset allocation under linear loss aversion, section 2; Rockafellar and Uryasev (2000) for the form.
    """
    limits = limits_of(model, mandate or Mandate())
    if limits.max_volatility is not None:
        raise InputError(
            "The scenario optimiser has no volatility cap; use Program with scenarios, or a higher risk aversion.",
            field="max_volatility",
            value=limits.max_volatility,
        )
    if scenarios.returns.shape[1] != len(model):
        raise InputError(
            f"scenarios cover {scenarios.returns.shape[1]} assets, the model {len(model)}; give a column for each.",
            field="scenarios",
            value=scenarios.returns.shape,
        )
    c, shape = len(preferences), (len(preferences), len(scenarios.returns))
    answer = ScenarioPortfolios(
        np.full((c, len(model)), np.nan), np.full(c, np.nan), np.full(c, "ok", dtype="<U16"), np.full(c, np.nan), np.full(shape, np.nan)
    )
    solver = ScenarioProgram(model, limits, scenarios)
    walked = walk_rows(model, mandate or Mandate(), limits, scenarios, preferences, answer)
    for i in np.flatnonzero(~walked).tolist():
        _solve_alone(solver, preferences, answer, i)
    return ScenarioPortfolios(*(frozen(getattr(answer, item.name)) for item in fields(ScenarioPortfolios)))


def walk_rows(
    model: ReturnModel, mandate: Mandate, limits: Limits, scenarios: Scenarios, preferences: Preferences, answer: ScenarioPortfolios
) -> BoolArray:
    """Write the clients whom the walk from the frontier brings to a proved optimum to `answer`; True for those, shape (c,)."""
    found = np.zeros(len(preferences), dtype=np.bool_)
    some = np.flatnonzero((preferences.risk_aversion >= LEAST_CURVED) & np.isfinite(preferences.risk_aversion))
    try:
        frontier = trace_frontier(model, mandate)
    except (InfeasibleError, SolverError):
        return found
    for first in range(0, len(some), BLOCK):
        rows = some[first : first + BLOCK]
        wants = Preferences(*(getattr(preferences, item.name)[rows] for item in fields(Preferences)))
        end = walk_over_scenarios(frontier, scenarios.returns, scenarios.years, wants)
        objective, gap = prove_rows(model, limits, scenarios, wants, end.weights, end.tilt, end.prices)
        good = end.done & (gap <= WALKED * np.maximum(1.0, np.abs(objective)))
        found[rows[good]] = True
        answer.weights[rows[good]], answer.tilt[rows[good]] = end.weights[good], end.tilt[good]
        answer.objective[rows[good]], answer.duality_gap[rows[good]] = objective[good], gap[good]
    return found


def _solve_alone(solver: ScenarioProgram, preferences: Preferences, answer: ScenarioPortfolios, i: int) -> None:
    """Client `i` by the interior point, written to `answer`."""
    p = preferences
    try:
        w, tilt, prices = solver.solve(float(p.risk_aversion[i]), float(p.loss_aversion[i]) - 1.0, float(p.reference_return[i]))
    except InfeasibleError:
        answer.status[i] = "infeasible"
        return
    except SolverError:
        answer.status[i] = "failed"
        return
    own = Preferences(*(getattr(p, item.name)[[i]] for item in fields(Preferences)))
    objective, gap = prove_rows(solver.model, solver.limits, solver.scenarios, own, w[None], tilt[None], prices[None])
    answer.objective[i], answer.duality_gap[i] = objective[0], gap[0]
    if not gap[0] <= ACCEPTED * max(1.0, abs(float(objective[0]))):
        answer.status[i] = "failed"
        return
    answer.weights[i], answer.tilt[i] = w, tilt


def prove_rows(
    model: ReturnModel, limits: Limits, scenarios: Scenarios, wants: Preferences, weights: FloatArray, tilt: FloatArray, prices: FloatArray
) -> tuple[FloatArray, FloatArray]:
    """Objective of each row of weights (c, n), and how much better any portfolio could be (plus what the weights violate), each shape (c,).

    Args:
        model: Means and covariance.
        limits: Shared.
        scenarios: Shared.
        wants: Of c clients.
        weights: Shape (c, n).
        tilt: Between 0 and kappa / T, shape (c, T): any such gives a valid bound, the optimal ones the exact gap.
        prices: Of budget and rows, shape (c, 1 + r): positive at a lower edge.
    """
    gamma, years, rows = wants.risk_aversion, scenarios.years, scenarios.returns
    below = (wants.reference_return * years)[:, None] - weights @ rows.T
    marginal = weights @ model.covariance
    plain = weights @ model.mean - 0.5 * gamma * np.einsum("cn,cn->c", marginal, weights)
    objective = plain - (wants.loss_aversion - 1.0) * np.maximum(below, 0.0).mean(axis=1) / years
    smooth = plain - np.einsum("ct,ct->c", tilt, below) / years
    gradient = gamma[:, None] * marginal - model.mean - tilt @ rows / years
    linear = duality_gap(gradient, weights, limits, prices)
    broken = np.maximum(np.abs(weights.sum(axis=1) - 1.0), np.maximum(limits.lower - weights, weights - limits.upper).max(axis=1))
    if limits.row_names:
        value = weights @ limits.rows.T
        broken = np.maximum(broken, np.maximum(limits.row_lower - value, value - limits.row_upper).max(axis=1))
    return objective, np.maximum(smooth + linear - objective, 0.0) + np.maximum(broken, 0.0)


class ScenarioProgram:
    """The program's matrices, built once; a client changes only its linear term and its edges."""

    def __init__(self, model: ReturnModel, limits: Limits, scenarios: Scenarios) -> None:
        from scipy import sparse

        self.model, self.limits, self.scenarios = model, limits, scenarios
        n, t = len(model), len(scenarios.returns)
        eye, none = sparse.eye_array(n), sparse.csc_array((n, t))
        self._low, self._high = np.isfinite(limits.row_lower), np.isfinite(limits.row_upper)
        sides = np.vstack([-limits.rows[self._low], limits.rows[self._high]])
        self._matrix: Any = sparse.csc_array(
            sparse.block_array(
                [
                    [sparse.csc_array(np.ones((1, n))), None],
                    [-eye, none],
                    [eye, none],
                    [sparse.csc_array(sides), sparse.csc_array((len(sides), t))],
                    [sparse.csc_array(-scenarios.returns), -sparse.eye_array(t)],
                    [sparse.csc_array((t, n)), -sparse.eye_array(t)],
                ]
            )
        )
        upper = sparse.csc_array(np.triu(model.covariance))
        self._hessian: Any = sparse.csc_array(sparse.block_diag([upper, sparse.csc_array((t, t))]))

    def solve(self, gamma: float, kappa: float, reference: float) -> tuple[FloatArray, FloatArray, FloatArray]:
        """Weights (n,), tilt of scenarios (T,), and multipliers of budget and rows (1 + r,), positive at a lower edge.

        Raises:
            InfeasibleError: No portfolio satisfies the limits.
            SolverError: The solver stopped otherwise.
        """
        import clarabel as untyped

        clarabel: Any = untyped

        n, t, limits = len(self.model), len(self.scenarios.returns), self.limits
        scale = 1.0 / max(1.0, gamma)
        linear = scale * np.concatenate([-self.model.mean, np.full(t, kappa / (t * self.scenarios.years))])
        sides = np.concatenate([-limits.row_lower[self._low], limits.row_upper[self._high]])
        edge = np.full(t, -reference * self.scenarios.years)
        right = np.concatenate([[1.0], -limits.lower, limits.upper, sides, edge, np.zeros(t)])
        settings = clarabel.DefaultSettings()
        for name, value in INTERIOR.items():
            setattr(settings, name, value)
        cones = [clarabel.ZeroConeT(1), clarabel.NonnegativeConeT(len(right) - 1)]
        done = clarabel.DefaultSolver(self._hessian * (gamma * scale), linear, self._matrix, right, cones, settings).solve()
        word = str(done.status)
        if "PrimalInfeasible" in word:
            raise InfeasibleError("The limits admit no portfolio.", constraints=limits.row_names)
        if done.x is None or not np.isfinite(done.x).all():
            raise SolverError(
                f"Clarabel stopped with {word} on {t} scenarios; check the scale of the returns.", solver="clarabel", status=word
            )
        x, z = np.array(done.x), np.array(done.z) / scale
        weights = np.clip(x[:n], limits.lower, limits.upper)
        k = len(sides)
        price, rows = -z[:1], np.zeros(len(limits.row_names))
        rows[self._low] += z[1 + 2 * n : 1 + 2 * n + int(self._low.sum())]
        rows[self._high] -= z[1 + 2 * n + int(self._low.sum()) : 1 + 2 * n + k]
        tilt = np.clip(z[1 + 2 * n + k : 1 + 2 * n + k + t] * self.scenarios.years, 0.0, kappa / t)
        return weights, tilt, np.concatenate([price, rows])

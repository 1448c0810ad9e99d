"""What the frontier cannot say: CVaR limits, cardinality, tracking error, turnover and the caller's
own cvxpy constraints. The one file that uses cvxpy.
"""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from typing import Any

import numpy as np

from advisor.arrays import FloatArray, check_type, frozen
from advisor.contracts.mandate import Mandate
from advisor.data.returns import ReturnModel
from advisor.errors import AdvisorError, InfeasibleError, InputError, SolverError
from advisor.optimize.limits.infeasible import contradictory, name_contradiction
from advisor.optimize.limits.limits import Limits, limits_of
from advisor.optimize.program.branch_and_bound import MOST_NODES, Relaxation, choose_assets
from advisor.optimize.program.limits import CvarLimit, ProgramLimits
from advisor.optimize.program.solution import (
    SOLVERS,
    ProgramSolution,
    custom_constraints,
    needed_row,
    solver_names,
)
from advisor.optimize.repairs import at_least
from advisor.optimize.risk_aversion import check_risk_aversion

EASED = 1e-5
"""How far, relative to it, above the least attainable value a limit is put that a solver can work
with."""
FEW_NODES = 200
"""Branches looked at for each repair of an infeasible program with a number of assets."""
TIGHT: dict[str, dict[str, float | int]] = {
    "CLARABEL": {"tol_gap_abs": 1e-11, "tol_gap_rel": 1e-11, "tol_feas": 1e-11, "max_iter": 200},
    "SCS": {"eps_abs": 1e-8, "eps_rel": 1e-8, "max_iters": 100_000},
}


class Program:
    """A mean-variance program with limits of any convex kind, and cardinality: compiled once,
    solved for many risk aversions.

    Args:
        model: Means and covariance of n assets.
        mandate: As everywhere.
        limits: What the frontier cannot say.
        solvers: cvxpy's names, tried in order.

    Raises:
        InputError: Limits that cannot be read, or custom constraints that cvxpy cannot compile (not
            convex, or not parametrised by its rules).
        InfeasibleError: The mandate's bounds leave no portfolio.
    """

    def __init__(
        self,
        model: ReturnModel,
        mandate: Mandate | None = None,
        limits: ProgramLimits | None = None,
        *,
        solvers: Sequence[str] = SOLVERS,
    ) -> None:
        import cvxpy as cp

        bounds = limits_of(model, mandate)
        rules = ProgramLimits() if limits is None else limits
        check_type(
            rules, ProgramLimits, "limits", "Pass ProgramLimits(max_assets=..., ...), or None."
        )
        self.model, self.limits, self.solvers, self._bounds = (
            model,
            rules,
            solver_names(solvers),
            bounds,
        )
        self._weights: Any = cp.Variable(len(model))
        self._risk: Any = cp.Parameter(nonneg=True)
        self._reward: Any = cp.Parameter(nonneg=True)
        values, vectors = np.linalg.eigh(model.covariance)
        self._factor: FloatArray = vectors * np.sqrt(np.maximum(values, 0.0))
        self._least: Any = cp.Parameter(len(model))
        self._most: Any = cp.Parameter(len(model))
        self._count: Any = cp.Parameter()
        w, self._fixed, self._measured = self._weights, self._plain(cp, bounds), self._measures(cp)
        constraints = self._fixed + [measure <= most for measure, most in self._measured.values()]
        objective = cp.Maximize(
            self._reward * (model.mean @ w) - self._risk * cp.sum_squares(self._factor.T @ w)
        )
        self._problem: Any = cp.Problem(objective, constraints)
        if not self._problem.is_dcp(dpp=True):
            raise InputError(
                "The custom constraints are not convex by cvxpy's rules (or multiply parameters),"
                " so no solver can be trusted with them. Rewrite them.",
                field="custom",
                value=None,
            )

    def solve(self, risk_aversion: float) -> ProgramSolution:
        """The best portfolio at a risk aversion, 0 or more (inf: least variance).

        Raises:
            InputError: The risk aversion is negative or nan.
            InfeasibleError: The limits contradict each other; `.constraints` names those in play,
                and the message the nearest value that resolves it.
            SolverError: No solver came to an accurate end.
        """
        risk_aversion = check_risk_aversion(risk_aversion)
        self._reward.value = 1.0 / max(1.0, risk_aversion)
        self._risk.value = 0.5 * min(risk_aversion, 1.0)
        attempts: list[tuple[str, str]] = []
        weights, gap = self._best(self._problem, self.limits.max_assets, attempts)
        if weights is None:
            raise self._infeasible()
        mean = float(self.model.mean @ weights)
        variance = float(weights @ self.model.covariance @ weights)
        objective = (
            -variance / 2.0 if np.isinf(risk_aversion) else mean - 0.5 * risk_aversion * variance
        )
        scale = max(1.0, risk_aversion) if np.isfinite(risk_aversion) else 1.0
        return ProgramSolution(
            frozen(weights),
            mean,
            float(np.sqrt(max(variance, 0.0))),
            objective,
            attempts[-1][0],
            tuple(attempts),
            gap * scale,
        )

    def _plain(self, cp: Any, bounds: Limits) -> list[Any]:
        """Constraints without a number that could be loosened: the mandate's, the caller's own, and
        what a number of assets needs.
        """
        w, rules = self._weights, self.limits
        constraints = [cp.sum(w) == 1.0, w >= bounds.lower, w <= bounds.upper]
        for row, low, high in zip(bounds.rows, bounds.row_lower, bounds.row_upper, strict=True):
            constraints += [row @ w >= low] if np.isfinite(low) else []
            constraints += [row @ w <= high] if np.isfinite(high) else []
        if rules.custom is not None:
            constraints += custom_constraints(cp, rules.custom, w)
        return constraints + (self._cardinality(cp, bounds) if rules.max_assets is not None else [])

    def _measures(self, cp: Any) -> dict[str, tuple[Any, float]]:
        """What has a largest value: the expression and that value, by name."""
        w, rules, assets, measures = self._weights, self.limits, self.model.assets, {}
        if self._bounds.max_volatility is not None:
            measures["max_volatility"] = (cp.norm(self._factor.T @ w), self._bounds.max_volatility)
        if rules.cvar is not None:
            measures["cvar"] = (self._cvar(cp, rules.cvar), rules.cvar.limit)
        if rules.max_tracking_error is not None:
            start = needed_row(rules.benchmark, "benchmark", "max_tracking_error", assets)
            measures["max_tracking_error"] = (
                cp.norm(self._factor.T @ (w - start)),
                rules.max_tracking_error,
            )
        if rules.max_turnover is not None:
            start = needed_row(rules.current, "current", "max_turnover", assets)
            measures["max_turnover"] = (0.5 * cp.norm1(w - start), rules.max_turnover)
        return measures

    def _cvar(self, cp: Any, limit: CvarLimit) -> Any:
        table = limit.table.of(self.model.assets)
        table.check_width(len(self.model))
        scenarios = table.returns
        quantile: Any = cp.Variable()
        return quantile + cp.sum(cp.pos(-scenarios @ self._weights - quantile)) / (
            (1.0 - limit.level) * len(scenarios)
        )

    def _cardinality(self, cp: Any, bounds: Limits) -> list[Any]:
        most, least = self.limits.max_assets, self.limits.min_position
        if (bounds.lower < 0.0).any():
            raise InputError(
                "A limit on the number of assets is for long positions; min_weight is below 0.",
                field="max_assets",
                value=most,
            )
        held: Any = cp.Variable(len(self.model))
        w = self._weights
        self._held = held
        linked = [
            held >= self._least,
            held <= self._most,
            cp.sum(held) <= self._count,
            w <= cp.multiply(bounds.upper, held),
        ]
        return linked + ([w >= least * held] if least > 0.0 else [])

    def _best(
        self,
        problem: Any,
        most: int | None,
        attempts: list[tuple[str, str]],
        nodes: int = MOST_NODES,
    ) -> tuple[FloatArray | None, float]:
        """Weights of one problem, None where there are none, and how much better any could still
        be.
        """
        if most is None:
            return self._attempt(problem, attempts), 0.0
        self._count.value = float(most)

        def relaxation(least: FloatArray, highest: FloatArray) -> Relaxation | None:
            self._least.value, self._most.value = least, highest
            weights = self._attempt(problem, attempts)
            del attempts[:-8]
            if weights is None:
                return None
            value = float(problem.value) * (-1.0 if problem.objective.NAME == "minimize" else 1.0)
            return Relaxation(weights, np.array(self._held.value, dtype=np.float64), value)

        return choose_assets(relaxation, len(self.model), most, nodes)

    def _attempt(self, problem: Any, attempts: list[tuple[str, str]]) -> FloatArray | None:
        """Weights by the first solver that comes to an accurate end; None when one proves that
        there are none.
        """
        import cvxpy as cp

        for name in self.solvers:
            try:
                with warnings.catch_warnings():
                    warnings.simplefilter("ignore")
                    problem.solve(solver=name, **TIGHT.get(name, {}))
                status = str(problem.status)
            except (cp.SolverError, ValueError, ArithmeticError) as error:
                status = f"{type(error).__name__}: {error}"
            attempts.append((name, status))
            if status == cp.OPTIMAL:
                return np.array(self._weights.value, dtype=np.float64)
            if status == cp.INFEASIBLE:
                return None
        statuses = "; ".join(f"{name}: {status}" for name, status in attempts[-len(self.solvers) :])
        raise SolverError(
            f"No solver came to an accurate end ({statuses}). Check the scale of the limits, or"
            " name other solvers.",
            solver=attempts[-1][0],
            status=attempts[-1][1],
        )

    def _infeasible(self) -> AdvisorError:
        """The limits in play with their numbers, and the least of each that the others leave."""
        import cvxpy as cp

        if contradictory(self._bounds):
            return name_contradiction(self._bounds)
        rules, repairs = self.limits, list[str]()
        for name, (measure, _) in self._measured.items():
            others = [other <= most for key, (other, most) in self._measured.items() if key != name]
            problem: Any = cp.Problem(cp.Minimize(measure), self._fixed + others)
            if self._resolves(problem, rules.max_assets):
                repairs.append(
                    f"{name} at least {at_least(float(problem.value) * (1.0 + EASED) + EASED**2)}"
                )
        for more in range(
            rules.max_assets + 1 if rules.max_assets is not None else len(self.model) + 1,
            len(self.model) + 1,
        ):
            if self._resolves(self._problem, more):
                repairs.append(f"max_assets at least {more}")
                break
        said = {name: name for name in ("bounds", *self._bounds.row_names)}
        said |= {name: f"{name} {most:g}" for name, (_, most) in self._measured.items()}
        said |= (
            {}
            if rules.max_assets is None
            else {
                "max_assets": f"max_assets {rules.max_assets} (min_position {rules.min_position:g})"
            }
        )
        said |= {} if rules.custom is None else {"custom": "custom"}
        cure = (
            f"Any one of these resolves it: {'; '.join(repairs)}."
            if repairs
            else "No single number resolves it; loosen several, or the bounds."
        )
        return InfeasibleError(
            f"No portfolio satisfies {', '.join(said.values())} together; a solver proved it."
            f" {cure}",
            constraints=tuple(said),
        )

    def _resolves(self, problem: Any, most: int | None) -> bool:
        """Whether a loosened problem was found to have a portfolio."""
        try:
            return self._best(problem, most, [], FEW_NODES)[0] is not None
        except SolverError:
            return False

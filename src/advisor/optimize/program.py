"""What the frontier cannot say: CVaR limits, cardinality, tracking error, turnover and the caller's own cvxpy constraints. The one file that uses cvxpy."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from advisor.arrays import FloatArray, float_array, frozen
from advisor.contracts.mandate import Mandate
from advisor.data.returns import ReturnModel
from advisor.errors import InfeasibleError, InputError, SolverError
from advisor.optimize.limits import Limits, limits_of
from advisor.optimize.program_search import Relaxation, choose_assets

SOLVERS = ("CLARABEL", "SCS")
"""Tried in this order: an interior point method good to 1e-9, then a first-order one that survives badly scaled cones."""
TIGHT: dict[str, dict[str, float | int]] = {
    "CLARABEL": {"tol_gap_abs": 1e-11, "tol_gap_rel": 1e-11, "tol_feas": 1e-11, "max_iter": 200},
    "SCS": {"eps_abs": 1e-8, "eps_rel": 1e-8, "max_iters": 100_000},
}


@dataclass(frozen=True, eq=False)
class CvarLimit:
    """Mean loss of the worst `1 - level` of scenarios is at most `limit` (a positive fraction).

    Args:
        scenarios: Returns, shape (T, n), over whatever period the limit speaks of.
        limit: Positive loss.
        level: Confidence in (0, 1).

    Source: Rockafellar and Uryasev (2000), equation 17.
    """

    scenarios: FloatArray
    limit: float
    level: float = 0.95


@dataclass(frozen=True, eq=False)
class ProgramLimits:
    """Limits beyond a mandate's; what is None does not apply.

    Args:
        cvar: Limit on expected shortfall.
        max_assets: Most assets held (a proved optimum, by branch and bound).
        min_position: Least weight of an asset that is held at all; needs `max_assets`.
        benchmark: Weights that `max_tracking_error` is measured from, shape (n,).
        max_tracking_error: Annual volatility of the difference from the benchmark.
        current: Weights held now, shape (n,), that `max_turnover` is measured from.
        max_turnover: Half the sum of absolute changes.
        custom: From the cvxpy variable of the weights (n,) to a list of cvxpy constraints.
    """

    cvar: CvarLimit | None = None
    max_assets: int | None = None
    min_position: float = 0.0
    benchmark: FloatArray | None = None
    max_tracking_error: float | None = None
    current: FloatArray | None = None
    max_turnover: float | None = None
    custom: Callable[[Any], Sequence[Any]] | None = None


@dataclass(frozen=True, eq=False)
class ProgramSolution:
    """Answer of a general program.

    Attributes:
        weights: Fractions of wealth, shape (n,).
        mean: Annual.
        volatility: Annual.
        objective: `mean - g/2 * variance`.
        solver: That answered.
        attempts: Every solver asked, with how it ended; the last one is the one that answered.
        bound_gap: How much better any portfolio could still be, as far as branch and bound proved; 0 without cardinality.
    """

    weights: FloatArray
    mean: float
    volatility: float
    objective: float
    solver: str
    attempts: tuple[tuple[str, str], ...]
    bound_gap: float


class Program:
    """A mean-variance program with limits of any convex kind, and cardinality: compiled once, solved for many risk aversions.

    Args:
        model: Means and covariance of n assets.
        mandate: As everywhere.
        limits: What the frontier cannot say.
        solvers: cvxpy's names, tried in order.

    Raises:
        InputError: Limits that cannot be read, or custom constraints that cvxpy cannot compile (not convex, or not parametrised by its rules).
        InfeasibleError: The mandate's bounds leave no portfolio.
    """

    def __init__(
        self, model: ReturnModel, mandate: Mandate | None = None, limits: ProgramLimits | None = None, *, solvers: Sequence[str] = SOLVERS
    ) -> None:
        import cvxpy as cp

        self.model, self.limits = model, limits or ProgramLimits()
        self.solvers = tuple(solvers)
        n = len(model)
        bounds = limits_of(model, mandate or Mandate())
        self._weights: Any = cp.Variable(n)
        self._risk: Any = cp.Parameter(nonneg=True)
        self._reward: Any = cp.Parameter(nonneg=True)
        values, vectors = np.linalg.eigh(model.covariance)
        self._factor: FloatArray = vectors * np.sqrt(np.maximum(values, 0.0))
        w = self._weights
        self._names, constraints = self._constraints(cp, bounds)
        self._least: Any = cp.Parameter(n)
        self._most: Any = cp.Parameter(n)
        self._upper = bounds.upper
        if self.limits.max_assets is not None:
            constraints += self._cardinality(cp, bounds)
        objective = cp.Maximize(self._reward * (model.mean @ w) - self._risk * cp.sum_squares(self._factor.T @ w))
        self._problem: Any = cp.Problem(objective, constraints)
        if not self._problem.is_dcp(dpp=True):
            raise InputError(
                "The custom constraints are not convex by cvxpy's rules (or multiply parameters), so no solver can be trusted with them. Rewrite them.",
                field="custom",
                value=None,
            )

    def solve(self, risk_aversion: float) -> ProgramSolution:
        """The best portfolio at a risk aversion, 0 or more (inf: least variance).

        Raises:
            InputError: The risk aversion is negative or nan.
            InfeasibleError: The limits contradict each other; `.constraints` names the kinds in play.
            SolverError: No solver came to an accurate end.
        """
        if not risk_aversion >= 0.0:
            raise InputError(f"risk_aversion is {risk_aversion}; it is 0 or more.", field="risk_aversion", value=risk_aversion)
        self._reward.value = 1.0 / max(1.0, risk_aversion)
        self._risk.value = 0.5 * min(risk_aversion, 1.0)
        attempts: list[tuple[str, str]] = []
        gap = 0.0
        if self.limits.max_assets is None:
            weights = self._attempt(attempts)
            if weights is None:
                raise self._infeasible()
        else:
            weights, gap = choose_assets(self._relax(attempts), len(self.model), self.limits.max_assets)
            if weights is None:
                raise self._infeasible()
        mean = float(self.model.mean @ weights)
        variance = float(weights @ self.model.covariance @ weights)
        objective = -variance / 2.0 if np.isinf(risk_aversion) else mean - 0.5 * risk_aversion * variance
        scale = max(1.0, risk_aversion) if np.isfinite(risk_aversion) else 1.0
        return ProgramSolution(
            frozen(weights), mean, float(np.sqrt(max(variance, 0.0))), objective, attempts[-1][0], tuple(attempts), gap * scale
        )

    def _constraints(self, cp: Any, bounds: Limits) -> tuple[list[str], list[Any]]:
        w, rules, n = self._weights, self.limits, len(self.model)
        names, found = ["bounds"], [cp.sum(w) == 1.0, w >= bounds.lower, w <= bounds.upper]
        for row, low, high, name in zip(bounds.rows, bounds.row_lower, bounds.row_upper, bounds.row_names, strict=True):
            found += [row @ w >= low] if np.isfinite(low) else []
            found += [row @ w <= high] if np.isfinite(high) else []
            names.append(name)
        if bounds.max_volatility is not None:
            found.append(cp.norm(self._factor.T @ w) <= bounds.max_volatility)
            names.append("max_volatility")
        if rules.cvar is not None:
            found += self._cvar(cp, rules.cvar)
            names.append("cvar")
        if rules.max_tracking_error is not None:
            start = _needed(rules.benchmark, "benchmark", "max_tracking_error", n)
            found.append(cp.norm(self._factor.T @ (w - start)) <= rules.max_tracking_error)
            names.append("max_tracking_error")
        if rules.max_turnover is not None:
            start = _needed(rules.current, "current", "max_turnover", n)
            found.append(cp.norm1(w - start) <= 2.0 * rules.max_turnover)
            names.append("max_turnover")
        if rules.custom is not None:
            found += list(rules.custom(w))
            names.append("custom")
        return names, found

    def _cvar(self, cp: Any, limit: CvarLimit) -> list[Any]:
        scenarios = float_array(limit.scenarios, "scenarios", shape=(None, len(self.model)))
        if not 0.0 < limit.level < 1.0 or not len(scenarios):
            raise InputError(
                f"A CVaR at level {limit.level} over {len(scenarios)} scenarios has no worst part; use a level in (0, 1) and some scenarios.",
                field="cvar",
                value=limit.level,
            )
        quantile: Any = cp.Variable()
        tail = cp.sum(cp.pos(-scenarios @ self._weights - quantile)) / ((1.0 - limit.level) * len(scenarios))
        return [quantile + tail <= limit.limit]

    def _cardinality(self, cp: Any, bounds: Limits) -> list[Any]:
        most, least = self.limits.max_assets, self.limits.min_position
        if most is None or most < 1 or not 0.0 <= least <= 1.0:
            raise InputError(
                f"max_assets is {most} and min_position {least}; hold at least 1 asset, of a weight in [0, 1].",
                field="max_assets",
                value=most,
            )
        if (bounds.lower < 0.0).any():
            raise InputError(
                "A limit on the number of assets is for long positions; min_weight is below 0.", field="max_assets", value=most
            )
        held: Any = cp.Variable(len(self.model))
        w = self._weights
        self._held = held
        self._names += ["max_assets"]
        linked = [held >= self._least, held <= self._most, cp.sum(held) <= most, w <= cp.multiply(bounds.upper, held)]
        return linked + ([w >= least * held] if least > 0.0 else [])

    def _relax(self, attempts: list[tuple[str, str]]) -> Callable[[FloatArray, FloatArray], Relaxation | None]:
        def relaxation(least: FloatArray, most: FloatArray) -> Relaxation | None:
            self._least.value, self._most.value = least, most
            weights = self._attempt(attempts)
            del attempts[:-8]
            if weights is None:
                return None
            return Relaxation(weights, np.array(self._held.value, dtype=np.float64), float(self._problem.value))

        return relaxation

    def _attempt(self, attempts: list[tuple[str, str]]) -> FloatArray | None:
        """Weights by the first solver that comes to an accurate end; None when one proves that there are none."""
        import cvxpy as cp

        for name in self.solvers:
            try:
                with warnings.catch_warnings():
                    warnings.simplefilter("ignore")
                    self._problem.solve(solver=name, **TIGHT.get(name, {}))
                status = str(self._problem.status)
            except (cp.SolverError, ValueError, ArithmeticError) as error:
                status = f"{type(error).__name__}: {error}"
            attempts.append((name, status))
            if status == cp.OPTIMAL:
                return np.array(self._weights.value, dtype=np.float64)
            if status == cp.INFEASIBLE:
                return None
        told = "; ".join(f"{name}: {status}" for name, status in attempts[-len(self.solvers) :])
        raise SolverError(
            f"No solver came to an accurate end ({told}). Check the scale of the limits, or name other solvers.",
            solver=attempts[-1][0],
            status=attempts[-1][1],
        )

    def _infeasible(self) -> InfeasibleError:
        return InfeasibleError(
            f"No portfolio satisfies {', '.join(self._names)} together; a solver proved it. Relax one of them: solving without each in turn shows which.",
            constraints=self._names,
        )


def _needed(value: FloatArray | None, field: str, limit: str, n: int) -> FloatArray:
    if value is None:
        raise InputError(f"{limit} needs {field}, the weights it is measured from; pass them, shape ({n},).", field=field, value=None)
    return float_array(value, field, shape=(n,))

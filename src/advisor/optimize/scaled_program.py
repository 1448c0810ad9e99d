"""The frontier's program in units where everything is about 1, and the exact solver's view of it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from advisor.arrays import FloatArray, IntArray
from advisor.data.returns import ReturnModel
from advisor.errors import InfeasibleError, SolverError
from advisor.optimize.active_set import ExactSolver, QuadraticProgram
from advisor.optimize.corner_path import CornerPath
from advisor.optimize.limits import Limits

RIDGES = (0.0, 1e-6, 1e-4)
WEAK_PIVOT = 1e-5
"""A covariance whose Cholesky factor has a smaller pivot than this (normalised) is singular in effect."""
DUST = 1e-14
"""A weight this close to a bound is on it."""
BROKEN = 1e-9
"""A limit on fixed weights alone that is missed by more than this cannot be met."""


@dataclass(frozen=True, eq=False)
class ScaledProgram:
    """The program without its fixed weights, in units where covariances, means and rows are about 1. Row 0 is the budget."""

    lower: FloatArray
    upper: FloatArray
    rows: FloatArray
    row_lower: FloatArray
    row_upper: FloatArray
    covariance: FloatArray
    mean: FloatArray
    pull: FloatArray
    free: IntArray
    fixed_weights: FloatArray
    row_scale: FloatArray
    kept_rows: IntArray
    variance: float
    centre: float
    spread: float

    @cached_property
    def program(self) -> QuadraticProgram:
        """The exact solver's view: S + 11' for a hessian (the weights add up to 1, so this only shifts the budget's multiplier, and it makes riskless
        assets harmless), and a ridge where that is singular.

        Raises:
            SolverError: The covariance has no Cholesky factor even with a ridge.
        """
        hessian, ridge = _hessian(self.covariance)
        return QuadraticProgram(hessian, self.lower, self.upper, self.rows, self.row_lower, self.row_upper, ridge)

    def unscaled(self, path: CornerPath, rows: int) -> CornerPath:
        """The path in the caller's units, with fixed weights and rows that bind nothing put back."""
        weights = _inside(path.weights, self)
        if self.free.size < self.fixed_weights.size:
            moving, weights = weights, np.repeat(self.fixed_weights[None], len(weights), axis=0)
            weights[:, self.free] = moving
        tolerance = path.risk_tolerance * (self.variance / self.spread)
        m, width = len(tolerance), path.last.size
        told = np.concatenate([path.multipliers.reshape(-1, width), path.last[None], path.slope[None] * (self.spread / self.variance)])
        at = np.empty(len(told))
        at[0 : 2 * m - 2 : 2], at[1 : 2 * m - 2 : 2], at[-2], at[-1] = tolerance[:-1], tolerance[1:], tolerance[-1], 1.0
        y = self._prices(told, at, rows)
        return CornerPath(tolerance, weights, y[:-2].reshape(m - 1, 2, 1 + rows), y[-1], y[-2])

    def _prices(self, multipliers: FloatArray, tolerance: FloatArray, rows: int) -> FloatArray:
        """Multipliers in the caller's units: of variance, with the mean of means that was taken off and the rows' own scale."""
        y = np.zeros((*multipliers.shape[:-1], 1 + rows))
        y[..., 0] = self.variance * multipliers[..., 0] - tolerance * self.centre
        y[..., 1 + self.kept_rows] = self.variance * multipliers[..., 1:] / self.row_scale
        return y


def _inside(weights: FloatArray, program: ScaledProgram) -> FloatArray:
    """Weights without the hair by which rounding leaves them outside their bounds; the asset with most room takes up the difference."""
    below, above = weights - program.lower, program.upper - weights
    inside = np.where(below < DUST, program.lower, np.where(above < DUST, program.upper, weights))
    missing = program.row_lower[0] - inside.sum(axis=1)
    inside[np.arange(len(inside)), np.minimum(below, above).argmax(axis=1)] += missing
    return inside


def scaled_program(model: ReturnModel, limits: Limits) -> ScaledProgram:
    """The program of n assets under their limits, scaled.

    Raises:
        InfeasibleError: The fixed weights alone break a limit (unnamed).
    """
    loose = limits.lower < limits.upper
    free, fixed = np.flatnonzero(loose), np.where(loose, 0.0, limits.lower)
    whole = free.size == loose.size
    covariance = model.covariance if whole else model.covariance[np.ix_(free, free)]
    pull = np.zeros(free.size) if whole else model.covariance[free] @ fixed
    variance = float(np.diagonal(covariance).mean()) or 1.0
    centre = float(model.mean[free].mean())
    mean = model.mean[free] - centre
    spread = max(float(np.abs(mean).max()), 1e-12 * float(np.abs(model.mean).max())) or 1.0
    matrix, low, high, size, kept = _scaled_rows(limits, free, fixed)
    edges = (limits.lower[free], limits.upper[free], matrix, low, high)
    return ScaledProgram(*edges, covariance / variance, mean / spread, pull / variance, free, fixed, size, kept, variance, centre, spread)


def _scaled_rows(limits: Limits, free: IntArray, fixed: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray, FloatArray, IntArray]:
    """The budget and the rows on free weights, each divided by its largest coefficient: matrix, edges, those divisors, and which rows these are."""
    budget = np.array([1.0 - fixed.sum()])
    if not limits.row_names:
        return np.ones((1, free.size)), budget, budget, np.ones(0), np.arange(0)
    rows = limits.rows[:, free]
    size = np.abs(rows).max(axis=1)
    kept, decided = np.flatnonzero(size), np.flatnonzero(size == 0.0)
    value = limits.rows[decided] @ fixed
    if decided.size and (np.maximum(limits.row_lower[decided] - value, value - limits.row_upper[decided]) > BROKEN).any():
        raise InfeasibleError("The fixed weights break a limit.")
    held, size = limits.rows[kept] @ fixed, size[kept]
    matrix = np.concatenate([np.ones((1, free.size)), rows[kept] / size[:, None]])
    low, high = ((edge[kept] - held) / size for edge in (limits.row_lower, limits.row_upper))
    return matrix, np.concatenate([budget, low]), np.concatenate([budget, high]), size, kept


def _hessian(covariance: FloatArray) -> tuple[FloatArray, float]:
    """The normalised covariance plus 11', with a ridge, which is returned too, when its factor has a pivot that is rounding."""
    for ridge in RIDGES:
        hessian = covariance + 1.0
        hessian[np.diag_indices_from(hessian)] += ridge
        try:
            pivots = np.diag(np.linalg.cholesky(hessian))
        except np.linalg.LinAlgError:
            continue
        if ridge > 0.0 or pivots.min() > WEAK_PIVOT:
            return hessian, ridge
    raise SolverError(
        "The covariance has no Cholesky factor even with a ridge; repair it first.", solver="cholesky", status="not positive definite"
    )


def active_sides(scaled: ScaledProgram, solver: ExactSolver, tau: float) -> tuple[FloatArray, IntArray, IntArray]:
    """The optimum at `tau` and what is active there: -1 lower edge, +1 upper edge, 0 neither, 2 an equality."""
    x, multipliers = solver.solve(scaled.pull - tau * scaled.mean)
    n = scaled.mean.size
    sides = np.sign(multipliers).astype(np.int64)
    return x, sides[:n], np.where(scaled.row_upper - scaled.row_lower <= 0.0, 2, sides[n:])

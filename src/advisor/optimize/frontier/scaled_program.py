"""The frontier's program in units where everything is about 1, and the exact solver's view of
it.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from advisor.arrays import FloatArray, IntArray
from advisor.data.returns import ReturnModel
from advisor.errors import InfeasibleError, SolverError
from advisor.native.numbers import least_pivot
from advisor.optimize.frontier.active_set import ExactSolver, QuadraticProgram
from advisor.optimize.frontier.corner_path import CornerPath
from advisor.optimize.limits.limits import Limits

RIDGES = (0.0, 1e-6, 1e-4)
WEAK_PIVOT = 1e-5
"""A covariance whose Cholesky factor has a smaller pivot than this (normalised) is singular in
effect."""
DUST = 1e-14
"""A weight this close to a bound is on it."""
LEAST_SIZE = 1e-10
"""A volatility below this share of the usual one is none."""
BROKEN = 1e-9
"""A limit on fixed weights alone that is missed by more than this cannot be met."""


@dataclass(frozen=True, eq=False)
class ScaledProgram:
    """The program without its fixed weights, in units where covariances, means and rows are about
    1. Row 0 is the budget.

    Its variables are the weights times `size`, which is 1 for all unless an even program was asked
    for.
    """

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
    size: FloatArray
    budget: float

    @cached_property
    def program(self) -> QuadraticProgram:
        """The exact solver's view: S + 11' for a hessian (of the budget's coefficients, so that
        this only shifts its multiplier, and makes riskless assets harmless), and a ridge where that
        is singular.

        Raises:
            SolverError: The covariance has no Cholesky factor even with a ridge.
        """
        hessian, ridge = _hessian(self.covariance, np.multiply.outer(self.rows[0], self.rows[0]))
        return QuadraticProgram(
            hessian, self.lower, self.upper, self.rows, self.row_lower, self.row_upper, ridge
        )

    def unscaled(self, path: CornerPath, rows: int) -> CornerPath:
        """The path in the caller's units, with fixed weights and rows that bind nothing put
        back.
        """
        weights = (
            _inside_evenly(path.weights, self)
            if (self.size != 1.0).any()
            else _inside(path.weights, self)
        )
        if self.free.size < self.fixed_weights.size:
            moving, weights = weights, np.repeat(self.fixed_weights[None], len(weights), axis=0)
            weights[:, self.free] = moving
        tolerance = path.risk_tolerance * (self.variance / self.spread)
        m, width = len(tolerance), path.last.size
        multipliers = np.concatenate(
            [
                path.multipliers.reshape(-1, width),
                path.last[None],
                path.slope[None] * (self.spread / self.variance),
            ]
        )
        at = np.empty(len(multipliers))
        at[0 : 2 * m - 2 : 2], at[1 : 2 * m - 2 : 2], at[-2], at[-1] = (
            tolerance[:-1],
            tolerance[1:],
            tolerance[-1],
            1.0,
        )
        y = self._prices(multipliers, at, rows)
        return CornerPath(tolerance, weights, y[:-2].reshape(m - 1, 2, 1 + rows), y[-1], y[-2])

    def _prices(self, multipliers: FloatArray, tolerance: FloatArray, rows: int) -> FloatArray:
        """Multipliers in the caller's units: of variance, with the mean of means that was taken off
        and the rows' own scale.
        """
        y = np.zeros((*multipliers.shape[:-1], 1 + rows))
        y[..., 0] = self.budget * self.variance * multipliers[..., 0] - tolerance * self.centre
        y[..., 1 + self.kept_rows] = self.variance * multipliers[..., 1:] / self.row_scale
        return y


def _inside(weights: FloatArray, program: ScaledProgram) -> FloatArray:
    """Weights without the hair by which rounding leaves them outside their bounds; the asset with
    most room takes up the difference.
    """
    below, above = weights - program.lower, program.upper - weights
    inside = np.where(below < DUST, program.lower, np.where(above < DUST, program.upper, weights))
    missing = program.row_lower[0] - inside.sum(axis=1)
    inside[np.arange(len(inside)), np.minimum(below, above).argmax(axis=1)] += missing
    return inside


def _inside_evenly(weights: FloatArray, program: ScaledProgram) -> FloatArray:
    """As `_inside`, from the units of an even program."""
    p, size = program, program.size
    plain = replace(p, lower=p.lower / size, upper=p.upper / size, row_lower=p.row_lower / p.budget)
    return _inside(weights / size, plain)


def scaled_program(model: ReturnModel, limits: Limits, *, even: bool = False) -> ScaledProgram:
    """The program of n assets under their limits, scaled.

    Args:
        model: Means and covariance.
        limits: Bounds and rows.
        even: Measure each weight in units of its own risk, so that variances are 1: for assets
            whose volatilities differ by orders of magnitude.

    Raises:
        InfeasibleError: The fixed weights alone break a limit (unnamed).
    """
    loose = limits.lower < limits.upper
    free, fixed = np.flatnonzero(loose), np.where(loose, 0.0, limits.lower)
    whole = free.size == loose.size
    covariance = model.covariance if whole else model.covariance[np.ix_(free, free)]
    pull = np.zeros(free.size) if whole else np.einsum("ij,j->i", model.covariance[free], fixed)
    variance = float(np.diagonal(covariance).mean()) or 1.0
    centre = float(model.mean[free].mean())
    mean = model.mean[free] - centre
    size, budget = np.ones(free.size), 1.0
    if even:
        size = np.sqrt(np.diagonal(covariance) / variance)
        size = np.where(size > LEAST_SIZE, size, 1.0)
        budget = float(size.min())
        covariance, mean, pull = (
            covariance / np.multiply.outer(size, size),
            mean / size,
            pull / size,
        )
    spread = max(float(np.abs(mean).max()), 1e-12 * float(np.abs(model.mean).max())) or 1.0
    matrix, low, high, units, usable = _scaled_rows(limits, free, fixed, size, budget)
    edges = (limits.lower[free] * size, limits.upper[free] * size, matrix, low, high)
    scaled = (covariance / variance, mean / spread, pull / variance)
    return ScaledProgram(
        *edges, *scaled, free, fixed, units, usable, variance, centre, spread, size, budget
    )


def _scaled_rows(
    limits: Limits, free: IntArray, fixed: FloatArray, unit: FloatArray, total: float
) -> tuple[FloatArray, FloatArray, FloatArray, FloatArray, IntArray]:
    """The budget and the rows on free weights in their `unit`, each divided by its largest
    coefficient: matrix, edges, those divisors, and which rows these are.
    """
    budget, first = total * np.array([1.0 - fixed.sum()]), (total / unit)[None]
    if not limits.row_names:
        return first, budget, budget, np.ones(0), np.arange(0)
    rows = limits.rows[:, free] / unit
    size = np.abs(rows).max(axis=1)
    usable, decided = np.flatnonzero(size), np.flatnonzero(size == 0.0)
    value = np.einsum("ri,i->r", limits.rows[decided], fixed)
    if (
        decided.size
        and (
            np.maximum(limits.row_lower[decided] - value, value - limits.row_upper[decided])
            > BROKEN
        ).any()
    ):
        raise InfeasibleError("The fixed weights break a limit.")
    held, size = np.einsum("ri,i->r", limits.rows[usable], fixed), size[usable]
    matrix = np.concatenate([first, rows[usable] / size[:, None]])
    low, high = ((edge[usable] - held) / size for edge in (limits.row_lower, limits.row_upper))
    return matrix, np.concatenate([budget, low]), np.concatenate([budget, high]), size, usable


def _hessian(covariance: FloatArray, lift: FloatArray) -> tuple[FloatArray, float]:
    """The normalised covariance plus `lift`, with a ridge, which is returned too, when its factor
    has a pivot that is rounding.
    """
    for ridge in RIDGES:
        hessian = covariance + lift
        hessian[np.diag_indices_from(hessian)] += ridge
        if least_pivot(hessian) > (0.0 if ridge > 0.0 else WEAK_PIVOT):
            return hessian, ridge
    raise SolverError(
        "The covariance has no Cholesky factor even with a ridge; repair it first.",
        solver="cholesky",
        status="not positive definite",
    )


def active_sides(
    scaled: ScaledProgram, solver: ExactSolver, tau: float
) -> tuple[FloatArray, IntArray, IntArray]:
    """The optimum at `tau` and what is active there: -1 lower edge, +1 upper edge, 0 neither, 2 an
    equality.
    """
    x, multipliers = solver.solve(scaled.pull - tau * scaled.mean)
    n = scaled.mean.size
    sides = np.sign(multipliers).astype(np.int64)
    return x, sides[:n], np.where(scaled.row_upper - scaled.row_lower <= 0.0, 2, sides[n:])

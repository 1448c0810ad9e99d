"""Markowitz' critical line: every corner of the frontier, each one certified.

The program is `min 1/2 w'Sw - t m'w` over the limits, for all risk tolerances `t >= 0` at once. Its solution is piecewise linear in `t`; the
corners are where the set of active limits changes. The walk goes upward from the least risky portfolio, which an exact solver finds: from that
side ties at the top of the frontier (equal best means, caps that divide 1) are ordinary events. Where events coincide the textbook rule can
take a wrong turn: then the walk says so, the exact solver finds the active set a little further up, and the walk goes on from there. At the
end every corner is certified by its duality gap; what does not certify is traced again by `cover`, which asks the exact solver for every
single active set. What even that cannot certify is refused.

Source: Markowitz & Todd (2000), Mean-Variance Analysis in Portfolio Choice and Capital Markets, chapters 7-9.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from advisor.arrays import FloatArray, IntArray
from advisor.data.returns import ReturnModel
from advisor.errors import InfeasibleError, SolverError
from advisor.optimize.active_set import ExactSolver, QuadraticProgram
from advisor.optimize.certificate import objective_scale, terms_of
from advisor.optimize.limits import Limits

CERTIFIED = 1e-10
"""Largest KKT residual of a corner: a few ulps in practice, more only where a singular covariance needs a ridge."""
RIDGES = (0.0, 1e-6, 1e-4)
WEAK_PIVOT = 1e-5
"""A covariance whose Cholesky factor has a smaller pivot than this (normalised) is singular in effect."""
NUDGES = (1e-6, 1e-8, 1e-10)
"""How far above a tie the exact solver is asked which limits are active, as a share of the risk tolerance there."""
STRAIGHT = 1e-9
SAME = 1e-9
"""Corners this close, relative to their risk tolerance, are one."""
TINY_RATE = 1e-13
BROKEN = 1e-9
MAX_RESTARTS = 200
MAX_PROBES = 20_000


@dataclass(frozen=True, eq=False)
class CornerPath:
    """Corners of a frontier with their multipliers.

    Args:
        risk_tolerance: Ascending, shape (m,).
        weights: Shape (m, n).
        multipliers: Of the budget, then of the rows, at both ends of each segment, shape (m - 1, 2, 1 + r).
        slope: Of the multipliers by risk tolerance beyond the last corner, shape (1 + r,).
        last: Multipliers at the last corner, as seen from beyond it, shape (1 + r,).
    """

    risk_tolerance: FloatArray
    weights: FloatArray
    multipliers: FloatArray
    slope: FloatArray
    last: FloatArray

    def multipliers_at(self, corner: IntArray, share: FloatArray, gamma: FloatArray) -> FloatArray:
        """In units of the certificate's objective, a share of the way from a corner to the next, or beyond the last one; shape (c, 1 + r)."""
        risk, reward = objective_scale(gamma)
        y, beyond = self.multipliers, np.maximum(reward - risk * self.risk_tolerance[-1], 0.0)
        ray = risk[:, None] * self.last + beyond[:, None] * self.slope
        if len(y) == 0:
            return ray
        segment = np.minimum(corner, len(y) - 1)
        inside = y[segment, 0] + share[:, None] * (y[segment, 1] - y[segment, 0])
        return np.where((corner < len(y))[:, None], risk[:, None] * inside, ray)


@dataclass(frozen=True, eq=False)
class _Scaled:
    """The program without its fixed weights, in units where covariances, means and rows are about 1.

    The exact solver's `program` has S + 11' for its hessian (the weights add up to 1, so this only shifts the budget's multiplier, and it makes
    riskless assets harmless), and a ridge where that is singular. Row 0 is the budget.
    """

    program: QuadraticProgram
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

    def unscaled(self, path: CornerPath, rows: int) -> CornerPath:
        """The path in the caller's units, with fixed weights and rows that bind nothing put back."""
        weights = np.repeat(self.fixed_weights[None], len(path.risk_tolerance), axis=0)
        weights[:, self.free] = _inside(path.weights, self.program)
        tolerance = path.risk_tolerance * (self.variance / self.spread)
        ends = np.stack([tolerance[:-1], tolerance[1:]], axis=1)
        y = self._prices(path.multipliers, ends, rows)
        last = self._prices(path.last, tolerance[-1], rows)
        slope = self._prices(path.slope * (self.spread / self.variance), np.ones(()), rows)
        return CornerPath(tolerance, weights, y, slope, last)

    def _prices(self, multipliers: FloatArray, tolerance: FloatArray, rows: int) -> FloatArray:
        """Multipliers in the caller's units: of variance, with the mean of means that was taken off and the rows' own scale."""
        y = np.zeros((*multipliers.shape[:-1], 1 + rows))
        y[..., 0] = self.variance * multipliers[..., 0] - tolerance * self.centre
        y[..., 1 + self.kept_rows] = self.variance * multipliers[..., 1:] / self.row_scale
        return y


def _inside(weights: FloatArray, program: QuadraticProgram) -> FloatArray:
    """Weights without the hair by which rounding leaves them outside their bounds; the asset with most room takes up the difference."""
    inside = np.clip(weights, program.lower, program.upper)
    missing = program.row_lower[0] - inside.sum(axis=1)
    roomiest = np.minimum(inside - program.lower, program.upper - inside).argmax(axis=1)
    inside[np.arange(len(inside)), roomiest] += missing
    return inside


def trace_corners(model: ReturnModel, limits: Limits) -> tuple[CornerPath, FloatArray]:
    """Every corner portfolio, from the least risky one upward.

    Args:
        model: Means and covariance of n assets.
        limits: Their limits; the volatility cap is not looked at here.

    Returns:
        The corners, and the KKT residual of each, shape (m,): all below 1e-9, also half-way between corners.

    Raises:
        InfeasibleError: No portfolio satisfies the limits (unnamed: see `infeasible.name_contradiction`).
        SolverError: A corner could not be certified.
    """
    rows = len(limits.row_names)
    if bool((limits.lower >= limits.upper).all()):
        return _single(model, limits)
    scaled = _scale(model, limits)
    solver = ExactSolver(scaled.program)
    walked = _walk(scaled, solver)
    if walked is not None:
        path = scaled.unscaled(_merged(walked), rows)
        residual, worst = certify_path(model, limits, path)
        if worst <= CERTIFIED:
            return path, residual
    path = scaled.unscaled(_merged(cover(scaled, solver)), rows)
    residual, worst = certify_path(model, limits, path)
    if worst > CERTIFIED:
        raise SolverError(
            f"A portfolio of the frontier has a KKT residual of {worst:.3g}, above {CERTIFIED:g}: it may not be optimal and is not returned. The "
            "covariance is likely near-singular; shrink it, or remove duplicate assets.",
            solver="critical line",
            status="not certified",
        )
    return path, residual


def _single(model: ReturnModel, limits: Limits) -> tuple[CornerPath, FloatArray]:
    """The frontier of one portfolio, where every weight is fixed."""
    y = np.zeros(1 + len(limits.row_names))
    path = CornerPath(np.zeros(1), limits.lower[None].copy(), np.zeros((0, 2, y.size)), y, y)
    residual, _ = certify_path(model, limits, path)
    if residual[0] > CERTIFIED:
        raise InfeasibleError("The fixed weights break a limit.")
    return path, residual


def _scale(model: ReturnModel, limits: Limits) -> _Scaled:
    free = np.nonzero(limits.lower < limits.upper)[0]
    fixed = np.where(limits.lower < limits.upper, 0.0, limits.lower)
    variance = float(np.diag(model.covariance)[free].mean()) or 1.0
    centre = float(model.mean[free].mean())
    mean = model.mean[free] - centre
    spread = max(float(np.abs(mean).max()), 1e-12 * float(np.abs(model.mean).max())) or 1.0
    rows = limits.rows[:, free]
    size = np.abs(rows).max(axis=1) if free.size else np.zeros(0)
    kept = np.nonzero(size > 0.0)[0]
    decided = np.setdiff1d(np.arange(size.size), kept)
    value = limits.rows[decided] @ fixed
    if (np.maximum(limits.row_lower[decided] - value, value - limits.row_upper[decided]) > CERTIFIED).any():
        raise InfeasibleError("The fixed weights break a limit.")
    held = limits.rows[kept] @ fixed
    matrix = np.vstack([np.ones(free.size), rows[kept] / size[kept, None]])
    low = np.concatenate([[1.0 - fixed.sum()], (limits.row_lower[kept] - held) / size[kept]])
    high = np.concatenate([[1.0 - fixed.sum()], (limits.row_upper[kept] - held) / size[kept]])
    covariance, pull = model.covariance[np.ix_(free, free)] / variance, model.covariance[free] @ fixed / variance
    hessian, ridge = _hessian(covariance)
    program = QuadraticProgram(hessian, limits.lower[free], limits.upper[free], np.ascontiguousarray(matrix), low, high, ridge)
    return _Scaled(program, covariance, mean / spread, pull, free, fixed, size[kept], kept, variance, centre, spread)


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


def _sides(scaled: _Scaled, solver: ExactSolver, tau: float) -> tuple[FloatArray, Any, Any]:
    """The optimum at `tau` and what is active there: -1 lower edge, +1 upper edge, 0 neither, 2 an equality."""
    x, multipliers = solver.solve(scaled.pull - tau * scaled.mean)
    n, p = scaled.mean.size, scaled.program
    sides = np.sign(multipliers).astype(np.int64)
    rows = np.where(p.row_upper - p.row_lower <= 0.0, 2, sides[n:])
    return x, sides[:n], rows


def _walk(scaled: _Scaled, solver: ExactSolver) -> CornerPath | None:
    """The compiled walk, helped over ties by the exact solver; None where that does not get it to the end."""
    from advisor.optimize import kernels

    p, tau, pieces = scaled.program, 0.0, []
    room = 4 * (scaled.mean.size + p.row_lower.size) + 64
    point, *sides = _sides(scaled, solver, 0.0)
    for _ in range(MAX_RESTARTS):
        data = (scaled.covariance, scaled.mean, scaled.pull, p.rows, p.row_lower, p.row_upper, p.lower, p.upper)
        code, taus, weights, multipliers, ray = kernels.walk_critical_line(*data, sides[0], sides[1], point, tau, room)
        if len(taus) > 1 or code == kernels.END:
            pieces.append((taus, weights, multipliers))
            tau = float(taus[-1])
        if code == kernels.END:
            return _joined(pieces, ray)
        if code == kernels.FULL:
            continue
        for nudge in NUDGES:
            point, *sides = _sides(scaled, solver, tau + nudge * max(tau, 1e-3))
            trial = kernels.walk_critical_line(*data, sides[0].copy(), sides[1].copy(), point.copy(), tau, 1)
            if trial[0] == kernels.END or len(trial[1]) > 1:
                break
        else:
            return None
    return None


def _joined(pieces: list[tuple[FloatArray, FloatArray, FloatArray]], ray: FloatArray) -> CornerPath:
    """Pieces end to end; between them a segment of no width, with the multipliers of its neighbour."""
    taus, weights = np.concatenate([t for t, _, _ in pieces]), np.concatenate([w for _, w, _ in pieces])
    ys: list[FloatArray] = []
    for i, (_, _, y) in enumerate(pieces):
        if i > 0:
            before = ys[-1][-1:, 1] if len(ys[-1]) else (y[:1, 0] if len(y) else ray[:1])
            ys.append(np.stack([before, y[:1, 0] if len(y) else ray[:1]], axis=1))
        ys.append(y)
    return CornerPath(taus, weights, np.concatenate(ys), ray[1], ray[0])


def certify_path(model: ReturnModel, limits: Limits, path: CornerPath) -> tuple[FloatArray, float]:
    """KKT residual of each corner, shape (m,), with the multipliers of the segment below it, and the largest of all residuals: of corners with the
    multipliers of either side, of the points half-way between corners, and of the last one for a client who only wants the mean.
    """
    m, w = len(path.risk_tolerance), path.weights
    marginal = w @ model.covariance
    corner, half = np.arange(m), np.full(m - 1, 0.5)
    at = np.concatenate([corner[:-1], corner, corner[:-1], corner[-1:]])
    share = np.concatenate([np.ones(m - 1), np.zeros(m), half, np.zeros(1)])
    step = np.minimum(at + 1, m - 1)
    with np.errstate(divide="ignore"):
        gamma = 1.0 / (path.risk_tolerance[at] + share * (path.risk_tolerance[step] - path.risk_tolerance[at]))
    gamma[-1] = 0.0
    rows, pull = w[at] + share[:, None] * (w[step] - w[at]), marginal[at] + share[:, None] * (marginal[step] - marginal[at])
    y = path.multipliers_at(at, share, gamma)
    residual = terms_of(model, replace(limits, max_volatility=None), rows, pull, gamma, y, gamma).residual
    return np.concatenate([residual[m - 1 : m], residual[: m - 1]]), float(residual.max())


def _merged(path: CornerPath) -> CornerPath:
    """Without the corners where nothing turns: where two segments are one straight line, or where nothing lies between two corners."""
    t, w = path.risk_tolerance, path.weights
    if len(t) < 2:
        return path
    width, move = np.diff(t), np.diff(w, axis=0)
    real = np.append((width > 0.0) | (np.abs(move).max(axis=1) > STRAIGHT), True)
    t, w, ends = t[real], w[real], np.nonzero(real)[0]
    width, move = np.diff(t), np.diff(w, axis=0)
    slope = move / np.where(width > 0.0, width, 1.0)[:, None]
    turns = np.abs(np.diff(slope, axis=0)).max(axis=1) > STRAIGHT * (1.0 + np.abs(slope[:-1]).max(axis=1))
    kept = np.concatenate([[True], turns | (width[:-1] == 0.0) | (width[1:] == 0.0), [True]])[-len(t) :]
    t, w, ends = t[kept], w[kept], ends[kept]
    return CornerPath(t, w, np.stack([path.multipliers[ends[:-1], 0], path.multipliers[ends[1:] - 1, 1]], axis=1), path.slope, path.last)


def cover(scaled: _Scaled, solver: ExactSolver) -> CornerPath:
    """The same path without the walk: the exact solver names the active set just above what is covered, numpy finds how far it holds.

    Slower, but every step starts afresh, so no wrong turn is possible; also the reference of the compiled walk.

    Raises:
        SolverError: No end was found.
    """
    tau, probe, step, corners = 0.0, 0.0, NUDGES[0], []
    for _ in range(MAX_PROBES):
        x, sides, rows = _sides(scaled, solver, probe)
        low, high, (w0, w1, y0, y1) = _interval(scaled, sides, rows, probe)
        if low <= probe < high:
            start = tau if low <= tau + SAME * max(tau, 1e-3) else low
            corners.append((start, w0 + start * w1, y0 + start * y1))
            if np.isinf(high):
                return _path_of(corners, y1)
            corners.append((high, w0 + high * w1, y0 + high * y1))
            tau, step = high, NUDGES[0]
        else:
            corners.append((probe, x, y0 + probe * y1))
            tau, step = probe, 2.0 * step
        probe = tau + step * max(tau, 1e-3)
    raise SolverError(f"No end of the frontier after {MAX_PROBES} active sets.", solver="daqp", status="no end found")


def _path_of(corners: list[tuple[float, FloatArray, FloatArray]], slope: FloatArray) -> CornerPath:
    """A path from corners that come twice where two segments meet: as the end of one, and as the start of the next."""
    taus = np.array([t for t, _, _ in corners])
    y = np.array([y for _, _, y in corners])
    first = np.nonzero(np.concatenate([[True], np.diff(taus) > 0.0]))[0]
    last = np.append(first[1:], len(taus)) - 1
    weights = np.array([w for _, w, _ in corners])[first]
    return CornerPath(taus[first], weights, np.stack([y[last[:-1]], y[first[1:]]], axis=1), slope, y[-1])


def _interval(scaled: _Scaled, sides: IntArray, row_sides: IntArray, tau: float) -> tuple[float, float, tuple[FloatArray, ...]]:
    """Where the active set is optimal, and the line `w0 + t w1` with multipliers `y0 + t y1` it gives; empty when it is not optimal at `tau`."""
    p, n = scaled.program, scaled.mean.size
    free, rows = np.nonzero(sides == 0)[0], np.nonzero(row_sides != 0)[0]
    w0 = np.where(sides < 0, p.lower, np.where(sides > 0, p.upper, 0.0))
    edge = np.where(row_sides[rows] < 0, p.row_lower[rows], p.row_upper[rows])
    matrix = np.block(
        [
            [scaled.covariance[np.ix_(free, free)], -p.rows[np.ix_(rows, free)].T],
            [p.rows[np.ix_(rows, free)], np.zeros((rows.size, rows.size))],
        ]
    )
    right = np.zeros((free.size + rows.size, 2))
    right[: free.size, 0] = -(scaled.covariance[free] @ w0 + scaled.pull[free])
    right[: free.size, 1] = scaled.mean[free]
    right[free.size :, 0] = edge - p.rows[rows] @ w0
    solved = np.linalg.lstsq(matrix, right, rcond=1e-14)[0]
    w1, y0, y1 = np.zeros(n), np.zeros(p.row_lower.size), np.zeros(p.row_lower.size)
    w0[free], w1[free] = solved[: free.size].T
    y0[rows], y1[rows] = solved[free.size :].T
    r0, r1 = scaled.covariance @ w0 + scaled.pull - p.rows.T @ y0, scaled.covariance @ w1 - scaled.mean - p.rows.T @ y1
    at, out = p.rows @ w0, p.rows @ w1
    idle = row_sides == 0
    value = np.concatenate(
        [(w0 - p.lower)[free], (p.upper - w0)[free], (-sides * r0)[sides != 0], (at - p.row_lower)[idle], (p.row_upper - at)[idle]]
    )
    rate = np.concatenate([w1[free], -w1[free], (-sides * r1)[sides != 0], out[idle], -out[idle]])
    one_sided = np.abs(row_sides) == 1
    value, rate = np.concatenate([value, (-row_sides * y0)[one_sided]]), np.concatenate([rate, (-row_sides * y1)[one_sided]])
    seen = np.isfinite(value)
    value, rate = value[seen] + tau * rate[seen], rate[seen]
    flat = TINY_RATE * (1.0 + np.abs(rate).max(initial=0.0))
    steps = np.maximum(value, 0.0) / np.maximum(np.abs(rate), flat)
    high = tau + float(steps[rate < -flat].min(initial=np.inf))
    low = tau - float(steps[rate > flat].min(initial=np.inf))
    return (low if value.min(initial=0.0) > -BROKEN else np.inf), high, (w0, w1, y0, y1)

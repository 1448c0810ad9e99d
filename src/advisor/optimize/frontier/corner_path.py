"""The corners of a frontier with the multipliers that prove them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from advisor.arrays import FloatArray, IntArray
from advisor.data.returns import ReturnModel
from advisor.optimize.limits.certificate import duality_gap, objective_scale, overstepped
from advisor.optimize.limits.limits import Limits

ROUNDING = 1e-15
"""Of a variance, relative."""
STRAIGHT = 1e-9
"""Slopes this close, relative to their size, are one straight line."""


@dataclass(frozen=True, eq=False)
class CornerPath:
    """Corners of a frontier with their multipliers.

    Args:
        risk_tolerance: Ascending, shape (m,).
        weights: Shape (m, n).
        multipliers: Of the budget, then of the rows, at both ends of each segment, shape (m - 1, 2,
            1 + r).
        slope: Of the multipliers by risk tolerance beyond the last corner, shape (1 + r,).
        last: Multipliers at the last corner, as seen from beyond it, shape (1 + r,).
    """

    risk_tolerance: FloatArray
    weights: FloatArray
    multipliers: FloatArray
    slope: FloatArray
    last: FloatArray

    def multipliers_at(self, corner: IntArray, share: FloatArray, gamma: FloatArray) -> FloatArray:
        """In units of the certificate's objective, a share of the way from a corner to the next, or
        beyond the last one; shape (c, 1 + r).
        """
        risk, reward = objective_scale(gamma)
        y, beyond = self.multipliers, np.maximum(reward - risk * self.risk_tolerance[-1], 0.0)
        ray = risk[:, None] * self.last + beyond[:, None] * self.slope
        if len(y) == 0:
            return ray
        segment = np.minimum(corner, len(y) - 1)
        inside = y[segment, 0] + share[:, None] * (y[segment, 1] - y[segment, 0])
        return np.where((corner < len(y))[:, None], risk[:, None] * inside, ray)


@dataclass(frozen=True, eq=False)
class PathProof:
    """What was proved about a path.

    Args:
        residual: KKT residual of each corner with the multipliers of the segment above it, shape
            (m,).
        worst: The largest of all residuals: also of corners with the multipliers of the segment
            below, where these differ, of the points half-way between corners, and of the last
            corner for a client who only wants the mean. On a segment the gap is a parabola, so
            three points bound it.
        mean: Of the corners, shape (m,).
        variance: Of the corners, shape (m,).
    """

    residual: FloatArray
    worst: float
    mean: FloatArray
    variance: FloatArray


def prove_path(model: ReturnModel, limits: Limits, path: CornerPath) -> PathProof:
    """`certify_path`, compiled."""
    import advisor.optimize.kernels as kernels

    corners = (path.risk_tolerance, path.weights, path.multipliers, path.last, path.slope)
    edges = (limits.lower, limits.upper, limits.rows, limits.row_lower, limits.row_upper)
    return PathProof(*kernels.path_residuals(*corners, model.covariance, model.mean, *edges))


def certify_path(model: ReturnModel, limits: Limits, path: CornerPath) -> PathProof:
    """KKT residuals of a path from model, limits and multipliers alone; the volatility cap is not
    looked at.

    In units of `w'Sw/2 - t mean'w`, divided by t above 1, which is the objective of `certificate`
    at the risk aversion 1/t.
    """
    t, w, y = path.risk_tolerance, path.weights, path.multipliers
    m, marginal = len(t), np.einsum("ci,ij->cj", w, model.covariance)
    above = np.concatenate([y[:, 0], path.last[None]])
    jumps = np.flatnonzero((above[1:] != y[:, 1]).any(axis=1))
    half = (0.5 * (a[1:] + a[:-1]) for a in (w, marginal, t))
    ends = (w[jumps + 1], w[-1:]), (marginal[jumps + 1], 0.0 * w[-1:]), (t[jumps + 1], np.ones(1))
    points, pull, tau = (
        np.concatenate([a, b, *c]) for a, b, c in zip((w, marginal, t), half, ends, strict=True)
    )
    prices = np.concatenate([above, 0.5 * (y[:, 0] + y[:, 1]), y[jumps, 1], path.slope[None]])
    broken = np.maximum(np.abs(points.sum(axis=1) - 1.0), overstepped(limits, points))
    mean, variance = np.einsum("ci,i->c", points, model.mean), np.einsum("cn,cn->c", pull, points)
    pull -= np.multiply.outer(tau, model.mean)
    gap = duality_gap(pull, points, limits, prices)
    unit = np.maximum(tau, 1.0)
    residual = np.maximum(broken, gap / np.maximum(unit, np.abs(tau * mean - 0.5 * variance)))
    return PathProof(residual[:m], float(residual.max()), mean[:m], variance[:m])


def merged(path: CornerPath) -> CornerPath:
    """Without the corners where nothing turns: where two segments are one straight line, or where
    nothing lies between two corners.
    """
    t, w = path.risk_tolerance, path.weights
    if len(t) < 2:
        return path
    width, move = t[1:] - t[:-1], w[1:] - w[:-1]
    ends = np.arange(len(t))
    if not width.all():
        ends = np.flatnonzero(
            np.append((width > 0.0) | (np.abs(move).max(axis=1) > STRAIGHT), True)
        )
        t, w = t[ends], w[ends]
        width, move = t[1:] - t[:-1], w[1:] - w[:-1]
    slope = move / np.where(width > 0.0, width, 1.0)[:, None]
    turns = np.abs(slope[1:] - slope[:-1]).max(axis=1) > STRAIGHT * (
        1.0 + np.abs(slope[:-1]).max(axis=1)
    )
    corners = np.ones(len(t), dtype=np.bool_)
    corners[1:-1] = turns | (width[:-1] == 0.0) | (width[1:] == 0.0)
    if not corners.all():
        t, w, ends = t[corners], w[corners], ends[corners]
    return CornerPath(
        t,
        w,
        np.stack([path.multipliers[ends[:-1], 0], path.multipliers[ends[1:] - 1, 1]], axis=1),
        path.slope,
        path.last,
    )


def cut_path(path: CornerPath, proof: PathProof, covariance: FloatArray, cap: float) -> CornerPath:
    """The path up to its first portfolio of volatility `cap`, which serves every client who would
    take more risk.
    """
    t, w = path.risk_tolerance, path.weights
    # 1. the last corner at or below the cap: of a portfolio that serves a range, the end that wants
    # most risk
    below = np.maximum.accumulate(proof.variance) <= cap * cap * (1.0 + ROUNDING)
    after = max(int(np.count_nonzero(below)), 1)
    missing = cap * cap - float(proof.variance[after - 1])
    if missing <= ROUNDING * cap * cap:
        last = path.multipliers[after - 1, 0] if after <= len(path.multipliers) else path.last
        return CornerPath(
            t[:after], w[:after], path.multipliers[: after - 1], 0.0 * path.slope, last
        )
    # 2. the share of the next segment that the cap leaves
    step = w[after] - w[after - 1]
    marginal = np.einsum("ij,j->i", covariance, step)
    slope, curve = (
        max(float(np.einsum("i,i->", at, marginal)), 0.0) for at in (w[after - 1], step)
    )
    rise = slope + np.sqrt(slope * slope + curve * missing)
    share = min(missing / rise, 1.0) if rise > 0.0 else 0.0
    y = path.multipliers[:after].copy()
    y[-1, 1] = y[-1, 0] + share * (y[-1, 1] - y[-1, 0])
    taus = np.append(t[:after], t[after - 1] + share * (t[after] - t[after - 1]))
    return CornerPath(
        taus, np.vstack([w[:after], w[after - 1] + share * step]), y, 0.0 * path.slope, y[-1, 1]
    )

"""The corners of a frontier with the multipliers that prove them."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from advisor.arrays import FloatArray, IntArray
from advisor.data.returns import ReturnModel
from advisor.optimize.certificate import objective_scale, terms_of
from advisor.optimize.limits import Limits

STRAIGHT = 1e-9
"""Slopes this close, relative to their size, are one straight line."""


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


def certify_path(model: ReturnModel, limits: Limits, path: CornerPath) -> tuple[FloatArray, float]:
    """KKT residual of each corner, shape (m,), with the multipliers of the segment above it, and the largest of all residuals: of corners with the
    multipliers of either side, of the points half-way between corners, and of the last one for a client who only wants the mean.
    """
    m, w, t = len(path.risk_tolerance), path.weights, path.risk_tolerance
    marginal, corner = w @ model.covariance, np.arange(m)
    y = path.multipliers
    after = y[1:, 0] if len(y) else y[:, 0]
    jumps = np.flatnonzero((np.concatenate([after, path.last[None]])[: m - 1] != y[:, 1]).any(axis=1))
    # corners from below where their multipliers differ, from above; segments half-way; the last corner for who only wants the mean
    at = np.concatenate([corner, corner[:-1], jumps, corner[-1:]])
    share = np.concatenate([np.zeros(m), np.full(m - 1, 0.5), np.ones(jumps.size), np.zeros(1)])
    step = np.minimum(at + 1, m - 1)
    with np.errstate(divide="ignore"):
        gamma = 1.0 / (t[at] + share * (t[step] - t[at]))
    gamma[-1] = 0.0
    rows, pull = w[at] + share[:, None] * (w[step] - w[at]), marginal[at] + share[:, None] * (marginal[step] - marginal[at])
    capless = limits if limits.max_volatility is None else replace(limits, max_volatility=None)
    residual = terms_of(model, capless, rows, pull, gamma, path.multipliers_at(at, share, gamma), gamma).residual
    return residual[:m], float(residual.max())


def merged(path: CornerPath) -> CornerPath:
    """Without the corners where nothing turns: where two segments are one straight line, or where nothing lies between two corners."""
    t, w = path.risk_tolerance, path.weights
    if len(t) < 2:
        return path
    width, move = t[1:] - t[:-1], w[1:] - w[:-1]
    ends = np.arange(len(t))
    if not width.all():
        ends = np.flatnonzero(np.append((width > 0.0) | (np.abs(move).max(axis=1) > STRAIGHT), True))
        t, w = t[ends], w[ends]
        width, move = t[1:] - t[:-1], w[1:] - w[:-1]
    slope = move / np.where(width > 0.0, width, 1.0)[:, None]
    turns = np.abs(slope[1:] - slope[:-1]).max(axis=1) > STRAIGHT * (1.0 + np.abs(slope[:-1]).max(axis=1))
    kept = np.ones(len(t), dtype=np.bool_)
    kept[1:-1] = turns | (width[:-1] == 0.0) | (width[1:] == 0.0)
    if not kept.all():
        t, w, ends = t[kept], w[kept], ends[kept]
    return CornerPath(t, w, np.stack([path.multipliers[ends[:-1], 0], path.multipliers[ends[1:] - 1, 1]], axis=1), path.slope, path.last)

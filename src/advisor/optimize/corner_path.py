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


def merged(path: CornerPath) -> CornerPath:
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

"""The critical line without its walk: slower, but every active set is asked of the exact solver
afresh.
"""

from __future__ import annotations

import numpy as np

from advisor.arrays import FloatArray, IntArray
from advisor.errors import SolverError
from advisor.optimize.frontier.active_set import ExactSolver
from advisor.optimize.frontier.corner_path import CornerPath
from advisor.optimize.frontier.scaled_program import ScaledProgram, active_sides

NUDGE = 1e-6
"""How far above what is covered the next active set is asked for, as a share of the risk tolerance
there."""
SAME = 1e-9
"""Corners this close, relative to their risk tolerance, are one."""
TINY_RATE = 1e-13
BROKEN = 1e-9
MAX_PROBES = 20_000


def cover(scaled: ScaledProgram, solver: ExactSolver) -> CornerPath:
    """The same path without the walk: the exact solver names the active set just above what is
    covered, numpy finds how far it holds.

    Slower, but every step starts afresh, so no wrong turn is possible; also the reference of the
    compiled walk.

    Raises:
        SolverError: No end was found.
    """
    tau, probe, step, corners = 0.0, 0.0, NUDGE, []
    for _ in range(MAX_PROBES):
        x, sides, rows = active_sides(scaled, solver, probe)
        low, high, (w0, w1, y0, y1) = _interval(scaled, sides, rows, probe)
        if low <= probe < high:
            start = tau if low <= tau + SAME * max(tau, 1e-3) else low
            corners.append((start, w0 + start * w1, y0 + start * y1))
            if np.isinf(high):
                return _path_of(corners, y1)
            corners.append((high, w0 + high * w1, y0 + high * y1))
            tau, step = high, NUDGE
        else:
            corners.append((probe, x, y0 + probe * y1))
            tau, step = probe, 2.0 * step
        probe = tau + step * max(tau, 1e-3)
    raise SolverError(
        f"No end of the frontier after {MAX_PROBES} active sets.",
        solver="daqp",
        status="no end found",
    )


def _path_of(corners: list[tuple[float, FloatArray, FloatArray]], slope: FloatArray) -> CornerPath:
    """A path from corners that come twice where two segments meet: as the end of one, and as the
    start of the next.
    """
    taus = np.array([t for t, _, _ in corners])
    y = np.array([y for _, _, y in corners])
    first = np.nonzero(np.concatenate([[True], np.diff(taus) > 0.0]))[0]
    last = np.append(first[1:], len(taus)) - 1
    weights = np.array([w for _, w, _ in corners])[first]
    return CornerPath(
        taus[first], weights, np.stack([y[last[:-1]], y[first[1:]]], axis=1), slope, y[-1]
    )


def _interval(
    scaled: ScaledProgram, sides: IntArray, row_sides: IntArray, tau: float
) -> tuple[float, float, tuple[FloatArray, ...]]:
    """Where the active set is optimal, and the line `w0 + t w1` with multipliers `y0 + t y1` it
    gives; empty when it is not optimal at `tau`.
    """
    p, n = scaled, scaled.mean.size
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
    right[: free.size, 0] = -(np.einsum("ij,j->i", scaled.covariance[free], w0) + scaled.pull[free])
    right[: free.size, 1] = scaled.mean[free]
    right[free.size :, 0] = edge - np.einsum("ri,i->r", p.rows[rows], w0)
    solved = np.linalg.lstsq(matrix, right, rcond=1e-14)[0]
    w1, y0, y1 = np.zeros(n), np.zeros(p.row_lower.size), np.zeros(p.row_lower.size)
    w0[free], w1[free] = solved[: free.size].T
    y0[rows], y1[rows] = solved[free.size :].T
    r0, r1 = (
        np.einsum("ij,j->i", scaled.covariance, w0)
        + scaled.pull
        - np.einsum("ri,r->i", p.rows, y0),
        np.einsum("ij,j->i", scaled.covariance, w1)
        - scaled.mean
        - np.einsum("ri,r->i", p.rows, y1),
    )
    at, out = np.einsum("ri,i->r", p.rows, w0), np.einsum("ri,i->r", p.rows, w1)
    idle = row_sides == 0
    value = np.concatenate(
        [
            (w0 - p.lower)[free],
            (p.upper - w0)[free],
            (-sides * r0)[sides != 0],
            (at - p.row_lower)[idle],
            (p.row_upper - at)[idle],
        ]
    )
    rate = np.concatenate([w1[free], -w1[free], (-sides * r1)[sides != 0], out[idle], -out[idle]])
    one_sided = np.abs(row_sides) == 1
    value, rate = (
        np.concatenate([value, (-row_sides * y0)[one_sided]]),
        np.concatenate([rate, (-row_sides * y1)[one_sided]]),
    )
    seen = np.isfinite(value)
    value, rate = value[seen] + tau * rate[seen], rate[seen]
    flat = TINY_RATE * (1.0 + np.abs(rate).max(initial=0.0))
    steps = np.maximum(value, 0.0) / np.maximum(np.abs(rate), flat)
    high = tau + float(steps[rate < -flat].min(initial=np.inf))
    low = tau - float(steps[rate > flat].min(initial=np.inf))
    return (low if value.min(initial=0.0) > -BROKEN else np.inf), high, (w0, w1, y0, y1)

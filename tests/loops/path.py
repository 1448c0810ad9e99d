"""The whole trace in one call: `native/path.c`."""

from __future__ import annotations

import math

import numpy as np

from loops.critical_line import LOST, active, copy, walk_critical_line
from loops.pivoting import AT_LOWER, AT_UPPER, BUYING, pivot_some
from loops.sums import dot

DUST = 1e-14


def residual_of(w, pull, curved, t, y, mean, l, u, rows, low, high, cost):
    """KKT residual of curved 1/2 w'Sw - t mean'w, divided by t above 1, at `w` with `pull` = S w,
    given the multipliers `y` of budget and rows."""
    gap, broken, total, reward, variance = 0.0, 0.0, -1.0, 0.0, 0.0
    for i in range(w.size):
        cost[i] = curved * pull[i] - t * mean[i] - y[0]
    for j in range(low.size):
        p, value = y[1 + j], dot(rows[j], w, w.size)
        broken = max(broken, low[j] - value, value - high[j])
        edge = low[j] if p > 0.0 else high[j]
        if p != 0.0 and not math.isinf(edge):
            gap += p * (value - edge)
            for i in range(w.size):
                cost[i] -= p * rows[j, i]
    for i in range(w.size):
        total, reward, variance = total + w[i], reward + mean[i] * w[i], variance + pull[i] * w[i]
        broken = max(broken, l[i] - w[i], w[i] - u[i])
        gap += cost[i] * (w[i] - (l[i] if cost[i] > 0.0 else u[i]))
    gap = (gap + y[0] * total) / max(1.0, t, abs(t * reward - 0.5 * curved * variance))
    return max(broken, abs(total), gap) if gap < math.inf else math.inf


def path_residuals(t, W, Y, last, slope, S, mean, l, u, rows, low, high):
    """KKT residual of each corner with the multipliers above it, the largest of all (also of
    corners with the multipliers below them, of the points half-way, and of the last corner for who
    only wants the mean), and mean and variance of the corners (reference:
    `corner_path.certify_path`).
    """
    m, n = W.shape
    M, residual, reward, variance, worst = (
        np.zeros((m, n)),
        np.empty(m),
        np.zeros(m),
        np.zeros(m),
        0.0,
    )
    cost, w, pull, y = np.empty(n), np.empty(n), np.empty(n), np.empty(last.size)
    for i in range(m):
        for a in range(n):
            v = W[i, a]
            if v != 0.0:
                for b in range(n):
                    M[i, b] += v * S[a, b]
        for a in range(n):
            reward[i] += W[i, a] * mean[a]
            variance[i] += W[i, a] * M[i, a]
        residual[i] = residual_of(
            W[i], M[i], 1.0, t[i], Y[i, 0] if i < m - 1 else last, mean, l, u, rows, low, high, cost
        )
        worst = max(worst, residual[i])
        if i > 0:
            for a in range(n):
                w[a], pull[a] = 0.5 * (W[i - 1, a] + W[i, a]), 0.5 * (M[i - 1, a] + M[i, a])
            for j in range(y.size):
                y[j] = 0.5 * (Y[i - 1, 0, j] + Y[i - 1, 1, j])
            below = residual_of(
                W[i], M[i], 1.0, t[i], Y[i - 1, 1], mean, l, u, rows, low, high, cost
            )
            worst = max(
                worst,
                below,
                residual_of(
                    w, pull, 1.0, 0.5 * (t[i - 1] + t[i]), y, mean, l, u, rows, low, high, cost
                ),
            )
    return (
        residual,
        max(
            worst,
            residual_of(W[m - 1], M[m - 1], 0.0, 1.0, slope, mean, l, u, rows, low, high, cost),
        ),
        reward,
        variance,
    )


def scaled(S, mean, l, u, rows, low, high):
    """As `scaled_program`: the program of the weights that are not fixed, in units where everything
    is about 1; row 0 is the budget. `units` are those of variance, of the mean's origin, and of
    means; their first is 0 where a row binds fixed weights alone, or these leave no budget.
    """
    n, loose, units = mean.size, np.zeros(mean.size, np.int64), np.zeros(3)
    for b in range(n):
        loose[b] = l[b] < u[b]
    free = active(loose)
    k = free.size
    H, A = np.empty((k, k)), np.ones((low.size + 1, k))
    vectors, edge = np.zeros((4, k)), np.ones((3, low.size + 1))
    mu, pull, lo, up = vectors
    for a in range(k):
        units[0] += S[free[a], free[a]] / k
        units[1] += mean[free[a]] / k
    for a in range(k):
        units[2] = max(units[2], abs(mean[free[a]] - units[1]), 1e-12 * abs(mean[free[a]]))
    units[0], units[2] = (
        (units[0] if units[0] > 0.0 else 1.0),
        (units[2] if units[2] > 0.0 else 1.0),
    )
    for a in range(k):
        i = free[a]
        mu[a], lo[a], up[a] = (mean[i] - units[1]) / units[2], l[i], u[i]
        for b in range(k):
            H[a, b] = S[i, free[b]] / units[0]
        for b in range(n):
            pull[a] += 0.0 if loose[b] else S[i, b] * l[b] / units[0]
    for j in range(low.size + 1):
        size, at = 0.0, 0.0
        for a in range(k):
            A[j, a] = rows[j - 1, free[a]] if j > 0 else 1.0
            size = max(size, abs(A[j, a]))
        for b in range(n):
            at += 0.0 if loose[b] else l[b] * (rows[j - 1, b] if j > 0 else 1.0)
        units[0] = units[0] if size > 0.0 else 0.0
        for a in range(k):
            A[j, a] = A[j, a] / size if size > 0.0 else 0.0
        lower, upper = (low[j - 1], high[j - 1]) if j > 0 else (1.0, 1.0)
        edge[0, j], edge[1, j], edge[2, j] = (
            (lower - at) / max(size, 1e-300),
            (upper - at) / max(size, 1e-300),
            size,
        )
    units[0] = units[0] if edge[0, 0] > 0.0 else 0.0
    return H, mu, pull, lo, up, A, edge, free, units


def trace_path(S, mean, l, u, rows, low, high):
    """A whole path with its proof: (why it stopped, t, weights, multipliers, the last ones, their
    slope, residuals, worst, means, variances).

    Anything but END, or a worst residual that is too large, says nothing about the program:
    `critical_line` then takes the careful way, which is also the reference of this one.
    """
    H, mu, pull, lo, up, A, edge, free, units = scaled(S, mean, l, u, rows, low, high)
    k, r, m, code = free.size, low.size, 0, LOST
    sides, row_sides, w = np.zeros(k, np.int64), np.zeros(r + 1, np.int64), np.empty(k)
    if units[0] > 0.0 and least_risk(H, pull, lo, up, A, edge, sides, row_sides, w):
        code, taus, moving, Y, last, slope = walk_critical_line(
            H, mu, pull, A, edge[0], edge[1], lo, up, sides, row_sides, w, 0.0, 2 * (k + r) + 34
        )
        m = taus.size
    t, weights = np.empty(m), np.empty((m, mean.size))
    if m == 0:
        return code, t, weights, np.empty((0, 2, r + 1)), w, w, t, math.inf, t, t
    for i in range(m):
        t[i] = taus[i] * (units[0] / units[2])
        code = LOST if i > 0 and t[i] <= t[i - 1] else code
        copy(l, weights[i])
        for a in range(k):
            weights[i, free[a]] = moving[i, a]
        snap(weights[i], l, u)
    for i in range(m - 1):
        priced(Y[i, 0], t[i], edge[2], units, 1.0)
        priced(Y[i, 1], t[i + 1], edge[2], units, 1.0)
    priced(last, t[m - 1], edge[2], units, 1.0)
    priced(slope, 1.0, edge[2], units, units[2] / units[0])
    residual, worst, reward, variance = path_residuals(
        t, weights, Y, last, slope, S, mean, l, u, rows, low, high
    )
    return code, t, weights, Y, last, slope, residual, worst, reward, variance


def least_risk(H, pull, lo, up, A, edge, sides, row_sides, w):
    """The least risky portfolio and what is active there, by pivoting from no bound in the way;
    False where that gives up. The pivoting knows a budget of 1 only: weights in units of what the
    fixed ones leave.
    """
    k, r, budget, Q = w.size, row_sides.size - 1, edge[0, 0], np.empty_like(H)
    box, edges, G, tau = np.zeros((4, 1, k)), np.empty((2, r)), np.empty((r, k)), np.ones(1)
    side, row_side, W, y, steps, force = (
        np.empty((1, k), np.int8),
        np.zeros((1, r), np.int8),
        np.empty((1, k)),
        np.empty((1, r + 1)),
        np.zeros(1, np.int64),
        np.empty(k),
    )
    for a in range(k):
        box[0, 0, a], box[1, 0, a], force[a], side[0, a] = (
            lo[a] / budget,
            up[a] / budget,
            -pull[a] / budget,
            BUYING,
        )
        for b in range(k):
            Q[a, b] = H[a, b] + 1.0
    for j in range(r):
        edges[0, j], edges[1, j] = edge[0, 1 + j] / budget, edge[1, 1 + j] / budget
        row_side[0, j] = 2 if edge[0, 1 + j] == edge[1, 1 + j] else 0
        copy(A[1 + j], G[j])
    pivot_some(
        np.zeros(1, np.int64),
        Q,
        force,
        tau,
        box[0],
        box[0],
        box[1],
        box[2],
        box[3],
        G,
        edges[0],
        edges[1],
        side,
        row_side,
        W,
        y,
        steps,
    )
    for a in range(k):
        sides[a], w[a] = (
            (-1 if side[0, a] == AT_LOWER else 1 if side[0, a] == AT_UPPER else 0),
            W[0, a] * budget,
        )
    row_sides[0] = 2
    for j in range(r):
        row_sides[1 + j] = 2 if edge[0, 1 + j] == edge[1, 1 + j] else row_side[0, j]
    return steps[0] >= 0


def snap(w, l, u):
    """Put weights that rounding leaves a hair off their bounds on them; the one with most package
    takes up the difference."""
    room, who, missing = -math.inf, 0, 1.0
    for i in range(w.size):
        near = min(w[i] - l[i], u[i] - w[i])
        if near > room:
            room, who = near, i
        w[i] = l[i] if w[i] - l[i] < DUST else u[i] if u[i] - w[i] < DUST else w[i]
        missing -= w[i]
    w[who] += missing


def priced(y, t, size, units, factor):
    """Multipliers in units of variance, with the mean of means that was taken off and the rows' own
    scale, in place."""
    for j in range(y.size):
        y[j] *= factor * units[0] / size[j]
    y[0] -= t * units[1]

# ruff: noqa: C901  one compiled loop is clearer, and faster, than its pieces
# pyright: reportUnknownParameterType=false, reportMissingParameterType=false, reportPossiblyUnboundVariable=false
"""The hot loops of the optimiser, compiled by numba on first use. Each is compared in the tests with a plain reference.

Critical line: `walk_critical_line` (reference: `cover.py`, which solves by daqp and numpy alone) and `trace_path` (reference: `critical_line.py`).
Preferences: `preference_risk_aversions` (reference: bisection on the stationarity condition in numpy).
Batches: `pivot_rows` and `row_products` (reference: daqp row by row, and a plain matrix product).
"""

from __future__ import annotations

import math

import numpy as np
from numba import njit, prange  # pyright: ignore[reportMissingTypeStubs]

from advisor.native.library import Function
from advisor.native.threads import blocks

END, CYCLED, LOST, FULL = 0, 1, 2, 3
"""Why a walk stopped: at its end; after too many steps of length zero; outside its limits; no room left."""

_PROGRAM = (
    "which:i8[k] H:f8[n,n] mu:f8[n] tau:f8[c] lo:f8[a,n] kink:f8[b,n] up:f8[d,n] below:f8[e,n] above:f8[f,n] G:f8[r,n] gl:f8[r] gu:f8[r] "
    "side=i1[c,n] row_side=i1[c,r] W=f8[c,n] t=f8[c,s] steps=i8[c]"
)
_PIVOT = Function("advisor_pivot", _PROGRAM, rows=True)
_PRODUCTS = Function("advisor_row_products", "S:f8[n,n] W:f8[c,n] out=f8[c,n]", rows=True)
_WALK = Function(
    "advisor_walk_critical_line",
    "H:f8[n,n] mu:f8[n] pull:f8[n] A:f8[m,n] low:f8[m] high:f8[m] l:f8[n] u:f8[n] side=i8[n] row_side=i8[m] w=f8[n] taus=f8[corners] "
    "W=f8[corners,n] Y=f8[corners,2,m] last=f8[m] slope=f8[m] told=i8[2] tau:f8",
)
_TRACE = Function(
    "advisor_trace_path",
    "S:f8[n,n] mean:f8[n] l:f8[n] u:f8[n] rows:f8[r,n] low:f8[r] high:f8[r] taus=f8[corners] W=f8[corners,n] Y=f8[corners,2,m] last=f8[m] "
    "slope=f8[m] residual=f8[corners] worst=f8[1] reward=f8[corners] variance=f8[corners] told=i8[2]",
)
_RESIDUALS = Function(
    "advisor_path_residuals",
    "t:f8[m] W:f8[m,n] Y:f8[segments,2,q] last:f8[q] slope:f8[q] S:f8[n,n] mean:f8[n] l:f8[n] u:f8[n] rows:f8[r,n] low:f8[r] high:f8[r] "
    "residual=f8[m] reward=f8[m] variance=f8[m] worst=f8[1]",
)
LEVEL = 0
SLACK = 1e-7
"""A limit broken by more than this means that the walk has taken a wrong turn."""
TIE = 1e-13
DUST = 1e-14
"""A weight this close to a bound is on it."""
STRAIGHT = 1e-9
"""Directions this close, relative to their size, are one."""
TINY_RATE = 1e-13
TINY_PIVOT = 1e-8
FAR = 1e13
REFRESH = 24
"""Events after which the factor and the point are computed afresh."""
MAX_REPAIRS = 80
TINY, SETTLED, SQUARED = 1e-24, 1e-13, 1e-7
"""A variance that is none; a marginal rate of substitution, itself of the order of 1, that is 0;
and one from which a step of Newton leads there."""
FLAT, EPSILON, LOOKS = 1e-12, 2.220446049250313e-16, 400
"""A part of a variance that rounding cannot tell from 0; rounding; and evaluations of a search."""


def pivot_some(which, H, mu, tau, lo, kink, up, below, above, G, gl, gu, side, row_side, W, t, steps):
    """Minimise 1/2 w'Hw - tau_i (mu'w - cost_i(w)) for each row i in `which`, within lo..up, sum w = 1 and gl <= G w <= gu; on one thread.

    The cost of row i has slope `below` under `kink` and `above` over it; without a kink `kink` is `lo`. Arrays of rows have one row for all, or one each.
    `side` (c, n) and `row_side` (c, r; -1, 0, 1, or 2 for equalities) are where each row starts and ends; W, t (budget price, then rows') and steps
    (-1 = gave up) are written.
    """
    _PIVOT.bound(which, H, mu, tau, lo, kink, up, below, above, G, gl, gu, side, row_side, W, t, steps)(0, len(which))


def pivot_rows(which, H, mu, tau, lo, kink, up, below, above, G, gl, gu, side, row_side, W, t, steps):
    """As `pivot_some`, on all threads."""
    call = _PIVOT.bound(which, H, mu, tau, lo, kink, up, below, above, G, gl, gu, side, row_side, W, t, steps)
    blocks(call, len(which), size=64)


def row_products(S, W, out):
    """Write W @ S to `out`, for symmetric S, each row in one fixed order, so that a row's bits do not depend on its batch."""
    blocks(_PRODUCTS.bound(S, W, out), len(W), few=1024)


def walk_critical_line(H, mu, pull, A, low, high, l, u, side, row_side, w, tau, room):
    """Follow min 1/2 w'Hw + pull'w - t mu'w upward in t from `tau`, one active set after another, to the end of the frontier.

    `side` (n,) and `row_side` (r,) say what is active at `tau`: -1 lower edge, +1 upper edge, 0 neither; 2 marks rows that are equalities; `w` is
    a point with these active. All three are changed in place. H may be singular: where a free variable adds no curvature, the portfolio
    slides along the flat direction at the same t. Returns (why it stopped, t of corners, weights at corners, multipliers at both ends of
    each segment, the last multipliers, their slope).
    """
    n, m = len(mu), len(low)
    taus, W, Y = np.empty(room + 1), np.empty((room + 1, n)), np.empty((room + 1, 2, m))
    last, slope, told = np.empty(m), np.empty(m), np.empty(2, dtype=np.int64)
    _WALK(H, mu, pull, A, low, high, l, u, side, row_side, w, taus, W, Y, last, slope, told, tau)
    code, corners = told.tolist()
    return code, taus[:corners].copy(), W[:corners].copy(), Y[: corners - 1].copy(), last, slope


def path_residuals(t, W, Y, last, slope, S, mean, l, u, rows, low, high):
    """KKT residual of each corner with the multipliers above it, the largest of all (also of corners with the multipliers below them, of the points
    half-way, and of the last corner for who only wants the mean), and mean and variance of the corners (reference: `corner_path.certify_path`).
    """
    residual, reward, variance, worst = (*(np.empty(len(t)) for _ in range(3)), np.empty(1))
    given = map(np.ascontiguousarray, (t, W, Y, last, slope, S, mean, l, u, rows, low, high))
    _RESIDUALS(*given, residual, reward, variance, worst)
    return residual, float(worst[0]), reward, variance


def trace_path(S, mean, l, u, rows, low, high):
    """A whole path with its proof: (why it stopped, t, weights, multipliers, the last ones, their slope, residuals, worst, means, variances).

    Anything but END, or a worst residual that is too large, says nothing about the program: `critical_line` then takes the careful way, which is also the
    reference of this one.
    """
    n, r = len(mean), len(low)
    room = 2 * (n + r) + 35
    t, W, Y, last, slope = np.empty(room), np.empty((room, n)), np.empty((room, 2, r + 1)), np.empty(r + 1), np.empty(r + 1)
    residual, reward, variance, worst, told = np.empty(room), np.empty(room), np.empty(room), np.empty(1), np.empty(2, dtype=np.int64)
    _TRACE(S, mean, l, u, rows, low, high, t, W, Y, last, slope, residual, worst, reward, variance, told)
    code, m = told.tolist()
    path = (t[:m].copy(), W[:m].copy(), Y[: max(m - 1, 0)].copy(), last, slope)
    return code, *path, residual[:m].copy(), float(worst[0]), reward[:m].copy(), variance[:m].copy()


@njit(cache=True)
def _dot(x, y, k):  # pragma: no cover - compiled
    s = 0.0
    for a in range(k):
        s += x[a] * y[a]
    return s


@njit(cache=True)
def _add(r, x, order, k, H, A, y):  # pragma: no cover - compiled
    """Add Hx - A'y to the gradient `r`."""
    for a in range(k):
        v, row = x[a], order[a]
        if v != 0.0:
            for i in range(r.size):
                r[i] += v * H[row, i]
    for j in range(y.size):
        v = y[j]
        if v != 0.0:
            for i in range(r.size):
                r[i] -= v * A[j, i]


@njit(cache=True)
def _active(row_side):  # pragma: no cover - compiled
    """Which entries are not 0: the rows that are active."""
    rows, count = np.empty(row_side.size, np.int64), 0
    for j in range(row_side.size):
        if row_side[j] != 0:
            rows[count] = j
            count += 1
    return rows[:count]


@njit(cache=True)
def _free_step(H, f, k, pull, A, rest, L, Y, M, t, x):  # pragma: no cover - compiled
    """Free weights x and multipliers t of H[F, F] x = pull + A't, A x = rest; 0, or where a factor broke down: a row of A, or -1 for H."""
    m = rest.size
    for a in range(k):
        for b in range(a + 1):
            v = H[f[a], f[b]]
            for c in range(b):
                v -= L[a, c] * L[b, c]
            if a > b:
                L[a, b] = v / L[b, b]
            elif v > SINGULAR_PIVOT * H[f[a], f[a]]:
                L[a, a] = math.sqrt(v)
            else:
                return -1
        for i in range(m + 1):
            v = pull[a] if i == m else A[i, a]
            for c in range(a):
                v -= L[a, c] * Y[i, c]
            Y[i, a] = v / L[a, a]
    for i in range(m):
        for j in range(i + 1):
            v = 0.0
            for a in range(k):
                v += Y[i, a] * Y[j, a]
            full = v
            for c in range(j):
                v -= M[i, c] * M[j, c]
            if i > j:
                M[i, j] = v / M[j, j]
            elif v > 1e-10 * full:
                M[i, i] = math.sqrt(v)
            else:
                return i
        v = rest[i]
        for a in range(k):
            v -= Y[i, a] * Y[m, a]
        for c in range(i):
            v -= M[i, c] * t[c]
        t[i] = v / M[i, i]
    for i in range(m - 1, -1, -1):
        for c in range(i + 1, m):
            t[i] -= M[c, i] * t[c]
        t[i] /= M[i, i]
    for a in range(k):
        x[a] = Y[m, a]
        for i in range(m):
            x[a] += t[i] * Y[i, a]
    for a in range(k - 1, -1, -1):
        for c in range(a + 1, k):
            x[a] -= L[c, a] * x[c]
        x[a] /= L[a, a]
    return 0


# ---- block principal pivoting: one row a client, limits and kinks of his own (from `_free_step` to `row_products`)

PRIMAL, DUAL, SINGULAR_PIVOT, SNAP = 1e-12, 1e-12, 1e-11, 1e-14
"""Weights, and marginal utilities relative to the covariance, that count as on the right side of a limit; pivots that count as zero;
and trades that are the rounding of what the holdings add up to."""
AT_LOWER, SELLING, HELD, BUYING, AT_UPPER = 0, 1, 2, 3, 4
"""Where a weight is: on its lower bound, free below what is held, exactly there, free above, on its upper bound. Without a kink it is free as BUYING."""


@njit(cache=True)
def _open_row(h, lo, kink, up, below, above, side, w, gap):  # pragma: no cover - compiled
    """With no weight free: free the one (or two) that the budget or the marginal costs ask for; True when nothing asks."""
    cheap, dear, take, give = np.inf, -np.inf, -1, -1
    for i in range(w.size):
        if w[i] < up[i]:
            v = h[i] + (below[i] if side[i] == AT_LOWER and kink[i] > lo[i] else above[i])
            if v < cheap:
                cheap, take = v, i
        if w[i] > lo[i]:
            v = h[i] + (above[i] if side[i] == AT_UPPER else below[i])
            if v > dear:
                dear, give = v, i
    if abs(gap) <= PRIMAL and dear <= cheap:
        return True
    if gap >= -PRIMAL and take >= 0:
        side[take] = SELLING if side[take] == AT_LOWER and kink[take] > lo[take] else BUYING
    if gap <= PRIMAL and give >= 0:
        side[give] = BUYING if side[give] == AT_UPPER else SELLING
    return False


@njit(cache=True)
def _loosen(h, row, gap, lo, kink, up, side, w):  # pragma: no cover - compiled
    """Free the cheapest weight that can move an active row, whose weights are all fixed or tied to other rows, by `gap`; False when none can."""
    best, who = np.inf, -1
    for i in range(w.size):
        if side[i] != BUYING and side[i] != SELLING and row[i] != 0.0:
            up_way = gap * row[i] > 0.0
            if (w[i] < up[i]) if up_way else (w[i] > lo[i]):
                v = h[i] if up_way else -h[i]
                if v < best:
                    best, who = v, i
    if who < 0:
        return False
    up_way = gap * row[who] > 0.0
    below_kink = (side[who] == AT_LOWER and kink[who] > lo[who]) if up_way else side[who] != AT_UPPER
    side[who] = SELLING if below_kink and kink[who] > lo[who] else BUYING
    return True


@njit(cache=True)
def _pivot_row(H, mu, tau, lo, kink, up, below, above, G, gl, gu, side, row_side, w, t, scratch):  # pragma: no cover - compiled
    """Block principal pivoting on one row; the number of factorisations, or -1 when it gave up. Changes side, row_side, w and t."""
    L, Y, M, A, work, f, turn, active = scratch
    x, h, pull, rest, d = work
    n, r = mu.size, gl.size
    best, patience, scale = n + r + 1, 4, 0.0
    for i in range(n):
        scale = max(scale, H[i, i])
    for step in range(1, 40 + 4 * n):
        k, m, gap = 0, 1, 1.0
        for i in range(n):
            h[i] = -tau * mu[i]
        for i in range(n):
            s = side[i]
            if s in (SELLING, BUYING):
                f[k] = i
                k += 1
                w[i] = 0.0
                continue
            w[i] = lo[i] if s == AT_LOWER else kink[i] if s == HELD else up[i]
            gap -= w[i]
            v = w[i]
            if v != 0.0:
                for j in range(n):
                    h[j] += v * H[i, j]
        if k == 0:
            if _open_row(h, lo, kink, up, tau * below, tau * above, side, w, gap):
                if r > 0:
                    return -1
                hi, lw = np.inf, -np.inf
                for i in range(n):
                    if w[i] < up[i]:
                        hi = min(hi, h[i] + tau * (below[i] if side[i] == AT_LOWER and kink[i] > lo[i] else above[i]))
                    if w[i] > lo[i]:
                        lw = max(lw, h[i] + tau * (above[i] if side[i] == AT_UPPER else below[i]))
                t[0] = 0.0 if lw == -np.inf and hi == np.inf else hi if lw == -np.inf else lw if hi == np.inf else 0.5 * (lw + hi)
                return step
            continue
        rest[0] = gap
        for a in range(k):
            i = f[a]
            A[0, a] = 1.0
            pull[a] = -h[i] - tau * (below[i] if side[i] == SELLING else above[i])
        for j in range(r):
            t[1 + j] = 0.0
            if row_side[j] != 0:
                v = gl[j] if row_side[j] < 0 else gu[j]
                for i in range(n):
                    v -= G[j, i] * w[i]
                for a in range(k):
                    A[m, a] = G[j, f[a]]
                rest[m] = v
                active[m] = j
                m += 1
        broken = _free_step(H, f, k, pull, A, rest[:m], L, Y, M, d, x)
        if broken != 0:
            if broken < 0:
                return -1
            if _dot(A[broken], A[broken], k) > 0.0 or not _loosen(h, G[active[broken]], rest[broken], lo, kink, up, side, w):
                row_side[active[broken]] = 0
            continue
        t[0] = d[0]
        for j in range(1, m):
            t[1 + active[j]] = d[j]
        for a in range(k):
            i, v = f[a], x[a]
            w[i] = v
            for j in range(n):
                h[j] += v * H[i, j]
        bad, last, calm = 0, -1, DUAL * (abs(t[0]) + scale)
        for i in range(n):
            s = side[i]
            turn[i] = s
            if lo[i] == up[i]:
                continue
            if s == BUYING:
                if w[i] < kink[i] - PRIMAL:
                    turn[i] = HELD if kink[i] > lo[i] else AT_LOWER
                elif w[i] > up[i] + PRIMAL:
                    turn[i] = AT_UPPER
            elif s == SELLING:
                if w[i] < lo[i] - PRIMAL:
                    turn[i] = AT_LOWER
                elif w[i] > kink[i] + PRIMAL:
                    turn[i] = HELD
            else:
                g = h[i] - t[0]
                for j in range(r):
                    g -= t[1 + j] * G[j, i]
                if s != AT_UPPER and g + tau * (below[i] if s == AT_LOWER and kink[i] > lo[i] else above[i]) < -calm:
                    turn[i] = SELLING if s == AT_LOWER and kink[i] > lo[i] else BUYING
                elif s != AT_LOWER and g + tau * (above[i] if s == AT_UPPER else below[i]) > calm:
                    turn[i] = BUYING if s == AT_UPPER else SELLING
            if turn[i] != s:
                bad += 1
                last = i
        for j in range(r):
            v, s = 0.0, row_side[j]
            turn[n + j] = s
            if s == 0:
                for i in range(n):
                    v += G[j, i] * w[i]
                turn[n + j] = -1 if v < gl[j] - PRIMAL else 1 if v > gu[j] + PRIMAL else 0
            elif s != 2 and t[1 + j] * s > calm:
                turn[n + j] = 0
            if turn[n + j] != s:
                bad += 1
                last = n + j
        if bad == 0:
            for a in range(k):
                i = f[a]
                w[i] = min(max(w[i], lo[i]), up[i])
                if abs(w[i] - kink[i]) <= SNAP and kink[i] > lo[i]:
                    w[i] = kink[i]
            return step
        if bad < best:
            best, patience = bad, 4
        else:
            patience -= 1
        for i in range(n):
            if patience > 0 or i == last:
                side[i] = turn[i]
        for j in range(r):
            if patience > 0 or n + j == last:
                row_side[j] = turn[n + j]
    return -1


@njit(cache=True)
def _scratch(n, r):  # pragma: no cover - compiled
    """Room that `_pivot_row` works in."""
    k = max(n, r + 1)
    work, f, turn, active = np.empty((5, k)), np.empty(n, np.int64), np.empty(n + r, np.int8), np.empty(r + 1, np.int64)
    return np.empty((n, n)), np.empty((r + 2, n)), np.empty((r + 1, r + 1)), np.empty((r + 1, n)), work, f, turn, active


@njit(cache=True)
def _rates(gamma, kappa, years, short, v):  # pragma: no cover - compiled
    """What a unit of mean is worth to a client whose mean is `short` below the reference, and a
    unit of half the variance: 1 + k Phi(d), and g + k phi(d) / (s sqrt T); their ratio is the
    effective risk aversion.
    """
    root = math.sqrt(max(v, 0.0) * years)
    if root < 1e-150:
        return 1.0 + (kappa if short > 0.0 else 0.0), (math.inf if short == 0.0 else gamma)
    d = short * years / root
    phi, cdf = math.exp(-0.5 * d * d) * 0.3989422804014327, 0.5 * math.erfc(-d * 0.7071067811865476)
    return 1.0 + kappa * cdf, gamma + kappa * phi / root


@njit(cache=True)
def _pull(gamma, kappa, years, t, short, v, dt, dm, dv):  # pragma: no cover - compiled
    """The slope t (g + k phi(d)/(s sqrt T)) - (1 + k Phi(d)) where the mean is `short` below the
    reference, and its derivative along a segment: negative while more risk is wanted.
    """
    root = math.sqrt(max(v, 0.0) * years)
    if root < 1e-150:
        earned, paid = _rates(gamma, kappa, years, short, v)
        return t * paid - earned, dt * gamma
    d = short * years / root
    phi, cdf = math.exp(-0.5 * d * d) * 0.3989422804014327, 0.5 * math.erfc(-d * 0.7071067811865476)
    density = kappa * phi / root
    f = t * (gamma + density) - 1.0 - kappa * cdf
    if phi == 0.0:
        return f, dt * gamma
    dd, turn = -dm * years / root, 0.5 * dv / v
    dd -= d * turn
    return f, dt * (gamma + density) - t * density * (d * dd + turn) - kappa * phi * dd


@njit(cache=True)
def _middle(left, right):  # pragma: no cover - compiled
    """A point between two that are not negative: half-way in size where they differ by orders."""
    if left <= 0.0:
        return 0.015625 * right
    return math.sqrt(left) * math.sqrt(right) if right > 4.0 * left else 0.5 * (left + right)


@njit(cache=True)
def _root(gamma, kappa, years, t, dt, short, dm, v, slope, curve, left, right, x):  # pragma: no cover - compiled
    """Where a client stops on a straight piece of path: the share of it at which `_pull`, negative
    at `left` and positive at `right`, is 0, from the guess `x`. A step of Newton counts as the last
    only where the function itself is small as well; where it does not get on, the bracket is cut.
    """
    before = math.inf
    for _ in range(LOOKS):
        moved = v + x * (2.0 * slope + x * curve)
        f, g = _pull(gamma, kappa, years, t + x * dt, short - x * dm, moved, dt, dm, 2.0 * (slope + x * curve))
        if f < 0.0:
            left = x
        else:
            right = x
        step = x - f / g if g > 0.0 else -1.0
        if abs(f) <= SQUARED and abs(step - x) <= SQUARED * x:
            return min(max(step, left), right)
        if right - left <= 4e-16 * right:
            break
        if left < step < right and abs(f) < 0.5 * before:
            x, before = step, abs(f)
        else:
            x, before = _middle(left, right), math.inf
    return x


# ---- loss-averse rows of a batch: the fixed point on each client's own frontier (reference: `own_path`, the row's exact path)


@njit(cache=True)
def _own_line(S, mu, kink, below, above, side, row_side, w, scratch):  # pragma: no cover - compiled
    """Mean (after costs, from the kinks on) and variance of a solved row, and how fast its mean rises with the risk tolerance while the active set stays,
    from the factors that the pivoting left. Variance then rises by twice the tolerance as fast.
    """
    L, Y, M, _, work, _, _, _ = scratch
    z, q = work[2], work[3]
    n, k, m, mean, variance, rise = w.size, 0, 1, 0.0, 0.0, 0.0
    for j in range(row_side.size):
        m += 1 if row_side[j] != 0 else 0
    for i in range(n):
        if w[i] != 0.0:
            variance += w[i] * _dot(S[i], w, n)
        bent = w[i] - kink[i]
        mean += mu[i] * w[i] - (below[i] if bent < 0.0 else above[i]) * bent
        if side[i] in (SELLING, BUYING):
            v = mu[i] - (below[i] if side[i] == SELLING else above[i])
            z[k] = (v - _dot(L[k], z, k)) / L[k, k]
            rise += z[k] * z[k]
            k += 1
    for i in range(m if k > 0 else 0):
        q[i] = (_dot(Y[i], z, k) - _dot(M[i], q, i)) / M[i, i]
        rise -= q[i] * q[i]
    return mean, variance, max(rise, 0.0)


@njit(cache=True)
def _own_pull(wants, x, mean, v, rise):  # pragma: no cover - compiled
    """`_pull` at risk tolerance `x` on a row's own line, how far rounding can move it, and the line
    drawn back to a tolerance of 0: the variance there, and how far the mean is below the reference.
    """
    gamma, kappa, b, years, offset, _ = wants
    mean -= offset
    flat, size = v - rise * x * x, abs(b) + abs(mean) + abs(offset)
    flat = 0.0 if flat <= FLAT * v else flat
    v, short = flat + rise * x * x, b - mean + rise * x
    if flat == 0.0 and abs(short) <= 4.0 * EPSILON * size + FLAT * rise * x:
        short = 0.0
    v = 0.0 if v <= TINY and rise == 0.0 else v
    f = _pull(gamma, kappa, years, x, short - rise * x, v, 1.0, rise, 2.0 * rise * x)[0]
    noise, root = SETTLED, math.sqrt(v * years)
    if noise < abs(f) < 1e-3 and root > 1e-150:
        d = (short - rise * x) * years / root
        phi = math.exp(-0.5 * d * d) * 0.3989422804014327
        noise += 4.0 * EPSILON * size * years / root * kappa * phi * (1.0 + x * abs(d) / root)
    return f, noise, flat, short


@njit(cache=True)
def _next_look(wants, x, flat, short, rise, left, right):  # pragma: no cover - compiled
    """Where a row would stop if the active set of risk tolerance `x` stayed."""
    gamma, kappa, _, years, _, most = wants
    if rise > 0.0:
        return _root(gamma, kappa, years, 0.0, 1.0, short, rise, flat, 0.0, rise, left, right, x)
    earned, paid = _rates(gamma, kappa, years, short, flat)
    x = earned / paid if paid * most > earned else most
    return x if left < x <= right else _middle(left, right)


@njit(cache=True)
def search_some(
    which, S, wants, H, mu, tau, lo, kink, up, below, above, G, gl, gu, side, row_side, W, t, steps
):  # pragma: no cover - compiled
    """As `pivot_some` for loss-averse rows, which also find their risk tolerance, starting from `tau`, written there; on one thread.

    `wants` (c, 6): risk aversion, loss aversion less 1, reference, years, what costs amount to before a kink is left, and the largest risk tolerance. A
    row takes the line on which its portfolio moves, walks to where it would stop on it, and looks again: two or three looks. Who takes no risk at all ends
    with minus the tolerance of a point on the line that leads away from there. Steps are -1 where that comes to no end.
    """
    scratch = _scratch(mu.size, G.shape[0])
    for i in which:
        a, p, c, d, e = i % lo.shape[0], i % kink.shape[0], i % up.shape[0], i % below.shape[0], i % above.shape[0]
        gamma, kappa, b, years, offset, most = wants[i, 0], wants[i, 1], wants[i, 2], wants[i, 3], wants[i, 4], wants[i, 5]
        own, x, left, spent, stuck, idle = (gamma, kappa, b, years, offset, most), tau[i], 0.0, 0, 0, -1.0
        right, width = most, 2.0 * most
        steps[i] = -1
        for _ in range(MAX_REPAIRS):
            got = _pivot_row(
                H, mu, max(x, 0.0), lo[a], kink[p], up[c], below[d], above[e], G, gl, gu, side[i], row_side[i], W[i], t[i], scratch
            )
            if got < 0:
                break
            spent += got
            mean, v, rise = _own_line(S, mu, kink[p], below[d], above[e], side[i], row_side[i], W[i], scratch)
            if x == 0.0:  # the way ended at no risk: is that a portfolio of these limits, and at the reference?
                if v <= TINY and abs(b - mean + offset) <= 1e-14 * (abs(b) + abs(mean) + abs(offset)):
                    tau[i], steps[i] = -idle, spent
                    break
                x = _middle(left, right)
                continue
            f, noise, flat, short = _own_pull(own, x, mean, v, rise)
            tau[i] = x
            if f < 0.0:
                left = x
            else:
                right = x
            if abs(f) <= noise or right - left <= 1e-15 * right or (x == most and f < 0.0):
                steps[i] = spent
                break
            stuck = stuck + 1 if right - left > 0.5 * width else 0
            width = right - left
            if f > 0.0 and flat == 0.0 and short == 0.0 and left == 0.0 and x != idle:
                earned, paid = _rates(gamma, kappa, years, -rise * x, rise * x * x)
                if rise == 0.0 or x * (paid - gamma) >= earned:
                    idle, x = x, 0.0
                    continue
            after = _middle(left, right) if stuck > 2 else _next_look(own, x, flat, short, rise, left, right)
            if after == x:
                steps[i] = spent
                break
            x = after


@njit(cache=True, parallel=True)
def search_rows(
    which, S, wants, H, mu, tau, lo, kink, up, below, above, G, gl, gu, side, row_side, W, t, steps
):  # pragma: no cover - compiled
    """As `search_some`, on all threads."""
    for block in prange((which.size + 63) // 64):
        some = which[64 * block : 64 * block + 64]
        search_some(some, S, wants, H, mu, tau, lo, kink, up, below, above, G, gl, gu, side, row_side, W, t, steps)


@njit(cache=True)
def _stays_out(tau, mean, curve, gamma, kappa, years):  # pragma: no cover - compiled
    """Whether who starts without risk, at the reference, gains nothing by the first step away."""
    for j in range(tau.size - 1):
        if curve[j] > 0.0 and mean[j + 1] > mean[j]:
            width = tau[j + 1] - tau[j]
            earned, paid = _rates(gamma, kappa, years, mean[j] - mean[j + 1], curve[j])
            return (paid - gamma) * width >= earned
    return True


@njit(cache=True)
def _preference(tau, mean, var, slope, curve, gamma, kappa, b, years):  # pragma: no cover - compiled
    last, riskless = tau.size - 1, var[0] <= TINY
    if riskless and abs(b - mean[0]) <= 4.0 * EPSILON * abs(b):
        b = mean[0]
        if _stays_out(tau, mean, curve, gamma, kappa, years):
            return math.inf
    low, high, below, above = 0, last + 1, -1.0, 1.0
    while high - low > 1:
        j = (low + high) // 2
        f = _pull(gamma, kappa, years, tau[j], b - mean[j], var[j], 0.0, 0.0, 0.0)[0]
        if f < 0.0:
            low, below = j, f
        else:
            high, above = j, f
    short = b - mean[low]
    if low == last:
        earned, paid = _rates(gamma, kappa, years, short, var[last])
        return paid / earned
    dt, dm, x = tau[low + 1] - tau[low], mean[low + 1] - mean[low], min(max(below / (below - above), 1e-3), 0.999)
    start, rate = (0.0, 0.0) if riskless and low == 0 else (var[low], slope[low])
    x = _root(gamma, kappa, years, tau[low], dt, short, dm, start, rate, curve[low], 0.0, 1.0, x)
    return 1.0 / max(tau[low] + x * dt, 1e-300)


@njit(cache=True, parallel=True)
def preference_risk_aversions(tau, mean, var, slope, curve, gamma, lam, b, years):  # pragma: no cover - compiled
    """Effective risk aversion of each client, shape (c,): the fixed point on the frontier, by a search over corners and Newton inside one."""
    out = np.empty(gamma.size)
    for i in prange(gamma.size):
        out[i] = _preference(tau, mean, var, slope, curve, gamma[i], lam[i] - 1.0, b[i], years[i])
    return out


@njit(cache=True)
def few_preference_risk_aversions(tau, mean, var, slope, curve, gamma, lam, b, years):  # pragma: no cover - compiled
    """The same for a few clients, on one thread: waking others would take longer."""
    out = np.empty(gamma.size)
    for i in range(gamma.size):
        out[i] = _preference(tau, mean, var, slope, curve, gamma[i], lam[i] - 1.0, b[i], years[i])
    return out


# ---- loss aversion over scenarios: one row a client, on the way from the frontier's portfolio to his own


@njit(cache=True)
def _scenario_step(S, R, G, away, side, row_side, zone, dw, dy, dq):  # pragma: no cover - compiled
    """How weights, prices of budget and rows, and prices of scenarios at their kink move while the active set stays; False where it says too much."""
    free, rows, kinks = _active(np.where(side == 0, 1, 0)), _active(row_side), _active(np.where(zone == 0, 1, 0))
    k, m = free.size, 1 + rows.size + kinks.size
    dw[:], dy[:], dq[:] = 0.0, 0.0, 0.0
    if m > k:
        return k == 0 and m == 1
    M, x = 1e-14 * np.eye(k + m), np.zeros(k + m)
    for a in range(k):
        i, x[a] = free[a], away[free[a]]
        for b in range(k):
            M[a, b] = S[i, free[b]]
        for b in range(m):
            v = 1.0 if b == 0 else G[rows[b - 1], i] if b <= rows.size else R[kinks[b - 1 - rows.size], i]
            M[k + b, a], M[a, k + b] = v, -v
    x = np.linalg.solve(M, x)
    dw[free], dy[0], dy[1 + rows], dq[kinks] = x[:k], x[k], x[k + 1 : k + 1 + rows.size], x[k + 1 + rows.size :]
    return True


@njit(cache=True)
def _race(at, lo, hi, rate, s, price, paid):  # pragma: no cover - compiled
    """What lies before the edge ahead, or, on an edge (`s`), before its price is 0; the pace; and what the side becomes."""
    if s == 0:
        return (hi - at, rate, 1) if rate > 0.0 else (at - lo, -rate, -1)
    return -s * price, s * paid, 0


@njit(cache=True)
def _scenario_row(S, R, G, gl, gu, l, u, away, most, w, side, row_side, y, zone, q, v, pull):  # pragma: no cover - compiled
    """Follow one client while the linear force `away`, which made `w` optimal, fades; True at its end. `v` = R w - reference; `pull` are the prices of bounds.

    `zone` is 1 above the reference, -1 below, 0 at it; `q` are prices of scenarios, `most` below and 0 above.
    """
    n, r, t, left = w.size, gl.size, v.size, 1.0
    dw, dy, dq, dv, dp, every = np.empty(n), np.empty(r + 1), np.empty(t), np.empty(t), np.empty(n), np.arange(n)
    for _ in range(4 * (n + r) + 2 * t):
        if not _scenario_step(S, R, G, away, side, row_side, zone, dw, dy, dq):
            return False
        for i in range(n):
            dp[i] = -away[i] - dy[0]
        _add(dp, dw, every, n, S, R, dq)
        _add(dp, dw, every, 0, S, G, dy[1:])
        step, who, turn = left, -1, 0
        for i in range(n + r + t):
            j, s = i - n, i - n - r
            if i < n:
                gap, d, new = _race(w[i], l[i], u[i], dw[i], side[i], pull[i], dp[i])
                d = 0.0 if l[i] == u[i] else d
            elif s < 0:
                gap, d, new = _race(_dot(G[j], w, n), gl[j], gu[j], _dot(G[j], dw, n), row_side[j], y[1 + j], dy[1 + j])
                d = 0.0 if row_side[j] == 2 else d
            else:
                dv[s] = _dot(R[s], dw, n)
                gap, d, new = _race(q[s], 0.0, most, dq[s], zone[s], -v[s], -dv[s])
                new = -new
            if d > 1e-13 and max(gap, 0.0) < step * d:
                step, who, turn = max(gap, 0.0) / d, i, new
        for i in range(n):
            w[i], pull[i] = w[i] + step * dw[i], pull[i] + step * dp[i]
        for s in range(t):
            v[s], q[s] = v[s] + step * dv[s], q[s] + step * dq[s]
        for j in range(r + 1):
            y[j] += step * dy[j]
        left -= step
        if who < 0:
            return True
        if who < n:
            side[who], w[who] = turn, (l[who] if turn < 0 else u[who] if turn > 0 else w[who])
        elif who < n + r:
            row_side[who - n] = turn
        else:
            s = who - n - r
            zone[s], v[s] = turn, 0.0
            q[s] = q[s] if turn == 0 else (most if turn < 0 else 0.0)
    return False


@njit(cache=True)
def walk_scenarios(S, R, G, gl, gu, l, u, away, most, W, side, row_side, Y, zone, Q, V, P, done):  # pragma: no cover - compiled
    """`_scenario_row` of every row, on one thread; everything from `W` on is changed in place, `done` says whose way came to its end."""
    for i in range(W.shape[0]):
        done[i] = _scenario_row(S, R, G, gl, gu, l, u, away[i], most[i], W[i], side[i], row_side[i], Y[i], zone[i], Q[i], V[i], P[i])


@njit(cache=True)
def _locate(tau, t):  # pragma: no cover - compiled
    """The last corner not above risk tolerance t, and the share of the way to the next."""
    low, high = 0, tau.size
    while high - low > 1:
        j = (low + high) // 2
        if tau[j] <= t:
            low = j
        else:
            high = j
    if low == tau.size - 1 or tau[low + 1] == tau[low]:
        return low, 0.0
    return low, min(max((t - tau[low]) / (tau[low + 1] - tau[low]), 0.0), 1.0)


@njit(cache=True, error_model="numpy")
def place_one(g, least, cap, tau, lines, W, D, Y, last, slope, S, mu, box, G, edges, w, pull, y, out):  # pragma: no cover - compiled
    """One row of `place_rows`: `w` and `out` are written; so are `pull`, the reduced cost of each asset, and `y`, the prices of budget and rows."""
    corner, share = _locate(tau, 1.0 / g)
    n, r = mu.size, G.shape[0]
    for i in range(n):
        w[i] = share * D[corner, i] + W[corner, i]
    m = lines[0, corner] + share * lines[1, corner]
    s = math.sqrt(lines[2, corner] + share * (2.0 * lines[3, corner] + share * lines[4, corner]))
    h = max(g, least)
    risk, reward = min(h, 1.0), 1.0 / max(h, 1.0)
    corner, share = _locate(tau, 1.0 / h)
    beyond = max(reward - risk * tau[-1], 0.0)
    for j in range(r + 1):
        if corner < Y.shape[0]:
            y[j] = risk * (Y[corner, 0, j] + share * (Y[corner, 1, j] - Y[corner, 0, j]))
        else:
            y[j] = risk * last[j] + beyond * slope[j]
    total, variance, mean, broken = 0.0, 0.0, 0.0, 0.0
    for i in range(n):
        a = 0.0
        for j in range(n):
            a += S[i, j] * w[j]
        total += w[i]
        variance += a * w[i]
        mean += mu[i] * w[i]
        broken = max(broken, box[0, i] - w[i], w[i] - box[1, i])
        pull[i] = risk * a - reward * mu[i] - y[0]
    gap = y[0] * (total - 1.0)
    for k in range(r):
        value, p = 0.0, y[k + 1]
        for i in range(n):
            value += G[k, i] * w[i]
        broken = max(broken, edges[0, k] - value, value - edges[1, k])
        edge = edges[0, k] if p > 0.0 else edges[1, k]
        if p != 0.0 and math.isfinite(edge):
            gap += p * (value - edge)
            for i in range(n):
                pull[i] -= p * G[k, i]
    for i in range(n):
        gap += pull[i] * (w[i] - (box[0, i] if pull[i] > 0.0 else box[1, i]))
    own = risk
    if math.isfinite(cap):
        own = 1.0 if math.isinf(g) else g * reward
        gap += 0.5 * (risk - own) * (cap * cap - variance)
        broken = max(broken, math.sqrt(max(variance, 0.0)) - cap)
    objective = reward * mean - 0.5 * own * variance
    out[0], out[1], out[2] = m, s, max(abs(total - 1.0), broken, gap / max(1.0, abs(objective)))


@njit(cache=True)
def place_some(gamma, least, cap, tau, lines, W, D, Y, last, slope, S, mu, box, G, edges, w, out):  # pragma: no cover - compiled
    """Weights (c, n), and mean, volatility and KKT residual (c, 3), of the optimum at each risk aversion, written into `w` and `out`; on one thread.

    `lines` (5, m): mean, its rise to the next corner, variance, half its slope and its curve by the share of the way; `box` (2, n) and `edges` (2, r):
    lower and upper.
    """
    pull, y = np.empty(mu.size), np.empty(G.shape[0] + 1)
    for i in range(gamma.size):
        place_one(gamma[i], least, cap, tau, lines, W, D, Y, last, slope, S, mu, box, G, edges, w[i], pull, y, out[i])


@njit(cache=True, parallel=True)
def place_rows(gamma, least, cap, tau, lines, W, D, Y, last, slope, S, mu, box, G, edges, w, out):  # pragma: no cover - compiled
    """As `place_some`, on all threads."""
    for b in prange((gamma.size + 255) // 256):
        rows = slice(256 * b, 256 * b + 256)
        place_some(gamma[rows], least, cap, tau, lines, W, D, Y, last, slope, S, mu, box, G, edges, w[rows], out[rows])


@njit(cache=True)
def _beyond(value, error, population, spread):  # pragma: no cover - compiled
    """What an estimate exceeds the population by, after shrinking; 0 where unknown."""
    if math.isnan(value):
        return 0.0
    noise = 0.0 if math.isnan(error) else error
    total = spread * spread + noise * noise
    trust = 1.0 if noise == 0.0 else (spread * spread / total if total > 0.0 else 0.0)
    return max(trust * (value - population), 0.0)


@njit(cache=True)
def correct_some(gamma, known, years, reference, rules, tau, lines, out):  # pragma: no cover - compiled
    """Risk aversion after correction, and the factor of each bias alone, shape (c, 4), written into `out`; on one thread.

    `known` (5, c): loss aversion and its error, disposition and its error, overconfidence. `rules` (9,): as `BiasPolicy` lists them. `lines`: see `place_some`.
    """
    cap = rules[0]
    for i in range(gamma.size):
        g, loss, sales, narrow = gamma[i], 1.0, 1.0, 1.0
        if g > 0.0 and math.isfinite(g):
            excess = _beyond(known[0, i], known[1, i], rules[1], rules[2])
            if excess > 0.0:
                wanted = _preference(tau, lines[0], lines[2], lines[3], lines[4], g, excess, reference[i], years[i])
                loss = max(wanted / g, 1.0)
            sales = min(1.0 + rules[5] * _beyond(known[2, i], known[3, i], rules[3], rules[4]), rules[6])
            if known[4, i] > 1.0:
                narrow = min(1.0 + rules[7] * (known[4, i] - 1.0), rules[8])
        factor = min(loss * sales * narrow, cap)
        out[i, 0] = g if factor == 1.0 else g * factor
        out[i, 1], out[i, 2], out[i, 3] = min(loss, cap), min(sales, cap), min(narrow, cap)


@njit(cache=True, parallel=True)
def correct_rows(gamma, known, years, reference, rules, tau, lines, out):  # pragma: no cover - compiled
    """As `correct_some`, on all threads."""
    for b in prange((gamma.size + 255) // 256):
        rows = slice(256 * b, 256 * b + 256)
        correct_some(gamma[rows], known[:, rows], years[rows], reference[rows], rules, tau, lines, out[rows])

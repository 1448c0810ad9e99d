"""Block principal pivoting: `native/pivoting.c`."""

from __future__ import annotations

import math

import numpy as np

from loops.sums import backward, dot

PRIMAL, DUAL, SINGULAR_PIVOT, SNAP = 1e-12, 1e-12, 1e-11, 1e-14
AT_LOWER, SELLING, HELD, BUYING, AT_UPPER = 0, 1, 2, 3, 4


def free_step(H, f, k, pull, A, rest, L, Y, M, t, x):
    """Free weights x and multipliers t of H[F, F] x = pull + A't, A x = rest; 0, or where a factor
    broke down: a row of A, or -1 for H."""
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
            full = v = dot(Y[i], Y[j], k)
            for c in range(j):
                v -= M[i, c] * M[j, c]
            if i > j:
                M[i, j] = v / M[j, j]
            elif v > 1e-10 * full:
                M[i, i] = math.sqrt(v)
            else:
                return i
        v = rest[i] - dot(Y[i], Y[m], k)
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
    backward(L, k, x)
    return 0


def open_row(h, lo, kink, up, below, above, side, w, gap):
    """With no weight free: free the one (or two) that the budget or the marginal costs ask for;
    True when nothing asks."""
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


def loosen(h, row, gap, lo, kink, up, side, w):
    """Free the cheapest weight that can move an active row, whose weights are all fixed or tied to
    other rows, by `gap`; False when none can."""
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
    below_kink = (
        (side[who] == AT_LOWER and kink[who] > lo[who]) if up_way else side[who] != AT_UPPER
    )
    side[who] = SELLING if below_kink and kink[who] > lo[who] else BUYING
    return True


def pivot_row(H, mu, tau, lo, kink, up, below, above, G, gl, gu, side, row_side, w, t, scratch):
    """Block principal pivoting on one row; the number of factorisations, or -1 when it gave up.
    Changes side, row_side, w and t."""
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
            if open_row(h, lo, kink, up, tau * below, tau * above, side, w, gap):
                if r > 0:
                    return -1
                hi, lw = np.inf, -np.inf
                for i in range(n):
                    if w[i] < up[i]:
                        hi = min(
                            hi,
                            h[i]
                            + tau
                            * (below[i] if side[i] == AT_LOWER and kink[i] > lo[i] else above[i]),
                        )
                    if w[i] > lo[i]:
                        lw = max(lw, h[i] + tau * (above[i] if side[i] == AT_UPPER else below[i]))
                t[0] = (
                    0.0
                    if lw == -np.inf and hi == np.inf
                    else hi
                    if lw == -np.inf
                    else lw
                    if hi == np.inf
                    else 0.5 * (lw + hi)
                )
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
        broken = free_step(H, f, k, pull, A, rest[:m], L, Y, M, d, x)
        if broken != 0:
            if broken < 0:
                return -1
            if dot(A[broken], A[broken], k) > 0.0 or not loosen(
                h, G[active[broken]], rest[broken], lo, kink, up, side, w
            ):
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
                if (
                    s != AT_UPPER
                    and g + tau * (below[i] if s == AT_LOWER and kink[i] > lo[i] else above[i])
                    < -calm
                ):
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


def room(n, r):
    """Room that `_pivot_row` works in."""
    k = max(n, r + 1)
    work, f, turn, active = (
        np.empty((5, k)),
        np.empty(n, np.int64),
        np.empty(n + r, np.int8),
        np.empty(r + 1, np.int64),
    )
    return (
        np.empty((n, n)),
        np.empty((r + 2, n)),
        np.empty((r + 1, r + 1)),
        np.empty((r + 1, n)),
        work,
        f,
        turn,
        active,
    )


def pivot_some(
    which, H, mu, tau, lo, kink, up, below, above, G, gl, gu, side, row_side, W, t, steps
):
    """Minimise 1/2 w'Hw - tau_i (mu'w - cost_i(w)) for each row i in `which`, within lo..up, sum w
    = 1 and gl <= G w <= gu; on one thread.

    The cost of row i has slope `below` under `kink` and `above` over it; without a kink `kink` is
    `lo`. Arrays of rows have one row for all, or one each. `side` (c, n) and `row_side` (c, r; -1,
    0, 1, or 2 for equalities) are where each row starts and ends; W, t (budget price, then rows')
    and steps (-1 = gave up) are written.
    """
    scratch = room(mu.size, G.shape[0])
    for i in which:
        a, b, c, d, e = (
            i % lo.shape[0],
            i % kink.shape[0],
            i % up.shape[0],
            i % below.shape[0],
            i % above.shape[0],
        )
        steps[i] = pivot_row(
            H,
            mu,
            tau[i],
            lo[a],
            kink[b],
            up[c],
            below[d],
            above[e],
            G,
            gl,
            gu,
            side[i],
            row_side[i],
            W[i],
            t[i],
            scratch,
        )


def row_products(S, W, out):
    """Write W @ S to `out`, for symmetric S, each row in one fixed order, so that a row's bits do
    not depend on its batch."""
    n = S.shape[0]
    for i in range(W.shape[0]):
        out[i] = 0.0
        for j in range(n):
            if W[i, j] != 0.0:
                for k in range(n):
                    out[i, k] += W[i, j] * S[j, k]

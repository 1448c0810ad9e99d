"""Loss aversion over scenarios: `native/scenarios.c`."""

from __future__ import annotations

import numpy as np

from loops.critical_line import active, add
from loops.sums import dot


def scenario_step(S, R, G, away, side, row_side, zone, dw, dy, dq):
    """How weights, prices of budget and rows, and prices of scenarios at their kink move while the
    active set stays; False where it says too much."""
    free, rows, kinks = (
        active(np.where(side == 0, 1, 0)),
        active(row_side),
        active(np.where(zone == 0, 1, 0)),
    )
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
            v = (
                1.0
                if b == 0
                else G[rows[b - 1], i]
                if b <= rows.size
                else R[kinks[b - 1 - rows.size], i]
            )
            M[k + b, a], M[a, k + b] = v, -v
    if not gauss(M, x):
        return False
    dw[free], dy[0], dy[1 + rows], dq[kinks] = (
        x[:k],
        x[k],
        x[k + 1 : k + 1 + rows.size],
        x[k + 1 + rows.size :],
    )
    return True


def race(at, lo, hi, rate, s, price, paid):
    """What lies before the edge ahead, or, on an edge (`s`), before its price is 0; the pace; and
    what the side becomes."""
    if s == 0:
        return (hi - at, rate, 1) if rate > 0.0 else (at - lo, -rate, -1)
    return -s * price, s * paid, 0


def scenario_row(S, R, G, gl, gu, l, u, away, most, w, side, row_side, y, zone, q, v, pull):
    """Follow one client while the linear force `away`, which made `w` optimal, fades; True at its
    end. `v` = R w - reference; `pull` are the prices of bounds.

    `zone` is 1 above the reference, -1 below, 0 at it; `q` are prices of scenarios, `most` below
    and 0 above.
    """
    n, r, t, left = w.size, gl.size, v.size, 1.0
    dw, dy, dq, dv, dp, every = (
        np.empty(n),
        np.empty(r + 1),
        np.empty(t),
        np.empty(t),
        np.empty(n),
        np.arange(n),
    )
    for _ in range(4 * (n + r) + 2 * t):
        if not scenario_step(S, R, G, away, side, row_side, zone, dw, dy, dq):
            return False
        for i in range(n):
            dp[i] = -away[i] - dy[0]
        add(dp, dw, every, n, S, R, dq)
        add(dp, dw, every, 0, S, G, dy[1:])
        step, who, turn = left, -1, 0
        for i in range(n + r + t):
            j, s = i - n, i - n - r
            if i < n:
                gap, d, new = race(w[i], l[i], u[i], dw[i], side[i], pull[i], dp[i])
                d = 0.0 if l[i] == u[i] else d
            elif s < 0:
                gap, d, new = race(
                    dot(G[j], w, n),
                    gl[j],
                    gu[j],
                    dot(G[j], dw, n),
                    row_side[j],
                    y[1 + j],
                    dy[1 + j],
                )
                d = 0.0 if row_side[j] == 2 else d
            else:
                dv[s] = dot(R[s], dw, n)
                gap, d, new = race(q[s], 0.0, most, dq[s], zone[s], -v[s], -dv[s])
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


def walk_scenarios(S, R, G, gl, gu, l, u, away, most, W, side, row_side, Y, zone, Q, V, P, done):
    """`_scenario_row` of every row, on one thread; everything from `W` on is changed in place,
    `done` says whose way came to its end."""
    for i in range(W.shape[0]):
        done[i] = scenario_row(
            S,
            R,
            G,
            gl,
            gu,
            l,
            u,
            away[i],
            most[i],
            W[i],
            side[i],
            row_side[i],
            Y[i],
            zone[i],
            Q[i],
            V[i],
            P[i],
        )


def gauss(M, x):
    """Gauss with partial pivoting, in place; False where a pivot is 0."""
    k = len(x)
    for c in range(k):
        best = c
        for a in range(c + 1, k):
            best = a if abs(M[a, c]) > abs(M[best, c]) else best
        if not abs(M[best, c]) > 0.0:
            return False
        if best != c:
            M[[c, best]], x[c], x[best] = M[[best, c]], x[best], x[c]
        for a in range(c + 1, k):
            factor = M[a, c] / M[c, c]
            if factor == 0.0:
                continue
            for b in range(c + 1, k):
                M[a, b] -= factor * M[c, b]
            x[a] -= factor * x[c]
    for a in range(k - 1, -1, -1):
        x[a] = (x[a] - dot(M[a, a + 1 :], x[a + 1 :], k - a - 1)) / M[a, a]
    return True

"""Markowitz' critical line, walked upward: `native/critical_line.c`."""

from __future__ import annotations

import math

import numpy as np

from loops.sums import backward, dot, forward

END, CYCLED, LOST, FULL = 0, 1, 2, 3
SLACK, TIE, STRAIGHT, TINY_RATE, TINY_PIVOT, FAR, REFRESH = 1e-7, 1e-13, 1e-9, 1e-13, 1e-8, 1e13, 24


def insert(L, order, k, H, i):
    """Append variable `i` to the factor of H[F, F]; False when H[F, F] is not positive definite."""
    for a in range(k):
        L[k, a] = H[i, order[a]]
    forward(L, k, L[k])
    pivot = H[i, i] - dot(L[k], L[k], k)
    L[k, k], order[k] = math.sqrt(max(pivot, 0.0)), i
    return pivot > TINY_PIVOT * H[i, i]


def remove(L, order, k, i):
    """Take variable `i` out of the factor, by Givens rotations of the rows below it."""
    p = 0
    while order[p] != i:
        p += 1
    for a in range(p, k - 1):
        order[a] = order[a + 1]
        for b in range(a + 2):
            L[a, b] = L[a + 1, b]
    for j in range(p, k - 1):
        r = math.sqrt(L[j, j] * L[j, j] + L[j, j + 1] * L[j, j + 1])
        c, s = L[j, j] / r, L[j, j + 1] / r
        for a in range(j, k - 1):
            L[a, j], L[a, j + 1] = c * L[a, j] + s * L[a, j + 1], c * L[a, j + 1] - s * L[a, j]


def solve(L, order, k, A, rows, g, b, y):
    """Solve Hx - A'y = g, Ax = b on the free variables and active rows; `g` becomes x. A row that
    repeats others gets y = 0."""
    m = rows.size
    U, S, t = np.empty((m, k)), np.zeros((m, m)), np.empty(m)
    y[:] = 0.0
    forward(L, k, g)
    for i in range(m):
        for a in range(k):
            U[i, a] = A[rows[i], order[a]]
        forward(L, k, U[i])
        for j in range(i):
            S[i, j] = (dot(U[i], U[j], k) - dot(S[i], S[j], j)) / S[j, j]
        full = dot(U[i], U[i], k)
        rest = full - dot(S[i], S[i], i)
        S[i, i] = math.sqrt(rest) if rest > 1e-10 * full else math.inf
        t[i] = (b[i] - dot(U[i], g, k) - dot(S[i], t, i)) / S[i, i]
    for i in range(m - 1, -1, -1):
        t[i] /= S[i, i]
        y[rows[i]] = t[i]
        for j in range(i):
            t[j] -= S[i, j] * t[i]
        for a in range(k):
            g[a] += t[i] * U[i, a]
    backward(L, k, g)


def add(r, x, order, k, H, A, y):
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


def flat(L, order, k, i, aim, mu):
    """The direction of no curvature that free variable `i` would add, turned to the side of `aim`,
    or else of `mu`."""
    d, x, largest = np.zeros(mu.size), np.empty(k), 0.0
    for a in range(k):
        x[a] = L[k, a]
    backward(L, k, x)
    for a in range(k):
        d[order[a]] = -x[a]
    d[i] = 1.0
    for a in range(mu.size):
        largest = max(largest, abs(aim[a]))
    along = dot(aim, d, mu.size)
    if abs(along) <= 1e-9 * largest:
        along = dot(mu, d, mu.size)
    if along < 0.0:
        for a in range(mu.size):
            d[a] = -d[a]
    return d


def slide(d, w, l, u, side, A, low, high, row_side):
    """Move `w` along `d` to the first limit in the way, and make that limit active."""
    n, best, who, turn = w.size, math.inf, -1, 0
    for i in range(n + low.size):
        j = i - n
        if (side[i] if i < n else row_side[j]) != 0:
            continue
        v, at, lo, hi = (
            (d[i], w[i], l[i], u[i])
            if i < n
            else (dot(A[j], d, n), dot(A[j], w, n), low[j], high[j])
        )
        if abs(v) > 1e-9:
            t = ((hi if v > 0.0 else lo) - at) / v
            if t < best:
                best, who, turn = t, i, (1 if v > 0.0 else -1)
    for i in range(n):
        w[i] += max(best, 0.0) * d[i]
    if who < n:
        side[who], w[who] = turn, (l[who] if turn < 0 else u[who])
    else:
        row_side[who - n] = turn


def build(H, A, mu, l, u, low, high, side, row_side, aim, w, L, order):
    """Factor H + A'A (active rows) on the free variables; where that is singular, slide along the
    flat direction until it is not."""
    slid = False
    while True:
        Q, k, i = H.copy(), 0, 0
        for j in range(low.size):
            if row_side[j] != 0:
                for a in range(mu.size):
                    for b in range(mu.size):
                        Q[a, b] += A[j, a] * A[j, b]
        while i < mu.size:
            if side[i] == 0:
                if not insert(L, order, k, Q, i):
                    break
                k += 1
            i += 1
        if i == mu.size:
            return Q, k, slid
        slide(flat(L, order, k, i, aim, mu), w, l, u, side, A, low, high, row_side)
        slid = True


def copy(source, target):
    for i in range(source.size):
        target[i] = source[i]


def active(row_side):
    """Which entries are not 0: the rows that are active."""
    rows, count = np.empty(row_side.size, np.int64), 0
    for j in range(row_side.size):
        if row_side[j] != 0:
            rows[count] = j
            count += 1
    return rows[:count]


def settle(H, A, mu, pull, low, high, row_side, tau, L, order, k, rows, w, y, r):
    """Solve for the free weights, the multipliers and the gradient `r` at `tau` from the active set
    alone, refined once."""
    n, y1, x, edge, every = (
        mu.size,
        np.zeros(y.size),
        np.zeros(mu.size),
        np.empty(rows.size),
        np.arange(mu.size),
    )
    y[:] = 0.0
    for turn in range(3):
        for i in range(n):
            r[i] = pull[i] - tau * mu[i]
        add(r, w, every, n, H, A, y)
        if turn == 2:
            break
        for i in range(rows.size):
            j = rows[i]
            edge[i] = (low[j] if row_side[j] < 0 else high[j]) - dot(A[j], w, n)
        for a in range(k):
            x[a] = -r[order[a]]
        solve(L, order, k, A, rows, x, edge, y1)
        for a in range(k):
            w[order[a]] += x[a]
        for i in range(rows.size):  # the factor holds A'A as well
            y[rows[i]] += y1[rows[i]] - edge[i]


def next_event(A, low, high, l, u, side, row_side, w, v, r, r1, y, y1):
    """How far until a limit is reached or a multiplier used up, whose, what it becomes then, and by
    how much the worst limit is broken."""
    n, m, slow, calm = w.size, low.size, 1.0, 1.0
    for i in range(n):
        slow, calm = max(slow, abs(v[i])), max(calm, abs(r1[i]))
    best, rate, who, turn, lost = FAR, 0.0, -1, 0, 0.0
    for i in range(n + m):
        j, s, eps = i - n, (side[i] if i < n else row_side[i - n]), TINY_RATE * slow
        if s == 2:
            continue
        if s == 0:
            d, at, lo, hi = (
                (v[i], w[i], l[i], u[i])
                if i < n
                else (dot(A[j], v, n), dot(A[j], w, n), low[j], high[j])
            )
            lost = max(lost, lo - at, at - hi)
            s, gap, d = (1, hi - at, d) if d > 0.0 else (-1, at - lo, -d)
        else:
            gap, d, eps, s = (
                (-s * r[i], s * r1[i], TINY_RATE * calm, 0)
                if i < n
                else (-s * y[j], s * y1[j], TINY_RATE * calm, 0)
            )
            lost = max(lost, -gap)
        if d > eps and not math.isinf(gap):
            t = max(gap, 0.0) / d
            if t < best - TIE or (t < best + TIE and d > rate):
                best, rate, who, turn = min(t, best), d, i, s
    return best, who, turn, lost


def straight(u, v):
    """True where two directions are one; one that is not known yet (nan) is none."""
    turn, size = 0.0, 1.0
    for i in range(v.size):
        turn, size = max(turn, abs(u[i] - v[i])), size + abs(u[i])
    return turn <= STRAIGHT * size


def walk_critical_line(H, mu, pull, A, low, high, l, u, side, row_side, w, tau, room):
    """Follow min 1/2 w'Hw + pull'w - t mu'w upward in t from `tau`, one active set after another,
    to the end of the frontier.

    `side` (n,) and `row_side` (r,) say what is active at `tau`: -1 lower edge, +1 upper edge, 0
    neither; 2 marks rows that are equalities; `w` is a point with these active. All three are
    changed in place. H may be singular: where a free variable adds no curvature, the portfolio
    slides along the flat direction at the same t. Returns (why it stopped, t of corners, weights at
    corners, multipliers at both ends of each segment, the last multipliers, their slope).
    """
    n, m, k, idle, count, age, code, start = mu.size, low.size, 0, 0, 0, 0, FULL, tau
    L, order, stiff = np.zeros((n, n)), np.empty(n, np.int64), H
    taus, W, Y = np.empty(room + 1), np.empty((room + 1, n)), np.empty((room, 2, m))
    y, y1, still, aim = np.zeros(m), np.empty(m), np.zeros(m), mu.copy()
    g, v, r, r1, before = np.empty(n), np.empty(n), np.empty(n), np.empty(n), np.empty(n)
    before[0] = math.nan
    while count < room:
        if (
            age % REFRESH == 0
        ):  # everything from the active set alone: no rounding is carried further
            for i in range(n):
                w[i] = l[i] if side[i] < 0 else (u[i] if side[i] > 0 else w[i])
            stiff, k, slid = build(H, A, mu, l, u, low, high, side, row_side, aim, w, L, order)
            rows = active(row_side)
            settle(H, A, mu, pull, low, high, row_side, tau, L, order, k, rows, w, y, r)
            if slid and tau > start:
                copy(y, Y[count, 0])
                copy(y, Y[count, 1])
                count += 1
                before[0] = math.nan
            if tau == start or slid:
                taus[count] = tau
                copy(w, W[count])
        age += 1
        for i in range(n):
            r1[i], v[i] = -mu[i], 0.0
        for a in range(k):
            g[a] = mu[order[a]]
        solve(L, order, k, A, rows, g, still, y1)
        add(r1, g, order, k, H, A, y1)
        for a in range(k):
            v[order[a]] = g[a]
        step, who, turn, lost = next_event(A, low, high, l, u, side, row_side, w, v, r, r1, y, y1)
        if lost > SLACK or who < 0 or count == room:
            code = LOST if lost > SLACK else (END if who < 0 else FULL)
            break
        if step > TIE * (1.0 + tau):
            if straight(before, v):  # nothing turns here: the segment before goes on
                count, idle = count - 1, idle + 1
            else:
                idle = 0
                copy(y, Y[count, 0])
                copy(v, before)
            for j in range(m):
                y[j] += step * y1[j]
            for i in range(n):
                w[i] += step * v[i]
                r[i] += step * r1[i]
            copy(y, Y[count, 1])
            count, tau = count + 1, tau + step
            taus[count] = tau
            copy(w, W[count])
        else:
            idle += 1
        if idle > 3 * (n + m) + 10:
            code = CYCLED
            break
        if who >= n:
            j, age = who - n, 0
            for i in range(n):
                aim[i] = -row_side[j] * A[j, i] if turn == 0 else mu[i]
            row_side[j] = turn
        elif turn != 0:
            remove(L, order, k, who)
            k, side[who], w[who], r[who] = k - 1, turn, (l[who] if turn < 0 else u[who]), 0.0
        else:
            for i in range(n):
                aim[i] = -side[who] if i == who else 0.0
            side[who] = 0
            if insert(L, order, k, stiff, who):
                k += 1
            else:
                age = 0
    return code, taus[: count + 1], W[: count + 1], Y[:count], y, y1

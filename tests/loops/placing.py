"""Where a client stands on the frontier: `native/placing.c`."""

from __future__ import annotations

import math

import numpy as np

from loops.preferences import preference
from loops.sums import dot


def locate(tau, t):
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


def place_one(
    g, least, cap, tau, lines, W, D, Y, last, slope, S, mu, box, G, edges, w, pull, y, out
):
    """One row of `place_rows`: `w` and `out` are written; so are `pull`, the reduced cost of each
    asset, and `y`, the prices of budget and rows."""
    corner, share = locate(tau, 1.0 / g)
    n, r = mu.size, G.shape[0]
    for i in range(n):
        w[i] = share * D[corner, i] + W[corner, i]
    m = lines[0, corner] + share * lines[1, corner]
    s = math.sqrt(lines[2, corner] + share * (2.0 * lines[3, corner] + share * lines[4, corner]))
    h = max(g, least)
    risk, reward = min(h, 1.0), 1.0 / max(h, 1.0)
    corner, share = locate(tau, 1.0 / h)
    beyond = max(reward - risk * tau[-1], 0.0)
    for j in range(r + 1):
        if corner < Y.shape[0]:
            y[j] = risk * (Y[corner, 0, j] + share * (Y[corner, 1, j] - Y[corner, 0, j]))
        else:
            y[j] = risk * last[j] + beyond * slope[j]
    total, variance, mean, broken = 0.0, 0.0, 0.0, 0.0
    for i in range(n):
        a = dot(S[i], w, n)
        total += w[i]
        variance += a * w[i]
        mean += mu[i] * w[i]
        broken = max(broken, box[0, i] - w[i], w[i] - box[1, i])
        pull[i] = risk * a - reward * mu[i] - y[0]
    gap = y[0] * (total - 1.0)
    for k in range(r):
        value, p = dot(G[k], w, n), y[k + 1]
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


def place_some(gamma, least, cap, tau, lines, W, D, Y, last, slope, S, mu, box, G, edges, w, out):
    """Weights (c, n), and mean, volatility and KKT residual (c, 3), of the optimum at each risk
    aversion, written into `w` and `out`; on one thread.

    `lines` (5, m): mean, its rise to the next corner, variance, half its slope and its curve by the
    share of the way; `box` (2, n) and `edges` (2, r): lower and upper.
    """
    pull, y = np.empty(mu.size), np.empty(G.shape[0] + 1)
    for i in range(gamma.size):
        place_one(
            gamma[i],
            least,
            cap,
            tau,
            lines,
            W,
            D,
            Y,
            last,
            slope,
            S,
            mu,
            box,
            G,
            edges,
            w[i],
            pull,
            y,
            out[i],
        )


def beyond(value, error, population, spread):
    """What an estimate exceeds the population by, after shrinking; 0 where unknown."""
    if math.isnan(value):
        return 0.0
    noise = 0.0 if math.isnan(error) else error
    total = spread * spread + noise * noise
    trust = 1.0 if noise == 0.0 else (spread * spread / total if total > 0.0 else 0.0)
    return max(trust * (value - population), 0.0)


def correct_some(gamma, known, years, reference, rules, tau, lines, out):
    """Risk aversion after correction, and the factor of each bias alone, shape (c, 4), written into
    `out`; on one thread.

    `known` (5, c): loss aversion and its error, disposition and its error, overconfidence. `rules`
    (9,): as `BiasPolicy` lists them. `lines`: see `place_some`.
    """
    cap = rules[0]
    for i in range(gamma.size):
        g, loss, sales, narrow = gamma[i], 1.0, 1.0, 1.0
        if g > 0.0 and math.isfinite(g):
            excess = beyond(known[0, i], known[1, i], rules[1], rules[2])
            if excess > 0.0:
                wanted = preference(
                    tau, lines[0], lines[2], lines[3], lines[4], g, excess, reference[i], years[i]
                )
                loss = max(wanted / g, 1.0)
            sales = min(
                1.0 + rules[5] * beyond(known[2, i], known[3, i], rules[3], rules[4]), rules[6]
            )
            if known[4, i] > 1.0:
                narrow = min(1.0 + rules[7] * (known[4, i] - 1.0), rules[8])
        factor = min(loss * sales * narrow, cap)
        out[i, 0] = g if factor == 1.0 else g * factor
        out[i, 1], out[i, 2], out[i, 3] = min(loss, cap), min(sales, cap), min(narrow, cap)

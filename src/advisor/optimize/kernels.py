# pyright: reportUnknownParameterType=false, reportMissingParameterType=false
"""The hot loops of the optimiser: each allocates, and calls its C function, which `tests/loops`
repeats as plain Python, equal to the bit.

Critical line: `walk_critical_line` (for meaning: `cover.py`, which solves by daqp and numpy alone)
and `trace_path` (for meaning: `critical_line.py`). Preferences: `preference_risk_aversions` (for
meaning: bisection on the stationarity condition in numpy). Batches: `pivot_rows` and `row_products`
(for meaning: daqp row by row, and a plain matrix product).
"""

from __future__ import annotations

import numpy as np

from advisor.native.library import Function
from advisor.native.threads import blocks

END, CYCLED, LOST, FULL = 0, 1, 2, 3
"""Why a walk stopped: at its end; after too many steps of length zero; outside its limits; no room
left."""

_PROGRAM = (
    "which:i8[k] H:f8[n,n] mu:f8[n] tau:f8[c] lo:f8[a,n] kink:f8[b,n] up:f8[d,n] below:f8[e,n]"
    " above:f8[f,n] G:f8[r,n] gl:f8[r] gu:f8[r] side=i1[c,n] row_side=i1[c,r] W=f8[c,n] t=f8[c,s]"
    " steps=i8[c]"
)
_PIVOT = Function("advisor_pivot", _PROGRAM, rows=True)
_PRODUCTS = Function("advisor_row_products", "S:f8[n,n] W:f8[c,n] out=f8[c,n]", rows=True)
_WALK = Function(
    "advisor_walk_critical_line",
    "H:f8[n,n] mu:f8[n] pull:f8[n] A:f8[m,n] low:f8[m] high:f8[m] l:f8[n] u:f8[n] side=i8[n]"
    " row_side=i8[m] w=f8[n] taus=f8[corners] W=f8[corners,n] Y=f8[corners,2,m] last=f8[m]"
    " slope=f8[m] outcome=i8[2] tau:f8",
)
_TRACE = Function(
    "advisor_trace_path",
    "S:f8[n,n] mean:f8[n] l:f8[n] u:f8[n] rows:f8[r,n] low:f8[r] high:f8[r] out=f8[size]"
    " outcome=i8[2] corners:i8",
)
_RESIDUALS = Function(
    "advisor_path_residuals",
    "t:f8[m] W:f8[m,n] Y:f8[segments,2,q] last:f8[q] slope:f8[q] S:f8[n,n] mean:f8[n] l:f8[n]"
    " u:f8[n] rows:f8[r,n] low:f8[r] high:f8[r] residual=f8[m] reward=f8[m] variance=f8[m]"
    " worst=f8[1]",
)
_SEARCH = Function(
    "advisor_search", _PROGRAM.replace("tau:", "tau=") + " S:f8[n,n] wants:f8[c,6]", rows=True
)
_PREFERENCES = Function(
    "advisor_preferences",
    "tau:f8[m] mean:f8[m] variance:f8[m] slope:f8[m] curve:f8[m] gamma:f8[c] loss_aversion:f8[c]"
    " reference:f8[c] years:f8[c] out=f8[c]",
    rows=True,
)
_FRONTIER = (
    "least:f8 cap:f8 tau:f8[m] lines:f8[5,m] W:f8[m,n] D:f8[m,n] Y:f8[segments,2,q] last:f8[q]"
    " slope:f8[q] S:f8[n,n] mu:f8[n] box:f8[2,n] G:f8[r,n] edges:f8[2,r] "
)
_PLACE = Function("advisor_place", _FRONTIER + "gamma:f8[c] w=f8[c,n] out=f8[c,3]", rows=True)
_PLACE_ONE = Function(
    "advisor_place_one", _FRONTIER + "gamma:f8 w=f8[n] pull=f8[n] y=f8[q] out=f8[3]"
)
_CORRECT = Function(
    "advisor_correct",
    "gamma:f8[c] known:f8[5,c] years:f8[c] reference:f8[c] rules:f8[9] tau:f8[m] lines:f8[5,m]"
    " out=f8[c,4]",
    rows=True,
)
_SCENARIOS = Function(
    "advisor_walk_scenarios",
    "S:f8[n,n] R:f8[t,n] G:f8[r,n] gl:f8[r] gu:f8[r] l:f8[n] u:f8[n] away:f8[c,n] most:f8[c]"
    " W=f8[c,n] side=i8[c,n] row_side=i8[c,r] Y=f8[c,q] zone=i8[c,t] Q=f8[c,t] V=f8[c,t] P=f8[c,n]"
    " done=b1[c]",
    rows=True,
)
FEW = 512
"""Rows up to which waking other threads costs more than it saves; the answer is the same."""
SETTLED = 1e-13
"""A marginal rate of substitution, itself of the order of 1, that is 0."""


def pivot_rows(which, *program):
    """Minimise 1/2 w'Hw - tau_i (mu'w - cost_i(w)) for each row i in `which`, within lo..up, sum w
    = 1 and gl <= G w <= gu.

    `program`: H, mu, tau, lo, kink, up, below, above, G, gl, gu, side, row_side, W, t, steps. The
    cost of row i has slope `below` under `kink` and `above` over it; without a kink `kink` is
    `lo`. Arrays of rows have one row for all, or one each. `side` (c, n) and `row_side` (c, r; -1,
    0, 1, or 2 for equalities) are where each row starts and ends; W, t (budget price, then rows')
    and steps (-1 = gave up) are written.
    """
    blocks(_PIVOT.bound(which, *program), len(which), few=FEW, size=64)


def row_products(S, W, out):
    """Write W @ S to `out`, for symmetric S, each row in one fixed order, so that a row's bits do
    not depend on its batch.
    """
    blocks(_PRODUCTS.bound(S, W, out), len(W), few=1024)


def walk_critical_line(H, mu, pull, A, low, high, l, u, side, row_side, w, tau, room):
    """Follow min 1/2 w'Hw + pull'w - t mu'w upward in t from `tau`, one active set after another,
    to the end of the frontier.

    `side` (n,) and `row_side` (r,) say what is active at `tau`: -1 lower edge, +1 upper edge, 0
    neither; 2 marks rows that are equalities; `w` is a point with these active. All three are
    changed in place. H may be singular: where a free variable adds no curvature, the portfolio
    slides along the flat direction at the same t. Returns (why it stopped, t of corners, weights at
    corners, multipliers at both ends of each segment, the last multipliers, their slope).
    """
    n, m = len(mu), len(low)
    taus, W, Y = np.empty(room + 1), np.empty((room + 1, n)), np.empty((room + 1, 2, m))
    last, slope, outcome = np.empty(m), np.empty(m), np.empty(2, dtype=np.int64)
    _WALK(H, mu, pull, A, low, high, l, u, side, row_side, w, taus, W, Y, last, slope, outcome, tau)
    code, corners = outcome.tolist()
    return code, taus[:corners].copy(), W[:corners].copy(), Y[: corners - 1].copy(), last, slope


def path_residuals(t, W, Y, last, slope, S, mean, l, u, rows, low, high):
    """KKT residual of each corner with the multipliers above it, the largest of all (also of
    corners with the multipliers below them, of the points half-way, and of the last corner for who
    only wants the mean), and mean and variance of the corners (reference:
    `corner_path.certify_path`).
    """
    residual, reward, variance, worst = (*(np.empty(len(t)) for _ in range(3)), np.empty(1))
    arrays = map(np.ascontiguousarray, (t, W, Y, last, slope, S, mean, l, u, rows, low, high))
    _RESIDUALS(*arrays, residual, reward, variance, worst)
    return residual, float(worst[0]), reward, variance


def trace_path(S, mean, l, u, rows, low, high):
    """A whole path with its proof: (why it stopped, t, weights, multipliers, the last ones, their
    slope, residuals, worst, means, variances).

    Anything but END, or a worst residual that is too large, says nothing about the program:
    `critical_line` then takes the careful way, which is also the reference of this one.
    """
    n, m = len(mean), len(low) + 1
    room = 2 * (n + m) + 33
    first_price = 4 * room  # tolerances, residuals, means and variances come before
    first_multiplier = first_price + 2 * m + 1
    first_weight = first_multiplier + 2 * m * room
    out, outcome = np.empty(first_weight + n * room), np.empty(2, dtype=np.int64)
    edges = [a.copy() for a in (l, u, rows, low, high)]  # small, and handed over sooner if writable
    _TRACE(S, mean, *edges, out, outcome, room)
    code, count = outcome.tolist()
    t, residual, reward, variance = (out[i * room : i * room + count].copy() for i in range(4))
    last, slope = (out[first_price + i * m : first_price + (i + 1) * m].copy() for i in range(2))
    width = 2 * m * max(count - 1, 0)
    y = out[first_multiplier : first_multiplier + width].copy().reshape(-1, 2, m)
    w = out[first_weight : first_weight + n * count].copy().reshape(-1, n)
    return code, t, w, y, last, slope, residual, float(out[first_multiplier - 1]), reward, variance


def search_rows(which, S, wants, *program):
    """As `pivot_rows` for loss-averse rows, which also find their risk tolerance, starting from
    `tau`, written there.

    `wants` (c, 6): risk aversion, loss aversion less 1, reference, years, what costs amount to
    before a kink is left, and the largest risk tolerance. A row takes the line on which its
    portfolio moves, walks to where it would stop on it, and looks again: two or three looks. Who
    takes no risk at all ends with minus the tolerance of a point on the line that leads away from
    there. Steps are -1 where that comes to no end.
    """
    blocks(_SEARCH.bound(which, *program, S, wants), len(which), few=FEW, size=64)


def preference_risk_aversions(tau, mean, var, slope, curve, gamma, lam, b, years):
    """Effective risk aversion of each client, shape (c,): the fixed point on the frontier, by a
    search over corners and Newton inside one.
    """
    out = np.empty(len(gamma))
    arrays = map(np.ascontiguousarray, (tau, mean, var, slope, curve, gamma, lam, b, years))
    blocks(_PREFERENCES.bound(*arrays, out), len(out), few=1024)
    return out


def walk_scenarios(S, R, G, gl, gu, l, u, away, most, W, side, row_side, Y, zone, Q, V, P, done):
    """Follow each client from the frontier's portfolio while the linear force `away`, which made it
    optimal, fades; `done` says whose way came to its end.

    `zone` is 1 above the reference, -1 below, 0 at it; `Q` are prices of scenarios, `most` below
    and 0 above; `V` = R w - reference; `P` are the prices of bounds. Everything from `W` on is
    changed in place.
    """
    call = _SCENARIOS.bound(
        S, R, G, gl, gu, l, u, away, most, W, side, row_side, Y, zone, Q, V, P, done
    )
    blocks(call, len(W), few=1, size=16)


def place_one(
    g, least, cap, tau, lines, W, D, Y, last, slope, S, mu, box, G, edges, w, pull, y, out
):
    """One row of `place_rows`: `w` and `out` are written; so are `pull`, the reduced cost of each
    asset, and `y`, the prices of budget and rows.
    """
    _PLACE_ONE(
        least, cap, tau, lines, W, D, Y, last, slope, S, mu, box, G, edges, g, w, pull, y, out
    )


def place_rows(gamma, least, cap, tau, lines, W, D, Y, last, slope, S, mu, box, G, edges, w, out):
    """Weights (c, n), and mean, volatility and KKT residual (c, 3), of the optimum at each risk
    aversion, written into `w` and `out`.

    `lines` (5, m): mean, its rise to the next corner, variance, half its slope and its curve by the
    share of the way; `box` (2, n) and `edges` (2, r): lower and upper.
    """
    blocks(
        _PLACE.bound(
            least, cap, tau, lines, W, D, Y, last, slope, S, mu, box, G, edges, gamma, w, out
        ),
        len(gamma),
    )


def correct_rows(gamma, known, years, reference, rules, tau, lines, out):
    """Risk aversion after correction, and the factor of each bias alone, shape (c, 4), written into
    `out`.

    `known` (5, c): loss aversion and its error, disposition and its error, overconfidence. `rules`
    (9,): as `BiasPolicy` lists them. `lines`: see `place_rows`.
    """
    blocks(_CORRECT.bound(gamma, known, years, reference, rules, tau, lines, out), len(gamma))

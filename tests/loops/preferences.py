"""Where a loss-averse client stops: `native/preferences.c`."""

from __future__ import annotations

import math

import numpy as np

from loops.pivoting import BUYING, SELLING, pivot_row, room
from loops.sums import dot, erfc, exp, forward

TINY, SETTLED, SQUARED, FLAT, EPSILON, LOOKS, MAX_REPAIRS = (
    1e-24,
    1e-13,
    1e-7,
    1e-12,
    2.220446049250313e-16,
    400,
    80,
)


def rates(gamma, kappa, years, short, v):
    """What a unit of mean is worth to a client whose mean is `short` below the reference, and a
    unit of half the variance: 1 + k Phi(d), and g + k phi(d) / (s sqrt T); their ratio is the
    effective risk aversion.
    """
    root = math.sqrt(max(v, 0.0) * years)
    if root < 1e-150:
        return 1.0 + (kappa if short > 0.0 else 0.0), (math.inf if short == 0.0 else gamma)
    d = short * years / root
    phi, cdf = exp(-0.5 * d * d) * 0.3989422804014327, 0.5 * erfc(-d * 0.7071067811865476)
    return 1.0 + kappa * cdf, gamma + kappa * phi / root


def pull(gamma, kappa, years, t, short, v, dt, dm, dv):
    """The slope t (g + k phi(d)/(s sqrt T)) - (1 + k Phi(d)) where the mean is `short` below the
    reference, and its derivative along a segment: negative while more risk is wanted.
    """
    root = math.sqrt(max(v, 0.0) * years)
    if root < 1e-150:
        earned, paid = rates(gamma, kappa, years, short, v)
        return t * paid - earned, dt * gamma
    d = short * years / root
    phi, cdf = exp(-0.5 * d * d) * 0.3989422804014327, 0.5 * erfc(-d * 0.7071067811865476)
    density = kappa * phi / root
    f = t * (gamma + density) - 1.0 - kappa * cdf
    if phi == 0.0:
        return f, dt * gamma
    dd, turn = -dm * years / root, 0.5 * dv / v
    dd -= d * turn
    return f, dt * (gamma + density) - t * density * (d * dd + turn) - kappa * phi * dd


def middle(left, right):
    """A point between two that are not negative: half-way in size where they differ by orders."""
    if left <= 0.0:
        return 0.015625 * right
    return math.sqrt(left) * math.sqrt(right) if right > 4.0 * left else 0.5 * (left + right)


def root(gamma, kappa, years, t, dt, short, dm, v, slope, curve, left, right, x):
    """Where a client stops on a straight piece of path: the share of it at which `_pull`, negative
    at `left` and positive at `right`, is 0, from the guess `x`. A step of Newton counts as the last
    only where the function itself is small as well; where it does not get on, the bracket is cut.
    """
    before = math.inf
    for _ in range(LOOKS):
        moved = v + x * (2.0 * slope + x * curve)
        f, g = pull(
            gamma,
            kappa,
            years,
            t + x * dt,
            short - x * dm,
            moved,
            dt,
            dm,
            2.0 * (slope + x * curve),
        )
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
            x, before = middle(left, right), math.inf
    return x


def own_line(S, mu, kink, below, above, side, row_side, w, scratch):
    """Mean (after costs, from the kinks on) and variance of a solved row, and how fast its mean
    rises with the risk tolerance while the active set stays, from the factors that the pivoting
    left. Variance then rises by twice the tolerance as fast.
    """
    L, Y, M, _, work, _, _, _ = scratch
    z, q = work[2], work[3]
    n, k, m, mean, variance, rise = w.size, 0, 1, 0.0, 0.0, 0.0
    for j in range(row_side.size):
        m += 1 if row_side[j] != 0 else 0
    for i in range(n):
        if w[i] != 0.0:
            variance += w[i] * dot(S[i], w, n)
        bent = w[i] - kink[i]
        mean += mu[i] * w[i] - (below[i] if bent < 0.0 else above[i]) * bent
        if side[i] in (SELLING, BUYING):
            v = mu[i] - (below[i] if side[i] == SELLING else above[i])
            z[k] = v
            k += 1
    forward(L, k, z)
    for a in range(k):
        rise += z[a] * z[a]
    for i in range(m if k > 0 else 0):
        q[i] = (dot(Y[i], z, k) - dot(M[i], q, i)) / M[i, i]
        rise -= q[i] * q[i]
    return mean, variance, max(rise, 0.0)


def own_pull(wants, x, mean, v, rise):
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
    f = pull(gamma, kappa, years, x, short - rise * x, v, 1.0, rise, 2.0 * rise * x)[0]
    noise, root = SETTLED, math.sqrt(v * years)
    if noise < abs(f) < 1e-3 and root > 1e-150:
        d = (short - rise * x) * years / root
        phi = exp(-0.5 * d * d) * 0.3989422804014327
        noise += 4.0 * EPSILON * size * years / root * kappa * phi * (1.0 + x * abs(d) / root)
    return f, noise, flat, short


def next_look(wants, x, flat, short, rise, left, right):
    """Where a row would stop if the active set of risk tolerance `x` stayed."""
    gamma, kappa, _, years, _, most = wants
    if rise > 0.0:
        return root(gamma, kappa, years, 0.0, 1.0, short, rise, flat, 0.0, rise, left, right, x)
    earned, paid = rates(gamma, kappa, years, short, flat)
    x = earned / paid if paid * most > earned else most
    return x if left < x <= right else middle(left, right)


def search_some(
    which, S, wants, H, mu, tau, lo, kink, up, below, above, G, gl, gu, side, row_side, W, t, steps
):
    """As `pivot_some` for loss-averse rows, which also find their risk tolerance, starting from
    `tau`, written there; on one thread.

    `wants` (c, 6): risk aversion, loss aversion less 1, reference, years, what costs amount to
    before a kink is left, and the largest risk tolerance. A row takes the line on which its
    portfolio moves, walks to where it would stop on it, and looks again: two or three looks. Who
    takes no risk at all ends with minus the tolerance of a point on the line that leads away from
    there. Steps are -1 where that comes to no end.
    """
    scratch = room(mu.size, G.shape[0])
    for i in which:
        a, p, c, d, e = (
            i % lo.shape[0],
            i % kink.shape[0],
            i % up.shape[0],
            i % below.shape[0],
            i % above.shape[0],
        )
        gamma, kappa, b, years, offset, most = (
            wants[i, 0],
            wants[i, 1],
            wants[i, 2],
            wants[i, 3],
            wants[i, 4],
            wants[i, 5],
        )
        own, x, left, spent, stuck, idle = (
            (gamma, kappa, b, years, offset, most),
            tau[i],
            0.0,
            0,
            0,
            -1.0,
        )
        right, width = most, 2.0 * most
        steps[i] = -1
        for _ in range(MAX_REPAIRS):
            got = pivot_row(
                H,
                mu,
                max(x, 0.0),
                lo[a],
                kink[p],
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
            if got < 0:
                break
            spent += got
            mean, v, rise = own_line(
                S, mu, kink[p], below[d], above[e], side[i], row_side[i], W[i], scratch
            )
            if (
                x == 0.0
                # the way ended at no risk: is that a portfolio of these limits, and at the reference?
            ):
                if v <= TINY and abs(b - mean + offset) <= 1e-14 * (
                    abs(b) + abs(mean) + abs(offset)
                ):
                    tau[i], steps[i] = -idle, spent
                    break
                x = middle(left, right)
                continue
            f, noise, flat, short = own_pull(own, x, mean, v, rise)
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
                earned, paid = rates(gamma, kappa, years, -rise * x, rise * x * x)
                if rise == 0.0 or x * (paid - gamma) >= earned:
                    idle, x = x, 0.0
                    continue
            after = (
                middle(left, right)
                if stuck > 2
                else next_look(own, x, flat, short, rise, left, right)
            )
            if after == x:
                steps[i] = spent
                break
            x = after


def stays_out(tau, mean, curve, gamma, kappa, years):
    """Whether who starts without risk, at the reference, gains nothing by the first step away."""
    for j in range(tau.size - 1):
        if curve[j] > 0.0 and mean[j + 1] > mean[j]:
            width = tau[j + 1] - tau[j]
            earned, paid = rates(gamma, kappa, years, mean[j] - mean[j + 1], curve[j])
            return (paid - gamma) * width >= earned
    return True


def preference(tau, mean, var, slope, curve, gamma, kappa, b, years):
    last, riskless = tau.size - 1, var[0] <= TINY
    if riskless and abs(b - mean[0]) <= 4.0 * EPSILON * abs(b):
        b = mean[0]
        if stays_out(tau, mean, curve, gamma, kappa, years):
            return math.inf
    low, high, below, above = 0, last + 1, -1.0, 1.0
    while high - low > 1:
        j = (low + high) // 2
        f = pull(gamma, kappa, years, tau[j], b - mean[j], var[j], 0.0, 0.0, 0.0)[0]
        if f < 0.0:
            low, below = j, f
        else:
            high, above = j, f
    short = b - mean[low]
    if low == last:
        earned, paid = rates(gamma, kappa, years, short, var[last])
        return paid / earned
    dt, dm, x = (
        tau[low + 1] - tau[low],
        mean[low + 1] - mean[low],
        min(max(below / (below - above), 1e-3), 0.999),
    )
    start, rate = (0.0, 0.0) if riskless and low == 0 else (var[low], slope[low])
    x = root(gamma, kappa, years, tau[low], dt, short, dm, start, rate, curve[low], 0.0, 1.0, x)
    return 1.0 / max(tau[low] + x * dt, 1e-300)


def few_preference_risk_aversions(tau, mean, var, slope, curve, gamma, lam, b, years):
    """The same for a few clients, on one thread: waking others would take longer."""
    out = np.empty(gamma.size)
    for i in range(gamma.size):
        out[i] = preference(tau, mean, var, slope, curve, gamma[i], lam[i] - 1.0, b[i], years[i])
    return out

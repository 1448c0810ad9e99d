"""Greedy picks: `native/picks.c`."""

from __future__ import annotations

import numpy as np

from loops.sums import dot

BLOCK = 256


def closable(remaining, product, exposures, least):
    """Largest money in a product that overshoots no asset's remaining gap; 0 below the smallest
    purchase."""
    start, stop = exposures[0][product], exposures[0][product + 1]
    money = np.inf
    for e in range(start, stop):
        gap = remaining[exposures[1][e]]
        money = min(money, gap if stop - start == 1 else gap / exposures[2][e])
    return money if least[product] <= money < np.inf and money > 0.0 else 0.0


def open_taste(likes, allowed, held, base, owned, dearness, loyalty):
    """Relevance scaled to 0..1 over what is allowed, less dearness, -inf elsewhere; what of it is
    held gains loyalty."""
    low, high = np.inf, -np.inf
    for j in range(len(base)):
        owned[j] = False
        if allowed[j]:
            low, high = min(low, likes[j]), max(high, likes[j])
    span = high - low
    for j in range(len(base)):
        base[j] = (
            -np.inf
            if not allowed[j]
            else ((likes[j] - low) / span if span > 0.0 else 0.0) - dearness[j]
        )
    for code in held:
        if code < len(base):
            owned[code] = True
            base[code] += loyalty


def best_product(base, owned, closed, worth, extra):
    """Open product with the largest relevance + worth * closed share + extra, ties by column; -1
    where none is open. A held one must close something."""
    chosen, value = -1, -np.inf
    for j in range(len(base)):
        score = base[j] + worth[j] * closed[j] + extra[j]
        if score > value and (closed[j] > 0.0 or not owned[j]):
            chosen, value = j, score
    return chosen, value


def usefulness(risk, gamma, exposures, alone, toll, out):
    """Marginal certainty equivalent of each product: what it is worth alone, less what it adds to
    the risk of what is held (`risk`: covariance times portfolio)."""
    drag = gamma if gamma < np.inf else 1.0
    single = exposures[3]
    for a in range(len(risk)):
        toll[a] = drag * risk[a]
    for j in range(len(out)):
        if single[j] >= 0:
            out[j] = alone[j] - toll[single[j]]
        else:
            together = 0.0
            for e in range(exposures[0][j], exposures[0][j + 1]):
                together += exposures[2][e] * risk[exposures[1][e]]
            out[j] = alone[j] - drag * together


def open_usefulness(weights, client, covariance, exposures, moments, base, buffers):
    """Fill what each open product is worth to a client (wealth, risk aversion); its smallest value
    and 1 / range (0 where all are alike).

    Where risk aversion has no end it is minus what it adds to variance. `buffers`: risk, alone,
    useful, toll.
    """
    (wealth, gamma), (excess, variance, least), (risk, alone, useful, toll) = (
        client,
        moments,
        buffers,
    )
    for a in range(len(risk)):
        risk[a] = dot(covariance[a], weights, len(risk))
    tilt, drag = (1.0, gamma) if gamma < np.inf else (0.0, 1.0)
    for j in range(len(alone)):
        size = min(least[j] / wealth, 1.0) if wealth > 0.0 else 1.0
        alone[j] = tilt * excess[j] - 0.5 * drag * size * variance[j]
    usefulness(risk, gamma, exposures, alone, toll, useful)
    low, high = np.inf, -np.inf
    for j in range(len(useful)):
        if base[j] != -np.inf:
            low, high = min(low, useful[j]), max(high, useful[j])
    return (low, 1.0 / (high - low)) if high > low else (0.0, 0.0)


def hold_more(share, product, gamma, covariance, exposures, buffers):
    """Usefulness after a share of wealth went into a product."""
    if share <= 0.0:
        return
    risk, alone, useful, toll = buffers
    for e in range(exposures[0][product], exposures[0][product + 1]):
        for a in range(len(risk)):
            risk[a] += share * exposures[2][e] * covariance[exposures[1][e], a]
    usefulness(risk, gamma, exposures, alone, toll, useful)


def close_gaps(remaining, total, moved, exposures, least, base, blocked, closed):
    """Share of the whole gap that each open product can close; only products that touch an asset
    whose gap moved are looked at again."""
    for a in range(len(moved)):
        if moved[a]:
            for e in range(exposures[4][a], exposures[4][a + 1]):
                j = exposures[5][e]
                use = total > 0.0 and base[j] != -np.inf and not blocked[j]
                closed[j] = closable(remaining, j, exposures, least) / total if use else 0.0


def place(remaining, moved, exposures, product, money):
    """Take what was placed in a product from the gaps, and say which moved."""
    moved[:] = False
    for e in range(exposures[0][product], exposures[0][product + 1]):
        moved[exposures[1][e]] = money > 0.0
        remaining[exposures[1][e]] = max(0.0, remaining[exposures[1][e]] - money * exposures[2][e])


def pick_rows(taste, masks, held, gaps, exposures, products, own, similarity, settings):
    """Greedy picks by relevance, by the gap they close, by what they do for the portfolio and by
    novelty; see `portfolio_fit.pick_products`.

    `own`: `OwnPortfolio.arrays`, of length 0 where no portfolio counts.
    """
    (k, top_up, rate, variety, loyalty), (least, worth, dearness) = settings, products
    weights, wealth, gamma, covariance, moments = (
        own[0],
        own[1],
        own[2],
        own[3],
        (own[4], own[5], least),
    )
    count, width = taste.shape
    top, best, money = (
        np.full((count, k), -1, dtype=np.int64),
        np.full((count, k), np.nan),
        np.zeros((count, k)),
    )
    gained, unplaced, knows = np.full((count, k), np.nan), gaps.copy(), len(gamma) > 0
    for b in range((count + BLOCK - 1) // BLOCK):
        base, closed, owned, barred = (
            np.empty(width),
            np.zeros(width),
            np.empty(width, dtype=np.bool_),
            np.zeros(width, dtype=np.bool_),
        )
        extra, useful, alike = np.zeros(width), np.zeros(width), np.zeros(width)
        moved, buffers = (
            np.empty(gaps.shape[1], dtype=np.bool_),
            (np.zeros(gaps.shape[1]), np.zeros(width), useful, np.zeros(gaps.shape[1])),
        )
        for i in range(b * BLOCK, min(count, (b + 1) * BLOCK)):
            remaining, total, low, scale = unplaced[i], 0.0, 0.0, 0.0
            for a in range(len(remaining)):
                total += remaining[a]
            open_taste(
                taste[i],
                masks[1][masks[0][i]],
                held[1][held[0][i] : held[0][i + 1]],
                base,
                owned,
                dearness,
                loyalty,
            )
            if not top_up:
                barred[:] = owned
            moved[:] = True
            alike[:] = 0.0
            if knows:
                low, scale = open_usefulness(
                    weights[i], (wealth[i], gamma[i]), covariance, exposures, moments, base, buffers
                )
            for slot in range(k):
                close_gaps(remaining, total, moved, exposures, least, base, barred, closed)
                for j in range(width if knows or variety > 0.0 else 0):
                    extra[j] = rate * ((useful[j] - low) * scale) - variety * alike[j]
                chosen, value = best_product(base, owned, closed, worth, extra)
                if chosen < 0:
                    break
                base[chosen] = -np.inf
                placed = closable(remaining, chosen, exposures, least)
                top[i, slot], best[i, slot], money[i, slot] = chosen, value, placed
                place(remaining, moved, exposures, chosen, placed)
                if knows:
                    gained[i, slot] = useful[chosen] if gamma[i] < np.inf else np.nan
                    share = placed / wealth[i] if wealth[i] > 0.0 else 0.0
                    hold_more(share, chosen, gamma[i], covariance, exposures, buffers)
                if variety > 0.0:
                    alike[:] = np.maximum(alike, similarity[chosen])
    return top, best, money, unplaced, gained

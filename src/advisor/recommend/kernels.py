"""The hot loops, compiled. Each treats a client's row on its own, in a fixed order, so that bits depend neither on the batch nor on the threads.

Imported on first use only; the numpy versions they are compared with stand beside their tests.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from types import FunctionType
from typing import Any, TypeVar, cast

import numpy as np
from numba import njit, prange

from advisor.arrays import BoolArray, FloatArray, IntArray
from advisor.loops import guarded, several
from advisor.recommend.views import row_count, sealed

_F = TypeVar("_F", bound=Callable[..., Any])
BLOCK = 256  # rows a thread takes at a time: its score buffer is made once for all of them
FEW = 64  # rows up to which one thread is faster than several
_WIDE = 32
Shares = tuple[IntArray, IntArray, FloatArray, IntArray, IntArray, IntArray]
"""The arrays of `portfolio_fit.Exposures`."""


def _compiled(function: _F) -> _F:
    """Parallel over rows, cached on disk, numpy's rules for division by zero; no reordering of sums. For a few rows waking threads costs more than the
    work, so they take the same loop on one: the same bits.
    """
    loop = guarded(njit(cache=True, parallel=True, error_model="numpy")(function))
    alone = FunctionType(function.__code__, function.__globals__, function.__name__)
    alone.__qualname__ = f"{function.__name__}_alone"  # a cache of its own
    single = njit(cache=True, error_model="numpy")(alone)

    @wraps(function)
    def call(*arguments: Any) -> Any:
        return (loop if several(row_count(arguments[0]), FEW) else single)(*map(sealed, arguments))

    return cast(_F, call)


def _inlined(function: _F) -> _F:
    return cast(_F, njit(cache=True, error_model="numpy")(function))


@_compiled
def gram(indptr: IntArray, codes: IntArray, weights: FloatArray, discount: FloatArray, size: int, blocks: int) -> FloatArray:
    """X'DX of compressed rows of ones, or X'DW where W weighs the entries, shape (size, size); length 0 stands for ones.

    Rows are cut into `blocks` fixed blocks whose sums are added in block order: the bits depend on `blocks`, never on threads.
    """
    rows = len(indptr) - 1
    parts = np.zeros((blocks, size, size))
    plain = len(weights) == 0
    for b in prange(blocks):
        part = parts[b]
        for r in range(rows * b // blocks, rows * (b + 1) // blocks):
            d = discount[r] if len(discount) else 1.0
            for e in range(indptr[r], indptr[r + 1]):
                row = part[codes[e]]
                for f in range(indptr[r], e + 1 if plain else indptr[r + 1]):
                    row[codes[f]] += d if plain else d * weights[f]
    total = parts[0]
    for b in range(1, blocks):
        total += parts[b]
    if plain:
        for i in range(size):
            for j in range(i):
                total[i, j] += total[j, i]
                total[j, i] = total[i, j]
    return total


@_inlined
def _add_rows(buffer: FloatArray, start: Any, stop: Any, codes: IntArray, weights: FloatArray, matrix: FloatArray) -> None:
    """Add to the buffer the sum of weights * matrix[codes], entry after entry (four at a time only to touch the buffer less)."""
    width = len(buffer)
    e = start
    while e + 4 <= stop:
        a, b, c, d = matrix[codes[e]], matrix[codes[e + 1]], matrix[codes[e + 2]], matrix[codes[e + 3]]
        if len(weights):
            u, v, w, x = weights[e], weights[e + 1], weights[e + 2], weights[e + 3]
        else:
            u, v, w, x = 1.0, 1.0, 1.0, 1.0
        for j in range(width):
            buffer[j] = (((buffer[j] + u * a[j]) + v * b[j]) + w * c[j]) + x * d[j]
        e += 4
    while e < stop:
        a, u = matrix[codes[e]], weights[e] if len(weights) else 1.0
        for j in range(width):
            buffer[j] += u * a[j]
        e += 1


@_compiled
def score_rows(indptr: IntArray, codes: IntArray, weights: FloatArray, matrix: FloatArray) -> FloatArray:
    """Query rows times matrix, shape (rows, columns)."""
    rows = len(indptr) - 1
    out = np.zeros((rows, matrix.shape[1]))
    for r in prange(rows):
        _add_rows(out[r], indptr[r], indptr[r + 1], codes, weights, matrix)
    return out


@_inlined
def _insert(score: float, column: int, k: int, found: int, scores: FloatArray, columns: IntArray) -> int:
    """Put one candidate into a list sorted by score, then by column; returns the new length."""
    slot = found if found < k else k - 1
    while slot > 0 and (scores[slot - 1] < score or (scores[slot - 1] == score and columns[slot - 1] > column)):
        scores[slot] = scores[slot - 1]
        columns[slot] = columns[slot - 1]
        slot -= 1
    scores[slot] = score
    columns[slot] = column
    return min(found + 1, k)


@_inlined
def _select(buffer: FloatArray, limit: Any, allowed: BoolArray, column_of: IntArray, k: int, scores: FloatArray, columns: IntArray) -> None:
    """The k best allowed positions of a buffer (-inf = taken out), ties by column."""
    found = 0
    start = 0
    while start < limit:
        stop = min(start + _WIDE, limit)
        if found == k:
            least = scores[k - 1]
            beats = 0
            for j in range(start, stop):
                beats += buffer[j] >= least
            if beats == 0:
                start = stop
                continue
        for j in range(start, stop):
            score = buffer[j]
            if score == -np.inf or not allowed[j]:
                continue
            column = column_of[j]
            if found == k and (score < scores[k - 1] or (score == scores[k - 1] and column > columns[k - 1])):
                continue
            found = _insert(score, column, k, found, scores, columns)
        start = stop


@_compiled
def rank_rows(
    query: tuple[IntArray, IntArray, FloatArray],
    matrix: FloatArray,
    held: tuple[IntArray, IntArray],
    jobs: tuple[IntArray, IntArray],
    shelf: tuple[BoolArray, IntArray, IntArray, IntArray],
    k: int,
) -> tuple[IntArray, FloatArray]:
    """Masked exact top-k, fused with scoring; see `ranking.masked_top_k`. `jobs`: query row and class; `shelf`: the fields of a `Layout`."""
    row_of, class_of = jobs
    allowed, limits, column_of, position_of = shelf
    count = len(row_of)
    top, best = np.full((count, k), -1, dtype=np.int64), np.full((count, k), np.nan)
    for b in prange((count + BLOCK - 1) // BLOCK):
        whole = np.empty(matrix.shape[1])
        for i in range(b * BLOCK, min(count, (b + 1) * BLOCK)):
            r, group = row_of[i], class_of[i]
            limit = limits[group]
            buffer = whole[:limit]
            buffer[:] = 0.0
            _add_rows(buffer, query[0][r], query[0][r + 1], query[1], query[2], matrix)
            for e in range(held[0][r], held[0][r + 1]):
                if held[1][e] < len(position_of) and position_of[held[1][e]] < limit:
                    buffer[position_of[held[1][e]]] = -np.inf
            _select(buffer, limit, allowed[group], column_of, k, best[i], top[i])
    return top, best


@_compiled
def solve_rows(
    indptr: IntArray,
    codes: IntArray,
    factors: FloatArray,
    base: FloatArray,
    scale: FloatArray,
    ridge: float,
    extra: float,
    right: FloatArray,
) -> FloatArray:
    """Each row's (scale * base + ridge * I + extra * sum of q q')^-1 right, by Cholesky in a fixed order, shape (rows, f)."""
    rows, size = len(indptr) - 1, factors.shape[1]
    out = right.copy()
    for r in prange(rows):
        system = base * scale[r]
        for i in range(size):
            system[i, i] += ridge
        for e in range(indptr[r], indptr[r + 1]):
            q = factors[codes[e]]
            for i in range(size if extra != 0.0 else 0):
                own = extra * q[i]
                for j in range(i, size):
                    system[i, j] += own * q[j]
        _solve(system, out[r])
    return out


@_inlined
def _solve(system: FloatArray, right: FloatArray) -> None:
    """Solve a small symmetric positive definite system in place (upper triangle given), row after row so that the inner loops run wide."""
    size = len(right)
    for t in range(size):
        pivot = np.sqrt(system[t, t])
        for j in range(t, size):
            system[t, j] /= pivot
        right[t] /= pivot
        for i in range(t + 1, size):
            factor = system[t, i]
            right[i] -= factor * right[t]
            for j in range(i, size):
                system[i, j] -= factor * system[t, j]
    for i in range(size - 1, -1, -1):
        for j in range(i + 1, size):
            right[i] -= system[i, j] * right[j]
        right[i] /= system[i, i]


@_inlined
def _closable(remaining: FloatArray, product: int, exposures: Shares, least: FloatArray) -> float:
    """Largest money in a product that overshoots no asset's remaining gap; 0 below the smallest purchase."""
    start, stop = exposures[0][product], exposures[0][product + 1]
    money: Any = np.inf
    for e in range(start, stop):
        gap = remaining[exposures[1][e]]
        money = min(money, gap if stop - start == 1 else gap / exposures[2][e])
    return money if least[product] <= money < np.inf and money > 0.0 else 0.0


@_inlined
def _open_taste(likes: FloatArray, allowed: BoolArray, held: IntArray, base: FloatArray, owned: BoolArray) -> None:
    """Taste scaled to 0..1 over what is allowed, -inf elsewhere; and what of it is held."""
    low, high = np.inf, -np.inf
    for j in range(len(base)):
        owned[j] = False
        if allowed[j]:
            low, high = min(low, likes[j]), max(high, likes[j])
    span = high - low
    for j in range(len(base)):
        base[j] = -np.inf if not allowed[j] else ((likes[j] - low) / span if span > 0.0 else 0.0)
    for code in held:
        if code < len(base):
            owned[code] = True


@_inlined
def _best(base: FloatArray, owned: BoolArray, closed: FloatArray, worth: FloatArray, extra: FloatArray) -> tuple[int, float]:
    """Open product with the largest taste + worth * closed share + extra, ties by column; -1 where none is open. A held one must close something."""
    chosen, value = -1, -np.inf
    for j in range(len(base)):
        score = base[j] + worth[j] * closed[j] + extra[j]
        if score > value and (closed[j] > 0.0 or not owned[j]):
            chosen, value = j, score
    return chosen, value


@_inlined
def _usefulness(risk: FloatArray, gamma: float, exposures: Shares, alone: FloatArray, toll: FloatArray, out: FloatArray) -> None:
    """Marginal certainty equivalent of each product: what it is worth alone, less what it adds to the risk of what is held (`risk`: covariance times portfolio)."""
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


@_inlined
def _open_usefulness(
    weights: FloatArray,
    client: tuple[float, float],
    covariance: FloatArray,
    exposures: Shares,
    moments: tuple[FloatArray, FloatArray, FloatArray],
    base: FloatArray,
    buffers: tuple[FloatArray, FloatArray, FloatArray, FloatArray],
) -> tuple[float, float]:
    """Fill what each open product is worth to a client (wealth, risk aversion); its smallest value and 1 / range (0 where all are alike).

    Where risk aversion has no end it is minus what it adds to variance. `buffers`: risk, alone, useful, toll.
    """
    (wealth, gamma), (excess, variance, least), (risk, alone, useful, toll) = client, moments, buffers
    for a in range(len(risk)):
        risk[a] = 0.0
        for c in range(len(risk)):
            risk[a] += covariance[a, c] * weights[c]
    tilt, drag = (1.0, gamma) if gamma < np.inf else (0.0, 1.0)
    for j in range(len(alone)):
        size = min(least[j] / wealth, 1.0) if wealth > 0.0 else 1.0
        alone[j] = tilt * excess[j] - 0.5 * drag * size * variance[j]
    _usefulness(risk, gamma, exposures, alone, toll, useful)
    low, high = np.inf, -np.inf
    for j in range(len(useful)):
        if base[j] != -np.inf:
            low, high = min(low, useful[j]), max(high, useful[j])
    return (low, 1.0 / (high - low)) if high > low else (0.0, 0.0)


@_inlined
def _hold_more(
    share: float,
    product: int,
    gamma: float,
    covariance: FloatArray,
    exposures: Shares,
    buffers: tuple[FloatArray, FloatArray, FloatArray, FloatArray],
) -> None:
    """Usefulness after a share of wealth went into a product."""
    if share <= 0.0:
        return
    risk, alone, useful, toll = buffers
    for e in range(exposures[0][product], exposures[0][product + 1]):
        for a in range(len(risk)):
            risk[a] += share * exposures[2][e] * covariance[exposures[1][e], a]
    _usefulness(risk, gamma, exposures, alone, toll, useful)


@_inlined
def _close_gaps(
    remaining: FloatArray,
    total: float,
    moved: BoolArray,
    exposures: Shares,
    least: FloatArray,
    base: FloatArray,
    blocked: BoolArray,
    closed: FloatArray,
) -> None:
    """Share of the whole gap that each open product can close; only products that touch an asset whose gap moved are looked at again."""
    for a in range(len(moved)):
        if moved[a]:
            for e in range(exposures[4][a], exposures[4][a + 1]):
                j = exposures[5][e]
                use = total > 0.0 and base[j] != -np.inf and not blocked[j]
                closed[j] = _closable(remaining, j, exposures, least) / total if use else 0.0


@_inlined
def _place(remaining: FloatArray, moved: BoolArray, exposures: Shares, product: int, money: float) -> None:
    """Take what was placed in a product from the gaps, and say which moved."""
    moved[:] = False
    for e in range(exposures[0][product], exposures[0][product + 1]):
        moved[exposures[1][e]] = money > 0.0
        remaining[exposures[1][e]] = max(0.0, remaining[exposures[1][e]] - money * exposures[2][e])


@_compiled
def pick_rows(
    taste: FloatArray,
    masks: tuple[IntArray, BoolArray],
    held: tuple[IntArray, IntArray],
    gaps: FloatArray,
    exposures: Shares,
    products: tuple[FloatArray, FloatArray],
    own: tuple[FloatArray, FloatArray, FloatArray, FloatArray, FloatArray, FloatArray],
    similarity: FloatArray,
    settings: tuple[int, bool, float, float],
) -> tuple[IntArray, FloatArray, FloatArray, FloatArray, FloatArray]:
    """Greedy picks by taste, by the gap they close, by what they do for the portfolio and by novelty; see `portfolio_fit.pick_products`.

    `own`: `OwnPortfolio.arrays`, of length 0 where no portfolio counts.
    """
    (k, top_up, rate, variety), (least, worth) = settings, products
    weights, wealth, gamma, covariance, moments = own[0], own[1], own[2], own[3], (own[4], own[5], least)
    count, width = taste.shape
    top, best, money = np.full((count, k), -1, dtype=np.int64), np.full((count, k), np.nan), np.zeros((count, k))
    gained, unplaced, knows = np.full((count, k), np.nan), gaps.copy(), len(gamma) > 0
    for b in prange((count + BLOCK - 1) // BLOCK):
        base, closed, owned, barred = np.empty(width), np.zeros(width), np.empty(width, dtype=np.bool_), np.zeros(width, dtype=np.bool_)
        extra, useful, alike = np.zeros(width), np.zeros(width), np.zeros(width)
        moved, buffers = (
            np.empty(gaps.shape[1], dtype=np.bool_),
            (np.zeros(gaps.shape[1]), np.zeros(width), useful, np.zeros(gaps.shape[1])),
        )
        for i in range(b * BLOCK, min(count, (b + 1) * BLOCK)):
            remaining, total, low, scale = unplaced[i], 0.0, 0.0, 0.0
            for a in range(len(remaining)):
                total += remaining[a]
            _open_taste(taste[i], masks[1][masks[0][i]], held[1][held[0][i] : held[0][i + 1]], base, owned)
            if not top_up:
                barred[:] = owned
            moved[:] = True
            alike[:] = 0.0
            if knows:
                low, scale = _open_usefulness(weights[i], (wealth[i], gamma[i]), covariance, exposures, moments, base, buffers)
            for slot in range(k):
                _close_gaps(remaining, total, moved, exposures, least, base, barred, closed)
                for j in range(width if knows or variety > 0.0 else 0):
                    extra[j] = rate * ((useful[j] - low) * scale) - variety * alike[j]
                chosen, value = _best(base, owned, closed, worth, extra)
                if chosen < 0:
                    break
                base[chosen] = -np.inf
                placed = _closable(remaining, chosen, exposures, least)
                top[i, slot], best[i, slot], money[i, slot] = chosen, value, placed
                _place(remaining, moved, exposures, chosen, placed)
                if knows:
                    gained[i, slot] = useful[chosen] if gamma[i] < np.inf else np.nan
                    share = placed / wealth[i] if wealth[i] > 0.0 else 0.0
                    _hold_more(share, chosen, gamma[i], covariance, exposures, buffers)
                if variety > 0.0:
                    alike[:] = np.maximum(alike, similarity[chosen])
    return top, best, money, unplaced, gained

"""The hot loops of the recommenders, in C. Each treats a client's row on its own, in a fixed order,
so that bits depend neither on the batch nor on the threads; `tests/loops` repeats them as plain
Python, equal to the bit.
"""

from __future__ import annotations

import numpy as np

from advisor.arrays import BoolArray, FloatArray, IntArray
from advisor.native.library import Function
from advisor.native.threads import blocks as over_blocks
from advisor.recommend.views import readonly

Shares = tuple[IntArray, IntArray, FloatArray, IntArray, IntArray, IntArray]
"""The arrays of `portfolio_fit.Exposures`."""
_QUERY = "indptr:i8[ends] codes:i8[entries] "
_GRAM = Function(
    "advisor_gram",
    _QUERY + "weights:f8[weighted] discount:f8[discounted] parts=f8[blocks,size,size]",
    rows=True,
)
_SCORES = Function(
    "advisor_score_rows",
    _QUERY + "weights:f8[weighted] matrix:f8[items,width] out=f8[rows,width]",
    rows=True,
)
_RANK = Function(
    "advisor_rank_rows",
    _QUERY
    + "weights:f8[weighted] matrix:f8[items,width] held_indptr:i8[held_ends] held:i8[held_entries]"
    " row_of:i8[jobs] class_of:i8[jobs] allowed:b1[classes,width] limits:i8[classes]"
    " column_of:i8[width] position_of:i8[columns] top=i8[jobs,k] best=f8[jobs,k]",
    rows=True,
)
_SOLVE = Function(
    "advisor_solve_rows",
    _QUERY + "factors:f8[items,size] base:f8[size,size] scale:f8[rows] ridge:f8 extra:f8"
    " right=f8[rows,size]",
    rows=True,
)
_PICK = Function(
    "advisor_pick_rows",
    "scores:f8[c,p] class_of:i8[c] allowed:b1[classes,p] held_indptr:i8[ends] held:i8[entries]"
    " begin:i8[begins] member:i8[p] indptr:i8[kind_ends] assets:i8[shares] share:f8[shares]"
    " single:i8[g] asset_indptr:i8[asset_ends] kinds:i8[by_asset] least:f8[g] worth:f8[g]"
    " dearness:f8[g]"
    " weights:f8[owners,owned] wealth:f8[known] gamma:f8[known] covariance:f8[wide,wide]"
    " excess:f8[judged] variance:f8[judged] similarity:f8[alike,alike] top_up:i8 rate:f8 variety:f8"
    " loyalty:f8 top=i8[c,k] best=f8[c,k] money=f8[c,k] gained=f8[c,k] unplaced=f8[c,n]",
    rows=True,
)


def gram(
    indptr: IntArray,
    codes: IntArray,
    weights: FloatArray,
    discount: FloatArray,
    size: int,
    blocks: int,
) -> FloatArray:
    """X'DX of compressed rows of ones, or X'DW where W weighs the entries, shape (size, size);
    length 0 stands for ones.

    Rows are cut into `blocks` fixed blocks whose sums are added in block order: the bits depend on
    `blocks`, never on threads.
    """
    parts = np.zeros((blocks, size, size))
    over_blocks(
        _GRAM.bound(*map(readonly, (indptr, codes, weights, discount)), parts),
        blocks,
        few=1,
        size=1,
    )
    total: FloatArray = parts[0]
    for part in parts[1:]:
        total += part
    if not len(weights):
        lower = np.tril(total) + np.triu(total, 1).T
        total = lower + np.tril(lower, -1).T
    return total


def score_rows(
    indptr: IntArray, codes: IntArray, weights: FloatArray, matrix: FloatArray
) -> FloatArray:
    """Query rows times matrix, shape (rows, columns)."""
    out = np.empty((len(indptr) - 1, matrix.shape[1]))
    over_blocks(_SCORES.bound(*map(readonly, (indptr, codes, weights, matrix)), out), len(out))
    return out


def rank_rows(
    query: tuple[IntArray, IntArray, FloatArray],
    matrix: FloatArray,
    held: tuple[IntArray, IntArray],
    jobs: tuple[IntArray, IntArray],
    layout: tuple[BoolArray, IntArray, IntArray, IntArray],
    k: int,
) -> tuple[IntArray, FloatArray]:
    """Masked exact top-k, fused with scoring; see `ranking.masked_top_k`. `jobs`: query row and
    class; `layout`: the fields of a `Layout`.
    """
    count = len(jobs[0])
    top, best = np.full((count, k), -1, dtype=np.int64), np.full((count, k), np.nan)
    over_blocks(
        _RANK.bound(*map(readonly, (*query, matrix, *held, *jobs, *layout)), top, best), count
    )
    return top, best


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
    """Each row's (scale * base + ridge * I + extra * sum of q q')^-1 right, by Cholesky in a fixed
    order, shape (rows, f).
    """
    out = np.array(right, order="C")
    over_blocks(
        _SOLVE.bound(*map(readonly, (indptr, codes, factors, base, scale)), ridge, extra, out),
        len(out),
    )
    return out


def pick_rows(
    relevance: FloatArray,
    masks: tuple[IntArray, BoolArray],
    held: tuple[IntArray, IntArray],
    gaps: FloatArray,
    exposures: Shares,
    products: tuple[FloatArray, FloatArray, FloatArray],
    own: tuple[FloatArray, FloatArray, FloatArray, FloatArray, FloatArray, FloatArray],
    similarity: FloatArray,
    settings: tuple[int, bool, float, float, float],
    kinds: tuple[IntArray, IntArray] | None = None,
) -> tuple[IntArray, FloatArray, FloatArray, FloatArray, FloatArray]:
    """Greedy picks by relevance, by the gap they close, by what they do for the portfolio and by
    novelty; see `portfolio_fit.pick_products`.

    `own`: `OwnPortfolio.arrays`, of length 0 where no portfolio counts. `kinds`: where products are
    alike but for relevance, `exposures`, `products` and the moments in `own` stand by kind, and the
    products of kind i are member[begin[i]:begin[i + 1]], ascending; not with variety above 0.
    """
    k, top_up, rate, variety, loyalty = settings
    count, width = relevance.shape
    begin, member = kinds or (np.arange(width + 1), np.arange(width))
    top, best, money = (
        np.full((count, k), -1, dtype=np.int64),
        np.full((count, k), np.nan),
        np.zeros((count, k)),
    )
    gained, unplaced = np.full((count, k), np.nan), np.array(gaps, order="C")
    read = map(
        readonly, (relevance, *masks, *held, begin, member, *exposures, *products, *own, similarity)
    )
    over_blocks(
        _PICK.bound(*read, int(top_up), rate, variety, loyalty, top, best, money, gained, unplaced),
        count,
    )
    return top, best, money, unplaced, gained

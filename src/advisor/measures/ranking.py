"""Accuracy of ranked lists against what was really bought, one value a client.

Every function takes `hits`, shape (..., k): True where the slot's product was bought, best slot
first, and `relevant`, shape (...): how many products the client bought. A slot that is empty, or
beyond the list's end, is a miss. Products are bought or not (binary gains). **A client who bought
nothing gets 0**; whether they belong in a mean is the caller's to decide and to say. The values
equal trec_eval's and ranx's on lists without repeated products.
"""

from __future__ import annotations

import numpy as np
from scipy import sparse

from advisor.annotations import Count
from advisor.arrays import BoolArray, FloatArray, IntArray
from advisor.errors import InputError
from advisor.measures.history import ratio
from advisor.validation import checked


@checked
def mark_hits(codes: IntArray, truth: sparse.csr_array) -> BoolArray:
    """Which slots hold a product that the client bought.

    Args:
        codes: Product of each slot, -1 = empty, shape (c, k).
        truth: What each client bought, shape (c, p); any stored entry counts.

    Returns:
        Shape (c, k); False in empty slots.

    Raises:
        InputError: Another number of clients, or a code outside 0..p-1.
    """
    clients, products = truth.shape
    if codes.ndim != 2 or len(codes) != clients:
        raise InputError(
            f"codes has shape {codes.shape} for {clients} clients of truth; give one row a client.",
            field="codes",
            value=codes.shape,
        )
    if codes.size and (codes.max() >= products or codes.min() < -1):
        raise InputError(
            f"codes run from {codes.min()} to {codes.max()}, but truth has {products} products"
            f" (0..{products - 1}; -1 = empty).",
            field="codes",
            value=int(codes.max()),
        )
    rows = np.repeat(np.arange(clients, dtype=np.int64), np.diff(truth.indptr))
    bought = np.unique(rows * products + truth.indices)
    if bought.size == 0:
        return np.zeros(codes.shape, dtype=np.bool_)
    asked = np.arange(clients, dtype=np.int64)[:, None] * products + codes
    place = np.minimum(np.searchsorted(bought, asked), bought.size - 1)
    return (bought[place] == asked) & (codes >= 0)


@checked
def hit_rate(hits: BoolArray, relevant: IntArray, k: Count) -> FloatArray:
    """Whether anything among the first k was bought.

    >>> (
    ...     hit_rate(np.array([[False, True, False]]), np.array([2]), 1).tolist(),
    ...     hit_rate(np.array([[False, True, False]]), np.array([2]), 2).tolist(),
    ... )
    ([0.0], [1.0])
    """
    return np.asarray(_first(hits, relevant, k).any(axis=-1), dtype=np.float64)


@checked
def precision(hits: BoolArray, relevant: IntArray, k: Count) -> FloatArray:
    """Share of the first k picks that were bought; the divisor is k also where the list is shorter.

    >>> precision(np.array([[True, False, True]]), np.array([4]), 3).round(4).tolist()
    [0.6667]
    """
    return np.asarray(_first(hits, relevant, k).sum(axis=-1) / float(k), dtype=np.float64)


@checked
def recall(hits: BoolArray, relevant: IntArray, k: Count) -> FloatArray:
    """Share of what the client bought that is among the first k.

    >>> recall(np.array([[True, False, True]]), np.array([4]), 3).tolist()
    [0.5]
    """
    return _ratio(_first(hits, relevant, k).sum(axis=-1), relevant)


@checked
def ndcg(hits: BoolArray, relevant: IntArray, k: Count) -> FloatArray:
    """Normalised discounted cumulative gain with binary gains and discount 1 / log2(rank + 1).

    Args:
        hits: Shape (..., m).
        relevant: Shape (...).
        k: Cut-off.

    Returns:
        Shape (...), within [0, 1]: the ideal list has its first min(k, relevant) picks bought, and
        no list of distinct products can hold more.

    Raises:
        InputError: k is below 1, or more hits than relevant products.

    Source: Järvelin & Kekäläinen (2002), ACM TOIS 20:422, section 2.2; discount and ideal as in
    trec_eval's ndcg_cut.

    >>> round(
    ...     float(ndcg(np.array([False, True, True]), np.array(2), 3)), 4
    ... )  # (1/log2(3) + 1/log2(4)) / (1 + 1/log2(3))
    0.6934
    """
    top = _first(hits, relevant, k)
    k = min(k, max(top.shape[-1], int(np.max(relevant, initial=0))))
    discount = 1.0 / np.log2(np.arange(2, k + 2))
    ideal = np.concatenate(([0.0], np.cumsum(discount)))[np.minimum(relevant, k)]
    return _ratio(
        np.einsum("...k,k->...", top.astype(np.float64), discount[: top.shape[-1]]), ideal
    )


@checked
def average_precision(hits: BoolArray, relevant: IntArray, k: Count) -> FloatArray:
    """Mean over the bought products of the precision at the rank of each (0 beyond k); its mean
    over clients is MAP at k.

    Source: the divisor is the number of bought products, as in trec_eval's map_cut; some libraries
    divide by min(k, relevant) or by k instead.

    >>> round(
    ...     float(average_precision(np.array([True, False, True]), np.array(2), 3)), 4
    ... )  # (1/1 + 2/3) / 2
    0.8333
    """
    top = _first(hits, relevant, k)
    at_rank = np.cumsum(top, axis=-1) / np.arange(1, top.shape[-1] + 1)
    return _ratio((at_rank * top).sum(axis=-1), relevant)


@checked
def reciprocal_rank(hits: BoolArray, relevant: IntArray, k: Count) -> FloatArray:
    """1 / rank of the first bought pick among the first k, 0 where there is none; its mean over
    clients is MRR at k.

    >>> reciprocal_rank(
    ...     np.array([[False, False, True], [False, False, False]]), np.array([1, 1]), 3
    ... ).round(4).tolist()
    [0.3333, 0.0]
    """
    top = _first(hits, relevant, k)
    if top.shape[-1] == 0:
        return np.zeros(top.shape[:-1])
    return np.where(top.any(axis=-1), 1.0 / (np.argmax(top, axis=-1) + 1.0), 0.0)


METRICS = {
    "hit_rate": hit_rate,
    "precision": precision,
    "recall": recall,
    "ndcg": ndcg,
    "map": average_precision,
    "mrr": reciprocal_rank,
}
"""The six accuracy metrics by the names a report uses."""


def _first(marks: BoolArray, counts: IntArray, k: int) -> BoolArray:
    if not marks.ndim or marks.shape[:-1] != counts.shape:
        raise InputError(
            f"hits has shape {marks.shape} but relevant has {counts.shape}; give one count a list.",
            field="relevant",
            value=counts.shape,
        )
    hits = marks.sum(axis=-1)
    if (hits > counts).any():
        raise InputError(
            f"A list has {int(hits.max())} hits for fewer bought products"
            f" ({int(counts[hits > counts].min())}); a product is listed twice, or relevant is"
            " wrong.",
            field="relevant",
            value=int(hits.max()),
        )
    return marks[..., :k]


def _ratio(numerator: FloatArray, denominator: FloatArray | IntArray) -> FloatArray:
    """Quotient, 0 where the denominator is 0."""
    return np.nan_to_num(ratio(numerator, denominator))

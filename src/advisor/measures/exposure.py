"""What lists are like beside being right: how much of the catalogue they show, how concentrated,
how novel, how varied.

`codes`, shape (c, k), holds the product of each slot, -1 = empty.
"""

from __future__ import annotations

from typing import Annotated

import numpy as np

from advisor.annotations import Count, CountOrNone, Matrix, Vector, WholeMatrix, WholeVector
from advisor.arrays import FloatArray, IntArray
from advisor.errors import InputError
from advisor.measures.history import ratio
from advisor.readers import Array
from advisor.validation import checked

MOST_PRODUCTS = 100_000_000
Amounts = Annotated[
    FloatArray | IntArray,
    Array("Pass amounts, one a product.", dimensions=(1,), finite=True, low=0.0),
]


@checked
def exposure_counts(codes: IntArray, products: CountOrNone) -> IntArray:
    """How often each product is shown, shape (p,).

    >>> exposure_counts(np.array([[0, 2], [0, -1]]), 4).tolist()
    [2, 0, 1, 0]
    """
    if products > MOST_PRODUCTS:
        raise InputError(
            f"products is {products}; more than {MOST_PRODUCTS:,} cannot be counted. Correct it.",
            field="products",
            value=products,
        )
    _check_codes(codes, products)
    return np.bincount(codes[codes >= 0], minlength=products).astype(np.int64)


def _check_codes(codes: IntArray, products: int) -> None:
    last = int(codes.max(initial=-1))
    if last >= products:
        raise InputError(
            f"codes name product {last}, but there are {products} (0..{products - 1}).",
            field="codes",
            value=last,
        )


@checked
def coverage(codes: IntArray, products: CountOrNone) -> float:
    """Share of the products that stand in at least one list.

    >>> coverage(np.array([[0, 2], [0, -1]]), 4)
    0.5
    """
    return float((exposure_counts(codes, products) > 0).mean()) if products else 0.0


@checked
def gini(counts: Amounts) -> float:
    """Gini coefficient of non-negative counts, shape (p,); 0 where all are zero.

    Returns:
        sum_i (2 i - p - 1) x_(i) / (p sum x) over the ascending counts: 0 when all are equal, (p -
        1) / p when one holds everything.

    Raises:
        InputError: A count is negative or not finite.

    Source: Gini (1912), in the sorted form of Dixon et al. (1987), without the small-sample factor
    p / (p - 1).

    >>> gini(np.array([5, 5, 5, 5])), gini(np.array([0, 0, 0, 9]))
    (0.0, 0.75)
    """
    ascending = np.sort(counts)
    ascending = ascending / max(float(ascending.max(initial=0.0)), 1e-300)  # no sum overflows
    total, p = float(ascending.sum()), len(ascending)
    if total == 0.0:
        return 0.0
    return float(((2.0 * np.arange(1, p + 1) - p - 1.0) * ascending).sum() / (p * total))


@checked
def novelty(codes: WholeMatrix, holders: WholeVector, clients: Count) -> FloatArray:
    """Mean self-information of each list, in bits, shape (c,); nan for an empty list.

    Args:
        codes: Shape (c, k).
        holders: How many clients hold each product, shape (p,).
        clients: How many clients there are to hold it.

    Source: Zhou et al. (2010), PNAS 107:4511 (mean self-information).

    >>> novelty(np.array([[0, 1]]), np.array([4, 1]), 8).tolist()  # (1 + 3) / 2
    [2.0]
    """
    return list_mean(codes, -np.log2(np.maximum(holders, 1) / float(clients)))


@checked
def diversity(codes: WholeMatrix, features: Matrix) -> FloatArray:
    """One minus the mean pairwise cosine similarity of each list's products, shape (c,); nan for
    fewer than two picks.

    Args:
        codes: Shape (c, k).
        features: What products are like, shape (p, f); a row of zeros is like nothing.

    Returns:
        Within [0, 2]; within [0, 1] for non-negative features. The mean over pairs comes from the
        norm of the list's sum of unit vectors, so no (p, p) table is made.

    Source: Ziegler et al. (2005), WWW, section 3.2 (intra-list similarity).

    >>> diversity(
    ...     np.array([[0, 1], [0, 2]]), np.array([[1.0, 0.0], [0.0, 1.0], [2.0, 0.0]])
    ... ).tolist()
    [1.0, 0.0]
    """
    _check_codes(codes, len(features))
    if not codes.size:
        return np.full(len(codes), np.nan)
    norms = np.sqrt(np.einsum("pf,pf->p", features, features))
    unit = features / np.where(norms > 0.0, norms, 1.0)[:, None]
    filled = codes >= 0
    picked = np.where(filled[:, :, None], unit[np.maximum(codes, 0)], 0.0)
    total = picked.sum(axis=1)
    count = filled.sum(axis=1)
    pairs = count * (count - 1.0)
    own = np.einsum("ckf,ckf->c", picked, picked)
    similarity = np.einsum("cf,cf->c", total, total) - own
    return 1.0 - ratio(similarity, pairs)


@checked
def list_mean(codes: WholeMatrix, values: Vector) -> FloatArray:
    """Mean of a product measure over each list's filled slots, shape (c,); nan for an empty list,
    and slots whose value is nan are left out.

    >>> list_mean(np.array([[0, 1], [1, -1]]), np.array([1.0, 3.0])).tolist()
    [2.0, 3.0]
    """
    _check_codes(codes, len(values))
    if len(values) == 0:
        return np.full(len(codes), np.nan)
    taken = np.where(codes >= 0, np.asarray(values, dtype=np.float64)[np.maximum(codes, 0)], np.nan)
    known = np.isfinite(taken)
    return ratio(np.where(known, taken, 0.0).sum(axis=1), known.sum(axis=1))


@checked
def popularity_lift(codes: WholeMatrix, popularity: Vector, held_popularity: Vector) -> FloatArray:
    """How much more popular each list is than what its client holds, shape (c,): ratio of means
    minus 1; nan without holdings or picks.

    Args:
        codes: Shape (c, k).
        popularity: Share of clients who hold each product, shape (p,).
        held_popularity: Mean popularity of what each client holds, shape (c,), nan = holds nothing.

    Source: Abdollahpouri et al. (2019), RMSE workshop at RecSys (popularity lift), a client at a
    time.
    """
    shown = list_mean(codes, popularity)
    if shown.shape != held_popularity.shape:
        raise InputError(
            f"held_popularity has {len(held_popularity)} entries for {len(shown)} lists; give one a"
            " client.",
            field="held_popularity",
            value=len(held_popularity),
        )
    return ratio(shown, np.where(held_popularity > 0.0, held_popularity, 0.0)) - 1.0

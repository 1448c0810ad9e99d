"""The ridge of a factor model, chosen by what is found again when it is left out: it has the scale
of the data.
"""

from __future__ import annotations

import numpy as np
from scipy.sparse.linalg import svds

from advisor.arrays import FloatArray, IntArray
from advisor.errors import InputError
from advisor.recommend.model.purchases import History
from advisor.recommend.model.rows import NO_WEIGHTS, Rows
from advisor.recommend.threads import one_thread

SHARES = (0.8, 0.7, 0.6, 0.5, 0.4, 0.3, 0.2, 0.1, 0.05, 0.02)
"""Ridges that are tried, over the second largest singular value."""
CASES = 2_000
"""Purchases left out, one of a client, to choose among them."""
LEAST_CASES = 20
"""Fewer left-out purchases choose nothing: the ridge then is that at which the second factor weighs
`KEPT` of the first."""
KEPT = 0.25
LIST = 10
"""Length of the lists in which a left-out purchase is looked for."""
DENSE = 1_500
"""Up to so many items the spectrum is that of the dense matrix of joint purchases."""


def ridge_of(history: History, weight: float, asked: float | None, factors: int = 16) -> float:
    """The ridge of weighted least-squares factors, on both sides.

    With every weight 1, factors keep of each singular value what exceeds the ridge, so one
    decomposition gives the model of every ridge. Each is judged by leaving one purchase out of each
    of up to `CASES` clients and looking for it among the products they do not hold (nDCG at 10);
    the best is taken, the larger of equals. Where clients hold little, a factor that only repeats
    what is held finds nothing, and the ridge is large; where they hold much it is small. Larger
    weights leave more of the later factors, so it does not grow with them.

    Args:
        history: Purchases.
        weight: Of a purchase, against 1 for what was not bought.
        asked: A ridge that was asked for; None: by the rule.
        factors: Length of a factor.

    Raises:
        InputError: The ridge asked for is at least the largest singular value: all factors would be
            0, and everybody would get one list.

    Source: Hastie, Mazumder, Lee & Zadeh (2015), JMLR 16, theorem 1: soft-thresholded singular
    values.
    """
    with one_thread():
        values, vectors = spectrum(history, factors)
        largest = values[0] * weight if len(values) else 0.0
        vanishes = asked is not None and 0.0 < largest <= asked
        if asked is not None and not vanishes:
            return asked
        ridge = min(weight, 1.0) * (_found_again(history, values, vectors) or _by_spectrum(values))
    if vanishes:
        raise InputError(
            f"regularization is {asked:g}, and the largest singular value of the purchases is"
            f" {largest:.3g}; every factor would vanish and all clients would get one list. Leave"
            f" it out (it is then {ridge:.3g} here), or pass less.",
            field="regularization",
            value=asked,
        )
    return ridge if ridge > 0.0 else 1.0


def spectrum(history: History, count: int) -> tuple[FloatArray, FloatArray]:
    """The largest singular values of the matrix of purchases, clients by items, with their weights,
    and their right vectors, shapes (f,) and (items, f).

    There are `count` of them, and at least two; fewer where the matrix has fewer.
    """
    rows, count = history.rows, max(count, 2)
    matrix = rows.matrix(len(history.items))
    if not matrix.nnz:
        return np.zeros(0), np.zeros((matrix.shape[1], 0))
    if matrix.shape[1] <= DENSE:
        squares, vectors = np.linalg.eigh((matrix.T @ matrix).toarray())
        values = np.sqrt(np.maximum(squares, 0.0))
    elif min(matrix.shape) <= count + 1:
        _, values, rows_of = np.linalg.svd(matrix.toarray(), full_matrices=False)
        values, vectors = values[::-1], rows_of[::-1].T
    else:
        _, values, rows_of = svds(matrix, k=count, v0=np.ones(min(matrix.shape)))
        order = np.argsort(values, kind="stable")
        values, vectors = values[order], rows_of[order].T
    return np.array(values[::-1][:count], dtype=np.float64), np.array(
        vectors[:, ::-1][:, :count], dtype=np.float64, order="C"
    )


def _by_spectrum(values: FloatArray) -> float:
    """Where the second factor keeps a quarter of what the first keeps, `(s2 - s1 / 4) / (3 / 4)`,
    and at least half of it.
    """
    if not len(values):
        return 0.0
    largest, second = float(values[0]), float(values[1]) if len(values) > 1 else 0.0
    if second <= 1e-6 * largest:
        return _rounded(0.5 * largest)
    return _rounded(max((second - KEPT * largest) / (1.0 - KEPT), 0.5 * second))


def _rounded(ridge: float) -> float:
    """Three significant digits, so that the last bits of a spectrum cannot change a model."""
    return float(f"{ridge:.3g}")


def _found_again(history: History, values: FloatArray, vectors: FloatArray) -> float | None:
    """The ridge whose model finds left-out purchases best; None where too few can be left out."""
    rows = history.rows
    lengths = np.diff(rows.indptr)
    several = np.flatnonzero(lengths >= 2)
    several = several[:: max(1, -(-len(several) // CASES))]
    if len(several) < LEAST_CASES or len(values) < 2:
        return None
    left_out = rows.codes[rows.indptr[several] + np.arange(len(several)) % lengths[several]]
    ridges = sorted({_rounded(share * float(values[1])) for share in SHARES}, reverse=True)
    quality = np.zeros(len(ridges))
    for start in range(0, len(several), 256):
        part = slice(start, start + 256)
        quality += _quality(history, several[part], left_out[part], ridges, (values, vectors))
    return ridges[int(np.argmax(np.round(quality, 6)))]


def _quality(
    history: History,
    clients: IntArray,
    left_out: IntArray,
    ridges: list[float],
    spectrum_of: tuple[FloatArray, FloatArray],
) -> FloatArray:
    """Summed nDCG at `LIST` of one left-out purchase each, for every ridge."""
    values, vectors = spectrum_of
    held = history.rows.take(clients)
    matrix = Rows(held.indptr, held.codes, NO_WEIGHTS).matrix(len(history.items))
    owned = matrix.toarray() > 0.0
    query, row = matrix @ vectors - vectors[left_out], np.arange(len(clients))
    summed = np.zeros(len(ridges))
    for i, ridge in enumerate(ridges):
        scores = (query * np.maximum(1.0 - ridge / values, 0.0)) @ vectors.T
        rank = ((scores > scores[row, left_out][:, None]) & ~owned).sum(axis=1)
        summed[i] = np.where(rank < LIST, 1.0 / np.log2(rank + 2.0), 0.0).sum()
    return summed

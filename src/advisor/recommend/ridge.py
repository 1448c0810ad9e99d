"""The ridge of a factor model, held against the data: too large a one leaves no factor at all."""

from __future__ import annotations

import numpy as np
from scipy import sparse
from scipy.sparse.linalg import svds

from advisor.errors import InputError
from advisor.recommend.model.purchases import History

KEPT = 0.25
"""Weight of the second factor over that of the first. On FAR-Trans it gives ridges of 45 to 51; 50 is the best of fixed ones there."""
DENSE = 1_500
"""Up to so many items the spectrum is that of the dense matrix of joint purchases."""
DIGITS = 3
"""Significant digits of a ridge from data, so that the last bits of a spectrum cannot change a model."""


def ridge_of(history: History, weight: float, asked: float | None) -> float:
    """The ridge of weighted least-squares factors, on both sides.

    With every weight 1, factors keep of each singular value what exceeds the ridge; the first of them
    is what clients share and the second the first that tells them apart. The ridge is the one at which
    the second keeps a quarter of what the first keeps, `(s2 - s1 / 4) / (3 / 4)`, and at least half
    of the second. Larger weights leave more of the later factors, so it does not grow with them.

    Args:
        history: Purchases.
        weight: Of a purchase, against 1 for what was not bought.
        asked: A ridge that was asked for; None: by the rule.

    Raises:
        InputError: The ridge asked for is at least the largest singular value: all factors would be 0,
            and everybody would get one list.

    Source: Hastie, Mazumder, Lee & Zadeh (2015), JMLR 16, theorem 1: soft-thresholded singular values.
    """
    largest, second = singular_values(history)
    ridge = max((second - KEPT * largest) / (1.0 - KEPT), 0.5 * second) if second > 1e-6 * largest else 0.5 * largest
    ridge *= min(weight, 1.0)
    if asked is None:
        return float(f"{ridge:.{DIGITS}g}") if ridge > 0.0 else 1.0
    largest *= weight
    if 0.0 < largest <= asked:
        raise InputError(
            f"regularization is {asked:g}, and the largest singular value of the purchases is {largest:.3g}; every factor would vanish "
            f"and all clients would get one list. Leave it out (it is then {ridge:.3g} here), or pass less.",
            field="regularization",
            value=asked,
        )
    return asked


def singular_values(history: History) -> tuple[float, float]:
    """The two largest singular values of the matrix of purchases, clients by items, with their weights."""
    rows = history.rows
    matrix = sparse.csr_array((rows.full_weights(), rows.codes, rows.indptr), shape=(len(rows), len(history.items)))
    if not matrix.nnz:
        return 0.0, 0.0
    if matrix.shape[1] <= DENSE:
        spectrum = np.sqrt(np.maximum(np.linalg.eigvalsh((matrix.T @ matrix).toarray()), 0.0))
    elif min(matrix.shape) <= 3:
        spectrum = np.linalg.svd(matrix.toarray(), compute_uv=False)[::-1]
    else:
        spectrum = np.sort(svds(matrix, k=2, v0=np.ones(min(matrix.shape)), return_singular_vectors=False))
    return float(spectrum[-1]), float(spectrum[-2]) if len(spectrum) > 1 else 0.0

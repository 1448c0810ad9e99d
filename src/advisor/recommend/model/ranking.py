"""Masked exact top-k: eligibility and holdings come first, scores second, and what is missing stays
an honest empty slot.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from advisor.arrays import BoolArray, FloatArray, IntArray
from advisor.data.eligibility import Eligibility
from advisor.data.ranking import check_slots
from advisor.errors import InputError
from advisor.recommend.model.rows import NO_WEIGHTS, Rows


@dataclass(frozen=True, eq=False)
class Layout:
    """Columns laid out so that each class needs only a prefix.

    Columns that more classes may have come first; where masks are nested (R <= C) each class is
    exactly a prefix, and in general it is a prefix with holes that are tested one by one.

    Attributes:
        column_of: Column at each position, shape (p,).
        position_of: Position of each column, shape (p,).
        allowed: By class and position, shape (k, p).
        limits: Positions a class needs, shape (k,).
    """

    column_of: IntArray
    position_of: IntArray
    allowed: BoolArray
    limits: IntArray

    @classmethod
    def of(cls, allowed: BoolArray) -> Layout:
        """From what each class may have, shape (k, p)."""
        column_of = np.argsort(-allowed.sum(axis=0), kind="stable")
        position_of = np.empty_like(column_of)
        position_of[column_of] = np.arange(len(column_of))
        laid = np.ascontiguousarray(allowed[:, column_of])
        limits = (
            np.where(laid.any(axis=1), laid.shape[1] - np.argmax(laid[:, ::-1], axis=1), 0)
            if laid.shape[1]
            else np.zeros(len(laid))
        )
        return cls(
            column_of.astype(np.int64), position_of.astype(np.int64), laid, limits.astype(np.int64)
        )


def as_eligibility(
    eligible: BoolArray | Eligibility | None, count: int, products: int
) -> Eligibility:
    """What each of `count` clients may be offered, by class; None: everything.

    Raises:
        InputError: The mask has another shape, is not boolean, or names a class that is not there.
    """
    if eligible is None:
        return Eligibility(np.zeros(count, dtype=np.int64), np.ones((1, products), dtype=np.bool_))
    if isinstance(eligible, Eligibility):
        by_class = eligible
    else:
        try:
            mask = np.asarray(eligible)
        except ValueError as error:
            raise InputError(
                f"eligible is no mask ({error}); pass booleans of shape (clients, products), or an"
                " Eligibility.",
                field="eligible",
                value=None,
            ) from error
        if mask.dtype != np.bool_ or mask.ndim != 2:
            raise InputError(
                f"eligible has dtype {mask.dtype} and {mask.ndim} dimensions; pass booleans of"
                " shape (clients, products), or an Eligibility.",
                field="eligible",
                value=str(mask.dtype),
            )
        by_class = Eligibility(np.arange(len(mask)), mask)
    if by_class.allowed.shape[1] != products or len(by_class) != count:
        raise InputError(
            f"eligible covers {len(by_class)} clients x {by_class.allowed.shape[1]} products, but"
            f" {count} x {products} are ranked; its columns follow fitted.products, its rows"
            " client_ids. A mask for others could let a forbidden product through.",
            field="eligible",
            value=(len(by_class), by_class.allowed.shape[1]),
        )
    if count and not 0 <= int(by_class.class_of.min()) <= int(by_class.class_of.max()) < len(
        by_class.allowed
    ):
        raise InputError(
            f"eligible.class_of runs to {int(by_class.class_of.max())} with {len(by_class.allowed)}"
            " classes; give every client a class that is there.",
            field="eligible",
            value=int(by_class.class_of.max()),
        )
    return by_class


def masked_top_k(
    query: Rows,
    matrix: FloatArray,
    k: int,
    *,
    eligible: Eligibility,
    held: Rows | None = None,
    row_of: IntArray | None = None,
) -> tuple[IntArray, FloatArray]:
    """The k best allowed, unheld columns of `query @ matrix` for each client, never making that
    product.

    Args:
        query: Query rows, over the matrix' rows.
        matrix: Shape (d, p), finite.
        k: Slots.
        eligible: What each of c clients may be offered.
        held: Columns to leave out, by query row; codes of p and above are ignored.
        row_of: Query row of each client, shape (c,); default: one each, in order.

    Returns:
        Columns, shape (c, k), best first, ties by column, -1 where nothing allowed and unheld is
        left; and their scores, nan there. A client's
        row has the same bits in every batch: it is summed entry after entry.
    """
    check_slots(k, matrix.shape[1], "k", least=1)
    from advisor.recommend.kernels import rank_rows

    layout = Layout.of(eligible.allowed)
    same = bool((layout.column_of == np.arange(matrix.shape[1])).all())
    laid = np.ascontiguousarray(matrix if same else matrix[:, layout.column_of])
    out = (
        Rows(np.zeros(len(query) + 1, dtype=np.int64), np.zeros(0, dtype=np.int64), NO_WEIGHTS)
        if held is None
        else held
    )
    jobs, inverse = _distinct_jobs(
        np.arange(len(query)) if row_of is None else row_of, eligible, len(query)
    )
    codes, scores = rank_rows(
        (query.indptr, query.codes, query.weights),
        laid,
        (out.indptr, out.codes),
        jobs,
        (layout.allowed, layout.limits, layout.column_of, layout.position_of),
        k,
    )
    return (codes, scores) if inverse is None else (codes[inverse], scores[inverse])


def _distinct_jobs(
    row_of: IntArray, eligible: Eligibility, rows: int
) -> tuple[tuple[IntArray, IntArray], IntArray | None]:
    """Each query row and class once, and every client's job (None: each their own)."""
    if rows >= len(row_of):
        return (row_of, eligible.class_of), None
    classes = max(len(eligible.allowed), 1)
    pairs, inverse = np.unique(row_of * classes + eligible.class_of, return_inverse=True)
    return (pairs // classes, pairs % classes), inverse

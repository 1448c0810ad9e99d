"""Picks that implement a target portfolio: ordered by relevance, by the gap they close and by what
they do for what is held, sized in money.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from advisor.annotations import Count, Matrix
from advisor.arrays import BoolArray, FloatArray, IntArray
from advisor.data.eligibility import Eligibility
from advisor.errors import InputError
from advisor.recommend.model.rows import Rows
from advisor.recommend.portfolio_fit.exposures import Exposures
from advisor.recommend.portfolio_fit.own_portfolio import NOBODY, NOTHING, OwnPortfolio
from advisor.recommend.recipes.settings import WeightOf
from advisor.validation import checked


@dataclass(frozen=True, eq=False)
class Picks:
    """k picks for each of c clients, in the order they were chosen.

    Attributes:
        codes: Column of each pick, -1 = nothing allowed was left, shape (c, k).
        scores: Relevance (0..1) plus fit, nan where empty, shape (c, k).
        money: Money to place in each, 0 = a suggestion, shape (c, k).
        unplaced: What no pick could take, by asset, shape (c, n).
        utility: Annual gain in certainty equivalent per unit of money put into each pick, fee paid,
            after the picks before it; nan where empty or where risk aversion has no end, None where
            no portfolio counted. Shape (c, k).
    """

    codes: IntArray
    scores: FloatArray
    money: FloatArray
    unplaced: FloatArray
    utility: FloatArray | None = None


@checked
@dataclass(frozen=True, eq=False)
class PickSettings:
    """How many picks, and what counts beside relevance.

    Attributes:
        k: Slots.
        fit_weight: The trade-off: how much closing the whole gap weighs against the whole range of
            relevance. 0 is pure relevance, in the order of the masked ranking (with `diversity` 0).
        allow_held: A held product may be topped up where that closes a gap. Otherwise (and always
            with `fit_weight` 0) held ones are left out.
        loyalty: What a held product gains over a new one; above 1 a top-up comes before a new
            product that closes the same gap.
        diversity: 0 does not care; 1 gives the whole range of relevance for a product unlike those
            already taken.
        similarity: 0..1 between products, shape (p, p), such as `exposure_similarity`; needed where
            `diversity` is above 0.
    """

    k: Count
    fit_weight: WeightOf = 1.0
    allow_held: bool = True
    loyalty: float = 0.0
    diversity: WeightOf = 0.0
    similarity: Matrix | None = None


@checked
def pick_products(
    relevance: Matrix,
    eligible: Eligibility,
    gaps: Matrix,
    products: Matrix | Exposures,
    settings: PickSettings,
    *,
    held: Rows | None = None,
    own: OwnPortfolio | None = None,
) -> Picks:
    """Choose k products a client, one after the other, each by its relevance and by what it does
    for the client's own portfolio.

    At each step the allowed product with the largest value is taken, ties by column:

        relevance + fit_weight * (closed * (1 - fee) + own.share * useful - dearness) - diversity *
        alike + loyalty

    The last term counts for products that are held alone.

    - `relevance` is scaled to 0..1 over what the client may have (all 0 where all are alike).
    - `closed` is the share of the client's whole gap that the product can close: money / sum(gap),
      with the largest money that overshoots no asset's remaining gap, and 0 where that is less than
      its smallest purchase.
    - `useful` is the marginal certainty equivalent of buying the product at its smallest size (see
      `portfolio_utility`), scaled to 0..1 over what the client may have at the first step. Money
      placed by earlier picks counts as held, so the second fund of a kind is worth less than the
      first.
    - `alike` is the largest similarity to a product already taken.

    Args:
        relevance: Scores, shape (c, p), finite.
        eligible: What each client may be offered, by class.
        gaps: Money still to be placed by asset, at least 0, shape (c, n).
        products: Share of each product in each asset, rows adding up to 1, shape (p, n); or the
            same with the terms of buying them.
        settings: Slots, and what counts beside relevance.
        held: What each client holds, by column; codes of p and above are ignored.
        own: What each client has; None: usefulness does not count.

    Returns:
        Picks. For each client and asset gap = sum(money * exposure) + unplaced, to rounding. A
        client's row has the same bits in every batch; beyond its input and output the work takes a
        few rows of p numbers a thread, whatever c is.

    Raises:
        InputError: Shapes disagree, a gap is negative, or diversity is asked for without
            similarities.
    """
    put = products if isinstance(products, Exposures) else Exposures.of(products)
    _check(relevance, eligible, gaps, put)
    if own is not None:
        own.check(len(relevance), put.shape)
    if settings.diversity > 0.0 or settings.similarity is not None:
        _check_similarity(settings.similarity, relevance.shape[1])
    owned = (np.zeros(len(relevance) + 1, dtype=np.int64), np.zeros(0, dtype=np.int64))
    if held is not None:
        owned = held.indptr, held.codes
    return _picked(relevance, eligible, owned, gaps, put, settings, own)


def _picked(
    relevance: FloatArray,
    eligible: Eligibility,
    owned: tuple[IntArray, IntArray],
    gaps: FloatArray,
    put: Exposures,
    settings: PickSettings,
    own: OwnPortfolio | None,
) -> Picks:
    """`pick_products` of what was checked, products alike together where that loses nothing."""
    from advisor.recommend.kernels import pick_rows

    fit_weight, rate = settings.fit_weight, 0.0 if own is None else settings.fit_weight * own.share
    kinds = None
    if settings.diversity == 0.0:
        by_kind = None if own is None else put.kinds.of(own)
        if own is None or by_kind is not None:
            kinds, put, own = (put.kinds.begin, put.kinds.member), put.kinds.exposures, by_kind
    top_up = settings.allow_held and fit_weight > 0.0
    codes, scores, money, unplaced, utility = pick_rows(
        relevance,
        (eligible.class_of, eligible.allowed),
        owned,
        gaps,
        put.arrays(),
        (put.min_purchase, fit_weight * (1.0 - put.fee), fit_weight * put.dearness),
        NOBODY if own is None or rate == 0.0 else own.arrays(),
        NOTHING if settings.similarity is None else settings.similarity,
        (settings.k, top_up, rate, settings.diversity, settings.loyalty),
        kinds,
    )
    return Picks(codes, scores, money, unplaced, utility if rate else None)


def _check_similarity(similarity: FloatArray | None, width: int) -> None:
    if similarity is None or similarity.shape != (width, width):
        shape = None if similarity is None else similarity.shape
        raise InputError(
            f"diversity is above 0, but similarity is {shape} for {width} products; pass one of"
            " shape (p, p), such as exposure_similarity.",
            field="similarity",
            value=shape,
        )


def _check(
    relevance: FloatArray, eligible: Eligibility, gaps: FloatArray, exposures: Exposures
) -> None:
    count, width = relevance.shape
    allowed: BoolArray = eligible.allowed
    if (
        len(eligible) != count
        or allowed.shape[1] != width
        or len(gaps) != count
        or exposures.shape != (width, gaps.shape[1])
    ):
        raise InputError(
            f"relevance is {relevance.shape}, eligible {len(eligible)} x {allowed.shape[1]}, gaps"
            f" {gaps.shape}, exposures {exposures.shape}; they must be (c, p), c x p, (c, n) and"
            " (p, n). Check rows and columns.",
            field="relevance",
            value=relevance.shape,
        )
    if gaps.size and float(gaps.min()) < 0.0:
        row = int(np.argmin(gaps.min(axis=1)))
        raise InputError(
            f"gaps[{row}] holds {gaps[row].min():g}; a gap is money still to be placed. Clip what"
            " is overweight to 0.",
            field="gaps",
            value=row,
        )

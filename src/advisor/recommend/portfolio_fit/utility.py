"""What a product would do for a client's own portfolio, in closed form, and lists that do not say
the same thing five times.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from advisor.annotations import Count, Matrix, Share, Vector, WholeMatrix
from advisor.arrays import BoolArray, FloatArray, IntArray, check_shape
from advisor.data.catalogue import Catalogue
from advisor.data.eligibility import Eligibility
from advisor.data.returns import ReturnModel
from advisor.errors import InputError
from advisor.validation import checked


@dataclass(frozen=True, eq=False)
class Utility:
    """Marginal effect of each product on each client's portfolio, per unit of money.

    Attributes:
        certainty_equivalent: Annual gain in certainty equivalent per unit of money bought, fee
            paid, shape (c, p): the sum of the next four.
        excess_return: Expected return over cash, shape (p,).
        fee: Annual fee, shape (p,); counts against it.
        redundancy: risk aversion * covariance with what is held, shape (c, p); counts against it,
            and for it where it hedges.
        own_risk: risk aversion / 2 * size * its own variance, shape (c, p); counts against it.
    """

    certainty_equivalent: FloatArray
    excess_return: FloatArray
    fee: FloatArray
    redundancy: FloatArray
    own_risk: FloatArray


@checked
def portfolio_utility(
    weights: Matrix,
    wealth: Vector,
    risk_aversion: Vector,
    catalogue: Catalogue,
    model: ReturnModel,
    *,
    cash_return: float = 0.0,
) -> Utility:
    """Gain in mean-variance certainty equivalent from buying each product, out of cash, at its
    minimum size.

    With s = min_purchase / wealth, e the product's exposures and w the portfolio, CE(w) = mu'w -
    gamma/2 w'Sw moves by s (e'mu - fee - r) - gamma s e'Sw - gamma/2 s^2 e'Se; this is that,
    divided by s (so a product without a minimum is judged at the margin).

    Args:
        weights: Current portfolio by asset as fractions of wealth, the rest is cash, shape (c, n).
        wealth: Money, shape (c,).
        risk_aversion: Gamma, shape (c,).
        catalogue: p products.
        model: Annual returns and covariance of the n assets.
        cash_return: What the money earns now, a year.

    Raises:
        InputError: Shapes disagree.
    """
    if weights.shape != (len(wealth), len(model)) or risk_aversion.shape != wealth.shape:
        raise InputError(
            f"weights are {weights.shape}, wealth {wealth.shape}, risk_aversion"
            f" {risk_aversion.shape}, with {len(model)} assets; give (c, n), (c,) and (c,).",
            field="weights",
            value=weights.shape,
        )
    from advisor.recommend.kernels import score_rows

    exposures = catalogue.exposures(model.ids)
    together = np.einsum("pi,ij->pj", exposures, model.covariance)
    variance = np.einsum("pn,pn->p", together, exposures)
    count, assets = weights.shape
    indptr, codes = np.arange(count + 1) * assets, np.tile(np.arange(assets), count)
    with_held = (
        score_rows(
            indptr, codes, np.ascontiguousarray(weights).ravel(), np.ascontiguousarray(together.T)
        )
        if assets
        else np.zeros((count, len(catalogue)))
    )
    size = np.divide(
        catalogue.min_purchase[None, :],
        wealth[:, None],
        out=np.ones((count, len(catalogue))),
        where=wealth[:, None] > 0.0,
    )
    excess, fee = np.einsum("pi,i->p", exposures, model.mean) - cash_return, catalogue.annual_fee
    redundancy = risk_aversion[:, None] * with_held
    own = 0.5 * risk_aversion[:, None] * np.minimum(size, 1.0) * variance
    return Utility(excess - fee - redundancy - own, excess, fee, redundancy, own)


@checked
def trade_off(
    relevance: Matrix, utility: Matrix, eligible: Eligibility, weight: Share
) -> FloatArray:
    """(1 - weight) * relevance + weight * utility, each scaled to 0..1 over what the client may
    have, shape (c, p).

    Args:
        relevance: Scores, shape (c, p).
        utility: What the product does for them, shape (c, p).
        eligible: What they may be offered.
        weight: The one trade-off: 0 is pure relevance, in its order; 1 is pure utility.
    """
    shape = (len(eligible), eligible.allowed.shape[1])
    check_shape(relevance, "relevance", shape)
    check_shape(utility, "utility", shape)
    return (1.0 - weight) * scaled(relevance, eligible) + weight * scaled(utility, eligible)


def scaled(scores: FloatArray, eligible: Eligibility) -> FloatArray:
    """Each row moved and stretched to 0..1 over its eligible columns (0 where they are all alike);
    other columns are clipped.
    """
    out = np.zeros_like(scores)
    for group, allowed in enumerate(eligible.allowed):
        rows = np.flatnonzero(eligible.class_of == group)
        if not len(rows) or not allowed.any():
            continue
        mine = scores[rows]
        low, high = (
            mine[:, allowed].min(axis=1, keepdims=True),
            mine[:, allowed].max(axis=1, keepdims=True),
        )
        out[rows] = np.divide(mine - low, high - low, out=np.zeros_like(mine), where=high > low)
    return np.clip(out, 0.0, 1.0)


@checked
def diversify(
    codes: WholeMatrix, scores: Matrix, similarity: Matrix, k: Count, weight: Share
) -> tuple[IntArray, FloatArray]:
    """Shorten long lists to k, each step taking the product with the best score that is least like
    those already taken.

    Args:
        codes: Candidates, best first, -1 = empty, shape (c, K); already masked, so nothing
            forbidden can enter.
        scores: Their scores, nan where empty, shape (c, K).
        similarity: 0..1 between products, shape (p, p).
        k: Slots.
        weight: 0 keeps the first k as they are; 1 looks at novelty alone.

    Returns:
        Codes and original scores, shape (c, k). Maximal marginal relevance: (1 - weight) * score
        scaled to 0..1 - weight * largest similarity.

    Source: Carbonell & Goldstein (1998), section 2.
    """
    check_shape(scores, "scores", codes.shape)
    check_shape(similarity, "similarity", (len(similarity),) * 2)
    if codes.size and not -1 <= codes.min() <= codes.max() < len(similarity):
        raise InputError(
            f"codes run from {codes.min()} to {codes.max()}; similarity knows products 0 to "
            f"{len(similarity) - 1} (-1 = empty). Give the similarity of all products.",
            field="codes",
            value=int(codes.max()),
        )
    open_: BoolArray = codes >= 0
    best, worst = (
        f(np.where(open_, scores, e), axis=1, keepdims=True, initial=e)
        for f, e in ((np.max, -np.inf), (np.min, np.inf))
    )
    relevance = np.divide(
        scores - worst, best - worst, out=np.zeros_like(scores), where=open_ & (best > worst)
    )
    likeness = np.zeros_like(scores)
    top, top_scores = np.full((len(codes), k), -1, dtype=np.int64), np.full((len(codes), k), np.nan)
    rows = np.arange(len(codes))
    for slot in range(min(k, codes.shape[1])):
        value = np.where(open_, (1.0 - weight) * relevance - weight * likeness, -np.inf)
        at = np.argmax(value, axis=1)
        has_one = open_[rows, at]
        top[has_one, slot], top_scores[has_one, slot] = (
            codes[rows, at][has_one],
            scores[rows, at][has_one],
        )
        open_[rows, at] = False
        likeness = np.maximum(likeness, similarity[codes, top[:, slot][:, None]] * has_one[:, None])
    return top, top_scores


@checked
def exposure_similarity(catalogue: Catalogue, model: ReturnModel) -> FloatArray:
    """Correlation of products through the assets they hold, negative ones as 0, shape (p, p)."""
    exposures = catalogue.exposures(model.ids)
    covariance = np.einsum(
        "pj,qj->pq", np.einsum("pi,ij->pj", exposures, model.covariance), exposures
    )
    spread = np.sqrt(np.maximum(np.diag(covariance), 0.0))
    both = np.outer(spread, spread)
    return np.clip(np.divide(covariance, both, out=np.eye(len(spread)), where=both > 0.0), 0.0, 1.0)

"""Compiled loops and closed forms of the recommend package against plain numpy, written from the
definitions."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import sparse

from advisor.data import Catalogue, Eligibility, Interactions, ReturnModel
from advisor.recommend import ALS, EASE, MVECF, ItemKNN, PickSettings, RandomWalk, pick_products
from advisor.recommend.kernels import gram, score_rows, solve_rows
from advisor.recommend.model.factors import FoldedIn
from advisor.recommend.model.ranking import masked_top_k
from advisor.recommend.model.rows import NO_WEIGHTS, Rows
from advisor.recommend.portfolio_fit.exposures import Exposures
from advisor.recommend.recipes.mvecf import product_moments

RNG = np.random.default_rng


def random_rows(seed: int, rows: int, width: int, density: float = 0.3) -> tuple[Rows, np.ndarray]:
    rng = RNG(seed)
    dense = np.where(rng.random((rows, width)) < density, rng.normal(size=(rows, width)), 0.0)
    matrix = sparse.csr_array(dense)
    return Rows(matrix.indptr.astype(np.int64), matrix.indices.astype(np.int64), matrix.data), dense


def purchases(seed: int = 0, clients: int = 80, products: int = 15) -> Interactions:
    rng = RNG(seed)
    rows, columns = np.nonzero(rng.random((clients, products)) < 0.2)
    days = np.datetime64("2025-01-01") + rng.integers(0, 400, len(rows))
    return Interactions.from_frame(
        pd.DataFrame(
            {
                "client_id": [f"c{r:02d}" for r in rows],
                "product_id": [f"p{c:02d}" for c in columns],
                "day": days,
            }
        )
    )


# ---- the loops


@given(
    seed=st.integers(0, 10_000),
    rows=st.integers(0, 30),
    width=st.integers(1, 12),
    blocks=st.integers(1, 9),
)
def test_counts_are_the_matrix_product(seed: int, rows: int, width: int, blocks: int) -> None:
    given_rows, dense = random_rows(seed, rows, width)
    ones, discount = (dense != 0.0).astype(float), RNG(seed).random(rows)
    plain = gram(given_rows.indptr, given_rows.codes, NO_WEIGHTS, NO_WEIGHTS, width, blocks)
    np.testing.assert_array_equal(plain, ones.T @ ones)
    np.testing.assert_allclose(
        gram(given_rows.indptr, given_rows.codes, NO_WEIGHTS, discount, width, blocks),
        (ones * discount[:, None]).T @ ones,
        atol=1e-12,
    )
    np.testing.assert_allclose(
        gram(given_rows.indptr, given_rows.codes, given_rows.weights, NO_WEIGHTS, width, blocks),
        ones.T @ dense,
        atol=1e-12,
    )


@given(seed=st.integers(0, 10_000), rows=st.integers(0, 30), width=st.integers(1, 12))
def test_scores_are_the_matrix_product(seed: int, rows: int, width: int) -> None:
    query, dense = random_rows(seed, rows, width)
    matrix = RNG(seed + 1).normal(size=(width, 7))
    np.testing.assert_allclose(
        score_rows(query.indptr, query.codes, query.weights, matrix), dense @ matrix, atol=1e-12
    )
    np.testing.assert_allclose(
        score_rows(query.indptr, query.codes, NO_WEIGHTS, matrix),
        (dense != 0.0) @ matrix,
        atol=1e-12,
    )


@given(seed=st.integers(0, 10_000), size=st.integers(1, 12))
def test_small_systems_are_solved(seed: int, size: int) -> None:
    rng = RNG(seed)
    held, dense = random_rows(seed, 9, 6)
    factors, right, scale = (
        rng.normal(size=(6, size)),
        rng.normal(size=(9, size)),
        rng.random(9) + 0.5,
    )
    base = (q := rng.normal(size=(size + 2, size))).T @ q
    found = solve_rows(held.indptr, held.codes, factors, base, scale, 0.7, 1.5, right)
    for r in range(9):
        own = factors[dense[r] != 0.0]
        np.testing.assert_allclose(
            found[r],
            np.linalg.solve(scale[r] * base + 0.7 * np.eye(size) + 1.5 * own.T @ own, right[r]),
            rtol=1e-8,
            atol=1e-9,
        )


def top_k_by_sorting(scores: np.ndarray, mask: np.ndarray, k: int) -> tuple[np.ndarray, np.ndarray]:
    codes, best = np.full((len(scores), k), -1), np.full((len(scores), k), np.nan)
    for i, row in enumerate(scores):
        order = [j for j in np.argsort(-row, kind="stable") if mask[i, j]][:k]
        codes[i, : len(order)], best[i, : len(order)] = order, row[order]
    return codes, best


@given(
    seed=st.integers(0, 10_000),
    width=st.integers(1, 90),
    k=st.integers(1, 12),
    nested=st.booleans(),
    coarse=st.booleans(),
)
def test_masked_top_k_is_a_sort(seed: int, width: int, k: int, nested: bool, coarse: bool) -> None:
    rng = RNG(seed)
    query, dense = random_rows(seed, 12, 5)
    matrix = rng.normal(size=(5, width))
    if coarse:
        query, dense, matrix = (
            Rows(query.indptr, query.codes, np.sign(query.weights)),
            np.sign(dense),
            np.round(matrix),
        )
    held, owned = random_rows(seed + 1, 12, width + 3, 0.2)
    risk = rng.integers(0, 4, width)
    allowed = risk[None, :] <= np.arange(4)[:, None] if nested else rng.random((4, width)) < 0.5
    classes = Eligibility(rng.integers(0, 4, 12), allowed)
    codes, scores = masked_top_k(query, matrix, k, eligible=classes, held=held)
    want = top_k_by_sorting(
        score_rows(query.indptr, query.codes, query.weights, matrix),
        classes.to_array() & (owned[:, :width] == 0.0),
        k,
    )
    np.testing.assert_array_equal(codes, want[0])
    np.testing.assert_array_equal(scores, want[1])


def test_a_top_k_that_fills_short_lists_is_caught() -> None:
    """What implicit does: best k of scores with -3.4e38 at forbidden places."""
    mask = np.array([[True, False, False]])
    filled = np.argsort(-np.where(mask, 0.5, -3.4e38), axis=1, kind="stable")[:, :2]
    want, _ = top_k_by_sorting(np.full((1, 3), 0.5), mask, 2)
    assert (filled != want).any()


# ---- recipes


def test_ease_is_ridge_regression_with_a_forbidden_diagonal() -> None:
    """Column by column: regress product j on all others with the same ridge (Steck 2019, equation
    3)."""
    bought = purchases()
    fitted = EASE(regularization=3.0).fit(bought)
    x = bought.matrix().toarray()
    for j in range(x.shape[1]):
        others = np.delete(np.arange(x.shape[1]), j)
        beta = np.linalg.solve(
            x[:, others].T @ x[:, others] + 3.0 * np.eye(len(others)), x[:, others].T @ x[:, j]
        )
        np.testing.assert_allclose(fitted.matrix[others, j], beta, atol=1e-10)


def test_ease_with_recency_is_the_same_regression_on_recent_purchases() -> None:
    bought = purchases()
    fitted = EASE(regularization=3.0, half_life_days=100.0).fit(bought)
    x = bought.matrix().toarray()
    w = np.zeros_like(x)
    age = (bought.days.max() - bought.days).astype(float)
    w[bought.client_codes, bought.product_codes] = 0.5 ** (age / 100.0)
    for j in range(x.shape[1]):
        others = np.delete(np.arange(x.shape[1]), j)
        beta = np.linalg.solve(
            x[:, others].T @ x[:, others] + 3.0 * np.eye(len(others)), x[:, others].T @ w[:, j]
        )
        np.testing.assert_allclose(fitted.matrix[others, j], beta, atol=1e-10)


def test_neighbours_and_walks_by_hand() -> None:
    bought = purchases()
    x = bought.matrix().toarray()
    both, owners, own = x.T @ x, x.sum(axis=0), x.sum(axis=1)
    off = 1.0 - np.eye(len(both))
    cosine = ItemKNN(neighbours=1000, shrinkage=2.0).fit(bought).matrix[:-1]
    np.testing.assert_allclose(
        cosine, off * both / (np.sqrt(np.outer(owners, owners)) + 2.0), atol=1e-14
    )
    conditional = ItemKNN(1000, 0.0, "conditional").fit(bought).matrix[:-1]
    np.testing.assert_allclose(conditional, off * both / owners[:, None], atol=1e-14)
    kept = ItemKNN(3, 0.0).fit(bought).matrix[:-1]
    assert ((kept > 0).sum(axis=0) <= 3).all()
    discount = np.where(own > 0, np.maximum(own, 1.0) ** -0.6, 0.0)
    walk = RandomWalk(0.6, 0.3).fit(bought).matrix[:-1]
    want = off * ((x * discount[:, None]).T @ x) * (owners**-0.6)[:, None] * (owners**-0.3)[None, :]
    np.testing.assert_allclose(walk, want, atol=1e-12)


@pytest.mark.parametrize("alpha", [1.0, 4.0])
def test_als_serves_the_least_squares_client(alpha: float) -> None:
    """Each client's factors minimise sum c (y - p.q)^2 + ridge |p|^2 over all products (Hu, Koren &
    Volinsky 2008, equation 4)."""
    bought = purchases()
    fitted = ALS(factors=3, regularization=2.0, alpha=alpha).fit(bought, seed=1)
    x = bought.matrix().toarray()
    if isinstance(fitted.encoder, FoldedIn):
        q = fitted.encoder.factors
        for i in range(10):
            c = np.where(x[i] > 0, alpha, 1.0)
            p = np.linalg.solve(
                (q * c[:, None]).T @ q + 2.0 * np.eye(3), (q * (c * x[i])[:, None]).sum(axis=0)
            )
            np.testing.assert_allclose(fitted.scores([bought.clients.ids[i]])[0], q @ p, atol=1e-9)
    else:
        assert alpha == 1.0, "with equal weights the client's solution is linear in what they hold"
        assert np.linalg.matrix_rank(fitted.matrix[:-1], tol=1e-9) == 3


def dense_mvecf(
    x: np.ndarray, mean: np.ndarray, cov: np.ndarray, recipe: MVECF, start: np.ndarray
) -> np.ndarray:
    """The published form: dense weights and targets, one solve a client and a product (arXiv
    2306.06590, equations 9 to 12)."""
    lam, half = recipe.trade_off, recipe.risk_aversion / 2.0
    c = np.where(x > 0, recipe.confidence, 1.0)
    weight = c + half * lam * np.diag(cov)[None, :]
    off = cov - np.diag(np.diag(cov))
    target = (
        c * x
        + lam / 2.0 * (mean[None, :] - half * (x @ off) / np.maximum(x.sum(axis=1), 1.0)[:, None])
    ) / weight
    ridge, q = recipe.regularization * np.eye(recipe.factors), start
    for _ in range(recipe.iterations):
        p = np.stack(
            [
                np.linalg.solve((q * w[:, None]).T @ q + ridge, q.T @ (w * y))
                for w, y in zip(weight, target, strict=True)
            ]
        )
        q = np.stack(
            [
                np.linalg.solve((p * w[:, None]).T @ p + ridge, p.T @ (w * y))
                for w, y in zip(weight.T, target.T, strict=True)
            ]
        )
    p = np.stack(
        [
            np.linalg.solve((q * w[:, None]).T @ q + ridge, q.T @ (w * y))
            for w, y in zip(weight, target, strict=True)
        ]
    )
    return p @ q.T


@pytest.mark.parametrize("confidence", [1.0, 5.0])
def test_mvecf_equals_the_dense_published_form(confidence: float) -> None:
    bought = purchases()
    ids = list(bought.products.ids)
    rng = RNG(4)
    assets = [f"a{i}" for i in range(4)]
    model = ReturnModel(assets, rng.random(4) * 0.1, (a := rng.normal(size=(6, 4)) * 0.2).T @ a)
    shelf = Catalogue.from_frame(
        pd.DataFrame(
            {
                "id": ids,
                "name": ids,
                "asset": [assets[i % 4] for i in range(len(ids))],
                "risk_level": 3,
                "annual_fee": 0.01,
            }
        )
    )
    recipe = MVECF(
        factors=4,
        regularization=0.5,
        confidence=confidence,
        trade_off=2.0,
        risk_aversion=3.0,
        iterations=6,
    )
    fitted = recipe.fit(bought, catalogue=shelf, model=model, seed=7)
    mean, cov = product_moments(shelf, model, fitted.history.items)
    start = 0.1 * RNG(7).standard_normal((len(ids), 4))
    want = dense_mvecf(bought.matrix().toarray(), mean, cov, recipe, start)
    np.testing.assert_allclose(fitted.scores(bought.clients.ids), want, rtol=1e-8, atol=1e-10)


# ---- picks


def picks_by_hand(taste, mask, gaps, exposures, k, least, fee, fit_weight, held, allow_held):
    """One client, step by step as documented."""
    remaining, total, taken, out = gaps.copy(), gaps.sum(), [], []
    low, high = taste[mask].min(initial=np.inf), taste[mask].max(initial=-np.inf)
    for _ in range(k):
        best = None
        for j in np.flatnonzero(mask):
            if j in taken:
                continue
            touch = exposures[j] > 0
            money = float(np.min(remaining[touch] / exposures[j][touch]))
            money = money if money >= least[j] and money > 0 and total > 0 else 0.0
            if held[j] and (not allow_held or fit_weight == 0.0 or money == 0.0):
                continue
            score = ((taste[j] - low) / (high - low) if high > low else 0.0) + fit_weight * (
                1.0 - fee[j]
            ) * (money / total if total > 0 else 0.0)
            if best is None or score > best[1]:
                best = (int(j), score, money)
        if best is None:
            break
        taken.append(best[0])
        out.append(best)
        remaining = np.maximum(remaining - best[2] * exposures[best[0]], 0.0)
    return out, remaining


@given(
    seed=st.integers(0, 10_000),
    fit_weight=st.sampled_from([0.0, 0.3, 1.0, 5.0]),
    allow_held=st.booleans(),
    k=st.integers(1, 6),
)
def test_picks_follow_the_definition(
    seed: int, fit_weight: float, allow_held: bool, k: int
) -> None:
    rng = RNG(seed)
    c, p, n = 5, 11, 4
    taste, gaps = (
        rng.integers(0, 6, (c, p)).astype(float),
        np.where(rng.random((c, n)) < 0.4, 0.0, rng.random((c, n)) * 1000.0),
    )
    exposures = np.eye(n)[rng.integers(0, n, p)]
    exposures[:3] = rng.dirichlet(np.ones(n), 3)
    least, fee = rng.choice([0.0, 50.0, 400.0], p), rng.random(p) * 0.02
    classes = Eligibility(rng.integers(0, 3, c), rng.random((3, p)) < 0.7)
    owned = rng.random((c, p)) < 0.2
    csr = sparse.csr_array(owned.astype(float))
    held = Rows(csr.indptr.astype(np.int64), csr.indices.astype(np.int64), NO_WEIGHTS)
    got = pick_products(
        taste,
        classes,
        gaps,
        Exposures.of(exposures, min_purchase=least, fee=fee),
        PickSettings(k, fit_weight=fit_weight, allow_held=allow_held),
        held=held,
    )
    for i in range(c):
        want, remaining = picks_by_hand(
            taste[i],
            classes.to_array()[i],
            gaps[i],
            exposures,
            k,
            least,
            fee,
            fit_weight,
            owned[i],
            allow_held,
        )
        assert got.codes[i, : len(want)].tolist() == [w[0] for w in want]
        assert (got.codes[i, len(want) :] == -1).all()
        np.testing.assert_allclose(got.scores[i, : len(want)], [w[1] for w in want], rtol=1e-12)
        np.testing.assert_allclose(got.money[i, : len(want)], [w[2] for w in want], rtol=1e-12)
        np.testing.assert_allclose(got.unplaced[i], remaining, atol=1e-9)
    placed = np.einsum("ck,ckn->cn", got.money, exposures[got.codes])
    np.testing.assert_allclose(placed + got.unplaced, gaps, atol=1e-9)
    assert ((got.money == 0.0) | (got.money >= least[got.codes])).all(), (
        "nothing is bought below its smallest purchase"
    )


def test_pure_taste_is_the_masked_ranking() -> None:
    rng = RNG(3)
    taste = rng.normal(size=(40, 20))
    classes = Eligibility(rng.integers(0, 2, 40), rng.random((2, 20)) < 0.6)
    got = pick_products(
        taste,
        classes,
        rng.random((40, 3)) * 100.0,
        np.eye(3)[rng.integers(0, 3, 20)],
        PickSettings(5, fit_weight=0.0),
    )
    want, _ = top_k_by_sorting(taste, classes.to_array(), 5)
    np.testing.assert_array_equal(got.codes, want)
    other, _ = top_k_by_sorting(-taste, classes.to_array(), 5)
    assert (got.codes != other).any(), "an order turned round would be seen"

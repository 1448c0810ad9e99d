"""Ridges that have the scale of the data, and probabilities that are never certain."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy import sparse

from advisor import InputError, sample
from advisor.data import Interactions, Ranking
from advisor.optimize import estimate_returns
from advisor.recommend import ALS, MVECF, Recipe, calibrate
from advisor.recommend.recipes.recipe import Training
from advisor.recommend.ridge import SHARES, ridge_of, spectrum

MODEL = estimate_returns(sample.market())
RECIPES = (ALS(), ALS(alpha=3.0), MVECF(), MVECF(confidence=2.0))


def bought(count: int) -> Interactions:
    return sample.interactions(count)


def lists(recipe: Recipe, count: int) -> set[tuple[int, ...]]:
    interactions = bought(count)
    fitted = recipe.fit(interactions, catalogue=sample.catalogue(), model=MODEL)
    ranking = fitted.rank(interactions.clients.ids, 5, exclude_held=False)
    return set(map(tuple, ranking.codes.tolist()))


@pytest.mark.parametrize("count", [60, 500, 2_000])
@pytest.mark.parametrize("recipe", RECIPES, ids=repr)
def test_a_default_factor_model_tells_clients_apart_at_any_scale(
    recipe: Recipe, count: int
) -> None:
    assert len(lists(recipe, count)) > 8


@pytest.mark.parametrize("count", [60, 500])
def test_the_spectrum_is_that_of_the_matrix(count: int, monkeypatch: pytest.MonkeyPatch) -> None:
    interactions = bought(count)
    dense = np.minimum(sparse.csr_array(interactions.matrix()).toarray(), 1.0)
    _, values, rows = np.linalg.svd(dense, full_matrices=False)
    history = Training(interactions).history()
    for size in (1_500, 0):
        monkeypatch.setattr("advisor.recommend.ridge.DENSE", size)
        found, vectors = spectrum(history, 4)
        assert found == pytest.approx(values[:4], rel=1e-6)
        np.testing.assert_allclose(np.abs(np.sum(vectors.T * rows[:4], axis=1)), 1.0, atol=1e-6)


def test_few_purchases_take_the_ridge_of_the_spectrum() -> None:
    frame = pd.DataFrame(
        {"client_id": list("aabbc"), "product_id": list("xyxzx"), "day": "2026-01-01"}
    )
    history = Training(Interactions.from_frame(frame)).history()
    largest, second = spectrum(history, 2)[0]
    assert ridge_of(history, 1.0, None) == pytest.approx(
        max((second - 0.25 * largest) / 0.75, 0.5 * second), rel=5e-3
    )


def test_the_ridge_is_the_one_that_finds_left_out_purchases() -> None:
    """Found again by brute force: every ridge's own model, one purchase at a time taken out of the
    query."""
    interactions = bought(400)
    history = Training(interactions).history()
    dense = np.minimum(sparse.csr_array(interactions.matrix()).toarray(), 1.0)
    _, values, rows = np.linalg.svd(dense, full_matrices=False)
    quality = {}
    for share in SHARES:
        ridge = float(f"{share * values[1]:.3g}")
        model = (rows[:4].T * np.maximum(1.0 - ridge / values[:4], 0.0)) @ rows[:4]
        gains = []
        for i, held in enumerate(dense[dense.sum(axis=1) >= 2]):
            items = np.flatnonzero(held)
            out = items[i % len(items)]
            query = held.copy()
            query[out] = 0.0
            scores = query @ model
            above = int(((scores > scores[out] + 1e-12) & (held == 0.0)).sum())
            gains.append(1.0 / np.log2(above + 2.0) if above < 10 else 0.0)
        quality[ridge] = np.mean(gains)
    assert quality[ridge_of(history, 1.0, None, 4)] == pytest.approx(
        max(quality.values()), abs=2e-3
    )
    assert ALS(factors=4).fit(interactions).parameters["regularization"] == ridge_of(
        history, 1.0, None, 4
    )


@pytest.mark.parametrize(("each", "large"), [(2, True), (25, False)])
def test_who_holds_much_needs_a_smaller_ridge(each: int, large: bool) -> None:
    """Eight preferences for products: two purchases tell little about a client, twenty-five nearly
    all."""
    rng = np.random.default_rng(2)
    rows = []
    for client in range(600):
        taste = rng.dirichlet(np.full(8, 0.1)) @ np.random.default_rng(9).dirichlet(
            np.full(120, 0.15), 8
        )
        rows += [
            (f"c{client:03d}", f"p{j:03d}")
            for j in rng.choice(120, each, replace=False, p=(taste + 1e-4) / (taste + 1e-4).sum())
        ]
    frame = pd.DataFrame(rows, columns=["client_id", "product_id"]).assign(day="2026-01-01")
    history = Training(Interactions.from_frame(frame)).history()
    share = ridge_of(history, 1.0, None, 16) / spectrum(history, 2)[0][1]
    assert share >= 0.3 if large else share <= 0.3


@pytest.mark.parametrize("recipe", [ALS(regularization=50.0), MVECF(regularization=50.0)], ids=repr)
def test_a_ridge_that_leaves_nothing_is_refused(recipe: Recipe) -> None:
    largest = np.linalg.svd(bought(500).matrix().toarray() > 0.0, compute_uv=False)[0]
    with pytest.raises(
        InputError,
        match=f"regularization is 50, and the largest singular value of the purchases is"
        f" {largest:.1f}",
    ):
        lists(recipe, 500)


@pytest.mark.parametrize("share", [0.0, 0.5, 1.0])
@pytest.mark.parametrize("method", ["isotonic", "platt"])
def test_probabilities_are_never_certain_even_where_all_or_none_came_true(
    method: str, share: float
) -> None:
    rng = np.random.default_rng(5)
    for _ in range(20):
        count = int(rng.integers(3, 30))
        scores = np.sort(np.exp(rng.normal(0.0, 12.0, (count, 2))))[:, ::-1]
        clients = [f"c{i}" for i in range(count)]
        ranking = Ranking(tuple(clients), ("a", "b", "z"), np.tile([0, 1], (count, 1)), scores)
        lucky = (
            [
                c
                for c, s in zip(clients, scores[:, 0], strict=True)
                if s >= np.quantile(scores[:, 0], 1.0 - share)
            ]
            if share
            else []
        )
        rows = [(c, product) for c in lucky for product in ("a", "b")] + [(c, "z") for c in clients]
        frame = pd.DataFrame(rows, columns=["client_id", "product_id"]).assign(day="2026-02-01")
        found = calibrate(ranking, Interactions.from_frame(frame), method=method)
        stated = found.probability(np.concatenate([scores.ravel(), [-1e300, 0.0, 1e300]]))
        assert ((stated > 0.0) & (stated < 1.0)).all()
        listed = found.list_probability(scores)
        assert ((listed > 0.0) & (listed < 1.0)).all()

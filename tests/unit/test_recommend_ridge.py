"""Ridges that have the scale of the data, and probabilities that are never certain."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy import sparse

from advisor import sample
from advisor.data.interactions import Interactions
from advisor.data.ranking import Ranking
from advisor.errors import InputError
from advisor.optimize.returns.estimate import estimate_returns
from advisor.recommend.calibration import calibrate
from advisor.recommend.recipes.factors import ALS
from advisor.recommend.recipes.mvecf import MVECF
from advisor.recommend.recipes.recipe import Recipe, Training
from advisor.recommend.ridge import ridge_of, singular_values

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
def test_a_default_factor_model_tells_clients_apart_at_any_scale(recipe: Recipe, count: int) -> None:
    assert len(lists(recipe, count)) > 8


@pytest.mark.parametrize("count", [60, 500])
def test_the_spectrum_is_that_of_the_matrix(count: int, monkeypatch: pytest.MonkeyPatch) -> None:
    interactions = bought(count)
    dense = np.minimum(sparse.csr_array(interactions.matrix()).toarray(), 1.0)
    largest, second = np.linalg.svd(dense, compute_uv=False)[:2]
    history = Training(interactions).history()
    assert singular_values(history) == pytest.approx((largest, second), rel=1e-9)
    monkeypatch.setattr("advisor.recommend.ridge.DENSE", 0)
    assert singular_values(history) == pytest.approx((largest, second), rel=1e-6)
    assert ridge_of(history, 1.0, None) == pytest.approx((second - 0.25 * largest) / 0.75, rel=5e-3)
    assert ALS().fit(interactions).parameters["regularization"] == ridge_of(history, 1.0, None)


@pytest.mark.parametrize("recipe", [ALS(regularization=50.0), MVECF(regularization=50.0)], ids=repr)
def test_a_ridge_that_leaves_nothing_is_refused(recipe: Recipe) -> None:
    with pytest.raises(InputError, match=r"regularization is 50, and the largest singular value of the purchases is 19\.2"):
        lists(recipe, 500)


@pytest.mark.parametrize("share", [0.0, 0.5, 1.0])
@pytest.mark.parametrize("method", ["isotonic", "platt"])
def test_probabilities_are_never_certain_even_where_all_or_none_came_true(method: str, share: float) -> None:
    rng = np.random.default_rng(5)
    for _ in range(20):
        count = int(rng.integers(3, 30))
        scores = np.sort(np.exp(rng.normal(0.0, 12.0, (count, 2))))[:, ::-1]
        clients = [f"c{i}" for i in range(count)]
        ranking = Ranking(tuple(clients), ("a", "b", "z"), np.tile([0, 1], (count, 1)), scores)
        lucky = [c for c, s in zip(clients, scores[:, 0], strict=True) if s >= np.quantile(scores[:, 0], 1.0 - share)] if share else []
        rows = [(c, product) for c in lucky for product in ("a", "b")] + [(c, "z") for c in clients]
        frame = pd.DataFrame(rows, columns=["client_id", "product_id"]).assign(day="2026-02-01")
        found = calibrate(ranking, Interactions.from_frame(frame), method=method)
        stated = found.probability(np.concatenate([scores.ravel(), [-1e300, 0.0, 1e300]]))
        assert ((stated > 0.0) & (stated < 1.0)).all()
        listed = found.list_probability(scores)
        assert ((listed > 0.0) & (listed < 1.0)).all()

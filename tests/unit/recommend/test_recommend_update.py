"""A day's purchases and a bank in parts give the model of everything at once; bytes do not depend
on threads."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest

from advisor import InputError
from advisor.data import Catalogue, ClientTable, Interactions
from advisor.native.threads import limited_threads
from advisor.recommend import ALS, BPR, EASE, Blend, Demographic, ItemKNN, Popularity, RandomWalk
from advisor.recommend.model.gram import Gram
from advisor.recommend.model.purchases import History
from advisor.recommend.recipes.blend import best_weights
from advisor.recommend.recipes.counting import GramRecipe
from advisor.recommend.restore import restore

RECIPES = [
    EASE(5.0),
    EASE(5.0, half_life_days=60.0),
    ItemKNN(10, 3.0),
    ItemKNN.conditional(half_life_days=30.0),
    RandomWalk(),
    RandomWalk(half_life_days=45.0),
    Blend([EASE(5.0), ItemKNN.conditional(half_life_days=30.0)], [1.0, 0.5]),
    Blend.for_banks(),
]


def events(seed: int, clients: int, products: list[str], first: str, count: int) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    return pd.DataFrame(
        {
            "client_id": [f"c{i:03d}" for i in rng.integers(0, clients, count)],
            "product_id": [products[i] for i in rng.integers(0, len(products), count)],
            "day": np.datetime64(first) + rng.integers(0, 90, count),
        }
    )


PRODUCTS = [f"p{i:02d}" for i in range(12)]
OLD = events(1, 60, PRODUCTS[1:11], "2025-01-01", 300)
NEW = events(2, 70, ["a-new-one", *PRODUCTS], "2025-04-01", 40)


@pytest.mark.parametrize("recipe", RECIPES, ids=repr)
@pytest.mark.parametrize("with_catalogue", [False, True])
def test_an_update_is_a_refit(
    recipe: GramRecipe | Blend, with_catalogue: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        "advisor.recommend.recipes.blend.SCALE_CLIENTS", 20
    )  # fewer than there are: the scale is measured on some
    shelf = (
        Catalogue.from_frame(
            pd.DataFrame({"id": PRODUCTS, "name": PRODUCTS, "asset": "a", "risk_level": 1})
        )
        if with_catalogue
        else None
    )
    start = recipe.fit(Interactions.from_frame(OLD), catalogue=shelf)
    again = start.update(Interactions.from_frame(NEW))
    refit = recipe.fit(Interactions.from_frame(pd.concat([OLD, NEW])), catalogue=shelf)
    assert again.products == refit.products
    ids = (*refit.history.clients.ids, "nobody")
    np.testing.assert_allclose(again.scores(ids), refit.scores(ids), atol=1e-8, rtol=1e-8)
    np.testing.assert_array_equal(again.rank(ids, 4).codes >= 0, refit.rank(ids, 4).codes >= 0)
    changed = np.abs(again.scores(["nobody"])[0, :5] - start.scores(["nobody"])[0, :5]).max()
    assert changed > 1e-6, "an update that did nothing would be seen"


def test_an_update_after_saving_and_twice_over() -> None:
    start = ItemKNN.conditional(half_life_days=30.0).fit(Interactions.from_frame(OLD))
    kind, arrays, meta = start.state()
    back = restore(kind, arrays, json.loads(json.dumps(meta)))
    new = Interactions.from_frame(NEW)
    once = back.update(new)  # type: ignore[attr-defined]
    np.testing.assert_array_equal(once.scores(["c001"]), start.update(new).scores(["c001"]))
    np.testing.assert_allclose(once.update(new).scores(["c001"]), once.scores(["c001"]), atol=1e-12)


@pytest.mark.parametrize("recipe", [r for r in RECIPES if isinstance(r, GramRecipe)], ids=repr)
def test_parts_add_up_to_the_whole(recipe: GramRecipe) -> None:
    shelf = Catalogue.from_frame(
        pd.DataFrame({"id": PRODUCTS, "name": PRODUCTS, "asset": "a", "risk_level": 1})
    )
    both = pd.concat([OLD, NEW])
    odd = both.client_id.str[-1].isin(list("13579"))
    grams = [
        recipe.gram(Interactions.from_frame(part), catalogue=shelf)
        for part in (both[odd], both[~odd])
    ]
    whole = recipe.gram(Interactions.from_frame(both), catalogue=shelf)
    joined = grams[0] + grams[1]
    for name in ("both", "toward", "owners", "recent"):
        np.testing.assert_allclose(getattr(joined, name), getattr(whole, name), atol=1e-9)
    history = History.of(Interactions.from_frame(both[odd]).only(shelf.ids), shelf)
    np.testing.assert_allclose(
        recipe.solve(joined, history).matrix, recipe.solve(whole, history).matrix, atol=1e-9
    )
    assert not np.allclose(grams[0].both, whole.both)
    with pytest.raises(InputError, match="cannot be added"):
        _ = joined + Gram.of(History.of(Interactions.from_frame(OLD)))


@pytest.mark.parametrize(
    "recipe",
    [
        EASE(5.0, half_life_days=60.0),
        ALS(factors=3, regularization=1.0),
        ALS(factors=3, regularization=1.0, alpha=3.0),
        BPR(iterations=20),
    ],
    ids=repr,
)
def test_bytes_do_not_depend_on_threads(recipe: EASE | ALS | BPR) -> None:
    bought = Interactions.from_frame(OLD)
    found = []
    for threads in (1, 4):
        with limited_threads(threads):
            fitted = recipe.fit(bought, seed=5)
            found.append(
                (
                    fitted.scores(bought.clients.ids).tobytes(),
                    fitted.rank(bought.clients.ids, 3).scores.tobytes(),
                )
            )
    assert len(set(found)) == 1
    if not isinstance(recipe, EASE):
        assert recipe.fit(bought, seed=6).scores(bought.clients.ids).tobytes() != found[0][0], (
            "another seed is another model"
        )


def test_a_large_history_is_counted_the_same_in_one_block_or_many() -> None:
    history = History.of(Interactions.from_frame(OLD))
    from advisor.recommend.kernels import gram

    parts = [
        gram(
            history.rows.indptr, history.rows.codes, np.zeros(0), np.zeros(0), len(history.items), b
        )
        for b in (1, 3, 8)
    ]
    for other in parts[1:]:
        np.testing.assert_array_equal(parts[0], other)


def test_weights_are_learnt_from_what_came_later() -> None:
    rng = np.random.default_rng(0)
    wanted = rng.random((200, 30)) < 0.1
    wanted[~wanted.any(axis=1), 0] = True
    good, noise = wanted + rng.normal(size=wanted.shape) * 0.5, rng.normal(size=wanted.shape)
    none = np.zeros_like(wanted)
    weights = best_weights([noise, good], none, wanted)
    assert weights[1] == 1.0
    assert weights[0] <= 0.2
    assert best_weights([good, noise], none, wanted) == (weights[1], weights[0])
    with pytest.raises(InputError, match="not all zero"):
        Blend([EASE()], [0.0])
    with pytest.raises(InputError, match="one weight a recipe"):
        Blend([EASE()], [1.0, 2.0])


def people(segments: list[str | None], first: int = 0) -> ClientTable:
    frame = pd.DataFrame(
        {"id": [f"n{first + i}" for i in range(len(segments))], "wealth": 1e5, "horizon_years": 5.0}
    )
    frame["segment"] = segments
    return ClientTable.from_frame(frame)


@pytest.mark.parametrize(
    "recipe",
    [Popularity(by=("segment",), shrinkage=2.0), Demographic(regularization=1.0)],
    ids=repr,
)
def test_newcomers_get_what_their_like_buys(recipe: Popularity | Demographic) -> None:
    table = people(["mass"] * 30 + ["premium"] * 30 + [None] * 5)
    bought = pd.DataFrame(
        {
            "client_id": table.ids[:60],
            "product_id": ["savings"] * 30 + ["fund"] * 30,
            "day": "2026-01-01",
        }
    )
    fitted = recipe.fit(Interactions.from_frame(bought), clients=table)
    new = people(["premium", "mass", "never seen", None], first=900)
    top = fitted.rank(new.ids, 1, clients=new)
    assert [fitted.products[c] for c in top.codes[:2, 0]] == ["fund", "savings"]
    scores = fitted.scores(new.ids, new)
    np.testing.assert_allclose(scores[2:], 0.5, atol=0.06)
    assert "segment=premium" in {c.attribute for c in fitted.explain("n900", "fund", new)}
    known = fitted.scores([table.ids[0], table.ids[40]])
    np.testing.assert_array_equal(
        known,
        scores[[1, 0]],
        "without a table a known client keeps the segment they were fitted with",
    )
    with pytest.raises(InputError, match="Pass clients="):
        recipe.fit(Interactions.from_frame(bought))

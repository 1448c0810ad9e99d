"""Why something is not shown, what a new product starts with, and what recipes refuse."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from advisor import InputError, sample
from advisor.data import Catalogue, Interactions
from advisor.recommend import (
    ALS,
    BPR,
    EASE,
    MVECF,
    Association,
    Blend,
    Content,
    Demographic,
    ItemKNN,
    Popularity,
    omissions,
)


def bought(pairs: list[tuple[str, str]]) -> Interactions:
    return Interactions.from_frame(
        pd.DataFrame(pairs, columns=["client_id", "product_id"]).assign(day="2026-01-01")
    )


def test_every_missing_favourite_has_its_reason() -> None:
    pairs = [(f"c{i}", p) for i in range(20) for p in ("held", "barred", "liked")[: 1 + i % 3]]
    pairs += [("me", "held"), *((f"d{i}", p) for i in range(4) for p in ("held", "niche", "quiet"))]
    fitted = ItemKNN.conditional(shrinkage=0.0).fit(bought(pairs))
    mask = np.array([[p != "barred" for p in fitted.products]])
    found = {o.product_id: o for o in omissions(fitted, "me", 1, eligible=mask, count=10)}
    assert found["held"].code == "held"
    assert found["barred"].code == "not_suitable"
    assert found["barred"].rank is None
    assert found["niche"].code == "ranked_lower"
    assert found["niche"].rank == 2
    assert found["niche"].score <= found["niche"].last_shown
    assert "liked" not in found, "what is shown is not missing"
    assert [o.popularity_rank for o in omissions(fitted, "me", 1, eligible=mask)] == [1, 2, 4]


def test_a_list_that_more_than_taste_made_says_what_fits_less() -> None:
    pairs = [(f"c{i}", p) for i in range(20) for p in ("held", "barred", "liked")[: 1 + i % 3]] + [
        ("me", "held"),
        ("you", "odd"),
    ]
    fitted = ItemKNN.conditional(shrinkage=0.0).fit(bought(pairs))
    by_taste = {o.product_id: o.code for o in omissions(fitted, "me", 1, count=10)}
    assert by_taste == {"held": "held", "liked": "ranked_lower", "odd": "ranked_lower"}
    shown = {o.product_id: o for o in omissions(fitted, "me", 1, shown=["odd"], count=10)}
    assert {name: o.code for name, o in shown.items()} == {
        "held": "held",
        "barred": "fits_less",
        "liked": "ranked_lower",
    }
    assert shown["barred"].rank == 1
    assert shown["barred"].score > shown["barred"].last_shown
    with pytest.raises(InputError, match="P99"):
        omissions(fitted, "me", 1, shown=["P99"])


def test_a_new_product_starts_with_what_its_attributes_are_worth() -> None:
    shelf = Catalogue.from_frame(
        pd.DataFrame(
            {
                "id": ["bond1", "bond2", "stock1", "stock2", "newbond", "newstock"],
                "name": "x",
                "asset": ["bonds", "bonds", "stocks", "stocks", "bonds", "stocks"],
                "risk_level": [2, 2, 4, 4, 2, 4],
            }
        )
    )
    pairs = [(f"b{i}", p) for i in range(10) for p in ("bond1", "bond2")] + [
        (f"s{i}", p) for i in range(10) for p in ("stock1", "stock2")
    ]
    fitted = Content(shrinkage=1.0).fit(
        bought([*pairs, ("me", "bond1"), ("you", "stock2")]), catalogue=shelf
    )
    top = fitted.rank(["me", "you"], 2)
    names = [{fitted.products[c] for c in row} for row in top.codes.tolist()]
    assert "newbond" in names[0]
    assert "newstock" in names[1]
    assert (
        EASE(1.0).fit(bought([*pairs, ("me", "bond1")]), catalogue=shelf).scores(["me"])[0, 4]
        == 0.0
    ), "purchases alone know nothing of it"


@pytest.mark.parametrize(
    ("make", "field"),
    [
        (lambda: EASE(0.0), "regularization"),
        (lambda: EASE(half_life_days=-1.0), "half_life_days"),
        (lambda: ItemKNN(neighbours=0), "neighbours"),
        (lambda: ItemKNN(shrinkage=float("nan")), "shrinkage"),
        (lambda: ALS(factors=0), "factors"),
        (lambda: ALS(half_life_days=0.0), "half_life_days"),
        (lambda: BPR(iterations=0), "iterations"),
        (lambda: BPR(learning_rate=float("nan")), "learning_rate"),
        (lambda: MVECF(confidence=0.0), "confidence"),
        (lambda: Content(own_record=1.5), "own_record"),
        (lambda: Demographic(rounds=-1), "rounds"),
        (lambda: MVECF(trade_off=-1.0), "trade_off"),
        (lambda: Association(min_confidence=2.0), "min_confidence"),
        (lambda: Blend([], []), "weights"),
        (lambda: Popularity(shrinkage=-1.0), "shrinkage"),
        (lambda: Content().fit(bought([("a", "b")])), "catalogue"),
        (lambda: MVECF().fit(bought([("a", "b")])), "catalogue"),
        (lambda: EASE().fit(bought([])), "interactions"),
    ],
)
def test_what_cannot_work_is_refused_by_name(make: object, field: str) -> None:
    with pytest.raises(InputError) as caught:
        make()  # type: ignore[operator]
    assert caught.value.field == field


@pytest.mark.parametrize(
    "recipe",
    [
        Popularity(),
        EASE(),
        ItemKNN(),
        ALS(),
        Association(),
        Content(),
        Blend.for_banks(),
        Blend([EASE(), Popularity()]),
    ],
    ids=repr,
)
def test_a_shelf_that_nobody_bought_from_is_served_in_its_order(recipe: Popularity) -> None:
    shelf = Catalogue.from_frame(
        pd.DataFrame({"id": ["z", "a"], "name": "x", "asset": "cash", "risk_level": 1})
    )
    fitted = recipe.fit(bought([]), catalogue=shelf)
    assert fitted.rank(["anybody"], 3).codes.tolist() == [[0, 1, -1]]
    np.testing.assert_array_equal(fitted.scores(["anybody"]), [[0.0, 0.0]])


def test_a_list_has_a_whole_number_of_slots() -> None:
    with pytest.raises(InputError, match=r"k is 2.5 .* whole number"):
        EASE().fit(sample.interactions(50)).rank(["x"], 2.5)  # type: ignore[arg-type]

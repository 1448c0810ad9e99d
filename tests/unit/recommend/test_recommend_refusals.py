"""What cannot be used is refused at every public function of the recommenders in our own words,
with the field and the value."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pytest

from advisor import InputError, sample
from advisor.data import Interactions
from advisor.recommend import (
    ALS,
    BPR,
    EASE,
    MVECF,
    Association,
    Blend,
    ColdStart,
    Content,
    Demographic,
    ItemKNN,
    Popularity,
    RandomWalk,
    Recipe,
    calibrate,
    omissions,
)

BOUGHT, SHELF = sample.interactions(), sample.catalogue()
TABLE = pd.DataFrame(
    {"client_id": ["a", "b", "c"], "product_id": ["p001", "p002", "p003"], "day": "2024-01-01"}
)
FITTED = EASE().fit(BOUGHT, catalogue=SHELF)
SERVED = FITTED.rank(FITTED.history.clients.ids[:50], 3)
CALIBRATION = calibrate(SERVED, BOUGHT)
RECIPES: list[Recipe] = [
    ALS(factors=2),
    Association(),
    BPR(factors=2),
    Blend([EASE()]),
    ColdStart(EASE(), Popularity()),
    Content(),
    Demographic(),
    EASE(),
    ItemKNN(),
    MVECF(factors=2),
    Popularity(),
    RandomWalk(),
]

Door = Callable[[], object]


def fit(**change: Any) -> Door:
    return lambda: EASE().fit(**{"interactions": BOUGHT, **change})


def served(**change: Any) -> Door:
    return lambda: FITTED.rank(**{"client_ids": ["C0001"], "k": 3, **change})


RECIPE_DOORS: list[tuple[str, Door]] = [
    ("recipes", lambda: Blend(None)),  # type: ignore[arg-type]
    ("recipes", lambda: Blend(EASE())),  # type: ignore[arg-type]
    ("recipes", lambda: Blend([EASE])),  # type: ignore[list-item]
    ("recipes", lambda: Blend([FITTED])),  # type: ignore[list-item]
    ("weights", lambda: Blend([EASE()], 1.0)),  # type: ignore[arg-type]
    ("weights", lambda: Blend([EASE()], "1")),
    ("weights", lambda: Blend([EASE()], [None])),  # type: ignore[list-item]
    ("weights", lambda: Blend([EASE()], [np.nan])),
    ("weights", lambda: Blend([EASE()], [np.inf])),
    ("validation_days", lambda: Blend([EASE()], validation_days=2.5)),  # type: ignore[arg-type]
    ("warm", lambda: ColdStart(EASE, Popularity())),  # type: ignore[arg-type]
    ("cold", lambda: ColdStart(EASE(), None)),  # type: ignore[arg-type]
    ("by", lambda: Popularity(by="segment")),  # type: ignore[arg-type]
    ("by", lambda: Popularity(by=(1,))),  # type: ignore[arg-type]
    ("by", lambda: Demographic(by="level")),  # type: ignore[arg-type]
    ("rounds", lambda: Demographic(rounds=0.5)),  # type: ignore[arg-type]
    ("factors", lambda: ALS(factors=2.5)),  # type: ignore[arg-type]
    ("iterations", lambda: MVECF(iterations=None)),  # type: ignore[arg-type]
    ("neighbours", lambda: ItemKNN(neighbours="x")),  # type: ignore[arg-type]
    ("similarity", lambda: ItemKNN(similarity="foo")),  # type: ignore[arg-type]
    ("regularization", lambda: EASE(regularization=np.inf)),
    ("regularization", lambda: EASE(regularization=None)),  # type: ignore[arg-type]
    ("half_life_days", lambda: EASE(half_life_days="x")),  # type: ignore[arg-type]
]
FIT_DOORS: list[tuple[str, Door]] = [
    ("clients", fit(clients=TABLE)),
    ("catalogue", fit(catalogue=TABLE)),
    ("model", fit(model=0.05)),
    ("seed", fit(seed="x")),
    ("seed", fit(seed=None)),
    ("seed", fit(seed=-1)),
    ("seed", fit(seed=0.5)),
    ("interactions", lambda: EASE().gram(None, catalogue=SHELF)),  # type: ignore[arg-type]
    ("catalogue", lambda: EASE().gram(BOUGHT, catalogue=None)),  # type: ignore[arg-type]
    ("as_of", lambda: EASE().gram(BOUGHT, catalogue=SHELF, as_of="soon")),
    ("gram", lambda: EASE().solve(None, FITTED.history)),  # type: ignore[arg-type]
    ("history", lambda: EASE().solve(FITTED.gram, None)),  # type: ignore[arg-type]
    ("gram", lambda: FITTED.gram + 1),  # type: ignore[operator]
    ("new", lambda: FITTED.update(None)),  # type: ignore[arg-type]
    ("new", lambda: FITTED.update(TABLE)),  # type: ignore[arg-type]
]
SERVING_DOORS: list[tuple[str, Door]] = [
    ("client_ids", served(client_ids=None)),
    ("client_ids", served(client_ids="C0001")),
    ("client_ids", served(client_ids=[["C0001"]])),
    ("k", served(k=None)),
    ("clients", served(clients=TABLE)),
    ("eligible", served(eligible="x")),
    ("eligible", served(eligible=[[True], [True, False]])),
    ("client_ids", lambda: FITTED.scores("C0001")),
    ("clients", lambda: FITTED.scores(["C0001"], TABLE)),  # type: ignore[arg-type]
    ("client_id", lambda: FITTED.explain(None, "P001")),  # type: ignore[arg-type]
    ("product_id", lambda: FITTED.explain("C0001", ["P001"])),  # type: ignore[arg-type]
    ("fitted", lambda: omissions(EASE(), "C0001", 3)),  # type: ignore[arg-type]
    ("client_id", lambda: omissions(FITTED, None, 3)),  # type: ignore[arg-type]
    ("k", lambda: omissions(FITTED, "C0001", 2.5)),  # type: ignore[arg-type]
    ("ranking", lambda: calibrate(None, BOUGHT)),  # type: ignore[arg-type]
    ("ranking", lambda: calibrate(TABLE, BOUGHT)),  # type: ignore[arg-type]
    ("bought", lambda: calibrate(SERVED, None)),  # type: ignore[arg-type]
    ("bought", lambda: calibrate(SERVED, TABLE)),  # type: ignore[arg-type]
    ("method", lambda: calibrate(SERVED, BOUGHT, method="foo")),  # type: ignore[arg-type]
    ("method", lambda: calibrate(SERVED, BOUGHT, method=["platt"])),  # type: ignore[arg-type]
    ("relative", lambda: calibrate(SERVED, BOUGHT, relative="x")),  # type: ignore[arg-type]
    ("after", lambda: calibrate(SERVED, BOUGHT, after="soon")),
    ("precision", lambda: CALIBRATION.threshold("x")),  # type: ignore[arg-type]
    ("least", lambda: CALIBRATION.threshold(0.5, least=0)),
]


@pytest.mark.parametrize(("field", "door"), [*RECIPE_DOORS, *FIT_DOORS, *SERVING_DOORS])
def test_a_recommender_refuses_by_name(field: str, door: Door) -> None:
    with pytest.raises(InputError) as refusal:
        door()
    assert refusal.value.field == field


@pytest.mark.parametrize("recipe", RECIPES, ids=lambda r: type(r).__name__)
@pytest.mark.parametrize(
    "given", [None, TABLE, [("a", "p1")], SHELF], ids=["none", "table", "list", "shelf"]
)
def test_no_recipe_learns_from_what_are_no_purchases(recipe: Recipe, given: object) -> None:
    with pytest.raises(InputError, match="Interactions") as refusal:
        recipe.fit(given, catalogue=SHELF)  # type: ignore[arg-type]
    assert refusal.value.field == "interactions"


@pytest.mark.parametrize("recipe", RECIPES, ids=lambda r: type(r).__name__)
def test_purchases_of_another_shelf_are_refused_with_ids_of_both(recipe: Recipe) -> None:
    with pytest.raises(InputError, match=r"\['p001', 'p002'\].*\['P001', 'P002'\]"):
        recipe.fit(Interactions.from_frame(TABLE), catalogue=SHELF)


def test_one_product_on_the_shelf_is_enough_and_no_purchase_is_no_mistake() -> None:
    one = Interactions.from_frame(TABLE.assign(product_id=["p001", "P002", "p003"]))
    assert len(EASE().fit(one, catalogue=SHELF).products) == len(SHELF)
    assert len(EASE().fit(one.after("2030-01-01"), catalogue=SHELF).products) == len(SHELF)


def test_what_a_model_has_seen_says_nothing_about_its_scores() -> None:
    last = str(FITTED.history.last_day)
    with pytest.raises(InputError, match=f"None of the .* later than {last}") as refusal:
        calibrate(SERVED, BOUGHT, after=last)
    assert refusal.value.field == "bought"


def test_only_purchases_after_the_day_are_counted() -> None:
    day = "2025-06-30"
    whole, later = calibrate(SERVED, BOUGHT, after=day), calibrate(SERVED, BOUGHT.after(day))
    assert whole.buys == later.buys < CALIBRATION.buys
    assert whole.evidence[1].tolist() == later.evidence[1].tolist()

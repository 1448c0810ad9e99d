"""Recipes chosen on one's own purchases: nothing is kept that does not beat EASE beyond chance."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from advisor import InputError
from advisor.data import Catalogue, Interactions
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
)

START = np.datetime64("2024-01-01")


def relevances(clients: int = 500, seed: int = 0, days: int = 500) -> Interactions:
    """Six preferences for products of six products; every client buys five of theirs over the
    time."""
    rng = np.random.default_rng(seed)
    rows = [
        (f"c{i:04d}", f"p{taste}{p}", START + int(d))
        for i in range(clients)
        for taste in [int(rng.integers(6))]
        for p, d in zip(rng.choice(6, 5, replace=False), rng.integers(0, days, 5), strict=True)
    ]
    return Interactions.from_frame(pd.DataFrame(rows, columns=["client_id", "product_id", "day"]))


def fashions(clients: int = 600, seed: int = 1) -> Interactions:
    """Forty products, each in fashion for fifty days and hardly bought after: only what is bought
    lately says what is bought next."""
    rng = np.random.default_rng(seed)
    rows = []
    for i in range(clients):
        for day in np.sort(rng.integers(0, 600, 5)):
            first = int(day) // 15
            rows.append(
                (
                    f"c{i:04d}",
                    f"p{int(rng.integers(max(first - 3, 0), first + 1)):02d}",
                    START + int(day),
                )
            )
    return Interactions.from_frame(pd.DataFrame(rows, columns=["client_id", "product_id", "day"]))


def test_where_nothing_beats_ease_it_is_ease() -> None:
    bought = relevances()
    found = Popularity().tuning(bought, window=150)
    assert found.recipe == EASE()
    assert found.held_out == "the last 150 days"
    assert found.clients > 200
    frame = found.to_frame()
    assert list(frame.columns) == ["recipe", "ndcg", "gap", "low", "high", "kept"]
    assert frame.kept.sum() == 1
    assert len(frame) == len(found.tried) == 4
    assert Popularity().tuned(bought, window=150) == EASE()


def test_what_beats_ease_is_kept_and_the_interval_says_so() -> None:
    bought = fashions()
    found = Popularity().tuning(bought, window=60)
    assert found.recipe == Popularity(half_life_days=30.0, capped=True)
    at = found.tried.index(found.recipe)
    assert found.gap[at] - found.reach[at] > 0.0
    assert isinstance(
        Popularity().tuned(bought, window=60).fit(bought).rank(["c0001"], 3).codes, np.ndarray
    )


def test_the_gap_is_that_of_a_fit_on_the_past_alone() -> None:
    """Judged again by hand: fitted until the cut, ranked, and what was bought anew in the window
    counted."""
    bought = fashions(300)
    cut = bought.days.max() - np.timedelta64(60, "D")
    past, window = bought.until(cut), bought.after(cut)
    found = Popularity(half_life_days=30.0).tuning(bought, window=60)
    known = {
        (past.clients.ids[c], past.products.ids[p])
        for c, p in zip(past.client_codes, past.product_codes, strict=True)
    }
    new: dict[str, set[str]] = {}
    for c, p in zip(window.client_codes, window.product_codes, strict=True):
        pair = window.clients.ids[c], window.products.ids[p]
        if pair[0] in past.clients and pair not in known:
            new.setdefault(pair[0], set()).add(pair[1])
    assert found.clients == len(new)
    for recipe, quality in zip(found.tried[:2], found.quality[:2], strict=True):
        fitted, total = recipe.fit(past), 0.0
        for client, wanted in new.items():
            listed = [
                fitted.products[c] for c in fitted.rank([client], 10).codes[0].tolist() if c >= 0
            ]
            ideal = sum(1.0 / np.log2(r + 2.0) for r in range(min(len(wanted), 10)))
            total += (
                sum(1.0 / np.log2(r + 2.0) for r, p in enumerate(listed) if p in wanted) / ideal
            )
        assert quality == pytest.approx(total / len(new), abs=1e-9)


@pytest.mark.parametrize("window", [None, 5_000])
def test_without_a_window_one_purchase_of_each_clients_last_day_is_held_out(
    window: int | None,
) -> None:
    found = ItemKNN().tuning(relevances(300), window=window)
    assert found.held_out == "one purchase of each client's last day"
    assert found.clients > 250
    assert found.recipe in found.tried


def test_too_few_clients_choose_nothing() -> None:
    found = Blend.robust().tuning(relevances(60))
    assert found.recipe == EASE()
    assert (found.clients < 100, len(found.quality), len(found.to_frame())) == (True, 0, 0)
    nobody = Interactions.from_frame(pd.DataFrame({"client_id": [], "product_id": [], "day": []}))
    shelf = Catalogue.from_frame(
        pd.DataFrame({"id": ["a"], "name": ["a"], "asset": ["x"], "risk_level": [1]})
    )
    assert EASE().tuned(nobody, catalogue=shelf) == EASE()


RECIPES: list[Recipe] = [
    EASE(),
    ItemKNN(),
    RandomWalk(),
    ALS(),
    BPR(),
    Association(),
    Content(),
    MVECF(),
    Popularity(),
    Demographic(),
    Blend.robust(),
    Blend.for_banks(),
    Blend([EASE(), ItemKNN()]),
    ColdStart(Blend.robust(), Popularity()),
]


@pytest.mark.parametrize("recipe", RECIPES, ids=lambda r: type(r).__name__)
def test_every_recipe_has_a_small_grid_of_its_own_kind(recipe: Recipe) -> None:
    variants = recipe.variants()
    assert 1 <= len(variants) <= 6
    assert recipe not in variants
    assert len(set(variants)) == len(variants)
    assert all(type(one) is type(recipe) for one in variants)


def test_refusals_say_what_to_do() -> None:
    bought = relevances(60)
    for window, says in ((0, "window is 0 .* at least 1"), (2.5, "window"), ("a year", "window")):
        with pytest.raises(InputError, match=says):
            EASE().tuned(bought, window=window)  # type: ignore[arg-type]
    with pytest.raises(InputError, match="interactions"):
        EASE().tuned(None)  # type: ignore[arg-type]

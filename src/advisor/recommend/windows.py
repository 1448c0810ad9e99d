"""Past windows: the lists a recipe would have served, and what was then bought."""

from __future__ import annotations

import numpy as np

from advisor.annotations import Count, Seed
from advisor.data.catalogue import Catalogue
from advisor.data.clients.table import ClientTable
from advisor.data.interactions import Interactions
from advisor.data.ranking import Ranking
from advisor.data.returns import ReturnModel
from advisor.errors import InputError
from advisor.recommend.recipes.recipe import Recipe, Training
from advisor.validation import checked

Window = tuple[Ranking, Interactions]
"""Lists as served at the start of a window, and what was newly bought in it."""


@checked
def past_windows(
    recipe: Recipe,
    interactions: Interactions,
    *,
    window: Count = 182,
    count: Count = 4,
    step: Count | None = None,
    k: Count = 10,
    clients: ClientTable | None = None,
    catalogue: Catalogue | None = None,
    model: ReturnModel | None = None,
    seed: Seed = 0,
) -> list[Window]:
    """What a recipe would have served at the start of each of the last windows, and what was then
    newly bought; the oldest first.

    Args:
        recipe: Fitted anew at the start of each window, on what came before.
        interactions: One's own purchases.
        window: Days of a window; the last one ends with the last purchase.
        count: Windows at most.
        step: Days between their starts; None: `window`, so that they do not overlap.
        k: Slots of the lists.
        clients: As of `Recipe.fit`.
        catalogue: As of `Recipe.fit`.
        model: As of `Recipe.fit`.
        seed: As of `Recipe.fit`.

    Returns:
        As many windows as have purchases before and in them. Listed are all clients known at the
        start; what is bought are products that were new to them. No rule closes a product here:
        lists of `Advisor.rank` cover less, and what they cover is learnt from them.

    Raises:
        InputError: An argument is of another kind, or no window has purchases before and in it.
    """
    training = Training(interactions, clients, catalogue, model, seed)
    windows: list[Window] = []
    for i in range(count if len(interactions) else 0):
        cut = interactions.days.max() - np.timedelta64(window + i * (step or window), "D")
        past = training.until(cut)
        later = new_to_known(
            interactions.after(cut).until(cut + np.timedelta64(window, "D")), past.interactions
        )
        if not len(past.interactions) or not len(later):
            break
        windows.append(
            (recipe.learn(past).rank(past.interactions.clients.ids, k, clients=clients), later)
        )
    if not windows:
        raise InputError(
            f"The {len(interactions):,} purchases do not reach over a window of {window} days with"
            " purchases of the same clients before and in it. Take a shorter window, or more"
            " purchases.",
            field="window",
            value=window,
        )
    return windows[::-1]


def new_to_known(later: Interactions, past: Interactions) -> Interactions:
    """Pairs of clients who bought before and products they had not bought, each once."""
    new = new_pairs(later, past)
    return new.where(past.clients.find(new.clients.ids)[new.client_codes] >= 0)


def new_pairs(later: Interactions, past: Interactions) -> Interactions:
    """Events of `later` whose pair is not in `past`, the earliest of each pair (events are sorted
    by client, product, day).
    """
    clients, products = (
        past.clients.find(later.clients.ids)[later.client_codes],
        past.products.find(later.products.ids)[later.product_codes],
    )
    width = len(past.products) + 1
    known = past.client_codes * width + past.product_codes
    asked = np.where((clients >= 0) & (products >= 0), clients * width + products, -1)
    first = np.ones(len(later), dtype=np.bool_)
    first[1:] = (np.diff(later.client_codes) != 0) | (np.diff(later.product_codes) != 0)
    return later.where(first & ~np.isin(asked, known))

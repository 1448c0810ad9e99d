"""Models back from what `state` gave: arrays and words, no pickle."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from advisor.data.ids import IdMap
from advisor.errors import InputError
from advisor.recommend.model.encoders import Encoder, Held, Same
from advisor.recommend.model.factors import FoldedIn, Member
from advisor.recommend.model.fitted import FittedModel
from advisor.recommend.model.gram import Gram
from advisor.recommend.model.history_state import restored_history, unpacked_ids
from advisor.recommend.model.purchases import History
from advisor.recommend.model.segments import Combinations, OneHot
from advisor.recommend.model.stacked import Stacked, Switch
from advisor.recommend.recipes.association import Baskets
from advisor.recommend.recipes.counting import FittedItems, GramRecipe
from advisor.recommend.recipes.item_based import EASE, ItemKNN, RandomWalk
from advisor.recommend.saved import (
    PACKED,
    check_counts,
    check_history,
    check_saved,
    check_scores,
    inside,
    rows_of,
)

_GRAM_RECIPES: dict[str, type[GramRecipe]] = {
    "EASE": EASE,
    "ItemKNN": ItemKNN,
    "RandomWalk": RandomWalk,
}
_SEVERAL = {kind.KIND: kind for kind in (Stacked, Switch)}
_SINGLE: dict[str, type[Encoder]] = {
    kind.KIND: kind for kind in (Same, Held, FoldedIn, Member, Baskets, Combinations, OneHot)
}


def restore(kind: str, arrays: Mapping[str, np.ndarray], meta: Mapping[str, Any]) -> FittedModel:
    """The fitted model whose `state()` this is; it scores with the same bits.

    Raises:
        InputError: An array or a setting is missing.
    """
    try:
        check_saved(arrays, PACKED, {}, where="the recommender")
        counts = len(unpacked_ids(arrays["clients"])), len(unpacked_ids(arrays["items"]))
        sizes = check_history(arrays, meta, counts)
        history = restored_history(arrays, meta)
        own = inside(arrays, "encoder.")
        needed = rows_of(meta["encoder"], own, meta["encoder_meta"], sizes)
        if needed != sizes["d"]:
            raise InputError(
                f"The matrix of the saved {kind} model has {sizes['d']} rows, but its queries point"
                f" into {needed}; scores would be read from elsewhere. Restore it from a copy.",
                field="matrix",
                value=arrays["matrix"].shape,
            )
        check_scores(kind, arrays["matrix"])
        encoder = restore_encoder(meta["encoder"], own, meta["encoder_meta"], history.items)
        plain = FittedModel(kind, history, encoder, arrays["matrix"], dict(meta["parameters"]))
        return _with_counts(plain, arrays, meta["gram"]) if kind in _GRAM_RECIPES else plain
    except KeyError as error:
        raise InputError(
            f"The saved {kind} model lacks {error}; the file is damaged or of another version. Save"
            " it again.",
            field="arrays",
            value=str(error),
        ) from None


def _with_counts(
    plain: FittedModel, arrays: Mapping[str, np.ndarray], meta: Mapping[str, Any]
) -> FittedItems:
    check_counts(arrays, int(meta["clients"]))
    history: History = plain.history
    recipe = _GRAM_RECIPES[plain.kind](**plain.parameters)
    counts = {name: arrays[f"gram.{name}"] for name in ("both", "owners", "recent")}
    gram = Gram(
        items=history.items,
        **counts,
        toward=arrays["gram.toward"] if recipe.half_life or recipe.has_cap else counts["both"],
        clients=int(meta["clients"]),
        power=recipe.power,
        half_life_days=recipe.half_life,
        as_of=np.datetime64(meta["as_of"], "D"),
        capped=recipe.has_cap,
    )
    return FittedItems(
        plain.kind, history, plain.encoder, plain.matrix, plain.parameters, recipe, gram
    )


def restore_encoder(
    kind: str, arrays: Mapping[str, np.ndarray], meta: Mapping[str, Any], items: IdMap
) -> Encoder:
    """The encoder that `state` wrote."""
    if kind in _SEVERAL:
        encoders = [
            restore_encoder(part["kind"], inside(arrays, f"{i}."), part["meta"], items)
            for i, part in enumerate(meta["encoders"])
        ]
        return _SEVERAL[kind](tuple(encoders), tuple(meta["offsets"]))
    return _SINGLE[kind].restored(arrays, meta, items)

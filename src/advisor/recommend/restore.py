"""Models back from what `state` gave: arrays and words, no pickle."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from advisor.data.ids import IdMap
from advisor.errors import InputError
from advisor.recommend.model.encoders import FoldedIn, Held, Member, Same, Stacked
from advisor.recommend.model.fitted import Encoder, FittedModel, restored_history, unpacked_ids
from advisor.recommend.model.gram import Gram
from advisor.recommend.model.purchases import History
from advisor.recommend.model.segments import restore_segments
from advisor.recommend.recipes.association import Baskets
from advisor.recommend.recipes.cold_start import Switch
from advisor.recommend.recipes.item_based import EASE, FittedItems, GramRecipe, ItemKNN, RandomWalk
from advisor.recommend.saved import PACKED, check_history, check_saved, rows_of

_GRAM_RECIPES: dict[str, type[GramRecipe]] = {
    "EASE": EASE,
    "ItemKNN": ItemKNN,
    "RandomWalk": RandomWalk,
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
        own = {
            name.removeprefix("encoder."): array
            for name, array in arrays.items()
            if name.startswith("encoder.")
        }
        needed = rows_of(meta["encoder"], own, meta["encoder_meta"], sizes)
        if needed != sizes["d"]:
            raise InputError(
                f"The matrix of the saved {kind} model has {sizes['d']} rows, but its queries point"
                f" into {needed}; scores would be read from elsewhere. Restore it from a copy.",
                field="matrix",
                value=arrays["matrix"].shape,
            )
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
    history: History = plain.history
    recipe = _GRAM_RECIPES[plain.kind](**plain.parameters)
    gram = Gram(
        items=history.items,
        both=arrays["gram.both"],
        toward=arrays[
            "gram.both" if recipe.half_life is None and not recipe.has_cap else "gram.toward"
        ],
        owners=arrays["gram.owners"],
        recent=arrays["gram.recent"],
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
    if kind == "stacked":
        parts: Sequence[Mapping[str, Any]] = meta["encoders"]
        own = [
            {n.removeprefix(f"{i}."): a for n, a in arrays.items() if n.startswith(f"{i}.")}
            for i in range(len(parts))
        ]
        return Stacked(
            tuple(
                restore_encoder(p["kind"], a, p["meta"], items)
                for p, a in zip(parts, own, strict=True)
            ),
            tuple(meta["offsets"]),
        )
    if kind == "switch":
        two = [
            restore_encoder(
                meta[n]["kind"],
                {a.removeprefix(f"{n}."): v for a, v in arrays.items() if a.startswith(f"{n}.")},
                meta[n]["meta"],
                items,
            )
            for n in ("warm", "cold")
        ]
        return Switch(two[0], two[1], int(meta["offset"]))
    if kind == "held":
        return Held(items, float(meta["damping"]))
    if kind == "folded_in":
        factors, base, image, tilt, shift = (
            arrays[name] for name in ("factors", "base", "image", "tilt", "shift")
        )
        return FoldedIn(
            items, factors, base, float(meta["ridge"]), float(meta["extra"]), image, tilt, shift
        )
    if kind == "member":
        return Member(items, arrays["factors"], arrays["image"])
    if kind == "baskets":
        return Baskets(items, arrays["pairs"])
    if kind in ("cells", "one_hot"):
        return restore_segments(kind, arrays, meta)
    return Same()

"""Models back from what `state` gave: arrays and words, no pickle."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from advisor.errors import InputError
from advisor.recommend.encoders import restore_encoder
from advisor.recommend.linear import FittedModel, restored_history


def restore(kind: str, arrays: Mapping[str, np.ndarray], meta: Mapping[str, Any]) -> FittedModel:
    """The fitted model whose `state()` this is; it scores with the same bits.

    Raises:
        InputError: An array is missing.
    """
    try:
        history = restored_history(arrays, meta)
        own = {name.removeprefix("encoder."): array for name, array in arrays.items() if name.startswith("encoder.")}
        encoder = restore_encoder(meta["encoder"], own, meta["encoder_meta"], history.items)
        return FittedModel(kind, history, encoder, arrays["matrix"], dict(meta["parameters"]))
    except KeyError as error:
        raise InputError(
            f"The saved {kind} model lacks {error}; the file is damaged or of another version. Save it again.",
            field="arrays",
            value=str(error),
        ) from None

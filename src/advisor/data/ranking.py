"""Ranked products of many clients."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from advisor.arrays import FloatArray, IntArray, check_type, id_texts
from advisor.errors import InputError

MOST_SLOTS = 1_000
"""Slots that may be asked for in any catalogue."""


def check_slots(slots: object, products: int, field: str, *, least: int = 0) -> None:
    """Raise `InputError` unless `slots` is a whole number of slots that may be asked for, before any is made.

    Args:
        slots: What is asked for.
        products: How many there are to fill them.
        field: Its name, for the message.
        least: The smallest number that makes sense.
    """
    check_type(slots, (int, np.integer), field, "Ask for a whole number of products.")
    most = max(MOST_SLOTS, products)
    if not least <= slots <= most:  # type: ignore[operator]
        raise InputError(
            f"{field} is {slots!r}; there are {products} products, and every further slot would stay empty. Ask for {least} to {most}.",
            field=field,
            value=slots,
        )


@dataclass(frozen=True, eq=False)
class Ranking:
    """The best k products of each of `c` clients, best first.

    Attributes:
        client_ids: Length c.
        products: What codes index, length p.
        codes: Position in `products`, -1 = honest empty slot (nothing eligible and unheld was left), shape (c, k).
        scores: Score of each slot, nan where empty, shape (c, k).
        note: What holds of the whole batch, such as that the recommender knows none of the clients; None = nothing.
    """

    client_ids: tuple[str, ...]
    products: tuple[str, ...]
    codes: IntArray
    scores: FloatArray
    note: str | None = None

    def __post_init__(self) -> None:
        for field in ("client_ids", "products"):
            ids: object = getattr(self, field)
            if not isinstance(ids, tuple) or not set(map(type, ids)) <= {str}:
                object.__setattr__(self, field, tuple(id_texts(ids, field)))

    def to_frame(self) -> pd.DataFrame:
        """One row a filled slot: client_id, rank (from 1), product_id, score."""
        rows, slots = np.nonzero(self.codes >= 0)
        return pd.DataFrame(
            {
                "client_id": np.array(self.client_ids, dtype=object)[rows],
                "rank": slots + 1,
                "product_id": np.array(self.products, dtype=object)[self.codes[rows, slots]]
                if self.products
                else np.array([], dtype=object),
                "score": self.scores[rows, slots],
            }
        )

    def __len__(self) -> int:
        return len(self.client_ids)

    def __repr__(self) -> str:
        return f"Ranking({len(self):,} clients, top {self.codes.shape[1]} of {len(self.products)} products, {int((self.codes < 0).sum()):,} empty slots)"

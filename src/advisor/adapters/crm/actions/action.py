"""Actions: what was proposed, one by one and by column."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar

import numpy as np
import numpy.typing as npt
import pandas as pd

from advisor.adapters.crm.actions.plays import ActionKind, Play
from advisor.arrays import IntArray
from advisor.contracts import Contract, Id, Moment


class Action(Contract):
    """One proposed action, with all that is checked again when it is sent; fields as in `Play`.

    `id` is the same for the same play, client, product and day. `count` is how many events led to
    it.
    """

    personal_data: ClassVar[bool] = True

    id: Id
    client_id: Id
    play: Id
    action: ActionKind
    purpose: Id
    cap: int
    cap_days: int
    priority: int
    names_product: bool
    product_id: Id | None = None
    count: int = 0
    proposed_at: Moment


@dataclass(frozen=True, eq=False, repr=False)
class Actions:
    """Proposed actions, first things first: by priority, play, client, number of events, product.

    Attributes:
        plays: What they are of.
        at: When they were proposed.
        play_codes: Positions in `plays`, shape (a,).
        client_ids, product_ids: Shape (a,); None where no product is named.
        counts: Events that led to each, shape (a,).
    """

    plays: tuple[Play, ...]
    at: datetime
    play_codes: IntArray
    client_ids: npt.NDArray[np.object_]
    product_ids: npt.NDArray[np.object_]
    counts: IntArray

    def __getitem__(self, i: int) -> Action:
        client, product = self.client_ids[i], self.product_ids[i]
        play = self.plays[self.play_codes[i]]
        text = "\n".join((play.id, client, product or "", self.at.date().isoformat()))
        names = ("action", "purpose", "cap", "cap_days", "priority", "names_product")
        same = {name: getattr(play, name) for name in names}
        return Action(
            id=hashlib.sha256(text.encode()).hexdigest()[:24],
            client_id=client,
            play=play.id,
            product_id=product,
            count=self.counts.item(i),
            proposed_at=self.at,
            **same,
        )

    def __iter__(self) -> Iterator[Action]:
        return (self[i] for i in range(len(self)))

    def to_frame(self) -> pd.DataFrame:
        """One row an action."""
        names = np.array([play.id for play in self.plays], dtype=object)
        whose = {"client_id": self.client_ids, "product_id": self.product_ids}
        return pd.DataFrame({"play": names[self.play_codes], **whose, "count": self.counts})

    def __len__(self) -> int:
        return len(self.play_codes)

    def __repr__(self) -> str:
        return f"Actions({len(self):,} actions of {len(self.plays)} plays)"

"""Stages of a client's life with the bank, each with the day on which it began."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from advisor.adapters.crm.facts.table import ClientFacts
from advisor.adapters.crm.packs.classes import StagePack
from advisor.arrays import BoolArray, DayArray, IntArray
from advisor.cells import NO_DAY
from advisor.data.ids import IdMap
from advisor.errors import InputError
from advisor.validation import checked


@dataclass(frozen=True, eq=False, repr=False)
class Stages:
    """Stages of c clients.

    Attributes:
        client_ids: Length c.
        as_of: The day.
        code: Position in `pack.ids`, shape (c,); -1 = unknown.
        since: Day on which the stage was first seen, shape (c,); NaT = unknown.
        previous: Code of the stage before this one, shape (c,); -1 = none is known.
        pack: The rules.
    """

    client_ids: tuple[str, ...]
    as_of: np.datetime64
    code: IntArray
    since: DayArray
    previous: IntArray
    pack: StagePack

    @property
    def changed(self) -> BoolArray:
        """Who entered their stage on `as_of` from another one, shape (c,)."""
        return (self.code >= 0) & (self.previous >= 0) & (self.since == self.as_of)

    def entered(self, stage: str) -> BoolArray:
        """Who entered this stage on `as_of`, shape (c,); `InputError` for no stage of the pack."""
        return self.changed & (self.code == IdMap(self.pack.ids).code(stage, "stage"))

    def to_frame(self) -> pd.DataFrame:
        """One row a client, by id: stage, since, previous (missing where unknown)."""
        words = pd.CategoricalDtype(list(self.pack.ids))
        return pd.DataFrame(
            {
                "stage": pd.Categorical.from_codes(self.code, dtype=words),
                "since": self.since.astype("datetime64[s]"),
                "previous": pd.Categorical.from_codes(self.previous, dtype=words),
            },
            index=pd.Index(self.client_ids, name="client_id"),
        )

    def __len__(self) -> int:
        return len(self.client_ids)

    def __repr__(self) -> str:
        counts = np.bincount(self.code[self.code >= 0], minlength=len(self.pack.ids))
        counts_text = " ".join(
            f"{name}:{n:,}" for name, n in zip(self.pack.ids, counts, strict=True)
        )
        return f"Stages({len(self):,} clients on {self.as_of}, {counts_text})"


@checked
def stage(
    facts: ClientFacts, pack: StagePack | None = None, before: Stages | None = None
) -> Stages:
    """The stage of each client; who was in it before keeps the day on which they entered it.

    Args:
        facts: c clients.
        pack: Rules; default `StagePack.four()`.
        before: Stages of an earlier day by the same pack, of these or other clients. Of a client
            whose stage is unknown today the earlier one is kept, with its day.

    Raises:
        InputError: The pack is not in force or reads a fact that is not there, or `before` is later
            than the facts or of another pack.
    """
    rules = pack or StagePack.four()
    code = rules.classify(facts)
    since = np.where(code >= 0, facts.as_of, NO_DAY)
    previous = np.full(len(facts), -1)
    if before is not None:
        if before.as_of > facts.as_of:
            why = f"before is of {before.as_of}, after {facts.as_of}, the day of the facts: days of"
            remedy = "entry would lie in the future. Pass the stages of an earlier day."
            raise InputError(f"{why} {remedy}", field="before", value=str(before.as_of))
        if before.pack.ids != rules.ids or before.pack.id != rules.id:
            why = f"before has the stages of pack {before.pack.id!r}, not those of {rules.id!r}; a"
            remedy = "day of entry would belong to another stage. Start without before."
            raise InputError(f"{why} {remedy}", field="before", value=before.pack.id)
        row = IdMap(before.client_ids).find(facts.client_ids)
        old, begun = np.append(before.code, -1)[row], np.append(before.since, NO_DAY)
        code = np.where(code < 0, old, code)
        same = (old == code) & (code >= 0)
        since = np.where(same, begun[row], np.where(code >= 0, facts.as_of, NO_DAY))
        previous = np.where(same, np.append(before.previous, -1)[row], old)
    return Stages(facts.client_ids, facts.as_of, code, since, previous, rules)

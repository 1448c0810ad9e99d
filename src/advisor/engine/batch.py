"""Advice for many clients, by column."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from advisor.contracts.advice import Advice
from advisor.data.ranking import Ranking
from advisor.engine.advised import Advised
from advisor.engine.output.arrow import advice_table
from advisor.engine.output.card import card
from advisor.engine.output.frame import frame_columns
from advisor.engine.output.reason_codes import ReasonCodes
from advisor.engine.portfolios.statuses import STATUSES

if TYPE_CHECKING:
    import pyarrow as pa


@dataclass(frozen=True, eq=False, repr=False)
class AdviceBatch(Advised):
    """One row a client, in the order of the table: numbers by column, `batch[i]` as an `Advice`."""

    @cached_property
    def reasons(self) -> ReasonCodes:
        """Which reasons hold for which clients."""
        return ReasonCodes.of(self)

    def served(self) -> Ranking:
        """The picks as served, scored by relevance alone: what a calibration learns from."""
        return Ranking(
            self.client_ids, self.state.catalogue.ids.ids, self.pick_codes, self.pick_relevance
        )

    def ranking(self) -> Ranking:
        """The picks as a ranking over the catalogue, for `evaluate_match`."""
        return Ranking(
            self.client_ids, self.state.catalogue.ids.ids, self.pick_codes, self.pick_scores
        )

    def __getitem__(self, i: int) -> Advice:
        row = range(len(self))[i]
        return card(self, self.reasons, row)

    def __iter__(self) -> Iterator[Advice]:
        return (self[i] for i in range(len(self)))

    def to_frame(self) -> pd.DataFrame:
        """One row a client: client_id, status, reasons, level, ..., `weight:<asset>`,
        `unplaced:<asset>`, and for every pick `pick_1`, `pick_1_score`, `pick_1_money`,
        `pick_1_reasons`, `pick_1_<label>`; last the labels of the clients under their own names.
        """
        return pd.DataFrame(frame_columns(self, self.reasons))

    def to_arrow(self) -> pa.Table:  # pyright: ignore[reportUnknownParameterType]
        """One row a client with the columns of `engine.output.arrow.advice_schema`: those of
        `to_frame` and the reason codes and sales. Needs the extra `arrow`.

        Raises:
            InputError: pyarrow is not installed.
        """
        return advice_table(self, self.reasons)

    def __repr__(self) -> str:
        counts = np.bincount(self.allocations.status, minlength=len(STATUSES))
        status_counts = ", ".join(
            f"{n:,} {name}" for name, n in zip(STATUSES, counts.tolist(), strict=True) if n
        )
        return f"AdviceBatch({len(self):,} clients on {self.as_of}: {status_counts})"

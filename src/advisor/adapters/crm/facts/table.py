"""What rules read: named numbers of each client on a day, computed once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd

from advisor import Catalogue, ClientTable, Interactions, RiskProfiles, Trades
from advisor.adapters.crm.facts.event_sources import events_of
from advisor.adapters.crm.facts.registry import Sources, fact_column, facts_on_record
from advisor.annotations import Count, Day, Texts
from advisor.arrays import FloatArray
from advisor.data.days import as_day
from advisor.data.ids import IdMap
from advisor.errors import InputError
from advisor.validation import checked


@dataclass(frozen=True, eq=False, repr=False)
class ClientFacts:
    """Facts of c clients, a column each; nan = unknown.

    Attributes:
        client_ids: Length c.
        as_of: The day they are facts of.
        columns: By name, shape (c,); what no source was given for is not there, and unknown.
        problems: Row -> why all (or a day) of a client's facts are unknown.
    """

    client_ids: tuple[str, ...]
    as_of: np.datetime64
    columns: Mapping[str, FloatArray]
    problems: Mapping[int, str] = field(default_factory=dict)

    @classmethod
    @checked
    def of(
        cls,
        clients: ClientTable,
        *,
        as_of: date | str,
        trades: Trades | None = None,
        purchases: Interactions | None = None,
        events: Any = None,
        profiles: RiskProfiles | None = None,
        catalogue: Catalogue | None = None,
        days: Count = 90,
    ) -> ClientFacts:
        """The facts that the sources give; see `facts_on_record` for each.

        Args:
            clients: c clients; of a row in `problems` nothing is known.
            as_of: The day; nothing later may be in any source.
            trades: Who traded; None: purchases count as the trades.
            purchases: Who bought which product.
            events: An `EventTable`, `Event`s, or a frame as `EventTable.from_frame` reads it; an
                event belongs to its day in UTC.
            profiles: Of the same clients, in any order.
            catalogue: What the holdings are products of.
            days: Length of the window that ends on `as_of`, which belongs to it.

        Raises:
            InputError: A trade, purchase, event or profile is later than `as_of`.
        """
        day = as_day(as_of, "as_of")
        event_table = None if events is None else events_of(events)
        columns = Sources(trades, purchases, event_table, profiles, catalogue).columns(
            clients, day, days
        )
        return cls(clients.ids, day, *columns)

    @classmethod
    @checked
    def from_frame(cls, frame: pd.DataFrame, *, as_of: Day) -> ClientFacts:
        """Facts that a host has computed: one row a client, indexed by client id, a column a fact.

        Raises:
            InputError: An id is missing or there twice, a column is no fact, or a value is
                infinite, or negative where its unit cannot be.
        """
        ids = IdMap.of(frame.index, "client ids").ids
        return cls(ids, as_day(as_of, "as_of"), {}).with_columns(
            {str(name): frame[name].to_numpy() for name in frame.columns}
        )

    @checked
    def with_columns(self, columns: Mapping[str, Any]) -> ClientFacts:
        """The same with further facts, or others in place of those of the same name.

        Args:
            columns: By name, shape (c,), nan = unknown. A host's own are called `own:<name>`.

        Raises:
            InputError: A name is no fact, or values are of another shape, infinite, or negative
                where their unit cannot be.
        """
        added = {name: fact_column(name, v, len(self)) for name, v in columns.items()}
        return replace(self, columns={**self.columns, **added})

    @checked
    def column(self, name: str) -> FloatArray:
        """One fact of every client, shape (c,); nan where no source was given for it. Raises
        `InputError` for what is no fact of theirs.
        """
        if name in self.columns:
            return self.columns[name]
        if name not in facts_on_record():
            why = f"The fact {name!r} is not among those of these clients;"
            remedy = "add it with with_columns, or correct the rule that reads it."
            raise InputError(f"{why} {remedy}", field="fact", value=name)
        return np.broadcast_to(np.array(np.nan), (len(self),))

    @property
    def names(self) -> tuple[str, ...]:
        """The facts that were computed, in the order of `matrix`."""
        return tuple(self.columns)

    @checked
    def matrix(self, names: Texts | None = None) -> FloatArray:
        """Facts side by side, shape (c, f), nan = unknown: for clustering and models of a host.

        Args:
            names: Which, in order; default `names`.
        """
        chosen = self.names if names is None else tuple(names)
        columns = [self.column(name) for name in chosen]
        return np.column_stack(columns) if columns else np.empty((len(self), 0))

    @cached_property
    def index(self) -> IdMap:
        """Client ids to rows."""
        return IdMap(self.client_ids)

    def to_frame(self) -> pd.DataFrame:
        """One row a client, indexed by client id, a column a fact."""
        return pd.DataFrame(dict(self.columns), index=pd.Index(self.client_ids, name="client_id"))

    def __len__(self) -> int:
        return len(self.client_ids)

    def __repr__(self) -> str:
        return f"ClientFacts({len(self):,} clients on {self.as_of}, {len(self.columns)} facts)"

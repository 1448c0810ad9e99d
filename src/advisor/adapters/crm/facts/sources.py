"""All facts that a set of sources gives."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from advisor import Catalogue, ClientTable, Interactions, RiskProfiles, Trades
from advisor.adapters.crm.facts.counting import ClientRows, Columns
from advisor.adapters.crm.facts.events import EventTable
from advisor.adapters.crm.facts.holdings import catalogue_columns, client_columns, profile_columns
from advisor.adapters.crm.facts.trading import moves_of, purchase_columns, trade_columns
from advisor.adapters.crm.facts.views import event_columns


class Sources(NamedTuple):
    """What facts come from beside the clients themselves; None = not given."""

    trades: Trades | None
    purchases: Interactions | None
    events: EventTable | None
    profiles: RiskProfiles | None
    catalogue: Catalogue | None

    def columns(
        self, clients: ClientTable, day: np.datetime64, days: int
    ) -> tuple[Columns, dict[int, str]]:
        """Facts of each client on a day, by name, and what is wrong with a row."""
        columns, problems = client_columns(clients, day)
        rows, moves = ClientRows(clients.index), moves_of(self.trades, self.purchases)
        if self.purchases is not None:
            columns |= purchase_columns(rows, self.purchases, day, days)
        if moves is not None:
            columns |= trade_columns(rows, clients.wealth, moves, day, days)
        if self.events is not None:
            columns |= event_columns(rows, self.events, self.purchases, day, days)
        if self.profiles is not None:
            columns |= profile_columns(clients, self.profiles, day)
        if self.catalogue is not None:
            columns |= catalogue_columns(clients, self.catalogue, columns.get("level"))
        wrong = [*clients.problems]
        for values in columns.values():
            values[wrong] = np.nan
            values.flags.writeable = False
        return columns, problems | dict(clients.problems)

"""Which facts there are, and those that a set of sources gives."""

from __future__ import annotations

import json
from functools import cache
from typing import NamedTuple

import numpy as np

from advisor import Catalogue, ClientTable, Interactions, RiskProfiles, Trades
from advisor.adapters.crm.bundled import bundled_file
from advisor.adapters.crm.facts.counting import ClientRows, Columns
from advisor.adapters.crm.facts.events import EventTable
from advisor.adapters.crm.facts.holdings import catalogue_columns, client_columns, profile_columns
from advisor.adapters.crm.facts.trading import moves_of, purchase_columns, trade_columns
from advisor.adapters.crm.facts.views import event_columns
from advisor.arrays import FloatArray, float_array
from advisor.errors import InputError
from advisor.privacy import kept, written
from advisor.validation import checked

OWN = ("share:", "own:")
"""Prefixes of facts that are not on record: holdings by asset, and a host's own."""


@cache
def facts_on_record() -> dict[str, tuple[str, str, str]]:
    """Every fact that the library computes: its unit, and what it is in English and Chinese."""
    text = bundled_file("facts", "facts").read_text(encoding="utf-8")
    return {name: tuple(entry) for name, entry in json.loads(text).items()}


def fact_names() -> tuple[str, ...]:
    """The names of `facts_on_record`, in order."""
    return tuple(facts_on_record())


def is_fact(name: str) -> bool:
    """Whether a rule may name this fact: on record, `share:<asset>`, or a host's `own:<name>`."""
    return name in facts_on_record() or any(name.startswith(p) and len(name) > len(p) for p in OWN)


@checked
def fact_column(name: str, values: object, count: int) -> FloatArray:
    """Values of a fact, shape (count,), nan = unknown."""
    if not is_fact(name):
        why = f"{name!r} is no fact that rules know;"
        remedy = f"use one of fact_names(), or call it own:{name}."
        raise InputError(f"{why} {remedy}", field="columns", value=name)
    column = float_array(values, name, shape=(count,), allow_nan=True)
    unit = facts_on_record()[name][0] if name in facts_on_record() else "number"
    if unit != "number" and (column < 0).any():
        row = int(np.argmax(column < 0))
        why = f"{name} is {written(f'{column[row]:g}')} in row {row}; a {unit} is never negative."
        remedy = "Correct it, or leave it empty (nan = unknown)."
        raise InputError(f"{why} {remedy}", field=name, value=kept(float(column[row])))
    return column


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

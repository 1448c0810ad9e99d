"""The tables of the store by name, their indexes, and which of them are about a client."""

from __future__ import annotations

from typing import Any

from advisor.adapters.records.libraries import sa
from advisor.adapters.records.tables import Money, metadata

_BY_NAME = metadata.tables
clients, assessments, holdings = (_BY_NAME[n] for n in ("clients", "assessments", "holdings"))
trades, purchases, products = (_BY_NAME[n] for n in ("trades", "purchases", "products"))
advice, picks, consents = (_BY_NAME[n] for n in ("advice", "picks", "consents"))
events, feedback, tags = (_BY_NAME[n] for n in ("events", "feedback", "tags"))
actions, relationships, switch = (_BY_NAME[n] for n in ("actions", "relationships", "switch"))
tenants = _BY_NAME["tenant"]

MONEY = tuple(c.name for c in clients.c if isinstance(c.type, Money))
FLAGS = tuple(c.name for c in clients.c if isinstance(c.type, sa.Boolean) and not c.nullable)
NUMBERS = tuple(c.name for c in clients.c if isinstance(c.type, sa.Float))
RECORDS = ("excluded", "insists", "written_warning", "locked", "goals", "biases")
WORDS = ("currency", "gender", "segment", "sustainability")
FIGURES = tuple(c.name for c in advice.c if isinstance(c.type, sa.Float))

PERSONAL: dict[str, str] = {
    "clients": "id", "events": "subject",
    **{name: "client_id" for name, table in _BY_NAME.items() if "client_id" in table.c},
}  # fmt: skip
"""Table -> the column that says whose a row is: what goes when a client is forgotten."""
del PERSONAL["pseudonyms"]  # the salt, which goes apart
ROW_TABLES = (
    "actions", "consents", "feedback", "idempotency", "jobs", "relationships", "sessions", "tags",
)  # fmt: skip
"""Tables that `Store.put_rows` and `Store.rows` reach."""

_INDEXES = {
    "0001": (
        "trades client_id time", "purchases client_id day", "advice client_id as_of",
        "events subject time", "events type time", "feedback client_id", "actions client_id",
        "jobs state",
    ),
    "0002": (
        "picks client_id", "sessions client_id", "jobs client_id", "idempotency client_id",
    ),
}  # fmt: skip
"""Version of the database -> table and columns; those of 0002 are for forgetting a client."""
for _version, _texts in _INDEXES.items():
    for _text in _texts:
        _table, *_names = _text.split()
        _columns = [_BY_NAME[_table].c[name] for name in _names]
        sa.Index(f"ix_{'_'.join(_text.split())}", *_columns, info={"version": _version})
_stands: dict[str, Any] = {
    f"{kind}_where": clients.c.until.is_(None) for kind in ("sqlite", "postgresql")
}
sa.Index("ix_clients_standing", clients.c.since, info={"version": "0002"}, **_stands)


def indexes_of(version: str) -> list[sa.Index]:
    """The indexes that came with a version of the database."""
    every = (index for table in metadata.sorted_tables for index in table.indexes)
    mine = [index for index in every if index.info["version"] == version]
    return sorted(mine, key=lambda index: str(index.name))

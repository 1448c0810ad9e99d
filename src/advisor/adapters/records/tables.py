"""Every table of the store and the ledger, made of one file: `tables.json`, name:kind a column.

`*` marks a column of the key, `!` one that is never empty. A client is a row a version: it stood
from `since` until `until` (empty: it still stands). Lists and records stand as JSON text.
"""

from __future__ import annotations

import json
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

from typing_extensions import override

from advisor.adapters.records.libraries import sa
from advisor.adapters.records.moments import moment_text

CENTS = 10_000
"""Parts of a unit of money that are kept."""
_CENT = Decimal("0.0001")


class Money(sa.types.TypeDecorator[Decimal]):
    """Money to the ten-thousandth; SQLite, whose NUMERIC loses digits, keeps whole ones."""

    impl = sa.Numeric(20, 4)
    cache_ok = True

    @override
    def load_dialect_impl(self, dialect: sa.Dialect) -> Any:
        kind: Any = sa.BigInteger() if dialect.name == "sqlite" else sa.Numeric(20, 4)
        return dialect.type_descriptor(kind)

    @override
    def process_bind_param(self, value: Any, dialect: sa.Dialect) -> Any:
        if value is None:
            return None
        money = Decimal(str(value)).quantize(_CENT) if value else Decimal(0)
        return int(money * CENTS) if dialect.name == "sqlite" else money

    @override
    def process_result_value(self, value: Any, dialect: sa.Dialect) -> Decimal | None:
        return value if value is None or dialect.name != "sqlite" else Decimal(value) / CENTS


class Moment(sa.types.TypeDecorator[datetime]):
    """A moment in UTC; SQLite keeps it as text that sorts as moments do."""

    impl = sa.DateTime(timezone=True)
    cache_ok = True

    @override
    def load_dialect_impl(self, dialect: sa.Dialect) -> Any:
        kind: Any = sa.String(32) if dialect.name == "sqlite" else sa.DateTime(timezone=True)
        return dialect.type_descriptor(kind)

    @override
    def process_bind_param(self, value: Any, dialect: sa.Dialect) -> Any:
        if value is None:
            return None
        return moment_text(value) if dialect.name == "sqlite" else value.astimezone(UTC)

    @override
    def literal_processor(self, dialect: sa.Dialect) -> Any:
        return lambda value: "NULL" if value is None else f"'{moment_text(value)}'"

    @override
    def process_result_value(self, value: Any, dialect: sa.Dialect) -> datetime | None:
        if value is None:
            return None
        return (datetime.fromisoformat(value) if isinstance(value, str) else value).astimezone(UTC)


ID = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
"""An id: ordered by its bytes on both databases."""
_KINDS: dict[str, Any] = {
    "id": ID, "text": sa.Text, "digest": sa.String(64), "money": Money, "moment": Moment,
    "day": sa.Date, "float": sa.Float, "int": sa.Integer, "long": sa.BigInteger, "bool": sa.Boolean,
}  # fmt: skip
metadata = sa.MetaData()


def _column(text: str) -> sa.Column[Any]:
    """A column by its words, such as `seq:long*`."""
    name, _, kind = text.partition(":")
    rules: Any = {"primary_key": kind.endswith("*"), "nullable": kind.isalpha()}
    return sa.Column(name, _KINDS[kind.rstrip("*!")], autoincrement=False, **rules)


for _name, _text in json.loads(Path(__file__).with_name("tables.json").read_text("utf-8")).items():
    sa.Table(_name, metadata, *map(_column, _text.split()))
_BY_NAME = metadata.tables
ledger, pseudonyms = _BY_NAME["ledger"], _BY_NAME["pseudonyms"]
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

_WHOSE = {"clients": "id", "events": "subject"}
PERSONAL = {name: _WHOSE.get(name, "client_id") for name, table in _BY_NAME.items()
            if name in _WHOSE or ("client_id" in table.c and name != "pseudonyms")}  # fmt: skip
"""Table -> the column that says whose a row is: what goes when a client is forgotten; the salt of
their pseudonym goes apart."""
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
_stands: dict[str, Any] = dict.fromkeys(
    ("sqlite_where", "postgresql_where"), clients.c.until.is_(None)
)
sa.Index("ix_clients_standing", clients.c.since, info={"version": "0002"}, **_stands)


def indexes_of(version: str) -> list[sa.Index]:
    """The indexes that came with a version of the database."""
    every = (index for table in metadata.sorted_tables for index in table.indexes)
    mine = [index for index in every if index.info["version"] == version]
    return sorted(mine, key=lambda index: str(index.name))

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
        money = Decimal(str(value)).quantize(Decimal("0.0001"))
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
    key = kind.endswith("*")
    return sa.Column(
        name,
        _KINDS[kind.rstrip("*!")],
        primary_key=key,
        nullable=kind.isalpha(),
        autoincrement=False,
    )


for _name, _text in json.loads(Path(__file__).with_name("tables.json").read_text("utf-8")).items():
    sa.Table(_name, metadata, *map(_column, _text.split()))
ledger, pseudonyms = metadata.tables["ledger"], metadata.tables["pseudonyms"]

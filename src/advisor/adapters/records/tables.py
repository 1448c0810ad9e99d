"""Tables of the ledger, and the column types that every table of the store has."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from typing_extensions import override

from advisor.adapters.extras import needs
from advisor.adapters.records.arguments import moment_text

if TYPE_CHECKING:
    import sqlalchemy as sa
    from sqlalchemy import types
else:
    sa = needs("crm", "sqlalchemy")
    types = sa.types

CENTS = 10_000
"""Parts of a unit of money that are kept."""


class Money(types.TypeDecorator[Decimal]):
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
        if value is None or dialect.name != "sqlite":
            return value
        return Decimal(value) / CENTS


class Moment(types.TypeDecorator[datetime]):
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
metadata = sa.MetaData()

ledger = sa.Table(
    "ledger",
    metadata,
    sa.Column("seq", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("body", sa.Text, nullable=False),
    sa.Column("digest", sa.String(64), nullable=False),
)
pseudonyms = sa.Table(
    "pseudonyms",
    metadata,
    sa.Column("client_id", ID, primary_key=True),
    sa.Column("salt", sa.String(64), nullable=False),
    sa.Column("ended", sa.Date),
)

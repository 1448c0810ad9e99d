"""What every part of the store stands on: its database, its version, and its small tables."""

from __future__ import annotations

from collections.abc import Generator, Mapping
from contextlib import contextmanager
from datetime import date
from typing import TYPE_CHECKING, Any, Self

import numpy as np

from advisor.adapters.crm import migrations, rows
from advisor.adapters.crm.values import Written
from advisor.adapters.records.arguments import calendar_day
from advisor.adapters.records.database import Database
from advisor.annotations import Items, Text
from advisor.validation import checked

if TYPE_CHECKING:
    import sqlalchemy as sa


class StoreBase:
    """A database of one tenant, of this library's version.

    Attributes:
        database: Where all of it is.
    """

    def __init__(self, database: Database) -> None:
        self.database = database
        self._ready = False

    @classmethod
    def open(cls, url: str, *, tenant: str = "default") -> Self:
        """A store by the URL of its database; nothing is connected yet.

        Args:
            url: `sqlite:///file` or `postgresql+pg8000://user@host/database`.
            tenant: Whose data: a schema of its own on PostgreSQL, a file of its own on SQLite
                (`bank.acme.db` beside `bank.db`).

        Raises:
            InputError: The URL or the name cannot be used, or a library is missing.
        """
        return cls(Database.open(url, tenant=tenant))

    def migrate(self) -> str:
        """Bring the tables to the version of this library, which is returned; two at once wait.

        Raises:
            InputError: The database cannot be reached, is of a newer version, or another tenant's.
        """
        return migrations.migrate(self.database)

    @checked
    def put_rows(self, table: Text, rows_: Items) -> Written:
        """Write rows of a small table over those of the same key; a wrong one is set aside.

        Args:
            table: actions, consents, feedback, idempotency, jobs, relationships, sessions or tags.
            rows_: One mapping of columns a row.
        """
        with self.writing() as connection:
            return rows.put_rows(connection, table, rows_)

    @checked
    def rows(self, table: Text, **where: Any) -> list[dict[str, Any]]:
        """Rows of a small table whose columns have these values, in the order of their key.

        A tuple (low, high) is a span, low included, high not, None without end; a list is any of.
        """
        with self.reading() as connection:
            return rows.read_rows(connection, table, where)

    @checked
    def change(self, table: Text, where: Mapping[str, Any], **values: Any) -> int:
        """Set columns of rows that have the values of `where` now; returns how many did.

        Alone on a state, such as {"id": "j1", "state": "queued"}, only one of two callers gets 1.
        """
        with self.writing() as connection:
            return rows.change_row(connection, table, where, values)

    @checked
    def claim(self, table: Text, row: Mapping[str, Any]) -> dict[str, Any] | None:
        """Insert a row whose key is free: None; else the row that stands there."""
        with self.writing() as connection:
            return rows.claim_row(connection, table, row)

    @checked
    def delete(self, table: Text, **where: Any) -> int:
        """Delete rows of a small table, chosen as `rows` chooses them; returns how many."""
        with self.writing() as connection:
            return rows.delete_rows(connection, table, where)

    def close(self) -> None:
        """Close the connections; a later use opens new ones."""
        self.database.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __repr__(self) -> str:
        kind = "SQLite" if self.database.is_sqlite else "PostgreSQL"
        return f"Store({kind}, tenant {self.database.tenant!r})"

    @contextmanager
    def writing(self) -> Generator[sa.Connection]:
        """A transaction that writes: all of it or nothing."""
        with self.database.write() as connection:
            self._check(connection)
            yield connection

    @contextmanager
    def reading(self) -> Generator[sa.Connection]:
        """A transaction that reads."""
        with self.database.read() as connection:
            self._check(connection)
            yield connection

    def _check(self, connection: sa.Connection) -> None:
        """Refuse a database of another version, once."""
        if not self._ready:
            migrations.check_ready(connection, self.database.tenant)
            self._ready = True


def date_of(day: date | str | np.datetime64 | None) -> date | None:
    """A day of the calendar, None where none is given. Raises `InputError` where it is none."""
    return None if day is None else calendar_day(day, "as_of")

"""What every part of the store stands on: its database, its version, and its small tables."""

from __future__ import annotations

from collections.abc import Callable, Generator, Mapping
from contextlib import contextmanager
from typing import Any, Self

from advisor.adapters.crm import migrations, rows
from advisor.adapters.crm.values import Written, read_each
from advisor.adapters.extras import needs
from advisor.adapters.records.bulk import one_at_a_time
from advisor.adapters.records.database import Database
from advisor.adapters.records.libraries import sa
from advisor.annotations import Items, Text
from advisor.validation import checked


class StoreBase:
    """A database of one tenant, of this library's version."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self._ready = False

    @classmethod
    def open(cls, url: str, *, tenant: str = "default") -> Self:
        """A store by the URL of its database; nothing is connected yet."""
        return cls(Database.open(url, tenant=tenant))

    def migrate(self) -> str:
        """Bring the tables to the version of this library, which is returned; two at once wait."""
        return migrations.migrate(self.database)

    @checked
    def put_rows(self, table: Text, rows_: Items) -> Written:
        """Write rows of a small table over those of the same key; a wrong one is set aside."""
        return self._put(table, rows_)

    def _put(self, name: str, items: Items, check: Callable[[Any], None] | None = None) -> Written:
        """Write rows that `check` lets pass as well."""
        its, changed = rows.table_of(name), 0

        def put(row: Any) -> None:
            nonlocal changed
            rows.check_row(its, row)
            if check is not None:
                check(row)
            mine = rows.key_of(its, row)
            before = connection.execute(sa.select(its).where(mine)).mappings().first()
            if before is None or any(before[n] != value for n, value in row.items()):
                write = sa.insert(its) if before is None else sa.update(its).where(mine)
                connection.execute(write.values(**row))
                changed += 1

        with self.writing() as connection:
            one_at_a_time(connection, name)
            key = next(iter(its.primary_key.columns)).name
            count, problems = read_each(items, put, key)
        return Written(count, changed, tuple(problems))

    @checked
    def rows(self, table: Text, **where: Any) -> list[dict[str, Any]]:
        """Rows of a small table whose columns have these values, in the order of their key."""
        its = rows.table_of(table)
        with self.reading() as connection:
            query = sa.select(its).where(*rows.conditions_of(its, where))
            cursor = connection.execute(query.order_by(*its.primary_key.columns))
            return [dict(row) for row in cursor.mappings()]

    @checked
    def change(self, table: Text, where: Mapping[str, Any], **values: Any) -> int:
        """Set columns of rows that have the values of `where` now; returns how many did."""
        its = rows.table_of(table)
        to = {n: rows.checked_value(rows.column_of(its, n), value) for n, value in values.items()}
        change = sa.update(its).where(*rows.conditions_of(its, where)).values(**to)
        with self.writing() as connection:
            return connection.execute(change).rowcount

    @checked
    def claim(self, table: Text, row: Mapping[str, Any]) -> dict[str, Any] | None:
        """Insert a row whose key is free: None; else the row that stands there."""
        its = rows.table_of(table)
        rows.check_row(its, row)
        with self.writing() as connection:
            dialect = needs("crm", f"sqlalchemy.dialects.{connection.dialect.name}")
            new = dialect.insert(its).values(**row).on_conflict_do_nothing()
            there = sa.select(its).where(rows.key_of(its, row))
            while connection.execute(new.returning(*its.primary_key.columns)).first() is None:
                stands = connection.execute(there).mappings().first()
                if stands is not None:  # else it was deleted meanwhile
                    return dict(stands)
        return None

    @checked
    def delete(self, table: Text, **where: Any) -> int:
        """Delete rows of a small table, chosen as `rows` chooses them; returns how many."""
        its = rows.table_of(table)
        gone = sa.delete(its).where(*rows.conditions_of(its, where))
        with self.writing() as connection:
            return connection.execute(gone).rowcount

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

"""A database of one tenant: transactions, bulk in and out, and errors in the library's words."""

from __future__ import annotations

import re
import weakref
from collections.abc import Generator, Mapping, Sequence
from contextlib import contextmanager
from threading import local
from typing import TYPE_CHECKING, Any, cast

from advisor.adapters.extras import needs
from advisor.adapters.records.database_errors import bad_url, told
from advisor.adapters.records.engines import postgresql_engine, sqlite_engine
from advisor.errors import AdvisorError, InputError

if TYPE_CHECKING:
    import sqlalchemy as sa
    from sqlalchemy import exc
else:
    sa = needs("crm", "sqlalchemy")
    exc = sa.exc

_TENANT = re.compile(r"[a-z][a-z0-9_]{0,40}")
SCHEMA = "advisor_"
"""Stands before a tenant's name in the name of its schema on PostgreSQL."""


class Database:
    """Connections to the tables of one tenant; made by `Database.open`.

    Attributes:
        engine: Of SQLAlchemy.
        tenant: Whose tables it reads: a schema of its own, or a file of its own on SQLite.
        schema: Name of the schema, None on SQLite.
    """

    def __init__(self, engine: sa.Engine, tenant: str, schema: str | None) -> None:
        self.engine, self.tenant, self.schema = engine, tenant, schema
        weakref.finalize(self, engine.dispose)
        self._here = local()

    @classmethod
    def open(cls, url: object, *, tenant: object = "default") -> Database:
        """A database by its URL; nothing is connected yet.

        Args:
            url: `sqlite:///file`, `sqlite://` (in memory) or `postgresql+pg8000://...`.
            tenant: Lower-case letters, digits and `_`, beginning with a letter.

        Raises:
            InputError: The URL or the name cannot be used, or a library is missing.
        """
        if not isinstance(tenant, str) or not _TENANT.fullmatch(tenant):
            raise InputError(
                f"tenant is {tenant!r}; it names a schema or a file, where capitals would be taken "
                "for the same. Use up to 41 lower-case letters, digits and _, a letter first.",
                field="tenant",
                value=tenant,
            )
        try:
            target = sa.make_url(cast(str, url))
        except (exc.ArgumentError, AttributeError, TypeError, ValueError):
            raise bad_url("is no database URL") from None
        kind = target.get_backend_name()
        if kind == "sqlite":
            return cls(sqlite_engine(target, tenant), tenant, None)
        if kind != "postgresql":
            raise bad_url(f"names {kind}, which this store does not speak")
        if target.drivername == "postgresql":
            target = target.set(drivername="postgresql+pg8000")
        needs("postgresql", target.get_driver_name())
        schema = SCHEMA + tenant
        return cls(postgresql_engine(target, schema), tenant, schema)

    @property
    def is_sqlite(self) -> bool:
        """Whether it is SQLite; else PostgreSQL."""
        return self.schema is None

    @contextmanager
    def write(self) -> Generator[sa.Connection]:
        """A transaction that writes: all of it, or, where anything fails, nothing.

        A block inside a block of the same thread belongs to the outer one's transaction.

        Raises:
            InputError: What the database met, in the library's words.
        """
        if (outer := self._outer()) is not None:
            yield outer
            return
        with self.translated(), self.engine.connect() as connection:
            connection = connection.execution_options(advisor_writes=True)
            with connection.begin():
                self._here.connection = connection
                try:
                    yield connection
                finally:
                    self._here.connection = None

    @contextmanager
    def read(self) -> Generator[sa.Connection]:
        """A transaction that reads one state of the database; inside a block of `write` that
        one's.
        """
        if (outer := self._outer()) is not None:
            yield outer
            return
        with self.translated(), self.engine.connect() as connection, connection.begin():
            yield connection

    def _outer(self) -> sa.Connection | None:
        return getattr(self._here, "connection", None)

    @contextmanager
    def translated(self) -> Generator[None]:
        """A block whose database errors are raised as `InputError`."""
        try:
            yield
        except AdvisorError:
            raise
        except (exc.SQLAlchemyError, OSError, OverflowError, UnicodeError) as error:
            raise told(error, self.engine.url) from None
        except Exception as error:
            if not isinstance(error, self.engine.dialect.loaded_dbapi.Error):
                raise
            raise told(error, self.engine.url) from None

    def insert_missing(
        self, connection: sa.Connection, table: sa.Table, rows: Sequence[Mapping[str, Any]]
    ) -> None:
        """Insert rows whose primary key is not there yet; the others stay as they are."""
        dialect = needs("crm", f"sqlalchemy.dialects.{self.engine.dialect.name}")
        if rows:
            connection.execute(dialect.insert(table).on_conflict_do_nothing(), list(rows))

    def close(self) -> None:
        """Close every connection; a later use opens new ones."""
        self.engine.dispose()


def database_of(store: object) -> Database:
    """The database behind a store. Raises `InputError` where there is none."""
    database = getattr(store, "database", store)
    if isinstance(database, Database):
        return database
    raise InputError(
        f"A store is needed, not {type(store).__name__}. Open one with Store.open(url).",
        field="store",
    )

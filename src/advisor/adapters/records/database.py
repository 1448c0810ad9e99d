"""A database of one tenant: transactions, and errors in the library's words."""

from __future__ import annotations

import re
import weakref
from collections.abc import Generator
from contextlib import contextmanager
from threading import local
from typing import cast

from advisor.adapters.extras import needs
from advisor.adapters.records.engines import bad_url, postgresql_engine, sqlite_engine, translation
from advisor.adapters.records.libraries import exc, sa
from advisor.errors import AdvisorError, InputError

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
            if target.query:
                raise bad_url("holds an option, of which SQLite has none here")
            return cls(sqlite_engine(target, tenant), tenant, None)
        if kind != "postgresql":
            raise bad_url(f"names {kind}, which this store does not speak")
        if target.drivername == "postgresql":
            target = target.set(drivername="postgresql+pg8000")
        needs("postgresql", target.get_driver_name())
        return cls(postgresql_engine(target, SCHEMA + tenant), tenant, SCHEMA + tenant)

    @property
    def is_sqlite(self) -> bool:
        """Whether it is SQLite; else PostgreSQL."""
        return self.schema is None

    @contextmanager
    def write(self) -> Generator[sa.Connection]:
        """A transaction that writes, all of it or nothing; inside another one that one's."""
        with self._transaction(writes=True) as connection:
            yield connection

    @contextmanager
    def read(self) -> Generator[sa.Connection]:
        """A transaction that reads one state; inside another one that one's."""
        with self._transaction(writes=False) as connection:
            yield connection

    @contextmanager
    def _transaction(self, *, writes: bool) -> Generator[sa.Connection]:
        outer, outer_writes = getattr(self._here, "open", (None, False))
        if outer is not None and (outer_writes or not writes):
            yield outer
            return
        with self.translated(), self._connected() as connection:
            connection = connection.execution_options(advisor_writes=writes)
            with connection.begin():
                self._here.open = (connection, writes)
                try:
                    yield connection
                except (AdvisorError, exc.DBAPIError):
                    raise
                except BaseException:  # a driver that was interrupted may have half an answer left
                    if not self.is_sqlite:
                        connection.invalidate()
                    raise
                finally:
                    self._here.open = (outer, outer_writes)

    def _connected(self) -> sa.Connection:
        try:
            return self.engine.connect()
        except TypeError:
            raise bad_url("holds an option that its driver does not know") from None

    @contextmanager
    def translated(self) -> Generator[None]:
        """A block whose database errors are raised as `InputError`."""
        try:
            yield
        except AdvisorError:
            raise
        except Exception as error:
            known = (exc.SQLAlchemyError, OSError, ArithmeticError, UnicodeError)
            if not isinstance(error, (*known, self.engine.dialect.loaded_dbapi.Error)):
                raise
            raise translation(error, self.engine.url) from None

    def close(self) -> None:
        """Close every connection; a later use opens new ones."""
        self.engine.dispose()


def database_of(store: object) -> Database:
    """The database behind a store. Raises `InputError` where there is none."""
    database = getattr(store, "database", store)
    if isinstance(database, Database):
        return database
    why = f"A store is needed, not {type(store).__name__}. Open one with Store.open(url)."
    raise InputError(why, field="store")

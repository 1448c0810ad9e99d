"""A database of one tenant: transactions, bulk in and out, and errors in the library's words."""

from __future__ import annotations

import re
import weakref
from collections.abc import Generator, Mapping, Sequence
from contextlib import contextmanager
from threading import local
from typing import TYPE_CHECKING, Any

from advisor.adapters.extras import needs
from advisor.errors import AdvisorError, InputError

if TYPE_CHECKING:
    import sqlalchemy as sa
    from sqlalchemy import event, exc, pool
else:
    sa = needs("crm", "sqlalchemy")
    event, exc, pool = sa.event, sa.exc, sa.pool

_TENANT = re.compile(r"[a-z][a-z0-9_]{0,40}")
SCHEMA = "advisor_"
"""Stands before a tenant's name in the name of its schema on PostgreSQL."""
_WAIT_SECONDS = 30


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
    def open(cls, url: str, *, tenant: str = "default") -> Database:
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
            target = sa.make_url(url)
        except (exc.ArgumentError, AttributeError, TypeError, ValueError):
            raise _bad_url("is no database URL") from None
        kind = target.get_backend_name()
        if kind == "sqlite":
            return cls(_sqlite(target, tenant), tenant, None)
        if kind != "postgresql":
            raise _bad_url(f"names {kind}, which this store does not speak")
        if target.drivername == "postgresql":
            target = target.set(drivername="postgresql+pg8000")
        needs("postgresql", target.get_driver_name())
        schema = SCHEMA + tenant
        return cls(_postgresql(target, schema), tenant, schema)

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
        """A transaction that reads one state of the database; inside a block of `write` that one's."""
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
        except (exc.SQLAlchemyError, OSError) as error:
            raise self._told(error) from None
        except Exception as error:
            if not isinstance(error, self.engine.dialect.loaded_dbapi.Error):
                raise
            raise self._told(error) from None

    def insert_missing(self, connection: sa.Connection, table: sa.Table, rows: Sequence[Mapping[str, Any]]) -> None:
        """Insert rows whose primary key is not there yet; the others stay as they are."""
        dialect = needs("crm", f"sqlalchemy.dialects.{self.engine.dialect.name}")
        if rows:
            connection.execute(dialect.insert(table).on_conflict_do_nothing(), list(rows))

    def close(self) -> None:
        """Close every connection; a later use opens new ones."""
        self.engine.dispose()

    def _told(self, error: BaseException) -> InputError:
        """What a database error means, without what it carries of clients."""
        cause = getattr(error, "orig", None) or error
        where = self.engine.url.render_as_string(hide_password=True)
        reason = _reason(cause)
        text, remedy = next(
            (found for pattern, *found in _CAUSES if re.search(pattern, reason, re.IGNORECASE)),
            (f"failed ({type(cause).__name__})", "See its own log; nothing was written by halves."),
        )
        return InputError(f"The database {where} {text}. {remedy}", field="url", value=where)


_CAUSES = (
    (r"no such table|undefined table|does not exist|42P01|3F000",
     "has no tables of this tenant", "Call migrate() once."),
    (r"disk is full|no space left|disk full|53100", "has no space left",
     "Free some; nothing was written by halves."),
    (r"unable to open|connect|refused|timed? ?out|network|28P01|28000|3D000|Can't create",
     "cannot be reached", "Check that the server runs, the address and the password."),
    (r"locked|40P01|55P03|40001", "is held by another writer",
     "Try again; nothing was written by halves."),
    (r"readonly|read-only|25006|42501", "may not be written to", "Ask for the right to."),
    (r"not a database|malformed|corrupt|XX001|XX002", "is damaged", "Restore it from a copy."),
)  # fmt: skip
"""What a driver says -> what it means, and what to do."""


def _reason(cause: BaseException) -> str:
    first: Any = cause.args[0] if cause.args else ""
    if isinstance(first, dict):  # what pg8000 gives: C is the code, M the message
        return f"{first.get('C', '')} {first.get('M', '')}"
    return f"{type(cause).__name__} {cause}"


def _bad_url(what: str) -> InputError:
    return InputError(
        f"The url {what}. Give sqlite:///file.db or postgresql+pg8000://user@host/database.",
        field="url",
    )


def _sqlite(target: sa.URL, tenant: str) -> sa.Engine:
    """An engine whose transactions begin as `write` says; a tenant has a file of its own."""
    settings: dict[str, Any] = {"connect_args": {"timeout": _WAIT_SECONDS}}
    name = target.database
    if name in (None, "", ":memory:"):
        settings["poolclass"] = pool.StaticPool
        settings["connect_args"]["check_same_thread"] = False
    elif tenant != "default":
        stem, dot, ending = name.rpartition(".")
        named = f"{stem}.{tenant}.{ending}" if dot and "/" not in ending else f"{name}.{tenant}"
        target = target.set(database=named)
    engine = sa.create_engine(target, **settings)

    @event.listens_for(engine, "connect")
    def _set_up(raw: Any, _: Any) -> None:  # pyright: ignore[reportUnusedFunction]
        raw.isolation_level = None
        for setting in ("journal_mode=WAL", "foreign_keys=ON", "secure_delete=ON"):
            raw.execute(f"PRAGMA {setting}")

    @event.listens_for(engine, "begin")
    def _begin(connection: sa.Connection) -> None:  # pyright: ignore[reportUnusedFunction]
        writes = connection.get_execution_options().get("advisor_writes")
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")

    return engine


def _postgresql(target: sa.URL, schema: str) -> sa.Engine:
    """An engine whose connections see the tenant's schema and no other."""
    settings: dict[str, Any] = {"pool_pre_ping": True}
    if target.get_driver_name() == "pg8000":
        settings["connect_args"] = {"startup_params": {"search_path": schema, "timezone": "UTC"}, "timeout": 60}
    else:
        settings["connect_args"] = {"options": f"-csearch_path={schema} -ctimezone=UTC"}
    return sa.create_engine(target, **settings)


def database_of(store: object) -> Database:
    """The database behind a store. Raises `InputError` where there is none."""
    database = getattr(store, "database", store)
    if isinstance(database, Database):
        return database
    raise InputError(
        f"A store is needed, not {type(store).__name__}. Open one with Store.open(url).",
        field="store",
    )

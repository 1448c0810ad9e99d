"""Engines of SQLAlchemy for a tenant, and what their errors mean, without a client's values."""

from __future__ import annotations

import re
from typing import Any

from advisor.adapters.records.libraries import event, sa
from advisor.errors import InputError

_WAIT_SECONDS = 30
_CAUSES = (
    (r"no such table|undefined table|does not exist|42P01|3F000",
     "has no tables of this tenant", "Call migrate() once."),
    (r"disk is full|no space left|disk full|53100", "has no space left",
     "Free some; nothing was written by halves."),
    (r"unable to open|connect|refused|timed? ?out|network|28P01|28000|3D000|Can't create",
     "cannot be reached", "Check that the server runs, the address and the password."),
    (r"null character|surrogate|22021|UnicodeEncode", "keeps no NUL and no half a character",
     "Correct the text."),
    (r"overflow|InvalidOperation|out of range|22003", "keeps no number so large", "Correct it."),
    (r"locked|40P01|55P03|40001", "is held by another writer",
     "Try again; nothing was written by halves."),
    (r"readonly|read-only|25006|42501", "may not be written to", "Ask for the right to."),
    (r"not a database|malformed|corrupt|XX001|XX002", "is damaged", "Restore it from a copy."),
)  # fmt: skip
"""What a driver says -> what it means, and what to do."""


def sqlite_engine(target: sa.URL, tenant: str) -> sa.Engine:
    """An engine whose transactions begin as `write` says; a tenant has a file of its own."""
    settings: dict[str, Any] = {"connect_args": {"timeout": _WAIT_SECONDS}}
    name = target.database
    if name in (None, "", ":memory:"):
        settings["poolclass"] = sa.pool.StaticPool
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
        driver(connection).execute("BEGIN IMMEDIATE" if writes else "BEGIN")

    return engine


def driver(connection: sa.Connection) -> Any:
    """The driver's own connection, whose statements cost a fifth of SQLAlchemy's."""
    return connection.connection.driver_connection


def postgresql_engine(target: sa.URL, schema: str) -> sa.Engine:
    """An engine whose connections see the tenant's schema and no other."""
    arguments: dict[str, Any] = {"options": f"-csearch_path={schema} -ctimezone=UTC"}
    if target.get_driver_name() == "pg8000":
        startup = {"search_path": schema, "timezone": "UTC"}
        arguments = {"startup_params": startup, "timeout": 60}
    return sa.create_engine(target, pool_pre_ping=True, connect_args=arguments)


def bad_url(what: str) -> InputError:
    """What is said of a URL that names no database of ours."""
    why = f"The url {what}. Give sqlite:///file.db or postgresql+pg8000://user@host/database."
    return InputError(why, field="url")


def translation(error: BaseException, url: Any) -> InputError:
    """An error of SQLAlchemy, the driver or the system as one of ours; no password is shown."""
    cause: Any = getattr(error, "orig", None) or error
    where, first = url.render_as_string(hide_password=True), (*cause.args, "")[0]
    reason = f"{type(cause).__name__} {cause}"
    if isinstance(first, dict):  # what pg8000 gives: C is the code, M the message
        reason = f"{first.get('C', '')} {first.get('M', '')}"
    text, remedy = next(
        (meaning for pattern, *meaning in _CAUSES if re.search(pattern, reason, re.IGNORECASE)),
        (f"failed ({type(cause).__name__})", "See its own log; nothing was written by halves."),
    )
    return InputError(f"The database {where} {text}. {remedy}", field="url", value=where)

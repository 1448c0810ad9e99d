"""Versions of the database, brought up to date in process."""

from __future__ import annotations

from pathlib import Path
from threading import Lock
from typing import Any
from zlib import crc32

from advisor.adapters.extras import needs
from advisor.adapters.records.database import Database
from advisor.adapters.records.libraries import sa
from advisor.adapters.records.tables import tenants
from advisor.errors import InputError

_VERSIONS = "alembic_version"
_ONE = Lock()
"""Alembic keeps the migration at hand in globals, so that a process makes one at a time."""


def script() -> Any:
    """Alembic's settings, and its directory of versions inside this package."""
    config = needs("crm", "alembic.config").Config()
    config.set_main_option("script_location", str(Path(__file__).parent).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    return config, needs("crm", "alembic.script").ScriptDirectory.from_config(config)


def migrate(database: Database) -> str:
    """Bring the database to the version that this library writes; returns that version.

    Raises:
        InputError: A newer library wrote it, its tables are somebody else's, or another tenant's.
    """
    config, known = script()
    with _ONE, database.write() as connection:
        if database.schema is not None:
            key = crc32(database.schema.encode())
            connection.execute(sa.select(sa.func.pg_advisory_xact_lock(key)))
            connection.exec_driver_sql(f'CREATE SCHEMA IF NOT EXISTS "{database.schema}"')
        if _version_of(connection, known) is None:
            there = sa.inspect(connection).get_table_names()
            if there:
                raise InputError(
                    f"The database holds tables that are none of this store's"
                    f" ({', '.join(there[:3])}). Give a file or a tenant of its own.",
                    field="url",
                    value=there,
                )
        config.attributes["connection"] = connection
        needs("crm", "alembic.command").upgrade(config, "head")
        if connection.scalar(sa.select(tenants.c.name)) is None:
            connection.execute(sa.insert(tenants).values(name=database.tenant))
        _check_tenant(connection, database.tenant)
    return str(known.get_current_head())


def check_ready(connection: sa.Connection, tenant: str) -> None:
    """Raise `InputError` unless the database is of this library's version, and this tenant's."""
    _, known = script()
    version, newest = _version_of(connection, known), known.get_current_head()
    if version is None:
        why = "The database has no tables of this tenant yet. Call migrate() once."
        raise InputError(why, field="url")
    if version != newest:
        why = f"The database is of version {version!r}, and this library writes {newest!r}."
        raise InputError(f"{why} Call migrate() once.", field="url", value=version)
    _check_tenant(connection, tenant)


def _version_of(connection: sa.Connection, known: Any) -> str | None:
    """The version of the database, None without tables; `InputError` where a newer one wrote it."""
    if not sa.inspect(connection).has_table(_VERSIONS):
        return None
    version = connection.exec_driver_sql(f"SELECT version_num FROM {_VERSIONS}").scalar()  # noqa: S608
    versions = [step.revision for step in known.walk_revisions()]
    if version is None or version in versions:
        return version
    raise InputError(
        f"The database is of version {version!r}, which this library does not know (it knows "
        f"{versions[0]!r}): a newer one wrote it. Upgrade the library.",
        field="url",
        value=version,
    )


def _check_tenant(connection: sa.Connection, tenant: str) -> None:
    name = connection.scalar(sa.select(tenants.c.name))
    if name != tenant:
        why = f"The database belongs to the tenant {name!r}, and {tenant!r} was asked for:"
        remedy = "two tenants never share tables. Give each a file or a name of its own."
        raise InputError(f"{why} {remedy}", field="tenant", value=tenant)

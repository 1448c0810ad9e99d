"""Versions of the database, brought up to date in process."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from zlib import crc32

from advisor.adapters.crm.tables import tenants
from advisor.adapters.extras import needs
from advisor.adapters.records.database import Database
from advisor.adapters.records.libraries import sa
from advisor.errors import InputError

_VERSIONS = "alembic_version"


def script() -> Any:
    """Alembic's directory of versions, inside this package."""
    config = needs("crm", "alembic.config").Config()
    config.set_main_option("script_location", str(Path(__file__).parent).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    return config, needs("crm", "alembic.script").ScriptDirectory.from_config(config)


def version_of(connection: sa.Connection) -> str | None:
    """The version of the database; None where it has no tables."""
    if not sa.inspect(connection).has_table(_VERSIONS):
        return None
    found = connection.exec_driver_sql(f"SELECT version_num FROM {_VERSIONS}")  # noqa: S608
    return found.scalar()


def migrate(database: Database) -> str:
    """Bring the database to the version that this library writes; returns that version."""
    config, known = script()
    command = needs("crm", "alembic.command")
    with database.write() as connection:
        if database.schema is not None:
            key = crc32(database.schema.encode())
            connection.execute(sa.select(sa.func.pg_advisory_xact_lock(key)))
            connection.exec_driver_sql(f'CREATE SCHEMA IF NOT EXISTS "{database.schema}"')
        version = version_of(connection)
        if version is None:
            _refuse_strangers(connection)
        else:
            check_known(version, known)
        config.attributes["connection"] = connection
        command.upgrade(config, "head")
        _settle(connection, database.tenant)
    return str(known.get_current_head())


def check_ready(connection: sa.Connection, tenant: str) -> None:
    """Raise `InputError` unless the database is of this library's version, and this tenant's."""
    version = version_of(connection)
    if version is None:
        raise InputError(
            "The database has no tables of this tenant yet. Call migrate() once.", field="url"
        )
    _, known = script()
    check_known(version, known)
    newest = known.get_current_head()
    if version != newest:
        raise InputError(
            f"The database is of version {version!r}, and this library writes {newest!r}. Call"
            " migrate() once.",
            field="url",
            value=version,
        )
    _settle(connection, tenant, adopt=False)


def check_known(version: str, script: Any) -> None:
    """Raise `InputError` where a newer library wrote the database."""
    known = [step.revision for step in script.walk_revisions()]
    if version not in known:
        raise InputError(
            f"The database is of version {version!r}, which this library does not know (it knows "
            f"{known[0]!r}): a newer one wrote it. Upgrade the library.",
            field="url",
            value=version,
        )


def _refuse_strangers(connection: sa.Connection) -> None:
    there = sa.inspect(connection).get_table_names()
    if there:
        raise InputError(
            f"The database holds tables that are none of this store's ({', '.join(there[:3])})."
            " Give a file or a tenant of its own.",
            field="url",
            value=there,
        )


def _settle(connection: sa.Connection, tenant: str, *, adopt: bool = True) -> None:
    """Write down whose the tables are, or refuse another's."""
    name = connection.scalar(sa.select(tenants.c.name))
    if name is None and adopt:
        connection.execute(sa.insert(tenants).values(name=tenant))
    elif name != tenant:
        raise InputError(
            f"The database belongs to the tenant {name!r}, and {tenant!r} was asked for: two "
            "tenants never share tables. Give each a file or a name of its own.",
            field="tenant",
            value=tenant,
        )

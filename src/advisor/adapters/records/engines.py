"""Engines of SQLAlchemy, set up for a tenant."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from advisor.adapters.extras import needs

if TYPE_CHECKING:
    import sqlalchemy as sa
    from sqlalchemy import event, pool
else:
    sa = needs("crm", "sqlalchemy")
    event, pool = sa.event, sa.pool

_WAIT_SECONDS = 30


def sqlite_engine(target: sa.URL, tenant: str) -> sa.Engine:
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


def postgresql_engine(target: sa.URL, schema: str) -> sa.Engine:
    """An engine whose connections see the tenant's schema and no other."""
    settings: dict[str, Any] = {"pool_pre_ping": True}
    if target.get_driver_name() == "pg8000":
        settings["connect_args"] = {
            "startup_params": {"search_path": schema, "timezone": "UTC"},
            "timeout": 60,
        }
    else:
        settings["connect_args"] = {"options": f"-csearch_path={schema} -ctimezone=UTC"}
    return sa.create_engine(target, **settings)

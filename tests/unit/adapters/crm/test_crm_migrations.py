"""From one version of the database to the next, with what is in it."""

from __future__ import annotations

import sqlite3
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from advisor import InputError, sample
from advisor.adapters.crm import Store
from advisor.adapters.crm.migrations import script
from advisor.adapters.records import Ledger, Record
from advisor.adapters.records.tables import metadata

AT = datetime(2026, 11, 1, tzinfo=UTC)
OLD = Path(__file__).parents[3] / "data" / "crm" / "version_0001.sql"
"""What version 0001 of this library wrote: three clients, their advice, a session, a record."""
NEW = {
    "ix_clients_standing", "ix_idempotency_client_id", "ix_jobs_client_id", "ix_picks_client_id",
    "ix_sessions_client_id",
}  # fmt: skip


def back_to(store: Store, version: str) -> None:
    """Take a database back to an older version, with what is in it."""
    from alembic import command

    config, _ = script()
    with store.database.write() as connection:
        config.attributes["connection"] = connection
        command.downgrade(config, version)


def indexes(store: Store) -> set[str]:
    import sqlalchemy as sa

    with store.database.read() as connection:
        look = sa.inspect(connection)
        return {str(i["name"]) for name in look.get_table_names() for i in look.get_indexes(name)}


def contents(store: Store) -> dict[str, list[Any]]:
    with store.database.read() as connection:
        return {
            name: [tuple(row) for row in connection.execute(table.select())]
            for name, table in metadata.tables.items()
        }


def test_a_database_of_the_first_release_comes_up_with_all_that_it_holds(tmp_path: Path) -> None:
    file = tmp_path / "old.db"
    with sqlite3.connect(file) as old:
        old.executescript(OLD.read_text(encoding="utf-8"))
    store = Store.open(f"sqlite:///{file}")
    with pytest.raises(InputError, match=r"of version .0001., and this library writes .0002.*Call"):
        store.clients()
    before = contents(store)
    assert not indexes(store) & NEW
    assert store.migrate() == "0002"
    assert contents(store) == before
    assert indexes(store) >= NEW
    assert store.clients().ids == sample.clients(3).ids
    assert store.view("c00001").advice is not None
    assert Ledger(store).verify().ok
    assert store.forget("c00000", at=AT).rows["sessions"] == 1
    Ledger(store).append(Record(kind="advice", decision="ok"), at=AT)
    store.close()


def test_two_processes_bring_it_up_at_once(database: dict[str, str]) -> None:
    with Store.open(**database) as store:
        store.migrate()
        store.put_clients(sample.clients(50), at=AT)
        Ledger(store).append([Record(kind="advice", decision="ok")] * 30, at=AT)
        back_to(store, "0001")
        before = contents(store)
        assert not indexes(store) & NEW
    with pytest.raises(InputError, match="'0001'"):
        Store.open(**database).put_clients([], at=AT)
    with ThreadPoolExecutor(4) as pool:
        versions = set(pool.map(lambda _: Store.open(**database).migrate(), range(4)))
    assert versions == {"0002"}
    with Store.open(**database) as store:
        assert contents(store) == before
        assert indexes(store) >= NEW
        assert len(store.clients()) == 50
        assert Ledger(store).verify().records == 30


def test_a_client_is_forgotten_by_an_index(database: dict[str, str], kind: str) -> None:
    """The rows of every personal table are found by an index that begins with the client."""
    import sqlalchemy as sa

    from advisor.adapters.records.tables import PERSONAL

    with Store.open(**database) as store:
        store.migrate()
        with store.reading() as connection:
            look = sa.inspect(connection)
            for name, column in PERSONAL.items():
                leading = [look.get_pk_constraint(name)["constrained_columns"][0]]
                leading += [i["column_names"][0] for i in look.get_indexes(name)]
                assert column in leading, name

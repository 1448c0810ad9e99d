"""What channels need of the store: one transaction over several writes, advice as it is served,
assessments with their level."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from advisor import Advice, Client, InputError
from advisor.adapters.crm.store import Store
from advisor.adapters.records import Ledger, Record

NOW = datetime(2026, 6, 30, 12, tzinfo=UTC)


@pytest.fixture
def store(tmp_path: Path) -> Store:
    opened = Store.open(f"sqlite:///{tmp_path}/s.db")
    opened.migrate()
    return opened


def test_writes_inside_a_block_are_one_transaction(store: Store) -> None:
    ledger, record = Ledger(store), Record(kind="advice", decision="ok")
    advice = Advice(client_id="c", as_of=date(2026, 6, 30), status="no_money", level=2)

    def killed() -> None:
        with store.database.write():
            store.put_advice([advice], run="r")
            ledger.append(record, at=NOW)
            raise ValueError("killed")

    with pytest.raises(ValueError, match="killed"):
        killed()
    with store.reading() as connection:
        assert connection.exec_driver_sql("select count(*) from advice").scalar() == 0
    assert ledger.verify().records == 0
    with store.database.write():
        assert store.put_advice([advice], run="r").changed == 1
        ledger.append(record, at=NOW)
        assert ledger.verify().records == 1
    assert store.put_advice([advice], run="r").changed == 0
    assert ledger.verify().records == 1


def test_served_advice_is_kept_whole(store: Store) -> None:
    fields = {
        "as_of": date(2026, 6, 30),
        "status": "ok",
        "level": 3,
        "weights": {"EQ": 1.0},
        "cash": 12.34,
    }
    picks = [{"product_id": "p", "asset": "EQ", "rank": 1, "score": 0.5, "money": 1234.5678}]
    some = [Advice(client_id=name, fingerprint="a:b", picks=picks, **fields) for name in "ab"]
    assert store.put_advice(some, run="r").changed == 2
    with store.reading() as connection:
        documents = [
            row[0]
            for row in connection.exec_driver_sql("select document from advice order by client_id")
        ]
        assert documents == [one.model_dump_json() for one in some]
        assert connection.exec_driver_sql("select count(*), sum(money) from picks").one() == (
            2,
            2 * 12345678,
        )


def test_an_assessment_has_its_level_and_is_found_by_client(store: Store) -> None:
    for name, level in (("a", 2), ("b", 4)):
        client = Client(
            id=name, wealth=1.0, horizon_years=5, answers={"q": "o"}, assessed_on=date(2026, 6, 30)
        )
        store.put_clients([client], at=NOW)
        store.put_assessment(
            client, at=NOW, level=level, questionnaire="q@1#x", confirmed=name == "b"
        )
    assert len(store.history()) == 2
    mine = store.history(ids=["b"])
    assert (mine.clients.ids, mine.level.tolist(), mine.confirmed.tolist()) == (("b",), [4], [True])
    assert len(store.history(ids=["nobody"])) == 0
    with pytest.raises(InputError, match="time zone"):
        store.put_assessment(client, at=datetime(2026, 6, 30), level=1, questionnaire="")  # noqa: DTZ001


def test_stores_of_several_tenants_are_brought_up_to_date_at_once(tmp_path: Path) -> None:
    """Alembic keeps what it works on in globals of its modules."""

    def migrated(number: int) -> str:
        with Store.open(f"sqlite:///{tmp_path}/s.db", tenant=f"t{number}") as store:
            return store.migrate()

    with ThreadPoolExecutor(8) as pool:
        assert len(set(pool.map(migrated, range(24)))) == 1

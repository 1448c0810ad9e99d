"""Every gateway keeps the one contract: in memory, and the fakes of three vendors."""

from __future__ import annotations

from collections.abc import Generator, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from advisor import InputError
from advisor.adapters.crm.calls import http_send
from advisor.adapters.crm.dialect import Dialect
from advisor.adapters.crm.gateway import Gateway, MemoryGateway, pull_clients, push_advice
from advisor.adapters.crm.mapping import FieldMap
from advisor.adapters.crm.outcomes import Outcome
from advisor.adapters.crm.rest import RestGateway
from advisor.adapters.crm.store import Store
from advisor.adapters.crm.store_gateway import StoreGateway
from advisor.adapters.records import tables
from advisor.contracts import Advice, Client
from gateway_contract import LATE, TODAY, GatewayContract, World, advice_for
from gateway_fakes import TOKEN, DynamicsFake, FakeServer, HubSpotFake, SalesforceFake


class Shaky(dict[str, dict[str, Any]]):
    """A mapping that fails when told to."""

    failures = 0
    calls_left: int | None = None
    refuses: set[str]

    def __getitem__(self, key: str) -> dict[str, Any]:
        self._shake()
        return super().__getitem__(key)

    def __setitem__(self, key: str, value: dict[str, Any]) -> None:
        self._shake()
        if key in self.refuses:
            raise OSError("not this one")
        super().__setitem__(key, value)

    def _shake(self) -> None:
        if self.failures:
            self.failures -= 1
            raise OSError("busy")
        if self.calls_left is not None:
            self.calls_left -= 1
            if self.calls_left < 0:
                raise OSError("gone")


class MemoryWorld(World):
    is_remote = False

    def __init__(self) -> None:
        super().__init__()
        self.records = Shaky()
        self.records.refuses = set()

    def gateway(self) -> Gateway:
        return MemoryGateway(
            FieldMap.bundled("plain"), self.records, clock=lambda: datetime(2026, 4, 2, tzinfo=UTC)
        )

    def seed(self, number: int, moment: datetime = LATE) -> Client:
        key = f"C{number}"
        record = {
            "id": key, "wealth": 1000.0 + number, "horizon_years": 5, "answers": {"q1": "b"},
            "holdings": {"F1": 10},
            "level": 3, "assessed_on": "2026-01-02", "changed": moment.isoformat(),
        }  # fmt: skip
        dict.__setitem__(self.records, key, record)
        return Client(
            id=key,
            wealth=1000.0 + number,
            horizon_years=5.0,
            answers={"q1": "b"},
            holdings={"F1": 10.0},
            level=3,
            assessed_on="2026-01-02",
        )

    def spoil(self, client_id: str) -> None:
        self.records[client_id]["wealth"] = "a lot"

    def refuse(self, client_id: str) -> None:
        self.records.refuses.add(client_id)

    def trouble(self, times: int, seconds: int) -> None:
        self.records.failures = times

    def vanish(self, after: int) -> None:
        self.records.calls_left = after

    def come_back(self) -> None:
        self.records.calls_left = None

    def size(self) -> int:
        return len(self.records)

    def close(self) -> None:
        self.records.clear()

    def check_written(self, advice: Advice, segment: str | None, tags: list[str] | None) -> None:
        record = self.records[advice.client_id]
        assert Advice.model_validate(record["advice"]) == advice
        assert (record.get("segment"), record.get("tags")) == (segment, tags)


class TestMemory(GatewayContract):
    def make(self, folder: Path) -> World:
        return MemoryWorld()

    calls_before_it_is_gone_pushing = 4


class Forgetful(MemoryGateway):
    """Gives everything whenever it was changed."""

    def pull(self, *, since: datetime | None = None) -> Iterator[dict[str, Any]]:
        return super().pull()


class Impatient(MemoryGateway):
    """Stops at the first bad record on the way out, and says no more of the others."""

    def push(self, records: Sequence[dict[str, Any]]) -> Iterator[Outcome]:
        for outcome in super().push(records):
            yield outcome
            if not outcome.ok:
                return


class Doubling(MemoryGateway):
    """Makes a record a push."""

    def push(self, records: Sequence[dict[str, Any]]) -> Iterator[Outcome]:
        for outcome in super().push(records):
            self._records[f"{outcome.record_id} again {len(self._records)}"] = {"id": "x"}
            yield outcome


@pytest.mark.parametrize(
    ("gateway", "test"),
    [
        (Forgetful, "test_since_gives_what_changed_at_the_moment_or_later"),
        (Impatient, "test_one_bad_record_of_many_stops_nothing_on_the_way_out"),
        (Doubling, "test_pushed_twice_is_there_once"),
    ],
)
def test_the_contract_catches_a_broken_gateway(gateway: type[MemoryGateway], test: str) -> None:
    class Broken(MemoryWorld):
        def gateway(self) -> Gateway:
            return gateway(FieldMap.bundled("plain"), self.records)

    getattr(TestMemory(), test)(MemoryWorld())
    with pytest.raises(AssertionError):
        getattr(TestMemory(), test)(Broken())


class FakeWorld(World):
    """A vendor's fake, reached over HTTP by our own `send`."""

    def __init__(self, fake: FakeServer, name: str) -> None:
        super().__init__()
        self.fake, self.dialect = fake, Dialect.bundled(name)

    def gateway(self, size: int | None = None) -> Gateway:
        send = http_send(
            self.fake.url, headers={"Authorization": TOKEN, **self.dialect.headers}, timeout=5.0
        )
        dialect = self.dialect
        if size is not None:
            dialect = dialect.model_copy(
                update={"write": dialect.write.model_copy(update={"size": size})}
            )
        return RestGateway(send, dialect, wait=self.waits.append)

    def refuse(self, client_id: str) -> None:
        self.fake.refuses.add(client_id)

    def trouble(self, times: int, seconds: int) -> None:
        self.fake.busy = [str(seconds)] * times

    def vanish(self, after: int) -> None:
        self.fake.calls_left = after

    def come_back(self) -> None:
        self.fake.calls_left = None

    def size(self) -> int:
        return len(self.fake.records)

    def close(self) -> None:
        self.fake.close()


class FakeContract(GatewayContract):
    def small(self, world: World) -> Gateway:
        assert isinstance(world, FakeWorld)
        return world.gateway(size=min(2, world.dialect.write.size))


class SalesforceWorld(FakeWorld):
    def __init__(self) -> None:
        fake = SalesforceFake()
        super().__init__(fake, "salesforce")
        fake.columns = {*FieldMap.bundled("salesforce").paths, "SystemModstamp"}

    def seed(self, number: int, moment: datetime = LATE) -> Client:
        key = f"C{number}"
        record = {
            "FinServ__SourceSystemId__c": key, "FinServ__AUM__c": 120000.5 + number,
            "FinServ__TimeHorizon__c": "Long-Term",
            "PersonBirthdate": "1990-04-02", "Holdings_By_Id__c": '{"CH0012005267": 1000.5}',
            "Assessed_Risk_Level__c": 4,
            "Risk_Assessed_On__c": "2026-02-03",
        }  # fmt: skip
        self.fake.store(key, record, moment)
        return Client(
            id=key,
            wealth=120000.5 + number,
            horizon_years=5,
            age=35,
            holdings={"CH0012005267": 1000.5},
            level=4,
            assessed_on="2026-02-03",
        )

    def spoil(self, client_id: str) -> None:
        self.fake.records[client_id]["FinServ__TimeHorizon__c"] = "Someday"

    def check_written(self, advice: Advice, segment: str | None, tags: list[str] | None) -> None:
        record = self.fake.records[advice.client_id]
        assert record["Advisor_Level__c"] == advice.level
        assert record["Advisor_Return_Percent__c"] == 7.0
        assert record["Advisor_Volatility_Percent__c"] == 12.5
        assert record["Advisor_Products__c"] == "CH0012005267, F2"
        assert record["Advisor_Reasons__c"] == "The level is 3.\nShares are below target."
        assert record["Advisor_Date__c"] == "2026-04-01"
        assert (record.get("FinServ__ServiceModel__c"), record.get("Advisor_Tags__c")) == (
            segment,
            ";".join(tags) if tags else None,
        )


class TestSalesforceFake(FakeContract):
    def make(self, folder: Path) -> World:
        return SalesforceWorld()

    def test_two_hundred_a_call(self, world: World) -> None:
        assert isinstance(world, FakeWorld)
        outcomes = push_advice(world.gateway(), [advice_for(f"N{n}") for n in range(401)])
        assert all(o.ok and o.created for o in outcomes)
        assert [len(body["records"]) for _, _, _, body in world.fake.calls] == [200, 200, 1]


class HubSpotWorld(FakeWorld):
    def __init__(self) -> None:
        super().__init__(HubSpotFake(), "hubspot")

    def seed(self, number: int, moment: datetime = LATE) -> Client:
        key = f"C{number}"
        record = {
            "client_number": key, "investable_money": "120000.5", "investment_horizon_years": "7",
            "date_of_birth": "1990-04-01",
            "gender": "", "annual_income": None, "assessed_risk_level": "2",
            "risk_assessed_on": "2026-02-03",
        }  # fmt: skip
        self.fake.store(key, record, moment)
        return Client(
            id=key, wealth=120000.5, horizon_years=7, age=36, level=2, assessed_on="2026-02-03"
        )

    def spoil(self, client_id: str) -> None:
        self.fake.records[client_id]["investable_money"] = "-5"

    def check_written(self, advice: Advice, segment: str | None, tags: list[str] | None) -> None:
        record = self.fake.records[advice.client_id]
        assert record["advisor_level"] == advice.level
        assert record["advisor_volatility_percent"] == 12.5
        assert record["advisor_fingerprint"] == "abc123"
        assert (record.get("service_tier"), record.get("advisor_tags")) == (
            segment,
            ";".join(tags) if tags else None,
        )


class TestHubSpotFake(FakeContract):
    def make(self, folder: Path) -> World:
        return HubSpotWorld()

    def test_a_batch_refused_whole_is_halved(self, world: World) -> None:
        assert isinstance(world, FakeWorld)
        assert isinstance(world.fake, HubSpotFake)
        world.fake.whole_batch = True
        world.fake.refuses = {"N17", "N60"}
        outcomes = push_advice(world.gateway(), [advice_for(f"N{n}") for n in range(100)])
        assert [o.record_id for o in outcomes if not o.ok] == ["N17", "N60"]
        assert len(world.fake.records) == 98

    def test_more_changes_than_one_query_gives(self, world: World) -> None:
        assert isinstance(world, HubSpotWorld)
        assert isinstance(world.fake, HubSpotFake)
        world.fake.most = 4
        changed = world.dialect.changed.model_copy(update={"window": 4})
        world.dialect = world.dialect.model_copy(update={"changed": changed})
        ids = [world.seed(n, LATE.replace(minute=31 + n // 2)).id for n in range(11)]
        pulled = pull_clients(world.gateway(), since=LATE, as_of=TODAY)
        assert (sorted(pulled.clients.ids), pulled.problems, pulled.complete) == (
            sorted(ids),
            (),
            True,
        )
        for n in range(11):
            world.seed(n, LATE)
        stuck = pull_clients(world.gateway(), since=LATE, as_of=TODAY)
        assert not stuck.complete
        assert "Pull everything" in str(stuck.problems[-1])


class DynamicsWorld(FakeWorld):
    def __init__(self) -> None:
        fake = DynamicsFake()
        super().__init__(fake, "dynamics")
        fake.columns = {*FieldMap.bundled("dynamics").paths, "modifiedon"}

    def seed(self, number: int, moment: datetime = LATE) -> Client:
        key = f"O'Brien {number}"
        record = {
            "new_clientnumber": key,
            "new_investablemoney": 5000,
            "new_horizonyears": 3,
            "gendercode": 2,
            "new_assessedrisklevel": 1,
        }
        self.fake.store(key, record, moment)
        return Client(id=key, wealth=5000, horizon_years=3, gender="female", level=1)

    def spoil(self, client_id: str) -> None:
        self.fake.records[client_id]["gendercode"] = 77

    def check_written(self, advice: Advice, segment: str | None, tags: list[str] | None) -> None:
        record = self.fake.records[advice.client_id]
        assert record["new_advisorlevel"] == advice.level
        assert record["new_advisorreturnpercent"] == 7.0
        assert (record.get("new_servicetier"), record.get("new_advisortags")) == (
            segment,
            ";".join(tags) if tags else None,
        )


class TestDynamicsFake(FakeContract):
    def make(self, folder: Path) -> World:
        return DynamicsWorld()

    def test_a_key_that_no_address_can_hold_is_set_aside(self, world: World) -> None:
        outcomes = push_advice(world.gateway(), [advice_for("a/b"), advice_for("c d")])
        assert [(o.ok, o.created) for o in outcomes] == [(False, None), (True, True)]
        assert "/" in str(outcomes[0].problem)


class ShakyStore(Store):
    """A store whose database fails when told to."""

    failures = 0
    calls_left: int | None = None

    def _shake(self) -> None:
        if self.failures:
            self.failures -= 1
            raise InputError("The database is locked.")
        if self.calls_left is not None:
            self.calls_left -= 1
            if self.calls_left < 0:
                raise InputError("The database is gone.")

    @contextmanager
    def reading(self) -> Generator[Any]:
        self._shake()
        with super().reading() as connection:
            yield connection

    @contextmanager
    def writing(self) -> Generator[Any]:
        self._shake()
        with super().writing() as connection:
            yield connection


class StoreWorld(World):
    is_remote = False

    def __init__(self, database: dict[str, str]) -> None:
        super().__init__()
        self.store = ShakyStore.open(**database)
        self.store.migrate()
        self.now = datetime(2026, 4, 2, tzinfo=UTC)

    def clock(self) -> datetime:
        self.now += timedelta(seconds=1)
        return self.now

    def gateway(self, size: int = 3) -> Gateway:
        return StoreGateway(self.store, size=size, clock=self.clock)

    def seed(self, number: int, moment: datetime = LATE) -> Client:
        client = Client(
            id=f"C{number}",
            wealth=1000.25 + number,
            horizon_years=5,
            answers={"q1": "b"},
            holdings={"F1": 10},
            level=3,
            currency="CHF",
        )
        self.store.put_clients([client], at=moment)
        return client

    def spoil(self, client_id: str) -> None:
        with self.store.writing() as connection:
            connection.execute(
                tables.clients.update()
                .where(tables.clients.c.id == client_id)
                .values(horizon_years=-1.0)
            )

    def refuse(self, client_id: str) -> None:
        self.store.forget(client_id, at=self.now)

    def trouble(self, times: int, seconds: int) -> None:
        self.store.failures = times

    def vanish(self, after: int) -> None:
        self.store.calls_left = after

    def come_back(self) -> None:
        self.store.calls_left = None

    def size(self) -> int:
        with self.store.reading() as connection:
            return sum(
                len(connection.execute(table.select()).all())
                for table in (tables.advice, tables.picks, tables.tags)
            )

    def close(self) -> None:
        self.store.close()

    def check_written(self, advice: Advice, segment: str | None, tags: list[str] | None) -> None:
        assert self.store.view(advice.client_id).advice == advice
        stored = {
            (row["family"], row["tag"])
            for row in self.store.rows("tags", client_id=advice.client_id)
        }
        assert stored == {
            *((("tier", segment),) if segment else ()),
            *(("tag", name) for name in tags or []),
        }


class TestStore(GatewayContract):
    def make(self, folder: Path) -> World:
        return StoreWorld({"url": f"sqlite:///{folder / 'bank.db'}"})

    @pytest.fixture
    def world(self, database: dict[str, str]) -> Iterator[World]:
        """On each database."""
        world = StoreWorld(database)
        yield world
        world.close()

    def small(self, world: World) -> Gateway:
        assert isinstance(world, StoreWorld)
        return world.gateway(size=2)

    def test_tags_follow_the_rule_and_a_person_keeps_theirs(self, world: World) -> None:
        assert isinstance(world, StoreWorld)
        key = world.seed(0).id
        own = {
            "client_id": key,
            "tag": "vip",
            "family": "tag",
            "provenance": "person",
            "since": LATE,
        }
        world.store.put_rows("tags", [own])
        push_advice(
            world.gateway(), [advice_for(key)], segments={key: "gold"}, tags={key: ["a", "b"]}
        )
        (before,) = world.store.rows("tags", client_id=key, tag="b")
        push_advice(world.gateway(), [advice_for(key)], segments={key: "base"}, tags={key: ["b"]})
        rows = {row["tag"]: row for row in world.store.rows("tags", client_id=key)}
        assert sorted(rows) == ["b", "base", "vip"]
        assert rows["b"]["since"] == before["since"]
        assert rows["vip"]["provenance"] == "person"

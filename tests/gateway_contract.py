"""What every gateway must do, whichever system it speaks to; a test file inherits it once a
system."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from advisor.adapters.crm.gateway import Gateway, pull_clients, push_advice
from advisor.contracts import Advice, Client, Order, Pick, Reason

EARLY = datetime(2026, 1, 10, 8, 0, tzinfo=UTC)
LATE = datetime(2026, 3, 5, 12, 30, 15, tzinfo=UTC)
TODAY = date(2026, 4, 1)


def advice_for(client_id: str, level: int = 3) -> Advice:
    return Advice(
        client_id=client_id,
        as_of=TODAY,
        status="ok",
        level=level,
        weights={"bonds": 0.4, "shares": 0.6},
        expected_return=0.07,
        expected_volatility=0.125,
        picks=(
            Pick(product_id="CH0012005267", asset="shares", rank=1, score=2.0, money=600.0),
            Pick(product_id="F2", asset="bonds", rank=2, score=1.0),
        ),
        orders=(
            Order(product_id="CH0012005267", money=600.0),
            Order(product_id="F2", money=-200.5),
        ),
        reasons=(
            Reason(code="level", text="The level is 3."),
            Reason(code="gap", text="Shares are below target."),
        ),
        fingerprint="abc123",
    )


class World(ABC):
    """A system with clients in it that a test may trouble."""

    waits: list[float]
    tells_changes = True
    """Whether it knows when a record changed."""
    is_remote = True
    """Whether calls can be refused for a while with Retry-After."""
    refuses_records = True

    def __init__(self) -> None:
        self.waits = []

    @abstractmethod
    def gateway(self) -> Gateway: ...

    @abstractmethod
    def seed(self, number: int, moment: datetime = EARLY) -> Client:
        """Put a client into the system in its own words; the client that it is."""

    @abstractmethod
    def spoil(self, client_id: str) -> None:
        """Make the record of a client one that cannot be read."""

    @abstractmethod
    def refuse(self, client_id: str) -> None:
        """Make the system refuse what is written for a client."""

    @abstractmethod
    def trouble(self, times: int, seconds: int) -> None:
        """Refuse so many calls, asking for so many seconds of peace."""

    @abstractmethod
    def vanish(self, after: int) -> None:
        """Be gone after so many calls more."""

    @abstractmethod
    def come_back(self) -> None: ...

    @abstractmethod
    def size(self) -> int:
        """How many things there are that `push` could have made twice."""

    @abstractmethod
    def check_written(self, advice: Advice, segment: str | None, tags: list[str] | None) -> None:
        """Assert that the system holds the advice."""

    @abstractmethod
    def close(self) -> None:
        """Stop what was started."""


class GatewayContract(ABC):
    """Inherited once a system."""

    @abstractmethod
    def make(self, folder: Path) -> World: ...

    @pytest.fixture
    def world(self, tmp_path: Path) -> Iterator[World]:
        world = self.make(tmp_path)
        yield world
        world.close()

    def test_round_trip(self, world: World) -> None:
        clients = [world.seed(n) for n in range(3)]
        gateway = world.gateway()
        pulled = pull_clients(gateway, as_of=TODAY)
        assert (pulled.problems, pulled.complete, pulled.as_of) == ((), True, TODAY)
        assert [pulled.clients.client(pulled.clients.ids.index(c.id)) for c in clients] == clients
        advice = [advice_for(c.id, 1 + n) for n, c in enumerate(clients)]
        outcomes = push_advice(
            gateway, advice, segments={clients[0].id: "gold"}, tags={clients[0].id: ["a", "b"]}
        )
        assert [(o.record_id, o.ok, o.problem) for o in outcomes] == [
            (c.id, True, None) for c in clients
        ]
        world.check_written(advice[0], "gold", ["a", "b"])
        world.check_written(advice[2], None, None)
        again = pull_clients(gateway, as_of=TODAY)
        assert again.problems == ()
        kept = again.clients.client(again.clients.ids.index(clients[1].id))
        assert kept == clients[1]

    def test_since_gives_what_changed_at_the_moment_or_later(self, world: World) -> None:
        world.seed(0, EARLY)
        later = [world.seed(1, LATE).id, world.seed(2, LATE + timedelta(hours=1)).id]
        pulled = pull_clients(world.gateway(), since=LATE, as_of=TODAY)
        assert pulled.problems == ()
        got = sorted(pulled.clients.ids)
        assert got == sorted(later) if world.tells_changes else set(got) >= set(later)
        zone = LATE.astimezone(datetime(2026, 1, 1, tzinfo=UTC).astimezone().tzinfo)
        assert sorted(pull_clients(world.gateway(), since=zone, as_of=TODAY).clients.ids) == got

    def test_every_page_comes_once(self, world: World) -> None:
        ids = [world.seed(n).id for n in range(8)]
        pulled = pull_clients(world.gateway(), as_of=TODAY)
        assert sorted(pulled.clients.ids) == sorted(ids)
        assert pulled.problems == ()

    def test_nothing_there_is_nothing_wrong(self, world: World) -> None:
        pulled = pull_clients(world.gateway(), as_of=TODAY)
        assert (len(pulled.clients), pulled.problems, pulled.complete) == (0, (), True)
        assert push_advice(world.gateway(), []) == ()

    def test_pushed_twice_is_there_once(self, world: World) -> None:
        ids = [world.seed(n).id for n in range(4)]
        gateway = world.gateway()
        advice = [advice_for(i) for i in ids]
        first = push_advice(gateway, advice)
        size = world.size()
        second = push_advice(gateway, advice)
        both = push_advice(gateway, [*advice, *advice])
        assert all(o.ok for o in (*first, *second, *both)), [
            o.problem for o in (*first, *second, *both)
        ]
        assert not any(o.created for o in (*second, *both))
        assert [o.record_id for o in both] == [*ids, *ids]
        assert world.size() == size
        world.check_written(advice[3], None, None)

    def test_of_two_advices_for_one_client_the_later_stands(self, world: World) -> None:
        client = world.seed(0).id
        outcomes = push_advice(world.gateway(), [advice_for(client, 2), advice_for(client, 4)])
        assert [o.ok for o in outcomes] == [True, True]
        world.check_written(advice_for(client, 4), None, None)

    def test_one_bad_record_of_many_stops_nothing_on_the_way_in(self, world: World) -> None:
        ids = [world.seed(n).id for n in range(7)]
        world.spoil(ids[3])
        pulled = pull_clients(world.gateway(), as_of=TODAY)
        assert sorted(pulled.clients.ids) == sorted({*ids} - {ids[3]})
        assert [p.record_id for p in pulled.problems] == [ids[3]]
        assert pulled.complete

    def test_one_bad_record_of_many_stops_nothing_on_the_way_out(self, world: World) -> None:
        ids = [world.seed(n).id for n in range(7)]
        world.refuse(ids[2])
        outcomes = push_advice(world.gateway(), [advice_for(i) for i in ids])
        assert [o.record_id for o in outcomes] == ids
        assert [o.ok for o in outcomes] == [i != ids[2] for i in ids]
        assert outcomes[2].problem
        world.check_written(advice_for(ids[6]), None, None)

    def test_a_busy_system_is_waited_for(self, world: World) -> None:
        ids = [world.seed(n).id for n in range(2)]
        gateway = world.gateway()
        world.trouble(2, 7)
        pulled = pull_clients(gateway, as_of=TODAY)
        if world.is_remote:
            assert world.waits == [7.0, 7.0]
        else:
            assert not pulled.complete
            assert pulled.problems
            pull_clients(gateway, as_of=TODAY)
            pulled = pull_clients(gateway, as_of=TODAY)
        assert pulled.complete
        assert sorted(pulled.clients.ids) == sorted(ids)
        world.trouble(1, 5)
        outcomes = push_advice(gateway, [advice_for(i) for i in ids])
        if not world.is_remote:
            assert not outcomes[0].ok
            assert outcomes[0].problem
            outcomes = push_advice(gateway, [advice_for(i) for i in ids])
        assert [o.ok for o in outcomes] == [True, True]
        assert world.waits == ([7.0, 7.0, 5.0] if world.is_remote else [])

    def test_a_system_that_stays_busy_is_given_up(self, world: World) -> None:
        client = world.seed(0).id
        world.trouble(50, 1)
        pulled = pull_clients(world.gateway(), as_of=TODAY)
        assert not pulled.complete
        assert len(pulled.problems) == 1
        (outcome,) = push_advice(world.gateway(), [advice_for(client)])
        assert not outcome.ok
        assert outcome.problem

    def test_a_system_gone_in_the_middle_of_pulling(self, world: World) -> None:
        ids = {world.seed(n).id for n in range(8)}
        world.vanish(self.calls_before_it_is_gone)
        gateway = world.gateway()
        pulled = pull_clients(gateway, as_of=TODAY)
        assert not pulled.complete
        assert 0 < len(pulled.clients) < 8
        assert pulled.problems[-1].record_id is None
        world.come_back()
        assert {*pull_clients(gateway, as_of=TODAY).clients.ids} == ids

    calls_before_it_is_gone = 2

    def test_a_system_gone_in_the_middle_of_pushing(self, world: World) -> None:
        ids = [world.seed(n).id for n in range(6)]
        gateway = self.small(world)
        world.vanish(self.calls_before_it_is_gone_pushing)
        advice = [advice_for(i) for i in ids]
        outcomes = push_advice(gateway, advice)
        assert [o.record_id for o in outcomes] == ids
        oks = [o.ok for o in outcomes]
        assert any(oks)
        assert not all(oks)
        assert oks == sorted(oks, reverse=True)
        assert all(o.problem for o in outcomes if not o.ok)
        world.come_back()
        assert all(o.ok for o in push_advice(gateway, advice))
        for one in advice:
            world.check_written(one, None, None)

    calls_before_it_is_gone_pushing = 2

    def small(self, world: World) -> Gateway:
        """The gateway, writing two records a call at most."""
        return world.gateway()


def contained(record: dict[str, Any], values: dict[str, Any]) -> bool:
    return all(record.get(name) == value for name, value in values.items())

"""The Tryton gateway keeps the contract on a real server; without one its wire format is tried
alone."""

from __future__ import annotations

import base64
import json
import sqlite3
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from advisor.adapters.crm.calls import http_send
from advisor.adapters.crm.gateway import Gateway, pull_clients, push_advice
from advisor.adapters.crm.sending import Reply, Send
from advisor.adapters.crm.tryton import TrytonGateway
from advisor.adapters.crm.tryton_calls import decoded, encoded, note_of, values_of
from advisor.contracts import Advice, Client
from gateway_contract import LATE, TODAY, GatewayContract, World, advice_for
from tryton_stack import KEY, TrytonServer

FACTS = (
    "Client facts\nWealth: 120000.5\nhorizon years: 8\nborn: 1990-04-02\nlevel: 4\nassessed_on:"
    ' 2026-02-03\nholdings: {"CH0012005267": 1000.5}\nSpoke of a boat'
)


@pytest.fixture(scope="module")
def tryton() -> Iterator[TrytonServer]:
    """A server of this file."""
    server = TrytonServer()
    try:
        yield server
    finally:
        server.close()


class TrytonWorld(World):
    def __init__(self, server: TrytonServer) -> None:
        super().__init__()
        self.server, self.name = server, server.database()
        self.busy: list[int] = []
        self.calls_left: int | None = None
        self.plain = http_send(server.url, headers={"Authorization": f"bearer {KEY}"}, timeout=30.0)

    def send(self, method: str, path: str, params: Any, body: Any) -> Reply:
        """Our own calls: now and then as if the server were busy, or to a server that was
        killed."""
        if self.busy:
            return Reply(429, None, {"Retry-After": str(self.busy.pop())})
        if self.calls_left is not None:
            self.calls_left -= 1
            if self.calls_left < 0:
                self.server.kill()
        return self.plain(method, path, params, body)

    def gateway(self) -> Gateway:
        send: Send = self.send
        return TrytonGateway(send, self.name, wait=self.waits.append)

    def model(self, method: str, model: str, body: Any = None, **params: Any) -> Any:
        reply = self.plain(method, f"/{self.name}/rest/model/{model}", params, body)
        assert reply.status == 200, reply.body
        return decoded(reply.body)

    def party(self, key: str, facts: str | None = FACTS) -> int:
        identifiers = [["create", [{"code": key}]]]
        party = self.model(
            "POST",
            "party.party",
            {"name": f"Name of {key}", "identifiers": identifiers},
            f=["name"],
        )["id"]
        if facts is not None:
            self.note(party, facts)
        return party

    def note(self, party: int, message: str) -> None:
        self.model(
            "POST",
            "ir.note",
            {"message": message, "resource": f"party.party,{party}"},
            f=["message"],
        )

    def seed(self, number: int, moment: datetime = LATE) -> Client:
        key = f"C-{number}"
        party = self.party(key)
        self.dated(party, moment)
        return Client(
            id=key,
            wealth=120_000.5,
            horizon_years=8,
            age=35,
            level=4,
            assessed_on="2026-02-03",
            holdings={"CH0012005267": 1000.5},
        )

    def dated(self, party: int, moment: datetime) -> None:
        """Set back the clock of a party and its notes."""
        text = moment.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S")
        with sqlite3.connect(self.server.folder / f"{self.name}.sqlite", timeout=30) as connection:
            connection.execute(
                "UPDATE party_party SET create_date = ?, write_date = ? WHERE id = ?",
                (text, text, party),
            )
            connection.execute(
                "UPDATE ir_note SET create_date = ? WHERE resource = ?",
                (text, f"party.party,{party}"),
            )
        connection.close()

    def id_of(self, client_id: str) -> int:
        (party,) = self.model(
            "GET", "party.party", d=encoded([["identifiers.code", "=", client_id]]), f=["name"]
        )
        return party["id"]

    def spoil(self, client_id: str) -> None:
        self.note(self.id_of(client_id), "Client facts\nwealth: a lot")

    def refuse(self, client_id: str) -> None:
        self.party(client_id, None)

    def trouble(self, times: int, seconds: int) -> None:
        self.busy = [seconds] * times

    def vanish(self, after: int) -> None:
        self.calls_left = after

    def come_back(self) -> None:
        self.calls_left = None
        self.server.start()

    def size(self) -> int:
        return sum(
            len(self.model("GET", model, f=["id"]))
            for model in ("party.party", "ir.note", "party.category")
        )

    def check_written(self, advice: Advice, segment: str | None, tags: list[str] | None) -> None:
        fields = ["categories.name", "categories.parent.name"]
        (party,) = self.model(
            "GET", "party.party", d=encoded([["identifiers.code", "=", advice.client_id]]), f=fields
        )
        named = sorted(
            (c["parent.name"] if "parent.name" in c else c["parent"]["name"], c["name"])
            for c in party["categories"]
        )
        assert named == sorted(
            [*([("Tier", segment)] if segment else []), *[("Tags", t) for t in tags or []]]
        )
        domain = [["resource", "=", f"party.party,{party['id']}"], ["message", "like", "Advice\n%"]]
        notes = self.model(
            "GET", "ir.note", d=encoded(domain), o=encoded([["id", "ASC"]]), f=["message"]
        )
        values = values_of(notes[-1]["message"])
        assert values["level"] == str(advice.level)
        assert values["expected_return_in_percent"] == "7"
        assert values["reasons"] == "The level is 3. Shares are below target."

    def close(self) -> None:
        self.server.start()


class TestTryton(GatewayContract):
    calls_before_it_is_gone = 4
    calls_before_it_is_gone_pushing = 5

    @pytest.fixture(autouse=True)
    def server(self, tryton: TrytonServer) -> None:
        """The server that worlds are made on."""
        self.tryton = tryton

    def make(self, folder: Path) -> World:
        return TrytonWorld(self.tryton)

    def test_a_system_gone_in_the_middle_of_pulling(
        self, world: World, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("advisor.adapters.crm.tryton_calls.SIZE", 3)
        monkeypatch.setattr("advisor.adapters.crm.tryton.SIZE", 3)
        super().test_a_system_gone_in_the_middle_of_pulling(world)

    def test_every_page_comes_once(self, world: World, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("advisor.adapters.crm.tryton_calls.SIZE", 3)
        monkeypatch.setattr("advisor.adapters.crm.tryton.SIZE", 3)
        super().test_every_page_comes_once(world)

    def test_tags_and_tier_are_replaced_and_other_categories_stay(self, world: World) -> None:
        assert isinstance(world, TrytonWorld)
        key = world.seed(0).id
        other = world.model("POST", "party.category", {"name": "Golf club"}, f=["name"])["id"]
        party = world.id_of(key)
        world.model("PUT", f"party.party/{party}", {"categories": [["add", [other]]]}, f=["name"])
        push_advice(
            world.gateway(), [advice_for(key)], segments={key: "gold"}, tags={key: ["a", "b"]}
        )
        push_advice(
            world.gateway(), [advice_for(key)], segments={key: "base"}, tags={key: ["b", "c"]}
        )
        names = [
            c["name"]
            for c in world.model("GET", f"party.party/{party}", f=["categories.name"])["categories"]
        ]
        assert sorted(names) == ["Golf club", "b", "base", "c"]
        assert pull_clients(world.gateway(), as_of=TODAY).clients.client(0).segment == "base"

    def test_a_client_that_is_not_there_is_made_and_lacks_facts(self, world: World) -> None:
        outcomes = push_advice(world.gateway(), [advice_for("new")])
        assert [(o.ok, o.created) for o in outcomes] == [(True, True)]
        pulled = pull_clients(world.gateway(), as_of=TODAY)
        assert [p.record_id for p in pulled.problems] == ["new"]

    def test_facts_noted_since_count_as_a_change(self, world: World) -> None:
        assert isinstance(world, TrytonWorld)
        key = world.seed(0).id
        world.seed(1)
        world.note(world.id_of(key), "Client facts\nwealth: 5\nhorizon years: 1")
        pulled = pull_clients(
            world.gateway(), since=datetime.now(UTC) - timedelta(hours=1), as_of=TODAY
        )
        assert [
            (c, w) for c, w in zip(pulled.clients.ids, pulled.clients.wealth.tolist(), strict=True)
        ] == [(key, 5.0)]

    def test_a_wrong_key_or_database(self, world: World) -> None:
        assert isinstance(world, TrytonWorld)
        wrong = http_send(world.server.url, headers={"Authorization": "bearer no"})
        for gateway in (
            TrytonGateway(wrong, world.name, wait=world.waits.append),
            TrytonGateway(world.send, "nowhere", wait=world.waits.append),
        ):
            pulled = pull_clients(gateway, as_of=TODAY)
            assert not pulled.complete
            assert not push_advice(gateway, [advice_for("x")])[0].ok


def test_domains_are_url_safe_json() -> None:
    text = encoded(
        [["name", "=", "Zoë?>"], ["write_date", ">=", datetime(2026, 1, 2, 3, 4, 5, 6, tzinfo=UTC)]]
    )
    assert not set(text) & set("+/")
    raw = json.loads(base64.urlsafe_b64decode(text))
    assert raw[0] == ["name", "=", "Zoë?>"]
    moment = {
        "__class__": "datetime",
        "year": 2026,
        "month": 1,
        "day": 2,
        "hour": 3,
        "minute": 4,
        "second": 5,
        "microsecond": 6,
    }
    assert raw[1] == ["write_date", ">=", moment]
    assert decoded(raw[1][2]) == datetime(2026, 1, 2, 3, 4, 5, 6, tzinfo=UTC)


def test_what_answers_hold() -> None:
    raw = [
        {
            "day": {"__class__": "date", "year": 2026, "month": 2, "day": 1},
            "paid": {"__class__": "Decimal", "decimal": "1.10"},
            "n": None,
        }
    ]
    assert decoded(raw) == [{"day": date(2026, 2, 1), "paid": Decimal("1.10"), "n": None}]


def test_a_note_is_read_as_it_was_written() -> None:
    values = {"level": 3, "reasons": "one:\n two", "cash": None}
    assert values_of(note_of("Advice", values)) == {"level": "3", "reasons": "one: two"}
    assert (
        values_of("") == values_of("Client facts") == values_of("Client facts\nno value here") == {}
    )


@pytest.mark.parametrize(
    "answer",
    [
        Reply(200, None),
        Reply(200, {"a": 1}),
        Reply(404, "<html>"),
        Reply(500, "Internal"),
        Reply(401),
    ],
)
def test_answers_that_are_no_list(answer: Reply) -> None:
    gateway = TrytonGateway(lambda *_: answer, "crm", wait=lambda _: None)
    pulled = pull_clients(gateway, as_of=TODAY)
    assert (len(pulled.clients), pulled.complete, len(pulled.problems)) == (0, False, 1)
    outcomes = push_advice(gateway, [advice_for("a"), advice_for("b")])
    assert [(o.record_id, o.ok) for o in outcomes] == [("a", False), ("b", False)]

"""The OpenWealth gateway: its contract, and that every payload is what the specifications say."""

from __future__ import annotations

import copy
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from advisor import AdapterError
from advisor.adapters.crm.calls import http_send
from advisor.adapters.crm.gateway import Gateway, pull_clients, push_advice
from advisor.adapters.crm.openwealth import OpenWealthGateway
from advisor.adapters.crm.openwealth_orders import order_of
from advisor.adapters.crm.openwealth_records import money_of, person_of
from advisor.contracts import Advice, Client, Order
from gateway_contract import LATE, TODAY, GatewayContract, World, advice_for
from gateway_fakes import TOKEN
from openwealth_fake import (
    APIS,
    OpenWealthFake,
    customer_details,
    faults,
    instrument,
    legal_person,
    natural_person,
    position,
)

ISIN, OTHER = "CH0012005267", "US0378331005"


def positions(key: str) -> list[dict[str, Any]]:
    """Worth 1,000 + 250 + 300 + 50 + 40 = 1,640 CHF, and debts of 500."""
    safe, cash = f"safekeepingAccount:{key}", f"cashAccount:{key}"
    return [
        position(
            "p1", instrument("equity", ("valoren", "1200526"), ("isin", ISIN)), safe, (1000, "CHF")
        ),
        position("p2", instrument("equity", ("isin", OTHER)), safe, (275.5, "USD"), (250, "CHF")),
        position("p3", instrument("fund", ("valoren", "99")), safe, (300, "CHF")),
        position("p4", instrument("equity", ("isin", ISIN)), safe, (50, "CHF")),
        position("p5", instrument("cash"), cash, (40, "CHF")),
        position("p6", instrument("mortgage"), f"other:{key}", (-500, "CHF")),
    ]


class OpenWealthWorld(World):
    tells_changes = False

    def __init__(self) -> None:
        super().__init__()
        self.fake = OpenWealthFake()
        self.own: dict[str, dict[str, Any]] = {}

    def gateway(self) -> Gateway:
        send = http_send(self.fake.url, headers={"Authorization": TOKEN}, timeout=5.0)
        return OpenWealthGateway(send, own=self.own, as_of=TODAY, apis=APIS, wait=self.waits.append)

    def seed(self, number: int, moment: datetime = LATE) -> Client:
        key = f"K {number}/x"
        person = natural_person("N1", "1980-04-02", "female", (90_000, "CHF"))
        self.fake.add(
            {"id": key, "referenceCurrency": "CHF"},
            positions(key),
            customer_details(key, ("accountOwner", person)),
        )
        self.own[key] = {"horizon_years": 8, "level": 3, "assessed_on": "2026-01-02"}
        return Client(
            id=key, wealth=1640, horizon_years=8, level=3, assessed_on="2026-01-02", age=45,
            gender="female", income=90_000,
            liabilities=500, currency="CHF", segment="UHNWI Switzerland", holdings={ISIN: 1050,
            OTHER: 250, "valoren:99": 300},
        )  # fmt: skip

    def spoil(self, client_id: str) -> None:
        self.fake.positions[client_id][1]["valuation"]["valueInReferenceCurrency"] = {
            "amount": 1,
            "currency": "EUR",
        }

    def refuse(self, client_id: str) -> None:
        self.fake.refuses.add(client_id)

    def trouble(self, times: int, seconds: int) -> None:
        self.fake.busy = [str(seconds)] * times

    def vanish(self, after: int) -> None:
        self.fake.calls_left = after

    def come_back(self) -> None:
        self.fake.calls_left = None

    def size(self) -> int:
        return len(self.fake.orders)

    def check_written(self, advice: Advice, segment: str | None, tags: list[str] | None) -> None:
        mine = [
            o for o in self.fake.orders if f"{advice.client_id}-safe" in str(o["allocationList"])
        ]
        legs = [o["legList"][0] for o in mine]
        ordered = {
            leg["baseInstrument"]["identification"]["identifier"]: (leg["side"], leg["quantity"])
            for leg in legs
        }
        assert ordered == {"CH0012005267": ("buy", 600.0), "F2": ("sell", 200.5)}
        assert len(mine) == 2

    def close(self) -> None:
        self.fake.close()
        assert self.fake.broken == []


class TestOpenWealthFake(GatewayContract):
    def make(self, folder: Path) -> World:
        return OpenWealthWorld()

    calls_before_it_is_gone = 9
    calls_before_it_is_gone_pushing = 8

    def test_accounts_are_debited_and_credited_the_right_way(self, world: World) -> None:
        assert isinstance(world, OpenWealthWorld)
        key = world.seed(0).id
        push_advice(world.gateway(), [advice_for(key)])
        by_side = {
            o["legList"][0]["side"]: o["allocationList"][0]["legList"][0] for o in world.fake.orders
        }
        assert (by_side["buy"]["creditAccountId"], by_side["buy"]["debitAccountId"]) == (
            f"{key}-safe",
            f"{key}-cash",
        )
        assert (by_side["sell"]["creditAccountId"], by_side["sell"]["debitAccountId"]) == (
            f"{key}-cash",
            f"{key}-safe",
        )

    def test_another_process_sees_open_orders_and_what_the_host_kept(self, world: World) -> None:
        assert isinstance(world, OpenWealthWorld)
        key = world.seed(0).id
        kept: set[str] = set()
        send = http_send(world.fake.url, headers={"Authorization": TOKEN})
        first = OpenWealthGateway(send, apis=APIS, sent=kept)
        assert push_advice(first, [advice_for(key)])[0].created
        assert (
            push_advice(OpenWealthGateway(send, apis=APIS), [advice_for(key)])[0].created is False
        )
        world.fake.orders.clear()  # they were executed, and are open no longer
        assert (
            push_advice(OpenWealthGateway(send, apis=APIS, sent=kept), [advice_for(key)])[0].created
            is False
        )
        assert world.fake.orders == []

    def test_two_advices_with_different_orders_never_add_up(self, world: World) -> None:
        assert isinstance(world, OpenWealthWorld)
        key = world.seed(0).id
        early = advice_for(key).model_copy(
            update={"orders": (Order(product_id=ISIN, money=9_999.0),)}
        )
        outcomes = push_advice(world.gateway(), [early, advice_for(key)])
        assert [o.ok for o in outcomes] == [False, True]
        world.check_written(advice_for(key), None, None)

    def test_a_lost_order_is_not_sent_again_at_once(self, world: World) -> None:
        assert isinstance(world, OpenWealthWorld)
        key = world.seed(0).id
        send = http_send(world.fake.url, headers={"Authorization": TOKEN})

        def losing(method: str, path: str, params: Any, body: Any) -> Any:
            reply = send(method, path, params, body)
            if method == "POST":
                raise TimeoutError
            return reply

        lost = OpenWealthGateway(losing, apis=APIS, wait=world.waits.append)
        assert not push_advice(lost, [advice_for(key)])[0].ok
        assert len(world.fake.orders) == 1
        assert push_advice(world.gateway(), [advice_for(key)])[0].ok
        world.check_written(advice_for(key), None, None)

    def test_orders_that_are_not_known_stop_every_order(self, world: World) -> None:
        assert isinstance(world, OpenWealthWorld)
        keys = [world.seed(n).id for n in range(2)]
        send = http_send(world.fake.url, headers={"Authorization": TOKEN})

        def blind(method: str, path: str, params: Any, body: Any) -> Any:
            reply = send(method, path, params, body)
            return type(reply)(404) if path == "/trading/orders" and method == "GET" else reply

        outcomes = push_advice(OpenWealthGateway(blind, apis=APIS), [advice_for(k) for k in keys])
        assert [o.ok for o in outcomes] == [False, False]
        assert world.fake.orders == []

    def test_a_customer_without_the_hosts_own_fields_is_advised_nothing_risky(
        self, world: World
    ) -> None:
        assert isinstance(world, OpenWealthWorld)
        key = world.seed(0).id
        world.own.clear()
        client = pull_clients(world.gateway(), as_of=TODAY).clients.client(0)
        assert (client.id, client.horizon_years, client.level, client.assessed_on) == (
            key,
            0.0,
            None,
            None,
        )

    def test_a_bank_without_customer_management(self, world: World) -> None:
        assert isinstance(world, OpenWealthWorld)
        world.seed(0)
        world.fake.details.clear()
        assert pull_clients(world.gateway(), as_of=TODAY).clients.client(0).age is None
        send = http_send(world.fake.url, headers={"Authorization": TOKEN})
        alone = OpenWealthGateway(send, own=world.own, apis={"custody": "/custody"})
        assert pull_clients(alone, as_of=TODAY).clients.client(0).wealth == 1640


def test_cash_below_nothing_is_a_debt() -> None:
    both = [position("c1", instrument("cash"), "cashAccount:a", (-70, "CHF")), *positions("a")]
    money = money_of(both, "CHF")
    assert (money["wealth"], money["cash"], money["liabilities"]) == (1600.0, 0.0, 530.0)


@pytest.mark.parametrize("kind", ["mortgage", "credit", "fixedLoan", "callableLoan"])
def test_loans_are_debts_whatever_their_sign(kind: str) -> None:
    for amount in (-100, 100):
        money = money_of([position("x", instrument(kind), "other:a", (amount, "CHF"))], "CHF")
        assert (money["wealth"], money["liabilities"], money["holdings"]) == (0.0, 100.0, {})


def test_what_cannot_be_sold_is_locked() -> None:
    safe = "safekeepingAccount:a"
    rows = [
        position("d1", instrument("fixedDeposit"), "other:a", (100, "CHF")),
        position("d2", instrument("callableDeposit"), "other:a", (50, "CHF")),
        {
            **position("s", instrument("equity", ("isin", ISIN)), safe, (20, "CHF")),
            "blockedQuantity": {"type": "unit", "value": 2},
        },
        {
            **position("o", instrument("equity", ("isin", OTHER)), safe, (5, "CHF")),
            "blockedQuantity": {"type": "unit", "value": 0},
        },
    ]
    assert (
        faults(
            "/custody",
            {"type": "array", "items": {"$ref": "#/components/schemas/ValuatedPosition"}},
            rows,
        )
        == []
    )
    money = money_of(rows, "CHF")
    assert money["holdings"] == {
        "fixedDeposit": 100.0,
        "callableDeposit": 50.0,
        ISIN: 20.0,
        OTHER: 5.0,
    }
    assert (money["wealth"], money["locked"]) == (175.0, [ISIN, "fixedDeposit"])


def test_a_customer_without_a_currency_has_that_of_the_values() -> None:
    rows = [
        position(
            "p2",
            instrument("equity", ("isin", OTHER)),
            "safekeepingAccount:a",
            (275.5, "USD"),
            (250, "CHF"),
        )
    ]
    assert (money_of(rows, None)["currency"], money_of(rows, None)["wealth"]) == ("CHF", 250.0)
    assert money_of(rows, "USD")["wealth"] == 275.5
    with pytest.raises(AdapterError, match="GBP"):
        money_of(rows, "GBP")


@pytest.mark.parametrize(
    "change",
    [
        {"valuation": {}}, {"valuation": None},
        {"valuation": {"valueInPositionCurrency": {"amount": "x", "currency": "CHF"}}},
        {"financialInstrument": {"type": "equity"}}, {"financialInstrument": None},
        {"financialInstrument": {"type": "equity", "identificationList": "?"}},
    ],
)  # fmt: skip
def test_a_position_that_says_too_little(change: dict[str, Any]) -> None:
    row = position("p", instrument("equity", ("isin", ISIN)), "safekeepingAccount:a", (1, "CHF"))
    with pytest.raises(AdapterError):
        money_of([{**row, **change}], "CHF")


def test_whose_birthday_counts() -> None:
    old = natural_person("1", "1940-01-01", "male", (10, "CHF"))
    young = natural_person("2", "1990-01-01", "female", (20, "CHF"))
    both = person_of(
        customer_details("k", ("accountOwner", young), ("beneficialOwner", old)), "CHF"
    )
    assert both == {"born": "1940-01-01", "gender": None, "income": 30.0}
    signatory = customer_details(
        "k", ("accountOwner", young), ("authorisedSignatoryIndividual", old)
    )
    assert person_of(signatory, "CHF") == {"born": "1990-01-01", "gender": "female", "income": 20.0}
    assert person_of(signatory, "USD")["income"] is None
    firm = customer_details("k", ("accountOwner", legal_person("3")), ("beneficialOwner", young))
    assert person_of(firm, "CHF")["born"] is None
    assert person_of({}, "CHF") == {"born": None, "gender": None, "income": None}
    assert faults("/customers-api", {"$ref": "#/components/schemas/customerDetails"}, firm) == []


def test_the_checker_sees_what_the_specifications_forbid() -> None:
    """A payload that is wrong in one place is found: the check can fail."""
    schema = {"$ref": "#/components/schemas/Order"}
    accounts = {"safekeepingAccount": "s", "cashAccount": "c"}
    order = order_of("r", ISIN, 5.0, "CHF", accounts)
    assert faults("/trading", schema, order) == []
    for path, value in (
        ("side", "purchase"),
        ("quantity", "5"),
        ("unitReference", "CHF"),
        ("baseInstrument", {}),
    ):
        bad = copy.deepcopy(order)
        bad["legList"][0][path] = value
        assert faults("/trading", schema, bad)
    del order["clientReference"]
    assert faults("/trading", schema, order)
    valued = {"type": "array", "items": {"$ref": "#/components/schemas/ValuatedPosition"}}
    assert faults("/custody", valued, positions("a")) == []
    assert faults("/custody", valued, [{"id": "1"}])

"""Whatever another system says: clients and named problems come out, never somebody else's
exception."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from advisor import AdapterError
from advisor.adapters.crm.gateway import Gateway, pull_clients, push_advice
from advisor.adapters.crm.mapping import FieldMap
from advisor.adapters.crm.openwealth import OpenWealthGateway
from advisor.adapters.crm.openwealth_records import money_of, person_of
from advisor.adapters.crm.paths import put_at
from advisor.adapters.crm.rest import RestGateway
from advisor.adapters.crm.sending import Reply, Send
from advisor.adapters.crm.tryton import TrytonGateway
from gateway_contract import TODAY, advice_for

SCALARS = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.sampled_from(["", " ", "7", "CHF", "2026-01-01", "x|y", "{", "\ud800", "a" * 11_000])
)
JSON = st.recursive(
    SCALARS,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["id", "a", "type"]), inner, max_size=3)
    ),
)
MAPS = ["plain", "salesforce", "hubspot", "dynamics", "openwealth", "tryton"]


@settings(max_examples=40)
@given(st.data(), st.sampled_from(MAPS))
def test_any_record_is_a_client_or_a_problem(data: st.DataObject, name: str) -> None:
    fields = FieldMap.bundled(name)
    record: dict[str, Any] = {}
    put_at(record, fields.key, data.draw(st.just("K1") | JSON))
    for path in data.draw(st.lists(st.sampled_from([f.path for f in fields.fields]), unique=True)):
        put_at(record, path, data.draw(JSON))
    with suppress(AdapterError):
        fields.to_client(record, as_of=TODAY)
    with suppress(AdapterError):
        fields.to_client(data.draw(JSON), as_of=TODAY)


POSITION: dict[str, Any] = {
    "id": "p", "financialInstrument": {"type": "equity", "identificationList": [{"type": "isin",
    "identifier": "CH0012005267"}]},
    "account": {"type": "safekeepingAccount"},
    "valuation": {"valueInPositionCurrency": {"amount": 5.0, "currency": "CHF"}},
}  # fmt: skip
PERSON: dict[str, Any] = {
    "person2customerRelationList": [
        {
            "relationList": [{"type": "accountOwner"}],
            "personDetails": {
                "personType": "naturalPerson", "dateOfBirth": "1990-01-01", "gender": "male",
                "kycList": [{"totalIncome": {"amountYearlyIncome": 5, "currency": "CHF"}}],
            },
        }
    ]
}  # fmt: skip
PARTY: dict[str, Any] = {
    "id": 1, "name": "A", "identifiers": [{"code": "K1", "type": None}], "categories": [{"id": 2,
    "name": "gold", "parent": {"name": "Tier"}}],
    "message": "Client facts\nwealth: 5", "resource": "party.party,1", "parent": None,
}  # fmt: skip


def broken(data: st.DataObject, value: Any) -> Any:
    """The value, with anything in place of one part of it."""
    if isinstance(value, dict) and value and data.draw(st.integers(0, 4)):
        name = data.draw(st.sampled_from(sorted(value)))
        return {**value, name: broken(data, value[name])}
    if isinstance(value, list) and value and data.draw(st.integers(0, 4)):
        return [broken(data, value[0]), *value[1:]]
    return data.draw(JSON)


@settings(max_examples=40)
@given(st.data())
def test_any_position_or_person_is_read_or_refused(data: st.DataObject) -> None:
    with suppress(AdapterError):
        money_of([POSITION, broken(data, POSITION)], data.draw(st.sampled_from([None, "CHF"])))
    assert set(person_of(broken(data, PERSON), "CHF")) == {"born", "gender", "income"}


GATEWAYS: dict[str, Callable[[Send], Gateway]] = {
    "salesforce": lambda send: RestGateway(send, "salesforce", wait=lambda _: None),
    "hubspot": lambda send: RestGateway(send, "hubspot", wait=lambda _: None),
    "dynamics": lambda send: RestGateway(send, "dynamics", wait=lambda _: None),
    "openwealth": lambda send: OpenWealthGateway(send, as_of=TODAY, wait=lambda _: None),
    "tryton": lambda send: TrytonGateway(send, "crm", wait=lambda _: None),
}
ANSWERS: dict[str, Any] = {
    "salesforce": {
        "records": [{"FinServ__SourceSystemId__c": "K1", "FinServ__AUM__c": 5}],
        "done": True,
    },
    "hubspot": {
        "results": [{"properties": {"client_number": "K1"}, "objectWriteTraceId": "0"}],
        "errors": [{"context": {"objectWriteTraceId": ["1"]}}],
    },
    "dynamics": {"value": [{"new_clientnumber": "K1"}]},
    "openwealth": [
        {
            **POSITION,
            **PERSON,
            "type": "cashAccount",
            "referenceCurrency": "CHF",
            "clientReference": "r",
        }
    ],
    "tryton": [PARTY],
}


@pytest.mark.parametrize("name", sorted(GATEWAYS))
@settings(max_examples=20)
@given(data=st.data())
def test_any_answer_of_a_system_ends_in_clients_and_problems(
    name: str, data: st.DataObject
) -> None:
    def send(method: str, path: str, params: Any, body: Any) -> Reply:
        answer = broken(data, ANSWERS[name]) if data.draw(st.booleans()) else ANSWERS[name]
        if method in ("POST", "PUT") and isinstance(answer, list) and answer:
            answer = answer[0]
        return Reply(
            data.draw(st.sampled_from([200, 200, 200, 201, 400, 404, 500])),
            answer,
            {"nextCursor": data.draw(st.sampled_from(["", "5"]))},
        )

    pulled = pull_clients(GATEWAYS[name](send), as_of=TODAY)
    assert pulled.complete or pulled.problems
    outcomes = push_advice(GATEWAYS[name](send), [advice_for("K1"), advice_for("K2")])
    assert [o.record_id for o in outcomes] == ["K1", "K2"]
    assert all(o.ok or o.problem for o in outcomes)

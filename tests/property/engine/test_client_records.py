"""A row's record holds just what its contract says, whatever it holds: digests rest on it."""

from __future__ import annotations

from datetime import date

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from advisor import Client, ClientTable, Goal
from advisor.engine.input_digest import input_digest

IDS = st.sampled_from(["a", "b", "c", "d"])
MONEY = st.one_of(st.none(), st.floats(0.0, 1e6))
FIELDS = {
    "wealth": st.floats(1e6, 1e9),
    "horizon_years": st.floats(0.0, 50.0),
    "age": st.one_of(st.none(), st.integers(0, 130)),
    "level": st.one_of(st.none(), st.integers(0, 5)),
    "assessed_on": st.one_of(st.none(), st.dates(date(2000, 1, 1), date(2030, 1, 1))),
    "lowest_category": st.booleans(),
    "knowledge": st.one_of(st.none(), st.floats(0.0, 100.0)),
    "answers": st.dictionaries(IDS, IDS),
    "holdings": st.dictionaries(IDS, st.floats(0.0, 1e5)),
    "excluded": st.frozensets(IDS),
    "insists": st.frozensets(IDS),
    "goals": st.one_of(st.just(()), st.just((Goal(name="house", amount=1.0, years=2.0),))),
    "biases": st.dictionaries(
        st.sampled_from(["loss_aversion", "overconfidence", "other"]), st.floats(0.5, 3.0)
    ),
    "income": MONEY,
    "reserve_months": MONEY,
    "professional": st.booleans(),
    "legal_capacity": st.booleans(),
    "currency": st.sampled_from([None, "CNY", "EUR", "USD"]),
    "segment": st.one_of(st.none(), IDS),
}

OPTIONAL = {
    name: values for name, values in FIELDS.items() if name not in ("wealth", "horizon_years")
}


@given(
    st.lists(
        st.fixed_dictionaries(
            {"wealth": FIELDS["wealth"], "horizon_years": FIELDS["horizon_years"]},
            optional=OPTIONAL,
        ),
        min_size=1,
        max_size=4,
    )
)
def test_record_is_the_contract_in_json(rows: list[dict[str, object]]) -> None:
    clients = [Client(id=f"c{i}", **row) for i, row in enumerate(rows)]
    table = ClientTable.from_clients(clients)
    for i, client in enumerate(clients):
        assert table.record(i) == client.model_dump(mode="json")
        assert table.client(i) == client


@given(
    st.fixed_dictionaries(
        {"wealth": FIELDS["wealth"], "horizon_years": FIELDS["horizon_years"]}, optional=OPTIONAL
    )
)
def test_a_client_comes_back_from_json_as_he_went_and_equal_clients_have_the_same_data(
    row: dict[str, object],
) -> None:
    client = Client(id="c", **row)
    for again in (
        Client.model_validate_json(client.model_dump_json()),
        Client.model_validate(client.model_dump()),
        client.model_copy(),
    ):
        assert again == client
        assert hash(again) == hash(client)
        assert digest_of(again) == digest_of(client)
    stated = Client(**(client.model_dump() | {"lowest_category": client.lowest_category}))
    assert (
        (stated == client) == (digest_of(stated) == digest_of(client)) == ("lowest_category" in row)
    )


def digest_of(client: Client) -> str:
    return input_digest(ClientTable.from_clients([client]), 0, np.datetime64("2026-11-20"))

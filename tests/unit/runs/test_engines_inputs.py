"""The digest of a client's row: one for the same data however they came, another for any change of
it."""

from __future__ import annotations

from datetime import date

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from advisor import Client, ClientTable, Goal, sample
from advisor.data import clients_from_arrow
from advisor.engine import input_digest as inputs
from advisor.engine.input_digest import input_digest, input_digests

DAY = np.datetime64("2026-11-20")


def everything(**changes: object) -> Client:
    fields = {
        "id": "c1",
        "wealth": 1000.0,
        "horizon_years": 5.0,
        "age": 40,
        "income": 10.0,
        "segment": "mass",
        "assessed_on": date(2026, 6, 1),
        "answers": {"a": "x", "b": "y"},
        "holdings": {"P1": 10.0, "P2": 20.0},
        "biases": {"loss_aversion": 2.0, "disposition": 0.1},
        "excluded": frozenset({"P9"}),
        "goals": (Goal(name="house", amount=5.0, years=2.0),),
    }
    return Client(**(fields | changes))


CHANGES = [
    {"id": "c2"},
    {"wealth": 1000.0000000001},
    {"horizon_years": 6.0},
    {"age": None},
    {"level": 3},
    {"lowest_category": True},
    {"lowest_category": False},
    {"professional": True},
    {"income": None, "liabilities": 10.0},
    {"segment": None, "currency": "CNY"},
    {"assessed_on": None},
    {"answers": {"a": "y", "b": "x"}},
    {"answers": {"a": "x"}},
    {"holdings": {"P1": 20.0, "P2": 10.0}},
    {"holdings": {"P1": 10.0}, "excluded": frozenset({"P2", "P9"})},
    {"biases": {"loss_aversion": 2.0}},
    {"biases": {"loss_aversion": 2.1, "disposition": 0.0}},
    {"insists": frozenset({"P9"}), "excluded": frozenset()},
    {"goals": ()},
]


def test_every_change_of_a_row_changes_its_digest() -> None:
    clients = [everything(), *(everything(**change) for change in CHANGES)]
    digests = [input_digest(ClientTable.from_clients([c]), 0, DAY) for c in clients]
    assert len(set(digests)) == len(clients)
    assert input_digest(ClientTable.from_clients(clients[:1]), 0, DAY + 1) not in digests


def test_a_row_has_one_digest_in_every_table() -> None:
    clients = [
        everything(**{"id": f"c{i}"} | change) for i, change in enumerate([{}, *CHANGES[1:]])
    ]
    together = input_digests(ClientTable.from_clients(clients), DAY)
    assert len(clients) > inputs._FEW
    assert together == [input_digests(ClientTable.from_clients([c]), DAY)[0] for c in clients]
    assert together[::-1] == input_digests(ClientTable.from_clients(clients[::-1]), DAY)
    assert together[3:7] == input_digests(ClientTable.from_clients(clients), DAY)[3:7]
    assert [
        input_digest(ClientTable.from_clients(clients), i, DAY) for i in range(len(clients))
    ] == together


def test_columns_and_rows_are_read_alike(monkeypatch: pytest.MonkeyPatch) -> None:
    table = sample.clients(40)
    by_column = input_digests(table, DAY)
    monkeypatch.setattr(inputs, "_FEW", 1000)
    assert input_digests(table, DAY) == by_column
    assert (
        input_digests(ClientTable.from_clients([table.client(i) for i in range(40)]), DAY)
        == by_column
    )
    monkeypatch.setattr(inputs, "_FEW", 0)
    monkeypatch.setattr(inputs, "_ROWS_AT_A_TIME", 7)
    assert input_digests(table, DAY) == by_column


def test_what_is_not_said_adds_nothing() -> None:
    plain = pd.DataFrame({"id": ["c1", "c2"], "wealth": [0.0, 7.0], "horizon_years": [1.0, 2.0]})
    wide = plain.assign(
        **{
            "segment": None,
            "answer:q": None,
            "holding:P1": 0.0,
            "bias:loss_aversion": np.nan,
            "age": np.nan,
        }
    )
    wide = wide[wide.columns[::-1]].assign(wealth=[-0.0, 7.0])
    wanted = input_digests(ClientTable.from_frame(plain), DAY)
    assert input_digests(ClientTable.from_frame(wide), DAY) == wanted
    coded = pa.table(
        {
            "id": pa.array(["c1", "c2"]).dictionary_encode(),
            "wealth": [0, 7],
            "horizon_years": pa.array([1.0, 2.0], pa.float32()),
        }
    )
    assert input_digests(clients_from_arrow(coded), DAY) == wanted


def test_a_broken_row_is_told_by_what_is_wrong() -> None:
    frame = pd.DataFrame({"id": ["c1", "c2"], "wealth": [-1.0, -2.0], "horizon_years": 1.0})
    first, second = input_digests(ClientTable.from_frame(frame.assign(id=["c1", "c1x"])), DAY)
    assert first != second
    assert input_digests(ClientTable.from_frame(frame.assign(wealth=[-2.0, -2.0])), DAY)[0] != first
    assert input_digests(ClientTable.from_frame(frame.iloc[:1]), DAY) == [first]

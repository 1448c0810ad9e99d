"""From trades to the client table, and from advice to the next review, without carrying arrays by
hand."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from advisor import (
    Advisor,
    BiasProfiles,
    Client,
    ClientTable,
    InputError,
    Trades,
    measure_biases,
    sample,
    states_after,
)
from advisor.lifecycle import rebalance, review

DAY = "2026-02-02"


def traded() -> BiasProfiles:
    """Ann sells her winner and keeps her loser; Bo never sells."""
    days = pd.date_range("2024-01-01", periods=6)
    prices = pd.DataFrame(
        {
            "asset": ["up"] * 6 + ["down"] * 6,
            "day": [*days, *days],
            "price": [10, 11, 12, 13, 14, 15, 10, 9, 8, 7, 6, 5],
        }
    ).astype({"price": float})
    rows = [
        ("ann", "up", days[0], "buy", 2.0, 10.0),
        ("ann", "down", days[0], "buy", 2.0, 10.0),
        ("ann", "up", days[3], "sell", 1.0, 13.0),
        ("bo", "up", days[0], "buy", 1.0, 10.0),
    ]
    frame = pd.DataFrame(rows, columns=["client_id", "asset", "day", "side", "units", "price"])
    asked = pd.DataFrame(
        {
            "client_id": ["bo"] * 4,
            "gain": [200.0] * 4,
            "loss": [100.0, 80.0, 60.0, 40.0],
            "accepted": [False, False, True, True],
        }
    )
    return measure_biases(Trades.from_frame(frame), prices, choices=asked)


def test_biases_join_a_table_by_client_id() -> None:
    """A realised gain and a paper loss: PGR 1, PLR 0; the stated choices of one client, the prior
    of nobody."""
    fields = {"wealth": 1000.0, "horizon_years": 9.0, "level": 3, "assessed_on": DAY}
    clients = [
        Client(id="bo", **fields),
        Client(id="cy", biases={"overconfidence": 2.0}, **fields),
        Client(id="ann", biases={"disposition": 0.1, "overconfidence": 1.5}, **fields),
    ]
    profiles = traded()
    table = ClientTable.from_clients(clients).with_biases(profiles)
    joined = [table.client(i).biases for i in range(3)]
    assert joined[2]["disposition"] == 1.0
    assert joined[2]["overconfidence"] == 1.5
    assert "loss_aversion" not in joined[2]
    assert joined[1] == {"overconfidence": 2.0}
    assert joined[0]["loss_aversion"] == pytest.approx(
        profiles.loss_aversion[list(profiles.client_ids).index("bo")]
    )
    assert "disposition" not in joined[0]


def test_the_joined_table_gets_the_advice_of_a_client_who_states_the_same(advisor: Advisor) -> None:
    client = sample.client().model_copy(update={"id": "bo"})
    table = ClientTable.from_clients([client]).with_biases(traded())
    stated = client.model_copy(update={"biases": table.client(0).biases})
    assert next(iter(advisor.advise_many(table, as_of=DAY)))[0] == advisor.advise(stated, as_of=DAY)


def test_advice_carried_out_at_unchanged_prices_has_no_drift(advisor: Advisor) -> None:
    """The money of each product times its exposures, by hand, is what the states say."""
    clients = sample.clients(20)
    batch = next(iter(advisor.advise_many(clients, as_of=DAY)))
    lines = []
    for i, advice in enumerate(batch):
        held = dict(clients.holdings.row(i))
        for order in advice.orders:
            held[order.product_id] = held.get(order.product_id, 0.0) + order.money
        lines += [(advice.client_id, name, money) for name, money in held.items() if money > 0.0]
    frame = pd.DataFrame(lines, columns=["client_id", "product_id", "money"])
    today = states_after(batch, frame)
    ok = np.array([advice.status == "ok" for advice in batch])
    after = np.array(
        [[a.weights_after_orders.get(asset, 0.0) for asset in today.assets] for a in batch]
    )
    weights = today.holdings / today.states.value[:, None]
    np.testing.assert_allclose(weights[ok], after[ok], atol=1e-6)
    np.testing.assert_allclose(today.states.value[ok], clients.wealth[ok], rtol=1e-6)
    told = np.array([advice.stressed_loss or 0.0 for advice in batch])
    np.testing.assert_allclose(today.states.stress_loss[ok], told[ok], atol=1e-6)
    names = set(review(today.states, as_of="2026-02-03")[int(ok.argmax())])
    assert not {"stress_loss_above_tolerance", "drawdown_above_tolerance"} & {t.name for t in names}
    moved = rebalance(today.holdings[ok], today.target[ok])
    assert len(moved) == ok.sum()


def test_units_are_valued_at_the_prices_of_today(advisor: Advisor) -> None:
    clients = sample.clients(3)
    batch = next(iter(advisor.advise_many(clients, as_of=DAY)))
    name = advisor.catalogue.products[0].id
    frame = pd.DataFrame({"client_id": [clients.ids[1]], "product_id": [name], "units": [4.0]})
    today = states_after(batch, frame, {name: 25.0}, cash={clients.ids[1]: 50.0})
    assert today.holdings[1].sum() == pytest.approx(100.0)
    assert today.cash[1] == 50.0
    assert today.states.value[1] == pytest.approx(150.0)


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"client_id": "nobody"}, "client_id"),
        ({"product_id": "nothing"}, "product_id"),
        ({"units": -1.0}, "units"),
        ({"units": float("inf")}, "units"),
        ({"product_id": None}, "product_id"),
    ],
)
def test_what_cannot_be_valued_is_refused(
    advisor: Advisor, change: dict[str, object], field: str
) -> None:
    clients = sample.clients(2)
    batch = next(iter(advisor.advise_many(clients, as_of=DAY)))
    name = advisor.catalogue.products[0].id
    line = {"client_id": clients.ids[0], "product_id": name, "units": 1.0} | change
    with pytest.raises(InputError) as refusal:
        states_after(batch, pd.DataFrame([line]), {name: 1.0, "nothing": 1.0})
    assert refusal.value.field == field
    with pytest.raises(InputError, match="says nothing of"):
        states_after(
            batch,
            pd.DataFrame([line | {"product_id": name, "client_id": clients.ids[0], "units": 1.0}]),
        )


def test_what_an_advisor_was_made_of_is_there_to_read(advisor: Advisor) -> None:
    assert advisor.model.assets == sample.market().assets
    assert advisor.catalogue.ids.ids == advisor.recommender.products
    assert advisor.regime.id == "nfra"
    assert advisor.questionnaire is not None
    assert advisor.bands.upper_volatility[3] == 0.13
    assert advisor.mandate.max_weight == 1.0

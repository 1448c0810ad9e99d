"""What must hold of every advice, whoever the clients are."""

from __future__ import annotations

from datetime import date
from functools import cache

import numpy as np
import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from advisor import Advisor, Client, ClientTable, InputError, sample
from advisor.engine.pipeline import BAD_INPUT

DAY = "2026-11-20"
SHELF = sample.catalogue()
NO_SHRINKING = (Phase.explicit, Phase.generate)
"""An example costs a whole corridor; shrinking would take minutes, and examples are small
already."""
IDS = [p.id for p in SHELF.products]


@cache
def house() -> Advisor:
    return Advisor.fit(sample.market(), sample.interactions(), catalogue=SHELF)


@st.composite
def clients(draw: st.DrawFn) -> Client:
    wealth = draw(st.floats(0.0, 1e7))
    held = draw(
        st.lists(st.sampled_from([*IDS, "cash", "global_equity", "moon"]), max_size=4, unique=True)
    )
    shares = [draw(st.floats(0.0, 1.0)) for _ in held]
    total = max(1.0, sum(shares))
    return Client(
        id=draw(st.sampled_from(["c00001", "c00007", "new", "陈"])),
        wealth=wealth,
        horizon_years=draw(st.floats(0.0, 40.0)),
        age=40,
        level=draw(st.none() | st.integers(0, 5)),
        assessed_on=draw(st.none() | st.dates(date(2025, 6, 1), date(2026, 11, 20))),
        knowledge=draw(st.none() | st.floats(0.0, 100.0)),
        holdings={name: wealth * share / total for name, share in zip(held, shares, strict=True)},
        excluded=frozenset(draw(st.lists(st.sampled_from(IDS), max_size=3))),
        private_qualified=draw(st.booleans()),
        biases=draw(
            st.dictionaries(
                st.sampled_from(["loss_aversion", "overconfidence"]), st.floats(0.5, 5.0)
            )
            | st.just({"disposition": 0.4})
        ),
        answers=draw(st.just({}) | st.just(dict(sample.client().answers))),
    )


@st.composite
def tables(draw: st.DrawFn) -> list[Client]:
    found = draw(st.lists(clients(), min_size=1, max_size=6))
    return [c.model_copy(update={"id": f"{c.id}-{i}" if i else c.id}) for i, c in enumerate(found)]


def advised(table: ClientTable, chunk: int) -> list[str]:
    return [
        a.model_dump_json()
        for batch in house().advise_many(table, as_of=DAY, chunk=chunk)
        for a in batch
    ]


@settings(max_examples=12, phases=NO_SHRINKING)
@given(tables(), st.integers(1, 6))
def test_one_client_and_many_cannot_disagree(found: list[Client], chunk: int) -> None:
    """advise_many(t)[i] == advise(client i), bit for bit, for any chunk size and any order."""
    table = ClientTable.from_clients(found)
    together = advised(table, 1000)
    assert advised(table, chunk) == together
    assert advised(table.take(np.arange(len(found))[::-1]), chunk) == together[::-1]
    for client, text in zip(found, together, strict=True):
        try:
            alone = house().advise(client, as_of=DAY).model_dump_json()
        except InputError:
            assert any(f'"status":"{word}"' in text for word in BAD_INPUT)
        else:
            assert alone == text


@settings(max_examples=12, phases=NO_SHRINKING)
@given(tables())
def test_nothing_unsuitable_is_ever_picked(found: list[Client]) -> None:
    """Every pick of every advice passes the regime pair by pair, and the advice proves itself
    again."""
    desk = house()
    for batch in desk.advise_many(ClientTable.from_clients(found), as_of=DAY, picks=8):
        for i, client in enumerate(found):
            advice = batch[i]
            for pick in advice.picks:
                product = SHELF.products[SHELF.ids.code(pick.product_id)]
                assert (
                    desk.state.regime.check(batch.profiles[i], client, product).decision == "allow"
                )
            proof = desk.verify(advice, client)
            assert proof.ok, proof.problems


@settings(max_examples=12, phases=NO_SHRINKING)
@given(tables())
def test_money_is_never_lost_or_made(found: list[Client]) -> None:
    """Target by asset = what is held after the orders + what is reported unplaced; and buying is
    paid for."""
    desk = house()
    exposures = desk.state.catalogue.exposures(desk.state.model.ids)
    by_asset = desk.state.vehicles.by_asset
    (batch,) = desk.advise_many(ClientTable.from_clients(found), as_of=DAY, picks=4)
    for i, client in enumerate(found):
        if batch.status[i] not in ("ok", "holdings_above_band"):
            continue
        span = slice(*batch.holdings.table.indptr[i : i + 2])
        held = by_asset(
            batch.holdings.by_vehicle[[i]]
            - np.einsum("e,en->n", batch.sales[span], batch.holdings.spread[span])
        )[0]
        after = held + np.einsum(
            "k,kn->n", batch.pick_money[i], exposures[np.maximum(batch.pick_codes[i], 0)]
        )
        target = batch.weights[i] * client.wealth
        scale = max(1.0, client.wealth)
        over = np.maximum(after - target, 0.0)
        assert after + batch.unplaced[i] - over == pytest.approx(
            target, abs=0.1 + 1e-9 * scale
        )  # ten cents are rounding
        assert batch.weights_after[i] * client.wealth == pytest.approx(after, abs=1e-9 * scale)
        spent = batch.pick_money[i].sum() - batch.sales[span].sum()
        assert spent <= client.wealth - sum(client.holdings.values()) + 1e-9 * scale


@settings(max_examples=12, phases=NO_SHRINKING)
@given(clients(), st.floats(1.0, 6.0))
def test_bias_never_raises_risk(client: Client, loss_aversion: float) -> None:
    plain = client.model_copy(update={"biases": {}})
    biased = client.model_copy(update={"biases": {"loss_aversion": loss_aversion}})
    first, second = (
        next(house().advise_many(ClientTable.from_clients([c]), as_of=DAY)) for c in (plain, biased)
    )
    assert first.status[0] == second.status[0]
    if first.status[0] == "ok":
        assert second.allocations.effective[0] >= first.allocations.risk_aversion[0]
        assert second.allocations.volatility[0] <= first.allocations.volatility[0] * (1 + 1e-9)


def test_the_properties_would_catch_a_leak() -> None:
    """A batch whose mask is opened is caught by the pair-by-pair check."""
    desk = house()
    client = Client(
        id="x", wealth=1e5, horizon_years=9.0, age=40, level=1, assessed_on=date(2026, 11, 1)
    )
    advice = desk.advise(client, as_of=DAY)
    risky = next(p for p in SHELF.products if p.effective_risk_level == 5)
    broken = advice.model_copy(
        update={"picks": (advice.picks[0].model_copy(update={"product_id": risky.id}),)}
    )
    assert not desk.verify(broken, client).suitable

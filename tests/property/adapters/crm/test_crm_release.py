"""No action that names an unsuitable product is ever released, whatever happened since it was
proposed."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from advisor import Advisor, Catalogue, ClientTable, Event, Regime, profile_risk, sample
from advisor.adapters.crm import ClientFacts, Consent, PlayBook, Released, propose, release
from advisor.adapters.crm.actions.checks import ReleaseCheck

AT = datetime(2026, 1, 31, 12, tzinfo=UTC)
COUNT = 30
TABLE, SHELF, BOUGHT = sample.clients(COUNT), sample.catalogue(), sample.interactions()
FITTED = {
    name: Advisor.fit(sample.market(), BOUGHT, catalogue=SHELF, regime=getattr(Regime, name)())
    for name in ("nfra", "csrc", "mifid")
}
EVENTS = [
    Event(id=f"{i}-{p}-{k}", source="web", type="advisor.product.viewed.v1", time=AT - timedelta(days=k, hours=1), subject=name, data={"product_id": f"P{1 + (7 * i + p) % 40:03d}"})
    for i, name in enumerate(TABLE.ids)
    for p in range(3)
    for k in range(3)
]  # fmt: skip
PROPOSED = propose(
    ClientFacts.of(TABLE, as_of="2026-01-31", events=EVENTS), EVENTS, PlayBook.default(), at=AT
)
AGREED = [
    Consent(client_id=i, purpose=p, given=AT - timedelta(days=99))
    for i in TABLE.ids
    for p in ("marketing", "service", "advice")
]

CHANGES = st.lists(
    st.one_of(
        st.tuples(st.just("level"), st.integers(0, COUNT - 1), st.integers(0, 2)),
        st.tuples(st.just("risk"), st.integers(0, 39), st.integers(1, 5)),
        st.tuples(
            st.sampled_from(["closed", "complex", "private"]), st.integers(0, 39), st.just(True)
        ),
        st.tuples(st.just("term"), st.integers(0, 39), st.just(9000)),
        st.tuples(st.just("dropped"), st.integers(0, 39), st.just(0)),
        st.tuples(st.just("excluded"), st.integers(0, COUNT - 1), st.integers(0, 39)),
        st.tuples(st.just("poor"), st.integers(0, COUNT - 1), st.just(0)),
        st.tuples(st.just("later"), st.just(0), st.sampled_from([0, 200, 400])),
    ),
    max_size=25,
)


def after(
    changes: list[tuple[str, int, int]], advisor: Advisor
) -> tuple[Advisor, ClientTable, datetime]:
    """The world as it is when the actions are to be sent."""
    people = {c.id: c for c in (TABLE.client(i) for i in range(COUNT))}
    products: dict[str, Any] = {p.id: p for p in SHELF.products}
    at = AT
    for what, who, value in changes:
        client, product = TABLE.ids[who % COUNT], SHELF.products[who % 40].id
        if what == "level":
            people[client] = people[client].model_copy(update={"level": value, "answers": {}})
        elif what == "poor":
            people[client] = people[client].model_copy(
                update={"wealth": 10.0, "horizon_years": 0.1}
            )
        elif what == "excluded":
            people[client] = people[client].model_copy(
                update={"excluded": frozenset({SHELF.products[value].id})}
            )
        elif what == "later":
            at = AT + timedelta(days=value)
        elif what == "dropped":
            products.pop(product, None)
        elif product in products:
            field = {"risk": "risk_level", "term": "term_days"}.get(what, what)
            products[product] = products[product].model_copy(update={field: value})
    shelf = Catalogue.from_products(products.values())
    return (
        Advisor(replace(advisor.state, catalogue=shelf)),
        ClientTable.from_clients(people.values()),
        at,
    )


def unsuitable(found: Released, advisor: Advisor, table: ClientTable, at: datetime) -> list[str]:
    """Products sent to clients who may not have them, by the masks: the other implementation of the
    rules."""
    products = advisor.catalogue.products
    profiles = profile_risk(
        table, advisor.questionnaire, as_of=at.date().isoformat(), bands=advisor.bands
    )
    allowed = advisor.regime.eligible(profiles, table, advisor.catalogue)
    sold = ~np.array([p.closed for p in products])
    column, row = (
        {p.id: j for j, p in enumerate(products)},
        {name: i for i, name in enumerate(table.ids)},
    )
    return [
        a.product_id
        for a in found.send
        if a.product_id is not None
        and not (
            a.product_id in column
            and allowed[row[a.client_id], column[a.product_id]]
            and sold[column[a.product_id]]
        )
    ]


@settings(max_examples=40, deadline=None)
@given(CHANGES, st.sampled_from(sorted(FITTED)))
def test_nothing_unsuitable_is_released(changes: list[tuple[str, int, int]], regime: str) -> None:
    advisor, table, at = after(changes, FITTED[regime])
    found = release(PROPOSED, advisor, table, consents=AGREED, sent=[], at=at)
    assert unsuitable(found, advisor, table, at) == []
    assert len(found.send) + len(found.held) == len(PROPOSED)


def test_some_are_released_and_some_are_held_for_the_rules() -> None:
    found = release(PROPOSED, FITTED["nfra"], TABLE, consents=AGREED, sent=[], at=AT)
    assert any(a.product_id for a in found.send)
    assert {h.code for h in found.held} >= {"unsuitable", "capped"}
    assert all(h.rules for h in found.held if h.code == "unsuitable")


def test_the_property_would_catch_a_release_without_the_rules(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(ReleaseCheck, "_unsuitable", lambda *_: None)
    found = release(PROPOSED, FITTED["nfra"], TABLE, consents=AGREED, sent=[], at=AT)
    assert unsuitable(found, FITTED["nfra"], TABLE, AT)

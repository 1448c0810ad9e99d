"""What a contract writes is valid under its own JSON schema, and comes back as it went."""

from __future__ import annotations

import json
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import jsonschema
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from advisor import (
    Advice,
    Advisor,
    Catalogue,
    Client,
    ClientTable,
    Goal,
    GroupLimit,
    InputError,
    LinearLimit,
    Mandate,
    Product,
    Question,
    Questionnaire,
    Regime,
    RiskBands,
    Verification,
    sample,
)
from advisor.contracts import Contract, CutOffs, RulePack
from advisor.contracts import advice as contract
from advisor.contracts.advice import STATUSES

DAY = "2026-11-20"
IDS = [p.id for p in sample.catalogue().products]


def strict(text: str) -> Any:
    """JSON as the standard has it: NaN and Infinity are no values."""

    def refuse(word: str) -> None:
        raise AssertionError(f"{word} is no JSON")

    return json.loads(text, parse_constant=refuse)


def check(value: Contract) -> None:
    kind, written = type(value), strict(value.model_dump_json())
    for mode in ("validation", "serialization"):
        schema = strict(json.dumps(kind.model_json_schema(mode=mode)))
        jsonschema.Draft202012Validator.check_schema(schema)
        validator = jsonschema.Draft202012Validator(
            schema, format_checker=jsonschema.Draft202012Validator.FORMAT_CHECKER
        )
        validator.validate(written)
    assert kind.model_validate_json(value.model_dump_json()) == value
    assert kind.model_validate(written) == value
    assert (
        kind.model_validate_json(value.model_dump_json()).model_dump_json()
        == value.model_dump_json()
    )


@cache
def house(language: str) -> Advisor:
    return Advisor.fit(
        sample.market(), sample.interactions(), catalogue=sample.catalogue(), language=language
    )


@st.composite
def clients(draw: st.DrawFn) -> Client:
    wealth = draw(st.sampled_from([0.0, 1e-9, 40.0, 1e5]) | st.floats(0.0, 1e8))
    held = draw(st.lists(st.sampled_from([*IDS, "gold", "cash", "moon"]), max_size=3, unique=True))
    shares = draw(st.lists(st.floats(0.0, 1.0), min_size=len(held), max_size=len(held)))
    total = max(sum(shares), 1.0)
    answered = draw(st.booleans())
    return Client(
        id="c",
        wealth=wealth,
        horizon_years=draw(st.floats(0.0, 40.0)),
        age=draw(st.just(40) | st.none() | st.integers(0, 130)),
        level=None if answered else draw(st.none() | st.integers(0, 5)),
        answers=dict(sample.client().answers) if answered else {},
        assessed_on=draw(st.sampled_from([None, "2026-05-04", "2020-01-01"])),
        knowledge=draw(st.none() | st.floats(0.0, 100.0)),
        holdings={name: wealth * share / total for name, share in zip(held, shares, strict=True)},
        excluded=draw(st.frozensets(st.sampled_from([*IDS, "gold", "cash", "moon"]), max_size=6)),
        goals=draw(st.just(()) | st.just((Goal(name="home", amount=5.0, years=3.0),))),
        biases=draw(
            st.dictionaries(
                st.sampled_from(["loss_aversion", "overconfidence", "disposition"]),
                st.floats(0.5, 1.0),
            )
        ),
        currency=draw(st.sampled_from([None, None, "EUR"])),
        sustainability=draw(st.none() | st.just("sfdr:8")),
    )


@settings(max_examples=60)
@given(clients(), st.sampled_from(["en", "zh"]), st.integers(0, 7))
def test_every_advice_is_json_of_its_schema(client: Client, language: str, picks: int) -> None:
    check(client)
    desk = house(language)
    advice = desk.advise_table(ClientTable.from_clients([client]), as_of=DAY, picks=picks)[0]
    check(advice)
    check(desk.verify(advice, client))
    again = Advice.model_validate_json(advice.model_dump_json())
    assert again.risk_aversion == advice.risk_aversion
    assert again.effective_risk_aversion == advice.effective_risk_aversion
    assert desk.verify(again, client) == desk.verify(advice, client)


def test_a_risk_aversion_without_limit_is_null_in_json_and_infinite_here() -> None:
    client = Client(
        id="c", wealth=1e5, horizon_years=5, age=40, level=1, assessed_on="2026-05-04", knowledge=80
    )
    advice = house("en").advise(client, as_of=DAY)
    assert advice.weights
    assert advice.risk_aversion == advice.effective_risk_aversion == np.inf
    written = strict(advice.model_dump_json())
    assert written["risk_aversion"] is None
    assert written["effective_risk_aversion"] is None
    check(advice)
    nobody = house("en").advise(client.model_copy(update={"level": 0}), as_of=DAY)
    assert nobody.risk_aversion is None
    check(nobody)


EDGES = st.none() | st.floats(-5.0, 0.0)


@given(st.floats(0.0, 0.2), st.floats(0.2, 1.0), EDGES, st.none() | st.floats(0.01, 1.0))
def test_mandates_and_limits(
    low: float, high: float, edge: float | None, cap: float | None
) -> None:
    linear = LinearLimit(
        name="loss", coefficients={"a": 0.4}, lower=-np.inf if edge is None else edge
    )
    check(linear)
    check(LinearLimit(name="all", coefficients={"a": -1.0}))
    check(GroupLimit(group="g", lower=low, upper=high))
    check(
        Mandate(
            min_weight=low,
            max_weight=high,
            bounds={"a": (low, high)},
            linear_limits=(linear,),
            max_volatility=cap,
        )
    )
    assert LinearLimit.model_validate_json(linear.model_dump_json()).upper == np.inf


def bundled() -> Iterator[Contract]:
    yield from (Questionnaire.default(), Questionnaire.grable_lytton(), Questionnaire.mifid())
    yield from (regime.pack for regime in (Regime.csrc(), Regime.nfra(), Regime.mifid()))
    yield from sample.catalogue().products
    yield Product(
        id="p", name="mixed", exposures={"a": 0.4, "b": 0.6}, risk_level=3, currency="EUR"
    )
    yield RiskBands.default()
    yield CutOffs.even()
    yield Verification(ok=True, suitable=True, kkt_residual=None, fingerprint_matches=True)


def test_everything_that_is_bundled() -> None:
    for value in bundled():
        check(value)


def every_contract(kind: type[Contract] = Contract) -> Iterator[type[Contract]]:
    for found in kind.__subclasses__():
        yield found
        yield from every_contract(found)


@pytest.mark.parametrize("kind", sorted(set(every_contract()), key=lambda kind: kind.__name__))
def test_schemas_are_json_themselves(kind: type[Contract]) -> None:
    for mode in ("validation", "serialization"):
        jsonschema.Draft202012Validator.check_schema(
            strict(json.dumps(kind.model_json_schema(mode=mode)))
        )


@given(st.none() | st.floats(0.0, 0.04))
def test_a_fee_nobody_stated_stays_apart_from_none(fee: float | None) -> None:
    given_fee = {} if fee is None else {"annual_fee": fee}
    product = Product(id="p", name="P", asset="a", risk_level=1, **given_fee)
    check(product)
    for again in (
        Product.model_validate_json(product.model_dump_json()),
        Product.model_validate(product.model_dump()),
        product.model_copy(update={"name": "Q"}),
    ):
        assert again.states_fee == product.states_fee == (fee is not None)
        assert again.annual_fee == (fee or 0.0)
    shelf = Catalogue.from_products([product])
    assert shelf.unknown_fees == (() if fee is not None else ("p",))
    assert Catalogue.from_frame(shelf.to_frame()).unknown_fees == shelf.unknown_fees


CLIENT = {"id": "c", "wealth": 1.0, "horizon_years": 1.0}
PRODUCT = {"id": "p", "name": "P", "asset": "a", "risk_level": 1}
BANDS = strict(RiskBands.default().model_dump_json())
QUESTION = strict(Questionnaire.default().questions[0].model_dump_json())
ADVICE = {"client_id": "c", "as_of": "2026-11-20", "status": "ok", "level": 1}
REFUSED: list[tuple[type[Contract], dict[str, Any], dict[str, Any]]] = [
    (Client, CLIENT, {"wealth": -1.0}),
    (Client, CLIENT, {"id": ""}),
    (Client, CLIENT, {"age": 131}),
    (Client, CLIENT, {"level": 6}),
    (Client, CLIENT, {"knowledge": 100.5}),
    (Client, CLIENT, {"holdings": {"": 1.0}}),
    (Client, CLIENT, {"holdings": {"a": -1.0}}),
    (Client, CLIENT, {"biases": {"loss_aversion": 0.0}}),
    (Client, CLIENT, {"biases": {"disposition": 1.5}}),
    (Client, CLIENT, {"assessed_on": "soon"}),
    (Client, CLIENT, {"unknown": 1}),
    (Client, CLIENT, {"goals": [{"name": "home", "amount": 0.0, "years": 1.0}]}),
    (Product, PRODUCT, {"risk_level": 0}),
    (Product, PRODUCT, {"asset": None}),
    (Product, PRODUCT, {"asset": None, "exposures": {}}),
    (Product, PRODUCT, {"annual_fee": 1.0}),
    (Product, PRODUCT, {"exposures": {"a": 1.5}}),
    (LinearLimit, {"name": "l", "coefficients": {"a": 1.0}}, {"coefficients": {}}),
    (Mandate, {}, {"max_volatility": 0.0}),
    (RiskBands, BANDS, {"lower_volatility": [-0.1, 0.02, 0.045, 0.08, 0.13]}),
    (RiskBands, BANDS, {"stress_loss": [0.0, 0.08, 0.15, 0.28, 0.4]}),
    (RiskBands, BANDS, {"stress_loss": [0.03, 0.08, 0.15, 0.28]}),
    (RiskBands, BANDS, {"target_share": 0.0}),
    (Question, QUESTION, {"options": QUESTION["options"][:1]}),
    (CutOffs, {"bands": strict(CutOffs.even().model_dump_json())["bands"]}, {"bands": []}),
    (RulePack, strict(Regime.nfra().pack.model_dump_json()), {"rules": []}),
    (Advice, ADVICE, {"status": "fine"}),
    (Advice, ADVICE, {"risk_aversion": -1.0}),
    (Advice, ADVICE, {"as_of": "2026-13-01"}),
]


@pytest.mark.parametrize(("kind", "fields", "wrong"), REFUSED)
def test_a_schema_refuses_what_its_contract_refuses(
    kind: type[Contract], fields: dict[str, Any], wrong: dict[str, Any]
) -> None:
    validator = jsonschema.Draft202012Validator(
        kind.model_json_schema(), format_checker=jsonschema.Draft202012Validator.FORMAT_CHECKER
    )
    kind.model_validate(fields)
    validator.validate(fields)
    with pytest.raises(InputError):
        kind.model_validate(fields | wrong)
    with pytest.raises(jsonschema.ValidationError):
        validator.validate(fields | wrong)


def test_status_is_one_of_the_documented_words() -> None:
    words = Advice.model_json_schema()["properties"]["status"]["enum"]
    assert len(words) == len(set(words)) == 12
    assert words == list(STATUSES)
    table = Path(contract.__file__).read_text(encoding="utf-8")
    assert all(f"\n{word} " in table for word in words)

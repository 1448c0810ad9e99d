"""A record of advice proves itself, and whatever is changed in it is named: by making it again, and
by proofs that do not trust what made it."""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pytest

from advisor import (
    Advice,
    Advisor,
    Catalogue,
    Client,
    InputError,
    Interactions,
    Product,
    Regime,
    ReturnModel,
    sample,
)
from advisor.contracts import Order, Reason, RulePack
from advisor.data import ClientTable
from advisor.engine.verification.compare import differing_fields, same
from advisor.engine.verification.recompute import recompute
from advisor.engine.verification.report import MOST, sentences
from advisor.risk_profile import profile_risk

DAY = "2026-11-20"
CLIENT = Client(
    id="li",
    wealth=100_000.0,
    horizon_years=12.0,
    age=40,
    level=3,
    assessed_on="2026-05-04",
    knowledge=80.0,
    holdings={"P004": 40_000.0, "P013": 2_000.0},
    biases={"loss_aversion": 2.5},
)


@pytest.fixture(scope="module")
def house() -> Advisor:
    return Advisor.fit(
        sample.market(),
        sample.interactions(200),
        catalogue=sample.catalogue(),
        max_product_share=1.0,
    )


@pytest.fixture(scope="module")
def advice(house: Advisor) -> Advice:
    found = house.advise(CLIENT, as_of=DAY)
    assert {order.money > 0.0 for order in found.orders} == {True, False}, (
        "there is something to buy and something to sell"
    )
    assert any(pick.money == 0.0 for pick in found.picks)
    assert found.unplaced == {} or all(money > 0.0 for money in found.unplaced.values())
    return found


def test_what_was_given_is_proved_and_comes_back_from_json(house: Advisor, advice: Advice) -> None:
    for record in (
        advice,
        Advice.model_validate_json(advice.model_dump_json()),
        Advice.model_validate(advice.model_dump()),
    ):
        proof = house.verify(record, CLIENT)
        assert (proof.ok, proof.suitable, proof.fingerprint_matches, proof.problems) == (
            True,
            True,
            True,
            (),
        )
        assert proof.kkt_residual <= 1e-9
    assert house.verify(advice, Client.model_validate_json(CLIENT.model_dump_json())).ok


@pytest.mark.parametrize("picks", [0, 1, 3, 40, 200])
def test_the_number_of_picks_is_part_of_the_record(house: Advisor, picks: int) -> None:
    advice = house.advise(CLIENT, as_of=DAY, picks=picks)
    assert advice.slots == picks
    assert house.verify(advice, CLIENT).ok


@pytest.mark.parametrize("picks", [0, 3, 40])
def test_the_number_of_picks_is_bound_where_there_are_none(house: Advisor, picks: int) -> None:
    """A client whose assessment has expired is shown nothing, whatever was asked for."""
    client = CLIENT.model_copy(update={"assessed_on": "2022-05-01"})
    advice = house.advise(client, as_of=DAY, picks=picks)
    assert (advice.status, advice.picks, advice.slots) == ("assessment_expired", (), picks)
    assert house.verify(advice, client).ok
    for other in {0, 3, 40, None} - {picks}:
        proof = house.verify(advice.model_copy(update={"slots": other}), client)
        assert not proof.ok
        assert not proof.fingerprint_matches
        assert "another number of picks" in proof.problems[0]


def test_a_least_risky_client_comes_back_from_json_with_his_infinity(house: Advisor) -> None:
    client = CLIENT.model_copy(update={"level": 1, "holdings": {"P004": 30_000.0}})
    advice = house.advise(client, as_of=DAY)
    assert math.inf in (advice.risk_aversion, advice.effective_risk_aversion)
    assert house.verify(Advice.model_validate_json(advice.model_dump_json()), client).ok


def halved(advice: Advice, house: Advisor) -> dict[str, Any]:
    """The optimum of half the risk aversion: on the frontier, and twice too bold."""
    gamma = advice.risk_aversion / 2.0
    profiles = profile_risk(
        ClientTable.from_clients([CLIENT]), house.state.questionnaire, as_of=DAY
    )
    offer = house.state.offers.to(profiles, ClientTable.from_clients([CLIENT]))
    frontier = house.state.frontiers.level_frontier(3, offer.usable[0]).frontier
    weights = house.state.vehicles.by_asset(frontier.at_risk_aversion(np.array([gamma])))[0]
    model = house.state.model
    return {
        "risk_aversion": gamma,
        "effective_risk_aversion": gamma,
        "weights": {a: w for a, w in zip(model.assets, weights.tolist(), strict=True) if w},
        "expected_return": float(weights @ model.mean),
        "expected_volatility": float(np.sqrt(weights @ model.covariance @ weights)),
    }


def allowed_but_other(advice: Advice, house: Advisor) -> str:
    profile = profile_risk(
        ClientTable.from_clients([CLIENT]), house.state.questionnaire, as_of=DAY
    )[0]
    shown = {pick.product_id for pick in advice.picks}
    return next(
        p.id
        for p in house.state.catalogue.products
        if p.id not in shown and house.state.regime.check(profile, CLIENT, p).decision == "allow"
    )


def pick(place: int, **more: object) -> Callable[[Advice, Advisor], dict[str, Any]]:
    return lambda advice, _: {
        "picks": tuple(
            p.model_copy(update=more) if i == place else p for i, p in enumerate(advice.picks)
        )
    }


def forged(value: Any, changes: dict[str, Any]) -> Any:
    """A record that nobody checked."""
    return type(value).model_construct(
        **{name: getattr(value, name) for name in value.model_fields_set} | changes
    )


def put(**fields: object) -> Callable[[Advice, Advisor], dict[str, Any]]:
    return lambda *_: fields


NOTHING = {
    "status": "no_suitable_level",
    "risk_aversion": None,
    "effective_risk_aversion": None,
    "weights": {},
    "expected_return": None,
    "expected_volatility": None,
    "picks": (),
    "orders": (),
    "binding": (),
    "kkt_residual": None,
    "unplaced": {},
    "reasons": (),
}

TAMPERED: dict[str, tuple[Callable[[Advice, Advisor], dict[str, Any]], str]] = {
    "status above": (
        put(status="above_band"),
        "status recomputes to 'ok', the advice says 'above_band'",
    ),
    "status unknown": (put(status="x"), "the record is no advice: Advice.status = 'x'"),
    "status holdings": (put(status="holdings_above_band"), "status recomputes"),
    "client": (put(client_id="wang"), "client_id recomputes to 'li'"),
    "day": (put(as_of="2026-11-21"), "another day"),
    "level": (put(level=4), "level recomputes to 3, the advice says 4"),
    "target": (put(target_volatility=0.1), "target_volatility recomputes"),
    "gamma lower": (
        lambda a, _: {"risk_aversion": a.risk_aversion * 0.9},
        "risk_aversion recomputes",
    ),
    "gamma gone": (put(risk_aversion=None), "risk_aversion recomputes"),
    "gamma by a bit": (
        lambda a, _: {"risk_aversion": np.nextafter(a.risk_aversion, 0.0).item()},
        "risk_aversion recomputes",
    ),
    "effective gone": (
        put(effective_risk_aversion=None),
        "effective_risk_aversion recomputes to .*, the advice says inf",
    ),
    "effective nan": (
        put(effective_risk_aversion=math.nan),
        "the record is no advice: Advice.effective_risk_aversion = nan",
    ),
    "effective below zero": (
        put(effective_risk_aversion=-1.0),
        "the record is no advice: Advice.effective_risk_aversion = -1",
    ),
    "correction undone": (
        lambda a, _: {"effective_risk_aversion": a.risk_aversion * 0.9},
        "lowered risk aversion",
    ),
    "twice too bold": (halved, "volatility of the weights"),
    "return": (put(expected_return=0.2), "the return of the portfolio after the orders is"),
    "volatility": (
        put(expected_volatility=0.001),
        "the volatility of the portfolio after the orders is",
    ),
    "volatility nan": (
        put(expected_volatility=math.nan),
        "the record is no advice: Advice.expected_volatility = nan",
    ),
    "residual": (put(kkt_residual=0.5), "kkt_residual recomputes"),
    "residual gone": (put(kkt_residual=None), "kkt_residual recomputes"),
    "limits gone": (put(binding=()), r"binding recomputes to \d+ entries"),
    "reasons gone": (put(reasons=()), "reasons recomputes to"),
    "reason text": (
        lambda a, _: {
            "reasons": (a.reasons[0].model_copy(update={"text": "Trust us."}), *a.reasons[1:])
        },
        r"reasons\[1\].text",
    ),
    "reason added": (
        lambda a, _: {"reasons": (*a.reasons, Reason(code="x", text="y"))},
        "reasons recomputes to",
    ),
    "unplaced": (put(unplaced={"cash": 5_000.0}), "after the orders"),
    "weights gone": (put(weights={}), "weights.* recomputes"),
    "weights by a bit": (
        lambda a, _: {"weights": {n: np.nextafter(w, 1.0).item() for n, w in a.weights.items()}},
        "weights.* recomputes",
    ),
    "weight unknown": (
        lambda a, _: {"weights": a.weights | {"moon": 0.1}},
        "an asset is not known here",
    ),
    "weight nan": (
        lambda a, _: {"weights": dict.fromkeys(a.weights, math.nan)},
        r"the record is no advice: Advice.weights.\w+ = nan",
    ),
    "weight infinite": (
        lambda a, _: {"weights": dict.fromkeys(a.weights, math.inf)},
        r"the record is no advice: Advice.weights.\w+ = inf",
    ),
    "weight huge": (lambda a, _: {"weights": dict.fromkeys(a.weights, 1e5)}, "KKT residual"),
    "turned away": (
        put(**NOTHING),
        "status recomputes to 'ok', the advice says 'no_suitable_level'",
    ),
    "pick money": (pick(0, money=1e9), "not the picks that money is placed in"),
    "pick money below zero": (pick(0, money=-1e9), r"picks\[1\].money recomputes"),
    "pick dropped": (
        lambda a, _: {"picks": a.picks[:-1]},
        "picks recomputes to 5 entries, the advice says 4 entries",
    ),
    "first pick dropped": (
        lambda a, _: {"picks": a.picks[1:]},
        "not the picks that money is placed in",
    ),
    "pick dropped and never asked for": (
        lambda a, _: {"picks": a.picks[:-1], "slots": None},
        "slots is None",
    ),
    "fewer asked for": (put(slots=2), "slots is 2"),
    "picks emptied": (put(picks=()), "picks recomputes to 5 entries"),
    "picks turned round": (
        lambda a, _: {"picks": a.picks[::-1]},
        r"picks\[1\].product_id recomputes",
    ),
    "one pick five times": (
        lambda a, _: {"picks": a.picks[:1] * 5},
        r"picks\[2\].product_id recomputes",
    ),
    "pick score": (pick(1, score=9.0), r"picks\[2\].score recomputes"),
    "pick rank": (pick(1, rank=1), r"picks\[2\].rank recomputes"),
    "pick asset": (pick(1, asset="gold"), r"picks\[2\].asset recomputes"),
    "pick probability": (
        pick(1, probability=0.99),
        r"picks\[2\].probability recomputes to nothing",
    ),
    "pick reasons": (pick(1, reasons=()), r"picks\[2\].reasons recomputes"),
    "another allowed product": (
        lambda a, h: pick(4, product_id=allowed_but_other(a, h))(a, h),
        r"picks\[5\].product_id recomputes",
    ),
    "a product that is not sold": (pick(4, product_id="P999"), "'P999' is not in the catalogue"),
    "an unsuitable product": (
        pick(4, product_id="P015"),
        "'P015' may not be recommended: refuse by",
    ),
    "orders emptied": (put(orders=()), "not the picks that money is placed in"),
    "a large order": (
        lambda a, _: {"orders": (*a.orders, Order(product_id=a.picks[0].product_id, money=1e9))},
        "in cash",
    ),
    "a sale of what is not held": (
        lambda a, _: {"orders": (*a.orders, Order(product_id="P001", money=-500.0))},
        "are sold, 0.00 are held",
    ),
    "an order of the unknown": (
        lambda a, _: {"orders": (*a.orders, Order(product_id="NOPE", money=10.0))},
        "'NOPE' is not in the catalogue",
    ),
    "an order of nan": (
        lambda a, _: {"orders": (forged(a.orders[0], {"money": math.nan}), *a.orders[1:])},
        "the record is no advice: Advice.orders.0.money = nan",
    ),
    "fingerprint": (put(fingerprint="0"), "the fingerprint belongs to another"),
    "no record": (put(picks=5), "the record is no advice: Advice.picks"),
    "no number": (put(weights={"cash": "much"}), "the record is no advice: Advice.weights.cash"),
}


@pytest.mark.parametrize("change", TAMPERED)
def test_what_is_changed_is_named(house: Advisor, advice: Advice, change: str) -> None:
    how, words = TAMPERED[change]
    proof = house.verify(forged(advice, how(advice, house)), CLIENT)
    assert not proof.ok
    assert proof.kkt_residual is None or math.isfinite(proof.kkt_residual)
    found = "; ".join(proof.problems)
    assert re.search(words, found), found
    assert all(problem[0].islower() or problem[0] in "'-0123456789" for problem in proof.problems)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ("twice too bold", "volatility of the weights is"),
        ("return", "return of the portfolio after the orders"),
        ("correction undone", "lowered risk aversion"),
        ("unplaced", "are lacking in 'cash'"),
        ("a sale of what is not held", "are sold, 0.00 are held"),
        ("an unsuitable product", "may not be recommended"),
        ("weight huge", "KKT residual"),
    ],
)
def test_the_proofs_stand_without_making_it_again(
    house: Advisor, advice: Advice, change: str, words: str
) -> None:
    """What is unsuitable or does not add up is found even if the code that makes advice would say
    the same."""
    table = ClientTable.from_clients([CLIENT])
    profiles = profile_risk(table, house.state.questionnaire, as_of=DAY)
    assert recompute(house.state, advice, CLIENT, table, profiles).wrong == ()
    proved = recompute(
        house.state,
        advice.model_copy(update=TAMPERED[change][0](advice, house)),
        CLIENT,
        table,
        profiles,
    )
    assert any(words in problem for problem in (*proved.wrong, *proved.unsuitable))


def test_a_client_who_has_no_level_by_now_is_reported(house: Advisor, advice: Advice) -> None:
    proof = house.verify(advice, CLIENT.model_copy(update={"level": 0}))
    assert (proof.ok, proof.suitable, proof.kkt_residual, proof.fingerprint_matches) == (
        False,
        False,
        None,
        False,
    )
    assert any("at level C0" in problem for problem in proof.problems)


def test_a_client_whose_data_are_wrong_is_proved_too(house: Advisor) -> None:
    unknown = CLIENT.model_copy(update={"holdings": {"P0xx": 5.0}})
    advice = house.advise_table(ClientTable.from_clients([unknown]), as_of=DAY)[0]
    assert advice.status == "invalid_input"
    assert house.verify(advice, unknown).ok
    assert not house.verify(advice, CLIENT).ok


@pytest.mark.parametrize("seed", range(4))
def test_clients_of_every_kind_are_proved(house: Advisor, seed: int) -> None:
    rng = np.random.default_rng(seed)
    names = [*house.state.catalogue.ids.ids, *house.state.model.assets]
    for row in range(12):
        wealth, count = float(rng.choice([0.0, 1.0, 1e5, 1e8])), int(rng.integers(0, 5))
        client = Client(
            id=f"c{row}",
            wealth=wealth,
            horizon_years=float(rng.choice([0.0, 5.0, 30.0])),
            age=40,
            level=int(rng.integers(0, 6)),
            assessed_on=str(rng.choice(["2026-06-01", "2024-01-01"], p=[0.9, 0.1])),
            knowledge=float(rng.uniform(0.0, 100.0)),
            holdings={
                str(n): float(wealth * rng.uniform() / count)
                for n in rng.choice(names, count, replace=False)
            },
            biases={"loss_aversion": float(rng.uniform(0.5, 4.0))} if rng.random() < 0.5 else {},
        )
        proof = house.verify(
            Advice.model_validate_json(house.advise(client, as_of=DAY).model_dump_json()), client
        )
        assert proof.ok, (client, proof.problems)


def test_packs_that_products_name_are_part_of_the_fingerprint() -> None:
    pack = RulePack.bundled("nfra").model_copy(update={"id": "mine"})
    complexes = [
        rule.model_copy(update={"number": 90.0}) if rule.when == "complex" else rule
        for rule in pack.rules
    ]
    shelf = Catalogue.from_products(
        [Product(id="A", name="A", asset="a", risk_level=1, regime="mine", complex=True)]
    )
    bought = Interactions.from_frame(
        pd.DataFrame({"client_id": ["x"], "product_id": ["A"], "day": ["2026-01-05"]})
    )
    packs = (pack, pack.model_copy(update={"rules": tuple(complexes)}))
    lax, strict = (
        Advisor.fit(
            ReturnModel(["a"], [0.02], [[1e-6]], risk_levels={"a": 1}),
            bought,
            catalogue=shelf,
            regime=Regime.csrc().with_packs(rules),
        )
        for rules in packs
    )
    client = CLIENT.model_copy(update={"holdings": {}})
    assert lax.advise(client, as_of=DAY).picks
    assert not strict.advise(client, as_of=DAY).picks
    assert lax.fingerprint != strict.fingerprint
    assert not strict.verify(lax.advise(client, as_of=DAY), client).fingerprint_matches


@pytest.mark.parametrize("wrong", [None, 5, "li", {}])
def test_what_is_no_advice_or_no_client_is_refused(
    house: Advisor, advice: Advice, wrong: Any
) -> None:
    for ask in (house.verify, house.omissions):
        with pytest.raises(InputError, match=r"advice is .* Advisor.advise"):
            ask(wrong, CLIENT)
        with pytest.raises(InputError, match=r"client is .* (Give the client|Make it with Client)"):
            ask(advice, wrong)


def test_omissions_are_of_the_client_who_was_advised(house: Advisor, advice: Advice) -> None:
    with pytest.raises(InputError, match="the advice is of 'li', the client is 'wang'"):
        house.omissions(advice, CLIENT.model_copy(update={"id": "wang"}))
    with pytest.raises(InputError, match="count is"):
        house.omissions(advice, CLIENT, count="3")  # type: ignore[arg-type]


def test_values_are_compared_to_the_bit_and_by_what_they_are() -> None:
    assert same(math.nan, -math.nan)
    assert same(1.0, 1)
    assert not same(0.0, -0.0)
    assert not same(1.0, np.nextafter(1.0, 2.0).item())
    assert not same(True, 1)
    assert not same("1", 1)
    assert list(differing_fields("w", {"a": 1.0, "b": 2.0}, {"b": 2.0, "a": 1.0})) == []
    assert list(differing_fields("w", {"a": 1.0}, {"b": 1.0})) == [
        ("w.a", 1.0, None),
        ("w.b", None, 1.0),
    ]
    assert (
        sentences(differing_fields("x", list(range(50)), [None] * 50), "row")[-1]
        == f"{50 - MOST} more values differ"
    )


def test_the_correction_follows_from_a_proved_optimum(
    house: Advisor, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A search for the optimum of a loss-averse client that stops elsewhere is seen by the proof of
    that optimum, not only by another answer."""
    from advisor.engine.verification import recompute as proofs
    from advisor.optimize.preferences.preferences import Preferences

    free = CLIENT.model_copy(update={"holdings": {}})
    advice = house.advise(free, as_of=DAY)
    assert advice.effective_risk_aversion > advice.risk_aversion
    assert house.verify(advice, free).ok
    right, proved = Preferences.effective_risk_aversion, []
    monkeypatch.setattr(
        Preferences, "effective_risk_aversion", lambda self, *path: 1.2 * right(self, *path)
    )
    problems = house.verify(advice, free).problems
    assert any("could not be proved" in text for text in problems)
    monkeypatch.undo()
    certify = proofs.certify_preferences
    monkeypatch.setattr(
        proofs, "certify_preferences", lambda *data: proved.append(certify(*data)) or proved[-1]
    )
    assert house.verify(advice, free).ok
    assert proved[0].kkt_residual <= 1e-9

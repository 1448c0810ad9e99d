"""The engine on the sample world: what an advice holds, and how it says no."""

from __future__ import annotations

from datetime import date

import numpy as np
import pandas as pd
import pytest

from advisor import (
    Advisor,
    Catalogue,
    Client,
    ClientTable,
    InputError,
    Interactions,
    Mandate,
    Popularity,
    Product,
    Regime,
    ReturnModel,
    RiskBands,
    load,
    sample,
    save,
)
from advisor.engine.portfolios import frontier_cache as shelf
from strategies import sample_advisor

DAY = "2026-11-20"
ANSWERS = dict(sample.client().answers)
SHELF = [
    Product(id="CASH", name="Money fund", asset="cash", risk_level=1),
    Product(id="BOND", name="Bond fund", asset="bonds", risk_level=2, min_purchase=500.0),
    Product(id="MIX", name="Balanced fund", exposures={"bonds": 0.6, "equity": 0.4}, risk_level=3),
    Product(id="EQ", name="Equity fund", asset="equity", risk_level=4),
    Product(id="EQ2", name="Leveraged equity fund", asset="equity", risk_level=5, complex=True),
]
MODEL = ReturnModel(
    ["cash", "bonds", "equity"],
    [0.015, 0.03, 0.07],
    np.diag([0.002, 0.05, 0.17])
    @ np.array([[1.0, 0.0, 0.0], [0.0, 1.0, 0.1], [0.0, 0.1, 1.0]])
    @ np.diag([0.002, 0.05, 0.17]),
    risk_levels={"cash": 1, "bonds": 2, "equity": 4},
)
BOUGHT = Interactions.from_frame(
    pd.DataFrame(
        {
            "client_id": ["a", "a", "b", "b", "c"],
            "product_id": ["CASH", "BOND", "BOND", "EQ", "EQ"],
            "day": "2026-01-05",
        }
    )
)


def assessed(level: int, **more: object) -> Client:
    fields: dict = {
        "id": f"c{level}",
        "wealth": 100_000.0,
        "horizon_years": 10.0,
        "age": 40,
        "level": level,
        "assessed_on": date(2026, 6, 1),
        "knowledge": 80.0,
        **more,
    }
    return Client(**fields)


@pytest.fixture(scope="module")
def house() -> Advisor:
    return Advisor.fit(MODEL, BOUGHT, catalogue=Catalogue.from_products(SHELF))


@pytest.mark.parametrize("level", [1, 2, 3, 4, 5])
def test_an_advice_keeps_every_promise(house: Advisor, level: int) -> None:
    client = assessed(level)
    advice = house.advise(client, as_of=DAY)
    bands = RiskBands.default()
    assert advice.status == "ok"
    assert sum(advice.weights.values()) == pytest.approx(1.0, abs=1e-10)
    assert advice.expected_volatility <= bands.upper_volatility[level - 1]
    assert (
        sum(w * MODEL.stress[MODEL.ids.code(a)] for a, w in advice.weights.items())
        <= bands.stress_loss[level - 1] + 1e-9
    )
    assert advice.kkt_residual <= 1e-9
    products = {p.id: p for p in SHELF}
    for pick in advice.picks:
        assert products[pick.product_id].effective_risk_level <= level
        assert pick.money == 0.0 or pick.money >= products[pick.product_id].min_purchase
        assert pick.reasons
    assert house.verify(advice, client).ok
    assert advice.effective_risk_aversion == advice.risk_aversion


def test_equity_that_only_comes_with_bonds_is_held_with_its_bonds(house: Advisor) -> None:
    """At C3 the pure equity fund is out of reach, the balanced one is not: the target is what the
    catalogue can deliver, and all of it is placed."""
    advice = house.advise(assessed(3), as_of=DAY)
    assert advice.weights["equity"] > 0.0
    assert advice.weights["bonds"] >= advice.weights["equity"] * 0.6 / 0.4 - 1e-9
    assert not advice.unplaced
    assert house.verify(advice, assessed(3)).ok


def test_money_adds_up_by_asset(house: Advisor) -> None:
    client = assessed(4, holdings={"EQ": 5_000.0, "cash": 20_000.0})
    advice = house.advise(client, as_of=DAY)
    after = {"cash": 20_000.0, "bonds": 0.0, "equity": 5_000.0}
    spread = {p.id: p.exposures or {p.asset: 1.0} for p in SHELF} | {
        a: {a: 1.0} for a in MODEL.assets
    }
    for order in advice.orders:
        for asset, share in spread[order.product_id].items():
            after[asset] += order.money * share
    for asset in MODEL.assets:
        assert after[asset] + advice.unplaced.get(asset, 0.0) == pytest.approx(
            advice.weights.get(asset, 0.0) * client.wealth, abs=0.02
        )
    assert sum(o.money for o in advice.orders) <= client.wealth - 25_000.0 + 0.02, (
        "no more is spent than there is cash and proceeds"
    )


def test_a_holding_that_may_not_be_bought_is_sold_unless_it_is_locked(house: Advisor) -> None:
    for level in (1, 2):
        client = assessed(level, holdings={"EQ": 60_000.0})
        advice = house.advise(client, as_of=DAY)
        assert advice.status == "ok"
        assert [o.money for o in advice.orders if o.product_id == "EQ"] == [-60_000.0]
        assert "equity" not in advice.weights | advice.weights_after_orders
        assert any(r.code == "sells_unsuitable" and r.data["name"] == "EQ" for r in advice.reasons)
        assert house.verify(advice, client).ok
    client = assessed(2, holdings={"EQ": 3_000.0}, locked={"EQ"})
    advice = house.advise(client, as_of=DAY)
    assert advice.status == "ok"
    assert advice.weights_after_orders["equity"] == pytest.approx(0.03)
    assert not [o for o in advice.orders if o.product_id == "EQ"]
    assert any(r.code == "kept_unsuitable" and r.data["name"] == "EQ" for r in advice.reasons)
    assert house.verify(advice, client).ok
    heavy = house.advise(assessed(1, holdings={"EQ": 60_000.0}, locked={"EQ"}), as_of=DAY)
    assert heavy.status == "holdings_above_band"
    assert heavy.weights_after_orders["equity"] == pytest.approx(0.6)


def test_biases_lower_risk_and_never_raise_it(house: Advisor) -> None:
    plain = house.advise(assessed(4), as_of=DAY)
    averse = house.advise(assessed(4, biases={"loss_aversion": 3.0}), as_of=DAY)
    bold = house.advise(
        assessed(4, biases={"loss_aversion": 1.0, "disposition": -0.5, "overconfidence": 0.5}),
        as_of=DAY,
    )
    assert averse.effective_risk_aversion > plain.effective_risk_aversion
    assert averse.expected_volatility < plain.expected_volatility
    assert averse.risk_aversion == plain.risk_aversion
    assert any(r.code == "correction" for r in averse.reasons)
    assert bold.weights == plain.weights


@pytest.mark.parametrize(
    ("client", "status"),
    [
        (assessed(0), "no_suitable_level"),
        (assessed(3, assessed_on=date(2024, 1, 1)), "assessment_expired"),
        (assessed(3, assessed_on=None), "assessment_expired"),
        (
            assessed(3, excluded=frozenset({"CASH", "BOND", "MIX", "EQ", "EQ2"})),
            "no_eligible_asset",
        ),
        (assessed(1, excluded=frozenset({"CASH"})), "no_eligible_asset"),
        (assessed(2, excluded=frozenset({"CASH"})), "above_band"),
    ],
)
def test_no_suitable_portfolio_is_a_status(house: Advisor, client: Client, status: str) -> None:
    advice = house.advise(client, as_of=DAY)
    assert advice.status == status
    assert not advice.weights
    assert not advice.picks
    assert len(advice.reasons) == 1
    assert house.verify(advice, client).ok


@pytest.mark.parametrize(
    ("client", "words"),
    [
        (Client(id="x", wealth=1.0, horizon_years=1.0, age=40), "is not answered"),
        (
            Client(
                id="x",
                wealth=1.0,
                horizon_years=1.0,
                age=40,
                answers=ANSWERS | {"no_such_question": "a"},
            ),
            "no_such_question",
        ),
        (
            Client(
                id="x",
                wealth=1.0,
                horizon_years=1.0,
                age=40,
                answers=ANSWERS | {"tolerance_fall": "zzz"},
            ),
            "zzz",
        ),
        (assessed(3, id="x", holdings={"UNKNOWN": 5.0}), "UNKNOWN"),
    ],
)
def test_bad_input_raises_for_one_and_is_a_status_for_many(
    house: Advisor, client: Client, words: str
) -> None:
    with pytest.raises(InputError, match=words):
        house.advise(client, as_of=DAY)
    table = ClientTable.from_clients([assessed(3), client])
    (batch,) = house.advise_many(table, as_of=DAY)
    assert batch.status[0] == "ok"
    assert batch.status[1] in {"not_assessed", "invalid_input"}
    assert words in batch[1].reasons[0].text


def test_a_bad_row_of_a_frame_is_a_status(advisor: Advisor) -> None:
    frame = pd.DataFrame(
        {
            "id": ["a", "b"],
            "wealth": [-1.0, 5e4],
            "horizon_years": [5.0, 8.0],
            "age": 40,
            "level": [3, 3],
            "assessed_on": ["2026-06-01"] * 2,
        }
    )
    (batch,) = advisor.advise_many(ClientTable.from_frame(frame), as_of=DAY)
    assert batch.status.tolist() == ["invalid_input", "ok"]
    assert "wealth is -1.0" in batch[0].reasons[0].text


def test_the_house_refuses_what_does_not_fit() -> None:
    stray = Catalogue.from_products([Product(id="X", name="x", asset="moon", risk_level=1)])
    with pytest.raises(InputError, match="'moon' is not known"):
        Advisor.fit(MODEL, BOUGHT, catalogue=stray)
    with pytest.raises(InputError, match="neither a catalogue nor a risk level"):
        Advisor.fit(ReturnModel(["a"], [0.1], [[0.1]]), BOUGHT)
    with pytest.raises(InputError, match="language is 'fr'"):
        Advisor.fit(MODEL, BOUGHT, language="fr")  # type: ignore[arg-type]
    with pytest.raises(InputError, match="fit_weight is -1"):
        Advisor.fit(MODEL, BOUGHT, fit_weight=-1.0)


def test_a_mandate_that_contradicts_itself_is_a_status_of_its_clients() -> None:
    house = Advisor.fit(
        MODEL, BOUGHT, catalogue=Catalogue.from_products(SHELF), mandate=Mandate(max_weight=0.4)
    )
    advice = house.advise(assessed(1), as_of=DAY)
    assert advice.status == "infeasible"
    assert "0.4" in advice.reasons[0].text
    assert house.advise(assessed(4), as_of=DAY).status == "ok"


def test_doors_check_their_numbers(house: Advisor) -> None:
    with pytest.raises(InputError, match="picks is -1"):
        house.advise(assessed(3), as_of=DAY, picks=-1)
    with pytest.raises(InputError, match="no day"):
        house.advise(assessed(3), as_of="someday")
    with pytest.raises(InputError, match="chunk size is 0"):
        list(house.advise_many(ClientTable.from_clients([assessed(3)]), as_of=DAY, chunk=0))
    assert house.advise(assessed(3), as_of=DAY, picks=0).picks == ()


@pytest.mark.parametrize("picks", [0, 3, 5, 7])
def test_inputs_are_the_second_half_of_fingerprints(house: Advisor, picks: int) -> None:
    table = ClientTable.from_clients([assessed(3), assessed(4)])
    batch = house.advise_table(table, as_of=DAY, picks=picks)
    digests = [advice.fingerprint.partition(":")[2] for advice in batch]
    assert batch.inputs() == digests
    assert [batch.fingerprint_of(i).partition(":")[2] for i in range(2)] == digests


def test_today_is_recorded_when_no_day_is_given(house: Advisor) -> None:
    advice = house.advise(assessed(3, assessed_on=date.today()))  # noqa: DTZ011
    assert abs((advice.as_of - date.today()).days) <= 1  # noqa: DTZ011


def test_chinese_sentences_hold_the_same_data(house: Advisor) -> None:
    chinese = Advisor.fit(MODEL, BOUGHT, catalogue=Catalogue.from_products(SHELF), language="zh")
    english = house.advise(assessed(3), as_of=DAY)
    translated = chinese.advise(assessed(3), as_of=DAY)
    assert [(r.code, r.data) for r in translated.reasons] == [
        (r.code, r.data) for r in english.reasons
    ]
    assert "风险等级" in translated.reasons[0].text
    assert translated.weights == english.weights


def test_tables_out(advisor: Advisor) -> None:
    (batch,) = advisor.advise_many(sample.clients(50), as_of=DAY)
    frame = batch.to_frame()
    assert frame["client_id"].tolist() == list(batch.client_ids)
    assert {"status", "level", "weight:cash", "pick_1", "pick_1_money", "kkt_residual"} <= set(
        frame.columns
    )
    assert batch.to_arrow().to_pandas()["status"].tolist() == frame["status"].tolist()
    assert len(batch.ranking()) == 50
    assert [a.client_id for a in batch] == list(batch.client_ids)
    with pytest.raises(IndexError):
        batch[50]
    assert batch[-1].client_id == batch.client_ids[-1]


def test_verify_catches_what_was_changed(house: Advisor) -> None:
    client = assessed(3)
    advice = house.advise(client, as_of=DAY)
    shifted = advice.model_copy(update={"weights": {"cash": 0.5, "bonds": 0.5}})
    assert not house.verify(shifted, client).ok
    risky = advice.picks[0].model_copy(update={"product_id": "EQ2"})
    smuggled = house.verify(advice.model_copy(update={"picks": (risky,)}), client)
    assert not smuggled.suitable
    assert any("EQ2" in p for p in smuggled.problems)
    other = house.verify(advice, assessed(3, wealth=99_999.0))
    assert not other.fingerprint_matches
    assert not house.verify(advice.model_copy(update={"level": 4}), client).ok


def test_csrc_and_mifid_houses_work_too() -> None:
    for regime in (Regime.csrc(), Regime.mifid()):
        house = Advisor.fit(MODEL, BOUGHT, catalogue=Catalogue.from_products(SHELF), regime=regime)
        advice = house.advise(assessed(3), as_of=DAY)
        assert advice.status == "ok"
        assert {p.product_id for p in advice.picks} <= {"CASH", "BOND", "MIX"}


def test_probabilities_are_learnt_from_a_later_window_and_saved(tmp_path) -> None:
    bought, clients = sample.interactions(300), sample.clients(300, assessed_on="2025-06-02")
    desk = Advisor.fit(
        sample.market(), bought.until("2025-06-30"), catalogue=sample.catalogue(), fit_weight=0.0
    )
    plain = desk.advise(sample.client(), as_of=DAY)
    assert all(pick.probability is None for pick in plain.picks)
    told = desk.calibrate(clients, bought.after("2025-06-30"), as_of="2025-06-30")
    advice = told.advise(sample.client(), as_of=DAY)
    assert [p.product_id for p in advice.picks] == [p.product_id for p in plain.picks]
    assert all(0.0 < p.probability < 1.0 for p in advice.picks)
    likings = [p.probability for p in advice.picks]
    assert likings == sorted(likings, reverse=True), (
        "by relevance alone the better liked is the likelier"
    )
    assert told.fingerprint != desk.fingerprint
    assert load(save(told, tmp_path / "told")).advise(sample.client(), as_of=DAY) == advice


def test_a_closed_product_is_held_but_never_offered() -> None:
    shelf = [p.model_copy(update={"closed": p.id == "BOND"}) for p in SHELF]
    desk = Advisor.fit(MODEL, BOUGHT, catalogue=Catalogue.from_products(shelf))
    client = assessed(4, holdings={"BOND": 10_000.0}, locked={"BOND"})
    advice = desk.advise(client, as_of=DAY)
    assert advice.status == "ok"
    assert "BOND" not in {p.product_id for p in advice.picks} | {
        o.product_id for o in advice.orders
    }
    assert any(r.code == "kept" and r.data["name"] == "BOND" for r in advice.reasons)
    assert advice.weights_after_orders["bonds"] >= 0.1
    assert desk.verify(advice, client).ok
    smuggled = advice.model_copy(
        update={"picks": (advice.picks[0].model_copy(update={"product_id": "BOND"}),)}
    )
    assert not desk.verify(smuggled, client).suitable


def test_a_table_of_any_make_gives_the_same_advice(house: Advisor, tmp_path) -> None:
    frame = pd.DataFrame(
        {
            "id": ["a", "b", "c"],
            "wealth": [1e4, -1.0, 5e4],
            "horizon_years": 9.0,
            "age": 40,
            "level": 3,
            "assessed_on": "2026-06-01",
        }
    )
    frame.to_parquet(tmp_path / "clients.parquet")
    (whole,) = house.advise_many(ClientTable.from_frame(frame), as_of=DAY)
    for source in (frame, tmp_path / "clients.parquet"):
        found = [
            advice for batch in house.advise_many(source, as_of=DAY, chunk=2) for advice in batch
        ]
        assert found == list(whole)
    with pytest.raises(InputError):
        list(house.advise_many(42, as_of=DAY))


@pytest.mark.parametrize("wrong", ["li", None, {"id": "li"}, 3])
def test_what_is_no_client_is_named(house: Advisor, wrong: object) -> None:
    with pytest.raises(InputError, match=r"client is .* Make it with Client"):
        house.advise(wrong, as_of=DAY)  # type: ignore[arg-type]
    with pytest.raises(InputError, match=r"clients is .* ClientTable.from_frame"):
        house.advise_table(wrong, as_of=DAY)  # type: ignore[arg-type]


@pytest.mark.parametrize("picks", [2.5, "3", True, None])
def test_picks_are_counted_in_whole_numbers(house: Advisor, picks: object) -> None:
    with pytest.raises(InputError, match="picks is"):
        house.advise(assessed(3), as_of=DAY, picks=picks)  # type: ignore[arg-type]


def test_a_number_is_no_day_and_a_time_elsewhere_is_its_own_day(house: Advisor) -> None:
    with pytest.raises(InputError, match="20261120, which is no day"):
        house.advise(assessed(3), as_of=20261120)  # type: ignore[arg-type]
    late = pd.Timestamp("2026-11-20 23:30", tz="Asia/Shanghai")
    assert house.advise(assessed(3), as_of=late).as_of == date(2026, 11, 20)


@pytest.mark.parametrize(
    "day",
    [
        "26-11-20",
        "20/11/2026",
        "today",
        "now",
        "",
        np.datetime64("NaT"),
        np.datetime64("30000-01-01"),
        pd.NaT,
        [DAY],
    ],
)
def test_only_a_day_of_the_calendar_is_a_day(house: Advisor, day: object) -> None:
    with pytest.raises(InputError, match="which is no day"):
        house.advise(assessed(3), as_of=day)


def test_more_slots_than_anybody_could_fill_are_refused(house: Advisor) -> None:
    with pytest.raises(InputError, match="5 products, and every further slot would stay empty"):
        house.advise(assessed(3), as_of=DAY, picks=10**9)


def test_a_hair_held_beyond_no_wealth_spoils_nobodys_batch(house: Advisor) -> None:
    poor = [assessed(1, id=f"{w}", wealth=w, holdings={"EQ": 1e-7}) for w in (0.0, 1e-9)]
    (batch,) = house.advise_many(ClientTable.from_clients([*poor, assessed(3)]), as_of=DAY)
    assert batch.status.tolist() == ["no_money", "holdings_above_band", "ok"]
    assert batch[2] == house.advise(assessed(3), as_of=DAY)


def test_memory_does_not_grow_with_clients_who_exclude_what_they_like(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(shelf, "KEPT", 3)
    own = Advisor.fit(MODEL, BOUGHT, catalogue=Catalogue.from_products(SHELF))
    clients = [
        assessed(5, id=f"{i}", excluded=frozenset(p.id for b, p in enumerate(SHELF) if i >> b & 1))
        for i in range(2 ** len(SHELF))
    ]
    first, again = (
        list(own.advise_table(ClientTable.from_clients(clients), as_of=DAY)) for _ in range(2)
    )
    assert len(own.state.frontiers._known) == 3
    assert first == again


WHOLE = 5


@pytest.mark.parametrize(
    "argument",
    [
        "market",
        "interactions",
        "catalogue",
        "questionnaire",
        "mandate",
        "regime",
        "bands",
        "recommender",
        "biases",
        "seed",
        "language",
    ],
)
@pytest.mark.parametrize(
    "wrong",
    [WHOLE, "x", BOUGHT.matrix(), Popularity, True],
    ids=["int", "str", "matrix", "class", "bool"],
)
def test_what_a_house_cannot_be_made_of_is_named(argument: str, wrong: object) -> None:
    given: dict = {
        "market": MODEL,
        "interactions": BOUGHT,
        "catalogue": Catalogue.from_products(SHELF),
        argument: wrong,
    }
    if argument == "seed" and wrong is WHOLE:
        return
    with pytest.raises(InputError, match=f"{argument} is") as refused:
        Advisor.fit(given.pop("market"), given.pop("interactions"), **given)
    assert refused.value.field == argument


def test_a_house_needs_a_market_and_purchases_and_a_seed_that_can_be_one() -> None:
    for wrong in ((None, BOUGHT), (MODEL, None)):
        with pytest.raises(InputError, match=r"(market|interactions) is .* it must be an? "):
            Advisor.fit(*wrong)
    with pytest.raises(InputError, match="seed is -1"):
        Advisor.fit(MODEL, BOUGHT, catalogue=Catalogue.from_products(SHELF), seed=-1)
    shelf = Catalogue.from_products(SHELF)
    assert (
        Advisor.fit(MODEL, BOUGHT, catalogue=shelf, seed=np.int64(3)).fingerprint
        == Advisor.fit(MODEL, BOUGHT, catalogue=shelf, seed=3).fingerprint
    )


def test_an_id_that_stands_twice_is_advised_once_whatever_the_source_and_the_chunks() -> None:
    advisor, people = sample_advisor(), sample.clients(40)
    records = [people.record(i) for i in range(40)]
    frame = pd.DataFrame(
        {name: r[name] for name in ("id", "wealth", "horizon_years", "age", "assessed_on")}
        | {f"answer:{question}": option for question, option in r["answers"].items()}
        for r in records
    )
    frame = pd.concat([frame, frame.iloc[[3, 7]], frame.iloc[[3]]], ignore_index=True)
    whole = advisor.advise_table(ClientTable.from_frame(frame), as_of=DAY)
    assert whole.status[40:].tolist() == ["invalid_input"] * 3
    assert "stands in an earlier row" in whole[42].reasons[0].text
    assert whole.status[[3, 7]].tolist() == ["ok", "ok"]
    for source in (frame, ClientTable.from_frame(frame)):
        for chunk in (1, 4, 41, 100):
            batches = advisor.advise_many(source, as_of=DAY, chunk=chunk)
            advices = [batch[i] for batch in batches for i in range(len(batch))]
            assert advices == [whole[i] for i in range(43)]

"""Sentences are true: of the stressed loss, of what a pick adds, of why there is no portfolio."""

from __future__ import annotations

import copy
import json
import pickle
from itertools import product as pairs
from typing import Any

import numpy as np
import pytest
from scipy.stats import norm

from advisor import (
    Advice,
    Advisor,
    Catalogue,
    Client,
    ClientTable,
    InputError,
    Interactions,
    LinearLimit,
    Mandate,
    Product,
    Regime,
    ReturnModel,
    RiskBands,
    sample,
)
from advisor.contracts.advice import STATUSES
from advisor.contracts.wording import LANGUAGES, Phrases, Sentence, texts
from advisor.data.returns import STRESS_QUANTILE

DAY = "2026-11-20"
VOLATILITY = np.array([0.002, 0.05, 0.17])
CORRELATION = np.array([[1.0, 0.0, 0.0], [0.0, 1.0, 0.1], [0.0, 0.1, 1.0]])
MODEL = ReturnModel(
    ["cash", "bonds", "equity"], [0.015, 0.03, 0.07], CORRELATION * np.outer(VOLATILITY, VOLATILITY)
)
SHELF = [
    Product(id="CASH", name="Money fund", asset="cash", risk_level=1, annual_fee=0.001),
    Product(id="BOND", name="Bond fund", asset="bonds", risk_level=2, annual_fee=0.004),
    Product(
        id="MIX",
        name="Balanced fund",
        exposures={"bonds": 0.6, "equity": 0.4},
        risk_level=3,
        annual_fee=0.01,
    ),
    Product(id="EQ", name="Equity fund", asset="equity", risk_level=4, annual_fee=0.012),
]


def bought(*pairs_: tuple[str, str]) -> Interactions:
    import pandas as pd

    rows = [(client, item, "2026-01-05") for client, item in pairs_]
    return Interactions.from_frame(pd.DataFrame(rows, columns=["client_id", "product_id", "day"]))


BOUGHT = bought(("a", "CASH"), ("a", "BOND"), ("b", "BOND"), ("b", "MIX"), ("c", "CASH"))


def client(level: int | None = 4, **more: Any) -> Client:
    fields: dict[str, Any] = {
        "id": "c1",
        "wealth": 100_000.0,
        "horizon_years": 10.0,
        "level": level,
        "assessed_on": "2026-06-01",
        "knowledge": 80.0,
        "age": 40,
        **more,
    }
    return Client(**fields)


def desk(shelf: list[Product] | None = None, **more: Any) -> Advisor:
    return Advisor.fit(MODEL, BOUGHT, catalogue=Catalogue.from_products(shelf or SHELF), **more)


def first(advice: Advice) -> dict[str, Any]:
    return advice.reasons[0].data


@pytest.mark.parametrize("level", [1, 2, 3, 4, 5])
@pytest.mark.parametrize("language", LANGUAGES)
def test_the_stressed_loss_and_the_models_own_year_in_a_hundred(level: int, language: str) -> None:
    advice = desk(language=language).advise(client(level), as_of=DAY)
    (stress,) = [reason for reason in advice.reasons if reason.code in ("stress", "stress_above")]
    weights = np.array([advice.weights_after_orders.get(asset, 0.0) for asset in MODEL.assets])
    quantile = norm.ppf(0.99)
    own = np.maximum(quantile * VOLATILITY - MODEL.mean, 0.0)
    deviation = np.sqrt(weights @ np.asarray(MODEL.covariance) @ weights)
    assert stress.data["loss"] == pytest.approx(weights @ own, rel=1e-12)
    assert stress.data["one_in_100"] == pytest.approx(
        weights @ MODEL.mean - quantile * deviation, rel=1e-12
    )
    assert -stress.data["one_in_100"] <= stress.data["loss"] + 1e-12, (
        "apart is never worse than at once"
    )
    for value in (stress.data["loss"], stress.data["one_in_100"], stress.data["limit"]):
        assert f"{value:.1%}" in stress.text or f"{value:.0%}" in stress.text


def test_the_quantile_is_that_of_the_normal_distribution() -> None:
    assert norm.ppf(0.99) == pytest.approx(STRESS_QUANTILE, rel=1e-14)
    assert "2.326" in (RiskBands.default.__doc__ or "")
    assert "2.326" in (ReturnModel.__doc__ or "")


def certainty_equivalent(money: dict[str, float], wealth: float, gamma: float) -> float:
    """Money a year, by the definition: the mean less fees less half of gamma times the variance."""
    share = dict.fromkeys(MODEL.assets, 0.0)
    mean = fees = 0.0
    for name, amount in money.items():
        found = next((p for p in SHELF if p.id == name), None)
        spread = {name: 1.0} if found is None else found.exposures or {found.asset: 1.0}
        for asset, part in spread.items():
            share[asset] += amount / wealth * part
        fees += 0.0 if found is None else found.annual_fee * amount / wealth
    weights = np.array([share[asset] for asset in MODEL.assets])
    mean = weights @ MODEL.mean
    return wealth * (mean - fees - 0.5 * gamma * weights @ np.asarray(MODEL.covariance) @ weights)


@pytest.mark.parametrize("level", [2, 3, 4, 5])
@pytest.mark.parametrize("biases", [{}, {"loss_aversion": 3.0}])
def test_the_marginal_value_is_the_slope_of_the_certainty_equivalent(
    level: int, biases: dict[str, float]
) -> None:
    person = client(level, biases=biases)
    advice = desk(fit_weight=0.0).advise(person, as_of=DAY)
    gamma = advice.effective_risk_aversion
    assert len(advice.picks) >= 2
    assert gamma is not None
    assert np.isfinite(gamma)
    base = {asset: weight * person.wealth for asset, weight in advice.weights_after_orders.items()}
    for pick in advice.picks:
        step = 1.0
        slope = (
            certainty_equivalent(base | {pick.product_id: step}, person.wealth, gamma)
            - certainty_equivalent(base | {pick.product_id: -step}, person.wealth, gamma)
        ) / (2.0 * step)
        assert pick.marginal_value == pytest.approx(slope, abs=1e-9)
        (value,) = [
            reason for reason in pick.reasons if reason.code in ("adds_value", "takes_value")
        ]
        assert value.code == ("adds_value" if slope > 0.0 else "takes_value")
        assert value.data["gain"] == pick.marginal_value


def test_the_marginal_value_is_unknown_where_risk_aversion_has_no_limit() -> None:
    advice = Advisor.fit(
        sample.market(), sample.interactions(), catalogue=sample.catalogue()
    ).advise(client(1), as_of=DAY)
    assert advice.effective_risk_aversion == np.inf
    assert advice.picks
    assert all(pick.marginal_value is None for pick in advice.picks)


def test_marginal_values_do_not_depend_on_who_stands_beside() -> None:
    own = Advisor.fit(sample.market(), sample.interactions(), catalogue=sample.catalogue())
    people = sample.clients(60)
    batch = own.advise_table(people, as_of=DAY)
    for i in range(len(people)):
        alone = own.advise_table(people.take([i]), as_of=DAY)
        assert alone.pick_value.tobytes() == batch.pick_value[i : i + 1].tobytes()
        told = [np.nan if p.marginal_value is None else p.marginal_value for p in batch[i].picks]
        assert np.array(told).tobytes() == batch.pick_value[i][batch.pick_codes[i] >= 0].tobytes()


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_is_to_buy_stands_apart_from_alternatives(language: str) -> None:
    advice = desk(language=language).advise(client(4, wealth=10_000.0), as_of=DAY)
    assert {pick.kind for pick in advice.picks} == {"buy", "alternative"}
    assert sorted([*advice.buys, *advice.alternatives], key=lambda p: p.rank) == list(advice.picks)
    for pick in advice.picks:
        codes = {reason.code for reason in pick.reasons}
        assert (
            (pick.kind == "buy")
            == (pick.money > 0.0)
            == ("closes_gap" in codes)
            != ("suggestion" in codes)
        )
    bought_ids = {order.product_id for order in advice.orders if order.money > 0.0}
    assert bought_ids == {pick.product_id for pick in advice.buys}
    html = advice._repr_html_()
    apart = html.index("<p>alternatives</p>")
    for pick in advice.picks:
        assert (html.index(f"<td>{pick.product_id}</td>") > apart) == (pick.kind == "alternative")


def test_a_product_above_the_level_is_not_called_within_it() -> None:
    own = desk(regime=Regime.mifid().with_basis("portfolio"))
    advice = own.advise(client(3), as_of=DAY)
    levels = {p.id: p.effective_risk_level for p in SHELF}
    told = {pick.product_id: pick.reasons[0].code for pick in advice.picks}
    assert any(levels[name] > 3 for name in told)
    for name, code in told.items():
        assert code == ("suitable" if levels[name] <= 3 else "allowed_above")


def test_what_nobody_bought_is_not_called_popular() -> None:
    shelf = [*SHELF, Product(id="NEW", name="New bond fund", asset="bonds", risk_level=2)]
    advice = desk(shelf, fit_weight=0.0, utility_share=1e4).advise(
        client(4, id="stranger"), as_of=DAY
    )
    told = {pick.product_id: pick.reasons[-1] for pick in advice.picks}
    assert told["NEW"].code == "taste_unknown"
    assert told["BOND"].code == "taste_popular"
    assert told["BOND"].data["share"] == pytest.approx(2 / 3)


def told_same(own: Advisor, person: Client) -> Advice:
    """The advice, which a batch gives as well, with the same codes in its columns."""
    advice = own.advise(person, as_of=DAY)
    (batch,) = own.advise_many(ClientTable.from_clients([client(3, id="other"), person]), as_of=DAY)
    assert batch[1] == advice
    codes = dict.fromkeys(reason.code for reason in advice.reasons)
    assert batch.to_frame()["reasons"][1] == "|".join(codes)
    return advice


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("level", [1, 2, 5])
def test_no_money_is_the_reason_of_who_has_none(level: int, language: str) -> None:
    advice = told_same(desk(language=language), client(level, wealth=0.0))
    assert advice.status == "no_money"
    assert advice.reasons[0].code == "no_money"
    assert not advice.picks


IN_EURO = [p.model_copy(update={"currency": "EUR"}) for p in SHELF]
TAKES_CASH = {
    "currency": ({"currency": "CNY"}, {"currency": "EUR"}),
    "amount": ({"min_purchase": 1e6}, {}),
    "term": ({"term_days": 3000}, {"horizon_years": 2.0}),
    "complex": ({"complex": True}, {"knowledge": None}),
    "private": ({"private": True}, {}),
}


@pytest.mark.parametrize("rule", TAKES_CASH)
@pytest.mark.parametrize("language", LANGUAGES)
def test_a_rule_that_takes_the_safe_products_is_named(rule: str, language: str) -> None:
    product_, person = TAKES_CASH[rule]
    shelf = [p.model_copy(update=product_) if p.id == "CASH" else p for p in IN_EURO]
    person = {"currency": "EUR", **person}
    advice = told_same(desk(shelf, language=language), client(2, **person))
    assert advice.status == "no_eligible_asset"
    assert advice.reasons[0].code == "too_few_assets"
    assert rule in str(first(advice)["rules"]).split(" ")[0]
    everything = [p.model_copy(update=product_) for p in IN_EURO]
    nothing = told_same(desk(everything, language=language), client(2, **person))
    assert nothing.status == nothing.reasons[0].code == "no_eligible_asset"
    assert rule in str(first(nothing)["rules"]).split(" ")[0]


def test_what_only_the_level_rules_out_stays_above_the_band() -> None:
    advice = told_same(desk(SHELF[1:]), client(2))
    assert advice.status == "above_band"
    assert advice.reasons[0].code == "above_stress"


def test_an_exclusion_is_named_where_what_it_leaves_is_too_risky() -> None:
    advice = told_same(desk(), client(2, excluded=frozenset({"CASH"})))
    assert advice.status == "above_band"
    assert str(first(advice)["rules"]).startswith("client.excluded 1/4")


def test_a_mandate_that_rules_make_impossible_is_not_called_contradictory() -> None:
    shelf = [p.model_copy(update={"currency": "CNY"}) if p.id == "CASH" else p for p in IN_EURO]
    some_cash = LinearLimit(name="some cash", coefficients={"cash": 1.0}, lower=0.1)
    own = desk(shelf, mandate=Mandate(linear_limits=(some_cash,)))
    assert (
        told_same(desk(IN_EURO, mandate=own.state.mandate), client(4, currency="EUR")).status
        == "ok"
    )
    advice = told_same(own, client(4, currency="EUR"))
    assert advice.status == "no_eligible_asset"
    assert "currency" in str(first(advice)["rules"])


def test_nothing_sold_any_more_is_said() -> None:
    shelf = [p.model_copy(update={"closed": True}) for p in SHELF]
    advice = told_same(desk(shelf), client(3))
    assert advice.status == "no_eligible_asset"
    assert first(advice)["rules"] == "closed 4/4"


def test_an_old_assessment_is_the_reason_only_where_a_rule_asks_for_its_day() -> None:
    everything = frozenset({"CASH", "BOND", "MIX", "EQ"})
    undated = client(3, assessed_on=None, excluded=everything)
    assert told_same(desk(), undated).status == "assessment_expired"
    pack = Regime.nfra().pack
    rules = tuple(rule for rule in pack.rules if rule.when != "expired")
    free = desk(regime=Regime(pack.model_copy(update={"id": "own", "rules": rules})))
    assert told_same(free, client(3, assessed_on=None)).status == "ok"
    assert told_same(free, undated).status == "no_eligible_asset"


def test_refusals_do_not_name_duties() -> None:
    pack = Regime.nfra().pack
    duties = {rule.id for rule in pack.rules if rule.decision == "duty"}
    for level, age in pairs(range(1, 6), (16, 40, 80)):
        advice = desk().advise(client(level, age=age, legal_capacity=False), as_of=DAY)
        assert advice.status == "no_eligible_asset"
        assert not duties & {part.split(" ")[0] for part in str(first(advice)["rules"]).split(", ")}


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_sentence_has_both_languages_and_the_same_data(language: str) -> None:
    from string import Formatter

    spoken = texts(language)
    assert {part: list(words) for part, words in spoken.items()} == {
        part: list(words) for part, words in texts("en").items()
    }
    for code, text in spoken["reasons"].items():
        fields = [
            {name for _, name, _, _ in Formatter().parse(t) if name}
            for t in (texts("en")["reasons"][code], text)
        ]
        assert fields[0] >= fields[1], code
    assert {*STATUSES} - {"ok"} <= {*spoken["reasons"]}


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"excluded": frozenset({"EQX"})}, "it excludes 'EQX', .*Is it 'EQ'?"),
        ({"excluded": frozenset({"equty"})}, "it excludes 'equty', .*Is it 'equity'?"),
        ({"excluded": frozenset({"CASH", "uranium"})}, "it excludes 'uranium'"),
        ({"holdings": {"BONDS": 5.0}}, "it holds 'BONDS', .*Is it 'BOND'?"),
        (
            {"biases": {"loss_averson": 2.0}},
            "bias 'loss_averson', .*Is it 'loss_aversion'?.*disposition_se",
        ),
    ],
)
def test_a_name_that_is_not_known_is_refused_alike(wrong: dict[str, Any], words: str) -> None:
    own, person = desk(), client(3, **wrong)
    with pytest.raises(InputError, match=words) as error:
        own.advise(person, as_of=DAY)
    (batch,) = own.advise_many(ClientTable.from_clients([person, client(3, id="fine")]), as_of=DAY)
    assert batch.status.tolist() == ["invalid_input", "ok"]
    assert batch[0].reasons[0].text == str(error.value)
    assert batch.to_frame()["problem"][0] in str(error.value)
    assert not batch[0].picks


def test_ids_of_assets_closed_products_and_products_may_be_excluded() -> None:
    shelf = [*SHELF, Product(id="OLD", name="Old fund", asset="equity", risk_level=4, closed=True)]
    names = frozenset({"OLD", "equity", "MIX"})
    advice = desk(shelf).advise(client(4, excluded=names), as_of=DAY)
    assert advice.status == "ok"
    assert set(advice.weights) <= {"cash", "bonds"}


def test_an_omission_is_not_explained_by_what_is_not_shown() -> None:
    own, person = desk(), client(3)
    nothing = own.advise(person, as_of=DAY, picks=0)
    told = own.omissions(nothing, person, count=4)
    assert told
    assert not any("what is shown" in reason.text for reason in told)


@pytest.mark.parametrize("regime", ["nfra", "mifid"])
def test_answers_of_no_day_are_not_taken_for_fresh(regime: str) -> None:
    own = desk(regime=getattr(Regime, regime)())
    answers = dict(sample.client().answers)
    undated = client(None, answers=answers, assessed_on=None)
    advice = told_same(own, undated)
    assert advice.status == "assessment_expired"
    assert "assessed_on" in advice.reasons[0].text
    assert not advice.picks
    assert told_same(own, undated.model_copy(update={"assessed_on": "2026-06-01"})).status == "ok"
    assert (
        told_same(own, undated.model_copy(update={"assessed_on": "2025-06-01"})).status
        == "assessment_expired"
    )


def test_a_correction_says_what_behaviour_alone_does_whatever_is_kept() -> None:
    own, rng = desk(), np.random.default_rng(5)
    people: list[Client] = []
    for i in range(120):
        held = {
            name: float(rng.uniform(0.0, 3e4))
            for name in rng.choice(["EQ", "MIX", "equity"], 2, replace=False)
        }
        biases = {"loss_aversion": float(rng.uniform(1.0, 4.0))} if i % 3 else {}
        people.append(client(int(rng.integers(1, 6)), id=f"c{i}", holdings=held, biases=biases))
    batch = own.advise_table(ClientTable.from_clients(people), as_of=DAY)
    said = set[tuple[bool, bool]]()
    for i, person in enumerate(people):
        advice = batch[i]
        if not advice.weights:
            continue
        told = {reason.code: reason.data for reason in advice.reasons}
        bare = own.advise(person.model_copy(update={"holdings": {}}), as_of=DAY)
        alone, effective = bare.effective_risk_aversion, advice.effective_risk_aversion
        assert alone is not None
        assert effective is not None
        assert advice.risk_aversion is not None
        said.add(("correction" in told, "kept_adds_risk" in told))
        assert ("correction" in told) == (advice.risk_aversion < alone < np.inf)
        if "correction" in told:
            assert told["correction"]["before"] == advice.risk_aversion
            assert told["correction"]["after"] == pytest.approx(alone, rel=1e-12)
        if "kept_adds_risk" in told:
            assert effective > alone
        codes = dict.fromkeys(reason.code for reason in advice.reasons)
        assert batch.to_frame()["reasons"][i] == "|".join(codes)
    assert {correction for correction, _ in said} == {True, False}


def test_a_mixed_fund_is_not_said_to_put_all_its_money_in_one_asset() -> None:
    advice = desk().advise(client(3), as_of=DAY)
    (mixed,) = [pick for pick in advice.picks if pick.product_id == "MIX" and pick.money > 0.0]
    (gap,) = [reason for reason in mixed.reasons if reason.code == "closes_gap"]
    assert "bonds 60%, equity 40%" in gap.text


def test_a_sentence_is_a_text_that_other_languages_can_say() -> None:
    day = Sentence("client_page", "valid", day="2026-05-02")
    outer = Sentence("client_page", "allowed", limit=day)
    assert day == texts("en")["client_page"]["valid"].format(day="2026-05-02")
    assert str(day) in outer
    assert outer.in_language("zh") == Phrases("client_page", "zh")("allowed", limit=day)
    assert day.in_language("zh") in outer.in_language("zh")
    for again in (pickle.loads(pickle.dumps(outer)), copy.deepcopy(outer)):
        assert again == outer
        assert again.in_language("zh") == outer.in_language("zh")
    assert json.loads(json.dumps(outer)) == outer


@pytest.mark.parametrize("section", list(texts("en")))
def test_every_text_has_the_same_values_in_both_languages(section: str) -> None:
    from string import Formatter

    def fields(text: str) -> set[str]:
        return {name for _, name, _, _ in Formatter().parse(text) if name}

    for key, text in texts("en")[section].items():
        assert fields(texts("zh")[section][key]) <= fields(text), key

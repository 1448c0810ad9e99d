"""What an advice says about kept holdings is true: which promise breaks, and by how much."""

from __future__ import annotations

import numpy as np
import pytest

from advisor import (
    Advice,
    Advisor,
    Client,
    ClientTable,
    GroupLimit,
    InputError,
    Mandate,
    estimate_returns,
    sample,
)

DAY = "2026-11-20"
LANGUAGES = ("en", "zh")


def keeper(level: int, **holdings: float) -> Client:
    return Client(
        id="k",
        wealth=1e5,
        horizon_years=5,
        age=40,
        level=level,
        assessed_on="2026-05-04",
        holdings=holdings,
        locked=frozenset(holdings),
    )


def house(**more: object) -> Advisor:
    """Each asset loses its own worst year in stress, so that either promise may be the one that
    breaks."""
    model = estimate_returns(sample.market(), stress="own")
    return Advisor.fit(model, sample.interactions(), catalogue=sample.catalogue(), **more)  # type: ignore[arg-type]


def check_promises(advice: Advice, desk: Advisor) -> None:
    """Sentences against the numbers: a stress reason names the side of its limit, the status reason
    the promise that breaks."""
    bands, told = desk.state.bands, {reason.code: reason.data for reason in advice.reasons}
    weights = [advice.weights_after_orders.get(asset, 0.0) for asset in desk.state.model.assets]
    loss, limit = (
        float(np.dot(weights, desk.state.model.stress)),
        bands.stress_loss[advice.level - 1],
    )
    assert ("stress_above" in told) == (loss > limit + 1e-7) != ("stress" in told)
    assert told.get("stress", told.get("stress_above"))["loss"] == pytest.approx(loss)
    above = advice.expected_volatility > bands.upper_volatility[advice.level - 1]
    if advice.status == "holdings_above_band":
        assert ("holdings_above_band" in told, "holdings_above_stress" in told) == (
            above,
            not above,
        )
        assert above or "stress_above" in told
    else:
        assert advice.status == "ok"
        assert not above


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_keeper_is_told_which_promise_breaks(language: str) -> None:
    desk, statuses = house(language=language), set()
    clients = [
        keeper(level, gold=gold, P013=fund).model_copy(update={"id": f"{level}-{gold}-{fund}"})
        for level in range(1, 6)
        for gold in (0.0, 2e4, 6e4)
        for fund in (0.0, 3e4)
    ]
    batch = desk.advise_table(ClientTable.from_clients(clients), as_of=DAY)
    codes = batch.to_frame()["reasons"].tolist()
    for advice, spelled in zip(batch, codes, strict=True):
        if advice.weights:
            check_promises(advice, desk)
        statuses |= {reason.code for reason in advice.reasons}
        assert spelled.split("|") == list(dict.fromkeys(reason.code for reason in advice.reasons))
    assert {"holdings_above_band", "holdings_above_stress", "stress_above", "stress"} <= statuses


def test_what_is_kept_does_not_lift_the_house_s_own_cap_on_volatility() -> None:
    desk = house(mandate=Mandate(max_volatility=0.03))
    for money in (5e3, 1e4, 2e4):
        advice = desk.advise(keeper(3, gold=money), as_of=DAY)
        assert advice.status != "ok" or advice.expected_volatility <= 0.03 + 1e-9


def test_sentences_are_english_whatever_decided() -> None:
    advice = house().advise(keeper(3), as_of=DAY)
    assert advice.reasons[0].text == "Risk level C3, decided by the assessment made elsewhere."


@pytest.mark.parametrize(
    ("language", "words"),
    [("en", "no day of the assessment was given; pass assessed_on"), ("zh", "未提供测评日期")],
)
def test_an_assessment_without_a_day_asks_for_the_day(language: str, words: str) -> None:
    advice = house(language=language).advise(
        Client(id="k", wealth=1e5, horizon_years=5, age=40, level=3), as_of=DAY
    )
    assert advice.status == "assessment_expired"
    assert words in advice.reasons[0].text


def test_a_house_refuses_limits_on_what_it_does_not_have() -> None:
    with pytest.raises(InputError, match="'nogroup', but no asset is in it"):
        house(mandate=Mandate(group_limits=(GroupLimit(group="nogroup", upper=0.5),)))
    with pytest.raises(InputError, match="uranium"):
        house(mandate=Mandate(bounds={"uranium": (0.0, 0.1)}))


@pytest.mark.parametrize(
    ("told", "rule"),
    [
        ({"age": 16}, "minor"),
        ({"sustainability": "green"}, "sustainability"),
        ({"legal_capacity": False}, "capacity"),
    ],
)
def test_a_client_for_whom_nothing_is_left_is_told_by_which_rule(
    told: dict[str, object], rule: str
) -> None:
    desk = house()
    advice = desk.advise(keeper(4).model_copy(update=told), as_of=DAY)
    assert advice.status == "no_eligible_asset"
    first = str(advice.reasons[0].data["rules"]).split(", ")[0]
    assert rule in first
    count, shelf = map(int, first.split()[1].split("/"))
    assert shelf // 2 < count <= shelf == len(desk.state.catalogue)


@pytest.mark.parametrize(
    "mandate", [Mandate(min_weight=-0.05), Mandate(bounds={"gold": (-0.1, 0.3)})]
)
def test_a_house_sells_no_product_short(mandate: Mandate) -> None:
    with pytest.raises(InputError, match="a product cannot be sold short"):
        house(mandate=mandate)

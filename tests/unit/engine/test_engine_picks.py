"""What decides a client's picks beside relevance: use for their own portfolio, variety; and why
better-known products are missing."""

from __future__ import annotations

import numpy as np
import pytest

from advisor import Advisor, Client, ClientTable, InputError, sample
from advisor.engine.output.columns import pick_reason_codes
from advisor.recommend import exposure_similarity, portfolio_utility

DAY = "2026-11-20"
MARKET, BOUGHT, SHELF, PEOPLE = (
    sample.market(),
    sample.interactions(),
    sample.catalogue(),
    sample.clients(40),
)


def house(**settings: float) -> Advisor:
    return Advisor.fit(MARKET, BOUGHT, catalogue=SHELF, **settings)


def test_usefulness_is_the_gain_of_the_plain_formula_and_has_a_reason() -> None:
    advisor = house(fit_weight=0.01, utility_share=1e4)
    batch = advisor.advise_table(PEOPLE, as_of=DAY, picks=1)
    model = advisor.state.model
    for i in np.flatnonzero(batch.status == "ok").tolist():
        alone = PEOPLE.take([i])
        if (
            alone.holdings.codes.size
            or batch.pick_codes[i, 0] < 0
            or not np.isfinite(batch.allocations.effective[i])
        ):
            continue
        nothing = np.zeros((1, len(model)))
        gains = portfolio_utility(
            nothing, alone.wealth, batch.allocations.effective[[i]], SHELF, model
        ).certainty_equivalent[0]
        allowed = batch.allowed.allowed[batch.allowed.class_of[i]]
        assert batch.pick_utility[i, 0] == pytest.approx(gains[batch.pick_codes[i, 0]], rel=1e-9)
        assert gains[batch.pick_codes[i, 0]] >= gains[allowed].max() - 0.011 * np.ptp(
            gains[allowed]
        )  # relevance decides within a hundredth
        codes = [reason.code for reason in batch[i].picks[0].reasons]
        assert ("adds_value" in codes) == (batch.pick_value[i, 0] > 0.0)
        told = pick_reason_codes(batch, 0).spelled()[i].split("|")
        assert told == [code for code in codes if not code.startswith(("taste_", "duty"))]


def test_no_share_of_usefulness_is_no_usefulness() -> None:
    batch = house(utility_share=0.0).advise_table(PEOPLE, as_of=DAY)
    assert np.isnan(batch.pick_utility).all()


def test_diversity_makes_lists_less_alike() -> None:
    likeness = exposure_similarity(SHELF, house().state.model)

    def alike(advisor: Advisor) -> float:
        codes = advisor.advise_table(PEOPLE, as_of=DAY).pick_codes
        full = codes[(codes >= 0).all(axis=1)]
        return float(
            np.mean(
                [likeness[np.ix_(row, row)][~np.eye(len(row), dtype=bool)].mean() for row in full]
            )
        )

    assert alike(house(fit_weight=0.0, diversity=2.0)) < alike(house(fit_weight=0.0)) - 0.02


def test_every_missing_favourite_is_accounted_for() -> None:
    advisor, client = house(), sample.client()
    advice = advisor.advise(client, as_of=DAY)
    told = advisor.omissions(advice, client, count=len(SHELF))
    shown = {pick.product_id for pick in advice.picks}
    assert {reason.data["product"] for reason in told} == set(SHELF.ids.ids) - shown
    ranks = [reason.data["popularity_rank"] for reason in told]
    assert ranks == sorted(ranks)
    for reason in told:
        product = SHELF.products[SHELF.ids.code(str(reason.data["product"]))]
        refused = advisor.state.regime.check(
            advisor.advise_table(ClientTable.from_clients([client]), as_of=DAY).profiles[0],
            client,
            product,
        )
        assert (reason.code == "omitted_not_suitable") == (refused.decision != "allow")
        assert str(reason.data["product"]) in reason.text
    chinese = Advisor.fit(MARKET, BOUGHT, catalogue=SHELF, language="zh")
    everything = chinese.omissions(chinese.advise(client, as_of=DAY), client, count=len(SHELF))
    assert any("购买" in reason.text for reason in everything)


@pytest.mark.parametrize("name", ["fit_weight", "utility_share", "diversity"])
def test_a_negative_weight_is_refused(name: str) -> None:
    with pytest.raises(InputError, match=f"{name} is -1"):
        house(**{name: -1.0})


def test_omissions_refuse_to_account_for_nothing() -> None:
    advisor, client = house(), Client(id="x", wealth=1e5, horizon_years=9.0, age=40, level=3)
    with pytest.raises(InputError, match="count"):
        advisor.omissions(advisor.advise(client, as_of=DAY), client, count=0)


def test_who_has_bought_nothing_is_served_by_attributes_where_the_advisor_has_them() -> None:
    """Lists of clients with purchases stay as they are, to the bit."""
    everybody, bought = sample.clients(500), sample.interactions(400)
    plain = Advisor.fit(MARKET, bought, catalogue=SHELF)
    informed = Advisor.fit(MARKET, bought, catalogue=SHELF, clients=everybody)
    one, other = (a.rank(everybody, 5, as_of="2026-02-02") for a in (plain, informed))
    known = np.array([name in bought.clients for name in everybody.ids])
    np.testing.assert_array_equal(one.codes[known], other.codes[known])
    np.testing.assert_array_equal(one.scores[known], other.scores[known])
    assert (one.codes[~known] != other.codes[~known]).any(axis=1).mean() > 0.9
    bare = ClientTable.from_clients([Client(id="c00001", wealth=1.0, horizon_years=1.0)])
    assert Advisor.fit(MARKET, bought, catalogue=SHELF, clients=bare).recommender.kind == "EASE"
    with pytest.raises(InputError, match="ClientTable"):
        Advisor.fit(MARKET, bought, clients=[1])  # type: ignore[arg-type]

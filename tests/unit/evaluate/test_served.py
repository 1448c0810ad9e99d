"""What clients are served, judged beside the recommender's own lists; both suitable."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from advisor import (
    Advisor,
    Catalogue,
    ClientTable,
    InputError,
    Interactions,
    Popularity,
    Ranking,
    evaluate_match,
    sample,
)

DAY = "2026-01-05"
BOUGHT = sample.interactions(500)
CUT = BOUGHT.days.max() - np.timedelta64(120, "D")
PAST, LATER = BOUGHT.until(CUT), BOUGHT.after(CUT)
ADVISOR = Advisor.fit(sample.market(), PAST, catalogue=sample.catalogue())
PEOPLE = sample.clients(500)


@pytest.fixture(scope="module")
def batch():
    return ADVISOR.advise_table(PEOPLE, as_of=DAY, picks=5)


def test_ranked_products_are_suitable_unheld_and_by_relevance(batch) -> None:
    ranking = ADVISOR.rank(PEOPLE, 5, as_of=DAY)
    allowed = batch.allowed.to_array()
    held = ADVISOR.state.recommender.held(PEOPLE.ids, PEOPLE)
    scores = ADVISOR.state.recommender.scores(PEOPLE.ids, PEOPLE)
    for i in range(0, len(PEOPLE), 17):
        own = held.codes[held.indptr[i] : held.indptr[i + 1]]
        may = allowed[i].copy()
        may[own[own < len(may)]] = False
        best = np.argsort(-np.where(may, scores[i], -np.inf), kind="stable")[
            : min(5, int(may.sum()))
        ]
        assert ranking.codes[i, : len(best)].tolist() == best.tolist()
        assert (ranking.codes[i, len(best) :] == -1).all()
    assert ranking.products == sample.catalogue().ids.ids


def test_a_batch_is_judged_with_all_that_the_advisor_knows(batch) -> None:
    report = ADVISOR.evaluate(batch, LATER, ks=(1, 5), by="level")
    assert report.suitability == 1.0
    assert report.suitability_check.checked == int((batch.pick_codes >= 0).sum())
    by_hand = evaluate_match(
        batch.ranking(),
        LATER,
        profiles=batch.profiles,
        clients=PEOPLE,
        regime=ADVISOR.state.regime,
        catalogue=ADVISOR.state.catalogue,
        baseline=ADVISOR.rank(PEOPLE, 5, as_of=DAY),
        ks=(1, 5),
        by="level",
    )
    score, other = report.score("ndcg", 5), by_hand.score("ndcg", 5)
    assert score.baseline is not None
    assert score.clients == other.clients
    assert score.value >= other.value * 0.999, (
        "purchases of what was held are left out, or nothing was"
    )
    assert {s.segment for s in report.scores if s.by == "level"} >= {"C2", "C3"}


def test_cut_offs_end_with_the_lists(batch) -> None:
    report = ADVISOR.evaluate(batch, LATER)
    assert report.ks == (1, 5)
    assert report.warnings == ()
    assert ADVISOR.evaluate(ADVISOR.rank(PEOPLE, 7, as_of=DAY), LATER).ks == (1, 5, 7)


def test_what_was_held_is_no_later_purchase() -> None:
    ranking = ADVISOR.rank(PEOPLE, 5, as_of=DAY)
    again = Interactions.from_frame(
        pd.DataFrame(
            {
                "client_id": (
                    [PAST.clients.ids[c] for c in PAST.client_codes[:50]] + [PEOPLE.ids[0]]
                ),
                "product_id": (
                    [PAST.products.ids[p] for p in PAST.product_codes[:50]] + ["elsewhere"]
                ),
                "day": LATER.days.max(),
            }
        )
    )
    report = ADVISOR.evaluate(ranking, again, ks=(5,))
    assert report.counts["purchases"] == 1
    empty = Catalogue.from_products(sample.catalogue().products[:4])
    assert len(
        Advisor.fit(sample.market(), PAST, catalogue=empty).rank(PEOPLE, 3, as_of=DAY)
    ) == len(PEOPLE)


def test_lists_of_any_other_system_are_judged_too(batch) -> None:
    mine = Ranking.from_frame(
        batch.ranking().to_frame(), client_ids=batch.client_ids, products=batch.ranking().products
    )
    theirs = ADVISOR.evaluate(mine, LATER, ks=(5,), baseline=ADVISOR.rank(PEOPLE, 5, as_of=DAY))
    known = ADVISOR.evaluate(batch, LATER, ks=(5,))
    assert theirs.score("ndcg", 5).value <= known.score("ndcg", 5).value + 1e-12
    for served in (None, "lists", ADVISOR):
        with pytest.raises(InputError, match="Pass advice"):
            ADVISOR.evaluate(served, LATER)  # type: ignore[arg-type]
    with pytest.raises(InputError, match="later Interactions"):
        ADVISOR.evaluate(batch, None)  # type: ignore[arg-type]


def test_top_ups_are_checked_for_suitability_and_left_out_of_relevance() -> None:
    """A client who has one suitable product already: their list is judged without it, by hand."""
    first = ADVISOR.advise_table(PEOPLE, as_of=DAY, picks=5)
    topped = [int(code) for code in first.pick_codes[:, 0]]
    ids = sample.catalogue().ids.ids
    owners = ClientTable.from_clients(
        PEOPLE.client(i).model_copy(
            update={"id": f"new{i}", "holdings": {ids[code]: 0.3 * PEOPLE.client(i).wealth}}
        )
        for i, code in enumerate(topped[:60])
        if code >= 0
    )
    batch = ADVISOR.advise_table(owners, as_of=DAY, picks=5)
    held = [[ids.index(p) for p in owners.client(i).holdings] for i in range(len(owners))]
    again = sum(
        int(np.isin(row, own).sum()) for row, own in zip(batch.pick_codes, held, strict=True)
    )
    assert again > 0
    later = Interactions.from_frame(
        pd.DataFrame(
            {
                "client_id": owners.ids,
                "product_id": [ids[[c for c in row if c >= 0][-1]] for row in batch.pick_codes],
                "day": LATER.days.max(),
            }
        )
    )
    report = ADVISOR.evaluate(batch, later, ks=(5,))
    assert report.suitability_check.checked == int((batch.pick_codes >= 0).sum())
    gains = [
        1.0 / np.log2(1.0 + len([c for c in row if c >= 0 and c not in own]))
        if [c for c in row if c >= 0][-1] not in own
        else 0.0
        for row, own in zip(batch.pick_codes.tolist(), held, strict=True)
    ]
    assert report.score("ndcg", 5).value == pytest.approx(np.mean(gains))


def test_on_the_sample_the_served_list_beats_popularity_and_relevance_alone_beats_it_by_more() -> (
    None
):
    bought, cut = sample.interactions(1000), "2025-06-30"
    people, later = sample.clients(1000, assessed_on="2025-06-02"), bought.after(cut)
    by_relevance, popular = (
        Advisor.fit(
            sample.market(), bought.until(cut), catalogue=sample.catalogue(), recommender=one
        )
        for one in (None, Popularity())
    )
    batch = by_relevance.advise_table(people, as_of=cut, picks=10)
    baseline = popular.rank(people, 10, as_of=cut)
    served = by_relevance.evaluate(batch, later, ks=(10,), baseline=baseline).score("ndcg", 10)
    ranked = by_relevance.evaluate(
        by_relevance.rank(people, 10, as_of=cut), later, ks=(10,), baseline=baseline
    ).score("ndcg", 10)
    assert served.difference_low > 0.0
    assert ranked.difference > served.difference
    counts = by_relevance.evaluate(batch, later, ks=(10,)).counts
    assert 0.6 < counts["reachable_purchases"] / counts["purchases"] < 0.75

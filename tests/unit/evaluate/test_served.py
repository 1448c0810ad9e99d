"""What clients are served, judged beside the recommender's own lists; both suitable."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from advisor import Advisor, Catalogue, InputError, Interactions, Ranking, evaluate_match, sample

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
        with pytest.raises(InputError, match="Pass a batch"):
            ADVISOR.evaluate(served, LATER)  # type: ignore[arg-type]
    with pytest.raises(InputError, match="Pass purchases"):
        ADVISOR.evaluate(batch, None)  # type: ignore[arg-type]

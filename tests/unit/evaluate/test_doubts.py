"""A judgement that means nothing says so: a window that was seen, ids that do not match."""

from __future__ import annotations

import logging
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from advisor import (
    EASE,
    Advisor,
    InputError,
    Interactions,
    Product,
    Ranking,
    evaluate_match,
    sample,
)
from advisor.data import Catalogue
from advisor.data.ids import IdMap
from advisor.evaluate import temporal_split

ALL = sample.interactions(400)
CUT = ALL.days.max() - np.timedelta64(150, "D")
SPLIT = temporal_split(ALL, CUT)
CLIENTS = SPLIT.train.clients.ids
LISTS = EASE().fit(SPLIT.train).rank(CLIENTS, 5)


def judged(ranking: Ranking, held_out: Interactions = SPLIT.test, **how) -> tuple[str, ...]:
    return evaluate_match(ranking, held_out, ks=(5,), resamples=2, **how).warnings


def foreign(change=lambda frame: frame) -> Ranking:
    return Ranking.from_frame(change(LISTS.to_frame()), client_ids=None)


def test_an_honest_judgement_warns_of_nothing(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING):
        assert judged(LISTS, history=SPLIT.train, baseline=LISTS) == ()
        assert judged(foreign()) == ()
    assert not caplog.records


@pytest.mark.parametrize("exclude_held", [True, False])
def test_a_recommender_that_saw_the_window_is_named_with_counts(
    exclude_held: bool, caplog: pytest.LogCaptureFixture
) -> None:
    lists = EASE().fit(ALL).rank(CLIENTS, 5, exclude_held=exclude_held)
    with caplog.at_level(logging.WARNING):
        warnings = judged(lists)
    assert f"{len(SPLIT.test):,} of the {len(SPLIT.test):,}" in warnings[0]
    assert [record.getMessage() for record in caplog.records] == list(warnings)
    # half of the window was seen
    middle = SPLIT.test.days.min() + np.timedelta64(60, "D")
    early = int((SPLIT.test.days <= middle).sum())
    half = EASE().fit(ALL.until(middle)).rank(CLIENTS, 5, exclude_held=exclude_held)
    assert f"and {early:,} of the {len(SPLIT.test):,}" in judged(half)[0]


def test_lists_of_another_system_that_leave_out_what_was_bought_are_worse_than_blind() -> None:
    leaked = EASE().fit(ALL).rank(CLIENTS, 5)
    lists = Ranking(leaked.client_ids, leaked.products, leaked.codes, leaked.scores)
    (warning,) = judged(lists)
    row = {name: i for i, name in enumerate(lists.client_ids)}
    bought = np.bincount(
        [
            row[SPLIT.test.clients.ids[c]]
            for c in SPLIT.test.client_codes
            if SPLIT.test.clients.ids[c] in row
        ],
        minlength=len(row),
    )
    blind = float((bought * (lists.codes >= 0).sum(axis=1) / len(lists.products)).sum())
    assert blind >= 20.0
    assert f"hit about {blind:,.0f}" in warning
    assert "hit 0 of" in warning


def test_ids_that_do_not_match_are_counted() -> None:
    (warning,) = judged(foreign(lambda f: f.assign(product_id=f["product_id"].str.lower())))
    assert f"{len(known()):,} of {len(known()):,} purchases" in warning
    assert "write both" in warning
    few = foreign(
        lambda f: f.assign(
            client_id=f["client_id"].where(f["client_id"] <= CLIENTS[9], "x" + f["client_id"])
        )
    )
    assert any("ranked clients bought nothing" in w for w in judged(few))


def known() -> list[str]:
    names = [SPLIT.test.clients.ids[c] for c in SPLIT.test.client_codes]
    return [name for name in names if name in set(CLIENTS)]


def test_purchases_of_the_history_and_cut_offs_beyond_the_lists() -> None:
    lists = foreign()
    early = int((ALL.days <= SPLIT.train.days.max()).sum())
    assert any(
        f"{early:,} of the {len(ALL):,}" in w for w in judged(lists, ALL, history=SPLIT.train)
    )
    report = evaluate_match(lists, SPLIT.test, ks=(5, 20), resamples=2)
    assert "have 5 slots" in report.warnings[0]
    assert f"Warning: {report.warnings[0]}" in str(report)
    assert "have 5 slots" in report.to_html()


def test_an_advisor_that_saw_the_window_is_refused_or_named() -> None:
    people = sample.clients(400)
    world = {"catalogue": sample.catalogue()}
    leaked = Advisor.fit(sample.market(), ALL, **world)
    batch = leaked.advise_table(people, as_of="2026-01-05", picks=5)
    with pytest.raises(InputError, match=r"it has learnt from purchases up to .*until\(cut\)"):
        leaked.evaluate(batch, ALL.after(CUT))
    middle = CUT + np.timedelta64(60, "D")
    partly = Advisor.fit(sample.market(), ALL.until(middle), **world)
    later = ALL.after(CUT)
    early = int((later.days <= partly.recommender.history.last_day).sum())
    batch = partly.advise_table(people, as_of="2026-01-05", picks=5)
    report = partly.evaluate(batch, later, ks=(5,))
    assert f"{early:,} of the {len(later):,}" in report.warnings[0]
    assert "has seen them" in report.warnings[0]


@pytest.mark.parametrize("name", ["match.html", "a.PDF", "report.htm"])
def test_a_file_name_is_no_title(name: str) -> None:
    with pytest.raises(InputError, match="write_text"):
        evaluate_match(LISTS, SPLIT.test, ks=(5,), resamples=2).to_html(name)


def test_days_without_a_cut_are_no_doubt() -> None:
    frame = pd.DataFrame({"client_id": ["a", "b"], "product_id": ["x", "y"], "day": "2026-01-02"})
    empty = EASE().fit(Interactions.from_frame(frame)).rank(["a", "b"], 1)
    later = Interactions.from_frame(frame.assign(day="2026-01-03"))
    assert judged(empty, later)[0].startswith("ks reach to 5")


def renamed(interactions: Interactions) -> Interactions:
    """The same purchases of products that are written in another way."""
    return replace(interactions, products=IdMap(tuple(f"X-{n}" for n in interactions.products.ids)))


def test_tables_beside_the_lists_that_do_not_meet_them_are_named_with_counts() -> None:
    count = len(LISTS.products)
    (warning,) = judged(LISTS, history=renamed(SPLIT.train))
    assert f"history has 0 of the {count} ranked products" in warning
    others = replace(SPLIT.train, clients=IdMap(tuple(f"X-{n}" for n in CLIENTS)))
    (warning,) = judged(LISTS, history=others)
    assert f"None of the {len(CLIENTS)} ranked clients is in history" in warning
    (warning,) = judged(
        LISTS, baseline=replace(LISTS, products=tuple(f"X-{n}" for n in LISTS.products))
    )
    assert f"The baseline has 0 of the {count}" in warning
    shelf = Catalogue.from_products(
        Product(id=name, name=name, asset="bonds", risk_level=1) for name in LISTS.products[:2]
    )
    (warning,) = judged(LISTS, catalogue=shelf)
    assert f"The catalogue has 2 of the {count}" in warning


def test_lists_of_another_system_can_say_what_they_were_learnt_from() -> None:
    frame = EASE().fit(ALL).rank(CLIENTS, 5, exclude_held=False).to_frame()
    assert judged(Ranking.from_frame(frame)) == (), "nobody said what they had seen"
    warnings = judged(Ranking.from_frame(frame, known_until=ALL.days.max()))
    assert f"{len(SPLIT.test):,} of the {len(SPLIT.test):,}" in warnings[0]
    assert Ranking.from_frame(frame, known_until="2026-03-01").known_until == np.datetime64(
        "2026-03-01"
    )

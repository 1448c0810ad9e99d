"""Tables whose ids do not meet, and lists that have seen what they are judged by, are named by
counts."""

from __future__ import annotations

import logging
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from advisor import Catalogue, InputError, Product, evaluate_match
from advisor.data import ClientTable, Interactions, Ranking
from advisor.evaluate import temporal_split
from advisor.recommend import EASE, calibrate

CLIENTS, PRODUCTS = [f"c{i}" for i in range(8)], [f"p{j}" for j in range(4)]


def purchases(clients: list[str], products: list[str], day: str = "2026-01-05") -> Interactions:
    """Each client buys two products that stand behind each other."""
    rows = [(c, products[(i + n) % len(products)]) for i, c in enumerate(clients) for n in (0, 1)]
    return Interactions.from_frame(
        pd.DataFrame(rows, columns=["client_id", "product_id"]).assign(day=day)
    )


def table(ids: list[str], held: str | None = None) -> ClientTable:
    """Clients, each with some money in one thing."""
    frame = pd.DataFrame({"id": ids, "wealth": 1e4, "horizon_years": 5.0})
    return ClientTable.from_frame(frame if held is None else frame.assign(**{held: 100.0}))


def catalogue(ids: list[str]) -> Catalogue:
    """Products of one asset."""
    return Catalogue.from_products(
        Product(id=name, name=name, asset="bonds", risk_level=1) for name in ids
    )


def lists(products: list[str] = PRODUCTS) -> Ranking:
    """All products for everybody."""
    codes = np.tile(np.arange(len(products)), (len(CLIENTS), 1))
    return Ranking(tuple(CLIENTS), tuple(products), codes, 1.0 - 0.1 * codes)


@pytest.fixture
def warnings(caplog: pytest.LogCaptureFixture) -> pytest.LogCaptureFixture:
    caplog.set_level(logging.INFO, "advisor")
    return caplog


def told(caplog: pytest.LogCaptureFixture, level: int, *parts: str) -> bool:
    """Whether a message of that level has all these words."""
    return any(
        r.levelno == level and all(part in r.getMessage() for part in parts) for r in caplog.records
    )


def test_purchases_of_products_that_the_catalogue_lacks(warnings: pytest.LogCaptureFixture) -> None:
    EASE().fit(purchases(CLIENTS, PRODUCTS), catalogue=catalogue(PRODUCTS[:3]))
    assert told(warnings, logging.INFO, "4 of 16 purchases", "'p3'")
    EASE().fit(purchases(CLIENTS, PRODUCTS), catalogue=catalogue(PRODUCTS[:2]))
    assert told(warnings, logging.WARNING, "8 of 16 purchases")


def test_buyers_that_a_table_of_clients_lacks(warnings: pytest.LogCaptureFixture) -> None:
    bought = purchases(CLIENTS, PRODUCTS)
    EASE().fit(bought, clients=table(CLIENTS))
    assert not warnings.records
    EASE().fit(bought, clients=table(["C-0", "c1"]))
    assert told(warnings, logging.INFO, "7 of 8 clients")
    EASE().fit(bought, clients=table(["C-0", "C-1"]))
    assert told(warnings, logging.WARNING, "8 of 8 clients")


def test_lists_of_clients_and_holdings_that_a_table_lacks(
    warnings: pytest.LogCaptureFixture,
) -> None:
    fitted = EASE().fit(purchases(CLIENTS, PRODUCTS))
    fitted.rank(CLIENTS, 2, clients=table(CLIENTS, "holding:p1"))
    assert not warnings.records
    fitted.rank(CLIENTS, 2, clients=table(["C-0", "C-1"]))
    assert told(warnings, logging.WARNING, "8 of 8 clients")
    fitted.rank(CLIENTS, 2, clients=table(CLIENTS, "holding:P-1"))
    assert told(warnings, logging.WARNING, "None of the 1 things", "'a-0'")


def test_a_calibration_says_what_cannot_come_true(warnings: pytest.LogCaptureFixture) -> None:
    later = purchases(CLIENTS, PRODUCTS, "2026-07-01")
    calibrate(lists(), later)
    assert not warnings.records
    calibrate(lists(["P-0", "P-1", "P-2", "P-3"]), later)
    assert told(warnings, logging.WARNING, "16 of 16 purchases", "'p0'")


def test_a_calibration_on_what_was_learnt_from_says_so(warnings: pytest.LogCaptureFixture) -> None:
    later = purchases(CLIENTS, PRODUCTS, "2026-07-01")
    calibrate(replace(lists(), known_until=np.datetime64("2026-06-30")), later)
    assert not warnings.records
    calibrate(replace(lists(), known_until=np.datetime64("2026-07-01")), later)
    assert told(warnings, logging.WARNING, "16 of the 16", "has seen them")


WRITTEN = {"zeros in front": "00{}", ".0 at the end": "{}.0", "spaces": " {} "}


@pytest.mark.parametrize("way", WRITTEN)
def test_ids_that_mean_the_same_are_told_by_what_sets_them_apart(
    way: str, warnings: pytest.LogCaptureFixture
) -> None:
    """Numbers as one file has them, and as another does: every table that meets none says how."""
    ours, items = [str(i) for i in range(20, 28)], [str(j) for j in range(50, 54)]
    theirs, others = ([WRITTEN[way].format(name) for name in names] for names in (ours, items))
    fitted = EASE().fit(purchases(ours, items))
    fitted.rank(theirs, 2)
    assert told(warnings, logging.WARNING, "None of the 8 clients", way)
    with pytest.raises(InputError, match=f"alike but for.*{way}"):
        EASE().fit(purchases(ours, items), catalogue=catalogue(others))
    ranking = fitted.rank(ours, 2)
    with pytest.raises(InputError, match=f"alike but for.*{way}"):
        evaluate_match(ranking, purchases(theirs, items), ks=(1,))
    with pytest.raises(InputError, match=f"alike but for.*{way}"):
        evaluate_match(
            ranking, purchases(ours, items), ks=(1,), by=pd.Series(list("abababab"), theirs)
        )
    with pytest.raises(InputError) as other:
        evaluate_match(ranking, purchases(["x", "y"], items), ks=(1,))
    assert "alike but for" not in str(other.value)


def test_purchases_of_what_was_held_are_counted_where_no_list_can_hit_them(
    warnings: pytest.LogCaptureFixture,
) -> None:
    rows = [("c0", "p0"), ("c1", "p1"), ("c0", "p0"), ("c0", "p1"), ("c1", "p1"), ("c2", "p0")]
    frame = pd.DataFrame(rows, columns=["client_id", "product_id"])
    both = Interactions.from_frame(frame.assign(day=["2026-01-05"] * 2 + ["2026-03-01"] * 4))
    before, later = both.until("2026-02-01"), both.after("2026-02-01")
    ranking = EASE().fit(before, catalogue=catalogue(PRODUCTS)).rank(CLIENTS, 2)
    evaluate_match(ranking, later, ks=(1,), history=before)
    assert told(warnings, logging.WARNING, "2 purchases to be predicted", "temporal_split")
    warnings.clear()
    split = temporal_split(both, "2026-02-01")
    evaluate_match(ranking, split.test, ks=(1,), history=split.train)
    evaluate_match(lists(), later, ks=(1,), history=before)  # lists that show what is held
    assert not told(warnings, logging.WARNING, "had bought before")

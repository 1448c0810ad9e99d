"""Lists of any other system, read from a table."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

from advisor import EASE, InputError, Interactions, Ranking, evaluate_match, sample


def test_a_table_written_is_read_again() -> None:
    bought = sample.interactions()
    ranking = EASE().fit(bought).rank(bought.clients.ids[:50], 5)
    back = Ranking.from_frame(
        ranking.to_frame().sample(frac=1.0, random_state=1),
        client_ids=ranking.client_ids,
        products=ranking.products,
    )
    assert (back.client_ids, back.products) == (ranking.client_ids, ranking.products)
    np.testing.assert_array_equal(back.codes, ranking.codes)
    np.testing.assert_array_equal(back.scores, ranking.scores)


def test_two_columns_are_enough() -> None:
    frame = pd.DataFrame({"who": [7, 8, 7, 7], "what": ["b", "a", "a", "c"]})
    ranking = Ranking.from_frame(frame, client="who", product="what")
    assert ranking.client_ids == ("7", "8")
    assert ranking.products == ("a", "b", "c")
    assert ranking.codes.tolist() == [[1, 0, 2], [0, -1, -1]]
    assert ranking.scores[0].tolist() == [3.0, 2.0, 1.0]
    assert np.isnan(ranking.scores[1, 1:]).all()
    bought = Interactions.from_frame(
        pd.DataFrame({"client_id": ["8"], "product_id": ["a"], "day": ["2026-01-01"]})
    )
    assert evaluate_match(ranking, bought, ks=(1,), resamples=1).score("hit_rate", 1).value == 0.5


def test_places_and_clients_without_a_list_stay() -> None:
    frame = pd.DataFrame({"client_id": ["x", "x"], "product_id": ["a", "b"], "rank": [3, 1]})
    ranking = Ranking.from_frame(frame, client_ids=["z", "x"])
    assert ranking.codes.tolist() == [[-1, -1, -1], [1, -1, 0]]


GOOD = {"client_id": ["x", "x"], "product_id": ["a", "b"], "rank": [1, 2], "score": [2.0, 1.0]}


@pytest.mark.parametrize(
    ("change", "more", "says"),
    [
        ({"product_id": ["a", "a"]}, {}, "product_id twice"),
        ({"rank": [1, 1]}, {}, "rank twice"),
        ({"rank": [0, 1]}, {}, "whole numbers from 1"),
        ({"rank": [1.5, 1]}, {}, "whole numbers from 1"),
        ({"rank": [1, 10**9]}, {}, "whole numbers from 1"),
        ({"score": [np.nan, 1.0]}, {}, "a score is finite"),
        ({"client_id": [None, "x"]}, {}, "client_id is missing in row 0"),
        ({}, {"client_ids": ["y"]}, "not among the ids given"),
        ({}, {"products": ["a"]}, "not among the ids given"),
        ({}, {"client": "nobody"}, "nobody"),
    ],
)
def test_a_table_that_is_no_ranking_is_refused(
    change: dict[str, Any], more: dict[str, Any], says: str
) -> None:
    with pytest.raises(InputError, match=says):
        Ranking.from_frame(pd.DataFrame(GOOD | change), **more)

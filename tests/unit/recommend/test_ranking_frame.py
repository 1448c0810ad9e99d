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
    bought = Interactions.from_frame(frame.assign(day="2026-01-01"))
    with pytest.raises(InputError, match="a pick after an empty slot") as refused:
        evaluate_match(ranking, bought)
    names = {"frame": frame}
    exec(str(refused.value).split("with places: ")[1].rstrip("."), names)
    closed = evaluate_match(Ranking.from_frame(names["frame"]), bought, ks=(2,), resamples=1)
    assert closed.score("ndcg").value == 1.0


GOOD = {"client_id": ["x", "x"], "product_id": ["a", "b"], "rank": [1, 2], "score": [2.0, 1.0]}


@pytest.mark.parametrize(
    ("change", "more", "says"),
    [
        ({"product_id": ["a", "a"]}, {}, "product_id twice"),
        ({"rank": [1, 1]}, {}, "rank twice"),
        ({"rank": [0, 1]}, {}, "whole numbers from 1"),
        ({"rank": [0, 1]}, {}, r"rank is 0 in row 0.* frame\[\"rank\"\] \+ 1"),
        ({"rank": ["1st", "2nd"]}, {}, "rank is '1st' in row 0"),
        ({"rank": [1.5, 1]}, {}, "whole numbers from 1"),
        ({"rank": [1, 10**9]}, {}, "whole numbers from 1"),
        ({"score": [np.nan, 1.0]}, {}, "a score is finite"),
        ({"score": [-np.inf, 1.0]}, {}, r"score is -inf in row 0.*numpy.isfinite"),
        ({"score": ["0,9", "0,1"]}, {}, "decimal=','"),
        ({"client_id": [None, "x"]}, {}, "client_id is missing in row 0"),
        ({}, {"client_ids": ["y"]}, "not among the ids given"),
        ({}, {"products": ["a"]}, "not among the ids given"),
        ({}, {"client": "nobody"}, "nobody"),
        ({}, {"rank": "positon"}, r"need the column\(s\) \['positon'\]"),
        ({}, {"score": "points"}, r"need the column\(s\) \['points'\]"),
        ({"product_id": [["a", "b"], ["a"]]}, {}, r"frame.explode\('product_id'\)"),
    ],
)
def test_a_table_that_is_no_ranking_is_refused(
    change: dict[str, Any], more: dict[str, Any], says: str
) -> None:
    with pytest.raises(InputError, match=says):
        Ranking.from_frame(pd.DataFrame(GOOD | change), **more)


def test_without_places_lists_stand_by_score_whatever_the_order_of_the_rows() -> None:
    random = np.random.default_rng(4)
    frame = pd.DataFrame(
        {
            "client_id": random.integers(0, 40, 400),
            "product_id": random.integers(0, 30, 400),
            "score": random.integers(0, 8, 400) / 4.0,
        }
    ).drop_duplicates(["client_id", "product_id"])
    ranking = Ranking.from_frame(frame)
    for name, codes in zip(ranking.client_ids, ranking.codes, strict=True):
        rows = frame[frame["client_id"] == int(name)].itertuples()
        best = sorted(rows, key=lambda row: -row.score)  # equal scores as they stand
        assert [ranking.products[c] for c in codes if c >= 0] == [str(r.product_id) for r in best]


@pytest.mark.parametrize("name", ["position", "Platz", "排名"])
def test_a_column_of_places_of_another_name_is_not_passed_over(name: str) -> None:
    frame = pd.DataFrame({"client_id": ["x"] * 2, "product_id": ["a", "b"], name: [2, 1]})
    with pytest.raises(InputError, match=f"Pass rank='{name}'"):
        Ranking.from_frame(frame)
    assert Ranking.from_frame(frame, rank=name).codes.tolist() == [[1, 0]]
    with pytest.raises(InputError, match="Pass score='relevance'"):
        Ranking.from_frame(frame.rename(columns={name: "relevance"}))


def test_scores_that_only_rise_may_be_distances() -> None:
    frame = pd.DataFrame(
        {"client_id": ["x", "x", "y"], "product_id": ["a", "b", "a"], "score": [0.1, 0.9, 0.3]}
    )
    with pytest.raises(InputError, match="less is better") as refused:
        Ranking.from_frame(frame)
    line = str(refused.value).split("Say which: ")[1].split(" where more")[0]
    exec(line, {"frame": frame})
    assert Ranking.from_frame(frame).codes[0].tolist() == [1, 0]


@pytest.mark.parametrize(
    "wide",
    [
        {"client_id": ["1", "2"], "first": ["A", "B"], "second": ["B", None]},
        {"client_id": ["1", "2"], "A": [0.9, np.nan], "B": [0.4, 0.2]},
    ],
)
def test_one_row_a_client_gets_the_line_that_mends_it(wide: dict[str, Any]) -> None:
    names = {"frame": pd.DataFrame(wide)}
    with pytest.raises(InputError, match="Of one row a client") as refused:
        Ranking.from_frame(names["frame"])
    exec(str(refused.value).split("Of one row a client: ")[1].rstrip("."), names)
    ranking = Ranking.from_frame(names["frame"])
    assert [ranking.products[c] for c in ranking.codes[0]] == ["A", "B"]
    assert [ranking.products[c] for c in ranking.codes[1] if c >= 0] == ["B"]

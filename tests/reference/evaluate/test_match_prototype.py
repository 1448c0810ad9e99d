"""EASE and the protocol of FAR-Trans against an independent dense prototype: its own reading of the
files, its own solve, its own nDCG."""

from __future__ import annotations

from functools import cache
from math import log2
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from advisor import EASE, Interactions, Popularity, Ranking, evaluate_match

pytestmark = pytest.mark.data
K = 10
POINTS = ("2019-09-20", "2020-08-14")


class Prototype:
    """One time point: train on pairs known by then, rank eligible unheld assets, binary nDCG@10,
    mean over the evaluated customers."""

    def __init__(self, folder: Path, day: str) -> None:
        pairs = pd.read_csv(folder / "purchase_pairs.csv.gz").query("known_from <= @day")
        tests = pd.read_csv(folder / "purchase_tests.csv.gz").query(
            "time_point == @day and customer_evaluated == 1"
        )
        offered = set(
            pd.read_csv(folder / "eligible_assets.csv.gz").query("time_point == @day").ISIN
        )
        self.people, self.assets = sorted(tests.customerID.unique()), sorted(pairs.ISIN.unique())
        column = {a: j for j, a in enumerate(self.assets)}
        everyone = {c: i for i, c in enumerate(sorted(pairs.customerID.unique()))}
        X = np.zeros((len(everyone), len(self.assets)))
        X[pairs.customerID.map(everyone), pairs.ISIN.map(column)] = 1.0
        self.everyone = np.array(sorted(everyone), dtype=object)
        self.X, self.held = X, X[[everyone[c] for c in self.people]]
        self.offered = np.array([a in offered for a in self.assets])
        self.relevant = (
            tests[tests.asset_eligible == 1].groupby("customerID").ISIN.agg(set).to_dict()
        )

    def ease(self, ridge: float) -> np.ndarray:
        gram = self.X.T @ self.X + ridge * np.eye(len(self.assets))
        P = np.linalg.solve(gram, np.eye(len(gram)))
        B = -P / np.diag(P)
        np.fill_diagonal(B, 0.0)
        return self.held @ B

    def popularity(self) -> np.ndarray:
        return np.tile(self.X.sum(axis=0), (len(self.people), 1))

    def ndcg(self, scores: np.ndarray) -> np.ndarray:
        masked = np.where(self.offered & (self.held == 0.0), scores, -np.inf)
        best = np.argsort(-masked, axis=1, kind="stable")[
            :, :K
        ].tolist()  # at least K assets are always left here
        values = []
        for person, row in zip(self.people, best, strict=True):
            truth = self.relevant.get(person, set())
            gain = sum(1 / log2(r + 2) for r, j in enumerate(row) if self.assets[j] in truth)
            ideal = sum(1 / log2(r + 2) for r in range(min(K, len(truth))))
            values.append(gain / ideal if truth else 0.0)
        return np.array(values)

    def held_out(self) -> Interactions:
        rows = [(c, a, "2021-01-01") for c, assets in self.relevant.items() for a in sorted(assets)]
        return Interactions.from_frame(
            pd.DataFrame(rows, columns=["client_id", "product_id", "day"])
        )

    def bought(self) -> Interactions:
        rows, columns = np.nonzero(self.X)
        return Interactions.from_frame(
            pd.DataFrame(
                {
                    "client_id": self.everyone[rows],
                    "product_id": np.array(self.assets)[columns],
                    "day": "2019-01-01",
                }
            )
        )


@cache
def prototype(folder: Path, day: str) -> Prototype:
    return Prototype(folder, day)


def library(point: Prototype, recipe: EASE | Popularity) -> Ranking:
    fitted = recipe.fit(point.bought())
    assert fitted.products == tuple(point.assets)
    return fitted.rank(point.people, K, eligible=np.tile(point.offered, (len(point.people), 1)))


@pytest.mark.parametrize("day", POINTS)
def test_ease_makes_the_picks_of_the_prototype(data_dir: Path, day: str) -> None:
    point = prototype(data_dir / "far_trans", day)
    scores = point.ease(500.0)
    ranking = library(point, EASE(500.0))
    masked = np.where(point.offered & (point.held == 0.0), scores, -np.inf)
    expected = np.argsort(-masked, axis=1, kind="stable")[:, :K]
    differs = expected != ranking.codes
    gap = (
        np.take_along_axis(masked, expected, 1)[differs]
        - np.take_along_axis(masked, ranking.codes, 1)[differs]
    )
    assert differs.mean() < 1e-3
    assert (
        np.abs(gap).max(initial=0.0) < 1e-12
    )  # only rounding may order equal scores the other way


@pytest.mark.parametrize("day", POINTS)
def test_ndcg_of_ease_and_popularity_equals_the_prototype(data_dir: Path, day: str) -> None:
    point = prototype(data_dir / "far_trans", day)
    popular, ease = library(point, Popularity()), library(point, EASE(500.0))
    score = evaluate_match(ease, point.held_out(), ks=(K,), baseline=popular, resamples=1).score(
        "ndcg", K
    )
    theirs, base = point.ndcg(point.ease(500.0)), point.ndcg(point.popularity())
    assert score.clients == len(point.people)
    assert score.value == pytest.approx(theirs.mean(), abs=1e-6)
    assert score.baseline == pytest.approx(base.mean(), abs=1e-12)
    assert score.value > score.baseline + 0.05


def test_a_transposed_ease_would_be_noticed(data_dir: Path) -> None:
    """Broken on purpose: dividing by the other diagonal, a known bug of a published library, moves
    nDCG far beyond the tolerance."""
    point = prototype(data_dir / "far_trans", POINTS[0])
    P = np.linalg.inv(point.X.T @ point.X + 500.0 * np.eye(len(point.assets)))
    B = -P / np.diag(P)[:, None]
    np.fill_diagonal(B, 0.0)
    assert abs(point.ndcg(point.held @ B).mean() - point.ndcg(point.ease(500.0)).mean()) > 1e-3


def test_six_metrics_on_1869_lists_as_ranx_and_trec_eval_gave_them(data_dir: Path) -> None:
    """The lists of EASE(2000) at 2020-08-14 were once scored by ranx, trec_eval, RecTools, LensKit
    and implicit side by side; these are the values on which the first two agree (MAP divides by the
    bought products, precision by k), to the five digits they were noted with.
    """
    point = prototype(data_dir / "far_trans", "2020-08-14")
    report = evaluate_match(library(point, EASE(2000.0)), point.held_out(), ks=(K,), resamples=1)
    noted = {
        "ndcg": 0.42226,
        "precision": 0.11493,
        "map": 0.32466,
        "recall": 0.61519,
        "hit_rate": 0.75281,
        "mrr": 0.40974,
    }
    assert report.counts["clients"] == 1869
    assert {name: round(report.score(name, K).value, 5) for name in noted} == noted

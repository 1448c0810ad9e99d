"""Probabilities, thresholds, portfolio utility and diversity."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest

from advisor import InputError
from advisor.data import Catalogue, Eligibility, Interactions, Ranking, ReturnModel
from advisor.recommend import (
    Calibration,
    calibrate,
    diversify,
    exposure_similarity,
    portfolio_utility,
    trade_off,
)
from advisor.recommend.coverage import coverage_of
from advisor.recommend.portfolio_fit.utility import scaled


def served(
    seed: int, clients: int = 4000, k: int = 5, buys: float = 0.6
) -> tuple[Ranking, Interactions, np.ndarray]:
    """Lists whose picks are bought with probability score ** 2 / 2 by those who buy, and the same
    clients' other purchases."""
    rng = np.random.default_rng(seed)
    scores = -np.sort(-rng.random((clients, k)), axis=1)
    codes = np.argsort(rng.random((clients, 12)), axis=1)[:, :k]
    codes[::7, -1], scores[::7, -1] = -1, np.nan
    active = rng.random(clients) < buys
    hits = (rng.random((clients, k)) < scores**2 / 2.0) & active[:, None] & (codes >= 0)
    ids = tuple(f"c{i:05d}" for i in range(clients))
    rows, slots = np.nonzero(hits)
    products = tuple(f"p{j:02d}" for j in range(12))
    bought = [(ids[r], products[codes[r, s]]) for r, s in zip(rows, slots, strict=True)] + [
        (ids[i], "elsewhere") for i in np.flatnonzero(active)
    ]
    frame = pd.DataFrame(bought, columns=["client_id", "product_id"]).assign(day="2026-01-01")
    return Ranking(ids, products, codes, scores), Interactions.from_frame(frame), active


@pytest.mark.parametrize("method", ["isotonic", "platt"])
def test_probabilities_hold_on_another_sample(method: str) -> None:
    ranking, bought, _ = served(1)
    found = calibrate(ranking, bought, method=method)  # type: ignore[arg-type]
    later, _, active = served(2)
    truth = later.scores**2 / 2.0
    tolerance = 0.03 if method == "isotonic" else 0.08
    assert np.nanmean(np.abs(found.probability(later.scores) - truth)) < tolerance
    assert found.buys == pytest.approx(0.6, abs=0.03)
    np.testing.assert_allclose(
        found.unconditional(later.scores), found.buys * found.probability(later.scores)
    )
    assert np.isnan(found.probability(later.scores)[later.codes < 0]).all()
    any_hit = 1.0 - np.prod(1.0 - np.nan_to_num(truth), axis=1)
    assert np.mean(np.abs(found.list_probability(later.scores) - any_hit)) < 0.09
    grid = found.probability(np.linspace(-1.0, 2.0, 50))
    assert (np.diff(grid) >= 0.0).all()
    assert 0.0 <= grid.min() <= grid.max() <= 1.0
    assert active.mean() == pytest.approx(found.buys, abs=0.05)


def test_scores_that_only_compare_within_a_list_count_relative_to_it() -> None:
    ranking, bought, _ = served(5)
    size = np.exp(np.random.default_rng(0).normal(0.0, 2.0, (len(ranking.client_ids), 1)))
    blown = Ranking(ranking.client_ids, ranking.products, ranking.codes, ranking.scores * size)
    found, plain = calibrate(blown, bought), calibrate(blown, bought, relative=False)
    assert found.relative_to == 5
    assert plain.relative_to == 0
    assert calibrate(ranking, bought).relative_to == 0, (
        "scores that compare between clients are left as they are"
    )
    truth = ranking.scores**2 / 2.0
    errors = [np.nanmean(np.abs(c.probability(blown.scores) - truth)) for c in (found, plain)]
    assert errors[0] < 0.75 * errors[1]
    np.testing.assert_allclose(
        found.probability(ranking.scores), found.probability(blown.scores), rtol=1e-9
    )
    for i in (0, 7, 12):
        np.testing.assert_array_equal(
            found.probability(blown.scores[i]), found.probability(blown.scores)[i]
        )
    shuffled = found.probability(blown.scores[:, ::-1])[:, ::-1]
    np.testing.assert_array_equal(shuffled, found.probability(blown.scores))
    arrays, meta = found.state()
    again = Calibration.restored(arrays, json.loads(json.dumps(meta)))
    np.testing.assert_array_equal(again.probability(blown.scores), found.probability(blown.scores))
    assert np.isfinite(found.probability(np.zeros(3))).all()


def test_a_wanted_precision_costs_coverage_or_is_unattainable() -> None:
    found = calibrate(*served(3)[:2])
    cheap, dear = found.threshold(0.2), found.threshold(0.4)
    assert cheap.status == dear.status == "attained"
    assert cheap.coverage > dear.coverage > 0.0
    assert dear.score is not None
    assert cheap.score is not None
    assert dear.score > cheap.score
    scores, hits = found.evidence
    assert hits[scores >= dear.score].mean() == pytest.approx(dear.reached)
    assert dear.reached >= 0.4
    assert (scores >= dear.score).mean() == pytest.approx(dear.coverage)
    none = found.threshold(0.85)
    assert (none.status, none.score, none.coverage) == ("unattainable", None, 0.0)
    assert none.reached < 0.85
    with pytest.raises(InputError, match="It is a share"):
        found.threshold(1.2)


def test_calibration_is_saved_without_pickle_and_refuses_silence() -> None:
    ranking, bought, _ = served(4, clients=300)
    found = calibrate(ranking, bought)
    arrays, meta = found.state()
    back = Calibration.restored(arrays, json.loads(json.dumps(meta)))
    np.testing.assert_array_equal(
        back.probability(ranking.scores), found.probability(ranking.scores)
    )
    np.testing.assert_array_equal(
        back.list_probability(ranking.scores), found.list_probability(ranking.scores)
    )
    strangers = Interactions.from_frame(
        pd.DataFrame({"client_id": ["z"], "product_id": ["p00"], "day": ["2026-01-01"]})
    )
    with pytest.raises(InputError, match="longer window"):
        calibrate(ranking, strangers)


# ---- utility

MODEL = ReturnModel(
    ["cash", "bonds", "stocks"],
    [0.01, 0.03, 0.07],
    [[0.0, 0.0, 0.0], [0.0, 0.0025, 0.001], [0.0, 0.001, 0.04]],
)
SHELF = Catalogue.from_frame(
    pd.DataFrame(
        {
            "id": ["money", "bond", "stock", "mixed"],
            "name": "x",
            "asset": ["cash", "bonds", "stocks", None],
            "risk_level": [1, 2, 4, 3],
            "exposures": [{}, {}, {}, {"bonds": 0.5, "stocks": 0.5}],
            "min_purchase": [0.0, 1000.0, 5000.0, 0.0],
            "annual_fee": [0.0, 0.002, 0.01, 0.005],
        }
    )
)


def test_utility_is_the_change_in_certainty_equivalent() -> None:
    rng = np.random.default_rng(0)
    weights = rng.dirichlet(np.ones(4), 6)[:, :3]
    wealth, gamma = rng.random(6) * 1e5 + 2e4, rng.random(6) * 8.0
    found = portfolio_utility(weights, wealth, gamma, SHELF, MODEL, cash_return=0.01)
    exposures = SHELF.exposures(MODEL.ids)
    for i in range(6):
        for j in range(4):
            size = SHELF.min_purchase[j] / wealth[i] or 1e-6

            def certainty(w: np.ndarray, i: int = i) -> float:
                return float(MODEL.mean @ w - gamma[i] / 2.0 * w @ MODEL.covariance @ w)

            gain = (
                (certainty(weights[i] + size * exposures[j]) - certainty(weights[i])) / size
                - SHELF.annual_fee[j]
                - 0.01
            )
            assert found.certainty_equivalent[i, j] == pytest.approx(gain, abs=1e-6)
    alone = portfolio_utility(weights[2:3], wealth[2:3], gamma[2:3], SHELF, MODEL, cash_return=0.01)
    np.testing.assert_array_equal(alone.certainty_equivalent[0], found.certainty_equivalent[2])


def test_what_is_held_already_is_worth_less() -> None:
    full, empty = np.array([[0.0, 0.0, 0.9]]), np.array([[0.0, 0.9, 0.0]])
    stock = [
        portfolio_utility(w, np.array([1e5]), np.array([4.0]), SHELF, MODEL).certainty_equivalent[
            0, 2
        ]
        for w in (full, empty)
    ]
    assert stock[0] < stock[1]


def test_the_trade_off_runs_from_taste_to_utility() -> None:
    rng = np.random.default_rng(1)
    taste, utility = rng.normal(size=(5, 8)), rng.normal(size=(5, 8))
    classes = Eligibility(np.array([0, 1, 0, 1, 0]), rng.random((2, 8)) < 0.7)
    for weight, order in ((0.0, taste), (1.0, utility)):
        mixed = trade_off(taste, utility, classes, weight)
        for i in range(5):
            allowed = classes.to_array()[i]
            np.testing.assert_array_equal(
                np.argsort(mixed[i][allowed]), np.argsort(order[i][allowed])
            )
    unit = scaled(taste, classes)[classes.to_array()]
    assert unit.min() == 0.0
    assert unit.max() == 1.0
    with pytest.raises(InputError, match="fraction from 0 to 1"):
        trade_off(taste, utility, classes, 1.5)


def test_lists_stop_repeating_themselves() -> None:
    codes, scores = (
        np.array([[0, 1, 2, 3], [3, -1, -1, -1]]),
        np.array([[1.0, 0.9, 0.8, 0.1], [0.5, np.nan, np.nan, np.nan]]),
    )
    alike = np.eye(4)
    alike[0, 1] = alike[1, 0] = 1.0
    plain, kept = diversify(codes, scores, alike, 3, 0.0)
    assert plain.tolist() == [[0, 1, 2], [3, -1, -1]]
    np.testing.assert_array_equal(kept[0], [1.0, 0.9, 0.8])
    varied, _ = diversify(codes, scores, alike, 2, 0.5)
    assert varied.tolist() == [[0, 2], [3, -1]]
    likeness = exposure_similarity(SHELF, MODEL)
    np.testing.assert_allclose(np.diag(likeness)[1:], 1.0)
    assert 0.0 < likeness[1, 2] < likeness[2, 3] < 1.0


@pytest.mark.parametrize("share", [0.0, 0.3, 1.0])
def test_a_share_that_is_stated_is_inside_its_interval(share: float) -> None:
    found = coverage_of(np.full((4, 2), share), np.array([9, 9, 9, 9]), 2)
    assert found.share == share
    assert found.low <= found.share <= found.high

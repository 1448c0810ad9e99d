"""Stated probabilities on a simulated window whose true probabilities are known."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from advisor import InputError, Interactions, Ranking
from advisor.evaluate import evaluate_probability
from advisor.measures import reliability_curve, threshold_for_precision
from advisor.reports.match import reliability_chart

CLIENTS, K = 6000, 3


def world(scale: float = 1.0) -> tuple[Ranking, Interactions, np.ndarray]:
    """Slot s of client i is bought with probability p[i, s]; everybody also buys something else, so
    that all are buyers."""
    rng = np.random.default_rng(8)
    p = rng.beta(1.0, 8.0, (CLIENTS, K)) * scale
    bought = rng.random(p.shape) < p
    names = tuple(f"c{i:05d}" for i in range(CLIENTS))
    ranking = Ranking(
        names, ("a", "b", "c", "other"), np.tile(np.arange(K), (CLIENTS, 1)), np.zeros((CLIENTS, K))
    )
    who, what = np.nonzero(bought)
    rows = pd.DataFrame(
        {
            "client_id": [*np.array(names)[who], *names],
            "product_id": [*np.array(["a", "b", "c"])[what], *["other"] * CLIENTS],
            "day": "2026-05-01",
        }
    )
    return ranking, Interactions.from_frame(rows), p


def test_true_probabilities_are_calibrated_and_wrong_ones_are_not() -> None:
    ranking, later, p = world()
    true = evaluate_probability(ranking, later, p, list_probability=1 - np.prod(1 - p, axis=1))
    wrong = evaluate_probability(ranking, later, np.sqrt(p))
    assert true.curves["pick, buyers"].expected_calibration_error < 0.01
    assert true.curves["list, buyers"].expected_calibration_error < 0.02
    assert wrong.curves["pick, buyers"].expected_calibration_error > 0.15
    curve = true.curves["pick, buyers"]
    assert curve.brier < curve.brier_of_base_rate < wrong.curves["pick, buyers"].brier + 1


def test_a_precision_out_of_reach_is_unattainable_and_says_what_is() -> None:
    ranking, later, p = world()
    report = evaluate_probability(ranking, later, p, wanted=0.85)
    cut = report.thresholds["pick, buyers"]
    assert not cut.attainable
    assert cut.coverage == 0.0
    assert cut.best < 0.85
    assert "unattainable" in str(report)
    modest = evaluate_probability(ranking, later, p, wanted=0.3).thresholds["pick, buyers"]
    assert modest.attainable
    assert 0.0 < modest.coverage < 0.2
    assert modest.precision >= 0.3 > modest.precision_low


def test_plain_words_say_what_may_be_promised() -> None:
    ranking, later, p = world()
    told = evaluate_probability(
        ranking, later, p, list_probability=1 - np.prod(1 - p, axis=1), wanted=0.85
    ).sentences()
    assert len(told) == 2
    assert "85% for a pick is unattainable" in told[0]
    assert "Do not promise it" in told[1]
    kept = evaluate_probability(ranking, later, p, wanted=0.3).sentences()
    assert "is kept where at least" in kept[0]
    wrong = evaluate_probability(ranking, later, np.sqrt(p)).sentences()
    assert "use their order, not their size" in wrong[1]


def test_only_buyers_count_in_the_conditional_and_everybody_in_the_unconditional() -> None:
    ranking, later, p = world()
    half = Ranking(
        (*ranking.client_ids, "never"),
        ranking.products,
        np.vstack([ranking.codes, [0, -1, -1]]),
        np.zeros((CLIENTS + 1, K)),
    )
    stated = np.vstack([p, [0.4, np.nan, np.nan]])
    report = evaluate_probability(half, later, stated, unconditional=stated)
    assert report.curves["pick, buyers"].count.sum() == CLIENTS * K
    assert report.curves["pick, everyone"].count.sum() == CLIENTS * K + 1
    assert report.to_frame()["probability"].tolist() == ["pick, buyers", "pick, everyone"]
    assert reliability_chart(report).count("<svg") == 2


def test_wrong_shapes_are_refused() -> None:
    ranking, later, p = world()
    with pytest.raises(InputError, match="shape"):
        evaluate_probability(ranking, later, p[:, :2])
    with pytest.raises(InputError, match="within 0 to 1"):
        evaluate_probability(ranking, later, p + 1.0)
    with pytest.raises(InputError, match="list_probability states nothing"):
        evaluate_probability(ranking, later, p, list_probability=np.full(len(p), np.nan))


def test_reliability_by_hand_with_both_kinds_of_bins() -> None:
    stated, happened = np.array([0.05, 0.05, 0.15, 0.95]), np.array([False, True, False, True])
    wide = reliability_curve(stated, happened, bins=10)
    assert wide.count.tolist() == [2, 1, 1]
    assert wide.expected_calibration_error == pytest.approx((2 * 0.45 + 0.15 + 0.05) / 4)
    assert wide.brier == pytest.approx(np.mean((stated - happened) ** 2))
    even = reliability_curve(stated, happened, bins=2, equal_counts=True)
    assert even.count.sum() == 4
    assert (even.stated[:-1] <= even.stated[1:]).all()
    certain = reliability_curve(np.array([1.0, 0.0]), np.array([True, False]))
    assert certain.expected_calibration_error == 0.0


@pytest.mark.parametrize(
    ("stated", "happened", "bins", "message"),
    [
        ([0.5], [True, False], 5, "shape"),
        ([np.nan], [True], 5, "No probability"),
        ([1.2], [True], 5, "within 0 to 1"),
        ([0.5], [True], 0, "bin"),
    ],
)
def test_reliability_refuses_nonsense(
    stated: list[float], happened: list[bool], bins: int, message: str
) -> None:
    with pytest.raises(InputError, match=message):
        reliability_curve(np.array(stated), np.array(happened), bins=bins)


def test_thresholds_keep_equals_together_and_need_enough() -> None:
    stated = np.array([0.9, 0.5, 0.5, 0.1])
    happened = np.array([True, True, False, False])
    assert threshold_for_precision(stated, happened, 0.6, at_least=1).threshold == 0.5
    assert threshold_for_precision(stated, happened, 0.9, at_least=1).threshold == 0.9
    assert not threshold_for_precision(stated, happened, 0.9, at_least=2).attainable
    with pytest.raises(InputError, match="wanted"):
        threshold_for_precision(stated, happened, 0.0)

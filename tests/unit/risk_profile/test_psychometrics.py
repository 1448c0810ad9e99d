"""Reliability and graded responses on numbers that can be checked by hand, and recovered from
simulation."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from advisor import InputError
from advisor.risk_profile import (
    GradedResponseModel,
    omega,
    reliability,
    spearman_brown,
    standard_error_of_measurement,
)
from advisor.risk_profile.psychometrics import calibrate as calibration
from advisor.risk_profile.psychometrics.calibrate import calibrate
from advisor.risk_profile.psychometrics.graded_response import BLOCK, Categories


def some_model(rng: np.random.Generator, items: int = 8, answers: int = 4) -> GradedResponseModel:
    cuts = np.sort(rng.uniform(-2, 2, (items, answers - 1)), axis=1) + 0.2 * np.arange(answers - 1)
    return GradedResponseModel.of(
        {f"i{k}": (float(rng.uniform(0.5, 2.5)), cuts[k].tolist()) for k in range(items)}
    )


def simulate(model: GradedResponseModel, theta: np.ndarray, rng: np.random.Generator) -> Categories:
    above = model.probability(theta).cumsum(axis=2)[:, :, :-1]
    return (rng.random((len(theta), len(model.items), 1)) > above).sum(axis=2).astype(np.int8)


def test_alpha_by_hand() -> None:
    scores = np.array([[1, 2, 2], [2, 3, 4], [4, 4, 5], [5, 5, 4]], dtype=float)
    items, total = scores.var(axis=0), scores.sum(axis=1).var()
    found = reliability(scores)
    assert found.alpha == pytest.approx(1.5 * (1 - items.sum() / total))
    assert found.standard_error == pytest.approx(np.sqrt(total * (1 - found.alpha)))
    assert (found.items, found.respondents) == (3, 4)
    assert found.band == "excellent"


def test_alpha_with_weights_is_that_of_repeated_people() -> None:
    rng = np.random.default_rng(0)
    scores = rng.integers(0, 5, (40, 6)) + rng.integers(0, 3, (40, 1))
    times = rng.integers(1, 4, 40)
    assert reliability(scores, weights=times).alpha == pytest.approx(
        reliability(np.repeat(scores, times, axis=0)).alpha
    )


def test_omega_equals_alpha_where_loadings_are_equal_and_exceeds_it_where_not() -> None:
    equal = np.full((5, 5), 0.4) + 0.6 * np.eye(5)
    alpha = 5 / 4 * (1 - np.trace(equal) / equal.sum())
    assert omega(equal) == pytest.approx(alpha, abs=1e-9)
    loadings = np.array([0.9, 0.8, 0.6, 0.4, 0.3])
    unequal = np.outer(loadings, loadings)
    np.fill_diagonal(unequal, 1.0)
    truth = loadings.sum() ** 2 / (loadings.sum() ** 2 + (1 - loadings**2).sum())
    assert omega(unequal) == pytest.approx(truth, abs=1e-6)
    assert omega(unequal) > 5 / 4 * (1 - 5 / unequal.sum())
    assert np.isnan(omega(np.eye(2)))


def test_longer_tests_and_errors_of_measurement() -> None:
    assert spearman_brown(0.71, 25 / 15) == pytest.approx(0.803, abs=5e-4)
    assert standard_error_of_measurement(10, 0.65) * 1.96 == pytest.approx(11.6, abs=0.05)


@pytest.mark.parametrize(
    ("scores", "message"),
    [
        (np.ones((5, 1)), "two items"),
        (np.ones((2, 3)), "three people"),
        ([[1, 2], [1, 3], [1, 4]], "item 0 alike"),
    ],
)
def test_scales_that_cannot_be_judged(scores: object, message: str) -> None:
    with pytest.raises(InputError, match=message):
        reliability(scores)


def test_probabilities_add_up_and_information_is_their_curvature() -> None:
    model = some_model(np.random.default_rng(1))
    theta = np.linspace(-3, 3, 13)
    assert model.probability(theta).sum(axis=2) == pytest.approx(1.0)
    h = 1e-4
    p = model.probability(theta)
    slope = (model.probability(theta + h) - model.probability(theta - h)) / (2 * h)
    assert model.information(theta) == pytest.approx((slope**2 / p).sum(axis=2), rel=1e-5)


def test_a_two_answer_item_has_the_textbook_information() -> None:
    model = GradedResponseModel.of({"i": (1.7, (0.3,))})
    assert model.information(np.array([0.3]))[0, 0] == pytest.approx(1.7**2 / 4)


def test_no_answer_is_the_prior_and_answers_only_add_precision() -> None:
    rng = np.random.default_rng(2)
    model = some_model(rng, items=12)
    none = model.score(np.full((1, 12), -1, dtype=np.int8))
    assert none.theta[0] == pytest.approx(0, abs=1e-12)
    assert none.standard_error[0] == pytest.approx(1, abs=1e-3)
    full = simulate(model, rng.standard_normal(500), rng)
    errors = []
    for asked in (0, 3, 6, 12):
        seen = full.copy()
        seen[:, asked:] = -1
        errors.append(model.score(seen).standard_error.mean())
    assert (np.diff(errors) < 0).all()
    assert errors[0] <= 1.0


@given(st.integers(0, 2**32 - 1))
def test_ability_never_falls_when_an_answer_rises(seed: int) -> None:
    rng = np.random.default_rng(seed)
    model = some_model(rng)
    base = rng.integers(-1, 4, 8).astype(np.int8)
    item = int(rng.integers(8))
    rows = np.tile(base, (4, 1))
    rows[:, item] = np.arange(4)
    assert (np.diff(model.score(rows).theta) > 0).all()


def test_a_reversed_item_is_caught_by_the_law_of_rising_ability() -> None:
    model = some_model(np.random.default_rng(3))
    broken = GradedResponseModel(
        model.items,
        np.r_[-model.discrimination[0], model.discrimination[1:]],
        model.thresholds[:, ::-1].copy(),
    )
    rows = np.tile(np.array([0, 1, 1, 1, 1, 1, 1, 1], dtype=np.int8), (4, 1))
    rows[:, 0] = np.arange(4)
    assert not (np.diff(broken.score(rows).theta) > 0).all()
    with pytest.raises(InputError, match="discrimination"):
        GradedResponseModel.of({"i": (-1.0, (0.0,))})


def test_a_respondents_bits_do_not_depend_on_his_neighbours() -> None:
    rng = np.random.default_rng(4)
    model = some_model(rng)
    answers = simulate(model, rng.standard_normal(BLOCK + 37), rng)
    whole = model.score(answers)
    for rows in (slice(0, 1), slice(5, 12), slice(BLOCK - 3, BLOCK + 9)):
        part = model.score(answers[rows])
        assert part.theta.tobytes() == whole.theta[rows].tobytes()
        assert part.standard_error.tobytes() == whole.standard_error[rows].tobytes()


def test_person_fit_is_standard_for_honest_answers_and_low_for_random_ones() -> None:
    rng = np.random.default_rng(5)
    model = some_model(rng, items=25)
    honest = model.person_fit(simulate(model, rng.standard_normal(3000), rng))
    careless = model.person_fit(rng.integers(0, 4, (3000, 25)).astype(np.int8))
    assert abs(honest.mean()) < 0.3
    assert 0.7 < honest.std() < 1.1
    assert (honest < -2).mean() < 0.05
    assert (careless < -2).mean() > 0.6
    assert np.isnan(model.person_fit(np.full((1, 25), -1, dtype=np.int8)))[0]


def test_calibration_recovers_what_was_simulated() -> None:
    rng = np.random.default_rng(6)
    truth = some_model(rng, items=10)
    found = calibrate(simulate(truth, rng.standard_normal(6000), rng), items=truth.items)
    assert found.items == truth.items
    assert np.abs(found.discrimination / truth.discrimination - 1).max() < 0.15
    assert np.abs(found.thresholds - truth.thresholds).max() < 0.25
    assert np.sqrt(((found.thresholds - truth.thresholds) ** 2).mean()) < 0.06
    assert found.cycles < 200


def test_the_likelihood_never_falls() -> None:
    rng = np.random.default_rng(7)
    answers = simulate(some_model(rng), rng.standard_normal(400), rng)
    values = [calibrate(answers, max_cycles=k).log_likelihood for k in range(1, 12)]
    assert (np.diff(values) >= -1e-8).all()


def test_a_broken_step_lets_the_likelihood_fall(monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(7)
    answers = simulate(some_model(rng), rng.standard_normal(400), rng)
    right = calibration._improve
    monkeypatch.setattr(
        calibration, "_improve", lambda a, c, table, nodes: (right(a, c, table, nodes)[0] * 0.7, c)
    )
    values = [calibrate(answers, max_cycles=k).log_likelihood for k in range(1, 12)]
    assert not (np.diff(values) >= -1e-8).all()


def test_missing_answers_are_left_out() -> None:
    rng = np.random.default_rng(8)
    truth = some_model(rng, items=10)
    answers = simulate(truth, rng.standard_normal(5000), rng)
    answers[rng.random(answers.shape) < 0.2] = -1
    found = calibrate(answers)
    assert np.sqrt(((found.thresholds - truth.thresholds) ** 2).mean()) < 0.1


def test_doors_of_the_model() -> None:
    model = some_model(np.random.default_rng(9))
    with pytest.raises(InputError, match="one column for each"):
        model.score(np.zeros((2, 3), dtype=np.int8))
    with pytest.raises(InputError, match=r"answers 0\.\.3, but"):
        model.score(np.full((2, 8), 4, dtype=np.int8))
    with pytest.raises(InputError, match="must rise"):
        GradedResponseModel.of({"i": (1.0, (1.0, 0.0))})
    with pytest.raises(InputError, match="no items"):
        GradedResponseModel.of({})
    gap = np.array([[0, 1], [2, 0], [0, 1], [2, 1]], dtype=np.int8)
    with pytest.raises(InputError, match="Nobody gave answer 1 to item '0'"):
        calibrate(gap)
    with pytest.raises(InputError, match="at least two items"):
        calibrate(gap[:, :1])
    assert list(model.to_frame().columns) == ["discrimination", "b1", "b2", "b3"]


def test_a_reversed_item_is_named_and_not_left_at_the_floor() -> None:
    rng = np.random.default_rng(8)
    model = some_model(rng)
    answers = simulate(model, rng.standard_normal(1_500), rng)
    names = [f"item {i}" for i in range(answers.shape[1])]
    calibrate(answers, items=names)
    for item in (0, 5):
        turned = answers.copy()
        turned[:, item] = answers[:, item].max() - answers[:, item]
        rest = np.delete(answers, item, axis=1).mean(axis=1)
        told = np.corrcoef(turned[:, item], rest)[0, 1]
        with pytest.raises(
            InputError, match=rf"'item {item}' \(-0\.\d\d\) do not rise with the others"
        ) as caught:
            calibrate(turned, items=names)
        assert caught.value.field == f"item {item}"
        assert f"({told:+.2f})" in str(caught.value) or abs(told) < 0.5


def test_omega_of_exact_loadings_is_their_formula() -> None:
    """Also where one item carries nearly all of the factor and the iteration is slow."""
    rng = np.random.default_rng(5)
    for loadings in [np.array([0.98, 0.6, 0.1]), *rng.uniform(0.1, 0.97, (50, 5))]:
        correlation = np.outer(loadings, loadings)
        np.fill_diagonal(correlation, 1.0)
        common = loadings.sum() ** 2
        exact = common / (common + (1.0 - loadings**2).sum())
        assert omega(correlation) == pytest.approx(exact, abs=1e-6)

"""Corrections never raise risk, never exceed the cap, are additive in nothing hidden, and cost what
they say."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from advisor import InputError
from advisor.contracts import Mandate
from advisor.data import ReturnModel
from advisor.optimize import (
    AdaptationPolicy,
    BiasEvidence,
    BiasPolicy,
    Preferences,
    adaptation_box,
    certainty_equivalent_cost,
    correct_risk_aversion,
    optimal_portfolios,
    report_correction,
    trace_frontier,
)
from advisor.optimize.preferences.corrections import combine_corrections, excess_loss_aversion

MODEL = ReturnModel(
    ["bond", "share", "venture"],
    [0.05, 0.10, 0.25],
    [[0.0025, 0, 0], [0, 0.04, 0.02], [0, 0.02, 0.25]],
)
FRONTIER = trace_frontier(MODEL)


def random_evidence(seed: int, c: int = 40) -> tuple[np.ndarray, BiasEvidence]:
    rng = np.random.default_rng(seed)
    hide = lambda x: np.where(rng.random(c) < 0.3, np.nan, x)  # noqa: E731
    gamma = np.where(rng.random(c) < 0.1, np.inf, rng.uniform(0.0, 30.0, c))
    return gamma, BiasEvidence.of(
        c,
        loss_aversion=hide(rng.uniform(0.5, 6.0, c)),
        loss_aversion_se=hide(rng.uniform(0.0, 3.0, c)),
        disposition=hide(rng.uniform(-1.0, 1.0, c)),
        disposition_se=hide(rng.uniform(0.0, 1.0, c)),
        overconfidence=hide(rng.uniform(0.5, 4.0, c)),
        evaluation_years=rng.uniform(0.1, 20.0, c),
        reference_return=rng.uniform(-0.1, 0.4, c),
    )


def keeps_the_rules(gamma: np.ndarray, effective: np.ndarray, cap: float) -> bool:
    with np.errstate(invalid="ignore"):
        inside = (effective >= gamma) & ((effective <= cap * gamma * (1 + 1e-12)) | np.isinf(gamma))
    return bool(inside.all())


@given(st.integers(0, 10_000), st.floats(1.0, 4.0))
def test_risk_is_never_raised_and_the_cap_holds(seed: int, cap: float) -> None:
    gamma, evidence = random_evidence(seed)
    got = correct_risk_aversion(FRONTIER, gamma, evidence, BiasPolicy(cap=cap))
    assert keeps_the_rules(gamma, got.effective, cap)
    for factor in (got.loss_aversion_factor, got.disposition_factor, got.overconfidence_factor):
        assert ((factor >= 1.0) & (factor <= cap)).all()
    product = got.loss_aversion_factor * got.disposition_factor * got.overconfidence_factor
    assert (got.factor <= product + 1e-12).all()
    known = (
        ~np.isnan(evidence.loss_aversion)
        | ~np.isnan(evidence.disposition)
        | ~np.isnan(evidence.overconfidence)
    )
    assert (got.factor[~known] == 1.0).all()


def test_the_rule_would_catch_the_uncapped_optimum() -> None:
    """The pure optimum breaks both rules: it takes more risk with a high reference, and far less
    with a short look."""
    wants = Preferences([3.0, 3.0], [6.0, 6.0], [0.6, 0.0], [1.0, 0.05])
    pure = FRONTIER.effective_risk_aversion(wants)
    assert pure[0] < 3.0
    assert pure[1] > 6.0
    assert not keeps_the_rules(np.array([3.0]), pure[:1], 2.0)
    assert not keeps_the_rules(np.array([3.0]), pure[1:], 2.0)
    got = correct_risk_aversion(
        FRONTIER,
        np.array([3.0, 3.0]),
        BiasEvidence.of(
            2, loss_aversion=6.955, evaluation_years=[1.0, 0.05], reference_return=[0.6, 0.0]
        ),
    )
    assert got.one_way.tolist() == [True, False]
    assert got.capped.tolist() == [False, True]
    assert got.effective.tolist() == [3.0, 6.0]


@given(st.integers(0, 10_000))
def test_a_row_does_not_depend_on_its_batch(seed: int) -> None:
    gamma, evidence = random_evidence(seed, 9)
    whole = correct_risk_aversion(FRONTIER, gamma, evidence).effective
    one = [
        correct_risk_aversion(FRONTIER, gamma[[i]], evidence.take(np.array([i]))).effective
        for i in range(9)
    ]
    assert np.concatenate(one).tobytes() == whole.tobytes()


def test_shrinkage_ends_at_the_population_and_at_the_estimate() -> None:
    evidence = BiasEvidence.of(3, loss_aversion=3.0, loss_aversion_se=[0.0, 0.7, np.inf])
    assert excess_loss_aversion(
        evidence, BiasPolicy(population_loss_aversion=1.955)
    ) == pytest.approx([2.045, 1.5225, 1.0])
    assert excess_loss_aversion(evidence, BiasPolicy(loss_aversion_spread=0.0))[1] == 1.0


def test_loss_aversion_of_the_whole_client_when_nothing_is_in_the_target() -> None:
    """With population loss aversion 1 the published example comes back: g = 3, lambda 2.25 on this
    market: 5.24, a factor of 1.75."""
    got = correct_risk_aversion(
        FRONTIER,
        np.array([3.0]),
        BiasEvidence.of(1, loss_aversion=2.25),
        BiasPolicy(population_loss_aversion=1.0),
    )
    assert got.effective[0] == pytest.approx(5.24, abs=0.01)
    assert not got.capped[0]


def test_no_participation_is_a_status_and_the_cap_decides() -> None:
    cash = ReturnModel(["cash", "share"], [0.02, 0.0756], [[0, 0], [0, 0.04]])
    evidence = BiasEvidence.of(1, loss_aversion=2.25, reference_return=0.02)
    got = correct_risk_aversion(
        trace_frontier(cash), np.array([3.0]), evidence, BiasPolicy(population_loss_aversion=1.0)
    )
    assert got.no_participation[0]
    assert got.effective[0] == 6.0


@given(st.integers(0, 10_000))
def test_costs_are_what_the_rational_utility_loses(seed: int) -> None:
    gamma, evidence = random_evidence(seed, 12)
    correction = correct_risk_aversion(FRONTIER, gamma, evidence)
    report = report_correction(FRONTIER, correction)
    finite = np.isfinite(gamma)

    def value(w: np.ndarray) -> np.ndarray:
        return w @ MODEL.mean - 0.5 * gamma * np.einsum("ci,ij,cj->c", w, MODEL.covariance, w)

    with np.errstate(invalid="ignore"):
        lost = 1e4 * (value(report.rational) - value(report.corrected))
    assert report.total_cost[finite] == pytest.approx(lost[finite], abs=1e-7)
    assert (report.total_cost[finite] >= 0.0).all()
    untouched = correction.factor == 1.0
    assert report.corrected[untouched].tobytes() == report.rational[untouched].tobytes()


def test_cost_grows_with_the_distance_from_rational() -> None:
    costs = [
        float(certainty_equivalent_cost(FRONTIER, np.array([3.0]), np.array([g]))[0])
        for g in (3.0, 3.3, 4.0, 6.0)
    ]
    assert costs[0] == 0.0
    assert costs == sorted(costs)


def test_the_adaptation_box_holds_the_rational_portfolio_and_shrinks_to_it() -> None:
    rational = FRONTIER.at_risk_aversion(np.array([3.0, 3.0, 3.0]))
    distance = np.array([0.0, 0.03, 0.15])
    lower, upper = adaptation_box(rational, distance)
    biased = optimal_portfolios(
        MODEL, Mandate(), Preferences(np.full(3, 30.0)), lower=lower, upper=upper
    ).weights
    assert biased[0] == pytest.approx(rational[0], abs=1e-12)
    assert np.abs(biased - rational).max(axis=1) == pytest.approx(distance, abs=1e-12)
    with pytest.raises(InputError, match="distance"):
        adaptation_box(rational, np.array([-0.1, 0.0, 0.0]))
    with pytest.raises(InputError, match="of at least 0 and of at most 1"):
        AdaptationPolicy(mixed=2.0)


def test_bad_evidence_is_refused_by_name() -> None:
    with pytest.raises(InputError, match="is not evidence"):
        BiasEvidence.of(2, lambda_=2.0)
    with pytest.raises(InputError, match="loss_aversion\\[1\\] is -1"):
        BiasEvidence.of(2, loss_aversion=[2.0, -1.0])
    with pytest.raises(InputError, match="below 1 it would raise risk"):
        BiasPolicy(cap=0.5)
    with pytest.raises(InputError, match="runs from 0 to inf"):
        combine_corrections(np.array([-1.0]), np.array([1.0]), BiasEvidence.of(1))

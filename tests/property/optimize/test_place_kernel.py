"""The compiled pass over rows against the plain methods it joins, for every kind of limit."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from advisor import GroupLimit, InfeasibleError, LinearLimit, Mandate, ReturnModel
from advisor.optimize import BiasEvidence, BiasPolicy, Frontier, Preferences, trace_frontier
from advisor.optimize.frontier.lookup import MEASURED, FrontierLookup
from advisor.optimize.preferences.corrections import combine_corrections, excess_loss_aversion


def frontier_of(seed: int) -> Frontier:
    """A frontier of 2 to 8 assets under bounds, and sometimes a group, a linear limit and a
    volatility cap."""
    rng = np.random.default_rng(seed)
    n = int(rng.integers(2, 9))
    names = [f"a{i}" for i in range(n)]
    roots = rng.normal(size=(n, n)) * 0.1
    model = ReturnModel(
        names,
        rng.normal(0.05, 0.05, n),
        roots @ roots.T,
        groups=dict.fromkeys(names[: n // 2], "g"),
    )
    linear = LinearLimit(
        name="stress",
        coefficients=dict(zip(names, rng.uniform(0, 0.5, n).tolist(), strict=True)),
        upper=0.35,
    )
    plain = Mandate(
        max_weight=float(rng.choice([1.0, 0.7])),
        group_limits=(GroupLimit(group="g", upper=0.8),) if rng.random() < 0.5 and n > 3 else (),
        linear_limits=(linear,) if rng.random() < 0.5 else (),
    )
    whole = trace_frontier(model, plain)
    if rng.random() < 0.5:
        return whole
    return trace_frontier(
        model, plain.model_copy(update={"max_volatility": float(whole.volatility[[0, -1]].mean())})
    )


@given(st.integers(0, 10_000))
def test_one_pass_equals_the_methods_it_joins(seed: int) -> None:
    try:
        frontier = frontier_of(seed)
    except InfeasibleError:
        return
    corners = 1.0 / np.maximum(frontier.risk_tolerance, 1e-9)
    gamma = np.concatenate(
        [[0.0, np.inf], corners, 10.0 ** np.random.default_rng(seed).uniform(-2, 3, 100)]
    )
    placer = FrontierLookup.of(frontier)
    found = placer.place(gamma)
    weights = frontier.at_risk_aversion(gamma)
    mean, volatility = frontier.moments_at(gamma)
    assert np.abs(found.weights - weights).max() <= 1e-14
    assert np.abs(found.mean - mean).max() <= 1e-14
    assert np.abs(found.volatility - volatility).max() <= 1e-14
    assert np.abs(found.kkt_residual - frontier.kkt_residuals(weights, gamma)).max() <= 1e-13
    for row, g in enumerate(gamma[: len(corners) + 12].tolist()):
        told = {
            b.name: b.shadow_price
            for b in frontier.certify(weights[row], g).binding
            if b.shadow_price > 1e-7
        }
        assert {name: price for name, price in placer.binding(g) if price > 1e-7} == pytest.approx(
            told, rel=1e-6, abs=1e-9
        )
    alone = [placer.place(gamma[[i]]) for i in range(len(gamma))]
    assert all((a.weights[0] == w).all() for a, w in zip(alone, found.weights, strict=True))
    assert [a.kkt_residual[0] for a in alone] == found.kkt_residual.tolist()


def test_a_wrong_frontier_is_seen_in_the_residual() -> None:
    """Weights that are off by a thousandth must show in the residual of the compiled pass, or it
    would prove nothing."""
    frontier = frontier_of(3)
    off = frontier.weights.copy()
    off[:, 0] += 1e-3
    off[:, 1] -= 1e-3
    broken = Frontier(
        **{name: getattr(frontier, name) for name in Frontier.__dataclass_fields__}
        | {"weights": off}
    )
    assert FrontierLookup.of(broken).place(np.array([3.0])).kkt_residual[0] > 1e-6
    with pytest.raises(ValueError, match="gamma"):
        FrontierLookup.of(frontier).place(np.array([np.nan]))


@given(st.integers(0, 10_000))
def test_one_pass_corrects_as_the_report_does(seed: int) -> None:
    try:
        frontier = frontier_of(seed)
    except InfeasibleError:
        return
    rng = np.random.default_rng(seed)

    def some(low: float, high: float) -> np.ndarray:
        return np.where(rng.random(40) < 0.3, np.nan, rng.uniform(low, high, 40))

    evidence = BiasEvidence.of(
        40,
        loss_aversion=some(0.5, 4.0),
        loss_aversion_se=some(0.0, 1.0),
        disposition=some(-0.5, 0.9),
        disposition_se=some(0.0, 0.4),
        overconfidence=some(0.5, 3.0),
        evaluation_years=rng.uniform(0.1, 20.0, 40),
    )
    policy = BiasPolicy(
        cap=float(rng.uniform(1.0, 4.0)), population_loss_aversion=float(rng.choice([1.0, 1.955]))
    )
    gamma = np.where(rng.random(40) < 0.1, np.inf, 10.0 ** rng.uniform(-1, 2, 40))
    own = excess_loss_aversion(evidence, policy)
    finite = np.where(np.isfinite(gamma), gamma, 1.0)
    wanted = frontier.effective_risk_aversion(
        Preferences(finite, own, evidence.reference_return, evidence.evaluation_years)
    )
    told = combine_corrections(
        gamma, np.where(np.isfinite(gamma) & (own > 1.0), wanted, gamma), evidence, policy
    )
    found = FrontierLookup.of(frontier).corrected(
        gamma, np.array([getattr(evidence, n) for n in MEASURED]), evidence.evaluation_years, policy
    )
    assert found[:, 0] == pytest.approx(told.effective, rel=1e-12)
    factors = np.stack(
        [told.loss_aversion_factor, told.disposition_factor, told.overconfidence_factor], axis=1
    )
    assert np.abs(found[:, 1:] - factors).max() <= 1e-12
    assert (found[:, 0] >= gamma).all()

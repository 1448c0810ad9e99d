"""The one compiled call that traces a whole path, against the careful way through numpy and daqp
that stands behind it."""

from __future__ import annotations

import pickle

import numpy as np
import pytest

from advisor import InfeasibleError
from advisor.contracts import GroupLimit, LinearLimit, Mandate
from advisor.data import ReturnModel
from advisor.optimize import kernels, trace_frontier
from advisor.optimize.frontier.corner_path import CornerPath, certify_path, prove_path
from advisor.optimize.frontier.critical_line import trace_corners
from advisor.optimize.limits.infeasible import (
    DeferredInfeasibleError,
    name_contradiction,
    out_of_reach,
)
from advisor.optimize.limits.limits import limits_of


def market(n: int, seed: int = 0) -> ReturnModel:
    rng = np.random.default_rng(seed)
    f = rng.normal(size=(n, 4)) * 0.07
    sigma = f @ f.T + np.diag(rng.uniform(0.05, 0.2, n) ** 2)
    return ReturnModel(
        [f"a{i}" for i in range(n)],
        rng.normal(0.06, 0.04, n),
        sigma,
        groups=["x" if i % 3 else "y" for i in range(n)],
    )


def loss(n: int, upper: float, seed: int = 5) -> LinearLimit:
    shocks = np.random.default_rng(seed).uniform(0.05, 0.6, n)
    return LinearLimit(
        name="stress", coefficients={f"a{i}": float(x) for i, x in enumerate(shocks)}, upper=upper
    )


MANDATES = {
    "plain": Mandate(),
    "short": Mandate(min_weight=-0.2, max_weight=0.6),
    "groups": Mandate(max_weight=0.4, group_limits=(GroupLimit(group="x", lower=0.2, upper=0.5),)),
    "equality": Mandate(group_limits=(GroupLimit(group="y", lower=0.3, upper=0.3),)),
    "fixed": Mandate(
        max_weight=0.5,
        bounds={"a1": (0.1, 0.1), "a4": (0.05, 0.05), "a2": (-0.1, -0.1)},
        linear_limits=(loss(12, 0.25),),
    ),
    "stress": Mandate(
        linear_limits=(loss(12, 0.2),), group_limits=(GroupLimit(group="x", lower=0.1),)
    ),
}


@pytest.mark.parametrize("name", sorted(MANDATES))
@pytest.mark.parametrize("seed", range(4))
def test_one_call_equals_the_careful_way(
    monkeypatch: pytest.MonkeyPatch, name: str, seed: int
) -> None:
    model = market(12, seed)
    limits = limits_of(model, MANDATES[name])
    fast, proof = trace_corners(model, limits)
    code = kernels.trace_path(
        model.covariance,
        model.mean,
        limits.lower,
        limits.upper,
        limits.rows,
        limits.row_lower,
        limits.row_upper,
    )[0]
    assert code == kernels.END
    monkeypatch.setattr(kernels, "trace_path", lambda *_: (kernels.LOST, *[None] * 9))
    slow, careful = trace_corners(model, limits)
    # a vertex where limits tie has many multipliers, and a corner where only these change may be
    # kept or not: the portfolios are the same
    tolerance = np.union1d(fast.risk_tolerance, slow.risk_tolerance)
    for asset in range(12):
        ours, theirs = (
            np.interp(tolerance, p.risk_tolerance, p.weights[:, asset]) for p in (fast, slow)
        )
        np.testing.assert_allclose(ours, theirs, atol=1e-10)
    for path, told in ((fast, proof), (slow, careful)):
        np.testing.assert_allclose(told.mean, path.weights @ model.mean, atol=1e-14)
        np.testing.assert_allclose(
            told.variance,
            np.einsum("mi,ij,mj->m", path.weights, model.covariance, path.weights),
            atol=1e-14,
        )
    assert max(proof.worst, careful.worst) <= 1e-12


@pytest.mark.parametrize("name", sorted(MANDATES))
def test_the_compiled_proof_equals_its_reference(name: str) -> None:
    """Also of a path that is wrong: both must see it, and by as much."""
    model = market(12, 7)
    limits = limits_of(model, MANDATES[name])
    path, _ = trace_corners(model, limits)
    wrong = [
        path,
        CornerPath(
            path.risk_tolerance,
            np.roll(path.weights, 1, axis=1),
            path.multipliers,
            path.slope,
            path.last,
        ),
        CornerPath(
            path.risk_tolerance * 1.1, path.weights, path.multipliers, path.slope, path.last
        ),
        CornerPath(
            path.risk_tolerance,
            path.weights,
            path.multipliers[:, ::-1].copy(),
            path.slope,
            path.last,
        ),
        CornerPath(
            path.risk_tolerance, path.weights, path.multipliers, path.slope + 0.01, path.last
        ),
    ]
    for i, other in enumerate(wrong):
        fast, slow = prove_path(model, limits, other), certify_path(model, limits, other)
        assert fast.worst == pytest.approx(slow.worst, rel=1e-9, abs=1e-14), i
        np.testing.assert_allclose(fast.residual, slow.residual, rtol=1e-9, atol=1e-14)
        np.testing.assert_allclose(fast.mean, slow.mean, atol=1e-14)
        np.testing.assert_allclose(fast.variance, slow.variance, atol=1e-14)
        assert (fast.worst <= 1e-12) == (i == 0), i


def test_nan_is_no_proof() -> None:
    model = market(6)
    limits = limits_of(model, Mandate())
    path, _ = trace_corners(model, limits)
    spoilt = path.weights.copy()
    spoilt[1, 2] = np.nan
    assert (
        not prove_path(
            model,
            limits,
            CornerPath(path.risk_tolerance, spoilt, path.multipliers, path.slope, path.last),
        ).worst
        <= 1.0
    )


@pytest.mark.parametrize("seed", range(30))
def test_out_of_reach_is_what_a_linear_program_says(seed: int) -> None:
    from scipy.optimize import linprog

    rng = np.random.default_rng(seed)
    n = int(rng.integers(2, 8))
    row, high = np.round(rng.normal(size=n), 2), rng.uniform(0.3, 1.0, n) + 1.0 / n
    model = ReturnModel([f"a{i}" for i in range(n)], np.zeros(n), np.eye(n))
    bounds = {f"a{i}": (float(rng.uniform(-0.2, 0.1)), float(high[i])) for i in range(n)}
    edges = sorted(rng.normal(0.0, 0.6, 2).tolist())
    limit = LinearLimit(
        name="row",
        coefficients={f"a{i}": float(v) for i, v in enumerate(row)},
        lower=edges[0],
        upper=edges[1],
    )
    limits = limits_of(model, Mandate(min_weight=-1.0, bounds=bounds, linear_limits=(limit,)))
    matrix, right = np.stack([row, -row]), np.array([edges[1], -edges[0]])
    box = list(zip(limits.lower.tolist(), limits.upper.tolist(), strict=True))
    solved = linprog(
        np.zeros(n), A_ub=matrix, b_ub=right, A_eq=np.ones((1, n)), b_eq=[1.0], bounds=box
    )
    assert out_of_reach(limits) == (solved.status == 2)


def test_a_contradiction_is_named_when_it_is_read() -> None:
    model, mandate = market(12), Mandate(linear_limits=(loss(12, 0.02),))
    with pytest.raises(InfeasibleError) as raised:
        trace_frontier(model, mandate)
    error = raised.value
    assert isinstance(error, DeferredInfeasibleError)
    told = name_contradiction(limits_of(model, mandate))
    assert str(error) == str(told)
    assert error.constraints == ("min_weight", "stress:upper")
    assert repr(error).startswith("InfeasibleError('These limits contradict each other")
    again = pickle.loads(pickle.dumps(error))
    assert type(again) is InfeasibleError
    assert (str(again), again.constraints) == (str(error), error.constraints)

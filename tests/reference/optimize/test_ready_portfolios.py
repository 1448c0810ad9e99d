"""The ready portfolios against skfolio (cvxpy with Clarabel) on real prices, and against their
definitions.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy.optimize import linprog

from advisor import InfeasibleError, InputError, SolverError
from advisor.contracts import GroupLimit, LinearLimit, Mandate
from advisor.data import ReturnModel
from advisor.optimize import (
    Portfolio,
    Scenarios,
    equal_risk_contribution,
    maximum_diversification,
    minimum_cvar,
    minimum_variance,
    optimal_portfolio,
)

skfolio: Any = pytest.importorskip("skfolio")


@pytest.fixture(scope="module")
def returns() -> pd.DataFrame:
    """Daily returns of 20 American shares, bundled with skfolio, their last four years."""
    from skfolio.datasets import load_sp500_dataset

    return load_sp500_dataset().pct_change().dropna().iloc[-1000:]


@pytest.fixture(scope="module")
def model(returns: pd.DataFrame) -> ReturnModel:
    return ReturnModel.from_frame(252 * returns.mean(), 252 * returns.cov())


def fitted(estimator: Any, returns: pd.DataFrame) -> np.ndarray:
    return np.asarray(estimator.fit(returns).weights_)


CLARABEL = {"tol_gap_abs": 1e-12, "tol_gap_rel": 1e-12, "tol_feas": 1e-12}
CAPS = pytest.mark.parametrize("most", [1.0, 0.12])


@CAPS
def test_least_variance_is_skfolios(model: ReturnModel, returns: pd.DataFrame, most: float) -> None:
    from skfolio.optimization import MeanRisk

    ours = minimum_variance(model, Mandate(max_weight=most))
    theirs = fitted(MeanRisk(max_weights=most, solver_params=CLARABEL), returns)
    np.testing.assert_allclose(ours.weights, theirs, atol=2e-6)
    assert ours.kkt_residual <= 1e-12
    assert ours.risk_aversion == np.inf


@CAPS
def test_most_diversification_is_skfolios(
    model: ReturnModel, returns: pd.DataFrame, most: float
) -> None:
    from skfolio.optimization import MaximumDiversification

    ours = maximum_diversification(model, Mandate(max_weight=most))
    theirs = fitted(MaximumDiversification(max_weights=most, solver_params=CLARABEL), returns)
    np.testing.assert_allclose(ours.weights, theirs, atol=2e-5)
    spread = np.sqrt(np.diag(model.covariance))

    def ratio(w: np.ndarray) -> float:
        return float(w @ spread / np.sqrt(w @ model.covariance @ w))

    assert ratio(ours.weights) >= ratio(theirs / theirs.sum()) - 1e-12
    assert ours.kkt_residual <= 1e-10
    assert ours.mean == pytest.approx(model.mean @ ours.weights)


@pytest.mark.parametrize("equal", [True, False])
def test_shares_of_risk_are_skfolios(
    model: ReturnModel, returns: pd.DataFrame, equal: bool
) -> None:
    from skfolio.optimization import RiskBudgeting

    budgets = None if equal else dict(zip(model.assets, range(1, 21), strict=True))
    series = None if equal else pd.Series(budgets)[::-1]
    ours = equal_risk_contribution(model, risk_budgets=series)
    theirs = fitted(RiskBudgeting(risk_budget=budgets, solver_params=CLARABEL), returns)
    np.testing.assert_allclose(ours.weights, theirs, atol=2e-5)
    shares = ours.weights * (model.covariance @ ours.weights) / ours.volatility**2
    asked = np.full(20, 0.05) if equal else np.arange(1, 21) / 210.0
    np.testing.assert_allclose(shares, asked, atol=1e-13)


@CAPS
@pytest.mark.parametrize("confidence", [0.9, 0.95, 0.987])
def test_least_cvar_is_skfolios(
    model: ReturnModel, returns: pd.DataFrame, most: float, confidence: float
) -> None:
    from skfolio.measures import RiskMeasure
    from skfolio.optimization import MeanRisk

    ours = minimum_cvar(model, returns, Mandate(max_weight=most), confidence=confidence)
    theirs = fitted(
        MeanRisk(
            risk_measure=RiskMeasure.CVAR,
            cvar_beta=confidence,
            max_weights=most,
            solver_params=CLARABEL,
        ),
        returns,
    )

    def cvar(w: np.ndarray) -> float:
        loss = np.sort(-returns.to_numpy() @ w)[::-1]
        share = (1.0 - confidence) * len(loss)
        whole = int(share)
        return float(loss[:whole].sum() + (share - whole) * loss[whole]) / share

    assert cvar(ours.weights) <= cvar(np.clip(theirs, 0.0, most)) + 1e-9
    np.testing.assert_allclose(ours.weights, theirs, atol=1e-4)
    assert ours.kkt_residual <= 1e-9
    assert ours.weights.max() <= most + 1e-12


def test_least_cvar_under_all_linear_limits(returns: pd.DataFrame) -> None:
    """Against the program written out again, dense, in its own variables."""
    names, rows = list(returns.columns), returns.to_numpy()[-250:]
    model = ReturnModel(
        names,
        252 * rows.mean(axis=0),
        252 * np.cov(rows.T),
        groups={name: "first" if i < 10 else "second" for i, name in enumerate(names)},
    )
    earn = dict(zip(names, model.mean.tolist(), strict=True))
    mandate = Mandate(
        min_weight=-0.1,
        bounds={names[0]: (0.05, 0.2)},
        group_limits=(GroupLimit(group="first", lower=0.3, upper=0.4),),
        linear_limits=(LinearLimit(name="mean", coefficients=earn, lower=0.35),),
    )
    ours = minimum_cvar(model, rows, mandate, confidence=0.9)
    first = np.array([1.0] * 10 + [0.0] * 10)
    free = np.zeros(251)
    above = np.hstack([-rows, np.full((250, 1), -1.0), -np.eye(250)])
    extra = [np.append(first, free), np.append(-first, free), np.append(-model.mean, free)]
    solved = linprog(
        np.concatenate([np.zeros(20), [1.0], np.full(250, 1.0 / 25.0)]),
        A_ub=np.vstack([above, *extra]),
        b_ub=np.concatenate([np.zeros(250), [0.4, -0.3, -0.35]]),
        A_eq=np.concatenate([np.ones(20), free])[None],
        b_eq=[1.0],
        bounds=[(0.05, 0.2)] + [(-0.1, 1.0)] * 19 + [(None, None)] + [(0.0, None)] * 250,
        method="highs-ipm",
    )
    worst = np.sort(rows @ ours.weights)[:25]
    assert -worst.mean() == pytest.approx(solved.fun, abs=1e-9)
    assert 0.3 - 1e-9 <= ours.weights[:10].sum() <= 0.4 + 1e-9
    assert ours.mean >= 0.35 - 1e-9
    assert any(binding.name == "mean:lower" for binding in ours.binding)


def test_a_riskless_asset() -> None:
    model = ReturnModel(["cash", "bond", "stock"], [0.02, 0.03, 0.07], np.diag([0.0, 0.002, 0.03]))
    assert minimum_variance(model).weights.tolist() == [1.0, 0.0, 0.0]
    mixed = maximum_diversification(model).weights
    spread = np.sqrt(np.diag(model.covariance))
    assert mixed @ spread / np.sqrt(mixed @ model.covariance @ mixed) == pytest.approx(np.sqrt(2))
    with pytest.raises(InputError, match="'cash' has no risk"):
        equal_risk_contribution(model)


def test_hedges_and_duplicates() -> None:
    """Of two equal assets each has half the share of risk; a perfect hedge is refused."""
    double = ReturnModel(["a", "b"], [0.0, 0.0], [[0.04, 0.04], [0.04, 0.04]])
    assert equal_risk_contribution(double).weights.tolist() == [0.5, 0.5]
    hedge = ReturnModel(["a", "b"], [0.0, 0.0], [[0.04, -0.04], [-0.04, 0.04]])
    with pytest.raises(SolverError, match="hedge"):
        equal_risk_contribution(hedge)


@pytest.mark.parametrize("scale", [1e-8, 1e-3, 1.0, 1e3])
def test_scale_does_not_matter(model: ReturnModel, returns: pd.DataFrame, scale: float) -> None:
    other = ReturnModel(model.assets, model.mean, scale**2 * model.covariance)
    np.testing.assert_allclose(
        equal_risk_contribution(other).weights, equal_risk_contribution(model).weights, atol=1e-12
    )
    np.testing.assert_allclose(
        maximum_diversification(other).weights, maximum_diversification(model).weights, atol=1e-9
    )


def test_what_cannot_be_done_is_refused(model: ReturnModel, returns: pd.DataFrame) -> None:
    with pytest.raises(InputError, match=r"max_volatility 0\.1 is no linear limit"):
        minimum_cvar(model, returns, Mandate(max_volatility=0.1))
    with pytest.raises(InputError, match="scenarios cover 3 assets"):
        minimum_cvar(model, np.zeros((5, 3)))
    with pytest.raises(InfeasibleError, match="max_weight"):
        minimum_variance(model, Mandate(max_weight=0.01))
    names = dict.fromkeys(model.assets, 1.0)
    tight = Mandate(linear_limits=(LinearLimit(name="whole", coefficients=names, upper=0.9),))
    with pytest.raises(InfeasibleError, match="whole"):
        minimum_cvar(model, returns, tight)
    with pytest.raises(InputError, match="is 0; a share of the risk is above 0"):
        equal_risk_contribution(model, risk_budgets=[0.0] + [1.0] * 19)
    flat = ReturnModel(["a", "b"], [0.01, 0.02], np.zeros((2, 2)))
    with pytest.raises(InputError, match="No portfolio within the limits has any risk"):
        maximum_diversification(flat)


def test_least_variance_is_the_least_of_optimal_portfolio(model: ReturnModel) -> None:
    ours: Portfolio = minimum_variance(model)
    same = optimal_portfolio(model, risk_aversion=np.inf)
    assert ours.weights.tobytes() == same.weights.tobytes()


def test_scenarios_go_by_their_labels(model: ReturnModel, returns: pd.DataFrame) -> None:
    turned = returns[returns.columns[::-1]]
    np.testing.assert_allclose(
        minimum_cvar(model, Scenarios(turned)).weights, minimum_cvar(model, returns).weights
    )

"""What pandas labels by asset is read by its labels, never by position."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from advisor import (
    InfeasibleError,
    InputError,
    LinearLimit,
    Mandate,
    Preferences,
    ReturnModel,
    Scenarios,
    TradingCost,
    optimal_over_scenarios,
    optimal_portfolio,
    optimal_portfolios,
    trace_frontier,
)

NAMES = ["a", "b", "c"]
MEAN, SIGMA = (
    np.array([0.02, 0.05, 0.08]),
    np.array([[1e-4, 0.0, 0.0], [0.0, 0.01, 0.004], [0.0, 0.004, 0.04]]),
)
MODEL = ReturnModel(NAMES, MEAN, SIGMA)
TURNED = [2, 0, 1]
SCENARIOS = np.random.default_rng(0).multivariate_normal(MEAN, SIGMA, 60)


def turned(values: np.ndarray) -> pd.Series:
    return pd.Series(values, index=NAMES).iloc[TURNED]


def test_a_model_of_labelled_estimates_is_the_model_of_their_labels() -> None:
    sigma = pd.DataFrame(SIGMA, index=NAMES, columns=NAMES).iloc[TURNED, TURNED[::-1]]
    labelled = ReturnModel(NAMES, turned(MEAN), sigma)
    np.testing.assert_array_equal(labelled.mean, MEAN)
    np.testing.assert_array_equal(labelled.covariance, SIGMA)
    plain = ReturnModel(NAMES, pd.Series(MEAN), pd.DataFrame(SIGMA))
    np.testing.assert_array_equal(plain.mean, MEAN)


def test_holdings_bounds_and_scenarios_are_read_by_label() -> None:
    held = np.array([0.1, 0.1, 0.8])
    by_label, by_place = (
        optimal_portfolio(MODEL, risk_aversion=3.0, current=w, cost=0.01)
        for w in (turned(held), held)
    )
    np.testing.assert_array_equal(by_label.weights, by_place.weights)
    upper = np.array([[0.2, 1.0, 0.5], [1.0, 0.3, 0.4]])
    frame = pd.DataFrame(upper, columns=NAMES, index=["x", "y"]).iloc[:, TURNED]
    rows = [
        optimal_portfolios(MODEL, Mandate(), Preferences([2.0, 5.0]), upper=u)
        for u in (frame, upper)
    ]
    np.testing.assert_array_equal(rows[0].weights, rows[1].weights)
    told = [SCENARIOS, pd.DataFrame(SCENARIOS, columns=NAMES).iloc[:, TURNED]]
    ours = [optimal_portfolio(MODEL, preferences=Preferences(3.0, 2.0), scenarios=s) for s in told]
    np.testing.assert_array_equal(ours[0].weights, ours[1].weights)


@pytest.mark.parametrize(
    "index", [["a", "b", "d"], ["a", "b", "b"], pd.date_range("2026-01-01", periods=3)]
)
def test_labels_that_are_not_the_assets_are_refused(index: object) -> None:
    with pytest.raises(InputError, match="is labelled by other assets"):
        ReturnModel(NAMES, pd.Series(MEAN, index=index), SIGMA)
    with pytest.raises(InputError, match="current is labelled by other assets"):
        optimal_portfolio(
            MODEL, risk_aversion=3.0, current=pd.Series([0.2, 0.3, 0.5], index=index), cost=0.01
        )


def test_a_repair_resolves_the_contradiction_by_itself() -> None:
    with pytest.raises(InfeasibleError) as refused:
        trace_frontier(
            MODEL,
            Mandate(linear_limits=(LinearLimit(name="l", coefficients={"a": 1.0}, lower=2.0),)),
        )
    cure = str(refused.value).split("resolves it: ")[1]
    assert "l:lower at most 1" in cure
    assert "max_weight" not in cure, "no max_weight helps while no weight may be negative"
    trace_frontier(
        MODEL, Mandate(linear_limits=(LinearLimit(name="l", coefficients={"a": 1.0}, lower=1.0),))
    )


def test_costs_are_read_by_label() -> None:
    held, cost = np.array([0.6, 0.3, 0.1]), np.array([0.001, 0.02, 0.05])
    plain = optimal_portfolio(MODEL, risk_aversion=3.0, current=held, cost=TradingCost(cost))
    for given in (TradingCost(turned(cost)), TradingCost(turned(cost), turned(cost))):
        np.testing.assert_array_equal(
            optimal_portfolio(MODEL, risk_aversion=3.0, current=held, cost=given).weights,
            plain.weights,
        )
    rows = optimal_portfolios(
        MODEL, None, Preferences(3.0), current=turned(held), cost=turned(cost)
    )  # type: ignore[arg-type]
    np.testing.assert_array_equal(rows.weights[0], plain.weights)
    with pytest.raises(InputError, match="cost is labelled by other assets"):
        optimal_portfolios(
            MODEL, None, Preferences(3.0), current=held, cost=pd.Series(cost, index=list("xyz"))
        )  # type: ignore[arg-type]


def test_scenarios_keep_their_labels() -> None:
    held, frame = np.array([0.6, 0.3, 0.1]), pd.DataFrame(SCENARIOS, columns=NAMES).iloc[:, TURNED]
    wants = Preferences([3.0], 2.5)
    plain = optimal_over_scenarios(MODEL, Scenarios(SCENARIOS), wants, current=held, cost=0.02)
    by_label = optimal_over_scenarios(
        MODEL, Scenarios(frame), wants, current=turned(held), cost=0.02
    )
    np.testing.assert_array_equal(by_label.weights, plain.weights)
    single = [
        optimal_portfolio(MODEL, preferences=wants, scenarios=Scenarios(s)).weights
        for s in (SCENARIOS, frame)
    ]
    np.testing.assert_array_equal(single[0], single[1])
    with pytest.raises(InputError, match="scenarios is labelled by other assets"):
        optimal_over_scenarios(MODEL, Scenarios(frame.set_axis(list("xyz"), axis=1)), wants)


def test_what_is_said_of_assets_goes_by_label() -> None:
    groups, levels, stress = (
        turned(np.array(["g", "h", "i"])),
        turned(np.array([1, 2, 4])),
        turned(np.array([0.0, 0.2, 0.5])),
    )
    model = ReturnModel(NAMES, MEAN, SIGMA, groups=groups, risk_levels=levels, stress=stress)  # type: ignore[arg-type]
    assert model.groups == ("g", "h", "i")
    assert model.risk_levels.tolist() == [1, 2, 4]
    assert model.stress.tolist() == [0.0, 0.2, 0.5]
    with pytest.raises(InputError, match="risk_levels is labelled by other assets"):
        ReturnModel(NAMES, MEAN, SIGMA, risk_levels=pd.Series([1, 2, 4], index=list("xyz")))  # type: ignore[arg-type]

"""The portfolio as scikit-learn and skfolio estimators."""

from __future__ import annotations

import sys

import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone
from sklearn.model_selection import GridSearchCV, TimeSeriesSplit
from sklearn.utils.estimator_checks import check_estimator

from advisor import InputError
from advisor.adapters.sklearn import MeanVarianceEstimator
from advisor.contracts import Mandate
from advisor.data import Market
from advisor.evaluate import MeanVariancePolicy

RETURNS = pd.DataFrame(
    np.random.default_rng(0).normal(5e-4, [0.004, 0.01, 0.02], size=(300, 3)),
    columns=list("abc"),
    index=pd.bdate_range("2020-01-01", periods=300),
)


def test_scikit_learns_own_checks() -> None:
    results = check_estimator(MeanVarianceEstimator(), on_skip=None)
    assert [r["check_name"] for r in results if r["status"] != "passed"] in (
        [],
        ["check_array_api_input"],
    )
    assert len(results) > 30


@pytest.mark.parametrize("aim", [{"level": 3}, {"target_volatility": 0.1}, {"risk_aversion": 5.0}])
def test_weights_are_those_of_the_policy(aim: dict[str, float]) -> None:
    fitted = MeanVarianceEstimator(
        **aim, mandate=Mandate(bounds={"c": (0.1, 0.5)}), cash_return=0.01
    ).fit(RETURNS)
    from advisor.evaluate.backtesting.estimates import Estimates

    policy = MeanVariancePolicy(
        **aim, mandate=Mandate(bounds={"c": (0.1, 0.5)}), estimates=Estimates(cash_return=0.01)
    )
    np.testing.assert_array_equal(
        fitted.weights_, policy(Market.from_returns(RETURNS), np.zeros(3))
    )
    np.testing.assert_allclose(
        fitted.predict(RETURNS), RETURNS.to_numpy() @ fitted.weights_, atol=1e-16
    )


def test_grid_search_and_clone() -> None:
    search = GridSearchCV(
        MeanVarianceEstimator(), {"risk_aversion": [1.0, 10.0]}, cv=TimeSeriesSplit(3)
    ).fit(RETURNS)
    assert search.best_params_["risk_aversion"] in (1.0, 10.0)
    assert clone(MeanVarianceEstimator(level=2)).get_params()["level"] == 2


def test_parameters_that_contradict_are_refused_at_fit() -> None:
    with pytest.raises(InputError, match="one place"):
        MeanVarianceEstimator(level=2, risk_aversion=3.0).fit(RETURNS)
    with pytest.raises(InputError, match="it must be 'shrunk_equilibrium'"):
        MeanVarianceEstimator(mean="magic").fit(RETURNS)


def test_skfolio_estimator_says_what_it_needs(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("skfolio", "skfolio.optimization"):
        monkeypatch.setitem(sys.modules, name, None)
    monkeypatch.delitem(sys.modules, "advisor.adapters.skfolio", raising=False)
    from advisor.adapters.skfolio import SkfolioMeanVariance

    with pytest.raises(InputError, match="pip install skfolio"):
        SkfolioMeanVariance(MeanVarianceEstimator(level=3))

"""The names other people call: sorted, complete, importable, documented."""

from __future__ import annotations

import inspect
from importlib.metadata import version

import pytest

import advisor

PROMISED = {
    "Client",
    "Goal",
    "Product",
    "GroupLimit",
    "LinearLimit",
    "Mandate",
    "RiskBands",
    "Questionnaire",
    "Question",
    "Option",
    "Market",
    "ReturnModel",
    "Catalogue",
    "Interactions",
    "Trades",
    "ClientTable",
    "profile_risk",
    "RiskProfiles",
    "measure_biases",
    "BiasProfiles",
    "Regime",
    "estimate_returns",
    "trace_frontier",
    "Frontier",
    "Preferences",
    "loss_averse_risk_aversion",
    "optimal_portfolio",
    "optimal_portfolios",
    "Portfolio",
    "Account",
    "mental_accounts",
    "AccountsPlan",
    "Popularity",
    "EASE",
    "ItemKNN",
    "ALS",
    "BPR",
    "Blend",
    "Ranking",
    "Advisor",
    "Advice",
    "AdviceBatch",
    "save",
    "load",
    "evaluate_match",
    "evaluate_risk",
    "backtest",
    "BacktestResult",
    "AdvisorError",
    "InputError",
    "InfeasibleError",
    "SolverError",
    "AdapterError",
}


def test_all_is_sorted_and_keeps_its_promise() -> None:
    assert advisor.__all__ == sorted(advisor.__all__)
    assert set(advisor.__all__) >= PROMISED


@pytest.mark.parametrize("name", advisor.__all__)
def test_every_name_is_there_and_says_what_it_is(name: str) -> None:
    value = getattr(advisor, name)
    assert inspect.getdoc(value)
    assert value.__module__.startswith("advisor.")


def test_an_unknown_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="nothing_of_the_kind"):
        advisor.nothing_of_the_kind  # noqa: B018


def test_the_version_is_that_of_the_installed_package() -> None:
    assert advisor.__version__ == version("advisor")

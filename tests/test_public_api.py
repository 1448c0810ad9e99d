"""The names other people call: sorted, complete, importable, documented."""

from __future__ import annotations

import ast
import inspect
import re
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path

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
    "EstimateSettings",
    "View",
    "Equilibrium",
    "nearest_psd",
    "desmooth",
    "after_costs",
    "in_home_currency",
    "Program",
    "ProgramLimits",
    "CvarLimit",
    "Scenarios",
    "optimal_over_scenarios",
    "TradingCost",
    "Prospect",
    "BiasEvidence",
    "correct_risk_aversion",
    "report_correction",
    "bootstrap_disposition",
}


def test_all_is_sorted_and_keeps_its_promise() -> None:
    assert advisor.__all__ == sorted(advisor.__all__)
    assert set(advisor.__all__) >= PROMISED


@pytest.mark.parametrize("name", advisor.__all__)
def test_every_name_is_there_and_says_what_it_is(name: str) -> None:
    value = getattr(advisor, name)
    assert inspect.getdoc(value)
    assert value.__module__.startswith("advisor.")


def test_messages_name_what_there_is() -> None:
    """A message that says `advisor.<name>` names something that can be imported from there."""
    source = Path(advisor.__file__).parent
    named = {m for f in source.rglob("*.py") for m in re.findall(r"advisor\.([A-Za-z_]\w*)(?=[ ,.;(`])", _texts(f))}
    assert {"nearest_psd", "View", "EstimateSettings"} <= named
    assert not {m for m in named if not hasattr(advisor, m) and find_spec(f"advisor.{m}") is None}


def _texts(file: Path) -> str:
    """Every sentence of a file that is no docstring; a word alone is a key, not a message."""
    nodes = list(ast.walk(ast.parse(file.read_text(encoding="utf-8"))))
    told = {id(node.value) for node in nodes if isinstance(node, ast.Expr)}
    return " ".join(
        n.value for n in nodes if isinstance(n, ast.Constant) and isinstance(n.value, str) and " " in n.value and id(n) not in told
    )


def test_an_unknown_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="nothing_of_the_kind"):
        advisor.nothing_of_the_kind  # noqa: B018


def test_the_version_is_that_of_the_installed_package() -> None:
    assert advisor.__version__ == version("advisor")

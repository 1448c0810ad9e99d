"""The names other people call: sorted, complete, importable, documented, made from one table."""

from __future__ import annotations

import ast
import inspect
import re
import subprocess
import sys
from importlib import import_module
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path

import pytest

import advisor
from advisor import exports

SOURCE = Path(advisor.__file__).parent
PACKAGES = exports.PACKAGES

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
"""What the design fixes."""

NAMES = sorted(
    {(home, name) for package in PACKAGES for name, home in exports.homes(package).items()}
)


@pytest.mark.parametrize("package", PACKAGES)
def test_all_is_sorted_and_no_module_hides_a_name(package: str) -> None:
    module = import_module(package)
    assert module.__all__ == sorted(module.__all__)
    folder = SOURCE.joinpath(*package.split(".")[1:])
    modules = {p.stem for p in folder.glob("*.py")} | {
        p.name for p in folder.iterdir() if p.is_dir()
    }
    assert not modules & set(exports.homes(package))
    assert set(dir(module)) >= set(module.__all__)


def test_what_is_promised_is_at_the_root() -> None:
    assert set(dir(advisor)) >= PROMISED
    assert len(advisor.__all__) <= 35


@pytest.mark.parametrize(("home", "name"), NAMES)
def test_every_name_is_there_and_says_what_it_is(home: str, name: str) -> None:
    value = getattr(import_module(home), name)
    if callable(value) and not hasattr(value, "__args__"):
        assert inspect.getdoc(value)
        assert value.__module__ == home


@pytest.mark.parametrize("package", PACKAGES)
def test_the_stubs_are_those_of_the_table(package: str) -> None:
    """`python -m advisor.exports` writes them."""
    file = SOURCE.joinpath(*package.split(".")[1:]) / "__init__.pyi"
    assert file.read_text(encoding="utf-8") == exports.stub(package)


def test_every_checked_function_is_exported() -> None:
    """Whoever checks its arguments is called from outside, so a topic names it; an adapter is
    imported by its file."""
    named = {(home, name) for home, name in NAMES}
    hidden = [
        f"{file.relative_to(SOURCE)}: {node.name}"
        for file in SOURCE.rglob("*.py")
        for node in ast.parse(file.read_text(encoding="utf-8")).body
        if isinstance(node, ast.FunctionDef)
        and any("checked" in ast.unparse(mark) for mark in node.decorator_list)
        and (_module(file), node.name) not in named
        and file.stem not in exports.WHOLE
        and "adapters" not in file.relative_to(SOURCE).parts
    ]
    assert not hidden, hidden


def _module(file: Path) -> str:
    return ".".join(("advisor", *file.relative_to(SOURCE).with_suffix("").parts))


def test_a_base_install_lists_and_imports_everything() -> None:
    """`help`, `dir` and `import *` without an extra: pyarrow, matplotlib and scikit-learn are
    hidden."""
    code = (
        "import sys, pydoc\nfor name in ('pyarrow', 'matplotlib', 'sklearn', 'tqdm'):"
        " sys.modules[name] = None\nimport advisor\nfrom advisor import *\nassert Advisor and"
        " trace_frontier and 'nearest_psd' in dir(advisor)\nassert 'Advisor' in"
        f" pydoc.render_doc(advisor)\nfor topic in {exports.TOPICS!r}: assert topic == 'runs' or"
        " pydoc.render_doc(getattr(advisor, topic))\ntry: advisor.advise_stream\nexcept"
        " advisor.InputError as error: assert 'advisor[arrow]' in str(error)\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_messages_name_what_there_is() -> None:
    """A message that says `advisor.<name>` names something that can be imported from there."""
    named = {
        m
        for f in SOURCE.rglob("*.py")
        for m in re.findall(r"advisor\.([A-Za-z_]\w*)(?=[ ,.;(`])", _texts(f))
    }
    assert {"nearest_psd", "View", "EstimateSettings"} <= named
    assert not {m for m in named if not hasattr(advisor, m) and find_spec(f"advisor.{m}") is None}


def _texts(file: Path) -> str:
    """Every sentence of a file that is no docstring; a word alone is a key, not a message."""
    nodes = list(ast.walk(ast.parse(file.read_text(encoding="utf-8"))))
    told = {id(node.value) for node in nodes if isinstance(node, ast.Expr)}
    return " ".join(
        n.value
        for n in nodes
        if isinstance(n, ast.Constant)
        and isinstance(n.value, str)
        and " " in n.value
        and id(n) not in told
    )


def test_an_unknown_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="nothing_of_the_kind"):
        advisor.nothing_of_the_kind  # noqa: B018


def test_the_version_is_that_of_the_installed_package() -> None:
    assert advisor.__version__ == version("advisor")

"""The advisor as a table: who may import whom, which library lives where, how long a file may be.
True, because it fails when the code leaves it."""

from __future__ import annotations

import ast
import subprocess
import sys
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

from advisor.exports import PUBLIC

SRC = Path(__file__).resolve().parents[1] / "src" / "advisor"

RANK: dict[str, float] = {
    "privacy": 0,
    "errors": 0.5,
    "frame_lines": 0.5,
    "paired": 0.8,
    "native": 1,
    "exports": 0.7,
    "cell_words": 0.4,
    "cells": 0.5,
    "arrays": 1,
    "files": 1,
    "folders": 2,
    "readers": 1.5,
    "annotations": 2,
    "validation": 3,
    "contracts": 4,
    "measures": 5,
    "data": 5,
    "risk_profile": 6,
    "suitability": 6,
    "optimize": 6,
    "recommend": 6,
    "lifecycle": 7,
    "engine": 8,
    "evaluate": 9,
    "reports": 10,
    "manifest": 10.5,
    "store": 11,
    "sample": 11,
    "runs": 12,
    "adapters": 13,
    "__init__": 14,
}
"""A package imports packages of a lower rank and files of its own; siblings never import each
other."""

QUARANTINE = {
    "pydantic": lambda path: path[0] in {"contracts", "adapters", "readers.py", "validation.py"},
    "cvxpy": lambda path: path == ("optimize", "program", "program.py"),
    "implicit": lambda path: path == ("recommend", "recipes", "factors.py"),
    "ctypes": lambda path: path[0] == "native",
    "matplotlib": lambda path: (
        path in {("reports", "figures.py"), ("reports", "notebook_figure.py")}
    ),
    "jinja2": lambda path: (
        path == ("reports", "pages.py") or path[:3] == ("adapters", "channels", "page")
    ),
    "sklearn": lambda path: path[0] == "adapters",
    "skfolio": lambda path: path[0] == "adapters",
    "pyspark": lambda path: path[0] == "adapters",
    "dask": lambda path: path[0] == "adapters",
}
"""Third-party library -> the files that may import it."""

LIGHT = (
    "cvxpy",
    "implicit",
    "numba",
    "scipy.stats",
    "matplotlib",
    "plotly",
    "sklearn",
    "pyarrow.parquet",
)
"""What `import advisor` must not pull in."""

DRAWN = {
    "contracts/advice.py",
    "data/market.py",
    "evaluate/match/probability.py",
    "evaluate/match/report.py",
    "evaluate/backtesting/result.py",
    "evaluate/backtesting/result_set.py",
    "evaluate/risk/report.py",
    "optimize/frontier/frontier.py",
    "optimize/portfolio.py",
}
"""Values with a `_repr_html_`, `plot`, `to_html` or `to_svg` that calls `reports` on use; nothing
else climbs."""

JUDGED = {
    "engine/questions.py": (
        "advisor.evaluate.match.served",
        "advisor.evaluate.match.report",
        "advisor.evaluate.match.segments",
    )
}
"""Where a value has `evaluate`, which calls the judge on use, and names the types of what goes in and
comes out: `Advisor.evaluate` is in the list of public names."""
LATE = {"recommend/recipes/recipe.py": "advisor.recommend.recipes.tuning"}
"""A recipe's `tuned` compares it with `EASE`, which is a recipe itself: imported on use, or the two
would import each other."""

LONGEST_FILE = 300
LONGEST_FUNCTION, MOST_PARAMETERS = 60, 7
SIGNATURES = {
    "adapters/analytics/causal.py:did",
    "adapters/analytics/columns.py:vector",
    "adapters/analytics/governance.py:compare",
    "adapters/analytics/matching.py:match_pairs",
    "adapters/analytics/sandbox.py:simulate_value",
    "adapters/crm/actions/proposals.py:propose",
    "adapters/crm/facts/table.py:of",
    "adapters/crm/openwealth.py:__init__",
    "adapters/sklearn.py:__init__",
    "arrays.py:check_number",
    "data/ranking.py:from_frame",
    "data/returns.py:__init__",
    "data/trades.py:from_frame",
    "engine/advisor.py:fit",
    "engine/output/states.py:states_after",
    "evaluate/backtesting/backtest.py:backtest",
    "evaluate/backtesting/backtest.py:backtest_many",
    "evaluate/match/match.py:evaluate_match",
    "evaluate/match/over_time.py:compare_over_time",
    "evaluate/match/returns.py:evaluate_money",
    "optimize/batch/portfolios.py:optimal_portfolios",
    "optimize/optimal.py:optimal_portfolio",
    "optimize/returns/estimate.py:estimate_returns",
    "recommend/windows.py:past_windows",
    "risk_profile/biases/measure.py:measure_biases",
    "runs/stream.py:advise_stream",
}
"""Functions whose arguments are a published signature, each with a line or more of its docstring;
none joins them."""

ADAPTERS = {"records": 1, "crm": 2, "analytics": 3, "channels": 4}
"""Packages of adapters: one imports those of a lower rank and files of its own."""
LONGEST_ADAPTER = 150
LONGER_ADAPTERS: dict[str, int] = {}
"""Files that still want splitting, and the most lines each may have; no file joins them."""
SHARED_READERS = (
    "contracts.answer_sheet",
    "contracts.base",
    "contracts.thresholds",
    "contracts.wording",
    "data.columns",
    "data.days",
    "data.horizons",
    "data.ids",
    "data.tables",
    "reports.pages",
)
"""How cells, ids, days and thresholds are read, and texts and pages made: one meaning for the whole
library, so adapters read by them as well."""


def source_files() -> list[Path]:
    return sorted(SRC.rglob("*.py"))


def room_of(file: Path) -> str:
    return file.relative_to(SRC).parts[0].removesuffix(".py")


def imports_of(file: Path, *, typing: bool = False, names: bool = False) -> list[tuple[str, bool]]:
    """Every imported module of a file, and whether the import is deferred into a function; those
    of type-checking blocks only where `typing`, and what is taken from them only where `names`."""
    tree = ast.parse(file.read_text(encoding="utf-8"))
    skipped = {
        id(inner)
        for node in ast.walk(tree)
        if not typing
        and isinstance(node, ast.If)
        and isinstance(node.test, ast.Name)
        and node.test.id == "TYPE_CHECKING"
        for inner in ast.walk(node)
    }
    deferred = {
        id(inner)
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        for inner in ast.walk(node)
    }
    found: list[tuple[str, bool]] = []
    for node in ast.walk(tree):
        if id(node) in skipped:
            continue
        if isinstance(node, ast.Import):
            found += [(alias.name, id(node) in deferred) for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{file}: relative import"
            found.append((node.module or "", id(node) in deferred))
            if names:
                found += [(f"{node.module}.{a.name}", id(node) in deferred) for a in node.names]
    return found


def climbs(here: str, to: str) -> bool:
    return to != here and RANK[to] >= RANK[here]


def draws(file: Path, module: str, deferred: bool) -> bool:
    """Whether this is a drawing method that calls `reports` on use."""
    return (
        deferred
        and module.startswith("advisor.reports.")
        and file.relative_to(SRC).as_posix() in DRAWN
    )


def allowed_late(file: Path, module: str, deferred: bool) -> bool:
    """Whether this is one of the few imports that a method makes on use."""
    here = file.relative_to(SRC).as_posix()
    return (
        draws(file, module, deferred)
        or module in JUDGED.get(here, ())
        or (deferred and module == LATE.get(here))
    )


def test_every_room_is_in_the_table() -> None:
    assert {room_of(f) for f in source_files()} <= set(RANK)


def test_imports_only_run_down() -> None:
    """A package imports lower packages, or files of its own; never a sibling, never upward."""
    up = [
        f"{file.relative_to(SRC)} imports {module}"
        for file in source_files()
        for module, deferred in imports_of(file, typing=True)
        if module.startswith("advisor.")
        and climbs(room_of(file), module.split(".")[1])
        and not allowed_late(file, module, deferred)
    ]
    assert not up, "\n".join(up)


def module_of(file: Path) -> str:
    return ".".join(("advisor", *file.relative_to(SRC).with_suffix("").parts))


def graph() -> dict[str, set[str]]:
    """Module -> modules it imports when it is loaded, or names in types."""
    modules = {module_of(file) for file in source_files()}
    return {
        module_of(file): {
            module
            for module, deferred in imports_of(file, typing=True, names=True)
            if not deferred and module in modules
        }
        for file in source_files()
    }


def test_no_file_imports_itself_through_others() -> None:
    """No circle of files, when loaded or in types."""
    assert len(tuple(TopologicalSorter(graph()).static_order())) == len(source_files())


def test_a_circle_would_be_seen() -> None:
    imports = graph()
    imports["advisor.engine.causes"] |= {"advisor.engine.batch"}
    with pytest.raises(CycleError):
        tuple(TopologicalSorter(imports).static_order())


def test_the_rule_would_catch_a_climb() -> None:
    assert climbs("risk_profile", "optimize")
    assert climbs("data", "engine")
    assert not climbs("engine", "data")
    assert not climbs("optimize", "optimize")


def test_no_module_imports_a_package_above_it() -> None:
    """`from advisor import x` inside the advisor would make a knot of every file."""
    packages = {f"advisor.{d.name}" for d in SRC.iterdir() if d.is_dir()} | {"advisor"}
    knots = [
        f"{file.relative_to(SRC)}: {module}"
        for file in source_files()
        for module, _ in imports_of(file)
        if module in packages and room_of(file) != "adapters"
    ]
    assert not knots, "\n".join(knots)


def test_own_imports_are_not_deferred() -> None:
    """Only the quarantined kernels and solvers are imported on first use."""
    late = [
        f"{file.relative_to(SRC)}: {module}"
        for file in source_files()
        for module, deferred in imports_of(file)
        if deferred
        and module.startswith("advisor.")
        and not module.endswith((".kernels", ".program", ".factors"))
        and not allowed_late(file, module, deferred)
    ]
    assert not late, "\n".join(late)


@pytest.mark.parametrize("library", sorted(QUARANTINE))
def test_third_party_libraries_stay_where_they_belong(library: str) -> None:
    strays = [
        str(file.relative_to(SRC))
        for file in source_files()
        for module, _ in imports_of(file)
        if module.split(".")[0] == library and not QUARANTINE[library](file.relative_to(SRC).parts)
    ]
    assert not strays, f"{library} is imported by {strays}"


def test_nothing_inside_imports_an_adapter() -> None:
    users = [
        str(f)
        for f in source_files()
        if room_of(f) != "adapters"
        and any(m.startswith("advisor.adapters") for m, _ in imports_of(f))
    ]
    assert not users


def adapter_of(name: str) -> int:
    """Rank of a package of adapters; 0 for what all of them share."""
    return ADAPTERS.get(name, 0)


def test_adapters_import_only_lower_adapters() -> None:
    up = []
    for file in (SRC / "adapters").rglob("*.py"):
        here = file.relative_to(SRC / "adapters").parts[0]
        for module, _ in imports_of(file):
            if module.startswith("advisor.adapters."):
                there = module.split(".")[2]
                if there != here and adapter_of(there) >= max(adapter_of(here), 1):
                    up.append(f"{file.relative_to(SRC)} imports {module}")
    assert not up, "\n".join(up)


def is_public(module: str) -> bool:
    """Whether adapters may import from it: the root, a topic, what stands below all topics, or a
    reader they share."""
    first = module.removeprefix("advisor").removeprefix(".").split(".")[0]
    whole = (
        not first
        or module in {f"advisor.{topic}" for topic in PUBLIC}
        or RANK[first] < RANK["contracts"]
    )
    return (
        whole
        or first in {"adapters", "sample"}
        or module in {f"advisor.{name}" for name in SHARED_READERS}
    )


def test_adapters_import_only_what_is_public() -> None:
    inside = [
        f"{file.relative_to(SRC)} imports {module}"
        for file in (SRC / "adapters").rglob("*.py")
        for module, _ in imports_of(file)
        if (module == "advisor" or module.startswith("advisor.")) and not is_public(module)
    ]
    assert not inside, "\n".join(inside)
    assert is_public("advisor.contracts")
    assert is_public("advisor.errors")
    assert not is_public("advisor.contracts.advice")
    assert not is_public("advisor.engine.pipeline")


def test_adapters_are_thin() -> None:
    sizes = {
        f: len(f.read_text(encoding="utf-8").splitlines()) for f in (SRC / "adapters").rglob("*.py")
    }
    long = {
        f.relative_to(SRC / "adapters").as_posix(): n
        for f, n in sizes.items()
        if n > LONGEST_ADAPTER
    }
    assert not {f: n for f, n in long.items() if n > LONGER_ADAPTERS.get(f, 0)}, long


def test_files_stay_readable() -> None:
    sizes = {f: len(f.read_text(encoding="utf-8").splitlines()) for f in source_files()}
    long = {str(f.relative_to(SRC)): n for f, n in sizes.items() if n > LONGEST_FILE}
    assert not long, long


def test_functions_stay_readable() -> None:
    """Outside the doors to the compiled loops, which take arrays one by one."""
    long = {
        f"{file.relative_to(SRC).as_posix()}:{node.name}"
        for file in source_files()
        if file.name != "kernels.py"
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8")))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and (
            node.end_lineno - node.lineno >= LONGEST_FUNCTION or parameters(node) > MOST_PARAMETERS
        )
    }
    assert long == SIGNATURES


def parameters(function: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    """How many there are besides the value itself."""
    arguments = function.args
    names = [a.arg for a in (*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs)]
    return len([name for name in names if name not in ("self", "cls")])


def test_names_say_what_a_file_does() -> None:
    vague = {"utils", "util", "helpers", "common", "misc", "tools"}
    assert not [f for f in source_files() if vague & set(f.stem.strip("_").split("_"))]


def test_nothing_in_src_asserts() -> None:
    """An assert vanishes under -O; a check is a raise."""
    asserts = [
        f"{f.relative_to(SRC)}:{n.lineno}"
        for f in source_files()
        for n in ast.walk(ast.parse(f.read_text(encoding="utf-8")))
        if isinstance(n, ast.Assert)
    ]
    assert not asserts, asserts


def test_import_is_light() -> None:
    """`import advisor` and its public functions load none of the heavy libraries."""
    code = (
        "import sys, advisor; advisor.Client, advisor.Market, advisor.Mandate, advisor.Advisor\n"
        f"print([m for m in {LIGHT!r} if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]", done.stdout

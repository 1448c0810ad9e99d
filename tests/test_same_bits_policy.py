"""What the record path may compute with, as a table: load, advise, verify and replay use + - * /
sqrt, comparisons, numpy's element-wise forms of these, sums, einsum as written (never optimised
into BLAS), and the library's own kernels. Everything else has bits that depend on the processor.

Fits may use BLAS: a fit is saved, not made again.
"""

from __future__ import annotations

import ast
import sys
from pathlib import Path
from types import FrameType

import pytest

from advisor import Client, load, sample, save
from strategies import sample_advisor

SRC = Path(__file__).resolve().parents[1] / "src" / "advisor"

RECORD_PATH = (
    "engine/**/*.py",
    "suitability/*.py",
    "risk_profile/[!bcp]*.py",
    "risk_profile/profile.py",
    "risk_profile/psychometrics/latent.py",
    "risk_profile/psychometrics/graded_response.py",
    "risk_profile/coherence.py",
    "lifecycle/trading/no_trade_edges.py",
    "optimize/frontier/active_set.py",
    "optimize/batch/*.py",
    "optimize/limits/binding.py",
    "optimize/limits/certificate.py",
    "optimize/limits/multipliers.py",
    "optimize/limits/parts.py",
    "optimize/frontier/corner_path.py",
    "optimize/preferences/bias_evidence.py",
    "optimize/preferences/corrections.py",
    "optimize/frontier/cover.py",
    "optimize/frontier/critical_line.py",
    "optimize/frontier/frontier.py",
    "optimize/frontier/trace.py",
    "optimize/limits/limits.py",
    "optimize/frontier/lookup.py",
    "optimize/preferences/preferences.py",
    "optimize/frontier/scaled_program.py",
    "optimize/frontier/segments.py",
    "optimize/kernels.py",
    "recommend/kernels.py",
    "recommend/model/fitted.py",
    "recommend/portfolio_fit/own_portfolio.py",
    "recommend/portfolio_fit/picks.py",
    "recommend/model/ranking.py",
    "recommend/portfolio_fit/utility.py",
    "recommend/views.py",
)
"""Files that loading, advising, verifying or replaying run through."""

FORBIDDEN = {
    "np": {"dot", "vdot", "inner", "matmul", "tensordot", "linalg", "exp", "exp2", "expm1", "log",
    "log2", "log10", "log1p", "power", "tanh", "hypot",
           "sin", "cos", "tan", "cbrt", "logaddexp", "float_power"},
    "math": {"exp", "log", "log2", "log10", "log1p", "expm1", "pow", "erf", "erfc", "hypot",
    "tanh", "dist", "fsum", "sumprod"},
}  # fmt: skip

ALLOWED = {
    ("engine/universe/universe.py", "scipy"): (
        "nnls in `made_of`: verifying compares what it finds with a tolerance, nothing of it is"
        " stored"
    ),
    (
        "optimize/limits/multipliers.py",
        "scipy",
    ): "linprog finds multipliers for a proof that is told, not stored",
    (
        "optimize/frontier/cover.py",
        "np.linalg",
    ): "lstsq on an active set of the last resort, whose corners are certified",
    ("suitability/changes.py", "@"): "counts, exact in every order",
    ("risk_profile/profile.py", "@"): "whole numbers, exact in every order",
}
"""Uses that decide no bit of a record, and why."""


def uses(tree: ast.AST) -> set[str]:
    """Names of what the table forbids."""
    found: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.BinOp | ast.AugAssign) and isinstance(node.op, ast.MatMult):
            found.add("@")
        elif isinstance(node, ast.Import | ast.ImportFrom):
            module = (node.module or "") if isinstance(node, ast.ImportFrom) else node.names[0].name
            if module.split(".")[0] == "scipy" and module != "scipy.sparse":
                found.add("scipy")
            if module == "math":
                found |= {f"math.{a.name}" for a in node.names if a.name in FORBIDDEN["math"]}
        elif (
            isinstance(node, ast.Attribute)
            and isinstance(node.value, ast.Name)
            and node.attr in FORBIDDEN.get(node.value.id, ())
        ):
            found.add(f"{node.value.id}.{node.attr}")
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            if node.func.attr == "dot":
                found.add("@")
            if node.func.attr == "einsum" and any(k.arg == "optimize" for k in node.keywords):
                found.add("einsum(optimize)")
    return found


def record_files() -> list[Path]:
    """Every file of the record path."""
    return sorted({file for pattern in RECORD_PATH for file in SRC.glob(pattern)})


@pytest.mark.parametrize("pattern", RECORD_PATH)
def test_the_table_names_files_that_are_there(pattern: str) -> None:
    assert list(SRC.glob(pattern)), pattern


def test_the_record_path_uses_nothing_whose_bits_depend_on_the_processor() -> None:
    strays = {
        (file.relative_to(SRC).as_posix(), use)
        for file in record_files()
        for use in uses(ast.parse(file.read_text(encoding="utf-8")))
    }  # fmt: skip
    assert not strays - set(ALLOWED), sorted(strays - set(ALLOWED))


def test_every_allowance_is_used() -> None:
    used = {
        (file.relative_to(SRC).as_posix(), use)
        for file in record_files()
        for use in uses(ast.parse(file.read_text(encoding="utf-8")))
    }
    assert set(ALLOWED) <= used, sorted(set(ALLOWED) - used)


@pytest.mark.parametrize(
    ("code", "use"),
    [
        ("a @ b", "@"),
        ("a @= b", "@"),
        ("a.dot(b)", "@"),
        ("np.linalg.solve(a, b)", "np.linalg"),
        ("np.exp(a)", "np.exp"),
        ("from math import exp", "math.exp"),
        ("import scipy.special", "scipy"),
        ("from scipy.stats import norm", "scipy"),
        ("np.einsum('ij,jk->ik', a, b, optimize=True)", "einsum(optimize)"),
    ],
)
def test_the_rule_would_catch_it(code: str, use: str) -> None:
    assert uses(ast.parse(code)) == {use}


def test_no_function_that_runs_while_advising_and_verifying_strays(tmp_path: Path) -> None:
    """Whatever file it stands in: the functions that really run, seen by the interpreter itself."""
    client = Client(
        id="li",
        wealth=250_000,
        horizon_years=8,
        age=41,
        level=3,
        assessed_on="2026-05-04",
        holdings={"P013": 30_000},
        locked={"P013"},
        biases={"loss_aversion": 2.0},
    )
    folder, table = save(sample_advisor(), tmp_path / "advisor"), sample.clients(40)
    ran: set[tuple[str, int]] = set()

    def note(frame: FrameType, event: str, _: object) -> None:
        if event == "call" and frame.f_code.co_filename.startswith(str(SRC)):
            ran.add((frame.f_code.co_filename, frame.f_code.co_firstlineno))

    sys.setprofile(note)
    try:
        advisor = load(folder)
        for one in (sample.client(), client):
            assert advisor.verify(advisor.advise(one, as_of="2026-11-20"), one).ok
        list(advisor.advise_many(table, as_of="2026-11-20"))
    finally:
        sys.setprofile(None)
    assert len({file for file, _ in ran}) > 60
    strays = set()
    for name in {file for file, _ in ran}:
        tree = ast.parse(Path(name).read_text(encoding="utf-8"))
        for node in ast.walk(tree):
            if isinstance(node, ast.FunctionDef):
                first = min([node.lineno, *(d.lineno for d in node.decorator_list)])
                if (name, first) in ran:
                    where = Path(name).relative_to(SRC).as_posix()
                    strays |= {(where, node.name, use) for use in uses(node)}
    checks = {("data/returns.py", "_checked_covariance", "np.linalg")}
    """Refuses a loaded matrix that is no covariance; what it lets through is as it was saved."""
    strays = {s for s in strays - checks if (s[0], s[2]) not in ALLOWED}
    assert not strays, sorted(strays)

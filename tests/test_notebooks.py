"""Every notebook runs from top to bottom, offline, and still shows in each cell the kinds of thing
that are stored in it."""

from __future__ import annotations

import importlib.util
import json
from pathlib import Path
from types import ModuleType

import pytest

EXAMPLES = Path(__file__).resolve().parents[1] / "examples"


def runner() -> ModuleType:
    spec = importlib.util.spec_from_file_location("run_notebooks", EXAMPLES / "run_notebooks.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


RUNNER = runner()
NOTEBOOKS = sorted(EXAMPLES.glob("*.ipynb"))


def kinds(notebook: dict) -> list[list[str]]:
    """What each code cell shows: streams and media types, not their content."""
    return [
        sorted(kind for output in cell["outputs"] for kind in output.get("data", {"stream": ""}))
        for cell in notebook["cells"]
        if cell["cell_type"] == "code"
    ]


def test_there_are_the_four_promised() -> None:
    assert [path.stem for path in NOTEBOOKS] == [
        "match_evaluation",
        "one_client",
        "own_prices",
        "quant_backtest",
    ]


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_runs_offline(path: Path, tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setenv("ADVISOR_DATA", str(tmp_path))
    stored = json.loads(path.read_text(encoding="utf-8"))
    assert kinds(RUNNER.run(path)) == kinds(stored)


@pytest.mark.data
def test_runs_on_real_customers(data_dir: Path, monkeypatch) -> None:
    monkeypatch.setenv("ADVISOR_DATA", str(data_dir))
    fresh = RUNNER.run(EXAMPLES / "match_evaluation.ipynb")
    assert "FAR-Trans" in "".join(fresh["cells"][1]["outputs"][0]["text"])


def test_a_broken_cell_is_found(tmp_path: Path) -> None:
    broken = tmp_path / "broken.ipynb"
    cells = [
        {"cell_type": "code", "source": ["x = 1\n"]},
        {"cell_type": "code", "source": ["x + y"]},
    ]
    broken.write_text(json.dumps({"cells": cells}), encoding="utf-8")
    with pytest.raises(NameError):
        RUNNER.run(broken)

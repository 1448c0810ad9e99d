"""The table of capabilities is true: every name can be imported, every test is there and speaks of
it."""

from __future__ import annotations

import runpy
import tomllib
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[3]
TABLE: dict[str, Any] = tomllib.loads(
    (ROOT / "src/advisor/adapters/capabilities.toml").read_text(encoding="utf-8")
)
ENTRIES = TABLE["capability"]


@pytest.mark.parametrize("entry", ENTRIES, ids=lambda entry: entry["name"])
def test_a_capability_has_its_names_its_definition_and_its_tests(entry: dict[str, Any]) -> None:
    for function in entry["functions"]:
        module, _, name = function.partition(":")
        value = getattr(import_module(module), name)
        assert (value.__doc__ or "").strip(), function
    texts = [(ROOT / test).read_text(encoding="utf-8").lower() for test in entry["tests"]]
    names = [function.partition(":")[2].lower() for function in entry["functions"]]
    assert any(name in text for text in texts for name in names) or entry["tests"] == [
        "tests/test_docs.py"
    ]
    assert all(entry[part] for part in ("area", "definition", "source", "metric"))


def test_each_capability_is_there_once_and_the_host_has_its_hooks() -> None:
    names = [entry["name"] for entry in ENTRIES]
    assert len(set(names)) == len(names)
    assert all(entry["what"] and entry["hook"] for entry in TABLE["host"])


def test_the_page_is_made_from_the_table() -> None:
    render = runpy.run_path(str(ROOT / "docs/capabilities.py"))["render"]
    assert (ROOT / "docs/capabilities.md").read_text(encoding="utf-8") == render(TABLE), (
        "run python docs/capabilities.py"
    )

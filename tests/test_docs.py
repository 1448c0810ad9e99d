"""Pages of docs/ that say so are executed: each block in order, printing what the page shows."""

from __future__ import annotations

import contextlib
import importlib.util
import io
import re
from pathlib import Path

import pytest

DOCS = Path(__file__).resolve().parents[1] / "docs"
BLOCK = re.compile(r"```(\w+)\n(.*?)```", re.DOTALL)
EXECUTED = sorted(
    path.name
    for path in DOCS.glob("*.md")
    if path.read_text(encoding="utf-8").startswith("<!-- executed")
)


@pytest.mark.parametrize("name", EXECUTED)
def test_a_page_prints_what_it_shows(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One namespace from top to bottom; a `text` block after a `python` block is its output."""
    monkeypatch.chdir(tmp_path)
    namespace: dict[str, object] = {}
    found = BLOCK.findall((DOCS / name).read_text(encoding="utf-8"))
    for (language, code), (after, output) in zip(found, [*found[1:], ("", "")], strict=True):
        if language == "python":
            printed = io.StringIO()
            with contextlib.redirect_stdout(printed):
                exec(compile(code, name, "exec"), namespace)
            shown = [line.rstrip() for line in output.splitlines()] if after == "text" else []
            assert [line.rstrip() for line in printed.getvalue().splitlines()] == shown


def test_the_customer_side_is_among_them() -> None:
    assert "crm.md" in EXECUTED


def test_generated_pages_are_those_of_the_code() -> None:
    """Every contract field has a unit and a meaning of absence; `python docs/build.py` writes the
    pages."""
    spec = importlib.util.spec_from_file_location("build_docs", DOCS / "build.py")
    assert spec is not None
    assert spec.loader is not None
    build = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(build)
    stale = [
        name
        for name, text in build.pages().items()
        if (DOCS / name).read_text(encoding="utf-8") != text
    ]
    assert stale == []


def test_the_guides_are_executed() -> None:
    assert {
        "index.md",
        "guide-service.md",
        "guide-quant.md",
        "guide-product-team.md",
        "guide-many-clients.md",
    } <= set(EXECUTED)

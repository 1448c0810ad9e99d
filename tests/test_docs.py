"""Pages of docs/ that say so are executed: each block in order, printing what the page shows."""

from __future__ import annotations

import contextlib
import io
import re
from pathlib import Path

import pytest

DOCS = Path(__file__).resolve().parents[1] / "docs"
BLOCK = re.compile(r"```(\w+)\n(.*?)```", re.DOTALL)
EXECUTED = sorted(path.name for path in DOCS.glob("*.md") if path.read_text(encoding="utf-8").startswith("<!-- executed"))


@pytest.mark.parametrize("name", EXECUTED)
def test_a_page_prints_what_it_shows(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
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

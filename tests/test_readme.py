"""Every block of the README and of the guides runs, in order, and prints what the page says it prints."""

from __future__ import annotations

import contextlib
import io
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
README = ROOT / "README.md"
GUIDES = ("README.md", "docs/analytics.md")
BLOCK = re.compile(r"```(\w+)\n(.*?)```", re.DOTALL)


def blocks(page: Path = README) -> list[tuple[str, str]]:
    return BLOCK.findall(page.read_text(encoding="utf-8"))


@pytest.mark.parametrize("page", GUIDES)
def test_python_blocks_print_what_the_page_shows(page: str, tmp_path: Path, monkeypatch) -> None:
    """One namespace from top to bottom, as a reader would type it; a `text` block after a `python` block is its output."""
    monkeypatch.chdir(tmp_path)
    namespace: dict[str, object] = {}
    found = blocks(ROOT / page)
    shown = 0
    for (language, code), (after, output) in zip(found, [*found[1:], ("", "")], strict=True):
        if language != "python":
            continue
        printed = io.StringIO()
        with contextlib.redirect_stdout(printed):
            exec(compile(code, page, "exec"), namespace)
        if after == "text":
            assert _ends_cut(printed.getvalue()) == _ends_cut(output)
            shown += 1
    assert shown, f"{page} shows no output"


def _ends_cut(text: str) -> list[str]:
    """Lines without blanks at their ends."""
    return [line.rstrip() for line in text.rstrip().splitlines()]


def test_shell_blocks_name_real_targets() -> None:
    targets = set(re.findall(r"^([a-z]+):", (README.parent / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    named = {t for language, code in blocks() if language == "sh" for t in re.findall(r"^make (\w+)", code, re.MULTILINE)}
    assert named
    assert named <= targets

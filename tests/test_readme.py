"""Every block of the README runs, in order, and prints what the README says it prints."""

from __future__ import annotations

import contextlib
import io
import re
from pathlib import Path

README = Path(__file__).resolve().parents[1] / "README.md"
BLOCK = re.compile(r"```(\w+)\n(.*?)```", re.DOTALL)


def blocks() -> list[tuple[str, str]]:
    return BLOCK.findall(README.read_text(encoding="utf-8"))


def test_python_blocks_print_what_the_readme_shows(tmp_path: Path, monkeypatch) -> None:
    """One namespace from top to bottom, as a reader would type it; a `text` block after a `python`
    block is its output."""
    monkeypatch.chdir(tmp_path)
    namespace: dict[str, object] = {}
    found = blocks()
    shown = 0
    for (language, code), (after, output) in zip(found, [*found[1:], ("", "")], strict=True):
        if language != "python":
            continue
        printed = io.StringIO()
        with contextlib.redirect_stdout(printed):
            exec(compile(code, "README.md", "exec"), namespace)
        if after == "text":
            assert printed.getvalue().rstrip() == output.rstrip()
            shown += 1
    assert shown, "the README shows no output"


def test_shell_blocks_name_real_targets() -> None:
    targets = set(
        re.findall(
            r"^([a-z]+):", (README.parent / "Makefile").read_text(encoding="utf-8"), re.MULTILINE
        )
    )
    named = {
        t
        for language, code in blocks()
        if language == "sh"
        for t in re.findall(r"^make (\w+)", code, re.MULTILINE)
    }
    assert named
    assert named <= targets

"""Write docs/capabilities.md from src/advisor/adapters/capabilities.toml.

python docs/capabilities.py
"""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
TABLE = HERE.parent / "src" / "advisor" / "adapters" / "capabilities.toml"


def named(function: str) -> str:
    """`module:name` as a reader imports it."""
    module, _, name = function.partition(":")
    return f"`{module}.{name}`"


def row(*cells: str) -> str:
    """One row of a table."""
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"


def render(table: dict[str, Any]) -> str:
    """The page."""
    lines = [
        "# Capabilities",
        "",
        "What a bank's customer management asks for, what does it here, by which definition, and how it is measured.",
        "Made from `src/advisor/adapters/capabilities.toml`; a test imports every name and finds every test.",
    ]
    areas = dict.fromkeys(entry["area"] for entry in table["capability"])
    for area in areas:
        lines += ["", f"## {area}", "", row("capability", "names", "definition", "source", "measured by"), row(*["---"] * 5)]
        for entry in table["capability"]:
            if entry["area"] == area:
                tests = ", ".join(f"`{test}`" for test in entry["tests"])
                names = ", ".join(map(named, entry["functions"]))
                lines.append(row(entry["name"], names, entry["definition"], entry["source"], f"{entry['metric']} ({tests})"))
    lines += ["", "## What is the host's", "", row("what", "the hook"), row("---", "---")]
    lines += [row(entry["what"], entry["hook"]) for entry in table["host"]]
    return "\n".join(lines) + "\n"


def main() -> None:
    page = render(tomllib.loads(TABLE.read_text(encoding="utf-8")))
    (HERE / "capabilities.md").write_text(page, encoding="utf-8")


if __name__ == "__main__":
    main()

"""Write docs/capabilities.md: the table of capabilities, and the facts and tags that rules know.

python docs/capabilities.py
"""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

from advisor.adapters.crm import TagPack, facts_on_record

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
        (
            "Each capability of the customer side: its functions, definition and source, and how it"
            " is measured."
        ),
        ("Made from `src/advisor/adapters/capabilities.toml`; the test files are below `tests/`."),
    ]
    areas = dict.fromkeys(entry["area"] for entry in table["capability"])
    for area in areas:
        lines += [
            "",
            f"## {area}",
            "",
            row("capability", "names", "definition", "source", "measured by"),
            row(*["---"] * 5),
        ]
        for entry in table["capability"]:
            if entry["area"] == area:
                tests = ", ".join(f"`{test.rsplit('/', 1)[-1]}`" for test in entry["tests"])
                names = ", ".join(map(named, entry["functions"]))
                lines.append(
                    row(
                        entry["name"],
                        names,
                        entry["definition"],
                        entry["source"],
                        f"{entry['metric']} ({tests})",
                    )
                )
    lines += ["", "## What the host provides", ""]
    lines += [row("task", "where it connects"), row("---", "---")]
    lines += [row(entry["what"], entry["hook"]) for entry in table["host"]]
    lines += [
        "",
        "## Facts that rules read",
        "",
        row("fact", "unit", "what it is", "中文"),
        row(*["---"] * 4),
    ]
    lines += [row(f"`{name}`", *entry) for name, entry in facts_on_record().items()]
    lines += [
        "",
        "## Tags",
        "",
        row("tag", "group", "family", "what it is", "中文", "rule"),
        row(*["---"] * 6),
    ]
    for tag in TagPack.default().tags:
        lines.append(
            row(
                f"`{tag.id}`",
                tag.group,
                tag.family,
                tag.names["en"],
                tag.names["zh"],
                " or ".join(map(rule, tag.any_of)),
            )
        )
    return "\n".join(lines) + "\n"


def rule(group: Any) -> str:
    """Conditions that must all hold, in signs."""
    parts = []
    for c in group:
        low, high = (
            ("" if c.low is None else f"{c.low:.10g} <= "),
            ("" if c.high is None else f" < {c.high:.10g}"),
        )
        parts.append(f"{low}{c.fact}{high}")
    return " and ".join(parts)


def main() -> None:
    page = render(tomllib.loads(TABLE.read_text(encoding="utf-8")))
    (HERE / "capabilities.md").write_text(page, encoding="utf-8")


if __name__ == "__main__":
    main()

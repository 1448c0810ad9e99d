"""Write docs/API.md: every public name with its signature and first line, by topic.

python docs/build.py
"""

from __future__ import annotations

import inspect
from importlib import import_module
from pathlib import Path

from advisor import exports


def entry(name: str, value: object) -> str:
    """One name as a list item."""
    summary = next(iter((inspect.getdoc(value) or "").splitlines()), "")
    if inspect.isclass(value):
        methods = [n for n, m in inspect.getmembers(value) if not n.startswith("_") and callable(m) and n in vars(value)]
        return f"- `{name}`: {summary}" + (f" Methods: {', '.join(f'`{m}`' for m in methods)}." if methods else "")
    return f"- `{name}{inspect.signature(value)}`: {summary}" if inspect.isfunction(value) else f"- `{name}`"


def main() -> None:
    parts = ["# Public names\n"]
    for topic, modules in exports.PUBLIC.items():
        names = {name: f"advisor.{topic}.{module}".removesuffix(".") for module, group in modules.items() for name in group.split()}
        parts += [f"\n## `advisor.{topic}`\n", *(entry(n, getattr(import_module(names[n]), n)) for n in sorted(names))]
    (Path(__file__).parent / "API.md").write_text("\n".join(parts) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()

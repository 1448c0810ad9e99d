"""Write docs/API.md: every public name with its signature and first line, by the room it lives in.

python docs/build.py
"""

from __future__ import annotations

import inspect
from pathlib import Path

import advisor
import advisor.lifecycle
import advisor.measures


def entry(name: str, value: object) -> str:
    """One name as a list item."""
    summary = next(iter((inspect.getdoc(value) or "").splitlines()), "")
    if inspect.isclass(value):
        doors = [n for n, m in inspect.getmembers(value) if not n.startswith("_") and callable(m) and n in vars(value)]
        return f"- `{name}`: {summary}" + (f" Methods: {', '.join(f'`{d}`' for d in doors)}." if doors else "")
    return f"- `{name}{inspect.signature(value)}`: {summary}" if callable(value) else f"- `{name}`"


def main() -> None:
    parts = ["# Public names\n"]
    for module in (advisor, advisor.lifecycle, advisor.measures):
        names = sorted(getattr(module, "__all__", None) or [n for n in vars(module) if not n.startswith("_")])
        values = [(n, getattr(module, n)) for n in names]
        parts += [f"\n## `{module.__name__}`\n", *(entry(n, v) for n, v in values if not inspect.ismodule(v))]
    (Path(__file__).parent / "API.md").write_text("\n".join(parts) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()

"""Run the notebooks of this folder from top to bottom and store what their cells show. Needs no
Jupyter: a notebook is JSON, and its cells are Python.

python examples/run_notebooks.py [notebook.ipynb ...]
"""

from __future__ import annotations

import ast
import base64
import contextlib
import io
import json
import sys
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).resolve().parent


def notebooks() -> list[Path]:
    """Every notebook of this folder."""
    return sorted(FOLDER.glob("*.ipynb"))


def run(path: Path) -> dict[str, Any]:
    """The notebook with the outputs of a fresh run: one namespace, cells in order; an error of a
    cell is raised."""
    if str(FOLDER) not in sys.path:
        sys.path.insert(0, str(FOLDER))  # a notebook imports the readers that lie beside it
    notebook = json.loads(path.read_text(encoding="utf-8"))
    namespace: dict[str, Any] = {"__name__": "__main__"}
    count = 0
    for cell in notebook["cells"]:
        if cell["cell_type"] == "code":
            count += 1
            cell["execution_count"] = count
            cell["outputs"] = _outputs(
                "".join(cell["source"]), f"{path.name}, cell {count}", namespace, count
            )
    return notebook


def _outputs(source: str, name: str, namespace: dict[str, Any], count: int) -> list[dict[str, Any]]:
    tree = ast.parse(source, name)
    last = tree.body.pop() if tree.body and isinstance(tree.body[-1], ast.Expr) else None
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        exec(compile(tree, name, "exec"), namespace)
        value = (
            eval(compile(ast.Expression(last.value), name, "eval"), namespace)
            if last is not None
            else None
        )
    found: list[dict[str, Any]] = []
    if printed.getvalue():
        found.append(
            {
                "name": "stdout",
                "output_type": "stream",
                "text": printed.getvalue().splitlines(keepends=True),
            }
        )
    if value is not None:
        found.append(
            {
                "data": _shown(value),
                "execution_count": count,
                "metadata": {},
                "output_type": "execute_result",
            }
        )
    return found


def _shown(value: object) -> dict[str, Any]:
    """What a notebook would show of a value: its text, and its HTML or picture where it has one."""
    data: dict[str, Any] = {}
    html, png = getattr(value, "_repr_html_", None), getattr(value, "_repr_png_", None)
    if callable(png):
        data["image/png"] = base64.b64encode(png()).decode("ascii")
    elif callable(html):
        data["text/html"] = html().splitlines(keepends=True)
    return data | {"text/plain": repr(value).splitlines(keepends=True)}


def main(names: list[str]) -> None:
    for path in [Path(name) for name in names] or notebooks():
        path.write_text(
            json.dumps(run(path), indent=1, ensure_ascii=False) + "\n", encoding="utf-8"
        )
        print(f"{path.name}: {path.stat().st_size / 1024:.0f} KiB")


if __name__ == "__main__":
    main(sys.argv[1:])

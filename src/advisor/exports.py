"""The one table of public names, `exports.json`: the lazy loaders and the type stubs are made from
it.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from advisor.errors import InputError

_TABLE: dict[str, dict[str, dict[str, str]]] = json.loads(
    Path(__file__).with_suffix(".json").read_text(encoding="utf-8")
)
PUBLIC, ADAPTERS = _TABLE["core"], _TABLE["adapters"]
"""Topic (a package, or a module at the root) -> module in it -> the public names it defines."""

HEADLINES = (
    "Advice Advisor AdviceBatch Blend Catalogue Client ClientTable EASE Goal InputError "
    "Interactions Mandate Market Popularity Preferences Product Questionnaire Regime "
    "ReturnModel RiskBands Trades backtest estimate_returns evaluate_match evaluate_risk load "
    "measure_biases optimal_portfolio profile_risk save trace_frontier"
)
"""What `from advisor import *` gives: the nouns, the verbs and the recipes of a first day."""

NAMESPACES = ("lifecycle", "measures")
"""Topics whose names are reached through the topic alone; all others are importable from the
root."""

TOPICS = tuple(topic for topic in PUBLIC if topic not in {"errors", "contracts.schemas", "store"})
"""Packages of the core with a public `__init__`."""

PACKAGES = ("advisor", *(f"advisor.{topic}" for topic in (*TOPICS, *ADAPTERS)))
"""Every package whose names are loaded on first use."""

_SERVICE = "fastapi jinja2 joserfc prometheus_client pydantic_settings starlette structlog uvicorn"
EXTRAS = {
    "pyarrow": "arrow",
    "matplotlib": "plot",
    "tqdm": "progress",
    "sklearn": "sklearn",
    **dict.fromkeys(_SERVICE.split(), "http"),
    "mcp": "mcp",
}
"""Library -> the extra that installs it."""

NEEDS = {"runs": "pyarrow"}
"""Topic -> the library without which nothing of it can be imported."""

WHOLE = ("privacy", "sample")
"""Modules that are public as a whole."""


def homes(package: str) -> dict[str, str]:
    """Public name -> full name of its module, for the root `advisor` or a topic such as
    `advisor.optimize`.
    """
    root, _, topic = package.partition(".")
    topics = [topic] if topic else [name for name in PUBLIC if name not in NAMESPACES]
    if topic.count(".") == 2 and topic not in ADAPTERS:  # a folder of an adapter
        above, _, folder = topic.rpartition(".")
        every = homes(f"{root}.{above}").items()
        return {name: home for name, home in every if f".{above}.{folder}." in home}
    return {
        name: f"{root}.{here}.{module}".removesuffix(".")
        for here in topics
        for module, names in (PUBLIC | ADAPTERS)[here].items()
        for name in names.split()
    }


def lazy(package: str) -> tuple[list[str], Callable[[str], Any], Callable[[], list[str]]]:
    """`__all__`, `__getattr__` and `__dir__` of a package that imports each name on first use.

    Args:
        package: full name of the package, `__name__` in its `__init__`.
    """
    home = homes(package)
    root = "." not in package
    modules = (*TOPICS, *WHOLE) if root else ()

    def load(name: str) -> Any:
        if name == "__version__" and root:
            return import_module("importlib.metadata").version("advisor")
        if name in modules:
            return import_module(f"{package}.{name}")
        if name not in home:
            raise AttributeError(f"module {package!r} has no attribute {name!r}")
        try:
            value = getattr(import_module(home[name]), name)
        except ModuleNotFoundError as error:
            raise InputError(
                f"advisor.{name} needs {error.name}, which is not installed; "
                f"pip install 'advisor[{EXTRAS.get(error.name or '', 'stack')}]'.",
                field=name,
                value=None,
            ) from error
        setattr(import_module(package), name, value)  # the next access does not come here
        return value

    def listing() -> list[str]:
        return sorted({*modules, *(name for name in home if _importable(home[name]))})

    return sorted(HEADLINES.split() if root else home), load, listing


def _importable(module: str) -> bool:
    """Whether what the module's topic needs is installed, so that `help` and completion pass over
    the rest.
    """
    library = NEEDS.get(module.split(".")[1])
    try:
        return library is None or find_spec(library) is not None
    except ValueError:  # the library is hidden from this process
        return False


def stub(package: str) -> str:
    """The text of the package's `__init__.pyi`, which tells type checkers what the loader gives."""
    home = homes(package)
    public = lazy(package)[0]
    root = "." not in package
    lines = [f"from {module} import {name} as {name}" for name, module in home.items()]
    if root:
        lines += [f"from {package} import {name} as {name}" for name in (*TOPICS, *WHOLE)]
    listed = "".join(f'    "{name}",\n' for name in public)
    version = "__version__: str\n" if root else ""
    return "\n".join(sorted(lines)) + f"\n\n{version}__all__ = [\n{listed}]\n"


def write_stubs(root: Path) -> None:
    """Write each `__init__.pyi` below the package folder `root`."""
    for package in PACKAGES:
        folder = root.joinpath(*package.split(".")[1:])
        (folder / "__init__.pyi").write_text(stub(package), encoding="utf-8")


if __name__ == "__main__":
    write_stubs(Path(__file__).parent)

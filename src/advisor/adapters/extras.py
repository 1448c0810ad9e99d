"""Libraries behind an extra: imported on first use, and named where they are missing."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from importlib import import_module
from typing import Any

from advisor.errors import InputError


def needs(extra: str, module: str) -> Any:
    """The module, imported; what to install where it is missing.

    Args:
        extra: The extra of this package that brings it, such as "crm".
        module: Its dotted name, such as "sqlalchemy".

    Raises:
        InputError: It, or something that it imports, is not installed.

    >>> needs("crm", "json").__name__
    'json'
    """
    try:
        return import_module(module)
    except ImportError as error:
        raise InputError(
            f"{module} cannot be imported ({error}), and this needs it. Install it with: pip install 'advisor[{extra}]'.",
            field=extra,
            value=module,
        ) from None


def on_use(package: str, homes: Mapping[str, str]) -> Callable[[str], Any]:
    """A `__getattr__` for a package whose names are imported on first use.

    Args:
        package: Its `__name__`.
        homes: Public name -> the file of the package that defines it.
    """

    def find(name: str) -> Any:
        home = homes.get(name)
        if home is None:
            raise AttributeError(f"module {package!r} has no attribute {name!r}")
        return getattr(import_module(f"{package}.{home}"), name)

    return find

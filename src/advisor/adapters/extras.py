"""Libraries behind an extra: imported on first use, and named where they are missing."""

from __future__ import annotations

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
            f"{module} cannot be imported ({error}), and this needs it. Install it with: pip"
            f" install 'advisor[{extra}]'.",
            field=extra,
            value=module,
        ) from None

"""Arrow is an extra: what to do where it is not installed."""

from __future__ import annotations

from typing import Any

from advisor.errors import InputError


def pyarrow() -> Any:
    """The library, or what to do where it is not installed.

    Raises:
        InputError: pyarrow is not installed.
    """
    try:
        import pyarrow as pa
    except ImportError as error:
        raise InputError(
            "Arrow, Parquet and CSV files and foreign frames need pyarrow, which is not installed;"
            " pip install 'advisor[arrow]'.",
            field="arrow",
            value=None,
        ) from error
    return pa

"""Libraries of the store, imported on first use; a missing one is named with its extra."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from advisor.adapters.extras import needs

__all__ = ["csv", "event", "exc", "pa", "sa"]

if TYPE_CHECKING:
    import pyarrow as pa
    import sqlalchemy as sa
    from pyarrow import csv
    from sqlalchemy import event, exc
else:
    _MODULES = {
        "csv": "pyarrow.csv", "event": "sqlalchemy.event", "exc": "sqlalchemy.exc",
        "pa": "pyarrow", "sa": "sqlalchemy",
    }  # fmt: skip

    def __getattr__(name: str) -> Any:
        if name in _MODULES:
            return needs("crm", _MODULES[name])
        raise AttributeError(name)

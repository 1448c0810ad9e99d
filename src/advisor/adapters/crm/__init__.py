"""Customers: the store, what other systems know of them, segments, and what to do next.

Importing this loads no library of an extra: each name is loaded on first use.
"""

from typing import TYPE_CHECKING

from advisor.adapters.extras import on_use

if TYPE_CHECKING:
    from advisor.adapters.crm.store import Store
    from advisor.adapters.crm.switch import Switch, guarded
    from advisor.adapters.crm.values import CustomerView, Forgotten, Written

__all__ = ["CustomerView", "Forgotten", "Store", "Switch", "Written", "guarded"]

__getattr__ = on_use(
    __name__,
    {
        "CustomerView": "values",
        "Forgotten": "values",
        "Store": "store",
        "Switch": "switch",
        "Written": "values",
        "guarded": "switch",
    },
)

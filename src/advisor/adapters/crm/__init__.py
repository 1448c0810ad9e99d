"""Customers: the store, what other systems know of them, segments, and what to do next.

Importing this loads no library of an extra: each name is loaded on first use.
"""

from typing import TYPE_CHECKING

from advisor.adapters.extras import on_use

if TYPE_CHECKING:
    from advisor.adapters.crm.dialect import Dialect
    from advisor.adapters.crm.gateway import Gateway, pull_clients, push_advice
    from advisor.adapters.crm.http_calls import http_send
    from advisor.adapters.crm.mapping import FieldMap
    from advisor.adapters.crm.memory import MemoryGateway
    from advisor.adapters.crm.outcomes import Outcome, Pulled
    from advisor.adapters.crm.rest import RestGateway
    from advisor.adapters.crm.sending import Reply
    from advisor.adapters.crm.store import Store
    from advisor.adapters.crm.switch import Switch, guarded
    from advisor.adapters.crm.values import CustomerView, Forgotten, Written

__all__ = [
    "CustomerView",
    "Dialect",
    "FieldMap",
    "Forgotten",
    "Gateway",
    "MemoryGateway",
    "Outcome",
    "Pulled",
    "Reply",
    "RestGateway",
    "Store",
    "Switch",
    "Written",
    "guarded",
    "http_send",
    "pull_clients",
    "push_advice",
]

__getattr__ = on_use(
    __name__,
    {
        "CustomerView": "values",
        "Dialect": "dialect",
        "FieldMap": "mapping",
        "Forgotten": "values",
        "Gateway": "gateway",
        "MemoryGateway": "memory",
        "Outcome": "outcomes",
        "Pulled": "outcomes",
        "Reply": "sending",
        "RestGateway": "rest",
        "Store": "store",
        "Switch": "switch",
        "Written": "values",
        "guarded": "switch",
        "http_send": "http_calls",
        "pull_clients": "gateway",
        "push_advice": "gateway",
    },
)

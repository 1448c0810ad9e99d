"""Customers: the store, what other systems know of them, segments, and what to do next.

Importing this loads no library of an extra: each name is loaded on first use.
"""

from typing import TYPE_CHECKING

from advisor.adapters.extras import on_use

if TYPE_CHECKING:
    from advisor.adapters.crm.Condition import conditions
    from advisor.adapters.crm.Dialect import dialect
    from advisor.adapters.crm.FieldMap import mapping
    from advisor.adapters.crm.ManualTag import manual_tags
    from advisor.adapters.crm.MemoryGateway import memory
    from advisor.adapters.crm.Reply import sending
    from advisor.adapters.crm.RestGateway import rest
    from advisor.adapters.crm.Store import store
    from advisor.adapters.crm.dialect import Dialect
    from advisor.adapters.crm.gateway import Gateway, pull_clients, push_advice
    from advisor.adapters.crm.http_calls import http_send
    from advisor.adapters.crm.http_send import http_calls
    from advisor.adapters.crm.mapping import FieldMap
    from advisor.adapters.crm.memory import MemoryGateway
    from advisor.adapters.crm.openwealth import OpenWealthGateway
    from advisor.adapters.crm.outcomes import Outcome, Pulled
    from advisor.adapters.crm.rest import RestGateway
    from advisor.adapters.crm.sending import Reply
    from advisor.adapters.crm.store import Store
    from advisor.adapters.crm.store_gateway import StoreGateway
    from advisor.adapters.crm.switch import Switch, guarded
    from advisor.adapters.crm.values import CustomerView, Forgotten, Written

__all__ = [
    "CustomerView",
    "Dialect",
    "FieldMap",
    "Forgotten",
    "Gateway",
    "MemoryGateway",
    "OpenWealthGateway",
    "Outcome",
    "Pulled",
    "Reply",
    "RestGateway",
    "Store",
    "StoreGateway",
    "Switch",
    "Written",
    "conditions",
    "dialect",
    "guarded",
    "http_calls",
    "http_send",
    "manual_tags",
    "mapping",
    "memory",
    "pull_clients",
    "push_advice",
    "rest",
    "sending",
    "store",
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
        "OpenWealthGateway": "openwealth",
        "Outcome": "outcomes",
        "Pulled": "outcomes",
        "Reply": "sending",
        "RestGateway": "rest",
        "Store": "store",
        "StoreGateway": "store_gateway",
        "Switch": "switch",
        "Written": "values",
        "conditions": "Condition",
        "dialect": "Dialect",
        "guarded": "switch",
        "http_calls": "http_send",
        "http_send": "http_calls",
        "manual_tags": "ManualTag",
        "mapping": "FieldMap",
        "memory": "MemoryGateway",
        "pull_clients": "gateway",
        "push_advice": "gateway",
        "rest": "RestGateway",
        "sending": "Reply",
        "store": "Store",
    },
)

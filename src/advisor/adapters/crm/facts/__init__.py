"""Facts of clients on a day, and the events that some of them come from."""

from __future__ import annotations

from advisor.adapters.crm.facts.event_sources import events_of, with_purchases
from advisor.adapters.crm.facts.events import EventTable
from advisor.adapters.crm.facts.registry import fact_names, facts_on_record, is_fact
from advisor.adapters.crm.facts.table import ClientFacts

__all__ = [
    "ClientFacts",
    "EventTable",
    "events_of",
    "fact_names",
    "facts_on_record",
    "is_fact",
    "with_purchases",
]

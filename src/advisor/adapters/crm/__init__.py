"""Customers: the store, what other systems know of them, segments, and what to do next.

Importing this loads no library of an extra: each name is loaded on first use.
"""

from typing import TYPE_CHECKING

from advisor.adapters.extras import on_use

if TYPE_CHECKING:
    from advisor.adapters.crm.actions.action import Action, Actions
    from advisor.adapters.crm.actions.checks import HeldAction
    from advisor.adapters.crm.actions.consent import Consent, SentAction
    from advisor.adapters.crm.actions.hand_off import HandOff, hand_off
    from advisor.adapters.crm.actions.keeping import consents, keep_actions, open_actions, sent_actions
    from advisor.adapters.crm.actions.plays import EventPattern, Play, PlayBook
    from advisor.adapters.crm.actions.proposals import propose
    from advisor.adapters.crm.actions.releases import Released, release
    from advisor.adapters.crm.conditions import Condition
    from advisor.adapters.crm.dialect import Dialect
    from advisor.adapters.crm.facts.events import EventTable
    from advisor.adapters.crm.facts.registry import fact_names, facts_on_record
    from advisor.adapters.crm.facts.table import ClientFacts
    from advisor.adapters.crm.gateway import Gateway, pull_clients, push_advice
    from advisor.adapters.crm.http_calls import http_send
    from advisor.adapters.crm.manual_tags import ManualTag, keep_tags, kept_tags
    from advisor.adapters.crm.mapping import FieldMap
    from advisor.adapters.crm.memory import MemoryGateway
    from advisor.adapters.crm.openwealth import OpenWealthGateway
    from advisor.adapters.crm.outcomes import Outcome, Pulled
    from advisor.adapters.crm.packs.classes import RiskLabelPack, StagePack, TierPack
    from advisor.adapters.crm.packs.ranks import ActivityPack
    from advisor.adapters.crm.packs.scores import ScorePack
    from advisor.adapters.crm.packs.tags import TagPack, TagRule
    from advisor.adapters.crm.rest import RestGateway
    from advisor.adapters.crm.rule_rows import keep_rules
    from advisor.adapters.crm.rule_tags import Packs
    from advisor.adapters.crm.segments import Segments, segment
    from advisor.adapters.crm.sending import Reply
    from advisor.adapters.crm.stages import Stages, stage
    from advisor.adapters.crm.store import Store
    from advisor.adapters.crm.store_gateway import StoreGateway
    from advisor.adapters.crm.switch import Switch, guarded
    from advisor.adapters.crm.tags import Tags, tag
    from advisor.adapters.crm.tryton import TrytonGateway
    from advisor.adapters.crm.values import CustomerView, Forgotten, Written

_HOMES = {
    "actions.action": "Action Actions",
    "actions.checks": "HeldAction",
    "actions.consent": "Consent SentAction",
    "actions.hand_off": "HandOff hand_off",
    "actions.keeping": "consents keep_actions open_actions sent_actions",
    "actions.plays": "EventPattern Play PlayBook",
    "actions.proposals": "propose",
    "actions.releases": "Released release",
    "conditions": "Condition",
    "dialect": "Dialect",
    "facts.events": "EventTable",
    "facts.registry": "fact_names facts_on_record",
    "facts.table": "ClientFacts",
    "gateway": "Gateway pull_clients push_advice",
    "http_calls": "http_send",
    "manual_tags": "ManualTag keep_tags kept_tags",
    "mapping": "FieldMap",
    "memory": "MemoryGateway",
    "openwealth": "OpenWealthGateway",
    "outcomes": "Outcome Pulled",
    "packs.classes": "RiskLabelPack StagePack TierPack",
    "packs.ranks": "ActivityPack",
    "packs.scores": "ScorePack",
    "packs.tags": "TagPack TagRule",
    "rest": "RestGateway",
    "rule_rows": "keep_rules",
    "rule_tags": "Packs",
    "segments": "Segments segment",
    "sending": "Reply",
    "stages": "Stages stage",
    "store": "Store",
    "store_gateway": "StoreGateway",
    "switch": "Switch guarded",
    "tags": "Tags tag",
    "tryton": "TrytonGateway",
    "values": "CustomerView Forgotten Written",
}

__all__ = [
    "Action",
    "Actions",
    "ActivityPack",
    "ClientFacts",
    "Condition",
    "Consent",
    "CustomerView",
    "Dialect",
    "EventPattern",
    "EventTable",
    "FieldMap",
    "Forgotten",
    "Gateway",
    "HandOff",
    "HeldAction",
    "ManualTag",
    "MemoryGateway",
    "OpenWealthGateway",
    "Outcome",
    "Packs",
    "Play",
    "PlayBook",
    "Pulled",
    "Released",
    "Reply",
    "RestGateway",
    "RiskLabelPack",
    "ScorePack",
    "Segments",
    "SentAction",
    "StagePack",
    "Stages",
    "Store",
    "StoreGateway",
    "Switch",
    "TagPack",
    "TagRule",
    "Tags",
    "TierPack",
    "TrytonGateway",
    "Written",
    "consents",
    "fact_names",
    "facts_on_record",
    "guarded",
    "hand_off",
    "http_send",
    "keep_actions",
    "keep_rules",
    "keep_tags",
    "kept_tags",
    "open_actions",
    "propose",
    "pull_clients",
    "push_advice",
    "release",
    "segment",
    "sent_actions",
    "stage",
    "tag",
]

__getattr__ = on_use(__name__, {name: home for home, names in _HOMES.items() for name in names.split()})

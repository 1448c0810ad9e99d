from advisor.adapters.crm.actions.action import Action as Action
from advisor.adapters.crm.actions.action import Actions as Actions
from advisor.adapters.crm.actions.checks import HeldAction as HeldAction
from advisor.adapters.crm.actions.consent import Consent as Consent
from advisor.adapters.crm.actions.consent import SentAction as SentAction
from advisor.adapters.crm.actions.keeping import HandOff as HandOff
from advisor.adapters.crm.actions.keeping import consents as consents
from advisor.adapters.crm.actions.keeping import hand_off as hand_off
from advisor.adapters.crm.actions.keeping import keep_actions as keep_actions
from advisor.adapters.crm.actions.keeping import open_actions as open_actions
from advisor.adapters.crm.actions.keeping import sent_actions as sent_actions
from advisor.adapters.crm.actions.plays import EventPattern as EventPattern
from advisor.adapters.crm.actions.plays import Play as Play
from advisor.adapters.crm.actions.plays import PlayBook as PlayBook
from advisor.adapters.crm.actions.proposals import propose as propose
from advisor.adapters.crm.actions.releases import Released as Released
from advisor.adapters.crm.actions.releases import release as release
from advisor.adapters.crm.calls import http_send as http_send
from advisor.adapters.crm.conditions import Condition as Condition
from advisor.adapters.crm.dialect import Dialect as Dialect
from advisor.adapters.crm.facts.event_sources import events_of as events_of
from advisor.adapters.crm.facts.events import EventTable as EventTable
from advisor.adapters.crm.facts.registry import fact_names as fact_names
from advisor.adapters.crm.facts.registry import facts_on_record as facts_on_record
from advisor.adapters.crm.facts.registry import is_fact as is_fact
from advisor.adapters.crm.facts.table import ClientFacts as ClientFacts
from advisor.adapters.crm.gateway import Gateway as Gateway
from advisor.adapters.crm.gateway import MemoryGateway as MemoryGateway
from advisor.adapters.crm.gateway import pull_clients as pull_clients
from advisor.adapters.crm.gateway import push_advice as push_advice
from advisor.adapters.crm.manual_tags import ManualTag as ManualTag
from advisor.adapters.crm.mapping import FieldMap as FieldMap
from advisor.adapters.crm.openwealth import OpenWealthGateway as OpenWealthGateway
from advisor.adapters.crm.outcomes import Outcome as Outcome
from advisor.adapters.crm.outcomes import Pulled as Pulled
from advisor.adapters.crm.packs.base import FactRule as FactRule
from advisor.adapters.crm.packs.classes import RiskLabelPack as RiskLabelPack
from advisor.adapters.crm.packs.classes import StagePack as StagePack
from advisor.adapters.crm.packs.classes import TagPack as TagPack
from advisor.adapters.crm.packs.classes import TagRule as TagRule
from advisor.adapters.crm.packs.classes import TierPack as TierPack
from advisor.adapters.crm.packs.ranks import ActivityPack as ActivityPack
from advisor.adapters.crm.packs.ranks import RankedFact as RankedFact
from advisor.adapters.crm.packs.ranks import ScorePack as ScorePack
from advisor.adapters.crm.packs.ranks import Weighting as Weighting
from advisor.adapters.crm.rest import RestGateway as RestGateway
from advisor.adapters.crm.rule_rows import Packs as Packs
from advisor.adapters.crm.rule_rows import keep_rules as keep_rules
from advisor.adapters.crm.segments import Segments as Segments
from advisor.adapters.crm.segments import segment as segment
from advisor.adapters.crm.sending import Reply as Reply
from advisor.adapters.crm.stages import Stages as Stages
from advisor.adapters.crm.stages import stage as stage
from advisor.adapters.crm.store import Store as Store
from advisor.adapters.crm.store_gateway import StoreGateway as StoreGateway
from advisor.adapters.crm.switch import Switch as Switch
from advisor.adapters.crm.switch import guarded as guarded
from advisor.adapters.crm.tag_rows import keep_tags as keep_tags
from advisor.adapters.crm.tag_rows import kept_tags as kept_tags
from advisor.adapters.crm.tags import Tags as Tags
from advisor.adapters.crm.tags import tag as tag
from advisor.adapters.crm.tryton import TrytonGateway as TrytonGateway
from advisor.adapters.crm.values import CustomerView as CustomerView
from advisor.adapters.crm.values import Forgotten as Forgotten
from advisor.adapters.crm.values import Written as Written

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
    "FactRule",
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
    "RankedFact",
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
    "Weighting",
    "Written",
    "consents",
    "events_of",
    "fact_names",
    "facts_on_record",
    "guarded",
    "hand_off",
    "http_send",
    "is_fact",
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

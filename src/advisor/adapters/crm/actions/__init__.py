"""Actions: plays as data, proposals, and the last check before anything is sent."""

from __future__ import annotations

from advisor.adapters.crm.actions.action import Action, Actions
from advisor.adapters.crm.actions.checks import HeldAction
from advisor.adapters.crm.actions.consent import Consent, SentAction
from advisor.adapters.crm.actions.hand_off import HandOff, hand_off
from advisor.adapters.crm.actions.plays import EventPattern, Play, PlayBook
from advisor.adapters.crm.actions.proposals import propose
from advisor.adapters.crm.actions.releases import Released, release

__all__ = [
    "Action",
    "Actions",
    "Consent",
    "EventPattern",
    "HandOff",
    "HeldAction",
    "Play",
    "PlayBook",
    "Released",
    "SentAction",
    "hand_off",
    "propose",
    "release",
]

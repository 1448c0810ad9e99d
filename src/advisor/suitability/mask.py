"""Rules over classes of clients and whole shelves at once."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from advisor.arrays import BoolArray
from advisor.contracts.rules import Rule, RulePack
from advisor.suitability.facts import EXPIRED, UNDATED, Facts
from advisor.suitability.preferences import satisfies
from advisor.suitability.shelf import Shelf

Fires = Callable[[Rule, RulePack, Facts, Shelf], BoolArray]
"""Where a rule fires: shape (k, p), (k, 1) or (1, p)."""


def allowed(pack: RulePack, facts: Facts, shelf: Shelf) -> BoolArray:
    """Which products each client may be offered under a pack, shape (k, p): those where no rule refuses or warns."""
    mask = np.broadcast_to(shelf.risk_level > 0, (len(facts), len(shelf))).copy()
    for rule in pack.rules:
        if rule.decision != "duty":
            fires = _CONDITIONS[rule.when](rule, pack, facts, shelf)
            if rule.exempt_professional:
                fires = fires & ~_professional(pack, facts)[:, None]
            mask &= ~fires
    return mask


def _professional(pack: RulePack, facts: Facts) -> BoolArray:
    """Who counts as professional: not the lowest category, and not a natural person where the pack has no such thing."""
    natural_too = np.ones(len(facts), dtype=np.bool_) if pack.natural_person_professional else facts.institution
    return facts.professional & natural_too & ~facts.lowest


def _unassessed(rule: Rule, pack: RulePack, facts: Facts, shelf: Shelf) -> BoolArray:
    return (facts.level == 0)[:, None]


def _expired(rule: Rule, pack: RulePack, facts: Facts, shelf: Shelf) -> BoolArray:
    return ((facts.validity == EXPIRED) | (rule.unknown & (facts.validity == UNDATED)))[:, None]


def _level(rule: Rule, pack: RulePack, facts: Facts, shelf: Shelf) -> BoolArray:
    table = np.zeros((7, 6), dtype=np.bool_)  # rows: unassessed, C1..C5, lowest; columns: unknown, R1..R5
    for row, levels in rule.cells.items():
        if row == "lowest" or pack.basis == "product":
            table[6 if row == "lowest" else int(row), list(levels)] = True
    return table[np.where(facts.lowest, 6, facts.level)][:, shelf.risk_level]


def _incapable(rule: Rule, pack: RulePack, facts: Facts, shelf: Shelf) -> BoolArray:
    return (~facts.capable)[:, None] & (~facts.guardian[:, None] | (shelf.risk_level >= rule.from_level))


def _minor(rule: Rule, pack: RulePack, facts: Facts, shelf: Shelf) -> BoolArray:
    young = facts.age < (rule.number or 0.0)
    if rule.unknown:
        young |= np.isnan(facts.age)
    return young[:, None] & (~facts.guardian[:, None] | (shelf.risk_level >= rule.from_level))


def _senior(rule: Rule, pack: RulePack, facts: Facts, shelf: Shelf) -> BoolArray:
    old = facts.age >= (rule.number or 0.0)
    if rule.unknown:
        old |= np.isnan(facts.age)
    return old[:, None] & (shelf.risk_level >= rule.from_level)


def _high_risk(rule: Rule, pack: RulePack, facts: Facts, shelf: Shelf) -> BoolArray:
    return (shelf.risk_level >= (rule.number or 0.0))[None, :]


def _amount(rule: Rule, pack: RulePack, facts: Facts, shelf: Shelf) -> BoolArray:
    return shelf.min_purchase > facts.wealth[:, None]


def _term(rule: Rule, pack: RulePack, facts: Facts, shelf: Shelf) -> BoolArray:
    return shelf.term_years > facts.horizon_years[:, None]


def _private(rule: Rule, pack: RulePack, facts: Facts, shelf: Shelf) -> BoolArray:
    return shelf.private & ~facts.private_qualified[:, None]


def _complex(rule: Rule, pack: RulePack, facts: Facts, shelf: Shelf) -> BoolArray:
    return shelf.complex & ~(facts.knowledge >= (rule.number or 0.0))[:, None]


def _currency(rule: Rule, pack: RulePack, facts: Facts, shelf: Shelf) -> BoolArray:
    fires = np.zeros((len(facts.currency.names) + 1, len(shelf)), dtype=np.bool_)
    for j, word in enumerate(shelf.currency):
        if word:
            fires[:, j] = [name != word for name in facts.currency.names] + [rule.unknown]
    return fires[facts.currency.codes]


def _sustainability(rule: Rule, pack: RulePack, facts: Facts, shelf: Shelf) -> BoolArray:
    fires = np.zeros((len(facts.sustainability.names) + 1, len(shelf)), dtype=np.bool_)
    for i, demand in enumerate(facts.sustainability.names):
        fires[i] = [not satisfies(claim, demand) for claim in shelf.sustainability]
    return fires[facts.sustainability.codes]


def _excluded(rule: Rule, pack: RulePack, facts: Facts, shelf: Shelf) -> BoolArray:
    fires = np.zeros((len(facts), len(shelf)), dtype=np.bool_)
    if not facts.excluded.names:
        return fires
    touched = np.array([[name in names for names in shelf.names] for name in facts.excluded.names])
    np.logical_or.at(fires, facts.excluded.row_of_entry(), touched[facts.excluded.codes])
    return fires


def _never(rule: Rule, pack: RulePack, facts: Facts, shelf: Shelf) -> BoolArray:
    return np.zeros((1, 1), dtype=np.bool_)


_CONDITIONS: dict[str, Fires] = {
    "unassessed": _unassessed,
    "expired": _expired,
    "level": _level,
    "incapable": _incapable,
    "minor": _minor,
    "senior": _senior,
    "high_risk": _high_risk,
    "amount": _amount,
    "term": _term,
    "private": _private,
    "complex": _complex,
    "currency": _currency,
    "excluded": _excluded,
    "sustainability": _sustainability,
    "target_market": _never,
    "unsuited_target_market": _never,
    "insistence": _never,
}

"""Rules over classes of clients and whole catalogues at once."""

from __future__ import annotations

from collections.abc import Callable, Container
from dataclasses import dataclass

import numpy as np

from advisor.arrays import BoolArray, IntArray
from advisor.contracts.rules import PORTFOLIO, Condition, Rule, RulePack
from advisor.contracts.thresholds import reaches
from advisor.suitability.client_facts import EXPIRED, UNDATED, Facts
from advisor.suitability.product_facts import ProductFacts
from advisor.suitability.sustainability import satisfies
from advisor.suitability.target_market import negative, not_positive, places


@dataclass(frozen=True, eq=False)
class Case:
    """One rule before k clients and p products."""

    rule: Rule
    pack: RulePack
    facts: Facts
    products: ProductFacts


Fires = Callable[[Case], BoolArray]
"""Where a rule fires: shape (k, p), (k, 1) or (1, p)."""


def allowed(
    pack: RulePack, facts: Facts, products: ProductFacts, only: Container[Condition] | None = None
) -> BoolArray:
    """Which products each client may be offered under a pack, shape (k, p): those where no rule
    refuses or warns; `only`: no rule of these conditions.
    """
    mask = np.broadcast_to(products.risk_level > 0, (len(facts), len(products))).copy()
    for rule in pack.rules:
        if rule.decision != "duty" and (only is None or rule.when in only):
            fires = _CONDITIONS[rule.when](Case(rule, pack, facts, products))
            if rule.exempt_professional:
                fires = fires & ~_professional(pack, facts)[:, None]
            mask &= ~fires
    return mask


def _professional(pack: RulePack, facts: Facts) -> BoolArray:
    """Who counts as professional: not the lowest category, and not a natural person where the pack
    has no such thing.
    """
    natural_too = (
        np.ones(len(facts), dtype=np.bool_)
        if pack.natural_person_professional
        else facts.institution
    )
    return facts.professional & natural_too & ~facts.lowest


def _unassessed(case: Case) -> BoolArray:
    return (case.facts.level == 0)[:, None]


def _expired(case: Case) -> BoolArray:
    return (
        (case.facts.validity == EXPIRED) | (case.rule.unknown & (case.facts.validity == UNDATED))
    )[:, None]


def _level(case: Case) -> BoolArray:
    table = np.zeros(
        (7, 6), dtype=np.bool_
    )  # rows: unassessed, C1..C5, lowest; columns: unknown, R1..R5
    for row, levels in case.rule.cells.items():
        if row == "lowest" or case.pack.basis == "product":
            table[6 if row == "lowest" else int(row), list(levels)] = True
    return table[np.where(case.facts.lowest, 6, case.facts.level)][:, case.products.risk_level]


def _incapable(case: Case) -> BoolArray:
    return (~case.facts.capable)[:, None] & (
        ~case.facts.guardian[:, None] | (case.products.risk_level >= case.rule.from_level)
    )


def _minor(case: Case) -> BoolArray:
    young = ~reaches(case.facts.age, case.rule.number or 0.0) & ~np.isnan(case.facts.age)
    if case.rule.unknown:
        young |= np.isnan(case.facts.age)
    young &= ~case.facts.institution  # has no age
    return young[:, None] & (
        ~case.facts.guardian[:, None] | (case.products.risk_level >= case.rule.from_level)
    )


def _senior(case: Case) -> BoolArray:
    old = reaches(case.facts.age, case.rule.number or 0.0)
    if case.rule.unknown:
        old |= np.isnan(case.facts.age)
    old &= ~case.facts.institution
    return old[:, None] & (case.products.risk_level >= case.rule.from_level)


def _high_risk(case: Case) -> BoolArray:
    return reaches(case.products.risk_level, case.rule.number or 0.0)[None, :]


def _amount(case: Case) -> BoolArray:
    return ~reaches(case.facts.wealth[:, None], case.products.min_purchase)


def _term(case: Case) -> BoolArray:
    if not case.products.term_days.any():
        return np.zeros((len(case.facts), 1), dtype=np.bool_)
    return case.products.term_days > case.facts.horizon_days[:, None]


def _private(case: Case) -> BoolArray:
    return case.products.private & ~case.facts.private_qualified[:, None]


def _complex(case: Case) -> BoolArray:
    return case.products.complex & ~reaches(case.facts.knowledge, case.rule.number or 0.0)[:, None]


def _currency(case: Case) -> BoolArray:
    client, product = case.facts.currency, case.products.currency
    differs = [
        [name != word for word in product.names] + [case.rule.unknown] for name in client.names
    ]
    unstated = [case.rule.unknown] * len(product.names) + [
        False
    ]  # nobody names a currency: there is but one
    return np.array([*differs, unstated])[client.codes][:, product.codes]


def _sustainability(case: Case) -> BoolArray:
    client, product = case.facts.sustainability, case.products.sustainability
    lacks = [
        [not satisfies(claim, demand) for claim in (*product.names, "")] for demand in client.names
    ]
    return np.array([*lacks, [False] * (len(product.names) + 1)])[client.codes][:, product.codes]


def _excluded(case: Case) -> BoolArray:
    fires = np.zeros((len(case.facts), len(case.products)), dtype=np.bool_)
    if not case.facts.excluded.names:
        return fires
    touched = np.array(
        [[name in names for names in case.products.names] for name in case.facts.excluded.names]
    )
    np.logical_or.at(fires, case.facts.excluded.row_of_entry(), touched[case.facts.excluded.codes])
    return fires


def _target_market(case: Case) -> BoolArray:
    return not_positive(case.products.market, _places(case))


def _unsuited_target_market(case: Case) -> BoolArray:
    short = ~reaches(case.facts.horizon_years[:, None], case.products.min_years)
    return short | negative(case.products.market, _places(case), case.facts.lowest)


def _places(case: Case) -> tuple[IntArray, ...]:
    facts = case.facts
    return places(
        case.pack.places,
        facts.level,
        facts.lowest,
        _professional(case.pack, facts),
        facts.knowledge,
        facts.objective,
    )


def _insistence(case: Case) -> BoolArray:
    return np.zeros(
        (len(case.facts), 1), dtype=np.bool_
    )  # a duty of single sales: it never opens a product for promotion


def _of_portfolio(case: Case) -> BoolArray:
    return np.zeros((len(case.facts), 1), dtype=np.bool_)  # judged by `portfolio.concentration`


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
    "target_market": _target_market,
    "unsuited_target_market": _unsuited_target_market,
    "insistence": _insistence,
    **dict.fromkeys(PORTFOLIO, _of_portfolio),
}

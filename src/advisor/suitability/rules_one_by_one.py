"""One client, one product: every rule read aloud. Written apart from the masks, which tests compare
with it.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import NamedTuple, cast

import numpy as np

from advisor.contracts.client import Client
from advisor.contracts.product import Product
from advisor.contracts.rules import PORTFOLIO, Row, Rule, RulePack
from advisor.contracts.thresholds import reaches
from advisor.data.eligibility import Decision, Verdict
from advisor.data.horizons import days_within
from advisor.data.profiles import RiskProfile
from advisor.suitability.sustainability import satisfies
from advisor.suitability.target_market import judge_market


class Case(NamedTuple):
    """One rule before one client and one product."""

    rule: Rule
    pack: RulePack
    profile: RiskProfile
    client: Client
    product: Product


Applies = Callable[[Case], bool]


def judge(pack: RulePack, profile: RiskProfile, client: Client, product: Product) -> Verdict:
    """The verdict of one pack: `refuse` if any rule that fires refuses, else `warn` if any warns,
    else `allow`; with every rule that fired.

    Sustainability is judged last, and only for what nothing else refuses.
    """
    exempt = _professional(pack, profile, client)
    fired: list[Rule] = []
    last: list[Rule] = []
    for applies, rule in _applied(pack):
        if not (exempt and rule.exempt_professional) and applies(
            Case(rule, pack, profile, client, product)
        ):
            (last if rule.when == "sustainability" else fired).append(rule)
    if not any(rule.decision == "refuse" for rule in fired):
        fired += last
    decisions = {rule.decision for rule in fired}
    decision: Decision = (
        "refuse" if "refuse" in decisions else "warn" if "warn" in decisions else "allow"
    )
    return Verdict(decision, tuple(rule.id for rule in fired))


def _professional(pack: RulePack, profile: RiskProfile, client: Client) -> bool:
    return (
        client.professional
        and (pack.natural_person_professional or client.institution)
        and not profile.lowest_category
    )


def _level(case: Case) -> bool:
    level = case.profile.level
    if not case.profile.lowest_category and (case.pack.basis == "portfolio" or level == 0):
        return False
    row = cast(Row, "lowest" if case.profile.lowest_category else str(level))
    return case.product.effective_risk_level in case.rule.cells.get(row, ())


def _old_enough(case: Case, unknown: bool) -> bool:
    if case.client.age is None:
        return unknown
    return bool(reaches(case.client.age, case.rule.number or 0.0))


def _needs_guardian(case: Case) -> bool:
    """Whether nobody may act for a client who cannot, or not for a product of this risk."""
    return not case.client.guardian or case.product.effective_risk_level >= case.rule.from_level


def _term(case: Case) -> bool:
    if not case.product.term_days:
        return False
    horizon = np.array([case.client.horizon_years])
    return case.product.term_days > int(days_within(horizon, np.datetime64(case.profile.as_of))[0])


def _currency(case: Case) -> bool:
    client, product = case.client.currency or "", case.product.currency or ""
    return case.rule.unknown if (client == "") != (product == "") else client != product


def _insistence(case: Case) -> bool:
    exempt = _professional(case.pack, case.profile, case.client)
    warned = any(
        r.when == "level"
        and r.decision == "warn"
        and not (r.exempt_professional and exempt)
        and _level(case._replace(rule=r))
        for r in case.pack.rules
    )
    asked = case.product.id in case.client.insists & case.client.written_warning
    return warned and asked and not case.profile.lowest_category


def _market(case: Case) -> str:
    """Where the client stands in the product's target market; "positive" where it names none."""
    market, profile = case.product.target_market, case.profile
    if market is None:
        return "positive"
    if case.rule.when == "unsuited_target_market" and not reaches(
        case.client.horizon_years, market.min_years
    ):
        return "negative"
    return judge_market(
        market, case.pack.places, profile, _professional(case.pack, profile, case.client)
    )


_CONDITIONS: dict[str, Applies] = {
    "unassessed": lambda c: c.profile.level == 0,
    "expired": lambda c: (
        c.rule.unknown if c.profile.valid_until is None else c.profile.valid_until < c.profile.as_of
    ),
    "level": _level,
    "incapable": lambda c: not c.client.legal_capacity and _needs_guardian(c),
    "minor": lambda c: (
        not _old_enough(c, not c.rule.unknown) and not c.client.institution and _needs_guardian(c)
    ),
    "senior": lambda c: (
        _old_enough(c, c.rule.unknown)
        and not c.client.institution
        and c.product.effective_risk_level >= c.rule.from_level
    ),
    "high_risk": lambda c: bool(reaches(c.product.effective_risk_level, c.rule.number or 0.0)),
    "amount": lambda c: not reaches(c.client.wealth, c.product.min_purchase),
    "term": _term,
    "private": lambda c: c.product.private and not c.client.private_qualified,
    "complex": lambda c: (
        c.product.complex and not reaches(c.profile.knowledge, c.rule.number or 0.0)
    ),
    "currency": _currency,
    "excluded": lambda c: bool(
        c.client.excluded & {c.product.id, c.product.asset, *c.product.exposures}
    ),
    "sustainability": lambda c: (
        not satisfies(c.product.sustainability or "", c.client.sustainability or "")
    ),
    "insistence": _insistence,
    "target_market": lambda c: _market(c) != "positive",
    "unsuited_target_market": lambda c: _market(c) == "negative",
}


@lru_cache(maxsize=32)
def _applied(pack: RulePack) -> tuple[tuple[Applies, Rule], ...]:
    """Rules on single products with what decides them; those on whole portfolios are judged by
    `portfolio.concentration`.
    """
    return tuple(
        (_CONDITIONS[rule.when], rule) for rule in pack.rules if rule.when not in PORTFOLIO
    )

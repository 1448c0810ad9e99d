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
from advisor.contracts.target_market import TargetMarket
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


def _unassessed(case: Case) -> bool:
    return case.profile.level == 0


def _expired(case: Case) -> bool:
    if case.profile.valid_until is None:
        return case.rule.unknown
    return case.profile.valid_until < case.profile.as_of


def _level(case: Case) -> bool:
    if case.profile.lowest_category:
        return case.product.effective_risk_level in case.rule.cells.get("lowest", ())
    if case.pack.basis == "portfolio" or case.profile.level == 0:
        return False
    return case.product.effective_risk_level in case.rule.cells.get(
        cast(Row, str(case.profile.level)), ()
    )


def _incapable(case: Case) -> bool:
    return not case.client.legal_capacity and (
        not case.client.guardian or case.product.effective_risk_level >= case.rule.from_level
    )


def _minor(case: Case) -> bool:
    young = (
        case.rule.unknown
        if case.client.age is None
        else not reaches(case.client.age, case.rule.number or 0.0)
    )
    return (
        young
        and not case.client.institution
        and (not case.client.guardian or case.product.effective_risk_level >= case.rule.from_level)
    )


def _senior(case: Case) -> bool:
    old = (
        case.rule.unknown
        if case.client.age is None
        else bool(reaches(case.client.age, case.rule.number or 0.0))
    )
    return (
        old
        and not case.client.institution
        and case.product.effective_risk_level >= case.rule.from_level
    )


def _high_risk(case: Case) -> bool:
    return bool(reaches(case.product.effective_risk_level, case.rule.number or 0.0))


def _amount(case: Case) -> bool:
    return not reaches(case.client.wealth, case.product.min_purchase)


def _term(case: Case) -> bool:
    if not case.product.term_days:
        return False
    horizon = np.array([case.client.horizon_years])
    return case.product.term_days > int(days_within(horizon, np.datetime64(case.profile.as_of))[0])


def _private(case: Case) -> bool:
    return case.product.private and not case.client.private_qualified


def _complex(case: Case) -> bool:
    return case.product.complex and not reaches(case.profile.knowledge, case.rule.number or 0.0)


def _currency(case: Case) -> bool:
    client, product = case.client.currency or "", case.product.currency or ""
    return case.rule.unknown if (client == "") != (product == "") else client != product


def _excluded(case: Case) -> bool:
    product = case.product
    return bool(case.client.excluded & {product.id, product.asset, *product.exposures})


def _sustainability(case: Case) -> bool:
    return not satisfies(case.product.sustainability or "", case.client.sustainability or "")


def _insistence(case: Case) -> bool:
    exempt = _professional(case.pack, case.profile, case.client)
    warned = any(
        r.when == "level"
        and r.decision == "warn"
        and not (r.exempt_professional and exempt)
        and _level(case._replace(rule=r))
        for r in case.pack.rules
    )
    asked = (
        case.product.id in case.client.insists and case.product.id in case.client.written_warning
    )
    return warned and asked and not case.profile.lowest_category


def _target_market(case: Case) -> bool:
    return (
        case.product.target_market is not None
        and _market(case, case.product.target_market) != "positive"
    )


def _unsuited_target_market(case: Case) -> bool:
    market = case.product.target_market
    return market is not None and (
        not reaches(case.client.horizon_years, market.min_years)
        or _market(case, market) == "negative"
    )


def _market(case: Case, market: TargetMarket) -> str:
    profile = case.profile
    professional = _professional(case.pack, profile, case.client)
    return judge_market(
        market,
        case.pack.places,
        profile.level,
        profile.lowest_category,
        professional,
        profile.knowledge,
        profile.objective,
    )


_CONDITIONS: dict[str, Applies] = {
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
    "insistence": _insistence,
    "target_market": _target_market,
    "unsuited_target_market": _unsuited_target_market,
}


@lru_cache(maxsize=32)
def _applied(pack: RulePack) -> tuple[tuple[Applies, Rule], ...]:
    """Rules on single products with what decides them; those on whole portfolios are judged by
    `portfolio.concentration`.
    """
    return tuple(
        (_CONDITIONS[rule.when], rule) for rule in pack.rules if rule.when not in PORTFOLIO
    )

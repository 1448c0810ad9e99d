"""One client, one product: every rule read aloud. Written apart from the masks, which tests compare with it."""

from __future__ import annotations

from collections.abc import Callable
from math import isnan

from advisor.contracts.client import Client
from advisor.contracts.product import Product
from advisor.contracts.rules import Rule, RulePack
from advisor.data.eligibility import Decision, Verdict
from advisor.data.profiles import RiskProfile
from advisor.suitability.preferences import satisfies
from advisor.suitability.shelf import DAYS_PER_YEAR

Applies = Callable[[Rule, RulePack, RiskProfile, Client, Product], bool]


def judge(pack: RulePack, profile: RiskProfile, client: Client, product: Product) -> Verdict:
    """The verdict of one pack: `refuse` if any rule that fires refuses, else `warn` if any warns, else `allow`; with every rule that fired.

    Sustainability is judged last, and only for what nothing else refuses.
    """
    exempt = _professional(pack, profile, client)
    fired: list[Rule] = []
    last: list[Rule] = []
    for rule in pack.rules:
        if not (rule.exempt_professional and exempt) and _CONDITIONS[rule.when](rule, pack, profile, client, product):
            (last if rule.when == "sustainability" else fired).append(rule)
    if not any(rule.decision == "refuse" for rule in fired):
        fired += last
    decisions = {rule.decision for rule in fired}
    decision: Decision = "refuse" if "refuse" in decisions else "warn" if "warn" in decisions else "allow"
    return Verdict(decision, tuple(rule.id for rule in fired))


def _professional(pack: RulePack, profile: RiskProfile, client: Client) -> bool:
    return client.professional and (pack.natural_person_professional or client.institution) and not profile.lowest_category


def _unassessed(rule: Rule, pack: RulePack, profile: RiskProfile, client: Client, product: Product) -> bool:
    return profile.level == 0


def _expired(rule: Rule, pack: RulePack, profile: RiskProfile, client: Client, product: Product) -> bool:
    if profile.valid_until is None:
        return rule.unknown
    return profile.valid_until < profile.as_of


def _level(rule: Rule, pack: RulePack, profile: RiskProfile, client: Client, product: Product) -> bool:
    if profile.lowest_category:
        return product.effective_risk_level in rule.cells.get("lowest", ())
    if pack.basis == "portfolio" or profile.level == 0:
        return False
    cells = {str(row): levels for row, levels in rule.cells.items()}
    return product.effective_risk_level in cells.get(str(profile.level), ())


def _incapable(rule: Rule, pack: RulePack, profile: RiskProfile, client: Client, product: Product) -> bool:
    return not client.legal_capacity and (not client.guardian or product.effective_risk_level >= rule.from_level)


def _minor(rule: Rule, pack: RulePack, profile: RiskProfile, client: Client, product: Product) -> bool:
    young = rule.unknown if client.age is None else client.age < (rule.number or 0.0)
    return young and (not client.guardian or product.effective_risk_level >= rule.from_level)


def _senior(rule: Rule, pack: RulePack, profile: RiskProfile, client: Client, product: Product) -> bool:
    old = rule.unknown if client.age is None else client.age >= (rule.number or 0.0)
    return old and product.effective_risk_level >= rule.from_level


def _high_risk(rule: Rule, pack: RulePack, profile: RiskProfile, client: Client, product: Product) -> bool:
    return product.effective_risk_level >= (rule.number or 0.0)


def _amount(rule: Rule, pack: RulePack, profile: RiskProfile, client: Client, product: Product) -> bool:
    return product.min_purchase > client.wealth


def _term(rule: Rule, pack: RulePack, profile: RiskProfile, client: Client, product: Product) -> bool:
    return product.term_days / DAYS_PER_YEAR > client.horizon_years


def _private(rule: Rule, pack: RulePack, profile: RiskProfile, client: Client, product: Product) -> bool:
    return product.private and not client.private_qualified


def _complex(rule: Rule, pack: RulePack, profile: RiskProfile, client: Client, product: Product) -> bool:
    return product.complex and (isnan(profile.knowledge) or profile.knowledge < (rule.number or 0.0))


def _currency(rule: Rule, pack: RulePack, profile: RiskProfile, client: Client, product: Product) -> bool:
    if not product.currency:
        return False
    return rule.unknown if not client.currency else product.currency != client.currency


def _excluded(rule: Rule, pack: RulePack, profile: RiskProfile, client: Client, product: Product) -> bool:
    return bool(client.excluded & {product.id, *(product.exposures or {product.asset or "": 1.0})})


def _sustainability(rule: Rule, pack: RulePack, profile: RiskProfile, client: Client, product: Product) -> bool:
    return not satisfies(product.sustainability or "", client.sustainability or "")


def _insistence(rule: Rule, pack: RulePack, profile: RiskProfile, client: Client, product: Product) -> bool:
    warned = any(
        r.when == "level" and r.decision == "warn" and _level(r, pack, profile, client, product)
        for r in pack.rules
        if not (r.exempt_professional and _professional(pack, profile, client))
    )
    return warned and not profile.lowest_category and product.id in client.insists and product.id in client.written_warning


def _never(rule: Rule, pack: RulePack, profile: RiskProfile, client: Client, product: Product) -> bool:
    return False


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
    "target_market": _never,
    "unsuited_target_market": _never,
}

"""Rules over classes of clients and whole catalogues at once."""

from __future__ import annotations

from collections.abc import Callable, Container
from dataclasses import dataclass

import numpy as np

from advisor.arrays import BoolArray, IntArray
from advisor.contracts.rules import PORTFOLIO, Condition, Rule, RulePack
from advisor.contracts.target_market import LOSS_BEARING
from advisor.contracts.thresholds import count_reached, reaches
from advisor.suitability.client_facts import EXPIRED, UNDATED, Facts
from advisor.suitability.product_facts import ProductFacts
from advisor.suitability.sustainability import satisfies
from advisor.suitability.target_market import GROUPS


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
    return (
        facts.professional & (facts.institution | pack.natural_person_professional) & ~facts.lowest
    )


def _level(case: Case) -> BoolArray:
    table = np.zeros((7, 6), dtype=np.bool_)  # unassessed, C1..C5, lowest x unknown, R1..R5
    for row, levels in case.rule.cells.items():
        if row == "lowest" or case.pack.basis == "product":
            table[6 if row == "lowest" else int(row), list(levels)] = True
    return table[np.where(case.facts.lowest, 6, case.facts.level)][:, case.products.risk_level]


def _old_enough(case: Case, unknown: bool) -> BoolArray:
    age = case.facts.age
    return reaches(age, case.rule.number or 0.0) | (np.isnan(age) & unknown)


def _needs_guardian(case: Case, who: BoolArray) -> BoolArray:
    risky = case.products.risk_level >= case.rule.from_level
    return who[:, None] & (~case.facts.guardian[:, None] | risky)


def _currency(case: Case) -> BoolArray:
    client, product = case.facts.currency, case.products.currency
    unknown, count = case.rule.unknown, len(product.names)
    differs = [[name != word for word in product.names] + [unknown] for name in client.names]
    unstated = [unknown] * count + [False]  # nobody names a currency: there is but one
    return np.array([*differs, unstated])[client.codes][:, product.codes]


def _sustainability(case: Case) -> BoolArray:
    client, product = case.facts.sustainability, case.products.sustainability
    lacks = [
        [not satisfies(claim, demand) for claim in (*product.names, "")] for demand in client.names
    ]
    return np.array([*lacks, [False] * (len(product.names) + 1)])[client.codes][:, product.codes]


def _excluded(case: Case) -> BoolArray:
    fires = np.zeros((len(case.facts), len(case.products)), dtype=np.bool_)
    excluded = case.facts.excluded
    if excluded.names:
        touched = np.array(
            [[name in names for names in case.products.names] for name in excluded.names]
        )
        np.logical_or.at(fires, excluded.row_of_entry(), touched[excluded.codes])
    return fires


def _places(case: Case) -> tuple[IntArray, ...]:
    """Position of each client in each of `GROUPS`, shape (c,) each; -1 = not known, so that the
    worst position counts.
    """
    rules, facts = case.pack.places, case.facts
    informed, seeks = (
        np.where(np.isnan(score), -1, count_reached(score, cuts))
        for score, cuts in (
            (facts.knowledge, rules.knowledge_cuts),
            (facts.objective, rules.objective_cuts),
        )
    )
    bears = np.array([0, *(LOSS_BEARING.index(b) for b in rules.loss_bearing)])[facts.level]
    kind = _professional(case.pack, facts).astype(np.int64)
    return kind, informed, np.where(facts.lowest, 0, bears), seeks


def _outside_market(case: Case) -> BoolArray:
    """Outside the positive target market: no "yes" at a place of theirs."""
    return _anywhere(case.products.market != 1, _places(case))


def _unsuited_market(case: Case) -> BoolArray:
    """In the negative target market: a "no" at a place where the client may stand, a horizon that
    is too short, advice not meant for them, or not for the lowest category.
    """
    market, position, start = case.products.market, _places(case), sum(map(len, GROUPS))
    short = ~reaches(case.facts.horizon_years[:, None], case.products.min_years)
    fires = short | _anywhere(market == -1, position) | (market[:, start + position[0]].T == -1)
    return fires | (case.facts.lowest[:, None] & (market[:, start + 2] == -1))


def _anywhere(answers: BoolArray, position: tuple[IntArray, ...]) -> BoolArray:
    """Where an answer is given at the client's place in any group, or at any place of a group in
    which theirs is not known, shape (c, p).
    """
    fires = np.zeros((len(position[0]), len(answers)), dtype=np.bool_)
    start = 0
    for group, where in zip(GROUPS, position, strict=True):
        part = answers[:, start : start + len(group)]
        fires |= np.column_stack([part, part.any(axis=1)]).T[where]
        start += len(group)
    return fires


def _never(case: Case) -> BoolArray:
    """Of portfolios, which `portfolio.concentration` judges, and of insistence: a duty of single
    sales, which never opens a product for promotion.
    """
    return np.zeros((len(case.facts), 1), dtype=np.bool_)


_CONDITIONS: dict[str, Fires] = {
    "unassessed": lambda c: (c.facts.level == 0)[:, None],
    "expired": lambda c: (
        (c.facts.validity == EXPIRED) | (c.rule.unknown & (c.facts.validity == UNDATED))
    )[:, None],
    "level": _level,
    "incapable": lambda c: _needs_guardian(c, ~c.facts.capable),
    "minor": lambda c: _needs_guardian(
        c, ~_old_enough(c, not c.rule.unknown) & ~c.facts.institution
    ),
    "senior": lambda c: (
        (_old_enough(c, c.rule.unknown) & ~c.facts.institution)[:, None]
        & (c.products.risk_level >= c.rule.from_level)
    ),
    "high_risk": lambda c: reaches(c.products.risk_level, c.rule.number or 0.0)[None, :],
    "amount": lambda c: ~reaches(c.facts.wealth[:, None], c.products.min_purchase),
    "term": lambda c: (
        c.products.term_days > c.facts.horizon_days[:, None]
        if c.products.term_days.any()
        else _never(c)
    ),
    "private": lambda c: c.products.private & ~c.facts.private_qualified[:, None],
    "complex": lambda c: (
        c.products.complex & ~reaches(c.facts.knowledge, c.rule.number or 0.0)[:, None]
    ),
    "currency": _currency,
    "excluded": _excluded,
    "sustainability": _sustainability,
    "target_market": _outside_market,
    "unsuited_target_market": _unsuited_market,
    **dict.fromkeys(("insistence", *PORTFOLIO), _never),
}

"""Why a client gets no portfolio: what rules took from them, apart from what the level rules
out.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

import numpy as np

from advisor.arrays import BoolArray, FloatArray, IntArray
from advisor.contracts.advice import STATUSES, Scalar
from advisor.contracts.client import Client
from advisor.contracts.rules import Condition
from advisor.contracts.wording import texts
from advisor.data.clients.table import ClientTable
from advisor.data.profiles import RiskProfile, RiskProfiles
from advisor.engine.output.reasons import worded
from advisor.engine.portfolios.allocation import SHORTEST_HORIZON, Allocations, measured_biases
from advisor.engine.portfolios.statuses import ABOVE, EXPIRED, INFEASIBLE, NO_ASSET, OK
from advisor.engine.state import AdvisorState
from advisor.optimize.preferences.corrections import BiasPolicy
from advisor.suitability.client_facts import UNDATED, VALID, Facts
from advisor.suitability.product_facts import product_facts_of

MOST_RULES = 3
"""Rules that a refusal names."""
BY_LEVEL: tuple[Condition, ...] = ("unassessed", "level")
"""Rules about the level alone."""
BY_CHOICE: tuple[Condition, ...] = (*BY_LEVEL, "excluded", "sustainability")
"""Rules about the level, and what the client themselves asked for."""


def true_causes(
    state: AdvisorState,
    clients: ClientTable,
    profiles: RiskProfiles,
    class_of: IntArray,
    allocations: Allocations,
) -> Allocations:
    """The same places, with the real cause as the status of who has none.

    Where rules about the client (currency, term, smallest purchase, knowledge, age, ...) leave too
    little for a portfolio, and with the products of the level there would be one, the status is
    "no_eligible_asset", not "above_band" or "infeasible". An assessment is "expired" only where a
    rule asks for its day. Clients whom no rule can tell apart are judged once.

    Args:
        state: Rules and frontiers.
        clients: c clients.
        profiles: Theirs.
        class_of: Class of each client before the rules, shape (c,).
        allocations: Theirs.
    """
    status = allocations.status.copy()
    none = np.flatnonzero((status == ABOVE) | (status == INFEASIBLE) | (status == EXPIRED))
    if not len(none):
        return allocations
    facts = Facts.of(profiles, clients)
    status[none[(status[none] == EXPIRED) & ~_asked_for(state, facts)[none]]] = NO_ASSET
    shared = shared_status(allocations, slice(None))
    rows = none[(status[none] != EXPIRED) & (shared[none] != OK) & (shared[none] != NO_ASSET)]
    keys = class_of[rows] * (profiles.level.max(initial=0) + 1) + profiles.level[rows]
    _, first, kind_of = np.unique(keys, return_index=True, return_inverse=True)
    for kind, at in enumerate(rows[first].tolist()):
        mask = state.regime.allowed_by(BY_CHOICE, facts.take(np.array([at])), state.catalogue)
        usable, _ = state.vehicles.columns(mask & ~state.catalogue.closed)
        if (
            state.frontiers.level_frontier(profiles.level.item(at), usable[0]).status
            == STATUSES[OK]
        ):
            status[rows[kind_of == kind]] = NO_ASSET
    return replace(allocations, status=status)


def shared_status(allocations: Allocations, rows: slice) -> IntArray:
    """Status of all who share the level and rules of each client of `rows`, "ok" where nobody
    looked.
    """
    known = [STATUSES.index(level_group.status) for level_group in allocations.level_groups]
    return np.array([*known, OK])[allocations.level_group_of[rows]]


def _asked_for(state: AdvisorState, facts: Facts) -> BoolArray:
    """Where a rule refuses for the day of the assessment, shape (c,)."""
    packs = state.regime.packs_of(product_facts_of(state.catalogue))
    rules = [
        rule
        for pack in packs
        for rule in pack.rules
        if rule.when == "expired" and rule.decision != "duty"
    ]
    undated = any(rule.unknown for rule in rules)
    return (facts.validity != VALID) & (bool(rules) & ((facts.validity != UNDATED) | undated))


def lacks_assets(allocations: Allocations, rows: slice) -> BoolArray:
    """Which clients of `rows` have some assets left, but too few for a portfolio of the level."""
    return (allocations.status[rows] == NO_ASSET) & (shared_status(allocations, rows) != NO_ASSET)


def refused_by(
    state: AdvisorState, profile: RiskProfile, client: Client
) -> tuple[str, dict[str, Scalar]]:
    """The rules that keep products from a client, each with of how many; and the first's texts.

    Rules that refuse what the level would allow come first, then those that refuse most. Both are
    "" where no rule refuses anything.
    """
    products = [product for product in state.catalogue.products if not product.closed]
    if not products:
        return f"closed {len(state.catalogue)}/{len(state.catalogue)}", worded(
            "text", lambda language: texts(language)["words"]["closed"]
        )
    counts, in_reach = Counter[str](), Counter[str]()
    for product in products:
        pack = state.regime.pack_of(product.regime)
        fired = [pack.by_id[rule] for rule in state.regime.check(profile, client, product).rules]
        refusing = [rule for rule in fired if rule.decision != "duty"]
        counts.update(rule.id for rule in refusing)
        if not any(rule.when in BY_LEVEL for rule in refusing):
            in_reach.update(rule.id for rule in refusing)
    named = sorted(counts, key=lambda rule: (-in_reach[rule], -counts[rule], rule))[:MOST_RULES]
    refusals = ", ".join(f"{rule} {counts[rule]}/{len(products)}" for rule in named)
    return refusals, worded("text", state.regime.rule(named[0]).text_in) if named else {"text": ""}


def by_behaviour(allocations: Allocations, clients: ClientTable, policy: BiasPolicy) -> FloatArray:
    """Risk aversion after the corrections for behaviour alone, whatever is kept; shape (c,)."""
    if not allocations.locked_rows:
        return allocations.effective
    risk_aversion = allocations.effective.copy()
    locked_rows = np.array(sorted(allocations.locked_rows), dtype=np.int64)
    risk_aversion[locked_rows] = allocations.risk_aversion[locked_rows]
    rows = np.array(
        [row for row in locked_rows.tolist() if allocations.causes(row)], dtype=np.int64
    )
    if not len(rows):
        return risk_aversion
    some = clients.take(rows)
    measured, years = measured_biases(some), np.maximum(some.horizon_years, SHORTEST_HORIZON)
    for at in np.unique(allocations.level_group_of[rows]).tolist():
        placer, here = allocations.level_groups[at].placer, allocations.level_group_of[rows] == at
        if placer is not None and measured is not None:
            rational = allocations.risk_aversion[rows[here]]
            corrected = placer.corrected(rational, measured[:, here], years[here], policy)
            risk_aversion[rows[here]] = corrected[:, 0]
    return risk_aversion

"""Duties that an advice brings: of single products, and of the portfolio after the orders."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from advisor.arrays import BoolArray, FloatArray, IntArray
from advisor.contracts.rules import PORTFOLIO, Rule
from advisor.contracts.thresholds import exceeds
from advisor.engine.portfolios.statuses import has_portfolio
from advisor.engine.state import AdvisorState
from advisor.engine.universe.holdings import Holdings

FEW = 50_000
"""Clients times subjects up to which sums are laid out one beside the other, without a search."""
OWN_CAPS = {"product_share": "max_product_share", "issuer_share": "max_issuer_share"}
"""Condition -> the setting of an advisor that stands beside it."""


@dataclass(frozen=True)
class Cap:
    """A limit on concentration.

    Attributes:
        id: Of the rule, or the name of the setting.
        when: Condition of the rule.
        limit: Fraction of wealth, or money (`insured_deposit`).
        rule: The rule; None for a setting.
    """

    id: str
    when: str
    limit: float
    rule: Rule | None = None


@dataclass(frozen=True, eq=False)
class Concentrations:
    """Where limits on concentration are broken, by client and in the order of the caps.

    Attributes:
        rows: Client of each finding, ascending, shape (f,).
        caps: Position in `limits`, shape (f,).
        subjects: Product or issuer, "" for all own products, length f.
        values: Fraction of wealth, or money, shape (f,).
        limits: What may be broken.
    """

    rows: IntArray
    caps: IntArray
    subjects: tuple[str, ...]
    values: FloatArray
    limits: tuple[Cap, ...]

    def of(self, i: int) -> list[tuple[Cap, str, float]]:
        """Cap, subject and value of each finding of client i."""
        first, last = np.searchsorted(self.rows, [i, i + 1]).tolist()
        return [
            (self.limits[self.caps.item(f)], self.subjects[f], self.values.item(f))
            for f in range(first, last)
        ]


def caps_of(state: AdvisorState) -> tuple[Cap, ...]:
    """Limits on concentration of an advisor: those of its rule pack, and its own settings."""
    rules = [rule for rule in state.regime.pack.rules if rule.when in PORTFOLIO]
    own = [
        Cap(name, when, limit)
        for when, name in OWN_CAPS.items()
        if (limit := getattr(state.trading, name)) is not None
    ]
    return (*(Cap(rule.id, rule.when, rule.number or 0.0, rule) for rule in rules), *own)


def concentrations(
    state: AdvisorState,
    held: Holdings,
    sales: FloatArray,
    picks: IntArray,
    pick_money: FloatArray,
    status: IntArray,
    wealth: FloatArray,
) -> Concentrations:
    """What the portfolios after the orders break; each client's own entries alone decide.

    Args:
        state: Limits and products.
        held: What c clients hold, e entries.
        sales: Money to sell of each, shape (e,).
        picks: Products to buy, -1 where none, shape (c, k).
        pick_money: Money of each, shape (c, k).
        status: Codes of `Allocations.status`, shape (c,).
        wealth: Shape (c,).
    """
    catalogue, limits = state.catalogue, caps_of(state)
    # 1. money by product: what stays of holdings, then what is bought
    bought = (picks >= 0) & (pick_money > 0.0)
    rows = np.concatenate([held.rows, np.nonzero(bought)[0]])
    codes = np.concatenate([held.products, picks[bought]])
    money = np.concatenate([held.table.values - sales, pick_money[bought]])
    there = (codes >= 0) & (money > 0.0) & has_portfolio(status)[rows]
    rows, codes, money = rows[there], codes[there], money[there]
    # 2. each condition sums over its own subjects
    caps = state.caps
    deposit, own, issuer_of = caps.exempt, caps.own, caps.issuer_of
    breaches: list[tuple[IntArray, IntArray, list[str], FloatArray]] = []
    for position, cap in enumerate(limits):
        if cap.when == "product_share":
            names, subject, counted = catalogue.ids.ids, codes, ~deposit[codes]
        elif cap.when == "issuer_share":
            names, subject, counted = caps.issuers, issuer_of[codes], ~deposit[codes]
        elif cap.when == "insured_deposit":
            names, subject, counted = caps.issuers, issuer_of[codes], deposit[codes]
        else:
            names, subject, counted = ("",), np.zeros_like(codes), own[codes]
        counted = counted & (subject >= 0)
        if not counted.any():
            continue
        at, who, total = _sums(rows[counted], subject[counted], money[counted], len(names))
        value = total if cap.when == "insured_deposit" else total / wealth[at]
        over: BoolArray = exceeds(value, cap.limit) if cap.limit else value > 0.0
        subjects = [names[j] for j in who[over].tolist()]
        breaches.append((at[over], np.full(len(subjects), position), subjects, value[over]))
    # 3. by client
    all_rows = np.concatenate([f[0] for f in breaches]) if breaches else np.zeros(0, dtype=np.int64)
    order = np.argsort(all_rows, kind="stable")
    names_of = [name for f in breaches for name in f[2]]
    return Concentrations(
        all_rows[order].astype(np.int64),
        np.concatenate([f[1] for f in breaches])[order] if breaches else all_rows,
        tuple(names_of[j] for j in order.tolist()),
        np.concatenate([f[3] for f in breaches])[order] if breaches else np.zeros(0),
        limits,
    )


def _sums(
    rows: IntArray, subjects: IntArray, money: FloatArray, width: int
) -> tuple[IntArray, IntArray, FloatArray]:
    """Client, subject and money together, by client and then subject; sums in entry order, and all
    of them above 0.
    """
    keys = rows * width + subjects
    if keys.max(initial=0) < FEW:
        total = np.bincount(keys, weights=money).astype(np.float64, copy=False)
        keys = total.nonzero()[0]
        return keys // width, keys % width, total[keys]
    keys, place = np.unique(keys, return_inverse=True)
    total = np.bincount(place, weights=money, minlength=len(keys)).astype(np.float64, copy=False)
    return keys // width, keys % width, total

"""Suitability of what a client holds or would hold: the portfolio as a whole, old holdings,
concentration and conflicts.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from advisor.annotations import Vector
from advisor.arrays import BoolArray, FloatArray, IntArray
from advisor.contracts.bands import LEVELS, RiskBands
from advisor.contracts.rules import Rule
from advisor.contracts.thresholds import count_exceeded, exceeds
from advisor.data.catalogue import Catalogue
from advisor.data.clients.table import ClientTable
from advisor.data.profiles import RiskProfiles
from advisor.errors import InputError
from advisor.suitability.regime import Regime
from advisor.validation import checked

HOLDING_COLUMNS = ["client_id", "product_id", "money", "decision", "rules"]
FINDING_COLUMNS = ["client_id", "rule", "subject", "value", "limit", "text"]


@checked
def rate_portfolio(volatility: Vector, bands: RiskBands | None = None) -> IntArray:
    """Risk level of portfolios as implemented, R1..R5, shape (c,): the lowest level whose band
    reaches the volatility; 6 above all bands.

    Args:
        volatility: Annual volatility with the products really chosen, shape (c,); nan (unknown)
            counts as above all.
        bands: What each level promises.

    >>> rate_portfolio(np.array([0.01, 0.08, 0.081, 0.5])).tolist()
    [1, 3, 4, 6]

    Source: NFRA Order 2025-7 Art. 22: a portfolio is rated as a whole.
    """
    edges = (bands or RiskBands.default()).upper_volatility
    return np.where(np.isnan(volatility), LEVELS + 1, count_exceeded(volatility, edges) + 1).astype(
        np.int64
    )


@checked
def portfolio_suits(
    profiles: RiskProfiles, volatility: Vector, bands: RiskBands | None = None
) -> BoolArray:
    """Whose portfolio as implemented is within their level, shape (c,): what binds where a regime's
    basis is "portfolio".
    """
    if len(volatility) != len(profiles):
        raise InputError(
            f"There are {len(volatility)} portfolios for {len(profiles)} profiles; give one"
            " volatility each.",
            field="volatility",
            value=len(volatility),
        )
    return rate_portfolio(volatility, bands) <= profiles.level


@checked
def legacy_holdings(
    regime: Regime, profiles: RiskProfiles, clients: ClientTable, catalogue: Catalogue
) -> pd.DataFrame:
    """Holdings that could not be bought today: to be kept, counted in risk, and never topped up.

    Returns:
        Rows of client_id, product_id, money, decision ("warn" or "refuse") and rules, by client and
        in the order of the catalogue. Holdings of ids that are no products are not judged.
    """
    rows: list[tuple[object, ...]] = []
    codes = catalogue.ids.find(clients.holdings.names)
    eligible = regime.eligibility(profiles, clients, catalogue)
    owner = clients.holdings.row_of_entry()
    column = codes[clients.holdings.codes]
    blocked = (column >= 0) & ~eligible.allowed[eligible.class_of[owner], np.maximum(column, 0)]
    blocked_entries = np.flatnonzero(blocked)
    for entry in blocked_entries[
        np.lexsort((column[blocked_entries], owner[blocked_entries]))
    ].tolist():  # in the order of the catalogue, whatever the order of the holdings
        row, product = int(owner[entry]), catalogue.products[int(column[entry])]
        if row in clients.problems:
            continue
        verdict = regime.check(profiles[row], clients.client(row), product)
        rows.append(
            (
                clients.ids[row],
                product.id,
                float(clients.holdings.values[entry]),
                verdict.decision,
                verdict.rules,
            )
        )
    return pd.DataFrame(rows, columns=HOLDING_COLUMNS)


@checked
def concentration(
    regime: Regime, clients: ClientTable, catalogue: Catalogue, *, money: FloatArray | None = None
) -> pd.DataFrame:
    """Where wealth is concentrated beyond the regime's limits, or sits in products of the adviser's
    own advisor.

    Args:
        regime: Whose portfolio rules apply: `product_share`, `issuer_share`, `own_share`,
            `insured_deposit`.
        clients: c clients; shares are of their wealth.
        catalogue: p products.
        money: What each holds or would hold of each product, shape (c, p); default the clients'
            holdings.

    Returns:
        Rows of client_id, rule (its id), subject (product or issuer, "" for all own products),
        value, limit (fractions of wealth; money for deposits) and text. Insured deposits do not
        count as concentration up to the guarantee, which covers a bank's deposits together.
    """
    held = _held(clients, catalogue) if money is None else np.asarray(money, dtype=np.float64)
    if held.shape != (len(clients), len(catalogue)):
        raise InputError(
            f"money has shape {held.shape}; ({len(clients)}, {len(catalogue)}) is needed.",
            field="money",
            value=held.shape,
        )
    issuers = tuple(dict.fromkeys(p.issuer for p in catalogue.products if p.issuer))
    member = np.array(
        [[p.issuer == name for name in issuers] for p in catalogue.products], dtype=np.float64
    ).reshape(len(catalogue), len(issuers))
    deposit = np.array([p.insured_deposit for p in catalogue.products])
    own = np.array([p.own_product for p in catalogue.products])
    risky = np.where(deposit, 0.0, held)
    wealth = np.where(clients.wealth > 0, clients.wealth, np.inf)[:, None]
    values: dict[str, tuple[FloatArray, tuple[str, ...]]] = {
        "product_share": (risky / wealth, catalogue.ids.ids),
        "issuer_share": (np.einsum("cp,pm->cm", risky, member) / wealth, issuers),
        "own_share": (held[:, own].sum(axis=1, keepdims=True) / wealth, ("",)),
        "insured_deposit": (np.einsum("cp,pm->cm", np.where(deposit, held, 0.0), member), issuers),
    }
    rows = [
        row
        for rule in regime.pack.rules
        if rule.when in values
        for row in _beyond(rule, *values[rule.when], clients)
    ]
    return pd.DataFrame(rows, columns=FINDING_COLUMNS)


def _held(clients: ClientTable, catalogue: Catalogue) -> FloatArray:
    held = np.zeros((len(clients), len(catalogue)))
    column = catalogue.ids.find(clients.holdings.names)[clients.holdings.codes]
    known = column >= 0
    np.add.at(
        held,
        (clients.holdings.row_of_entry()[known], column[known]),
        clients.holdings.values[known],
    )
    return held


def _beyond(
    rule: Rule, value: FloatArray, subjects: tuple[str, ...], clients: ClientTable
) -> list[tuple[object, ...]]:
    limit = rule.number or 0.0
    over = exceeds(value, limit)
    return [
        (clients.ids[i], rule.id, subjects[j], float(value[i, j]), limit, rule.text)
        for i, j in np.argwhere(over).tolist()
    ]

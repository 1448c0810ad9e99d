"""Capacity in money: how much of their wealth a client can lose without touching what they need."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

import numpy as np

from advisor.annotations import NotNegative
from advisor.arrays import FloatArray, IntArray
from advisor.contracts.bands import LEVELS, RiskBands
from advisor.contracts.thresholds import count_reached
from advisor.data.clients.table import ClientTable
from advisor.readers import Number
from advisor.validation import checked


@checked
@dataclass(frozen=True)
class CapacityRules:
    """What has to be kept safe before anything may be lost.

    Attributes:
        reserve_months: Months of spending that must be at hand.
        debt_years: Years of income that carry debt; what goes beyond must be covered by wealth.
        level_without_reserve: Highest level of a client who says that they have no reserve at all.

    The cap without a reserve follows an open implementation of ESMA35-43-3172; three months and
    three years are this library's own. Replace them by your advisor's.
    """

    reserve_months: NotNegative = 3.0
    debt_years: NotNegative = 3.0
    level_without_reserve: Annotated[
        int, Number("Levels run from 1 to 5.", whole=True, low=0.0, high=5.0)
    ] = 2


RULES = CapacityRules()


def bearable_loss(clients: ClientTable, rules: CapacityRules = RULES) -> FloatArray:
    """Largest fraction of wealth that each client can lose, shape (c,).

    From wealth are set apart: planned purchases; the part of the reserve that is not there
    (`reserve_months` short of the rule, times monthly spending; a reserve that is not stated counts
    as none); and debt beyond `debt_years` of income (income that is not stated counts as none).

    Returns:
        0..1; infinity where none of planned purchases, spending and liabilities is stated, since
        then nothing is known to be needed, and where there is no wealth to lose.
    """
    needs = np.array([clients.planned_purchases, clients.monthly_spending, clients.liabilities])
    stated = ~np.isnan(needs).all(axis=0)
    if not stated.any():
        return np.full(len(clients), np.inf)
    purchases, spending, liabilities = np.nan_to_num(needs)
    missing_months = np.maximum(0.0, rules.reserve_months - np.nan_to_num(clients.reserve_months))
    debt = np.maximum(0.0, liabilities - rules.debt_years * np.nan_to_num(clients.income))
    needed, wealth = purchases + missing_months * spending + debt, clients.wealth
    known = stated & (wealth > 0.0)
    free = np.maximum(0.0, wealth - needed) / np.where(known, wealth, 1.0)
    return np.where(known, free, np.inf)


def money_cap(clients: ClientTable, bands: RiskBands, rules: CapacityRules = RULES) -> IntArray:
    """Highest level whose stressed loss each client can bear, shape (c,); 0 where they can bear
    none, 5 where nothing is known.

    A client who states that they have no reserve gets at most `level_without_reserve`.
    """
    cap = count_reached(bearable_loss(clients, rules), bands.stress_loss)
    none = clients.reserve_months == 0.0
    return np.minimum(np.where(none, np.minimum(cap, rules.level_without_reserve), cap), LEVELS)

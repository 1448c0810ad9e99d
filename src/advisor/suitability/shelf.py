"""What rules read of products, as arrays."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from advisor.arrays import BoolArray, FloatArray, IntArray
from advisor.data.catalogue import Catalogue
from advisor.data.returns import ReturnModel

DAYS_PER_YEAR = 365.25


@dataclass(frozen=True, eq=False)
class Shelf:
    """`p` products, or assets that stand for products.

    Attributes:
        ids: Length p.
        names: Per product the words an exclusion may name: its id and its assets.
        risk_level: R1..R5; 0 = unknown, which nobody may have. Shape (p,).
        min_purchase: Money, shape (p,).
        term_years: Years money is locked, shape (p,).
        private, complex: Shape (p,).
        currency, sustainability, regime: Words, "" where not stated; length p.
    """

    ids: tuple[str, ...]
    names: tuple[frozenset[str], ...]
    risk_level: IntArray
    min_purchase: FloatArray
    term_years: FloatArray
    private: BoolArray
    complex: BoolArray
    currency: tuple[str, ...]
    sustainability: tuple[str, ...]
    regime: tuple[str, ...]

    def take(self, columns: IntArray) -> Shelf:
        """The columns asked for, in that order."""

        def pick(values: Sequence[str]) -> tuple[str, ...]:
            return tuple(values[j] for j in columns.tolist())

        return Shelf(
            ids=pick(self.ids),
            names=tuple(self.names[j] for j in columns.tolist()),
            risk_level=self.risk_level[columns],
            min_purchase=self.min_purchase[columns],
            term_years=self.term_years[columns],
            private=self.private[columns],
            complex=self.complex[columns],
            currency=pick(self.currency),
            sustainability=pick(self.sustainability),
            regime=pick(self.regime),
        )

    def __len__(self) -> int:
        return len(self.ids)


@lru_cache(maxsize=16)
def shelf_of(catalogue: Catalogue) -> Shelf:
    """The shelf of a catalogue; kept for the last few, since one catalogue meets many requests."""
    products = catalogue.products
    return Shelf(
        ids=catalogue.ids.ids,
        names=tuple(frozenset({p.id, *(p.exposures or {p.asset or "": 1.0})}) for p in products),
        risk_level=catalogue.risk_level,
        min_purchase=catalogue.min_purchase,
        term_years=catalogue.term_days / DAYS_PER_YEAR,
        private=catalogue.private,
        complex=catalogue.complex,
        currency=tuple(p.currency or "" for p in products),
        sustainability=tuple(p.sustainability or "" for p in products),
        regime=tuple(p.regime or "" for p in products),
    )


@lru_cache(maxsize=16)
def shelf_of_assets(model: ReturnModel) -> Shelf:
    """Assets as if each were a product of its own risk level and nothing else."""
    n = len(model)
    words = ("",) * n
    return Shelf(
        ids=model.assets,
        names=tuple(frozenset({asset}) for asset in model.assets),
        risk_level=model.risk_levels,
        min_purchase=np.zeros(n),
        term_years=np.zeros(n),
        private=np.zeros(n, dtype=np.bool_),
        complex=np.zeros(n, dtype=np.bool_),
        currency=words,
        sustainability=words,
        regime=words,
    )

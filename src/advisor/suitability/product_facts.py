"""What rules read of products, as arrays."""

from __future__ import annotations

from dataclasses import dataclass, fields
from functools import cached_property, lru_cache
from typing import Any

import numpy as np

from advisor.arrays import BoolArray, FloatArray, IntArray
from advisor.data.catalogue import Catalogue
from advisor.data.categories import Categories
from advisor.data.returns import ReturnModel
from advisor.suitability.target_market import EVERYBODY, market_row


def taken(part: Any, rows: IntArray) -> Any:
    """Entries of an array, a tuple, or a value that has `take`."""
    if isinstance(part, tuple):
        return tuple(part[i] for i in rows.tolist())
    return part[rows] if isinstance(part, np.ndarray) else part.take(rows)


@dataclass(frozen=True, eq=False)
class ProductFacts:
    """`p` products, or assets that stand for products.

    Attributes:
        ids: Length p.
        names: Per product the words an exclusion may name: its id and its assets.
        risk_level: R1..R5; 0 = unknown, which nobody may have. Shape (p,).
        min_purchase: Money, shape (p,).
        term_days: Days money is locked, shape (p,).
        private, complex: Shape (p,).
        market: Target market answers as signs, one row a product; see `market_place`.
        min_years: Smallest horizon the target market asks for, shape (p,).
        currency, sustainability, regime: Words.
    """

    ids: tuple[str, ...]
    names: tuple[frozenset[str], ...]
    risk_level: IntArray
    min_purchase: FloatArray
    term_days: IntArray
    private: BoolArray
    complex: BoolArray
    currency: Categories
    sustainability: Categories
    regime: Categories
    market: IntArray
    min_years: FloatArray

    def take(self, columns: IntArray) -> ProductFacts:
        """The columns asked for, in that order."""
        parts = {f.name: getattr(self, f.name) for f in fields(self)}
        return ProductFacts(**{name: taken(part, columns) for name, part in parts.items()})

    @cached_property
    def parts(self) -> tuple[tuple[str | None, IntArray, ProductFacts], ...]:
        """The catalogue by governing regime: its name (None = the advisor's own), the columns, and
        the catalogue of those.
        """
        codes = np.unique(self.regime.codes)
        if len(codes) == 1:
            return ((self.regime.word(0), np.arange(len(self)), self),)
        by_regime = [np.flatnonzero(self.regime.codes == code) for code in codes]
        return tuple(
            (self.regime.word(int(columns[0])), columns, self.take(columns))
            for columns in by_regime
        )

    def __len__(self) -> int:
        return len(self.ids)


@lru_cache(maxsize=16)
def product_facts_of(catalogue: Catalogue) -> ProductFacts:
    """The facts of a catalogue; kept for the last few, since one catalogue meets many requests."""
    products = catalogue.products
    return ProductFacts(
        ids=catalogue.ids.ids,
        names=tuple(frozenset({p.id, p.asset or p.id, *p.exposures}) for p in products),
        risk_level=catalogue.risk_level,
        min_purchase=catalogue.min_purchase,
        term_days=catalogue.term_days,
        private=catalogue.private,
        complex=catalogue.complex,
        currency=Categories.of_words([p.currency for p in products]),
        sustainability=Categories.of_words([p.sustainability for p in products]),
        regime=Categories.of_words([p.regime for p in products]),
        market=np.array([market_row(p) for p in products]),
        min_years=np.array(
            [0.0 if p.target_market is None else p.target_market.min_years for p in products]
        ),
    )


@lru_cache(maxsize=16)
def product_facts_of_assets(model: ReturnModel) -> ProductFacts:
    """Assets as if each were a product of its own risk level and nothing else."""
    n = len(model)
    words, nothing, no = Categories.empty(n), np.zeros(n), np.zeros(n, dtype=np.bool_)
    return ProductFacts(
        ids=model.assets,
        names=tuple(frozenset({asset}) for asset in model.assets),
        risk_level=model.risk_levels,
        min_purchase=nothing,
        term_days=nothing.astype(np.int64),
        private=no,
        complex=no,
        currency=words,
        sustainability=words,
        regime=words,
        market=np.tile(EVERYBODY, (n, 1)),
        min_years=nothing,
    )

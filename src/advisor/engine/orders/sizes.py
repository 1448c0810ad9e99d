"""Sizes of purchases: whole units of money, and no product or issuer beyond its share of wealth."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from advisor.arrays import BoolArray, FloatArray, IntArray
from advisor.data.catalogue import Catalogue
from advisor.data.categories import Categories
from advisor.data.eligibility import Eligibility
from advisor.engine.kernels import size_rows
from advisor.engine.orders.sales import Trades, Worth
from advisor.engine.universe.holdings import Holdings
from advisor.engine.universe.universe import Universe
from advisor.recommend.portfolio_fit.picks import Picks
from advisor.recommend.views import readonly


@dataclass(frozen=True, eq=False)
class Caps:
    """Largest shares of wealth, prepared once for a catalogue of p products.

    Attributes:
        product, issuer: Largest fraction of wealth in one product, and with one issuer; inf = any.
        issuer_of: Issuer of each product by number, -1 = unknown, shape (p,).
        exempt: Insured deposits, which are no concentration, shape (p,).
        own: The adviser's own products, shape (p,).
        issuers: Names of issuers by number.
        dearness: Annual fee beyond that of the cheapest product of the same exposures, shape (p,).
        fit_weight: Of an advisor.
    """

    product: float
    issuer: float
    issuer_of: IntArray
    exempt: BoolArray
    own: BoolArray
    issuers: tuple[str, ...]
    dearness: FloatArray
    fit_weight: float

    @classmethod
    def of(
        cls,
        catalogue: Catalogue,
        vehicles: Universe,
        shares: tuple[float, float],
        fit_weight: float,
    ) -> Caps:
        """For an advisor whose largest shares of one product and one issuer are `shares`."""
        named = {
            issuer: code
            for code, issuer in enumerate(
                dict.fromkeys(p.issuer for p in catalogue.products if p.issuer)
            )
        }
        cheapest = np.full(len(vehicles.exposures), np.inf)
        on_sale = ~catalogue.closed
        np.minimum.at(cheapest, vehicles.vehicle_of[on_sale], catalogue.annual_fee[on_sale])
        return cls(
            *shares,
            np.array([named.get(p.issuer or "", -1) for p in catalogue.products], dtype=np.int64),
            np.array([p.insured_deposit for p in catalogue.products], dtype=np.bool_),
            np.array([p.own_product for p in catalogue.products], dtype=np.bool_),
            tuple(named),
            np.maximum(catalogue.annual_fee - cheapest[vehicles.vehicle_of], 0.0),
            fit_weight,
        )


def size_picks(
    picks: Picks,
    rows: IntArray,
    relevance: FloatArray,
    eligible: Eligibility,
    clients: tuple[FloatArray, Holdings, Trades, Worth],
    supply: tuple[Universe, Catalogue],
    caps: Caps,
) -> None:
    """Round purchases to units and spread them over products; `picks` is changed in place.

    Args:
        picks: Of b clients.
        rows: Which of the c clients these are, shape (b,).
        relevance: Shape (b, p).
        eligible: What they may be offered, b rows.
        clients: Wealth of the c clients, what they hold and sell, and what is worth trading.
        supply: What portfolios are made of, and the products.
        caps: Largest shares. Where they cannot be kept, since there is no other product or no slot,
            the money stays where it is: the target comes first.
    """
    (wealth, holdings, trades, worth), (vehicles, catalogue) = clients, supply
    mixes, entries = vehicles.mixes.arrays(), holdings.table
    read = (
        *(rows, relevance, eligible.class_of, eligible.allowed),
        *(wealth, trades.budget, worth.unit, worth.least),
        *(entries.indptr, holdings.products, entries.values - trades.sales),
        *(catalogue.min_purchase, caps.fit_weight * caps.dearness),
        *(vehicles.vehicle_of, mixes[4], mixes[5], caps.issuer_of, caps.exempt),
    )
    shares = (caps.product, caps.issuer) if caps.fit_weight > 0.0 else (np.inf, np.inf)
    worth_of = caps.fit_weight * (1.0 - catalogue.annual_fee)
    size_rows(
        *map(readonly, read), *shares, readonly(worth_of), picks.codes, picks.scores, picks.money
    )


CENT = 0.01
_WHOLE: str = "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF"
_THOUSANDTHS: str = "BHD IQD JOD KWD LYD OMR TND"
UNITS: dict[str, float] = {}
UNITS.update(dict.fromkeys(_WHOLE.split(), 1.0))
UNITS.update(dict.fromkeys(_THOUSANDTHS.split(), 0.001))
"""Currency -> its smallest unit, where that is no hundredth.

Source: ISO 4217, list one, minor units.
"""


def unit_of(currency: str | None) -> float:
    """The smallest unit of a currency; a hundredth where none is said.

    >>> unit_of("JPY"), unit_of("CNY"), unit_of(None)
    (1.0, 0.01, 0.01)
    """
    return CENT if currency is None else UNITS.get(currency.strip().upper(), CENT)


def units_of(currencies: Categories, count: int) -> FloatArray:
    """The smallest unit of each client's currency, shape (c,)."""
    if not currencies.names:
        return np.full(count, CENT)
    return np.array([*map(unit_of, currencies.names), CENT])[currencies.codes]

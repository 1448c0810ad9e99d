"""The smallest unit of a currency, so that orders are amounts that can be paid."""

from __future__ import annotations

import numpy as np

from advisor.arrays import FloatArray
from advisor.data.categories import Categories

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

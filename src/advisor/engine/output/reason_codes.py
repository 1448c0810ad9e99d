"""Which reasons hold for which clients, without writing a sentence."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from advisor.arrays import BoolArray, IntArray
from advisor.data.categories import Categories
from advisor.engine.advised import Advised
from advisor.engine.output.first_reasons import FIRST_CODES, first_codes
from advisor.engine.output.reason_table import PORTFOLIO_REASONS
from advisor.engine.portfolios.statuses import OK, has_portfolio

SEPARATOR = "|"
"""Between the codes of a cell."""
PORTFOLIO_CODES = tuple(entry.code for entry in PORTFOLIO_REASONS)
"""Reasons of a portfolio in the order in which an advice gives them."""


@dataclass(frozen=True, eq=False)
class ReasonCodes:
    """Reasons by client.

    Attributes:
        first: Position in `FIRST_CODES` of the first reason of each client, shape (c,).
        held: For each entry of `PORTFOLIO_REASONS`, for which clients it holds, shape (c,).
    """

    first: IntArray
    held: tuple[BoolArray, ...]

    @classmethod
    def of(cls, batch: Advised) -> ReasonCodes:
        """Of a batch of c clients."""
        invested = has_portfolio(batch.allocations.status)
        held = tuple(invested & entry.holds(batch) for entry in PORTFOLIO_REASONS)
        return cls(first_codes(batch), held)

    def words(self) -> Categories:
        """Codes of the reasons that each client's card gives, each once, in the card's order; "a|b"
        where there are several.

        Made from bits, so a million rows cost no sentence: `batch[i].reasons` gives the sentences
        of any row.
        """
        bits = self.first << len(PORTFOLIO_CODES)
        for position, holds in enumerate(self.held):
            bits |= holds.astype(np.int64) << position
        keys, codes = np.unique(bits, return_inverse=True)
        return Categories(tuple(_spell(int(key)) for key in keys), codes.astype(np.int64))


def _spell(key: int) -> str:
    """The codes of one pattern of bits."""
    first = key >> len(PORTFOLIO_CODES)
    codes = [] if first == OK else [FIRST_CODES[first]]
    codes += [code for at, code in enumerate(PORTFOLIO_CODES) if key >> at & 1]
    return SEPARATOR.join(codes)

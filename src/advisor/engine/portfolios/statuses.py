"""Statuses of an advice as numbers, and which of them come with a portfolio."""

from __future__ import annotations

from advisor.arrays import BoolArray, IntArray
from advisor.contracts.advice import STATUSES

(
    OK,
    INVALID,
    NOT_ASSESSED,
    NO_LEVEL,
    EXPIRED,
    NO_MONEY,
    NO_ASSET,
    INFEASIBLE,
    ABOVE,
    HOLDINGS_ABOVE,
    UNSOLVED,
    STOPPED,
) = range(len(STATUSES))
"""Positions in `STATUSES`; every word but "ok" has a sentence in `reasons`."""
INVESTED = (OK, HOLDINGS_ABOVE)
"""Statuses that come with a portfolio."""


def has_portfolio(status: IntArray) -> BoolArray:
    """Where a status comes with a portfolio."""
    return (status == OK) | (status == HOLDINGS_ABOVE)

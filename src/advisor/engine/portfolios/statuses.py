"""Statuses of an advice as numbers, and which of them come with a portfolio."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from advisor.arrays import BoolArray, IntArray
from advisor.contracts.advice import STATUSES
from advisor.data.clients.table import ClientTable
from advisor.data.profiles import RiskProfiles

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


def first_status(
    clients: ClientTable, profiles: RiskProfiles, unknown: Mapping[int, str]
) -> tuple[IntArray, dict[int, str]]:
    """Status of each client before any portfolio is looked for, shape (c,), and what is wrong with
    the bad rows.
    """
    status = np.full(len(clients), OK, dtype=np.int64)
    status[clients.wealth <= 0.0] = NO_MONEY
    status[profiles.level == 0] = NO_LEVEL
    problems: dict[int, str] = {}
    for row, text in profiles.problems.items():
        status[row], problems[row] = NOT_ASSESSED, text
    for row, text in unknown.items():
        status[row], problems[row] = INVALID, text
    for row, text in clients.problems.items():
        status[row], problems[row] = INVALID, text
    return status, problems

"""Picks for those whom one product after the other leaves away from their target."""

from __future__ import annotations

import numpy as np

from advisor.arrays import BoolArray
from advisor.engine.orders import Nearest, Orders, Outcome
from advisor.engine.orders.nearest import picks_of
from advisor.engine.picks.picks import ROWS_AT_A_TIME, Case, Chosen, known_about
from advisor.engine.state import AdvisorState
from advisor.recommend.portfolio_fit.picks import Picks

TARGET_FIRST = 1.0
"""Fit weight from which the target counts for more than relevance, so that orders are sought that
come nearer to it."""


def come_nearer(
    state: AdvisorState,
    case: Case,
    nearest: Nearest,
    chosen: Chosen,
    outcome: Outcome,
    invested: BoolArray,
) -> None:
    """Change sales, purchases and outcome in place, for the clients whom other orders bring nearer
    to their target.

    Args:
        state: Of the advisor.
        case: c clients.
        nearest: The search, with their present sales.
        chosen: Their present purchases.
        outcome: What their orders lead to.
        invested: Who has a target, shape (c,).
    """
    target_first = state.fit_weight > TARGET_FIRST and state.utility_share < 1.0
    if not case.k or not target_first:
        return
    offered, trades = case.offer.products, nearest.trades
    present = Picks(chosen.codes, chosen.scores, chosen.money, chosen.money)
    rows = nearest.candidates(invested.nonzero()[0], outcome, offered, present)
    for start in range(0, len(rows), ROWS_AT_A_TIME):
        part = rows[start : start + ROWS_AT_A_TIME]
        relevance = state.recommender.scores_of(
            known_about(chosen.known, state, case.clients, part, everybody=False)
        )
        # 1. other orders, and what they lead to
        own = picks_of(present, part)
        nearer = nearest.search(part, relevance, offered.take(part), own)
        if not len(nearer.rows):
            continue
        codes, money = chosen.codes.copy(), chosen.money.copy()
        codes[nearer.rows], money[nearer.rows] = nearer.picks.codes, nearer.picks.money
        marked = np.zeros(len(invested), dtype=np.bool_)
        marked[nearer.rows] = True
        after = nearest.of(Orders(nearer.trades.sales, codes, money), marked)
        # 2. those that are better
        better = nearest.accepted(nearer, outcome, after)
        into, picks = nearer.take(better)
        liked = relevance[np.searchsorted(part, into)[:, None], picks.codes]
        chosen.write(into, picks, np.where(picks.codes < 0, np.nan, liked))
        outcome.take_over(after, into)
        marked[nearer.rows] = better
        mine = marked[case.holdings.rows]
        trades.sales[mine] = nearer.trades.sales[mine]

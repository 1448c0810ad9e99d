"""Products for every client: what is offered, ordered by relevance and by what it does for their
portfolio, sized to the gaps it closes.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from advisor.arrays import BoolArray, FloatArray, IntArray
from advisor.data.clients.table import ClientTable
from advisor.engine.orders import Nearest, Orders, Outcome, Trades, Worth, size_picks
from advisor.engine.orders.nearest import picks_of
from advisor.engine.state import AdvisorState
from advisor.engine.universe.eligibility_cache import Eligible
from advisor.engine.universe.holdings import Holdings
from advisor.recommend.model.batch import Batch
from advisor.recommend.model.rows import NO_WEIGHTS, Rows
from advisor.recommend.portfolio_fit.own_portfolio import OwnPortfolio
from advisor.recommend.portfolio_fit.picks import Picks, PickSettings, pick_products

ROWS_AT_A_TIME = 32_768
"""Clients looked up together at most."""
SCORED_TOGETHER = 1024
"""Bounds the score matrix to this many rows by p products, so that it stays in the processor's
cache until the picks are chosen."""


LOYALTY = 2.0
"""What a held product gains over a new one that closes the same gap: more than all of relevance."""


@dataclass(frozen=True, eq=False)
class Chosen:
    """k picks of c clients.

    Attributes:
        codes: Column in the catalogue, -1 = empty slot, shape (c, k).
        scores: Relevance, gap and usefulness together, nan where empty, shape (c, k).
        relevance: What the recommender says alone, nan where empty, shape (c, k).
        utility: Annual gain in certainty equivalent per unit of money, nan where empty or not
            judged, shape (c, k).
        money: In whole units, shape (c, k).
        known: What the recommender knows about the clients, where all of them were looked up
            together.
    """

    codes: IntArray
    scores: FloatArray
    relevance: FloatArray
    utility: FloatArray
    money: FloatArray
    known: Batch | None = None

    @classmethod
    def nothing(cls, count: int, k: int, known: Batch | None) -> Chosen:
        """Empty slots for everybody, to be filled."""
        scores, relevance, utility = np.full((3, count, k), np.nan)
        return cls(
            np.full((count, k), -1, dtype=np.int64),
            scores,
            relevance,
            utility,
            np.zeros((count, k)),
            known,
        )

    def take_over(self, other: Chosen, rows: BoolArray) -> None:
        """Take the picks of the clients in `rows`, shape (c,), from another answer about them."""
        for name in ("codes", "scores", "relevance", "utility", "money"):
            getattr(self, name)[rows] = getattr(other, name)[rows]

    def write(self, rows: IntArray, picks: Picks, relevance: FloatArray) -> None:
        """Put picks of the clients in `rows`, and what the recommender says of each, in place."""
        self.codes[rows], self.scores[rows], self.money[rows] = (
            picks.codes,
            picks.scores,
            picks.money,
        )
        self.utility[rows] = np.nan if picks.utility is None else picks.utility
        self.relevance[rows] = relevance

    def leave_out(self, rows: IntArray, products: IntArray) -> None:
        """Empty the slots without money of products that the client sells: what is sold is no
        alternative.

        Args:
            rows: Row of each sale, shape (s,).
            products: Its column in the catalogue, shape (s,).
        """
        sale, slot = ((self.codes[rows] == products[:, None]) & (self.money[rows] == 0.0)).nonzero()
        self.codes[rows[sale], slot] = -1
        for values in (self.scores, self.relevance, self.utility):
            values[rows[sale], slot] = np.nan


@dataclass(frozen=True, eq=False)
class Case:
    """c clients before products are chosen.

    Attributes:
        clients: Their data.
        offer: What each may buy.
        holdings: What they hold.
        risk_aversion: The effective one, shape (c,).
        worth: Which trades are worth making.
        k: Slots.
        known: What the recommender knows about them, where all were looked up together.
    """

    clients: ClientTable
    offer: Eligible
    holdings: Holdings
    risk_aversion: FloatArray
    worth: Worth
    k: int
    known: Batch | None

    @classmethod
    def of(
        cls,
        state: AdvisorState,
        clients: ClientTable,
        offer: Eligible,
        holdings: Holdings,
        risk_aversion: FloatArray,
        worth: Worth,
        k: int,
    ) -> Case:
        """Look the clients up, where they are few enough to be kept together."""
        known = (
            state.recommender.known(clients.ids, clients)
            if len(clients) <= ROWS_AT_A_TIME and k
            else None
        )
        return cls(clients, offer, holdings, risk_aversion, worth, k, known)

    @cached_property
    def pure(self) -> BoolArray:
        """For whom a mixed product counts as its parts, shape (c,)."""
        return self.offer.pure[self.offer.products.class_of]

    @cached_property
    def held(self) -> Rows:
        """Products that each holds."""
        indptr, held = self.holdings.product_rows(len(self.clients))
        return Rows(indptr, held, NO_WEIGHTS)


def choose(state: AdvisorState, case: Case, trades: Trades, invested: BoolArray) -> Chosen:
    """Picks of the clients who are `invested`, shape (c,), in whole units of money."""
    chosen = Chosen.nothing(len(case.clients), case.k, case.known)
    for looked_through in (False, True):
        rows = (invested & (case.pure == looked_through)).nonzero()[0]
        if len(rows) and case.k:
            own = OwnPortfolio(
                trades.left,
                case.clients.wealth,
                case.risk_aversion,
                state.moments[looked_through],
                state.utility_share,
            )
            _fill(chosen, state, case, trades, rows, own, looked_through)
    return chosen


def known_about(
    known: Batch | None,
    state: AdvisorState,
    clients: ClientTable,
    part: IntArray,
    *,
    everybody: bool,
) -> Batch:
    """What is known about the clients in `part`."""
    if known is not None:
        return known if everybody else known.take(part)
    some = clients.take(part)
    return state.recommender.known(some.ids, some)


def _fill(
    into: Chosen,
    state: AdvisorState,
    case: Case,
    trades: Trades,
    rows: IntArray,
    own: OwnPortfolio,
    looked_through: bool,
) -> None:
    """Products for the clients in `rows`; `looked_through`: a mixed product counts as its parts."""
    count, products = len(case.clients), case.offer.products
    everybody = len(rows) == count <= SCORED_TOGETHER
    settings = PickSettings(
        case.k,
        fit_weight=state.fit_weight,
        loyalty=LOYALTY,
        diversity=state.diversity,
        similarity=state.likeness,
    )
    for start in range(0, len(rows), SCORED_TOGETHER):
        part = rows[start : start + SCORED_TOGETHER]
        relevance = state.recommender.scores_of(
            known_about(into.known, state, case.clients, part, everybody=everybody)
        )
        offered = products if everybody else products.take(part)
        picks = pick_products(
            relevance,
            offered,
            trades.gaps if everybody else trades.gaps[part],
            state.offered[looked_through],
            settings,
            held=case.held if everybody else case.held.take(part),
            own=own if everybody else own.take(part),
        )
        size_picks(
            picks,
            part,
            relevance,
            offered,
            (case.clients.wealth, case.holdings, trades, case.worth),
            (state.vehicles, state.catalogue),
            state.caps,
        )
        liked = relevance[np.arange(len(part))[:, None], picks.codes]
        into.write(part, picks, np.where(picks.codes < 0, np.nan, liked))


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

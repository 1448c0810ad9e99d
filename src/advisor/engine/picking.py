"""Products for every client: what is offered, ordered by taste and by what it does for his portfolio, sized to the gaps it closes."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from advisor.arrays import BoolArray, FloatArray, IntArray
from advisor.data.clients import ClientTable
from advisor.engine.holdings import Holdings
from advisor.engine.house import House
from advisor.engine.offers import Offer
from advisor.engine.trades import Trades
from advisor.recommend.history import NO_WEIGHTS, Batch, Rows
from advisor.recommend.own_portfolio import OwnPortfolio
from advisor.recommend.portfolio_fit import pick_products

_ROWS_AT_A_TIME = 8192
"""Clients scored together: bounds the score matrix to this many rows by p products."""


@dataclass(frozen=True, eq=False)
class Chosen:
    """k picks of c clients.

    Attributes:
        codes: Column in the catalogue, -1 = empty slot, shape (c, k).
        scores: Taste, gap and usefulness together, nan where empty, shape (c, k).
        taste: What the recommender says alone, nan where empty, shape (c, k).
        utility: Annual gain in certainty equivalent per unit of money, nan where empty or not judged, shape (c, k).
        money: Shape (c, k).
        unplaced: Of the gaps, what no pick takes, by vehicle, shape (c, v).
        known: What the recommender knows about the clients, where all of them were looked up together.
    """

    codes: IntArray
    scores: FloatArray
    taste: FloatArray
    utility: FloatArray
    money: FloatArray
    unplaced: FloatArray
    known: Batch | None = None

    @classmethod
    def nothing(cls, gaps: FloatArray, k: int, known: Batch | None) -> Chosen:
        """Empty slots for everybody, to be filled."""
        count = len(gaps)
        scores, taste, utility = np.full((3, count, k), np.nan)
        return cls(np.full((count, k), -1, dtype=np.int64), scores, taste, utility, np.zeros((count, k)), gaps.copy(), known)


def choose(
    house: House,
    clients: ClientTable,
    offer: Offer,
    holdings: Holdings,
    trades: Trades,
    risk_aversion: FloatArray,
    invested: BoolArray,
    k: int,
) -> Chosen:
    """Picks of the clients who are `invested`, shape (c,); risk aversion is the effective one, shape (c,)."""
    known = house.taste.known(clients.ids, clients) if len(clients) <= _ROWS_AT_A_TIME and k else None
    chosen = Chosen.nothing(trades.gaps, k, known)
    pure = offer.pure[offer.products.class_of]
    for looked_through in (False, True):
        rows = (invested & (pure == looked_through)).nonzero()[0]
        if len(rows) and k:
            own = OwnPortfolio(trades.left, clients.wealth, risk_aversion, house.moments[looked_through], house.utility_share)
            _fill(chosen, house, clients, offer, holdings, trades.gaps, rows, own, looked_through)
    return chosen


def _known(known: Batch | None, house: House, clients: ClientTable, part: IntArray, everybody: bool) -> Batch:
    """What is known about the clients in `part`."""
    if known is not None:
        return known if everybody else known.take(part)
    some = clients.take(part)
    return house.taste.known(some.ids, some)


def _fill(
    into: Chosen,
    house: House,
    clients: ClientTable,
    offer: Offer,
    holdings: Holdings,
    gaps: FloatArray,
    rows: IntArray,
    own: OwnPortfolio,
    looked_through: bool,
) -> None:
    """Products for the clients in `rows`; `looked_through`: a mixed product counts as its parts."""
    indptr, held = holdings.product_rows(len(gaps))
    owned, everybody = Rows(indptr, held, NO_WEIGHTS), len(rows) == len(gaps) <= _ROWS_AT_A_TIME
    for start in range(0, len(rows), _ROWS_AT_A_TIME):
        part = rows[start : start + _ROWS_AT_A_TIME]
        taste = house.taste.scores_of(_known(into.known, house, clients, part, everybody))
        found = pick_products(
            taste,
            offer.products if everybody else offer.products.take(part),
            gaps if everybody else gaps[part],
            house.vehicles.parts if looked_through else house.vehicles.mixes,
            into.codes.shape[1],
            min_purchase=house.catalogue.min_purchase,
            fee=house.catalogue.annual_fee,
            held=owned if everybody else owned.take(part),
            fit_weight=house.fit_weight,
            own=own if everybody else own.take(part),
            similarity=house.likeness,
            diversity=house.diversity,
        )
        into.codes[part], into.scores[part], into.money[part], into.unplaced[part] = found.codes, found.scores, found.money, found.unplaced
        if found.utility is not None:
            into.utility[part] = found.utility
        liked = taste[np.arange(len(part))[:, None], found.codes]
        liked[found.codes < 0] = np.nan
        into.taste[part] = liked

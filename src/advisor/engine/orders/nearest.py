"""Orders that come nearer to the target than one asset after the other does: where smallest
purchases, smallest trades, mixed products or slots stand in the way.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from advisor.arrays import BoolArray, FloatArray, IntArray
from advisor.data.eligibility import Eligibility
from advisor.engine.kernels import nearest_rows
from advisor.engine.orders.outcome import Outcome, Settlement
from advisor.engine.orders.sales import Trades
from advisor.engine.orders.sizes import Caps, size_picks
from advisor.recommend.portfolio_fit.picks import Picks
from advisor.recommend.views import readonly

MATERIAL = 5e-4
"""Share of wealth by which orders must come nearer to be changed."""


@dataclass(frozen=True, eq=False)
class Nearer:
    """Other orders of b of c clients.

    Attributes:
        rows: Which clients, shape (b,).
        trades: Of all c clients, with the sales and budgets of these replaced.
        picks: Of these, b rows.
        aims: What each is to hold by asset, as fractions of wealth: the target, and what may stay
            above it; shape (b, n).
    """

    rows: IntArray
    trades: Trades
    picks: Picks
    aims: FloatArray

    def take(self, some: BoolArray) -> tuple[IntArray, Picks]:
        """Rows and picks of `some` of these clients, shape (b,)."""
        return self.rows[some], picks_of(self.picks, some)


def picks_of(picks: Picks, rows: BoolArray | IntArray) -> Picks:
    """The picks of some clients."""
    return Picks(picks.codes[rows], picks.scores[rows], picks.money[rows], picks.unplaced[rows])


@dataclass(frozen=True, eq=False)
class Nearest(Settlement):
    """The search for the nearest orders, from what they are judged by, the present sales and caps.

    The distance is the sum over assets of |money after the orders - money meant|; cash does not
    count. Sales are whole or at least the smallest trade, purchases at least the smallest of their
    product, no product is bought and sold, no more products are bought than there are slots, and
    the stressed loss is within the level. Branch and bound, at most 200 linear programmes a client.
    """

    trades: Trades
    caps: Caps

    def candidates(
        self, rows: IntArray, outcome: Outcome, eligible: Eligibility, picks: Picks
    ) -> IntArray:
        """Those of `rows` for whom a search may be worth it.

        Args:
            rows: Which of the c clients.
            outcome: Of the present orders.
            eligible: What the c clients may be offered.
            picks: Of the c clients.
        """
        lacking = np.add.reduce(outcome.lacking[rows], axis=1)
        full = (picks.money[rows] > 0.0).all(axis=1) & self.pure[rows]
        rows = rows[(lacking > MATERIAL * self.wealth[rows]) & ~full]
        if not len(rows):
            return rows
        *_, improvable = self._run(rows, None, eligible.take(rows), picks_of(picks, rows))
        return rows[improvable]

    def search(
        self, rows: IntArray, relevance: FloatArray, eligible: Eligibility, picks: Picks
    ) -> Nearer:
        """The nearest orders of those for whom nearer ones are found.

        Args:
            rows: Which of the c clients, shape (b,).
            relevance: Shape (b, p).
            eligible: What they may be offered, b rows.
            picks: Present ones, b rows; those that change are written.
        """
        aims, sales, improved = self._run(rows, relevance, eligible, picks)
        budget = self.trades.budget.copy()
        budget[rows[improved]] = self._budgets(sales)[rows[improved]]
        trades = replace(self.trades, sales=sales, budget=budget)
        some, own = Nearer(rows, trades, picks, aims).take(improved)
        size_picks(
            own,
            some,
            relevance[improved],
            eligible.take(improved.nonzero()[0]),
            (self.wealth, self.holdings, trades, self.worth),
            (self.vehicles, self.catalogue),
            self.caps,
        )
        return Nearer(some, trades, own, aims[improved])

    def accepted(self, nearer: Nearer, before: Outcome, after: Outcome) -> BoolArray:
        """For whom new orders count, shape (b,): they come nearer, end within the level where the
        old ones did, and buy nothing that they sell. Outcomes are of all c clients.
        """
        rows, held = nearer.rows, self.holdings
        distances = [
            np.add.reduce(
                np.abs(
                    self.vehicles.by_asset(outcome.money[rows]) / self.wealth[rows, None]
                    - nearer.aims
                ),
                axis=1,
            )
            for outcome in (before, after)
        ]
        place = np.full(len(self.wealth), -1)
        place[rows] = np.arange(len(rows))
        sold = (nearer.trades.sales > 0.0) & (held.products >= 0) & (place[held.rows] >= 0)
        seller = place[held.rows[sold]]
        bought = nearer.picks.codes[seller] == held.products[sold][:, None]
        both = seller[(bought & (nearer.picks.money[seller] > 0.0)).any(axis=1)]
        return (
            (distances[1] < distances[0] - MATERIAL)
            & (before.beyond[rows] | ~after.beyond[rows])
            & (np.bincount(both, minlength=len(rows)) == 0)
        )

    @cached_property
    def _spread(self) -> FloatArray:
        """Share of each holding in each asset, shape (e, n)."""
        return self.vehicles.by_asset(self.holdings.spread)

    def _run(
        self, rows: IntArray, relevance: FloatArray | None, eligible: Eligibility, picks: Picks
    ) -> tuple[FloatArray, FloatArray, BoolArray]:
        """Aims of these clients, sales of all, and for whom something was found."""
        aims = self.vehicles.by_asset(self.weights[rows])
        bands, sales = np.zeros(aims.shape), self.trades.sales.copy()
        if len(self.worth.above):
            bands[:] = self.worth.above[rows, : aims.shape[1]]
        mixes, parts = (self.vehicles.mixes.arrays(), self.vehicles.parts.arrays())
        held, catalogue, caps = self.holdings, self.catalogue, self.caps
        scores = np.zeros((0, len(catalogue))) if relevance is None else relevance
        read = (
            *(rows, scores, eligible.class_of, eligible.allowed),
            *(self.wealth, self.worth.unit, self.worth.least),
            *(held.table.indptr, held.table.values, held.kind, held.products, held.fee),
            self._spread,
        )
        products = (
            *(catalogue.min_purchase, catalogue.annual_fee, caps.fit_weight * caps.dearness),
            *(caps.fit_weight * (1.0 - catalogue.annual_fee), *parts[:3]),
            *(self.vehicles.vehicle_of, mixes[4], mixes[5]),
            *(self.vehicles.model.stress[: aims.shape[1]], self.limits.loss, bands),
        )
        improved = np.zeros(len(rows), dtype=np.bool_)
        nearest_rows(
            *map(readonly, read),
            self.worth.cost,
            *map(readonly, products),
            *(aims, sales, picks.codes, picks.scores, picks.money, improved),
        )
        return aims, sales, improved

    def _budgets(self, sales: FloatArray) -> FloatArray:
        """Money for purchases once the sales are paid for, shape (c,)."""
        held, cost = self.holdings, self.worth.cost
        rest, sold = (
            np.bincount(held.rows, weights=money, minlength=len(self.wealth))
            for money in (held.table.values - sales, sales)
        )
        return np.maximum(self.wealth - rest - cost * sold, 0.0) / (1.0 + cost)

"""What the orders lead to: the portfolio a client holds when they are done."""

from __future__ import annotations

from dataclasses import dataclass, fields

import numpy as np

from advisor.arrays import BoolArray, FloatArray, IntArray
from advisor.data.catalogue import Catalogue
from advisor.engine.kernels import settle_rows
from advisor.engine.orders.sales import Worth
from advisor.engine.universe.holdings import Holdings
from advisor.engine.universe.universe import Universe
from advisor.recommend.views import readonly


@dataclass(frozen=True, eq=False)
class Outcome:
    """The portfolio of each of c clients after their orders; nan where they have no portfolio.

    Cash that is left earns nothing and carries no risk; it is part of wealth.

    Attributes:
        money: By vehicle, shape (c, v).
        cash: Money that stays uninvested, the cost of the trades paid, shape (c,).
        mean: Expected annual return of all wealth before fees, shape (c,).
        volatility: Annual, shape (c,).
        loss: In the stress of its assets, as a fraction of wealth, shape (c,).
        fee: Annual fees of all products held, as a fraction of wealth, shape (c,).
        lacking: Money that the target has more of, by vehicle, shape (c, v).
        beyond: Whether volatility or loss is above what the level allows, shape (c,).
    """

    money: FloatArray
    cash: FloatArray
    mean: FloatArray
    volatility: FloatArray
    loss: FloatArray
    fee: FloatArray
    lacking: FloatArray
    beyond: BoolArray

    def take_over(self, other: Outcome, rows: IntArray) -> None:
        """Take what another answer says of the clients in `rows`."""
        for field in fields(self):
            getattr(self, field.name)[rows] = getattr(other, field.name)[rows]


@dataclass(frozen=True, eq=False)
class Limits:
    """What each of c clients may end at: annual volatility and stressed loss, shape (c,)."""

    upper: FloatArray
    loss: FloatArray


@dataclass(frozen=True, eq=False)
class Orders:
    """Orders of c clients, to be judged.

    Attributes:
        sales: Money to sell of each holding, shape (e,).
        codes: Column of each pick, -1 = empty, shape (c, k).
        money: Money to buy of each, shape (c, k).
    """

    sales: FloatArray
    codes: IntArray
    money: FloatArray


@dataclass(frozen=True, eq=False)
class Settlement:
    """What orders of c clients are judged by.

    Attributes:
        weights: Targets, shape (c, v).
        wealth: Money, shape (c,).
        pure: Whose mixed products count as their parts, shape (c,).
        holdings: What they hold.
        vehicles, catalogue: What portfolios are made of, and the products.
        worth: Smallest trades, units and costs.
        limits: Of each client's level.
    """

    weights: FloatArray
    wealth: FloatArray
    pure: BoolArray
    holdings: Holdings
    vehicles: Universe
    catalogue: Catalogue
    worth: Worth
    limits: Limits

    def of(self, orders: Orders, invested: BoolArray, *, guard: bool = False) -> Outcome:
        """What orders lead to.

        Args:
            orders: Sales and purchases; with `guard` they are lowered in place where they would
                end above a limit: less is bought, more is sold, and the money stays in cash.
            invested: Who has a target, shape (c,).
            guard: Whether to lower orders.

        Returns:
            Row by row, so that no bit depends on the batch.
        """
        count, width = self.weights.shape
        after, lacking = np.empty((2, count, width))
        facts, beyond = np.empty((count, 5)), np.empty(count, dtype=np.bool_)
        held, worth, catalogue = self.holdings, self.worth, self.catalogue
        model, mixes, parts = self.vehicles.model, self.vehicles.mixes, self.vehicles.parts
        entries = (held.table.indptr, held.table.values, held.kind, held.products)
        settle_rows(
            *map(readonly, (invested, self.wealth, self.pure)),
            worth.cost,
            *map(readonly, (*entries, held.spread, held.fee)),
            *map(readonly, (orders.codes, catalogue.annual_fee, catalogue.min_purchase)),
            *map(readonly, (*mixes.arrays()[:3], *parts.arrays()[:3])),
            *map(readonly, (model.mean, model.risk, model.stress)),
            *map(readonly, (worth.unit, worth.least, self.limits.upper, self.limits.loss)),
            int(guard),
            *(readonly(self.weights), orders.sales, orders.money, after, facts, lacking, beyond),
        )
        cash, mean, volatility, loss, fee = map(np.ascontiguousarray, facts.T)
        return Outcome(after, cash, mean, volatility, loss, fee, lacking, beyond)

"""From a batch of advice, today's holdings and prices to what `review` and `rebalance` read."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from advisor.arrays import FloatArray, IntArray
from advisor.contracts.bands import at_level
from advisor.data.by_asset import by_id
from advisor.data.ids import IdMap
from advisor.data.profiles import RiskProfiles
from advisor.data.tables import as_numbers, cell, check_table, id_codes, shown_cell
from advisor.engine.batch import AdviceBatch
from advisor.engine.portfolios.statuses import has_portfolio
from advisor.errors import InputError
from advisor.lifecycle.monitoring.states import ClientStates
from advisor.lifecycle.trading.cash_flow import drift
from advisor.privacy import hides, kept
from advisor.validation import checked


@hides
@dataclass(frozen=True, eq=False)
class PortfolioStates:
    """Portfolios of c clients today, beside what was advised.

    Attributes:
        states: What `review` reads.
        holdings: Money by asset, shape (c, n): what `rebalance` reads.
        target: Advised weights by asset, shape (c, n); nan rows where there is no portfolio.
        cash: Money that is not invested, shape (c,).
        assets: Length n.
    """

    states: ClientStates
    holdings: FloatArray
    target: FloatArray
    cash: FloatArray
    assets: tuple[str, ...]


@checked
def states_after(
    batch: AdviceBatch,
    holdings: pd.DataFrame,
    prices: Mapping[str, float] | None = None,
    *,
    cash: Mapping[str, float] | None = None,
    profiles: RiskProfiles | None = None,
) -> PortfolioStates:
    """Where the clients of a batch stand today, as `review` and `rebalance` read it.

    Args:
        batch: The advice that was given; its day is that of the last review.
        holdings: Today's, one row a client and product or asset: `client_id`, `product_id`, and
            `money`, or `units` that `prices` value. A client without rows holds cash alone.
        prices: Product or asset -> money for one unit; read where there are no `money` cells.
        cash: Client -> money that is not invested; where a client is not named, what the advice
            left.
        profiles: Today's, a row for each client of the batch; None: those of the batch.

    Returns:
        Drift against the target, level now and when advised, stressed loss against what the level
        allows, the highest rating held, value against wealth when advised. Rows are the batch's.

    Raises:
        InputError: A client, product or asset that the batch does not know, a unit without a price,
            negative money, or profiles of other clients.
    """
    advisor, ids = batch.state, batch.clients.index
    now = batch.profiles if profiles is None else profiles
    if now.client_ids != batch.client_ids:
        raise InputError(
            f"profiles is of {len(now)} clients that are not those of the batch; profile the same"
            " table again.",
            field="profiles",
            value=len(now),
        )
    by_asset, rating = _held(batch, *_valued(holdings, prices or {}, ids))
    left, stated = np.nan_to_num(batch.outcome.cash), by_id(cash or {}, "cash")
    left[_rows_of(ids, tuple(stated))] = np.fromiter(
        stated.values(), dtype=np.float64, count=len(stated)
    )
    value = by_asset.sum(axis=1) + left
    weights = by_asset / np.where(value > 0.0, value, np.inf)[:, None]
    invested = has_portfolio(batch.allocations.status)
    states = ClientStates(
        batch.client_ids,
        drift=drift(weights, batch.weights),
        level=now.level,
        advised_level=batch.level,
        valid_until=now.valid_until,
        stress_loss=(weights * advisor.model.stress).sum(axis=1),
        stress_tolerance=at_level(advisor.bands.stress_loss, now.level),
        value=value,
        peak_value=np.maximum(value, batch.clients.wealth),
        drawdown_tolerance=at_level(advisor.bands.stress_loss, batch.level),
        product_level=rating,
        age=batch.clients.age,
        age_at_review=batch.clients.age,
        last_review=np.where(invested, batch.as_of, np.datetime64("NaT", "D")),
    )
    return PortfolioStates(states, by_asset, batch.weights, left, tuple(advisor.model.assets))


def _held(
    batch: AdviceBatch, row: IntArray, products: IntArray, names: IdMap, money: FloatArray
) -> tuple[FloatArray, IntArray]:
    """Money by asset, shape (c, n), and the highest rating held, shape (c,)."""
    exposures, ratings = _exposures(batch, names)
    by_asset = np.zeros((len(batch), len(batch.state.model)))
    np.add.at(by_asset, row, money[:, None] * exposures[products])
    rating = np.zeros(len(batch), dtype=np.int64)
    np.maximum.at(rating, row[money > 0.0], ratings[products[money > 0.0]])
    return by_asset, rating


def _valued(
    holdings: pd.DataFrame, prices: Mapping[str, float], ids: IdMap
) -> tuple[IntArray, IntArray, IdMap, FloatArray]:
    """Row of the client, product and money of each line."""
    remedy = "One row a client and product: client_id, product_id, and money or units."
    worth = "money" if "money" in getattr(holdings, "columns", ()) else "units"
    check_table(holdings, "holdings", ["client_id", "product_id", worth], remedy)
    who, clients = id_codes(
        holdings["client_id"], "client_id", "somebody holds it. Drop or mend it."
    )
    products, names = id_codes(
        holdings["product_id"], "product_id", "something is held. Drop or mend it."
    )
    rows = _rows_of(ids, clients.ids)
    amount = as_numbers(holdings[worth])
    bad = ~(np.isfinite(amount) & (amount >= 0.0))
    if bad.any():
        i = int(bad.argmax())
        raise InputError(
            f"{worth} in row {i} is {shown_cell(holdings[worth], i)}; give a finite number, 0 or"
            " more.",
            field=worth,
            value=kept(cell(holdings[worth], i)),
        )
    if worth == "units":
        of = by_id(prices, "prices")
        missing = sorted(set(names.ids) - set(of))
        if missing:
            raise InputError(
                f"prices says nothing of {missing[:5]}, which is held; add a price for one unit.",
                field="prices",
                value=missing,
            )
        amount = amount * np.array([float(of[name]) for name in names.ids])[products]
    return rows[who], products, names, amount


def _rows_of(ids: IdMap, clients: Sequence[str]) -> IntArray:
    """Row of each client in the batch, shape (len(clients),)."""
    rows = ids.find(clients)
    if (rows < 0).any():
        raise InputError(
            "holdings or cash names a client that is not in the batch; leave them out, or advise"
            " them first.",
            field="client_id",
            value=kept(clients[int((rows < 0).argmax())]),
        )
    return rows


def _exposures(batch: AdviceBatch, names: IdMap) -> tuple[FloatArray, IntArray]:
    """Share of each name in each asset, shape (names, n), and its rating, 0 = none."""
    advisor = batch.state
    products = advisor.catalogue.ids.find(names.ids)
    assets = advisor.model.ids.find(names.ids)
    for name, product, asset in zip(names.ids, products.tolist(), assets.tolist(), strict=True):
        if product < 0 and asset < 0:
            raise InputError(
                f"holdings names {name!r}, which is neither a product nor an asset of this advisor;"
                " add it to the catalogue, or leave it out.",
                field="product_id",
                value=name,
            )
    known = advisor.catalogue.exposures(advisor.model.ids)
    own = np.eye(len(advisor.model))
    shares = np.where((products >= 0)[:, None], known[products], own[assets])
    return shares, np.where(products >= 0, advisor.catalogue.risk_level[products], 0)

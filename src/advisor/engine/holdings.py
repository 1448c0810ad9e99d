"""What clients hold, seen by vehicle: how much, what of it must stay, and what may be sold."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from advisor.arrays import BoolArray, FloatArray, IntArray
from advisor.data.catalogue import Catalogue
from advisor.data.sparse_rows import SparseRows
from advisor.engine.offers import Offer
from advisor.engine.vehicles import Vehicles


@dataclass(frozen=True, eq=False)
class Holdings:
    """Holdings of `c` clients over `v` vehicles (assets and mixes).

    Attributes:
        rows: Client of each entry, ascending, shape (e,).
        names: Position in `table.names` of each entry, shape (e,).
        table: The holdings as given.
        products: Column in the catalogue of each entry, -1 where it is an asset held directly, shape (e,).
        spread: Share of each entry's money in each vehicle, shape (e, v).
        kept: Entries that may be held but not bought (no longer eligible): kept, counted, never topped up. Shape (e,).
        by_vehicle: Money, shape (c, v).
        locked: The kept part of it, shape (c, v).
    """

    rows: IntArray
    names: IntArray
    table: SparseRows
    products: IntArray
    spread: FloatArray
    kept: BoolArray
    by_vehicle: FloatArray
    locked: FloatArray

    def product_rows(self, clients: int) -> tuple[IntArray, IntArray]:
        """Held product columns, ascending by client: (indptr (c + 1,), codes)."""
        inside = self.products >= 0
        rows, codes = self.rows[inside], self.products[inside]
        order = np.lexsort((codes, rows))
        indptr = np.zeros(clients + 1, dtype=np.int64)
        np.cumsum(np.bincount(rows, minlength=clients), out=indptr[1:])
        return indptr, codes[order]


def see_by_vehicle(table: SparseRows, catalogue: Catalogue, vehicles: Vehicles, offer: Offer) -> Holdings:
    """Look through what clients hold.

    Args:
        table: Money by product or asset id, c rows. An id that is both counts as the product; unknown ids count as nothing (their rows get a status elsewhere).
        catalogue: The shelf, p products.
        vehicles: What portfolios are made of, v vehicles.
        offer: What each client may buy.

    Returns:
        The same holdings by vehicle. Sums run in entry order, so a client's bits do not depend on who stands beside him.
    """
    width = len(vehicles.model)
    if not len(table.codes):
        nothing: FloatArray = np.zeros((len(table), width))
        none = table.codes
        return Holdings(none, none, table, none, nothing[:0], none.astype(np.bool_), nothing, nothing)
    columns, direct = catalogue.ids.find(table.names), vehicles.model.ids.find(table.names)
    parts = np.zeros((2, len(table.names), width))
    for name, (column, asset) in enumerate(zip(columns.tolist(), direct.tolist(), strict=True)):
        if column >= 0:
            parts[0, name], parts[1, name] = vehicles.as_mix[column], vehicles.as_parts[column]
        elif asset >= 0:
            parts[:, name, asset] = 1.0
    rows, products, assets = table.row_of_entry(), columns[table.codes], direct[table.codes]
    classes = offer.products.class_of[rows]
    spread = parts[offer.pure[classes].astype(np.int64), table.codes]
    may_buy = np.where(
        products >= 0, offer.products.allowed[classes, np.maximum(products, 0)], offer.usable[classes, np.maximum(assets, 0)]
    )
    by_vehicle, locked = np.zeros((2, len(table), width))
    money = table.values[:, None] * spread
    np.add.at(by_vehicle, rows, money)
    np.add.at(locked, rows[~may_buy], money[~may_buy])
    return Holdings(rows, table.codes, table, products, spread, ~may_buy, by_vehicle, locked)

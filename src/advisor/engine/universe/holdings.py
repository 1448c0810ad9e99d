"""What clients hold, seen by vehicle: how much, what of it must stay, and what may be sold."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from advisor.arrays import BoolArray, FloatArray, IntArray
from advisor.data.catalogue import Catalogue
from advisor.data.clients.table import ClientTable
from advisor.data.eligibility import Eligibility
from advisor.data.sparse_rows import SparseRows
from advisor.engine.universe.eligibility_cache import Eligible
from advisor.engine.universe.universe import Universe
from advisor.privacy import hides

FREE, KEPT, LEAVING = 0, 1, 2
"""Kinds of holdings, as in `kernels`."""


@hides
@dataclass(frozen=True, eq=False)
class Holdings:
    """Holdings of `c` clients over `v` vehicles (assets and mixes).

    Attributes:
        rows: Client of each entry, ascending, shape (e,).
        names: Position in `table.names` of each entry, shape (e,).
        table: The holdings as given.
        products: Column in the catalogue of each entry, -1 where it is an asset held directly,
            shape (e,).
        spread: Share of each entry's money in each vehicle, shape (e, v).
        fee: Annual fee of each entry, 0 of an asset held directly, shape (e,).
        kind: Whether an entry may be sold (0), must be kept because the host says so (1), or is
            to be sold in full because it does not suit the client (2); shape (e,).
        unsuitable: Entries that the rules would not let the client buy, shape (e,).
        by_vehicle: Money, shape (c, v).
        locked: The part of it that must be kept, shape (c, v).
        ceiling: Money in suitable products that are no longer sold: it may stay although nothing
            may be added; shape (c, v).
    """

    rows: IntArray
    names: IntArray
    table: SparseRows
    products: IntArray
    spread: FloatArray
    fee: FloatArray
    kind: IntArray
    unsuitable: BoolArray
    by_vehicle: FloatArray
    locked: FloatArray
    ceiling: FloatArray

    @property
    def kept(self) -> BoolArray:
        """Entries that must be kept, shape (e,)."""
        return self.kind == KEPT

    def has_own_limits(self, usable: Eligibility) -> BoolArray:
        """Who keeps something, or may keep what they may not buy, so that their limits are their
        own; shape (c,).
        """
        if not len(self.rows):
            return np.zeros(len(self.table), dtype=np.bool_)
        stays = self.locked > 0.0
        if self.ceiling.any():
            stays |= (self.ceiling > 0.0) & ~usable.allowed[usable.class_of]
        return np.asarray(stays.any(axis=1))

    def product_rows(self, clients: int) -> tuple[IntArray, IntArray]:
        """Held product columns, ascending by client: (indptr (c + 1,), codes)."""
        inside = self.products >= 0
        rows, codes = self.rows[inside], self.products[inside]
        order = np.lexsort((codes, rows))
        indptr = np.zeros(clients + 1, dtype=np.int64)
        np.cumsum(np.bincount(rows, minlength=clients), out=indptr[1:])
        return indptr, codes[order]


def holdings_of(
    clients: ClientTable, catalogue: Catalogue, vehicles: Universe, offer: Eligible
) -> Holdings:
    """Look through what clients hold.

    Args:
        clients: c clients. A holding whose id is both a product and an asset counts as the product;
            unknown ids count as nothing (their rows get a status elsewhere).
        catalogue: p products.
        vehicles: What portfolios are made of, v vehicles.
        offer: What each client may buy.

    Returns:
        The same holdings by vehicle. Sums run in entry order, so a client's bits do not depend on
        who stands beside them.
    """
    table, width = clients.holdings, len(vehicles.model)
    if not len(table.codes):
        nothing: FloatArray = np.zeros((len(table), width))
        none, zero = table.codes, nothing[:0, 0]
        return Holdings(
            none, none, table, none, nothing[:0], zero, none, zero.astype(np.bool_), *(nothing,) * 3
        )
    columns, direct = catalogue.ids.find(table.names), vehicles.model.ids.find(table.names)
    parts, fee = np.zeros((2, len(table.names), width)), np.zeros(len(table.names))
    for name, (column, asset) in enumerate(zip(columns.tolist(), direct.tolist(), strict=True)):
        if column >= 0:
            parts[0, name], parts[1, name] = vehicles.as_mix[column], vehicles.as_parts[column]
            fee[name] = catalogue.annual_fee[column]
        elif asset >= 0:
            parts[:, name, asset] = 1.0
    rows, products, assets = table.row_of_entry(), columns[table.codes], direct[table.codes]
    classes, column = offer.products.class_of[rows], np.maximum(products, 0)
    spread = parts[offer.pure[classes].astype(np.int64), table.codes]
    suits = np.where(
        products >= 0, offer.suitable[classes, column], offer.usable[classes, np.maximum(assets, 0)]
    )
    locked_entries = _locked(clients.locked, table, rows)
    kind = np.where(locked_entries, KEPT, np.where(suits, FREE, LEAVING))
    by_vehicle, locked, ceiling = np.zeros((3, len(table), width))
    money = table.values[:, None] * spread
    np.add.at(by_vehicle, rows, money)
    np.add.at(locked, rows[locked_entries], money[locked_entries])
    only_held = suits & (products >= 0) & ~offer.products.allowed[classes, column]
    np.add.at(ceiling, rows[only_held], money[only_held])
    return Holdings(
        rows,
        table.codes,
        table,
        products,
        spread,
        fee[table.codes],
        kind,
        ~suits,
        by_vehicle,
        locked,
        ceiling,
    )


def _locked(locked: SparseRows, held: SparseRows, rows: IntArray) -> BoolArray:
    """Which entries of `held`, whose clients are `rows`, stand in their clients' `locked`, shape
    (e,).
    """
    if not len(locked.codes):
        return np.zeros(len(rows), dtype=np.bool_)
    place = {name: code for code, name in enumerate(held.names)}
    known = np.array([place.get(name, -1) for name in locked.names], dtype=np.int64)[locked.codes]
    asked = locked.row_of_entry() * len(held.names) + known
    return np.isin(rows * len(held.names) + held.codes, asked[known >= 0])

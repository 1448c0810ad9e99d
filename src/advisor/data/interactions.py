"""Who bought what, and when."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

import numpy as np
import pandas as pd
from scipy import sparse

from advisor.annotations import DecimalMark
from advisor.arrays import BoolArray, DayArray, FloatArray, IntArray, check_shape
from advisor.cells import text_of
from advisor.data.bad_rows import OnBadRows
from advisor.data.days import as_day
from advisor.data.doubts import log_undone
from advisor.data.ids import IdMap
from advisor.data.rows import Rows
from advisor.data.tables import check_table, coded_ids, labels_of
from advisor.validation import checked

_WEIGHT = "a weight is positive and finite. Drop the row (a sale is not a purchase)."
_LOG = logging.getLogger(__name__)
_BELONGS = "the event belongs to nobody. Drop or mend it."


@dataclass(frozen=True, eq=False)
class Interactions:
    """Events (client, product, day, value), sorted by client, product and day.

    Attributes:
        clients: Ids that occur, sorted.
        products: Ids that occur, sorted.
        client_codes: Position in `clients` of each event, shape (e,).
        product_codes: Position in `products` of each event, shape (e,).
        days: Day of each event, shape (e,).
        values: Weight of each event, shape (e,), or None where every event weighs 1.
        problems: Row of the table -> why it was set aside; of a table as it was read, not of what
            is cut from it.
    """

    clients: IdMap
    products: IdMap
    client_codes: IntArray
    product_codes: IntArray
    days: DayArray
    values: FloatArray | None = None
    problems: Mapping[int, str] = field(default_factory=dict[int, str], repr=False)

    @classmethod
    @checked
    def from_frame(
        cls,
        frame: pd.DataFrame,
        *,
        client: str = "client_id",
        product: str = "product_id",
        day: str = "day",
        value: str | None = None,
        decimal: DecimalMark = ".",
        on_bad_rows: OnBadRows = "refuse",
    ) -> Interactions:
        """From one row an event.

        Args:
            frame: A table with the columns named by the other arguments.
            client: Column of client ids.
            product: Column of product ids; where there is none of the default name, `isin` (any
                case) is taken.
            day: Column of days.
            value: Column of positive weights (money, units); None: every event weighs 1.
            decimal: The decimal mark of weights that are text.
            on_bad_rows: "refuse" raises for all bad rows at once; "set_aside" reads the others, and
                `problems` says why not these.

        Raises:
            InputError: No table, a column is absent or there twice, an id or day is missing, a day
                is a number, a value is not positive and finite.
        """
        product = _named(frame, product)
        columns = [client, product, day] + ([] if value is None else [value])
        check_table(
            frame,
            "interactions",
            columns,
            "One row an event: a client, a product and a day; name the columns by keyword.",
        )

        rows = Rows(frame, decimal)
        clients, products = rows.ids(client, _BELONGS), rows.ids(product, _BELONGS)
        days = rows.days(day)
        values = None if value is None else rows.numbers(value, lambda v: v > 0.0, _WEIGHT)
        if value is not None:
            _log_currencies(frame, value)
        log_undone(frame, columns)
        good, problems = rows.good("interactions", on_bad_rows)
        client_codes, client_ids = coded_ids(clients.where(good))
        product_codes, product_ids = coded_ids(products.where(good))
        order = np.lexsort((days[good], product_codes, client_codes))
        return cls(
            client_ids,
            product_ids,
            client_codes[order],
            product_codes[order],
            days[good][order],
            None if values is None else values[good][order],
            problems,
        )

    @checked
    def until(self, day: date | str | np.datetime64) -> Interactions:
        """Events up to and including `day`; ids that occur only later are gone."""
        return self.where(self.days <= as_day(day, "day"))

    @checked
    def after(self, day: date | str | np.datetime64) -> Interactions:
        """Events strictly after `day`; ids that occur only earlier are gone."""
        return self.where(self.days > as_day(day, "day"))

    @checked
    def only(self, products: IdMap) -> Interactions:
        """Events of these products; clients who bought nothing else stay, without events."""
        known = products.find(self.products.ids) >= 0
        events = self.where(known[self.product_codes])
        moved = self.clients.find(events.clients.ids)[events.client_codes]
        return Interactions(
            self.clients, events.products, moved, events.product_codes, events.days, events.values
        )

    @checked
    def where(self, keep: BoolArray) -> Interactions:
        """The events in `keep`, shape (e,); ids that occur in others alone are gone. Raises
        `InputError` for what is no such mask.
        """
        check_shape(keep, "keep", (len(self),))
        clients, client_codes = _reduced(self.clients, self.client_codes[keep])
        products, product_codes = _reduced(self.products, self.product_codes[keep])
        return Interactions(
            clients,
            products,
            client_codes,
            product_codes,
            self.days[keep],
            None if self.values is None else self.values[keep],
        )

    @checked
    def matrix(
        self, clients: IdMap | None = None, products: IdMap | None = None
    ) -> sparse.csr_array:
        """Clients by products, CSR with sorted indices, float64.

        Args:
            clients: Rows asked for; default `self.clients`. Ids that never occur give empty rows.
            products: Columns asked for; default `self.products`. Events of other products are left
                out.

        Returns:
            1 for every pair that occurs; with values, their sum over the pair's events.
        """
        rows, columns, values = self.client_codes, self.product_codes, self.values
        if clients is not None and clients is not self.clients:
            rows = clients.find(self.clients.ids)[rows]
        if products is not None and products is not self.products:
            columns = products.find(self.products.ids)[columns]
        inside = (rows >= 0) & (columns >= 0)
        if not inside.all():
            rows, columns, values = (
                rows[inside],
                columns[inside],
                None if values is None else values[inside],
            )
        shape = (len(clients or self.clients), len(products or self.products))
        data = np.ones(len(rows)) if values is None else values
        matrix = sparse.coo_array((data, (rows, columns)), shape=shape).tocsr()
        matrix.sort_indices()
        if values is None:
            matrix.data[:] = 1.0
        return matrix

    def __len__(self) -> int:
        return len(self.days)

    def __repr__(self) -> str:
        span = f", {self.days.min()} to {self.days.max()}" if len(self) else ""
        return (
            f"Interactions({len(self):,} events, {len(self.clients):,} clients,"
            f" {len(self.products):,} products{span})"
        )


def _log_currencies(frame: pd.DataFrame, value: str) -> None:
    """Say in the log that a table names several currencies, which are added up as if one."""
    for name in [name for name in frame.columns if text_of(name).strip().lower() == "currency"]:
        if (count := frame[name].nunique()) > 1:
            _LOG.warning(
                f"{value} is added up over {count} currencies as if they were one. If it is money,"
                " convert it first."
            )


def _named(frame: pd.DataFrame, product: str) -> str:
    """The column of product ids: `isin` where there is none of the default name."""
    names = labels_of(frame.columns)
    isins = [name for name in names if name.strip().lower() == "isin"]
    return (
        isins[0]
        if product == "product_id" and product not in names and len(isins) == 1
        else product
    )


def _reduced(ids: IdMap, codes: IntArray) -> tuple[IdMap, IntArray]:
    present = np.zeros(len(ids), dtype=np.bool_)
    present[codes] = True
    if present.all():
        return ids, codes
    recode = np.cumsum(present) - 1
    names = ids.ids
    return IdMap(tuple(names[i] for i in np.flatnonzero(present).tolist())), recode[codes].astype(
        np.int64
    )

"""What each client is known to own: the input of every recipe."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property

import numpy as np

from advisor.arrays import BoolArray, DayArray, FloatArray, IntArray, check_type
from advisor.data.catalogue import Catalogue
from advisor.data.clients.table import ClientTable
from advisor.data.ids import IdMap, id_texts
from advisor.data.interactions import Interactions
from advisor.errors import InputError
from advisor.recommend.model.arrivals import Arrivals, capped_weights
from advisor.recommend.model.batch import Batch
from advisor.recommend.model.rows import NO_WEIGHTS, Rows, starts


@dataclass(frozen=True, eq=False)
class History:
    """Products of known clients, over `items`: the catalogue first, then products bought once and
    no longer sold.

    What left the catalogue is never recommended, but it still says something about its owner.

    Attributes:
        clients: Known clients.
        items: Product ids to codes; codes below `n_products` are in the catalogue.
        n_products: Number of products in the catalogue.
        rows: What each client bought; the weight of a pair is 1, or with a half-life 0.5 ** (age of
            its last purchase / half-life). The weights say how much a purchase counts as an example
            to learn from; what a client owns always counts in full when they are scored.
        last_day: Day of the last event, NaT where there is none.
        half_life_days: What the weights were made with, or None.
        days: Day of each pair's last purchase, shape (e,); None where weights need none.
        fixed_products: Whether a catalogue gave the products (then a new product does not join it
            by being bought).
        capped: Whether the weights also hold `capped_weights`: no fortnight of a product counts for
            much more than its others.
        arrivals: New buyers of each item by day.
        stated_closed: What the catalogue says: 1 closed to new buyers, 0 open, -1 nothing, shape
            (n_products,); or (0,) without a catalogue.
    """

    clients: IdMap
    items: IdMap
    n_products: int
    rows: Rows
    last_day: np.datetime64
    half_life_days: float | None = None
    days: DayArray | None = None
    fixed_products: bool = False
    capped: bool = False
    arrivals: Arrivals = field(default_factory=Arrivals.nothing)
    stated_closed: IntArray = field(default_factory=lambda: np.zeros(0, dtype=np.int64))

    @classmethod
    def of(
        cls,
        interactions: Interactions,
        catalogue: Catalogue | None = None,
        half_life_days: float | None = None,
        capped: bool = False,
    ) -> History:
        """From events. A pair counts once, however often it was bought.

        Args:
            interactions: Purchases.
            catalogue: The catalogue, in its order; default: the products that occur.
            half_life_days: Days in which a purchase loses half its weight, counted back from the
                last event; None: no recency.
            capped: Whether a fortnight of a product counts for no more than about its others.

        Raises:
            InputError: There is neither an event nor a catalogue, or the half-life is not positive.
        """
        if half_life_days is not None and not half_life_days > 0.0:
            raise InputError(
                f"half_life_days is {half_life_days:g}; a half-life is a positive number of days."
                " Use None for no recency.",
                field="half_life_days",
                value=half_life_days,
            )
        if catalogue is None and not len(interactions.products):
            raise InputError(
                "There is no purchase and no catalogue, so there is no product to recommend. Pass"
                " events, or catalogue=.",
                field="interactions",
                value=0,
            )
        offered = interactions.products if catalogue is None else catalogue.ids
        items = IdMap(
            offered.ids + tuple(name for name in interactions.products.ids if name not in offered)
        )
        codes = interactions.product_codes
        if catalogue is not None:
            codes = items.find(interactions.products.ids)[codes]
        last_day = interactions.days.max() if len(interactions) else np.datetime64("NaT", "D")
        rows, first, days = _pairs(interactions, codes, catalogue is not None)
        arrivals = Arrivals.of(rows.codes, first)
        stated = np.zeros(0, dtype=np.int64) if catalogue is None else catalogue.told_closed
        plain = cls(
            interactions.clients,
            items,
            len(offered),
            rows,
            last_day,
            None,
            None,
            catalogue is not None,
            False,
            arrivals,
            stated,
        )
        return plain.weighted(days, half_life_days, capped)

    def weighted(
        self, days: DayArray, half_life_days: float | None, capped: bool = False
    ) -> History:
        """With recency, capped counts or both: `days` are those of the pairs' last purchases."""
        if half_life_days is None and not capped:
            return self
        weights = (
            capped_weights(self.rows.codes, days, len(self.items)) if capped else np.ones(len(days))
        )
        if half_life_days is not None:
            weights = weights * np.exp2(-(self.last_day - days).astype(np.float64) / half_life_days)
        rows = Rows(self.rows.indptr, self.rows.codes, weights)
        return replace(self, rows=rows, half_life_days=half_life_days, days=days, capped=capped)

    @cached_property
    def closed(self) -> BoolArray:
        """Which products in the catalogue are closed to new buyers, shape (n_products,): as the
        catalogue tells, else as purchases do (`Arrivals.closed`).
        """
        inferred = self.arrivals.closed(len(self.items))[: self.n_products]
        stated = self.stated_closed
        return np.where(stated < 0, inferred, stated > 0) if len(stated) else inferred

    def joined(self, more: Interactions) -> tuple[History, IntArray]:
        """The history with more purchases, and the rows of those who made them. New clients stand
        at the end. Raises `InputError` for what is none.
        """
        check_type(more, Interactions, "new", "Pass purchases, made by Interactions.from_frame.")
        items = self._items_with(more)
        strangers = tuple(name for name in more.clients.ids if name not in self.clients)
        clients = IdMap(self.clients.ids + strangers) if strangers else self.clients
        buyers = clients.find(more.clients.ids)
        new, first, days = _pairs(
            more, items.find(more.products.ids)[more.product_codes], recoded=True
        )
        row_of, old = buyers[new.row_of_entry()], self.over(items)
        order = np.lexsort((new.codes, row_of))
        row_of, codes, days, first = row_of[order], new.codes[order], days[order], first[order]
        at, again = _places(old.rows, row_of, codes)
        fresh = ~again
        counts = np.bincount(row_of[fresh], minlength=len(clients))
        counts[: len(self.clients)] += np.diff(old.rows.indptr)
        rows = Rows(
            np.concatenate([[0], np.cumsum(counts)]),
            np.insert(old.rows.codes, at[fresh], codes[fresh]),
            NO_WEIGHTS,
        )
        known_days = [
            d for d in (self.last_day, *([days.max()] if len(days) else [])) if not np.isnat(d)
        ]
        last_day = max(known_days, default=self.last_day)
        arrivals = old.arrivals.joined(codes[fresh], first[fresh])
        plain = replace(
            old,
            clients=clients,
            rows=rows,
            last_day=last_day,
            half_life_days=None,
            days=None,
            capped=False,
            arrivals=arrivals,
        )
        if old.days is None:
            return plain, np.sort(buyers)
        latest_days = old.days.copy()
        latest_days[at[again]] = np.maximum(latest_days[at[again]], days[again])
        return plain.weighted(
            np.insert(latest_days, at[fresh], days[fresh]), old.half_life_days, old.capped
        ), np.sort(buyers)

    def _items_with(self, more: Interactions) -> IdMap:
        """Items of both: behind the catalogue where a catalogue fixed it, else sorted in."""
        extra = tuple(name for name in more.products.ids if name not in self.items)
        if not extra:
            return self.items
        return IdMap(
            self.items.ids + extra
            if self.fixed_products
            else tuple(sorted((*self.items.ids, *extra)))
        )

    def over(self, items: IdMap) -> History:
        """The same history with codes over `items`, which hold all of ours in the same order."""
        if items is self.items:
            return self
        at = items.find(self.items.ids)
        n_products = self.n_products if self.fixed_products else len(items)
        rows = Rows(self.rows.indptr, at[self.rows.codes], self.rows.weights)
        return replace(
            self, items=items, n_products=n_products, rows=rows, arrivals=self.arrivals.over(at)
        )

    @property
    def products(self) -> tuple[str, ...]:
        """Ids in the catalogue."""
        return self.items.ids[: self.n_products]

    def popularity(self) -> FloatArray:
        """Share of clients who bought each item, weighted as the pairs are, shape (items,)."""
        counts = np.bincount(
            self.rows.codes,
            weights=self.rows.weights if len(self.rows.weights) else None,
            minlength=len(self.items),
        )
        return counts.astype(np.float64) / max(len(self.clients), 1)

    def batch(self, client_ids: Sequence[str], clients: ClientTable | None = None) -> Batch:
        """What is known about the clients asked for: their purchases here, and the holdings and
        attributes in `clients`.
        """
        ids = tuple(client_ids)
        if ids is not self.clients.ids and any(type(name) is not str for name in ids):
            ids = tuple(id_texts(ids, "client_ids"))
        rows = (
            np.arange(len(ids))
            if ids is self.clients.ids or ids == self.clients.ids
            else self.clients.find(ids)
        )
        owned = Rows(self.rows.indptr, self.rows.codes, NO_WEIGHTS)
        held = (
            owned
            if len(ids) == len(self.clients) and bool((rows == np.arange(len(ids))).all())
            else owned.take(rows)
        )
        if clients is None:
            return Batch(ids, rows, held, None, np.full(len(ids), -1, dtype=np.int64))
        at = (
            np.arange(len(ids))
            if ids is clients.ids or ids == clients.ids
            else clients.index.find(ids)
        )
        return Batch(ids, rows, self._with_holdings(held, clients, at), clients, at)

    def _with_holdings(self, held: Rows, clients: ClientTable, at: IntArray) -> Rows:
        table = clients.holdings
        if not len(table.codes):
            return held
        known = Rows(table.indptr, table.codes, table.values).take(at)
        holdings = Rows(known.indptr, self.items.find(table.names)[known.codes], NO_WEIGHTS)
        return held.join(holdings, (holdings.codes >= 0) & (known.weights > 0.0), len(self.items))


def _places(rows: Rows, row_of: IntArray, codes: IntArray) -> tuple[IntArray, BoolArray]:
    """Where in `rows` each (row, code) stands or belongs, and whether it is there; rows beyond the
    last are empty.
    """
    ends = np.append(rows.indptr, rows.indptr[-1])
    low, high = ends[np.minimum(row_of, len(rows))], ends[np.minimum(row_of + 1, len(rows))]
    last = high.copy()
    while (low < high).any():
        middle = (low + high) // 2
        open_ = low < high
        less = open_ & (rows.codes[np.minimum(middle, len(rows.codes) - 1)] < codes)
        low, high = np.where(less, middle + 1, low), np.where(open_ & ~less, middle, high)
    there = low < last
    there[there] = rows.codes[low[there]] == codes[there]
    return low, there


def _pairs(
    interactions: Interactions, codes: IntArray, recoded: bool
) -> tuple[Rows, DayArray, DayArray]:
    """One entry a (client, item) pair, and the days of its first and its last event."""
    clients, days = interactions.client_codes, interactions.days
    if recoded:
        order = np.lexsort((days, codes, clients))
        clients, codes, days = clients[order], codes[order], days[order]
    last, first = _last_of_run(clients, codes), days
    if not last.all():
        first = days[np.concatenate([[True], last[:-1]])]
        clients, codes, days = clients[last], codes[last], days[last]
    return Rows(starts(clients, len(interactions.clients)), codes, NO_WEIGHTS), first, days


def _last_of_run(clients: IntArray, codes: IntArray) -> BoolArray:
    last = np.ones(len(codes), dtype=np.bool_)
    np.not_equal(clients[1:], clients[:-1], out=last[:-1])
    last[:-1] |= codes[1:] != codes[:-1]
    return last

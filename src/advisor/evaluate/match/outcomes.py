"""Ranked lists against later purchases: which were bought, which could have been picked."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from advisor.arrays import BoolArray, FloatArray, IntArray
from advisor.data.eligibility import Eligibility
from advisor.data.ids import IdMap, alike_but_for
from advisor.data.interactions import Interactions
from advisor.data.ranking import Ranking
from advisor.errors import InputError
from advisor.measures.ranking import METRICS, mark_hits
from advisor.privacy import kept, personal

VIEWS = ("raw", "reachable", "ceiling")
"""`raw`: against everything bought. `reachable`: against what was eligible, over the clients who
bought such. `ceiling`: the best any eligible list could score raw."""


@dataclass(frozen=True, eq=False)
class Refused:
    """Purchases that a rule pack would not have allowed; every other pair of the first `width`
    products counts as eligible.

    Attributes:
        keys: row * width + column of each refused pair, sorted, shape (r,).
        width: Number of columns it speaks of; products beyond are not eligible.
    """

    keys: IntArray
    width: int

    def allows(self, rows: IntArray, columns: IntArray) -> BoolArray:
        """Whether each pair is eligible."""
        return (columns < self.width) & ~np.isin(rows * self.width + columns, self.keys)


Mask = BoolArray | Eligibility | Refused
Key = tuple[str, str, int]
"""View, metric, k."""


@dataclass(frozen=True, eq=False)
class Outcomes:
    """What became of the picks of `c` clients.

    Attributes:
        hits, reachable_hits: Slots whose product was bought; bought and eligible, shape (c, k).
        bought, reachable: Products each client bought; of these, ranked and eligible, shape (c,).
        filled: Filled slots, shape (c, k).
        counts: For the report: purchases, clients with none, purchases of clients not ranked, ...
    """

    hits: BoolArray
    reachable_hits: BoolArray
    bought: IntArray
    reachable: IntArray
    filled: BoolArray
    counts: dict[str, int]

    def take(self, rows: IntArray) -> Outcomes:
        """The clients asked for, with the counts of all."""
        return Outcomes(
            self.hits[rows],
            self.reachable_hits[rows],
            self.bought[rows],
            self.reachable[rows],
            self.filled[rows],
            self.counts,
        )


def outcomes(ranking: Ranking, held_out: Interactions, eligible: Mask | None) -> Outcomes:
    """Join picks of c clients and purchases by id; repeated purchases of a pair count once.

    `eligible` is what may be shown, shape (c, p); None: every ranked product.

    Raises:
        InputError: No ranked client bought anything, a list repeats a product, or the mask has
            another shape.
    """
    checked_lists(ranking)
    clients, products = IdMap(ranking.client_ids), IdMap(ranking.products)
    pairs = np.unique(
        held_out.client_codes * max(len(held_out.products), 1) + held_out.product_codes
    )
    buyer, item = np.divmod(pairs, max(len(held_out.products), 1))
    row = clients.find(held_out.clients.ids)[buyer]
    column = products.find(held_out.products.ids)[item]
    ranked = row >= 0
    if not ranked.any():
        raise InputError(
            f"None of the {len(ranking):,} ranked clients occurs in held_out"
            f" ({len(held_out.clients):,} clients); the ids do not match, or nobody bought. Ranked"
            f" are {personal(list(ranking.client_ids[:3]))}, held_out has"
            f" {personal(list(held_out.clients.ids[:3]))}."
            f"{alike_but_for(ranking.client_ids, held_out.clients.ids)}",
            field="held_out",
            value=kept(held_out.clients.ids[:3]),
        )
    c = len(ranking)
    bought = np.bincount(row[ranked], minlength=c).astype(np.int64)
    known = ranked & (column >= 0)
    allowed = allowed_pairs(eligible, row[known], column[known], (c, len(products)))
    reachable = np.bincount(row[known][allowed], minlength=c).astype(np.int64)
    truth = held_out.matrix(clients, products)
    filled = ranking.codes >= 0
    hits = mark_hits(ranking.codes, truth)
    hit_row, hit_slot = np.nonzero(hits)
    may = allowed_pairs(
        eligible, hit_row.astype(np.int64), ranking.codes[hit_row, hit_slot], (c, len(products))
    )
    reachable_hits = hits.copy()
    reachable_hits[hit_row[~may], hit_slot[~may]] = False
    counts = {
        "clients": c,
        "clients_who_bought": int((bought > 0).sum()),
        "clients_with_reachable_purchases": int((reachable > 0).sum()),
        "purchases": int(bought.sum()),
        "reachable_purchases": int(reachable.sum()),
        "purchases_of_products_not_ranked": int((ranked & (column < 0)).sum()),
        "purchases_of_clients_not_ranked": int((~ranked).sum()),
        "picks": int(filled.sum()),
        "empty_slots": int((~filled).sum()),
        "slots": ranking.codes.shape[1],
    }
    return Outcomes(hits, reachable_hits, bought, reachable, filled, counts)


def distinct(own: Outcomes, other: Outcomes | None) -> tuple[IntArray, IntArray]:
    """Clients with the same outcome (same slots hit, same counts, under both models) as one.

    Returns:
        A client of each outcome, shape (u,), and the outcome of each client, shape (c,).
    """
    parts = [o for o in (own, other) if o is not None]
    marks = [np.packbits(m, axis=1) for o in parts for m in (o.hits, o.reachable_hits)]
    sizes = [
        np.ascontiguousarray(n[:, None]).view(np.uint8)
        for o in parts
        for n in (o.bought, o.reachable)
    ]
    keys = np.ascontiguousarray(np.concatenate([*marks, *sizes], axis=1))
    _, first, outcome = np.unique(
        keys.view(np.dtype((np.void, keys.shape[1]))).ravel(),
        return_index=True,
        return_inverse=True,
    )
    return first.astype(np.int64), outcome.astype(np.int64)


def values(outcome: Outcomes, ks: tuple[int, ...], *, skip_without: bool) -> dict[Key, FloatArray]:
    """Every metric at every k in every view, one value a client, shape (c,); nan = they do not
    count there.

    `skip_without` leaves clients who bought nothing out of `raw` and `ceiling`; else they count as
    0 (the FAR-Trans protocol).
    """
    width = max(ks)
    best = np.arange(width) < np.minimum(outcome.reachable, width)[:, None]
    nobody = (outcome.bought == 0) & skip_without
    table: dict[Key, FloatArray] = {}
    for view, hits, relevant, out in (
        ("raw", outcome.hits, outcome.bought, nobody),
        ("reachable", outcome.reachable_hits, outcome.reachable, outcome.reachable == 0),
        ("ceiling", best, outcome.bought, nobody),
    ):
        for name, metric in METRICS.items():
            for k in ks:
                table[view, name, k] = np.where(out, np.nan, metric(hits, relevant, k))
    return table


def allowed_pairs(
    eligible: Mask | None, rows: IntArray, columns: IntArray, shape: tuple[int, int]
) -> BoolArray:
    """Whether each (row, column) is eligible, shape (len(rows),). Raises `InputError` when the mask
    is not (c, p).
    """
    if eligible is None:
        return np.ones(len(rows), dtype=np.bool_)
    if isinstance(eligible, Refused):
        return eligible.allows(rows, columns)
    have = (
        (len(eligible), eligible.allowed.shape[1])
        if isinstance(eligible, Eligibility)
        else np.shape(eligible)
    )
    if have != shape:
        raise InputError(
            f"eligible has shape {have}, but the ranking has {shape[0]} clients and {shape[1]}"
            " products; rows follow ranking.client_ids, columns ranking.products.",
            field="eligible",
            value=have,
        )
    if isinstance(eligible, Eligibility):
        return eligible.allowed[eligible.class_of[rows], columns]
    return np.asarray(eligible, dtype=np.bool_)[rows, columns]


def checked_lists(ranking: Ranking) -> None:
    """Raises `InputError` when a client or, within a list, a product stands twice, or a filled slot
    follows an empty one.
    """
    IdMap.of(ranking.client_ids, "ranking.client_ids")
    codes = np.sort(ranking.codes, axis=1)
    twice = ((codes[:, 1:] == codes[:, :-1]) & (codes[:, 1:] >= 0)).any(axis=1)
    gap = ((ranking.codes[:, 1:] >= 0) & (ranking.codes[:, :-1] < 0)).any(axis=1)
    for bad, what in ((twice, "names a product twice"), (gap, "has a pick after an empty slot")):
        if bad.any():
            row = int(np.argmax(bad))
            who = ranking.client_ids[row]
            raise InputError(
                f"The list of client {personal(who)} in row {row} {what}; its metrics would mean"
                " nothing. Rank distinct products, best first, empty slots last; in a table with"
                ' places: frame["rank"] = frame.groupby("client_id")["rank"].rank().',
                field="ranking",
                value=kept(who),
            )


def aligned(baseline: Ranking, ranking: Ranking) -> Ranking:
    """The baseline with the ranking's rows and columns; products it alone ranks come last."""
    row = IdMap.of(baseline.client_ids, "baseline.client_ids").find(ranking.client_ids)
    if (row < 0).any():
        missing = ranking.client_ids[int(np.argmax(row < 0))]
        raise InputError(
            f"The baseline has no list for client {personal(missing)} ({int((row < 0).sum()):,}"
            " missing); a paired comparison needs the same clients. Rank them with both.",
            field="baseline",
            value=kept(missing),
        )
    known = IdMap(ranking.products)
    products = (*ranking.products, *(p for p in baseline.products if p not in known))
    recode = np.append(IdMap(products).find(baseline.products), -1)
    return Ranking(ranking.client_ids, products, recode[baseline.codes[row]], baseline.scores[row])

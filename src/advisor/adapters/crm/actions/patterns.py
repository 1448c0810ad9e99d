"""Patterns of events, by client and product."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from advisor import Interactions, Ranking
from advisor.adapters.crm.actions.plays import EventPattern, Play
from advisor.adapters.crm.facts.counting import ClientRows, counts
from advisor.adapters.crm.facts.events import EventTable
from advisor.adapters.crm.facts.table import ClientFacts
from advisor.adapters.crm.facts.views import last_purchase, viewed_pairs
from advisor.arrays import BoolArray, IntArray
from advisor.data.ids import IdMap


class Found(NamedTuple):
    """Rows of clients, ids of products (None = none), and how many events led there."""

    rows: IntArray
    products: npt.NDArray[np.object_]
    counts: IntArray


NOBODY = Found(np.zeros(0, np.int64), np.zeros(0, dtype=object), np.zeros(0, np.int64))


class Happened(NamedTuple):
    """What a pattern is held against: events, purchases beside them, and the moment."""

    events: EventTable | None
    purchases: Interactions | None
    moment: np.datetime64


def matched(
    play: Play, mask: BoolArray, facts: ClientFacts, happened: Happened, ranking: Ranking | None
) -> Found:
    """Who of `mask` meets the play's pattern, and which product it names for them."""
    if play.pattern is not None:
        matches = _pattern(play.pattern, mask, facts, happened)
    else:
        rows = np.flatnonzero(mask)
        matches = Found(rows, np.full(len(rows), None, dtype=object), np.zeros_like(rows))
    if not play.names_product:
        total = np.bincount(matches.rows, matches.counts, len(facts)).astype(np.int64)
        rows = np.unique(matches.rows)
        return Found(rows, np.full(len(rows), None, dtype=object), total[rows])
    products = matches.products
    if ranking is not None:
        first = _first_pick(ranking, facts, matches.rows)
        products = np.where(_is_none(products), first, products)
    named = ~_is_none(products)
    return Found(matches.rows[named], products[named], matches.counts[named])


def _is_none(products: npt.NDArray[np.object_]) -> BoolArray:
    return np.array([name is None for name in products.tolist()], dtype=np.bool_)


def _pattern(
    pattern: EventPattern, mask: BoolArray, facts: ClientFacts, happened: Happened
) -> Found:
    events, purchases, moment = happened
    if events is None:
        return NOBODY
    # 1. events of the type, of these clients, in the window
    clients = ClientRows(facts.index)
    rows = clients.of(events.clients)[events.client_codes]
    inside = events.is_of(pattern.type) & (rows >= 0)
    inside &= events.times > moment - np.timedelta64(pattern.days, "D")
    inside &= mask[rows]
    # 2. those that name no product, by client
    bare = inside & (events.product_codes < 0)
    many = counts(rows[bare & events.counts], len(facts)).astype(np.int64)
    who = np.flatnonzero(many >= pattern.at_least)
    # 3. those that name one, by client and product
    named = inside & (events.product_codes >= 0)
    day = events.times[named].astype("datetime64[D]")
    (seen, codes), views, first = viewed_pairs(rows[named], events.product_codes[named], day)
    enough = views >= pattern.at_least
    if pattern.not_bought:
        enough &= ~(last_purchase(clients, events, purchases, (seen, codes)) >= first)
    names = np.array([*events.products.ids, None], dtype=object)[codes[enough]]
    return Found(
        np.concatenate([who, seen[enough]]),
        np.concatenate([np.full(len(who), None, dtype=object), names]),
        np.concatenate([many[who], views[enough]]),
    )


def _first_pick(ranking: Ranking, facts: ClientFacts, rows: IntArray) -> npt.NDArray[np.object_]:
    """The first product that a ranking has for each client, None where it has none."""
    place = IdMap(tuple(ranking.client_ids)).find([facts.client_ids[i] for i in rows.tolist()])
    first = ranking.codes[:, 0] if ranking.codes.shape[1] else np.full(len(ranking.client_ids), -1)
    names = np.array([*ranking.products, None], dtype=object)
    return names[np.append(first, -1)[place]]

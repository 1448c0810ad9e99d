"""Facts of events: what was looked at, what of it was bought, and the next life event."""

from __future__ import annotations

import numpy as np

from advisor import Interactions
from advisor.adapters.crm.facts.counting import (
    ClientRows,
    Columns,
    check_days,
    counts,
    extreme,
    since,
    starts,
)
from advisor.adapters.crm.facts.events import BOUGHT, LIFE_EVENT, VIEWED, EventTable
from advisor.arrays import DayArray, IntArray


def event_columns(
    clients: ClientRows,
    events: EventTable,
    purchases: Interactions | None,
    day: np.datetime64,
    days: int,
) -> Columns:
    """What events tell: views, purchases of what was viewed, and the next life event."""
    moment = events.times.astype("datetime64[D]")
    check_days(moment, day, "events")
    count, rows = len(clients), clients.of(events.clients)[events.client_codes]
    inside = (rows >= 0) & (moment > day - np.timedelta64(days, "D"))
    viewed = inside & events.is_of(VIEWED)
    named = viewed & (events.product_codes >= 0)
    seen, views, first = viewed_pairs(rows[named], events.product_codes[named], moment[named])
    last = last_purchase(clients, events, purchases, seen)
    bought = last >= first
    who = seen[0]
    most = np.zeros(count)
    np.maximum.at(most, who[~bought], views[~bought].astype(np.float64))
    life = (rows >= 0) & events.is_of(LIFE_EVENT) & (events.dates >= day)
    last_event = extreme(rows[rows >= 0], moment[rows >= 0], count, first=False)
    next_life_event = extreme(rows[life], events.dates[life], count, first=True)
    return {
        "events": counts(rows[inside & events.counts], count),
        "days_since_event": since(last_event, day),
        "views": counts(rows[viewed], count),
        "products_viewed": counts(who, count),
        "views_not_bought": most,
        "bought_after_view": counts(who[bought], count),
        "days_to_event": 0.0 - since(next_life_event, day),
    }


def viewed_pairs(
    rows: IntArray, products: IntArray, when: DayArray
) -> tuple[tuple[IntArray, IntArray], IntArray, DayArray]:
    """Distinct (client row, product code) pairs of views, how many views each has, and the day of
    the first.
    """
    width = int(products.max(initial=0)) + 1
    order = np.argsort(keys := rows * width + products, kind="stable")
    keys = keys[order]
    begin = starts(keys)
    views = np.diff(np.append(begin, len(keys)))
    first = np.minimum.reduceat(when[order].astype(np.int64), begin) if len(keys) else begin
    return (keys[begin] // width, keys[begin] % width), views, first.astype("datetime64[D]")


def last_purchase(
    clients: ClientRows,
    events: EventTable,
    purchases: Interactions | None,
    pairs: tuple[IntArray, IntArray],
) -> DayArray:
    """Day on which each (client row, product code) pair was last bought, by events or purchases;
    before all days where never.
    """
    width = max(len(events.products), 1)
    keys = pairs[0] * width + pairs[1]
    last = np.full(len(keys), np.iinfo(np.int64).min + 1)
    orders = events.is_of(BOUGHT)
    who = clients.of(events.clients)[events.client_codes[orders]]
    bought = [(who, events.product_codes[orders], events.times[orders])]
    if purchases is not None:
        p, codes = purchases, events.products.find(purchases.products.ids)
        bought.append((clients.of(p.clients)[p.client_codes], codes[p.product_codes], p.days))
    for rows, products, when in bought:
        there = (rows >= 0) & (products >= 0)
        bought_keys = rows[there] * width + products[there]
        place = np.searchsorted(keys, bought_keys)
        same = np.append(keys, -1)[place] == bought_keys
        np.maximum.at(last, place[same], when[there][same].astype("datetime64[D]").astype(np.int64))
    return last.astype("datetime64[D]")

"""Which actions are due: plays held against facts, events, reviews and stages."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, cast

import numpy as np

from advisor import Interactions, Ranking
from advisor.adapters.crm.actions.action import Actions
from advisor.adapters.crm.actions.patterns import NOBODY, Happened, matched
from advisor.adapters.crm.actions.plays import Play, PlayBook
from advisor.adapters.crm.conditions import Evaluator
from advisor.adapters.crm.facts.counting import check_days
from advisor.adapters.crm.facts.event_sources import events_of
from advisor.adapters.crm.facts.events import EventTable, instant_of
from advisor.adapters.crm.facts.table import ClientFacts
from advisor.adapters.crm.packs.base import check_once
from advisor.adapters.crm.stages import Stages
from advisor.arrays import BoolArray, IntArray, check_type
from advisor.data.ids import IdMap
from advisor.errors import InputError
from advisor.lifecycle import Reviews
from advisor.validation import checked


@checked
def propose(
    facts: ClientFacts,
    events: Any,
    plays: Any,
    *,
    at: datetime,
    reviews: Reviews | None = None,
    stages: Stages | None = None,
    ranking: Ranking | None = None,
    purchases: Interactions | None = None,
) -> Actions:
    """The actions that are due. Nothing is sent by this, see `release`.

    Args:
        facts: c clients.
        events: `Event`s, a frame, or an `EventTable`, none later than `at`; None: no events.
        plays: A `PlayBook`, or `Play`s.
        at: The moment, with its time zone.
        reviews: Review triggers; without them no play that waits for one fires.
        stages: Stages with their changes; without them no play that waits for one fires.
        ranking: Suitable products by client, for plays that name one and have no pattern.
        purchases: What was bought beside the events, for patterns that say `not_bought`.

    Raises:
        InputError: Facts, events, purchases, reviews or stages are later than `at`, a fact of a
            play is not there, or no stage of the pack is called as a play says.
    """
    moment = instant_of(at, "at")
    for name, source in (("facts", facts), ("reviews", reviews), ("stages", stages)):
        if source is not None and source.as_of > moment.astype("datetime64[D]"):
            raise InputError(
                f"{name} are of {source.as_of}, which is after {at}; actions would rest on what "
                "was not known yet. Pass an earlier day, or a later at.",
                field=name,
                value=str(source.as_of),
            )
    if purchases is not None:
        check_days(purchases.days, moment.astype("datetime64[D]"), "purchases")
    table = None if events is None else _known(events_of(events), moment)
    chosen = _plays(plays, facts.as_of)
    judge, parts = Evaluator(facts), [(0, NOBODY)]
    happened = Happened(table, purchases, moment)
    for code, play in enumerate(chosen):
        mask = _eligible(play, judge, reviews, stages)
        parts.append((code, matched(play, mask, facts, happened, ranking)))
    codes = np.concatenate([np.full(len(matches.rows), code) for code, matches in parts])
    rows, counts = (np.concatenate([part[k] for _, part in parts]).astype(np.int64) for k in (0, 2))
    products = np.concatenate([matches.products for _, matches in parts])
    ids = np.array(facts.client_ids, dtype=object)[rows]
    order = _in_order(chosen, codes, ids, products, counts)
    return Actions(chosen, at, codes[order], ids[order], products[order], counts[order])


def _in_order(
    plays: tuple[Play, ...], codes: IntArray, ids: Any, products: Any, counts: Any
) -> IntArray:
    """By priority and play, client, number of events (most first) and product: never by row."""
    ranks = np.argsort(np.argsort([f"{play.priority:09d} {play.id}" for play in plays]))
    names = np.array([name or "" for name in products.tolist()], dtype=object)
    texts = [np.unique(column.astype(str), return_inverse=True)[1] for column in (names, ids)]
    return np.lexsort((texts[0], -counts, texts[1], ranks[codes] if len(codes) else codes))


def _known(events: EventTable, moment: np.datetime64) -> EventTable:
    late = events.times > moment
    if late.any():
        raise InputError(
            f"events hold {int(late.sum())} rows after {moment}, the first of "
            f"{events.times[late].min()}; nobody knew of them then. Cut them with"
            " events.until(at).",
            field="events",
            value=str(events.times[late].min()),
        )
    return events


def _plays(plays: object, day: np.datetime64) -> tuple[Play, ...]:
    if isinstance(plays, PlayBook):
        plays.check_in_force(day)
        return plays.plays
    remedy = "Pass PlayBook.default(), PlayBook.load(path), or a list of Play(...)."
    check_type(plays, Sequence, "plays", remedy)
    chosen = tuple(cast("Sequence[Any]", plays))
    for play in chosen:
        check_type(play, Play, "plays", remedy)
    check_once("plays", [play.id for play in chosen])
    return chosen


def _eligible(
    play: Play, judge: Evaluator, reviews: Reviews | None, stages: Stages | None
) -> BoolArray:
    """Whom conditions, review triggers and stages allow, shape (c,)."""
    ids = judge.facts.client_ids
    mask = judge.holds(play.any_of) if play.any_of else np.ones(len(ids), dtype=np.bool_)
    for names, source in ((play.reviews, reviews), (play.stages, stages)):
        if not names:
            continue
        if source is None:
            return np.zeros(len(ids), dtype=np.bool_)
        test = source.has if isinstance(source, Reviews) else source.entered
        hit = np.logical_or.reduce([test(name) for name in names])
        row = IdMap(tuple(source.client_ids)).find(ids)
        mask = mask & np.append(hit, False)[row]
    return mask

"""What makes a judgement of lists doubtful, in sentences: a window that the recommender has seen,
ids that do not match.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator

import numpy as np

from advisor.contracts.wording import Sentence
from advisor.data.catalogue import Catalogue
from advisor.data.ids import IdMap
from advisor.data.interactions import Interactions
from advisor.data.ranking import Ranking
from advisor.evaluate.match.outcomes import Outcomes
from advisor.privacy import personal
from advisor.recommend.unknown import seen

BLIND = 20.0
"""Purchases that lists drawn blindly would hit, from which on few hits are no bad luck."""
_LOG = logging.getLogger(__name__)


def doubts(
    ranking: Ranking,
    baseline: Ranking | None,
    held_out: Interactions,
    outcome: Outcomes,
    widest: int,
    history: Interactions | None,
    catalogue: Catalogue | None = None,
) -> tuple[str, ...]:
    """Sentences, also as warnings in the log; none where nothing is doubtful.

    `outcome` is what became of the lists, `widest` the largest cut-off, `history` what was bought
    before the cut, and `catalogue` what diversity is counted by.
    """
    slots = outcome.counts["slots"]
    too_wide = Sentence("match_doubts", "too_wide", widest=widest, slots=slots)
    sentences = [
        *seen(held_out, ranking.known_until, "recommender"),
        *seen(held_out, None if baseline is None else baseline.known_until, "baseline"),
        *_overlap(held_out, history),
        *_unmatched(ranking, held_out, outcome),
        *_worse_than_blind(ranking, outcome),
        *_apart(ranking, baseline, history, catalogue),
        *([too_wide] if widest > slots else []),
    ]
    return warned(sentences)


def warned(sentences: Iterable[str]) -> tuple[str, ...]:
    """The sentences, which are now in the log."""
    warnings = tuple(sentences)
    for sentence in warnings:
        _LOG.warning(sentence)
    return warnings


def _overlap(held_out: Interactions, history: Interactions | None) -> Iterator[str]:
    if history is None or not len(history) or not len(held_out):
        return
    last = history.days.max()
    early = int((held_out.days <= last).sum())
    if early:
        yield Sentence("match_doubts", "overlap", early=early, count=len(held_out), last=last)


def _unmatched(ranking: Ranking, held_out: Interactions, outcome: Outcomes) -> Iterator[str]:
    counts = outcome.counts
    lost, bought = counts["purchases_of_products_not_ranked"], counts["purchases"]
    if 2 * lost >= bought:
        unknown = IdMap(ranking.products).find(held_out.products.ids) < 0
        yield Sentence(
            "match_doubts",
            "unlisted",
            lost=lost,
            bought=bought,
            unknown=held_out.products.ids[int(np.argmax(unknown))],
            ranked=next(iter(ranking.products), ""),
        )
    others, idle = (
        counts["purchases_of_clients_not_ranked"],
        counts["clients"] - counts["clients_who_bought"],
    )
    if others >= bought and 10 * idle >= 9 * counts["clients"]:
        yield Sentence(
            "match_doubts",
            "idle",
            idle=idle,
            clients=counts["clients"],
            others=others,
            ranked=personal(ranking.client_ids[0]),
            buyers=personal(held_out.clients.ids[0]),
        )


def _apart(
    ranking: Ranking,
    baseline: Ranking | None,
    history: Interactions | None,
    catalogue: Catalogue | None,
) -> Iterator[str]:
    """Tables beside the lists that have no product in common with them (a catalogue: less than half
    of theirs).
    """
    products = ranking.products
    beside = (
        ("baseline", "no_rival", baseline),
        ("history", "unknown_popularity", history),
        ("catalogue", "all_alike", catalogue),
    )
    for name, why, table in beside:
        if table is None:
            continue
        other: tuple[str, ...] = (
            table.products
            if isinstance(table, Ranking)
            else (table.ids if isinstance(table, Catalogue) else table.products).ids
        )
        known = len(set(products) & set(other))
        least = len(products) if isinstance(table, Catalogue) else 1
        if products and other and 2 * known < least:
            yield Sentence(
                "match_doubts",
                "apart",
                name=Sentence("match_doubts", name),
                why=Sentence("match_doubts", why),
                known=known,
                count=len(products),
                ranked=products[0],
                there=other[0],
            )
    if history is not None and len(history) and len(ranking):
        known = int((history.clients.find(ranking.client_ids) >= 0).sum())
        if not known:
            own, there = personal(ranking.client_ids[0]), personal(history.clients.ids[0])
            yield Sentence("match_doubts", "strangers", count=len(ranking), ranked=own, there=there)


def _worse_than_blind(ranking: Ranking, outcome: Outcomes) -> Iterator[str]:
    """Far fewer hits than by chance: lists that leave out what they know to be bought."""
    shown = outcome.filled.sum(axis=1) / max(len(ranking.products), 1)
    blind, hits = float((shown * outcome.reachable).sum()), int(outcome.hits.sum())
    if blind >= BLIND and hits < blind / 4.0:
        reachable = outcome.counts["reachable_purchases"]
        yield Sentence("match_doubts", "blind", hits=hits, reachable=reachable, blind=blind)

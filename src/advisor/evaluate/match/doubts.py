"""What makes a judgement of lists doubtful, in sentences: a window that the recommender has seen,
ids that do not match.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator

import numpy as np

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
    too_wide = (
        f"ks reach to {widest}, but the lists have {slots} slots; every slot beyond them is a miss."
    )
    sentences = [
        *seen(held_out, ranking.known_until, "The recommender of the lists"),
        *seen(held_out, None if baseline is None else baseline.known_until, "The baseline"),
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
    early = int((held_out.days <= history.days.max()).sum())
    if early:
        yield (
            f"{early:,} of the {len(held_out):,} purchases to be predicted are no later than the"
            f" last one of history, {history.days.max()}. Cut both at one day, as temporal_split"
            " does."
        )


def _unmatched(ranking: Ranking, held_out: Interactions, outcome: Outcomes) -> Iterator[str]:
    counts = outcome.counts
    lost, bought = counts["purchases_of_products_not_ranked"], counts["purchases"]
    if 2 * lost >= bought:
        unknown = IdMap(ranking.products).find(held_out.products.ids) < 0
        yield (
            f"{lost:,} of {bought:,} purchases are of products that the ranking does not have, such"
            f" as {held_out.products.ids[int(np.argmax(unknown))]!r}; they count as misses. Ranked"
            f" products are like {ranking.products[:1]}: write both alike."
        )
    others, idle = (
        counts["purchases_of_clients_not_ranked"],
        counts["clients"] - counts["clients_who_bought"],
    )
    if others >= bought and 10 * idle >= 9 * counts["clients"]:
        yield (
            f"{idle:,} of {counts['clients']:,} ranked clients bought nothing, and {others:,}"
            " purchases are of clients without a list. Ranked clients are like"
            f" {personal(ranking.client_ids[0])}, buyers like {personal(held_out.clients.ids[0])}:"
            " write both alike."
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
        ("The baseline", "a baseline that can recommend none of them is no rival", baseline),
        ("history", "their novelty and popularity are those of unknown ones", history),
        ("The catalogue", "diversity takes all others to be alike", catalogue),
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
            yield (
                f"{name} has {known:,} of the {len(products):,} ranked products; {why}. Ranked are"
                f" like {products[0]!r}, there like {other[0]!r}: write both alike."
            )
    if history is not None and len(history) and len(ranking):
        known = int((history.clients.find(ranking.client_ids) >= 0).sum())
        if not known:
            yield (
                f"None of the {len(ranking):,} ranked clients is in history. Ranked are like"
                f" {personal(ranking.client_ids[0])}, there like"
                f" {personal(history.clients.ids[0])}:"
                " write both alike, or take this for a judgement of new clients."
            )


def _worse_than_blind(ranking: Ranking, outcome: Outcomes) -> Iterator[str]:
    """Far fewer hits than by chance: lists that leave out what they know to be bought."""
    shown = outcome.filled.sum(axis=1) / max(len(ranking.products), 1)
    blind, hits = float((shown * outcome.reachable).sum()), int(outcome.hits.sum())
    if blind >= BLIND and hits < blind / 4.0:
        yield (
            f"The lists hit {hits:,} of {outcome.counts['reachable_purchases']:,} reachable"
            f" purchases, where lists drawn blindly hit about {blind:,.0f}. Either the recommender"
            " has seen this window and leaves out what clients then bought, or the lists belong to"
            " other clients. Fit on purchases.until(cut)."
        )

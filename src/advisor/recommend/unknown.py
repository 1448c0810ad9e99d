"""Whether two tables that are joined by their ids meet at all: what only one of them has scores 0
without an error, and ids are then likely written in another way. And whether lists were made with
knowledge of the purchases they are judged by.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence

import numpy as np

from advisor.contracts.wording import Sentence
from advisor.data.ids import IdMap, alike_but_for
from advisor.data.interactions import Interactions
from advisor.data.ranking import Ranking
from advisor.measures.ranking import mark_hits
from advisor.privacy import shape

_LOG = logging.getLogger(__name__)


def nobody_known(client_ids: Sequence[str], known: IdMap) -> str | None:
    """What to say of a batch of several clients of whom none is known, also as a warning in the
    log; else None.

    Args:
        client_ids: Clients asked for.
        known: Clients with a history.
    """
    if len(client_ids) < 2 or not len(known) or any(name in known for name in client_ids):
        return None
    note = (
        f"None of the {len(client_ids):,} clients is among the {len(known):,} that the recommender"
        " has learnt from, so all are ranked as without a history. Ids here are like"
        f" {shape(client_ids[0])}, there like {shape(known.ids[0])}: write them alike, or"
        f" take this for a batch of new clients.{alike_but_for(client_ids, known.ids)}"
    )
    _LOG.warning(note)
    return note


def log_unknown_products(bought: Interactions, products: IdMap) -> None:
    """Say in the log how many purchases are of products that the catalogue does not have; a warning
    where they are half or more.
    """
    unknown = products.find(bought.products.ids) < 0
    count = int(unknown[bought.product_codes].sum())
    if count:
        example = bought.products.ids[int(np.argmax(unknown))]
        alike = alike_but_for(np.array(bought.products.ids)[unknown], products.ids)
        _LOG.log(
            logging.WARNING if alike or 2 * count >= len(bought) else logging.INFO,
            f"{count:,} of {len(bought):,} purchases are of {int(unknown.sum()):,} products that"
            f" the catalogue does not have, such as {example!r}; nobody is offered these. The"
            f" catalogue's ids are like {products.ids[0]!r}: write both alike, or add the"
            f" products.{alike}",
        )


def log_unknown_clients(clients: Sequence[str], known: IdMap) -> None:
    """Say in the log how many clients a table of clients does not have; a warning where it has none
    of several.
    """
    if len(clients) < 2 or not len(known):
        return
    count = sum(name not in known for name in clients)
    if count:
        _LOG.log(
            logging.WARNING if count == len(clients) else logging.INFO,
            f"{count:,} of {len(clients):,} clients are not in the table of clients, so their"
            f" attributes and holdings do not count. Ids here are like {shape(clients[0])},"
            f" there like {shape(known.ids[0])}: write both alike, or add the clients."
            f"{alike_but_for(clients, known.ids) if count == len(clients) else ''}",
        )


def log_unknown_holdings(held: Sequence[str], items: IdMap) -> None:
    """Say in the log that none of the things clients hold is a product known here, so that no list
    leaves them out.
    """
    if len(held) and len(items) and not any(name in items for name in held):
        _LOG.warning(
            f"None of the {len(held):,} things that clients hold, like {shape(held[0])}, is among"
            f" the products, which are like {items.ids[0]!r}: no list leaves them out, and no score"
            " counts them. Write both alike; an asset is no product."
        )


def log_bought_again(ranking: Ranking, bought: Interactions, history: Interactions) -> None:
    """Say in the log how many purchases to be predicted are of what their clients had bought
    before, where no list shows such a thing: lists that leave it out cannot hit them.
    """
    clients, products = IdMap(ranking.client_ids), IdMap(ranking.products)
    had = history.matrix(clients, products)
    again = int(had.multiply(bought.matrix(clients, products)).count_nonzero())
    if again and not mark_hits(ranking.codes, had).any():
        _LOG.warning(
            f"{again:,} purchases to be predicted are of what their clients had bought before, and"
            " no list shows such a product, so all of them are misses. Judge by new purchases:"
            " temporal_split(purchases, cut).test."
        )


def unmatched(
    listed: Sequence[str], bought: Interactions, client_ids: Sequence[str]
) -> Iterator[str]:
    """Sentences on purchases that no list can hit: half of them or more are of products that are
    not listed, or all of clients who have no list.
    """
    if not len(bought) or not len(listed) or not len(client_ids):
        return
    products, clients = IdMap(tuple(listed)), IdMap(tuple(client_ids))
    unknown = products.find(bought.products.ids) < 0
    lost = int(unknown[bought.product_codes].sum())
    if 2 * lost >= len(bought):
        yield (
            f"{lost:,} of {len(bought):,} purchases are of products that the lists could not have,"
            f" such as {bought.products.ids[int(np.argmax(unknown))]!r}; they count as misses."
            f" Listed products are like {listed[0]!r}: write both alike."
        )
    if (clients.find(bought.clients.ids) < 0).all():
        yield (
            f"None of the {len(bought.clients):,} buyers has a list. Clients with lists are like"
            f" {shape(client_ids[0])}, buyers like {shape(bought.clients.ids[0])}: write both"
            " alike."
        )


def seen(bought: Interactions, until: np.datetime64 | None, who: str) -> Iterator[str]:
    """That purchases to be predicted are no later than the last one that was learnt from, by the
    "recommender" of the lists, the "baseline" or the "advisor".
    """
    early = 0 if until is None or np.isnat(until) else int((bought.days <= until).sum())
    if early:
        learner, count = Sentence("match_doubts", who), len(bought)
        yield Sentence("match_doubts", "seen", who=learner, until=until, early=early, count=count)

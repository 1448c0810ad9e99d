"""Whether a whole batch of clients is unknown to a recommender, or most purchases to a catalogue:
ids are then likely written in another way.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence

import numpy as np

from advisor.data.ids import IdMap
from advisor.data.interactions import Interactions
from advisor.privacy import personal

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
        f" {personal(client_ids[0])}, there like {personal(known.ids[0])}: write them alike, or"
        " take this for a batch of new clients."
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
        _LOG.log(
            logging.WARNING if 2 * count >= len(bought) else logging.INFO,
            f"{count:,} of {len(bought):,} purchases are of {int(unknown.sum()):,} products that"
            f" the catalogue does not have, such as {example!r}; nobody is offered these. The"
            f" catalogue's ids are like {products.ids[0]!r}: write both alike, or add the"
            " products.",
        )

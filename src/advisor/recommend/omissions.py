"""Why a better-known product is not on a client's list: codes and numbers, sentences are the engine's."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from advisor.arrays import BoolArray
from advisor.data.clients import ClientTable
from advisor.data.eligibility import Eligibility
from advisor.recommend.linear import FittedModel
from advisor.recommend.ranking import as_eligibility
from advisor.recommend.recipe import check_range


@dataclass(frozen=True)
class Omission:
    """One popular product that is not shown.

    Attributes:
        product_id: Which.
        code: "not_suitable": the mask refuses it. "held": the client has it. "ranked_lower": others suit his taste better.
        popularity: Share of clients who bought it.
        popularity_rank: 1 is the most bought product of the shelf.
        rank: Its place among what he may have and does not hold; None where a rule took it out.
        score: His score for it.
        last_shown: Score of the last product shown; nan where nothing is.
    """

    product_id: str
    code: Literal["not_suitable", "held", "ranked_lower"]
    popularity: float
    popularity_rank: int
    rank: int | None
    score: float
    last_shown: float


def omissions(
    fitted: FittedModel,
    client_id: str,
    k: int,
    *,
    eligible: BoolArray | Eligibility | None = None,
    clients: ClientTable | None = None,
    count: int = 3,
) -> list[Omission]:
    """The `count` most bought products that are missing from a client's top k, most bought first, and why.

    Args:
        fitted: Any model of this room.
        client_id: Whose list.
        k: Its length.
        eligible: What he may be offered, as one row or one client's `Eligibility`; None: everything.
        clients: His holdings and attributes.
        count: How many to account for.
    """
    check_range("count", count, 1, why="nothing would be accounted for")
    allowed = as_eligibility(eligible, 1, len(fitted.products)).to_array()[0]
    order = fitted.rank([client_id], len(fitted.products), eligible=allowed[None], clients=clients)
    places = {int(code): place for place, code in enumerate(order.codes[0].tolist(), start=1) if code >= 0}
    shown = order.scores[0, : min(k, len(places))]
    last = float(shown[-1]) if len(shown) else float("nan")
    scores = fitted.scores([client_id], clients)[0]
    popularity = fitted.history.popularity()[: len(fitted.products)]
    found: list[Omission] = []
    for rank, column in enumerate(np.argsort(-popularity, kind="stable").tolist(), start=1):
        place = places.get(column)
        if len(found) == count or (place is not None and place <= k):
            continue
        code = "ranked_lower" if place is not None else "held" if allowed[column] else "not_suitable"
        found.append(Omission(fitted.products[column], code, float(popularity[column]), rank, place, float(scores[column]), last))
    return found

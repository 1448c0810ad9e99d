"""Why a better-known product is not on a client's list: codes and numbers, sentences are the
engine's.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from advisor.annotations import Count, Texts
from advisor.arrays import BoolArray
from advisor.data.clients.table import ClientTable
from advisor.data.eligibility import Eligibility
from advisor.recommend.model.fitted import FittedModel
from advisor.recommend.model.ranking import as_eligibility
from advisor.validation import checked

Code = Literal["not_suitable", "closed", "held", "ranked_lower", "fits_less"]


@dataclass(frozen=True)
class Omission:
    """One popular product that is not shown.

    Attributes:
        product_id: Which.
        code: "not_suitable": the mask refuses it. "closed": nobody new can buy it. "held": the
            client has it. "ranked_lower": others suit their relevance better. "fits_less": their
            relevance would have shown it, but what is shown does more for their portfolio.
        popularity: Share of clients who bought it.
        popularity_rank: 1 is the most bought product of the catalogue.
        rank: Its place by relevance among what they may have and do not hold; None where a rule
            took it out.
        score: Their score for it.
        last_shown: Lowest score of the products shown; nan where nothing is.
    """

    product_id: str
    code: Code
    popularity: float
    popularity_rank: int
    rank: int | None
    score: float
    last_shown: float


@checked
def omissions(
    fitted: FittedModel,
    client_id: str,
    k: Count,
    *,
    eligible: BoolArray | Eligibility | None = None,
    clients: ClientTable | None = None,
    shown: Texts | None = None,
    count: Count = 3,
) -> list[Omission]:
    """The `count` most bought products that are missing from a client's list, most bought first,
    and why.

    Args:
        fitted: Any model of this package.
        client_id: Whose list.
        k: Its length.
        eligible: What they may be offered, as one row or one client's `Eligibility`; None:
            everything.
        clients: Their holdings and attributes.
        shown: The products they were shown, where more than relevance decided (an advice's picks);
            None: the k best by relevance.
        count: How many to account for.

    Raises:
        InputError: `shown` names a product that is not in the catalogue.
    """
    allowed = as_eligibility(eligible, 1, len(fitted.products)).to_array()[0]
    order = fitted.rank([client_id], len(fitted.products), eligible=allowed[None], clients=clients)
    places = {code: place for place, code in enumerate(order.codes[0].tolist(), 1) if code >= 0}
    scores = fitted.scores([client_id], clients)[0]
    listed = (
        order.codes[0, : min(k, len(places))]
        if shown is None
        else [fitted.history.items.code(name, "shown") for name in shown]
    )
    there = set(np.asarray(listed, dtype=np.int64).tolist())
    last = min((float(scores[j]) for j in there), default=float("nan"))
    popularity = fitted.history.popularity()[: len(fitted.products)]
    omitted: list[Omission] = []
    for rank, column in enumerate(np.argsort(-popularity, kind="stable").tolist(), start=1):
        if len(omitted) == count:
            break
        if column in there:
            continue
        place, share, score = places.get(column), float(popularity[column]), float(scores[column])
        code = "closed" if fitted.history.closed[column] else _code(place, k, bool(allowed[column]))
        omitted.append(Omission(fitted.products[column], code, share, rank, place, score, last))
    return omitted


def _code(place: int | None, k: int, allowed: bool) -> Code:
    if place is None:
        return "held" if allowed else "not_suitable"
    return "fits_less" if place <= k else "ranked_lower"

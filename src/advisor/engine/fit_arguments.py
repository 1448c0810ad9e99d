"""What `Advisor.fit` is given, checked and made ready."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from typing import Annotated

from advisor.contracts.mandate import Mandate
from advisor.data.catalogue import Catalogue
from advisor.data.returns import ReturnModel
from advisor.errors import InfeasibleError, InputError
from advisor.optimize.limits.limits import limits_of
from advisor.readers import Number

Worthiness = Annotated[float, Number("It is weighed against relevance; 0 leaves it out.", low=0.0)]
"""What something is worth against relevance."""


def refuse_short(model: ReturnModel, mandate: Mandate | None) -> None:
    """Raise `InputError` where the mandate allows short weights, or names what does not exist.

    Limits that contradict each other are a status of their clients.
    """
    with suppress(InfeasibleError):
        lowest = limits_of(model, mandate).lower.min()
        if lowest < 0.0:
            raise InputError(
                f"The mandate allows weights down to {lowest:g}, but clients hold products, and a"
                " product cannot be sold short. Set min_weight and lower bounds to 0 or more;"
                " optimal_portfolio and trace_frontier take short weights.",
                field="mandate",
                value=float(lowest),
            )


def with_closed(catalogue: Catalogue, closed: tuple[str, ...]) -> Catalogue:
    """The catalogue in which exactly the products of these ids are `closed`: held by who holds
    them, offered to nobody.
    """
    closed_ids = set(closed)
    if not any((p.id in closed_ids) != p.closed for p in catalogue.products):
        return catalogue
    products = tuple(
        p if p.closed == (p.id in closed_ids) else p.model_copy(update={"closed": not p.closed})
        for p in catalogue.products
    )
    return replace(catalogue, products=products)

"""What an advisor learns: what it is fitted on, what its scores were worth, and new purchases; and
its lists by relevance alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from typing import Annotated, Literal

import numpy as np

from advisor.contracts.mandate import Mandate
from advisor.data.catalogue import Catalogue
from advisor.data.clients.table import ClientTable
from advisor.data.interactions import Interactions
from advisor.data.ranking import Ranking
from advisor.data.returns import ReturnModel
from advisor.engine.pipeline import advise_table
from advisor.engine.state import AdvisorState
from advisor.errors import InfeasibleError, InputError
from advisor.optimize.limits.limits import limits_of
from advisor.readers import Number
from advisor.recommend.calibrating import calibrate
from advisor.recommend.windows import Window

Worthiness = Annotated[float, Number("It is weighed against relevance; 0 leaves it out.", low=0.0)]
"""What something is worth against relevance."""


def calibrated(
    state: AdvisorState,
    clients: ClientTable,
    bought: Interactions,
    as_of: np.datetime64,
    picks: int,
    method: Literal["isotonic", "platt"],
    earlier: Sequence[Window],
) -> AdvisorState:
    """See `Advisor.calibrate`."""
    served = advise_table(state, clients, as_of, picks).served()
    before, last = as_of - np.timedelta64(1, "D"), state.recommender.history.last_day
    after = before if np.isnat(last) else max(before, last)
    calibration = calibrate(served, bought, method=method, after=after, earlier=earlier)
    days = replace(state.days, calibration=bought.days.max().item())
    return replace(state, calibration=calibration, days=days)


def updated(state: AdvisorState, bought: Interactions) -> AdvisorState:
    """See `Advisor.updated`."""
    update = getattr(state.recommender, "update", None)
    if update is None:
        raise InputError(
            f"The recommender is {state.recommender.kind}, which learns from all purchases"
            " together. Fit the advisor again on the old and the new ones.",
            field="bought",
        )
    relevance = update(bought)
    return replace(
        state, recommender=relevance, catalogue=with_closed(state.catalogue, relevance.closed)
    )


def rank_suitable(
    state: AdvisorState, clients: ClientTable, as_of: np.datetime64, k: int
) -> Ranking:
    """See `Advisor.rank`."""
    state.remarks(as_of)
    profiles = state.profiles(clients, as_of)
    return state.recommender.rank(
        clients.ids, k, eligible=state.offers.to(profiles, clients).products, clients=clients
    )


def not_held(state: AdvisorState, later: Interactions, clients: ClientTable | None) -> Interactions:
    """The purchases that were new to their clients, as far as the recommender and the table know: a
    list that leaves out what is held cannot contain others.
    """
    held, items = (
        state.recommender.held(later.clients.ids, clients),
        state.recommender.history.items,
    )
    width = len(items) + 1
    keys = held.row_of_entry() * width + held.codes
    codes = items.find(later.products.ids)[later.product_codes]
    asked = later.client_codes * width + np.where(codes >= 0, codes, len(items))
    return later.where(~np.isin(asked, keys))


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

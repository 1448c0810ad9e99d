"""The corridor: a table of clients in, a batch of advice out. Every step is row-wise, so no bit depends on the company a client keeps."""

from __future__ import annotations

import numpy as np

from advisor.arrays import FloatArray, IntArray
from advisor.data.clients import ClientTable
from advisor.data.eligibility import Eligibility
from advisor.engine.batch import AdviceBatch
from advisor.engine.holdings import Holdings, see_by_vehicle, unknown_holdings
from advisor.engine.house import House
from advisor.engine.place import first_status, has_portfolio, place
from advisor.engine.trades import trades_of
from advisor.errors import InputError
from advisor.recommend.history import NO_WEIGHTS, Rows
from advisor.recommend.portfolio_fit import Exposures, Picks, pick_products
from advisor.risk_profile.profile import profile_risk

_ROWS_AT_A_TIME = 8192
"""Clients scored together: bounds the score matrix to this many rows by p products."""


def advise_table(house: House, clients: ClientTable, as_of: np.datetime64, picks: int) -> AdviceBatch:
    """Profile, suitability, place on the frontier, gaps, picks.

    Args:
        house: What the advice depends on besides the clients.
        clients: c clients.
        as_of: The day.
        picks: Slots.

    Raises:
        InputError: `picks` is negative.
    """
    if picks < 0:
        raise InputError(f"picks is {picks}; ask for 0 or more products.", field="picks", value=picks)
    profiles = profile_risk(clients, house.questionnaire, as_of=as_of, bands=house.bands)
    offer = house.offers.to(profiles, clients)
    allowed, pure = offer.products, offer.pure
    unknown = unknown_holdings(clients.holdings, house.catalogue, house.model.ids)
    holdings = see_by_vehicle(clients.holdings, house.catalogue, house.vehicles, offer)
    places = place(
        house.shelf,
        house.biases,
        clients,
        profiles,
        offer.assets,
        holdings,
        first_status(clients, profiles, unknown),
    )
    invested = has_portfolio(places.status)
    trades = trades_of(places.weights, clients.wealth, invested, holdings)
    chosen, liking = _no_picks(trades.gaps, picks), np.full((len(clients), picks), np.nan)
    looked_through = pure[allowed.class_of]
    for rows, exposures in ((invested & ~looked_through, house.vehicles.mixes), (invested & looked_through, house.vehicles.parts)):
        _pick((chosen, liking), house, clients, allowed, holdings, trades.gaps, rows.nonzero()[0], exposures)
    return AdviceBatch(
        house=house,
        clients=clients,
        profiles=profiles,
        as_of=as_of,
        places=places,
        holdings=holdings,
        pick_codes=chosen.codes,
        pick_scores=chosen.scores,
        pick_taste=liking,
        pick_money=chosen.money,
        sales=trades.sales,
        lacking=trades.lacking - (trades.gaps - chosen.unplaced),
        allowed=allowed,
    )


def _no_picks(gaps: FloatArray, k: int) -> Picks:
    """Empty slots for every client, to be filled."""
    count = len(gaps)
    return Picks(np.full((count, k), -1, dtype=np.int64), np.full((count, k), np.nan), np.zeros((count, k)), gaps.copy())


def _pick(
    into: tuple[Picks, FloatArray],
    house: House,
    clients: ClientTable,
    allowed: Eligibility,
    holdings: Holdings,
    gaps: FloatArray,
    rows: IntArray,
    exposures: Exposures,
) -> None:
    """Products for the clients in `rows`, written into their rows of `into` with how much each is liked.

    `exposures` says what each product puts into each vehicle.
    """
    picks, liking = into
    k = picks.codes.shape[1]
    if not len(rows):
        return
    indptr, held = holdings.product_rows(len(gaps))
    owned = Rows(indptr, held, NO_WEIGHTS)
    for start in range(0, len(rows) if k else 0, _ROWS_AT_A_TIME):
        part = rows[start : start + _ROWS_AT_A_TIME]
        some = clients.take(part)
        taste = house.taste.scores(some.ids, some)
        chosen = pick_products(
            taste,
            allowed.take(part),
            gaps[part],
            exposures,
            k,
            min_purchase=house.catalogue.min_purchase,
            fee=house.catalogue.annual_fee,
            held=owned.take(part),
            fit_weight=house.fit_weight,
        )
        picks.codes[part], picks.scores[part] = chosen.codes, chosen.scores
        picks.money[part], picks.unplaced[part] = chosen.money, chosen.unplaced
        liked = taste[np.arange(len(part))[:, None], chosen.codes]
        liked[chosen.codes < 0] = np.nan
        liking[part] = liked

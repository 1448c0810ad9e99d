"""The corridor: a table of clients in, a batch of advice out. Every step is row-wise, so no bit depends on the company a client keeps."""

from __future__ import annotations

import numpy as np

from advisor.arrays import check_type
from advisor.data.clients import ClientTable
from advisor.engine.batch import AdviceBatch
from advisor.engine.causes import true_causes
from advisor.engine.holdings import see_by_vehicle
from advisor.engine.house import House
from advisor.engine.picking import choose
from advisor.engine.place import first_status, has_portfolio, place
from advisor.engine.trades import trades_of
from advisor.engine.unknown import unknown_names
from advisor.errors import InputError
from advisor.risk_profile.profile import profile_risk

MOST_SLOTS = 1_000
"""Slots that may be asked for on any shelf."""


def check_picks(house: House, picks: int) -> None:
    """Raise `InputError` unless `picks` is a number of slots that may be asked for."""
    check_type(picks, (int, np.integer), "picks", "Ask for a whole number of products.")
    most = max(MOST_SLOTS, len(house.catalogue))
    if not 0 <= picks <= most:
        raise InputError(
            f"picks is {picks!r}; there are {len(house.catalogue)} products, and every further slot would stay empty. Ask for 0 to {most}.",
            field="picks",
            value=picks,
        )


def advise_table(house: House, clients: ClientTable, as_of: np.datetime64, picks: int) -> AdviceBatch:
    """Profile, suitability, place on the frontier, gaps, picks.

    Args:
        house: What the advice depends on besides the clients.
        clients: c clients.
        as_of: The day.
        picks: Slots.

    Raises:
        InputError: `picks` is negative or beyond reason.
    """
    check_type(clients, ClientTable, "clients", "Make a table with ClientTable.from_frame or ClientTable.from_clients.")
    check_picks(house, picks)
    profiles = profile_risk(clients, house.questionnaire, as_of=as_of, bands=house.bands)
    offer = house.offers.to(profiles, clients)
    unknown = unknown_names(clients, house.catalogue, house.model.ids)
    holdings = see_by_vehicle(clients.holdings, house.catalogue, house.vehicles, offer)
    found = place(
        house.shelf,
        house.biases,
        clients,
        profiles,
        offer.assets,
        holdings,
        first_status(clients, profiles, unknown),
    )
    places = true_causes(house, clients, profiles, offer.products.class_of, found)
    invested = has_portfolio(places.status)
    trades = trades_of(places.weights, clients.wealth, invested, holdings)
    chosen = choose(house, clients, offer, holdings, trades, places.effective, invested, picks)
    return AdviceBatch(
        house=house,
        clients=clients,
        profiles=profiles,
        as_of=as_of,
        places=places,
        holdings=holdings,
        pick_codes=chosen.codes,
        pick_scores=chosen.scores,
        pick_taste=chosen.taste,
        pick_utility=chosen.utility,
        pick_money=chosen.money,
        sales=trades.sales,
        lacking=trades.lacking - (trades.gaps - chosen.unplaced),
        offer=offer,
        known=chosen.known,
    )

"""The corridor: a table of clients in, a batch of advice out. Every step is row-wise, so no bit
depends on the company a client keeps.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass, replace
from time import perf_counter

import numpy as np

from advisor.arrays import BoolArray, IntArray, check_type
from advisor.contracts.advice import Advice
from advisor.contracts.bands import at_level
from advisor.contracts.client import Client
from advisor.data.clients.table import ClientTable
from advisor.data.profiles import RiskProfiles
from advisor.data.ranking import check_slots
from advisor.engine.batch import AdviceBatch
from advisor.engine.causes import true_causes
from advisor.engine.orders import (
    Limits,
    Nearest,
    Orders,
    Outcome,
    Trades,
    Worth,
    trades_of,
    units_of,
)
from advisor.engine.picks.picks import Case, Chosen, choose, come_nearer
from advisor.engine.portfolios.allocation import Allocations, allocate
from advisor.engine.portfolios.statuses import (
    HOLDINGS_ABOVE,
    OK,
    STATUSES,
    STOPPED,
    first_status,
    has_portfolio,
)
from advisor.engine.state import AdvisorState
from advisor.engine.universe.eligibility_cache import Eligible
from advisor.engine.universe.holdings import Holdings, holdings_of
from advisor.engine.unknown import unknown_names
from advisor.errors import InputError
from advisor.recommend.unknown import nobody_known
from advisor.validation import REMEDIES

_LOG = logging.getLogger(__name__)
BAD_INPUT = ("invalid_input", "not_assessed")
"""Statuses that `advise` raises and `advise_many` reports: the client's data must be mended."""


def check_picks(state: AdvisorState, picks: int) -> None:
    """Raise `InputError` unless `picks` is a number of slots that may be asked for."""
    check_slots(picks, len(state.catalogue), "picks")


def advise_table(
    state: AdvisorState,
    clients: ClientTable,
    as_of: np.datetime64,
    picks: int,
    *,
    stopped: str | None = None,
) -> AdviceBatch:
    """Profile, suitability, place on the frontier, gaps, picks.

    Args:
        state: What the advice depends on besides the clients.
        clients: c clients.
        as_of: The day.
        picks: Slots.
        stopped: Why advice is stopped: every client then has the status `stopped`; None: it is not.

    Raises:
        InputError: `picks` is negative or beyond reason.
    """
    began = perf_counter()
    check_type(clients, ClientTable, "clients", REMEDIES["ClientTable"])
    check_picks(state, picks)
    profiles = state.profiles(clients, as_of)
    offer = state.offers.to(profiles, clients)
    unknown = unknown_names(clients, state.catalogue, state.model.ids)
    holdings = holdings_of(clients, state.catalogue, state.vehicles, offer)
    start = first_status(clients, profiles, unknown)
    if stopped is not None:
        problems = dict.fromkeys(range(len(clients)), stopped)
        start = np.full(len(clients), STOPPED, dtype=np.int64), problems
    draft_allocations = allocate(
        state.frontiers, state.biases, clients, profiles, offer.assets, holdings, start
    )
    allocations = true_causes(state, clients, profiles, offer.products.class_of, draft_allocations)
    made = _orders(state, clients, profiles, offer, holdings, allocations, picks)
    nobody = nobody_known(clients.ids, state.recommender.history.clients)
    remarks = ([] if nobody is None else [nobody]) + state.remarks(as_of)
    batch = AdviceBatch(
        state=state,
        clients=clients,
        profiles=profiles,
        as_of=as_of,
        allocations=replace(allocations, status=_status(allocations, made.outcome)),
        holdings=holdings,
        pick_codes=made.chosen.codes,
        pick_scores=made.chosen.scores,
        pick_relevance=made.chosen.relevance,
        pick_utility=made.chosen.utility,
        pick_money=made.chosen.money,
        sales=made.trades.sales,
        outcome=made.outcome,
        worth=made.worth,
        lowered=made.lowered,
        offer=offer,
        known=made.chosen.known,
        note=" ".join(remarks) or None,
    )
    _log(batch, perf_counter() - began)
    return batch


def _log(batch: AdviceBatch, seconds: float) -> None:
    """One line a batch, counts alone; for one client it is a message for debugging."""
    level = logging.INFO if len(batch) > 1 else logging.DEBUG
    if _LOG.isEnabledFor(level):
        counts = np.bincount(batch.allocations.status, minlength=len(STATUSES)).tolist()
        statuses = ", ".join(
            f"{name} {count:,}" for name, count in zip(STATUSES, counts, strict=True) if count
        )
        _LOG.log(level, f"Advised {len(batch):,} clients in {seconds:.2f} s: {statuses or 'none'}.")


def advise_one(
    state: AdvisorState, client: Client, as_of: np.datetime64, picks: int
) -> tuple[AdviceBatch, Advice]:
    """A table with one client, and their advice. Raises `InputError` where their data cannot be
    used.
    """
    check_type(client, Client, "client", REMEDIES["Client"])
    batch = advise_table(state, ClientTable.from_clients([client]), as_of, picks)
    advice = batch[0]
    if advice.status in BAD_INPUT:
        raise InputError(advice.reasons[0].text, field="client", value=advice.status)
    return batch, advice


def _status(allocations: Allocations, outcome: Outcome) -> IntArray:
    """Status of each client after the orders, shape (c,): a portfolio is ok where it is within band
    and stressed loss.
    """
    invested = has_portfolio(allocations.status)
    return np.where(invested, np.where(outcome.beyond, HOLDINGS_ABOVE, OK), allocations.status)


def _sold(holdings: Holdings, trades: Trades) -> tuple[IntArray, IntArray]:
    """Row and column in the catalogue of each product that is sold."""
    sold = (trades.sales > 0.0) & (holdings.products >= 0)
    return holdings.rows[sold], holdings.products[sold]


@dataclass(frozen=True, eq=False)
class _Orders:
    """Orders of c clients and what they lead to; `lowered`: who would else end above a limit."""

    trades: Trades
    chosen: Chosen
    outcome: Outcome
    worth: Worth
    lowered: BoolArray


def _orders(
    state: AdvisorState,
    clients: ClientTable,
    profiles: RiskProfiles,
    offer: Eligible,
    holdings: Holdings,
    allocations: Allocations,
    picks: int,
) -> _Orders:
    """Sales, purchases and what they lead to.

    Small trades are left out at first. Who would end above a limit of their level because of that
    gets every trade; who still would, buys less or sells more.
    """
    wealth, invested = clients.wealth, has_portfolio(allocations.status)
    units = units_of(clients.currency, len(clients))
    targets = allocations.weights, allocations.effective
    worth = Worth.of(state.trading, wealth, targets, holdings.by_vehicle, units)
    case = Case.of(state, clients, offer, holdings, allocations.effective, worth, picks)
    trades = trades_of(allocations.weights, wealth, invested, holdings, worth)
    chosen = choose(state, case, trades, invested)
    limits = Limits(
        at_level(state.bands.upper_volatility, profiles.level),
        at_level(state.bands.stress_loss, profiles.level),
    )
    supply = holdings, state.vehicles, state.catalogue
    nearest = Nearest(targets[0], wealth, case.pure, *supply, worth, limits, trades, state.caps)
    # 1. orders that are worth making
    outcome = nearest.of(Orders(trades.sales, chosen.codes, chosen.money), invested)
    come_nearer(state, case, nearest, chosen, outcome, invested)
    # 2. where these end above the level: every trade, then less risk
    lowered = outcome.beyond
    if lowered.any():
        worth = worth.exact(lowered)
        exact = trades_of(allocations.weights, wealth, lowered, holdings, worth)
        mine = lowered[holdings.rows]
        trades.sales[mine] = exact.sales[mine]
        chosen.take_over(choose(state, replace(case, worth=worth), exact, lowered), lowered)
        orders = Orders(trades.sales, chosen.codes, chosen.money)
        exactly = replace(nearest, worth=worth)
        lowered = exactly.of(orders, invested).beyond
        outcome = exactly.of(orders, invested, guard=True)
        chosen.leave_out(*_sold(holdings, trades))
    return _Orders(trades, chosen, outcome, worth, lowered)

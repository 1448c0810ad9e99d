"""Every client's place: a point on the exact frontier of those who share their limits."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from advisor.arrays import FloatArray, IntArray
from advisor.data.clients.table import ClientTable
from advisor.data.eligibility import Eligibility
from advisor.data.profiles import RiskProfiles
from advisor.engine.portfolios.frontier_cache import FrontierCache, FrontierGroup
from advisor.engine.portfolios.locked_holdings import Around, Proof, ceiling_of, floor_of
from advisor.engine.portfolios.statuses import (
    EXPIRED,
    HOLDINGS_ABOVE,
    INFEASIBLE,
    NO_ASSET,
    OK,
    STATUSES,
    has_portfolio,
)
from advisor.engine.universe.holdings import Holdings
from advisor.optimize.frontier.lookup import MEASURED, FrontierLookup
from advisor.optimize.preferences.corrections import BiasPolicy
from advisor.privacy import hides

BROKEN_BY_KEPT = (
    "what must be kept breaks a limit of the mandate. Relax the limit, or let the client sell."
)
BIASES = ("loss_aversion", "disposition", "overconfidence")
"""What corrects risk aversion, in the order of `FrontierLookup.corrected`."""
SHORTEST_HORIZON = 1.0 / 12.0
"""Years; losses are felt no more often than monthly, or a short horizon would mean cash for
everybody."""


@hides
@dataclass(frozen=True, eq=False)
class Allocations:
    """Where each of `c` clients stands.

    Attributes:
        status: Position in `STATUSES`, shape (c,).
        problems: Row -> what is wrong, for the statuses that need a sentence.
        risk_aversion: Implied by the target volatility, nan where there is no portfolio; shape
            (c,).
        effective: After behavioural corrections, never below `risk_aversion`; shape (c,).
        factors: By bias, the factor it alone would put on risk aversion, shape (c,).
        weights: Target portfolio, nan rows where there is none; shape (c, n).
        mean, volatility, kkt_residual: Of it; shape (c,). For "above_band" the volatility of the
            least risky portfolio.
        level_groups: The distinct standings of the batch; level_group_of: each client's, -1 = none,
            shape (c,).
        locked_rows: Rows of clients who keep holdings they may not add to, and so have limits of
            their own, with the proof of each.
    """

    status: IntArray
    problems: Mapping[int, str]
    risk_aversion: FloatArray
    effective: FloatArray
    factors: Mapping[str, FloatArray]
    weights: FloatArray
    mean: FloatArray
    volatility: FloatArray
    kkt_residual: FloatArray
    level_groups: tuple[FrontierGroup, ...]
    level_group_of: IntArray
    locked_rows: Mapping[int, Proof]

    def causes(self, i: int) -> list[str]:
        """Biases that raise client i's risk aversion."""
        return [name for name, factor in self.factors.items() if factor[i] > 1.0]


def measured_biases(clients: ClientTable) -> FloatArray | None:
    """What the table says about biases, in the order of `MEASURED`, nan = unknown, shape (5, c);
    None where it says nothing.
    """
    known = [
        (row, clients.biases[name]) for row, name in enumerate(MEASURED) if name in clients.biases
    ]
    if not known:
        return None
    measured: FloatArray = np.full((len(MEASURED), len(clients)), np.nan)
    for row, column in known:
        measured[row] = column
    return measured


def allocate(
    frontiers: FrontierCache,
    policy: BiasPolicy,
    clients: ClientTable,
    profiles: RiskProfiles,
    holdable: Eligibility,
    holdings: Holdings,
    start: tuple[IntArray, dict[int, str]],
) -> Allocations:
    """Find every client's portfolio.

    Clients with the same level and the same holdable assets share a frontier, and each is a lookup
    on it. Those who hold what they may not buy have limits of their own and are solved together,
    around what they keep.

    Args:
        frontiers: Frontiers.
        policy: How biases correct.
        clients: c clients.
        profiles: Theirs.
        holdable: Assets each may hold, over n assets.
        holdings: What they hold.
        start: Statuses and problems so far; only clients still "ok" are placed.
    """
    count, n = len(clients), len(frontiers.model)
    status, problems = start[0].copy(), dict(start[1])
    draft = _Draft.empty(count, n)
    measured, years = measured_biases(clients), np.maximum(clients.horizon_years, SHORTEST_HORIZON)
    keys = profiles.level * (len(holdable.allowed) + 1) + holdable.class_of
    level_groups: list[FrontierGroup] = []
    level_group_of = np.full(count, -1, dtype=np.int64)
    candidates = (status == OK).nonzero()[0]
    kinds, kind_of = (
        np.unique(keys[candidates], return_inverse=True)
        if len(candidates) > 1
        else (candidates, np.zeros_like(candidates))
    )
    for kind in range(len(kinds)):
        rows = candidates[kind_of == kind]
        level_group = frontiers.level_frontier(
            int(profiles.level[rows[0]]), holdable.allowed[holdable.class_of[rows[0]]]
        )
        level_group_of[rows] = len(level_groups)
        level_groups.append(level_group)
        status[rows] = STATUSES.index(level_group.status)
        if level_group.problem:
            problems.update(dict.fromkeys(rows.tolist(), level_group.problem))
        if level_group.placer is not None:
            rational: FloatArray = np.full(len(rows), level_group.risk_aversion)
            corrected = (
                None
                if measured is None
                else level_group.placer.corrected(rational, measured[:, rows], years[rows], policy)
            )
            draft.fill(rows, level_group.placer, rational, corrected)
            if level_group.forecast is not None:
                draft.volatility[rows] = level_group.forecast.volatility_at(draft.effective[rows])
        elif level_group.frontier is not None:
            draft.volatility[rows] = level_group.least_volatility
    status[(status == NO_ASSET) & profiles.expired] = EXPIRED
    own = holdings.has_own_limits(holdable)
    keeps, locked_rows = ((status == OK) & own).nonzero()[0], dict[int, Proof]()
    if len(keeps):
        locked_rows = _allocate_locked(
            frontiers,
            clients,
            profiles,
            holdable,
            holdings,
            keeps,
            status,
            draft,
            level_groups,
            level_group_of,
        )
        problems |= dict.fromkeys(keeps[status[keeps] == INFEASIBLE].tolist(), BROKEN_BY_KEPT)
    return draft.allocations(status, problems, tuple(level_groups), level_group_of, locked_rows)


def _allocate_locked(
    frontiers: FrontierCache,
    clients: ClientTable,
    profiles: RiskProfiles,
    holdable: Eligibility,
    holdings: Holdings,
    keeps: IntArray,
    status: IntArray,
    draft: _Draft,
    level_groups: list[FrontierGroup],
    level_group_of: IntArray,
) -> dict[int, Proof]:
    """Move the clients in `keeps` from their peers' place to one around what they keep, level by
    level; the proofs of those that have a place.
    """
    proofs: dict[int, Proof] = {}
    sized = frontiers.model.forecast is not None
    group_of = level_group_of if sized else profiles.level
    for group in np.unique(group_of[keeps]).tolist():
        rows = keeps[group_of[keeps] == group]
        level = int(profiles.level[rows[0]])
        aim = frontiers.bands.target_volatility[level - 1]
        peer = level_groups[level_group_of[rows[0]]]
        around = Around(
            frontiers.model,
            (frontiers.limits(level), frontiers.mandate),
            holdable.allowed[holdable.class_of[rows]],
            floor_of(holdings.locked[rows], clients.wealth[rows]),
            ceiling_of(holdings.ceiling[rows], clients.wealth[rows]),
            (
                aim
                if peer.forecast is None or peer.frontier is None
                else peer.frontier.moments_at(np.array([peer.risk_aversion]))[1].item()
            ),
            frontiers.peers,
        )
        portfolios = (
            around.sized(draft.effective[rows], aim)
            if sized
            else around.place(draft.effective[rows])
        )
        above = portfolios.solved & ~(
            portfolios.within_stress
            & (portfolios.volatility <= frontiers.bands.upper_volatility[level - 1])
        )
        status[rows[above]], status[rows[~portfolios.solved]] = HOLDINGS_ABOVE, INFEASIBLE
        draft.weights[rows], draft.effective[rows] = portfolios.weights, portfolios.risk_aversion
        draft.mean[rows], draft.volatility[rows], draft.kkt_residual[rows] = (
            portfolios.mean,
            portfolios.volatility,
            portfolios.kkt_residual,
        )
        proofs.update((int(rows[at]), proof) for at, proof in portfolios.proofs.items())
    return proofs


@dataclass(frozen=True, eq=False)
class _Draft:
    """Columns of `Allocations` being filled."""

    risk_aversion: FloatArray
    effective: FloatArray
    factors: dict[str, FloatArray]
    weights: FloatArray
    mean: FloatArray
    volatility: FloatArray
    kkt_residual: FloatArray

    @classmethod
    def empty(cls, count: int, n: int) -> _Draft:
        rational, effective, mean, volatility, residual = np.full((5, count), np.nan)
        factors: dict[str, FloatArray] = dict(zip(BIASES, np.ones((3, count)), strict=True))
        return cls(
            rational, effective, factors, np.full((count, n), np.nan), mean, volatility, residual
        )

    def allocations(
        self,
        status: IntArray,
        problems: dict[int, str],
        level_groups: tuple[FrontierGroup, ...],
        level_group_of: IntArray,
        locked_rows: dict[int, Proof],
    ) -> Allocations:
        nobody = ~has_portfolio(status)
        self.weights[nobody] = np.nan
        columns = (
            self.risk_aversion,
            self.effective,
            self.factors,
            self.weights,
            self.mean,
            self.volatility,
            self.kkt_residual,
        )
        return Allocations(status, problems, *columns, level_groups, level_group_of, locked_rows)

    def fill(
        self,
        rows: IntArray,
        placer: FrontierLookup,
        rational: FloatArray,
        corrected: FloatArray | None,
    ) -> None:
        effective = self.risk_aversion[rows] = rational
        if corrected is not None:
            effective = corrected[:, 0]
            for factor, values in zip(self.factors.values(), corrected.T[1:], strict=True):
                factor[rows] = values
        points = placer.place(effective)
        self.effective[rows], self.weights[rows] = effective, points.weights
        self.mean[rows], self.volatility[rows], self.kkt_residual[rows] = (
            points.mean,
            points.volatility,
            points.kkt_residual,
        )

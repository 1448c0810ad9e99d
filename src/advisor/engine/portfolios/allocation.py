"""Every client's place: a point on the exact frontier of those who share their limits."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, cast

import numpy as np

from advisor.arrays import FloatArray, IntArray
from advisor.data.clients.table import ClientTable
from advisor.data.eligibility import Eligibility
from advisor.data.profiles import RiskProfiles
from advisor.engine.portfolios.frontier_cache import FrontierCache, FrontierGroup
from advisor.engine.portfolios.locked_holdings import (
    AllocationsAround,
    Around,
    Proof,
    ceiling_of,
    floor_of,
)
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
from advisor.optimize.frontier.lookup import MEASURED, FrontierLookup, FrontierPoints
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
    draft = _Draft.empty(len(clients), len(frontiers.model), start)
    measured, years = measured_biases(clients), np.maximum(clients.horizon_years, SHORTEST_HORIZON)
    # 1. a lookup for all who share a level and what they may hold
    keys = profiles.level * (len(holdable.allowed) + 1) + holdable.class_of
    candidates = (draft.status == OK).nonzero()[0]
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
        draft.join(rows, level_group)
        if level_group.placer is not None:
            draft.place(rows, level_group, measured, years, policy)
    # 2. places around what is kept
    draft.status[(draft.status == NO_ASSET) & profiles.expired] = EXPIRED
    keeps = ((draft.status == OK) & holdings.has_own_limits(holdable)).nonzero()[0]
    if len(keeps):
        draft.lock(frontiers, clients, profiles, holdable, holdings, keeps)
    draft.weights[~has_portfolio(draft.status)] = np.nan
    columns: dict[str, Any] = vars(draft) | {"level_groups": tuple(draft.level_groups)}
    return Allocations(**columns)


@dataclass(frozen=True, eq=False)
class _Draft:
    """`Allocations` being filled."""

    status: IntArray
    problems: dict[int, str]
    risk_aversion: FloatArray
    effective: FloatArray
    factors: dict[str, FloatArray]
    weights: FloatArray
    mean: FloatArray
    volatility: FloatArray
    kkt_residual: FloatArray
    level_groups: list[FrontierGroup]
    level_group_of: IntArray
    locked_rows: dict[int, Proof]

    @classmethod
    def empty(cls, count: int, n: int, start: tuple[IntArray, dict[int, str]]) -> _Draft:
        rational, effective, mean, volatility, residual = np.full((5, count), np.nan)
        return cls(
            start[0].copy(),
            dict(start[1]),
            rational,
            effective,
            dict(zip(BIASES, np.ones((3, count)), strict=True)),
            np.full((count, n), np.nan),
            mean,
            volatility,
            residual,
            [],
            np.full(count, -1, dtype=np.int64),
            {},
        )

    def join(self, rows: IntArray, level_group: FrontierGroup) -> None:
        """Clients who stand together, and how."""
        self.level_group_of[rows] = len(self.level_groups)
        self.level_groups.append(level_group)
        self.status[rows] = STATUSES.index(level_group.status)
        if level_group.problem:
            self.problems.update(dict.fromkeys(rows.tolist(), level_group.problem))
        if level_group.placer is None and level_group.frontier is not None:
            self.volatility[rows] = level_group.least_volatility

    def place(
        self,
        rows: IntArray,
        level_group: FrontierGroup,
        measured: FloatArray | None,
        years: FloatArray,
        policy: BiasPolicy,
    ) -> None:
        """Their points on the frontier, behaviour corrected."""
        placer = cast(FrontierLookup, level_group.placer)
        effective: FloatArray = np.full(len(rows), level_group.risk_aversion)
        self.risk_aversion[rows] = effective
        if measured is not None:
            corrected = placer.corrected(effective, measured[:, rows], years[rows], policy)
            effective = corrected[:, 0]
            for factor, values in zip(self.factors.values(), corrected.T[1:], strict=True):
                factor[rows] = values
        self._take(rows, effective, placer.place(effective))
        if level_group.forecast is not None:
            self.volatility[rows] = level_group.forecast.volatility_at(effective)

    def lock(
        self,
        frontiers: FrontierCache,
        clients: ClientTable,
        profiles: RiskProfiles,
        holdable: Eligibility,
        holdings: Holdings,
        keeps: IntArray,
    ) -> None:
        """Move the clients in `keeps` from their peers' place to one around what they keep, level
        by level.
        """
        sized = frontiers.model.forecast is not None
        group_of = self.level_group_of if sized else profiles.level
        for group in np.unique(group_of[keeps]).tolist():
            rows = keeps[group_of[keeps] == group]
            level = int(profiles.level[rows[0]])
            aim = frontiers.bands.target_volatility[level - 1]
            peer = self.level_groups[self.level_group_of[rows[0]]]
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
            effective = self.effective[rows]
            portfolios = around.sized(effective, aim) if sized else around.place(effective)
            above = portfolios.solved & ~(
                portfolios.within_stress
                & (portfolios.volatility <= frontiers.bands.upper_volatility[level - 1])
            )
            broken = rows[~portfolios.solved]
            self.status[rows[above]], self.status[broken] = HOLDINGS_ABOVE, INFEASIBLE
            self.problems.update(dict.fromkeys(broken.tolist(), BROKEN_BY_KEPT))
            self._take(rows, portfolios.risk_aversion, portfolios)
            self.locked_rows.update((int(rows[at]), p) for at, p in portfolios.proofs.items())

    def _take(
        self, rows: IntArray, effective: FloatArray, points: FrontierPoints | AllocationsAround
    ) -> None:
        self.effective[rows], self.weights[rows] = effective, points.weights
        self.mean[rows], self.volatility[rows] = points.mean, points.volatility
        self.kkt_residual[rows] = points.kkt_residual

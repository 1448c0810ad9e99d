"""One exact frontier for every distinct set of limits, traced once and shared."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from advisor.arrays import BoolArray
from advisor.contracts.bands import RiskBands
from advisor.contracts.mandate import LinearLimit, Mandate
from advisor.data.returns import ReturnModel
from advisor.errors import InfeasibleError, SolverError
from advisor.optimize.frontier.frontier import Frontier, trace_frontier
from advisor.optimize.frontier.lookup import Placer

KEPT = 1_000
"""Frontiers that are remembered."""
STRESS_LIMIT = "stress_loss"
"""Name of the limit that keeps a portfolio within the stressed loss of its level."""


@dataclass(frozen=True, eq=False)
class Standing:
    """Where clients of one level with one set of holdable assets stand.

    Attributes:
        frontier: All efficient portfolios within their limits, or None where there is none.
        status: "ok", "no_eligible_asset", "infeasible" or "above_band".
        problem: What contradicts what, where infeasible.
        risk_aversion: At the target volatility of the level; inf where even the least risky portfolio is at or above it.
        mandate: The limits, the stressed loss of the level among them.
        eligible: Assets they may hold, shape (n,).
        placer: Finds places on the frontier; None unless the status is "ok".
    """

    frontier: Frontier | None
    status: str
    problem: str
    risk_aversion: float
    mandate: Mandate
    eligible: BoolArray
    placer: Placer | None = None


@dataclass(frozen=True, eq=False)
class FrontierShelf:
    """Frontiers by (level, mask of assets); a bank has a handful, so the first `KEPT` are kept once traced: exclusions of their own could make one of everybody.

    Two threads may trace the same frontier at the same time; both get the same values and nobody waits.
    """

    model: ReturnModel
    mandate: Mandate
    bands: RiskBands
    _known: dict[tuple[int, bytes], Standing] = field(default_factory=dict)
    _peers: dict[str, Frontier] = field(default_factory=dict)

    def peers(self, mandate: Mandate) -> Frontier:
        """The frontier of a mandate over all assets. Raises `InfeasibleError` where its limits contradict each other."""
        key = mandate.model_dump_json()
        known = self._peers.get(key)
        if known is None:
            known = self._peers[key] = trace_frontier(self.model, mandate)
        return known

    def limits(self, level: int) -> Mandate:
        """The house's mandate and the stressed loss that `level` may suffer."""
        losses = {a: float(loss) for a, loss in zip(self.model.assets, self.model.stress, strict=True)}
        stress = LinearLimit(name=STRESS_LIMIT, coefficients=losses, upper=self.bands.stress_loss[level - 1])
        return self.mandate.model_copy(update={"linear_limits": (*self.mandate.linear_limits, stress)})

    def standing(self, level: int, eligible: BoolArray) -> Standing:
        """Where clients of `level` 1..5 stand who may hold the assets in `eligible`, shape (n,)."""
        key = (level, eligible.tobytes())
        known = self._known.get(key)
        if known is None:
            known = self._trace(level, eligible)
            if len(self._known) < KEPT:
                self._known[key] = known
        return known

    def _trace(self, level: int, eligible: BoolArray) -> Standing:
        mandate = self.limits(level)
        if not eligible.any():
            return Standing(None, "no_eligible_asset", "", np.nan, mandate, eligible)
        try:
            frontier = trace_frontier(self.model, mandate, eligible=eligible)
        except InfeasibleError as error:
            return self._without_stress(mandate, eligible, error)
        except SolverError as error:
            return Standing(None, "unsolved", str(error), np.nan, mandate, eligible)
        if frontier.volatility[0] > self.bands.upper_volatility[level - 1]:
            return Standing(frontier, "above_band", "", np.inf, mandate, eligible)
        gamma = frontier.risk_aversion_at(np.array([self.bands.target_volatility[level - 1]]))
        return Standing(frontier, "ok", "", float(gamma[0]), mandate, eligible, Placer.of(frontier))

    def _without_stress(self, mandate: Mandate, eligible: BoolArray, error: InfeasibleError) -> Standing:
        """Tell limits that contradict each other from assets that are simply too risky for the level."""
        try:
            frontier = trace_frontier(self.model, self.mandate, eligible=eligible)
        except InfeasibleError as other:
            return Standing(None, "infeasible", str(other), np.nan, mandate, eligible)
        return Standing(frontier, "above_band", str(error), np.inf, mandate, eligible)

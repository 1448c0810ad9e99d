"""One exact frontier for every distinct set of limits, traced once and shared."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import numpy as np

from advisor.arrays import BoolArray
from advisor.contracts.bands import RiskBands
from advisor.contracts.mandate import LinearLimit, Mandate
from advisor.data.returns import ReturnModel
from advisor.errors import InfeasibleError, SolverError
from advisor.optimize.frontier.frontier import Frontier
from advisor.optimize.frontier.lookup import FrontierLookup
from advisor.optimize.frontier.sizing import ForecastPath, tolerance_within
from advisor.optimize.frontier.trace import trace_frontier

KEPT = 1_000
"""Frontiers that are remembered."""
STRESS_LIMIT = "stress_loss"
"""Name of the limit that keeps a portfolio within the stressed loss of its level."""


@dataclass(frozen=True, eq=False)
class FrontierGroup:
    """Where clients of one level with one set of holdable assets stand.

    Attributes:
        frontier: All efficient portfolios within the mandate, or None where there is none.
        status: "ok", "no_eligible_asset", "infeasible" or "above_band".
        problem: What contradicts what, where infeasible.
        risk_aversion: At the target volatility of the level, or where its stressed loss is reached
            before: by that limit portfolios are sized, not composed (see
            `optimize.frontier.sizing`). Inf where even the least risky portfolio is at or above one
            of them.
        mandate: The limits, the stressed loss of the level among them.
        eligible: Assets they may hold, shape (n,).
        placer: Finds places on the frontier; None unless the status is "ok".
        forecast: Forecast volatilities along the frontier; None where the model has no forecast.
        reached: Whether a portfolio within the mandate reaches the level's band.
    """

    frontier: Frontier | None
    status: str
    problem: str
    risk_aversion: float
    mandate: Mandate
    eligible: BoolArray
    placer: FrontierLookup | None = None
    forecast: ForecastPath | None = None
    reached: bool = True

    @property
    def least_volatility(self) -> float:
        """Of the least risky portfolio, nan where there is none."""
        if self.frontier is None:
            return np.nan
        return float(self.frontier.volatility[0]) if self.forecast is None else self.forecast.least


@dataclass(frozen=True, eq=False)
class FrontierCache:
    """Frontiers by (level, mask of assets); a bank has a handful, so the first `KEPT` are kept once
    traced: exclusions of their own could make one of everybody.

    Two threads may trace the same frontier at the same time; both get the same values and nobody
    waits.
    """

    model: ReturnModel
    mandate: Mandate
    bands: RiskBands
    _known: dict[tuple[int, bytes], FrontierGroup] = field(default_factory=dict)
    _peers: dict[str, Frontier] = field(default_factory=dict)

    def peers(self, mandate: Mandate) -> Frontier:
        """The frontier of a mandate over all assets. Raises `InfeasibleError` where its limits
        contradict each other.
        """
        key = mandate.model_dump_json()
        known = self._peers.get(key)
        if known is None:
            known = self._peers[key] = trace_frontier(self.model, mandate)
        return known

    def limits(self, level: int) -> Mandate:
        """The advisor's mandate and the stressed loss that `level` may suffer."""
        losses = {
            a: float(loss) for a, loss in zip(self.model.assets, self.model.stress, strict=True)
        }
        stress = LinearLimit(
            name=STRESS_LIMIT, coefficients=losses, upper=self.bands.stress_loss[level - 1]
        )
        return self.mandate.model_copy(
            update={"linear_limits": (*self.mandate.linear_limits, stress)}
        )

    def level_frontier(self, level: int, eligible: BoolArray) -> FrontierGroup:
        """Where clients of `level` 1..5 stand who may hold the assets in `eligible`, shape (n,)."""
        key = (level, eligible.tobytes())
        known = self._known.get(key)
        if known is None:
            known = self._trace(level, eligible)
            if len(self._known) < KEPT:
                self._known[key] = known
        return known

    def _trace(self, level: int, eligible: BoolArray) -> FrontierGroup:
        mandate = self.limits(level)
        if not eligible.any():
            return FrontierGroup(None, "no_eligible_asset", "", np.nan, mandate, eligible)
        try:
            frontier = trace_frontier(self.model, self.mandate, eligible=eligible)
        except InfeasibleError as error:
            return FrontierGroup(None, "infeasible", str(error), np.nan, mandate, eligible)
        except SolverError as error:
            return FrontierGroup(None, "unsolved", str(error), np.nan, mandate, eligible)
        if (
            np.einsum("i,i->", frontier.model.stress, frontier.weights[0])
            > self.bands.stress_loss[level - 1]
        ):
            # the calmest portfolio of all loses more: start from the calmest of those that do not
            try:
                frontier = trace_frontier(self.model, mandate, eligible=eligible)
            except InfeasibleError as error:
                return FrontierGroup(frontier, "above_band", str(error), np.inf, mandate, eligible)
            except SolverError as error:
                return FrontierGroup(None, "unsolved", str(error), np.nan, mandate, eligible)
        return self._sized(
            level, FrontierGroup(frontier, "ok", "", np.inf, mandate, eligible), frontier
        )

    def _sized(self, level: int, level_group: FrontierGroup, frontier: Frontier) -> FrontierGroup:
        """The place of a level on a frontier: by its volatility and by its stressed loss, whichever
        comes first.
        """
        target = self.bands.target_volatility[level - 1]
        path = None if self.model.forecast is None else ForecastPath.of(frontier)
        level_group = replace(level_group, forecast=path)
        if level_group.least_volatility > self.bands.upper_volatility[level - 1]:
            return replace(level_group, status="above_band")
        gamma = (
            float(frontier.risk_aversion_at(target)[0])
            if path is None
            else path.risk_aversion_at(target)
        )
        most = float(frontier.volatility[-1]) if path is None else path.most
        tolerance = tolerance_within(frontier, self.bands.stress_loss[level - 1])
        gamma = max(gamma, 1.0 / tolerance if tolerance > 0.0 else np.inf)
        return replace(
            level_group,
            risk_aversion=gamma,
            placer=FrontierLookup.of(frontier),
            reached=most >= self.bands.lower_volatility[level - 1],
        )

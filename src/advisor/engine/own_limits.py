"""Clients who keep holdings they may not add to: the rest of their money is placed around what stays."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from advisor.arrays import BoolArray, FloatArray
from advisor.contracts.mandate import Mandate
from advisor.data.returns import ReturnModel
from advisor.engine.shelf import STRESS_LIMIT, Standing
from advisor.errors import InfeasibleError
from advisor.optimize.frontier import Frontier, trace_frontier


@dataclass(frozen=True, eq=False)
class KeptPlace:
    """One client's portfolio around what he keeps.

    Attributes:
        frontier: Everything efficient that holds at least what is kept, and no more of what may not be bought.
        risk_aversion: Of the portfolio chosen; inf = as little risk as what is kept allows.
        within_band: Whether volatility and stressed loss stay within the level's promise.
    """

    frontier: Frontier
    risk_aversion: float
    within_band: bool


def limits_around(model: ReturnModel, mandate: Mandate, eligible: BoolArray, floor: FloatArray) -> tuple[Mandate, BoolArray]:
    """The limits of a client who keeps `floor`, shape (n,), and the assets that may be in his portfolio.

    What is kept is a lower bound; where he may not buy the asset it is the upper bound too. A cap that it breaks by itself gives way to it.
    """
    bounds = dict(mandate.bounds)
    for i in np.flatnonzero(floor > 0.0).tolist():
        asset, kept = model.assets[i], float(floor[i])
        low, high = bounds.get(asset, (mandate.min_weight, mandate.max_weight)) if eligible[i] else (kept, kept)
        bounds[asset] = (max(low, kept), max(high, kept))
    return mandate.model_copy(update={"bounds": bounds}), eligible | (floor > 0.0)


def place_around(
    model: ReturnModel, standing: Standing, floor: FloatArray, risk_aversion: float, target: float, upper: float
) -> KeptPlace | None:
    """The best portfolio that holds at least what is kept.

    Args:
        model: n assets.
        standing: Limits and frontier of clients like him who keep nothing.
        floor: Weight of what he keeps, by asset, shape (n,).
        risk_aversion: That he would have if he kept nothing.
        target: Volatility to stay at or below where that is possible.
        upper: Volatility at which his level ends.

    Returns:
        What is kept counts as risk: where it takes the portfolio above the target, risk aversion rises until the rest brings it down again, or until the
        rest is as safe as it can be. None where his limits contradict what he keeps.
    """
    within_stress = True
    mandate, eligible = limits_around(model, standing.mandate, standing.eligible, floor)
    try:
        frontier = trace_frontier(model, mandate, eligible=eligible)
    except InfeasibleError:
        within_stress = False
        limits = tuple(limit for limit in mandate.linear_limits if limit.name != STRESS_LIMIT)
        try:
            frontier = trace_frontier(model, mandate.model_copy(update={"linear_limits": limits}), eligible=eligible)
        except InfeasibleError:
            return None
    gamma = max(risk_aversion, float(frontier.risk_aversion_at(np.array([target]))[0])) if within_stress else np.inf
    return KeptPlace(frontier, gamma, within_stress and float(frontier.volatility[0]) <= upper)

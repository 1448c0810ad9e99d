"""The exact frontier of a model and its limits: `trace_frontier`."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from advisor.arrays import BoolArray, frozen
from advisor.contracts.mandate import Mandate
from advisor.data.returns import ReturnModel
from advisor.errors import InfeasibleError, SolverError
from advisor.optimize.frontier.corner_path import CornerPath, PathProof, cut_path, prove_path
from advisor.optimize.frontier.critical_line import trace_corners
from advisor.optimize.frontier.frontier import Frontier
from advisor.optimize.limits.infeasible import DeferredInfeasibleError, name_contradiction
from advisor.optimize.limits.limits import Limits, limits_of
from advisor.optimize.limits.parts import Parts, parts_of
from advisor.optimize.repairs import at_least


def trace_frontier(
    model: ReturnModel,
    mandate: Mandate | Limits | None = None,
    *,
    eligible: BoolArray | None = None,
) -> Frontier:
    """Every corner portfolio of the mean-variance frontier, exactly, each one certified.

    Args:
        model: Annual expected returns and covariance of n assets.
        mandate: Bounds, group limits, linear limits and a cap on volatility; long-only when None.
            Or the `Limits` that `limits_of` made of one.
        eligible: False where an asset may not be held, shape (n,); not asked where limits are
            given.

    Returns:
        The frontier. Every corner has a KKT residual below 1e-9.

    Raises:
        InputError: The mandate or the mask does not fit the model.
        InfeasibleError: The limits contradict each other; they are named with the smallest repair.
        SolverError: A corner could not be certified.

    >>> model = ReturnModel(["cash", "stocks"], [0.02, 0.08], [[0.0, 0.0], [0.0, 0.04]])
    >>> trace_frontier(model).at_risk_aversion(3.0)
    array([0.5, 0.5])
    """
    limits = (
        mandate if isinstance(mandate, Limits) else limits_of(model, mandate, eligible, signed=True)
    )
    parts = parts_of(model, limits)
    if parts is not None:
        return _folded(trace_frontier(parts.model, parts.limits), model, limits, parts)
    try:
        path, proof = trace_corners(model, limits)
    except DeferredInfeasibleError:
        raise
    except (InfeasibleError, SolverError) as error:
        named = name_contradiction(limits)
        raise (
            named
            if isinstance(named, InfeasibleError) or isinstance(error, InfeasibleError)
            else error
        ) from None
    cap = limits.max_volatility
    if cap is None or proof.variance[-1] <= cap * cap:
        return _frontier(model, limits, path, proof)
    lowest = float(np.sqrt(max(proof.variance[0], 0.0)))
    if cap < lowest * (1.0 - 1e-12):
        raise InfeasibleError(
            f"max_volatility {cap:.6g} is below {lowest:.6g}, the least volatility that the other"
            f" limits allow; raise it to at least {at_least(lowest)}, or admit less risky assets.",
            constraints=("max_volatility",),
        )
    cut = cut_path(path, proof, model.covariance, cap)
    most = float(cut.risk_tolerance[-1])
    return _frontier(
        model, limits, cut, prove_path(model, limits, cut), 1.0 / most if most > 0.0 else np.inf
    )


def _folded(over: Frontier, model: ReturnModel, limits: Limits, parts: Parts) -> Frontier:
    """The frontier of weights from that of their parts."""
    weights = frozen(parts.limits.fold(over.weights))
    return replace(
        over, assets=model.assets, weights=weights, limits=limits, model=model, parts=parts
    )


def _frontier(
    model: ReturnModel, limits: Limits, path: CornerPath, proof: PathProof, least: float = 0.0
) -> Frontier:
    volatility, residual = np.sqrt(np.maximum(proof.variance, 0.0)), proof.residual
    if least > 0.0 and limits.max_volatility is not None:
        residual = np.maximum(residual, volatility - limits.max_volatility)
    mean, volatility = (
        np.maximum.accumulate(proof.mean),
        np.maximum.accumulate(volatility),
    )  # by an ulp: the path has been seen to ascend
    t, w, mean, volatility, residual = (
        frozen(a) for a in (path.risk_tolerance, path.weights, mean, volatility, residual)
    )
    return Frontier(model.assets, t, w, mean, volatility, residual, limits, model, path, least)

"""The best multipliers of any weights, by one linear program, and the certificate from them."""

from __future__ import annotations

from math import frexp, ldexp

import numpy as np

from advisor.arrays import BoolArray, FloatArray, float_array
from advisor.contracts.mandate import Mandate
from advisor.data.by_asset import in_order
from advisor.data.returns import ReturnModel
from advisor.optimize.limits.certificate import Certificate, certify_row, objective_scale
from advisor.optimize.limits.infeasible import name_contradiction
from advisor.optimize.limits.limits import Limits, limits_of
from advisor.optimize.risk_aversion import check_risk_aversion

LP_TOLERANCE = 1e-10
"""The tightest HiGHS allows."""


def unit_of(values: FloatArray) -> float:
    """The power of two at or below the largest of numbers, 1 where they are 0: what a program that
    is solved to an absolute tolerance is to be measured in.
    """
    largest = float(np.abs(values).max(initial=0.0))
    return ldexp(1.0, frexp(largest)[1] - 1) if largest > 0.0 else 1.0


def certify(
    model: ReturnModel,
    mandate: Mandate,
    weights: object,
    risk_aversion: float,
    eligible: BoolArray | None = None,
) -> Certificate:
    """Prove, or disprove, from nothing but the inputs that weights are optimal: no frontier and no
    solver's word is trusted.

    The best possible multipliers come from one linear program (the problem linearised at the
    weights, solved by HiGHS); the gap is then recomputed from them in closed form, so that the
    program's own tolerances cannot flatter it.

    Args:
        model: Means and covariance of n assets.
        mandate: The limits.
        weights: Fractions of wealth, shape (n,).
        risk_aversion: `g >= 0`; inf for the least risky portfolio.
        eligible: False where an asset may not be held, shape (n,).

    Returns:
        The certificate; weights are optimal to within `kkt_residual` of the objective.

    Raises:
        InputError: Shapes disagree or the risk aversion is negative.
        InfeasibleError: The limits contradict each other.
    """
    limits = limits_of(model, mandate, eligible)
    w = float_array(in_order(weights, model.assets, "weights"), "weights", shape=(len(model),))
    risk_aversion = check_risk_aversion(risk_aversion)
    multipliers, extra = best_multipliers(model, limits, w, risk_aversion)
    return certify_row(model, limits, w, risk_aversion, multipliers, risk_aversion + extra)


def best_multipliers(
    model: ReturnModel, limits: Limits, weights: FloatArray, risk_aversion: float
) -> tuple[FloatArray, float]:
    """Multipliers of budget and rows, shape (1 + r,), in units of the objective, and what the
    volatility cap adds to the risk aversion.
    """
    from scipy.optimize import linprog

    risk, reward = (float(x[0]) for x in objective_scale(np.array([risk_aversion])))
    marginal = np.einsum("ij,j->i", model.covariance, weights)
    left, right = limits.one_sided()
    rows = len(right)
    if limits.max_volatility is not None:
        # no portfolio below the cap is cut off by the cap's tangent at the weights
        left = np.vstack([left, marginal])
        tangent = 0.5 * (np.einsum("i,i->", weights, marginal) + limits.max_volatility**2)
        right = np.append(right, tangent)
    solved = linprog(
        risk * marginal - reward * model.mean,
        A_ub=left if len(right) else None,
        b_ub=right if len(right) else None,
        A_eq=np.ones((1, len(model))),
        b_eq=[1.0],
        bounds=list(zip(limits.lower.tolist(), limits.upper.tolist(), strict=True)),
        method="highs",
        options={
            "primal_feasibility_tolerance": LP_TOLERANCE,
            "dual_feasibility_tolerance": LP_TOLERANCE,
        },
    )
    if solved.status != 0:
        raise name_contradiction(limits)
    prices = -np.asarray(solved.ineqlin.marginals)
    y = np.concatenate([solved.eqlin.marginals, limits.row_prices(prices[:rows])])
    cap = float(prices[-1]) if limits.max_volatility is not None else 0.0
    if cap <= 0.0 or np.isinf(risk_aversion):
        return y, 0.0
    effective = (risk + cap) / reward
    scale = float(objective_scale(np.array([effective]))[1][0]) / reward
    return y * scale, effective - risk_aversion

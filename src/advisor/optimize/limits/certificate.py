"""Proof that a portfolio is optimal: how far it is from feasible and from the best, which limits
bind, and what each of them costs.

The objective is `m'w - g/2 w'Sw` for a risk aversion `g` up to 1, and that divided by `g` above, so
that the least risky portfolio (`g = inf`, minus half the variance) is measured on the same footing.
A cap on volatility that binds acts as a higher risk aversion `h >= g`: then the objective is
divided by `h` if that is above 1.

The residual is the largest of `|sum w - 1|`, the violations of bounds and limits, and the duality
gap divided by `max(1, |objective|)`. A small gap is a proof: the objective is concave, so no
portfolio within the limits is better by more than it.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from advisor.arrays import FloatArray
from advisor.contracts.advice import Binding
from advisor.data.returns import ReturnModel
from advisor.optimize.limits.binding import binding_limits
from advisor.optimize.limits.limits import Limits


@dataclass(frozen=True)
class Certificate:
    """What was proved about one portfolio: the residual, what it is the largest of, and the binding
    limits, dearest first.
    """

    kkt_residual: float
    budget_error: float
    violation: float
    duality_gap: float
    objective: float
    binding: tuple[Binding, ...]


def certify_row(
    model: ReturnModel,
    limits: Limits,
    weights: FloatArray,
    risk_aversion: float,
    multipliers: FloatArray,
    effective: float,
) -> Certificate:
    """The certificate of one row, shape (n,), from given multipliers, shape (1 + r,); see
    `kkt_residuals`.
    """
    marginal = np.einsum("cj,ij->ci", weights[None], model.covariance)
    terms = terms_of(
        model,
        limits,
        weights[None],
        marginal,
        np.array([risk_aversion]),
        multipliers[None],
        np.array([effective]),
    )
    risk, reward = (float(x[0]) for x in objective_scale(np.array([effective])))
    costs = reduced_costs(model, limits, (reward, risk), multipliers, marginal[0])
    return certificate_of(
        terms, binding_limits(limits, weights, costs, multipliers[1:], risk_aversion, effective)
    )


def reduced_costs(
    model: ReturnModel,
    limits: Limits,
    rates: tuple[float, float],
    multipliers: FloatArray,
    marginal: FloatArray,
) -> FloatArray:
    """What the prices of budget and rows leave of the gradient of `risk/2 w'Sw - reward mean'w`,
    shape (n,).
    """
    reward, risk = rates
    return (
        risk * marginal
        - reward * model.mean
        - multipliers[0]
        - np.einsum("r,ri->i", multipliers[1:], limits.rows)
    )


def certificate_of(terms: Terms, binding: list[tuple[str, float]]) -> Certificate:
    """The certificate of one row from its terms and its binding limits."""
    return Certificate(
        kkt_residual=float(terms.residual[0]),
        budget_error=float(terms.budget_error[0]),
        violation=float(terms.violation[0]),
        duality_gap=float(terms.gap[0]),
        objective=float(terms.objective[0]),
        binding=tuple(Binding(name=name, shadow_price=price) for name, price in binding),
    )


def kkt_residuals(
    model: ReturnModel,
    limits: Limits,
    weights: FloatArray,
    risk_aversion: FloatArray,
    multipliers: FloatArray,
    effective: FloatArray,
) -> FloatArray:
    """KKT residual of each row.

    Args:
        model: Means and covariance of n assets.
        limits: Their limits.
        weights: Shape (c, n).
        risk_aversion: Shape (c,), 0 to inf.
        multipliers: Of the budget, then of the group and linear limits, in units of the objective
            above, shape (c, 1 + r): positive at a lower edge.
        effective: The risk aversion with the volatility cap's share, shape (c,); equal to
            `risk_aversion` where the cap does not bind.

    Returns:
        Shape (c,). Any multipliers give a valid, if larger, residual. Rows do not depend on each
        other, to the bit.
    """
    marginal = np.einsum("cj,ij->ci", weights, model.covariance)
    return terms_of(
        model, limits, weights, marginal, risk_aversion, multipliers, effective
    ).residual


@dataclass(frozen=True, eq=False)
class Terms:
    """What a residual is the largest of, each shape (c,)."""

    budget_error: FloatArray
    violation: FloatArray
    gap: FloatArray
    objective: FloatArray

    @property
    def residual(self) -> FloatArray:
        """KKT residual, shape (c,)."""
        return np.maximum(
            np.maximum(self.budget_error, self.violation),
            self.gap / np.maximum(1.0, np.abs(self.objective)),
        )


def objective_scale(effective: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Factors of variance and of mean in the objective, each shape (c,): `(g, 1) / max(1, g)`."""
    return np.minimum(effective, 1.0), 1.0 / np.maximum(effective, 1.0)


def terms_of(
    model: ReturnModel,
    limits: Limits,
    weights: FloatArray,
    marginal: FloatArray,
    risk_aversion: FloatArray,
    multipliers: FloatArray,
    effective: FloatArray,
) -> Terms:
    """The terms of `kkt_residuals`, given the marginal variances `S w` of each row, shape (c,
    n).
    """
    risk, reward = objective_scale(effective)
    own = risk
    if limits.max_volatility is not None:
        with np.errstate(invalid="ignore"):
            own = np.where(np.isinf(risk_aversion), 1.0, risk_aversion * reward)
    return terms_at(model, limits, weights, marginal, [reward, risk, own], multipliers)


def terms_at(
    model: ReturnModel,
    limits: Limits,
    weights: FloatArray,
    marginal: FloatArray,
    rates: list[FloatArray],
    multipliers: FloatArray,
) -> Terms:
    """The terms, given factors of mean, of half the variance, and of the latter without the share
    of the cap, each shape (c,).
    """
    reward, risk, own = rates
    variance, mean = (
        np.einsum("ci,ci->c", marginal, weights),
        np.einsum("ci,i->c", weights, model.mean),
    )
    gap = duality_gap(
        risk[:, None] * marginal - reward[:, None] * model.mean, weights, limits, multipliers
    )
    violation = np.maximum(overstepped(limits, weights), 0.0)
    if limits.max_volatility is not None:
        gap = gap + (risk - own) / 2.0 * (limits.max_volatility**2 - variance)
        violation = np.maximum(
            violation, np.sqrt(np.maximum(variance, 0.0)) - limits.max_volatility
        )
    return Terms(
        np.abs(weights.sum(axis=1) - 1.0), violation, gap, reward * mean - own / 2.0 * variance
    )


def overstepped(limits: Limits, weights: FloatArray) -> FloatArray:
    """By how much the weights violate the bound or row that they violate most, shape (c,); below 0
    where there is room to every edge.
    """
    most = np.maximum(limits.lower - weights, weights - limits.upper).max(axis=1)
    if limits.row_names:
        value = np.einsum("cn,rn->cr", weights, limits.rows)
        most = np.maximum(
            most, np.maximum(limits.row_lower - value, value - limits.row_upper).max(axis=1)
        )
    return most


def duality_gap(
    gradient: FloatArray, weights: FloatArray, limits: Limits, multipliers: FloatArray
) -> FloatArray:
    """Duality gap of each row: `gradient'w` minus a lower bound of the least `gradient'v` over all
    portfolios v.

    Args:
        gradient: Of the objective to be minimised, shape (c, n).
        weights: Shape (c, n).
        limits: Bounds and rows.
        multipliers: Of the budget, then of the rows, shape (c, 1 + r): positive at a lower edge,
            negative at an upper one.

    Returns:
        Gap, shape (c,): 0 or more for feasible weights, and no smaller than what the objective
            loses against its optimum, by convexity and weak
        duality: any multipliers give a valid bound, the optimal ones the exact gap.
    """
    gap, cost = priced_out(gradient, weights, limits, multipliers)
    return gap + np.einsum(
        "cn,cn->c", cost, weights - np.where(cost > 0.0, limits.lower, limits.upper)
    )


def priced_out(
    gradient: FloatArray, weights: FloatArray, limits: Limits, multipliers: FloatArray
) -> tuple[FloatArray, FloatArray]:
    """The part of `duality_gap` that budget and rows have, shape (c,), and what their prices leave
    of the gradient, shape (c, n).
    """
    cost, price = gradient - multipliers[:, :1], multipliers[:, 0]
    gap = price * (weights.sum(axis=1) - 1.0)
    if limits.row_names:
        low, high = np.isfinite(limits.row_lower), np.isfinite(limits.row_upper)
        y = np.where(
            multipliers[:, 1:] > 0.0,
            np.where(low, multipliers[:, 1:], 0.0),
            np.where(high, multipliers[:, 1:], 0.0),
        )
        edge = np.where(
            y > 0.0, np.where(low, limits.row_lower, 0.0), np.where(high, limits.row_upper, 0.0)
        )
        gap = gap + np.einsum("cr,cr->c", y, np.einsum("cn,rn->cr", weights, limits.rows) - edge)
        cost = cost - np.einsum("cr,rn->cn", y, limits.rows)
    return gap, cost

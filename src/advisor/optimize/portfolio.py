"""One portfolio with its proof."""

from __future__ import annotations

from dataclasses import dataclass
from typing import cast

import numpy as np

from advisor.arrays import FloatArray, frozen
from advisor.contracts.advice import Binding
from advisor.contracts.mandate import Mandate
from advisor.data.returns import ReturnModel
from advisor.errors import InputError
from advisor.optimize.frontier import Frontier, trace_frontier
from advisor.optimize.preferences import Preferences


@dataclass(frozen=True, eq=False)
class Portfolio:
    """Weights of one portfolio, what is expected of it, and the proof that it is optimal.

    Args:
        assets: Ids, length n.
        weights: Fractions of wealth, shape (n,).
        mean: Expected annual return.
        volatility: Annual.
        status: "ok", or "no_participation" where the client wants no risk at all.
        binding: Limits held with equality at a positive shadow price, dearest first.
        kkt_residual: See `certificate`.
        risk_aversion: The plain (effective) risk aversion whose optimum this is.
    """

    assets: tuple[str, ...]
    weights: FloatArray
    mean: float
    volatility: float
    status: str
    binding: tuple[Binding, ...]
    kkt_residual: float
    risk_aversion: float

    def __repr__(self) -> str:
        held = ", ".join(f"{a} {w:.1%}" for a, w in zip(self.assets, self.weights.tolist(), strict=True) if abs(w) >= 5e-4)
        return f"Portfolio({held}; mean {self.mean:.2%}, volatility {self.volatility:.2%}, {self.status})"


def portfolio_on(frontier: Frontier, weights: FloatArray, risk_aversion: float, status: str = "ok") -> Portfolio:
    """A portfolio of this frontier, shape (n,), with its moments recomputed and its certificate at this risk aversion."""
    proof = frontier.certify(weights, risk_aversion)
    mean = float(weights @ frontier.model.mean)
    volatility = float(np.sqrt(max(float(weights @ frontier.model.covariance @ weights), 0.0)))
    return Portfolio(frontier.assets, frozen(weights), mean, volatility, status, proof.binding, proof.kkt_residual, risk_aversion)


def optimal_portfolio(
    model: ReturnModel,
    mandate: Mandate | None = None,
    *,
    risk_aversion: float | None = None,
    target_volatility: float | None = None,
    preferences: Preferences | None = None,
) -> Portfolio:
    """The best portfolio of one client, with its proof.

    Args:
        model: Annual expected returns and covariance of n assets.
        mandate: The limits; long-only when None.
        risk_aversion: `g` of `mean - g/2 variance`; 0 or more, inf for the least risk.
        target_volatility: Annual; the risk aversion is then the one that leads there.
        preferences: Of one client, instead of `risk_aversion`; or beside `target_volatility`, whose risk aversion then takes the place of theirs.

    Returns:
        The portfolio; its `kkt_residual` proves it optimal, its `binding` limits say what more freedom would be worth.

    Raises:
        InputError: Not exactly one of the ways to say how much risk is wanted.
        InfeasibleError: The limits contradict each other; they are named.

    >>> model = ReturnModel(["cash", "stocks"], [0.02, 0.08], [[0.0, 0.0], [0.0, 0.04]])
    >>> optimal_portfolio(model, risk_aversion=3.0)
    Portfolio(cash 50.0%, stocks 50.0%; mean 5.00%, volatility 10.00%, ok)
    """
    frontier = trace_frontier(model, mandate)
    if (risk_aversion is not None) + (target_volatility is not None) + (preferences is not None and target_volatility is None) != 1:
        raise InputError(
            f"risk_aversion is {risk_aversion}, target_volatility {target_volatility} and preferences {preferences}; give one of them, or preferences "
            "with a target_volatility.",
            field="risk_aversion",
            value=risk_aversion,
        )
    gamma = float(frontier.risk_aversion_at(target_volatility)[0]) if target_volatility is not None else risk_aversion
    if preferences is None:
        weights = frontier.at_risk_aversion(cast(float, gamma)) if target_volatility is None else frontier.at_volatility(target_volatility)
        return portfolio_on(frontier, weights, cast(float, gamma))
    if len(preferences) != 1:
        raise InputError(
            f"preferences are of {len(preferences)} clients; pass those of one, or call optimal_portfolios.",
            field="preferences",
            value=len(preferences),
        )
    wanted = preferences if gamma is None or np.isinf(gamma) else preferences.with_risk_aversion(gamma)
    gamma = float(frontier.effective_risk_aversion(wanted)[0]) if gamma is None or np.isfinite(gamma) else gamma
    return portfolio_on(frontier, frontier.at_risk_aversion(gamma), gamma, str(frontier.participation(wanted)[0]))

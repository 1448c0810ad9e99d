"""One portfolio with its proof."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from advisor.arrays import BoolArray, FloatArray, frozen
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

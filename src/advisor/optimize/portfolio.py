"""One portfolio with its proof."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from advisor.arrays import FloatArray, frozen
from advisor.contracts.advice import Binding
from advisor.optimize.frontier.frontier import Frontier
from advisor.optimize.preferences.certificate import certify_preferences
from advisor.optimize.preferences.preferences import Preferences


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
        note: What was asked for and is out of the limits' reach; "" where nothing is.
    """

    assets: tuple[str, ...]
    weights: FloatArray
    mean: float
    volatility: float
    status: str
    binding: tuple[Binding, ...]
    kkt_residual: float
    risk_aversion: float
    note: str = ""

    def to_series(self) -> pd.Series:
        """Weights by asset id."""
        return pd.Series(self.weights.copy(), pd.Index(self.assets, name="asset"), name="weight")

    def __repr__(self) -> str:
        held = ", ".join(
            f"{a} {w:.1%}"
            for a, w in zip(self.assets, self.weights.tolist(), strict=True)
            if abs(w) >= 5e-4
        )
        return (
            f"Portfolio({held}; mean {self.mean:.2%}, volatility {self.volatility:.2%},"
            f" {self.status}{self.note and f'; {self.note}'})"
        )

    def _repr_html_(self) -> str:
        from advisor.reports.cards import portfolio_card

        return portfolio_card(self)


def portfolio_on(
    frontier: Frontier,
    weights: FloatArray,
    risk_aversion: float,
    preferences: Preferences | None = None,
) -> Portfolio:
    """A portfolio of this frontier, shape (n,), with its moments recomputed and its certificate: at
    this risk aversion, or, of loss-averse preferences of one client, of the best there is for
    these.
    """
    status = "ok"
    if preferences is None or preferences.loss_aversion[0] == 1.0:
        proof = frontier.certify(weights, risk_aversion)
    else:
        status = "no_participation" if np.isinf(risk_aversion) else "ok"
        proof = certify_preferences(frontier, weights, preferences, risk_aversion)
    mean, volatility = frontier.moments_of(weights)
    return Portfolio(
        frontier.assets,
        frozen(weights),
        mean,
        volatility,
        status,
        proof.binding,
        proof.kkt_residual,
        risk_aversion,
    )

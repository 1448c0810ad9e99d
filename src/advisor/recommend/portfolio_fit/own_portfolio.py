"""What a product would do for what a client has already, prepared once for a catalogue and judged
client by client.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from advisor.arrays import FloatArray, IntArray, frozen
from advisor.data.returns import ReturnModel
from advisor.errors import InputError

UTILITY_SHARE = 0.002
"""Usefulness against closing the whole gap, unless stated otherwise: with a `fit_weight` of 100 the
most useful product gains a fifth of the range of relevance."""
NOTHING: FloatArray = np.zeros((0, 0))
NOTHING.flags.writeable = False
_NONE: FloatArray = np.zeros(0)
_NONE.flags.writeable = False
NOBODY = (NOTHING, _NONE, _NONE, NOTHING, _NONE, _NONE)
"""Stands for "no portfolio counts"."""


@dataclass(frozen=True, eq=False)
class ProductMoments:
    """Return and risk of p products through n assets: made once for a catalogue.

    Attributes:
        excess: Expected annual return over cash, fee paid, shape (p,).
        variance: Annual, shape (p,).
        covariance: Of the assets, shape (n, n).
    """

    excess: FloatArray
    variance: FloatArray
    covariance: FloatArray

    @classmethod
    def of(
        cls,
        exposures: FloatArray,
        model: ReturnModel,
        *,
        fee: FloatArray | None = None,
        cash_return: float = 0.0,
    ) -> ProductMoments:
        """From shares in assets.

        Args:
            exposures: Share of each product in each asset, shape (p, n).
            model: Annual returns and covariance of the n assets.
            fee: Annual fee as a fraction, shape (p,); default 0.
            cash_return: What money not placed earns a year.

        Raises:
            InputError: There are other assets in the model.
        """
        if exposures.ndim != 2 or exposures.shape[1] != len(model):
            raise InputError(
                f"exposures is {exposures.shape} for {len(model)} assets; give one column an"
                " asset.",
                field="exposures",
                value=exposures.shape,
            )
        paid = 0.0 if fee is None else fee
        excess = np.einsum("pn,n->p", exposures, model.mean) - cash_return - paid
        variance = np.einsum("pn,nm,pm->p", exposures, model.covariance, exposures)
        return cls(frozen(excess), frozen(variance), model.covariance)


@dataclass(frozen=True, eq=False)
class OwnPortfolio:
    """What each of c clients has, and how they judge.

    Attributes:
        weights: Portfolio by asset as fractions of wealth, the rest is cash, shape (c, n).
        wealth: Money, shape (c,).
        risk_aversion: At least 0; inf judges by variance alone. Shape (c,).
        moments: Of the products.
        share: What the most useful product gains over the least useful one, against 1 for closing
            the client's whole gap.
    """

    weights: FloatArray
    wealth: FloatArray
    risk_aversion: FloatArray
    moments: ProductMoments
    share: float = UTILITY_SHARE

    def take(self, rows: IntArray) -> OwnPortfolio:
        """The clients asked for."""
        return replace(
            self,
            weights=self.weights[rows],
            wealth=self.wealth[rows],
            risk_aversion=self.risk_aversion[rows],
        )

    def arrays(
        self,
    ) -> tuple[FloatArray, FloatArray, FloatArray, FloatArray, FloatArray, FloatArray]:
        """As the compiled loop wants them."""
        m = self.moments
        return self.weights, self.wealth, self.risk_aversion, m.covariance, m.excess, m.variance

    def check(self, clients: int, shape: tuple[int, int]) -> None:
        """Raise `InputError` unless it speaks of these clients, products and assets, with a risk
        aversion of at least 0.
        """
        products, assets = shape
        shapes = (
            self.weights.shape,
            self.wealth.shape,
            self.risk_aversion.shape,
            self.moments.excess.shape,
        )
        if shapes != ((clients, assets), (clients,), (clients,), (products,)):
            raise InputError(
                f"own has weights {shapes[0]}, wealth {shapes[1]}, risk_aversion {shapes[2]} and"
                f" moments of {shapes[3]} products; with {clients} clients, {assets} assets and"
                f" {products} products give (c, n), (c,), (c,) and p.",
                field="own",
                value=shapes[0],
            )
        if clients and not float(self.risk_aversion.min()) >= 0.0:
            raise InputError(
                f"own.risk_aversion has {self.risk_aversion.min():g}; who likes risk for its own"
                " sake has no certainty equivalent here. Give 0 or more.",
                field="own",
                value=float(self.risk_aversion.min()),
            )
        if not 0.0 <= self.share <= 1e6:
            raise InputError(
                f"own.share is {self.share:g}; a negative one would look for bad portfolios. Give"
                " a number from 0 to 1e6.",
                field="own.share",
                value=self.share,
            )

"""Mean-variance-efficient collaborative filtering: relevance factors that also prefer what improves
the client's portfolio.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from advisor.annotations import Count
from advisor.arrays import FloatArray
from advisor.data.catalogue import Catalogue
from advisor.data.ids import IdMap
from advisor.data.returns import ReturnModel
from advisor.errors import InputError
from advisor.recommend.model.factors import FoldedIn
from advisor.recommend.model.fitted import FittedModel
from advisor.recommend.model.purchases import History
from advisor.recommend.model.rows import NO_WEIGHTS, Rows, starts
from advisor.recommend.recipes.recipe import Recipe, Training
from advisor.recommend.recipes.settings import NotNegative, PurchaseWeight, Ridge
from advisor.recommend.ridge import ridge_of
from advisor.recommend.threads import one_thread
from advisor.validation import checked

START = 0.1
"""Spread of the random factors the sweeps start from."""


@checked
@dataclass(frozen=True)
class MVECF(Recipe):
    """Weighted least-squares factors with a mean-variance term in the loss, trained exactly and
    sparsely.

    The loss adds `trade_off * (risk_aversion / 2 * y' S y - mu' y)` for each client's predicted row
    y, its cross terms taken at what they own. That is again a weighted least-squares problem, whose
    weights vary by product and whose targets are dense, yet every sum over clients and products
    factors, so nothing of size clients x products is made.

    Args:
        factors: Length of a factor.
        regularization: Ridge on both sides; None: the one that finds left-out purchases best (see
            `ridge_of`), so that it has the scale of the data (the fitted model's `parameters` say
            what it was). One that leaves no factor is refused.
        confidence: Weight of a purchase against 1 for what was not bought.
        trade_off: Weight of the mean-variance term; 0 is plain weighted least squares.
        risk_aversion: In that term.
        iterations: Sweeps.

    Source: Chung, Lee & Kim (2023), arXiv 2306.06590, section 4.
    """

    GRID = ({"factors": 32}, {"trade_off": 0.1}, {"trade_off": 0.0})

    factors: Count = 16
    regularization: Ridge | None = None
    confidence: PurchaseWeight = 1.0
    trade_off: NotNegative = 1.0
    risk_aversion: NotNegative = 3.0
    iterations: Count = 15

    def learn(self, training: Training) -> FittedModel:
        """Alternate. Needs `catalogue` and `model`."""
        if training.catalogue is None or training.model is None:
            raise InputError(
                "MVECF weighs products by their expected return and covariance, but catalogue or"
                " model is missing. Pass both.",
                field="catalogue" if training.catalogue is None else "model",
                value=None,
            )
        history = training.history()
        ridge = ridge_of(history, self.confidence, self.regularization, self.factors)
        mean, covariance = product_moments(training.catalogue, training.model, history.items)
        with one_thread():
            encoder = self._alternate(history, mean, covariance, ridge, training.seed)
        matrix = np.vstack(
            [
                encoder.factors[: history.n_products].T,
                history.popularity()[None, : history.n_products],
            ]
        )
        return FittedModel(
            "MVECF",
            history,
            encoder,
            matrix,
            replace(self, regularization=ridge).settings() | {"seed": training.seed},
        )

    def _alternate(
        self, history: History, mean: FloatArray, covariance: FloatArray, ridge: float, seed: int
    ) -> FoldedIn:
        from advisor.recommend.kernels import score_rows, solve_rows

        rows, columns = history.rows, _transposed(history.rows, len(history.items))
        more = 1.0 + 0.5 * self.risk_aversion * self.trade_off * np.diag(covariance)
        cross = covariance - np.diag(np.diag(covariance))
        share = 1.0 / np.maximum(np.diff(rows.indptr), 1)
        per_owner = share[columns.codes]
        items = START * np.random.default_rng(seed).standard_normal(
            (len(history.items), self.factors)
        )
        for _ in range(self.iterations):
            encoder = self._encoder(history.items, items, mean, cross, more, ridge)
            people = encoder.factors_of(rows)
            right = self.confidence * score_rows(columns.indptr, columns.codes, NO_WEIGHTS, people)
            right += 0.5 * self.trade_off * mean[:, None] * people.sum(axis=0)
            if self.trade_off * self.risk_aversion > 0.0:
                right -= (
                    0.25
                    * self.trade_off
                    * self.risk_aversion
                    * (cross @ score_rows(columns.indptr, columns.codes, per_owner, people))
                )
            base = people.T @ people
            items = solve_rows(
                columns.indptr,
                columns.codes,
                people,
                base,
                more,
                ridge,
                self.confidence - 1.0,
                right,
            )
        return self._encoder(history.items, items, mean, cross, more, ridge)

    def _encoder(
        self,
        ids: IdMap,
        items: FloatArray,
        mean: FloatArray,
        cross: FloatArray,
        more: FloatArray,
        ridge: float,
    ) -> FoldedIn:
        """The client step for these item factors."""
        tilt = -0.25 * self.trade_off * self.risk_aversion * (cross @ items)
        shift = 0.5 * self.trade_off * (items.T @ mean)
        base = (items * more[:, None]).T @ items
        return FoldedIn(
            ids, items, base, ridge, self.confidence - 1.0, self.confidence * items, tilt, shift
        )


def product_moments(
    catalogue: Catalogue, model: ReturnModel, items: IdMap
) -> tuple[FloatArray, FloatArray]:
    """Expected annual return net of fee, shape (q,), and covariance, shape (q, q), of each item; 0
    for what is no longer in the catalogue.
    """
    exposures = np.zeros((len(items), len(model)))
    exposures[: len(catalogue)] = catalogue.exposures(model.ids)
    mean = exposures @ model.mean
    mean[: len(catalogue)] -= catalogue.annual_fee
    return mean, exposures @ model.covariance @ exposures.T


def _transposed(rows: Rows, items: int) -> Rows:
    """Owners of each item."""
    order = np.argsort(rows.codes, kind="stable")
    return Rows(starts(rows.codes, items), rows.row_of_entry()[order], NO_WEIGHTS)

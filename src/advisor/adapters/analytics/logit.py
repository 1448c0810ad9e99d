"""A ridge logit whose probabilities are corrected by what happened out of fold."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.special import expit, logit

from advisor.adapters.analytics.columns import refusing
from advisor.adapters.extras import needs
from advisor.arrays import BoolArray, FloatArray

FOLDS = 5
ENOUGH = 1000
"""Rows from which the shape of the correction is free (Niculescu-Mizil and Caruana 2005, figure
7)."""


@dataclass(frozen=True, eq=False)
class CalibratedLogit:
    """Coefficients, intercept, and the correction stated -> corrected, both ascending."""

    coefficients: FloatArray
    intercept: float
    stated: FloatArray
    corrected: FloatArray

    def probability(self, terms: FloatArray) -> FloatArray:
        """Of each row of terms, shape (c,)."""
        raw = expit(self.intercept + np.einsum("ct,t->c", terms, self.coefficients))
        return np.interp(raw, self.stated, self.corrected)


def calibrated_logit(
    terms: FloatArray, happened: BoolArray, strength: float, seed: int
) -> CalibratedLogit:
    """Fitted on all rows; corrected by a logit on out-of-fold log-odds, with many rows also by an
    isotonic regression.
    """
    linear: Any = needs("analytics", "sklearn.linear_model")
    folds: Any = needs("analytics", "sklearn.model_selection")
    monotone: Any = needs("analytics", "sklearn.isotonic")
    split = folds.StratifiedKFold(FOLDS, shuffle=True, random_state=seed % 2**32)
    plain, rows = np.array([0.0, 1.0]), len(terms)
    with refusing("The model has no finite answer", "facts", "Check the scale of the facts."):
        recipe = linear.LogisticRegression(C=strength, max_iter=5000)
        outside = folds.cross_val_predict(
            recipe, terms, happened, cv=split, method="decision_function"
        )
        line = linear.LogisticRegression(C=1e6, max_iter=5000).fit(outside[:, None], happened)
        slope, shift = float(line.coef_[0, 0]), float(line.intercept_[0])
        if slope <= 0.0:  # out of fold the facts order nobody: everybody gets the mean rate
            return CalibratedLogit(
                np.zeros(terms.shape[1]), float(logit(happened.mean())), plain, plain
            )
        fit = recipe.fit(terms, happened)
        beta, base = slope * fit.coef_[0], slope * float(fit.intercept_[0]) + shift
        if rows < ENOUGH:
            return CalibratedLogit(beta, base, plain, plain)
        edge = 1.0 / (rows + 2.0)
        curve = monotone.IsotonicRegression(y_min=edge, y_max=1.0 - edge).fit(
            expit(slope * outside + shift), happened
        )
        return CalibratedLogit(beta, base, curve.X_thresholds_, curve.y_thresholds_)

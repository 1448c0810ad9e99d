"""A ridge logit corrected by what happened out of fold, and how good probabilities are."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from scipy.special import expit, logit

from advisor.adapters.analytics.columns import refusing, vector
from advisor.adapters.analytics.proportions import proportions
from advisor.adapters.extras import needs
from advisor.annotations import Count, Vector
from advisor.arrays import BoolArray, FloatArray
from advisor.errors import InputError
from advisor.measures import reliability_curve
from advisor.validation import checked

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
        method = "decision_function"
        outside = folds.cross_val_predict(recipe, terms, happened, cv=split, method=method)
        line = linear.LogisticRegression(C=1e6, max_iter=5000).fit(outside[:, None], happened)
        slope, shift = float(line.coef_[0, 0]), float(line.intercept_[0])
        if slope <= 0.0:  # out of fold the facts order nobody: everybody gets the mean rate
            mean = float(logit(happened.mean()))
            return CalibratedLogit(np.zeros(terms.shape[1]), mean, plain, plain)
        fit = recipe.fit(terms, happened)
        beta, base = slope * fit.coef_[0], slope * float(fit.intercept_[0]) + shift
        if rows < ENOUGH:
            return CalibratedLogit(beta, base, plain, plain)
        edge = 1.0 / (rows + 2.0)
        curve = monotone.IsotonicRegression(y_min=edge, y_max=1.0 - edge)
        curve.fit(expit(slope * outside + shift), happened)
        return CalibratedLogit(beta, base, curve.X_thresholds_, curve.y_thresholds_)


@dataclass(frozen=True, eq=False)
class ChurnReport:
    """How good probabilities are on clients that the model has not seen.

    Attributes:
        auc: Chance that somebody who left had a higher probability than somebody who stayed.
        brier: Mean squared error of the probabilities.
        base_brier: The same for everybody's mean rate.
        reliability: One row a bin: clients, predicted, observed, low, high (Wilson, 95 %).
        clients, churned: Judged, and who left.
    """

    auc: float
    brier: float
    base_brier: float
    reliability: pd.DataFrame
    clients: int
    churned: int


@checked
def judge_churn(probability: Vector, churned: Vector, *, bins: Count = 10) -> ChurnReport:
    """How good probabilities of any model are.

    Args:
        probability: Of leaving, shape (c,).
        churned: 1 for who left, 0 for who stayed, shape (c,).
        bins: Of the reliability table, with about as many clients each.

    Raises:
        InputError: Lengths differ, a probability is outside 0 to 1, or all had the same outcome.

    Source: Hanley and McNeil (1982) for the AUC; Brier (1950).
    """
    p = vector(probability, "probability", low=0.0, high=1.0)
    y = vector(churned, "churned", low=0.0, high=1.0, whole=True, length=len(p))
    if y.min() == y.max():
        why = f"churned is {y[0]:g} for all; leaving and staying cannot be compared."
        raise InputError(f"{why} Take more clients.", field="churned")
    metrics = needs("analytics", "sklearn.metrics")
    curve = reliability_curve(p, y > 0.0, bins=bins, equal_counts=True)
    shares = proportions(np.round(curve.observed * curve.count), curve.count)
    stated = {"clients": curve.count, "predicted": curve.stated, "observed": curve.observed}
    table = pd.DataFrame(stated).join(shares[["low", "high"]])
    auc, scores = float(metrics.roc_auc_score(y, p)), (curve.brier, curve.brier_of_base_rate)
    return ChurnReport(auc, *scores, table, len(p), int(y.sum()))

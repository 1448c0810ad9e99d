"""How good probabilities of leaving are, on clients that no model was fitted on."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from advisor.adapters.analytics.columns import vector
from advisor.adapters.analytics.proportions import proportions
from advisor.adapters.extras import needs
from advisor.annotations import Count, Vector
from advisor.errors import InputError
from advisor.measures import reliability_curve
from advisor.validation import checked


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

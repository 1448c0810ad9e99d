"""The reference scorer of transactions: what is unusual, by an isolation forest."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from advisor.adapters.analytics.columns import measured, refusing, table
from advisor.adapters.analytics.transaction_risk import Score, TransactionEvent
from advisor.adapters.extras import needs
from advisor.annotations import Count, Seed
from advisor.arrays import NUMBER, FloatArray
from advisor.data.tables import labels_of
from advisor.errors import InputError
from advisor.privacy import personal
from advisor.validation import checked


@dataclass(frozen=True, eq=False, repr=False)
class IsolationScorer:
    """The reference scorer: an isolation forest of scikit-learn, fitted on usual transactions.

    No fraud model: it knows only what is unusual. Source: Liu, Ting and Zhou (2008).
    """

    features: tuple[str, ...]
    _forest: Any
    _usual: FloatArray
    _center: FloatArray
    _spread: FloatArray

    @classmethod
    @checked
    def fit(cls, frame: pd.DataFrame, *, trees: Count = 100, seed: Seed = 0) -> IsolationScorer:
        """From usual transactions, one a row, features as columns of numbers.

        Raises:
            InputError: Fewer than 2 rows, or a cell that is no finite number.
        """
        names = tuple(labels_of(frame.columns))
        frame = table(frame, names, "One row a transaction, features as columns.")
        values = np.stack([measured(frame, name, least=2) for name in names], axis=1)
        tool: Any = needs("analytics", "sklearn.ensemble")
        with refusing("The forest cannot be grown", "frame", "Check the features."):
            forest = tool.IsolationForest(n_estimators=trees, random_state=seed % 2**32).fit(values)
            usual = np.sort(-forest.score_samples(values))
        low, center, high = np.quantile(values, [0.25, 0.5, 0.75], axis=0)
        spread = np.where(high > low, high - low, np.maximum(values.std(axis=0), 1e-12))
        return cls(names, forest, usual, center, spread)

    def score(self, event: TransactionEvent) -> Score:
        """Share of the usual transactions that are less unusual; the three oddest features as
        reasons.

        Raises:
            InputError: A feature is absent or no finite number.
        """
        values = np.array([[_feature(event, name) for name in self.features]])
        with refusing("The transaction cannot be scored", "event", "Check its features."):
            raw = -float(self._forest.score_samples(values)[0])
        value = float(np.searchsorted(self._usual, raw, side="left")) / len(self._usual)
        odd = np.abs(values[0] - self._center) / self._spread
        worst = [i for i in np.argsort(-odd, kind="stable")[:3].tolist() if odd[i] > 1.5]
        text = "{} is {:.1f} interquartile ranges from usual"
        return Score(value, tuple(text.format(self.features[i], odd[i]) for i in worst))

    def __repr__(self) -> str:
        return f"IsolationScorer({', '.join(self.features)})"


def _feature(event: TransactionEvent, name: str) -> float:
    value = event.get(name) if hasattr(event, "get") else None
    if isinstance(value, NUMBER) and not isinstance(value, bool) and np.isfinite(value):
        return float(value)
    why = f"event[{name!r}] is {personal(value)}; the scorer needs a finite number."
    raise InputError(f"{why} Send it with the event.", field=name)

"""Who will leave: a calibrated logit on facts about clients."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from advisor.adapters.analytics.columns import table, vector
from advisor.adapters.analytics.probabilities import (
    CalibratedLogit,
    ChurnReport,
    calibrated_logit,
    judge_churn,
)
from advisor.adapters.crm import ClientFacts
from advisor.annotations import Count, Positive, Seed, Vector
from advisor.arrays import BoolArray, FloatArray
from advisor.data.tables import as_numbers, labels_of
from advisor.errors import InputError
from advisor.validation import checked

KNOTS = (0.25, 0.5, 0.75)
"""Quantiles at which the slope of a fact may change."""
FEWEST = 10
"""Clients of each outcome that a fit needs."""
MOST, CHUNK = 200_000, 100_000
"""Clients that a fit reads, drawn by its seed where there are more; clients whose terms are in
memory at once."""


@dataclass(frozen=True, eq=False, repr=False)
class ChurnModel:
    """A logit on facts, each with a slope that may change at its quartiles, calibrated.

    Attributes:
        facts: Columns used, length p.
        dropped: Columns that were constant or never known.
        clients: Fitted on.
    """

    facts: tuple[str, ...]
    dropped: tuple[str, ...]
    clients: int
    _logit: CalibratedLogit = field(repr=False)
    _fill: FloatArray = field(repr=False)
    _knots: tuple[FloatArray, ...] = field(repr=False)
    _center: FloatArray = field(repr=False)
    _scale: FloatArray = field(repr=False)

    @classmethod
    @checked
    def fit(
        cls,
        facts: pd.DataFrame | ClientFacts,
        churned: Vector,
        *,
        strength: Positive = 1.0,
        seed: Seed = 0,
    ) -> ChurnModel:
        """Fit, then calibrate on probabilities made out of fold.

        Args:
            facts: Numbers known on the day of prediction, one row a client; nan = unknown.
            churned: 1 for who left afterwards, 0 for who stayed, shape (c,).
            strength: Inverse of the ridge penalty on standardised terms.
            seed: Of the five folds.

        Raises:
            InputError: Fewer than 10 clients of an outcome, or no fact that varies.

        Source: Cox (1958) for the logit; Platt (1999) and, from 1,000 clients, Zadrozny and Elkan
        (2002) for the calibration; statistics by scikit-learn.
        """
        frame = _frame(facts)
        names = labels_of(frame.columns)
        values = _values(frame, names, "One row a client, facts as columns.")
        left = vector(churned, "churned", low=0.0, high=1.0, whole=True, length=len(values)) > 0.0
        few = int(min(left.sum(), (~left).sum()))
        if few < FEWEST:
            why = f"churned has {few} clients of one outcome, and {FEWEST} are needed:"
            remedy = "a rate of leaving cannot be told. Take more clients, or a longer time."
            raise InputError(f"{why} {remedy}", field="churned", value=few)
        if len(left) > MOST:
            drawn = np.random.default_rng(seed).permutation(len(left))[:MOST]
            values, left = values[drawn], left[drawn]
        spread = np.array([len(np.unique(c[np.isfinite(c)])) > 1 for c in values.T], np.bool_)
        if not spread.any():
            why = "No fact varies; nobody can be told apart. Give others."
            raise InputError(why, field="facts")
        used, out = tuple(np.array(names)[spread]), tuple(np.array(names)[~spread])
        values = values[:, spread]
        fill = np.nanmedian(values, axis=0)
        knots = tuple(np.unique(np.nanquantile(c, KNOTS)) for c in values.T)
        terms = _terms(values, fill, knots)
        center, scale = terms.mean(axis=0), terms.std(axis=0)
        scale = np.where(scale > 1e-12, scale, np.inf)
        logit = calibrated_logit((terms - center) / scale, left, strength, seed)
        return cls(used, out, len(left), logit, fill, knots, center, scale)

    @checked
    def probability(self, facts: pd.DataFrame | ClientFacts) -> FloatArray:
        """Probability that each client leaves, shape (c,).

        Raises:
            InputError: A fact is absent.
        """
        remedy = "Give the facts that the model was fitted on."
        values = _values(_frame(facts), self.facts, remedy)
        probabilities = np.empty(len(values))
        for start in range(0, len(probabilities), CHUNK):
            rows = slice(start, start + CHUNK)
            terms = _terms(values[rows], self._fill, self._knots)
            probabilities[rows] = self._logit.probability((terms - self._center) / self._scale)
        return probabilities

    @checked
    def report(
        self, facts: pd.DataFrame | ClientFacts, churned: Vector, *, bins: Count = 10
    ) -> ChurnReport:
        """AUC, Brier score and reliability, on clients who were not fitted on."""
        return judge_churn(self.probability(facts), churned, bins=bins)

    def __repr__(self) -> str:
        return f"ChurnModel({len(self.facts)} facts, {self.clients:,} clients)"


def _frame(facts: pd.DataFrame | ClientFacts) -> pd.DataFrame:
    return facts.to_frame() if isinstance(facts, ClientFacts) else facts


def _values(frame: pd.DataFrame, names: Sequence[str], remedy: str) -> FloatArray:
    """Facts by name, shape (c, p), nan = unknown."""
    frame = table(frame, names, remedy, field="facts")
    if not names:
        raise InputError("facts has no column; nobody can be told apart. Give some.", field="facts")
    values = np.stack([as_numbers(frame[name]) for name in names], axis=1)
    return np.where(np.isfinite(values), values, np.nan)


def _terms(values: FloatArray, fill: FloatArray, knots: tuple[FloatArray, ...]) -> FloatArray:
    """Each fact, what it exceeds each knot by, and whether it is unknown."""
    unknown: BoolArray = np.isnan(values)
    filled = np.where(unknown, fill, values)
    hinges = [np.maximum(filled[:, [j]] - k, 0.0) for j, k in enumerate(knots)]
    return np.concatenate([filled, *hinges, unknown.astype(np.float64)], axis=1)

"""Treated clients and their nearest untreated ones: pairs matched on the propensity score."""

from __future__ import annotations

from dataclasses import dataclass
from math import nan, sqrt
from typing import Any

import numpy as np
import pandas as pd

from advisor.adapters.analytics.columns import coded, marked, measured, measures, refusing, table
from advisor.adapters.analytics.effects import Effect, nearest_free
from advisor.adapters.extras import needs
from advisor.annotations import OpenShare, Positive, Text, Texts
from advisor.arrays import BoolArray, FloatArray
from advisor.errors import InputError
from advisor.validation import checked


@dataclass(frozen=True, eq=False, repr=False)
class MatchedPairs:
    """Pairs of a treated and an untreated client.

    Attributes:
        pairs: One row a pair: treated, control (ids), distance (of the log-odds).
        balance: One row a covariate: smd_before, smd_after (standardised mean differences; below
            .1 after matching is the usual demand).
        effect: Of the treatment on the treated of the pairs; None where no outcome was named.
        unmatched: Treated clients without a partner within the caliper.
        caliper: Largest distance allowed, in log-odds.
    """

    pairs: pd.DataFrame
    balance: pd.DataFrame
    effect: Effect | None
    unmatched: tuple[str, ...]
    caliper: float

    def __repr__(self) -> str:
        counts = f"{len(self.pairs):,} pairs, {len(self.unmatched):,} unmatched"
        return f"MatchedPairs({counts}, effect {self.effect})"


@checked
def match_pairs(
    frame: pd.DataFrame,
    *,
    covariates: Texts,
    treated: Text = "treated",
    outcome: Text | None = None,
    client: Text = "client_id",
    caliper: Positive = 0.2,
    confidence: OpenShare = 0.95,
) -> MatchedPairs:
    """One untreated client for each treated one, nearest by the log-odds of being treated.

    Args:
        frame: One row a client.
        covariates: Columns of numbers from before the treatment.
        treated: Column of yes / no.
        outcome: Column of numbers from after it; None: pairs and balance only.
        client: Column of client ids, each once.
        caliper: Largest distance, in standard deviations of the log-odds.
        confidence: Covered share of the interval.

    Returns:
        Pairs without replacement, those hardest to match first; the order of rows changes nothing
        but ties. The effect is the mean difference in pairs, corrected by regression for what the
        pairs still differ in, with errors robust to unequal variance.

    Raises:
        InputError: One arm is empty or a client there twice, a covariate is constant, the
            covariates tell who was treated, or no pair is within the caliper.

    Source: Rosenbaum and Rubin (1983); caliper of .2: Austin (2011), "Optimal caliper widths";
    correction: Abadie and Imbens (2011), section 2.
    """
    names = [client, treated, *covariates, *([outcome] if outcome else [])]
    frame = table(frame, names, "One row a client, with treated, covariates and outcome.")
    (who, ids), arm = coded(frame, client), marked(frame, treated)
    x, count = measures(frame, covariates), int(arm.sum())
    if len(ids) < len(who) or not covariates:
        twice = f"{len(who) - len(ids)} rows repeat a client"
        why = twice if covariates else "there is no covariate"
        raise InputError(f"{why}; pairs are of clients alike. Give one row a client.", field=client)
    if not 1 < count < len(arm) - 1:
        why = f"{count} of {len(arm)} clients are treated; pairs need 2 of each. Give both arms."
        raise InputError(why, field=treated)
    score = _log_odds(x, arm)
    width = caliper * float(score.std(ddof=1))
    left, right = nearest_free(score, arm, who, width)
    if not len(left):
        why = f"No untreated client is within {caliper:g} standard deviations of a treated one;"
        remedy = "the arms cannot be compared. Widen the caliper or use fewer covariates."
        raise InputError(f"{why} {remedy}", field="caliper", value=caliper)
    y = None if outcome is None else measured(frame, outcome)
    effect = None if y is None else _paired(y[left] - y[right], x[left] - x[right], confidence)
    name, alone = np.array(ids, dtype=object)[who], np.setdiff1d(np.flatnonzero(arm), left)
    distance = np.abs(score[left] - score[right])
    pairs = pd.DataFrame({"treated": name[left], "control": name[right], "distance": distance})
    spread = np.sqrt((x[arm].var(axis=0, ddof=1) + x[~arm].var(axis=0, ddof=1)) / 2.0)
    before, after = x[arm].mean(axis=0) - x[~arm].mean(axis=0), (x[left] - x[right]).mean(axis=0)
    gaps = np.stack([before, after], axis=1) / np.where(spread > 0.0, spread, np.nan)[:, None]
    index = pd.Index(covariates, name="covariate")
    balance = pd.DataFrame(gaps, index, ["smd_before", "smd_after"])
    return MatchedPairs(pairs, balance, effect, tuple(name[alone]), width)


def _log_odds(x: FloatArray, arm: BoolArray) -> FloatArray:
    """Fitted log-odds of being treated."""
    design = np.column_stack([np.ones(len(x)), (x - x.mean(axis=0)) / x.std(axis=0)])
    model: Any = needs("analytics", "statsmodels.api")
    advice = "Leave out a covariate that tells who was treated, or that follows from the others."
    with refusing("The propensity model has no finite answer", "covariates", advice):
        fit = model.Logit(arm.astype(np.float64), design).fit(disp=0, maxiter=100)
        score = np.asarray(design @ fit.params, dtype=np.float64)
        if not np.isfinite(score).all() or score.std() == 0.0:
            raise FloatingPointError("all clients have the same score, or an infinite one")
    return score


def _paired(gap: FloatArray, x: FloatArray, confidence: float) -> Effect:
    """Mean of differences in pairs, at no difference in covariates."""
    count, p = x.shape
    design = np.column_stack([np.ones(count), x / np.maximum(x.std(axis=0), 1e-300)])
    if count < p + 10 or np.linalg.matrix_rank(design) <= p:
        design = design[:, :1]
    solved = np.linalg.pinv(design)
    value = solved @ gap
    left_over = gap - design @ value
    lever = 1.0 - np.minimum((design * solved.T).sum(axis=1), 1.0 - 1e-9)
    variance = float((solved[0] ** 2 * left_over**2 / lever).sum())
    error = sqrt(variance) if count > 1 else nan
    return Effect.of(float(value[0]), error, max(count - design.shape[1], 1), confidence)

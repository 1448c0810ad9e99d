"""How long it takes until something ends, where some have not ended yet: Kaplan-Meier and Cox."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from scipy.special import ndtr, ndtri

from advisor.adapters.analytics.columns import marked, measured, measures, refusing, table, vector
from advisor.adapters.extras import needs
from advisor.annotations import NotNegative, OpenShare, Texts, Vector
from advisor.arrays import FloatArray
from advisor.errors import InputError
from advisor.validation import checked


@dataclass(frozen=True, eq=False)
class Survival:
    """Share that has not ended after each length of time, by the product-limit estimate.

    Attributes:
        times: Lengths at which something ended, ascending, shape (m,).
        share: Not ended after each, shape (m,).
        standard_error: Greenwood's, shape (m,).
        at_risk: Observed until just before each, shape (m,).
        count, ended: Observations, and how many of them ended.
    """

    times: FloatArray
    share: FloatArray
    standard_error: FloatArray
    at_risk: FloatArray
    count: int
    ended: int

    @checked
    def at(self, time: NotNegative) -> float:
        """Share that has not ended after `time`; nothing is known past the longest observation."""
        before = int(np.searchsorted(self.times, time, side="right"))
        return float(self.share[before - 1]) if before else 1.0

    @checked
    def quantile(self, ended: OpenShare = 0.5) -> float:
        """Shortest time by which the share `ended` has ended; nan where fewer ever did."""
        reached = np.flatnonzero(self.share <= 1.0 - ended + 1e-12)
        return float(self.times[reached[0]]) if len(reached) else float("nan")

    @checked
    def interval(self, confidence: OpenShare = 0.95) -> tuple[FloatArray, FloatArray]:
        """Limits of the share at each time on the log(-log) scale, each shape (m,).

        Nan where everything has ended. Source: Kalbfleisch and Prentice (1980), section 1.3.
        """
        inner = (self.share > 0.0) & (self.share < 1.0)
        share = np.where(inner, self.share, 0.5)
        spread = self.standard_error / (share * np.abs(np.log(share)))
        power = np.exp(float(ndtri(0.5 + confidence / 2.0)) * np.where(inner, spread, 0.0))
        low, high = share**power, share ** (1.0 / power)
        return np.where(inner, low, np.nan), np.where(inner, high, np.nan)


@checked
def survival(durations: Vector, ended: Vector) -> Survival:
    """The Kaplan-Meier curve, by statsmodels.

    Args:
        durations: Time observed, at least 0, shape (n,).
        ended: 1 where it ended then, 0 where it was still going on (censored), shape (n,).

    Raises:
        InputError: A duration is negative, a mark is neither 0 nor 1, or there are none.

    Source: Kaplan and Meier (1958).
    """
    time = vector(durations, "durations", low=0.0)
    mark = vector(ended, "ended", low=0.0, high=1.0, whole=True, length=len(time))
    if not mark.any():
        return Survival(*np.zeros((4, 0)), count=len(time), ended=0)
    tool: Any = needs("analytics", "statsmodels.duration.survfunc")
    with np.errstate(divide="ignore", invalid="ignore"):
        curve = tool.SurvfuncRight(time, mark.astype(np.int64))
    here = np.isin(curve.surv_times, time[mark == 1.0])
    error = np.nan_to_num(np.asarray(curve.surv_prob_se, dtype=np.float64), nan=0.0)
    columns = np.array([curve.surv_times, curve.surv_prob, error, curve.n_risk])[:, here]
    return Survival(*columns, count=len(time), ended=int(mark.sum()))


@checked
def hazard_ratios(
    frame: pd.DataFrame,
    *,
    duration: str,
    ended: str,
    covariates: Texts,
    confidence: OpenShare = 0.95,
) -> pd.DataFrame:
    """How each covariate multiplies the rate of ending: Cox regression, ties by Efron.

    Args:
        frame: One row a client.
        duration: Column of the time observed, at least 0.
        ended: Column of yes / no: it ended then; no = still going on.
        covariates: Columns of numbers.
        confidence: Covered share of the intervals.

    Returns:
        One row a covariate: coefficient, standard_error, hazard_ratio, low, high, p_value.

    Raises:
        InputError: A column is absent, constant or not numeric, nothing ended, or the covariates
            determine each other or the outcome.

    Source: Cox (1972); Efron (1977) for ties.
    """
    remedy = "One row a client, with duration, ended and covariates."
    frame = table(frame, [duration, ended, *covariates], remedy)
    time, mark = measured(frame, duration, low=0.0), marked(frame, ended)
    if not covariates or not mark.any():
        why = f"{ended} is no in every row" if covariates else "no covariate is named"
        remedy = "a rate of ending cannot be explained. Give both."
        raise InputError(f"{why}; {remedy}", field="covariates")
    values = measures(frame, covariates)
    model: Any = needs("analytics", "statsmodels.duration.hazard_regression")
    scale = values.std(axis=0)
    advice = "Leave out a covariate that follows from the others, or that tells who ended."
    with refusing("The Cox regression has no finite answer", "covariates", advice):
        rows = model.PHReg(time, (values - values.mean(axis=0)) / scale, mark * 1, ties="efron")
        result = rows.fit(disp=0)
        beta, error = np.asarray(result.params) / scale, np.asarray(result.bse) / scale
        if not (np.isfinite([*beta, *error]).all() and (error > 0.0).all()):
            raise FloatingPointError("a coefficient or its error is not finite")
        half = float(ndtri(0.5 + confidence / 2.0)) * error
    ratios = {"hazard_ratio": np.exp(beta), "low": np.exp(beta - half), "high": np.exp(beta + half)}
    columns = {"coefficient": beta, "standard_error": error, **ratios}
    columns["p_value"] = 2.0 * ndtr(-np.abs(beta / error))
    return pd.DataFrame(columns, index=pd.Index(covariates, name="covariate"))

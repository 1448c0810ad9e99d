"""What a change caused: difference in differences, and pairs matched on their propensity."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import numpy as np
import pandas as pd

from advisor.adapters.analytics.columns import coded, marked, measured, measures, table, varied
from advisor.adapters.analytics.effects import Effect, clustered
from advisor.annotations import OpenShare, Text, Texts
from advisor.arrays import NUMBER, BoolArray, IntArray
from advisor.data.days import as_day, as_days
from advisor.errors import InputError
from advisor.validation import checked


@dataclass(frozen=True)
class DifferenceInDifferences:
    """The change of the treated clients beyond the change of the others.

    Attributes:
        effect: Of the treatment, in units of the outcome, on those who were treated.
        pre_trend: By how much the treated moved away from the others a period before the start;
            None with fewer than two periods before. Where its interval leaves out 0 the comparison
            is in doubt.
        clients: Treated, and others.
        rows: Of the table.
    """

    effect: Effect
    pre_trend: Effect | None
    clients: tuple[int, int]
    rows: int


@checked
def did(
    frame: pd.DataFrame,
    *,
    outcome: Text,
    start: date | str | float,
    treated: Text = "treated",
    period: Text = "period",
    client: Text = "client_id",
    covariates: Texts = (),
    confidence: OpenShare = 0.95,
) -> DifferenceInDifferences:
    """Difference in differences by least squares, errors clustered by client, by statsmodels.

    Args:
        frame: One row a client and period (or an answer, for repeated surveys).
        outcome: Column of numbers.
        start: First period (a number, or a day) in which the treatment could act.
        treated: Column of yes / no, the same in every row of a client.
        period: Column of numbers or days, as `start`.
        client: Column of client ids.
        covariates: Columns of numbers that the treatment cannot have changed.
        confidence: Covered share of the intervals; t with the degrees of the arm with few clients.

    Raises:
        InputError: One arm or one side of the start has fewer than 2 clients, a client is in both
            arms, a column is constant, or the covariates determine the treatment.

    Source: Angrist and Pischke (2009), section 5.2; Bertrand, Duflo and Mullainathan (2004), IV.
    """
    remedy = "One row a client and period, with outcome, treated and period."
    frame = table(frame, [outcome, treated, period, client, *covariates], remedy)
    y, arm = varied(measured(frame, outcome), outcome), marked(frame, treated)
    who, names = coded(frame, client)
    if isinstance(start, NUMBER):
        when, first = measured(frame, period), float(start)
    else:
        when = as_days(frame[period], period).astype(np.float64)
        first = float(as_day(start, "start").astype("datetime64[D]").astype(np.float64))
    after: BoolArray = when >= first
    clients = _arms(arm, after, who, len(names), treated)
    more = measures(frame, covariates)
    design = np.column_stack([1.0 * (arm & after), np.ones(len(y)), 1.0 * arm, 1.0 * after, more])
    effect, trend, early = clustered(y, design, who, arm, confidence), None, ~after
    before = np.unique(when[early])
    if len(before) > 1:
        step = np.searchsorted(before, when[early]).astype(np.float64)
        marks = (step[:, None] == np.arange(len(before))).astype(np.float64)
        extra = more[early][:, more[early].std(axis=0) > 0.0] if more.size else more[early]
        design = np.column_stack([arm[early] * step, marks, 1.0 * arm[early], extra])
        if np.linalg.matrix_rank(design) == design.shape[1] and np.ptp(y[early]) > 0.0:
            trend = clustered(y[early], design, who[early], arm[early], confidence)
    return DifferenceInDifferences(effect, trend, clients, len(y))


def _arms(
    arm: BoolArray, after: BoolArray, who: IntArray, count: int, field: str
) -> tuple[int, int]:
    """Clients treated and not; refuses where a comparison has a side too few."""
    for side in (True, False):
        for late in (True, False):
            there = len(np.unique(who[(arm == side) & (after == late)]))
            if there < 2:
                name = f"{'treated' if side else 'untreated'} clients have rows"
                when = "from the start on" if late else "before the start"
                why = f"{there} {name} {when}; each of the four needs at least 2 clients."
                remedy = "Check treated and start, or give a comparison group."
                raise InputError(f"{why} {remedy}", field=field, value=there)
    share = np.bincount(who, arm, count) / np.bincount(who, minlength=count)
    if mixed := int(((share > 0.0) & (share < 1.0)).sum()):
        why = f"{mixed} clients are treated in some rows and not in others; {field} says who is"
        remedy = "treated at all, start says when. Make it the same in every row of a client."
        raise InputError(f"{why} {remedy}", field=field)
    return int((share == 1.0).sum()), int((share == 0.0).sum())

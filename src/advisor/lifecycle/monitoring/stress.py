"""What a portfolio loses in each scenario, and what follows where that is more than the client can
bear.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from math import inf
from typing import Annotated

import numpy as np
import pandas as pd
from scipy.special import ndtri

from advisor.annotations import Numbers, Positive, Text
from advisor.arrays import BoolArray, FloatArray, IntArray, float_array
from advisor.contracts.thresholds import exceeds
from advisor.data.by_asset import in_order
from advisor.data.returns import ReturnModel
from advisor.errors import InputError
from advisor.lifecycle.inputs import array, listed, names_of, spread, within
from advisor.lifecycle.monitoring.scenarios import HISTORICAL, Scenario
from advisor.readers import Number
from advisor.validation import checked

RED_LINE = "stress_loss_above_tolerance"
"""Reason code of a breached tolerance."""
_EDGE = 1e-12


@dataclass(frozen=True, eq=False, repr=False)
class StressReport:
    """Stressed losses of c portfolios in s scenarios, and the way back below the red line.

    Attributes:
        scenarios: Names, length s.
        losses: Share lost, positive, shape (c, s).
        worst: Position of the worst scenario, shape (c,).
        worst_loss: Shape (c,).
        breached: Where the worst loss is above the tolerance, shape (c,).
        risky_share: Weight of the risky assets now, shape (c,).
        risky_cap: Largest weight of the risky assets, mixed as now, that keeps every scenario
            within the tolerance, shape (c,); their present weight where nothing is breached; nan
            where even none of them breaches it.
        proposal: Weights at the cap, shape (c, n); the present ones where nothing is breached or
            nothing helps.
        status: "ok", "red_line" or "no_remedy", shape (c,).
    """

    scenarios: tuple[str, ...]
    losses: FloatArray
    worst: IntArray
    worst_loss: FloatArray
    breached: BoolArray
    risky_share: FloatArray
    risky_cap: FloatArray
    proposal: FloatArray
    status: np.ndarray

    def reason(self, i: int) -> str:
        """Row i's finding in a sentence."""
        where = (
            f"in {self.scenarios[int(self.worst[i])]} the portfolio loses {self.worst_loss[i]:.1%}"
        )
        if self.status[i] == "ok":
            return f"{where}, which is within the tolerance."
        if self.status[i] == "no_remedy":
            return f"{where}, and would break the tolerance even without risky assets ({RED_LINE})."
        return (
            f"{where}, more than tolerated; risky assets go from {self.risky_share[i]:.1%} to"
            f" {self.risky_cap[i]:.1%} ({RED_LINE})."
        )

    def to_frame(self) -> pd.DataFrame:
        """One row a portfolio: its loss in every scenario, then the finding."""
        frame = pd.DataFrame(self.losses, columns=list(self.scenarios))
        return frame.assign(
            worst=np.array(self.scenarios, dtype=object)[self.worst],
            worst_loss=self.worst_loss,
            status=self.status,
            risky_cap=self.risky_cap,
        )

    def __len__(self) -> int:
        return len(self.losses)

    def __repr__(self) -> str:
        return (
            f"StressReport({len(self):,} portfolios, {len(self.scenarios)} scenarios,"
            f" {int(self.breached.sum()):,} above tolerance)"
        )


@checked
def stress_test(
    weights: object,
    model: ReturnModel,
    scenarios: Sequence[Scenario] | None = None,
    *,
    tolerance: object = 1.0,
    risky: Collection[str] = ("equity", "growth equity"),
    safe: Text | None = None,
) -> StressReport:
    """Stressed loss of every portfolio, and the cap on risky assets that keeps it within the
    tolerance.

    Args:
        weights: Shape (c, n) or (n,), rows adding up to 1.
        model: Names the assets and their groups, which the scenarios speak of.
        scenarios: What happens; default `HISTORICAL`.
        tolerance: Largest share of wealth that may be lost, (c,) or a number.
        risky: Groups (or ids) of the assets that are cut when a red line is crossed.
        safe: Asset that takes what is cut; None = the others in proportion to what is held of them
            (or equally where nothing is).

    Returns:
        The report. Moving weight from the risky mix to the safe one changes every scenario's loss
        linearly, so that the cap is the smallest of the scenarios' own bounds, exactly.

    Raises:
        InputError: Shapes disagree, weights do not add up to 1, no risky or no safe asset, or two
            scenarios share a name.

    >>> model = ReturnModel(
    ...     ["shares", "cash"], [0.06, 0.02], [[0.04, 0.0], [0.0, 0.0]], groups=["equity", "cash"]
    ... )
    >>> report = stress_test(
    ...     [0.6, 0.4], model, [s for s in HISTORICAL if s.name == "GFC 2007-2009"], tolerance=0.10
    ... )
    >>> report.losses.round(4).tolist(), report.risky_cap.round(3).tolist(), report.status.tolist()
    ([[0.3408]], [0.176], ['red_line'])
    """
    each = HISTORICAL if scenarios is None else scenarios
    names, shocks = _shocks(listed(each, Scenario, "scenarios", "Give a list of Scenario."), model)
    risky = names_of(risky, "risky", "Name the groups or ids of the assets that are cut.")
    table = _weights(in_order(weights, model.assets, "weights"), len(model))
    limit = spread(tolerance, "tolerance", (len(table),))
    within(limit, "tolerance", "The share that may be lost is 0 or more.", low=0.0, high=inf)
    losses = -np.einsum("cn,sn->cs", table, shocks)
    worst, worst_loss = losses.argmax(axis=1), losses.max(axis=1)
    breached = exceeds(worst_loss, limit)
    cut = np.isin(model.assets, risky) | np.isin(model.groups, risky)
    if breached.any() and (not cut.any() or cut.all()):
        raise InputError(
            f"{int(cut.sum())} of {len(cut)} assets are in {sorted(risky)}; a red line needs risky"
            " assets to cut and others to hold instead. Name groups or ids.",
            field="risky",
            value=sorted(risky),
        )
    refuge = None if safe is None else model.ids.code(safe, "safe")
    share, cap, proposal = _caps(table, shocks, limit, cut, breached, refuge)
    status = np.where(~breached, "ok", np.where(np.isnan(cap), "no_remedy", "red_line"))
    return StressReport(names, losses, worst, worst_loss, breached, share, cap, proposal, status)


def _shocks(
    scenarios: Sequence[Scenario], model: ReturnModel
) -> tuple[tuple[str, ...], FloatArray]:
    """Names, and returns by scenario and asset, shape (s, n)."""
    names = tuple(s.name for s in scenarios)
    if not names or len(set(names)) != len(names):
        raise InputError(
            f"scenarios are {names}; at least one is needed, each with a name of its own.",
            field="scenarios",
            value=names,
        )
    return names, np.stack([s.returns(model.assets, model.groups) for s in scenarios])


def _weights(weights: object, assets: int) -> FloatArray:
    table = np.atleast_2d(array(weights, "weights"))
    if (
        table.ndim != 2
        or table.shape[1] != assets
        or not np.isfinite(table).all()
        or (np.abs(table.sum(axis=1) - 1.0) > 1e-6).any()
    ):
        raise InputError(
            f"weights has shape {table.shape} for {assets} assets, and rows must be finite and add"
            " up to 1; correct it.",
            field="weights",
            value=table.shape,
        )
    return table


def _caps(
    table: FloatArray,
    shocks: FloatArray,
    limit: FloatArray,
    risky: BoolArray,
    breached: BoolArray,
    safe: int | None,
) -> tuple[FloatArray, FloatArray, FloatArray]:
    share = table[:, risky].sum(axis=1)
    cap, proposal = share.copy(), table.copy()
    rows = np.flatnonzero(breached)
    if not len(rows):
        return share, cap, proposal
    mix = np.where(risky, table[rows], 0.0)
    mix = mix / np.where(share[rows] > 0.0, share[rows], 1.0)[:, None]
    rest = np.where(risky, 0.0, table[rows])
    if safe is not None:
        rest = np.eye(len(risky))[np.full(len(rows), safe)]
    total = rest.sum(axis=1, keepdims=True)
    evenly = ~risky / (~risky).sum()
    rest = np.where(total > 0.0, rest / np.where(total > 0.0, total, 1.0), evenly)
    high, low = (-np.einsum("cn,sn->cs", part, shocks) for part in (mix, rest))
    with np.errstate(divide="ignore", invalid="ignore"):
        bound = np.where(
            high > low,
            (limit[rows, None] - low) / (high - low),
            np.where(low <= limit[rows, None] + _EDGE, np.inf, -np.inf),
        )
    smallest = bound.min(axis=1)
    possible = (smallest >= -_EDGE) & (share[rows] > 0.0)
    most = np.clip(smallest, 0.0, share[rows] if safe is None else 1.0)
    cap[rows] = np.where(possible, most, np.nan)
    moved = most[:, None] * mix + (1.0 - most[:, None]) * rest
    proposal[rows] = np.where(possible[:, None], moved, table[rows])
    return share, cap, proposal


@checked
def parametric_loss(
    weights: Numbers,
    mean: FloatArray,
    covariance: FloatArray,
    *,
    probability: Annotated[
        float, Number("It is that of a loss at least as large.", above=0.0, high=0.5)
    ] = 0.01,
    years: Positive = 1.0,
) -> FloatArray:
    """Loss that is exceeded with a given probability under normal returns, shape (c,): max(0, z
    sigma sqrt(T) - mu T).

    Args:
        weights: Shape (c, n) or (n,).
        mean: Annual expected returns, shape (n,).
        covariance: Annual, shape (n, n); `stressed_covariance` makes a stressed one.
        probability: In (0, 0.5].
        years: Length of the window.

    >>> loss = parametric_loss([1.0], np.array([0.0]), np.array([[0.04]]), probability=0.01)
    >>> round(float(loss[0]), 4)
    0.4653
    """
    table = np.atleast_2d(array(weights, "weights"))
    if table.ndim != 2:
        raise InputError(
            f"weights has shape {table.shape}; one row a portfolio is needed.",
            field="weights",
            value=table.shape,
        )
    assets = table.shape[-1]
    mean = float_array(mean, "mean", shape=(assets,))
    covariance = float_array(covariance, "covariance", shape=(assets, assets))
    risk = np.sqrt(np.maximum(np.einsum("ci,ij,cj->c", table, covariance, table), 0.0))
    centre = np.einsum("ci,i->c", table, mean)
    return np.maximum(-float(ndtri(probability)) * risk * np.sqrt(years) - centre * years, 0.0)

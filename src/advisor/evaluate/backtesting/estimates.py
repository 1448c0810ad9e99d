"""Estimates and frontiers of a day, made once and shared by every strategy that stands on it."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field, replace
from typing import Any
from weakref import WeakKeyDictionary

import numpy as np

from advisor.arrays import FloatArray, IntArray
from advisor.contracts.mandate import Mandate
from advisor.data.market import Market
from advisor.data.returns import ReturnModel
from advisor.errors import InputError
from advisor.optimize.frontier.frontier import Frontier
from advisor.optimize.frontier.trace import trace_frontier
from advisor.optimize.limits.limits import limits_of
from advisor.optimize.returns.estimate import (
    Covariance,
    EstimateSettings,
    Histories,
    Mean,
    Stress,
    estimate_returns,
)
from advisor.optimize.returns.forecast import HALF_LIFE
from advisor.optimize.returns.moments import RunningMoments
from advisor.optimize.returns.views import Equilibrium

CASH = "(cash)"
STRESS = "stress_loss"


@dataclass(frozen=True, eq=False)
class DayModel:
    """What is believed on a day about the assets that can be traded on it.

    Attributes:
        model: Of the k tradable assets, and of the account's cash where it earns something.
        columns: Their columns in the market, shape (k,).
        width: Assets of the market, n.
    """

    model: ReturnModel
    columns: IntArray
    width: int

    def spread(self, weights: FloatArray) -> FloatArray:
        """Weights of the model as weights of the market, shape (n,), without the model's cash."""
        full = np.zeros(self.width)
        full[self.columns] = weights[: len(self.columns)]
        return full


@dataclass(frozen=True, eq=False)
class _Traced:
    """A frontier of a day and what it was traced for."""

    mandate: Mandate
    loss: float | None
    frontier: Frontier


@dataclass(frozen=True, eq=False)
class Estimates:
    """How a history becomes a return model, and the models and frontiers made so far.

    Give the same object to several policies and each day is estimated and traced once, because in
    one run all of them are shown the same past. Results are kept only as long as that past lives.

    Args:
        mean, covariance, histories, settings: As in `estimate_returns`.
        cash_return: Annual return of the account's own cash, as an asset without risk; None keeps
            the portfolio fully invested. Means of "shrunk_equilibrium" stand above it unless
            `settings` state an equilibrium.
        fewest_rows: Returns an asset must have had before it is considered.
        assets: The only assets considered; all when None.
        forecast_half_life: As in `estimate_returns`: levels are sized by the forecast, at the
            middle of their bands; None: by the covariance, at their target volatility.
        stress: As in `estimate_returns`.
    """

    mean: Mean = "shrunk_equilibrium"
    covariance: Covariance = "ledoit_wolf"
    histories: Histories = "common"
    settings: EstimateSettings | None = None
    cash_return: float | None = None
    fewest_rows: int = 60
    assets: Collection[str] | None = None
    forecast_half_life: float | None = HALF_LIFE
    stress: Stress = "market"
    _models: WeakKeyDictionary[Market, DayModel] = field(
        default_factory=WeakKeyDictionary, init=False, repr=False
    )
    _running: RunningMoments = field(default_factory=RunningMoments, init=False, repr=False)
    _frontiers: WeakKeyDictionary[Market, list[_Traced]] = field(
        default_factory=WeakKeyDictionary, init=False, repr=False
    )

    @classmethod
    def recent(
        cls,
        half_life: float = 0.25,
        *,
        mean: Mean = "shrunk_equilibrium",
        cash_return: float | None = None,
    ) -> Estimates:
        """Covariance with a short memory, for the composition as well.

        A day counts half after `half_life` years; means stay those of all the past. Levels are
        sized by the forecast either way, so what a short memory changes is the composition, and it
        trades more for it: the default holds bands as well (`benchmarks/risk_promises.py`).

        >>> Estimates.recent().covariance, Estimates.recent().settings.half_life
        ('ewma', 0.25)
        """
        return cls(
            mean=mean,
            covariance="ewma",
            settings=EstimateSettings(half_life=half_life),
            cash_return=cash_return,
        )

    def model(self, past: Market) -> DayModel:
        """The model of the assets that have a return on the last day of `past`, and enough of them.

        Raises:
            InputError: There is none, or an estimate cannot be formed.
        """
        known = self._models.get(past)
        if known is None:
            known = self._models[past] = self._estimated(past)
        return known

    def frontier(self, past: Market, mandate: Mandate, loss: float | None = None) -> Frontier:
        """The exact frontier of that model within a mandate, and below a stressed loss where one
        is given; limits on assets that cannot be traded that day are left out.

        Raises:
            InputError: As `model`.
            InfeasibleError: The limits leave no portfolio.
        """
        known = self._frontiers.setdefault(past, [])
        for traced in known:
            if traced.loss == loss and (traced.mandate is mandate or traced.mandate == mandate):
                return traced.frontier
        model = self.model(past).model
        limits = limits_of(model, mandate_on(mandate, model), signed=True)
        if loss is not None:
            limits = replace(
                limits,
                rows=np.vstack([limits.rows, model.stress]),
                row_lower=np.append(limits.row_lower, -np.inf),
                row_upper=np.append(limits.row_upper, loss),
                row_names=(*limits.row_names, STRESS),
            )
        known.append(_Traced(mandate, loss, trace_frontier(model, limits)))
        return known[-1].frontier

    def _settings(self) -> EstimateSettings:
        """The settings, with an equilibrium nobody stated standing above the account's cash."""
        chosen = self.settings or EstimateSettings()
        stated = self.mean != "shrunk_equilibrium" or chosen.equilibrium != Equilibrium()
        if self.cash_return is None or stated:
            return chosen
        return replace(chosen, equilibrium=Equilibrium(risk_free=self.cash_return))

    def _estimated(self, past: Market) -> DayModel:
        columns = tradable_columns(past, self.fewest_rows, self.assets)
        market = past if len(columns) == len(past.assets) else _columns_of(past, columns)
        options: dict[str, Any] = {
            name: getattr(self, name)
            for name in ("mean", "covariance", "histories", "forecast_half_life", "stress")
        }
        model = estimate_returns(
            market, settings=self._settings(), running=self._running, **options
        )
        if self.cash_return is not None:
            model = _with_cash(model, self.cash_return)
        return DayModel(model, columns, len(past.assets))


def tradable_columns(
    past: Market, fewest_rows: int, assets: Collection[str] | None = None
) -> IntArray:
    """Columns of the assets that have a return on the last day, and enough of them, shape (k,).

    Raises:
        InputError: There is none.
    """
    known = np.isfinite(past.returns)
    usable = known[-1] & (known.sum(axis=0) >= fewest_rows)
    if assets is not None:
        usable &= np.isin(past.assets, list(assets))
    if not usable.any():
        raise InputError(
            f"On {past.dates[-1]} no asset has {fewest_rows} returns and one of that day; nothing"
            " could be estimated. Start later, or lower fewest_rows.",
            field="fewest_rows",
            value=fewest_rows,
        )
    return np.flatnonzero(usable).astype(np.int64)


def least_loss(frontier: Frontier) -> float:
    """A stressed loss that no portfolio within the bounds stays below; rows of the mandate can only
    raise it.

    Every asset at its lower bound, and the rest of the money where a unit of it loses least.
    """
    limits, stress = frontier.limits, frontier.model.stress
    order = np.argsort(stress, kind="stable")
    width = (limits.upper - limits.lower)[order]
    filled = np.clip(1.0 - limits.lower.sum() - (np.cumsum(width) - width), 0.0, width)
    return float(stress @ limits.lower + stress[order] @ filled)


def _columns_of(market: Market, columns: IntArray) -> Market:
    names, groups = (
        tuple(labels[j] for j in columns.tolist()) for labels in (market.assets, market.groups)
    )
    returns, levels = market.returns[:, columns], market.risk_levels[columns]
    return Market(names, market.dates, returns, groups, levels, market.periods_per_year)


def _with_cash(model: ReturnModel, cash_return: float) -> ReturnModel:
    stress = dict(zip(model.assets, model.stress.tolist(), strict=True)) | {CASH: 0.0}
    return ReturnModel(
        (*model.assets, CASH),
        [*model.mean, cash_return],
        _bordered(model.covariance),
        (*model.groups, ""),
        [*model.risk_levels.tolist(), 0],
        stress,
        None if model.forecast is None else _bordered(model.forecast),
    )


def _bordered(covariance: FloatArray) -> FloatArray:
    """With one more asset, which never moves."""
    return np.pad(covariance, (0, 1))


def mandate_on(mandate: Mandate, model: ReturnModel) -> Mandate:
    """The mandate without what it says about assets the model lacks; cash is within 0 and 1."""
    here, groups = set(model.assets), set(model.groups)
    bounds = {asset: edge for asset, edge in mandate.bounds.items() if asset in here}
    if CASH in here:
        bounds.setdefault(CASH, (0.0, 1.0))
    linear = tuple(
        limit.model_copy(update={"coefficients": named})
        for limit in mandate.linear_limits
        if (named := {a: c for a, c in limit.coefficients.items() if a in here})
    )
    update = {
        "bounds": bounds,
        "linear_limits": linear,
        "group_limits": tuple(g for g in mandate.group_limits if g.group in groups),
        "short_costs": {a: cost for a, cost in mandate.short_costs.items() if a in here},
    }
    return mandate.model_copy(update=update)

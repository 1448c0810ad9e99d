"""Ready strategies: the advisor's own, and the plain ones they must be better than."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Annotated

import numpy as np

from advisor.annotations import Level, NotNegative
from advisor.arrays import FloatArray, check_number
from advisor.contracts.bands import LEVELS, RiskBands
from advisor.contracts.mandate import Mandate
from advisor.data.market import Market
from advisor.errors import InfeasibleError, InputError
from advisor.evaluate.backtesting.estimates import DayModel, Estimates, least_loss
from advisor.measures.weights import OVER_ONE
from advisor.optimize.frontier.sizing import ForecastPath, tolerance_within
from advisor.readers import Number
from advisor.validation import checked

Aim = Annotated[float, Number("Give 0 or more.", low=0.0, infinite=True)]
MEND = "Add calmer assets, or let the portfolio hold cash (Estimates(cash_return=...))."
WITHIN = 1e-12  # rounding of a stressed loss or a volatility at its limit


@checked
@dataclass(frozen=True, kw_only=True, eq=False)
class MeanVariancePolicy:
    """Stand at one place of the frontier of each day's estimates.

    Where the estimates have a forecast, a level is sized by it: the composition is that of the
    frontier, the place on it where the forecast volatility is the middle of the level's band, or
    before it where the level's stress loss is reached; the riskiest where nothing without borrowing
    gets there.

    Args:
        level: Risk level 1..5: aims at the level's target volatility and obeys its stress loss, as
            an advice does. Or
        target_volatility: annual; clipped to the frontier's two ends. Or
        risk_aversion: 0 or more.
        estimates: How a history becomes a model. Policies that share the object share the work.
        size_band: Of a level sized by a forecast: what is held stays as it is while its forecast
            volatility is off the aim by no more than this share. 0 trades on every day that is
            looked at; with a weekly look 0.1 trades a third less and holds bands nearly as well.

    Raises:
        InputError: Not exactly one of level, target_volatility and risk_aversion, or one out of its
            range.
    """

    level: Level | None = None
    target_volatility: Aim | None = None
    risk_aversion: Aim | None = None
    mandate: Mandate = field(default_factory=Mandate)
    estimates: Estimates = field(default_factory=Estimates)
    bands: RiskBands = field(default_factory=RiskBands.default)
    size_band: NotNegative = 0.0

    def __post_init__(self) -> None:
        aims = {
            name: getattr(self, name) for name in ("level", "target_volatility", "risk_aversion")
        }
        stated = {name: value for name, value in aims.items() if value is not None}
        if len(stated) != 1:
            raise InputError(
                f"MeanVariancePolicy got {stated or 'no aim'}; it stands at one place: pass level,"
                " target_volatility or risk_aversion.",
                field="level",
                value=stated,
            )

    def __call__(self, past: Market, held: FloatArray) -> FloatArray:
        """Weights wanted at the close of the last day of `past`, shape (n,).

        Raises:
            InputError: No estimate can be formed.
            InfeasibleError: The limits contradict each other, or even the least risky portfolio is
                above the level's band.
        """
        day = self.estimates.model(past)
        if self.level is not None:
            sized = day.model.forecast is not None
            target = day.spread(self._at_level(past, self.level, sized=sized))
            return held if sized and self._near(day, held, target) else target
        frontier = self.estimates.frontier(past, self.mandate)
        if self.target_volatility is not None:
            return day.spread(frontier.at_volatility(self.target_volatility))
        return day.spread(frontier.at_risk_aversion(self.risk_aversion or 0.0))

    def _near(self, day: DayModel, held: FloatArray, target: FloatArray) -> bool:
        """Whether what is held has about the forecast volatility of what is wanted."""
        if self.size_band == 0.0 or not held.any() or np.delete(held, day.columns).any():
            return False
        risk = day.model.risk[: len(day.columns), : len(day.columns)]
        now, aim = (float(np.sqrt(w @ risk @ w)) for w in (held[day.columns], target[day.columns]))
        return abs(now - aim) <= self.size_band * aim

    def _at_level(self, past: Market, level: int, *, sized: bool) -> FloatArray:
        """On the frontier at the level's aim, or where its stress loss is reached first."""
        loss, ceiling = self.bands.stress_loss[level - 1], self.bands.upper_volatility[level - 1]
        bands = self.bands.model_copy(update={"aim": "middle"}) if sized else self.bands
        frontier = self.estimates.frontier(past, self.mandate)
        # 1. where even the calmest loses more in stress, start from the calmest that does not
        if frontier.model.stress @ frontier.weights[0] > loss + WITHIN:
            if (least := least_loss(frontier)) > loss + WITHIN:
                raise InfeasibleError(
                    f"Every portfolio loses at least {least:.2%} in stress, above the {loss:.2%} of"
                    f" C{level}. {MEND}",
                    constraints=(f"C{level} stress_loss",),
                )
            frontier = self.estimates.frontier(past, self.mandate, loss)
        # 2. the level's place by its volatility
        path = ForecastPath.of(frontier) if sized else None
        least = float(frontier.volatility[0]) if path is None else path.least
        if least > ceiling + WITHIN:
            kind = "forecast volatility" if sized else "volatility"
            raise InfeasibleError(
                f"Even the least risky portfolio has a {kind} of {least:.2%}, above the"
                f" {ceiling:.2%} of C{level}. {MEND}",
                constraints=(f"C{level} upper_volatility",),
            )
        aim = bands.target_volatility[level - 1]
        weights = frontier.at_volatility(aim) if path is None else path.place_at(aim)
        # 3. or by its stress loss
        if frontier.model.stress @ weights <= loss + WITHIN:
            return weights
        tolerance = tolerance_within(frontier, loss)
        return frontier.at_risk_aversion(1.0 / tolerance if tolerance > 0.0 else np.inf)


@checked
def level_policies(
    levels: Iterable[int] = range(1, LEVELS + 1),
    *,
    mandate: Mandate | None = None,
    estimates: Estimates | None = None,
    bands: RiskBands | None = None,
    size_band: NotNegative = 0.0,
) -> dict[str, MeanVariancePolicy]:
    """One policy a level, named C1..C5, all standing on the same estimates: what `backtest_many`
    takes.

    >>> list(level_policies([1, 3]))
    ['C1', 'C3']
    """
    limits, known, promise = (
        mandate or Mandate(),
        estimates or Estimates(),
        bands or RiskBands.default(),
    )
    return {
        f"C{level}": MeanVariancePolicy(
            level=level, mandate=limits, estimates=known, bands=promise, size_band=size_band
        )
        for level in levels
    }


def equal_weight(past: Market, held: FloatArray) -> FloatArray:  # noqa: ARG001  every policy takes what it holds
    """The same weight in every asset that has a return on the day: the benchmark that is hard to
    beat (DeMiguel, Garlappi & Uppal 2009).
    """
    listed = np.isfinite(past.returns[-1])
    return np.where(listed, 1.0 / max(int(listed.sum()), 1), 0.0)


@checked
@dataclass(frozen=True)
class FixedMix:
    """Constant weights by asset id; what cannot be traded on a day is left in cash.

    >>> FixedMix({"stocks": 0.6, "bonds": 0.4}).weights["stocks"]
    0.6
    """

    weights: Mapping[str, float]

    def __post_init__(self) -> None:
        for asset, weight in self.weights.items():
            check_number(weight, "weights", "A weight is a fraction of wealth.", key=asset)
        if (total := sum(self.weights.values())) > 1.0 + OVER_ONE:
            raise InputError(
                f"The weights of FixedMix add up to {total:.6g}, more than all wealth, which cannot"
                " be traded. Give fractions of wealth, 0.6 for 60 %.",
                field="weights",
                value=total,
            )

    def __call__(self, past: Market, held: FloatArray) -> FloatArray:  # noqa: ARG002  every policy takes what it holds
        """Weights wanted, shape (n,). Raises `InputError` for an unknown asset."""
        unknown = sorted(set(self.weights) - set(past.assets))
        if unknown:
            raise InputError(
                f"FixedMix names {unknown[:5]}, which the market does not have. Correct or remove.",
                field="weights",
                value=unknown,
            )
        target = np.array([self.weights.get(asset, 0.0) for asset in past.assets], dtype=np.float64)
        return np.where(np.isfinite(past.returns[-1]), target, 0.0)


def hold(past: Market, held: FloatArray) -> FloatArray:
    """Buy equal weights on the first day and never trade again."""
    return held if held.any() else equal_weight(past, held)

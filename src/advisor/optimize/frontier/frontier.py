"""The whole exact frontier of one universe and mandate, and a client's place on it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd

from advisor.arrays import FloatArray, IntArray, StrArray, check_number, check_type, float_array
from advisor.data.by_asset import in_order
from advisor.data.returns import ReturnModel
from advisor.errors import InputError
from advisor.optimize.frontier.corner_path import CornerPath
from advisor.optimize.frontier.segments import Segments, rows_of
from advisor.optimize.limits.certificate import Certificate, certify_row, kkt_residuals
from advisor.optimize.limits.limits import Limits
from advisor.optimize.limits.parts import Parts
from advisor.optimize.preferences.preferences import Preferences
from advisor.optimize.risk_aversion import check_risk_aversion


@dataclass(frozen=True, eq=False)
class Frontier:
    """Every corner portfolio of a mean-variance frontier, in ascending risk tolerance `1 / risk
    aversion`; between two of them weights are linear in it.

    Args:
        assets: Ids, length n.
        risk_tolerance: Shape (m,), ascending from 0; up to each of these its portfolio is optimal.
        weights: Fractions of wealth, shape (m, n); rows add up to 1.
        mean: Expected annual returns, shape (m,), not descending.
        volatility: Annual, shape (m,), not descending.
        kkt_residual: Of each corner, shape (m,); see `certificate`.
        limits: The limits that shaped it.
        model: The estimates it is the frontier of.
        path: Corners with the multipliers of the rows, as traced.
        least_risk_aversion: Below this the volatility cap decides, not the client; 0 where no cap
            cuts the frontier off.
        parts: The program over positive and negative parts of the weights, where the mandate caps
            gross exposure or short positions cost something: that is what is certified, and means
            are after those costs.
    """

    assets: tuple[str, ...]
    risk_tolerance: FloatArray
    weights: FloatArray
    mean: FloatArray
    volatility: FloatArray
    kkt_residual: FloatArray
    limits: Limits
    model: ReturnModel
    path: CornerPath
    least_risk_aversion: float = 0.0
    parts: Parts | None = None

    def __len__(self) -> int:
        return len(self.risk_tolerance)

    def __repr__(self) -> str:
        return (
            f"Frontier({len(self.assets)} assets, {len(self)} corners, volatility"
            f" {self.volatility[0]:.2%}..{self.volatility[-1]:.2%}, mean"
            f" {self.mean[0]:.2%}..{self.mean[-1]:.2%})"
        )

    def _repr_html_(self) -> str:
        from advisor.reports.cards import frontier_card

        return frontier_card(self)

    def to_frame(self) -> pd.DataFrame:
        """One row a corner: mean, volatility, risk_aversion (inf = the least risk), then
        `weight:<asset>`.
        """
        with np.errstate(divide="ignore"):
            columns = {
                "mean": self.mean,
                "volatility": self.volatility,
                "risk_aversion": 1.0 / self.risk_tolerance,
            }
        return pd.DataFrame(
            columns | {f"weight:{name}": self.weights[:, at] for at, name in enumerate(self.assets)}
        )

    def plot(self) -> Any:
        """A matplotlib figure of the frontier; `InputError` where there is no matplotlib."""
        from advisor.reports.figures import plot_frontier

        return plot_frontier(self)

    def at_risk_aversion(self, gamma: FloatArray | float) -> FloatArray:
        """Weights that maximise `mean - gamma / 2 * variance`.

        Args:
            gamma: Risk aversion, shape (c,) or a number; 0 asks for the highest mean, inf for the
                least risk.

        Returns:
            Weights, shape (c, n), or (n,) for a number. Exact: the frontier is linear in `1 /
            gamma` between corners.

        Raises:
            InputError: A risk aversion is negative or nan.
        """
        rows = rows_of(gamma, "gamma", lower=0.0, infinite=True)
        with np.errstate(divide="ignore", over="ignore"):
            return self._weights(self.segments.at_tolerance(1.0 / rows), gamma)

    def at_volatility(self, target: FloatArray | float) -> FloatArray:
        """Weights of the frontier portfolio with each target volatility.

        Args:
            target: Annual volatility, shape (c,) or a number; 0.10 is 10 %. Clipped to the
                frontier's two ends.

        Returns:
            Weights, shape (c, n), or (n,) for a number. Exact: between two corners variance is a
            quadratic whose root is taken in closed form.

        Raises:
            InputError: A target is negative or nan.
        """
        rows = rows_of(target, "target", lower=0.0, infinite=True)
        return self._weights(self.segments.at_volatility(rows), target)

    def at_mean(self, target: FloatArray | float) -> FloatArray:
        """Weights of the frontier portfolio with each target expected return, clipped to the
        frontier's two ends.

        Args:
            target: Annual expected return, shape (c,) or a number.

        Returns:
            Weights, shape (c, n), or (n,) for a number.

        Raises:
            InputError: A target is nan.
        """
        rows = rows_of(target, "target", lower=-np.inf, infinite=True)
        return self._weights(self.segments.at_mean(rows), target)

    def risk_aversion_at(self, volatility: FloatArray | float) -> FloatArray:
        """The risk aversion whose optimum has each volatility: where one portfolio serves a range
        of them (a kink), the largest.

        Args:
            volatility: Annual, shape (c,) or a number; clipped to the frontier's two ends.

        Returns:
            Shape (c,); inf at the end of least risk.

        Raises:
            InputError: A volatility is negative or nan.
        """
        s, rows = self.segments, rows_of(volatility, "volatility", lower=0.0, infinite=True)
        rows = np.clip(rows, s.volatility[0], s.volatility[-1])
        corner, share = s.at_volatility(rows)
        first = np.searchsorted(s.volatility, rows, side="left")
        tolerance = np.where(
            s.volatility[first] == rows,
            s.tolerance[first],
            s.tolerance[corner] + share * s.width[corner],
        )
        with np.errstate(divide="ignore", over="ignore"):
            return 1.0 / tolerance

    def at_preferences(self, preferences: Preferences) -> FloatArray:
        """Weights that each client with these preferences likes best: the pure optimum, with no cap
        and no one-way rule.

        Args:
            preferences: Of c clients. A status-quo cost needs holdings: see `optimal_portfolio`.

        Returns:
            Weights, shape (c, n). For normal returns, and any convex limits, the optimum lies on
            this frontier, where its effective risk aversion says.

        Raises:
            InputError: A status-quo cost is not 0.
        """
        gamma = self.effective_risk_aversion(preferences)
        with np.errstate(divide="ignore", over="ignore"):
            return self.segments.portfolios(*self.segments.at_tolerance(1.0 / gamma))

    def effective_risk_aversion(self, preferences: Preferences) -> FloatArray:
        """The plain risk aversion that leads to the same portfolio as these preferences, shape
        (c,); inf where the client takes no risk at all.

        Raises:
            InputError: A status-quo cost is not 0.
        """
        remedy = "Pass Preferences(risk_aversion, loss_aversion, ...)."
        check_type(preferences, Preferences, "preferences", remedy)
        s = self.segments
        return preferences.effective_risk_aversion(
            s.tolerance, s.mean, s.variance, s.slope, s.curve
        )

    def participation(self, preferences: Preferences) -> StrArray:
        """Status of each client: "ok", or "no_participation" where the client's optimum is the
        riskless end, shape (c,).
        """
        gamma = self.effective_risk_aversion(preferences)
        nobody = np.isinf(gamma) & np.isfinite(preferences.risk_aversion)
        return np.where(nobody, "no_participation", "ok")

    def max_sharpe(self, risk_free: float = 0.0) -> FloatArray:
        """Weights with the highest `(mean - risk_free) / volatility`, shape (n,).

        Of several portfolios with that ratio (cash mixed with one portfolio) the one that takes
        most risk is returned.

        Raises:
            InputError: No portfolio earns more than `risk_free`, or it is no finite number.
        """
        s, risk_free = self.segments, check_number(risk_free, "risk_free", "Give an annual return.")
        if not s.mean[-1] > risk_free:
            raise InputError(
                f"risk_free {risk_free:g} is not below the highest expected return {s.mean[-1]:g};"
                " no portfolio has a positive Sharpe ratio. Lower it.",
                field="risk_free",
                value=risk_free,
            )
        corner, share = s.at_highest_sharpe(risk_free)
        return s.portfolios(corner, share)[0]

    def moments_at(self, gamma: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Expected annual return and volatility of the optimum at each risk aversion, each shape
        (c,), without its weights.
        """
        with np.errstate(divide="ignore", over="ignore"):
            return self.segments.moments(
                *self.segments.at_tolerance(1.0 / rows_of(gamma, "gamma", lower=0.0, infinite=True))
            )

    def kkt_residuals(self, weights: FloatArray, gamma: FloatArray) -> FloatArray:
        """KKT residual of rows of weights at their risk aversions, shape (c,), recomputed from
        model and limits with this frontier's multipliers.

        Raises:
            InputError: Weights of another shape than (c, n), or a risk aversion that is negative or
                nan.
        """
        gamma = rows_of(gamma, "gamma", lower=0.0, infinite=True)
        weights = self._read(weights, (len(gamma), len(self.assets)))
        effective = np.maximum(gamma, self.least_risk_aversion)
        model, limits, weights = self.program(weights)
        return kkt_residuals(model, limits, weights, gamma, self._multipliers(effective), effective)

    def certify(self, weights: FloatArray, gamma: float) -> Certificate:
        """Residual and binding limits of one row of weights, shape (n,), at its risk aversion."""
        weights = self._read(weights, (len(self.assets),))
        gamma = check_risk_aversion(gamma, "gamma")
        effective = max(gamma, self.least_risk_aversion)
        prices = self._multipliers(np.array([effective]))[0]
        return certify_row(*self.program(weights), gamma, prices, effective)

    def _read(self, weights: FloatArray, shape: tuple[int, ...]) -> FloatArray:
        return float_array(in_order(weights, self.assets, "weights"), "weights", shape=shape)

    def program(self, weights: FloatArray) -> tuple[ReturnModel, Limits, FloatArray]:
        """What is certified: model and limits, and weights (..., n) as their variables."""
        if self.parts is None:
            return self.model, self.limits, weights
        return self.parts.model, self.parts.limits, self.parts.limits.split(weights)

    def moments_of(self, weights: FloatArray) -> tuple[float, float]:
        """Mean, after costs of short positions, and volatility of weights, shape (n,)."""
        model, _, variables = self.program(weights)
        variance = float(np.einsum("i,ij,j->", weights, self.model.covariance, weights))
        mean = float(np.einsum("i,i->", variables, model.mean))
        return mean, float(np.sqrt(max(variance, 0.0)))

    def multipliers_at(self, gamma: float) -> FloatArray:
        """Multipliers of budget and rows at one risk aversion, in units of the certificate's
        objective, shape (1 + r,).

        Raises:
            InputError: It is negative or nan.
        """
        return self._multipliers(np.array([check_risk_aversion(gamma, "gamma")]))[0]

    @cached_property
    def segments(self) -> Segments:
        """The corners with what lies between them."""
        return Segments.of(
            self.risk_tolerance, self.weights, self.mean, self.volatility, self.model.covariance
        )

    def _weights(self, place: tuple[IntArray, FloatArray], asked: FloatArray | float) -> FloatArray:
        """Weights of places, shape (c, n), or (n,) where a number was asked for."""
        weights = self.segments.portfolios(*place)
        return weights[0] if np.ndim(asked) == 0 else weights

    def _multipliers(self, gamma: FloatArray) -> FloatArray:
        with np.errstate(divide="ignore", over="ignore"):
            return self.path.multipliers_at(*self.segments.at_tolerance(1.0 / gamma), gamma)

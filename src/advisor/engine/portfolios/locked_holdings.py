"""Clients who keep holdings they may not add to: the rest of their money is placed around what
stays, for all of them together.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace

import numpy as np

from advisor.arrays import BoolArray, FloatArray
from advisor.contracts.mandate import Mandate
from advisor.data.returns import ReturnModel
from advisor.errors import InfeasibleError
from advisor.optimize.batch.portfolios import Portfolios, optimal_portfolios
from advisor.optimize.frontier.frontier import Frontier
from advisor.optimize.preferences.preferences import Preferences

FLOOR_ROUNDING = 1e-13
"""Left free of what is kept by clients who keep everything."""


SIZING_STEPS = (2.0, 4.0, 8.0, np.inf)
"""Factors on risk aversion by which clients who keep something come below a forecast volatility;
the last is as little risk as there is."""

Proof = tuple[Portfolios, int]
"""An answer of the batch solver and a row of it; `Portfolios.binding` tells what holds that row."""


@dataclass(frozen=True, eq=False)
class AllocationsAround:
    """Portfolios around what is kept, a row a client.

    Attributes:
        weights: Shape (c, v).
        risk_aversion: The plain one whose optimum this is; inf = as little risk as what is kept
            allows. Shape (c,).
        mean: Expected annual return, shape (c,).
        volatility: Annual, shape (c,).
        kkt_residual: Shape (c,).
        solved: False where what is kept breaks a limit of the mandate, shape (c,).
        within_stress: Whether the stressed loss of the level could be kept, shape (c,).
        proofs: Of each solved row the answer it is part of, and its place there.
    """

    weights: FloatArray
    risk_aversion: FloatArray
    mean: FloatArray
    volatility: FloatArray
    kkt_residual: FloatArray
    solved: BoolArray
    within_stress: BoolArray
    proofs: dict[int, Proof] = field(default_factory=dict)

    def take_from(self, portfolios: Portfolios, rows: BoolArray) -> BoolArray:
        """Write in the rows that were solved; says which of `rows` were not."""
        solved = (portfolios.status == "ok") | (portfolios.status == "no_participation")
        into = np.flatnonzero(rows)[solved]
        self.weights[into], self.risk_aversion[into] = (
            portfolios.weights[solved],
            portfolios.risk_aversion[solved],
        )
        self.mean[into] = portfolios.mean[solved]
        self.volatility[into] = portfolios.volatility[solved]
        self.kkt_residual[into], self.solved[into] = portfolios.kkt_residual[solved], True
        self.proofs.update(
            (row, (portfolios, at))
            for row, at in zip(into.tolist(), np.flatnonzero(solved).tolist(), strict=True)
        )
        missing = np.zeros_like(rows)
        missing[np.flatnonzero(rows)[~solved]] = True
        return missing

    def put(self, rows: BoolArray, replacement: AllocationsAround) -> None:
        """Replace the rows of this answer by those of another, where it was solved."""
        into, solved = np.flatnonzero(rows)[replacement.solved], replacement.solved
        for name in (
            "weights",
            "risk_aversion",
            "mean",
            "volatility",
            "kkt_residual",
            "within_stress",
        ):
            getattr(self, name)[into] = getattr(replacement, name)[solved]
        self.proofs.update(
            (int(np.flatnonzero(rows)[at]), proof) for at, proof in replacement.proofs.items()
        )


def floor_of(locked: FloatArray, wealth: FloatArray) -> FloatArray:
    """What is kept as weights, shape (c, v), from money of that shape and wealth of shape (c,); a
    hair below 1 together, so that rounding contradicts nobody.
    """
    floor = locked / np.maximum(wealth, np.einsum("cv->c", locked))[:, None]
    total = np.einsum("cv->c", floor)
    return floor * np.minimum(1.0, (1.0 - FLOOR_ROUNDING) / np.maximum(total, 0.5))[:, None]


def ceiling_of(ceiling: FloatArray, wealth: FloatArray) -> FloatArray:
    """What may stay though nothing may be added, as weights, shape (c, v), from money of that
    shape.
    """
    return np.minimum(ceiling / np.where(wealth > 0.0, wealth, np.inf)[:, None], 1.0)


def bounds_around(
    model: ReturnModel,
    mandate: Mandate,
    eligible: BoolArray,
    floor: FloatArray,
    ceiling: FloatArray,
) -> tuple[FloatArray, FloatArray]:
    """Lower and upper bounds of clients who keep `floor`; all shape (c, v).

    What is kept is a lower bound; where the vehicle may not be bought, that or `ceiling` is the
    upper bound too. A cap that it breaks by itself gives way to it.
    """
    pairs = [
        mandate.bounds.get(asset, (mandate.min_weight, mandate.max_weight))
        for asset in model.assets
    ]
    low, high = np.array(pairs).T
    return np.maximum(np.where(eligible, low, 0.0), floor), np.maximum(
        np.where(eligible, high, ceiling), floor
    )


def limits_around(
    model: ReturnModel,
    mandate: Mandate,
    eligible: BoolArray,
    floor: FloatArray,
    ceiling: FloatArray,
) -> Mandate:
    """The limits of one client who keeps `floor` and may keep `ceiling`, shape (v,), as a mandate
    of their own.
    """
    lower, upper = (
        rows[0].tolist()
        for rows in bounds_around(model, mandate, eligible[None], floor[None], ceiling[None])
    )
    return without_bounds(mandate).model_copy(
        update={"bounds": dict(zip(model.assets, zip(lower, upper, strict=True), strict=True))}
    )


def without_bounds(mandate: Mandate) -> Mandate:
    """The group and linear limits alone; every client brings their own bounds."""
    return mandate.model_copy(
        update={"min_weight": min(mandate.min_weight, 0.0), "max_weight": 1.0, "bounds": {}}
    )


@dataclass(frozen=True, eq=False)
class Around:
    """Clients of one level who keep something, and what binds them.

    Attributes:
        model: v vehicles.
        mandates: Limits of the clients' level, with and without its stressed loss.
        eligible: Vehicles each may buy, shape (c, v).
        floor: Weight of what each keeps, shape (c, v).
        ceiling: Weight of what each may keep of vehicles they may not buy, shape (c, v).
        target: Annual volatility of the level, by the covariance.
        peers: The frontier of a mandate; raises `InfeasibleError` where there is none.
    """

    model: ReturnModel
    mandates: tuple[Mandate, Mandate]
    eligible: BoolArray
    floor: FloatArray
    ceiling: FloatArray
    target: float
    peers: Callable[[Mandate], Frontier]

    def place(self, risk_aversion: FloatArray) -> AllocationsAround:
        """The best portfolios that hold at least what is kept.

        What is kept counts as risk: the portfolio stays at or below the target volatility where
        that is possible; where it is not, the rest is as safe as it can be, if need be at a
        stressed loss above the level's.

        Args:
            risk_aversion: That each would have if nothing were kept, shape (c,).
        """
        mandates, count = self.mandates, len(self.floor)
        lower, upper = bounds_around(
            self.model, mandates[0], self.eligible, self.floor, self.ceiling
        )
        gamma, mean, volatility, residual = np.full((4, count), np.nan)
        solved, stressed = np.zeros(count, dtype=np.bool_), np.ones(count, dtype=np.bool_)
        allocations = AllocationsAround(
            np.full(self.floor.shape, np.nan), gamma, mean, volatility, residual, solved, stressed
        )
        cap = mandates[0].max_volatility
        capped = mandates[0].model_copy(
            update={"max_volatility": self.target if cap is None else min(cap, self.target)}
        )
        least = np.full(count, np.inf)
        missing = np.ones(count, dtype=np.bool_)
        for limits, gamma in ((capped, risk_aversion), (mandates[0], least), (mandates[1], least)):
            if not missing.any():
                break
            allocations.within_stress[missing] = limits is not mandates[1]
            shared = without_bounds(limits)
            try:
                frontier = self.peers(shared.model_copy(update={"max_volatility": None}))
                portfolios = optimal_portfolios(
                    self.model,
                    shared,
                    Preferences(gamma[missing]),
                    lower=lower[missing],
                    upper=upper[missing],
                    frontier=frontier,
                )
            except InfeasibleError:
                continue
            missing = allocations.take_from(portfolios, missing)
        return allocations

    def sized(self, risk_aversion: FloatArray, aim: float) -> AllocationsAround:
        """`place`, with volatilities by the model's forecast: risk aversion rises step by step
        where the forecast is above `aim`.
        """
        allocations = self.place(risk_aversion)
        self._forecast(allocations)
        for factor in SIZING_STEPS:
            over = (
                allocations.solved
                & (allocations.volatility > aim)
                & np.isfinite(allocations.risk_aversion)
            )
            if not over.any():
                break
            some = replace(
                self,
                eligible=self.eligible[over],
                floor=self.floor[over],
                ceiling=self.ceiling[over],
            )
            again = some.place(allocations.risk_aversion[over] * factor)
            self._forecast(again)
            allocations.put(over, again)
        return allocations

    def _forecast(self, allocations: AllocationsAround) -> None:
        seen = np.einsum("cv,vw->cw", allocations.weights, self.model.risk)
        allocations.volatility[:] = np.sqrt(
            np.maximum(np.einsum("cw,cw->c", seen, allocations.weights), 0.0)
        )

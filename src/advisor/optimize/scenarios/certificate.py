"""One client's program over scenarios by an interior point method, and the dual proof of anybody's
answer to it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, cast

import numpy as np
import pandas as pd

from advisor.arrays import FloatArray, check_number, float_array
from advisor.data.by_asset import in_order
from advisor.data.returns import ReturnModel
from advisor.data.tables import labels_of
from advisor.errors import InfeasibleError, InputError, SolverError
from advisor.optimize.batch.certificate import bent_gap
from advisor.optimize.batch.costs import CostRows
from advisor.optimize.limits.certificate import (
    duality_gap,
    objective_scale,
    overstepped,
    priced_out,
)
from advisor.optimize.limits.limits import Limits
from advisor.optimize.preferences.preferences import Preferences
from advisor.paired import is_in_order

INTERIOR: dict[str, float | int | bool] = {
    "tol_gap_abs": 1e-12,
    "tol_gap_rel": 1e-12,
    "tol_feas": 1e-12,
    "max_iter": 200,
    "verbose": False,
    "max_threads": 1,
}
UNTRADED = 1e-7
"""A weight that the interior point leaves this close to what is held was not traded, where the
proof agrees."""


@dataclass(frozen=True, eq=False)
class Scenarios:
    """Equally likely returns of n assets over one evaluation period.

    Args:
        returns: Simple returns over the whole period, shape (T, n). A DataFrame goes by the labels
            of its columns.
        years: Length of the period; losses are judged once in it.
        assets: What those labels were; None of an array, which is in the model's order.

    Raises:
        InputError: No scenarios, values that are not finite, or a period that is not positive.
    """

    returns: FloatArray
    years: float = 1.0
    assets: tuple[str, ...] | None = field(default=None, init=False)

    def __post_init__(self) -> None:
        returns: object = self.returns
        if isinstance(returns, pd.DataFrame) and not is_in_order(returns.columns):
            object.__setattr__(self, "assets", tuple(labels_of(returns.columns)))
        object.__setattr__(
            self, "returns", float_array(self.returns, "scenarios", shape=(None, None))
        )
        years = check_number(
            self.years, "years", "It is the length of the scenarios' period.", above=0.0
        )
        object.__setattr__(self, "years", years)
        if not len(self.returns):
            raise InputError(
                "There are 0 scenarios, which say nothing; give at least one.",
                field="scenarios",
                value=0,
            )

    def of(self, assets: Sequence[str]) -> Scenarios:
        """The same in the order of a model's assets. Raises `InputError` where they are labelled by
        other ones.
        """
        if self.assets is None or self.assets == tuple(assets):
            return self
        frame = in_order(pd.DataFrame(self.returns, columns=list(self.assets)), assets, "scenarios")
        return Scenarios(cast(FloatArray, frame), self.years)

    def check_width(self, n: int) -> None:
        """Raise `InputError` unless there is a column for each of n assets."""
        if self.returns.shape[1] != n:
            raise InputError(
                f"scenarios cover {self.returns.shape[1]} assets, the model {n}; give a column for"
                " each.",
                field="scenarios",
                value=self.returns.shape,
            )


def prove_rows(
    program: ScenarioProgram,
    wants: Preferences,
    weights: FloatArray,
    tilt: FloatArray,
    prices: FloatArray,
    costs: CostRows | None = None,
) -> tuple[FloatArray, FloatArray]:
    """Objective of each row of weights (c, n), and how much better any portfolio could be (plus
    what the weights violate), each shape (c,).

    Args:
        program: Of all clients; the volatility cap is not looked at.
        wants: Of c clients; the objective of an infinite risk aversion is minus half the variance.
        weights: Shape (c, n).
        tilt: Between 0 and kappa / T, shape (c, T): any such gives a valid bound, the optimal ones
            the exact gap.
        prices: Of budget and rows, shape (c, 1 + r): positive at a lower edge.
        costs: Annual, of c clients.
    """
    model, limits = program.model, program.limits
    years, rows = program.scenarios.years, program.scenarios.returns
    least = np.isinf(wants.risk_aversion)
    risk, reward = np.where(least, 1.0, wants.risk_aversion), np.where(least, 0.0, 1.0)
    below = (wants.reference_return * years)[:, None] - weights @ rows.T
    marginal = weights @ model.covariance
    plain = reward * (weights @ model.mean) - 0.5 * risk * np.einsum("cn,cn->c", marginal, weights)
    if costs is not None:
        plain = plain - reward * costs.total(weights)
    objective = (
        plain - reward * (wants.loss_aversion - 1.0) * np.maximum(below, 0.0).mean(axis=1) / years
    )
    smooth = plain - reward * np.einsum("ct,ct->c", tilt, below) / years
    gradient = risk[:, None] * marginal - reward[:, None] * (model.mean + tilt @ rows / years)
    if costs is None:
        linear = duality_gap(gradient, weights, limits, prices)
    else:
        linear, left = priced_out(gradient, weights, limits, prices)
        linear = linear + np.einsum(
            "cn->c", bent_gap(costs, (limits.lower, limits.upper), weights, left, reward)
        )
    broken = np.maximum(np.abs(weights.sum(axis=1) - 1.0), overstepped(limits, weights))
    return objective, np.maximum(smooth + linear - objective, 0.0) + np.maximum(broken, 0.0)


class ScenarioProgram:
    """The program's matrices, built once; a client changes only its linear term and its edges.

    Its variables are the weights, how far each scenario falls short, and, with `trading`, what is
    bought and what is sold of each asset.
    """

    def __init__(
        self, model: ReturnModel, limits: Limits, scenarios: Scenarios, *, trading: bool = False
    ) -> None:
        from scipy import sparse

        self.model, self.limits, self.scenarios, self.trading = model, limits, scenarios, trading
        n, t, k = len(model), len(scenarios.returns), 2 * len(model) if trading else 0
        eye: Any = sparse.eye_array(n)
        sides, self._sides = limits.one_sided()
        blocks: list[list[Any]] = [
            [np.ones((1, n)), sparse.csc_array((1, t)), sparse.csc_array((1, k))],
            [-eye, None, None],
            [eye, None, None],
            [sparse.csc_array(sides), None, None],
            [-scenarios.returns, -sparse.eye_array(t), None],
            [None, -sparse.eye_array(t), None],
        ]
        if trading:
            blocks[1:1] = [[eye, None, sparse.hstack([-eye, eye])]]
            blocks.append([None, None, -sparse.eye_array(k)])
        self._matrix: Any = sparse.csc_array(sparse.block_array(blocks))
        upper = sparse.csc_array(np.triu(model.covariance))
        self._hessian: Any = sparse.csc_array(
            sparse.block_diag([upper, sparse.csc_array((t + k, t + k))])
        )

    def solve(
        self, gamma: float, kappa: float, reference: float, costs: CostRows | None = None
    ) -> tuple[FloatArray, FloatArray, FloatArray]:
        """Weights (n,), tilt of scenarios (T,), and multipliers of budget and rows (1 + r,),
        positive at a lower edge.

        Args:
            gamma: Risk aversion, 0 to inf.
            kappa: Loss aversion less 1.
            reference: Annual.
            costs: Of this client; only, and always, of a program with `trading`.

        Raises:
            InfeasibleError: No portfolio satisfies the limits.
            SolverError: The solver stopped otherwise.
        """
        n, t, limits = len(self.model), len(self.scenarios.returns), self.limits
        risk, reward = (float(x[0]) for x in objective_scale(np.array([gamma])))
        linear, equal, idle = (
            [-self.model.mean, np.full(t, kappa / (t * self.scenarios.years))],
            [np.ones(1)],
            np.zeros(0),
        )
        if costs is not None:
            linear, idle = [*linear, costs.buy[0], costs.sell[0]], np.zeros(2 * n)
            equal.append(costs.hold[0])
        edge = np.full(t, -reference * self.scenarios.years)
        right = np.concatenate(
            [*equal, -limits.lower, limits.upper, self._sides, edge, np.zeros(t), idle]
        )
        equalities = sum(map(len, equal))
        x, z = self._interior(
            self._hessian * risk, reward * np.concatenate(linear), right, equalities
        )
        z = z / (reward or 1.0)
        weights, first = np.clip(x[:n], limits.lower, limits.upper), equalities + 2 * n
        last = first + len(self._sides)
        rows = limits.row_prices(z[first:last])
        tilt = np.clip(z[last : last + t] * self.scenarios.years, 0.0, kappa / t)
        return weights, tilt if reward > 0.0 else 0.0 * tilt, np.concatenate([-z[:1], rows])

    def _interior(
        self, hessian: Any, linear: FloatArray, right: FloatArray, equalities: int
    ) -> tuple[FloatArray, FloatArray]:
        """Clarabel's solution and multipliers."""
        import clarabel as untyped

        clarabel: Any = untyped
        settings = clarabel.DefaultSettings()
        for name, value in INTERIOR.items():
            setattr(settings, name, value)
        cones = [clarabel.ZeroConeT(equalities), clarabel.NonnegativeConeT(len(right) - equalities)]
        done = clarabel.DefaultSolver(hessian, linear, self._matrix, right, cones, settings).solve()
        word = str(done.status)
        if "PrimalInfeasible" in word:
            raise InfeasibleError(
                "The limits admit no portfolio.", constraints=self.limits.row_names
            )
        if done.x is None or not np.isfinite(done.x).all():
            raise SolverError(
                f"Clarabel stopped with {word} on {len(self.scenarios.returns)} scenarios; check"
                " the scale of the returns.",
                solver="clarabel",
                status=word,
            )
        return np.array(done.x), np.array(done.z)


def untraded(weights: FloatArray, costs: CostRows, limits: Limits) -> FloatArray:
    """Weights (n,) of which those that all but equal what is held do equal it; what is traded most
    takes up the difference.
    """
    hold = np.clip(costs.hold[0], limits.lower, limits.upper)
    change = np.abs(weights - hold)
    rounded = np.where(change <= UNTRADED, hold, weights)
    if (change > UNTRADED).any():
        rounded[int(change.argmax())] += 1.0 - rounded.sum()
    return np.clip(rounded, limits.lower, limits.upper)

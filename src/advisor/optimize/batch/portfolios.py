"""Many clients at once, each with limits, holdings and costs of their own: `optimal_portfolios`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from typing import cast

import numpy as np

from advisor.arrays import FloatArray, StrArray, check_type, frozen, numbers
from advisor.contracts.advice import Binding
from advisor.contracts.mandate import Mandate
from advisor.data.by_asset import in_order
from advisor.data.returns import ReturnModel
from advisor.errors import InputError
from advisor.optimize.batch.costs import TradingCost, cost_rows
from advisor.optimize.batch.explain import row_bindings
from advisor.optimize.batch.pivot import PivotState
from advisor.optimize.batch.rows import BatchRows
from advisor.optimize.batch.solve import CERTIFIED, ChunkAnswer, solve_chunk
from advisor.optimize.frontier.frontier import Frontier
from advisor.optimize.frontier.trace import trace_frontier
from advisor.optimize.limits.infeasible import name_contradiction
from advisor.optimize.limits.limits import limits_of
from advisor.optimize.limits.parts import PartLimits, parts_of
from advisor.optimize.preferences.preferences import Preferences
from advisor.optimize.repairs import at_least

CHUNK = 16_384
"""Rows handled at a time, so that temporary arrays stay small; results do not depend on it."""


@dataclass(frozen=True, eq=False)
class Portfolios:
    """One portfolio a client.

    Attributes:
        assets: Ids, length n.
        weights: Fractions of wealth, shape (c, n); nan where `status` is neither "ok" nor
            "no_participation".
        mean: Expected annual return before costs, shape (c,).
        volatility: Annual, shape (c,).
        status: "ok"; "no_participation" (wants no risk at all; the least risky portfolio);
            "infeasible" (their limits contradict each other); "failed" (no certificate, so no
            answer; `reason` says why); "invalid_input" (a value of their own row cannot be used).
            Shape (c,).
        kkt_residual: Of the client's own objective, with losses and costs, shape (c,); at most 1e-9
            where there are weights, nan elsewhere.
        risk_aversion: Effective: the plain risk aversion whose optimum this is, shape (c,); inf =
            least risk.
        cost: Annual cost of the trades, shape (c,).
        reward: What a unit of mean is worth to the client: 1, and more where a loss below the
            reference weighs more, shape (c,).
        cap_price: What one more unit of the cap on volatility would add to the client's objective,
            shape (c,).
        rows: The programs, for `reason` and warm starts.
        state: Active sets, for warm starts, and which rows needed the exact solver.
        faults: Which value of a row cannot be used, and why, by row.
    """

    assets: tuple[str, ...]
    weights: FloatArray
    mean: FloatArray
    volatility: FloatArray
    status: StrArray
    kkt_residual: FloatArray
    risk_aversion: FloatArray
    cost: FloatArray
    reward: FloatArray
    cap_price: FloatArray
    rows: BatchRows
    state: PivotState
    faults: Mapping[int, str] = field(default_factory=dict[int, str])

    def binding(self, i: int) -> tuple[Binding, ...]:
        """The limits and costs that hold row `i` where it is, dearest first: the multipliers of its
        certificate; empty where it has no portfolio.
        """
        i = self._row(i)
        if self.status[i] not in ("ok", "no_participation"):
            return ()
        gamma, reward, cap = (
            float(column[i]) for column in (self.risk_aversion, self.reward, self.cap_price)
        )
        return row_bindings(self.rows, self.state, (gamma, reward, cap), i)

    def reason(self, i: int) -> str:
        """Why row `i` has no portfolio, naming the limits that contradict each other with their
        numbers; "" where it has one.
        """
        i = self._row(i)
        if i in self.faults:
            return self.faults[i]
        if self.status[i] == "failed":
            return (
                f"No certificate: the residual of the best weights found is above {CERTIFIED:g}."
                " Where these have nearly no risk, the covariance says no more than its rounding;"
                " else means, variances or bounds differ by too many orders. Shrink the"
                " covariance, or leave out what is nearly riskless."
            )
        if self.status[i] != "infeasible":
            return ""
        limits = self.rows.limits_of_row(i)
        limits = limits.plain_limits() if isinstance(limits, PartLimits) else limits
        crossed = np.flatnonzero(limits.lower > limits.upper)
        if crossed.size:
            k = int(crossed[0])
            return (
                f"{limits.assets[k]}: lower {limits.lower[k]:g} is above upper {limits.upper[k]:g},"
                " so no weight fits; widen one of them."
            )
        cap = limits.max_volatility
        if cap is not None and np.isfinite(self.volatility[i]):
            needed = at_least(float(self.volatility[i]))
            return (
                f"max_volatility {cap:g} is below {needed}, the least volatility their limits"
                " allow; raise it to at least that."
            )
        return str(name_contradiction(self.rows.limits_of_row(i)))

    def _row(self, i: int) -> int:
        check_type(i, (int, np.integer), "i", "Pass the number of a row.")
        if not -len(self) <= i < len(self):
            raise InputError(
                f"i is {i}, but there are {len(self)} rows; count from 0.", field="i", value=i
            )
        return int(i) % len(self)

    def __len__(self) -> int:
        return len(self.weights)

    def __repr__(self) -> str:
        words, counts = np.unique(self.status, return_counts=True)
        statuses = ", ".join(
            f"{n:,} {w}" for w, n in zip(words.tolist(), counts.tolist(), strict=True)
        )
        return f"Portfolios({len(self):,} clients, {len(self.assets)} assets: {statuses})"


def optimal_portfolios(
    model: ReturnModel,
    mandate: Mandate | None,
    preferences: Preferences,
    *,
    lower: object = None,
    upper: object = None,
    current: object = None,
    cost: float | FloatArray | TradingCost | None = None,
    start: Portfolios | None = None,
    frontier: Frontier | None = None,
) -> Portfolios:
    """The best portfolio of each client within their own bounds, given what they hold and what
    trading costs them.

    Args:
        model: Means and covariance of n assets, shared.
        mandate: Limits that hold for every client; long-only when None.
        preferences: Of c clients (or one, for all rows given).
        lower: Own lower bounds, a number, (n,) or (c, n); they tighten the mandate's.
        upper: Own upper bounds, likewise; 0 takes an asset away.
        current: Weights held now, (n,) or (c, n), not money; what they leave of 1 is cash.
        cost: One-off proportional cost of trading, spread over one year, or over the holding years
            of a `TradingCost`; `preferences.status_quo_cost` adds to it. It lowers the return that
            a loss-averse client compares with the reference.
        start: Yesterday's answer for the same clients: their active sets are tried first.
        frontier: Of model and mandate without the volatility cap, where there is one: only a seed.

    Returns:
        A row a client, each with its certificate: no portfolio within the limits is better by more.
        Rows are pivoted from the shared frontier, solved again on their own exact path where that
        misses 1e-9, and "failed" where both do; no row sees another, to the bit.

    Raises:
        InputError: Shapes disagree, or a value that all clients share cannot be used (in a client's
            own row it is their `status`).
        InfeasibleError: The mandate alone leaves no portfolio to anybody.
        SolverError: The frontier of the mandate could not be certified.

    Source: Judice and Pires (1994); Davis and Norman (1990) for the no-trade region.
    """
    limits = limits_of(model, mandate, signed=True)
    lower, upper, current = (
        None if v is None else numbers(in_order(v, model.assets, name), name)
        for v, name in ((lower, "lower"), (upper, "upper"), (current, "current"))
    )
    wants = _a_row_each(preferences, (lower, upper, current), cost)
    count = len(wants)
    if start is not None:
        _check_start(start, (count, len(model)))
    faults: dict[int, str] = {}
    costs = cost_rows(current, cost, wants.status_quo_cost, count, model.assets, faults)
    rows = BatchRows.of(model, limits, count, lower, upper, costs, faults)
    parts = parts_of(model, limits)
    rows = rows if parts is None else rows.of_parts(parts)
    shared = None if frontier is None else _checked_frontier(frontier, model)
    if shared is None or parts is not None:
        shared = trace_frontier(rows.model, replace(rows.limits, max_volatility=None))
    answers = _in_chunks(rows, wants, shared, start)
    return _joined(model, rows, answers, faults)


def _in_chunks(
    rows: BatchRows, wants: Preferences, shared: Frontier, start: Portfolios | None
) -> list[ChunkAnswer]:
    answers: list[ChunkAnswer] = []
    for a in range(0, max(rows.count, 1), CHUNK):
        block = np.arange(a, min(a + CHUNK, rows.count))
        warm = None if start is None else (start.state.side[block], start.state.row_side[block])
        answers.append(solve_chunk(rows.take(block), wants.take(block), shared, warm))
    return answers


def _checked_frontier(frontier: object, model: ReturnModel) -> Frontier:
    remedy = "Pass what trace_frontier gave for this model and mandate, or None."
    check_type(frontier, Frontier, "frontier", remedy)
    own = cast(Frontier, frontier)
    if own.assets != model.assets:
        raise InputError(
            "frontier is of other assets than model; pass its own, or None.",
            field="frontier",
            value=own.assets,
        )
    return own


def _a_row_each(
    preferences: Preferences, rows: tuple[FloatArray | None, ...], cost: object
) -> Preferences:
    """Preferences of as many clients as they, own bounds and holdings, or costs are of."""
    remedy = "Pass Preferences(risk_aversion, loss_aversion, ...), one value a client."
    check_type(preferences, Preferences, "preferences", remedy)
    rates = (cost.buy, cost.sell) if isinstance(cost, TradingCost) else (cost,)
    tables = [*rows, *(numbers(rate, "cost") for rate in rates if rate is not None)]
    lengths = [len(table) for table in tables if table is not None and table.ndim == 2]
    if (
        isinstance(cost, TradingCost)
        and (years := numbers(cost.holding_years, "holding_years")).ndim == 1
    ):
        lengths.append(len(years))
    count = max([*(() if len(preferences) == 1 and lengths else (len(preferences),)), *lengths])
    if len(preferences) not in (1, count):
        raise InputError(
            f"preferences are of {len(preferences)} clients, bounds, holdings or costs of {count};"
            " give one row each.",
            field="preferences",
            value=len(preferences),
        )
    few = len(preferences) < count
    return preferences.take(np.zeros(count, dtype=np.int64)) if few else preferences


def _check_start(start: object, shape: tuple[int, int]) -> None:
    check_type(
        start,
        Portfolios,
        "start",
        "Pass what optimal_portfolios gave for the same clients, or None.",
    )
    if isinstance(start, Portfolios) and start.weights.shape != shape:
        raise InputError(
            f"start holds {start.weights.shape} weights for {shape}; pass the answer for the same"
            " clients and assets.",
            field="start",
            value=start.weights.shape,
        )


def _joined(
    model: ReturnModel, rows: BatchRows, answers: list[ChunkAnswer], faults: dict[int, str]
) -> Portfolios:
    for row in faults:
        answers[row // CHUNK].status[row % CHUNK] = "invalid_input"
    columns = {
        item.name: frozen(np.concatenate([getattr(answer, item.name) for answer in answers]))
        for item in fields(ChunkAnswer)
        if item.name != "state"
    }
    state = PivotState(
        *(
            np.concatenate([getattr(answer.state, item.name) for answer in answers])
            for item in fields(PivotState)
        )
    )
    if isinstance(rows.limits, PartLimits):
        columns["weights"] = frozen(rows.limits.fold(columns["weights"]))
    return Portfolios(assets=model.assets, rows=rows, state=state, faults=faults, **columns)

"""Clients one by one over scenarios: a walk where it ends, else an interior point method."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from advisor.arrays import BoolArray, FloatArray, IntArray, StrArray
from advisor.errors import InfeasibleError, SolverError
from advisor.optimize.batch.costs import CostRows
from advisor.optimize.frontier.frontier import Frontier
from advisor.optimize.preferences.preferences import Preferences
from advisor.optimize.scenarios.certificate import ScenarioProgram, prove_rows, untraded
from advisor.optimize.scenarios.walk import BLOCK, least_risky, walk_over_scenarios

STEEPEST = 1e7
"""Risk tolerance that stands in for infinity."""


ACCEPTED = 1e-7
"""Largest duality gap, relative to the objective where that is above 1, of an answer that is called
solved."""


WALKED = 1e-9
"""Largest one of an answer that the walk may give; what is above goes to the interior point."""


LEAST_CURVED = 1e-3
"""Risk aversion below which the program is a linear one in effect, and left to the interior
point."""


REACHED = 1e-9
"""Relative excess of the least variance over that of the cap at which it is still there: what the
interior point leaves; the gap counts it."""


@dataclass(frozen=True, eq=False)
class ScenarioPortfolios:
    """One portfolio a client, optimal over scenarios.

    Attributes:
        weights: Shape (c, n); nan where not "ok".
        objective: Annual utility before the cap's price, shape (c,); minus half the variance of who
            only wants the least.
        status: "ok", "infeasible" or "failed", shape (c,).
        duality_gap: Proved distance from the best objective, shape (c,).
        tilt: Dual scenario weights: by how much a loss counts extra in each scenario, between 0 and
            kappa / T, shape (c, T).
        risk_aversion: The client's own, or the higher one that keeps their volatility at the
            mandate's cap, shape (c,).
    """

    weights: FloatArray
    objective: FloatArray
    status: StrArray
    duality_gap: FloatArray
    tilt: FloatArray
    risk_aversion: FloatArray

    def __len__(self) -> int:
        return len(self.weights)


@dataclass(frozen=True, eq=False)
class ScenarioSolver:
    """What all clients share: the program, the frontier of its limits (None where there is none),
    and the costs of each (None where trades are free).
    """

    program: ScenarioProgram
    frontier: Frontier | None
    costs: CostRows | None

    def solve(self, preferences: Preferences, clients: IntArray) -> ScenarioPortfolios:
        """Answers of some clients, a row each, that may be written to."""
        c, n, t = len(preferences), len(self.program.model), len(self.program.scenarios.returns)
        status = np.full(c, "ok", dtype="<U16")
        nothing = (
            np.full((c, n), np.nan),
            np.full(c, np.nan),
            status,
            np.full(c, np.nan),
            np.full((c, t), np.nan),
        )
        answer = ScenarioPortfolios(*nothing, preferences.risk_aversion.copy())
        walked = walk_rows(
            None if self.costs is not None else self.frontier, self.program, preferences, answer
        )
        for i in np.flatnonzero(~walked).tolist():
            self._alone(preferences, answer, i, self._costs_of(int(clients[i])))
        return answer

    def _costs_of(self, i: int) -> CostRows | None:
        return (
            None
            if self.costs is None
            else CostRows(
                *(a[[i % len(a)]] for a in (self.costs.hold, self.costs.buy, self.costs.sell))
            )
        )

    def _alone(
        self, preferences: Preferences, answer: ScenarioPortfolios, i: int, costs: CostRows | None
    ) -> None:
        """Client `i` by the interior point, written to `answer`."""
        own, p = preferences.take(np.array([i])), self.program
        try:
            w, tilt, prices = p.solve(
                float(own.risk_aversion[0]),
                float(own.loss_aversion[0]) - 1.0,
                float(own.reference_return[0]),
                costs,
            )
        except InfeasibleError:
            answer.status[i] = "infeasible"
            return
        except SolverError:
            answer.status[i] = "failed"
            return
        answer.status[i] = "failed"
        for weights in ([] if costs is None else [untraded(w, costs, p.limits)]) + [w]:
            objective, gap = prove_rows(p, own, weights[None], tilt[None], prices[None], costs)
            answer.objective[i], answer.duality_gap[i] = objective[0], gap[0]
            if gap[0] <= ACCEPTED * max(1.0, abs(float(objective[0]))):
                answer.weights[i], answer.tilt[i], answer.status[i] = weights, tilt, "ok"
                return


def walk_rows(
    frontier: Frontier | None,
    program: ScenarioProgram,
    preferences: Preferences,
    answer: ScenarioPortfolios,
) -> BoolArray:
    """Write the clients whom the walk from the frontier brings to a proved optimum to `answer`;
    True for those, shape (c,).
    """
    proved = np.zeros(len(preferences), dtype=np.bool_)
    if frontier is None:
        return proved
    p, least = program, np.isinf(preferences.risk_aversion)
    some = np.flatnonzero((preferences.risk_aversion >= LEAST_CURVED) & ~least)
    blocks = [some[first : first + BLOCK] for first in range(0, len(some), BLOCK)]
    for rows in [*blocks, np.flatnonzero(least)]:
        if not rows.size:
            continue
        wants = preferences.take(rows)
        walk = least_risky if least[rows[0]] else walk_over_scenarios
        end = walk(frontier, p.scenarios.returns, p.scenarios.years, wants)
        objective, gap = prove_rows(p, wants, end.weights, end.tilt, end.prices)
        good = end.done & (gap <= WALKED * np.maximum(1.0, np.abs(objective)))
        proved[rows[good]] = True
        answer.weights[rows[good]], answer.tilt[rows[good]] = end.weights[good], end.tilt[good]
        answer.objective[rows[good]], answer.duality_gap[rows[good]] = objective[good], gap[good]
    return proved

"""Trying a way of recommending before any client meets it: lifetime value in simulation."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd

from advisor.adapters.analytics.columns import vector
from advisor.annotations import Count, Seed, Share
from advisor.arrays import FloatArray, IntArray, float_array
from advisor.data.ids import unique_ids
from advisor.errors import InputError
from advisor.validation import checked

Policy = Callable[[FloatArray, int], IntArray]
"""State of the clients, shape (c, s), and period from 0 -> the action each gets: a whole number, or
yes / no; shape (c,)."""
Response = Callable[[FloatArray, IntArray, FloatArray], tuple[FloatArray, FloatArray]]
"""State (c, s), actions (c,) and draws from 0 to 1 (c, d) -> money (c,) and the next state (c, s);
a client whose next state holds nan has left."""


@dataclass(frozen=True, eq=False, repr=False)
class SimulatedValue:
    """What clients are worth under a policy, in a simulation.

    Attributes:
        client_ids: Length c.
        value: Discounted money of each, mean over runs, shape (c,).
        mean, standard_error: Of a client's value, and of its error over clients and runs.
        left: Share of the clients who had left at the end, over runs.
    """

    client_ids: tuple[str, ...]
    value: FloatArray
    mean: float
    standard_error: float
    left: float

    def __repr__(self) -> str:
        return (
            f"SimulatedValue({len(self.client_ids):,} clients, mean {self.mean:g} +-"
            f" {self.standard_error:g}, {self.left:.0%} left)"
        )


@checked
def simulate_value(
    policy: Policy,
    clients: pd.DataFrame,
    model: Response,
    seed: Seed = 0,
    *,
    periods: Count = 12,
    runs: Count = 1,
    draws: Count = 2,
    discount: Share = 0.0,
) -> SimulatedValue:
    """Lifetime value under a policy, by a model of how clients respond.

    Args:
        policy: What it does with each client, from their state.
        clients: State of each at the start: one row a client (index), columns of numbers.
        model: How they respond; as good as the model, the answer is.
        seed: Of the draws; each client's own come from (seed, client id), so that their order and
            who else is there change nothing, and two policies meet the same luck.
        periods: Periods ahead.
        runs: Lives of each client.
        draws: Random numbers a period that the model gets.
        discount: Rate a period, at most 1; money of a period is discounted at its end.

    Raises:
        InputError: No client, one twice, a state that is not finite, or a policy or model that
            returns another shape or money that is not finite.
    """
    ids = unique_ids(clients.index, "clients")
    start = float_array(clients, "clients", shape=(None, None))
    if not len(ids):
        why = "clients is empty; nobody can be simulated. Give one row a client."
        raise InputError(why, field="clients")
    count, total = len(ids), np.zeros((runs, len(ids)))
    generators = [np.random.default_rng([seed, *client.encode()]) for client in ids]
    gone = 0
    for run in range(runs):
        luck = np.stack([g.random((periods, draws)) for g in generators])
        state, here = start.copy(), np.arange(count)
        for period in range(periods):
            if not len(here):
                break
            chosen = np.asarray(policy(state, period))
            chosen = chosen.astype(np.int64) if chosen.dtype == np.bool_ else chosen
            action = vector(chosen, "policy", whole=True, length=len(here)).astype(np.int64)
            answer = model(state, action, luck[here, period])
            if not (isinstance(answer, tuple) and len(answer) == 2):  # pyright: ignore[reportUnnecessaryComparison, reportUnnecessaryIsInstance]
                why = "model must return a pair: money and the next state. Correct it."
                raise InputError(why, field="model", value=type(answer).__name__)
            money, state = answer
            paid = float_array(money, "model", shape=(len(here),))
            total[run, here] += paid / (1.0 + discount) ** (period + 1)
            state = float_array(state, "model", shape=(len(here), start.shape[1]), allow_nan=True)
            stays = ~np.isnan(state).any(axis=1)
            state, here = state[stays], here[stays]
        gone += count - len(here)
    value = total.mean(axis=0)
    spread = float(value.std(ddof=1) / np.sqrt(count)) if count > 1 else float("nan")
    return SimulatedValue(ids, value, float(value.mean()), spread, gone / (count * runs))

"""Experiments: which arm is best, and when to stop."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.special import betainc, betaincinv

from advisor.adapters.analytics.columns import vector
from advisor.annotations import OpenShare, Positive
from advisor.arrays import FloatArray
from advisor.data.ids import unique_ids
from advisor.errors import InputError
from advisor.validation import checked

_TAILS = (1e-15, 1e-12, 1e-9, 1e-6, 1e-4, 1e-3, 0.01, 0.05, 0.15, 0.3)
_SPLITS = np.array([*_TAILS, 0.5, *(1.0 - t for t in reversed(_TAILS))])
"""Quantiles of each arm between which integrals are cut into smooth pieces."""
_NODES, _WEIGHTS = np.polynomial.legendre.leggauss(16)
Counts = Mapping[str, int] | Sequence[int]


@dataclass(frozen=True, eq=False)
class Experiment:
    """Arms of an experiment, compared by their posterior distributions.

    Attributes:
        arms: Names, length m.
        rate: Posterior mean of each success rate, shape (m,).
        low, high: Credible interval of each, shape (m,).
        p_best: Probability that each arm has the highest rate; adds up to 1; shape (m,).
        expected_loss: Rate given up on average by choosing each arm, shape (m,).
        best: The arm with the smallest expected loss.
        stop: Whether that loss is below `threshold`, so that `best` can be taken.
        threshold: Rate that the host is willing to lose.
    """

    arms: tuple[str, ...]
    rate: FloatArray
    low: FloatArray
    high: FloatArray
    p_best: FloatArray
    expected_loss: FloatArray
    best: str
    stop: bool
    threshold: float

    def to_frame(self) -> pd.DataFrame:
        """One row an arm: rate, low, high, p_best, expected_loss."""
        names = ("rate", "low", "high", "p_best", "expected_loss")
        columns = {name: getattr(self, name) for name in names}
        return pd.DataFrame(columns, index=pd.Index(self.arms, name="arm"))


@checked
def ab_test(
    successes: Counts,
    trials: Counts,
    *,
    prior: tuple[float, float] = (1.0, 1.0),
    threshold: Positive = 0.001,
    confidence: OpenShare = 0.95,
) -> Experiment:
    """Two or more arms with yes / no outcomes: which is best, and whether to stop.

    Args:
        successes: Successes of each arm, by name or in order.
        trials: Clients in each arm, at least 1, named or ordered the same way.
        prior: Parameters of the Beta prior of every rate; (1, 1) is uniform.
        threshold: Stop when choosing the best arm loses less than this rate on average.
        confidence: Probability inside the credible intervals.

    Returns:
        Exact up to 1e-9: integrals over the Beta posteriors, no draws.

    Raises:
        InputError: Fewer than two arms, a negative or broken count, more successes than trials, an
            arm without trials, names that differ, or a prior that is not positive.

    Source: Beta-Binomial conjugacy; expected loss as stopping rule: Stucchio (2015), "Bayesian A/B
    testing at VWO", section 4.
    """
    arms, won, seen = _counts(successes, trials)
    pair = vector(prior, "prior", low=1e-3, high=1e9, length=2, personal=False)
    a, b = won + pair[0], seen - won + pair[1]
    # 1. Pieces of [0, 1] on which every distribution function is smooth.
    cuts = np.unique(np.concatenate([[0.0], betaincinv(a, b, _SPLITS[:, None]).ravel(), [1.0]]))
    half = np.diff(cuts) / 2.0
    x = (cuts[:-1] + half)[:, None] + half[:, None] * _NODES
    below: FloatArray = betainc(a[:, None, None], b[:, None, None], x)
    # 2. Loss of arm i: the integral of P(rate_i <= x < best of the others).
    count = len(arms)
    others = np.stack([np.delete(below, i, axis=0).prod(axis=0) for i in range(count)])
    loss = np.einsum("mkn,n,k->m", below * (1.0 - others), _WEIGHTS, half)
    # 3. Being best: the others' distribution functions at the quantiles of arm i.
    best = np.array([_wins(i, a, b, cuts) for i in range(count)])
    first, tail = int(np.argmin(loss)), (1.0 - confidence) / 2.0
    limits = betaincinv(a, b, tail), betaincinv(a, b, 1.0 - tail)
    stop = bool(loss[first] < threshold)
    mean, p_best = a / (a + b), best / best.sum()
    return Experiment(arms, mean, *limits, p_best, loss, arms[first], stop, float(threshold))


def _counts(successes: Counts, trials: Counts) -> tuple[tuple[str, ...], FloatArray, FloatArray]:
    """Names, successes and trials of the arms, in the order of `trials`."""
    if isinstance(successes, Mapping) != isinstance(trials, Mapping):
        why = "One of successes and trials names its arms, the other does not."
        raise InputError(f"{why} Name both or neither.", field="trials")
    arms = tuple(f"arm {i}" for i in range(1, len(trials) + 1))
    if isinstance(successes, Mapping) and isinstance(trials, Mapping):
        arms = unique_ids(trials, "trials")
        if set(arms) != set(unique_ids(successes, "successes")):
            why = f"trials has the arms {list(arms)[:10]}, successes {list(successes)[:10]};"
            remedy = "both must count the same ones. Add what is missing."
            raise InputError(f"{why} {remedy}", field="successes")
        order = [*trials]
        successes, trials = [successes[n] for n in order], [trials[n] for n in order]
    seen = vector(trials, "trials", low=1.0, high=2.0**53, whole=True, least=2, personal=False)
    won = vector(successes, "successes", low=0.0, whole=True, length=len(seen), personal=False)
    if (won > seen).any():
        row = int(np.argmax(won > seen))
        why = f"{arms[row]} has {won[row]:g} successes in {seen[row]:g} trials;"
        remedy = "a client succeeds at most once. Count clients, not events."
        raise InputError(f"{why} {remedy}", field="successes", value=float(won[row]))
    return arms, won, seen


def _wins(i: int, a: FloatArray, b: FloatArray, cuts: FloatArray) -> float:
    """Probability that arm i has the highest rate."""
    steps = np.unique(betainc(a[i], b[i], cuts))
    half = np.diff(steps) / 2.0
    u = (steps[:-1] + half)[:, None] + half[:, None] * _NODES
    x = betaincinv(a[i], b[i], np.clip(u, 0.0, 1.0))
    below = betainc(np.delete(a, i)[:, None, None], np.delete(b, i)[:, None, None], x)
    return float(np.einsum("kn,n,k->", below.prod(axis=0), _WEIGHTS, half))

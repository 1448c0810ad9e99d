"""Loss aversion: from stated choices where a client made them, from the published prior where they
did not; never from trades.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from advisor.annotations import Positive
from advisor.arrays import BoolArray, FloatArray, IntArray
from advisor.data.ids import IdMap
from advisor.data.tables import as_numbers, cell, check_table, id_codes, yes_no
from advisor.errors import InputError
from advisor.privacy import kept, personal
from advisor.validation import checked

_Z95 = 1.959963984540054
_GRID = np.exp(np.linspace(np.log(0.2), np.log(20.0), 241))
"""Values of loss aversion that are weighed; nobody could tell answers outside 0.2..20
from random ones."""
_SPREADS = (0.15, 0.3, 0.45, 0.6, 0.8)
"""Candidate spreads of log loss aversion between people."""
_NOISES = (0.05, 0.1, 0.2, 0.4, 0.8)
"""Candidate noises of a choice, as a share of the stakes."""


@checked
@dataclass(frozen=True)
class LossAversionPrior:
    """Loss aversion of the population: mean and 95 % interval of the mean.

    Source: the meta-analysis of 607 estimates in 150 articles (J. Econ. Lit. 2024): 1.955 [1.820,
    2.102]. Individual risky choices only: `LossAversionPrior(1.31, 1.10, 1.53)`; Tversky & Kahneman
    (1992): 2.25.

    Raises:
        InputError: A value that is not positive and finite, or a mean outside its interval.
    """

    mean: Positive = 1.955
    lower: Positive = 1.820
    upper: Positive = 2.102

    def __post_init__(self) -> None:
        if not self.lower <= self.mean <= self.upper:
            raise InputError(
                f"The mean {self.mean} is outside its interval [{self.lower}, {self.upper}]; no"
                " error could be read from it. Give lower <= mean <= upper.",
                field="mean",
                value=self.mean,
            )

    @property
    def standard_error(self) -> float:
        """Of the mean, from the width of the interval."""
        return (self.upper - self.lower) / (2.0 * _Z95)


PRIOR = LossAversionPrior()


def loss_aversion_of(
    clients: IdMap, choices: pd.DataFrame | None, prior: LossAversionPrior = PRIOR
) -> tuple[FloatArray, FloatArray, BoolArray]:
    """Loss aversion of each client, its standard error, and whether the client stated choices.

    Args:
        clients: Who is asked for, c ids.
        choices: Columns `client_id`, `gain`, `loss` (positive money, even odds) and `accepted`;
            rows of other clients are ignored. None: nobody was asked.
        prior: The population.

    Returns:
        Three arrays of shape (c,). Without choices: the prior's mean, and the error of that mean.
        With choices: mean and standard deviation of the posterior under acceptance with probability
        logit((gain - lambda * loss) / (noise * stakes)), lambda lognormal around the prior's mean.
        Noise and spread between people maximise the likelihood of everybody's choices. A posterior
        exists also where a client accepts or refuses everything.

    Raises:
        InputError: No table, a column is absent or there twice, a client is missing, a gain or loss
            is no positive number, or `accepted` is neither yes nor no.
    """
    mean, error = np.full(len(clients), prior.mean), np.full(len(clients), prior.standard_error)
    stated = np.zeros(len(clients), dtype=np.bool_)
    if choices is None:
        return mean, error, stated
    if not len(choices):
        return mean, error, stated
    codes, gain, loss, accepted = _checked(clients, choices)
    if not len(codes):
        return mean, error, stated
    who, row = np.unique(codes, return_inverse=True)
    density = _posterior(row.astype(np.int64), len(who), gain, loss, accepted, prior)
    mean[who] = density @ _GRID
    error[who] = np.sqrt(np.maximum(density @ _GRID**2 - mean[who] ** 2, 0.0))
    stated[who] = True
    return mean, error, stated


def _posterior(
    row: IntArray,
    count: int,
    gain: FloatArray,
    loss: FloatArray,
    accepted: FloatArray,
    prior: LossAversionPrior,
) -> FloatArray:
    """Posterior weights over the grid, shape (count, g); noise and spread by marginal
    likelihood.
    """
    value = (gain[:, None] - _GRID * loss[:, None]) / (gain + loss)[:, None]
    best, chosen = -np.inf, np.zeros((count, len(_GRID)))
    for noise in _NOISES:
        z = np.where(accepted[:, None] > 0, value, -value) / noise
        likelihood = np.zeros((count, len(_GRID)))
        np.add.at(likelihood, row, -np.logaddexp(0.0, -z))
        for spread in _SPREADS:
            log_prior = -0.5 * (np.log(_GRID / prior.mean) / spread) ** 2
            joint = likelihood + log_prior - np.log(np.exp(log_prior).sum())
            top = joint.max(axis=1, keepdims=True)
            evidence = float((top[:, 0] + np.log(np.exp(joint - top).sum(axis=1))).sum())
            if evidence > best:
                weights = np.exp(joint - top)
                best, chosen = evidence, weights / weights.sum(axis=1, keepdims=True)
    return chosen


def _checked(
    clients: IdMap, choices: pd.DataFrame
) -> tuple[IntArray, FloatArray, FloatArray, FloatArray]:
    columns = ["client_id", "gain", "loss", "accepted"]
    check_table(choices, "choices", columns, "A choice is client_id, gain, loss and accepted.")
    nobody = "the choice was made by nobody. Drop or mend it."
    who, ids = id_codes(choices["client_id"], "client_id", nobody)
    codes = clients.find(ids.ids)[who]
    gain, loss = (_stake(choices[name], name) for name in ("gain", "loss"))
    why = "It says what the client chose; drop a choice they did not make."
    accepted = yes_no(choices["accepted"], "accepted", why).astype(np.float64)
    asked = codes >= 0
    return codes[asked], gain[asked], loss[asked], accepted[asked]


def _stake(column: pd.Series, name: str) -> FloatArray:
    values = as_numbers(column)
    bad = ~(np.isfinite(values) & (values > 0.0))
    if bad.any():
        row = int(np.argmax(bad))
        value = cell(column, row)
        raise InputError(
            f"choices.{name} is {personal(value)} in row {row}; gain and loss are positive and"
            " finite (the loss without its sign). Correct it.",
            field=name,
            value=kept(value),
        )
    return values

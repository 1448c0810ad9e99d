"""Controls of coherence: signs that answers should not be taken at their word. Each lowers the
level or asks again; none raises it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

import numpy as np

from advisor.annotations import Share
from advisor.arrays import BoolArray
from advisor.contracts.questionnaire import Questionnaire
from advisor.contracts.thresholds import exceeds, reaches
from advisor.data.clients.table import ClientTable
from advisor.readers import Number
from advisor.risk_profile.answers import Answers
from advisor.risk_profile.capacity import RULES, CapacityRules
from advisor.risk_profile.key import key_of
from advisor.validation import checked

STRAIGHT_LINING_LEAST = 8
"""Fewer answers than this can be alike by chance: with four options, eight alike by chance come
once in sixteen thousand."""
CONTRADICTION = "contradiction:"


Steps = Annotated[int, Number("It is a number of levels taken off.", whole=True, low=0.0, high=4.0)]
Months = Annotated[int, Number("It is a number of months.", whole=True, low=1.0, high=1200.0)]
_ANY = Number("Give a number.", infinite=True)


@checked
@dataclass(frozen=True)
class Controls:
    """How careful to be.

    Attributes:
        epsilon: Accepted probability that a client's true level is lower than the one assigned, in
            (0, 0.5]; 0.5 takes scores at face value.
        straight_lining_share: Share of answers at the same position from which somebody clicked
            through; asks again.
        misfit_below: Person fit l_z below which answers hang together too badly; needs item
            parameters.
        misfit_lowers: Levels taken off for misfit.
        loss_aversion_above: Loss aversion measured from trades at which a high stated tolerance
            (C4, C5) is not believed.
        revealed_lowers: Levels taken off where trades contradict the answers.
        capacity: What must be kept safe.
        valid_months: Calendar months for which an assessment may be used; an advisor takes those of
            its rule pack.
    """

    epsilon: Annotated[float, Number("0.5 takes scores at face value.", above=0.0, high=0.5)] = 0.25
    straight_lining_share: Share = 0.9
    misfit_below: Annotated[float, _ANY] = -2.0
    misfit_lowers: Steps = 1
    loss_aversion_above: Annotated[float, _ANY] = 2.25
    revealed_lowers: Steps = 1
    capacity: CapacityRules = RULES
    valid_months: Months = 12


CONTROLS = Controls()


def straight_lining(answers: Answers, share: float) -> BoolArray:
    """Who chose the same position in nearly all questions, shape (c,); whatever the order of the
    questions.
    """
    positions = answers.positions
    answered = (positions >= 0).sum(axis=0)
    most = np.zeros(positions.shape[1], dtype=np.int64)
    for position in range(int(positions.max(initial=-1)) + 1):
        np.maximum(most, (positions == position).sum(axis=0), out=most)
    return (answered >= STRAIGHT_LINING_LEAST) & reaches(most, share * answered)


def contradictions(answers: Answers, questionnaire: Questionnaire) -> BoolArray:
    """Who gave answers of both sides of each of the questionnaire's r contradictions, shape (r,
    c).
    """
    key = key_of(questionnaire)
    if not len(key.starts):
        return np.zeros((0, answers.positions.shape[1]), dtype=np.bool_)
    met = key.chosen[np.arange(len(key.asked))[:, None], answers.positions[key.asked]]
    return np.logical_and.reduceat(met, key.starts, axis=0)


def trades_contradict(
    clients: ClientTable, tolerant: BoolArray, loss_aversion_above: float
) -> BoolArray:
    """Who states a high tolerance (`tolerant`, shape (c,)) but shows more loss aversion in their
    trades than `loss_aversion_above`, shape (c,).
    """
    measured = clients.biases.get("loss_aversion")
    if measured is None:
        return np.zeros(len(clients), dtype=np.bool_)
    return exceeds(measured, loss_aversion_above) & tolerant

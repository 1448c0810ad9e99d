"""Classical scores: weighted sums of option scores on 0..100, one a dimension."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from advisor.arrays import BoolArray, FloatArray, IntArray
from advisor.contracts.question import Dimension
from advisor.contracts.questionnaire import Questionnaire
from advisor.contracts.thresholds import reaches
from advisor.risk_profile.answers import Answers
from advisor.risk_profile.key import key_of


def dimension_score(
    answers: Answers, questionnaire: Questionnaire, dimension: Dimension
) -> FloatArray:
    """Score of one dimension, `100 * (sum(weight * score) - min) / (max - min)`.

    Args:
        answers: Of c clients.
        questionnaire: Their key.
        dimension: Which questions count.

    Returns:
        Shape (c,), 0..100; nan where a question of the dimension is not answered, or none is asked.
        Terms are added in order of question id, so the order of asking cannot change a bit.
    """
    key, count = key_of(questionnaire), answers.positions.shape[1]
    measured = key.dimensions.get(dimension)
    if measured is None:
        return np.full(count, np.nan)
    total = answers.points[measured.rows[0]] - measured.low
    for row in measured.rows[1:]:
        total += answers.points[row]
    total *= 100.0
    total /= measured.high - measured.low
    return np.clip(total, 0.0, 100.0, out=total)


def knocked_out(answers: Answers, questionnaire: Questionnaire) -> BoolArray:
    """Who chose an option that puts them into the lowest category, shape (c,)."""
    table = key_of(questionnaire).knock_out
    return np.logical_or.reduce(table[np.arange(len(table))[:, None], answers.positions], axis=0)


def level_of(score: FloatArray, cuts: Sequence[float]) -> IntArray:
    """Level 1..5 of each score, shape (c,); 0 where the score is nan.

    >>> level_of(np.array([0.0, 20.0, 81.0, np.nan]), (0.0, 20.0, 40.0, 60.0, 80.0)).tolist()
    [1, 2, 5, 0]
    """
    return reaches(score[:, None], np.array(cuts)).sum(axis=1)

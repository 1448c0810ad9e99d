"""Classical scores: weighted sums of option scores on 0..100, one a dimension."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from advisor.arrays import BoolArray, FloatArray, IntArray
from advisor.contracts.cut_offs import ROUNDING
from advisor.contracts.questionnaire import Dimension, Question, Questionnaire
from advisor.risk_profile.answers import Answers


def dimension_score(answers: Answers, questionnaire: Questionnaire, dimension: Dimension) -> FloatArray:
    """Score of one dimension, `100 * (sum(weight * score) - min) / (max - min)`.

    Args:
        answers: Of c clients.
        questionnaire: Their key.
        dimension: Which questions count.

    Returns:
        Shape (c,), 0..100; nan where a question of the dimension is not answered, or none is asked. Terms are added in order of question id, so the
        order of asking cannot change a bit.
    """
    asked = questionnaire.of(dimension)
    rows = len(next(iter(answers.position.values())))
    if not asked:
        return np.full(rows, np.nan)
    low, high = questionnaire.span(dimension)
    total = np.zeros(rows)
    for question in asked:
        total += option_points(question)[answers.position[question.id]]
    total -= low
    total *= 100.0
    total /= high - low
    return total


def option_points(question: Question) -> FloatArray:
    """Weighted score by option position, and nan at the end, where position -1 (no answer) finds it."""
    return np.array([*(question.weight * option.score for option in question.options), np.nan])


def knocked_out(answers: Answers, questionnaire: Questionnaire) -> BoolArray:
    """Who chose an option that puts him into the lowest category, shape (c,)."""
    rows = len(next(iter(answers.position.values())))
    out = np.zeros(rows, dtype=np.bool_)
    for question in questionnaire.by_id.values():
        if any(option.knock_out for option in question.options):
            out |= np.array([*(option.knock_out for option in question.options), False])[answers.position[question.id]]
    return out


def level_of(score: FloatArray, cuts: Sequence[float]) -> IntArray:
    """Level 1..5 of each score, shape (c,); 0 where the score is nan.

    >>> level_of(np.array([0.0, 20.0, 81.0, np.nan]), (0.0, 20.0, 40.0, 60.0, 80.0)).tolist()
    [1, 2, 5, 0]
    """
    level = np.zeros(len(score), dtype=np.int64)
    for cut in cuts:
        level += score >= cut - ROUNDING
    return level

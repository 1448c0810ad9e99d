"""A questionnaire's key, compiled once to arrays."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from advisor.arrays import BoolArray, FloatArray, frozen
from advisor.contracts.questionnaire import LIMITING, Dimension, Question, Questionnaire

SCORED: tuple[Dimension, ...] = (*LIMITING, "knowledge")


@dataclass(frozen=True, eq=False)
class QuestionKey:
    """One question.

    Attributes:
        id: Its id.
        dimension: What it measures.
        order: Position of each option id.
        points: Weighted score by position, with nan at the end, where position -1 (no answer) finds it.
        knock_out: By position, with False at the end; None where no option knocks out.
        required: Whether a client without an answer cannot be scored.
    """

    id: str
    dimension: Dimension
    order: Mapping[str, int]
    points: FloatArray
    knock_out: BoolArray | None
    required: bool


@dataclass(frozen=True, eq=False)
class DimensionKey:
    """One dimension: its question ids in order of id, the range of its weighted sum, and the smallest 0..100 score of each level."""

    questions: tuple[str, ...]
    low: float
    high: float
    cuts: tuple[float, ...]
    standard_error: float


@dataclass(frozen=True, eq=False)
class Key:
    """All questions in order of id, and the dimensions that are asked."""

    questions: Mapping[str, QuestionKey]
    dimensions: Mapping[Dimension, DimensionKey]


@lru_cache(maxsize=16)
def key_of(questionnaire: Questionnaire) -> Key:
    """The key of a questionnaire; kept for the last few, since one questionnaire scores many tables."""
    dimensions: dict[Dimension, DimensionKey] = {}
    for dimension in SCORED:
        asked = questionnaire.of(dimension)
        if asked:
            low, high = questionnaire.span(dimension)
            norm = questionnaire.norms.get(dimension)
            error = 0.0 if norm is None else norm.standard_error
            dimensions[dimension] = DimensionKey(tuple(q.id for q in asked), low, high, questionnaire.level_cuts(dimension), error)
    return Key({name: _question_key(question) for name, question in questionnaire.by_id.items()}, dimensions)


def _question_key(question: Question) -> QuestionKey:
    knocks = any(option.knock_out for option in question.options)
    return QuestionKey(
        id=question.id,
        dimension=question.dimension,
        order={option.id: i for i, option in enumerate(question.options)},
        points=frozen(np.array([*(question.weight * option.score for option in question.options), np.nan])),
        knock_out=frozen(np.array([*(option.knock_out for option in question.options), False])) if knocks else None,
        required=knocks or question.dimension in LIMITING,
    )

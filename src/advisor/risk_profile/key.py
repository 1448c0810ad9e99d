"""A questionnaire's key, compiled once to arrays."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from advisor.arrays import BoolArray, FloatArray, IntArray, frozen
from advisor.contracts.question import LIMITING, Dimension, Question
from advisor.contracts.questionnaire import Questionnaire

SCORED: tuple[Dimension, ...] = (*LIMITING, "knowledge")


@dataclass(frozen=True, eq=False)
class QuestionKey:
    """One question.

    Attributes:
        id: Its id.
        dimension: What it measures.
        order: Position of each option id.
        points: Weighted score by position, with nan at the end, where position -1 (no answer) finds
            it.
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
    """One dimension: its question ids in order of id and their rows in the key, the range of its
    weighted sum, and the smallest 0..100 score of each level.
    """

    questions: tuple[str, ...]
    rows: tuple[int, ...]
    low: float
    high: float
    cuts: tuple[float, ...]
    standard_error: float


@dataclass(frozen=True, eq=False)
class Key:
    """All q questions in order of id, and the dimensions that are asked.

    Attributes:
        questions: By id.
        dimensions: Those with a question.
        points: `QuestionKey.points` of every question side by side, nan beyond its options, shape
            (q, m + 1).
        knock_out: The same of what knocks out, shape (q, m + 1).
        asked: Row of the question behind every condition of every contradiction, one contradiction
            after the other, shape (t,).
        chosen: By position the answers that meet each condition, shape (t, m + 1).
        starts: Where the conditions of each contradiction begin, shape (r,).
    """

    questions: Mapping[str, QuestionKey]
    dimensions: Mapping[Dimension, DimensionKey]
    points: FloatArray
    knock_out: BoolArray
    asked: IntArray
    chosen: BoolArray
    starts: IntArray


@lru_cache(maxsize=16)
def key_of(questionnaire: Questionnaire) -> Key:
    """The key of a questionnaire; kept for the last few, since one questionnaire scores many
    tables.
    """
    questions = {name: _question_key(question) for name, question in questionnaire.by_id.items()}
    row_of = {name: row for row, name in enumerate(questions)}
    dimensions: dict[Dimension, DimensionKey] = {}
    for dimension in SCORED:
        asked = tuple(q.id for q in questionnaire.of(dimension))
        if asked:
            low, high = questionnaire.span(dimension)
            norm = questionnaire.norms.get(dimension)
            error = 0.0 if norm is None else norm.standard_error
            rows = tuple(row_of[name] for name in asked)
            dimensions[dimension] = DimensionKey(
                asked, rows, low, high, questionnaire.level_cuts(dimension), error
            )
    width = 1 + max(len(question.order) for question in questions.values())
    points, knock_out = (
        np.full((len(questions), width), np.nan),
        np.zeros((len(questions), width), dtype=np.bool_),
    )
    for row, question in enumerate(questions.values()):
        points[row, : len(question.order)] = question.points[:-1]
        if question.knock_out is not None:
            knock_out[row, : len(question.order)] = question.knock_out[:-1]
    conditions = [
        (*rule.first.items(), *rule.second.items()) for rule in questionnaire.contradictions
    ]
    all_conditions = [condition for both in conditions for condition in both]
    chosen = np.zeros((len(all_conditions), width), dtype=np.bool_)
    for row, (name, options) in enumerate(all_conditions):
        chosen[row, [questions[name].order[option] for option in options]] = True
    return Key(
        questions=questions,
        dimensions=dimensions,
        points=frozen(points),
        knock_out=frozen(knock_out),
        asked=frozen(np.array([row_of[name] for name, _ in all_conditions], dtype=np.int64)),
        chosen=frozen(chosen),
        starts=frozen(np.cumsum([0, *map(len, conditions)])[:-1]),
    )


def _question_key(question: Question) -> QuestionKey:
    knocks = any(option.knock_out for option in question.options)
    return QuestionKey(
        id=question.id,
        dimension=question.dimension,
        order={option.id: i for i, option in enumerate(question.options)},
        points=frozen(
            np.array([*(question.weight * option.score for option in question.options), np.nan])
        ),
        knock_out=(
            frozen(np.array([*(option.knock_out for option in question.options), False]))
            if knocks
            else None
        ),
        required=question.required,
    )

"""A questionnaire's key, compiled once to arrays."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from advisor.arrays import BoolArray, FloatArray, IntArray, frozen
from advisor.contracts.question import LIMITING, Dimension
from advisor.contracts.questionnaire import Questionnaire

SCORED: tuple[Dimension, ...] = (*LIMITING, "knowledge")


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
        order: Position of each option id, by question id.
        dimensions: Those with a question.
        points: Weighted score by position, nan beyond a question's options, so that position -1 (no
            answer) finds one, shape (q, m + 1).
        knock_out: Whether a position knocks out, shape (q, m + 1).
        asked: Row of the question behind every condition of every contradiction, one contradiction
            after the other, shape (t,).
        chosen: By position the answers that meet each condition, shape (t, m + 1).
        starts: Where the conditions of each contradiction begin, shape (r,).
    """

    order: Mapping[str, Mapping[str, int]]
    dimensions: Mapping[Dimension, DimensionKey]
    points: FloatArray
    knock_out: BoolArray
    asked: IntArray
    chosen: BoolArray
    starts: IntArray

    def scores(self, row: int) -> FloatArray:
        """Weighted scores of a question's options."""
        points = self.points[row]
        return points[~np.isnan(points)]


@lru_cache(maxsize=16)
def key_of(questionnaire: Questionnaire) -> Key:
    """The key of a questionnaire; kept for the last few, since one questionnaire scores many
    tables.
    """
    # 1. points and what knocks out, by question and position
    by_id = questionnaire.by_id
    order = {name: {o.id: i for i, o in enumerate(q.options)} for name, q in by_id.items()}
    row_of = {name: row for row, name in enumerate(by_id)}
    shape = (len(by_id), 1 + max(map(len, order.values())))
    points, knock_out = np.full(shape, np.nan), np.zeros(shape, dtype=np.bool_)
    for row, question in enumerate(by_id.values()):
        for place, option in enumerate(question.options):
            points[row, place] = question.weight * option.score
            knock_out[row, place] = option.knock_out
    # 2. the dimensions
    dimensions: dict[Dimension, DimensionKey] = {}
    for dimension in SCORED:
        asked = tuple(q.id for q in questionnaire.of(dimension))
        if asked:
            norm = questionnaire.norms.get(dimension)
            dimensions[dimension] = DimensionKey(
                asked,
                tuple(row_of[name] for name in asked),
                *questionnaire.span(dimension),
                questionnaire.level_cuts(dimension),
                0.0 if norm is None else norm.standard_error,
            )
    # 3. the contradictions
    rules = [(*rule.first.items(), *rule.second.items()) for rule in questionnaire.contradictions]
    conditions = [condition for rule in rules for condition in rule]
    chosen = np.zeros((len(conditions), shape[1]), dtype=np.bool_)
    for row, (name, options) in enumerate(conditions):
        chosen[row, [order[name][option] for option in options]] = True
    return Key(
        order=order,
        dimensions=dimensions,
        points=frozen(points),
        knock_out=frozen(knock_out),
        asked=frozen(np.array([row_of[name] for name, _ in conditions], dtype=np.int64)),
        chosen=frozen(chosen),
        starts=frozen(np.cumsum([0, *map(len, rules)])[:-1]),
    )

"""Answers of many clients as option positions, with every row that cannot be scored named."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from advisor.arrays import BoolArray, FloatArray
from advisor.contracts.questionnaire import Questionnaire
from advisor.data.categories import Categories
from advisor.data.clients.table import ClientTable
from advisor.privacy import personal
from advisor.risk_profile.key import QuestionKey, key_of

MISSING = -1
UNKNOWN = -2
Positions = npt.NDArray[np.int8]


@dataclass(frozen=True, eq=False)
class Answers:
    """What `c` clients chose.

    Attributes:
        questions: Ids of the q questions, in order.
        positions: Position of the option chosen in each question, -1 where there is none, shape (q,
            c).
        points: Weighted score of it, nan where there is none, shape (q, c).
        problems: Row -> why it cannot be scored.
    """

    questions: tuple[str, ...]
    positions: Positions
    points: FloatArray
    problems: Mapping[int, str]


def read_answers(clients: ClientTable, questionnaire: Questionnaire, rows: BoolArray) -> Answers:
    """Positions of the options chosen, and the first problem of each row asked for.

    Args:
        clients: c clients.
        questionnaire: What was asked.
        rows: Which clients are scored from their answers, shape (c,); the others' answers are not
            judged.

    Returns:
        Answers whose problems name unknown questions, unknown options, and missing answers of
        questions that limit the level or knock out.
    """
    key = key_of(questionnaire)
    asked, every = key.questions, np.arange(len(key.questions))[:, None]
    nothing = Categories.empty(len(clients))
    columns = [clients.answers.get(name, nothing) for name in asked]
    lookup: list[
        int
    ] = []  # of each question: no answer, then what each word in its column stands for
    first: list[int] = []
    for question, labels in zip(asked.values(), columns, strict=True):
        lookup.append(MISSING)
        first.append(len(lookup))
        lookup += [question.order.get(name, UNKNOWN) for name in labels.names]
    codes = np.array([labels.codes for labels in columns], dtype=np.int32)
    codes += np.array(first, dtype=np.int32)[:, None]
    positions = np.array(lookup, dtype=np.int8)[codes]
    problems: dict[int, str] = {}
    if positions.min(initial=0) < 0:
        for question, labels, chosen in zip(asked.values(), columns, positions, strict=True):
            _judge(question, labels, chosen, rows, problems)
    for name in clients.answers.keys() - asked.keys():
        for row in np.flatnonzero((clients.answers[name].codes >= 0) & rows).tolist():
            problems.setdefault(
                row,
                f"answer to {name!r}, which questionnaire {questionnaire.id!r} (version"
                f" {questionnaire.version}) does not ask; the answers may belong to another one."
                " Pass the right questionnaire or drop the column.",
            )
    return Answers(tuple(asked), positions, key.points[every, positions], problems)


def _judge(
    question: QuestionKey,
    labels: Categories,
    chosen: Positions,
    rows: BoolArray,
    problems: dict[int, str],
) -> None:
    """Name the answers of one question that cannot be scored; what is no option counts as no answer
    from here on.
    """
    unknown = chosen == UNKNOWN
    if unknown.any():
        for row in np.flatnonzero(unknown & rows).tolist():
            problems.setdefault(
                row,
                f"question {question.id!r} has the answer {personal(labels.word(row))}, which is"
                f" none of its options {list(question.order)}; it could not be scored. Correct it.",
            )
        chosen[unknown] = MISSING
    if question.required:
        for row in np.flatnonzero((chosen == MISSING) & rows).tolist():
            problems.setdefault(
                row,
                f"question {question.id!r} ({question.dimension}) is not answered; without it the"
                " level could come out too high. Ask it again.",
            )

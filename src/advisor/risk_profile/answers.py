"""Answers of many clients as option positions, with every row that cannot be scored named."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from advisor.arrays import BoolArray
from advisor.contracts.questionnaire import Questionnaire
from advisor.data.clients import ClientTable
from advisor.data.labels import Labels
from advisor.risk_profile.key import QuestionKey, key_of

MISSING = -1
UNKNOWN = -2
Positions = npt.NDArray[np.int8]


@dataclass(frozen=True, eq=False)
class Answers:
    """What `c` clients chose.

    Attributes:
        position: By question id the position of the chosen option, -1 where there is none, shape (c,) each; in order of question id.
        problems: Row -> why it cannot be scored.
    """

    position: Mapping[str, Positions]
    problems: Mapping[int, str]


def read_answers(clients: ClientTable, questionnaire: Questionnaire, rows: BoolArray) -> Answers:
    """Positions of the options chosen, and the first problem of each row asked for.

    Args:
        clients: c clients.
        questionnaire: What was asked.
        rows: Which clients are scored from their answers, shape (c,); the others' answers are not judged.

    Returns:
        Answers whose problems name unknown questions, unknown options, and missing answers of questions that limit the level or knock out.
    """
    problems: dict[int, str] = {}
    absent = np.full(len(clients), MISSING, dtype=np.int8)
    position: dict[str, Positions] = {}
    for question in key_of(questionnaire).questions.values():
        given = clients.answers.get(question.id)
        codes = absent if given is None else _positions(given, question, rows, problems)
        if question.required and codes.min(initial=0) < 0:
            for row in np.flatnonzero((codes == MISSING) & rows).tolist():
                problems.setdefault(
                    row,
                    f"question {question.id!r} ({question.dimension}) is not answered; without it the level could come out too high. Ask it again.",
                )
        position[question.id] = codes
    for name, labels in clients.answers.items():
        if name not in position:
            for row in np.flatnonzero((labels.codes >= 0) & rows).tolist():
                problems.setdefault(
                    row,
                    f"answer to {name!r}, which questionnaire {questionnaire.id!r} (version {questionnaire.version}) does not ask; "
                    "the answers may belong to another one. Pass the right questionnaire or drop the column.",
                )
    return Answers(position, problems)


def _positions(given: Labels, question: QuestionKey, rows: BoolArray, problems: dict[int, str]) -> Positions:
    lookup = np.array([*(question.order.get(name, UNKNOWN) for name in given.names), MISSING], dtype=np.int8)
    codes = lookup[given.codes]
    if lookup.min() == UNKNOWN:
        unknown = codes == UNKNOWN
        for row in np.flatnonzero(unknown & rows).tolist():
            problems.setdefault(
                row,
                f"question {question.id!r} has the answer {given.word(row)!r}, which is none of its options {list(question.order)}; "
                "it could not be scored. Correct it.",
            )
        codes[unknown] = MISSING
    return codes

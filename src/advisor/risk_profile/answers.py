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
from advisor.risk_profile.key import key_of

MISSING = -1
UNKNOWN = -2
Positions = npt.NDArray[np.int8]


@dataclass(frozen=True, eq=False)
class Answers:
    """What `c` clients chose.

    Attributes:
        positions: Of the option chosen in each of the q questions in order of id, -1 where there
            is none, shape (q, c).
        points: Weighted score of it, nan where there is none, shape (q, c).
        problems: Row -> why it cannot be scored.
    """

    positions: Positions
    points: FloatArray
    problems: Mapping[int, str]

    @classmethod
    def of(
        cls, positions: Positions, questionnaire: Questionnaire, problems: Mapping[int, str]
    ) -> Answers:
        """Positions with their points."""
        points = key_of(questionnaire).points[np.arange(len(positions))[:, None], positions]
        return cls(positions, points, problems)


def read_answers(clients: ClientTable, questionnaire: Questionnaire, rows: BoolArray) -> Answers:
    """Positions of the options chosen, and the first problem of each row asked for: unknown
    questions, unknown options, and missing answers of questions that limit the level or knock out.

    Args:
        clients: c clients.
        questionnaire: What was asked.
        rows: Which clients are scored from their answers, shape (c,); the others' answers are not
            judged.
    """
    # 1. of each question: no answer, then what each word in its column stands for
    key, nothing = key_of(questionnaire), Categories.empty(len(clients))
    columns = {name: clients.answers.get(name, nothing) for name in key.order}
    lookup: list[int] = []
    first: list[int] = []
    for name, labels in columns.items():
        lookup.append(MISSING)
        first.append(len(lookup))
        lookup += [key.order[name].get(word, UNKNOWN) for word in labels.names]
    codes = np.array([labels.codes for labels in columns.values()], dtype=np.int32)
    codes += np.array(first, dtype=np.int32)[:, None]
    positions = np.array(lookup, dtype=np.int8)[codes]
    # 2. what cannot be scored; from here on an unknown option is no answer
    problems: dict[int, str] = {}
    if positions.min(initial=0) < 0:
        for (name, labels), chosen in zip(columns.items(), positions, strict=True):
            question, options = questionnaire.by_id[name], list(key.order[name])
            for row in np.flatnonzero((chosen == UNKNOWN) & rows).tolist():
                problems.setdefault(
                    row,
                    f"question {name!r} has the answer {personal(labels.word(row))}, which is none"
                    f" of its options {options}; it could not be scored. Correct it.",
                )
            chosen[chosen == UNKNOWN] = MISSING
            missing = (chosen == MISSING) & rows if question.required else np.zeros(0)
            for row in np.flatnonzero(missing).tolist():
                problems.setdefault(
                    row,
                    f"question {name!r} ({question.dimension}) is not answered; without it the"
                    " level could come out too high. Ask it again.",
                )
    for name in clients.answers.keys() - key.order.keys():
        for row in np.flatnonzero((clients.answers[name].codes >= 0) & rows).tolist():
            problems.setdefault(
                row,
                f"answer to {name!r}, which questionnaire {questionnaire.id!r} (version"
                f" {questionnaire.version}) does not ask; the answers may belong to another one."
                " Pass the right questionnaire or drop the column.",
            )
    return Answers.of(positions, questionnaire, problems)

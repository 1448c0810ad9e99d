"""What would have to be answered otherwise: the smallest change of answers that changes a level."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date
from functools import partial
from itertools import combinations, islice, product
from typing import Literal

import numpy as np

from advisor.contracts.bands import RiskBands
from advisor.contracts.questionnaire import Questionnaire
from advisor.data.categories import Categories
from advisor.data.clients.table import ClientTable
from advisor.errors import InputError
from advisor.privacy import hides
from advisor.risk_profile.coherence import Controls
from advisor.risk_profile.profile import profile_risk
from advisor.validation import checked

BATCH = 20_000
"""Changed answer sheets that are scored together."""


@hides
@dataclass(frozen=True)
class Counterfactual:
    """Had the client answered so, their level would be another.

    Attributes:
        level, would_be: As it is, and as it would be.
        changes: Question id -> (option given, option needed).
    """

    level: int
    would_be: int
    changes: dict[str, tuple[str, str]]


@checked
def smallest_change(
    client: ClientTable,
    questionnaire: Questionnaire,
    *,
    as_of: date | str,
    direction: Literal["up", "down"] = "up",
    most: int = 3,
    bands: RiskBands | None = None,
    controls: Controls | None = None,
) -> Counterfactual | None:
    """The fewest answers that would have to differ for another level, found by trying all.

    Every set is scored by `profile_risk` itself, so controls and uncertainty count. Among sets of
    the fewest answers the one that moves them the least (in options) is taken, then the first in
    order of question id.

    Args:
        client: A table of one client who is scored from answers.
        questionnaire: What was asked.
        as_of: The day of the profile.
        direction: To a higher or to a lower level.
        most: Largest number of changed answers that is tried.
        bands: As in `profile_risk`.
        controls: As in `profile_risk`.

    Returns:
        The change, or None where no set of `most` answers changes the level that way.

    Raises:
        InputError: Not one row, or a row that cannot be scored.
    """
    profiled = partial(
        profile_risk, questionnaire=questionnaire, as_of=as_of, bands=bands, controls=controls
    )
    now = profiled(client)
    if len(client) != 1 or now.problems or client.level[0] >= 0:
        rows = len(client)
        why = "it has a level of its own" if rows == 1 else f"there are {rows} rows"
        raise InputError(
            f"A counterfactual needs one client scored from answers, but {now.problems.get(0, why)}"
            ". Pass such a table.",
            field="client",
            value=rows,
        )
    level, words = int(now.level[0]), {n: c.word(0) for n, c in client.answers.items()}
    answers = {name: word for name, word in words.items() if word is not None}
    moves = _moves(questionnaire, answers)
    for size in range(1, min(most, len(moves)) + 1):
        best: tuple[int, int, dict[str, str]] | None = None
        candidates = _sheets(moves, size)
        while batch := list(islice(candidates, BATCH)):
            levels = profiled(_table(client, answers, [sheet for _, sheet in batch])).level
            hits = np.flatnonzero(levels > level if direction == "up" else levels < level)
            for i in hits.tolist():
                if best is None or batch[i][0] < best[0]:
                    best = (batch[i][0], int(levels[i]), batch[i][1])
        if best is not None:
            changes = {name: (answers[name], option) for name, option in best[2].items()}
            return Counterfactual(level, best[1], changes)
    return None


def _moves(
    questionnaire: Questionnaire, answers: dict[str, str]
) -> dict[str, list[tuple[int, str]]]:
    """By question that counts, the other options and how far they are from the one given."""
    moves: dict[str, list[tuple[int, str]]] = {}
    for name, question in questionnaire.by_id.items():
        ids = [option.id for option in question.options]
        matters = question.dimension not in ("background", "knowledge") or any(
            o.knock_out for o in question.options
        )
        if name in answers and matters:
            here = ids.index(answers[name])
            moves[name] = [(abs(i - here), option) for i, option in enumerate(ids) if i != here]
    return moves


def _sheets(
    moves: dict[str, list[tuple[int, str]]], size: int
) -> Iterator[tuple[int, dict[str, str]]]:
    for names in combinations(moves, size):
        for chosen in product(*(moves[name] for name in names)):
            yield (
                sum(distance for distance, _ in chosen),
                {name: option for name, (_, option) in zip(names, chosen, strict=True)},
            )


def _table(
    client: ClientTable, answers: dict[str, str], sheets: list[dict[str, str]]
) -> ClientTable:
    rows = len(sheets)
    table = client.take(np.zeros(rows, dtype=np.int64))
    columns = {
        name: Categories.of_words([sheet.get(name, option) for sheet in sheets])
        for name, option in answers.items()
    }
    ids = tuple(str(i) for i in range(rows))
    return replace(table, ids=ids, answers=columns, problems={})  # no sheet stands twice

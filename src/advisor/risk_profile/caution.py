"""What a client who contradicts themselves would have got for more cautious answers."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import lru_cache

import numpy as np

from advisor.arrays import BoolArray, IntArray
from advisor.contracts.question import Question
from advisor.contracts.questionnaire import Questionnaire
from advisor.risk_profile.answers import Answers, Positions
from advisor.risk_profile.coherence import contradictions

Judge = Callable[[Answers, IntArray], tuple[IntArray, BoolArray]]
"""Of answer sheets, each of a given client: levels before any control, and whose do not hang
together."""
MOST_SHEETS = 500
"""More cautious sheets of one client that are tried."""
Exits = dict[int, tuple[int, ...]]
"""By position of an option the ways out of it."""
Conditions = tuple[tuple[int, Exits], ...]
"""Rows of questions, and the ways out of each."""


def cautious_floor(
    answers: Answers, questionnaire: Questionnaire, rows: BoolArray, judge: Judge
) -> IntArray:
    """The highest level that more cautious answers would have given, shape (c,).

    A contradiction takes levels off. Were nothing else done, whoever answers one of the two
    questions more cautiously could get a higher level for it, because the contradiction is gone. So
    a contradiction takes a client no lower than the best sheet that differs only in more cautious
    answers. Since levels without a contradiction never fall when an answer gets bolder, it is
    enough to step from each answer that is part of a contradiction to the boldest more cautious one
    that is not.

    Args:
        answers: Of c clients.
        questionnaire: What was asked.
        rows: Whose answers count, shape (c,).
        judge: Of changed answers, and the clients they are of.

    Returns:
        1..5; 1 where no contradiction that lowers fires, or no more cautious sheet is free of it.
    """
    floor = np.ones(len(rows), dtype=np.int64)
    steps = np.array([rule.lowers for rule in questionnaire.contradictions], dtype=np.int64)
    fires = contradictions(answers, questionnaire) & (steps > 0)[:, None]
    owner = np.flatnonzero(fires.any(axis=0) & rows)
    sheets, fires = answers.positions[:, owner], fires[:, owner]
    while len(owner):
        # 1. every way out of every contradiction, each sheet once
        sheets, owner = _stepped_out(sheets, owner, fires, _exits(questionnaire))
        if not len(owner):
            break
        # 2. what each is worth, contradictions that remain taken off
        changed = Answers.of(sheets, questionnaire, {})
        fires = contradictions(changed, questionnaire) & (steps > 0)[:, None]
        level, _ = judge(changed, owner)
        off = (fires * steps[:, None]).max(axis=0, initial=0)
        np.maximum.at(floor, owner, np.maximum(np.minimum(level, 1), level - off))
        # 3. and on from those that still contradict themselves
        on = fires.any(axis=0)
        sheets, owner, fires = sheets[:, on], owner[on], fires[:, on]
    return floor


def misfit_floor(
    answers: Answers, questionnaire: Questionnaire, fires: BoolArray, steps: int, judge: Judge
) -> IntArray:
    """The highest level that more cautious answers which hang together would have given, shape
    (c,); 1 where it is no higher than what misfit leaves.

    All sheets that are nowhere bolder and keep the level are tried, one answer about tolerance
    more cautious at a time; where there are more than `MOST_SHEETS`, one of them is taken to fit.
    A more cautious sheet has no more of them to try, so the answer cannot depend on that limit in
    favour of caution. `fires`: whom misfit takes `steps` levels from, shape (c,).
    """
    floor = np.ones(len(fires), dtype=np.int64)
    for less in range(steps):
        owner = np.flatnonzero(fires & (floor == 1))
        sheets, least, count = answers.positions[:, owner], floor.copy(), np.zeros_like(floor)
        if len(owner):
            least[owner] = judge(Answers.of(sheets, questionnaire, {}), owner)[0] - less
        sheets, owner = sheets[:, least[owner] > 1], owner[least[owner] > 1]
        while len(owner):
            everybody = np.ones((1, len(owner)), dtype=np.bool_)
            rules = (_single_steps(questionnaire),)
            sheets, owner = _stepped_out(sheets, owner, everybody, rules)
            if not len(owner):
                break
            level, misfits = judge(Answers.of(sheets, questionnaire, {}), owner)
            on = level >= least[owner]
            count += np.bincount(owner[on], minlength=len(count))
            done = count > MOST_SHEETS
            done[owner[on & ~misfits]] = True
            floor[done] = least[done]
            on &= ~done[owner]
            sheets, owner = sheets[:, on], owner[on]
    return floor


def _stepped_out(
    sheets: Positions, owner: IntArray, fires: BoolArray, rules: Sequence[Conditions]
) -> tuple[Positions, IntArray]:
    """Answer sheets one step more cautious, and whose they are."""
    parts: list[Positions] = []
    owners: list[IntArray] = []
    for rule, conditions in enumerate(rules):
        for row, exits in conditions:
            for position, others in exits.items():
                here = np.flatnonzero(fires[rule] & (sheets[row] == position))
                for other in others if len(here) else ():
                    part = sheets[:, here].copy()
                    part[row] = other
                    parts.append(part)
                    owners.append(owner[here])
    if not parts:
        return sheets[:, :0], owner[:0]
    both = np.unique(
        np.vstack([np.concatenate(owners)[None], np.concatenate(parts, axis=1)]), axis=1
    )
    return both[1:].astype(np.int8), both[0]


@lru_cache(maxsize=16)
def _exits(questionnaire: Questionnaire) -> tuple[Conditions, ...]:
    """By contradiction, its conditions: the question's row, and from each option of the condition
    the way out.
    """
    row_of = {name: row for row, name in enumerate(questionnaire.by_id)}
    return tuple(
        tuple(
            (row_of[name], _ways_out(questionnaire.by_id[name], frozenset(chosen)))
            for name, chosen in (*rule.first.items(), *rule.second.items())
        )
        for rule in questionnaire.contradictions
    )


@lru_cache(maxsize=16)
def _single_steps(questionnaire: Questionnaire) -> Conditions:
    """Of each question about tolerance, from every option to the boldest of a lower score."""
    return tuple(
        (
            row,
            {
                position: _ways_out(question, frozenset({option.id}))[position]
                for position, option in enumerate(question.options)
            },
        )
        for row, question in enumerate(questionnaire.by_id.values())
        if question.dimension == "tolerance"
    )


def _ways_out(question: Question, chosen: frozenset[str]) -> Exits:
    """From each option that meets a condition the boldest options of a lower score that do not, by
    position.
    """
    exits: Exits = {}
    for position, option in enumerate(question.options):
        lower = [o for o in question.options if o.id not in chosen and o.score < option.score]
        best = max((o.score for o in lower), default=0.0)
        if option.id in chosen:
            exits[position] = tuple(
                i for i, o in enumerate(question.options) if o in lower and o.score == best
            )
    return exits

"""Tolerance measured by item parameters: the chance of each level from the posterior, not from a
common standard error.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from advisor.arrays import FloatArray
from advisor.contracts.bands import LEVELS
from advisor.contracts.questionnaire import Questionnaire
from advisor.errors import InputError
from advisor.risk_profile.answers import Answers
from advisor.risk_profile.key import key_of
from advisor.risk_profile.psychometrics.graded_response import Categories, GradedResponseModel


@dataclass(frozen=True, eq=False)
class Measured:
    """Of c clients: P(tolerance allows at least C1..C5), shape (c, 5); posterior deviation on the
    0..100 scale; person fit l_z, shape (c,) each.
    """

    at_least: FloatArray
    standard_error: FloatArray
    fit: FloatArray


def tolerance_responses(
    answers: Answers, questionnaire: Questionnaire
) -> tuple[tuple[str, ...], Categories]:
    """Answers to the tolerance questions as ordered categories: ids of the questions, and ranks of
    the options' scores, shape (c, q), -1 = none.

    Options with equal scores are one category. This is what `calibrate` takes.
    """
    key = key_of(questionnaire)
    measured = key.dimensions.get("tolerance")
    if measured is None:
        return (), np.zeros((0, 0), dtype=np.int8)
    columns: list[Categories] = []
    for row in measured.rows:
        points = key.scores(row)
        ranks = np.append(np.searchsorted(np.unique(points), points), -1).astype(np.int8)
        columns.append(ranks[answers.positions[row]])
    return measured.questions, np.column_stack(columns)


def measure_tolerance(
    model: GradedResponseModel, answers: Answers, questionnaire: Questionnaire
) -> Measured:
    """Posterior of tolerance, cut where the expected score reaches the questionnaire's cut-offs.

    Args:
        model: Parameters of exactly the questionnaire's tolerance questions.
        answers: Of c clients.
        questionnaire: What was asked.

    Returns:
        Chances that never fall when an answer gets riskier, since the posterior then moves up as a
        whole.

    Raises:
        InputError: The model's items are not the questionnaire's tolerance questions.
    """
    names, responses = tolerance_responses(answers, questionnaire)
    if set(names) != set(model.items):
        odd = sorted(set(names) ^ set(model.items))
        raise InputError(
            f"The item model and the tolerance questions of {questionnaire.id!r} differ in"
            f" {odd[:5]}; the score scale would not be the same. Calibrate on the answers to"
            " exactly these questions.",
            field="item_model",
            value=odd,
        )
    responses = responses[:, [names.index(item) for item in model.items]]
    curve = expected_score(model, questionnaire)
    cuts = np.array(key_of(questionnaire).dimensions["tolerance"].cuts[1:])
    reaches = _share_above(model.nodes, curve, cuts)
    at_least = np.ones((len(responses), LEVELS))
    error = np.empty(len(responses))
    for block, posterior in model.posteriors(responses):
        at_least[block, 1:] = np.einsum("cn,kn->ck", posterior, reaches)
        mean = (posterior * curve).sum(axis=1)
        error[block] = np.sqrt((posterior * (curve - mean[:, None]) ** 2).sum(axis=1))
    return Measured(at_least, error, model.person_fit(responses))


def expected_score(model: GradedResponseModel, questionnaire: Questionnaire) -> FloatArray:
    """Expected 0..100 tolerance score at each node, shape (33,), rising."""
    key = key_of(questionnaire)
    measured = key.dimensions["tolerance"]
    probability = model.probability(model.nodes)
    total = np.full(len(model.nodes), -measured.low)
    for i, name in enumerate(model.items):
        values = np.unique(key.scores(measured.rows[measured.questions.index(name)]))
        if len(values) != model.categories[i]:
            raise InputError(
                f"Item {name!r} has {model.categories[i]} answers in the item model, but"
                f" {len(values)} different scores in the questionnaire. Calibrate again.",
                field="item_model",
                value=name,
            )
        total += (probability[:, i, : len(values)] * values).sum(axis=1)
    return 100.0 * total / (measured.high - measured.low)


def _share_above(nodes: FloatArray, curve: FloatArray, cuts: FloatArray) -> FloatArray:
    """Share of each node's cell that lies above the ability at which the expected score is each
    cut, shape (k, n).

    Cuts below the curve's range are reached by everybody, those above it by nobody.
    """
    width = nodes[1] - nodes[0]
    theta = np.interp(cuts, curve, nodes, left=-np.inf, right=np.inf)
    return np.clip((nodes + 0.5 * width - theta[:, None]) / width, 0.0, 1.0)

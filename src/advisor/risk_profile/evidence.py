"""What a table of clients and their answers say about levels, before anything is decided."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from advisor.arrays import BoolArray, FloatArray, IntArray
from advisor.contracts.bands import LEVELS, RiskBands
from advisor.contracts.question import LIMITING
from advisor.contracts.questionnaire import Questionnaire
from advisor.contracts.thresholds import count_reached, reaches
from advisor.data.clients.table import ClientTable
from advisor.privacy import written
from advisor.risk_profile.answers import Answers, read_answers
from advisor.risk_profile.assessments import AssessmentHistory, HistoryLimits, are_minors
from advisor.risk_profile.capacity import money_cap
from advisor.risk_profile.caution import cautious_floor, misfit_floor
from advisor.risk_profile.coherence import (
    CONTRADICTION,
    Controls,
    contradictions,
    straight_lining,
    trades_contradict,
)
from advisor.risk_profile.key import SCORED, key_of
from advisor.risk_profile.levels import Evidence, assign_levels, chance_of_levels
from advisor.risk_profile.psychometrics.graded_response import GradedResponseModel
from advisor.risk_profile.psychometrics.latent import Measured, measure_tolerance
from advisor.risk_profile.score import dimension_score, knocked_out, level_of

ELSEWHERE = "assessed elsewhere"
REVEALED = "revealed behaviour"
HIGH_TOLERANCE = 4
"""Levels from which a stated tolerance is checked against trades."""


@dataclass(frozen=True, eq=False)
class Case:
    """Of c clients: scores by dimension, their errors, the evidence on levels, signs worth a flag,
    and rows that cannot be assessed.
    """

    scores: Mapping[str, FloatArray]
    standard_error: FloatArray
    evidence: Evidence
    lowest: BoolArray
    signs: Mapping[str, BoolArray]
    problems: Mapping[int, str]


def examine(
    clients: ClientTable,
    questionnaire: Questionnaire | None,
    day: np.datetime64,
    bands: RiskBands,
    controls: Controls,
    item_model: GradedResponseModel | None = None,
    history: AssessmentHistory | None = None,
) -> Case:
    """Gather everything that bears on the level of each client; arguments as in `profile_risk`."""
    has_level = clients.level >= 0
    problems = _row_problems(clients, has_level, questionnaire, day)
    nothing = np.full(len(clients), np.nan)
    case = Case(
        dict.fromkeys(SCORED, nothing) | {"knowledge": clients.knowledge},
        nothing,
        Evidence({}),
        np.zeros(len(clients), dtype=np.bool_),
        {},
        problems,
    )
    answers: Answers | None = None
    if questionnaire is not None and not has_level.all():
        answers = read_answers(clients, questionnaire, ~has_level)
        case = _from_answers(
            clients, questionnaire, answers, ~has_level, controls, item_model, problems
        )
    limits: dict[str, IntArray] = (
        {ELSEWHERE: np.where(has_level, clients.level, LEVELS)} if has_level.any() else {}
    )
    limits |= case.evidence.limits
    limits["money"] = money_cap(clients, bands, controls.capacity)
    limits["civil capacity"] = np.where(clients.legal_capacity, LEVELS, 1)
    caps: dict[str, IntArray] = {}
    if history is not None:
        stood = history.standing(clients.ids, day)
        caps["last assessment"] = np.where(stood >= 0, stood, LEVELS)
    evidence = Evidence(limits, case.evidence.at_least, case.evidence.lowers, caps=caps)
    if questionnaire is not None and answers is not None:
        evidence = replace(
            evidence,
            floors=_floors(evidence, questionnaire, answers, ~has_level, controls, item_model),
        )
    ages = HistoryLimits()
    signs = {
        **case.signs,
        "incapable": ~clients.legal_capacity,
        "senior": reaches(clients.age, ages.senior_age),
        "minor": are_minors(clients.age, ages.adult_age),
    }
    return Case(
        case.scores,
        case.standard_error,
        evidence,
        case.lowest | ~clients.legal_capacity,
        signs,
        problems,
    )


def _row_problems(
    clients: ClientTable,
    has_level: BoolArray,
    questionnaire: Questionnaire | None,
    day: np.datetime64,
) -> dict[int, str]:
    problems: dict[int, str] = dict(clients.problems)
    for row in (clients.assessed_on > day).nonzero()[0].tolist():
        problems.setdefault(
            row,
            f"assessed_on {written(str(clients.assessed_on[row]))} is after the day of the profile,"
            f" {day}; a sale cannot rest on a later assessment. Use what was known on that day.",
        )
    if questionnaire is None:
        for row in np.flatnonzero(~has_level).tolist():
            problems.setdefault(
                row,
                "there is neither a level nor a questionnaire to score answers with; a level cannot"
                " be guessed. Pass level, or a questionnaire and answers.",
            )
    return problems


def _from_answers(
    clients: ClientTable,
    questionnaire: Questionnaire,
    answers: Answers,
    rows: BoolArray,
    controls: Controls,
    item_model: GradedResponseModel | None,
    problems: dict[int, str],
) -> Case:
    for row, text in answers.problems.items():
        problems.setdefault(row, text)
    key = key_of(questionnaire)
    everybody = bool(rows.all())
    scores = {d: dimension_score(answers, questionnaire, d) for d in SCORED}
    out = knocked_out(answers, questionnaire)
    signs: dict[str, BoolArray] = {
        "knocked_out": out,
        "straight_lining": straight_lining(answers, controls.straight_lining_share),
    }
    tolerance = (
        None if item_model is None else measure_tolerance(item_model, answers, questionnaire)
    )
    limits, at_least = _measured(questionnaire, scores, tolerance)
    limits["horizon in years"] = _horizon_cap(clients.horizon_years, questionnaire)
    limits["knock-out"] = np.where(out, 1, LEVELS)
    lowers = _lowers(clients, questionnaire, answers, limits, controls, signs)
    error = np.full(len(clients), np.nan)
    asked = key.dimensions.get("tolerance")
    if tolerance is not None:
        error = tolerance.standard_error
        signs["misfit"] = _misfits(tolerance, controls, len(clients))
        lowers["misfit"] = controls.misfit_lowers * signs["misfit"]
    elif asked is not None and asked.standard_error > 0.0:
        error = np.where(np.isnan(scores["tolerance"]), np.nan, asked.standard_error)
    if not everybody:
        scores = {
            d: np.where(rows, s, clients.knowledge if d == "knowledge" else np.nan)
            for d, s in scores.items()
        }
        error = np.where(rows, error, np.nan)
        limits = {name: np.where(rows, limit, LEVELS) for name, limit in limits.items()}
        at_least = {name: np.where(rows[:, None], chance, 1.0) for name, chance in at_least.items()}
        lowers = {name: np.where(rows, steps, 0) for name, steps in lowers.items()}
        signs = {name: sign & rows for name, sign in signs.items()}
        out = out & rows
    if "knowledge" not in key.dimensions:
        scores["knowledge"] = clients.knowledge
    return Case(scores, error, Evidence(limits, at_least, lowers), out, signs, problems)


def _misfits(tolerance: Measured | None, controls: Controls, count: int) -> BoolArray:
    """Whose answers about tolerance hang together too badly, shape (c,)."""
    if tolerance is None:
        return np.zeros(count, dtype=np.bool_)
    return ~reaches(tolerance.fit, controls.misfit_below) & ~np.isnan(tolerance.fit)


def _measured(
    questionnaire: Questionnaire, scores: Mapping[str, FloatArray], tolerance: Measured | None
) -> tuple[dict[str, IntArray], dict[str, FloatArray]]:
    """By dimension asked the level its score allows, and the chance of each level where it is
    measured with error.
    """
    limits: dict[str, IntArray] = {}
    at_least: dict[str, FloatArray] = {}
    for dimension in LIMITING:
        measured = key_of(questionnaire).dimensions.get(dimension)
        if measured is None:
            continue
        limits[dimension] = level_of(scores[dimension], measured.cuts)
        if dimension == "tolerance" and tolerance is not None:
            at_least[dimension] = tolerance.at_least
            limits[dimension] = reaches(tolerance.at_least, 0.5).sum(axis=1)
        elif measured.standard_error > 0.0:
            at_least[dimension] = chance_of_levels(
                scores[dimension], measured.standard_error, measured.cuts
            )
    return limits, at_least


def _floors(
    evidence: Evidence,
    questionnaire: Questionnaire,
    answers: Answers,
    rows: BoolArray,
    controls: Controls,
    item_model: GradedResponseModel | None,
) -> dict[str, IntArray]:
    """How far down each control may take a client, by control, so that no more cautious answer
    raises a level.
    """
    floors: dict[str, IntArray] = {}
    if REVEALED in evidence.lowers:  # below it no tolerance is checked against trades
        floors[REVEALED] = np.full(len(rows), HIGH_TOLERANCE - 1)
    contradicting = [name for name in evidence.lowers if name.startswith(CONTRADICTION)]

    def judge(changed: Answers, owner: IntArray) -> tuple[IntArray, BoolArray]:
        scores = {d: dimension_score(changed, questionnaire, d) for d in LIMITING}
        tolerance = (
            None if item_model is None else measure_tolerance(item_model, changed, questionnaire)
        )
        limits, at_least = _measured(questionnaire, scores, tolerance)
        limits["knock-out"] = np.where(knocked_out(changed, questionnaire), 1, LEVELS)
        others = {
            name: limit[owner] for name, limit in evidence.limits.items() if name not in limits
        }
        plain = assign_levels(Evidence(others | limits, at_least), controls.epsilon, len(owner))
        return plain.level, _misfits(tolerance, controls, len(owner))

    if "misfit" in evidence.lowers:
        fires = evidence.lowers["misfit"] > 0
        floors["misfit"] = misfit_floor(
            answers, questionnaire, fires, controls.misfit_lowers, judge
        )
    if any(evidence.lowers[name].any() for name in contradicting):
        floor = cautious_floor(answers, questionnaire, rows, judge)
        floors |= dict.fromkeys(contradicting, floor)
    return floors


def _lowers(
    clients: ClientTable,
    questionnaire: Questionnaire,
    answers: Answers,
    limits: Mapping[str, IntArray],
    controls: Controls,
    signs: dict[str, BoolArray],
) -> dict[str, IntArray]:
    """Levels that controls take off, by control; `signs` gets a sign for each."""
    lowers: dict[str, IntArray] = {}
    for rule, fires in zip(
        questionnaire.contradictions, contradictions(answers, questionnaire), strict=True
    ):
        signs[CONTRADICTION + rule.id] = fires
        if rule.lowers:
            lowers[CONTRADICTION + rule.id] = rule.lowers * fires
    if "tolerance" in limits:
        fires = trades_contradict(
            clients, limits["tolerance"] >= HIGH_TOLERANCE, controls.loss_aversion_above
        )
        signs["stated_above_revealed"] = fires
        lowers[REVEALED] = controls.revealed_lowers * fires
    return lowers


def _horizon_cap(years: FloatArray, questionnaire: Questionnaire) -> IntArray:
    """Highest level a horizon allows, shape (c,): never higher for a shorter one, since the
    questionnaire's caps rise.
    """
    caps = np.array([*(level for _, level in questionnaire.horizon_caps), LEVELS])
    return caps[count_reached(years, [y for y, _ in questionnaire.horizon_caps])]

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
from advisor.risk_profile.assessments import LIMITS, AssessmentHistory, are_minors
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


@dataclass(frozen=True, eq=False)
class Asked:
    """How answers are judged."""

    questionnaire: Questionnaire
    controls: Controls
    item_model: GradedResponseModel | None

    def tolerance(self, answers: Answers) -> Measured | None:
        """Tolerance measured by item parameters, where there are any."""
        if self.item_model is None:
            return None
        return measure_tolerance(self.item_model, answers, self.questionnaire)

    def misfits(self, tolerance: Measured | None, count: int) -> BoolArray:
        """Whose answers about tolerance hang together too badly, shape (c,)."""
        if tolerance is None:
            return np.zeros(count, dtype=np.bool_)
        return ~reaches(tolerance.fit, self.controls.misfit_below) & ~np.isnan(tolerance.fit)

    def limits(
        self, answers: Answers, scores: Mapping[str, FloatArray], tolerance: Measured | None
    ) -> tuple[dict[str, IntArray], dict[str, FloatArray]]:
        """By dimension asked, and of what knocks out, the level allowed; and the chance of each
        level where it is measured with error.
        """
        limits: dict[str, IntArray] = {}
        at_least: dict[str, FloatArray] = {}
        for dimension in LIMITING:
            measured = key_of(self.questionnaire).dimensions.get(dimension)
            if measured is None:
                continue
            score, error = scores[dimension], measured.standard_error
            limits[dimension] = level_of(score, measured.cuts)
            if dimension == "tolerance" and tolerance is not None:
                at_least[dimension] = tolerance.at_least
                limits[dimension] = reaches(tolerance.at_least, 0.5).sum(axis=1)
            elif error > 0.0:
                at_least[dimension] = chance_of_levels(score, error, measured.cuts)
        limits["knock-out"] = np.where(knocked_out(answers, self.questionnaire), 1, LEVELS)
        return limits, at_least


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
    # 1. what answers say, of the rows that have no level
    rows = clients.level < 0
    problems = _row_problems(clients, questionnaire is None, day)
    nothing, nobody = np.full(len(clients), np.nan), np.zeros(len(clients), dtype=np.bool_)
    known: dict[str, FloatArray] = dict.fromkeys(SCORED, nothing)
    case = Case(
        known | {"knowledge": clients.knowledge}, nothing, Evidence({}), nobody, {}, problems
    )
    asked, answers = None, None
    if questionnaire is not None and rows.any():
        asked = Asked(questionnaire, controls, item_model)
        answers = read_answers(clients, questionnaire, rows)
        for row, text in answers.problems.items():
            problems.setdefault(row, text)
        case = _from_answers(clients, asked, answers, rows, problems)
    # 2. what else limits them
    limits: dict[str, IntArray] = {}
    if not rows.all():
        limits[ELSEWHERE] = np.where(rows, LEVELS, clients.level)
    limits |= case.evidence.limits
    limits["money"] = money_cap(clients, bands, controls.capacity)
    limits["civil capacity"] = np.where(clients.legal_capacity, LEVELS, 1)
    caps: dict[str, IntArray] = {}
    if history is not None:
        stood = history.standing(clients.ids, day)
        caps["last assessment"] = np.where(stood >= 0, stood, LEVELS)
    evidence = replace(case.evidence, limits=limits, caps=caps)
    if asked is not None and answers is not None:
        evidence = replace(evidence, floors=_floors(evidence, asked, answers, rows))
    # 3. signs that depend on no answer
    incapable = ~clients.legal_capacity
    signs = {
        **case.signs,
        "incapable": incapable,
        "senior": reaches(clients.age, LIMITS.senior_age),
        "minor": are_minors(clients.age),
    }
    return replace(case, evidence=evidence, lowest=case.lowest | incapable, signs=signs)


def _row_problems(clients: ClientTable, unasked: bool, day: np.datetime64) -> dict[int, str]:
    problems: dict[int, str] = dict(clients.problems)
    for row in (clients.assessed_on > day).nonzero()[0].tolist():
        problems.setdefault(
            row,
            f"assessed_on {written(str(clients.assessed_on[row]))} is after the day of the profile,"
            f" {day}; a sale cannot rest on a later assessment. Use what was known on that day.",
        )
    for row in np.flatnonzero((clients.level < 0) & unasked).tolist():
        problems.setdefault(
            row,
            "there is neither a level nor a questionnaire to score answers with; a level cannot"
            " be guessed. Pass level, or a questionnaire and answers.",
        )
    return problems


def _from_answers(
    clients: ClientTable,
    asked: Asked,
    answers: Answers,
    rows: BoolArray,
    problems: Mapping[int, str],
) -> Case:
    # 1. scores, limits and controls as if everybody had answered
    questionnaire, controls = asked.questionnaire, asked.controls
    scores = {d: dimension_score(answers, questionnaire, d) for d in SCORED}
    tolerance = asked.tolerance(answers)
    limits, at_least = asked.limits(answers, scores, tolerance)
    limits["horizon in years"] = _horizon_cap(clients.horizon_years, questionnaire)
    limits["knock-out"] = limits.pop("knock-out")  # causes are named in this order
    out = limits["knock-out"] == 1
    signs: dict[str, BoolArray] = {
        "knocked_out": out,
        "straight_lining": straight_lining(answers, controls.straight_lining_share),
    }
    lowers = _lowers(clients, asked, answers, limits, signs)
    dimensions, error = key_of(questionnaire).dimensions, np.full(len(clients), np.nan)
    if tolerance is not None:
        error = tolerance.standard_error
        signs["misfit"] = asked.misfits(tolerance, len(clients))
        lowers["misfit"] = controls.misfit_lowers * signs["misfit"]
    elif "tolerance" in dimensions and dimensions["tolerance"].standard_error > 0.0:
        common = dimensions["tolerance"].standard_error
        error = np.where(np.isnan(scores["tolerance"]), np.nan, common)
    # 2. only of those who did
    if not rows.all():
        scores = {d: np.where(rows, s, np.nan) for d, s in scores.items()}
        scores["knowledge"] = np.where(rows, scores["knowledge"], clients.knowledge)
        error = np.where(rows, error, np.nan)
        limits = {name: np.where(rows, limit, LEVELS) for name, limit in limits.items()}
        at_least = {name: np.where(rows[:, None], chance, 1.0) for name, chance in at_least.items()}
        lowers = {name: np.where(rows, steps, 0) for name, steps in lowers.items()}
        signs = {name: sign & rows for name, sign in signs.items()}
    if "knowledge" not in dimensions:
        scores["knowledge"] = clients.knowledge
    return Case(scores, error, Evidence(limits, at_least, lowers), out & rows, signs, problems)


def _floors(
    evidence: Evidence, asked: Asked, answers: Answers, rows: BoolArray
) -> dict[str, IntArray]:
    """How far down each control may take a client, by control, so that no more cautious answer
    raises a level.
    """
    questionnaire, controls = asked.questionnaire, asked.controls

    def judge(changed: Answers, owner: IntArray) -> tuple[IntArray, BoolArray]:
        scores = {d: dimension_score(changed, questionnaire, d) for d in LIMITING}
        tolerance = asked.tolerance(changed)
        limits, at_least = asked.limits(changed, scores, tolerance)
        others = {n: limit[owner] for n, limit in evidence.limits.items() if n not in limits}
        plain = assign_levels(Evidence(others | limits, at_least), controls.epsilon, len(owner))
        return plain.level, asked.misfits(tolerance, len(owner))

    floors: dict[str, IntArray] = {}
    if REVEALED in evidence.lowers:  # below it no tolerance is checked against trades
        floors[REVEALED] = np.full(len(rows), HIGH_TOLERANCE - 1)
    if "misfit" in evidence.lowers:
        fires = evidence.lowers["misfit"] > 0
        floors["misfit"] = misfit_floor(
            answers, questionnaire, fires, controls.misfit_lowers, judge
        )
    contradicting = [name for name in evidence.lowers if name.startswith(CONTRADICTION)]
    if any(evidence.lowers[name].any() for name in contradicting):
        floor = cautious_floor(answers, questionnaire, rows, judge)
        floors |= dict.fromkeys(contradicting, floor)
    return floors


def _lowers(
    clients: ClientTable,
    asked: Asked,
    answers: Answers,
    limits: Mapping[str, IntArray],
    signs: dict[str, BoolArray],
) -> dict[str, IntArray]:
    """Levels that controls take off, by control; `signs` gets a sign for each."""
    lowers: dict[str, IntArray] = {}
    rules = asked.questionnaire.contradictions
    for rule, fires in zip(rules, contradictions(answers, asked.questionnaire), strict=True):
        signs[CONTRADICTION + rule.id] = fires
        if rule.lowers:
            lowers[CONTRADICTION + rule.id] = rule.lowers * fires
    if "tolerance" in limits:
        high = limits["tolerance"] >= HIGH_TOLERANCE
        fires = trades_contradict(clients, high, asked.controls.loss_aversion_above)
        signs["stated_above_revealed"] = fires
        lowers[REVEALED] = asked.controls.revealed_lowers * fires
    return lowers


def _horizon_cap(years: FloatArray, questionnaire: Questionnaire) -> IntArray:
    """Highest level a horizon allows, shape (c,): never higher for a shorter one, since the
    questionnaire's caps rise.
    """
    caps = np.array([*(level for _, level in questionnaire.horizon_caps), LEVELS])
    return caps[count_reached(years, [y for y, _ in questionnaire.horizon_caps])]

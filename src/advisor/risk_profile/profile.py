"""From a table of clients to risk profiles: the lowest of what a client wants, can bear, aims at and has time for."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import numpy as np

from advisor.arrays import BoolArray, DayArray, FloatArray, IntArray
from advisor.contracts.bands import LEVELS, RiskBands
from advisor.contracts.questionnaire import LIMITING, Questionnaire
from advisor.data.clients import ClientTable
from advisor.data.days import as_day
from advisor.data.labels import Labels
from advisor.data.profiles import RiskProfiles, target_volatility
from advisor.risk_profile.answers import read_answers
from advisor.risk_profile.score import dimension_score, knocked_out, level_of

VALID_MONTHS = 12
CAUSES = ("none", "tolerance", "capacity", "objective", "horizon", "knock-out", "assessed elsewhere", "no assessment")


def profile_risk(
    clients: ClientTable, questionnaire: Questionnaire | None, *, as_of: date | str, bands: RiskBands | None = None
) -> RiskProfiles:
    """Risk profile of each client.

    A row with a level keeps it (assessed elsewhere); the others are scored from their answers. A row with neither, or whose answers cannot be scored,
    gets level 0 and a sentence in `problems`; nothing is raised for a row.

    Args:
        clients: c clients.
        questionnaire: What was asked; None when all rows carry levels.
        as_of: The day the profiles are for; also the assessment day of answers without `assessed_on`.
        bands: What each level promises; default `RiskBands.default()`.

    Returns:
        Profiles whose level is the lowest of the dimensions asked: no dimension can lift another.

    Raises:
        InputError: `as_of` is no day.
    """
    day = as_day(as_of, "as_of")
    bands = bands or RiskBands.default()
    given = clients.level >= 0
    problems: dict[int, str] = dict(clients.problems)
    for row in np.flatnonzero(clients.assessed_on > day).tolist():
        problems.setdefault(
            row,
            f"assessed_on {clients.assessed_on[row]} is after the day of the profile, {day}; a sale cannot rest on a later assessment. Use what was known on that day.",
        )
    base = _assessed_elsewhere(clients, day, bands)
    if given.all() or questionnaire is None:
        for row in np.flatnonzero(~given).tolist():
            problems.setdefault(
                row,
                "there is neither a level nor a questionnaire to score answers with; a level cannot be guessed. Pass level, or a questionnaire and answers.",
            )
        return _refused(base, problems, bands)
    scored = _from_answers(clients, questionnaire, ~given, problems)
    level = np.where(given, base.level, scored.level)
    profiles = replace(
        base,
        level=level,
        tolerance=scored.tolerance,
        capacity=scored.capacity,
        horizon=scored.horizon,
        objective=scored.objective,
        knowledge=np.where(given | np.isnan(scored.knowledge), clients.knowledge, scored.knowledge),
        limits=Labels(CAUSES, np.where(given, CAUSES.index("assessed elsewhere"), scored.limits.codes)),
        lowest_category=np.where(given, base.lowest_category, scored.lowest_category),
        level_probability=(level[:, None] == np.arange(1, LEVELS + 1)).astype(np.float64),
        valid_until=_valid_until(np.where(given | ~np.isnat(clients.assessed_on), clients.assessed_on, day)),
        questionnaire=questionnaire.signature,
    )
    return _refused(profiles, problems, bands)


def _assessed_elsewhere(clients: ClientTable, day: np.datetime64, bands: RiskBands) -> RiskProfiles:
    level = np.maximum(clients.level, 0)
    lowest = (clients.lowest_category == 1) | ((clients.lowest_category == -1) & (level <= 1))
    profiles = RiskProfiles.from_levels(
        level,
        as_of=str(day),
        bands=bands,
        client_ids=clients.ids,
        lowest_category=lowest,
        knowledge=clients.knowledge,
        valid_until=_valid_until(clients.assessed_on),
    )
    return replace(profiles, limits=Labels(CAUSES, np.full(len(clients), CAUSES.index("assessed elsewhere"), dtype=np.int64)))


def _from_answers(clients: ClientTable, questionnaire: Questionnaire, rows: BoolArray, problems: dict[int, str]) -> RiskProfiles:
    answers = read_answers(clients, questionnaire, rows)
    for row, text in answers.problems.items():
        problems.setdefault(row, text)
    scores: dict[str, FloatArray] = {
        d: np.where(rows, dimension_score(answers, questionnaire, d), np.nan) for d in (*LIMITING, "knowledge")
    }
    level = np.full(len(clients), LEVELS, dtype=np.int64)
    cause = np.zeros(len(clients), dtype=np.int64)

    def cap(limit: IntArray, name: str) -> None:
        lower = limit < level
        level[lower] = limit[lower]
        cause[lower] = CAUSES.index(name)

    for dimension in LIMITING:
        if questionnaire.of(dimension):
            cap(level_of(scores[dimension], questionnaire.level_cuts(dimension)), dimension)
    for years, most in reversed(questionnaire.horizon_caps):
        cap(np.where(clients.horizon_years < years, most, LEVELS), "horizon")
    out = knocked_out(answers, questionnaire)
    cap(np.where(out, 1, LEVELS), "knock-out")
    cause[out] = CAUSES.index("knock-out")
    base = RiskProfiles.from_levels(level, as_of="2000-01-01")
    return replace(base, **scores, limits=Labels(CAUSES, cause), lowest_category=out)


def _valid_until(assessed: DayArray) -> DayArray:
    """The same day twelve months on; the day after 28 February 2029 does not exist for a 29 February, so that counts as the 28th."""
    month = assessed.astype("datetime64[M]")
    day_of_month = (assessed - month.astype("datetime64[D]")).astype(np.int64)
    later = month + np.timedelta64(VALID_MONTHS, "M")
    last = ((later + 1).astype("datetime64[D]") - later.astype("datetime64[D]")).astype(np.int64) - 1
    return later.astype("datetime64[D]") + np.minimum(day_of_month, last)


def _refused(profiles: RiskProfiles, problems: dict[int, str], bands: RiskBands) -> RiskProfiles:
    level, probability, cause = profiles.level.copy(), profiles.level_probability.copy(), profiles.limits.codes.copy()
    lowest = profiles.lowest_category.copy()
    bad = np.array(sorted(problems), dtype=np.int64)
    level[bad], probability[bad], cause[bad], lowest[bad] = 0, 0.0, CAUSES.index("no assessment"), True
    return replace(
        profiles,
        level=level,
        level_probability=probability,
        limits=Labels(CAUSES, cause),
        lowest_category=lowest,
        target_volatility=target_volatility(level, bands),
        problems=problems,
    )

"""From a table of clients to risk profiles: the lowest of what a client wants, can bear, aims at
and has time for.
"""

from __future__ import annotations

from datetime import date

import numpy as np
import pandas as pd

from advisor.annotations import Probabilities
from advisor.arrays import BoolArray, FloatArray, IntArray
from advisor.contracts.bands import RiskBands
from advisor.contracts.questionnaire import Questionnaire
from advisor.data.categories import Categories
from advisor.data.clients.table import ClientTable
from advisor.data.days import as_day
from advisor.data.horizons import months_later
from advisor.data.profiles import RiskProfiles, target_volatility
from advisor.risk_profile.assessments import AssessmentHistory
from advisor.risk_profile.coherence import CONTROLS, Controls
from advisor.risk_profile.evidence import ELSEWHERE, Case, examine
from advisor.risk_profile.levels import Levels, assign_levels
from advisor.risk_profile.psychometrics.graded_response import GradedResponseModel
from advisor.validation import checked

NOT_ASSESSED = "no assessment"
_WORDS = {"horizon in years": "horizon"}
_LOWERED = {
    "uncertain": "uncertainty",
    "money": "money",
    "above_last_assessment": "last assessment",
}
"""Sign -> the cause that lowered a level."""


@checked
def profile_risk(
    clients: ClientTable,
    questionnaire: Questionnaire | None,
    *,
    as_of: date | str | np.datetime64,
    bands: RiskBands | None = None,
    controls: Controls | None = None,
    item_model: GradedResponseModel | None = None,
    history: AssessmentHistory | None = None,
) -> RiskProfiles:
    """Risk profile of each client.

    A row with a level keeps it (assessed elsewhere), unless needs in money or an unconfirmed rise
    lower it; the others are scored from their answers. A row with neither, or whose answers cannot
    be scored, gets level 0 and a sentence in `problems`; nothing is raised for a row.

    Args:
        clients: c clients.
        questionnaire: What was asked; None when all rows carry levels.
        as_of: The day the profiles are for. Answers without `assessed_on` are valid until no day
            that is known, and a regime that asks for one refuses.
        bands: What each level promises; default `RiskBands.default()`.
        controls: How careful to be; default `Controls()`.
        item_model: Of the tolerance questions: tolerance is then measured by its posterior.
        history: Earlier assessments.

    Returns:
        The level is the highest k with P(minimum of all limits >= k) >= 1 - epsilon, never above
        the lowest limit: no dimension, control or doubt can lift it.

    Raises:
        InputError: `as_of` is no day, or the item model has items that the questionnaire lacks.
    """
    day = as_day(as_of, "as_of")
    bands, controls = bands or RiskBands.default(), controls or CONTROLS
    case = examine(clients, questionnaire, day, bands, controls, item_model, history)
    levels = assign_levels(case.evidence, controls.epsilon, len(clients))
    names, bits = _flags(case, levels)
    elsewhere, bad = clients.level >= 0, sorted(case.problems)
    level, limits, chance = _settled(levels, elsewhere, bad)
    until = months_later(clients.assessed_on, controls.valid_months)
    until[bad] = np.datetime64("NaT")
    stated = clients.lowest_category
    lowest = elsewhere & ((stated == 1) | ((stated == -1) & (level <= 1)))
    return RiskProfiles(
        client_ids=clients.ids,
        as_of=day,
        level=level,
        **case.scores,
        standard_error=case.standard_error,
        level_probability=chance,
        limits=limits,
        lowest_category=lowest | case.lowest | (level == 0),
        flag_names=names,
        flag_bits=bits,
        target_volatility=target_volatility(level, bands),
        valid_until=until,
        problems=case.problems,
        questionnaire="" if questionnaire is None or elsewhere.all() else questionnaire.signature,
    )


def _settled(
    levels: Levels, elsewhere: BoolArray, bad: list[int]
) -> tuple[IntArray, Categories, FloatArray]:
    """Levels, causes and chances, none in the rows that cannot be assessed."""
    causes = (*(_WORDS.get(name, name) for name in levels.causes), ELSEWHERE, NOT_ASSESSED)
    level, cause, chance = levels.level.copy(), levels.cause.copy(), levels.probability
    cause[elsewhere & (cause == 0)] = causes.index(ELSEWHERE)
    level[bad], cause[bad], chance[bad] = 0, causes.index(NOT_ASSESSED), 0.0
    return level, Categories(causes, cause), chance


@checked
def level_causes(
    clients: ClientTable,
    questionnaire: Questionnaire | None,
    *,
    as_of: date | str,
    epsilons: Probabilities = (0.05, 0.10, 0.25, 0.50),
    bands: RiskBands | None = None,
    controls: Controls | None = None,
    item_model: GradedResponseModel | None = None,
) -> pd.DataFrame:
    """How many clients each cause lowers, at several epsilon: what caution costs, since too low a
    level is unsuitable too.

    Arguments are those of `profile_risk`; `epsilons` are accepted probabilities of too high a
    level, a row each.

    Returns:
        Indexed by epsilon; `mean_level`, and by cause the number of assessed clients who would have
        a higher level without it alone.
    """
    bands, controls = bands or RiskBands.default(), controls or CONTROLS
    case = examine(clients, questionnaire, as_day(as_of, "as_of"), bands, controls, item_model)
    assessed = np.ones(len(clients), dtype=np.bool_)
    assessed[list(case.problems)] = False
    evidence = case.evidence
    without = {name: evidence.without(name) for name in (*evidence.limits, *evidence.lowers)}
    without["uncertainty"] = evidence.certain()
    rows: list[dict[str, float]] = []
    for epsilon in epsilons:
        level = assign_levels(evidence, epsilon, len(clients)).level
        row = {"mean_level": float(level[assessed].mean()) if assessed.any() else float("nan")}
        for cause, part in without.items():
            freed = assign_levels(part, epsilon, len(clients)).level
            row[cause] = int(((freed > level) & assessed).sum())
        rows.append(row)
    return pd.DataFrame(rows, index=pd.Index(list(epsilons), name="epsilon"))


def _flags(case: Case, levels: Levels) -> tuple[tuple[str, ...], IntArray]:
    """Names of all signs, and the bits of each row's."""
    signs: dict[str, BoolArray] = dict(case.signs)
    for name, cause in _LOWERED.items():
        if cause in levels.causes:
            signs[name] = levels.cause == levels.causes.index(cause)
    return tuple(signs), (1 << np.arange(len(signs))) @ np.array([*signs.values()])

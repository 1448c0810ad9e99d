"""One client's advice with all that explains it, for a channel to show."""

from __future__ import annotations

import numpy as np

from advisor.contracts.advice import Advice, Reason
from advisor.contracts.client import Client
from advisor.contracts.report import (
    MOST_POINTS,
    AdviceReport,
    FrontierPoint,
    FrontierReport,
    ProfileReport,
    ScenarioLoss,
)
from advisor.contracts.wording import Language, chosen_language
from advisor.data.clients.table import ClientTable
from advisor.data.profiles import RiskProfiles
from advisor.engine.batch import AdviceBatch
from advisor.engine.output.omissions import omitted
from advisor.engine.output.reasons import NAMED, limit_in, sentences
from advisor.engine.pipeline import advise_one
from advisor.engine.state import AdvisorState
from advisor.errors import InputError
from advisor.lifecycle.monitoring.scenarios import HISTORICAL
from advisor.risk_profile.flags import flag_text

SCORES = (
    "tolerance",
    "capacity",
    "horizon",
    "objective",
    "knowledge",
    "standard_error",
    "target_volatility",
)
PICKS = 5
"""Products that a frontier's own point is composed with, as by default in an advice."""
MOST_OMISSIONS = 3
"""Missing products that a report accounts for."""
_ROUNDING = 1e-9


def report(
    state: AdvisorState, client: Client, as_of: np.datetime64, picks: int, language: str | None
) -> AdviceReport:
    """See `Advisor.report`."""
    said = _language(language, state)
    batch, advice = advise_one(state, client, as_of, picks)
    again = advice if said == state.language else sentences(advice, said)
    missing = omitted(state, advice, batch.clients, batch.allowed, MOST_OMISSIONS, said)
    return AdviceReport(
        advice=advice,
        language=said,
        profile=_profile(batch.profiles, state, said),
        sentences=again.reasons,
        pick_sentences={pick.product_id: pick.reasons for pick in again.picks},
        frontier=_frontier(batch, advice),
        stress_limit=state.bands.stress_loss[advice.level - 1] if advice.level else None,
        scenarios=_scenarios(state, advice),
        omissions=missing,
        wealth=client.wealth,
        currency=client.currency,
        horizon_years=client.horizon_years,
        names=_names(state, advice, missing),
    )


def profile(
    state: AdvisorState, client: Client, as_of: np.datetime64, language: str | None
) -> ProfileReport:
    """See `Advisor.profile`."""
    table = ClientTable.from_clients([client])
    profiles = state.profiles(table, as_of)
    return _profile(profiles, state, _language(language, state))


def frontier(state: AdvisorState, client: Client, as_of: np.datetime64) -> FrontierReport:
    """See `Advisor.frontier`."""
    batch, advice = advise_one(state, client, as_of, PICKS)
    frontier_report = _frontier(batch, advice)
    if frontier_report is None:
        raise InputError(advice.reasons[0].text, field="client", value=advice.status)
    return frontier_report


def _language(language: str | None, state: AdvisorState) -> Language:
    """The language asked for, the advisor's own where none is. Raises `InputError`."""
    return state.language if language is None else chosen_language(language)


def _profile(profiles: RiskProfiles, state: AdvisorState, language: Language) -> ProfileReport:
    """The first row of `profiles` in numbers and words."""
    row = profiles[0]
    numbers = {name: getattr(row, name) for name in SCORES}
    flags = [(name, flag_text(name, language, state.questionnaire)) for name in row.flags]
    return ProfileReport(
        client_id=row.client_id,
        as_of=row.as_of,
        level=row.level,
        **{name: None if value != value else value for name, value in numbers.items()},
        level_probability=row.level_probability,
        limited_by=row.limited_by,
        limit=limit_in(row.limited_by, language),
        lowest_category=row.lowest_category,
        controls=tuple(Reason(code=name, text=text) for name, text in flags),
        valid_until=row.valid_until,
        problem=row.problem,
    )


def _frontier(batch: AdviceBatch, advice: Advice) -> FrontierReport | None:
    """By the covariance that composes portfolios, all points alike, also where a forecast sizes
    them.
    """
    at = batch.allocations.level_group_of.item(0)
    frontier = batch.allocations.level_groups[at].frontier if at >= 0 else None
    if frontier is None:
        return None
    ends = frontier.volatility[0], frontier.volatility[-1]
    steps = np.linspace(*ends, MOST_POINTS if len(frontier) > 1 else 1)
    model, _, variables = frontier.program(frontier.at_volatility(steps))
    means = np.add.reduce(variables * model.mean, axis=1)
    return FrontierReport(
        points=tuple(map(_point, steps.tolist(), means.tolist())),
        target=_point_or_none(batch.state.volatility_of(batch.weights[0]), advice.optimal_return),
        held=_point_or_none(
            batch.state.volatility_of(batch.weights_after[0]), advice.expected_return
        ),
    )


def _names(state: AdvisorState, advice: Advice, missing: tuple[Reason, ...]) -> dict[str, str]:
    """Name by id of every product that the orders, the picks or a reason speak of."""
    reasons = (*missing, *advice.reasons, *(r for pick in advice.picks for r in pick.reasons))
    ids = dict.fromkeys(
        (
            *(order.product_id for order in advice.orders),
            *(pick.product_id for pick in advice.picks),
            *(str(r.data[key]) for r in reasons for key in NAMED if key in r.data),
        )
    )
    known = state.catalogue.ids
    return {i: state.catalogue.products[known.code(i)].name for i in ids if i in known}


def _point(volatility: float, mean: float) -> FrontierPoint:
    return FrontierPoint(volatility=volatility, expected_return=mean)


def _point_or_none(volatility: float, mean: float | None) -> FrontierPoint | None:
    return None if mean is None else _point(volatility, mean)


def _scenarios(state: AdvisorState, advice: Advice) -> tuple[ScenarioLoss, ...]:
    """Losses in the published crises that speak of an asset or a group of the advisor's model."""
    model, weights = state.model, advice.weights_after_orders
    if advice.expected_volatility is None:
        return ()
    limit = state.bands.stress_loss[advice.level - 1]
    losses: list[ScenarioLoss] = []
    for scenario in HISTORICAL:
        if scenario.shocks.keys().isdisjoint((*model.assets, *model.groups)):
            continue
        shocks = scenario.returns(model.assets, model.groups).tolist()
        loss = -sum(
            weights.get(asset, 0.0) * shock
            for asset, shock in zip(model.assets, shocks, strict=True)
        )
        within = loss <= limit + _ROUNDING
        losses.append(
            ScenarioLoss(name=scenario.name, source=scenario.source, loss=loss + 0.0, within=within)
        )
    return tuple(losses)

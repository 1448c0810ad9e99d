"""What every channel shows of one client: the advice, the profile behind it, the frontier, the
losses.
"""

from __future__ import annotations

from typing import Annotated, ClassVar

from pydantic import Field

from advisor.contracts.advice import Advice, Reason
from advisor.contracts.base import Contract
from advisor.contracts.fields import CalendarDay

MOST_POINTS = 61
"""Points that a frontier is shown as."""


class ProfileReport(Contract):
    """A client's profile in numbers and words.

    Scores are 0 to 100, None where nothing was asked about them. `level_probability` is P(C1) to
    P(C5). `limited_by` is a word for machines, `limit` the same for people. `controls` are the
    signs that lowered the level or ask for a confirmation. `valid_until` is the last day of the
    assessment, None where the day of the answers is unknown.
    """

    personal_data: ClassVar[bool] = True

    client_id: str
    as_of: CalendarDay
    level: int
    tolerance: float | None = None
    capacity: float | None = None
    horizon: float | None = None
    objective: float | None = None
    knowledge: float | None = None
    standard_error: float | None = None
    level_probability: Annotated[tuple[float, ...], Field(max_length=5)] = ()
    limited_by: str
    limit: str
    lowest_category: bool
    controls: tuple[Reason, ...] = ()
    target_volatility: float | None = None
    valid_until: CalendarDay | None = None
    problem: str | None = None


class FrontierPoint(Contract):
    """A portfolio as annual volatility and expected annual return, decimals."""

    personal_data: ClassVar[bool] = True

    volatility: float
    expected_return: float


class FrontierReport(Contract):
    """Efficient portfolios of what a client of this level may hold, least risky first.

    `target` is the portfolio aimed at, `held` the one after the orders; None where there is none.
    """

    personal_data: ClassVar[bool] = True

    points: Annotated[tuple[FrontierPoint, ...], Field(max_length=MOST_POINTS)]
    target: FrontierPoint | None = None
    held: FrontierPoint | None = None


class ScenarioLoss(Contract):
    """Share of wealth that the portfolio after the orders would lose in a published crisis;
    negative is a gain.
    """

    personal_data: ClassVar[bool] = True

    name: str
    source: str
    loss: float
    within: bool


class AdviceReport(Contract):
    """Everything there is to show of one client.

    `advice` is byte for byte that of `advise`. `language` is that of `sentences`, `pick_sentences`
    (by product id), `profile` and `omissions`: `advice` keeps the language it was made in.
    `stress_limit` is the loss that the level allows, None at level 0. `wealth` is money in
    `currency`, both as the client stated them; `names` are the names of the products that the
    report speaks of, by id.
    """

    personal_data: ClassVar[bool] = True

    advice: Advice
    language: str
    profile: ProfileReport
    sentences: tuple[Reason, ...] = ()
    pick_sentences: dict[str, tuple[Reason, ...]] = {}
    frontier: FrontierReport | None = None
    stress_limit: float | None = None
    scenarios: tuple[ScenarioLoss, ...] = ()
    omissions: tuple[Reason, ...] = ()
    wealth: float | None = None
    currency: str | None = None
    horizon_years: float | None = None
    names: dict[str, str] = {}

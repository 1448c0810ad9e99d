"""A product's target market as the European industry ships it, and how a rule pack places clients
in it.
"""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from advisor.contracts.base import Contract
from advisor.errors import InputError

Answer = Literal["yes", "no", "neutral"]
"""In the positive target market, in the negative one, or in neither."""
LossBearing = Literal["none", "limited", "no_guarantee", "beyond_capital"]
Audience = Literal["retail", "professional", "both", "neither"]

KNOWLEDGE = ("basic", "informed", "advanced")
LOSS_BEARING: tuple[LossBearing, ...] = ("none", "limited", "no_guarantee", "beyond_capital")
OBJECTIVES = ("preservation", "income", "growth")


class TargetMarket(Contract):
    """For whom a product is made. What is not stated is neutral.

    Source: FinDatEx European MiFID Template 4, sections 01 (investor type), 02 (knowledge), 03
    (ability to bear losses), 04 (risk indicator), 05 (objectives, holding period), 06
    (distribution).
    """

    retail: Answer = "neutral"
    professional: Answer = "neutral"
    basic: Answer = "neutral"
    informed: Answer = "neutral"
    advanced: Answer = "neutral"
    none: Answer = "neutral"
    limited: Answer = "neutral"
    no_guarantee: Answer = "neutral"
    beyond_capital: Answer = "neutral"
    preservation: Answer = "neutral"
    income: Answer = "neutral"
    growth: Answer = "neutral"
    hedging: Answer = "neutral"
    leveraged: Answer = "neutral"
    risk_indicator: Annotated[int, Field(ge=1, le=7)] | None = None
    min_years: Annotated[float, Field(ge=0.0)] = 0.0
    advice: Audience = "both"
    portfolio_management: Audience = "both"
    not_for_lowest: bool = False


class TargetMarketMapping(Contract):
    """Where a pack places clients in target markets.

    `knowledge_cuts`: knowledge scores at which a client counts as informed and as advanced; unknown
    knowledge, or an unknown objective, counts as the worst place for the product at hand.
    `objective_cuts`: objective scores at which they seek income and growth. `loss_bearing`: by
    level C1..C5; the lowest category bears none.
    """

    knowledge_cuts: tuple[float, float] = (34.0, 67.0)
    objective_cuts: tuple[float, float] = (20.0, 40.0)
    loss_bearing: tuple[LossBearing, LossBearing, LossBearing, LossBearing, LossBearing] = (
        "limited",
        "no_guarantee",
        "no_guarantee",
        "no_guarantee",
        "no_guarantee",
    )

    @model_validator(mode="after")
    def _rising(self) -> Self:
        for name in ("knowledge_cuts", "objective_cuts"):
            low, high = getattr(self, name)
            if not 0.0 <= low <= high <= 100.0:
                raise InputError(
                    f"{name} is {(low, high)}; both are scores of 0..100, in ascending order. Sort"
                    " them.",
                    field=name,
                    value=(low, high),
                )
        return self

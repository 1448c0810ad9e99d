"""What the engine answers: one advice, with everything needed to read it, act on it and prove it again."""

from __future__ import annotations

from datetime import date

from pydantic import ConfigDict

from advisor.contracts.base import Contract

Scalar = str | int | float | bool | None
"""What a reason's data may hold."""


class Binding(Contract):
    """A limit that holds with equality, and what relaxing it by 1 would add to the objective a year (0 or more)."""

    name: str
    shadow_price: float


class Reason(Contract):
    """A stable code for machines, a sentence for people, and the numbers in the sentence."""

    model_config = ConfigDict(allow_inf_nan=True)

    code: str
    text: str
    data: dict[str, Scalar] = {}


class Pick(Contract):
    """One recommended product: `money` is how much of it the target portfolio wants (0 = suggested, nothing to place)."""

    model_config = ConfigDict(allow_inf_nan=True)

    product_id: str
    asset: str
    rank: int
    score: float
    probability: float | None = None
    money: float = 0.0
    reasons: tuple[Reason, ...] = ()


class Order(Contract):
    """Buy (positive) or sell (negative) `money` of a product or held asset."""

    product_id: str
    money: float


class Advice(Contract):
    """One client's advice.

    `status` is "ok" or says why there is none; then weights, picks and orders are empty and `reasons` explain. `level` 0 = no suitable portfolio.
    `risk_aversion` is the one implied by the target volatility, `effective_risk_aversion` the one after behavioural corrections (never lower).
    A risk aversion is inf where even the least risky portfolio is at or above the target. Money that no product could take is in `unplaced`, by asset.
    `slots` is how many picks were asked for: with fewer of them, nothing else was left.
    """

    model_config = ConfigDict(allow_inf_nan=True)

    client_id: str
    as_of: date
    status: str
    level: int
    target_volatility: float | None = None
    risk_aversion: float | None = None
    effective_risk_aversion: float | None = None
    weights: dict[str, float] = {}
    expected_return: float | None = None
    expected_volatility: float | None = None
    picks: tuple[Pick, ...] = ()
    orders: tuple[Order, ...] = ()
    binding: tuple[Binding, ...] = ()
    kkt_residual: float | None = None
    unplaced: dict[str, float] = {}
    reasons: tuple[Reason, ...] = ()
    slots: int | None = None
    fingerprint: str = ""

    def _repr_html_(self) -> str:
        from advisor.reports.advice import advice_card

        return advice_card(self)


class Verification(Contract):
    """What an advice proved when recomputed from scratch; `ok` when nothing is in `problems`."""

    ok: bool
    suitable: bool
    kkt_residual: float | None
    fingerprint_matches: bool
    problems: tuple[str, ...] = ()

"""What the engine answers: one advice, with everything needed to read it, act on it and prove it
again.
"""

from __future__ import annotations

from math import inf
from typing import Annotated, Any, ClassVar, Literal, Self, get_args

from pydantic import Field, field_serializer, model_validator

from advisor.contracts.base import Contract, finite_or_none
from advisor.contracts.fields import CalendarDay

Scalar = str | int | float | bool | None
"""What a reason's data may hold."""

Status = Literal[
    "ok",
    "invalid_input",
    "not_assessed",
    "no_suitable_level",
    "assessment_expired",
    "no_money",
    "no_eligible_asset",
    "infeasible",
    "above_band",
    "holdings_above_band",
    "unsolved",
    "stopped",
]
"""What `Advice.status` and `AdviceBatch.status` may say.

===================== ==============================================================================
status                what it means
===================== ==============================================================================
ok                    a portfolio within all that the level promises
invalid_input         the client's data cannot be used: a cell, or an id or name that is not known
not_assessed          there is no level, and the answers cannot be scored
no_suitable_level     the assessment leaves no level at which this client could bear a loss
assessment_expired    the assessment is too old, or of a day that is not known
no_money              wealth is 0: there is nothing to invest
no_eligible_asset     rules refuse every product, or those that a portfolio of the level needs
infeasible            the mandate's limits contradict each other for this client
above_band            what the level allows is riskier than its band or its stressed loss
holdings_above_band   a portfolio, but what is kept takes it above the band or the stressed loss
unsolved              no portfolio could be certified as optimal
stopped               the person responsible has stopped advice; nothing was worked out
===================== ==============================================================================

`ok` and `holdings_above_band` come with weights, picks and orders; of the others `reasons` says
why.
"""
STATUSES: tuple[Status, ...] = get_args(Status)
"""The words of `Status`, in its order."""


class Binding(Contract):
    """A limit that holds with equality, and what relaxing it by 1 would add to the objective a year
    (0 or more).
    """

    name: str
    shadow_price: float


class Reason(Contract):
    """A stable code for machines, a sentence for people, and the numbers in the sentence."""

    personal_data: ClassVar[bool] = True

    code: str
    text: str
    data: dict[str, Scalar] = {}


class Pick(Contract):
    """One recommended product.

    `kind` follows from `money`: "buy" where an order places money in it; an "alternative" has none,
    and nothing of it is to be bought. `marginal_value` is what each further unit of money in it
    would add a year to the certainty equivalent of the advised portfolio (expected return, less the
    product's fee, less the effective risk aversion times its covariance with the portfolio); None
    where risk aversion is without limit, since then no return makes up for risk. `probability` is
    that of being bought by a client who buys something; in nine of ten past windows it lay between
    `probability_low` and `probability_high`.
    """

    personal_data: ClassVar[bool] = True

    product_id: str
    asset: str
    rank: int
    score: float
    probability: float | None = None
    probability_low: float | None = None
    probability_high: float | None = None
    money: float = 0.0
    kind: Literal["buy", "alternative"] = "alternative"
    marginal_value: float | None = None
    reasons: tuple[Reason, ...] = ()

    @model_validator(mode="after")
    def _kind_by_money(self) -> Self:
        object.__setattr__(self, "kind", "buy" if self.money > 0.0 else "alternative")
        return self


class Order(Contract):
    """Buy (positive) or sell (negative) `money` of a product or held asset."""

    personal_data: ClassVar[bool] = True

    product_id: str
    money: float


RiskAversion = Annotated[float, Field(ge=0.0, allow_inf_nan=True)]


class Advice(Contract):
    """One client's advice.

    `status` is "ok" or says why there is none (`Status`); then weights, picks and orders are empty
    and `reasons` explain. `level` 0 = no suitable portfolio. `risk_aversion` is the one implied by
    the target volatility, `effective_risk_aversion` the one after behavioural corrections (never
    lower). A risk aversion is inf where the portfolio is the least risky one there is. JSON has no
    infinity: there it is null beside weights, and null beside weights is read as inf. `slots` is
    how many picks were asked for: with fewer of them, nothing else was left.

    `weights` is the target, the optimum that `kkt_residual` proves, with `optimal_return` and
    `optimal_volatility`. What the client will hold is `weights_after_orders` (fractions of wealth;
    the rest is `cash`, in money, which earns nothing and has no risk). About that portfolio speak
    `status`, `expected_volatility`, `stressed_loss` (the sum over assets of weight times the
    asset's stressed loss) and the returns: `expected_return` before fees, `annual_fee` of its
    products as a fraction of wealth (`annual_fee_money` in money), and `net_return`. `unplaced` is
    the money by asset that the target has more of.
    """

    personal_data: ClassVar[bool] = True

    client_id: str
    as_of: CalendarDay
    status: Status
    level: int
    target_volatility: float | None = None
    risk_aversion: RiskAversion | None = None
    effective_risk_aversion: RiskAversion | None = None
    weights: dict[str, float] = {}
    optimal_return: float | None = None
    optimal_volatility: float | None = None
    weights_after_orders: dict[str, float] = {}
    cash: float | None = None
    expected_return: float | None = None
    annual_fee: float | None = None
    net_return: float | None = None
    annual_fee_money: float | None = None
    expected_volatility: float | None = None
    stressed_loss: float | None = None
    picks: tuple[Pick, ...] = ()
    orders: tuple[Order, ...] = ()
    binding: tuple[Binding, ...] = ()
    kkt_residual: float | None = None
    unplaced: dict[str, float] = {}
    reasons: tuple[Reason, ...] = ()
    slots: int | None = None
    fingerprint: str = ""

    @model_validator(mode="before")
    @classmethod
    def _without_limit(cls, fields: Any) -> Any:
        """A risk aversion that is not given beside weights is without limit."""
        if (
            not isinstance(fields, dict)
            or not isinstance(fields.get("weights"), dict)
            or not fields["weights"]
        ):
            return fields
        names = ("risk_aversion", "effective_risk_aversion")
        return {**fields, **{name: inf for name in names if fields.get(name) is None}}

    @field_serializer("risk_aversion", "effective_risk_aversion", when_used="json")
    def _as_json(self, value: float | None) -> float | None:
        return finite_or_none(value)

    @property
    def buys(self) -> tuple[Pick, ...]:
        """The picks that money is placed in."""
        return tuple(pick for pick in self.picks if pick.kind == "buy")

    @property
    def alternatives(self) -> tuple[Pick, ...]:
        """The picks of which nothing is to be bought, best first."""
        return tuple(pick for pick in self.picks if pick.kind == "alternative")

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

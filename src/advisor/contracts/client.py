"""A client as a public function sees them."""

from __future__ import annotations

from functools import partial
from typing import Annotated, Any, ClassVar, Self

from pydantic import (
    AfterValidator,
    Field,
    SerializerFunctionWrapHandler,
    field_serializer,
    model_serializer,
    model_validator,
)

from advisor.contracts.currencies import currency_code
from advisor.contracts.fields import (
    CalendarDay,
    Flag,
    Id,
    Ids,
    Money,
    MoneyById,
    NumbersById,
    Row,
    Word,
    WordsById,
    as_items,
    as_level,
    as_number,
)
from advisor.contracts.sustainability import Criteria
from advisor.errors import InputError
from advisor.privacy import MASK, kept, personal, written

_Currency = Annotated[Word | None, AfterValidator(partial(currency_code, as_text=personal))]

LONGEST = 1_000.0
"""Years of a horizon; 2035 is a year of the calendar, and no number of years."""
BIASES: dict[str, tuple[float, float]] = {
    "loss_aversion": (0.1, 100.0),
    "loss_aversion_se": (0.0, 1e6),
    "disposition": (-1.0, 1.0),
    "disposition_se": (0.0, 1e6),
    "overconfidence": (0.1, 100.0),
    "status_quo": (0.0, 1.0),
}
"""Biases that the engine reads, and what each may be; nobody is advised who has another."""


def _bias_schema(schema: dict[str, Any]) -> None:
    """Say in the JSON schema what each bias may be."""
    schema["properties"] = {
        name: {"type": "number", "minimum": low, "maximum": high}
        for name, (low, high) in BIASES.items()
    }


class Goal(Row):
    """Something the client saves for: `amount` money in `years` years; priority 1 is the most
    important.
    """

    personal_data: ClassVar[bool] = True

    name: Id
    amount: Annotated[float, Field(gt=0.0), as_number]
    years: Annotated[float, Field(ge=0.0, le=LONGEST), as_number]
    priority: Annotated[int, Field(ge=1), as_number] = 1


class Client(Row):
    """One client. What is missing fails closed.

    `wealth` is all investable money in the client's currency, holdings included; what holdings do
    not cover is cash. `holdings` maps asset or product ids to money. `answers` maps question ids to
    option ids. A host that has assessed the client passes `level` (1..5), `assessed_on` and
    `knowledge` (0..100) instead of answers; with `level=1` and `lowest_category` not stated they
    count as lowest category, so what was not stated is not written either (`model_dump`), and a
    client who is stated not to be in it is another than one of whom nothing is said. `biases` are
    measured elsewhere: `loss_aversion` (a ratio, 1 = none), `disposition` (PGR - PLR),
    `overconfidence` (a ratio, 1 = none), `status_quo` (share of refused trades, 0..1), and standard
    errors `loss_aversion_se`, `disposition_se`.

    What they can bear to lose is capped by what is stated of their needs, money in their currency:
    `income` a year, `liabilities` (debts), `monthly_spending`, `reserve_months` (months of spending
    that are at hand today, 0 = none), `planned_purchases` (to be paid from wealth). Rules read:
    `legal_capacity` and `guardian` (somebody acts for them), `professional` and `institution`,
    `private_qualified` (may buy private offers), `insists` and `written_warning` (ids of products
    that they ask for themselves, and have been warned of in writing), `currency`, `sustainability`.
    By `gender` and `segment` reports are split.

    `locked` are the ids of holdings that cannot be sold (a term that has not ended, a
    plan that pays out later): they are kept, whatever they are. Any other holding may be
    sold, and what does not suit the client is proposed for sale in full.
    """

    personal_data: ClassVar[bool] = True

    id: Id
    wealth: Money
    horizon_years: Annotated[float, Field(ge=0.0, le=LONGEST), as_number]
    answers: WordsById = {}
    age: Annotated[int, Field(ge=0, le=130), as_number] | None = None
    level: Annotated[int, Field(ge=0, le=5), as_level] | None = None
    assessed_on: CalendarDay | None = None
    lowest_category: Flag = False
    knowledge: Annotated[float, Field(ge=0.0, le=100.0), as_number] | None = None
    holdings: MoneyById = {}
    excluded: Ids = frozenset()
    goals: Annotated[tuple[Goal, ...], as_items] = ()
    professional: Flag = False
    biases: Annotated[NumbersById, Field(json_schema_extra=_bias_schema)] = {}
    # What the capacity controls read; unknown where None.
    income: Money | None = None
    liabilities: Money | None = None
    monthly_spending: Money | None = None
    reserve_months: Money | None = None
    planned_purchases: Money | None = None
    # What some regimes ask for beside the level.
    legal_capacity: Flag = True
    private_qualified: Flag = False
    institution: Flag = False
    guardian: Flag = False
    insists: Ids = frozenset()
    written_warning: Ids = frozenset()
    locked: Ids = frozenset()
    currency: _Currency = None
    gender: Word | None = None
    segment: Word | None = None
    sustainability: Criteria | None = None

    @field_serializer("excluded", "insists", "written_warning", "locked")
    def _in_order(self, ids: frozenset[str]) -> list[str]:
        """Sorted, so that the same client always has the same bytes."""
        return sorted(ids)

    @model_serializer(mode="wrap")
    def _as_stated(self, write: SerializerFunctionWrapHandler):
        """No type is named, so that the JSON schema stays that of the fields."""
        written: dict[str, Any] = write(self)
        if not self.states_category:
            written.pop("lowest_category", None)
        return written

    @property
    def states_category(self) -> bool:
        """Whether it was said that they are, or are not, in the lowest category."""
        return "lowest_category" in self.model_fields_set

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Client):
            return NotImplemented
        return super().__eq__(other) and self.states_category == other.states_category

    def __hash__(self) -> int:
        return hash((self.id, self.wealth, self.horizon_years))

    @model_validator(mode="after")
    def _biases_in_range(self) -> Self:
        for name, value in self.biases.items():
            low, high = BIASES.get(name, (-float("inf"), float("inf")))
            if not low <= value <= high:
                raise InputError(
                    f"Client {personal(self.id)} has a {name} of {written(f'{value:g}')}; it runs"
                    f" from {low:g} to {high:g}. Measure it again, or leave it out.",
                    field=f"biases.{name}",
                    value=kept(value),
                )
        return self

    @model_validator(mode="after")
    def _holdings_within_wealth(self) -> Self:
        held = sum(self.holdings.values())
        if held > self.wealth * (1.0 + 1e-9) + 1e-6:
            holds, wealth = written(f"{held:,.2f}"), written(f"{self.wealth:,.2f}")
            raise InputError(
                f"Client {personal(self.id)} holds {holds} but wealth is {wealth}; wealth is all"
                " investable money, holdings included. Raise wealth to at least"
                f" {holds if holds != MASK else 'what is held'}.",
                field="wealth",
                value=self.wealth,
            )
        return self

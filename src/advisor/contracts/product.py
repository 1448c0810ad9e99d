"""A product as its seller describes it."""

from __future__ import annotations

from typing import Annotated, Any, Self

from pydantic import (
    ConfigDict,
    Field,
    SerializerFunctionWrapHandler,
    model_serializer,
    model_validator,
)

from advisor.contracts.fields import (
    Currency,
    Flag,
    Id,
    Money,
    Row,
    SharesById,
    Word,
    WordsById,
    as_fraction,
    as_number,
    as_rating,
)
from advisor.contracts.sustainability import Criteria
from advisor.contracts.target_market import TargetMarket
from advisor.errors import InputError

RiskLevel = Annotated[int, Field(ge=1, le=5), as_rating]
EXPOSURE_TOLERANCE = 1e-6
"""Exposures come rounded from fact sheets; they must add up to 1 within this and are then scaled to
add up exactly."""


class Product(Row):
    """One product in the catalogue.

    `risk_level` 1..5 is R1..R5 (read as either) as the seller rates it; the higher of it and
    `issuer_risk_level` counts. `asset` is the asset (class) it implements, or `exposures` spread it
    over several and sum to 1. `annual_fee` is a fraction a year (0.0041, or "0.41%"); one that is
    not stated counts as 0 and is not written either (`model_dump`), so that a fee nobody knows
    stays apart from none (`states_fee`). `term_days` is how long money is locked. A `closed`
    product is no longer sold: clients may hold it, nobody is offered it. Where nothing is said
    (`states_closed`), a recommender infers it from purchases. `regime` is the rule pack that
    governs it ("csrc", "nfra", "mifid"), where it differs from the advisor's. `labels` are
    words of the host's own by name (an ISIN, a department): they stand beside each pick, are never
    read, and enter no fingerprint.
    """

    model_config = ConfigDict(
        json_schema_extra={
            "anyOf": [
                {"required": ["asset"], "properties": {"asset": {"type": "string"}}},
                {"required": ["exposures"], "properties": {"exposures": {"minProperties": 1}}},
            ]
        }
    )

    id: Id
    name: Word
    asset: Id | None = None
    risk_level: RiskLevel
    exposures: SharesById = {}
    issuer_risk_level: RiskLevel | None = None
    regime: Word | None = None
    min_purchase: Money = 0.0
    annual_fee: Annotated[float, Field(ge=0.0, lt=1.0), as_fraction] = 0.0
    term_days: Annotated[int, Field(ge=0), as_number] = 0
    complex: Flag = False
    private: Flag = False
    currency: Currency = None
    closed: Flag = False
    # What concentration, conflict and sustainability rules read.
    issuer: Word | None = None
    own_product: Flag = False
    insured_deposit: Flag = False
    sustainability: Criteria | None = None
    target_market: TargetMarket | None = None
    labels: WordsById = {}

    @model_validator(mode="after")
    def _exposures_sum_to_one(self) -> Self:
        total = sum(self.exposures.values())
        if self.exposures and abs(total - 1.0) > EXPOSURE_TOLERANCE:
            raise InputError(
                f"Product {self.id!r} has exposures that add up to {total:.6g}; a purchase of 1"
                " must land somewhere in full. Scale them to add up to 1, or name the rest (for"
                " example as cash).",
                field="exposures",
                value=self.exposures,
            )
        if not self.exposures and self.asset is None:
            raise InputError(
                f"Product {self.id!r} names neither an asset nor exposures, so no portfolio could"
                " use it. Give asset=... or exposures={...}.",
                field="asset",
                value=None,
            )
        return self

    @model_serializer(mode="wrap")
    def _as_stated(self, write: SerializerFunctionWrapHandler):
        """No type is named, so that the JSON schema stays that of the fields."""
        written: dict[str, Any] = write(self)
        if not self.states_fee:
            written.pop("annual_fee", None)
        if not self.states_closed:
            written.pop("closed", None)
        if not self.labels:
            written.pop("labels", None)
        return written

    @property
    def states_closed(self) -> bool:
        """Whether it was stated that the product is sold, or that it is not."""
        return "closed" in self.model_fields_set

    @property
    def states_fee(self) -> bool:
        """Whether a fee was stated, be it 0."""
        return "annual_fee" in self.model_fields_set

    @property
    def effective_risk_level(self) -> int:
        """The higher of the seller's and the issuer's rating."""
        return max(self.risk_level, self.issuer_risk_level or 0)

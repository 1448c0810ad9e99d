"""Rule packs as data: what a regulator lets a client buy, versioned, dated and signed by
content.
"""

from __future__ import annotations

from functools import cache, cached_property
from importlib.resources import files
from typing import Annotated, ClassVar, Literal, Self

from pydantic import Field, model_validator

from advisor.contracts.client import Id
from advisor.contracts.fields import CalendarDay
from advisor.contracts.question import Worded
from advisor.contracts.signed import Signed
from advisor.contracts.target_market import TargetMarketMapping
from advisor.errors import InputError

Basis = Literal["product", "portfolio"]
RuleDecision = Literal["duty", "warn", "refuse"]
"""What a rule does where it fires: `duty` is recorded and does not stand in the way; `warn` may be
bought on request, never promoted; `refuse` is final."""
Row = Literal["lowest", "1", "2", "3", "4", "5"]
Condition = Literal[
    "unassessed", "expired", "level", "incapable", "minor", "senior", "high_risk", "amount",
    "term", "private", "complex", "currency",
    "excluded", "target_market", "unsuited_target_market", "insistence", "sustainability",
    "product_share", "issuer_share", "own_share", "insured_deposit",
]  # fmt: skip
BUNDLED = ("csrc", "nfra", "mifid")
"""Packs that come with the library."""
PORTFOLIO = ("product_share", "issuer_share", "own_share", "insured_deposit")
"""Conditions of a whole portfolio; a single client and product never meet them."""
THRESHOLDS = ("minor", "senior", "complex", "high_risk", *PORTFOLIO)
"""Conditions that need a number."""


class Rule(Worded):
    """One rule: when it fires, what it does, where it is written, and how to say so.

    `when` is one of the conditions the library knows. `cells` belongs to `level`: for each row of
    the client-by-product matrix the product levels at which the rule fires. `number` is the
    condition's threshold, where it has one: an age (`minor`, `senior`), a knowledge score
    (`complex`), a product level (`high_risk`), a fraction of wealth (`product_share`,
    `issuer_share`, `own_share`; 0 reports any), money (`insured_deposit`). `from_level` narrows
    `senior` and `incapable` to products of at least that level. `unknown` says whether missing
    knowledge of the fact counts as the worst case. `exempt_professional` leaves professional
    clients out.
    """

    id: Id
    when: Condition
    decision: RuleDecision
    article: Id
    cells: dict[Row, tuple[int, ...]] = {}
    number: float | None = None
    from_level: Annotated[int, Field(ge=1, le=5)] = 1
    unknown: bool = True
    exempt_professional: bool = False


class RulePack(Signed):
    """The rules of one regime in one version.

    `basis` says whether a product's level binds against the client's ("product") or only the
    portfolio as implemented does ("portfolio"); the lowest category is bound product by product
    under either. `dimensions` must be asked by a questionnaire that is meant for the pack.
    `natural_person_professional` is false where only institutions can be professional.
    """

    file_kind: ClassVar[str] = "Rule pack"

    id: Id
    version: Id
    title: str
    titles: dict[str, str] = {}
    source: str
    effective_from: CalendarDay
    effective_to: CalendarDay | None = None
    basis: Basis = "product"
    dimensions: tuple[str, ...] = ()
    validity_months: Annotated[int, Field(ge=1)] = 12
    natural_person_professional: bool = True
    languages: tuple[str, ...] = ()
    rules: Annotated[tuple[Rule, ...], Field(json_schema_extra={"minItems": 1})]
    places: TargetMarketMapping = TargetMarketMapping()

    @classmethod
    def bundled(cls, name: str) -> RulePack:
        """One of the packs that come with the library: "csrc", "nfra" or "mifid"."""
        return _bundled(name)

    def __hash__(self) -> int:
        return hash(self.digest)

    @cached_property
    def by_id(self) -> dict[str, Rule]:
        """Rules by id, in the order they are checked."""
        return {rule.id: rule for rule in self.rules}

    @model_validator(mode="after")
    def _usable(self) -> Self:
        if len(self.by_id) != len(self.rules) or not self.rules:
            ids = [r.id for r in self.rules]
            raise InputError(
                f"Rule pack {self.id!r} has the rule ids {ids}; at least one, each once, is"
                " needed.",
                field="rules",
                value=ids,
            )
        for rule in self.rules:
            if rule.when == "level" and not rule.cells:
                raise InputError(
                    f"Rule {rule.id!r} is about levels but names no cells; it could never fire."
                    " Give cells.",
                    field="cells",
                    value=rule.id,
                )
            if rule.when in THRESHOLDS and rule.number is None:
                raise InputError(
                    f"Rule {rule.id!r} ({rule.when}) has no threshold; give number.",
                    field="number",
                    value=rule.id,
                )
            missing = [language for language in self.languages if not rule.texts.get(language)]
            if missing:
                raise InputError(
                    f"Rule {rule.id!r} has no text in {missing}; a client would see a hole."
                    " Translate it.",
                    field="texts",
                    value=missing,
                )
        return self

    @model_validator(mode="after")
    def _closed(self) -> Self:
        """The lowest category gets nothing above R1, and nobody without an assessment gets
        anything, whatever a pack says.
        """
        refused = {
            r
            for rule in self.rules
            if rule.when == "level" and rule.decision == "refuse"
            for r in rule.cells.get("lowest", ())
        }
        open_levels = sorted({2, 3, 4, 5} - refused)
        if open_levels:
            raise InputError(
                f"Rule pack {self.id!r} would let the lowest category buy R{open_levels[0]}; no"
                f" regime may. Refuse levels {open_levels} in the row 'lowest'.",
                field="rules",
                value=open_levels,
            )
        if not any(rule.when == "unassessed" and rule.decision == "refuse" for rule in self.rules):
            raise InputError(
                f"Rule pack {self.id!r} has no rule that refuses clients without an assessment; add"
                " one with when='unassessed', decision='refuse'.",
                field="rules",
                value=self.id,
            )
        return self


@cache
def _bundled(name: str) -> RulePack:
    path = files("advisor.contracts") / "rule_packs" / f"{name}.json"
    if not path.is_file():
        raise InputError(
            f"There is no rule pack {name!r} in the library; it brings csrc, nfra and mifid. Use"
            " one of them, or load your own with Regime.load(path).",
            field="regime",
            value=name,
        )
    return RulePack.model_validate_json(path.read_text(encoding="utf-8"))

"""Conditions on facts, and the one evaluator of rules that are made of them."""

from __future__ import annotations

from typing import Annotated, Self

import numpy as np
from pydantic import Field, model_validator

from advisor.adapters.crm.facts.registry import fact_names, is_fact
from advisor.adapters.crm.facts.table import ClientFacts
from advisor.arrays import BoolArray, IntArray
from advisor.contracts import Contract, Id
from advisor.contracts.thresholds import reaches
from advisor.errors import InputError


class Condition(Contract):
    """Whether a fact lies from `low` up to, but not including, `high`; so that bands can share an
    edge.

    `unknown` is what a fact counts as that is not known of a client (nan): the condition then
    holds, or does not.

    >>> Condition(fact="wealth", high=100_000.0).unknown
    False
    """

    fact: Id
    low: float | None = None
    high: float | None = None
    unknown: bool = False

    @model_validator(mode="after")
    def _usable(self) -> Self:
        what, low, high = f"The condition on {self.fact!r}", self.low, self.high
        field, why = "fact", None
        if not is_fact(self.fact):
            why = (
                f"The fact {self.fact!r} is not known, so the rule could never be judged; known are"
                f" {', '.join(fact_names()[:8])}, ... (fact_names() lists them). Correct it, or"
                " name a fact of your own own:<name>."
            )
        elif low is None and high is None:
            field = "low"
            why = f"{what} has no limit and would hold for everybody; give low, high, or both."
        elif low is not None and high is not None and not low < high:
            field = "high"
            why = f"{what} runs from {low:g} to {high:g}, and could never hold; low must be below"
            why += " high."
        if why is not None:
            raise InputError(why, field=field, value=getattr(self, field))
        return self


AllOf = Annotated[tuple[Condition, ...], Field(min_length=1)]
AnyOf = tuple[AllOf, ...]
"""A rule: it holds where all conditions of any of its groups hold; without a group it never
does."""


class Evaluator:
    """The rules of any pack, applied to the facts of c clients; each condition is judged once."""

    def __init__(self, facts: ClientFacts) -> None:
        self.facts = facts
        self._judged: dict[Condition, BoolArray] = {}

    def condition(self, condition: Condition) -> BoolArray:
        """Where a condition holds, shape (c,); `InputError` where the facts lack its fact."""
        if condition not in self._judged:
            values = self.facts.column(condition.fact)
            unknown = np.isnan(values)
            hold = ~unknown
            if condition.low is not None:
                hold &= reaches(values, condition.low)
            if condition.high is not None:
                hold &= ~reaches(values, condition.high)
            self._judged[condition] = hold | unknown if condition.unknown else hold
        return self._judged[condition]

    def holds(self, any_of: AnyOf) -> BoolArray:
        """Where all conditions of any group hold, shape (c,)."""
        any_holds = np.zeros(len(self.facts), dtype=np.bool_)
        for group in any_of:
            hold = self.condition(group[0])
            for condition in group[1:]:
                hold = hold & self.condition(condition)
            any_holds |= hold
        return any_holds

    def first(self, rules: tuple[AnyOf, ...]) -> IntArray:
        """Position of the first rule that holds, shape (c,); -1 where none does."""
        codes = np.full(len(self.facts), -1, dtype=np.int64)
        for code in range(len(rules) - 1, -1, -1):
            codes[self.holds(rules[code])] = code
        return codes

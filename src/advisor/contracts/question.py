"""What a questionnaire is made of: questions, their options, norms and contradictions."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from advisor.contracts.base import Contract
from advisor.contracts.client import Id
from advisor.errors import InputError
from advisor.validation import checked

Dimension = Literal["tolerance", "capacity", "horizon", "knowledge", "objective", "background"]
LIMITING: tuple[Dimension, ...] = ("tolerance", "capacity", "objective", "horizon")
"""The level is the lowest of these; knowledge gates complexity only, background is collected and
not scored."""
MOST_OPTIONS = 100
"""Of one question; answers are kept in one byte each."""


class Worded(Contract):
    """What people read: `text` in English, `texts` the same in other languages."""

    text: Id
    texts: dict[str, str] = {}

    @checked
    def text_in(self, language: str) -> str:
        """Its text in a language; English where it has none in that one."""
        return self.texts.get(language, self.text)


class Option(Worded):
    """One answer: a higher `score` means more risk can or wants to be borne. `knock_out` puts
    whoever chooses it into the lowest category.
    """

    id: Id
    score: Annotated[float, Field(ge=-1e6, le=1e6)]
    knock_out: bool = False


class Question(Worded):
    """One question of one dimension. `text` is English, `texts` the same in other languages."""

    id: Id
    dimension: Dimension
    options: Annotated[
        tuple[Option, ...], Field(max_length=MOST_OPTIONS, json_schema_extra={"minItems": 2})
    ]
    weight: Annotated[float, Field(ge=1e-6, le=1e6)] = 1.0
    section: str = ""

    @model_validator(mode="after")
    def _options_differ(self) -> Self:
        ids = [option.id for option in self.options]
        if len(ids) < 2 or len(set(ids)) != len(ids):
            raise InputError(
                f"Question {self.id!r} has the options {ids}; an answer must choose between at"
                " least two different ones. Add or rename one.",
                field="options",
                value=ids,
            )
        return self

    @property
    def required(self) -> bool:
        """Whether a client without an answer cannot be scored: it limits the level, or can knock
        out.
        """
        return self.dimension in LIMITING or any(option.knock_out for option in self.options)

    @property
    def low(self) -> float:
        """Smallest weighted score."""
        return self.weight * min(option.score for option in self.options)

    @property
    def high(self) -> float:
        """Largest weighted score."""
        return self.weight * max(option.score for option in self.options)


class Norm(Contract):
    """How a dimension's score (0..100) scatters in a population, and how reliably it is measured.

    The standard error of measurement is `standard_deviation * sqrt(1 - reliability)`. `source` says
    who measured it; "assumed" where nobody has.
    """

    reliability: Annotated[float, Field(ge=0.0, le=1.0)]
    standard_deviation: Annotated[float, Field(ge=0.0)]
    source: str

    @property
    def standard_error(self) -> float:
        """Standard error of measurement, on the 0..100 scale."""
        return self.standard_deviation * (1.0 - self.reliability) ** 0.5


class Contradiction(Worded):
    """Two answers that do not go together; who gives both is asked again, and their level is
    `lowers` levels lower until they have answered.
    """

    id: Id
    first: dict[Id, tuple[str, ...]]
    second: dict[Id, tuple[str, ...]]
    lowers: Annotated[int, Field(ge=0, le=4)] = 0

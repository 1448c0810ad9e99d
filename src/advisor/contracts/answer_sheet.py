"""A questionnaire that is being answered: what was asked, what was answered so far, what is
missing.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Annotated, Any, ClassVar, Self

from pydantic import BeforeValidator, PlainSerializer, WithJsonSchema, model_validator

from advisor.contracts.base import Contract
from advisor.contracts.client import Client
from advisor.contracts.fields import WordsById
from advisor.contracts.question import Contradiction, Question
from advisor.contracts.questionnaire import Questionnaire
from advisor.errors import InputError
from advisor.privacy import kept, personal
from advisor.validation import checked

BUNDLED = (Questionnaire.default, Questionnaire.grable_lytton, Questionnaire.mifid)
ASSESSED_ELSEWHERE = ("level", "knowledge", "answers")
"""What answers of a sheet take the place of."""


def _asked(value: Any) -> Any:
    """The questionnaire of a signature, where it comes with the library."""
    if not isinstance(value, str):
        return value
    for bundled in BUNDLED:
        if (questionnaire := bundled()).signature == value:
            return questionnaire
    raise InputError(
        f"The answers belong to the questionnaire {value!r}, which is none of the library's own in"
        " this version; without its questions they cannot be read. Read them with"
        " AnswerSheet.restored_for(record, questionnaire).",
        field="questionnaire",
        value=value,
    )


_Asked = Annotated[
    Questionnaire,
    BeforeValidator(_asked),
    PlainSerializer(lambda asked: asked.signature),
    WithJsonSchema({"type": "string", "description": "Signature: id@version#digest"}),
]


class AnswerSheet(Contract):
    """One client's answers so far. JSON holds the questionnaire's signature and the answers.

    >>> sheet = AnswerSheet(questionnaire=Questionnaire.default())
    >>> sheet.next.id, sheet.progress, sheet.complete
    ('background_work', 0.0, False)
    >>> sheet.answer("background_work", "a").next.id
    'background_dependants'
    """

    personal_data: ClassVar[bool] = True

    questionnaire: _Asked
    answers: WordsById = {}

    @classmethod
    def restored_for(
        cls, record: Mapping[str, Any] | str | bytes, questionnaire: Questionnaire
    ) -> Self:
        """A sheet as it was written, of a questionnaire of the host's own.

        Args:
            record: What `model_dump` or `model_dump_json` wrote.
            questionnaire: The one that was asked.

        Raises:
            InputError: The answers belong to another questionnaire, or to another version of it.
        """
        written = (
            record
            if isinstance(record, Mapping)
            else Written.model_validate_json(record).model_dump()
        )
        if written.get("questionnaire") != questionnaire.signature:
            raise InputError(
                f"The answers belong to {written.get('questionnaire')!r}, not to"
                f" {questionnaire.signature!r}; the same option may mean something else there."
                " Start a new sheet.",
                field="questionnaire",
                value=written.get("questionnaire"),
            )
        return cls.model_validate({**written, "questionnaire": questionnaire})

    @model_validator(mode="after")
    def _answers_asked(self) -> Self:
        for question_id, option_id in self.answers.items():
            self._check(question_id, option_id)
        return self

    def _check(self, question_id: str, option_id: str) -> None:
        asked = self.questionnaire.by_id.get(question_id)
        name = f"{self.questionnaire.id!r} (version {self.questionnaire.version})"
        if asked is None:
            raise InputError(
                f"Questionnaire {name} does not ask {personal(question_id)}; the answer may belong"
                f" to another one. Answer one of {list(self.questionnaire.by_id)}.",
                field=f"answers.{question_id}",
                value=question_id,
            )
        options = [option.id for option in asked.options]
        if option_id not in options:
            raise InputError(
                f"Question {question_id!r} has no option {personal(option_id)}; it could not be"
                f" scored. Choose one of {options}.",
                field=f"answers.{question_id}",
                value=kept(option_id),
            )

    @checked
    def answer(self, question_id: str, option_id: str) -> Self:
        """The sheet with one answer more, or with another one to a question answered before.

        Raises:
            InputError: The question is not asked, or has no such option.
        """
        self._check(question_id, option_id)
        answers = {**self.answers, question_id: option_id}
        return type(self).model_construct(questionnaire=self.questionnaire, answers=answers)

    @property
    def missing(self) -> tuple[str, ...]:
        """Ids of the required questions that are not answered, in the order of asking."""
        return tuple(name for name in self.questionnaire.required if name not in self.answers)

    @property
    def next(self) -> Question | None:
        """The first question without an answer, required or not; None where all are answered."""
        return next((q for q in self.questionnaire.questions if q.id not in self.answers), None)

    @property
    def progress(self) -> float:
        """Share of all questions that are answered, 0 to 1."""
        return len(self.answers) / len(self.questionnaire.questions)

    @property
    def complete(self) -> bool:
        """Whether the client can be scored: no required question is open."""
        return not self.missing

    @property
    def contradictions(self) -> tuple[Contradiction, ...]:
        """Answers that do not go together, to be asked again."""
        return tuple(
            rule
            for rule in self.questionnaire.contradictions
            if all(
                self.answers.get(name) in chosen
                for side in (rule.first, rule.second)
                for name, chosen in side.items()
            )
        )

    @checked
    def client(self, base: Client, *, on: date | None = None) -> Client:
        """The client with these answers, in place of any assessment made elsewhere.

        Args:
            base: Everything else that is known of the client.
            on: The day of the answers; None: `base.assessed_on` stands.

        Raises:
            InputError: A required question is open, so that no level can be found.
        """
        if self.missing:
            raise InputError(
                f"{len(self.missing)} required question(s) of {self.questionnaire.id!r} are not"
                f" answered: {', '.join(self.missing)}; without them the level could come out too"
                " high. Ask them.",
                field=f"answers.{self.missing[0]}",
                value=self.missing,
            )
        stated = {
            name: getattr(base, name)
            for name in base.model_fields_set
            if name not in ASSESSED_ELSEWHERE
        }
        day = {} if on is None else {"assessed_on": on}
        return Client.model_validate({**stated, **day, "answers": self.answers})


class Written(Contract):
    """A sheet as JSON holds it, its questionnaire still a signature."""

    personal_data: ClassVar[bool] = True

    questionnaire: str
    answers: WordsById = {}

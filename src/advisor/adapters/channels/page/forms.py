"""What a form says: its token, what is known of a client, the answers of one step."""

from __future__ import annotations

import hmac
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from unicodedata import normalize

from advisor import AnswerSheet, Client, Question, Questionnaire
from advisor.contracts.wording import Language, texts
from advisor.errors import InputError

FACTS = ("wealth", "horizon_years", "age")
"""What is asked of a client beside the questionnaire."""
ANSWER = "answer:"
"""Before the id of a question in a form."""
LONGEST_NUMBER = 20
Errors = Mapping[str, str]
"""What is wrong with a form: text by field, the one that gets the focus first."""


@dataclass(frozen=True)
class Step:
    """The questions of one section, asked on one page."""

    number: int
    title: str
    questions: tuple[Question, ...]


def token_of(secret: str) -> str:
    """The token of the forms of a session (or a first visit): who does not know the secret cannot
    make it.
    """
    return sha256(f"form:{secret}".encode()).hexdigest()


def is_token(token: str, secret: str) -> bool:
    """Whether a form belongs to the session whose secret the cookie holds."""
    return bool(secret) and hmac.compare_digest(token.encode(), token_of(secret).encode())


def steps_of(questionnaire: Questionnaire, language: Language) -> tuple[Step, ...]:
    """One step a section, in the order of asking; without sections one a dimension."""
    groups: dict[str, list[Question]] = {}
    for question in questionnaire.questions:
        groups.setdefault(question.section or question.dimension, []).append(question)
    names = texts(language)["dimensions"]
    return tuple(
        Step(n, names.get(name, name), tuple(questions))
        for n, (name, questions) in enumerate(groups.items(), start=1)
    )


def first_open(sheet: AnswerSheet, steps: tuple[Step, ...]) -> int:
    """Number of the first step with a required answer missing; one beyond the last where there is
    none.
    """
    if not sheet.answers:
        return 1
    missing = set(sheet.missing)
    return next(
        (s.number for s in steps if any(q.id in missing for q in s.questions)), len(steps) + 1
    )


def answers_in(
    form: Mapping[str, str], sheet: AnswerSheet, step: Step, language: Language, *, strict: bool
) -> tuple[AnswerSheet, Errors]:
    """The sheet with the answers of a step, and what is wrong or, where `strict`, missing."""
    own, wrong = texts(language)["page"], dict[str, str]()
    for question in step.questions:
        chosen = form.get(ANSWER + question.id)
        try:
            sheet = sheet if not chosen else sheet.answer(question.id, chosen)
        except InputError:
            wrong[question.id] = own["unknown_option"]
        if strict and question.required and question.id not in sheet.answers:
            wrong.setdefault(question.id, own["choose"])
    return sheet, wrong


def client_in(
    form: Mapping[str, str], before: Client | None, language: Language
) -> tuple[Client | None, Errors]:
    """The client with the facts of a form, or what is wrong with them; the contract decides what
    is.
    """
    own, wrong = texts(language)["page"], dict[str, str]()
    fields = {} if before is None else {k: getattr(before, k) for k in before.model_fields_set}
    fields.setdefault("id", f"page-{secrets.token_hex(8)}")
    numbers = {name: _number(form.get(name, "")) for name in FACTS}
    for name, value in numbers.items():
        if value is None:
            wrong[name] = own[f"wrong_{name}"]
    whole = {name: 1.0 if value is None else value for name, value in numbers.items()}
    for name in FACTS:  # one at a time, so that every wrong one is named
        try:
            Client.model_validate(
                {"id": "x", "wealth": 1.0, "horizon_years": 1.0, name: whole[name]}
            )
        except InputError:
            wrong[name] = own[f"wrong_{name}"]
    if wrong:
        return None, {name: wrong[name] for name in FACTS if name in wrong}
    return Client.model_validate({**fields, **whole}), {}


def _number(text: str) -> float | None:
    """A number as people write it: with thousands apart, full-width digits, spaces."""
    plain = (
        normalize("NFKC", text[:LONGEST_NUMBER]).replace(",", "").replace(" ", "").replace("_", "x")
    )
    try:
        return float(plain)
    except ValueError:
        return None

"""What a form says of a client and of the answers of one step."""

from __future__ import annotations

import re
import secrets
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from unicodedata import normalize

from advisor import AnswerSheet, Client, Question, Questionnaire
from advisor.adapters.channels.page.visit import Errors
from advisor.contracts.wording import Language, texts
from advisor.errors import InputError

FACTS = ("wealth", "horizon_years", "age")
"""What is asked of a client beside the questionnaire."""
ANSWER = "answer:"
"""Before the id of a question in a form."""
FIELDS = {"token", "version", "language", "go", "confirmed", *FACTS}
"""What forms hold beside answers."""
LONGEST_NUMBER = 20
NUMBER = re.compile(r"(\d+|\d{1,3}(,\d{3})+|\d{1,3}( \d{3})+)(\.\d*)?")
"""Digits, thousands apart by commas or spaces; a comma elsewhere may be meant as a point."""


@dataclass(frozen=True)
class Step:
    """The questions of one section, asked on one page."""

    number: int
    title: str
    questions: tuple[Question, ...]


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
    """Number of the first step with a required answer missing; else one beyond the last."""
    missing = set(sheet.missing)
    still = (s.number for s in steps if any(q.id in missing for q in s.questions))
    return next(still, len(steps) + 1) if sheet.answers else 1


def check_fields(form: Iterable[str]) -> None:
    """Raise `InputError` for a field that no form of the page has."""
    for name in form:
        if name not in FIELDS and not name.startswith(ANSWER):
            why = f"The form has a field {name[:40]!r}, which this page does not ask for"
            raise InputError(f"{why}. Send the form as it is shown.", field=name[:40])


def answers_in(
    form: Mapping[str, str], sheet: AnswerSheet, step: Step, language: Language, *, strict: bool
) -> tuple[AnswerSheet, Errors]:
    """The sheet with the answers of a step, and what is wrong or, where `strict`, missing."""
    own, wrong = texts(language)["page"], dict[str, str]()
    asked = {ANSWER + question.id for question in step.questions}
    for name in form:
        if name.startswith(ANSWER) and name not in asked:
            why = f"The form answers {name.removeprefix(ANSWER)[:40]!r}, which this step does not"
            raise InputError(f"{why} ask. Send the form as it is shown.", field=name[:40])
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
    """The client with the facts of a form, or what the contract says is wrong with them."""
    own, wrong, facts = texts(language)["page"], dict[str, str](), dict[str, float]()
    for name in FACTS:  # one at a time, so that every wrong one is named
        try:
            facts[name] = _number(form.get(name, ""))
            Client.model_validate({"id": "x", "wealth": 1.0, "horizon_years": 1.0, **facts})
        except ValueError:
            facts.pop(name, None)
            wrong[name] = own[f"wrong_{name}"]
    if wrong:
        return None, wrong
    fields = {} if before is None else {k: getattr(before, k) for k in before.model_fields_set}
    fields.setdefault("id", f"page-{secrets.token_hex(8)}")
    return Client.model_validate({**fields, **facts}), {}


def _number(text: str) -> float:
    """A number as people write it: thousands apart, full-width digits. Raises `ValueError`."""
    plain = normalize("NFKC", text[: LONGEST_NUMBER + 1]).strip()
    if len(plain) > LONGEST_NUMBER or not NUMBER.fullmatch(plain):
        raise ValueError("this is no number")
    return float(plain.replace(",", "").replace(" ", ""))


def shown(value: float | None) -> str:
    """A number as the form shows it."""
    return "" if value is None else f"{value:,.15g}"

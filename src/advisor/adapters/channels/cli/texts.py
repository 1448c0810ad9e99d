"""`schema` and `questionnaire`: of the contracts alone, so that nothing else is imported."""

from __future__ import annotations

import json
import sys
from argparse import Namespace

from advisor.contracts import Questionnaire
from advisor.contracts.answer_sheet import BUNDLED
from advisor.contracts.schemas import schemas
from advisor.errors import InputError


def schema(given: Namespace) -> int:
    """Print a JSON Schema, or the names there are."""
    known = schemas()
    if given.name is None:
        sys.stdout.write("\n".join(sorted(known)) + "\n")
        return 0
    if given.name not in known:
        raise InputError(
            f"There is no contract {given.name!r}, so there is no schema of it. Choose one of"
            f" {', '.join(sorted(known))}.",
            field="name",
            value=given.name,
        )
    sys.stdout.write(json.dumps(known[given.name], indent=1, ensure_ascii=False) + "\n")
    return 0


def questionnaire(given: Namespace) -> int:
    """Print the questions in a language, or as JSON; or the questionnaires there are."""
    bundled = {made().id: made for made in BUNDLED}
    if given.id is None:
        sys.stdout.write(
            "\n".join(
                f"{name}: {made().title_in(given.language)}" for name, made in bundled.items()
            )
            + "\n"
        )
        return 0
    if given.id not in bundled and not given.id.endswith(".json"):
        raise InputError(
            f"There is no questionnaire {given.id!r}. Choose one of {', '.join(bundled)}, or name a"
            " JSON file.",
            field="id",
            value=given.id,
        )
    asked = bundled[given.id]() if given.id in bundled else Questionnaire.load(given.id)
    _check_language(asked, given.language)
    if given.json:
        sys.stdout.write(asked.model_dump_json(indent=1) + "\n")
        return 0
    lines = [f"{asked.title_in(given.language)} ({asked.signature})"]
    for number, question in enumerate(asked.questions, start=1):
        lines += ["", f"{number}. {question.text_in(given.language)}  [{question.id}]"]
        lines += [
            f"   {option.id}) {option.text_in(given.language)}" for option in question.options
        ]
    sys.stdout.write("\n".join(lines) + "\n")
    return 0


def _check_language(asked: Questionnaire, language: str) -> None:
    spoken = ("en", *asked.languages)
    if language not in spoken:
        raise InputError(
            f"Questionnaire {asked.id!r} is not there in {language!r}; a client would be asked in"
            f" another language. Choose one of {', '.join(spoken)}.",
            field="language",
            value=language,
        )

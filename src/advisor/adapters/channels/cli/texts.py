"""`schema` and `questionnaire`: of the contracts alone, so that nothing else is imported."""

from __future__ import annotations

import json
from argparse import Namespace
from collections.abc import Collection
from typing import Any

from advisor.adapters.channels.cli.printing import say
from advisor.contracts import Questionnaire
from advisor.contracts.answer_sheet import BUNDLED
from advisor.contracts.schemas import schemas
from advisor.errors import InputError


def schema(args: Namespace) -> int:
    """Print a JSON Schema, or the names there are."""
    known = schemas()
    if args.name is not None and args.name not in known:
        why = f"There is no contract {args.name!r}, so there is no schema of it."
        raise _unknown("name", args.name, why, sorted(known))
    say(*(sorted(known) if args.name is None else [_json(known[args.name])]))
    return 0


def questionnaire(args: Namespace) -> int:
    """Print the questions in a language, or as JSON; or the questionnaires there are."""
    bundled, language = {made().id: made for made in BUNDLED}, args.language
    if args.id is None:
        titles = {name: made().title_in(language) for name, made in bundled.items()}
        say(*([_json(titles)] if args.json else (": ".join(pair) for pair in titles.items())))
        return 0
    if args.id not in bundled and not args.id.endswith(".json"):
        names = [*bundled, "or name a JSON file"]
        raise _unknown("id", args.id, f"There is no questionnaire {args.id!r}.", names)
    asked = bundled[args.id]() if args.id in bundled else Questionnaire.load(args.id)
    spoken = ("en", *asked.languages)
    if language not in spoken:
        why = (
            f"Questionnaire {asked.id!r} is not there in {language!r}; a client would be asked in"
            " another language."
        )
        raise _unknown("language", language, why, spoken)
    lines = [f"{asked.title_in(language)} ({asked.signature})"]
    for number, question in enumerate(asked.questions, start=1):
        lines += ["", f"{number}. {question.text_in(language)}  [{question.id}]"]
        lines += [f"   {option.id}) {option.text_in(language)}" for option in question.options]
    say(*([asked.model_dump_json(indent=1)] if args.json else lines))
    return 0


def _json(value: Any) -> str:
    return json.dumps(value, indent=1, ensure_ascii=False)


def _unknown(field: str, value: str, why: str, known: Collection[str]) -> InputError:
    return InputError(f"{why} Choose one of {', '.join(known)}.", field=field, value=value)

"""Texts that people read, by language: `texts/en.json` and `texts/zh.json`, one key a text."""

from __future__ import annotations

import json
from functools import cache
from importlib.resources import files
from typing import Literal, get_args

Language = Literal["en", "zh"]
LANGUAGES: tuple[Language, ...] = get_args(Language)
"""English first: a text whose key has no language in it is English."""


def language_of(word: object) -> Language | None:
    """The language that a word names, None where it names none."""
    return next((own for own in LANGUAGES if own == word), None)


@cache
def texts(language: Language) -> dict[str, dict[str, str]]:
    """Every text of a language, by section and key.

    >>> texts("zh")["biases"]["loss_aversion"]
    '损失厌恶'
    """
    source = files("advisor.contracts") / "texts" / f"{language}.json"
    return json.loads(source.read_text(encoding="utf-8"))

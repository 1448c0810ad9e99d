"""Texts that people read, by language: `texts/en.json` and `texts/zh.json`, one key a text."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any, Literal, get_args

from advisor.errors import InputError

Language = Literal["en", "zh"]
LANGUAGES: tuple[Language, ...] = get_args(Language)
"""English first: a text whose key has no language in it is English."""


def language_of(word: object) -> Language | None:
    """The language that a word names, None where it names none."""
    return next((own for own in LANGUAGES if own == word), None)


def chosen_language(word: object) -> Language:
    """The language that a word names. Raises `InputError` where it names none."""
    known = language_of(word)
    if known is not None:
        return known
    raise InputError(
        f"language is {word!r}; texts exist in {', '.join(LANGUAGES)}. Ask for one of these.",
        field="language",
        value=word,
    )


@cache
def texts(language: Language) -> dict[str, dict[str, str]]:
    """Every text of a language, by section and key.

    >>> texts("zh")["biases"]["loss_aversion"]
    '损失厌恶'
    """
    source = files("advisor.contracts") / "texts" / f"{language}.json"
    return json.loads(source.read_text(encoding="utf-8"))


@dataclass(frozen=True)
class Phrases:
    """Texts of one section in one language, filled with values.

    >>> Phrases("client_page", "zh")("years")
    '距今年数'
    """

    section: str
    language: Language = "en"

    def __call__(self, key: str, /, **values: object) -> str:
        """The text of a key; a value that is a `Sentence` is said in the same language."""
        text = texts(self.language)[self.section][key]
        return text.format_map({name: said(v, self.language) for name, v in values.items()})


class Sentence(str):
    """A text in English that can be said in every other language: its key and its values.

    >>> Sentence("client_page", "years").in_language("zh")
    '距今年数'
    """

    __slots__ = ("key", "section", "values")

    section: str
    key: str
    values: Mapping[str, Any]

    def __new__(cls, section: str, key: str, /, **values: object) -> Sentence:
        """The text of a key of `texts`, filled with values."""
        own = super().__new__(cls, Phrases(section)(key, **values))
        own.section, own.key, own.values = section, key, values
        return own

    def __getnewargs_ex__(self) -> tuple[tuple[str, str], dict[str, Any]]:
        return (self.section, self.key), dict(self.values)

    def in_language(self, language: Language) -> str:
        """The same text in another language."""
        return Phrases(self.section, language)(self.key, **self.values)


def said(value: object, language: Language) -> object:
    """A value as a text of the language writes it: a `Sentence` in that language, all else as it
    is.
    """
    return value.in_language(language) if isinstance(value, Sentence) else value

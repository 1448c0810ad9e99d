"""Reasons: a stable code for machines, the data of a sentence, and the sentence in each
language.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from advisor.contracts.advice import Advice, Reason, Scalar
from advisor.contracts.wording import LANGUAGES, Language, texts
from advisor.errors import InputError
from advisor.validation import checked

NON_FINITE = {"Infinity": float("inf"), "-Infinity": float("-inf"), "NaN": float("nan")}
"""How JSON writes what is no number."""
NAMED = ("asset", "held", "product", "name", "subject", "regime", "rule")
"""Data that are ids: a page may write names in their place, of rules that of their regime."""


def reason(code: str, language: Language, **data: Scalar) -> dict[str, Any]:
    """The fields of the `Reason` with this code; its `Advice` checks them all at once.

    The data are the same in every language and hold all that the sentence needs.

    >>> reason("level", "en", level=3, limit="horizon")["text"]
    'Risk level C3, decided by horizon.'
    """
    return {"code": code, "text": _sentence(code, language, data), "data": data}


def worded(key: str, text_in: Callable[[str], str]) -> dict[str, Scalar]:
    """Data with a text in every language: `key` in English, `key_zh` in Chinese."""
    return {_key(key, language): text_in(language) for language in LANGUAGES}


@checked
def sentences(advice: Advice, language: Language) -> Advice:
    """The same advice with its sentences in a language; nothing but `text` differs.

    The record that was stored stays as it is, and so does its fingerprint.

    Args:
        advice: In any language.
        language: "en" or "zh".

    Raises:
        InputError: A reason has a code that is not known, or lacks data (an older record).

    >>> from advisor import Reason
    >>> own = Reason(code="taste_unknown", text="No purchase of it is on record.")
    >>> reason_in(own, "zh").text
    '该产品暂无购买记录。'
    """
    picks = [
        pick.model_copy(update={"reasons": tuple(reason_in(r, language) for r in pick.reasons)})
        for pick in advice.picks
    ]
    reasons = tuple(reason_in(r, language) for r in advice.reasons)
    return advice.model_copy(update={"reasons": reasons, "picks": tuple(picks)})


def reason_in(reason: Reason, language: Language, names: Mapping[str, str] | None = None) -> Reason:
    """The same reason with its sentence in a language, and names where it has ids.

    Args:
        reason: In any language.
        language: "en" or "zh".
        names: Name by id of assets, products and regimes; ids without a name stay.

    Raises:
        InputError: The code is not known, or data are missing.
    """
    data = reason.data if not names else _with_names(reason.data, names)
    if reason.code not in texts(language)["reasons"]:
        raise InputError(
            f"There is no reason {reason.code!r}, so it has no sentence in {language!r}. Use an"
            " advice of this version.",
            field="code",
            value=reason.code,
        )
    try:
        text = _sentence(reason.code, language, data)
    except (KeyError, ValueError, TypeError) as error:
        raise InputError(
            f"The reason {reason.code!r} holds the data {sorted(data)}, which its sentence in "
            f"{language!r} cannot be made of ({error}). Advise again with this version.",
            field="data",
            value=sorted(data),
        ) from error
    return reason.model_copy(update={"text": text})


def limit_in(limit: str, language: Language) -> str:
    """What limited a level (`RiskProfiles.limited_by`) in words."""
    return texts(language)["limits"].get(limit.partition(":")[0], limit)


def _key(key: str, language: Language) -> str:
    return key if language == LANGUAGES[0] else f"{key}_{language}"


def _sentence(code: str, language: Language, data: Mapping[str, Scalar]) -> str:
    """The sentence of a code; ids of limits, biases and causes are worded, ends of JSON read."""
    own = texts(language)
    words: dict[str, Any] = dict(data)
    if language != LANGUAGES[0]:
        ending = f"_{language}"
        words |= {k.removesuffix(ending): v for k, v in data.items() if k.endswith(ending)}
    if code == "unplaced":
        words["why"] = own["unplaced"][str(data["why"])]
    elif "valid_until" in data:
        words["valid_until"] = data["valid_until"] or own["words"]["undated"]
    elif isinstance(limit := data.get("limit"), str):
        words["limit"] = limit_in(limit, language)
    elif data.get("rules") == "":
        words["rules"] = own["words"]["no_rules"]
    elif "causes" in data:
        causes = str(data["causes"]).split(", ")
        words["causes"] = own["words"]["comma"].join(own["biases"].get(c, c) for c in causes)
    sentence = own["reasons"][code]
    try:
        return sentence.format_map(words)
    except ValueError:  # a number that JSON wrote as a word
        numbers = {k: NON_FINITE[v] for k, v in words.items() if v in NON_FINITE}
        return sentence.format_map(words | numbers)


def _with_names(data: Mapping[str, Scalar], names: Mapping[str, str]) -> dict[str, Scalar]:
    own = dict(data)
    own |= {key: names.get(str(data[key]), data[key]) for key in NAMED if key in data}
    if isinstance(spread := data.get("spread"), str):
        own["spread"] = ", ".join(_part_named(part, names) for part in spread.split(", "))
    return own


def _part_named(part: str, names: Mapping[str, str]) -> str:
    """An asset, or an asset and its share."""
    asset, _, share = part.rpartition(" ")
    return names.get(part) or (f"{names[asset]} {share}" if asset in names else part)

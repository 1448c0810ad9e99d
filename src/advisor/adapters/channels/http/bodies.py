"""What JSON a body holds, and whether it was written as the contract writes it."""

from __future__ import annotations

import json
from typing import Any

from pydantic_core import from_json

from advisor.adapters.channels.http.problems import ProblemError
from advisor.errors import InputError

KINDS: dict[type, tuple[tuple[type, ...], str]] = {
    bool: ((bool,), "true or false"),
    **dict.fromkeys((int, float), ((int, float), "a number")),
    str: ((str,), "text"),
    list: ((list,), "a list"),
    dict: ((dict,), "an object"),
}
"""Kind of a value as the contract writes it -> how it may be written, and how that is called."""


def json_of(body: bytes, *, is_json: bool = False) -> Any:
    """The JSON in a body. Raises `ProblemError` where it is none, or names a field twice;
    `is_json`: a contract was read from it, so it is not looked at for anything else.
    """
    try:
        if not is_json:  # stricter than `json` on numbers, depth and UTF-8
            from_json(body, allow_inf_nan=False)
        return json.loads(body, object_pairs_hook=_once_each)
    except (ValueError, RecursionError) as error:
        raise ProblemError(
            "not-json",
            f"The body is no JSON that can be read ({error}); send one value of UTF-8 JSON.",
        ) from None


def _once_each(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    fields = dict(pairs)
    if len(fields) < len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise ValueError(f"the field {twice[:40]!r} is there twice")
    return fields


def names_in(body: bytes) -> frozenset[str]:
    """Fields of the JSON in a body, none where it is no object."""
    try:
        value = from_json(body)
    except ValueError:
        return frozenset()
    return frozenset(value) if isinstance(value, dict) else frozenset()


def same_kinds(raw: Any, meant: Any, name: str, path: str) -> None:
    """Refuse what was read as another kind of JSON than it was written as."""
    if type(raw) is dict and type(meant) is dict:
        for key, value in raw.items():
            at = f"{path}.{key}" if path else key
            if key in meant:
                same_kinds(value, meant[key], name, at)
            elif value is None:
                _refuse(name, at, "there, or left out")
    elif type(raw) is list and type(meant) is list:
        others = meant
        if all(type(other) is str for other in meant):  # ids: doubles are one, and sorted
            others = [""] * len(raw)
        for i, (item, other) in enumerate(zip(raw, others, strict=False)):
            same_kinds(item, other, name, f"{path}.{i}")
    elif meant is not None:
        kinds, word = KINDS[type(meant)]
        if type(raw) not in kinds:
            _refuse(name, path, word)


def _refuse(name: str, path: str, word: str) -> None:
    text = f"{name}.{path} must be {word}, as the schema says; write it as such."
    raise InputError(text, field=path)

"""Bodies and parameters as the published schemas say, refused in the library's words."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar, cast

from pydantic_core import from_json

from advisor import Contract
from advisor.adapters.channels.http.problems import ProblemError
from advisor.errors import InputError

_Kind = TypeVar("_Kind", bound=Contract)
KINDS: tuple[tuple[type | tuple[type, ...], str], ...] = (
    (bool, "true or false"),
    ((int, float), "a number"),
    (str, "text"),
    ((list, tuple), "a list"),
    (Mapping, "an object"),
)
MOST_PICKS = 100


def read(kind: type[_Kind], body: bytes) -> _Kind:
    """The contract in a body.

    Raises:
        ProblemError: The body is no JSON.
        InputError: It is no such contract, or a value is of another kind than the schema says: text
            for a number, say.
    """
    try:
        value = kind.model_validate_json(body)
    except InputError:
        json_of(body)
        raise
    _same_kinds(json_of(body), value.model_dump(mode="json"), kind.__name__, "")
    return value


def json_of(body: bytes) -> Any:
    """The JSON in a body. Raises `ProblemError` where it is none."""
    try:
        return from_json(body, allow_inf_nan=False)
    except ValueError as error:
        raise ProblemError(
            "not-json",
            f"The body is no JSON that can be read ({error}); send one value of UTF-8 JSON.",
        ) from None


def _same_kinds(raw: Any, meant: Any, name: str, path: str) -> None:
    """Refuse what was read as another kind of JSON than it was written as."""
    if isinstance(raw, dict) and isinstance(meant, Mapping):
        _same_fields(cast("dict[str, Any]", raw), cast("Mapping[str, Any]", meant), name, path)
    elif isinstance(raw, list) and isinstance(meant, list):
        items, others = cast("list[Any]", raw), cast("list[Any]", meant)
        if all(isinstance(other, str) for other in others):  # ids: doubles are one, and sorted
            others = [""] * len(items)
        for i, (item, other) in enumerate(zip(items, others, strict=False)):
            _same_kinds(item, other, name, f"{path}.{i}")
    elif not (raw is None and meant is None):
        for kinds, word in KINDS:
            if isinstance(meant, kinds):
                if not isinstance(raw, kinds) or (word == "a number" and isinstance(raw, bool)):
                    _refuse(name, path, word)
                return


def _same_fields(raw: dict[str, Any], meant: Mapping[str, Any], name: str, path: str) -> None:
    for key, value in raw.items():
        at = f"{path}.{key}" if path else key
        if key in meant:
            _same_kinds(value, meant[key], name, at)
        elif value is None:
            _refuse(name, at, "there, or left out")


def _refuse(name: str, path: str, word: str) -> None:
    raise InputError(
        f"{name}.{path} must be {word}, as the schema says; write it as such.", field=path
    )


def parameters(query: Mapping[str, str]) -> dict[str, Any]:
    """`as_of` and `picks` of a query, for `Advisor.advise`."""
    picks = query.get("picks", "5")
    if not (picks.isascii() and picks.isdigit() and len(picks) < 4 and int(picks) <= MOST_PICKS):
        raise InputError(
            f"picks is {picks[:20]!r}; ask for a whole number of 0 to {MOST_PICKS} products.",
            field="picks",
            value=picks[:20],
        )
    return {"as_of": query.get("as_of"), "picks": int(picks)}

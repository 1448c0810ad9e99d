"""Two records field by field: which of them say something else, to the bit, and in which words that
is told.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from struct import pack
from typing import Any

from advisor.contracts.advice import Advice
from advisor.privacy import written

MOST = 20
"""Differences that are told; the others are counted."""
_SHOWN = 80
_APART = ("fingerprint", "slots")
"""Fields that are not found by making the advice again: one says what it is made of, the other
how."""


def differences(recorded: Advice, again: Advice) -> list[str]:
    """A sentence for every field of a record that does not come out again; numbers are compared bit
    by bit.
    """
    pairs = (
        (name, getattr(recorded, name), getattr(again, name))
        for name in Advice.model_fields
        if name not in _APART
    )
    return told(
        (
            (path, a, b)
            for name, old, new in pairs
            for path, a, b in differing(name, _plain(old), _plain(new))
        ),
        "advice",
    )


def told(found: Iterable[tuple[str, object, object]], record: str) -> list[str]:
    """Sentences about (path, recorded, recomputed), the first `MOST` of them spelled out."""
    sentences = [
        f"{path} recomputes to {_shown(new)}, the {record} says {_shown(old)}"
        for path, old, new in found
    ]
    return [
        *sentences[:MOST],
        *([f"{len(sentences) - MOST} more values differ"] if len(sentences) > MOST else []),
    ]


def differing(path: str, old: Any, new: Any) -> Iterator[tuple[str, object, object]]:
    """The places where two plain values differ. A list of another length differs as a whole; the
    order of a mapping says nothing.
    """
    if isinstance(old, Mapping) and isinstance(new, Mapping):
        for name in dict.fromkeys((*old, *new)):
            yield from differing(f"{path}.{name}", old.get(name), new.get(name))
    elif isinstance(old, tuple | list) and isinstance(new, tuple | list) and len(old) == len(new):
        for place, (a, b) in enumerate(zip(old, new, strict=True), start=1):
            yield from differing(f"{path}[{place}]", a, b)
    elif not same(old, new):
        yield path, old, new


def same(old: object, new: object) -> bool:
    """Whether two values are the same: of floats every bit (any two nan are one); true and 1 are
    not.
    """
    if isinstance(old, float) and isinstance(new, float):
        return (old != old and new != new) or pack("<d", old) == pack("<d", new)
    return isinstance(old, bool) == isinstance(new, bool) and old == new


def _plain(value: Any) -> Any:
    """Contracts as mappings; an infinity inside a reason as the word that JSON makes of it."""
    if isinstance(value, tuple):
        items: Sequence[Any] = value
        return [_plain(item) for item in items]
    if not hasattr(value, "model_dump"):
        return value
    fields: dict[str, Any] = {
        name: _plain(getattr(value, name)) for name in type(value).model_fields
    }
    if "data" in fields:
        fields["data"] = {name: _word(datum) for name, datum in fields["data"].items()}
    return fields


def _word(datum: object) -> object:
    if not isinstance(datum, float) or datum - datum == 0.0:
        return datum
    return "NaN" if datum != datum else "Infinity" if datum > 0.0 else "-Infinity"


def _shown(value: object) -> str:
    if isinstance(value, list | tuple | Mapping) and value:
        return f"{len(value)} entries"
    if value is None or value in ((), [], {}):
        return "nothing"
    text = written(repr(value))
    return text if len(text) <= _SHOWN else text[: _SHOWN - 3] + "..."

"""One decision, as the ledger keeps it, and its one spelling as bytes."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import date
from typing import Annotated, Any, cast

from pydantic import Field, field_validator

from advisor.contracts import CalendarDay, Contract
from advisor.errors import InputError
from advisor.privacy import about_clients

LARGEST = 2**53 - 1
"""The largest whole number that every JSON reader keeps exactly."""
DEEPEST = 100
"""Lists and records inside of each other."""
_Word = Annotated[str, Field(max_length=500)]
_Digest = Annotated[str, Field(pattern=r"^[0-9a-f]{0,128}(:[0-9a-f]{0,128})?$")]


def canonical(value: object) -> bytes:
    r"""The value as JSON in the canonical form of RFC 8785.

    Args:
        value: Text, whole numbers up to 2^53 - 1, true, false, None, lists and records of these
            whose keys are ASCII text. In this part of JSON the sorted, compact form of
            `json.dumps` is the standard's, byte for byte.

    Raises:
        InputError: It holds anything else: a float has many spellings, so write numbers as text.

    Source: RFC 8785, sections 3.2.2 and 3.2.3.

    >>> canonical({"b": [1, True, None], "a": "é"})
    b'{"a":"\xc3\xa9","b":[1,true,null]}'
    """
    _check(value, "value")
    try:
        text = json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
        return text.encode()
    except UnicodeEncodeError:
        raise _refused("value", "half a pair of surrogates", "cannot be written as UTF-8") from None


def _check(value: object, where: str) -> None:
    """Raise `InputError` for the first part that has no canonical form here."""
    waiting: list[tuple[object, str, int]] = [(value, where, 0)]
    while waiting:
        part, at, depth = waiting.pop()
        kind = type(part)
        if kind is str or kind is bool or part is None:
            continue
        if depth > DEEPEST:
            raise _refused(at[:60], "nested", f"goes deeper than {DEEPEST} lists and records")
        if kind is int:
            if not -LARGEST <= cast(int, part) <= LARGEST:
                raise _refused(at, part, "is a whole number that not every reader keeps exactly")
        elif kind is list or kind is tuple:
            items = enumerate(cast("list[Any]", part))
            waiting += [(item, f"{at}[{i}]", depth + 1) for i, item in items]
        elif isinstance(part, Mapping):
            for key, inner in cast("Mapping[Any, Any]", part).items():
                if type(key) is not str or not key.isascii():
                    raise _refused(f"{at} key", key, "is no ASCII text, so its order is not fixed")
                waiting.append((inner, f"{at}.{key}", depth + 1))
        else:
            raise _refused(at, part, f"is {kind.__name__}, which has more than one spelling")


def _refused(where: str, value: object, why: str) -> InputError:
    text = f"{where} = {str(value)[:60]!r} {why}. Write numbers and days as text."
    return InputError(text, field=where, value=None)


class Record(Contract):
    """What was decided about whom, by which rules, on which inputs, by whom.

    `subject` is a pseudonym (`Pseudonyms.of`), never a client's id; None where a record is about no
    client. `rules` are rule ids with the version of their pack. `inputs` is the digest of the data
    that the decision was made from, `fingerprint` that of the advisor. `data` holds what else there
    is to say in text, whole numbers, true and false: no names, answers or money.

    Raises:
        InputError: The subject is no pseudonym, or `data` holds a client's values or floats.
    """

    kind: Annotated[str, Field(min_length=1, max_length=100)]
    subject: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")] | None = None
    decision: _Word
    rules: tuple[_Word, ...] = ()
    inputs: _Digest = ""
    fingerprint: _Digest = ""
    operator: _Word = ""
    as_of: CalendarDay | None = None
    data: dict[str, Any] = {}

    @field_validator("data")
    @classmethod
    def _says_nothing_personal(cls, data: dict[str, Any]) -> dict[str, Any]:
        canonical(data)
        waiting: list[Any] = [data]
        while waiting:
            part = waiting.pop()
            for key in sorted(map(str, part)) if isinstance(part, dict) else ():
                if about_clients(key):
                    why = f"data holds {key}, which tells about a client; a ledger is never erased."
                    remedy = "Leave it out, and give the digest of the inputs."
                    raise InputError(f"{why} {remedy}", field=f"data.{key}")
            waiting += part.values() if isinstance(part, dict) else ()
            waiting += part if isinstance(part, list | tuple) else ()
        return data

    def content(self) -> dict[str, Any]:
        """What `canonical` writes: every field that says something."""
        fields = {name: getattr(self, name) or None for name in type(self).model_fields}
        fields |= {"kind": self.kind, "decision": self.decision}
        fields["as_of"] = self.as_of.isoformat() if isinstance(self.as_of, date) else None
        fields["rules"] = list(self.rules) or None
        return {name: value for name, value in fields.items() if value is not None}

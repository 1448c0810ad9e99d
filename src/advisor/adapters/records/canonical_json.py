"""One spelling of a record as bytes, so that its digest is the same wherever it is worked out."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, cast

from advisor.errors import InputError

LARGEST = 2**53 - 1
"""The largest whole number that every JSON reader keeps exactly."""
DEEPEST = 100
"""Lists and records inside of each other."""


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
    return InputError(
        f"{where} = {str(value)[:60]!r} {why}. Write numbers and days as text.",
        field=where,
        value=None,
    )

"""Sustainability criteria: words a client demands, and words a product claims."""

from __future__ import annotations

from functools import lru_cache
from types import MappingProxyType
from typing import Annotated

from pydantic import AfterValidator

from advisor.cells import number_of
from advisor.contracts.fields import Word
from advisor.errors import InputError


@lru_cache(maxsize=4096)
def parse(words: str) -> MappingProxyType[str, float]:
    """Criteria with their minimum shares, in percent; 0 where only the word is given.

    Written as words with `|` between them, each with an optional share:
    `"taxonomy>=20|pai"` for a client, `"taxonomy=35|pai"` for a product.

    >>> dict(parse("taxonomy>=20|pai"))
    {'taxonomy': 20.0, 'pai': 0.0}

    Raises:
        InputError: A share is no number from 0 to 100.

    Source: DR (EU) 2017/565 Art. 2(7): a minimum share in taxonomy-aligned or in sustainable
    investments, or principal adverse impacts considered.
    """
    criteria: dict[str, float] = {}
    for part in filter(None, (p.strip() for p in words.split("|"))):
        name, equals, share = part.replace(">=", "=").partition("=")
        percent = number_of(share) if equals else 0.0
        if not 0.0 <= percent <= 100.0:
            raise InputError(
                f"Sustainability criterion {part!r} has the share {share!r}, which is no number "
                "from 0 to 100; nothing could be held against it. Write it as 'taxonomy>=20'.",
                field="sustainability",
                value=words,
            )
        criteria[name.strip().lower()] = percent
    return MappingProxyType(criteria)


def _read(words: str) -> str:
    try:
        parse(words)
    except InputError:
        raise ValueError("write each share as a number from 0 to 100, as in taxonomy>=20") from None
    return words


Criteria = Annotated[Word, AfterValidator(_read)]

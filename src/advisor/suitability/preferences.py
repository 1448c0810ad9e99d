"""Sustainability preferences: words a client demands, and words a product claims."""

from __future__ import annotations

from functools import lru_cache
from types import MappingProxyType

from advisor.contracts.thresholds import reaches
from advisor.errors import InputError


@lru_cache(maxsize=4096)
def parse(words: str) -> MappingProxyType[str, float]:
    """Criteria with their minimum shares, in percent; 0 where only the word is given.

    Written as words with `|` between them, each with an optional share: `"taxonomy>=20|pai"` for a client, `"taxonomy=35|pai"` for a product.

    >>> dict(parse("taxonomy>=20|pai"))
    {'taxonomy': 20.0, 'pai': 0.0}

    Raises:
        InputError: A share is no number.

    Source: DR (EU) 2017/565 Art. 2(7): a minimum share in taxonomy-aligned or in sustainable investments, or principal adverse impacts considered.
    """
    criteria: dict[str, float] = {}
    for part in filter(None, (p.strip() for p in words.split("|"))):
        name, _, share = part.replace(">=", "=").partition("=")
        try:
            criteria[name.strip().lower()] = float(share) if share else 0.0
        except ValueError:
            raise InputError(
                f"Sustainability criterion {part!r} has the share {share!r}, which is no number; write it as 'taxonomy>=20'.",
                field="sustainability",
                value=words,
            ) from None
    return MappingProxyType(criteria)


def satisfies(product: str, client: str) -> bool:
    """Whether a product claims all that a client demands; a client without a demand is satisfied by anything.

    >>> satisfies("taxonomy=35|pai", "taxonomy>=20"), satisfies("", "pai"), satisfies("", "")
    (True, False, True)
    """
    claims = parse(product)
    return all(name in claims and reaches(claims[name], share) for name, share in parse(client).items())

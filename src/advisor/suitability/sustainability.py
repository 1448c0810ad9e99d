"""Whether a product claims what a client demands of sustainability."""

from __future__ import annotations

from advisor.contracts.sustainability import parse
from advisor.contracts.thresholds import reaches


def satisfies(product: str, client: str) -> bool:
    """Whether a product claims all that a client demands; a client without a demand is satisfied by
    anything.

    >>> satisfies("taxonomy=35|pai", "taxonomy>=20"), satisfies("", "pai"), satisfies("", "")
    (True, False, True)
    """
    claims = parse(product)
    return all(
        name in claims and reaches(claims[name], share) for name, share in parse(client).items()
    )

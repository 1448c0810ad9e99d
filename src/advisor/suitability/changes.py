"""Two versions of a rule pack, and whom the difference concerns."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from advisor.data.catalogue import Catalogue
from advisor.data.clients.table import ClientTable
from advisor.data.profiles import RiskProfiles
from advisor.errors import InputError
from advisor.suitability.regime import Regime
from advisor.validation import checked


@dataclass(frozen=True, eq=False)
class PackChange:
    """What changed between two versions.

    Attributes:
        added, removed, changed: Rule ids.
        clients: Indexed by client id: products that opened and closed for them; only clients whom
            it concerns.
        products: Indexed by product id: clients for whom it opened and closed; only products that
            it concerns.
    """

    added: tuple[str, ...]
    removed: tuple[str, ...]
    changed: tuple[str, ...]
    clients: pd.DataFrame
    products: pd.DataFrame


@checked
def compare_packs(
    old: Regime, new: Regime, profiles: RiskProfiles, clients: ClientTable, catalogue: Catalogue
) -> PackChange:
    """The rules that differ, and the clients and products that are affected, by classes of clients
    and not by pairs.

    Raises:
        InputError: The two say the same version but differ in content: nobody could tell which one
            judged.
    """
    if old.id == new.id and old.version == new.version and old.digest != new.digest:
        raise InputError(
            f"Both packs call themselves {old.id} {old.version}, but their contents differ; records"
            " could not tell them apart. Give the new one a new version.",
            field="version",
            value=old.version,
        )
    before, after = old.pack.by_id, new.pack.by_id
    was, now = (
        old.eligibility(profiles, clients, catalogue),
        new.eligibility(profiles, clients, catalogue),
    )
    pair = was.class_of * len(now.allowed) + now.class_of
    kinds, kind_of, count = np.unique(pair, return_inverse=True, return_counts=True)
    a, b = was.allowed[kinds // len(now.allowed)], now.allowed[kinds % len(now.allowed)]
    opened, closed = b & ~a, a & ~b
    by_client = pd.DataFrame(
        {"opened": opened.sum(axis=1)[kind_of], "closed": closed.sum(axis=1)[kind_of]},
        index=pd.Index(clients.ids, name="client_id"),
    )
    by_product = pd.DataFrame(
        {"opened": count @ opened, "closed": count @ closed},
        index=pd.Index(catalogue.ids.ids, name="product_id"),
    )
    return PackChange(
        added=tuple(r for r in after if r not in before),
        removed=tuple(r for r in before if r not in after),
        changed=tuple(r for r in after if r in before and after[r] != before[r]),
        clients=by_client[by_client.sum(axis=1) > 0],
        products=by_product[by_product.sum(axis=1) > 0],
    )

"""Suitability of the picks, proved again pair by pair, not with the mask that made them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from advisor.arrays import IntArray
from advisor.contracts.client import Client
from advisor.contracts.product import Product
from advisor.contracts.wording import Sentence
from advisor.data.catalogue import Catalogue
from advisor.data.clients.table import ClientTable
from advisor.data.eligibility import Verdict
from advisor.data.ids import IdMap
from advisor.data.interactions import Interactions
from advisor.data.profiles import RiskProfile, RiskProfiles
from advisor.data.ranking import Ranking
from advisor.errors import InputError
from advisor.evaluate.match.outcomes import Mask, Refused, allowed_pairs
from advisor.privacy import hides, kept, personal

SHOWN = 20
"""Broken picks kept as examples."""


class Checks(Protocol):
    """What a `Regime` offers: one verdict a pair."""

    def check(self, profile: RiskProfile, client: Client, product: Product) -> Verdict:
        """The verdict on one product for one client."""
        ...


@hides
@dataclass(frozen=True)
class BrokenPick:
    """A pick that no rule pack would have allowed, with the ids of the rules that fired."""

    client_id: str
    product_id: str
    decision: str
    rules: tuple[str, ...]


@hides
@dataclass(frozen=True)
class SuitabilityCheck:
    """How many picks satisfy every hard rule.

    Attributes:
        suitable: Of these, picks that are plainly allowed (what would need a warning is not).
        rules: How often each rule fired on the picks that are not suitable.
        broken: The first few picks that are not suitable.
    """

    picks: int
    checked: int
    suitable: int
    how: str
    rules: dict[str, int]
    broken: tuple[BrokenPick, ...] = ()

    @property
    def share(self) -> float:
        """Suitable picks among those checked; nan where none was."""
        return self.suitable / self.checked if self.checked else float("nan")

    def __add__(self, other: SuitabilityCheck) -> SuitabilityCheck:
        """Of both sets of picks, which do not overlap."""
        return SuitabilityCheck(
            self.picks + other.picks,
            self.checked + other.checked,
            self.suitable + other.suitable,
            self.how,
            dict(Counter(self.rules) + Counter(other.rules)),
            (self.broken + other.broken)[:SHOWN],
        )


def recheck(
    ranking: Ranking,
    regime: Checks,
    profiles: RiskProfiles,
    clients: ClientTable,
    catalogue: Catalogue,
    *,
    most: int | None = None,
    seed: int = 0,
) -> SuitabilityCheck:
    """Ask the regime about every pick.

    Args:
        ranking: The picks.
        regime: The rule pack.
        profiles: Profiles, found by client id.
        clients: Clients, found by client id.
        catalogue: The products.
        most: Look at no more than about this many picks, whole clients drawn by `seed`; None looks
            at all of them.
        seed: The draw.

    Returns:
        A pick of a product that is not in the catalogue, or of a client whose row has a problem,
        counts as not suitable.

    Raises:
        InputError: A ranked client with a pick has no profile or no row.
    """
    rows = np.flatnonzero((ranking.codes >= 0).any(axis=1))
    everyone = [ranking.client_ids[i] for i in rows.tolist()]
    for ids, field in ((profiles.client_ids, "profiles"), (clients.ids, "clients")):
        _found(ids, everyone, field)
    rows = rows[_drawn(ranking, rows, most, seed)]
    who = [ranking.client_ids[i] for i in rows.tolist()]
    pairs = _Pairs.of(who, regime, profiles, clients)
    columns = catalogue.ids.find(ranking.products)
    rules: Counter[str] = Counter()
    broken: list[BrokenPick] = []
    checked = suitable = 0
    for place, picks in enumerate(ranking.codes[rows]):
        for code in picks[picks >= 0].tolist():
            product = catalogue.products[columns[code]] if columns[code] >= 0 else None
            verdict = pairs.verdict(place, product)
            checked += 1
            if verdict.decision == "allow":
                suitable += 1
                continue
            rules.update(verdict.rules)
            if len(broken) < SHOWN:
                names = who[place], ranking.products[code]
                broken.append(BrokenPick(*names, verdict.decision, verdict.rules))
    picked = int((ranking.codes >= 0).sum())
    key = "every_pick" if checked == picked else "drawn_picks"
    how = Sentence("match_report", key, checked=checked, picks=picked)
    return SuitabilityCheck(picked, checked, suitable, how, dict(rules), tuple(broken))


def refused_purchases(
    ranking: Ranking,
    held_out: Interactions,
    regime: Checks,
    profiles: RiskProfiles,
    clients: ClientTable,
    catalogue: Catalogue,
) -> Refused:
    """Which purchases of ranked clients the regime would not have let anybody recommend, pair by
    pair. Raises `InputError` where a ranked client who bought something has no profile or row.
    """
    row = IdMap(ranking.client_ids).find(held_out.clients.ids)[held_out.client_codes]
    column = IdMap(ranking.products).find(held_out.products.ids)[held_out.product_codes]
    width = max(len(ranking.products), 1)
    keys = np.unique((row * width + column)[(row >= 0) & (column >= 0)])
    buyers, place = np.unique(keys // width, return_inverse=True)
    who = [ranking.client_ids[i] for i in buyers.tolist()]
    pairs = _Pairs.of(who, regime, profiles, clients)
    columns = catalogue.ids.find(ranking.products)
    products = [catalogue.products[j] if j >= 0 else None for j in columns[keys % width].tolist()]
    refused = [
        pairs.verdict(i, product).decision != "allow"
        for i, product in zip(place.tolist(), products, strict=True)
    ]
    return Refused(keys[np.array(refused, dtype=np.bool_)], width)


def inside_mask(ranking: Ranking, eligible: Mask) -> SuitabilityCheck:
    """Share of picks inside a mask: no proof when it is the mask that made them, and said so."""
    row, slot = np.nonzero(ranking.codes >= 0)
    code = ranking.codes[row, slot]
    allowed = allowed_pairs(
        eligible, row.astype(np.int64), code, (len(ranking), len(ranking.products))
    )
    broken = tuple(
        BrokenPick(ranking.client_ids[i], ranking.products[j], "refuse", ("outside_mask",))
        for i, j in zip(
            row[~allowed][:SHOWN].tolist(), code[~allowed][:SHOWN].tolist(), strict=True
        )
    )
    rules = {"outside_mask": int((~allowed).sum())} if broken else {}
    return SuitabilityCheck(
        len(row),
        len(row),
        int(allowed.sum()),
        Sentence("match_report", "inside_mask"),
        rules,
        broken,
    )


def unchecked(ranking: Ranking) -> SuitabilityCheck:
    """Nothing to check against was given."""
    how = Sentence("match_report", "unchecked")
    return SuitabilityCheck(int((ranking.codes >= 0).sum()), 0, 0, how, {})


@dataclass(frozen=True, eq=False)
class _Pairs:
    """Some clients with their profiles (None for a row that has a problem), and who is asked."""

    regime: Checks
    profiles: Sequence[RiskProfile]
    clients: Sequence[Client | None]

    @classmethod
    def of(
        cls, who: list[str], regime: Checks, profiles: RiskProfiles, clients: ClientTable
    ) -> _Pairs:
        known = [profiles[i] for i in _found(profiles.client_ids, who, "profiles").tolist()]
        rows = _found(clients.ids, who, "clients").tolist()
        owners = [None if j in clients.problems else clients.client(j) for j in rows]
        return cls(regime, known, owners)

    def verdict(self, place: int, product: Product | None) -> Verdict:
        client = self.clients[place]
        if client is None:
            return Verdict("refuse", ("client_has_problem",))
        if product is None:
            return Verdict("refuse", ("product_not_in_catalogue",))
        return self.regime.check(self.profiles[place], client, product)


def _found(have: tuple[str, ...], want: list[str], field: str) -> IntArray:
    rows = IdMap(have).find(want)
    if (rows < 0).any():
        missing = want[int(np.argmax(rows < 0))]
        raise InputError(
            f"{field} has no row for client {personal(missing)}, whose picks are to be checked"
            f" ({int((rows < 0).sum()):,} missing in all). Pass the rows that the ranking was made"
            " for.",
            field=field,
            value=kept(missing),
        )
    return rows


def _drawn(ranking: Ranking, rows: IntArray, most: int | None, seed: int) -> IntArray:
    everyone = np.arange(len(rows), dtype=np.int64)
    picks = (ranking.codes[rows] >= 0).sum(axis=1)
    if most is None or int(picks.sum()) <= most:
        return everyone
    shuffled = np.random.default_rng(seed).permutation(everyone)
    enough = int(np.searchsorted(np.cumsum(picks[shuffled]), most, side="right"))
    return np.sort(shuffled[: max(enough, 1)])

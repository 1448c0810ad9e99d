"""Co-purchase counts: all that the item models learn from. They add up over parts of a bank's
clients and take in a day's purchases.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from advisor.arrays import FloatArray, IntArray, check_type
from advisor.data.ids import IdMap
from advisor.errors import InputError
from advisor.recommend.model.purchases import History
from advisor.recommend.model.rows import NO_WEIGHTS, Rows

BLOCKS = 8
"""Row blocks the counts are summed in; fixed, so that bits never depend on the number of
threads."""
BLOCK_BYTES = 256_000_000
"""Room for the blocks' partial sums; large catalogues get fewer blocks."""


@dataclass(frozen=True, eq=False)
class Gram:
    """What clients bought together.

    Attributes:
        items: Products of the rows and columns.
        both: X'DX: clients who own both, each counting (products they own) ** -power, shape (items,
            items).
        toward: X'DW: the same, the column's purchase weighted by its recency; `both` itself where
            there is no recency.
        owners: Clients who own each, shape (items,).
        recent: The same weighted by recency, shape (items,).
        clients: Number of clients.
        power: How much clients who own much are discounted.
        half_life_days: Days in which a purchase loses half its weight; None: no recency.
        as_of: Day that recency counts back from.
        capped: Whether a fortnight of a product counts for no more than about its others.
    """

    items: IdMap
    both: FloatArray
    toward: FloatArray
    owners: FloatArray
    recent: FloatArray
    clients: int
    power: float
    half_life_days: float | None
    as_of: np.datetime64
    capped: bool = False

    @property
    def plain(self) -> bool:
        """Whether every purchase weighs 1."""
        return self.half_life_days is None and not self.capped

    @classmethod
    def of(cls, history: History, power: float = 0.0) -> Gram:
        """Count a history, with its own half-life and last day."""
        both, toward = _counts(history.rows, len(history.items), power)
        owners = np.bincount(history.rows.codes, minlength=len(history.items)).astype(np.float64)
        recent = history.popularity() * max(len(history.clients), 1)
        return cls(
            history.items,
            both,
            toward,
            owners,
            recent,
            len(history.clients),
            power,
            history.half_life_days,
            history.last_day,
            history.capped,
        )

    def popularity(self) -> FloatArray:
        """Share of clients who bought each item, weighted by recency, shape (items,)."""
        return self.recent / max(self.clients, 1)

    def __add__(self, other: Gram) -> Gram:
        """Counts of two groups of clients who do not overlap; older recency weights are brought to
        the later day first.

        Raises:
            InputError: The two count other products, or differ in power or half-life.
        """
        check_type(other, Gram, "gram", "Add the counts of another part.")
        if self.capped or other.capped:
            raise InputError(
                "These counts cannot be added: they are capped, and what a fortnight may count for"
                " is known only from all clients together. Count everybody at once, or use"
                " capped=False.",
                field="gram",
                value="capped",
            )
        if (
            self.items != other.items
            or self.power != other.power
            or self.half_life_days != other.half_life_days
        ):
            raise InputError(
                f"These counts cannot be added: {len(self.items)} and {len(other.items)} items,"
                f" powers {self.power:g} and {other.power:g}, half-lives {self.half_life_days} and"
                f" {other.half_life_days}. Count all parts with the same catalogue and the same"
                " recipe.",
                field="gram",
                value=len(other.items),
            )
        a, b = self.brought_to(other.as_of), other.brought_to(self.as_of)
        plain = self.plain
        both = a.both + b.both
        return replace(
            a,
            both=both,
            toward=both if plain else a.toward + b.toward,
            owners=a.owners + b.owners,
            recent=a.recent + b.recent,
            clients=a.clients + b.clients,
        )

    def brought_to(self, day: np.datetime64) -> Gram:
        """Recency counted back from `day` where that is later: every weight shrinks by the same
        factor.
        """
        if np.isnat(day) or (not np.isnat(self.as_of) and day <= self.as_of):
            return self
        if self.half_life_days is None or np.isnat(self.as_of):
            return replace(self, as_of=day)
        shrink = float(np.exp2(-(day - self.as_of).astype(np.float64) / self.half_life_days))
        return replace(self, toward=self.toward * shrink, recent=self.recent * shrink, as_of=day)

    def updated(self, before: History, after: History, moved: IntArray) -> Gram:
        """Counts of `after`, from those of `before`: only the clients in rows `moved` are counted,
        once out and once in.

        Rows of `before` are the first rows of `after`. Where counts are capped everybody is counted
        again: one purchase changes what its fortnight weighs.
        """
        if self.capped:
            return Gram.of(after, self.power)
        grown = self.over(after.items).brought_to(after.last_day)
        known = moved[moved < len(before.clients)]
        out, into = (
            _part(before, known, after.items, after.last_day),
            _part(after, moved, after.items, after.last_day),
        )
        gone, come = (_counts(rows, len(after.items), self.power) for rows in (out, into))
        both = grown.both - gone[0] + come[0]
        plain = self.plain
        change = [
            np.bincount(r.codes, weights=w, minlength=len(after.items))
            for r in (out, into)
            for w in (None, r.full_weights())
        ]
        return replace(
            grown,
            both=both,
            toward=both if plain else grown.toward - gone[1] + come[1],
            owners=grown.owners - change[0] + change[2],
            recent=grown.recent - change[1] + change[3],
            clients=len(after.clients),
        )

    def over(self, items: IdMap) -> Gram:
        """The same counts with rows and columns for `items`, which hold all of ours."""
        if items is self.items or items == self.items:
            return self
        at = items.find(self.items.ids)
        wide = np.zeros((2, len(items), len(items)))
        wide[0][np.ix_(at, at)], wide[1][np.ix_(at, at)] = self.both, self.toward
        long = np.zeros((2, len(items)))
        long[0, at], long[1, at] = self.owners, self.recent
        return replace(
            self, items=items, both=wide[0], toward=wide[1], owners=long[0], recent=long[1]
        )


def _entries(rows: Rows, index: IntArray) -> IntArray:
    positions = Rows(rows.indptr, np.arange(len(rows.codes)), NO_WEIGHTS)
    return positions.take(index).codes


def _part(history: History, index: IntArray, items: IdMap, day: np.datetime64) -> Rows:
    """Some clients' rows over other items, recency counted back from `day`."""
    rows = history.rows.take(index)
    codes = items.find(history.items.ids)[rows.codes]
    if history.days is None or history.half_life_days is None:
        return Rows(rows.indptr, codes, NO_WEIGHTS)
    ages = (day - history.days[_entries(history.rows, index)]).astype(np.float64)
    return Rows(rows.indptr, codes, np.exp2(-ages / history.half_life_days))


def _counts(rows: Rows, size: int, power: float) -> tuple[FloatArray, FloatArray]:
    """X'DX and X'DW; the same array twice where nothing is weighted by recency."""
    from advisor.recommend.kernels import gram

    blocks = max(1, min(BLOCKS, BLOCK_BYTES // max(8 * size * size, 1)))
    lengths = np.diff(rows.indptr)
    discount = np.where(lengths > 0, np.maximum(lengths, 1) ** -power, 0.0) if power else NO_WEIGHTS
    both = gram(rows.indptr, rows.codes, NO_WEIGHTS, discount, size, blocks)
    toward = (
        gram(rows.indptr, rows.codes, rows.weights, discount, size, blocks)
        if len(rows.weights)
        else both
    )
    return both, toward

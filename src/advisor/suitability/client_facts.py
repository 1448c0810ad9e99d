"""What rules read of clients, as arrays, and the classes of clients that no rule can tell apart."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Hashable, Sequence
from dataclasses import dataclass, fields
from functools import cached_property

import numpy as np
import pandas as pd

from advisor.arrays import BoolArray, FloatArray, IntArray
from advisor.contracts.rules import RulePack
from advisor.contracts.thresholds import count_reached, raised
from advisor.data.categories import Categories
from advisor.data.clients.table import ClientTable
from advisor.data.horizons import days_within
from advisor.data.profiles import RiskProfiles
from advisor.data.sparse_rows import SparseRows
from advisor.errors import InputError
from advisor.privacy import hides
from advisor.suitability.product_facts import ProductFacts, taken

VALID, EXPIRED, UNDATED = 0, 1, 2
LARGEST_KEY = 2**62
_NUMBERS = ("age", "knowledge", "objective", "wealth", "horizon_years", "horizon_days")
_STATED = (
    "professional", "institution", "guardian", "private_qualified", "age", "wealth",
    "horizon_years", "currency", "sustainability", "excluded",
)  # fmt: skip
_FLAGS = ("lowest", "professional", "institution", "capable", "guardian", "private_qualified")


@hides
@dataclass(frozen=True, eq=False)
class Facts:
    """`c` clients as rules see them.

    Attributes:
        as_of: The day of the profiles, from which horizons run.
        level: 0..5, shape (c,).
        lowest, professional, institution, capable, guardian, private_qualified: Shape (c,).
        validity: `VALID`, `EXPIRED` or `UNDATED`, shape (c,).
        age, knowledge, objective: nan = unknown, shape (c,).
        wealth, horizon_years: Shape (c,).
        currency, sustainability: Words.
        excluded: Ids of products and assets.
    """

    as_of: np.datetime64
    level: IntArray
    lowest: BoolArray
    validity: IntArray
    professional: BoolArray
    institution: BoolArray
    capable: BoolArray
    guardian: BoolArray
    private_qualified: BoolArray
    age: FloatArray
    knowledge: FloatArray
    objective: FloatArray
    wealth: FloatArray
    horizon_years: FloatArray
    currency: Categories
    sustainability: Categories
    excluded: SparseRows

    @classmethod
    def of(cls, profiles: RiskProfiles, clients: ClientTable) -> Facts:
        """Of clients and their profiles, row by row. Raises `InputError` when counts differ."""
        if len(profiles) != len(clients):
            raise InputError(
                f"There are {len(profiles)} profiles for {len(clients)} clients; they are matched"
                " row by row. Profile the same table.",
                field="profiles",
                value=len(profiles),
            )
        dated = np.where(profiles.expired, EXPIRED, VALID)
        return cls(
            as_of=profiles.as_of,
            level=profiles.level,
            lowest=profiles.lowest_category,
            validity=np.where(np.isnat(profiles.valid_until), UNDATED, dated),
            capable=clients.legal_capacity,
            knowledge=profiles.knowledge,
            objective=profiles.objective,
            **{name: getattr(clients, name) for name in _STATED},
        )

    def take(self, rows: IntArray) -> Facts:
        """The clients asked for, in that order."""
        columns = {f.name: getattr(self, f.name) for f in fields(self) if f.name != "as_of"}
        return Facts(self.as_of, **{name: taken(part, rows) for name, part in columns.items()})

    @cached_property
    def horizon_days(self) -> IntArray:
        """The longest term in days that ends within each horizon, shape (c,); -1 where it is
        unknown.
        """
        return days_within(self.horizon_years, self.as_of)

    def __len__(self) -> int:
        return len(self.level)


@dataclass(frozen=True, eq=False)
class Cuts:
    """Where a rule or product has a threshold: between two of them no rule can tell two clients
    apart, so a million fall into a handful of classes.

    Attributes:
        age, knowledge, objective, wealth, horizon_years, horizon_days: Thresholds, ascending.
        currency: Whether any product has one; where none has, a rule can still refuse a client who
            names one.
    """

    age: FloatArray
    knowledge: FloatArray
    objective: FloatArray
    wealth: FloatArray
    horizon_years: FloatArray
    horizon_days: FloatArray
    currency: bool

    @classmethod
    def of(cls, products: ProductFacts, packs: Sequence[RulePack]) -> Cuts:
        """For the products of a catalogue and the packs that govern them."""
        marks = [
            np.array((*pack.places.knowledge_cuts, *pack.places.objective_cuts)) for pack in packs
        ]
        return cls(
            age=_thresholds(packs, ("minor", "senior")),
            knowledge=np.unique(
                np.concatenate([_thresholds(packs, ("complex",)), *(m[:2] for m in marks)])
            ),
            objective=(
                np.unique(np.concatenate([m[2:] for m in marks]))
                if (products.market != 1).any()
                else np.zeros(0)
            ),
            wealth=np.unique(products.min_purchase),
            horizon_years=np.unique(products.min_years),
            horizon_days=_terms(products.term_days),
            currency=bool(products.currency.names),
        )

    def classes(self, facts: Facts) -> tuple[IntArray, IntArray]:
        """Class of each client, shape (c,), numbered by first appearance, and the first row of each
        class, shape (k,).
        """
        if len(facts) == 1:
            return np.zeros(1, dtype=np.int64), np.zeros(1, dtype=np.int64)
        codes = [facts.level, facts.validity]
        codes += [
            _between(getattr(facts, name), cuts)
            for name in _NUMBERS
            if len(cuts := getattr(self, name))
        ]
        codes += [
            facts.currency.codes + 1 if self.currency else (facts.currency.codes >= 0) * 1,
            facts.sustainability.codes + 1,
            _row_classes(facts.excluded),
        ]
        codes.extend(getattr(facts, name).astype(np.int64) for name in _FLAGS)
        class_of = _combine(codes)
        first = np.zeros(int(class_of.max(initial=-1)) + 1, dtype=np.int64)
        first[class_of[::-1]] = np.arange(len(facts) - 1, -1, -1)
        return class_of, first

    def key(self, facts: Facts, i: int) -> Hashable:
        """What rules can know of client i, in any table: equal keys, equal verdicts in the
        catalogue.
        """
        bins: list[int] = []
        word = facts.currency.word(i)
        for name in _NUMBERS:
            cuts = getattr(self, name)
            value = getattr(facts, name).item(i) if len(cuts) else 0.0
            bins.append(bisect_right(cuts, raised(value)) if value == value else -1)
        return (
            facts.level.item(i),
            facts.validity.item(i),
            *bins,
            word if self.currency else word is None,
            facts.sustainability.word(i),
            tuple(facts.excluded.row(i)),
            *(getattr(facts, name).item(i) for name in _FLAGS),
        )


def _combine(columns: Sequence[IntArray]) -> IntArray:
    """One number for each distinct row of several columns of small codes, by first appearance."""
    key = np.zeros(len(columns[0]), dtype=np.int64)
    room = 1
    for codes in columns:
        size = int(codes.max(initial=0)) + 1
        if room * size > LARGEST_KEY:
            key = pd.factorize(key)[0].astype(np.int64)
            room = int(key.max(initial=0)) + 1
        if size > 1:
            key = key * size + codes
            room *= size
    return pd.factorize(key)[0].astype(np.int64)


def _thresholds(packs: Sequence[RulePack], conditions: tuple[str, ...]) -> FloatArray:
    return np.unique(
        [rule.number or 0.0 for pack in packs for rule in pack.rules if rule.when in conditions]
    )


def _terms(days: IntArray) -> FloatArray:
    """Terms that a horizon can be too short for: none where nothing is locked."""
    return np.unique(days).astype(np.float64) if days.any() else np.zeros(0)


def _between(values: FloatArray, thresholds: FloatArray) -> IntArray:
    """How many thresholds each value reaches, plus one; 0 where it is unknown."""
    return np.where(np.isnan(values), 0, count_reached(values, thresholds) + 1)


def _row_classes(rows: SparseRows) -> IntArray:
    """Rows with the same entries share a number; 0 = no entries."""
    codes = np.zeros(len(rows), dtype=np.int64)
    seen: dict[bytes, int] = {}
    for row in np.flatnonzero(np.diff(rows.indptr)).tolist():
        content = rows.codes[rows.indptr[row] : rows.indptr[row + 1]].tobytes()
        codes[row] = seen.setdefault(content, len(seen) + 1)
    return codes

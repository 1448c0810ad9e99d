"""What a client may be offered, and what portfolios can be made of that: found once for every kind
of client that rules can tell apart.
"""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass, field

from advisor.arrays import BoolArray, FloatArray
from advisor.contracts.rules import Rule
from advisor.data.catalogue import Catalogue
from advisor.data.clients.table import ClientTable
from advisor.data.eligibility import Eligibility
from advisor.data.profiles import RiskProfiles
from advisor.engine.universe.universe import Universe
from advisor.suitability.client_facts import Cuts, Facts
from advisor.suitability.product_facts import product_facts_of
from advisor.suitability.regime import Regime

KINDS = 10_000
"""Kinds of client that are remembered; exclusions of their own could make a kind of everybody."""
Duties = dict[int, tuple[Rule, ...]]
"""Duties that products bring to a kind of client, by column of the catalogue."""


@dataclass(frozen=True, eq=False)
class Eligible:
    """What c clients in k classes may be offered.

    Attributes:
        products: What the rules allow and the advisor still sells.
        usable: Vehicles that each class may use, shape (k, v).
        pure: Classes for which a mixed product counts as its parts, shape (k,).
        suitable: What the rules allow, whether it is still sold or not, shape (k, p).
        duties: By class the duties that products bring to it, see `EligibilityCache.duties_of`; as
            far as asked for.
        least: Smallest purchase among the products of each vehicle that each class may buy, inf
            where there is none, shape (k, v).
    """

    products: Eligibility
    usable: BoolArray
    pure: BoolArray
    least: FloatArray
    suitable: BoolArray
    duties: dict[int, Duties] = field(default_factory=dict)

    @property
    def assets(self) -> Eligibility:
        """The vehicles that each client may use."""
        return Eligibility(self.products.class_of, self.usable)


@dataclass(frozen=True, eq=False)
class EligibilityCache:
    """The rules of an advisor before its catalogue.

    Like facts, what one client may be offered is kept for the next of their kind; two threads may
    find the same thing at once, and nobody waits.
    """

    regime: Regime
    catalogue: Catalogue
    vehicles: Universe
    cuts: Cuts
    _known: dict[Hashable, Eligible] = field(default_factory=dict)
    _duties: dict[Hashable, Duties] = field(default_factory=dict)

    @classmethod
    def of(cls, regime: Regime, catalogue: Catalogue, vehicles: Universe) -> EligibilityCache:
        """For an advisor. Raises `InputError` when a product names a regime that is not known."""
        facts = product_facts_of(catalogue)
        return cls(regime, catalogue, vehicles, Cuts.of(facts, regime.packs_of(facts)))

    def to(self, profiles: RiskProfiles, clients: ClientTable) -> Eligible:
        """What each client may be offered."""
        if len(clients) != 1:
            return self._found(profiles, clients)
        key = self.cuts.key(Facts.of(profiles, clients), 0)
        known = self._known.get(key)
        if known is None:
            known = self._found(profiles, clients)
            if len(self._known) < KINDS:
                self._known[key] = known
        return known

    def duties_of(self, profiles: RiskProfiles, clients: ClientTable, i: int) -> Duties:
        """What is known, and what whoever asks adds, of duties towards the kind of client i; it is
        the same for the next of the kind, in any table.
        """
        key = self.cuts.key(Facts.of(profiles, clients), i)
        if key not in self._duties and len(self._duties) >= KINDS:
            return {}
        return self._duties.setdefault(key, {})

    def _found(self, profiles: RiskProfiles, clients: ClientTable) -> Eligible:
        suitable = self.regime.eligibility(profiles, clients, self.catalogue)
        products = Eligibility(suitable.class_of, suitable.allowed & ~self.catalogue.closed)
        smallest = self.vehicles.smallest(products.allowed, self.catalogue.min_purchase)
        return Eligible(
            products, *self.vehicles.columns(products.allowed), smallest, suitable.allowed
        )

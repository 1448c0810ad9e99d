"""Regimes: a rule pack applied to clients and products."""

from __future__ import annotations

import hashlib
from collections.abc import Container, Iterable
from dataclasses import dataclass, replace
from datetime import date
from functools import partial
from pathlib import Path

import numpy as np

from advisor.arrays import BoolArray
from advisor.contracts.client import Client
from advisor.contracts.product import Product
from advisor.contracts.rules import BUNDLED, Basis, Condition, Rule, RulePack
from advisor.data.catalogue import Catalogue
from advisor.data.clients.table import ClientTable
from advisor.data.days import as_day
from advisor.data.eligibility import Eligibility, Verdict
from advisor.data.profiles import RiskProfile, RiskProfiles
from advisor.data.returns import ReturnModel
from advisor.errors import InputError
from advisor.suitability.client_facts import Cuts, Facts
from advisor.suitability.product_facts import (
    ProductFacts,
    product_facts_of,
    product_facts_of_assets,
)
from advisor.suitability.rules_by_class import allowed
from advisor.suitability.rules_one_by_one import judge
from advisor.validation import checked


@dataclass(frozen=True)
class Regime:
    """The rules that bind, and those of products that are governed by others.

    Attributes:
        pack: The rules of every product that names no regime of its own.
        others: Packs of a host's own that products may name; the bundled ones are always found.

    >>> Regime.nfra().matrix()["lowest"]
    ('allow', 'refuse', 'refuse', 'refuse', 'refuse')
    """

    pack: RulePack
    others: tuple[RulePack, ...] = ()

    @classmethod
    def csrc(cls) -> Regime:
        """Securities, funds and futures in China: a client above the lowest category may insist on
        more risk, after a written warning.
        """
        return cls(RulePack.bundled("csrc"))

    @classmethod
    def nfra(cls) -> Regime:
        """Products of banks, insurers and their like in China from 2026-02-01: no sale above the
        client's level.
        """
        return cls(RulePack.bundled("nfra"))

    @classmethod
    def mifid(cls) -> Regime:
        """Advice in the European Union: no recommendation that does not suit, target market
        included.
        """
        return cls(RulePack.bundled("mifid"))

    @classmethod
    @checked
    def load(cls, path: str | Path) -> Regime:
        """From a rule pack file of your own. Raises `InputError` when it is not usable."""
        return cls(RulePack.load(path))

    @checked
    def with_packs(self, *packs: RulePack) -> Regime:
        """The same, knowing further packs by their id. Raises `InputError` when two share one."""
        others = (*self.others, *packs)
        ids = [pack.id for pack in others]
        if len(set(ids)) != len(ids):
            raise InputError(
                f"Packs {ids} share an id; a product could not say which governs it. Rename one.",
                field="packs",
                value=ids,
            )
        return replace(self, others=others)

    @checked
    def with_basis(self, basis: Basis) -> Regime:
        """The same, with levels binding each product or the portfolio as implemented."""
        return replace(self, pack=self.pack.model_copy(update={"basis": basis}))

    @property
    def id(self) -> str:
        """Id of the pack."""
        return self.pack.id

    @property
    def version(self) -> str:
        """Version of the pack."""
        return self.pack.version

    @property
    def digest(self) -> str:
        """SHA-256 of all that is known of the rules: of the pack's content alone, or of that and
        the further packs, in whatever order they were added.
        """
        if not self.others:
            return self.pack.digest
        return hashlib.sha256(
            "|".join((self.pack.digest, *sorted(pack.digest for pack in self.others))).encode()
        ).hexdigest()

    @checked
    def named_digests(self, names: Iterable[str | None]) -> list[str]:
        """SHA-256 of the bundled packs that products naming `names` are judged by: `digest` says
        nothing of those.
        """
        own = {self.id, *(pack.id for pack in self.others)}
        return [
            RulePack.bundled(name).digest
            for name in sorted({n for n in names if isinstance(n, str) and n in BUNDLED} - own)
        ]

    @property
    def basis(self) -> Basis:
        """Whether R <= C binds each product or the portfolio as implemented."""
        return self.pack.basis

    @checked
    def in_force(self, day: date | str) -> bool:
        """Whether the pack binds on a day. Nothing is refused outside it: a host that back-tests a
        rule asks for just that.

        >>> Regime.nfra().in_force("2026-01-31"), Regime.nfra().in_force("2026-02-01")
        (False, True)
        """
        when, last = as_day(day, "day"), self.pack.effective_to
        return bool(
            np.datetime64(self.pack.effective_from) <= when
            and (last is None or when <= np.datetime64(last))
        )

    @checked
    def rule(self, rule_id: str) -> Rule:
        """A rule by id, of this pack or another known one. Raises `InputError` when there is
        none.
        """
        for pack in (self.pack, *self.others, *(RulePack.bundled(name) for name in BUNDLED)):
            if rule_id in pack.by_id:
                return pack.by_id[rule_id]
        raise InputError(
            f"Rule {rule_id!r} is in no pack of regime {self.id!r}; its rules are"
            f" {list(self.pack.by_id)}.",
            field="rule_id",
            value=rule_id,
        )

    @checked
    def pack_of(self, name: str | None) -> RulePack:
        """The pack that governs a product naming `name`. Raises `InputError` when it is unknown."""
        if not name or name == self.pack.id:
            return self.pack
        for pack in self.others:
            if pack.id == name:
                return pack
        if name in BUNDLED:
            return RulePack.bundled(name)
        raise InputError(
            f"A product names the regime {name!r}, which is not known here; it could be judged by"
            f" no rule. Use one of {sorted({self.id, *BUNDLED, *(p.id for p in self.others)})}, or"
            " pass the pack to Regime.with_packs.",
            field="regime",
            value=name,
        )

    def matrix(self) -> dict[str, tuple[str, ...]]:
        """For "lowest" and "1".."5" what the level rules say of R1..R5."""
        rows: dict[str, tuple[str, ...]] = {}
        for row in ("lowest", "1", "2", "3", "4", "5"):
            said = [
                {r.decision for r in self.pack.rules if r.when == "level" and n in _cells(r, row)}
                for n in range(1, 6)
            ]
            rows[row] = tuple(
                "refuse" if "refuse" in d else "warn" if "warn" in d else "allow" for d in said
            )
        return rows

    @checked
    def check(self, profile: RiskProfile, client: Client, product: Product) -> Verdict:
        """What the rules say of one client and one product, with every rule that fired.

        Raises:
            InputError: The product names a regime that is not known.
        """
        return judge(self.pack_of(product.regime), profile, client, product)

    @checked
    def permits_sale(self, profile: RiskProfile, client: Client, product: Product) -> bool:
        """Whether the product may be sold on the client's own initiative: allowed, or warned with
        insistence and written warning on record.
        """
        verdict = self.check(profile, client, product)
        pack = self.pack_of(product.regime)
        insisted = any(pack.by_id[rule].when == "insistence" for rule in verdict.rules)
        return verdict.decision == "allow" or (verdict.decision == "warn" and insisted)

    @checked
    def eligibility(
        self, profiles: RiskProfiles, clients: ClientTable, catalogue: Catalogue
    ) -> Eligibility:
        """Which products each client may be offered, by class: `check` of a pair says "allow"
        exactly where it is true.

        Raises:
            InputError: Profiles and clients differ in number, or a product names a regime that is
                not known.
        """
        return self._by_class(Facts.of(profiles, clients), product_facts_of(catalogue))

    @checked
    def eligible(
        self, profiles: RiskProfiles, clients: ClientTable, catalogue: Catalogue
    ) -> BoolArray:
        """As `eligibility`, spelled out: shape (c, p), one byte a pair."""
        return self.eligibility(profiles, clients, catalogue).to_array()

    @checked
    def allowed_by(
        self, conditions: Container[Condition], facts: Facts, catalogue: Catalogue
    ) -> BoolArray:
        """Which products each client could be offered if only the rules of these conditions were
        there, shape (c, p).
        """
        return self._masks(facts, product_facts_of(catalogue), conditions)

    @checked
    def asset_eligibility(
        self,
        profiles: RiskProfiles,
        clients: ClientTable,
        model: ReturnModel,
        catalogue: Catalogue | None = None,
    ) -> Eligibility:
        """Which assets each client may hold, by class.

        With a catalogue an asset needs an eligible product that invests in it and must not be
        excluded; without, the asset's own risk level is judged, and an asset of unknown level is
        nobody's.

        Raises:
            InputError: A product names an asset that the model lacks.
        """
        facts = Facts.of(profiles, clients)
        if catalogue is None:
            return self._by_class(facts, product_facts_of_assets(model))
        products = self._by_class(facts, product_facts_of(catalogue))
        invests = (catalogue.exposures(model.ids) > 0.0).astype(np.float64)
        reached = np.einsum("kp,pn->kn", products.allowed.astype(np.float64), invests)
        return Eligibility(products.class_of, reached > 0.0)

    @checked
    def eligible_assets(
        self,
        profiles: RiskProfiles,
        clients: ClientTable,
        model: ReturnModel,
        catalogue: Catalogue | None = None,
    ) -> BoolArray:
        """As `asset_eligibility`, spelled out: shape (c, n)."""
        return self.asset_eligibility(profiles, clients, model, catalogue).to_array()

    @checked
    def packs_of(self, products: ProductFacts) -> list[RulePack]:
        """The packs that govern the parts of a catalogue, in their order."""
        return [self.pack_of(name) for name, _, _ in products.parts]

    def _by_class(self, facts: Facts, products: ProductFacts) -> Eligibility:
        class_of, first = Cuts.of(products, self.packs_of(products)).classes(facts)
        one_each = facts if len(first) == len(facts) else facts.take(first)
        return Eligibility(class_of, self._masks(one_each, products))

    def _masks(
        self, facts: Facts, products: ProductFacts, only: Container[Condition] | None = None
    ) -> BoolArray:
        judged = allowed if only is None else partial(allowed, only=only)
        mask = np.zeros((len(facts), len(products)), dtype=np.bool_)
        for pack, (_, columns, part) in zip(self.packs_of(products), products.parts, strict=True):
            mask[:, columns] = judged(pack, facts, part)
        mask.flags.writeable = False
        return mask


def _cells(rule: Rule, row: str) -> tuple[int, ...]:
    return {str(name): levels for name, levels in rule.cells.items()}.get(row, ())

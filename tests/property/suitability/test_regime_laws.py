"""What must hold for every regime, client and product; each law is shown to catch a broken copy."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from advisor.arrays import BoolArray, IntArray
from advisor.contracts import Client, Product, RulePack, TargetMarket
from advisor.data import Catalogue, ClientTable, Eligibility, ReturnModel, RiskProfiles, Verdict
from advisor.risk_profile import profile_risk
from advisor.suitability import Regime
from advisor.suitability import regime as regime_module
from advisor.suitability.client_facts import Cuts, Facts
from advisor.suitability.product_facts import ProductFacts, product_facts_of

DAY = "2026-06-01"
REGIMES = {
    "csrc": Regime.csrc(),
    "nfra": Regime.nfra(),
    "mifid": Regime.mifid(),
    "mifid by portfolio": Regime.mifid().with_basis("portfolio"),
}
FIELDS = (
    "retail",
    "professional",
    "basic",
    "informed",
    "advanced",
    "none",
    "limited",
    "no_guarantee",
    "preservation",
    "income",
    "growth",
)


def some_clients(rng: np.random.Generator, count: int = 8) -> ClientTable:
    def maybe(value: object, chance: float = 0.6) -> object:
        return value if rng.random() < chance else None

    rows = []
    for i in range(count):
        fields = {
            "level": maybe(int(rng.integers(0, 6)), 0.95),
            "lowest_category": maybe(bool(rng.random() < 0.3)),
            "assessed_on": maybe(
                str(rng.choice(["2026-01-01", "2025-06-01", "2025-05-31", "2024-01-01"])), 0.9
            ),
            "knowledge": maybe(float(rng.choice([0, 33, 34, 49.9, 50, 67, 100]))),
            "age": maybe(int(rng.choice([10, 17, 18, 40, 64, 65, 90]))),
            "currency": maybe(str(rng.choice(["CNY", "EUR"]))),
            "sustainability": maybe(
                str(rng.choice(["pai", "taxonomy>=20", "taxonomy>=20|pai"])), 0.3
            ),
        }
        flags = {
            name: bool(rng.random() < 0.25)
            for name in ("professional", "institution", "private_qualified", "guardian")
        }
        chosen = {
            name: frozenset(rng.choice(["p0", "p1", "p2", "x"], 2).tolist())
            for name in ("insists", "written_warning", "excluded")
            if rng.random() < 0.4
        }
        given_ = {name: value for name, value in fields.items() if value is not None}
        wealth, years = (
            float(rng.choice([0, 99, 100, 1e4, 1e6])),
            float(rng.choice([0, 0.5, 1, 2.9, 3, 10])),
        )
        rows.append(
            Client(
                id=f"c{i}",
                wealth=wealth,
                horizon_years=years,
                legal_capacity=bool(rng.random() < 0.9),
                **given_,
                **flags,
                **chosen,
            )
        )
    return ClientTable.from_clients(rows)


def some_products(rng: np.random.Generator, count: int = 10) -> Catalogue:
    shelf = []
    for i in range(count):
        market = None
        if rng.random() < 0.4:
            answers = {
                name: str(rng.choice(["yes", "neutral", "no"], p=[0.7, 0.2, 0.1]))
                for name in FIELDS
            }
            market = TargetMarket(
                **answers,
                min_years=float(rng.choice([0, 1, 3])),
                advice=str(rng.choice(["both", "retail", "neither"], p=[0.8, 0.1, 0.1])),
            )
        shelf.append(
            Product(
                id=f"p{i}",
                name="x",
                asset=str(rng.choice(["x", "y"])),
                risk_level=int(rng.integers(1, 6)),
                issuer_risk_level=int(rng.integers(1, 6)) if rng.random() < 0.3 else None,
                regime=str(rng.choice(["csrc", "nfra", "mifid"])) if rng.random() < 0.4 else None,
                min_purchase=float(rng.choice([0, 100, 1e5])),
                term_days=int(rng.choice([0, 365, 1000])),
                complex=bool(rng.random() < 0.2),
                private=bool(rng.random() < 0.2),
                currency=str(rng.choice(["CNY", "EUR"])) if rng.random() < 0.3 else None,
                sustainability=(
                    str(rng.choice(["pai", "taxonomy=20", "taxonomy=19|pai"]))
                    if rng.random() < 0.4
                    else None
                ),
                target_market=market,
            )
        )
    return Catalogue.from_products(shelf)


def case(seed: int) -> tuple[Regime, RiskProfiles, ClientTable, Catalogue]:
    rng = np.random.default_rng(seed)
    clients = some_clients(rng)
    profiles = replace(
        profile_risk(clients, None, as_of=DAY),
        objective=rng.choice([np.nan, 0.0, 20.0, 39.0, 40.0, 90.0], len(clients)),
    )
    return REGIMES[list(REGIMES)[seed % len(REGIMES)]], profiles, clients, some_products(rng)


def check_mask_is_check(seed: int) -> None:
    """A pair is eligible exactly where `check` of that pair alone says allow."""
    regime, profiles, clients, catalogue = case(seed)
    mask = regime.eligible(profiles, clients, catalogue)
    for i in range(len(clients)):
        for j, product in enumerate(catalogue.products):
            verdict = regime.check(profiles[i], clients.client(i), product)
            assert mask[i, j] == (verdict.decision == "allow"), (
                clients.client(i),
                product,
                verdict,
            )
            worst = {regime.rule(rule).decision for rule in verdict.rules} - {"duty"}
            assert verdict.decision == (
                "refuse" if "refuse" in worst else "warn" if "warn" in worst else "allow"
            )


def check_lowest_category_gets_r1_only(seed: int) -> None:
    regime, profiles, clients, catalogue = case(seed)
    mask = regime.eligible(profiles, clients, catalogue)
    assert not mask[profiles.lowest_category][:, catalogue.risk_level > 1].any()
    for i in np.flatnonzero(profiles.lowest_category).tolist():
        for product in catalogue.products:
            if product.effective_risk_level > 1:
                profile, client = profiles[i], clients.client(i)
                assert regime.check(profile, client, product).decision == "refuse"
                assert not regime.permits_sale(profile, client, product)


def check_level_binds(seed: int) -> None:
    """On the product basis nobody but a professional gets R > C; on either, nobody without a valid
    assessment gets anything."""
    regime, profiles, clients, catalogue = case(seed)
    mask = regime.eligible(profiles, clients, catalogue)
    bound = np.array(
        [p.regime not in (None, regime.id) or regime.basis == "product" for p in catalogue.products]
    )
    above = catalogue.risk_level > profiles.level[:, None]
    assert not (mask & above & bound & ~clients.professional[:, None]).any()
    assert not mask[profiles.level == 0].any()
    assert not mask[profiles.expired & ~np.isnat(profiles.valid_until)].any()


def check_batch_equals_single(seed: int) -> None:
    regime, profiles, clients, catalogue = case(seed)
    mask = regime.eligible(profiles, clients, catalogue)
    for i in range(len(clients)):
        one = clients.take([i])
        single = replace(profile_risk(one, None, as_of=DAY), objective=profiles.objective[[i]])
        assert (regime.eligible(single, one, catalogue) == mask[i]).all()
    order = np.random.default_rng(seed).permutation(len(catalogue))
    shuffled = Catalogue.from_products([catalogue.products[j] for j in order])
    assert (regime.eligible(profiles, clients, shuffled) == mask[:, order]).all()


def check_more_is_never_taken_away(seed: int) -> None:
    """A higher level, more wealth, a longer horizon, more knowledge: what was allowed stays
    allowed."""
    regime, profiles, clients, _ = case(seed)
    catalogue = Catalogue.from_products(
        [
            p.model_copy(update={"target_market": None})
            for p in some_products(np.random.default_rng(seed + 1)).products
        ]
    )
    before = regime.eligible(profiles, clients, catalogue)
    better = replace(clients, wealth=clients.wealth * 2, horizon_years=clients.horizon_years + 1)
    after = regime.eligible(
        replace(
            profiles,
            level=np.minimum(profiles.level + 1, 5),
            knowledge=np.fmin(profiles.knowledge + 10, 100),
        ),
        better,
        catalogue,
    )
    assert (after >= before).all()


LAWS = {
    "mask is check": check_mask_is_check,
    "lowest": check_lowest_category_gets_r1_only,
    "level": check_level_binds,
    "batch": check_batch_equals_single,
    "monotone": check_more_is_never_taken_away,
}


@pytest.mark.parametrize("name", LAWS)
@given(seed=st.integers(0, 2**32 - 2))
def test_law(name: str, seed: int) -> None:
    LAWS[name](seed)


def caught(law: str) -> bool:
    for seed in range(80):
        try:
            LAWS[law](seed)
        except AssertionError:
            return True
    return False


def test_the_laws_catch_broken_copies(monkeypatch: pytest.MonkeyPatch) -> None:
    honest, verdict, cuts = regime_module.allowed, regime_module.judge, regime_module.Cuts

    def without(*conditions: str) -> Callable[[RulePack, Facts, ProductFacts], BoolArray]:
        def leaky(pack: RulePack, facts: Facts, shelf: ProductFacts) -> BoolArray:
            rules = tuple(
                r for r in pack.rules if r.when not in conditions
            )  # no public function would let such a pack in
            return honest(RulePack.model_construct(**{**dict(pack), "rules": rules}), facts, shelf)

        return leaky

    class OneClass(cuts):
        def classes(self, facts: Facts) -> tuple[IntArray, IntArray]:
            return np.zeros(len(facts), dtype=np.int64), super().classes(facts)[1][:1]

    broken = {
        "mask is check": (
            "judge",
            lambda *a: verdict(*a) if a[3].effective_risk_level < 5 else Verdict("allow"),
        ),
        "lowest": ("allowed", without("level")),
        "level": ("allowed", without("unassessed", "expired")),
        "batch": ("Cuts", OneClass),
        "monotone": (
            "allowed",
            lambda pack, facts, shelf: honest(pack, facts, shelf) & (facts.wealth[:, None] < 1.5e6),
        ),
    }
    assert set(broken) == set(LAWS)
    for law, (name, copy) in broken.items():
        with monkeypatch.context() as patch:
            patch.setattr(regime_module, name, copy)
            assert caught(law), law


@given(st.integers(0, 2**32 - 1))
def test_clients_of_one_kind_are_offered_the_same(seed: int) -> None:
    """In any two tables: what is remembered for one client serves the next of their kind."""
    known: dict[Hashable, bytes] = {}
    regime, profiles, clients, catalogue = case(seed)
    shelf = product_facts_of(catalogue)
    cuts = Cuts.of(shelf, regime.packs_of(shelf))
    for part in (clients, clients.take(np.arange(len(clients))[::-1])):
        order = [clients.ids.index(name) for name in part.ids]
        facts, mask = (
            Facts.of(profiles, clients).take(np.array(order)),
            regime.eligible(profiles, clients, catalogue)[order],
        )
        for i in range(len(part)):
            assert known.setdefault(cuts.key(facts, i), mask[i].tobytes()) == mask[i].tobytes()
    assert len(known) == len(set(cuts.classes(Facts.of(profiles, clients))[0].tolist()))


@given(st.integers(0, 2**32 - 1))
def test_an_asset_is_eligible_where_a_product_for_it_is(seed: int) -> None:
    regime, profiles, clients, catalogue = case(seed)
    model = ReturnModel(
        ["x", "y", "z"],
        [0.02, 0.05, 0.05],
        np.diag([0.01, 0.04, 0.04]),
        risk_levels={"x": 1, "y": 4},
    )
    mask = regime.eligible(profiles, clients, catalogue)
    assets = regime.eligible_assets(profiles, clients, model, catalogue)
    for j, asset in enumerate(model.assets):
        columns = [k for k, p in enumerate(catalogue.products) if p.asset == asset]
        assert (assets[:, j] == mask[:, columns].any(axis=1)).all()
    alone = regime.eligible_assets(profiles, clients, model)
    assert not alone[:, 2].any()  # of unknown level
    assert isinstance(regime.asset_eligibility(profiles, clients, model), Eligibility)
    plain = ~clients.professional & (regime.basis == "product")
    assert not alone[plain & (profiles.level < 4), 1].any()


UNKNOWN = {
    "age": [10, 17, 18, 40, 64, 65, 90],
    "knowledge": [0.0, 33.0, 34.0, 49.9, 50.0, 66.0, 67.0, 100.0],
    "currency": ["CNY", "EUR"],
}
"""Facts of a client that may be missing, with a value on each side of every threshold."""


def check_missing_is_closed(seed: int) -> None:
    """Who says less may have at most what they may have whatever the missing fact is: the worst
    value counts."""
    regime, profiles, clients, catalogue = case(seed)
    for i in range(0, len(clients), 4):
        client = clients.client(i)
        for name, values in UNKNOWN.items():
            if name == "currency":  # where nobody names one there is but one
                products = [
                    p if p.currency else p.model_copy(update={"currency": "CNY"})
                    for p in catalogue.products
                ]
                offered = Catalogue.from_products(products)
            else:
                offered = catalogue

            def may(
                value: object,
                name: str = name,
                offered: Catalogue = offered,
                i: int = i,
                client: Client = client,
            ) -> BoolArray:
                table = ClientTable.from_clients([client.model_copy(update={name: value})])
                profile = replace(
                    profile_risk(table, None, as_of=DAY), objective=profiles.objective[[i]]
                )
                return regime.eligible(profile, table, offered)[0]

            worst = np.logical_and.reduce([may(value) for value in values])
            assert not (may(None) & ~worst).any(), (client, name)
        table = clients.take([i])
        profile = profile_risk(table, None, as_of=DAY)
        at = [
            replace(profile, objective=np.array([score]))
            for score in (0.0, 19.0, 20.0, 39.0, 40.0, 100.0, np.nan)
        ]
        *known, unknown = [regime.eligible(p, table, catalogue)[0] for p in at]
        assert not (unknown & ~np.logical_and.reduce(known)).any()
        undated = regime.eligible(
            replace(profile, valid_until=np.full(1, "NaT", dtype="datetime64[D]")), table, catalogue
        )[0]
        expired = regime.eligible(
            replace(profile, valid_until=np.full(1, "2020-01-01", dtype="datetime64[D]")),
            table,
            catalogue,
        )[0]
        assert not (undated & ~expired).any()
        if client.currency:
            named = Catalogue.from_products(
                [p.model_copy(update={"currency": None}) for p in catalogue.products]
            )
            assert not regime.eligible(profile, table, named).any()


@given(seed=st.integers(0, 2**32 - 2))
def test_missing_is_closed(seed: int) -> None:
    check_missing_is_closed(seed)


def test_an_open_pack_would_be_seen() -> None:
    """The law is no empty one: a pack that lets the unknown pass breaks it."""
    pack = RulePack.bundled("nfra")
    rules = tuple(
        r.model_copy(update={"unknown": False}) if r.when == "minor" else r for r in pack.rules
    )
    client = Client(id="c", wealth=1e5, horizon_years=9, level=3, assessed_on="2026-01-01")
    table = ClientTable.from_clients([client])
    shelf = Catalogue.from_products([Product(id="p", name="p", asset="x", risk_level=1)])
    profile = profile_risk(table, None, as_of=DAY)
    assert not Regime(pack).eligible(profile, table, shelf).any()
    assert (
        Regime(pack.model_copy(update={"rules": rules, "version": "open"}))
        .eligible(profile, table, shelf)
        .all()
    )

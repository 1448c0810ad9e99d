"""Regimes rule by rule, and the packs behind them."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from advisor import InputError
from advisor.contracts import Client, Product, RulePack
from advisor.contracts.rules import BUNDLED
from advisor.data import Catalogue, ClientTable, RiskProfile, RiskProfiles
from advisor.risk_profile import profile_risk
from advisor.suitability import Regime

DAY = "2026-06-01"
PLAIN = {
    "wealth": 1000,
    "horizon_years": 5,
    "level": 3,
    "lowest_category": False,
    "assessed_on": "2026-01-01",
    "knowledge": 60,
    "age": 40,
}


def fund(**more: object) -> Product:
    return Product(**({"id": "f", "name": "Fund", "asset": "x", "risk_level": 1} | more))


def asked(
    client: dict[str, object], product: dict[str, object]
) -> tuple[RiskProfile, Client, Product]:
    person = Client(**({"id": "c"} | PLAIN | client))
    return (
        profile_risk(ClientTable.from_clients([person]), None, as_of=DAY)[0],
        person,
        fund(**product),
    )


def rules_of(
    regime: Regime, client: dict[str, object], product: dict[str, object]
) -> tuple[str, tuple[str, ...]]:
    verdict = regime.check(*asked(client, product))
    return verdict.decision, verdict.rules


@pytest.mark.parametrize("name", BUNDLED)
def test_packs_say_what_and_where_in_both_languages(name: str) -> None:
    regime = Regime(RulePack.bundled(name))
    assert (regime.id, regime.version, regime.basis) == (name, "1.1.0", "product")
    assert len(regime.digest) == 64
    for rule in regime.pack.rules:
        assert regime.rule(rule.id).article
        assert rule.text_in("en").isascii()
        assert any("\u4e00" <= c <= "\u9fff" for c in rule.text_in("zh"))
        assert rule.text_in("fr") == rule.text
    with pytest.raises(InputError, match="is in no pack"):
        regime.rule("nope")


def test_the_matrices() -> None:
    allow, warn, refuse = "allow", "warn", "refuse"
    for regime, above in ((Regime.csrc(), warn), (Regime.nfra(), refuse), (Regime.mifid(), refuse)):
        rows = regime.matrix()
        assert rows["lowest"] == (allow, refuse, refuse, refuse, refuse)
        for level in range(1, 6):
            assert rows[str(level)] == tuple(allow if r <= level else above for r in range(1, 6))


@pytest.mark.parametrize(
    ("regime", "client", "product", "decision", "rules"),
    [
        ("nfra", {}, {}, "allow", ()),
        ("nfra", {}, {"risk_level": 4}, "refuse", ("nfra.12.level",)),
        ("nfra", {}, {"risk_level": 3, "issuer_risk_level": 4}, "refuse", ("nfra.12.level",)),
        (
            "nfra",
            {"level": 1, "lowest_category": True},
            {"risk_level": 2},
            "refuse",
            ("nfra.12.lowest",),
        ),
        ("nfra", {"level": 0}, {}, "refuse", ("nfra.12.unassessed",)),
        ("nfra", {"assessed_on": "2025-05-31"}, {}, "refuse", ("nfra.29.expired",)),
        ("nfra", {"assessed_on": "2025-06-01"}, {}, "allow", ()),
        ("nfra", {"assessed_on": None}, {}, "refuse", ("nfra.29.expired",)),
        ("csrc", {"assessed_on": None}, {}, "refuse", ("csrc.21.expired",)),
        ("csrc", {"assessed_on": "2025-05-31"}, {}, "refuse", ("csrc.21.expired",)),
        ("mifid", {"assessed_on": None}, {}, "refuse", ("mifid.54_13.expired",)),
        ("nfra", {}, {"min_purchase": 1000.01}, "refuse", ("nfra.12.amount",)),
        ("nfra", {}, {"min_purchase": 1000}, "allow", ()),
        ("nfra", {}, {"term_days": 1827}, "refuse", ("nfra.25.term",)),
        ("nfra", {}, {"term_days": 1826}, "allow", ()),
        ("nfra", {}, {"private": True}, "refuse", ("nfra.30.private",)),
        ("nfra", {"private_qualified": True}, {"private": True}, "allow", ()),
        ("nfra", {"knowledge": 49}, {"complex": True}, "refuse", ("nfra.25.complex",)),
        ("nfra", {"knowledge": None}, {"complex": True}, "refuse", ("nfra.25.complex",)),
        ("nfra", {"knowledge": 50}, {"complex": True}, "allow", ()),
        ("nfra", {"age": 65, "level": 5}, {"risk_level": 4}, "allow", ("nfra.18.senior",)),
        (
            "nfra",
            {"age": None, "level": 5},
            {"risk_level": 4},
            "refuse",
            ("nfra.19.minor", "nfra.18.senior"),
        ),
        ("nfra", {"age": None}, {}, "refuse", ("nfra.19.minor",)),
        ("nfra", {"age": None, "guardian": True}, {}, "allow", ()),
        ("nfra", {"age": None, "institution": True}, {}, "allow", ()),
        ("nfra", {"currency": None}, {"currency": "USD"}, "refuse", ("nfra.12.currency",)),
        ("nfra", {"currency": "CNY"}, {"currency": None}, "refuse", ("nfra.12.currency",)),
        ("nfra", {"age": 64, "level": 5}, {"risk_level": 4}, "allow", ()),
        ("nfra", {"age": 17}, {}, "refuse", ("nfra.19.minor",)),
        ("nfra", {"age": 17, "guardian": True}, {}, "allow", ()),
        ("nfra", {"age": 17, "guardian": True}, {"risk_level": 2}, "refuse", ("nfra.19.minor",)),
        ("nfra", {"legal_capacity": False}, {}, "refuse", ("nfra.19.capacity",)),
        ("nfra", {"legal_capacity": False, "guardian": True}, {}, "allow", ()),
        ("nfra", {"currency": "CNY"}, {"currency": "USD"}, "refuse", ("nfra.12.currency",)),
        ("nfra", {"currency": "CNY"}, {"currency": "CNY"}, "allow", ()),
        ("nfra", {"excluded": {"f"}}, {}, "refuse", ("client.excluded",)),
        ("nfra", {"excluded": {"x"}}, {}, "refuse", ("client.excluded",)),
        (
            "nfra",
            {"professional": True},
            {"risk_level": 5},
            "refuse",
            ("nfra.12.level",),
        ),  # Art. 27: no natural person
        ("nfra", {"professional": True, "institution": True}, {"risk_level": 5}, "allow", ()),
        (
            "csrc",
            {"professional": True},
            {"risk_level": 5, "complex": True, "private": True},
            "allow",
            (),
        ),
        ("mifid", {"professional": True}, {"risk_level": 5}, "refuse", ("mifid.54_2.level",)),
        ("mifid", {"professional": True, "knowledge": None}, {"complex": True}, "allow", ()),
        ("csrc", {}, {"risk_level": 4}, "warn", ("csrc.22.level",)),
        ("csrc", {"insists": {"f"}}, {"risk_level": 4}, "warn", ("csrc.22.level",)),
        (
            "csrc",
            {"insists": {"f"}, "written_warning": {"f"}},
            {"risk_level": 4},
            "warn",
            ("csrc.22.level", "csrc.19.insistence"),
        ),
        ("csrc", {"level": 5}, {"risk_level": 5}, "allow", ("csrc.20.high_risk",)),
        (
            "nfra",
            {"insists": {"f"}, "written_warning": {"f"}},
            {"risk_level": 4},
            "refuse",
            ("nfra.12.level",),
        ),
        ("mifid", {"sustainability": "pai"}, {}, "refuse", ("mifid.2_7.sustainability",)),
        ("mifid", {"sustainability": "pai"}, {"sustainability": "taxonomy=30|PAI"}, "allow", ()),
        (
            "mifid",
            {"sustainability": "taxonomy>=20"},
            {"sustainability": "taxonomy=19"},
            "refuse",
            ("mifid.2_7.sustainability",),
        ),
        (
            "mifid",
            {"sustainability": "pai"},
            {"risk_level": 5},
            "refuse",
            ("mifid.54_2.level",),
        ),  # judged last: only for what suits
        ("mifid", {}, {"risk_level": 4, "regime": "csrc"}, "warn", ("csrc.22.level",)),
    ],
)
def test_rule(
    regime: str,
    client: dict[str, object],
    product: dict[str, object],
    decision: str,
    rules: tuple[str, ...],
) -> None:
    assert rules_of(Regime(RulePack.bundled(regime)), client, product) == (decision, rules)


def test_a_sale_on_request_needs_insistence_and_a_written_warning() -> None:
    regime = Regime.csrc()
    insists, warned = {"insists": {"f"}}, {"written_warning": {"f"}}
    above = {"risk_level": 5}
    permitted = {
        (): regime.permits_sale(*asked({}, above)),
        ("insists",): regime.permits_sale(*asked(insists, above)),
        ("warned",): regime.permits_sale(*asked(warned, above)),
        ("insists", "warned"): regime.permits_sale(*asked(insists | warned, above)),
        ("lowest",): regime.permits_sale(
            *asked(insists | warned | {"level": 1, "lowest_category": True}, above)
        ),
        ("nfra",): Regime.nfra().permits_sale(*asked(insists | warned, above)),
        ("too dear",): regime.permits_sale(*asked(insists | warned, above | {"min_purchase": 1e9})),
        ("fits",): regime.permits_sale(*asked({}, {})),
    }
    assert [name for name, yes in permitted.items() if yes] == [("insists", "warned"), ("fits",)]


def test_on_the_portfolio_basis_levels_bind_only_the_lowest_category() -> None:
    regime = Regime.mifid().with_basis("portfolio")
    assert regime.basis == "portfolio"
    assert regime.digest != Regime.mifid().digest
    assert rules_of(regime, {}, {"risk_level": 5}) == ("allow", ())
    assert rules_of(regime, {"level": 1, "lowest_category": True}, {"risk_level": 2})[0] == "refuse"
    assert rules_of(regime, {"level": 0}, {})[0] == "refuse"


def test_a_products_regime_may_be_a_pack_of_the_host(tmp_path: Path) -> None:
    own = json.loads(RulePack.bundled("csrc").model_dump_json()) | {"id": "house", "version": "7"}
    path = tmp_path / "house.json"
    path.write_text(json.dumps(own), encoding="utf-8")
    house = Regime.load(path)
    assert (house.id, house.version) == ("house", "7")
    with pytest.raises(InputError, match=r"regime 'house', which is not known.*with_packs"):
        rules_of(Regime.nfra(), {}, {"regime": "house"})
    known = Regime.nfra().with_packs(house.pack)
    assert rules_of(known, {}, {"risk_level": 4, "regime": "house"})[0] == "warn"
    shelf = Catalogue.from_products([fund(risk_level=4, regime="house")])
    with pytest.raises(InputError, match="not known"):
        Regime.nfra().eligible(
            RiskProfiles.from_levels([3], as_of=DAY),
            ClientTable.from_clients([Client(id="c", **PLAIN)]),
            shelf,
        )
    with pytest.raises(InputError, match="share an id"):
        known.with_packs(house.pack)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (
            lambda p: p["rules"].__setitem__(
                slice(None), [r for r in p["rules"] if r["id"] != "nfra.12.lowest"]
            ),
            "would let the lowest category buy R2",
        ),
        (
            lambda p: next(r for r in p["rules"] if r["id"] == "nfra.12.lowest").update(
                decision="warn"
            ),
            "would let the lowest category buy R2",
        ),
        (
            lambda p: p["rules"].__setitem__(
                slice(None), [r for r in p["rules"] if r["when"] != "unassessed"]
            ),
            "refuses clients without an assessment",
        ),
        (lambda p: p["rules"].append(p["rules"][0]), "each once"),
        (
            lambda p: next(r for r in p["rules"] if r["when"] == "level").update(cells={}),
            "names no cells",
        ),
        (
            lambda p: next(r for r in p["rules"] if r["when"] == "senior").update(number=None),
            "no threshold",
        ),
        (lambda p: p["rules"][0].update(texts={}), "no text in"),
        (lambda p: p["rules"][0].update(when="astrology"), "when"),
    ],
)
def test_packs_that_would_leak_or_say_nothing_are_refused(change, message: str) -> None:
    pack = json.loads(RulePack.bundled("nfra").model_dump_json())
    change(pack)
    with pytest.raises(InputError, match=message):
        RulePack(**pack)


def test_unreadable_packs_and_unknown_names() -> None:
    with pytest.raises(InputError, match="cannot be read"):
        Regime.load("/nowhere/pack.json")
    with pytest.raises(InputError, match="no rule pack 'sec'"):
        RulePack.bundled("sec")


def test_profiles_of_other_clients_are_refused() -> None:
    table = ClientTable.from_clients([Client(id="c", **PLAIN)])
    with pytest.raises(InputError, match="2 profiles for 1 clients"):
        Regime.nfra().eligible(
            RiskProfiles.from_levels([3, 3], as_of=DAY), table, Catalogue.from_products([fund()])
        )


def test_a_million_pairs_fall_into_few_classes() -> None:
    rng = np.random.default_rng(0)
    people = [
        Client(
            id=f"{i}",
            wealth=float(rng.lognormal(10, 2)),
            horizon_years=float(rng.uniform(0, 20)),
            level=int(rng.integers(1, 6)),
        )
        for i in range(2000)
    ]
    table = ClientTable.from_clients(people)
    shelf = Catalogue.from_products(
        [
            fund(
                id=f"f{j}",
                risk_level=1 + j % 5,
                min_purchase=100 * (j % 3),
                term_days=365 * (j % 2),
            )
            for j in range(50)
        ]
    )
    found = Regime.csrc().eligibility(profile_risk(table, None, as_of=DAY), table, shelf)
    assert len(found.allowed) <= 6 * 3 * 2
    assert found.allowed.dtype == np.bool_
    assert found.to_array().nbytes == 2000 * 50
    with pytest.raises(ValueError, match="read-only"):
        found.allowed[0, 0] = True


def test_the_digest_tells_further_packs_and_bundled_ones_that_products_name() -> None:
    mine, other = (
        RulePack.bundled("mifid").model_copy(update={"id": "mine", "version": v})
        for v in ("1", "2")
    )
    yours = mine.model_copy(update={"id": "yours"})
    base = Regime.csrc()
    assert base.digest == base.pack.digest
    assert len({base.digest, base.with_packs(mine).digest, base.with_packs(other).digest}) == 3
    assert base.with_packs(mine, yours).digest == base.with_packs(yours, mine).digest
    assert base.named_digests(["nfra", None, "nfra", "csrc", "mine", "unknown"]) == [
        Regime.nfra().digest
    ]


@pytest.mark.parametrize("order", [(None, "CNY"), ("CNY", None)])
def test_who_names_a_currency_is_told_apart_where_no_product_names_one(
    order: tuple[str | None, ...],
) -> None:
    """A rule on currencies can refuse the one and not the other, whoever comes first."""
    catalogue = Catalogue.from_products([Product(id="a", name="a", asset="a", risk_level=1)])
    fields = {"wealth": 1e5, "horizon_years": 9.0, "age": 40, "level": 3, "knowledge": 90.0}
    clients = [
        Client(id=str(i), currency=word, assessed_on="2026-01-01", **fields)
        for i, word in enumerate(order)
    ]
    profiles = profile_risk(ClientTable.from_clients(clients), None, as_of="2026-06-01")
    for regime in (Regime.csrc(), Regime.nfra(), Regime.mifid()):
        mask = regime.eligible(profiles, ClientTable.from_clients(clients), catalogue)
        judged = [
            regime.check(profiles[i], client, catalogue.products[0]).decision == "allow"
            for i, client in enumerate(clients)
        ]
        assert mask[:, 0].tolist() == judged
        assert judged == [word is None for word in order]

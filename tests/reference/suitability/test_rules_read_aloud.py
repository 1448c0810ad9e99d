"""The rule packs read aloud from their JSON, one client and one product, in fractions and dates.

Nothing of the library decides what is expected: levels, validity, terms, amounts, scores, places in
target markets and exclusions are worked out here, and every threshold is met exactly by some.
"""

from __future__ import annotations

import calendar
import json
from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from fractions import Fraction
from importlib.resources import files
from typing import Any

import numpy as np
import pytest

from advisor.contracts import Client, Product, TargetMarket
from advisor.contracts.bands import RiskBands
from advisor.data import Catalogue, ClientTable
from advisor.risk_profile import profile_risk
from advisor.suitability import Regime

Facts = dict[str, Any]
NAMES = ("csrc", "nfra", "mifid")
PACKS: dict[str, Facts] = {
    name: json.loads((files("advisor.contracts") / "rule_packs" / f"{name}.json").read_text())
    for name in NAMES
}
LOSSES = [Fraction(str(x)) for x in RiskBands.default().stress_loss]
DAYS = [
    date(2026, 6, 1),
    date(2028, 2, 29),
    date(2027, 1, 31),
    date(2027, 2, 28),
    date(2026, 12, 31),
    date(2028, 3, 1),
]
PLACES = {
    "knowledge": ("basic", "informed", "advanced"),
    "objective": ("preservation", "income", "growth"),
}
BEARS = ("none", "limited", "no_guarantee", "no_guarantee", "no_guarantee", "no_guarantee")
FIELDS = ("retail", "professional", "none", "limited", "no_guarantee", *PLACES["knowledge"],
          *PLACES["objective"])  # fmt: skip


def exact(value: float | None) -> Fraction:
    return Fraction(str(value or 0))


def later(day: date, months: int) -> date:
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    last = calendar.monthrange(year, month + 1)[1]
    return date(year, month + 1, min(day.day, last))


def longest_term(day: date, years: float) -> int:
    months = exact(years) * 12
    whole = int(months)
    end, following = later(day, whole), later(day, whole + 1)
    return (end - day).days + int((months - whole) * (following - end).days)


def level_of(c: Facts) -> tuple[int, bool]:
    """The level and whether the client is in the lowest category."""
    cap, wealth = 5, exact(c["wealth"])
    stated = [k for k in ("planned_purchases", "monthly_spending", "liabilities") if k in c]
    if stated and wealth:
        months = max(Fraction(0), 3 - exact(c.get("reserve_months")))
        debt = max(Fraction(0), exact(c.get("liabilities")) - 3 * exact(c.get("income")))
        needed = (
            exact(c.get("planned_purchases")) + months * exact(c.get("monthly_spending")) + debt
        )
        cap = sum(max(Fraction(0), wealth - needed) / wealth >= loss for loss in LOSSES)
    if c.get("reserve_months") == 0.0:
        cap = min(cap, 2)
    level = min(c["level"], cap, 5 if c["legal_capacity"] else 1)
    lowest = c.get("lowest_category", level <= 1)
    return level, lowest or not c["legal_capacity"] or level == 0


def market_of(c: Facts, p: Facts, level: int, lowest: bool, kind: str) -> str:
    def places(name: str, cuts: tuple[int, int]) -> tuple[str, ...]:
        score = c.get(name)
        if score is None:
            return PLACES[name]
        return (PLACES[name][sum(exact(score) >= cut for cut in cuts)],)

    market = p["market"]
    where = (kind, "none" if lowest else BEARS[level])
    where += places("knowledge", (34, 67)) + places("objective", (20, 40))
    answers = {market.get(name, "neutral") for name in where}
    barred = market["advice"] not in ("both", kind) or (lowest and market["not_for_lowest"])
    if barred or "no" in answers:
        return "negative"
    return "positive" if answers == {"yes"} else "outside"


def fires(rule: Facts, pack: Facts, c: Facts, p: Facts, day: date) -> bool:
    level, lowest = level_of(c)
    risk = max(p["risk_level"], p.get("issuer_risk_level", 0))
    number, unknown = rule.get("number"), rule.get("unknown", True)
    guarded = c["guardian"] and risk < rule.get("from_level", 1)
    kind = "professional" if is_exempt(pack, c) else "retail"
    claims, has_market = p.get("claims", {}), "market" in p

    def by_level(rule: Facts) -> bool:
        if not lowest and (pack.get("basis") == "portfolio" or level == 0):
            return False
        return risk in rule["cells"].get("lowest" if lowest else str(level), ())

    def insisted() -> bool:
        warned = any(
            r["when"] == "level"
            and r["decision"] == "warn"
            and not (r.get("exempt_professional") and is_exempt(pack, c))
            and by_level(r)
            for r in pack["rules"]
        )
        return warned and p["id"] in c["insists"] & c["written_warning"] and not lowest

    def currencies_differ() -> bool:
        ours, theirs = c.get("currency") or None, p.get("currency") or None
        return unknown if (ours is None) != (theirs is None) else ours != theirs

    conditions: dict[str, Callable[[], bool]] = {
        "unassessed": lambda: level == 0,
        "expired": lambda: later(c["assessed_on"], 12) < day if c.get("assessed_on") else unknown,
        "level": lambda: by_level(rule),
        "incapable": lambda: not c["legal_capacity"] and not guarded,
        "minor": lambda: (
            (c["age"] < number if "age" in c else unknown) and not c["institution"] and not guarded
        ),
        "senior": lambda: (
            (c["age"] >= number if "age" in c else unknown)
            and not c["institution"]
            and risk >= rule.get("from_level", 1)
        ),
        "high_risk": lambda: risk >= number,
        "amount": lambda: exact(c["wealth"]) < exact(p["min_purchase"]),
        "term": lambda: 0 < p["term_days"] > longest_term(day, c["horizon_years"]),
        "private": lambda: p["private"] and not c["private_qualified"],
        "complex": lambda: (
            p["complex"] and (c.get("knowledge") is None or exact(c["knowledge"]) < number)
        ),
        "currency": currencies_differ,
        "excluded": lambda: bool(c["excluded"] & {p["id"], p.get("asset"), *p["exposures"]}),
        "sustainability": lambda: any(
            name not in claims or exact(claims[name]) < exact(share)
            for name, share in c.get("demands", {}).items()
        ),
        "unsuited_target_market": lambda: (
            has_market
            and (
                exact(c["horizon_years"]) < exact(p["market"]["min_years"])
                or market_of(c, p, level, lowest, kind) == "negative"
            )
        ),
        "target_market": lambda: has_market and market_of(c, p, level, lowest, kind) != "positive",
        "insistence": insisted,
    }
    return rule["when"] in conditions and conditions[rule["when"]]()


def is_exempt(pack: Facts, c: Facts) -> bool:
    allowed = pack.get("natural_person_professional", True) or c["institution"]
    return c["professional"] and allowed and not level_of(c)[1]


def verdict(pack: Facts, c: Facts, p: Facts, day: date) -> tuple[str, list[str]]:
    fired = [
        rule
        for rule in pack["rules"]
        if not (rule.get("exempt_professional") and is_exempt(pack, c))
        and fires(rule, pack, c, p, day)
    ]
    if any(r["decision"] == "refuse" and r["when"] != "sustainability" for r in fired):
        fired = [r for r in fired if r["when"] != "sustainability"]
    decisions = {rule["decision"] for rule in fired}
    word = "refuse" if "refuse" in decisions else "warn" if "warn" in decisions else "allow"
    return word, sorted(rule["id"] for rule in fired)


def some_client(rng: np.random.Generator, day: date) -> Facts:
    def maybe(name: str, values: list[Any], chance: float = 0.6) -> Facts:
        return {name: values[int(rng.integers(len(values)))]} if rng.random() < chance else {}

    flags = ("professional", "institution", "guardian", "private_qualified")
    a_year_ago = later(day, -12)
    c: Facts = {
        "level": int(rng.integers(0, 6)),
        "legal_capacity": bool(rng.random() < 0.9),
        "wealth": float(rng.choice([0.0, 99.99, 100.0, 246119.50, 1000.1])),
        "horizon_years": float(rng.choice([0, 0.1, 0.25, 0.5, 1, 1.5, 2, 2.9, 3, 10])),
        "insists": {f"p{j}" for j in range(8) if rng.random() < 0.3},
        "written_warning": {f"p{j}" for j in range(8) if rng.random() < 0.5},
        "excluded": set(rng.choice(["p0", "y", "coal", "zz"], int(rng.integers(0, 2))).tolist()),
        **{name: bool(rng.random() < 0.3) for name in flags},
        **maybe("lowest_category", [True, False, False]),
        **maybe("assessed_on", [a_year_ago + timedelta(k) for k in (-2, -1, 0, 1)] + [day], 0.85),
        **maybe("knowledge", [0.0, 33.99, 34.0, 49.999, 50.0, 66.99, 67.0, 100.0]),
        **maybe("objective", [0.0, 19.99, 20.0, 39.99, 40.0, 90.0]),
        **maybe("age", [10, 17, 18, 40, 64, 65, 90]),
        **maybe("currency", ["CNY", "EUR", ""]),
        **maybe("demands", [{"pai": 0}, {"taxonomy": 20.0}, {"taxonomy": 33.3, "pai": 0}], 0.3),
    }
    need = round(float(exact(c["wealth"]) * (1 - LOSSES[int(rng.integers(5))])), 2)
    kind = rng.integers(4)
    if kind == 1:
        c["planned_purchases"] = need
    elif kind == 2:
        c |= {"monthly_spending": round(need / 3, 2)} | maybe("reserve_months", [0.0, 1.0, 3.0])
    elif kind == 3:
        c |= {"liabilities": 300.3} | maybe("income", [100.1, 50.0])
    return c


def some_product(rng: np.random.Generator, name: str) -> Facts:
    def maybe(name: str, values: list[Any], chance: float = 0.5) -> Facts:
        return {name: values[int(rng.integers(len(values)))]} if rng.random() < chance else {}

    market = {
        **{
            field: str(rng.choice(["yes", "neutral", "no"], p=[0.8, 0.12, 0.08]))
            for field in FIELDS
        },
        "min_years": float(rng.choice([0.0, 1.0, 3.0, 0.25])),
        "advice": str(rng.choice(["both", "retail", "professional", "neither"])),
        "not_for_lowest": bool(rng.random() < 0.2),
    }
    makes = [("x", {}), ("y", {}), (None, {"x": 0.5, "y": 0.5}), ("coal", {"x": 1.0})]
    asset, exposures = makes[int(rng.integers(4))]
    terms = [0, 30, 31, 89, 90, 91, 92, 181, 182, 183, 365, 366, 730, 731, 1095, 1096, 3652, 3653]
    return {
        "id": name,
        "risk_level": int(rng.integers(1, 6)),
        "exposures": exposures,
        "min_purchase": float(rng.choice([0, 100, 99.99, 246119.50, 1000.1])),
        "term_days": int(rng.choice(terms)),
        "complex": bool(rng.random() < 0.3),
        "private": bool(rng.random() < 0.2),
        **({} if asset is None else {"asset": asset}),
        **maybe("issuer_risk_level", [1, 2, 3, 4, 5], 0.3),
        **maybe("regime", list(NAMES), 0.4),
        **maybe("currency", ["CNY", "EUR", ""]),
        **maybe("claims", [{"pai": 0}, {"taxonomy": 19.99}, {"taxonomy": 33.3, "pai": 0}]),
        **maybe("market", [market], 0.4),
    }


def as_client(c: Facts, name: str) -> Client:
    demands = "|".join(f"{k}>={v}" if v else k for k, v in c.get("demands", {}).items())
    known = {k: v for k, v in c.items() if k not in ("demands", "objective")}
    return Client(id=name, sustainability=demands or None, **known)


def as_product(p: Facts) -> Product:
    claims = "|".join(f"{k}={v}" if v else k for k, v in p.get("claims", {}).items())
    known = {k: v for k, v in p.items() if k not in ("claims", "market")}
    market = TargetMarket(**p["market"]) if "market" in p else None
    return Product(name="x", sustainability=claims or None, target_market=market, **known)


@pytest.mark.parametrize("basis", ["product", "portfolio"])
@pytest.mark.parametrize("name", NAMES)
def test_both_implementations_say_what_the_pack_says(name: str, basis: str) -> None:
    decisions: dict[str, int] = {}
    for seed in range(30):
        rng, day = np.random.default_rng(seed), DAYS[seed % len(DAYS)]
        facts = [some_client(rng, day) for _ in range(10)]
        goods = [some_product(rng, f"p{j}") for j in range(8)]
        clients = [as_client(c, f"c{i}") for i, c in enumerate(facts)]
        table = ClientTable.from_clients(clients)
        catalogue = Catalogue.from_products([as_product(p) for p in goods])
        profiles = replace(
            profile_risk(table, None, as_of=day),
            objective=np.array([c.get("objective", np.nan) for c in facts]),
        )
        regime = getattr(Regime, name)().with_basis(basis)
        mask = regime.eligible(profiles, table, catalogue)
        for i, c in enumerate(facts):
            assert (profiles.level[i], profiles.lowest_category[i]) == level_of(c), c
            for j, p in enumerate(goods):
                pack = PACKS[p.get("regime", name)]
                pack = pack | {"basis": basis} if pack is PACKS[name] else pack
                expected = verdict(pack, c, p, day)
                given = regime.check(profiles[i], clients[i], catalogue.products[j])
                assert (given.decision, sorted(given.rules)) == expected, (c, p)
                assert mask[i, j] == (expected[0] == "allow"), (c, p)
                decisions[expected[0]] = decisions.get(expected[0], 0) + 1
    assert decisions["allow"] > 10
    assert decisions["refuse"] > 500

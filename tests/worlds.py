"""Random worlds: an advisor with pure and mixed funds, its settings, and clients who hold, lock and
exclude at random."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from advisor import (
    Advisor,
    Catalogue,
    Client,
    Interactions,
    Popularity,
    Product,
    Regime,
    ReturnModel,
)

DAY = "2026-11-20"


@dataclass(frozen=True)
class World:
    """An advisor, its settings, and clients."""

    advisor: Advisor
    model: ReturnModel
    products: dict[str, Product]
    regime: Regime
    cost: float
    min_trade: float
    clients: list[Client]
    picks: int


def model_of(rng: np.random.Generator, *, calm: bool = False) -> ReturnModel:
    """Random moments over 2..5 assets, the first of them calm; with `calm` it never moves."""
    n = int(rng.integers(2, 6))
    spread = np.concatenate(
        [[0.0 if calm else rng.uniform(0.002, 0.03)], rng.uniform(0.03, 0.45, n - 1)]
    )
    loads = rng.normal(size=(n, n + 2))
    inner = loads @ loads.T
    scale = spread / np.sqrt(np.diag(inner))
    covariance = inner * scale[:, None] * scale[None, :]
    mean = 0.01 + 0.35 * spread * rng.uniform(0.2, 1.0, n)
    return ReturnModel([f"a{i}" for i in range(n)], mean, (covariance + covariance.T) / 2.0)


def products_of(rng: np.random.Generator, model: ReturnModel) -> list[Product]:
    """Pure and mixed funds: fees, smallest purchases, issuers, deposits, closed, currencies."""
    found = []
    for code in range(int(rng.integers(3, 13))):
        assets = [model.assets[j] for j in rng.permutation(len(model.assets))]
        mixed = rng.random() < 0.35
        share = float(np.round(rng.uniform(0.1, 0.9), 2))
        made = {assets[0]: share, assets[1]: round(1.0 - share, 2)} if mixed else {assets[0]: 1.0}
        risk = max(
            model.covariance[model.assets.index(a), model.assets.index(a)] ** 0.5 for a in made
        )
        rating = int(np.clip(1 + np.searchsorted([0.03, 0.08, 0.18, 0.35], risk), 1, 5))
        found.append(
            Product(
                id=f"p{code}",
                name=f"Fund {code}",
                **({"exposures": made} if mixed else {"asset": assets[0]}),
                risk_level=rating,
                min_purchase=float(rng.choice([0.0, 0.0, 1.0, 100.0, 1000.0, 50_000.0])),
                annual_fee=float(rng.choice([0.0, rng.uniform(0.0, 0.03)])),
                complex=bool(rng.random() < 0.15),
                private=bool(rng.random() < 0.1),
                currency=str(rng.choice(["CNY", "CNY", "USD"])) if rng.random() < 0.1 else None,
                closed=bool(rng.random() < 0.1),
                issuer=str(rng.choice(["x", "y", "z"])) if rng.random() < 0.7 else None,
                own_product=bool(rng.random() < 0.2),
                insured_deposit=bool(not mixed and rating == 1 and rng.random() < 0.5),
            )
        )
    return found


def client_of(rng: np.random.Generator, code: int, names: list[str]) -> Client:
    """A client assessed elsewhere who holds, locks and excludes at random."""
    wealth = round(float(10.0 ** rng.uniform(2.0, 7.0)), 2)
    held = [names[j] for j in rng.permutation(len(names))[: rng.integers(0, 5)]]
    shares = rng.dirichlet(np.ones(len(held) + 1)) if held else []
    holdings = {
        h: float(np.floor(wealth * s * 100.0) / 100.0) for h, s in zip(held, shares, strict=False)
    }
    return Client(
        id=f"c{code}",
        wealth=wealth,
        horizon_years=float(rng.uniform(1.0, 30.0)),
        age=int(rng.integers(20, 85)),
        level=int(rng.integers(1, 6)),
        lowest_category=False,
        assessed_on="2026-05-04",
        knowledge=float(rng.uniform(0.0, 100.0)),
        holdings=holdings,
        locked=frozenset(h for h in held if rng.random() < 0.2),
        excluded=frozenset(n for n in names if n.startswith("p") and rng.random() < 0.05),
        currency=str(rng.choice(["CNY", "USD"])) if rng.random() < 0.2 else None,
    )


TWISTS = ("plain", "locked", "tiny", "penniless", "dear", "fees", "single", "calm", "small_unit")
"""What is unusual about a world: nothing; all that is held is locked; hardly any wealth; none;
smallest purchases beyond all wealth; fees near the bound; one product; an asset without volatility;
a currency without a hundredth."""


def twisted_products(products: list[Product], twist: str) -> list[Product]:
    """The products of a world of that kind."""
    change = {
        "dear": {"min_purchase": 30_000.0},
        "fees": {"annual_fee": 0.0499},
        "small_unit": {"currency": "JPY"},
    }.get(twist, {})
    count = 1 if twist == "single" else len(products)
    return [product.model_copy(update=change) for product in products[:count]]


def twisted_client(client: Client, twist: str) -> Client:
    """The client of a world of that kind."""
    if twist == "locked":
        return client.model_copy(update={"locked": frozenset(client.holdings)})
    if twist == "penniless":
        return client.model_copy(update={"wealth": 0.0, "holdings": {}, "locked": frozenset()})
    if twist == "tiny":
        less = {name: round(money / client.wealth, 2) for name, money in client.holdings.items()}
        return client.model_copy(update={"wealth": 1.0 + sum(less.values()), "holdings": less})
    if twist == "small_unit":
        whole = {name: float(int(money)) for name, money in client.holdings.items()}
        return client.model_copy(update={"currency": "JPY", "holdings": whole})
    return client


def world_of(seed: int, twist: str = "plain", **more: object) -> World:
    """A world by its seed, unusual in one way, with these settings of the advisor in place."""
    rng = np.random.default_rng(seed)
    model = model_of(rng, calm=twist == "calm")
    products = twisted_products(products_of(rng, model), twist)
    names = [*(p.id for p in products), *model.assets]
    bought = pd.DataFrame(
        {"client_id": ["b0", "b1"], "product_id": ["p0", "p0"], "day": ["2026-01-05"] * 2}
    )
    chosen = {
        "max_product_share": [None, 0.2, 0.5, 1.0][rng.integers(4)],
        "max_issuer_share": [None, 0.3, 1.0][rng.integers(3)],
        "no_trade_band": [None, 0.0, 0.05][rng.integers(3)],
        "trading_cost": float(rng.choice([0.0, 0.0, 0.002, 0.02])),
        "min_trade": float(rng.choice([0.0, 50.0, 1000.0])),
        "regime": [Regime.nfra(), Regime.csrc(), Regime.mifid()][rng.integers(3)],
    } | more
    advisor = Advisor.fit(
        model,
        Interactions.from_frame(bought),
        catalogue=Catalogue.from_products(products),
        recommender=Popularity(),
        **chosen,
    )
    clients = [twisted_client(client_of(rng, code, names), twist) for code in range(8)]
    by_id = {p.id: p for p in products}
    return World(
        advisor,
        model,
        by_id,
        chosen["regime"],
        chosen["trading_cost"],
        chosen["min_trade"],
        clients,
        int(rng.integers(1, 9)),
    )


def shares_of(world: World, name: str) -> dict[str, float]:
    """Asset -> share."""
    product = world.products.get(name)
    if product is None:
        return {name: 1.0}
    return dict(product.exposures) if product.exposures else {str(product.asset): 1.0}

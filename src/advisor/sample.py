"""A small made-up world, seeded: a market, a catalogue, clients and what they bought. For first
steps, tests and benchmarks; no figure in it is real.

Returns are drawn normal and then moved and scaled so that their sample mean and covariance are
exactly the ones written below, which are round numbers of the order that long histories show.

Purchases follow the attitude to risk that a client also answers by, what their portfolio lacks of
the mix of that attitude, and a liking for a few assets. Seven in ten are inside the client's level
(on FAR-Trans two in three), and what is bought next can be learnt from what was bought before, as
it can there (nDCG@10 of `EASE()` over that of `Popularity()`: 1.3 among suitable products here,
1.25 there). That purchases close gaps is a supposition: the customers of FAR-Trans buy more of what
they own, and no more inside their level than chance has it.
"""

from __future__ import annotations

from datetime import date
from typing import Annotated

import numpy as np
import pandas as pd

from advisor.annotations import Seed
from advisor.arrays import FloatArray
from advisor.contracts.client import Client
from advisor.contracts.product import Product
from advisor.contracts.questionnaire import Questionnaire
from advisor.data.catalogue import Catalogue
from advisor.data.clients.table import ClientTable
from advisor.data.days import as_day
from advisor.data.interactions import Interactions
from advisor.data.market import Market
from advisor.readers import Number
from advisor.validation import checked

SEED = 7
ASSESSED_ON = "2026-01-05"
"""The day on which sample clients answered; their answers may be used for a year."""
_DAYS = 2520
_YEAR = 252.0

ASSETS: dict[str, tuple[str, int, float, float]] = {
    "cash": ("cash", 1, 0.015, 0.003),
    "government_bonds": ("bonds", 2, 0.025, 0.045),
    "corporate_bonds": ("bonds", 2, 0.035, 0.060),
    "high_yield": ("bonds", 3, 0.050, 0.095),
    "domestic_equity": ("equity", 4, 0.065, 0.170),
    "global_equity": ("equity", 4, 0.068, 0.155),
    "emerging_equity": ("equity", 5, 0.080, 0.220),
    "gold": ("real", 4, 0.035, 0.150),
}
"""Asset -> group, risk level R1..R5, expected annual return, annual volatility."""

_CORRELATION = np.array(
    [
        [1.0, 0.1, 0.1, 0.0, 0.0, 0.0, 0.0, 0.0],
        [0.1, 1.0, 0.7, 0.2, -0.1, -0.1, 0.0, 0.2],
        [0.1, 0.7, 1.0, 0.5, 0.2, 0.2, 0.3, 0.2],
        [0.0, 0.2, 0.5, 1.0, 0.6, 0.6, 0.6, 0.1],
        [0.0, -0.1, 0.2, 0.6, 1.0, 0.8, 0.7, 0.0],
        [0.0, -0.1, 0.2, 0.6, 0.8, 1.0, 0.7, 0.1],
        [0.0, 0.0, 0.3, 0.6, 0.7, 0.7, 1.0, 0.2],
        [0.0, 0.2, 0.2, 0.1, 0.0, 0.1, 0.2, 1.0],
    ]
)
_LEVEL_EDGES = (0.30, 0.50, 0.68, 0.83)
"""Attitudes from which a client feels at C2, C3, C4 and C5: about where their answers put them."""
_MIXES = np.array(
    [
        [1.00, 0.00, 0.00, 0.00, 0.00, 0.00, 0.00, 0.00],
        [0.45, 0.00, 0.55, 0.00, 0.00, 0.00, 0.00, 0.00],
        [0.00, 0.35, 0.00, 0.40, 0.00, 0.25, 0.00, 0.00],
        [0.00, 0.00, 0.00, 0.20, 0.30, 0.30, 0.00, 0.20],
        [0.00, 0.00, 0.00, 0.00, 0.20, 0.20, 0.55, 0.05],
    ]
)
"""What a client of C1 to C5 wants of each asset: the portfolios of the levels, in round numbers."""
_BEYOND = 0.2
"""Chance of a product beyond the level a client feels at, against one inside."""
_LACKING, _LIKED, _ANYTHING = 1.5, 0.2, 0.02
"""How far a purchase follows what the mix lacks, what the client likes, and neither."""
_Products = Annotated[
    int,
    Number("Ask for at least one an asset.", whole=True, low=float(len(ASSETS)), high=100_000.0),
]
_Clients = Annotated[
    int, Number("Ask for as many as a sample needs.", whole=True, low=0.0, high=10_000_000.0)
]
_FAMILIES = ("Harbour", "Linden", "Northway", "Quarry", "Saffron", "Tidal")


@checked
def market(seed: Seed = SEED) -> Market:
    """Ten years of daily returns of the eight assets in `ASSETS`, with their groups and risk
    levels.
    """
    mean = np.array([a[2] for a in ASSETS.values()]) / _YEAR
    volatility = np.array([a[3] for a in ASSETS.values()]) / np.sqrt(_YEAR)
    covariance = _CORRELATION * np.outer(volatility, volatility)
    days = pd.bdate_range("2016-01-04", periods=_DAYS)
    return Market.from_returns(
        pd.DataFrame(_with_moments(mean, covariance, seed), index=days, columns=list(ASSETS)),
        groups={name: a[0] for name, a in ASSETS.items()},
        risk_levels={name: a[1] for name, a in ASSETS.items()},
    )


def _with_moments(mean: FloatArray, covariance: FloatArray, seed: int) -> FloatArray:
    draws = np.random.default_rng(seed).standard_normal((_DAYS, len(mean)))
    draws -= draws.mean(axis=0)
    whitened = np.linalg.solve(np.linalg.cholesky(np.cov(draws.T)), draws.T).T
    return whitened @ np.linalg.cholesky(covariance).T + mean


def labels() -> dict[str, dict[str, str]]:
    """Names of the eight assets in English and Chinese, as pages show them."""
    chinese = ("现金", "国债", "公司债", "高收益债", "国内股票", "全球股票", "新兴市场股票", "黄金")
    names = zip(ASSETS, chinese, strict=True)
    return {
        asset: {"en": asset.replace("_", " ").capitalize(), "zh": name} for asset, name in names
    }


@checked
def catalogue(products: _Products = 40, seed: Seed = SEED) -> Catalogue:
    """`products` funds over the eight assets, a few of them balanced, complex, private or locked
    for a term.

    Raises:
        InputError: Fewer products than assets.
    """
    rng = np.random.default_rng([seed, 1])
    names = list(ASSETS)
    stock: list[Product] = []
    for i in range(products):
        asset = names[i % len(names)]
        _, level, _, _ = ASSETS[asset]
        balanced = i % 9 == 8
        special = int(rng.integers(10)) if i >= len(names) else 9
        stock.append(
            Product(
                id=f"P{i + 1:03d}",
                name=(
                    f"{_FAMILIES[i % len(_FAMILIES)]}"
                    f" {'balanced' if balanced else asset.replace('_', ' ')} {i // len(names) + 1}"
                ),
                asset=None if balanced else asset,
                exposures={"global_equity": 0.4, "government_bonds": 0.6} if balanced else {},
                risk_level=3 if balanced else level,
                min_purchase=float(rng.choice([0.0, 100.0, 1000.0])),
                annual_fee=float(np.round(rng.uniform(0.001, 0.015), 4)),
                term_days=365 if special == 0 else 0,
                complex=special == 1,
                private=special == 2,
            )
        )
    return Catalogue.from_products(stock)


@checked
def interactions(
    clients: _Clients = 500, products: _Products = 40, seed: Seed = SEED
) -> Interactions:
    """Purchases of the first `clients` sample clients over two years, one after the other:
    popular products more often, and what suits the attitude, the mix lacks and the client likes.
    """
    rng = np.random.default_rng([seed, 2])
    stock = catalogue(products, seed)
    asset = np.array([list(ASSETS).index(name) for name in stock.main_asset])
    popularity = 1.0 / np.sqrt(1.0 + rng.permutation(products))
    liked = rng.dirichlet(np.full(len(ASSETS), 0.4), size=clients)
    level = np.searchsorted(_LEVEL_EDGES, _attitudes(np.random.default_rng([seed, 3]), clients))
    appeal = np.log(popularity) + np.log(_BEYOND) * (stock.risk_level > level[:, None] + 1)
    counts = np.minimum(1 + rng.poisson(3.0, size=clients), products)
    held, purchases = np.zeros((clients, len(ASSETS))), [np.zeros((2, 0), dtype=np.int64)]
    for step in range(int(counts.max(initial=0))):
        rows = np.flatnonzero(counts > step)
        lacking = np.maximum(_MIXES[level[rows]] * (step + 1) - held[rows], 0.0)
        lacking /= lacking.sum(axis=1, keepdims=True)
        lean = np.log(_ANYTHING + _LIKED * liked[rows] + _LACKING * lacking)[:, asset]
        choice = np.argmax(appeal[rows] + lean + rng.gumbel(size=lean.shape), axis=1)
        held[rows, asset[choice]] += 1.0
        appeal[rows, choice] = -np.inf
        purchases.append(np.stack([rows, choice]))
    owner, bought = np.concatenate(purchases, axis=1)
    order, days = np.argsort(owner, kind="stable"), rng.integers(0, 730, size=len(owner))
    owner, bought = owner[order], bought[order]
    days = days[np.lexsort((days, owner))].astype("timedelta64[D]")
    return Interactions.from_frame(
        pd.DataFrame(
            {
                "client_id": [f"c{i:05d}" for i in owner],
                "product_id": [stock.products[j].id for j in bought],
                "day": np.datetime64("2024-01-02") + days,
            }
        )
    )


def _attitudes(rng: np.random.Generator, count: int) -> FloatArray:
    """Attitudes to risk from 0 to 1, the first draws of `rng`, shape (count,)."""
    return rng.beta(2.5, 2.0, size=count)


@checked
def clients(
    count: _Clients = 500, seed: Seed = SEED, *, assessed_on: date | str | None = ASSESSED_ON
) -> ClientTable:
    """`count` clients who answered `Questionnaire.default()` on a day, each in the mood of a risk
    attitude of their own.
    """
    rng = np.random.default_rng([seed, 3])
    attitude = _attitudes(rng, count)
    columns: dict[str, object] = {
        "id": [f"c{i:05d}" for i in range(count)],
        "wealth": np.round(np.exp(rng.normal(11.0, 1.0, size=count)), 2),
        "horizon_years": np.round(rng.uniform(1.0, 25.0, size=count), 1),
        "age": rng.integers(21, 80, size=count),
        "assessed_on": np.full(
            count,
            "NaT" if assessed_on is None else as_day(assessed_on, "assessed_on"),
            dtype="datetime64[D]",
        ),
    }
    for question in Questionnaire.default().questions:
        options = sorted(question.options, key=lambda option: option.score)
        noise = rng.normal(0.0, 0.12, size=count)
        place = np.clip(((attitude + noise) * len(options)).astype(np.int64), 0, len(options) - 1)
        columns[f"answer:{question.id}"] = np.array([o.id for o in options], dtype=object)[place]
    return ClientTable.from_frame(pd.DataFrame(columns))


@checked
def client(*, assessed_on: date | str | None = ASSESSED_ON) -> Client:
    """One client in mid-life who answered every question in the middle, on a day."""
    answers: dict[str, str] = {}
    for question in Questionnaire.default().questions:
        options = sorted(question.options, key=lambda option: option.score)
        answers[question.id] = options[(2 * len(options)) // 3].id
    day = (
        None if assessed_on is None else date.fromisoformat(str(as_day(assessed_on, "assessed_on")))
    )
    return Client(
        id="anna", wealth=120_000.0, horizon_years=12.0, age=41, answers=answers, assessed_on=day
    )

"""Scoring and suitability at scale: one million respondents, one million clients by one thousand
products.

    python benchmarks/profiles.py [--quick]

Wall and CPU seconds, best of three; the classical score is the yardstick of the same run.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from dataclasses import replace
from typing import TypeVar

import numpy as np
import pandas as pd

from advisor.contracts import Product, Questionnaire
from advisor.contracts.question import LIMITING
from advisor.data import Catalogue, ClientTable
from advisor.data.categories import Categories
from advisor.risk_profile import GradedResponseModel, profile_risk
from advisor.risk_profile.answers import read_answers
from advisor.risk_profile.score import dimension_score
from advisor.suitability import Regime

DAY = "2026-06-01"
Result = TypeVar("Result")


def best(
    lines: list[str], name: str, work: Callable[[], Result], goal: str, times: int = 3
) -> tuple[float, Result]:
    """Run, note a row of the table, and return the best wall time and the first result."""
    walls: list[float] = []
    cpus: list[float] = []
    results: list[Result] = []
    for _ in range(times):
        cpu, wall = time.process_time(), time.perf_counter()
        result = work()
        walls.append(time.perf_counter() - wall)
        cpus.append(time.process_time() - cpu)
        results = results or [result]
        del result
    lines.append(f"| {name} | {min(walls):.2f} | {min(cpus):.2f} | {goal} |")
    return min(walls), results[0]


def crowd(count: int, asked: Questionnaire, rng: np.random.Generator) -> ClientTable:
    one = ClientTable.from_frame(
        pd.DataFrame({"id": ["x"], "wealth": [1.0], "horizon_years": [9.0]})
    )
    return replace(
        one.take(np.zeros(count, dtype=np.int64)),
        ids=tuple(map(str, range(count))),
        wealth=rng.lognormal(11, 1.5, count),
        horizon_years=rng.uniform(0, 25, count),
        age=rng.integers(18, 90, count).astype(np.float64),
        answers={
            q.id: Categories(tuple(o.id for o in q.options), rng.integers(0, len(q.options), count))
            for q in asked.questions
        },
    )


def shelf(count: int, rng: np.random.Generator) -> Catalogue:
    return Catalogue.from_products(
        Product(
            id=f"p{j}",
            name="x",
            asset="x",
            risk_level=int(rng.integers(1, 6)),
            min_purchase=float(rng.choice([0, 100, 1e3, 1e4, 1e5, 1e6])),
            term_days=int(rng.choice([0, 90, 365, 1095])),
            complex=bool(rng.random() < 0.2),
            private=bool(rng.random() < 0.05),
        )
        for j in range(count)
    )


def tables(quick: bool = False) -> list[str]:
    """Scoring and eligibility, each against its aim."""
    count = 100_000 if quick else 1_000_000
    rng = np.random.default_rng(0)
    asked = Questionnaire.mifid()
    clients = crowd(count, asked, rng)
    everybody = np.ones(count, dtype=np.bool_)
    lines = [
        f"{count:,} respondents x {len(asked.questions)} questions\n",
        "| work | wall s | CPU s | aim |",
        "|---|---|---|---|",
    ]

    def classical() -> object:
        answers = read_answers(clients, asked, everybody)
        return [
            dimension_score(answers, asked, dimension) for dimension in (*LIMITING, "knowledge")
        ]

    base, _ = best(lines, "classical scores of five dimensions", classical, "<= 1.5 s")
    model = GradedResponseModel.of(
        {
            f"i{k}": (float(rng.uniform(0.6, 2.2)), np.sort(rng.normal(0, 1, 4)).tolist())
            for k in range(25)
        }
    )
    responses = rng.integers(0, 5, (count, 25)).astype(np.int8)
    irt, _ = best(
        lines,
        "EAP with posterior deviation, 25 items, 33 nodes",
        lambda: model.score(responses),
        "<= 20 s",
    )
    _, profiles = best(
        lines, "profile_risk, everything", lambda: profile_risk(clients, asked, as_of=DAY), "-"
    )
    catalogue = shelf(1000, rng)
    regime = Regime.nfra()
    compact, found = best(
        lines,
        "Regime.eligibility, by class",
        lambda: regime.eligibility(profiles, clients, catalogue),
        "-",
    )
    full, mask = best(
        lines,
        "Regime.eligible, spelled out",
        lambda: regime.eligible(profiles, clients, catalogue),
        "<= 2 s",
    )
    client, profile = clients.client(0), profiles[0]
    best(
        lines,
        "Regime.check, 100,000 pairs",
        lambda: [
            regime.check(profile, client, catalogue.products[j % 1000]) for j in range(100_000)
        ],
        "-",
        times=1,
    )
    return [
        "\n".join(lines),
        (
            f"\nPosterior means cost {irt / base:.1f} x the classical scores. {found}:"
            f" {mask.nbytes / 1e9:.2f} GB spelled out,"
            f" {(found.allowed.nbytes + found.class_of.nbytes) / 1e6:.1f} MB by class, which cost"
            f" {compact / full:.2f} of the full mask."
        ),
    ]


if __name__ == "__main__":
    print("\n".join(tables("--quick" in sys.argv)))

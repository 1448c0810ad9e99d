"""Two hundred advices kept as JSON: a change of code that is meant to change nothing changes none.

The world is written out here (an integer sequence instead of a random generator), so that nothing
but the library can move a number. Where a change of behaviour is meant, write the file again and
say in the change log why: `python tests/reference/engine/test_advices_kept.py`.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from advisor import (
    EASE,
    Advisor,
    Catalogue,
    Client,
    ClientTable,
    Interactions,
    Product,
    Questionnaire,
    ReturnModel,
)

KEPT = Path(__file__).parents[2] / "data" / "advices" / "kept.json"
AS_OF = "2026-03-31"
ASSETS = ("cash", "bonds", "credit", "shares", "emerging", "gold")
MEAN = (0.015, 0.025, 0.035, 0.065, 0.075, 0.03)
VOLATILITY = (0.005, 0.045, 0.075, 0.16, 0.22, 0.15)
CORRELATION = (
    (1.0, 0.1, 0.05, 0.0, 0.0, 0.0),
    (0.1, 1.0, 0.5, 0.1, 0.15, 0.2),
    (0.05, 0.5, 1.0, 0.45, 0.5, 0.1),
    (0.0, 0.1, 0.45, 1.0, 0.75, 0.05),
    (0.0, 0.15, 0.5, 0.75, 1.0, 0.15),
    (0.0, 0.2, 0.1, 0.05, 0.15, 1.0),
)
RISK = (1, 2, 2, 3, 4, 4)


class Sequence:
    """Whole numbers of a linear congruence (Numerical Recipes' constants), the same everywhere."""

    def __init__(self, seed: int) -> None:
        self.state = seed

    def below(self, most: int) -> int:
        self.state = (self.state * 1664525 + 1013904223) % 2**32
        return (self.state >> 8) % most


def products() -> list[Product]:
    draw, made = Sequence(7), []
    for number in range(30):
        asset = number % 6
        mixed = number >= 24
        other = (asset + 1 + draw.below(5)) % 6
        made.append(
            Product(
                id=f"P{number:02d}",
                name=f"Product {number}",
                asset=None if mixed else ASSETS[asset],
                exposures={ASSETS[asset]: 0.6, ASSETS[other]: 0.4} if mixed else {},
                risk_level=max(RISK[asset], RISK[other] if mixed else 1),
                annual_fee=draw.below(12) / 1000.0,
                min_purchase=float((0, 0, 100, 1000)[draw.below(4)]),
                complex=draw.below(9) == 0,
                issuer=f"issuer {draw.below(9)}",
            )
        )
    return made


def clients() -> list[Client]:
    draw, made = Sequence(11), []
    questions = Questionnaire.default().questions
    for number in range(200):
        wealth = float(1_000 * (1 + draw.below(900)))
        held = {
            f"P{draw.below(30):02d}": round(wealth * (1 + draw.below(20)) / 100.0, 2)
            for _ in range(draw.below(4))
        }
        answers = {q.id: q.options[draw.below(len(q.options))].id for q in questions}
        known = draw.below(3)
        made.append(
            Client(
                id=f"c{number:03d}",
                wealth=wealth,
                horizon_years=float(1 + draw.below(20)),
                age=25 + draw.below(50),
                assessed_on=("2026-01-15", None, "2023-01-15")[max(0, number % 20 - 17)],
                holdings=held,
                locked=frozenset(list(held)[:1]) if draw.below(4) == 0 else frozenset(),
                biases={"loss_aversion": 1.0 + draw.below(20) / 10.0} if known == 0 else {},
                **(
                    {"level": 1 + draw.below(5), "knowledge": 60.0}
                    if known
                    else {"answers": answers}
                ),
            )
        )
    return made


def advisor() -> Advisor:
    draw = Sequence(3)
    bought = pd.DataFrame(
        {
            "client_id": [f"c{draw.below(200):03d}" for _ in range(900)],
            "product_id": [f"P{min(draw.below(30), draw.below(30)):02d}" for _ in range(900)],
            "day": "2025-06-30",
        }
    )
    n = range(len(ASSETS))
    covariance = [[CORRELATION[i][j] * VOLATILITY[i] * VOLATILITY[j] for j in n] for i in n]
    return Advisor.fit(
        ReturnModel(list(ASSETS), list(MEAN), covariance, risk_levels=list(RISK)),
        Interactions.from_frame(bought.drop_duplicates()),
        catalogue=Catalogue.from_products(products()),
        recommender=EASE(),
    )


def shortened(value: Any) -> Any:
    """Without sentences, which say the data beside them; numbers to twelve digits."""
    if isinstance(value, dict):
        return {
            k: shortened(v) for k, v in value.items() if k != "text" and v not in (None, [], {})
        }
    if isinstance(value, list):
        return [shortened(v) for v in value]
    return float(f"{value:.12g}") if isinstance(value, float) else value


def advised() -> list[dict[str, Any]]:
    """All that an advice says, but for the digest of what the advisor was made of."""
    batch = next(advisor().advise_many(ClientTable.from_clients(clients()), as_of=AS_OF))
    return [
        shortened(json.loads(batch[i].model_dump_json(exclude={"fingerprint"})))
        for i in range(len(batch))
    ]


def differences(now: Any, kept: Any, path: str) -> list[str]:
    """Where two values of JSON differ; numbers by more than one part in a hundred million."""
    if isinstance(kept, dict) and isinstance(now, dict):
        keys = sorted(kept.keys() | now.keys())
        return [d for k in keys for d in differences(now.get(k), kept.get(k), f"{path}.{k}")]
    if isinstance(kept, list) and isinstance(now, list) and len(kept) == len(now):
        return [
            d
            for i, pair in enumerate(zip(now, kept, strict=True))
            for d in differences(*pair, f"{path}[{i}]")
        ]
    if isinstance(kept, float) and isinstance(now, (int, float)):
        same = now == pytest.approx(kept, rel=1e-8, abs=1e-8)
    else:
        same = now == kept
    return [] if same else [f"{path}: {now!r}, kept {kept!r}"]


def test_no_number_and_no_reason_of_two_hundred_advices_has_moved() -> None:
    kept = json.loads(KEPT.read_text(encoding="utf-8"))
    assert len(kept) == 200
    assert len({a["status"] for a in kept}) >= 3
    moved = differences(advised(), kept, "advices")
    assert not moved, "\n".join([f"{len(moved)} values moved:", *moved[:20]])


if __name__ == "__main__":
    text = ",\n".join(json.dumps(a, separators=(",", ":")) for a in advised())
    KEPT.write_text(f"[\n{text}\n]\n", encoding="utf-8")

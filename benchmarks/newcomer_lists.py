"""Lists of FAR-Trans customers who have bought nothing yet; a part of `carry_over`."""

from __future__ import annotations

from pathlib import Path

import far_trans_data as far
import numpy as np
from far_trans_lists import WINDOW, K, quality, span, with_all_open

from advisor import ColdStart, Demographic, Popularity, Recipe
from advisor.data import ClientTable, Eligibility

ATTRIBUTES = ("segment", "answer:risk", "answer:capacity")
NEWCOMERS: dict[str, tuple[Recipe, bool]] = {
    "Popularity()": (Popularity(), False),
    "Popularity(90), capped and masked": (Popularity(half_life_days=90.0, capped=True), True),
    "attributes": (Demographic(ATTRIBUTES, half_life_days=90.0), False),
    "ColdStart.by_attributes(): capped and masked": (ColdStart.by_attributes(), True),
}
"""Recipe, and whether what is closed to new buyers is inferred."""


def newcomers(folder: Path, days: list[str], stride: int) -> list[str]:
    """Clients without a purchase: attributes, with and without the mask."""
    values: dict[str, list[float]] = {name: [] for name in NEWCOMERS}
    for day in days:
        bought, later = far.interactions(folder, day), far.held_out_newcomers(folder, day)
        known, new = (
            ClientTable.from_frame(f)
            for f in (
                far.attributes(folder, day),
                far.attributes_at_start(folder, later.clients.ids),
            )
        )
        for name, (recipe, infer) in NEWCOMERS.items():
            fitted = recipe.fit(
                bought, clients=known, catalogue=None if infer else with_all_open(folder)
            )
            offered = np.isin(fitted.products, far.eligible(folder, day))[None]
            eligible = Eligibility(np.zeros(len(new), dtype=np.int64), offered)
            lists = fitted.rank(new.ids, K, eligible=eligible, clients=new)
            values[name].append(quality(lists, later))
    plain = np.array(values["Popularity()"])
    return [
        f"| newcomers, {len(days)} points | nDCG@{K} | minus Popularity() [95 %] |",
        "|---|---|---|",
        *(
            f"| {name} | {np.mean(v):.4f} | {span(np.array(v) - plain, -(-WINDOW // stride))} |"
            for name, v in values.items()
        ),
    ]

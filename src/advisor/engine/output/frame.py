"""A batch as the columns of a data frame."""

from __future__ import annotations

from typing import Any

import numpy as np

from advisor.engine.advised import Advised
from advisor.engine.output.columns import (
    flag_words,
    pick_labels,
    pick_money,
    pick_reason_codes,
    problem_words,
    spelled,
)
from advisor.engine.output.reason_codes import ReasonCodes


def frame_columns(batch: Advised, reasons: ReasonCodes) -> dict[str, Any]:
    """Columns of `AdviceBatch.to_frame`, in their order."""
    allocations, products = (
        batch.allocations,
        np.array([*batch.state.catalogue.ids.ids, None], dtype=object),
    )
    columns: dict[str, Any] = {
        "client_id": np.array(batch.client_ids, dtype=object),
        "as_of": np.full(len(batch), batch.as_of.astype("datetime64[s]")),
        "status": batch.status,
        "reasons": reasons.words().spelled(),
        "problem": problem_words(batch).spelled(),
        "level": batch.level,
        "limited_by": batch.profiles.limited_by,
        "flags": flag_words(batch).spelled(),
        "target_volatility": batch.profiles.target_volatility,
        "risk_aversion": allocations.risk_aversion,
        "effective_risk_aversion": allocations.effective,
        **batch.figures,
        "kkt_residual": allocations.kkt_residual,
    }
    by_asset = {"weight": batch.weights, "after": batch.weights_after, "unplaced": batch.unplaced}
    for j, asset in enumerate(batch.state.model.assets):
        columns |= {f"{what}:{asset}": table[:, j] for what, table in by_asset.items()}
    for slot in range(batch.pick_codes.shape[1]):
        columns[f"pick_{slot + 1}"] = products[batch.pick_codes[:, slot]]
        columns[f"pick_{slot + 1}_score"] = batch.pick_scores[:, slot]
        columns[f"pick_{slot + 1}_money"] = pick_money(batch, slot)
        columns[f"pick_{slot + 1}_reasons"] = pick_reason_codes(batch, slot).spelled()
        for name, texts in pick_labels(batch.state.catalogue, slot + 1).items():
            columns[name] = spelled(texts, batch.pick_codes[:, slot])
    return columns | {name: column.spelled() for name, column in batch.clients.labels.items()}

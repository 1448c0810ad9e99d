"""A history as arrays and words, and back."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from advisor.data.ids import IdMap
from advisor.recommend.model.arrivals import Arrivals
from advisor.recommend.model.purchases import History
from advisor.recommend.model.rows import NO_WEIGHTS, Rows


def history_state(history: History) -> tuple[dict[str, np.ndarray], dict[str, Any]]:
    """Arrays and JSON-able rest; `restored_history` builds the same history from them."""
    days = np.zeros(0, dtype=np.int64) if history.days is None else history.days.astype(np.int64)
    arrays = {
        "history.indptr": history.rows.indptr,
        "history.codes": history.rows.codes,
        "history.weights": history.rows.weights,
        "history.days": days,
        "history.last_day": np.array([history.last_day], dtype="datetime64[D]").astype(np.int64),
        "history.closed": history.stated_closed,
        "arrivals.codes": history.arrivals.codes,
        "arrivals.days": history.arrivals.days,
        "arrivals.counts": history.arrivals.counts,
        "clients": packed_ids(history.clients.ids),
        "items": packed_ids(history.items.ids),
    }
    return arrays, {
        "n_products": history.n_products,
        "fixed_products": history.fixed_products,
        "half_life_days": history.half_life_days,
        "capped": history.capped,
    }


def packed_ids(ids: Sequence[str]) -> np.ndarray:
    """Ids as one array of bytes (a JSON list): an array of strings would cost four bytes a letter,
    one of objects would need pickle.
    """
    return np.frombuffer(json.dumps(ids).encode(), dtype=np.uint8)


def unpacked_ids(packed: np.ndarray) -> tuple[str, ...]:
    """The ids that `packed_ids` wrote."""
    return tuple(json.loads(packed.tobytes()))


def restored_history(arrays: Mapping[str, np.ndarray], meta: Mapping[str, Any]) -> History:
    """The history inside a model's state."""
    weights, days, half_life = (
        arrays["history.weights"],
        arrays["history.days"],
        meta["half_life_days"],
    )
    return History(
        IdMap(unpacked_ids(arrays["clients"])),
        IdMap(unpacked_ids(arrays["items"])),
        int(meta["n_products"]),
        Rows(
            arrays["history.indptr"],
            arrays["history.codes"],
            weights if len(weights) else NO_WEIGHTS,
        ),
        arrays["history.last_day"].astype("datetime64[D]")[0],
        half_life,
        days.astype("datetime64[D]") if half_life is not None or meta["capped"] else None,
        bool(meta["fixed_products"]),
        bool(meta["capped"]),
        Arrivals(arrays["arrivals.codes"], arrays["arrivals.days"], arrays["arrivals.counts"]),
        arrays["history.closed"],
    )

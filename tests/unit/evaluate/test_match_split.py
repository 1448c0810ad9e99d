"""Splits in time: nothing of the window is in the training, and nothing already bought is in the
window."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from advisor import InputError, Interactions
from advisor.evaluate import temporal_split, temporal_splits


def events(*rows: tuple[str, str, str]) -> Interactions:
    return Interactions.from_frame(pd.DataFrame(rows, columns=["client_id", "product_id", "day"]))


DATA = events(
    ("x", "a", "2026-01-01"), ("x", "b", "2026-01-31"), ("x", "a", "2026-02-10"), ("x", "c",
    "2026-02-20"), ("x", "c", "2026-02-25"),
    ("y", "a", "2026-02-01"), ("y", "b", "2026-04-01"), ("z", "b", "2025-12-01"),
)  # fmt: skip


def pairs(part: Interactions) -> set[tuple[str, str, str]]:
    return {
        (part.clients.ids[c], part.products.ids[p], str(d))
        for c, p, d in zip(part.client_codes, part.product_codes, part.days, strict=True)
    }


def test_the_cut_day_belongs_to_the_training_and_only_first_purchases_to_the_test() -> None:
    split = temporal_split(DATA, "2026-01-31", days=60)
    assert pairs(split.train) == {
        ("x", "a", "2026-01-01"),
        ("x", "b", "2026-01-31"),
        ("z", "b", "2025-12-01"),
    }
    assert pairs(split.test) == {
        ("x", "c", "2026-02-20"),
        ("y", "a", "2026-02-01"),
        ("y", "b", "2026-04-01"),
    }
    assert split.end == np.datetime64("2026-04-01")
    assert split.warm_clients == ("x",)


def test_repeats_are_kept_where_asked() -> None:
    split = temporal_split(DATA, "2026-01-31", days=40, only_new=False)
    assert len(split.test) == 4
    assert ("x", "a", "2026-02-10") in pairs(split.test)


def test_rolling_splits_fit_whole_windows_only() -> None:
    cuts = [str(s.cut) for s in temporal_splits(DATA, "2026-01-05", days=45, every=25)]
    assert cuts == ["2026-01-05", "2026-01-30"]


def test_no_event_crosses_the_cut_on_random_data() -> None:
    rng = np.random.default_rng(4)
    frame = pd.DataFrame(
        {
            "client_id": rng.integers(0, 30, 400).astype(str),
            "product_id": rng.integers(0, 25, 400).astype(str),
            "day": np.datetime64("2025-01-01") + rng.integers(0, 300, 400).astype("timedelta64[D]"),
        }
    )
    for split in temporal_splits(Interactions.from_frame(frame), "2025-02-01", days=20, every=15):
        assert split.train.days.max() <= split.cut < split.test.days.min()
        assert split.test.days.max() <= split.end
        known = {(c, p) for c, p, _ in pairs(split.train)}
        new = [(c, p) for c, p, _ in sorted(pairs(split.test))]
        assert not known & set(new)
        assert len(set(new)) == len(new)
        window = frame[
            (frame.day > pd.Timestamp(split.cut)) & (frame.day <= pd.Timestamp(split.end))
        ]
        assert set(new) == set(zip(window.client_id, window.product_id, strict=True)) - known


@pytest.mark.parametrize(
    ("cut", "days", "message"),
    [("2020-01-01", 30, "before"), ("2026-04-01", 30, "after"), ("2026-01-31", 0, "days is 0")],
)
def test_an_empty_side_is_refused(cut: str, days: int, message: str) -> None:
    with pytest.raises(InputError, match=message):
        temporal_split(DATA, cut, days=days)


def test_cuts_must_move() -> None:
    with pytest.raises(InputError, match="every is"):
        next(temporal_splits(DATA, "2026-01-05", days=30, every=0))
    with pytest.raises(InputError, match="No window of 4000 days"):
        next(temporal_splits(DATA, "2026-01-05", days=4000, every=10))

"""Review triggers: each fires on its evidence and on nothing else; a million clients are one
call."""

from __future__ import annotations

from dataclasses import fields, replace

import numpy as np
import pytest

from advisor import InputError
from advisor.lifecycle import TRIGGERS, ClientStates, ReviewRules, review

DAY = "2026-02-01"


def day(text: str) -> np.ndarray:
    return np.array([text], dtype="datetime64[D]")


QUIET = ClientStates(
    ("ann",), drift=np.array([0.01]), level=np.array([3]), advised_level=np.array([3]),
    valid_until=day("2026-12-01"), next_event=day("NaT"),
    stress_loss=np.array([0.10]), stress_tolerance=np.array([0.15]), value=np.array([95.0]),
    peak_value=np.array([100.0]),
    drawdown_tolerance=np.array([0.10]), product_level=np.array([3]), age=np.array([50.0]),
    age_at_review=np.array([49.0]), kyc_changed_on=day("2025-01-01"),
    last_review=day("2025-06-01"), forecast_volatility=np.array([0.066]),
    aimed_volatility=np.array([0.06]),
)  # fmt: skip


def test_nothing_fires_without_a_cause() -> None:
    found = review(QUIET, as_of=DAY)
    assert found[0] == ()
    assert not found.due[0]


@pytest.mark.parametrize(
    ("change", "name", "evidence"),
    [
        ({"drift": np.array([0.03])}, "drift", ("drift_limit", 0.03)),
        ({"drift": np.array([0.041])}, "drift", ("drift", 0.041)),
        ({"advised_level": np.array([4])}, "level_changed", ("advised_level", 4.0)),
        ({"valid_until": day("2026-01-31")}, "assessment_expired", ("valid_until", "2026-01-31")),
        ({"valid_until": day("NaT")}, "assessment_expired", ("valid_until", "NaT")),
        ({"valid_until": day("2026-02-20")}, "assessment_expires_soon", ("expiry_days", 30.0)),
        ({"next_event": day("2027-06-01")}, "event_soon", ("next_event", "2027-06-01")),
        (
            {"stress_loss": np.array([0.16])},
            "stress_loss_above_tolerance",
            ("stress_tolerance", 0.15),
        ),
        ({"value": np.array([89.0])}, "drawdown_above_tolerance", ("peak_value", 100.0)),
        ({"product_level": np.array([4])}, "product_level_raised", ("product_level", 4.0)),
        ({"age": np.array([65.0])}, "age_reached", ("age_at_review", 49.0)),
        ({"kyc_changed_on": day("2026-01-15")}, "kyc_changed", ("kyc_changed_on", "2026-01-15")),
        ({"last_review": day("2025-01-15")}, "review_overdue", ("review_days", 365.0)),
        ({"forecast_volatility": np.array([0.0661])}, "size", ("size_limit", 0.1)),
        ({"forecast_volatility": np.array([0.0539])}, "size", ("aimed_volatility", 0.06)),
    ],
)
def test_each_trigger_fires_alone_with_its_evidence(
    change: dict, name: str, evidence: tuple
) -> None:
    (trigger,) = review(replace(QUIET, **change), as_of=DAY)[0]
    assert trigger.name == name
    assert trigger.evidence[evidence[0]] == evidence[1]


def test_never_reviewed_and_old_age_fail_closed() -> None:
    found = review(
        replace(QUIET, last_review=day("NaT"), age=np.array([80.0]), age_at_review=None), as_of=DAY
    )
    assert {t.name for t in found[0]} == {"never_reviewed", "kyc_changed", "age_reached"}


def test_edges_are_not_breaches() -> None:
    edge = replace(
        QUIET,
        valid_until=day("2026-02-01"),
        stress_loss=np.array([0.15]),
        value=np.array([90.0]),
        next_event=day("2026-01-31"),
        last_review=day("2025-02-01"),
    )
    assert [t.name for t in review(edge, as_of=DAY)[0]] == ["assessment_expires_soon"]


def test_every_trigger_can_be_named_and_counted() -> None:
    found = review(QUIET, as_of=DAY)
    assert list(found.to_frame().columns) == list(TRIGGERS)
    assert found.counts().sum() == 0
    assert "1 clients on 2026-02-01, 0 due" in repr(found)
    with pytest.raises(InputError, match="No trigger"):
        found.has("moon")


def test_a_batch_is_its_rows() -> None:
    rng = np.random.default_rng(0)
    c = 500
    days = np.datetime64(DAY) + rng.integers(-900, 900, (4, c))
    days[rng.random((4, c)) < 0.1] = np.datetime64("NaT")
    many = ClientStates(
        tuple(f"c{i}" for i in range(c)), drift=rng.random(c) * 0.06, level=rng.integers(1, 6, c),
        advised_level=rng.integers(1, 6, c), valid_until=days[0],
        next_event=days[1], stress_loss=rng.random(c), stress_tolerance=rng.random(c),
        value=rng.random(c), peak_value=np.ones(c), drawdown_tolerance=rng.random(c),
        product_level=rng.integers(1, 6, c), age=rng.uniform(20, 90, c),
        age_at_review=rng.uniform(20, 90, c), kyc_changed_on=days[2], last_review=days[3],
        forecast_volatility=rng.random(c), aimed_volatility=rng.random(c),
    )  # fmt: skip
    whole = review(many, as_of=DAY)
    assert (whole.counts() > 0).all()
    for i in range(0, c, 25):
        row = {f.name: getattr(many, f.name)[i : i + 1] for f in fields(many)}
        assert review(ClientStates(**row), as_of=DAY)[0] == whole[i]


def test_missing_columns_are_not_looked_at_and_wrong_lengths_refused() -> None:
    assert not review(ClientStates(("ann", "bob")), as_of=DAY).due.any()
    assert review(
        replace(QUIET, drift=np.array([0.02])), as_of=DAY, rules=ReviewRules(drift=0.02)
    ).has("drift")[0]
    with pytest.raises(InputError, match="drift has 1 rows for 2"):
        ClientStates(("ann", "bob"), drift=np.array([0.1]))

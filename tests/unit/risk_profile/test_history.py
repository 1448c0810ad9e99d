"""Assessments over time."""

from __future__ import annotations

import pandas as pd
import pytest

from advisor import InputError
from advisor.contracts import Client, Questionnaire
from advisor.data import ClientTable
from advisor.risk_profile import AssessmentHistory, profile_risk

ASKED = Questionnaire.default()
BEST = {q.id: max(q.options, key=lambda o: o.score).id for q in ASKED.questions}


def history(*rows: tuple[str, str, int, bool]) -> AssessmentHistory:
    return AssessmentHistory.from_frame(
        pd.DataFrame(rows, columns=["client_id", "day", "level", "confirmed"])
    )


def rules(frame: pd.DataFrame) -> list[tuple[str, str]]:
    return list(zip(frame["client_id"], frame["rule"], strict=True))


def test_at_most_two_a_day_and_eight_in_twelve_months() -> None:
    thrice = history(*[("a", "2026-03-01", 3, True)] * 3)
    assert rules(thrice.validate("2026-03-02")) == [("a", "daily")]
    monthly = history(*[("a", f"2026-{m:02d}-01", 3, True) for m in range(1, 9)])
    assert rules(monthly.validate("2026-08-02")) == []
    assert monthly.may_assess(["a", "new"], "2026-08-02").tolist() == [False, True]
    assert monthly.may_assess(["a"], "2027-01-01").tolist() == [
        True
    ]  # the first is twelve months old and counts no longer
    ninth = history(*[("a", f"2026-{m:02d}-01", 3, True) for m in range(1, 10)])
    assert rules(ninth.validate("2026-09-02")) == [("a", "yearly")]
    assert thrice.may_assess(["a"], "2026-03-01").tolist() == [False]
    assert thrice.may_assess(["a"], "2026-03-02").tolist() == [True]


def test_an_assessment_counts_for_twelve_months() -> None:
    past = history(("a", "2025-06-01", 3, True), ("b", "2025-06-02", 3, True))
    assert rules(past.validate("2026-06-02")) == [("a", "validity")]


def test_the_future_is_not_looked_at() -> None:
    assert (
        rules(
            history(("a", "2025-06-01", 3, True), ("a", "2026-07-01", 5, False)).validate(
                "2026-05-31"
            )
        )
        == []
    )


def test_a_changed_level_must_be_confirmed() -> None:
    past = history(
        ("a", "2026-01-01", 2, False),
        ("a", "2026-02-01", 4, False),
        ("b", "2026-01-01", 2, True),
        ("b", "2026-02-01", 4, True),
    )
    assert rules(past.validate("2026-03-01")) == [("a", "reconfirm")]
    assert past.standing(["a", "b", "c"], "2026-03-01").tolist() == [2, 4, -1]


def test_a_fall_counts_at_once() -> None:
    assert history(("a", "2026-01-01", 4, True), ("a", "2026-02-01", 2, False)).standing(
        ["a"], "2026-03-01"
    ).tolist() == [2]


def test_an_unconfirmed_rise_does_not_pass_the_last_level() -> None:
    table = ClientTable.from_clients(
        [Client(id=name, wealth=1, horizon_years=20, answers=BEST) for name in "abc"]
    )
    past = history(
        ("a", "2026-01-01", 3, True), ("b", "2026-01-01", 3, True), ("b", "2026-06-01", 5, True)
    )
    p = profile_risk(table, ASKED, as_of="2026-06-02", history=past)
    assert p.level.tolist() == [3, 5, 5]
    assert p.limited_by[0] == "last assessment"
    assert p.flags[0] == ("above_last_assessment",)


def test_an_upgrade_shortly_before_a_purchase_is_found() -> None:
    past = history(
        ("a", "2026-01-01", 2, True),
        ("a", "2026-05-01", 4, True),
        ("b", "2026-01-01", 4, True),
        ("b", "2026-05-01", 3, True),
    )
    sales = pd.DataFrame(
        {"client_id": ["a", "b", "z"], "day": ["2026-05-20", "2026-05-20", "2026-05-20"]}
    )
    found = past.validate("2026-06-01", purchases=sales)
    assert rules(found) == [("a", "upgrade_before_sale")]
    assert "19 days before a purchase" in found["text"][0]
    late = sales.assign(day="2026-06-01")
    assert rules(past.validate("2026-06-01", purchases=late)) == []


def test_duties_of_age_and_capacity() -> None:
    table = ClientTable.from_clients(
        [
            Client(id="old", wealth=1, horizon_years=1, age=65),
            Client(id="young", wealth=1, horizon_years=1, age=17),
            Client(id="ward", wealth=1, horizon_years=1, age=40, legal_capacity=False),
        ]
    )
    assert rules(history().validate("2026-06-01", clients=table)) == [
        ("old", "senior"),
        ("ward", "capacity"),
        ("young", "minor"),
    ]


def test_rows_that_are_no_assessment_are_refused() -> None:
    with pytest.raises(InputError, match="need the column"):
        AssessmentHistory.from_frame(pd.DataFrame({"client_id": ["a"], "day": ["2026-01-01"]}))
    for day, level in (("2026-01-01", 6), ("soon", 3)):
        with pytest.raises(InputError, match="History row 0"):
            history(("a", day, level, True))

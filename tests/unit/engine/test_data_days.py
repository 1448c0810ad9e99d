"""What an advisor says where its data know the future, ended long before, or are few."""

from __future__ import annotations

import logging

import numpy as np
import pandas as pd
import pytest

from advisor import Advisor, InputError, Market, ReturnModel, estimate_returns, sample

BOUGHT = sample.interactions()


@pytest.fixture(scope="module")
def advisor() -> Advisor:
    """Prices until 2025-08-29, purchases until 2025-06-30."""
    return Advisor.fit(
        sample.market(), BOUGHT.until("2025-06-30"), catalogue=sample.catalogue(), stale_after=100
    )


@pytest.mark.parametrize(
    ("day", "words"),
    [
        ("2025-08-29", ()),
        ("2025-12-07", ()),
        ("2025-12-08", ("Prices end on 2025-08-29, 101 days before",)),
        ("2025-08-28", ("Prices reach 2025-08-29",)),
        ("2025-06-30", ("Prices reach",)),
        ("2025-06-29", ("Prices reach", "Purchases reach 2025-06-30")),
    ],
)
def test_days_beyond_or_long_before_the_day_of_advice_are_said(
    advisor: Advisor, day: str, words: tuple[str, ...], caplog: pytest.LogCaptureFixture
) -> None:
    clients = sample.clients(4, assessed_on="2025-06-01")
    last = advisor.state.recommender.history.last_day
    assert str(last) <= "2025-06-30"
    words = tuple(word.replace("2025-06-30", str(last)) for word in words)
    if day == "2025-06-29" and str(last) <= day:
        day, words = str(last - np.timedelta64(1, "D")), ("Prices reach", f"Purchases reach {last}")
    with caplog.at_level(logging.WARNING, logger="advisor"):
        note = advisor.advise_table(clients, as_of=day).note
        advisor.rank(clients, 2, as_of=day)
        advisor.advise(clients.client(0), as_of=day)
    assert (note is None) == (not words)
    assert all(word in (note or "") for word in words)
    assert len(caplog.records) == len(words), "once a day of advice"


def test_an_assessment_after_the_day_gives_no_advice(advisor: Advisor) -> None:
    frame = pd.DataFrame(
        {"id": ["a", "b"], "wealth": 1e5, "horizon_years": 5.0, "level": 3,
         "assessed_on": ["2025-09-01", "2025-09-02"]}
    )  # fmt: skip
    (batch,) = advisor.advise_many(frame, as_of="2025-09-01")
    assert batch.status[1] == "not_assessed"
    assert batch.status[0] != "not_assessed"


def test_a_calibration_beyond_the_day_is_said(advisor: Advisor) -> None:
    later = BOUGHT.after("2025-06-30")
    calibrated = advisor.calibrate(
        sample.clients(assessed_on="2025-06-01"), later, as_of="2025-09-01"
    )
    note = calibrated.advise_table(sample.clients(2), as_of="2025-09-02").note
    assert f"The calibration reaches {later.days.max()}" in (note or "")


@pytest.mark.parametrize(("rows", "few"), [(23, True), (24, False), (400, False)])
def test_an_estimate_from_few_rows_is_said(rows: int, few: bool) -> None:
    short = Market.from_returns(sample.market().to_frame().iloc[-rows:])
    advisor = Advisor.fit(short, BOUGHT.until("2025-08-29"), catalogue=sample.catalogue())
    clients = sample.clients(2, assessed_on="2025-06-01")
    note = advisor.advise_table(clients, as_of="2025-08-29").note
    assert (f"rests on {rows} rows" in (note or "")) == few


def test_anybody_s_estimates_are_of_unknown_days() -> None:
    model = estimate_returns(sample.market())
    assert str(model.history.until) == "2025-08-29"
    own = ReturnModel(model.assets, model.mean, model.covariance)
    advisor = Advisor.fit(own, BOUGHT, catalogue=sample.catalogue())
    assert advisor.advise_table(sample.clients(2), as_of="2030-01-01").note is None
    with pytest.raises(InputError, match="stale_after is 0"):
        Advisor.fit(own, BOUGHT, stale_after=0)

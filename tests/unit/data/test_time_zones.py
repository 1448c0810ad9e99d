"""A time with a time zone counts on the day there, whichever offsets stand in the column; moments
are compared in UTC. The oracle is `zoneinfo`."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd
import pytest

from advisor import InputError, Interactions, Trades
from advisor.data.days import as_days, as_times

SYDNEY = ZoneInfo("Australia/Sydney")
CHANGE = datetime(2026, 4, 5, 3, tzinfo=SYDNEY)
"""The end of daylight saving: +11:00 before, +10:00 after."""
MOMENTS = [
    (CHANGE.astimezone(UTC) + timedelta(hours=7 * i)).astimezone(SYDNEY) for i in range(-9, 9)
]
OTHERS = [
    datetime(2026, 4, 5, 10, 30, tzinfo=ZoneInfo(zone))
    for zone in ("Asia/Kathmandu", "America/St_Johns", "UTC")
]
FORMS = {
    "text": [moment.isoformat() for moment in MOMENTS + OTHERS],
    "datetime": MOMENTS + OTHERS,
    "Timestamp": [pd.Timestamp(moment) for moment in MOMENTS + OTHERS],
    "both": [m.isoformat() if i % 2 else m for i, m in enumerate(MOMENTS + OTHERS)],
    "bytes": [moment.isoformat().encode() for moment in MOMENTS + OTHERS],
}


@pytest.mark.parametrize("form", FORMS)
def test_every_offset_counts_on_the_day_there(form: str) -> None:
    column = pd.Series(FORMS[form], dtype=object)
    assert len({moment.utcoffset() for moment in MOMENTS + OTHERS}) == 5
    expected = [moment.date() for moment in MOMENTS + OTHERS]
    assert as_days(column, "day").tolist() == expected
    moments, clock = as_times(column, "day")
    assert clock.astype("datetime64[us]").tolist() == [
        moment.replace(tzinfo=None) for moment in MOMENTS + OTHERS
    ]
    assert moments.astype("datetime64[us]").tolist() == [
        moment.astimezone(UTC).replace(tzinfo=None) for moment in MOMENTS + OTHERS
    ]


def test_events_and_trades_across_daylight_saving_are_read() -> None:
    days = [moment.isoformat() for moment in MOMENTS]
    events = pd.DataFrame({"client_id": 1, "product_id": range(len(days)), "day": days})
    read = Interactions.from_frame(events)
    assert sorted(read.days.tolist()) == [moment.date() for moment in MOMENTS]
    trades = Trades.from_frame(
        pd.DataFrame(
            {"client_id": 1, "asset": "a", "day": days[::-1], "side": "buy", "units": 1, "price": 1}
        )
    )
    assert (np.diff(trades.times) > np.timedelta64(0)).all()
    assert trades.clock is not None
    assert trades.clock.astype("datetime64[D]").tolist() == [moment.date() for moment in MOMENTS]


def test_moments_with_and_without_a_zone_do_not_mix() -> None:
    column = pd.Series(["2026-04-05T10:00+11:00", "2026-04-05T10:00"])
    assert [str(day) for day in as_days(column, "day")] == ["2026-04-05", "2026-04-05"]
    with pytest.raises(InputError, match="a time zone in row 0 and none in row 1"):
        as_times(column, "day")


def test_nanoseconds_and_short_offsets_are_kept() -> None:
    column = pd.Series(["2026-04-04T10:30:00.123456789+11", "2026-04-04 10:30:00.000000001Z"])
    moments, clock = as_times(column, "day")
    assert clock.astype(str).tolist() == [
        "2026-04-04T10:30:00.123456789",
        "2026-04-04T10:30:00.000000001",
    ]
    assert moments.astype(str).tolist() == [
        "2026-04-03T23:30:00.123456789",
        "2026-04-04T10:30:00.000000001",
    ]

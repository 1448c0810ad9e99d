"""Holding periods by the tax code's own rule, and lots in every form a host may hold them."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone
from fractions import Fraction

import numpy as np
import pandas as pd
import pytest

from advisor import InputError
from advisor.lifecycle import ClientStates, TaxLots, review, sell_lots

PUBLISHED = [
    # bought, last short-term day: J. K. Lasser's Your Income Tax 2013, 5.9, example 1
    ("2012-09-19", "2013-09-19"),
    # Rev. Rul. 66-7 and Caspe v. United States (1982): from the last day of a month, whole months
    ("2021-11-30", "2022-11-30"),
    ("2023-02-28", "2024-02-29"),
    ("2024-02-29", "2025-02-28"),
    # 26 U.S.C. 1222(3): a year is not more than a year, leap or not
    ("2023-06-15", "2024-06-15"),
    ("2024-02-28", "2025-02-28"),
    ("2024-01-10", "2025-01-10"),
]


def lot(acquired: object, units: object = 1.0, cost: object = 1.0) -> TaxLots:
    count = len(acquired)  # type: ignore[arg-type]
    spread = (
        np.broadcast_to(np.asarray(units), (count,)),
        np.broadcast_to(np.asarray(cost), (count,)),
    )
    return TaxLots(np.zeros(count, dtype=np.int64), *spread, acquired)  # type: ignore[arg-type]


@pytest.mark.parametrize(("bought", "last"), PUBLISHED)
def test_a_year_is_counted_by_the_calendar(bought: str, last: str) -> None:
    book = lot(np.array([bought], dtype="datetime64[D]"))
    after = date.fromisoformat(last) + timedelta(days=1)
    assert not sell_lots(book, [1.0], [2.0], on=last).long_term[0]
    assert sell_lots(book, [1.0], [2.0], on=after).long_term[0]


def test_every_day_of_eleven_years_against_plain_dates() -> None:
    first = date(2019, 1, 1)
    days = [first + timedelta(days=i) for i in range(4018)]
    for sale in (date(2025, 2, 28), date(2025, 3, 1), date(2028, 2, 29), date(2028, 3, 1)):
        bought = [d for d in days if d <= sale]
        told = sell_lots(lot(bought), [1.0], [2.0], on=sale).long_term.tolist()
        for day, long in zip(bought, told, strict=True):
            begins = day + timedelta(days=1)
            leap = (begins.month, begins.day) == (2, 29)
            complete = date(begins.year + 1, 3, 1) if leap else begins.replace(year=begins.year + 1)
            assert long == (sale >= complete), (day, sale)


EAST = timezone(timedelta(hours=9))
FORMS = {
    **{
        unit: np.array(["2024-01-02"], dtype=f"datetime64[{unit}]")
        for unit in ["D", "h", "m", "s", "ms", "us", "ns"]
    },
    "series": pd.Series(pd.to_datetime(["2024-01-02"])),
    "index": pd.DatetimeIndex(["2024-01-02 15:30"]),
    "text": ["2024-01-02"],
    "date": [date(2024, 1, 2)],
    "objects": np.array([date(2024, 1, 2)], dtype=object),
    "east": pd.Series([datetime(2024, 1, 2, 1, tzinfo=EAST)]),
    "utc": pd.DatetimeIndex([datetime(2024, 1, 2, 23, tzinfo=UTC)]),
}


@pytest.mark.parametrize("form", FORMS)
def test_every_form_of_day_is_the_same_day(form: str) -> None:
    book = lot(FORMS[form], 10.0, 6.0)
    assert book.acquired.dtype == np.dtype("datetime64[D]")
    assert book.acquired.tolist() == [date(2024, 1, 2)]
    sale = sell_lots(book, [10.0], [10.0], on="2025-01-02", short_rate=0.4, long_rate=0.1)
    assert (sale.tax[0], sale.short_gain[0]) == (16.0, 40.0)
    assert (
        sell_lots(book, [10.0], [10.0], on="2025-01-03", short_rate=0.4, long_rate=0.1).tax[0]
        == 4.0
    )


@pytest.mark.parametrize("kind", [np.int32, np.int64, np.uint8, np.uint64, np.float32])
def test_whole_and_unsigned_numbers_are_money(kind: type) -> None:
    units, cost = np.array([3, 2], dtype=kind), np.array([9, 4], dtype=kind)
    book = TaxLots(
        np.zeros(2, dtype=np.uint8),
        units,
        cost,
        np.array(["2024-01-02"] * 2, dtype="datetime64[D]"),
    )  # type: ignore[arg-type]
    sale = sell_lots(
        book, np.array([4], dtype=kind), np.array([7], dtype=kind), on="2024-02-01", short_rate=0.5
    )
    assert sale.sold.tolist() == [3.0, 1.0]  # the dearer lot first
    assert sale.short_gain[0] == float(Fraction(3 * (7 - 9) + 1 * (7 - 4)))
    assert sale.tax[0] == 0.0


def test_one_position_does_not_round_another() -> None:
    position, units = np.array([0, 1, 1]), np.array([1e16, 0.1, 0.2])
    book = TaxLots(position, units, np.ones(3), np.array(["2024-01-02"] * 3, dtype="datetime64[D]"))
    sale = sell_lots(book, [1e16, 0.25], [1.0, 1.0], on="2024-02-01", rule="fifo")
    np.testing.assert_allclose(sale.sold, [1e16, 0.1, 0.15], rtol=1e-15)


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"acquired": np.array(["NaT"], dtype="datetime64[ns]")}, "acquired"),
        ({"acquired": np.array(["2024-01"], dtype="datetime64[M]")}, "acquired"),
        ({"acquired": [None]}, "acquired"),
        ({"acquired": [20240102]}, "acquired"),
        ({"units": [np.inf]}, "units"),
        ({"units": [0]}, "units"),
        ({"units": [np.nan]}, "units"),
        ({"cost": [-1]}, "cost"),
        ({"cost": [np.inf]}, "cost"),
        ({"position": [0.5]}, "position"),
        ({"position": [-1]}, "position"),
    ],
)
def test_what_no_lot_can_have_is_refused_by_name(changed: dict[str, object], field: str) -> None:
    with pytest.raises(InputError) as refusal:
        TaxLots(
            **(
                {"position": [0], "units": [1.0], "cost": [1.0], "acquired": ["2024-01-02"]}
                | changed
            )
        )  # type: ignore[arg-type]
    assert refusal.value.field == field


@pytest.mark.parametrize(
    ("units", "price", "on"),
    [
        ([1.0], [1.0], "2024-01-01"),
        ([np.inf], [1.0], "2025-01-01"),
        ([1.0], [np.inf], "2025-01-01"),
    ],
)
def test_no_sale_before_the_purchase_nor_of_what_is_not_finite(
    units: list[float], price: list[float], on: str
) -> None:
    with pytest.raises(InputError):
        sell_lots(lot(["2024-01-02"]), units, price, on=on)


@pytest.mark.parametrize("unit", ["D", "s", "ns"])
def test_a_review_reads_days_of_any_unit(unit: str) -> None:
    """An event at 15:30 on the last day that counts is on that day."""
    hour = "2026-01-31" if unit == "D" else "2026-01-31T15:30"
    day = np.array([hour], dtype=f"datetime64[{unit}]")
    states = ClientStates(
        ("ann",), next_event=day, last_review=day, kyc_changed_on=day, valid_until=day
    )
    told = {t.name for t in review(states, as_of="2024-02-01")[0]}
    assert told == {"event_soon"}
    assert states.next_event is not None
    assert states.next_event.dtype == np.dtype("datetime64[D]")

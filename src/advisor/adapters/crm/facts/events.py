"""Events by column: what facts and plays read millions of."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from datetime import date, datetime

import numpy as np
import numpy.typing as npt
import pandas as pd

from advisor.adapters.records.moments import moment_of
from advisor.arrays import BoolArray, DayArray, IntArray
from advisor.contracts import EVENT_TYPES
from advisor.data.columns import column_of
from advisor.data.days import as_day, as_times, days_or_missing
from advisor.data.ids import IdMap
from advisor.data.tables import check_table, id_codes
from advisor.errors import InputError
from advisor.validation import checked

VIEWED = "advisor.product.viewed.v1"
BOUGHT = "advisor.order.completed.v1"
LIFE_EVENT = "advisor.life.changed.v1"


@dataclass(frozen=True, eq=False, repr=False)
class EventTable:
    """Events of clients, a row each; an order of several products has a row a product.

    Attributes:
        clients, products, types: Ids that occur.
        client_codes, product_codes, type_codes: Positions in them, shape (e,); product -1 = none.
        times: Moments in UTC, `datetime64[ns]`, shape (e,).
        dates: The day that an event speaks of (of a life event), NaT = none, shape (e,).
        counts: False for the second and later products of one order, shape (e,).
    """

    clients: IdMap
    products: IdMap
    types: IdMap
    client_codes: IntArray
    product_codes: IntArray
    type_codes: IntArray
    times: npt.NDArray[np.datetime64]
    dates: DayArray
    counts: BoolArray

    @classmethod
    @checked
    def from_frame(cls, frame: pd.DataFrame) -> EventTable:
        """From one row an event: `subject` (the client), `type` and `time`, and where there are any
        `product_id` and `day` (of a life event). A moment without a time zone counts as UTC.

        Raises:
            InputError: A column is absent or there twice, a client or time is missing, or a type is
                not in `EVENT_TYPES`.
        """
        remedy = "One row an event: subject (the client), type, time; product_id and day if any."
        check_table(frame, "events", ["subject", "type", "time"], remedy)
        nobody = "the event belongs to nobody. Drop or mend it."
        client_codes, clients = id_codes(frame["subject"], "subject", nobody)
        type_codes, types = id_codes(frame["type"], "type", "it says nothing. Drop or mend it.")
        for name in types.ids:
            if name not in EVENT_TYPES:
                why = f"There is no event type {name!r}; nothing would read its events."
                remedy = f"Take one of {', '.join(sorted(EVENT_TYPES))}."
                raise InputError(f"{why} {remedy}", field="type", value=name)
        times, _ = as_times(frame["time"], "time")
        named, dated = "product_id" in frame, "day" in frame
        words = column_of(frame["product_id"]).words() if named else None
        none = np.full(len(frame), "NaT", dtype="datetime64[D]")
        return cls(
            clients=clients,
            products=IdMap(()) if words is None else IdMap(words.names),
            types=types,
            client_codes=client_codes,
            product_codes=np.full(len(frame), -1) if words is None else words.codes,
            type_codes=type_codes,
            times=times,
            dates=days_or_missing(frame["day"]) if dated else none,
            counts=np.ones(len(frame), dtype=np.bool_),
        )

    @checked
    def until(self, at: datetime | date | str) -> EventTable:
        """Events up to and including a day, or a moment (which has a time zone)."""
        if isinstance(at, datetime):
            return self.where(self.times <= instant_of(at, "at"))
        return self.where(self.times < as_day(at, "at") + np.timedelta64(1, "D"))

    def is_of(self, event_type: str) -> BoolArray:
        """Which rows are of a type, shape (e,)."""
        return self.type_codes == self.types.find((event_type,))[0]

    def where(self, keep: BoolArray) -> EventTable:
        """The rows for which `keep`, shape (e,), is true."""
        names = [f.name for f in fields(self) if isinstance(getattr(self, f.name), np.ndarray)]
        return replace(self, **{name: getattr(self, name)[keep] for name in names})

    def __len__(self) -> int:
        return len(self.times)

    def __repr__(self) -> str:
        return f"EventTable({len(self):,} rows, {len(self.clients):,} clients)"


def instant_of(at: object, field: str) -> np.datetime64:
    """A moment in UTC. Raises `InputError` where it has no time zone, or is none."""
    return np.datetime64(moment_of(at, field).replace(tzinfo=None), "ns")

"""What clients bought again, how long they did and how long they are known: what the models of
lifetime read.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from advisor import Interactions
from advisor.adapters.analytics.columns import vector
from advisor.annotations import Day, Positive
from advisor.arrays import FloatArray
from advisor.data.days import as_day
from advisor.errors import InputError
from advisor.privacy import kept, written
from advisor.validation import checked


@checked
def purchase_histories(
    bought: Interactions, *, until: Day, unit_days: Positive = 1.0
) -> pd.DataFrame:
    """What both models read, one row a client: frequency, recency, age, money.

    Args:
        bought: Purchases with days; those of one client on one day are one purchase.
        until: Last day of the data; later purchases are left out.
        unit_days: Days in a unit of time: 7 gives weeks.

    Returns:
        Indexed by client id. money is the mean of the repeat purchases, 0 where there are none.

    Raises:
        InputError: Nothing was bought until then, or purchases have no day.
    """
    day = as_day(until, "until")
    known = bought.until(day)
    if not len(known):
        raise InputError(
            f"Nothing was bought until {day}. Name a later day.", field="until", value=str(day)
        )
    money = 1.0 if known.values is None else known.values
    frame = pd.DataFrame({"client": known.client_codes, "day": known.days, "money": money})
    days = frame.groupby(["client", "day"], sort=True)["money"].sum().reset_index()
    by = days.groupby("client", sort=True)
    first, last = by["day"].transform("min"), by["day"].max().to_numpy()
    repeat = days[days["day"] > first].groupby("client")["money"].mean()
    start, codes = by["day"].min().to_numpy(), by["day"].min().index
    one = np.timedelta64(1, "D")
    columns = {
        "frequency": by.size().to_numpy() - 1,
        "recency": (last - start) / one / unit_days,
        "age": (day.astype("datetime64[D]") - start) / one / unit_days,
        "money": repeat.reindex(codes).fillna(0.0).to_numpy(),
    }
    ids = [known.clients.ids[code] for code in codes]
    return pd.DataFrame(columns, index=pd.Index(ids, name="client_id"))


def histories(
    frequency: object, recency: object, age: object
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Checked frequency, recency and age of clients, each shape (c,)."""
    x = vector(frequency, "frequency", low=0.0, high=1e9, whole=True)
    last = vector(recency, "recency", low=0.0, length=len(x))
    end = vector(age, "age", low=0.0, length=len(x))
    for bad, why in (
        (last > end, "is above age: the last purchase would lie after the end of the data"),
        ((last > 0.0) & (x == 0.0), "is above 0, but frequency is 0: there was one purchase only"),
        ((last == 0.0) & (x > 0.0), "is 0, but frequency is not: count one purchase a day at most"),
    ):
        if bad.any():
            row = int(np.argmax(bad))
            why = f"recency[{row}] = {written(f'{last[row]:g}')} {why}. Correct the row."
            raise InputError(why, field="recency", value=kept(float(last[row])))
    return x, last, end

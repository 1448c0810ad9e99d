"""What clients are worth: discounted money of the purchases that are expected."""

from __future__ import annotations

import numpy as np
import pandas as pd

from advisor.adapters.analytics.columns import measured, table
from advisor.adapters.analytics.lifetime import PurchaseModel
from advisor.adapters.analytics.spending import SpendModel
from advisor.annotations import Count, Day, NotNegative, Positive
from advisor.data.days import as_day
from advisor.data.interactions import Interactions
from advisor.errors import InputError
from advisor.validation import checked


@checked
def purchase_histories(bought: Interactions, *, until: Day, unit_days: Positive = 1.0) -> pd.DataFrame:
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
        raise InputError(f"Nothing was bought until {day}. Name a later day.", field="until", value=str(day))
    frame = pd.DataFrame({"client": known.client_codes, "day": known.days, "money": 1.0 if known.values is None else known.values})
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


@checked
def clv(
    histories: pd.DataFrame,
    purchases: PurchaseModel,
    spend: SpendModel,
    *,
    periods: Count,
    period: Positive = 1.0,
    discount: NotNegative = 0.0,
    margin: NotNegative = 1.0,
) -> pd.Series:
    """Customer lifetime value: discounted money of the purchases that are expected, by client.

    Args:
        histories: Columns frequency, recency, age, money, as `purchase_histories` gives.
        purchases: Fitted on the same unit of time.
        spend: Fitted on the same money.
        periods: Periods ahead; a purchase within one is discounted at its end.
        period: Length of a period in the unit of time.
        discount: Rate a period.
        margin: Part of the money that the firm keeps.

    Returns:
        Money today, of the client's next `periods` periods, indexed as `histories`.

    Raises:
        InputError: A column is absent or wrong, or the mean spend of somebody does not exist.

    Source: Fader, Hardie and Lee (2005), "RFM and CLV", section 3; sums by period.
    """
    remedy = "Make it with purchase_histories(bought, until=...)."
    frame = table(histories, ["frequency", "recency", "age", "money"], remedy, field="histories")
    x, last, end, m = (measured(frame, name) for name in ("frequency", "recency", "age", "money"))
    worth = spend.expected_of(x, m)
    if not np.isfinite(worth).all():
        raise InputError(
            f"The spend model has q = {spend.q:g}, at most 1: the mean spend of a client without repeats "
            "does not exist. Fit it on more clients, or leave such clients out.",
            field="spend",
            value=spend.q,
        )
    total, before = np.zeros(len(x)), np.zeros(len(x))
    for k in range(1, periods + 1):
        after = purchases.expected_of(x, last, end, time=k * period)
        total += (after - before) / (1.0 + discount) ** k
        before = after
    return pd.Series(total * worth * margin, index=frame.index, name="clv")

"""What clients are worth: discounted money of the purchases that are expected."""

from __future__ import annotations

import numpy as np
import pandas as pd

from advisor.adapters.analytics.columns import measured, table
from advisor.adapters.analytics.lifetime import PurchaseModel
from advisor.adapters.analytics.spending import SpendModel
from advisor.annotations import Count, NotNegative, Positive, Share
from advisor.errors import InputError
from advisor.validation import checked


@checked
def clv(
    histories: pd.DataFrame,
    purchases: PurchaseModel,
    spend: SpendModel,
    *,
    periods: Count,
    period: Positive = 1.0,
    discount: Share = 0.0,
    margin: NotNegative = 1.0,
) -> pd.Series:
    """Customer lifetime value: discounted money of the purchases that are expected, by client.

    Args:
        histories: Columns frequency, recency, age, money, as `purchase_histories` gives.
        purchases: Fitted on the same unit of time.
        spend: Fitted on the same money.
        periods: Periods ahead; a purchase within one is discounted at its end.
        period: Length of a period in the unit of time.
        discount: Rate a period, at most 1.
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
            f"The spend model has q = {spend.q:g}, at most 1: the mean spend of a client without"
            " repeats does not exist. Fit it on more clients, or leave such clients out.",
            field="spend",
            value=spend.q,
        )
    total, before = np.zeros(len(x)), np.zeros(len(x))
    for k in range(1, periods + 1):
        after = purchases.expected_of(x, last, end, time=k * period)
        total += (after - before) / (1.0 + discount) ** k
        before = after
    return pd.Series(total * worth * margin, index=frame.index, name="clv")

"""Histories of purchases that models of lifetime read, and the search that fits them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pandas as pd
from scipy.optimize import minimize

from advisor import Interactions
from advisor.adapters.analytics.columns import refusing, vector
from advisor.annotations import Day, Positive
from advisor.arrays import FloatArray
from advisor.data.days import as_day
from advisor.errors import InputError, SolverError
from advisor.privacy import kept, written
from advisor.validation import checked

_EDGE = 6.0
"""Largest absolute logarithm of a parameter, in the units that the loss is scaled to: beyond it
clients are as good as all alike, and closed forms lose their digits."""
_SETTLED = 1e-3
"""Largest slope of the mean log-likelihood where a search has ended."""
_SETTINGS: Any = {"maxiter": 5000, "maxfun": 20000, "ftol": 1e-15, "gtol": 1e-9}
Loss = Callable[[FloatArray], tuple[float, FloatArray]]


def most_likely(
    loss: Loss, names: Sequence[str], what: str
) -> tuple[FloatArray, float, tuple[str, ...]]:
    """Logarithms of the parameters, their loss, and names of those at the edge of the search."""
    advice = "Check the table, or take more clients."
    with refusing(f"{what} has no finite answer", "frequency", advice):
        bounds, start = [(-_EDGE, _EDGE)] * len(names), np.zeros(len(names))
        result: Any = minimize(
            loss, start, jac=True, method="L-BFGS-B", bounds=bounds, options=_SETTINGS
        )
    at_edge = np.abs(result.x) >= _EDGE - 1e-6
    slope = float(np.abs(np.where(at_edge, 0.0, result.jac)).max())
    if not np.isfinite(result.fun) or slope > _SETTLED:
        raise SolverError(
            f"{what} did not settle after {result.nit} steps ({result.message}). {advice}",
            solver="L-BFGS-B",
            status=str(result.message),
        )
    return result.x, float(result.fun), tuple(np.array(names)[at_edge].tolist())


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
        why = f"Nothing was bought until {day}. Name a later day."
        raise InputError(why, field="until", value=str(day))
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

"""Returns as measures read them, and the one rule for "no spread"."""

from __future__ import annotations

from typing import Annotated

import numpy as np
import numpy.typing as npt
import pandas as pd

from advisor.arrays import FloatArray, check_frequency, numbers
from advisor.errors import InputError
from advisor.paired import is_in_order
from advisor.readers import AsGiven

NOISE = 1e-12
"""Spread, as a share of the level, that is rounding and no risk.

A return is one price over another less 1, so its rounding is that of numbers near 1, however small
the return: about 3e-16 from prices in double precision, and a hundred times that after a few sums.
What moves by a millionth of a millionth of its price does not move.
"""
LARGEST = 1e100
"""Beyond it squares and sums of returns are no numbers."""
FEWEST_PRICES = 10
HALF = 0.5
"""No asset earned half of its price in each of so many periods: what says so are prices."""


Returns = Annotated[npt.ArrayLike, AsGiven()]
"""Simple returns, time on the last axis: what numpy reads, or a pandas Series."""


def history(
    returns: object, periods_per_year: float | None = None, field: str = "returns"
) -> FloatArray:
    """Finite returns with at least one period on the last axis, shape (..., T).

    Days of a Series, or of a table with a column a day, are held against `periods_per_year` (None
    where nothing is annualised); `field` names them in messages.

    Raises:
        InputError: Not numeric, empty, not finite, prices, a table with a row a day (time is the
            last axis), or days that contradict `periods_per_year`.
    """
    r = numbers(returns, field)
    if r.ndim == 0 or r.shape[-1] == 0:
        raise InputError(
            f"{field} has shape {r.shape}; a measure needs at least one period on the last axis."
            " Pass a longer history.",
            field=field,
            value=r.shape,
        )
    if not (np.abs(r) <= LARGEST).all():
        count = int((~(np.abs(r) <= LARGEST)).sum())
        raise InputError(
            f"{field} holds {count} values that are not finite, or beyond {LARGEST:g}; they would"
            " spread into every measure. Cut or fill them first.",
            field=field,
            value=count,
        )
    labelled = isinstance(returns, pd.Series | pd.DataFrame)
    if labelled and r.shape[-1] >= FEWEST_PRICES and (r > HALF).all():
        raise InputError(
            f"Every value of {field} is above {HALF:.0%} in {r.shape[-1]:,} periods; these are"
            " hardly returns. Pass prices.pct_change().dropna().",
            field=field,
            value=float(r.min()),
        )
    if (
        isinstance(returns, pd.DataFrame)
        and _days(returns.index) is not None
        and _days(returns.columns) is None
    ):
        raise InputError(
            f"{field} is a table with a row a day, shape {r.shape}, but time is the last axis, so"
            " each day would be measured across the columns. Pass its .T.",
            field=field,
            value=r.shape,
        )
    if labelled and periods_per_year is not None:
        days = _days(returns.index if isinstance(returns, pd.Series) else returns.columns)
        if days is not None and not days.hasnans and days.is_monotonic_increasing:
            check_frequency(
                days.tz_localize(None).to_numpy().astype("datetime64[D]"), periods_per_year, field
            )
    return r


def _days(labels: pd.Index) -> pd.DatetimeIndex | None:
    if isinstance(labels, pd.PeriodIndex):
        return labels.to_timestamp()
    return labels if isinstance(labels, pd.DatetimeIndex) else None


def pair(
    first: object, second: object, periods_per_year: float | None = None, field: str = "benchmark"
) -> tuple[FloatArray, FloatArray]:
    """Two histories over the same periods, shapes (..., T) and (..., T).

    Raises:
        InputError: As `history`; other lengths, other labels where both are labelled, or batch
            axes that do not fit.
    """
    a, b = history(first, periods_per_year), history(second, periods_per_year, field)
    if (
        isinstance(first, pd.Series)
        and isinstance(second, pd.Series)
        and not first.index.equals(second.index)
    ):
        raise InputError(
            f"returns and {field} are labelled by other periods; day would be compared with another"
            " day. Align them first.",
            field=field,
            value=len(second),
        )
    check_fit(a, b, ("returns", field), "periods")
    return a, b


def on_the_days_of(values: object, returns: object, field: str) -> object:
    """A Series on the labels of the returns, where both are labelled; anything else as it is.

    Raises:
        InputError: A label of the returns is missing, or one of the values stands twice.
    """
    if not (isinstance(values, pd.Series) and isinstance(returns, pd.Series | pd.DataFrame)):
        return values
    labels = returns.axes[-1]
    if is_in_order(values.index) or is_in_order(labels) or labels.equals(values.index):
        return values
    missing = labels.difference(values.index) if values.index.is_unique else labels
    if len(missing):
        first = str(missing[0]).removesuffix(" 00:00:00")
        raise InputError(
            f"{field} does not have one value for {first}, which the returns have; day would"
            " be compared with another day. Fill it, or drop what stands twice.",
            field=field,
            value=first,
        )
    return values.reindex(labels)


def check_fit(first: FloatArray, second: FloatArray, names: tuple[str, str], axis: str) -> None:
    """Raise `InputError` unless the last axes are equal and the others can be paired."""
    try:
        if first.ndim and first.shape[-1:] == second.shape[-1:]:
            np.broadcast_shapes(first.shape, second.shape)
            return
    except ValueError:
        pass
    raise InputError(
        f"{names[0]} has shape {first.shape} and {names[1]} {second.shape}; the same {axis} are"
        " needed on the last axis. Align them first.",
        field=names[1],
        value=second.shape,
    )


def noise_of(*histories: object) -> float:
    """Share of the level that is rounding in what was given: more for single precision."""
    kinds = [
        np.dtype(kind)
        for kind in (getattr(value, "dtype", None) for value in histories)
        if isinstance(kind, np.dtype)
    ]
    steps = [float(np.finfo(kind).eps) for kind in kinds if kind.kind == "f"]
    return max([NOISE, *(8.0 * step for step in steps if step > 1e-15)])


def overflows() -> np.errstate:
    """For returns so large that what they compound to is no number: it is nan, without a word."""
    return np.errstate(over="ignore", invalid="ignore")


def deviation(r: FloatArray, *, noise: float = NOISE, ddof: int = 1) -> FloatArray:
    """Standard deviation over the last axis, shape (...); exactly 0 where it is rounding.

    Args:
        r: Returns, or differences of returns, shape (..., T); their level is that of prices, 1.
        noise: Spread that is rounding, as a share of the level.
        ddof: The divisor is T less this.
    """
    if r.shape[-1] <= ddof:
        return np.zeros(r.shape[:-1])
    return quiet(r.std(axis=-1, ddof=ddof), 1.0 + np.abs(r).max(axis=-1), noise)


def quiet(spread: npt.ArrayLike, level: npt.ArrayLike, noise: float = NOISE) -> FloatArray:
    """`spread`, but 0 where it is no more than the rounding of numbers of that level."""
    size = np.asarray(spread, dtype=np.float64)
    return np.where(np.abs(size) <= noise * np.asarray(level, dtype=np.float64), 0.0, size)[()]


def ratio(top: npt.ArrayLike, bottom: npt.ArrayLike) -> FloatArray:
    """Quotient, nan where the bottom is 0."""
    above, below = np.broadcast_arrays(
        np.asarray(top, dtype=np.float64), np.asarray(bottom, dtype=np.float64)
    )
    return np.divide(above, below, out=np.full(above.shape, np.nan), where=below != 0.0)[()]

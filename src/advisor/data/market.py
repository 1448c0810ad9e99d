"""A history of returns, and nothing after its last day."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Annotated, Literal

import numpy as np
import pandas as pd

from advisor.annotations import Day, DecimalMark
from advisor.arrays import BoolArray, DayArray, FloatArray, IntArray, check_frequency, frozen
from advisor.data.by_asset import label_assets, rate_assets
from advisor.data.columns import column_of
from advisor.data.days import as_day, as_days
from advisor.data.hints import number_hint
from advisor.data.ids import unique_ids
from advisor.data.price_columns import check_columns, check_no_prices, index_hint, log_odd_returns
from advisor.data.tables import as_numbers, cell
from advisor.errors import InputError
from advisor.privacy import short
from advisor.readers import Number
from advisor.validation import checked

_LOG = logging.getLogger(__name__)


PeriodsPerYear = Annotated[
    float,
    Number("It scales means and variances to a year: 252 for days, 12 for months.", above=0.0),
]


@dataclass(frozen=True, eq=False)
class Market:
    """Simple returns of `n` assets on `T` days.

    Attributes:
        assets: Distinct ids, length n.
        dates: Day of each row, shape (T,), strictly increasing.
        returns: Simple return earned from the previous row's close to this row's, shape (T, n); nan
            before an asset's first and after its last day.
        groups: Group of each asset, "" = none.
        risk_levels: R1..R5 of each asset, 0 = unknown, shape (n,).
        periods_per_year: Rows a year, for annualising.
    """

    assets: tuple[str, ...]
    dates: DayArray
    returns: FloatArray
    groups: tuple[str, ...]
    risk_levels: IntArray
    periods_per_year: float = 252.0

    @classmethod
    @checked
    def from_prices(
        cls,
        prices: pd.DataFrame,
        *,
        groups: Mapping[str, str] | Sequence[str] | None = None,
        risk_levels: Mapping[str, int] | IntArray | None = None,
        periods_per_year: PeriodsPerYear = 252.0,
        fill: Literal["forward"] | None = None,
        decimal: DecimalMark = ".",
    ) -> Market:
        """From closes: one row a day, one column an asset.

        Args:
            prices: Positive prices. Missing values at the start or end of a column are an unequal
                history; a hole inside is refused unless `fill="forward"`.
            groups: Group by asset id, or one an asset in the order of the columns.
            risk_levels: R1..R5, likewise.
            periods_per_year: Rows a year; the days are held against it.
            fill: "forward" carries the last price over holes inside a history (a return of 0, then
                the jump).
            decimal: The decimal mark of prices that are text.

        Raises:
            InputError: No table, a price is no number, zero, negative or infinite, a hole, days
                that are numbers, repeat or run backward, fewer than two rows, or rows that are not
                `periods_per_year` a year (monthly ones under 252); the number to pass is named.
        """
        names, dates, values = _table(prices, "prices", decimal)
        if len(dates) < 2:
            raise InputError(
                f"prices has {len(dates)} rows; one return needs two. Pass a longer history.",
                field="prices",
                value=len(dates),
            )
        bad = np.isinf(values) | (values <= 0.0)
        why = "a return could not be formed. Correct it, or leave it empty"
        why += "; pass returns to Market.from_returns." if (values < 0.0).any() else "."
        _refuse_first(bad, values, names, dates, "price", why)
        values = _without_holes(values, names, dates, fill)
        returns = values[1:] / values[:-1] - 1.0
        log_odd_returns(returns, names, dates[1:])
        return cls._checked(names, dates, returns, groups, risk_levels, periods_per_year)

    @classmethod
    @checked
    def from_returns(
        cls,
        returns: pd.DataFrame,
        *,
        groups: Mapping[str, str] | Sequence[str] | None = None,
        risk_levels: Mapping[str, int] | IntArray | None = None,
        periods_per_year: PeriodsPerYear = 252.0,
    ) -> Market:
        """From simple returns: one row a day, one column an asset; missing values only at the start
        or end of a column.

        Raises:
            InputError: No table, a return is no number, below -1 or infinite, a hole, days that are
                numbers, repeat or run backward, no row, or rows that are not `periods_per_year` a
                year.
        """
        names, dates, values = _table(returns, "returns")
        bad = np.isinf(values) | (values < -1.0)
        why = "a simple return is finite and not below -1. Correct it, or convert log returns with"
        why += " exp(x) - 1, percentages with returns / 100."
        _refuse_first(bad, values, names, dates, "return", why)
        check_no_prices(values, names, periods_per_year)
        _without_holes(values, names, dates, None)
        return cls._checked(names, dates, values, groups, risk_levels, periods_per_year)

    @classmethod
    def _checked(
        cls,
        names: tuple[str, ...],
        dates: DayArray,
        returns: FloatArray,
        groups: Mapping[str, str] | Sequence[str] | None,
        risk_levels: Mapping[str, int] | IntArray | None,
        periods_per_year: float,
    ) -> Market:
        check_frequency(dates, periods_per_year, "The history")
        dates, returns = dates[-len(returns) :].copy(), np.ascontiguousarray(returns)
        dates.flags.writeable = returns.flags.writeable = False
        return cls(
            names,
            dates,
            returns,
            label_assets(groups, names),
            rate_assets(risk_levels, names),
            float(periods_per_year),
        )

    @checked
    def until(self, day: Day) -> Market:
        """The market as it was known at the close of `day`, that day included; a copy, so that the
        future is not in it.
        """
        rows = int(np.searchsorted(self.dates, as_day(day, "day"), side="right"))
        return replace(self, dates=frozen(self.dates[:rows]), returns=frozen(self.returns[:rows]))

    @cached_property
    def years(self) -> float:
        """Length of the history in years."""
        return len(self) / self.periods_per_year

    def to_frame(self) -> pd.DataFrame:
        """Returns as a DataFrame: days by assets."""
        return pd.DataFrame(
            self.returns.copy(), index=pd.DatetimeIndex(self.dates), columns=list(self.assets)
        )

    def __len__(self) -> int:
        return len(self.dates)

    def __repr__(self) -> str:
        span = f", {self.dates[0]} to {self.dates[-1]}" if len(self) else ""
        return f"Market({len(self.assets)} assets, {len(self):,} days{span})"

    def _repr_html_(self) -> str:
        from advisor.reports.cards import market_card

        return market_card(self)


def _table(
    frame: pd.DataFrame, field: str, decimal: str = "."
) -> tuple[tuple[str, ...], DayArray, FloatArray]:
    check_columns(frame, field)
    names = unique_ids(frame.columns, f"{field} columns")
    if not names:
        raise InputError(
            f"{field} has no columns; a market needs at least one asset. Pass one column an asset.",
            field=field,
            value=(),
        )
    dates = _index_days(frame, field)
    if len(dates) > 1 and not (np.diff(dates) > np.timedelta64(0, "D")).all():
        row = int(np.argmin(np.diff(dates) > np.timedelta64(0, "D")))
        raise InputError(
            f"{field} has {dates[row + 1]} right after {dates[row]}; days must increase. Sort the"
            f" rows and keep one a day: {field} = {field}.sort_index(); {field} ="
            f' {field}[~{field}.index.duplicated(keep="last")].',
            field=field,
            value=str(dates[row + 1]),
        )
    return names, dates, _cells(frame, names, dates, field, decimal)


def _refuse_first(
    bad: BoolArray, values: FloatArray, names: Sequence[str], dates: DayArray, what: str, why: str
) -> None:
    for row, column in np.argwhere(bad).tolist():
        value = values.item(row, column)
        raise InputError(
            f"The {what} of {names[column]!r} on {dates[row]} is {value:g}; {why}",
            field=names[column],
            value=value,
        )


def _index_days(frame: pd.DataFrame, field: str) -> DayArray:
    index = pd.Series(frame.index, dtype=frame.index.dtype)
    try:
        days = as_days(index, f"{field} index")
    except InputError as error:
        raise InputError(
            f"The index of {field} is not made of days ({error}) Set a DatetimeIndex."
            + index_hint(frame, field),
            field=field,
            value=error.value,
        ) from error
    if off := column_of(index).off_midnight():
        _LOG.warning(
            f"The index of {field} has {off:,} times with a time zone that are not midnight there;"
            " the day there is taken. If the exchange is elsewhere, "
            f'convert first: {field}.tz_convert("Asia/Shanghai").tz_localize(None), say.'
        )
    return days


def _cells(
    frame: pd.DataFrame, names: Sequence[str], dates: DayArray, field: str, decimal: str
) -> FloatArray:
    """The numbers of a table, nan where a cell is empty."""
    if all(dtype.kind in "iuf" for dtype in frame.dtypes):
        return frame.to_numpy(dtype=np.float64, na_value=np.nan)
    columns = [frame.iloc[:, j] for j in range(len(names))]
    values = np.column_stack([as_numbers(column, decimal) for column in columns]).reshape(
        len(frame), len(names)
    )
    missing = [column_of(column).missing() for column in columns]
    bad = np.isnan(values) & ~np.column_stack(missing).reshape(values.shape)
    if bad.any():
        row, column = (int(i) for i in np.argwhere(bad)[0])
        value = cell(columns[column], row)
        raise InputError(
            f"{field} is not numeric: {names[column]!r} on {dates[row]} is {short(value)}"
            f" ({type(value).__name__}). Correct it, or leave it empty."
            + number_hint(value, names[column], decimal).replace("frame[", f"{field}["),
            field=names[column],
            value=value,
        )
    return values


def _without_holes(
    values: FloatArray, names: Sequence[str], dates: DayArray, fill: str | None
) -> FloatArray:
    known = np.isfinite(values)
    started = np.logical_or.accumulate(known, axis=0)
    goes_on = np.logical_or.accumulate(known[::-1], axis=0)[::-1]
    empty = ~known.any(axis=0)
    if empty.any():
        name = names[int(np.argmax(empty))]
        raise InputError(
            f"{name!r} has no value at all; nothing can be estimated from it. Drop the column.",
            field=name,
            value=None,
        )
    holes = started & goes_on & ~known
    if not holes.any():
        return values
    row, column = (int(i) for i in np.argwhere(holes)[0])
    if fill is None:
        raise InputError(
            f"{names[column]!r} has a hole on {dates[row]} ({int(holes.sum())} in all); a silent"
            ' fill would lower its volatility. Pass fill="forward" to from_prices to carry the'
            " last price, or mend the data.",
            field=names[column],
            value=str(dates[row]),
        )
    _LOG.info(
        "%s holes of %s prices are filled with the last price before them, in %s assets.",
        int(holes.sum()),
        holes.size,
        int(holes.any(axis=0).sum()),
    )
    filled = values.copy()
    last = np.maximum.accumulate(np.where(known, np.arange(len(values))[:, None], 0), axis=0)
    filled[holes] = values[last, np.arange(values.shape[1])][holes]
    return filled

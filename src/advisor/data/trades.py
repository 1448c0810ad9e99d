"""What clients did: buys and sells with price and time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from datetime import date

import numpy as np
import numpy.typing as npt
import pandas as pd

from advisor.arrays import BoolArray, FloatArray, IntArray, check_type
from advisor.data.cells_series import cells_of_series
from advisor.data.days import as_day, as_times
from advisor.data.ids import IdMap
from advisor.data.tables import as_numbers, cell, check_table, id_codes, yes_no
from advisor.errors import InputError
from advisor.privacy import kept, personal
from advisor.validation import checked

_SIDES = {"buy": 1, "b": 1, "purchase": 1, "sell": -1, "s": -1, "sale": -1}


@dataclass(frozen=True, eq=False)
class Trades:
    """Trades sorted by client and time; trades of one client at one moment keep the order of the table.

    Attributes:
        clients: Client ids that occur, sorted.
        assets: Asset ids that occur, sorted.
        client_codes, asset_codes: Positions of each trade's client and asset, shape (t,).
        times: Moment of each trade, `datetime64[ns]`, in UTC where it has a time zone, shape (t,).
        units: Signed units, + bought, - sold, 0 = an order that moved nothing, shape (t,).
        prices: Price a unit, positive, shape (t,).
        time_name: Name of the time column, which a price table shares.
        clock: What the clock there showed at each trade, `datetime64[ns]`, shape (t,): its day is the trading day; None = as `times`, which have no time zone.
        left_out: Trades that say nothing about the client's own choice (an adviser's, a sale of the whole portfolio), shape (t,); None = none is marked.
    """

    clients: IdMap
    assets: IdMap
    client_codes: IntArray
    asset_codes: IntArray
    times: npt.NDArray[np.datetime64]
    units: FloatArray
    prices: FloatArray
    time_name: str = "day"
    left_out: BoolArray | None = None
    clock: npt.NDArray[np.datetime64] | None = None

    @classmethod
    @checked
    def from_frame(
        cls,
        frame: pd.DataFrame,
        *,
        client: str = "client_id",
        asset: str = "asset",
        day: str = "day",
        side: str = "side",
        units: str = "units",
        price: str = "price",
        left_out: Sequence[str] = (),
    ) -> Trades:
        """From one row a trade. `side` is buy / sell (or B / S), any case; `day` may hold a time of day, which is kept.

        `left_out` names yes / no columns (adviser-initiated, whole-portfolio sale, ...): a trade marked in any of them moves the holdings but is not
        read as a choice of the client. Cells are True and False, 1 and 0, yes and no; an empty cell marks nothing.

        Raises:
            InputError: No table, a column is absent or there twice, an id or time is missing, a side unknown, a mark neither yes nor no, units negative
                or not finite, a price not positive and finite.
        """
        check_type(left_out, Sequence, "left_out", "Give the names of the yes / no columns.")
        marks = [left_out] if isinstance(left_out, str) else list(left_out)
        check_table(
            frame,
            "trades",
            [client, asset, day, side, units, price, *marks],
            "One row a trade, with client, asset, day, side, units and price; name them by keyword.",
        )
        client_codes, clients = id_codes(frame[client], client, "the trade belongs to nobody. Drop or mend it.")
        asset_codes, assets = id_codes(frame[asset], asset, "it is not known what was traded. Drop or mend it.")
        times, clock = as_times(frame[day], day)
        signs = _signs(frame[side])
        if np.isnan(signs).any():
            row = int(np.argmax(np.isnan(signs)))
            raise InputError(
                f"{side} is {personal(cell(frame[side], row))} in row {row}; it must be buy or sell, which tells what came from what went. Correct it.",
                field=side,
                value=kept(cell(frame[side], row)),
            )
        amounts = [_amount(frame[units], units, positive=False), _amount(frame[price], price, positive=True)]
        order = np.lexsort((np.arange(len(frame)), times, client_codes))
        return cls(
            clients,
            assets,
            client_codes[order],
            asset_codes[order],
            times[order],
            (signs * amounts[0])[order],
            amounts[1][order],
            day,
            _marked(frame, marks)[order] if marks else None,
            None if clock is times else clock[order],
        )

    @checked
    def until(self, day: date | str | np.datetime64) -> Trades:
        """Trades up to and including a trading day; ids that occur only later stay, without trades."""
        moments = self.times if self.clock is None else self.clock
        keep = moments < as_day(day, "day") + np.timedelta64(1, "D")
        columns = {f.name: v[keep] for f in fields(self) if isinstance(v := getattr(self, f.name), np.ndarray)}
        return replace(self, **columns)

    def __len__(self) -> int:
        return len(self.times)

    def __repr__(self) -> str:
        return f"Trades({len(self):,} trades, {len(self.clients):,} clients, {len(self.assets):,} assets)"


def _signs(column: pd.Series) -> FloatArray:
    """+1 for a purchase, -1 for a sale, nan for anything else, shape (t,)."""
    words = cells_of_series(column).words()
    signs = [_SIDES.get(name.strip().lower(), np.nan) for name in words.names]
    return np.array([*signs, np.nan], dtype=np.float64)[words.codes]


def _marked(frame: pd.DataFrame, marks: Sequence[str]) -> BoolArray:
    """Trades marked in any of the columns, shape (t,)."""
    remedy = "It says whether the trade was somebody else's choice; leave it empty where it was not."
    return np.logical_or.reduce([yes_no(frame[name], name, remedy, missing=False) for name in marks])


def _amount(column: pd.Series, field: str, *, positive: bool) -> FloatArray:
    values = as_numbers(column)
    bad = ~(np.isfinite(values) & ((values > 0) if positive else (values >= 0)))
    if bad.any():
        row = int(np.argmax(bad))
        value = cell(column, row)
        raise InputError(
            f"{field} is {personal(value)} in row {row}; it must be {'positive' if positive else 'zero or positive'} and finite (the side tells buys from sells).",
            field=field,
            value=kept(value),
        )
    return values

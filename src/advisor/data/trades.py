"""What clients did: buys and sells with price and time."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from datetime import date

import numpy as np
import numpy.typing as npt
import pandas as pd

from advisor.annotations import DecimalMark, Texts
from advisor.arrays import BoolArray, FloatArray, IntArray
from advisor.data.bad_rows import OnBadRows, bad_cells
from advisor.data.columns import column_of
from advisor.data.days import as_day, as_times
from advisor.data.hints import column_code, word_hint
from advisor.data.ids import IdMap
from advisor.data.rows import Rows
from advisor.data.tables import check_table, coded_ids
from advisor.validation import checked

_SIDES = {"buy": 1, "b": 1, "purchase": 1, "sell": -1, "s": -1, "sale": -1}
_NOBODY = "the trade belongs to nobody. Drop or mend it."
_NOTHING = "it is not known what was traded. Drop or mend it."
_UNITS = (
    "it must be zero or positive and finite: the side tells sales (take .abs() of signed units)."
)
_PRICE = "it must be positive and finite."
_SIDE = "; it must be buy or sell, which tells what came from what went. Correct it."
_MARK = "It says whether the trade was somebody else's choice; leave it empty where it was not."


@dataclass(frozen=True, eq=False)
class Trades:
    """Trades sorted by client and time; trades of one client at one moment keep the order of the
    table.

    Attributes:
        clients: Client ids that occur, sorted.
        assets: Asset ids that occur, sorted.
        client_codes, asset_codes: Positions of each trade's client and asset, shape (t,).
        times: Moment of each trade, `datetime64[ns]`, in UTC where it has a time zone, shape (t,).
        units: Signed units, + bought, - sold, 0 = an order that moved nothing, shape (t,).
        prices: Price a unit, positive, shape (t,).
        time_name: Name of the time column, which a price table shares.
        clock: What the clock there showed at each trade, `datetime64[ns]`, shape (t,): its day is
            the trading day; None = as `times`, which have no time zone.
        problems: Row of the table -> why it was set aside.
        left_out: Trades that say nothing about the client's own choice (an adviser's, a sale of the
            whole portfolio), shape (t,); None = none is marked.
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
    problems: Mapping[int, str] = field(default_factory=dict[int, str], repr=False)

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
        left_out: Texts | str = (),
        decimal: DecimalMark = ".",
        on_bad_rows: OnBadRows = "refuse",
    ) -> Trades:
        """From one row a trade: `side` is buy or sell (B or S), `day` may hold a time of day.

        `left_out` names yes / no columns (the adviser's trade, a sale of everything, ...): a trade
        marked in any of them moves the holdings, and is read as no choice of the client; an empty
        cell marks nothing. `decimal` is the decimal mark of units and prices that are text.
        `on_bad_rows`: "refuse" raises for all bad rows at once; "set_aside" reads the others, and
        `problems` says why not these.

        Raises:
            InputError: No table, a column is absent or there twice, or a cell is none of its kind.
        """
        marks = [left_out] if isinstance(left_out, str) else list(left_out)
        check_table(
            frame,
            "trades",
            [client, asset, day, side, units, price, *marks],
            "One row a trade, with client, asset, day, side, units and price; name them by keyword."
            " Where units tell the side: frame['side'] = numpy.where(frame['units'] < 0, 'sell',"
            " 'buy').",
        )
        rows = Rows(frame, decimal)
        clients, assets = rows.ids(client, _NOBODY), rows.ids(asset, _NOTHING)
        rows.days(day, moments=True)
        signs = _signs(rows, side)
        amounts = rows.numbers(units, lambda v: v >= 0.0, _UNITS)
        prices = rows.numbers(price, lambda v: v > 0.0, _PRICE)
        marked = [rows.flags(mark, _MARK) for mark in marks]
        good, problems = rows.good("trades", on_bad_rows)
        client_codes, client_ids = coded_ids(clients.where(good))
        asset_codes, asset_ids = coded_ids(assets.where(good))
        times, clock = as_times(frame.loc[good, day] if problems else frame[day], day)
        order = np.lexsort((np.arange(len(times)), times, client_codes))
        return cls(
            client_ids,
            asset_ids,
            client_codes[order],
            asset_codes[order],
            times[order],
            (signs * amounts)[good][order],
            prices[good][order],
            day,
            np.any(marked, axis=0)[good][order] if marked else None,
            None if clock is times else clock[order],
            problems,
        )

    @checked
    def until(self, day: date | str | np.datetime64) -> Trades:
        """Trades up to and including a trading day; ids that occur only later stay, without
        trades.
        """
        moments = self.times if self.clock is None else self.clock
        keep = moments < as_day(day, "day") + np.timedelta64(1, "D")
        columns = {
            f.name: v[keep]
            for f in fields(self)
            if isinstance(v := getattr(self, f.name), np.ndarray)
        }
        return replace(self, **columns)

    def __len__(self) -> int:
        return len(self.times)

    def __repr__(self) -> str:
        return (
            f"Trades({len(self):,} trades, {len(self.clients):,} clients, {len(self.assets):,}"
            " assets)"
        )


def _signs(rows: Rows, name: str) -> FloatArray:
    """+1 for a purchase, -1 for a sale, nan for anything else (noted), shape (t,)."""
    column = column_of(rows.frame[name])
    words = column.words()
    known = [_SIDES.get(word.strip().lower(), np.nan) for word in words.names]
    signs = np.array([*known, np.nan], dtype=np.float64)[words.codes]
    odd = np.isnan(signs)
    hint = word_hint(column.coded()[0], name, "side") if odd.any() else ""
    if odd.any() and not hint and not odd.all():
        sides = [w for w, sign in zip(words.names, known, strict=True) if sign == sign]
        line = f"frame = frame[{column_code(name)}.isin({sides})]"
        hint = f" To leave out rows that are no trades, such as dividends: {line}."
    rows.note(bad_cells(odd, rows.frame[name], name, f"{_SIDE}{hint}"))
    return signs

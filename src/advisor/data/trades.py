"""What clients did: buys and sells with price and time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from advisor.arrays import BoolArray, FloatArray, IntArray
from advisor.data.ids import IdMap
from advisor.errors import InputError

_SIDES = {"buy": 1, "b": 1, "purchase": 1, "sell": -1, "s": -1, "sale": -1}


@dataclass(frozen=True, eq=False)
class Trades:
    """Trades sorted by client and time; trades of one client at one moment keep the order of the table.

    Attributes:
        clients: Client ids that occur, sorted.
        assets: Asset ids that occur, sorted.
        client_codes, asset_codes: Positions of each trade's client and asset, shape (t,).
        times: Moment of each trade, `datetime64[ns]`, shape (t,).
        units: Signed units, + bought, - sold, 0 = an order that moved nothing, shape (t,).
        prices: Price a unit, positive, shape (t,).
        time_name: Name of the time column, which a price table shares.
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

    @classmethod
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
        read as a choice of the client.

        Raises:
            InputError: A column is absent, a side unknown, a time missing, units negative or not finite, a price not positive and finite.
        """
        names = (client, asset, day, side, units, price, *left_out)
        absent = [c for c in names if c not in frame.columns]
        if absent:
            raise InputError(
                f"Trades need the column(s) {absent}; the table has {[str(c) for c in frame.columns]}. Name them by keyword.",
                field=absent[0],
                value=absent,
            )
        client_codes, client_ids = pd.factorize(frame[client].astype(str), sort=True)
        asset_codes, asset_ids = pd.factorize(frame[asset].astype(str), sort=True)
        try:
            times = pd.to_datetime(frame[day]).to_numpy(dtype="datetime64[ns]")
        except (TypeError, ValueError) as error:
            raise InputError(
                f"{day} holds something that is no time ({error}); write 2026-02-01 or 2026-02-01 14:30.", field=day, value=None
            ) from error
        if np.isnat(times).any():
            raise InputError(
                f"{day} is missing in row {int(np.argmax(np.isnat(times)))}; trades could not be ordered. Fill or drop it.",
                field=day,
                value=None,
            )
        words = frame[side].astype(str).str.lower()
        signs = words.map(_SIDES).to_numpy(dtype=np.float64, na_value=np.nan)
        if np.isnan(signs).any():
            row = int(np.argmax(np.isnan(signs)))
            raise InputError(f"{side} is {words.iloc[row]!r} in row {row}; it must be buy or sell.", field=side, value=words.iloc[row])
        amounts = [_amount(frame[units], units, positive=False), _amount(frame[price], price, positive=True)]
        order = np.lexsort((np.arange(len(frame)), times, client_codes))
        return cls(
            IdMap.of(list(client_ids), client),
            IdMap.of(list(asset_ids), asset),
            client_codes[order].astype(np.int64),
            asset_codes[order].astype(np.int64),
            times[order],
            (signs * amounts[0])[order],
            amounts[1][order],
            day,
            frame[list(left_out)].astype(bool).any(axis=1).to_numpy()[order] if left_out else None,
        )

    def __len__(self) -> int:
        return len(self.times)

    def __repr__(self) -> str:
        return f"Trades({len(self):,} trades, {len(self.clients):,} clients, {len(self.assets):,} assets)"


def _amount(column: pd.Series, field: str, *, positive: bool) -> FloatArray:
    values = pd.to_numeric(column, errors="coerce").to_numpy(dtype=np.float64, na_value=np.nan)
    bad = ~(np.isfinite(values) & ((values > 0) if positive else (values >= 0)))
    if bad.any():
        row = int(np.argmax(bad))
        given = column.iloc[row]
        value = given.item() if isinstance(given, np.generic) else given
        raise InputError(
            f"{field} is {value!r} in row {row}; it must be {'positive' if positive else 'zero or positive'} and finite (the side tells buys from sells).",
            field=field,
            value=value,
        )
    return values

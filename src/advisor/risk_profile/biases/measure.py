"""Biases measured from what clients did: realised and paper gains and losses, turnover, inertia,
concentration, home share.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any, Literal

import numpy as np
import pandas as pd

import advisor.risk_profile.biases.records as k
from advisor.arrays import FloatArray, IntArray, check_type, frozen
from advisor.data.biases import BiasProfiles, rates, sum_counts
from advisor.data.by_asset import by_id
from advisor.data.columns import column_of
from advisor.data.days import as_times
from advisor.data.ids import unique_ids
from advisor.data.tables import as_numbers, cell, check_once, check_table, id_codes
from advisor.data.trades import Trades
from advisor.errors import InputError
from advisor.privacy import kept, personal, short
from advisor.risk_profile.biases.choices import PRIOR, LossAversionPrior, loss_aversion_of
from advisor.risk_profile.biases.population import pooled, sell_slope, shrink, smoothed_error
from advisor.validation import checked

_YEAR_DAYS = 365.25
_TIE = 1e-12
"""A return since purchase smaller than this is rounding, neither gain nor loss. Every-trade
counting at average cost goes without, as its package does."""


@checked
def measure_biases(
    trades: Trades,
    prices: pd.DataFrame,
    *,
    counting: Literal["odean", "every_trade"] = "odean",
    cost_basis: Literal["average", "fifo"] = "average",
    asset_types: Mapping[str, str] | None = None,
    home_assets: Collection[str] | None = None,
    choices: pd.DataFrame | None = None,
    proposals: pd.DataFrame | None = None,
    prior: LossAversionPrior = PRIOR,
) -> BiasProfiles:
    """Each client's disposition to sell winners, and their other habits, from their trades.

    Args:
        trades: What clients did. Those marked `left_out` move the holdings, but are no choices.
        prices: Long: `asset`, the time column named as in `trades`, `price` (positive), and
            optionally `high` and `low` of the day.
        counting: "odean": on days with a sale out of at least two holdings a sale is a gain or a
            loss against its basis, and what was held and not sold is a paper one at the day's last
            price, neither where high and low straddle the basis. "every_trade": every trade counts
            at its own price (of a partial sale what stayed is paper), other holdings at the
            market's, as dispositionEffect in R.
        cost_basis: The average price paid, or the oldest lots first ("fifo").
        asset_types: Type by asset id ("stock", "fund", ...), for `BiasProfiles.by_type`.
        home_assets: Ids of home assets, for `home_share`.
        choices: Between an even-odds gamble and nothing: `client_id`, `gain`, `loss`, `accepted`.
        proposals: Of advisers: `client_id`, `required` and `done` (turnover), for `status_quo`.
        prior: Loss aversion of the population.

    Returns:
        A row for each of `trades.clients`; nan where a rate is 0/0. Turnover and time averages run
        from the first trade to the last day in the data, holdings valued after each trade.
        `status_quo` without proposals is 1 + the slope of what they changed in their weights on
        what prices had, clipped to 0..1: 0 = undoes all drift. An order of zero units realises
        nothing; "every_trade" counts what is held at it as paper.

    Raises:
        InputError: No trades, a column, asset or time is missing, or a price is not positive.

    Source: Odean (1998), section II; Barber & Odean (2000); Calvet, Campbell & Sodini (2009).
    """
    _check(trades, asset_types)
    tie = 0.0 if (counting, cost_basis) == ("every_trade", "average") else _TIE
    rules = k.Rules(cost_basis == "fifo", counting == "odean", tie, end=0)
    tally, rows = _run(trades, prices, home_assets, rules)
    columns = _habits(tally.client, home_assets is not None)
    columns["status_quo"] = _refusals(trades, proposals, columns["status_quo"])
    averse = loss_aversion_of(trades.clients, choices, prior)
    columns["loss_aversion"], columns["loss_aversion_se"], stated = averse
    types = by_id(asset_types or {}, "asset_types")
    more = {"counting": counting, "stated": frozen(stated), "asset_types": types}
    return _profiles(trades, tally, rows, columns, **more)


def _profiles(
    trades: Trades, tally: k.Tally, rows: int, columns: dict[str, FloatArray], **more: Any
) -> BiasProfiles:
    """The profiles, with the rates of the first `rows` rows of the tally."""
    order = np.lexsort((tally.pair[:rows, 1], tally.pair[:rows, 0]))
    (row_client, row_asset), row_counts = tally.pair[order].T, tally.counts[order]
    counts = sum_counts(row_counts, row_client, len(trades.clients))
    pgr, plr, error = rates(counts)
    shrunk, mean, between = shrink(pgr - plr, smoothed_error(counts))
    columns |= {"pgr": pgr, "plr": plr, "disposition": pgr - plr, "disposition_se": error}
    columns["disposition_shrunk"] = shrunk
    columns["ratio"] = np.divide(pgr, plr, out=np.full_like(pgr, np.nan), where=plr > 0)
    slope, slope_error = sell_slope(*tally.chances)
    return BiasProfiles(
        client_ids=trades.clients.ids,
        assets=trades.assets.ids,
        row_client=frozen(row_client),
        row_asset=frozen(row_asset),
        row_counts=frozen(row_counts),
        population=pooled(counts, mean, between),
        gain_loss_sell_slope=slope,
        gain_loss_sell_slope_se=slope_error,
        **{name: frozen(column) for name, column in columns.items()},
        **more,
    )


def _check(trades: Trades, asset_types: Mapping[str, str] | None) -> None:
    for asset, kind in (asset_types or {}).items():
        check_type(kind, str, "asset_types", 'Give a word such as "fund".', key=asset)
    if not len(trades):
        raise InputError(
            "trades is empty; no habit can be measured. Pass at least one trade.",
            field="trades",
            value=0,
        )


def _tape(trades: Trades, odean: bool, by_clock: bool) -> k.Tape:
    clock = trades.times if trades.clock is None else trades.clock
    moment = (clock if by_clock else trades.times).astype("datetime64[ns]").astype(np.int64)
    start = np.searchsorted(trades.client_codes, np.arange(len(trades.clients) + 1)).astype(
        np.int64
    )
    group = moment // k.DAY if odean else np.arange(len(trades))
    trade = k.records(
        k.TRADE,
        asset=trades.asset_codes,
        group=group,
        time=group * k.DAY + (k.DAY - 1) if odean else moment,
        units=trades.units,
        price=trades.prices,
        left_out=np.zeros(len(trades)) if trades.left_out is None else trades.left_out,
    )
    return k.Tape(start, trade)


def _quotes(prices: pd.DataFrame, trades: Trades, odean: bool) -> tuple[k.Quotes, bool]:
    """Prices, and whether moments are read by the clock there: by days, and where only one of
    trades and prices has a time zone.
    """
    needed = f"It needs asset, {trades.time_name} (as in the trades) and price."
    check_table(prices, "prices", ["asset", trades.time_name, "price"], needed)
    check_once([str(c) for c in prices.columns], "prices", ["high", "low"])
    unknown = "it is not known whose price that is. Drop or mend it."
    quoted, assets = id_codes(prices["asset"], "asset", unknown)
    code = trades.assets.find(assets.ids)[quoted]
    utc, clock = as_times(prices[trades.time_name], trades.time_name)
    by_clock = odean or (trades.clock is None) != (clock is utc)
    time = clock if by_clock else utc
    price = _column(prices, "price")
    high, low = (_column(prices, n) if n in prices.columns else price for n in ("high", "low"))
    used = np.flatnonzero((code >= 0) & ~np.isnan(price))
    order = used[np.lexsort((time[used], code[used]))]
    code, moment, price = code[order].astype(np.int64), time[order].astype(np.int64), price[order]
    high, low = np.fmax(high[order], price), np.fmin(low[order], price)
    if odean and len(code):
        day = moment // k.DAY
        first = np.flatnonzero(np.r_[True, (np.diff(code) != 0) | (np.diff(day) != 0)])
        last = np.r_[first[1:], len(code)] - 1
        ranged = "high" in prices.columns or "low" in prices.columns
        if ranged:
            high, low = np.maximum.reduceat(high, first), np.minimum.reduceat(low, first)
        else:
            high = low = price[last]
        code, moment, price = code[last], day[last] * k.DAY, price[last]
    start = np.searchsorted(code, np.arange(len(trades.assets) + 1)).astype(np.int64)
    return k.Quotes(start, moment, k.records(k.QUOTE, price=price, high=high, low=low)), by_clock


def _column(prices: pd.DataFrame, name: str) -> FloatArray:
    values = as_numbers(prices[name])
    unreadable = np.isnan(values) & ~column_of(prices[name]).missing()
    bad = np.isinf(values) | (values <= 0.0) | unreadable
    if bad.any():
        row = int(np.argmax(bad))
        value = cell(prices[name], row)
        raise InputError(
            f"prices.{name} is {short(value)} for {short(cell(prices['asset'], row))} in row {row};"
            " a gain could not be formed. Correct it, or leave it empty.",
            field=name,
            value=value,
        )
    return values


def _run(
    trades: Trades, prices: pd.DataFrame, home_assets: Collection[str] | None, rules: k.Rules
) -> tuple[k.Tally, int]:
    """What the compiled pass counts, and its number of (client, asset) rows."""
    import advisor.risk_profile.biases.kernels as kernels

    quotes, by_clock = _quotes(prices, trades, rules.odean)
    at_home = set(unique_ids(() if home_assets is None else home_assets, "home_assets"))
    home = np.array([a in at_home for a in trades.assets.ids], dtype=np.bool_)
    tape = _tape(trades, rules.odean, by_clock)
    last = max(int(tape.trade["time"].max()), int(quotes.time.max()) if len(quotes.time) else 0)
    book = k.empty_book(len(home), len(trades) if rules.fifo else 1)
    tally = k.empty_tally(len(trades), len(tape.start) - 1)
    before = np.empty(len(home), dtype=k.BEFORE)
    rules = rules._replace(end=last)
    return tally, kernels.walk(tape, quotes, book, before, tally, home, rules)


def _habits(stats: FloatArray, home: bool) -> dict[str, FloatArray]:
    def share(top: int, bottom: int, otherwise: FloatArray | float = np.nan) -> FloatArray:
        out = np.array(np.broadcast_to(otherwise, len(stats)), dtype=np.float64)
        return np.divide(stats[:, top], stats[:, bottom], out=out, where=stats[:, bottom] > 0)

    never = stats[:, k.HHI_LAST] == 0.0
    hhi, at_home = (
        share(a, k.DAYS, np.where(never, np.nan, stats[:, b]))
        for a, b in ((k.HHI_DAYS, k.HHI_LAST), (k.HOME_DAYS, k.HOME_LAST))
    )
    return {
        "turnover": 0.5 * _YEAR_DAYS * share(k.TRADED, k.VALUE_DAYS),
        "status_quo": np.clip(1.0 + share(k.ACTIVE, k.PASSIVE), 0.0, 1.0),
        "concentration": hhi,
        "home_share": at_home if home else np.full(len(stats), np.nan),
    }


def _refusals(trades: Trades, proposals: pd.DataFrame | None, measured: FloatArray) -> FloatArray:
    if proposals is None:
        return measured
    columns = ["client_id", "required", "done"]
    check_table(proposals, "proposals", columns, "A proposal is client_id, required and done.")
    nobody = "the proposal was made to nobody. Drop or mend it."
    codes, ids = id_codes(proposals["client_id"], "client_id", nobody)
    who = trades.clients.find(ids.ids)[codes]
    required, done = (
        _turnover(proposals, name, who, len(trades.clients)) for name in ("required", "done")
    )
    known = required > 0
    return np.where(known, np.clip(1.0 - done / np.where(known, required, 1.0), 0.0, 1.0), measured)


def _turnover(proposals: pd.DataFrame, name: str, who: IntArray, count: int) -> FloatArray:
    """Sum of a column by client, shape (count,); `who` is -1 for those who made no trade."""
    values = as_numbers(proposals[name])
    bad = ~(np.isfinite(values) & (values >= 0.0))
    if bad.any():
        row = int(np.argmax(bad))
        value = cell(proposals[name], row)
        raise InputError(
            f"proposals.{name} is {personal(value)} in row {row}; turnover is a fraction of 0 or"
            " more. Correct or drop the row.",
            field=name,
            value=kept(value),
        )
    total: FloatArray = np.zeros(count)
    np.add.at(total, who[who >= 0], values[who >= 0])
    return total

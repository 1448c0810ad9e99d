"""The hot loop of the room, compiled on first use: one pass over all trades, client by client (reference in the tests, `trades_recount`)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar, cast

import numba
import numpy as np

import advisor.risk_profile.biases_state as k
from advisor.risk_profile.biases_state import Before, Book, Bools, Floats, Ints, Quotes, Tally, Tape

F = TypeVar("F", bound=Callable[..., Any])
DUST = 1e-9
"""A rest smaller than this share of the trade that left it is rounding, not a holding."""


def jit(function: F) -> F:
    """Compiled without the interpreter lock; the machine code is kept beside the file."""
    return cast(F, numba.njit(cache=True, nogil=True, error_model="numpy")(function))  # pyright: ignore[reportUnknownMemberType]


@jit
def price_row(quotes: Quotes, book: Book, asset: int, time: int) -> int:
    """Row of the asset's last price at or before `time`, -1 = none; later calls for one client only look forward."""
    start, end = quotes.indptr[asset], quotes.indptr[asset + 1]
    low = book.quote[asset]
    if low == -2:
        low = start - 1
    step = 1
    while low + step < end and quotes.time[low + step] <= time:
        low += step
        step *= 2
    high = min(low + step, end)
    while high - low > 1:
        middle = (low + high) // 2
        if quotes.time[middle] <= time:
            low = middle
        else:
            high = middle
    book.quote[asset] = low
    return low if low >= start else -1


@jit
def count(tally: Tally, row: int, column: int, rate: float) -> None:
    """One more opportunity: realised (columns 0, 1) or kept (2, 3), with its return since purchase."""
    tally.counts[row, column] += 1
    kept = column // 2
    place = min(k.BINS - 1, max(0, int((rate + 1.0) * k.BINS_PER_UNIT)))
    tally.seen[kept, place] += 1.0
    tally.gained[kept, place] += rate


@jit
def count_paper(tally: Tally, row: int, units: float, basis: float, price: float, high: float, low: float) -> None:
    """A holding that was kept: a gain if all of the day's range is on the good side, a loss if all is on the bad one, else neither."""
    sign = 1.0 if units > 0.0 else -1.0
    rate = sign * (price / basis - 1.0)
    if (low > basis and sign > 0.0) or (high < basis and sign < 0.0):
        count(tally, row, 2, rate)
    elif (high < basis and sign > 0.0) or (low > basis and sign < 0.0):
        count(tally, row, 3, rate)


@jit
def close_lots(book: Book, asset: int, units: float) -> float:
    """Take `units` from the oldest lots; returns what they had cost, and resets the basis to the average of the lots that are left."""
    cost, left = 0.0, units
    lot = book.head[asset]
    while lot >= 0 and left > 0.0:
        taken = min(left, book.lot_units[lot])
        cost += taken * book.lot_price[lot]
        book.lot_units[lot] -= taken
        left -= taken
        if book.lot_units[lot] > 0.0:
            break
        lot = book.lot_next[lot]
    book.head[asset] = lot
    total, worth = 0.0, 0.0
    while lot >= 0:
        total += book.lot_units[lot]
        worth += book.lot_units[lot] * book.lot_price[lot]
        lot = book.lot_next[lot]
    if total > 0.0:
        book.basis[asset] = worth / total
    return cost


@jit
def open_lot(book: Book, asset: int, lot: int, units: float, price: float) -> None:
    """Put a lot behind the others."""
    book.lot_units[lot], book.lot_price[lot], book.lot_next[lot] = units, price, -1
    if book.head[asset] < 0:
        book.head[asset] = lot
    else:
        book.lot_next[book.tail[asset]] = lot
    book.tail[asset] = lot


@jit
def hold(book: Book, asset: int, held: int) -> int:
    """Enter or strike the asset from the list of holdings after its units changed; returns how many are held."""
    slot = book.slot[asset]
    if book.units[asset] != 0.0 and slot < 0:
        book.slot[asset], book.held[held] = held, asset
        return held + 1
    if book.units[asset] == 0.0 and slot >= 0:
        last = book.held[held - 1]
        book.held[slot], book.slot[last] = last, slot
        book.slot[asset] = -1
        return held - 1
    return held


@jit
def trade(book: Book, asset: int, lot: int, units: float, price: float, fifo: bool, held: int) -> tuple[float, float, int]:
    """Book one trade: units closed (0 if it only opened), what they had cost, and the number of holdings after it."""
    have = book.units[asset]
    rest = have + units
    if abs(rest) <= DUST * abs(units):
        rest = 0.0
    closed, cost = 0.0, 0.0
    if have != 0.0 and (have > 0.0) != (units > 0.0):
        closed = min(abs(have), abs(units))
        cost = close_lots(book, asset, closed) if fifo else closed * book.basis[asset]
        if rest == 0.0:
            book.head[asset] = -1
        elif (rest > 0.0) != (have > 0.0):
            book.head[asset] = -1
            book.basis[asset] = price
            if fifo:
                open_lot(book, asset, lot, abs(rest), price)
    else:
        book.basis[asset] = (book.basis[asset] * abs(have) + price * abs(units)) / (abs(have) + abs(units)) if have != 0.0 else price
        if fifo:
            open_lot(book, asset, lot, abs(units), price)
    book.units[asset] = rest
    return closed, cost, hold(book, asset, held)


@jit
def worth(quotes: Quotes, book: Book, asset: int, time: int) -> float:
    """Market value of the holding, signed; at its basis where no price is known."""
    row = price_row(quotes, book, asset, time)
    return book.units[asset] * (quotes.price[row] if row >= 0 else book.basis[asset])


@jit
def look(quotes: Quotes, book: Book, before: Before, time: int, held: int) -> None:
    """Write down what is held before the group's trades, with the weights that prices have made of it."""
    total = 0.0
    for i in range(held):
        asset = book.held[i]
        value = worth(quotes, book, asset, time)
        before.asset[i], before.units[i], before.basis[i], before.weight[i] = asset, book.units[asset], book.basis[asset], value
        total += abs(value)
    for i in range(held):
        before.weight[i] = before.weight[i] / total if total > 0.0 else 0.0


@jit
def settle(quotes: Quotes, book: Book, before: Before, stats: Floats, home: Bools, time: int, days: float, was: int, held: int) -> None:
    """After the group's trades: weights, how far they undid the drift, and sums over the days until the next trades."""
    total, squares, at_home = 0.0, 0.0, 0.0
    for i in range(held):
        value = worth(quotes, book, book.held[i], time)
        book.pnl[book.held[i]] = value
        total += abs(value)
    for i in range(was):
        asset = before.asset[i]
        now = book.pnl[asset] / total if book.units[asset] != 0.0 and total > 0.0 else 0.0
        passive = before.weight[i] - book.weight[asset]
        if total > 0.0:
            stats[k.PASSIVE] += passive * passive
            stats[k.ACTIVE] += passive * (now - before.weight[i])
        book.weight[asset] = 0.0
    for i in range(held):
        asset = book.held[i]
        book.weight[asset] = book.pnl[asset] / total if total > 0.0 else 0.0
        squares += book.weight[asset] ** 2
        at_home += abs(book.weight[asset]) if home[asset] else 0.0
        book.pnl[asset] = 0.0
    if total > 0.0:
        stats[k.VALUE_DAYS] += total * days
        stats[k.HHI_DAYS] += squares * days
        stats[k.HOME_DAYS] += at_home * days
        stats[k.DAYS] += days
        stats[k.HHI_LAST], stats[k.HOME_LAST] = squares, at_home


@jit
def judge_trade(tape: Tape, quotes: Quotes, book: Book, before: Before, tally: Tally, t: int, was: int, closed: float, cost: float) -> None:
    """Every-trade counting: the traded asset at the trade's price, all others at the market's."""
    asset, price = tape.asset[t], tape.price[t]
    for i in range(was):
        other = before.asset[i]
        if other != asset:
            row = price_row(quotes, book, other, tape.time[t])
            if row >= 0:
                market = quotes.price[row]
                count_paper(tally, book.row[other], before.units[i], before.basis[i], market, market, market)
            continue
        sign = 1.0 if before.units[i] > 0.0 else -1.0
        gain = sign * (closed * price - cost)
        if gain != 0.0:
            count(tally, book.row[asset], 0 if gain > 0.0 else 1, gain / cost)
        basis = book.basis[asset] if closed > 0.0 else before.basis[i]
        if book.units[asset] * sign > 0.0:
            count_paper(tally, book.row[asset], sign, basis, price, price, price)


@jit
def judge_day(quotes: Quotes, book: Book, before: Before, tally: Tally, touched: Ints, sold: int, time: int, was: int) -> None:
    """Odean's counting: on a day with a sale out of at least two holdings, what was sold and what was kept all day."""
    mine, holdings = 0, was
    for i in range(sold):
        asset = touched[i]
        mine += book.sold[asset] == 1
        found = False
        for j in range(was):
            found = found or before.asset[j] == asset
        holdings += not found
    if mine > 0 and holdings >= 2:
        for i in range(sold):
            asset = touched[i]
            if book.sold[asset] == 1 and book.pnl[asset] != 0.0:
                count(tally, book.row[asset], 0 if book.pnl[asset] > 0.0 else 1, book.pnl[asset] / book.paid[asset])
        for j in range(was):
            asset = before.asset[j]
            row = price_row(quotes, book, asset, time) if book.sold[asset] == 0 else -1
            if row >= 0:
                same_day = quotes.time[row] // k.DAY == time // k.DAY
                high, low = (quotes.high[row], quotes.low[row]) if same_day else (quotes.price[row], quotes.price[row])
                count_paper(tally, book.row[asset], before.units[j], before.basis[j], quotes.price[row], high, low)
    for i in range(sold):
        asset = touched[i]
        book.sold[asset], book.pnl[asset], book.paid[asset] = 0, 0.0, 0.0


@jit
def walk(tape: Tape, quotes: Quotes, book: Book, before: Before, tally: Tally, home: Bools, fifo: bool, odean: bool, end: int) -> int:
    """All clients, one after the other; returns the number of (client, asset) rows."""
    rows = 0
    touched = np.empty(len(book.units), np.int64)
    for client in range(len(tape.start) - 1):
        t, stop, held, first_row = tape.start[client], tape.start[client + 1], 0, rows
        stats = tally.client[client]
        while t < stop:
            time, was, sold, group = tape.time[t], held, 0, tape.group[t]
            look(quotes, book, before, time, held)
            while t < stop and tape.group[t] == group:
                asset = tape.asset[t]
                if book.row[asset] < 0:
                    book.row[asset] = rows
                    tally.row_client[rows], tally.row_asset[rows] = client, asset
                    rows += 1
                sign = 1.0 if book.units[asset] > 0.0 else -1.0
                closed, cost, held = trade(book, asset, t, tape.units[t], tape.price[t], fifo, held)
                stats[k.TRADED] += abs(tape.units[t]) * tape.price[t]
                if closed > 0.0 and odean:
                    if book.sold[asset] == 0:
                        touched[sold] = asset
                        sold += 1
                    if not tape.left_out[t]:
                        book.pnl[asset] += sign * (closed * tape.price[t] - cost)
                        book.paid[asset] += cost
                    book.sold[asset] = 1 if not tape.left_out[t] or book.sold[asset] == 1 else 2
                elif not odean and not tape.left_out[t]:
                    judge_trade(tape, quotes, book, before, tally, t, was, closed, cost)
                t += 1
            if sold > 0:
                judge_day(quotes, book, before, tally, touched, sold, time, was)
            until = tape.time[t] if t < stop else end
            settle(quotes, book, before, stats, home, time, (until - time) / k.DAY, was, held)
        clear(book, tally, first_row, rows)
    return rows


@jit
def clear(book: Book, tally: Tally, first: int, last: int) -> None:
    """Forget a client: only what he touched is written."""
    for row in range(first, last):
        asset = tally.row_asset[row]
        book.units[asset], book.weight[asset] = 0.0, 0.0
        book.slot[asset], book.row[asset], book.quote[asset], book.head[asset] = -1, -1, -2, -1

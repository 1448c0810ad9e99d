"""One pass over all trades: `native/biases.c`."""

from __future__ import annotations

import advisor.risk_profile.biases.records as k

DUST = 1e-9


def price_row(quotes, book, asset, time):
    """Row of the asset's last price at or before `time`, -1 = none; later calls for one client only
    look forward, and at one moment only once."""
    mine = book.of[asset]
    start, end = quotes.start[asset], quotes.start[asset + 1]
    if mine.at != time:
        low = mine.quote if mine.quote >= start else start - 1
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
        mine.quote, mine.at = low, time
        mine.price = quotes.row[low].price if low >= start else 0.0
    return mine.quote if mine.quote >= start else -1


def count(tally, row, column, rate):
    """One more opportunity: realised (columns 0, 1) or kept (2, 3), with its return since
    purchase."""
    tally.counts[row, column] += 1
    kept = column // 2
    place = min(k.BINS - 1, max(0, int((rate + 1.0) * k.BINS_PER_UNIT)))
    tally.chances[0, kept, place] += 1.0
    tally.chances[1, kept, place] += rate


def count_paper(tally, row, units, basis, price, high, low, tie):
    """A holding that was kept: a gain if all of the day's range is on the good side, a loss if all
    is on the bad one, else neither."""
    sign = 1.0 if units > 0.0 else -1.0
    rate = sign * (price / basis - 1.0)
    above, below = low > basis * (1.0 + tie), high < basis * (1.0 - tie)
    if (above and sign > 0.0) or (below and sign < 0.0):
        count(tally, row, 2, rate)
    elif (below and sign > 0.0) or (above and sign < 0.0):
        count(tally, row, 3, rate)


def close_lots(book, asset, units):
    """Take `units` from the oldest lots; returns what they had cost, and resets the basis to the
    average of the lots that are left."""
    cost, left = 0.0, units
    lot = book.of[asset].head
    while lot >= 0 and left > 0.0:
        taken = min(left, book.lot[lot].units)
        cost += taken * book.lot[lot].price
        book.lot[lot].units -= taken
        left -= taken
        if book.lot[lot].units > 0.0:
            break
        lot = book.lot[lot].next
    book.of[asset].head = lot
    total, worth = 0.0, 0.0
    while lot >= 0:
        total += book.lot[lot].units
        worth += book.lot[lot].units * book.lot[lot].price
        lot = book.lot[lot].next
    if total > 0.0:
        book.of[asset].basis = worth / total
    return cost


def open_lot(book, asset, lot, units, price):
    """Put a lot behind the others."""
    book.lot[lot].units, book.lot[lot].price, book.lot[lot].next = units, price, -1
    if book.of[asset].head < 0:
        book.of[asset].head = lot
    else:
        book.lot[book.of[asset].tail].next = lot
    book.of[asset].tail = lot


def hold(book, asset, held):
    """Enter or strike the asset from the list of holdings after its units changed; returns how many
    are held."""
    slot = book.of[asset].slot
    if book.of[asset].units != 0.0 and slot < 0:
        book.of[asset].slot, book.held[held] = held, asset
        return held + 1
    if book.of[asset].units == 0.0 and slot >= 0:
        last = book.held[held - 1]
        book.held[slot], book.of[last].slot = last, slot
        book.of[asset].slot = -1
        return held - 1
    return held


def trade(book, asset, lot, units, price, fifo, held):
    """Book one trade: units closed (0 if it only opened), what one of them had cost, and the number
    of holdings after it."""
    have = book.of[asset].units
    rest = have + units
    if abs(rest) <= DUST * abs(units):
        rest = 0.0
    closed, cost = 0.0, 0.0
    if have != 0.0 and (have > 0.0) != (units > 0.0):
        closed = min(abs(have), abs(units))
        cost = (
            close_lots(book, asset, closed) / closed
            if fifo and closed > 0.0
            else book.of[asset].basis
        )
        if rest == 0.0:
            book.of[asset].head = -1
        elif (rest > 0.0) != (have > 0.0):
            book.of[asset].head = -1
            book.of[asset].basis = price
            if fifo:
                open_lot(book, asset, lot, abs(rest), price)
    else:
        book.of[asset].basis = (
            (book.of[asset].basis * abs(have) + price * abs(units)) / (abs(have) + abs(units))
            if have != 0.0
            else price
        )
        if fifo:
            open_lot(book, asset, lot, abs(units), price)
    book.of[asset].units = rest
    return closed, cost, hold(book, asset, held)


def worth(quotes, book, asset, time):
    """Market value of the holding, signed; at its basis where no price is known."""
    known = price_row(quotes, book, asset, time) >= 0
    return book.of[asset].units * (book.of[asset].price if known else book.of[asset].basis)


def look(quotes, book, before, time, held):
    """Write down what is held before the group's trades, with the weights that prices have made of
    it."""
    total = 0.0
    for i in range(held):
        asset = book.held[i]
        value = worth(quotes, book, asset, time)
        before[i].asset, before[i].units, before[i].basis, before[i].weight = (
            asset,
            book.of[asset].units,
            book.of[asset].basis,
            value,
        )
        total += abs(value)
    for i in range(held):
        before[i].weight = before[i].weight / total if total > 0.0 else 0.0


def settle(quotes, book, before, stats, home, time, days, was, held):
    """After the group's trades: weights, how far they undid the drift, and sums over the days until
    the next trades."""
    total, squares, at_home = 0.0, 0.0, 0.0
    for i in range(held):
        value = worth(quotes, book, book.held[i], time)
        book.of[book.held[i]].pnl = value
        total += abs(value)
    for i in range(was):
        asset = before[i].asset
        now = book.of[asset].pnl / total if book.of[asset].units != 0.0 and total > 0.0 else 0.0
        passive = before[i].weight - book.of[asset].weight
        if total > 0.0:
            stats[k.PASSIVE] += passive * passive
            stats[k.ACTIVE] += passive * (now - before[i].weight)
        book.of[asset].weight = 0.0
    for i in range(held):
        asset = book.held[i]
        book.of[asset].weight = book.of[asset].pnl / total if total > 0.0 else 0.0
        squares += book.of[asset].weight ** 2
        at_home += abs(book.of[asset].weight) if home[asset] else 0.0
        book.of[asset].pnl = 0.0
    if total > 0.0:
        stats[k.VALUE_DAYS] += total * days
        stats[k.HHI_DAYS] += squares * days
        stats[k.HOME_DAYS] += at_home * days
        stats[k.DAYS] += days
        stats[k.HHI_LAST], stats[k.HOME_LAST] = squares, at_home


def judge_trade(tape, quotes, book, before, tally, t, was, closed, cost, tie):
    """Every-trade counting: the traded asset at the trade's price, all others at the market's."""
    asset, price = tape.trade[t].asset, tape.trade[t].price
    for i in range(was):
        other = before[i].asset
        if other != asset:
            if price_row(quotes, book, other, tape.trade[t].time) >= 0:
                market = book.of[other].price
                count_paper(
                    tally,
                    book.of[other].row,
                    before[i].units,
                    before[i].basis,
                    market,
                    market,
                    market,
                    tie,
                )
            continue
        sign = 1.0 if before[i].units > 0.0 else -1.0
        gain = sign * (price - cost) if closed > 0.0 else 0.0
        if abs(gain) > tie * cost:
            count(tally, book.of[asset].row, 0 if gain > 0.0 else 1, gain / cost)
        basis = book.of[asset].basis if closed > 0.0 else before[i].basis
        if book.of[asset].units * sign > 0.0:
            count_paper(tally, book.of[asset].row, sign, basis, price, price, price, tie)


def judge_day(quotes, book, before, tally, sold, time, was, tie):
    """Odean's counting: on a day with a sale out of at least two holdings, what was sold and what
    was kept all day."""
    mine, holdings = 0, was
    for i in range(sold):
        asset = book.touched[i]
        mine += book.of[asset].sold == 1
        found = False
        for j in range(was):
            found = found or before[j].asset == asset
        holdings += not found
    if mine > 0 and holdings >= 2:
        for i in range(sold):
            asset = book.touched[i]
            if book.of[asset].sold == 1 and abs(book.of[asset].pnl) > tie * book.of[asset].paid:
                count(
                    tally,
                    book.of[asset].row,
                    0 if book.of[asset].pnl > 0.0 else 1,
                    book.of[asset].pnl / book.of[asset].paid,
                )
        for j in range(was):
            asset = before[j].asset
            row = price_row(quotes, book, asset, time) if book.of[asset].sold == 0 else -1
            if row >= 0:
                same_day = quotes.time[row] // k.DAY == time // k.DAY
                high, low = (
                    (quotes.row[row].high, quotes.row[row].low)
                    if same_day
                    else (quotes.row[row].price, quotes.row[row].price)
                )
                count_paper(
                    tally,
                    book.of[asset].row,
                    before[j].units,
                    before[j].basis,
                    quotes.row[row].price,
                    high,
                    low,
                    tie,
                )
    for i in range(sold):
        asset = book.touched[i]
        book.of[asset].sold, book.of[asset].pnl, book.of[asset].paid = 0, 0.0, 0.0


def walk_all(tape, quotes, book, before, tally, home, rules):
    """All clients, one after the other; returns the number of (client, asset) rows."""
    none = tape.start[0]  # a typed 0: a literal one would have everything below compiled twice
    rows = none
    for client in range(len(tape.start) - 1):
        t, stop, held, first_row = tape.start[client], tape.start[client + 1], none, rows
        stats = tally.client[client]
        while t < stop:
            time, was, sold, group = tape.trade[t].time, held, none, tape.trade[t].group
            look(quotes, book, before, time, held)
            while t < stop and tape.trade[t].group == group:
                asset = tape.trade[t].asset
                if book.of[asset].row < 0:
                    book.of[asset].row = rows
                    tally.pair[rows, 0], tally.pair[rows, 1] = client, asset
                    rows += 1
                sign = 1.0 if book.of[asset].units > 0.0 else -1.0
                closed, cost, held = trade(
                    book, asset, t, tape.trade[t].units, tape.trade[t].price, rules.fifo, held
                )
                stats[k.TRADED] += abs(tape.trade[t].units) * tape.trade[t].price
                if closed > 0.0 and rules.odean:
                    if book.of[asset].sold == 0:
                        book.touched[sold] = asset
                        sold += 1
                    if not tape.trade[t].left_out:
                        book.of[asset].pnl += sign * closed * (tape.trade[t].price - cost)
                        book.of[asset].paid += closed * cost
                    book.of[asset].sold = (
                        1 if not tape.trade[t].left_out or book.of[asset].sold == 1 else 2
                    )
                elif not rules.odean and not tape.trade[t].left_out:
                    judge_trade(tape, quotes, book, before, tally, t, was, closed, cost, rules.tie)
                t += 1
            if sold > 0:
                judge_day(quotes, book, before, tally, sold, time, was, rules.tie)
            until = tape.trade[t].time if t < stop else rules.end
            settle(quotes, book, before, stats, home, time, (until - time) / k.DAY, was, held)
        clear(book, tally, first_row, rows)
    return rows


def clear(book, tally, first, last):
    """Forget a client: only what they touched is written."""
    for row in range(first, last):
        asset = tally.pair[row, 1]
        book.of[asset].units, book.of[asset].weight = 0.0, 0.0
        (
            book.of[asset].slot,
            book.of[asset].row,
            book.of[asset].quote,
            book.of[asset].head,
            book.of[asset].at,
        ) = (-1, -1, -2, -1, k.NEVER)

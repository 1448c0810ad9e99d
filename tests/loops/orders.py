"""What clients sell and buy, and what it leads to: `native/orders.c`."""

from __future__ import annotations

import numpy as np

FREE, KEPT, LEAVING = 0, 1, 2
"""A holding may be sold or kept; must be kept; must be sold."""
CASH, MEAN, VOLATILITY, LOSS, FEE = 0, 1, 2, 3, 4
"""Columns of what `settle_some` finds out."""
SLACK = 1e-9
"""A volatility or loss beyond its limit by less is at it."""
GRID = 1e-6
"""Of a unit of money: rounding of the division."""
TINY = 1e-300
"""Below it a divisor is none."""


def down(money, unit):
    """The largest multiple of `unit` that is no more than `money`."""
    count = np.floor(money / unit * (1.0 + 4e-16) + GRID)
    return count / np.round(1.0 / unit) if unit < 1.0 else count * unit


def up(money, unit):
    """The smallest multiple of `unit` that is no less than `money`."""
    count = np.ceil(money / unit * (1.0 - 4e-16) - GRID)
    return count / np.round(1.0 / unit) if unit < 1.0 else count * unit


def most_kept(worth, most, shares, room, x):
    """Fill `x`, shape (q,), that maximises worth * x with x * shares <= package, 0 <= x <= most.

    The simplex method on a condensed table, by Bland's rule, so that it ends; `package` is at
    least 0, so it starts at x = 0. `shares` has shape (q, v).
    """
    q, v = shares.shape
    rows = v + q
    table = np.zeros((rows + 1, q + 1))
    basic, open_ = np.arange(q, q + rows), np.arange(q)
    for j in range(q):
        for r in range(v):
            table[r, j] = shares[j, r]
        table[v + j, j] = 1.0
        table[v + j, q] = most[j]
        table[rows, j] = worth[j]
    for r in range(v):
        table[r, q] = room[r]
    for _ in range(100 * (rows + q)):
        c = -1
        for j in range(q):
            if table[rows, j] > 1e-12 and (c < 0 or open_[j] < open_[c]):
                c = j
        if c < 0:
            break
        out, least = -1, np.inf
        for r in range(rows):
            if table[r, c] > 1e-12:
                ratio = max(table[r, q], 0.0) / table[r, c]
                if ratio < least or (ratio == least and basic[r] < basic[out]):
                    out, least = r, ratio
        if out < 0:
            break
        pivot(table, out, c)
        basic[out], open_[c] = open_[c], basic[out]
    x[:] = 0.0
    for r in range(rows):
        if basic[r] < q:
            x[basic[r]] = min(max(table[r, q], 0.0), most[basic[r]])


def pivot(table, out, c):
    """Exchange a basic and an open variable of a condensed table."""
    height, width = table.shape
    p = table[out, c]
    for r in range(height):
        if r != out and table[r, c] != 0.0:
            f = table[r, c] / p
            for j in range(width):
                if j != c:
                    table[r, j] -= f * table[out, j]
            table[r, c] = -f
    for j in range(width):
        if j != c:
            table[out, j] /= p
    table[out, c] = 1.0 / p


def retain(first, last, held, kind, fee, spread, room, wealth, sales):
    """Sell what free holdings have beyond `package` by vehicle, dearest first; `sales` is written.

    Holdings of one vehicle each are filled in the order of their fee; where one is mixed, the
    same is a linear programme: keep as much money as overshoots no vehicle.
    """
    count, mixed = 0, False
    for e in range(first, last):
        if kind[e] == FREE:
            count += 1
            touched = 0
            for v in range(len(room)):
                touched += spread[e, v] > 0.0
            mixed |= touched > 1
    if not mixed:
        for _ in range(count):
            best = -1
            for e in range(first, last):
                if kind[e] == FREE and sales[e] < 0.0 and (best < 0 or fee[e] < fee[best]):
                    best = e
            sales[best] = held[best]
            for v in range(len(room)):
                if spread[best, v] > 0.0:
                    keep = min(held[best], room[v])
                    room[v] -= keep
                    sales[best] = held[best] - keep
        return
    worth, most, x = np.empty(count), np.empty(count), np.empty(count)
    shares, space = np.empty((count, len(room))), np.empty(len(room))
    j = 0
    for e in range(first, last):
        if kind[e] == FREE:
            worth[j], most[j] = 1.0 - fee[e], held[e] / wealth
            shares[j] = spread[e]
            j += 1
    for v in range(len(room)):
        space[v] = room[v] / wealth
    most_kept(worth, most, shares, space, x)
    j = 0
    for e in range(first, last):
        if kind[e] == FREE:
            sales[e] = max(held[e] - x[j] * wealth, 0.0)
            j += 1


def is_far(missing, below, i, v, wealth):
    """Whether what is missing of vehicle v lies beyond the lower edge of its no-trade region."""
    return len(below) == 0 or missing > below[i, v] * wealth


def trade_some(
    first,
    last,
    invested,
    wealth,
    weights,
    start,
    held,
    kind,
    fee,
    spread,
    by_vehicle,
    locked,
    above,
    below,
    unit,
    least,
    cost,
    sales,
    left,
    lacking,
    gaps,
    budget,
):
    """What clients `first` to `last` sell, lack, and have money for; see `sales.trades_of`.

    The last five arrays are written.
    """
    for i in range(first, last):
        begin, end, room = start[i], start[i + 1], lacking[i]
        for v in range(weights.shape[1]):
            gaps[i, v] = 0.0
        for e in range(begin, end):
            sales[e] = -1.0
            if kind[e] == FREE:
                for v in range(weights.shape[1]):
                    gaps[i, v] += held[e] * spread[e, v]
        if invested[i] and wealth[i] > 0.0:
            for v in range(weights.shape[1]):
                room[v] = max(weights[i, v] * wealth[i] - locked[i, v], 0.0)
                band = above[i, v] * wealth[i] if len(above) else 0.0
                if gaps[i, v] - room[v] <= max(band, least[i] - unit[i]):
                    room[v] = max(room[v], gaps[i, v])
            retain(begin, end, held, kind, fee, spread, room, wealth[i], sales)
        total, sold, urgent, wanted = 0.0, 0.0, 0.0, 0.0
        for v in range(weights.shape[1]):
            left[i, v] = by_vehicle[i, v]
        for e in range(begin, end):
            if kind[e] == LEAVING and invested[i]:
                sales[e] = held[e]
            sale = max(sales[e], 0.0)
            sale = min(up(sale, unit[i]), down(held[e], unit[i])) if sale > GRID * unit[i] else 0.0
            if kind[e] != LEAVING and sale < least[i]:
                sale = 0.0
            sales[e] = sale
            sold += sale
            if sale > 0.0:
                for v in range(weights.shape[1]):
                    left[i, v] = max(left[i, v] - sale * spread[e, v], 0.0)
        for v in range(weights.shape[1]):
            total += left[i, v]
            lacking[i, v] = max(weights[i, v] * wealth[i] - left[i, v], 0.0) if invested[i] else 0.0
            left[i, v] = left[i, v] / wealth[i] if wealth[i] > 0.0 else 0.0
            if is_far(lacking[i, v], below, i, v, wealth[i]):
                urgent += lacking[i, v]
            else:
                wanted += lacking[i, v]
        budget[i] = max(wealth[i] - total - cost * sold, 0.0) / (1.0 + cost)
        first = min(budget[i], urgent) / urgent if urgent > 0.0 else 0.0
        money = budget[i] - first * urgent
        second = min(max(money, 0.0), wanted) / wanted if wanted > 0.0 else 0.0
        for v in range(weights.shape[1]):
            far = is_far(lacking[i, v], below, i, v, wealth[i])
            gap = lacking[i, v] * (first if far else second)
            gaps[i, v] = gap if gap >= least[i] and gap >= unit[i] else 0.0


def put(row, product, money, pure, mixes, parts):
    """Add money in a product to a row by vehicle: as its parts where `pure`, else as its mix."""
    put = parts if pure else mixes
    for e in range(put[0][product], put[0][product + 1]):
        row[put[1][e]] += money * put[2][e]


def risk(a, b, covariance):
    """A' covariance b, over the vehicles that `a` and `b` hold."""
    total = 0.0
    for v in range(len(a)):
        if a[v] != 0.0:
            inner = 0.0
            for w in range(len(b)):
                if b[w] != 0.0:
                    inner += covariance[v, w] * b[w]
            total += a[v] * inner
    return total


def is_beyond(facts, upper, limit):
    """Whether a portfolio is above the band or the stressed loss."""
    return facts[VOLATILITY] > upper * (1.0 + SLACK) or facts[LOSS] > limit + SLACK


def measure(i, client, entries, picks, model, after, facts):
    """Money by vehicle after the orders of client i, and what it means; both are written."""
    wealth, pure, cost = client
    start, held, sales, spread, rate = entries
    codes, money, fee, mixes, parts = picks
    mean, covariance, stress = model
    rest, traded, paid = 0.0, 0.0, 0.0
    after[:] = 0.0
    for e in range(start[i], start[i + 1]):
        left = held[e] - sales[e]
        rest += left
        traded += sales[e]
        paid += left * rate[e]
        for v in range(len(after)):
            after[v] += left * spread[e, v]
    for slot in range(codes.shape[1]):
        if codes[i, slot] >= 0 and money[i, slot] > 0.0:
            rest += money[i, slot]
            traded += money[i, slot]
            paid += money[i, slot] * fee[codes[i, slot]]
            put(after, codes[i, slot], money[i, slot], pure, mixes, parts)
    facts[CASH] = max(wealth - rest - cost * traded, 0.0)
    facts[MEAN], facts[LOSS] = 0.0, 0.0
    whole = wealth if wealth > 0.0 else 1.0
    weights = np.empty(len(after))
    for v in range(len(after)):
        weights[v] = after[v] / whole
        facts[MEAN] += weights[v] * mean[v]
        facts[LOSS] += weights[v] * stress[v]
    facts[VOLATILITY] = np.sqrt(max(risk(weights, weights, covariance), 0.0))
    facts[FEE] = paid / whole


def largest(base, more, model, upper, limit):
    """Largest share 0..1 of `more` beside `base` within both limits; -1 where `base` is beyond."""
    covariance, stress = model[1], model[2]
    bb, uu = risk(base, base, covariance), risk(more, more, covariance)
    bu, free = risk(base, more, covariance), upper * upper
    loss, rise = 0.0, 0.0
    for v in range(len(base)):
        loss += base[v] * stress[v]
        rise += more[v] * stress[v]
    if bb > free * (1.0 + SLACK) or loss > limit + SLACK * max(limit, 1.0):
        return -1.0
    share = 1.0
    if bb + 2.0 * bu + uu > free and uu > 0.0:
        root = np.sqrt(max(bu * bu - uu * (bb - free), 0.0))
        share = min(share, max((root - bu) / uu, 0.0))
    if loss + rise > limit and rise > 0.0:
        share = min(share, max((limit - loss) / rise, 0.0))
    return share


def riskiest(i, client, picks, model, limits, after, facts):
    """The purchase that adds most per unit of money to what is above a limit; -1 where none
    adds."""
    (wealth, pure), (upper, limit) = client[:2], limits
    codes, money, mixes, parts = picks[0], picks[1], picks[3], picks[4]
    best, most = -1, 0.0
    one = np.empty(len(after))
    for slot in range(codes.shape[1]):
        if codes[i, slot] < 0 or not money[i, slot] > 0.0:
            continue
        one[:] = 0.0
        put(one, codes[i, slot], 1.0, pure, mixes, parts)
        rate = 0.0
        if facts[VOLATILITY] > upper * (1.0 + SLACK):
            rate += risk(one, after, model[1]) / max(wealth * upper * upper, TINY)
        if facts[LOSS] > limit + SLACK:
            loss = 0.0
            for v in range(len(after)):
                loss += one[v] * model[2][v]
            rate += loss / max(limit, TINY)
        if rate > most:
            best, most = slot, rate
    return best


def buy_less(i, client, entries, picks, least, sizes, model, limits, after, facts):
    """Lower purchases until the portfolio is within both limits, those first that add most to what
    is above one.

    The last one is lowered as far as it has to be. What falls below its smallest purchase is not
    bought.
    """
    wealth, pure = client[:2]
    codes, money = picks[0], picks[1]
    (unit, small), (upper, limit) = sizes, limits
    slots = codes.shape[1]
    base, more = np.empty(len(after)), np.empty(len(after))
    for step in range(2 * slots):
        chosen = riskiest(i, client, picks, model, limits, after, facts)
        if chosen < 0:
            return
        split(i, entries, picks, pure, base, more, None, chosen)
        share = largest(base, more, model, upper * wealth, limit * wealth)
        buy = down(max(share, 0.0) * money[i, chosen], unit) if step < slots else 0.0
        enough = buy >= least[codes[i, chosen]] and buy >= small
        money[i, chosen] = buy if enough else 0.0
        measure(i, client, entries, picks, model, after, facts)
        if not is_beyond(facts, upper, limit):
            return


def split(i, entries, picks, pure, base, more, kind, chosen):
    """What stays as it is and what may be lowered: holdings that may be sold where `kind` is given;
    purchase `chosen`, or all for -1."""
    start, held, sales, spread = entries[:4]
    codes, money, mixes, parts = picks[0], picks[1], picks[3], picks[4]
    base[:] = 0.0
    more[:] = 0.0
    for e in range(start[i], start[i + 1]):
        into = more if kind is not None and kind[e] != KEPT else base
        for v in range(len(base)):
            into[v] += (held[e] - sales[e]) * spread[e, v]
    for slot in range(codes.shape[1]):
        if codes[i, slot] >= 0:
            into = more if chosen < 0 or slot == chosen else base
            put(into, codes[i, slot], money[i, slot], pure, mixes, parts)


def net(i, products, entries, picks, least, sizes):
    """Sell and buy no product at once: only the difference is traded."""
    start, sales = entries[0], entries[2]
    codes, money = picks[0], picks[1]
    unit, small = sizes
    for e in range(start[i], start[i + 1]):
        for slot in range(codes.shape[1]):
            if (
                products[e] < 0
                or codes[i, slot] != products[e]
                or not min(sales[e], money[i, slot]) > 0.0
            ):
                continue
            both = min(sales[e], money[i, slot])
            sales[e] = down(sales[e] - both, unit)
            buy = down(money[i, slot] - both, unit)
            money[i, slot] = buy if buy >= least[codes[i, slot]] and buy >= small else 0.0


def lower(i, client, entries, kind, products, picks, least, sizes, model, limits, after, facts):
    """Take less risk than the targets' orders would where they end above a limit.

    First buy less; where what is held is beyond the limit by itself, sell more too. What falls
    below its smallest purchase is not bought. Money that is not invested stays in cash.
    """
    wealth, pure = client[:2]
    start, held, sales = entries[:3]
    codes, money = picks[0], picks[1]
    (unit, small), (upper, limit) = sizes, limits
    slots = codes.shape[1]
    base, more = np.empty(len(after)), np.empty(len(after))
    split(i, entries, picks, pure, base, more, None, -1)
    if largest(base, more, model, upper * wealth, limit * wealth) >= 0.0:
        buy_less(i, client, entries, picks, least, sizes, model, limits, after, facts)
    for attempt in range(slots + 3):
        if not is_beyond(facts, upper, limit):
            break
        split(i, entries, picks, pure, base, more, kind, -1)
        share = largest(base, more, model, upper * wealth, limit * wealth)
        if share < 0.0:
            return
        if attempt == slots + 2:
            share = 0.0
        for e in range(start[i], start[i + 1]):
            if kind[e] != KEPT:
                gone = held[e] - share * (held[e] - sales[e])
                sales[e] = max(sales[e], min(up(gone, unit), down(held[e], unit)))
        for slot in range(slots):
            buy = down(share * money[i, slot], unit)
            enough = codes[i, slot] >= 0 and buy >= least[codes[i, slot]] and buy >= small
            money[i, slot] = buy if enough else 0.0
        measure(i, client, entries, picks, model, after, facts)
    net(i, products, entries, picks, least, sizes)
    measure(i, client, entries, picks, model, after, facts)


def settle_some(
    first,
    last,
    invested,
    wealth,
    pure,
    cost,
    start,
    held,
    kind,
    products,
    spread,
    rate,
    codes,
    fee,
    least,
    mixes,
    parts,
    model,
    unit,
    small,
    upper,
    limit,
    guard,
    weights,
    sales,
    money,
    after,
    facts,
    lacking,
    beyond,
):
    """What the orders of clients `first` to `last` lead to; see `outcome.settle`.

    The last six arrays are written; `sales` and `money` only where the orders would end above a
    limit and `guard` says to lower them.
    """
    entries, picks = (start, held, sales, spread, rate), (codes, money, fee, mixes, parts)
    for i in range(first, last):
        beyond[i] = False
        if not invested[i]:
            after[i] = np.nan
            facts[i] = np.nan
            lacking[i] = 0.0
            continue
        client = (wealth[i], pure[i], cost)
        measure(i, client, entries, picks, model, after[i], facts[i])
        if guard and is_beyond(facts[i], upper[i], limit[i]):
            sizes, limits = (unit[i], small[i]), (upper[i], limit[i])
            lower(
                i,
                client,
                entries,
                kind,
                products,
                picks,
                least,
                sizes,
                model,
                limits,
                after[i],
                facts[i],
            )
        beyond[i] = is_beyond(facts[i], upper[i], limit[i])
        for v in range(weights.shape[1]):
            lacking[i, v] = max(weights[i, v] * wealth[i] - after[i, v], 0.0)


def round_down(i, unit, budget, small, least, codes, money):
    """Round purchases to units: their sum to the unit below, no more than the budget.

    Units that are left go where most was cut off, one each. Too small a purchase is none.
    """
    total, whole, slots = 0.0, 0.0, codes.shape[1]
    rest = np.zeros(slots)
    for s in range(slots):
        if codes[i, s] < 0 or money[i, s] < small:
            money[i, s] = 0.0
        total += money[i, s]
        floored = down(money[i, s], unit)
        rest[s] = money[i, s] - floored if money[i, s] > 0.0 else -1.0
        money[i, s] = floored
        whole += floored
    spare = np.round((down(min(total, budget), unit) - whole) / unit)
    for _ in range(slots):
        best = -1
        for s in range(slots):
            if rest[s] > GRID * unit and (best < 0 or rest[s] > rest[best]):
                best = s
        if spare < 1.0 or best < 0:
            break
        money[i, best] = down(money[i, best] + unit, unit)
        rest[best] = -1.0
        spare -= 1.0
    while spare < 0.0:
        best = -1
        for s in range(slots):
            if money[i, s] > 0.0 and (best < 0 or money[i, s] > money[i, best]):
                best = s
        if best < 0:
            break
        money[i, best] = down(max(money[i, best] - unit, 0.0), unit)
        spare += 1.0
    for s in range(slots):
        if codes[i, s] >= 0 and money[i, s] < least[codes[i, s]]:
            money[i, s] = 0.0


def held_in(j, first, last, products, rest, issuer, by_issuer, exempt):
    """Money held in product j, or with its issuer; insured deposits do not count."""
    total = 0.0
    for e in range(first, last):
        p = products[e]
        if p >= 0 and not exempt[p] and (issuer[p] == issuer[j] if by_issuer else p == j):
            total += rest[e]
    return total


def room_of(i, j, span, holdings, codes, money, names, caps):
    """Money that product j may still take below its own cap and its issuer's; below 0 beyond."""
    (first, last), (products, rest), (issuer, exempt) = span, holdings, names
    if exempt[j]:
        return np.inf, np.inf
    own = caps[0] - held_in(j, first, last, products, rest, issuer, False, exempt)
    known = issuer[j] >= 0 and caps[1] < np.inf
    others = (
        caps[1] - held_in(j, first, last, products, rest, issuer, True, exempt) if known else np.inf
    )
    for s in range(codes.shape[1]):
        p = codes[i, s]
        if p >= 0 and money[i, s] > 0.0 and not exempt[p]:
            if p == j:
                own -= money[i, s]
            if known and issuer[p] == issuer[j]:
                others -= money[i, s]
    return own, others


def spread_over(
    i, likes, allowed, span, holdings, shelf, names, caps, sizes, worth, codes, scores, money
):
    """Move money beyond a cap into other products that would do the same.

    Where a pick takes a product or its issuer beyond its cap, the excess goes into the open
    product of the same exposures that is worth most (relevance, fee, what it can take), as long as
    a slot is free: one that is empty, or else the last mere suggestion.
    """
    (unit, small), (least, toll, vehicle, start, members) = sizes, shelf
    slots = codes.shape[1]
    done = np.zeros(slots, dtype=np.bool_)
    low, high, total = np.inf, -np.inf, 0.0
    for s in range(slots):
        total += money[i, s]
    for _ in range(8 * slots):
        pick, excess, foreign = -1, unit * 0.5, False
        for s in range(slots):
            if codes[i, s] >= 0 and money[i, s] > 0.0 and not done[s]:
                own, others = room_of(i, codes[i, s], span, holdings, codes, money, names, caps)
                over = min(-min(own, others), money[i, s])
                if over > excess:
                    pick, excess, foreign = s, over, others < 0.0
        if pick < 0:
            return
        if high == -np.inf:
            for j in range(len(likes)):
                if allowed[j]:
                    low, high = min(low, likes[j]), max(high, likes[j])
        code = codes[i, pick]
        excess = min(up(excess, unit), money[i, pick])
        stays = max(least[code], small)
        if money[i, pick] - excess < stays and money[i, pick] - excess > 0.0:
            excess = down(money[i, pick] - stays, unit)
        free = -1
        for s in range(slots):
            if codes[i, s] < 0 and free < 0:
                free = s
        for s in range(slots - 1, -1, -1):
            if free < 0 and codes[i, s] >= 0 and money[i, s] == 0.0:
                free = s
        into, value, amount, place = -1, -np.inf, 0.0, -1
        for e in range(start[vehicle[code]], start[vehicle[code] + 1]):
            j = members[e]
            if (
                j == code
                or not allowed[j]
                or (foreign and names[0][j] == names[0][code] and not names[1][j])
            ):
                continue
            slot = free
            for s in range(slots):
                if codes[i, s] == j:
                    slot = s
            if slot < 0:
                continue
            own, others = room_of(i, j, span, holdings, codes, money, names, caps)
            if not foreign and names[0][j] == names[0][code]:
                others = np.inf  # the issuer holds as much as before
            move = down(min(own, others, excess), unit)
            if 0.0 < money[i, pick] - move < stays:  # what stays is no too small purchase
                move = down(money[i, pick] - stays, unit)
            fresh = codes[i, slot] != j or money[i, slot] == 0.0
            if move < unit or (fresh and (move < least[j] or move < small)):
                continue
            liked = (likes[j] - low) / (high - low) if high > low else 0.0
            gain = liked - toll[j] + worth[j] * move / total
            if gain > value:
                into, value, amount, place = j, gain, move, slot
        if into < 0:
            done[pick] = True
            continue
        if codes[i, place] != into:
            codes[i, place], scores[i, place] = into, value
            money[i, place] = 0.0
        money[i, place] = down(money[i, place] + amount, unit)
        money[i, pick] = down(money[i, pick] - amount, unit)
        done[place] = False


def size_some(
    first,
    last,
    rows,
    taste,
    masks,
    wealth,
    budget,
    unit,
    small,
    start,
    products,
    rest,
    shelf,
    names,
    caps,
    worth,
    codes,
    scores,
    money,
):
    """Sizes of the purchases of clients rows[first:last]; see `sizes.size_picks`.

    `codes`, `scores` and `money` are written.
    """
    for i in range(first, last):
        row = rows[i]
        round_down(i, unit[row], budget[row], small[row], shelf[0], codes, money)
        if caps[0] < np.inf or caps[1] < np.inf:
            own = (down(caps[0] * wealth[row], unit[row]), down(caps[1] * wealth[row], unit[row]))
            span = (start[row], start[row + 1])
            spread_over(
                i,
                taste[i],
                masks[1][masks[0][i]],
                span,
                (products, rest),
                shelf,
                names,
                own,
                (unit[row], small[row]),
                worth,
                codes,
                scores,
                money,
            )

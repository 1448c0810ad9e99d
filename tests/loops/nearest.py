"""Orders nearest to a target where smallest purchases and slots stand in the way:
`native/nearest.c`."""

from __future__ import annotations

import numpy as np

from loops.orders import FREE, GRID, KEPT, LEAVING, down, most_kept, up

OPEN, BOUGHT, UNBOUGHT, WHOLE, SOLD = 0, 1, 2, 3, 4
NODES, COLUMNS = 200, 48
MATERIAL, NEAR, TIE = 5e-4, 1e-9, 1e-5


class Search:
    """One client: holdings that may be sold, and purchases, as fractions of wealth."""

    def __init__(self, n, k, cost, target):
        self.n, self.k, self.cost, self.target = n, k, cost, target
        self.entry, self.money, self.fee, self.part = [], [], [], []
        self.columns = []
        self.base, self.mixed = np.zeros(n), np.zeros(n, dtype=bool)


class Column:
    """A purchase: a product, the free holding of it, its smallest size, fee and shares."""

    def __init__(self, product, owned, least, price, put):
        self.product, self.owned, self.least, self.price, self.put = (
            product,
            owned,
            least,
            price,
            put,
        )
        self.useful = self.gain = 0.0


def distance(s, x):
    """sum |target - x|."""
    total = 0.0
    for a in range(s.n):
        total += abs(s.target[a] - x[a])
    return total


def loss(s, x):
    """Stressed loss of a portfolio."""
    total = 0.0
    for a in range(s.n):
        total += s.stress[a] * x[a]
    return total


def nearer(s, x, column, money):
    """What money in a column brings the portfolio x nearer."""
    total = 0.0
    for a in range(s.n):
        lack = s.target[a] - x[a]
        total += abs(lack) - abs(lack - money * column.put[a])
    return total


def judge(s, column):
    """The money that brings the base nearest, at least the smallest purchase, and by how much."""
    most, at = 0.0, 0.0
    for a in range(s.n):
        lack, share = s.target[a] - s.base[a], column.put[a]
        if share > 0.0 and lack > 0.0:
            gain = nearer(s, s.base, column, lack / share)
            if gain > most:
                most, at = gain, lack / share
    column.useful = column.least if column.least > at else at
    column.gain = nearer(s, s.base, column, column.least) if column.least > at else most


def add_column(s, q, product, owned, least):
    """Add a purchase, unless it is of no use; where there are too many, the least useful goes."""
    put = np.zeros(s.n)
    for e in range(q["start"][product], q["start"][product + 1]):
        put[q["asset"][e]] += q["share"][e]
    column = Column(product, owned, least, q["fee"][product], put)
    if least > s.cash / (1.0 + s.cost):
        return
    judge(s, column)
    if not column.gain > NEAR:
        return
    if len(s.columns) < COLUMNS:
        s.columns.append(column)
        return
    every = [*s.columns, column]
    worst = 0
    for i in range(1, len(every)):
        if every[i].gain < every[worst].gain:
            worst = i
    if worst < COLUMNS:
        s.columns[worst] = column


def is_near(s, now):
    """Whether no orders could come nearer than `now`."""
    x, lacking, beyond, filled = s.base.copy(), 0.0, 0.0, 0.0
    for money, part in zip(s.money, s.part, strict=True):
        x += money * part
    for a in range(s.n):
        lacking += max(s.target[a] - x[a], 0.0)
        beyond += max(s.base[a] - s.target[a], 0.0)
    fills = []
    for column in s.columns:
        fill = 0.0
        for a in range(s.n):
            if column.put[a] > 0.0:
                fill += max(s.target[a] - x[a], 0.0)
        fills.append(fill)
    for _ in range(min(s.k, len(fills))):
        most = int(np.argmax(fills))
        filled += fills[most]
        fills[most] = 0.0
    return now - (max(lacking - filled, 0.0) + beyond) < MATERIAL


def relax(s, state):
    """The nearest portfolio where what is not decided may be traded in any size: its distance,
    and what is kept and bought."""
    n, held, bought = s.n, state[: len(s.money)], state[len(s.money) :]
    cash, rate, x = s.cash, 1.0 + s.cost, s.base.copy()
    slots = min(s.k, len(s.columns))
    for h, money in enumerate(s.money):
        if held[h] == SOLD and money < s.small:
            return np.inf, None, None
        if held[h] == WHOLE:
            x += money * s.part[h]
        cash -= money if held[h] == WHOLE else s.cost * money
    for j, column in enumerate(s.columns):
        if bought[j] == BOUGHT:
            x += column.least * column.put
            cash -= rate * column.least
            slots -= 1
    if cash < -NEAR or slots < 0:
        return np.inf, None, None
    worth, most, shares = [], [], []

    def variable(value, limit):
        worth.append(value)
        most.append(limit)
        shares.append(np.zeros(n + 3))
        return shares[-1]

    lacking = [max(t - y, 0.0) for t, y in zip(s.target, x, strict=True)]
    space = np.array([*lacking, max(cash, 0.0), slots, max(s.limit - loss(s, x), 0.0)])
    for h, money in enumerate(s.money):
        if held[h] != WHOLE:
            row = variable(
                1.0 + TIE * (1.0 - s.fee[h]), money - s.small if held[h] == SOLD else money
            )
            row[:n], row[n], row[n + 2] = s.part[h], 1.0 - s.cost, loss(s, s.part[h])
    skipped = [b == UNBOUGHT or (b == OPEN and slots == 0) for b in bought]
    for j, column in enumerate(s.columns):
        if not skipped[j]:
            row = variable(
                1.0 - TIE * column.price,
                column.useful - column.least if bought[j] == BOUGHT else column.useful,
            )
            row[:n], row[n], row[n + 2] = column.put, rate, loss(s, column.put)
            row[n + 1] = 1.0 / column.useful if bought[j] == OPEN else 0.0
    for a in range(n):
        if s.mixed[a]:
            variable(-2.0, 2.0)[a] = -1.0
    found = np.zeros(len(worth))
    most_kept(
        np.array(worth), np.array(most), np.array(shares).reshape(len(worth), n + 3), space, found
    )
    values, keep, buy = iter(found), [], []
    for h, money in enumerate(s.money):
        keep.append(money if held[h] == WHOLE else next(values))
        if held[h] != WHOLE:
            x += keep[h] * s.part[h]
    for j, column in enumerate(s.columns):
        buy.append(column.least if bought[j] == BOUGHT else 0.0)
        if not skipped[j]:
            more = next(values)
            buy[j] += more
            x += more * column.put
    return distance(s, x), keep, buy


def branch(s, state, keep, buy):
    """What to decide next: (place, value) by way; empty where the node can be ordered as it is."""
    held, bought = state[: len(s.money)], state[len(s.money) :]
    count, short_of, largest = 0, -1, -1
    for j, column in enumerate(s.columns):
        h = column.owned
        if h >= 0 and buy[j] > NEAR and s.money[h] - keep[h] > NEAR:
            other = [(len(s.money) + j, UNBOUGHT)] if bought[j] == OPEN else []
            return [(h, WHOLE), *other]
        count += bought[j] == BOUGHT or buy[j] > NEAR
        if bought[j] == OPEN and buy[j] > NEAR:
            if buy[j] < column.least - NEAR and (short_of < 0 or buy[j] > buy[short_of]):
                short_of = j
            if largest < 0 or buy[j] > buy[largest]:
                largest = j
    j = short_of if short_of >= 0 else largest if count > s.k else -1
    if j >= 0:
        ways = [(len(s.money) + j, BOUGHT), (len(s.money) + j, UNBOUGHT)]
        return ways if buy[j] * 2.0 >= s.columns[j].least else ways[::-1]
    for h, money in enumerate(s.money):
        sale = money - keep[h]
        if held[h] == OPEN and NEAR < sale < s.small - NEAR:
            ways = [(h, WHOLE), (h, SOLD)]
            return ways if sale * 2.0 < s.small else ways[::-1]
    return []


def search(s, now):
    """Orders nearer than `now`, depth first: what is kept and bought, or None."""
    stack, best, answer = [[OPEN] * (len(s.money) + len(s.columns))], now, None
    for _ in range(NODES):
        if not stack:
            break
        state = stack.pop()
        reached, keep, buy = relax(s, state)
        if not reached < best - MATERIAL:
            continue
        ways = branch(s, state, keep, buy)
        if not ways:
            best, answer = reached, (keep, buy)
            continue
        for place, value in reversed(ways):
            stack.append([*state[:place], value, *state[place + 1 :]])
    return answer


def open_case(s, q, c, band):
    """Fill what may be sold and bought, and say how far the present orders are."""
    x, paid = np.zeros(s.n), 0.0
    for e in range(c["begin"], c["end"]):
        money = c["held"][e] / c["wealth"]
        paid += (
            money if c["fate"][e] == KEPT else s.cost * money if c["fate"][e] == LEAVING else 0.0
        )
        if c["fate"][e] == KEPT:
            s.base += money * c["part"][e]
        x += (c["held"][e] - c["sales"][e]) / c["wealth"] * c["part"][e]
        if c["fate"][e] == FREE:
            s.entry.append(e)
            s.money.append(money)
            s.fee.append(c["rate"][e])
            s.part.append(c["part"][e])
    s.cash, s.small = 1.0 - paid, c["small"] / c["wealth"]
    for slot in range(s.k):
        code = c["codes"][slot]
        if code >= 0:
            for e in range(q["start"][code], q["start"][code + 1]):
                x[q["asset"][e]] += c["money"][slot] / c["wealth"] * q["share"][e]
    for a in range(s.n):
        mine = s.base[a]
        for money, part in zip(s.money, s.part, strict=True):
            mine += money * part[a]
        if mine > s.target[a] and mine - s.target[a] <= band[a]:
            s.target[a] = mine
    now = distance(s, x)
    chosen, order = {}, c["scores"] - q["toll"] if c["scored"] else np.zeros(len(q["kind"]))
    for j in range(len(q["kind"])):
        if not c["allowed"][j]:
            continue
        h, v = holding_of(s, c, j), q["kind"][j]
        least = max(q["least"][j], c["small"], c["unit"]) / c["wealth"]
        if h >= 0:
            add_column(s, q, j, h, least)
        elif (
            v not in chosen
            or q["least"][j] < q["least"][chosen[v]]
            or (q["least"][j] == q["least"][chosen[v]] and order[j] > order[chosen[v]])
        ):
            chosen[v] = j
    for v in sorted(chosen):
        j = chosen[v]
        add_column(s, q, j, -1, max(q["least"][j], c["small"], c["unit"]) / c["wealth"])
    s.limit -= (len(s.columns) + len(s.entry) + 1) * c["unit"] / c["wealth"]
    for share in [*(column.put for column in s.columns), *s.part]:
        if (share > 0.0).sum() > 1:
            s.mixed |= share > 0.0
    return now


def holding_of(s, c, product):
    """The free holding of a product, -1 where there is none."""
    return next((h for h, e in enumerate(s.entry) if c["holds"][e] == product), -1)


def preferred(s, q, c, product, money):
    """The product of a kind that the client would rather buy for `money`."""
    best, order = product, c["scores"] - q["toll"]
    for e in range(q["first"][q["kind"][product]], q["first"][q["kind"][product] + 1]):
        j = q["member"][e]
        if c["allowed"][j] and not q["least"][j] > money and holding_of(s, c, j) < 0:
            best = j if order[j] > order[best] else best
    return best


def write(s, q, c, keep, buy, low, high):
    """Write what was found over the orders of one client."""
    for h, e in enumerate(s.entry):
        sale = (s.money[h] - keep[h]) * c["wealth"]
        sale = (
            min(up(sale, c["unit"]), down(c["held"][e], c["unit"]))
            if sale > GRID * c["unit"]
            else 0.0
        )
        c["sales"][e] = 0.0 if sale < c["small"] else sale
    total = 0.0
    for amount in buy:
        total += amount if amount > NEAR else 0.0
    orders = []
    for column, amount in zip(s.columns, buy, strict=True):
        if not amount > NEAR or len(orders) == s.k:
            continue
        money = amount * c["wealth"]
        code = (
            column.product
            if column.owned >= 0
            else preferred(s, q, c, column.product, money * (1.0 + NEAR))
        )
        liked = (c["scores"][code] - low) / (high - low) if high > low else 0.0
        value = liked - q["toll"][code] + q["worth"][code] * amount / total
        at = len(orders)
        while at > 0 and orders[at - 1][2] < value:
            at -= 1
        orders.insert(at, (code, money, value))
    bought = {code for code, _, _ in orders}
    held = {c["holds"][e] for e in range(c["begin"], c["end"])}
    for code, value in zip(c["codes"].tolist(), c["best"].tolist(), strict=True):
        if code >= 0 and code not in held and code not in bought and len(orders) < s.k:
            orders.append((code, 0.0, value))
    orders += [(-1, 0.0, np.nan)] * (s.k - len(orders))
    for slot, (code, money, value) in enumerate(orders):
        c["codes"][slot], c["money"][slot], c["best"][slot] = code, money, value


def nearest_some(
    first, last, rows, offers, clients, holdings, cost, products, risk, target, sales, picks, found
):
    """Orders of clients rows[first:last] that come nearer to their targets; see
    `orders.nearest`. `sales` and `picks` are written where `found` says so."""
    (scores, class_of, allowed), (wealth, unit, small) = offers, clients
    start, held, fate, holds, rate, part = holdings
    names = "least", "fee", "toll", "worth", "start", "asset", "share", "kind", "first", "member"
    q, (codes, best, money) = dict(zip(names, products, strict=True)), picks
    stress, limit, band = risk
    for i in range(first, last):
        row = rows[i]
        found[i] = False
        if not wealth[row] > 0.0:
            continue
        s = Search(part.shape[1], codes.shape[1], cost, target[i])
        s.stress, s.limit = stress, limit[row]
        c = {
            "begin": start[row], "end": start[row + 1], "wealth": wealth[row], "unit": unit[row],
            "small": small[row], "scored": len(scores) > 0, "held": held, "rate": rate, "part": part, "scores": scores[i] if len(scores) else np.zeros(len(q["kind"])),
            "fate": fate, "holds": holds, "allowed": allowed[class_of[i]], "codes": codes[i],
            "sales": sales, "money": money[i], "best": best[i],
        }  # fmt: skip
        now = open_case(s, q, c, band[i])
        if now < MATERIAL or is_near(s, now):
            continue
        answer = search(s, now) if len(scores) else None
        found[i] = answer is not None or not len(scores)
        if answer is not None:
            liked = scores[i][c["allowed"]]
            write(s, q, c, *answer, liked.min(), liked.max())

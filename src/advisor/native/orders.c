/* Orders: what clients sell and buy, in whole units of money, and the portfolio that they lead to.
 *
 * Reference: tests/loops/orders.py.
 */
#include "advisor.h"

/* Columns of what an outcome says. */
enum { CASH = 0, MEAN = 1, VOLATILITY = 2, LOSS = 3, FEE = 4, FACTS = 5 };
/* A volatility or loss beyond its limit by less than `SLACK` is at it; */
static const double SLACK = 1e-9, TINY = 1e-300;

/* Holdings of all clients over v vehicles. */
typedef struct {
    integer v;
    const integer *start, *kind;
    const double *held, *fee, *spread;
} Holdings;

static bool is_mixed(const Holdings *h, integer e) {
    integer touched = 0;
    for (integer v = 0; v < h->v; v++) touched += h->spread[e * h->v + v] > 0.0;
    return touched > 1;
}

/* Holdings of one vehicle each are kept in the order of their fee, as far as there is room. */
static void retain_pure(const Holdings *h, integer first, integer last, integer count, double *room, double *sales) {
    for (integer step = 0; step < count; step++) {
        integer best = -1;
        for (integer e = first; e < last; e++) {
            if (h->kind[e] == FREE && sales[e] < 0.0 && (best < 0 || h->fee[e] < h->fee[best])) best = e;
        }
        sales[best] = h->held[best];
        for (integer v = 0; v < h->v; v++) {
            if (!(h->spread[best * h->v + v] > 0.0)) continue;
            double keep = smaller(h->held[best], room[v]);
            room[v] -= keep;
            sales[best] = h->held[best] - keep;
        }
    }
}

/* Where a holding is mixed: keep as much money as overshoots no vehicle, a linear programme. */
static void retain_mixed(const Holdings *h, integer first, integer last, integer count, const double *room, double wealth, Programme *p,
                         double *sales) {
    integer j = 0;
    p->q = count;
    for (integer e = first; e < last; e++) {
        if (h->kind[e] != FREE) continue;
        p->worth[j] = 1.0 - h->fee[e];
        p->most[j] = h->held[e] / wealth;
        copy(h->v, h->spread + e * h->v, p->shares + j * h->v);
        j++;
    }
    for (integer v = 0; v < h->v; v++) p->space[v] = room[v] / wealth;
    most_kept(p);
    j = 0;
    for (integer e = first; e < last; e++) {
        if (h->kind[e] == FREE) {
            sales[e] = larger(h->held[e] - p->x[j] * wealth, 0.0);
            j++;
        }
    }
}

/* Sell what free holdings have beyond `room` by vehicle, dearest first; `sales` is written. Reference: `retain`. */
static void retain(const Holdings *h, integer first, integer last, double *room, double wealth, Programme *p, double *sales) {
    integer count = 0;
    bool mixed = false;
    for (integer e = first; e < last; e++) {
        if (h->kind[e] != FREE) continue;
        count++;
        mixed |= is_mixed(h, e);
    }
    if (mixed) {
        retain_mixed(h, first, last, count, room, wealth, p, sales);
    } else {
        retain_pure(h, first, last, count, room, sales);
    }
}

/* Whether what is missing lies beyond the lower edge, at place `at` of `below`. Reference: `is_far`. */
static bool is_far(double missing, integer banded, const double *below, integer at, double wealth) {
    return banded == 0 || missing > below[at] * wealth;
}

/* Clients `first` to `last` of c: `sales` by holding, `left`, `lacking` and `gaps` by vehicle, and the `budget` for purchases are written.
 * Reference: `trade_some`. */
ADVISOR_API integer advisor_trades(integer first, integer last, integer c, const bool *invested, const double *wealth, integer width,
                                   const double *weights, integer ends, const integer *start, integer entries, const double *held,
                                   const integer *kind, const double *fee, const double *spread, const double *by_vehicle,
                                   const double *locked, integer banded, integer band_width, const double *above,
                                   const double *below, const double *unit, const double *least, double cost, double *sales,
                                   double *left, double *lacking, double *gaps, double *budget) {
    (void)c; (void)ends; (void)entries; (void)band_width;
    Holdings h = {width, start, kind, held, fee, spread};
    integer most = 0;
    for (integer i = first; i < last; i++) most = start[i + 1] - start[i] > most ? start[i + 1] - start[i] : most;
    Room memory = {0};
    Programme p;
    take_programme(&memory, most, width, &p);
    for (integer i = first; i < last && !memory.failed; i++) {
        integer begin = start[i], end = start[i + 1];
        const double *want = weights + i * width, *have = by_vehicle + i * width, *tied = locked + i * width;
        double *gap = gaps + i * width, *room = lacking + i * width, *rest = left + i * width;
        fill(width, gap, 0.0);
        for (integer e = begin; e < end; e++) {
            sales[e] = -1.0;
            if (kind[e] == FREE) add_scaled(width, gap, held[e], spread + e * width);
        }
        if (invested[i] && wealth[i] > 0.0) {
            for (integer v = 0; v < width; v++) {
                room[v] = larger(want[v] * wealth[i] - tied[v], 0.0);
                double band = banded > 0 ? above[i * width + v] * wealth[i] : 0.0;
                if (gap[v] - room[v] <= larger(band, least[i] - unit[i])) room[v] = larger(room[v], gap[v]);
            }
            retain(&h, begin, end, room, wealth[i], &p, sales);
        }
        double total = 0.0, sold = 0.0, urgent = 0.0, wanted = 0.0;
        copy(width, have, rest);
        for (integer e = begin; e < end; e++) {
            if (kind[e] == LEAVING && invested[i]) sales[e] = held[e];
            double sale = larger(sales[e], 0.0);
            sale = sale > GRID * unit[i] ? smaller(up(sale, unit[i]), down(held[e], unit[i])) : 0.0;
            if (kind[e] != LEAVING && sale < least[i]) sale = 0.0;
            sales[e] = sale;
            sold += sale;
            for (integer v = 0; sale > 0.0 && v < width; v++) rest[v] = larger(rest[v] - sale * spread[e * width + v], 0.0);
        }
        for (integer v = 0; v < width; v++) {
            total += rest[v];
            room[v] = invested[i] ? larger(want[v] * wealth[i] - rest[v], 0.0) : 0.0;
            rest[v] = wealth[i] > 0.0 ? rest[v] / wealth[i] : 0.0;
            *(is_far(room[v], banded, below, i * width + v, wealth[i]) ? &urgent : &wanted) += room[v];
        }
        budget[i] = larger(wealth[i] - total - cost * sold, 0.0) / (1.0 + cost);
        double first = urgent > 0.0 ? smaller(budget[i], urgent) / urgent : 0.0, money = budget[i] - first * urgent;
        double second = wanted > 0.0 ? smaller(larger(money, 0.0), wanted) / wanted : 0.0;
        for (integer v = 0; v < width; v++) {
            double missing = room[v] * (is_far(room[v], banded, below, i * width + v, wealth[i]) ? first : second);
            gap[v] = missing >= least[i] && missing >= unit[i] ? missing : 0.0;
        }
    }
    give_back(&memory);
    return memory.failed ? OUT_OF_MEMORY : DONE;
}

/* What each product puts into vehicles: as itself, or as its parts. */
typedef struct {
    const integer *start, *vehicle;
    const double *share;
} Puts;

/* What orders of one client are worked out from. */
typedef struct {
    integer v, k, begin, end;
    double wealth, cost, unit, small, upper, limit;
    const integer *kind, *products, *codes;
    const double *held, *spread, *rate, *fee, *least, *mean, *covariance, *stress;
    Puts put;
    double *sales, *money, *after, *facts, *weights, *base, *more;
} Client;

/* Add money in a product to a row by vehicle. Reference: `put`. */
static void put_into(const Client *q, double *row, integer product, double money) {
    for (integer e = q->put.start[product]; e < q->put.start[product + 1]; e++) row[q->put.vehicle[e]] += money * q->put.share[e];
}

/* a' covariance b, over the vehicles that both hold. Reference: `risk`. */
static double risk(const Client *q, const double *a, const double *b) {
    double total = 0.0;
    for (integer v = 0; v < q->v; v++) {
        if (a[v] == 0.0) continue;
        double inner = 0.0;
        for (integer w = 0; w < q->v; w++) {
            if (b[w] != 0.0) inner += q->covariance[v * q->v + w] * b[w];
        }
        total += a[v] * inner;
    }
    return total;
}

/* Whether the portfolio is above the band or the stressed loss. Reference: `beyond`. */
static bool is_beyond(const Client *q) {
    return q->facts[VOLATILITY] > q->upper * (1.0 + SLACK) || q->facts[LOSS] > q->limit + SLACK;
}

/* Money by vehicle after the orders, and what it means; both are written. Reference: `measure`. */
static void measure(const Client *q) {
    double rest = 0.0, traded = 0.0, paid = 0.0, whole = q->wealth > 0.0 ? q->wealth : 1.0;
    fill(q->v, q->after, 0.0);
    for (integer e = q->begin; e < q->end; e++) {
        double left = q->held[e] - q->sales[e];
        rest += left;
        traded += q->sales[e];
        paid += left * q->rate[e];
        add_scaled(q->v, q->after, left, q->spread + e * q->v);
    }
    for (integer s = 0; s < q->k; s++) {
        integer code = q->codes[s];
        if (code < 0 || !(q->money[s] > 0.0)) continue;
        rest += q->money[s];
        traded += q->money[s];
        paid += q->money[s] * q->fee[code];
        put_into(q, q->after, code, q->money[s]);
    }
    q->facts[CASH] = larger(q->wealth - rest - q->cost * traded, 0.0);
    q->facts[MEAN] = 0.0;
    q->facts[LOSS] = 0.0;
    for (integer v = 0; v < q->v; v++) {
        q->weights[v] = q->after[v] / whole;
        q->facts[MEAN] += q->weights[v] * q->mean[v];
        q->facts[LOSS] += q->weights[v] * q->stress[v];
    }
    q->facts[VOLATILITY] = sqrt(larger(risk(q, q->weights, q->weights), 0.0));
    q->facts[FEE] = paid / whole;
}

/* Largest share 0..1 of `more` beside `base` within both limits; -1 where `base` is beyond. Reference: `largest`. */
static double largest(const Client *q) {
    double upper = q->upper * q->wealth, limit = q->limit * q->wealth;
    double bb = risk(q, q->base, q->base), uu = risk(q, q->more, q->more), bu = risk(q, q->base, q->more), free = upper * upper;
    double loss = 0.0, rise = 0.0, share = 1.0;
    for (integer v = 0; v < q->v; v++) {
        loss += q->base[v] * q->stress[v];
        rise += q->more[v] * q->stress[v];
    }
    if (bb > free * (1.0 + SLACK) || loss > limit + SLACK * larger(limit, 1.0)) return -1.0;
    if (bb + 2.0 * bu + uu > free && uu > 0.0) {
        double root = sqrt(larger(bu * bu - uu * (bb - free), 0.0));
        share = smaller(share, larger((root - bu) / uu, 0.0));
    }
    if (loss + rise > limit && rise > 0.0) share = smaller(share, larger((limit - loss) / rise, 0.0));
    return share;
}

/* What stays as it is and what may be lowered: with `sell`, holdings that may be sold; purchase `chosen`, or all for -1. Reference: `split`. */
static void split(const Client *q, bool sell, integer chosen) {
    fill(q->v, q->base, 0.0);
    fill(q->v, q->more, 0.0);
    for (integer e = q->begin; e < q->end; e++) {
        double *into = sell && q->kind[e] != KEPT ? q->more : q->base;
        add_scaled(q->v, into, q->held[e] - q->sales[e], q->spread + e * q->v);
    }
    for (integer s = 0; s < q->k; s++) {
        if (q->codes[s] >= 0) put_into(q, chosen < 0 || s == chosen ? q->more : q->base, q->codes[s], q->money[s]);
    }
}

/* The purchase that adds most per unit of money to what is above a limit; -1 where none adds. Reference: `riskiest`. */
static integer riskiest(const Client *q) {
    integer best = -1;
    double most = 0.0, *one = q->more;
    for (integer s = 0; s < q->k; s++) {
        if (q->codes[s] < 0 || !(q->money[s] > 0.0)) continue;
        fill(q->v, one, 0.0);
        put_into(q, one, q->codes[s], 1.0);
        double rate = 0.0;
        if (q->facts[VOLATILITY] > q->upper * (1.0 + SLACK)) {
            rate += risk(q, one, q->after) / larger(q->wealth * q->upper * q->upper, TINY);
        }
        if (q->facts[LOSS] > q->limit + SLACK) {
            double loss = 0.0;
            for (integer v = 0; v < q->v; v++) loss += one[v] * q->stress[v];
            rate += loss / larger(q->limit, TINY);
        }
        if (rate > most) {
            best = s;
            most = rate;
        }
    }
    return best;
}

/* `money` in purchase s, or nothing where that is too small a purchase. */
static double enough(const Client *q, integer s, double money) {
    bool fits = q->codes[s] >= 0 && money >= q->least[q->codes[s]] && money >= q->small;
    return fits ? money : 0.0;
}

/* Lower purchases until the portfolio is within both limits, those first that add most to what is above one. Reference: `buy_less`. */
static void buy_less(const Client *q) {
    for (integer step = 0; step < 2 * q->k; step++) {
        integer chosen = riskiest(q);
        if (chosen < 0) return;
        split(q, false, chosen);
        double share = largest(q);
        q->money[chosen] = enough(q, chosen, step < q->k ? down(larger(share, 0.0) * q->money[chosen], q->unit) : 0.0);
        measure(q);
        if (!is_beyond(q)) return;
    }
}

/* Sell and buy no product at once: only the difference is traded. Reference: `net`. */
static void net(const Client *q) {
    for (integer e = q->begin; e < q->end; e++) {
        for (integer s = 0; s < q->k; s++) {
            double both = smaller(q->sales[e], q->money[s]);
            if (q->products[e] < 0 || q->codes[s] != q->products[e] || !(both > 0.0)) continue;
            q->sales[e] = down(q->sales[e] - both, q->unit);
            q->money[s] = enough(q, s, down(q->money[s] - both, q->unit));
        }
    }
}

/* Take less risk than the target's orders would where they end above a limit: first buy less; where what is held is beyond the limit by itself, sell
 * more too. What falls below its smallest purchase is not bought. Money that is not invested stays in cash. Reference: `lower`. */
static void lower(const Client *q) {
    split(q, false, -1);
    if (largest(q) >= 0.0) buy_less(q);
    for (integer attempt = 0; attempt < q->k + 3 && is_beyond(q); attempt++) {
        split(q, true, -1);
        double share = largest(q);
        if (share < 0.0) return;
        if (attempt == q->k + 2) share = 0.0;
        for (integer e = q->begin; e < q->end; e++) {
            if (q->kind[e] == KEPT) continue;
            double gone = q->held[e] - share * (q->held[e] - q->sales[e]);
            q->sales[e] = larger(q->sales[e], smaller(up(gone, q->unit), down(q->held[e], q->unit)));
        }
        for (integer s = 0; s < q->k; s++) q->money[s] = enough(q, s, down(share * q->money[s], q->unit));
        measure(q);
    }
    net(q);
    measure(q);
}

/* What the orders of clients `first` to `last` lead to; `sales` and `money` are lowered only where they would end above a limit and `guard` says so.
 * Reference: `settle_some`. */
ADVISOR_API integer advisor_settle(integer first, integer last, integer c, const bool *invested, const double *wealth, const bool *pure,
                                   double cost, integer ends, const integer *start, integer entries, const double *held,
                                   const integer *kind, const integer *products, integer width, const double *spread,
                                   const double *rate, integer k, const integer *codes, integer p, const double *fee, const double *least, integer product_ends,
                                   const integer *mix_start, integer mixed, const integer *mix, const double *mix_share,
                                   const integer *part_start, integer parts, const integer *part, const double *part_share,
                                   const double *mean, const double *covariance, const double *stress, const double *unit,
                                   const double *small, const double *upper, const double *limit, integer guard, const double *weights,
                                   double *sales, double *money, double *after, double *facts, double *lacking, bool *beyond) {
    (void)c; (void)ends; (void)entries; (void)p; (void)product_ends; (void)mixed; (void)parts;
    Room memory = {0};
    double *scratch = take_numbers(&memory, 3 * width);
    for (integer i = first; i < last && !memory.failed; i++) {
        double *row = after + i * width, *short_of = lacking + i * width;
        beyond[i] = false;
        if (!invested[i]) {
            fill(width, row, NAN);
            fill(FACTS, facts + i * FACTS, NAN);
            fill(width, short_of, 0.0);
            continue;
        }
        Client q = {.v = width, .k = k, .begin = start[i], .end = start[i + 1], .wealth = wealth[i], .cost = cost, .unit = unit[i],
                    .small = small[i], .upper = upper[i], .limit = limit[i], .kind = kind, .products = products, .codes = codes + i * k, .held = held,
                    .spread = spread, .rate = rate, .fee = fee, .least = least, .mean = mean, .covariance = covariance, .stress = stress,
                    .put = pure[i] ? (Puts){part_start, part, part_share} : (Puts){mix_start, mix, mix_share}, .sales = sales,
                    .money = money + i * k, .after = row, .facts = facts + i * FACTS, .weights = scratch, .base = scratch + width,
                    .more = scratch + 2 * width};
        measure(&q);
        if (guard != 0 && is_beyond(&q)) lower(&q);
        beyond[i] = is_beyond(&q);
        for (integer v = 0; v < width; v++) short_of[v] = larger(weights[i * width + v] * wealth[i] - row[v], 0.0);
    }
    give_back(&memory);
    return memory.failed ? OUT_OF_MEMORY : DONE;
}

/* What purchases of one client are sized by. */
typedef struct {
    integer p, k, begin, end;
    double budget, unit, small, caps[2];
    const double *scores, *rest, *least, *toll, *worth;
    const bool *allowed, *exempt;
    const integer *held, *vehicle, *start, *members, *issuer;
    integer *codes;
    double *best, *money, *cut;
} Buyer;

/* Round purchases to units: their sum to the unit below, no more than the budget. Units that are left go where most was cut off, one each. Too small
 * a purchase is none. Reference: `round_down`. */
static void round_down(const Buyer *q) {
    double total = 0.0, whole = 0.0;
    for (integer s = 0; s < q->k; s++) {
        if (q->codes[s] < 0 || q->money[s] < q->small) q->money[s] = 0.0;
        total += q->money[s];
        double floored = down(q->money[s], q->unit);
        q->cut[s] = q->money[s] > 0.0 ? q->money[s] - floored : -1.0;
        q->money[s] = floored;
        whole += floored;
    }
    double spare = rint((down(smaller(total, q->budget), q->unit) - whole) / q->unit);
    for (integer step = 0; step < q->k; step++) {
        integer chosen = -1;
        for (integer s = 0; s < q->k; s++) {
            if (q->cut[s] > GRID * q->unit && (chosen < 0 || q->cut[s] > q->cut[chosen])) chosen = s;
        }
        if (spare < 1.0 || chosen < 0) break;
        q->money[chosen] = down(q->money[chosen] + q->unit, q->unit);
        q->cut[chosen] = -1.0;
        spare -= 1.0;
    }
    while (spare < 0.0) {
        integer chosen = -1;
        for (integer s = 0; s < q->k; s++) {
            if (q->money[s] > 0.0 && (chosen < 0 || q->money[s] > q->money[chosen])) chosen = s;
        }
        if (chosen < 0) break;
        q->money[chosen] = down(larger(q->money[chosen] - q->unit, 0.0), q->unit);
        spare += 1.0;
    }
    for (integer s = 0; s < q->k; s++) {
        if (q->codes[s] >= 0 && q->money[s] < q->least[q->codes[s]]) q->money[s] = 0.0;
    }
}

/* Money held in product j, or with its issuer; insured deposits do not count. Reference: `held_in`. */
static double held_in(const Buyer *q, integer j, bool by_issuer) {
    double total = 0.0;
    for (integer e = q->begin; e < q->end; e++) {
        integer p = q->held[e];
        if (p >= 0 && !q->exempt[p] && (by_issuer ? q->issuer[p] == q->issuer[j] : p == j)) total += q->rest[e];
    }
    return total;
}

/* Money that product j may still take below its own cap and its issuer's; below 0 beyond. Reference: `room_of`. */
static void room_of(const Buyer *q, integer j, double *own, double *others) {
    *own = INFINITY;
    *others = INFINITY;
    if (q->exempt[j]) return;
    bool known = q->issuer[j] >= 0 && q->caps[1] < INFINITY;
    *own = q->caps[0] - held_in(q, j, false);
    if (known) *others = q->caps[1] - held_in(q, j, true);
    for (integer s = 0; s < q->k; s++) {
        integer p = q->codes[s];
        if (p < 0 || !(q->money[s] > 0.0) || q->exempt[p]) continue;
        if (p == j) *own -= q->money[s];
        if (known && q->issuer[p] == q->issuer[j]) *others -= q->money[s];
    }
}

/* The pick furthest beyond a cap that is not done with, -1 where there is none; `foreign`: its issuer is what is beyond. */
static integer most_beyond(const Buyer *q, const bool *done, double *excess, bool *foreign) {
    integer pick = -1;
    *excess = q->unit * 0.5;
    *foreign = false;
    for (integer s = 0; s < q->k; s++) {
        if (q->codes[s] < 0 || !(q->money[s] > 0.0) || done[s]) continue;
        double own, others;
        room_of(q, q->codes[s], &own, &others);
        double over = smaller(-smaller(own, others), q->money[s]);
        if (over > *excess) {
            pick = s;
            *excess = over;
            *foreign = others < 0.0;
        }
    }
    return pick;
}

/* A slot for one more product: one that is empty, else the last one with no money, else -1. */
static integer free_slot(const Buyer *q) {
    integer found = -1;
    for (integer s = 0; s < q->k; s++) {
        if (q->codes[s] < 0 && found < 0) found = s;
    }
    for (integer s = q->k - 1; s >= 0; s--) {
        if (found < 0 && q->codes[s] >= 0 && q->money[s] == 0.0) found = s;
    }
    return found;
}

/* A move of money into another product. */
typedef struct {
    integer into, slot;
    double amount, value;
} Move;

/* The open product of the same exposures that is worth most to take `excess`. */
static Move best_move(const Buyer *q, integer pick, double excess, bool foreign, const double range[2], double total) {
    Move best = {-1, -1, 0.0, -INFINITY};
    integer open = free_slot(q), code = q->codes[pick];
    double stays = larger(q->least[code], q->small);
    for (integer e = q->start[q->vehicle[code]]; e < q->start[q->vehicle[code] + 1]; e++) {
        integer j = q->members[e], slot = open;
        if (j == code || !q->allowed[j] || (foreign && q->issuer[j] == q->issuer[code] && !q->exempt[j])) continue;
        for (integer s = 0; s < q->k; s++) {
            if (q->codes[s] == j) slot = s;
        }
        if (slot < 0) continue;
        double own, others;
        room_of(q, j, &own, &others);
        if (!foreign && q->issuer[j] == q->issuer[code]) others = INFINITY; /* the issuer holds as much as before */
        double amount = down(smaller(smaller(own, others), excess), q->unit), rest = q->money[pick] - amount;
        if (rest < stays && rest > 0.0) amount = down(q->money[pick] - stays, q->unit); /* what stays is no too small purchase */
        bool fresh = q->codes[slot] != j || q->money[slot] == 0.0;
        if (amount < q->unit || (fresh && (amount < q->least[j] || amount < q->small))) continue;
        double liked = range[1] > range[0] ? (q->scores[j] - range[0]) / (range[1] - range[0]) : 0.0;
        double value = liked - q->toll[j] + q->worth[j] * amount / total;
        if (value > best.value) best = (Move){j, slot, amount, value};
    }
    return best;
}

/* Move money beyond a cap into other products that would do the same, as long as a slot is free. Reference: `spread_over`. */
static void spread_over(const Buyer *q, bool *done) {
    double range[2] = {INFINITY, -INFINITY}, total = 0.0, excess;
    bool foreign;
    for (integer s = 0; s < q->k; s++) {
        done[s] = false;
        total += q->money[s];
    }
    for (integer step = 0; step < 8 * q->k; step++) {
        integer pick = most_beyond(q, done, &excess, &foreign);
        if (pick < 0) return;
        if (step == 0) {
            for (integer j = 0; j < q->p; j++) {
                if (!q->allowed[j]) continue;
                range[0] = smaller(range[0], q->scores[j]);
                range[1] = larger(range[1], q->scores[j]);
            }
        }
        integer code = q->codes[pick];
        excess = smaller(up(excess, q->unit), q->money[pick]);
        double stays = larger(q->least[code], q->small), rest = q->money[pick] - excess;
        if (rest < stays && rest > 0.0) excess = down(q->money[pick] - stays, q->unit);
        Move move = best_move(q, pick, excess, foreign, range, total);
        if (move.into < 0) {
            done[pick] = true;
            continue;
        }
        if (q->codes[move.slot] != move.into) {
            q->codes[move.slot] = move.into;
            q->best[move.slot] = move.value;
            q->money[move.slot] = 0.0;
        }
        q->money[move.slot] = down(q->money[move.slot] + move.amount, q->unit);
        q->money[pick] = down(q->money[pick] - move.amount, q->unit);
        done[move.slot] = false;
    }
}

/* Sizes of the purchases of clients rows[first:last]; `codes`, `best` and `money` are written. Reference: `size_some`. */
ADVISOR_API integer advisor_size(integer first, integer last, integer b, const integer *rows, integer p, const double *scores,
                                 const integer *class_of, integer classes, const bool *allowed, integer c, const double *wealth,
                                 const double *budget, const double *unit, const double *small, integer ends, const integer *start,
                                 integer entries, const integer *held, const double *rest, const double *least, const double *toll,
                                 const integer *vehicle, integer vehicles, const integer *member_start, integer members_count,
                                 const integer *members, const integer *issuer, const bool *exempt, double product_cap, double issuer_cap,
                                 const double *worth, integer k, integer *codes, double *best, double *money) {
    (void)b; (void)classes; (void)c; (void)ends; (void)entries; (void)vehicles; (void)members_count;
    Room memory = {0};
    double *cut = take_numbers(&memory, k);
    bool *done = take(&memory, k, sizeof(bool));
    for (integer i = first; i < last && !memory.failed; i++) {
        integer row = rows[i];
        Buyer q = {.p = p, .k = k, .begin = start[row], .end = start[row + 1], .budget = budget[row], .unit = unit[row],
                   .small = small[row], .scores = scores + i * p, .rest = rest, .least = least, .toll = toll, .worth = worth,
                   .allowed = allowed + class_of[i] * p, .exempt = exempt, .held = held, .vehicle = vehicle, .start = member_start,
                   .members = members, .issuer = issuer, .codes = codes + i * k, .best = best + i * k, .money = money + i * k, .cut = cut};
        round_down(&q);
        if (!(product_cap < INFINITY || issuer_cap < INFINITY)) continue;
        q.caps[0] = product_cap < INFINITY ? down(product_cap * wealth[row], unit[row]) : INFINITY;
        q.caps[1] = issuer_cap < INFINITY ? down(issuer_cap * wealth[row], unit[row]) : INFINITY;
        spread_over(&q, done);
    }
    give_back(&memory);
    return memory.failed ? OUT_OF_MEMORY : DONE;
}

/* One pass over all trades, client by client: what was realised and what was kept, and what holdings came to between trades.
 *
 * Odean (1998), Are investors reluctant to realize their losses?, section II, for the counting by day. Reference of every function:
 * tests/loops/biases.py; the records are those of `risk_profile.biases_state`.
 */
#include "advisor.h"

enum { BINS = 2000, STATS = 9 };
enum { TRADED, VALUE_DAYS, HHI_DAYS, HOME_DAYS, DAYS, HHI_LAST, HOME_LAST, PASSIVE, ACTIVE };
static const double BINS_PER_UNIT = 500.0, DUST = 1e-9, DAY_LENGTH = 86400000000000.0;
static const integer DAY = 86400000000000, NEVER = INT64_MIN;

typedef struct {
    integer asset, group, time;
    double units, price;
    integer left_out;
} Trade;

typedef struct {
    double price, high, low;
} Quote;

typedef struct {
    double units, basis, weight, pnl, paid;
    integer slot, row, quote, at;
    double price;
    integer sold, head, tail;
} Holding;

typedef struct {
    double units, price;
    integer next;
} Lot;

typedef struct {
    integer asset;
    double units, basis, weight;
} Before;

/* Everything the pass reads and writes; at most one of `fifo`, `odean` changes what is counted at a time. */
typedef struct {
    const integer *start, *first, *moment;
    const Trade *trade;
    const Quote *quote;
    Holding *of;
    integer *held, *touched, *pair, *counts;
    Lot *lot;
    Before *before;
    double *chances, *stats;
    const bool *home;
    bool fifo, odean;
    double tie;
    integer end;
} Pass;

/* a / b rounded down: days before 1970 count as well. */
static integer floor_divide(integer a, integer b) { return a / b - (a % b != 0 && (a < 0) != (b < 0)); }

static double sign_of(double x) { return x > 0.0 ? 1.0 : -1.0; }

/* Row of the asset's last price at or before `time`, -1 = none; later calls for one client only look forward, and at one moment only once.
 * Reference: `price_row`. */
static integer price_row(const Pass *o, integer asset, integer time) {
    Holding *mine = o->of + asset;
    integer start = o->first[asset], end = o->first[asset + 1];
    if (mine->at != time) {
        integer low = mine->quote >= start ? mine->quote : start - 1, step = 1;
        while (low + step < end && o->moment[low + step] <= time) {
            low += step;
            step *= 2;
        }
        integer high = low + step < end ? low + step : end;
        while (high - low > 1) {
            integer middle = low + (high - low) / 2;
            if (o->moment[middle] <= time) {
                low = middle;
            } else {
                high = middle;
            }
        }
        mine->quote = low;
        mine->at = time;
        mine->price = low >= start ? o->quote[low].price : 0.0;
    }
    return mine->quote >= start ? mine->quote : -1;
}

/* One more opportunity: realised (columns 0, 1) or kept (2, 3), with its return since purchase. Reference: `count`. */
static void count_one(const Pass *o, integer row, int column, double rate) {
    double at = (rate + 1.0) * BINS_PER_UNIT;
    integer bin = at >= (double)BINS ? BINS - 1 : at > 0.0 ? (integer)at : 0, kept = column / 2;
    o->counts[4 * row + column] += 1;
    o->chances[kept * BINS + bin] += 1.0;
    o->chances[(2 + kept) * BINS + bin] += rate;
}

/* A holding that was kept: a gain if all of the day's range is on the good side, a loss if all is on the bad one, else neither.
 * Reference: `count_paper`. */
static void count_paper(const Pass *o, integer row, double units, double basis, double price, double high, double low) {
    double sign = sign_of(units), rate = sign * (price / basis - 1.0);
    bool above = low > basis * (1.0 + o->tie), below = high < basis * (1.0 - o->tie);
    if ((above && sign > 0.0) || (below && sign < 0.0)) {
        count_one(o, row, 2, rate);
    } else if ((below && sign > 0.0) || (above && sign < 0.0)) {
        count_one(o, row, 3, rate);
    }
}

/* Take `units` from the oldest lots: what they had cost; the basis becomes the average of the lots that are left. Reference: `close_lots`. */
static double close_lots(const Pass *o, integer asset, double units) {
    double cost = 0.0, left = units, total = 0.0, worth = 0.0;
    integer at = o->of[asset].head;
    while (at >= 0 && left > 0.0) {
        double taken = smaller(left, o->lot[at].units);
        cost += taken * o->lot[at].price;
        o->lot[at].units -= taken;
        left -= taken;
        if (o->lot[at].units > 0.0) break;
        at = o->lot[at].next;
    }
    o->of[asset].head = at;
    for (; at >= 0; at = o->lot[at].next) {
        total += o->lot[at].units;
        worth += o->lot[at].units * o->lot[at].price;
    }
    if (total > 0.0) o->of[asset].basis = worth / total;
    return cost;
}

/* Put a lot behind the others. Reference: `open_lot`. */
static void open_lot(const Pass *o, integer asset, integer lot, double units, double price) {
    o->lot[lot] = (Lot){units, price, -1};
    if (o->of[asset].head < 0) {
        o->of[asset].head = lot;
    } else {
        o->lot[o->of[asset].tail].next = lot;
    }
    o->of[asset].tail = lot;
}

/* Enter or strike the asset from the list of holdings after its units changed; how many are held. Reference: `hold`. */
static integer hold(const Pass *o, integer asset, integer held) {
    Holding *mine = o->of + asset;
    if (mine->units != 0.0 && mine->slot < 0) {
        mine->slot = held;
        o->held[held] = asset;
        return held + 1;
    }
    if (mine->units == 0.0 && mine->slot >= 0) {
        integer last = o->held[held - 1];
        o->held[mine->slot] = last;
        o->of[last].slot = mine->slot;
        mine->slot = -1;
        return held - 1;
    }
    return held;
}

/* Book trade t: units closed (0 if it only opened), what one of them had cost, and the number of holdings after it. Reference: `trade`. */
static double book_trade(const Pass *o, integer t, double *cost, integer *held) {
    const Trade *now = o->trade + t;
    Holding *mine = o->of + now->asset;
    double have = mine->units, units = now->units, price = now->price, rest = have + units, closed = 0.0;
    if (fabs(rest) <= DUST * fabs(units)) rest = 0.0;
    *cost = 0.0;
    if (have != 0.0 && (have > 0.0) != (units > 0.0)) {
        closed = smaller(fabs(have), fabs(units));
        *cost = o->fifo && closed > 0.0 ? close_lots(o, now->asset, closed) / closed : mine->basis;
        if (rest == 0.0) {
            mine->head = -1;
        } else if ((rest > 0.0) != (have > 0.0)) {
            mine->head = -1;
            mine->basis = price;
            if (o->fifo) open_lot(o, now->asset, t, fabs(rest), price);
        }
    } else {
        mine->basis = have != 0.0 ? (mine->basis * fabs(have) + price * fabs(units)) / (fabs(have) + fabs(units)) : price;
        if (o->fifo) open_lot(o, now->asset, t, fabs(units), price);
    }
    mine->units = rest;
    *held = hold(o, now->asset, *held);
    return closed;
}

/* Market value of the holding, signed; at its basis where no price is known. Reference: `worth`. */
static double worth_of(const Pass *o, integer asset, integer time) {
    bool known = price_row(o, asset, time) >= 0;
    return o->of[asset].units * (known ? o->of[asset].price : o->of[asset].basis);
}

/* Write down what is held before the group's trades, with the weights that prices have made of it. Reference: `look`. */
static void look(const Pass *o, integer time, integer held) {
    double total = 0.0;
    for (integer i = 0; i < held; i++) {
        integer asset = o->held[i];
        double value = worth_of(o, asset, time);
        o->before[i] = (Before){asset, o->of[asset].units, o->of[asset].basis, value};
        total += fabs(value);
    }
    for (integer i = 0; i < held; i++) o->before[i].weight = total > 0.0 ? o->before[i].weight / total : 0.0;
}

/* After the group's trades: weights, how far they undid the drift, and sums over the days until the next trades. Reference: `settle`. */
static void settle(const Pass *o, double *stats, integer time, double days, integer was, integer held) {
    double total = 0.0, squares = 0.0, at_home = 0.0;
    for (integer i = 0; i < held; i++) {
        double value = worth_of(o, o->held[i], time);
        o->of[o->held[i]].pnl = value;
        total += fabs(value);
    }
    for (integer i = 0; i < was; i++) {
        Holding *mine = o->of + o->before[i].asset;
        double now = mine->units != 0.0 && total > 0.0 ? mine->pnl / total : 0.0, passive = o->before[i].weight - mine->weight;
        if (total > 0.0) {
            stats[PASSIVE] += passive * passive;
            stats[ACTIVE] += passive * (now - o->before[i].weight);
        }
        mine->weight = 0.0;
    }
    for (integer i = 0; i < held; i++) {
        Holding *mine = o->of + o->held[i];
        mine->weight = total > 0.0 ? mine->pnl / total : 0.0;
        squares += mine->weight * mine->weight;
        at_home += o->home[o->held[i]] ? fabs(mine->weight) : 0.0;
        mine->pnl = 0.0;
    }
    if (total > 0.0) {
        stats[VALUE_DAYS] += total * days;
        stats[HHI_DAYS] += squares * days;
        stats[HOME_DAYS] += at_home * days;
        stats[DAYS] += days;
        stats[HHI_LAST] = squares;
        stats[HOME_LAST] = at_home;
    }
}

/* Every-trade counting: the traded asset at the trade's price, all others at the market's. Reference: `judge_trade`. */
static void judge_trade(const Pass *o, integer t, integer was, double closed, double cost) {
    integer asset = o->trade[t].asset, time = o->trade[t].time;
    double price = o->trade[t].price;
    for (integer i = 0; i < was; i++) {
        const Before *then = o->before + i;
        if (then->asset != asset) {
            if (price_row(o, then->asset, time) >= 0) {
                double market = o->of[then->asset].price;
                count_paper(o, o->of[then->asset].row, then->units, then->basis, market, market, market);
            }
            continue;
        }
        double sign = sign_of(then->units), gain = closed > 0.0 ? sign * (price - cost) : 0.0;
        if (fabs(gain) > o->tie * cost) count_one(o, o->of[asset].row, gain > 0.0 ? 0 : 1, gain / cost);
        double basis = closed > 0.0 ? o->of[asset].basis : then->basis;
        if (o->of[asset].units * sign > 0.0) count_paper(o, o->of[asset].row, sign, basis, price, price, price);
    }
}

/* Whether `asset` was held before the group. */
static bool was_held(const Pass *o, integer asset, integer was) {
    for (integer j = 0; j < was; j++) {
        if (o->before[j].asset == asset) return true;
    }
    return false;
}

/* Odean's counting: on a day with a sale out of at least two holdings, what was sold and what was kept all day. Reference: `judge_day`. */
static void judge_day(const Pass *o, integer sold, integer time, integer was) {
    integer mine = 0, holdings = was;
    for (integer i = 0; i < sold; i++) {
        mine += o->of[o->touched[i]].sold == 1;
        holdings += !was_held(o, o->touched[i], was);
    }
    bool counts = mine > 0 && holdings >= 2;
    for (integer i = 0; counts && i < sold; i++) {
        const Holding *one = o->of + o->touched[i];
        if (one->sold == 1 && fabs(one->pnl) > o->tie * one->paid) count_one(o, one->row, one->pnl > 0.0 ? 0 : 1, one->pnl / one->paid);
    }
    for (integer j = 0; counts && j < was; j++) {
        const Before *then = o->before + j;
        integer row = o->of[then->asset].sold == 0 ? price_row(o, then->asset, time) : -1;
        if (row < 0) continue;
        const Quote *quote = o->quote + row;
        bool same_day = floor_divide(o->moment[row], DAY) == floor_divide(time, DAY);
        double high = same_day ? quote->high : quote->price, low = same_day ? quote->low : quote->price;
        count_paper(o, o->of[then->asset].row, then->units, then->basis, quote->price, high, low);
    }
    for (integer i = 0; i < sold; i++) {
        Holding *one = o->of + o->touched[i];
        one->sold = 0;
        one->pnl = 0.0;
        one->paid = 0.0;
    }
}

/* Trade t of a group that was led by `was` holdings: booked and counted; how many assets were closed in the group so far. */
static integer one_trade(const Pass *o, integer t, integer client, double *stats, integer was, integer sold, integer *held, integer *rows) {
    const Trade *now = o->trade + t;
    Holding *mine = o->of + now->asset;
    double cost;
    if (mine->row < 0) {
        mine->row = *rows;
        o->pair[2 * *rows] = client;
        o->pair[2 * *rows + 1] = now->asset;
        *rows += 1;
    }
    double sign = sign_of(mine->units), closed = book_trade(o, t, &cost, held);
    bool counted = now->left_out == 0;
    stats[TRADED] += fabs(now->units) * now->price;
    if (closed > 0.0 && o->odean) {
        if (mine->sold == 0) o->touched[sold++] = now->asset;
        if (counted) {
            mine->pnl += sign * closed * (now->price - cost);
            mine->paid += closed * cost;
        }
        mine->sold = counted || mine->sold == 1 ? 1 : 2;
    } else if (!o->odean && counted) {
        judge_trade(o, t, was, closed, cost);
    }
    return sold;
}

/* Forget a client: only what they touched is written. Reference: `clear`. */
static void forget(const Pass *o, integer first, integer last) {
    for (integer row = first; row < last; row++) {
        Holding *mine = o->of + o->pair[2 * row + 1];
        mine->units = 0.0;
        mine->weight = 0.0;
        mine->slot = -1;
        mine->row = -1;
        mine->quote = -2;
        mine->head = -1;
        mine->at = NEVER;
    }
}

/* All clients, one after the other; `row_count` is the number of (client, asset) rows. Reference: `walk_all`. */
ADVISOR_API integer advisor_walk_trades(integer ends, const integer *start, integer trades, const integer *trade, integer asset_ends,
                                        const integer *first, integer prices, const integer *moment, const double *quote, integer assets,
                                        integer *of, integer *held_assets, integer *touched, integer lots, integer *lot, integer *before,
                                        integer *pair, integer *counts, double *chances, integer clients, double *stats, const bool *home,
                                        integer fifo, integer odean, double tie, integer end, integer *row_count) {
    (void)trades; (void)asset_ends; (void)prices; (void)assets; (void)lots; (void)clients;
    Pass pass = {start, first, moment, (const Trade *)trade, (const Quote *)quote, (Holding *)of, held_assets, touched, pair, counts, (Lot *)lot,
                 (Before *)before, chances, stats, home, fifo != 0, odean != 0, tie, end};
    const Pass *o = &pass;
    integer rows = 0;
    for (integer client = 0; client < ends - 1; client++) {
        integer t = start[client], stop = start[client + 1], held = 0, first_row = rows;
        double *own = stats + client * STATS;
        while (t < stop) {
            integer time = o->trade[t].time, group = o->trade[t].group, was = held, sold = 0;
            look(o, time, held);
            for (; t < stop && o->trade[t].group == group; t++) sold = one_trade(o, t, client, own, was, sold, &held, &rows);
            if (sold > 0) judge_day(o, sold, time, was);
            integer until = t < stop ? o->trade[t].time : end;
            settle(o, own, time, (double)(until - time) / DAY_LENGTH, was, held);
        }
        forget(o, first_row, rows);
    }
    *row_count = rows;
    return DONE;
}

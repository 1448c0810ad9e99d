/* Greedy picks by relevance, by the gap of the portfolio they close, by what they do for the portfolio, and by novelty.
 *
 * Novelty is that of maximal marginal relevance (Carbonell and Goldstein, 1998, section 2). Reference: tests/loops/picks.py.
 */
#include "advisor.h"

/* Share of each product in each asset, by product and by asset; `single` is the asset of a product that holds one alone, -1 otherwise. */
typedef struct {
    const integer *start, *asset, *single, *first, *product;
    const double *share;
} Exposures;

/* What all clients share: p products, n assets. */
typedef struct {
    integer p, n;
    Exposures put;
    const double *least, *worth, *dearness, *covariance, *excess, *variance, *similarity;
    double rate, variety, loyalty;
} Shop;

/* What one client is worked out in. */
typedef struct {
    double *base, *closed, *extra, *alike, *risk, *alone, *useful, *toll;
    bool *owned, *barred, *moved;
} Desk;

/* Largest money in a product that overshoots no asset's remaining gap; 0 below the smallest purchase. Reference: `closable`. */
static double closable(const Shop *q, const double *remaining, integer product) {
    integer start = q->put.start[product], stop = q->put.start[product + 1];
    double money = INFINITY;
    for (integer e = start; e < stop; e++) {
        double gap = remaining[q->put.asset[e]];
        money = smaller(money, stop - start == 1 ? gap : gap / q->put.share[e]);
    }
    return q->least[product] <= money && money < INFINITY && money > 0.0 ? money : 0.0;
}

/* Relevance scaled to 0..1 over what is allowed, less `dearness`, -inf elsewhere; what of it is held gains `loyalty`. Reference: `open_taste`. */
static void open_relevance(const Shop *q, const double *scores, const bool *allowed, integer count, const integer *held, Desk *d) {
    double low = INFINITY, high = -INFINITY;
    for (integer j = 0; j < q->p; j++) {
        d->owned[j] = false;
        if (!allowed[j]) continue;
        low = smaller(low, scores[j]);
        high = larger(high, scores[j]);
    }
    double span = high - low;
    for (integer j = 0; j < q->p; j++) d->base[j] = (!allowed[j] ? -INFINITY : span > 0.0 ? (scores[j] - low) / span : 0.0) - q->dearness[j];
    for (integer e = 0; e < count; e++) {
        if (held[e] >= q->p) continue;
        d->owned[held[e]] = true;
        d->base[held[e]] += q->loyalty;
    }
}

/* Open product with the largest relevance + worth * closed share + extra, ties by column; -1 where none is open. A held one must close something.
 * Reference: `best`. */
static integer best_product(const Shop *q, const Desk *d, double *value) {
    integer chosen = -1;
    *value = -INFINITY;
    for (integer j = 0; j < q->p; j++) {
        double score = d->base[j] + q->worth[j] * d->closed[j] + d->extra[j];
        if (score > *value && (d->closed[j] > 0.0 || !d->owned[j])) {
            chosen = j;
            *value = score;
        }
    }
    return chosen;
}

/* Marginal certainty equivalent of each product: what it is worth alone, less what it adds to the risk of what is held (`risk`: covariance times
 * portfolio). Reference: `usefulness`. */
static void usefulness(const Shop *q, double gamma, Desk *d) {
    double drag = gamma < INFINITY ? gamma : 1.0;
    for (integer a = 0; a < q->n; a++) d->toll[a] = drag * d->risk[a];
    for (integer j = 0; j < q->p; j++) {
        if (q->put.single[j] >= 0) {
            d->useful[j] = d->alone[j] - d->toll[q->put.single[j]];
        } else {
            double together = 0.0;
            for (integer e = q->put.start[j]; e < q->put.start[j + 1]; e++) together += q->put.share[e] * d->risk[q->put.asset[e]];
            d->useful[j] = d->alone[j] - drag * together;
        }
    }
}

/* Fill what each open product is worth to a client; its smallest value and 1 / range (0 where all are alike). Where risk aversion has no end it is
 * minus what it adds to variance. Reference: `open_usefulness`. */
static void open_usefulness(const Shop *q, const double *weights, double wealth, double gamma, Desk *d, double *lowest, double *scale) {
    for (integer a = 0; a < q->n; a++) d->risk[a] = dot(q->n, q->covariance + a * q->n, weights);
    double tilt = gamma < INFINITY ? 1.0 : 0.0, drag = gamma < INFINITY ? gamma : 1.0, low = INFINITY, high = -INFINITY;
    for (integer j = 0; j < q->p; j++) {
        double size = wealth > 0.0 ? smaller(q->least[j] / wealth, 1.0) : 1.0;
        d->alone[j] = tilt * q->excess[j] - 0.5 * drag * size * q->variance[j];
    }
    usefulness(q, gamma, d);
    for (integer j = 0; j < q->p; j++) {
        if (d->base[j] == -INFINITY) continue;
        low = smaller(low, d->useful[j]);
        high = larger(high, d->useful[j]);
    }
    *lowest = high > low ? low : 0.0;
    *scale = high > low ? 1.0 / (high - low) : 0.0;
}

/* Usefulness after a share of wealth went into a product. Reference: `hold_more`. */
static void hold_more(const Shop *q, double share, integer product, double gamma, Desk *d) {
    if (!(share > 0.0)) return;
    for (integer e = q->put.start[product]; e < q->put.start[product + 1]; e++) {
        add_scaled(q->n, d->risk, share * q->put.share[e], q->covariance + q->put.asset[e] * q->n);
    }
    usefulness(q, gamma, d);
}

/* Share of the whole gap that each open product can close; only products that touch an asset whose gap moved are looked at again. A product of one
 * asset alone closes all of its gap, or nothing: one division an asset. Reference: `close_gaps`. */
static void close_gaps(const Shop *q, const double *remaining, double total, Desk *d) {
    for (integer a = 0; a < q->n; a++) {
        if (!d->moved[a]) continue;
        double gap = remaining[a], whole = total > 0.0 && gap > 0.0 && gap < INFINITY ? gap / total : 0.0;
        for (integer e = q->put.first[a]; e < q->put.first[a + 1]; e++) {
            integer j = q->put.product[e];
            if (q->put.single[j] >= 0) {
                d->closed[j] = q->least[j] <= gap && !d->barred[j] ? whole : 0.0;
            } else {
                bool use = total > 0.0 && d->base[j] != -INFINITY && !d->barred[j];
                d->closed[j] = use ? closable(q, remaining, j) / total : 0.0;
            }
        }
    }
}

/* Take what was placed in a product from the gaps, and say which moved. Reference: `place`. */
static void take_from_gaps(const Shop *q, double *remaining, integer product, double money, Desk *d) {
    for (integer a = 0; a < q->n; a++) d->moved[a] = false;
    for (integer e = q->put.start[product]; e < q->put.start[product + 1]; e++) {
        integer a = q->put.asset[e];
        d->moved[a] = money > 0.0;
        remaining[a] = larger(0.0, remaining[a] - money * q->put.share[e]);
    }
}

/* One client's data and picks. */
typedef struct {
    const double *scores, *weights;
    const bool *allowed;
    integer count;
    const integer *held;
    double wealth, gamma;
    bool knows, top_up;
    integer *top;
    double *best, *money, *gained, *remaining;
} Customer;

/* Reference: the body of `pick_rows`. */
static void pick(const Shop *q, const Customer *c, integer k, Desk *d) {
    double total = 0.0, low = 0.0, scale = 0.0, value;
    for (integer a = 0; a < q->n; a++) total += c->remaining[a];
    open_relevance(q, c->scores, c->allowed, c->count, c->held, d);
    for (integer j = 0; j < q->p; j++) {
        d->barred[j] = !c->top_up && d->owned[j];
        d->alike[j] = 0.0;
        d->extra[j] = 0.0;
    }
    for (integer a = 0; a < q->n; a++) d->moved[a] = true;
    if (c->knows) open_usefulness(q, c->weights, c->wealth, c->gamma, d, &low, &scale);
    for (integer slot = 0; slot < k; slot++) {
        close_gaps(q, c->remaining, total, d);
        if (c->knows || q->variety > 0.0) {
            for (integer j = 0; j < q->p; j++) d->extra[j] = q->rate * ((d->useful[j] - low) * scale) - q->variety * d->alike[j];
        }
        integer chosen = best_product(q, d, &value);
        if (chosen < 0) return;
        d->base[chosen] = -INFINITY;
        double placed = closable(q, c->remaining, chosen);
        c->top[slot] = chosen;
        c->best[slot] = value;
        c->money[slot] = placed;
        take_from_gaps(q, c->remaining, chosen, placed, d);
        if (c->knows) {
            c->gained[slot] = c->gamma < INFINITY ? d->useful[chosen] : NAN;
            hold_more(q, c->wealth > 0.0 ? placed / c->wealth : 0.0, chosen, c->gamma, d);
        }
        if (q->variety > 0.0) {
            const double *like = q->similarity + chosen * q->p;
            for (integer j = 0; j < q->p; j++) d->alike[j] = larger(d->alike[j], like[j]);
        }
    }
}

static void take_desk(Room *room, integer p, integer n, Desk *d) {
    double **by_product[] = {&d->base, &d->closed, &d->extra, &d->alike, &d->alone, &d->useful};
    for (int i = 0; i < 6; i++) *by_product[i] = take_numbers(room, p);
    d->risk = take_numbers(room, n);
    d->toll = take_numbers(room, n);
    d->owned = take(room, p, sizeof(bool));
    d->barred = take(room, p, sizeof(bool));
    d->moved = take(room, n, sizeof(bool));
    if (room->failed) return;
    fill(p, d->closed, 0.0);
    fill(p, d->useful, 0.0);
}

/* Clients `first` to `last`; `known` is the number of clients whose own portfolio counts: all or none. Reference: `pick_rows`. */
ADVISOR_API integer advisor_pick_rows(integer first, integer last, integer count, integer p, const double *scores, const integer *class_of,
                                      integer classes, const bool *allowed, integer ends, const integer *held_start, integer entries,
                                      const integer *held, integer product_ends, const integer *start, integer shares, const integer *asset,
                                      const double *share, const integer *single, integer asset_ends, const integer *asset_first,
                                      integer by_asset, const integer *product, const double *least, const double *worth, const double *dearness, integer owners,
                                      integer owned, const double *weights, integer known, const double *wealth, const double *gamma,
                                      integer wide, const double *covariance, integer judged, const double *excess, const double *variance,
                                      integer alike, const double *similarity, integer top_up, double rate, double variety, double loyalty, integer k,
                                      integer *top, double *best, double *money, double *gained, integer n, double *unplaced) {
    (void)count; (void)classes; (void)ends; (void)entries; (void)product_ends; (void)shares; (void)asset_ends; (void)by_asset; (void)owners;
    (void)wide; (void)judged; (void)alike;
    Exposures put = {start, asset, single, asset_first, product, share};
    Shop q = {p, n, put, least, worth, dearness, covariance, excess, variance, similarity, rate, variety, loyalty};
    Room room = {0};
    Desk d;
    take_desk(&room, p, n, &d);
    for (integer i = first; i < last && !room.failed; i++) {
        Customer c = {scores + i * p, weights + i * owned, allowed + class_of[i] * p, held_start[i + 1] - held_start[i], held + held_start[i],
                      known > 0 ? wealth[i] : 0.0, known > 0 ? gamma[i] : 0.0, known > 0, top_up != 0, top + i * k, best + i * k, money + i * k,
                      gained + i * k, unplaced + i * n};
        pick(&q, &c, k, &d);
    }
    give_back(&room);
    return room.failed ? OUT_OF_MEMORY : DONE;
}

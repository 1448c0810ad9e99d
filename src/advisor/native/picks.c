/* Greedy picks by relevance, by the gap of the portfolio they close, by what they do for the portfolio, and by novelty.
 *
 * Products that put the same shares into the same assets on the same terms are one kind: they differ for a client in relevance alone, so that the
 * most relevant one of each kind stands for it. Rounding is monotone: no other product of the kind has a larger value, and those of the same value
 * are looked at one by one. Held products are looked at one by one too. Novelty is that of maximal marginal relevance (Carbonell and Goldstein, 1998,
 * section 2). Reference: tests/loops/picks.py, which looks at every product.
 */
#include "advisor.h"

enum { WIDE = 32, LANES = 4 };

/* Share of each kind in each asset, by kind and by asset; `single` is the asset of a kind that holds one alone, -1 otherwise. */
typedef struct {
    const integer *start, *asset, *single, *first, *kind;
    const double *share;
} Exposures;

/* What all clients share: p products of g kinds, n assets; the products of kind j are member[begin[j]] to member[begin[j + 1] - 1], ascending. */
typedef struct {
    integer p, g, n;
    Exposures put;
    const integer *begin, *member;
    const double *least, *worth, *dearness, *covariance, *excess, *variance, *similarity;
    double rate, variety, loyalty;
} Common;

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
} Row;

/* What one client is worked out in: by kind (`pays`: its asset, or n where `mixed` lists it), by asset, by product (`shut`: taken, or looked at as a
 * held one), and the held products. */
typedef struct {
    double *relevance, *base, *closed, *extra, *alike, *value, *most, *risk, *alone, *useful, *toll, *held_base;
    double low, span, lowest, scale;
    bool *open, *moved, *shut;
    integer *kind_of, *pays, *mixed, *held;
    integer mixed_count, held_count;
} Work;

/* Largest money in a kind that overshoots no asset's remaining gap; 0 below the smallest purchase. Reference: `closable`. */
static double closable(const Common *q, const double *remaining, integer kind) {
    integer start = q->put.start[kind], stop = q->put.start[kind + 1];
    double money = INFINITY;
    for (integer e = start; e < stop; e++) {
        double gap = remaining[q->put.asset[e]];
        money = smaller(money, stop - start == 1 ? gap : gap / q->put.share[e]);
    }
    return q->least[kind] <= money && money < INFINITY && money > 0.0 ? money : 0.0;
}

/* A score on the scale 0..1 of what is allowed, less `dearness` of the kind. */
static double base_of(const Common *q, const Work *d, double score, integer kind) {
    return (d->span > 0.0 ? (score - d->low) / d->span : 0.0) - q->dearness[kind];
}

/* The largest score of a kind's open products stands for it; -inf where none is open. */
static void represent(const Common *q, const Row *c, integer kind, Work *d) {
    double most = -INFINITY;
    for (integer e = q->begin[kind]; e < q->begin[kind + 1]; e++) {
        integer j = q->member[e];
        if (c->allowed[j] && !d->shut[j]) most = larger(most, c->scores[j]);
    }
    d->relevance[kind] = most;
    d->base[kind] = most > -INFINITY ? base_of(q, d, most, kind) : -INFINITY;
}

/* `base_of` the most relevant product of every kind, -inf where none is allowed. */
static void bases(integer g, const double *restrict relevance, const double *restrict dearness, double low, double span, double *restrict base) {
    for (integer i = 0; i < g; i++) base[i] = (span > 0.0 ? (relevance[i] - low) / span : relevance[i] == -INFINITY ? -INFINITY : 0.0) - dearness[i];
}

/* Relevance scaled to 0..1 over what is allowed, less `dearness`; what of it is held gains `loyalty`. Reference: `open_taste`. */
static void open_relevance(const Common *q, const Row *c, Work *d) {
    double low = INFINITY, high = -INFINITY;
    for (integer i = 0; i < q->g; i++) {
        double most = -INFINITY;
        for (integer e = q->begin[i]; e < q->begin[i + 1]; e++) {
            integer j = q->member[e];
            if (!c->allowed[j]) continue;
            low = smaller(low, c->scores[j]);
            most = larger(most, c->scores[j]);
        }
        d->relevance[i] = most;
        d->open[i] = most > -INFINITY;
        high = larger(high, most);
    }
    d->low = low;
    d->span = high - low;
    bases(q->g, d->relevance, q->dearness, low, d->span, d->base);
    d->held_count = 0;
    for (integer e = 0; e < c->count; e++) {
        integer j = c->held[e], at = 0;
        if (j >= q->p || !c->allowed[j]) continue;
        while (at < d->held_count && d->held[at] != j) at++;
        if (at == d->held_count) {
            d->held[at] = j;
            d->held_base[at] = base_of(q, d, c->scores[j], d->kind_of[j]);
            d->held_count++;
            d->shut[j] = true;
            if (c->scores[j] >= d->relevance[d->kind_of[j]]) represent(q, c, d->kind_of[j], d);
        }
        d->held_base[at] += q->loyalty;
    }
}

static void take_tolls(integer g, const double *restrict alone, const double *restrict toll, const integer *restrict pays, double *restrict useful) {
    for (integer i = 0; i < g; i++) useful[i] = alone[i] - toll[pays[i]];
}

/* Marginal certainty equivalent of each kind: what it is worth alone, less what it adds to the risk of what is held (`risk`: covariance times
 * portfolio). Reference: `usefulness`. */
static void usefulness(const Common *q, double gamma, Work *d) {
    double drag = gamma < INFINITY ? gamma : 1.0;
    for (integer a = 0; a < q->n; a++) d->toll[a] = drag * d->risk[a];
    take_tolls(q->g, d->alone, d->toll, d->pays, d->useful);
    for (integer m = 0; m < d->mixed_count; m++) {
        integer i = d->mixed[m];
        double together = 0.0;
        for (integer e = q->put.start[i]; e < q->put.start[i + 1]; e++) together += q->put.share[e] * d->risk[q->put.asset[e]];
        d->useful[i] = d->alone[i] - drag * together;
    }
}

/* What each kind is worth to a client who holds nothing, bought at its smallest size. */
static void worth_alone(const Common *q, double wealth, double tilt, double drag, double *restrict alone) {
    double whole = wealth > 0.0 ? 0.0 : 1.0, money = wealth > 0.0 ? wealth : 1.0;
    for (integer i = 0; i < q->g; i++) {
        double size = larger(smaller(q->least[i] / money, 1.0), whole);
        alone[i] = tilt * q->excess[i] - 0.5 * drag * size * q->variance[i];
    }
}

/* Fill what each kind is worth to a client; its smallest value and 1 / range (0 where all are alike) among those allowed. Where risk aversion has no
 * end it is minus what it adds to variance. Reference: `open_usefulness`. */
static void open_usefulness(const Common *q, const Row *c, Work *d) {
    for (integer a = 0; a < q->n; a++) d->risk[a] = dot(q->n, q->covariance + a * q->n, c->weights);
    double tilt = c->gamma < INFINITY ? 1.0 : 0.0, drag = c->gamma < INFINITY ? c->gamma : 1.0, low = INFINITY, high = -INFINITY;
    worth_alone(q, c->wealth, tilt, drag, d->alone);
    usefulness(q, c->gamma, d);
    for (integer i = 0; i < q->g; i++) {
        if (!d->open[i]) continue;
        low = smaller(low, d->useful[i]);
        high = larger(high, d->useful[i]);
    }
    d->lowest = high > low ? low : 0.0;
    d->scale = high > low ? 1.0 / (high - low) : 0.0;
}

/* Usefulness after a share of wealth went into a kind. Reference: `hold_more`. */
static void hold_more(const Common *q, double share, integer kind, double gamma, Work *d) {
    for (integer e = q->put.start[kind]; e < q->put.start[kind + 1]; e++) {
        add_scaled(q->n, d->risk, share * q->put.share[e], q->covariance + q->put.asset[e] * q->n);
    }
    usefulness(q, gamma, d);
}

/* Share of the whole gap that each kind can close; only kinds that touch an asset whose gap moved are looked at again. A kind of one asset alone
 * closes all of its gap, or nothing: one division an asset. Reference: `close_gaps`. */
static void close_gaps(const Common *q, const double *remaining, double total, Work *d) {
    for (integer a = 0; a < q->n; a++) {
        if (!d->moved[a]) continue;
        double gap = remaining[a], whole = total > 0.0 && gap > 0.0 && gap < INFINITY ? gap / total : 0.0;
        for (integer e = q->put.first[a]; e < q->put.first[a + 1]; e++) {
            integer i = q->put.kind[e];
            if (q->put.single[i] >= 0) {
                d->closed[i] = q->least[i] <= gap ? whole : 0.0;
            } else {
                d->closed[i] = total > 0.0 && d->open[i] ? closable(q, remaining, i) / total : 0.0;
            }
        }
    }
}

/* Take what was placed in a kind from the gaps, and say which moved. Reference: `place`. */
static void take_from_gaps(const Common *q, double *remaining, integer kind, double money, Work *d) {
    for (integer a = 0; a < q->n; a++) d->moved[a] = false;
    for (integer e = q->put.start[kind]; e < q->put.start[kind + 1]; e++) {
        integer a = q->put.asset[e];
        d->moved[a] = money > 0.0;
        remaining[a] = larger(0.0, remaining[a] - money * q->put.share[e]);
    }
}

/* Relevance + worth * closed share + extra of a product of a kind. */
static double value_of(const Common *q, const Work *d, double base, integer kind) {
    return base + q->worth[kind] * d->closed[kind] + d->extra[kind];
}

/* Values of kinds, and the largest of them. */
static double values(integer g, const double *restrict base, const double *restrict worth, const double *restrict closed,
                     const double *restrict extra, double *restrict value) {
    double lane[LANES] = {-INFINITY, -INFINITY, -INFINITY, -INFINITY}, most = -INFINITY;
    integer i = 0;
    for (; i + LANES <= g; i += LANES) {
        for (int l = 0; l < LANES; l++) {
            value[i + l] = base[i + l] + worth[i + l] * closed[i + l] + extra[i + l];
            lane[l] = larger(lane[l], value[i + l]);
        }
    }
    for (; i < g; i++) {
        value[i] = base[i] + worth[i] * closed[i] + extra[i];
        most = larger(most, value[i]);
    }
    for (int l = 0; l < LANES; l++) most = larger(most, lane[l]);
    return most;
}

/* Values of all kinds, the largest of each `WIDE` of them, and of all. */
static double largest_value(const Common *q, Work *d) {
    double most = -INFINITY;
    for (integer at = 0; at < q->g; at += WIDE) {
        integer wide = at + WIDE < q->g ? WIDE : q->g - at;
        d->most[at / WIDE] = values(wide, d->base + at, q->worth + at, d->closed + at, d->extra + at, d->value + at);
        most = larger(most, d->most[at / WIDE]);
    }
    return most;
}

/* The first open product of a kind that has this value; -1 where none has. */
static integer first_with(const Common *q, const Row *c, const Work *d, integer kind, double value) {
    for (integer e = q->begin[kind]; e < q->begin[kind + 1]; e++) {
        integer j = q->member[e];
        if (c->allowed[j] && !d->shut[j] && value_of(q, d, base_of(q, d, c->scores[j], kind), kind) == value) return j;
    }
    return -1;
}

/* Open product with the largest relevance + worth * closed share + extra, ties by column; -1 where none is open. A held one must close something.
 * Reference: `best_product`. */
static integer best_product(const Common *q, const Row *c, Work *d, double *value) {
    double most = largest_value(q, d);
    integer chosen = -1, which = -1;
    for (integer h = 0; h < d->held_count && c->top_up; h++) {
        integer kind = d->kind_of[d->held[h]];
        double own = value_of(q, d, d->held_base[h], kind);
        if (!(d->closed[kind] > 0.0) || own < most || own == -INFINITY) continue;
        if (own > most || chosen < 0 || d->held[h] < chosen) {
            chosen = d->held[h];
            which = h;
        }
        most = own;
    }
    *value = most;
    for (integer start = 0; start < q->g && most > -INFINITY; start += WIDE) {
        if (d->most[start / WIDE] != most) continue;
        integer stop = start + WIDE < q->g ? start + WIDE : q->g;
        for (integer i = start; i < stop; i++) {
            if (d->value[i] != most) continue;
            integer j = first_with(q, c, d, i, most);
            if (chosen < 0 || j < chosen) {
                chosen = j;
                which = -1;
            }
        }
    }
    if (which >= 0) d->held_base[which] = -INFINITY;
    return chosen;
}

/* Reference: the body of `pick_rows`. */
static void pick(const Common *q, const Row *c, integer k, Work *d) {
    double total = 0.0, value;
    for (integer a = 0; a < q->n; a++) total += c->remaining[a];
    open_relevance(q, c, d);
    fill(q->g, d->alike, 0.0);
    fill(q->g, d->extra, 0.0);
    for (integer a = 0; a < q->n; a++) d->moved[a] = true;
    if (c->knows) open_usefulness(q, c, d);
    integer slot = 0;
    bool moved = c->knows || q->variety > 0.0;
    for (; slot < k; slot++) {
        close_gaps(q, c->remaining, total, d);
        if (moved) {
            for (integer i = 0; i < q->g; i++) d->extra[i] = q->rate * ((d->useful[i] - d->lowest) * d->scale) - q->variety * d->alike[i];
        }
        integer chosen = best_product(q, c, d, &value);
        if (chosen < 0) break;
        integer kind = d->kind_of[chosen];
        if (!d->shut[chosen]) {
            d->shut[chosen] = true;
            represent(q, c, kind, d);
        }
        double placed = closable(q, c->remaining, kind);
        c->top[slot] = chosen;
        c->best[slot] = value;
        c->money[slot] = placed;
        take_from_gaps(q, c->remaining, kind, placed, d);
        if (c->knows) {
            c->gained[slot] = c->gamma < INFINITY ? d->useful[kind] : NAN;
            double share = c->wealth > 0.0 ? placed / c->wealth : 0.0;
            moved = share > 0.0 || q->variety > 0.0;
            if (share > 0.0) hold_more(q, share, kind, c->gamma, d);
        }
        if (q->variety > 0.0) {
            const double *like = q->similarity + chosen * q->p;
            for (integer i = 0; i < q->g; i++) d->alike[i] = larger(d->alike[i], like[q->member[q->begin[i]]]);
        }
    }
    while (slot-- > 0) d->shut[c->top[slot]] = false;
    for (integer h = 0; h < d->held_count; h++) d->shut[d->held[h]] = false;
}

static void take_work(Room *room, const Common *q, integer most_held, Work *d) {
    double **by_kind[] = {&d->relevance, &d->base, &d->closed, &d->extra, &d->alike, &d->value, &d->alone, &d->useful};
    for (int i = 0; i < 8; i++) *by_kind[i] = take_numbers(room, q->g);
    d->most = take_numbers(room, q->g / WIDE + 1);
    d->risk = take_numbers(room, q->n);
    d->toll = take_numbers(room, q->n + 1);
    d->held_base = take_numbers(room, most_held);
    d->held = take_integers(room, most_held);
    d->kind_of = take_integers(room, q->p);
    d->pays = take_integers(room, q->g);
    d->mixed = take_integers(room, q->g);
    d->open = take(room, q->g, sizeof(bool));
    d->moved = take(room, q->n, sizeof(bool));
    d->shut = take(room, q->p, sizeof(bool));
    d->lowest = d->scale = 0.0;
    d->mixed_count = 0;
    if (room->failed) return;
    d->toll[q->n] = 0.0;
    fill(q->g, d->closed, 0.0);
    fill(q->g, d->useful, 0.0);
    for (integer j = 0; j < q->p; j++) d->shut[j] = false;
    for (integer i = 0; i < q->g; i++) {
        d->pays[i] = q->put.single[i] >= 0 ? q->put.single[i] : q->n;
        if (q->put.single[i] < 0) d->mixed[d->mixed_count++] = i;
        for (integer e = q->begin[i]; e < q->begin[i + 1]; e++) d->kind_of[q->member[e]] = i;
    }
}

/* Clients `first` to `last`; `known` is the number of clients whose own portfolio counts: all or none. Where `variety` is above 0 every product is a
 * kind of its own. Reference: `pick_rows`. */
ADVISOR_API integer advisor_pick_rows(integer first, integer last, integer count, integer p, const double *scores, const integer *class_of,
                                      integer classes, const bool *allowed, integer ends, const integer *held_start, integer entries,
                                      const integer *held, integer begins, const integer *begin, const integer *member, integer kind_ends,
                                      const integer *start, integer shares, const integer *asset, const double *share, integer g,
                                      const integer *single, integer asset_ends, const integer *asset_first, integer by_asset,
                                      const integer *kind, const double *least, const double *worth, const double *dearness, integer owners,
                                      integer owned, const double *weights, integer known, const double *wealth, const double *gamma,
                                      integer wide, const double *covariance, integer judged, const double *excess, const double *variance,
                                      integer alike, const double *similarity, integer top_up, double rate, double variety, double loyalty, integer k,
                                      integer *top, double *best, double *money, double *gained, integer n, double *unplaced) {
    (void)count; (void)classes; (void)ends; (void)entries; (void)begins; (void)kind_ends; (void)shares; (void)asset_ends; (void)by_asset;
    (void)owners; (void)wide; (void)judged; (void)alike;
    Common q = {p, g, n, {start, asset, single, asset_first, kind, share}, begin, member, least, worth, dearness, covariance, excess, variance,
                similarity, rate, variety, loyalty};
    integer most_held = 0;
    for (integer i = first; i < last; i++) most_held = held_start[i + 1] - held_start[i] > most_held ? held_start[i + 1] - held_start[i] : most_held;
    Room room = {0};
    Work d;
    take_work(&room, &q, most_held, &d);
    for (integer i = first; i < last && !room.failed; i++) {
        Row c = {scores + i * p, weights + i * owned, allowed + class_of[i] * p, held_start[i + 1] - held_start[i], held + held_start[i],
                 known > 0 ? wealth[i] : 0.0, known > 0 ? gamma[i] : 0.0, known > 0, top_up != 0, top + i * k, best + i * k, money + i * k,
                 gained + i * k, unplaced + i * n};
        pick(&q, &c, k, &d);
    }
    give_back(&room);
    return room.failed ? OUT_OF_MEMORY : DONE;
}

/* Orders nearest to a target where smallest purchases, smallest trades and slots stand in the way.
 *
 * Minimises sum |after - target| over assets, as fractions of wealth: branch and bound over linear programmes. Reference: tests/loops/nearest.py.
 */
#include "advisor.h"

/* What is decided of a purchase, and of a holding: nothing yet; bought, not bought; kept whole, sold for at least the smallest trade. */
enum { OPEN = 0, BOUGHT = 1, UNBOUGHT = 2, WHOLE = 3, SOLD = 4 };
/* Linear programmes solved at most, and kinds of purchases considered at most, for one client. */
enum { NODES = 200, COLUMNS = 48 };
/* A gain below `MATERIAL` of wealth is none; `NEAR` is rounding; `TIE` decides between orders that are as near. */
static const double MATERIAL = 5e-4, NEAR = 1e-9, TIE = 1e-5;

/* One client: holdings that may be sold, and purchases (one product of each kind, and what is held already), as fractions of wealth. */
typedef struct {
    integer n, k, holdings, columns;
    double cost, small, cash, limit;
    const double *target, *stress;
    integer *entry, *product, *owned;
    double *base, *money, *fee, *part, *least, *price, *put, *useful, *gain, *x, *keep, *buy, *best_keep, *best_buy;
    bool *mixed;
    int8_t *stack, *state;
    Programme lp;
} Search;

/* What all clients share: p products over n assets, in kinds of the same exposures. */
typedef struct {
    integer p, kinds;
    const integer *start, *asset, *kind, *first, *member;
    const double *share, *least, *fee, *toll, *worth;
} Products;

/* sum |target - x|. Reference: `distance`. */
static double distance(const Search *s, const double *x) {
    double total = 0.0;
    for (integer a = 0; a < s->n; a++) total += fabs(s->target[a] - x[a]);
    return total;
}

/* Stressed loss of a portfolio. Reference: `loss`. */
static double loss(const Search *s, const double *x) {
    double total = 0.0;
    for (integer a = 0; a < s->n; a++) total += s->stress[a] * x[a];
    return total;
}

/* What `money` in column j brings the portfolio `x` nearer. Reference: `nearer`. */
static double nearer(const Search *s, const double *x, integer j, double money) {
    double total = 0.0;
    for (integer a = 0; a < s->n; a++) {
        double lack = s->target[a] - x[a];
        total += fabs(lack) - fabs(lack - money * s->put[j * s->n + a]);
    }
    return total;
}

/* The money in column j that brings the base nearest, at least its smallest purchase, and by how much. Reference: `judge`. */
static void judge(const Search *s, integer j) {
    double most = 0.0, at = 0.0;
    for (integer a = 0; a < s->n; a++) {
        double lack = s->target[a] - s->base[a], share = s->put[j * s->n + a];
        if (!(share > 0.0) || !(lack > 0.0)) continue;
        double gain = nearer(s, s->base, j, lack / share);
        if (gain > most) {
            most = gain;
            at = lack / share;
        }
    }
    s->useful[j] = larger(at, s->least[j]);
    s->gain[j] = s->least[j] > at ? nearer(s, s->base, j, s->least[j]) : most;
}

/* Add a purchase of a product, unless it is of no use; where there are too many, the least useful gives way. Reference: `add_column`. */
static void add_column(Search *s, const Products *q, integer product, integer owned, double least) {
    integer j = s->columns;
    fill(s->n, s->put + j * s->n, 0.0);
    for (integer e = q->start[product]; e < q->start[product + 1]; e++) s->put[j * s->n + q->asset[e]] += q->share[e];
    s->product[j] = product;
    s->owned[j] = owned;
    s->least[j] = least;
    s->price[j] = q->fee[product];
    if (least > s->cash / (1.0 + s->cost)) return;
    judge(s, j);
    if (!(s->gain[j] > NEAR)) return;
    if (j < COLUMNS) {
        s->columns++;
        return;
    }
    integer worst = 0;
    for (integer i = 1; i <= j; i++) {
        if (s->gain[i] < s->gain[worst]) worst = i;
    }
    if (worst == j) return;
    s->product[worst] = s->product[j];
    s->owned[worst] = s->owned[j];
    s->least[worst] = s->least[j];
    s->price[worst] = s->price[j];
    s->useful[worst] = s->useful[j];
    s->gain[worst] = s->gain[j];
    copy(s->n, s->put + j * s->n, s->put + worst * s->n);
}

/* Whether no orders could come nearer than `now`: all that is held stays, and the most useful purchases fill what they touch. Reference: `is_near`. */
static bool is_near(const Search *s, double now) {
    double lacking = 0.0, beyond = 0.0, filled = 0.0;
    copy(s->n, s->base, s->x);
    for (integer h = 0; h < s->holdings; h++) add_scaled(s->n, s->x, s->money[h], s->part + h * s->n);
    for (integer a = 0; a < s->n; a++) {
        lacking += larger(s->target[a] - s->x[a], 0.0);
        beyond += larger(s->base[a] - s->target[a], 0.0);
    }
    for (integer j = 0; j < s->columns; j++) {
        double fills = 0.0;
        for (integer a = 0; a < s->n; a++) {
            if (s->put[j * s->n + a] > 0.0) fills += larger(s->target[a] - s->x[a], 0.0);
        }
        s->buy[j] = fills;
    }
    for (integer slot = 0; slot < s->k && slot < s->columns; slot++) {
        integer most = 0;
        for (integer j = 1; j < s->columns; j++) {
            if (s->buy[j] > s->buy[most]) most = j;
        }
        filled += s->buy[most];
        s->buy[most] = 0.0;
    }
    return now - (larger(lacking - filled, 0.0) + beyond) < MATERIAL;
}

/* One more variable of the linear programme. */
static double *variable(Search *s, double worth, double most) {
    Programme *p = &s->lp;
    p->worth[p->q] = worth;
    p->most[p->q] = most;
    fill(p->v, p->shares + p->q * p->v, 0.0);
    return p->shares + p->q++ * p->v;
}

/* The nearest portfolio where what is not decided yet may be bought or sold in any size, in `keep` and `buy`; its distance, or no end where money or
 * slots are missing. Reference: `relax`. */
static double relax(Search *s) {
    const int8_t *held = s->state, *bought = s->state + s->holdings;
    Programme *p = &s->lp;
    double cash = s->cash, rate = 1.0 + s->cost;
    integer slots = s->k < s->columns ? s->k : s->columns, n = s->n;
    copy(n, s->base, s->x);
    for (integer h = 0; h < s->holdings; h++) {
        if (held[h] == SOLD && s->money[h] < s->small) return INFINITY;
        if (held[h] == WHOLE) add_scaled(n, s->x, s->money[h], s->part + h * n);
        cash -= held[h] == WHOLE ? s->money[h] : s->cost * s->money[h];
    }
    for (integer j = 0; j < s->columns; j++) {
        if (bought[j] != BOUGHT) continue;
        add_scaled(n, s->x, s->least[j], s->put + j * n);
        cash -= rate * s->least[j];
        slots--;
    }
    if (cash < -NEAR || slots < 0) return INFINITY;
    p->q = 0;
    p->v = n + 3;
    for (integer a = 0; a < n; a++) p->space[a] = larger(s->target[a] - s->x[a], 0.0);
    p->space[n] = larger(cash, 0.0);
    p->space[n + 1] = (double)slots;
    p->space[n + 2] = larger(s->limit - loss(s, s->x), 0.0);
    for (integer h = 0; h < s->holdings; h++) {
        if (held[h] == WHOLE) continue;
        double *row = variable(s, 1.0 + TIE * (1.0 - s->fee[h]), held[h] == SOLD ? s->money[h] - s->small : s->money[h]);
        copy(n, s->part + h * n, row);
        row[n] = 1.0 - s->cost;
        row[n + 2] = loss(s, row);
    }
    for (integer j = 0; j < s->columns; j++) {
        if (bought[j] == UNBOUGHT || (bought[j] == OPEN && slots == 0)) continue;
        double *row = variable(s, 1.0 - TIE * s->price[j], bought[j] == BOUGHT ? s->useful[j] - s->least[j] : s->useful[j]);
        copy(n, s->put + j * n, row);
        row[n] = rate;
        row[n + 2] = loss(s, row);
        row[n + 1] = bought[j] == OPEN ? 1.0 / s->useful[j] : 0.0;
    }
    for (integer a = 0; a < n; a++) {
        if (s->mixed[a]) variable(s, -2.0, 2.0)[a] = -1.0;
    }
    most_kept(p);
    integer at = 0;
    for (integer h = 0; h < s->holdings; h++) {
        s->keep[h] = held[h] == WHOLE ? s->money[h] : p->x[at++];
        if (held[h] != WHOLE) add_scaled(n, s->x, s->keep[h], s->part + h * n);
    }
    for (integer j = 0; j < s->columns; j++) {
        s->buy[j] = bought[j] == BOUGHT ? s->least[j] : 0.0;
        if (bought[j] == UNBOUGHT || (bought[j] == OPEN && slots == 0)) continue;
        double more = p->x[at++];
        s->buy[j] += more;
        add_scaled(n, s->x, more, s->put + j * n);
    }
    return distance(s, s->x);
}

/* Two ways to go on from a node that cannot be ordered as it is: places in `state` and what is decided there, -1 = no way. */
typedef struct {
    integer place[2];
    int8_t value[2];
} Branches;

/* What to decide next; no place where the node can be ordered as it is. Reference: `branch`. */
static Branches branch(const Search *s) {
    const int8_t *held = s->state, *bought = s->state + s->holdings;
    integer count = 0, short_of = -1, largest = -1;
    for (integer j = 0; j < s->columns; j++) {
        integer h = s->owned[j];
        if (h >= 0 && s->buy[j] > NEAR && s->money[h] - s->keep[h] > NEAR) {
            return (Branches){{h, bought[j] == OPEN ? s->holdings + j : -1}, {WHOLE, UNBOUGHT}};
        }
        count += bought[j] == BOUGHT || s->buy[j] > NEAR;
        if (bought[j] != OPEN || !(s->buy[j] > NEAR)) continue;
        if (s->buy[j] < s->least[j] - NEAR && (short_of < 0 || s->buy[j] > s->buy[short_of])) short_of = j;
        if (largest < 0 || s->buy[j] > s->buy[largest]) largest = j;
    }
    integer j = short_of >= 0 ? short_of : count > s->k ? largest : -1;
    if (j >= 0) {
        bool in = s->buy[j] * 2.0 >= s->least[j];
        return (Branches){{s->holdings + j, s->holdings + j}, {in ? BOUGHT : UNBOUGHT, in ? UNBOUGHT : BOUGHT}};
    }
    for (integer h = 0; h < s->holdings; h++) {
        double sale = s->money[h] - s->keep[h];
        if (held[h] != OPEN || !(sale > NEAR) || !(sale < s->small - NEAR)) continue;
        bool whole = sale * 2.0 < s->small;
        return (Branches){{h, h}, {whole ? WHOLE : SOLD, whole ? SOLD : WHOLE}};
    }
    return (Branches){{-1, -1}, {OPEN, OPEN}};
}

/* Depth first; whether orders nearer than `now` were found, in `best_keep` and `best_buy`. Reference: `search`. */
static bool search(Search *s, double now) {
    integer size = s->holdings + s->columns, top = 1;
    double best = now;
    memset(s->stack, OPEN, (size_t)size);
    for (integer node = 0; node < NODES && top > 0; node++) {
        top--;
        memcpy(s->state, s->stack + top * size, (size_t)size);
        double reached = relax(s);
        if (!(reached < best - MATERIAL)) continue;
        Branches ways = branch(s);
        if (ways.place[0] < 0) {
            best = reached;
            copy(s->holdings, s->keep, s->best_keep);
            copy(s->columns, s->buy, s->best_buy);
            continue;
        }
        for (int way = 1; way >= 0; way--) {
            if (ways.place[way] < 0) continue;
            memcpy(s->stack + top * size, s->state, (size_t)size);
            s->stack[top * size + ways.place[way]] = ways.value[way];
            top++;
        }
    }
    return best < now;
}

/* One client's orders as they are, and what may be offered. */
typedef struct {
    integer begin, end;
    double wealth, unit, small;
    const double *held, *rate, *part, *scores;
    const integer *fate, *holds;
    const bool *allowed;
    integer *codes, *chosen;
    double *sales, *money, *best;
} Case;

/* The free holding of a product, -1 where there is none. Reference: `holding_of`. */
static integer holding_of(const Search *s, const Case *c, integer product) {
    for (integer h = 0; h < s->holdings; h++) {
        if (c->holds[s->entry[h]] == product) return h;
    }
    return -1;
}

/* Fill what may be sold and bought, and say how far the present orders are from the target. Reference: `open_case`. */
static double open_case(Search *s, const Products *q, const Case *c, const double *band) {
    double now = 0.0, paid = 0.0;
    fill(s->n, s->base, 0.0);
    fill(s->n, s->x, 0.0);
    s->holdings = 0;
    s->columns = 0;
    for (integer e = c->begin; e < c->end; e++) {
        double money = c->held[e] / c->wealth;
        paid += c->fate[e] == KEPT ? money : c->fate[e] == LEAVING ? s->cost * money : 0.0;
        if (c->fate[e] == KEPT) add_scaled(s->n, s->base, money, c->part + e * s->n);
        add_scaled(s->n, s->x, (c->held[e] - c->sales[e]) / c->wealth, c->part + e * s->n);
        if (c->fate[e] != FREE) continue;
        integer h = s->holdings++;
        s->entry[h] = e;
        s->money[h] = money;
        s->fee[h] = c->rate[e];
        copy(s->n, c->part + e * s->n, s->part + h * s->n);
    }
    s->cash = 1.0 - paid;
    s->small = c->small / c->wealth;
    for (integer slot = 0; slot < s->k; slot++) {
        integer code = c->codes[slot];
        if (code < 0) continue;
        for (integer e = q->start[code]; e < q->start[code + 1]; e++) s->x[q->asset[e]] += c->money[slot] / c->wealth * q->share[e];
    }
    /* what is within its band may stay as if it were meant to */
    for (integer a = 0; a < s->n; a++) {
        double mine = s->base[a], *aim = (double *)s->target + a;
        for (integer h = 0; h < s->holdings; h++) mine += s->money[h] * s->part[h * s->n + a];
        if (mine > *aim && mine - *aim <= band[a]) *aim = mine;
        s->mixed[a] = false;
    }
    now = distance(s, s->x);
    for (integer v = 0; v < q->kinds; v++) c->chosen[v] = -1;
    for (integer j = 0; j < q->p; j++) {
        if (!c->allowed[j]) continue;
        integer h = holding_of(s, c, j), v = q->kind[j], other = c->chosen[v];
        if (h >= 0) {
            add_column(s, q, j, h, larger(larger(q->least[j], c->small), c->unit) / c->wealth);
        } else if (other < 0 || q->least[j] < q->least[other] ||
                   (q->least[j] == q->least[other] && c->scores != NULL &&
                    c->scores[j] - q->toll[j] > c->scores[other] - q->toll[other])) {
            c->chosen[v] = j;
        }
    }
    for (integer v = 0; v < q->kinds; v++) {
        integer j = c->chosen[v];
        if (j >= 0) add_column(s, q, j, -1, larger(larger(q->least[j], c->small), c->unit) / c->wealth);
    }
    s->limit -= (double)(s->columns + s->holdings + 1) * c->unit / c->wealth; /* room for rounding to units */
    for (integer i = 0; i < s->columns + s->holdings; i++) {
        const double *share = i < s->columns ? s->put + i * s->n : s->part + (i - s->columns) * s->n;
        integer touched = 0;
        for (integer a = 0; a < s->n; a++) touched += share[a] > 0.0;
        for (integer a = 0; touched > 1 && a < s->n; a++) s->mixed[a] |= share[a] > 0.0;
    }
    return now;
}

/* The product of a kind that the client would rather buy for `money`. Reference: `preferred`. */
static integer preferred(const Search *s, const Products *q, const Case *c, integer product, double money) {
    integer best = product;
    for (integer e = q->first[q->kind[product]]; e < q->first[q->kind[product] + 1]; e++) {
        integer j = q->member[e];
        if (!c->allowed[j] || q->least[j] > money || holding_of(s, c, j) >= 0) continue;
        if (c->scores[j] - q->toll[j] > c->scores[best] - q->toll[best]) best = j;
    }
    return best;
}

/* Write what was found: sales in whole units, purchases by what they are worth, and behind them what was suggested. Reference: `write`. */
static void write(Search *s, const Products *q, const Case *c, const double range[2]) {
    integer filled = 0, k = s->k, *old = c->chosen;
    double *value = s->lp.x, *likes = s->lp.worth, total = 0.0;
    for (integer h = 0; h < s->holdings; h++) {
        integer e = s->entry[h];
        double sale = (s->money[h] - s->best_keep[h]) * c->wealth;
        sale = sale > GRID * c->unit ? smaller(up(sale, c->unit), down(c->held[e], c->unit)) : 0.0;
        c->sales[e] = sale < c->small ? 0.0 : sale;
    }
    for (integer slot = 0; slot < k; slot++) {
        old[slot] = c->codes[slot];
        likes[slot] = c->best[slot];
    }
    for (integer j = 0; j < s->columns; j++) total += s->best_buy[j] > NEAR ? s->best_buy[j] : 0.0;
    for (integer j = 0; j < s->columns; j++) {
        if (!(s->best_buy[j] > NEAR) || filled == k) continue;
        double money = s->best_buy[j] * c->wealth;
        integer code = s->owned[j] >= 0 ? s->product[j] : preferred(s, q, c, s->product[j], money * (1.0 + NEAR)), at = filled++;
        double liked = range[1] > range[0] ? (c->scores[code] - range[0]) / (range[1] - range[0]) : 0.0;
        double worth = liked - q->toll[code] + q->worth[code] * s->best_buy[j] / total;
        for (; at > 0 && value[at - 1] < worth; at--) {
            c->codes[at] = c->codes[at - 1];
            c->money[at] = c->money[at - 1];
            value[at] = value[at - 1];
        }
        c->codes[at] = code;
        c->money[at] = money;
        value[at] = worth;
    }
    for (integer slot = 0; slot < filled; slot++) c->best[slot] = value[slot];
    integer bought = filled;
    for (integer slot = 0; slot < k && filled < k; slot++) {
        bool fits = old[slot] >= 0;
        for (integer e = c->begin; fits && e < c->end; e++) fits = c->holds[e] != old[slot];
        for (integer other = 0; fits && other < bought; other++) fits = c->codes[other] != old[slot];
        if (!fits) continue;
        c->codes[filled] = old[slot];
        c->money[filled] = 0.0;
        c->best[filled++] = likes[slot];
    }
    for (; filled < k; filled++) {
        c->codes[filled] = -1;
        c->money[filled] = 0.0;
        c->best[filled] = NAN;
    }
}

static void take_search(Room *room, integer n, integer k, integer most, Search *s) {
    integer columns = COLUMNS + 1, size = most + columns, q = size + n > k ? size + n : k;
    *s = (Search){.n = n, .k = k};
    s->entry = take_integers(room, most);
    s->product = take_integers(room, columns);
    s->owned = take_integers(room, columns);
    double **by_asset[] = {&s->base, &s->x}, **by_holding[] = {&s->money, &s->fee, &s->keep, &s->best_keep};
    double **by_column[] = {&s->least, &s->price, &s->useful, &s->gain, &s->buy, &s->best_buy};
    for (int i = 0; i < 2; i++) *by_asset[i] = take_numbers(room, n);
    for (int i = 0; i < 4; i++) *by_holding[i] = take_numbers(room, most);
    for (int i = 0; i < 6; i++) *by_column[i] = take_numbers(room, columns);
    s->part = take_numbers(room, most * n);
    s->put = take_numbers(room, columns * n);
    s->mixed = take(room, n, sizeof(bool));
    s->stack = take(room, (size + 2) * size, sizeof(int8_t));
    s->state = take(room, size, sizeof(int8_t));
    take_programme(room, q, n + 3, &s->lp);
}

/* Orders of clients rows[first:last] that come nearer to their targets: `sales`, `codes`, `best` and `money` are written where `found` says so, and
 * `target` is raised to what may stay. Without `scores`, `found` says for whom a search may be worth it. Reference: `nearest_some`. */
ADVISOR_API integer advisor_nearest(integer first, integer last, integer b, const integer *rows, integer scored, integer p,
                                    const double *scores, const integer *class_of, integer classes, const bool *allowed, integer c, const double *wealth,
                                    const double *unit, const double *small, integer ends, const integer *start, integer entries,
                                    const double *held, const integer *fate, const integer *holds, const double *rate, integer n,
                                    const double *part, double cost, const double *least, const double *fee, const double *toll,
                                    const double *worth, integer product_ends, const integer *product_start, integer shares,
                                    const integer *asset, const double *share, const integer *kind, integer kind_ends,
                                    const integer *kind_start, integer members, const integer *member, const double *stress,
                                    const double *limit, const double *band, double *target, double *sales, integer k, integer *codes, double *best, double *money, bool *found) {
    (void)b; (void)classes; (void)c; (void)ends; (void)entries; (void)product_ends; (void)shares; (void)members;
    Products q = {p, kind_ends - 1, product_start, asset, kind, kind_start, member, share, least, fee, toll, worth};
    Room memory = {0};
    integer most = 0;
    for (integer i = first; i < last; i++) most = start[rows[i] + 1] - start[rows[i]] > most ? start[rows[i] + 1] - start[rows[i]] : most;
    Search s;
    take_search(&memory, n, k, most, &s);
    integer *chosen = take_integers(&memory, q.kinds > k ? q.kinds : k);
    s.cost = cost;
    s.stress = stress;
    for (integer i = first; i < last && !memory.failed; i++) {
        integer row = rows[i];
        found[i] = false;
        if (!(wealth[row] > 0.0)) continue;
        Case mine = {.begin = start[row], .end = start[row + 1], .wealth = wealth[row], .unit = unit[row], .small = small[row], .held = held,
                     .rate = rate, .part = part, .scores = scored > 0 ? scores + i * p : NULL, .fate = fate, .holds = holds, .allowed = allowed + class_of[i] * p,
                     .codes = codes + i * k, .chosen = chosen, .sales = sales, .money = money + i * k, .best = best + i * k};
        s.target = target + i * n;
        s.limit = limit[row];
        double now = open_case(&s, &q, &mine, band + i * n), range[2] = {INFINITY, -INFINITY};
        if (now < MATERIAL || is_near(&s, now)) continue;
        found[i] = scored == 0 || search(&s, now);
        if (scored == 0) continue;
        for (integer j = 0; found[i] && j < p; j++) {
            if (!mine.allowed[j]) continue;
            range[0] = smaller(range[0], mine.scores[j]);
            range[1] = larger(range[1], mine.scores[j]);
        }
        if (found[i]) write(&s, &q, &mine, range);
    }
    give_back(&memory);
    return memory.failed ? OUT_OF_MEMORY : DONE;
}

/* Block principal pivoting: one row a client, limits and kinks of his own.
 *
 * Judice and Pires (1994), A block principal pivoting algorithm for large-scale strictly monotone linear complementarity problems; Kim and Park
 * (2011) for the rule that falls back to single exchanges. Reference of every function: tests/reference/loops/pivoting.py.
 */
#include "advisor.h"

/* Weights, and marginal utilities relative to the covariance, that count as on the right side of a limit; pivots that count as zero; and trades
 * that are the rounding of what the holdings add up to. */
static const double PRIMAL = 1e-12, DUAL = 1e-12, SINGULAR_PIVOT = 1e-11, SNAP = 1e-14, DEPENDENT = 1e-10;

void take_pivoting(Room *room, integer n, integer r, Pivoting *p) {
    integer k = n > r + 1 ? n : r + 1;
    p->L = take_numbers(room, n * n);
    p->Y = take_numbers(room, (r + 2) * n);
    p->M = take_numbers(room, (r + 1) * (r + 1));
    p->A = take_numbers(room, (r + 1) * n);
    p->x = take_numbers(room, k);
    p->h = take_numbers(room, k);
    p->pull = take_numbers(room, k);
    p->rest = take_numbers(room, k);
    p->d = take_numbers(room, k);
    p->free = take_integers(room, n);
    p->active = take_integers(room, r + 1);
    p->turn = take(room, n + r, sizeof(int8_t));
}

/* Row a of the factor: row -= U[c][a] U[c], c ascending, four at a time only to touch the row less. */
static void eliminate(integer n, double (*U)[n], integer a, integer k) {
    double *restrict row = U[a];
    integer c = 0;
    for (; c + 4 <= a; c += 4) {
        const double *p = U[c], *q = U[c + 1], *s = U[c + 2], *t = U[c + 3];
        double up = p[a], uq = q[a], us = s[a], ut = t[a];
        for (integer b = a; b < k; b++) row[b] = (((row[b] - up * p[b]) - uq * q[b]) - us * s[b]) - ut * t[b];
    }
    for (; c < a; c++) {
        const double *p = U[c];
        double up = p[a];
        for (integer b = a; b < k; b++) row[b] -= up * p[b];
    }
}

/* Free weights x and multipliers d of H[F, F] x = pull + A'd, A x = rest, m rows; 0, or where a factor broke down: a row of A, or -1 for H.
 * Reference: `free_step`. */
static integer free_step(const Program *q, integer k, integer m, const Pivoting *p) {
    integer n = q->n, width = q->r + 1;
    const double (*H)[n] = (const double (*)[n])q->H;
    double (*U)[n] = (double (*)[n])p->L, (*Y)[n] = (double (*)[n])p->Y, (*A)[n] = (double (*)[n])p->A;
    double (*M)[width] = (double (*)[width])p->M, *t = p->d, *x = p->x;
    const integer *f = p->free;
    for (integer a = 0; a < k; a++) {
        for (integer b = a; b < k; b++) U[a][b] = H[f[a]][f[b]];
        eliminate(n, U, a, k);
        if (!(U[a][a] > SINGULAR_PIVOT * H[f[a]][f[a]])) return -1;
        double pivot = sqrt(U[a][a]);
        U[a][a] = pivot;
        for (integer b = a + 1; b < k; b++) U[a][b] /= pivot;
    }
    for (integer i = 0; i <= m; i++) {
        copy(k, i == m ? p->pull : A[i], Y[i]);
        forward(n, p->L, k, Y[i]);
    }
    for (integer i = 0; i < m; i++) {
        for (integer j = 0; j <= i; j++) {
            double full = dot(k, Y[i], Y[j]), v = full;
            for (integer c = 0; c < j; c++) v -= M[i][c] * M[j][c];
            if (i > j) {
                M[i][j] = v / M[j][j];
            } else if (v > DEPENDENT * full) {
                M[i][i] = sqrt(v);
            } else {
                return i;
            }
        }
        double v = p->rest[i] - dot(k, Y[i], Y[m]);
        for (integer c = 0; c < i; c++) v -= M[i][c] * t[c];
        t[i] = v / M[i][i];
    }
    for (integer i = m - 1; i >= 0; i--) {
        for (integer c = i + 1; c < m; c++) t[i] -= M[c][i] * t[c];
        t[i] /= M[i][i];
    }
    copy(k, Y[m], x);
    for (integer i = 0; i < m; i++) add_scaled(k, x, t[i], Y[i]);
    backward(n, p->L, k, x);
    return 0;
}

/* The side a weight comes to when it leaves its lower bound: below a kink that lies above the bound, else beyond it. */
static inline int8_t loosened(const Program *q, integer i) { return q->kink[i] > q->lo[i] ? SELLING : BUYING; }

/* With no weight free: free the one (or two) that the budget or the marginal costs ask for; true when nothing asks. Reference: `open_row`. */
static bool open_row(const Program *q, double tau, const double *h, int8_t *side, const double *w, double gap) {
    double cheap = INFINITY, dear = -INFINITY;
    integer buy = -1, sell = -1;
    for (integer i = 0; i < q->n; i++) {
        if (w[i] < q->up[i]) {
            double v = h[i] + tau * (side[i] == AT_LOWER && q->kink[i] > q->lo[i] ? q->below[i] : q->above[i]);
            if (v < cheap) {
                cheap = v;
                buy = i;
            }
        }
        if (w[i] > q->lo[i]) {
            double v = h[i] + tau * (side[i] == AT_UPPER ? q->above[i] : q->below[i]);
            if (v > dear) {
                dear = v;
                sell = i;
            }
        }
    }
    if (fabs(gap) <= PRIMAL && dear <= cheap) return true;
    if (gap >= -PRIMAL && buy >= 0) side[buy] = side[buy] == AT_LOWER ? loosened(q, buy) : BUYING;
    if (gap <= PRIMAL && sell >= 0) side[sell] = side[sell] == AT_UPPER ? BUYING : SELLING;
    return false;
}

/* The price of the budget where every weight is fixed: half-way between the dearest that could be sold and the cheapest that could be bought. */
static double fixed_price(const Program *q, double tau, const double *h, const int8_t *side, const double *w) {
    double high = INFINITY, low = -INFINITY;
    for (integer i = 0; i < q->n; i++) {
        if (w[i] < q->up[i]) high = smaller(high, h[i] + tau * (side[i] == AT_LOWER && q->kink[i] > q->lo[i] ? q->below[i] : q->above[i]));
        if (w[i] > q->lo[i]) low = larger(low, h[i] + tau * (side[i] == AT_UPPER ? q->above[i] : q->below[i]));
    }
    if (low == -INFINITY) return high == INFINITY ? 0.0 : high;
    return high == INFINITY ? low : 0.5 * (low + high);
}

/* Free the cheapest weight that can move an active row, whose weights are all fixed or tied to other rows, by `gap`; false when none can.
 * Reference: `loosen`. */
static bool loosen(const Program *q, const double *h, const double *row, double gap, int8_t *side, const double *w) {
    double best = INFINITY;
    integer who = -1;
    for (integer i = 0; i < q->n; i++) {
        if (side[i] == BUYING || side[i] == SELLING || row[i] == 0.0) continue;
        bool up = gap * row[i] > 0.0;
        if (!(up ? w[i] < q->up[i] : w[i] > q->lo[i])) continue;
        double v = up ? h[i] : -h[i];
        if (v < best) {
            best = v;
            who = i;
        }
    }
    if (who < 0) return false;
    bool up = gap * row[who] > 0.0;
    bool below = up ? side[who] == AT_LOWER && q->kink[who] > q->lo[who] : side[who] != AT_UPPER;
    side[who] = below && q->kink[who] > q->lo[who] ? SELLING : BUYING;
    return true;
}

/* Fixed weights at their edges, h = their pull on the others; how many are free, and the budget that is left for them. */
static integer place_fixed(const Program *q, double tau, const int8_t *side, double *w, const Pivoting *p, double *left) {
    integer n = q->n, k = 0;
    double gap = 1.0;
    for (integer i = 0; i < n; i++) p->h[i] = -tau * q->mu[i];
    for (integer i = 0; i < n; i++) {
        int8_t s = side[i];
        if (s == SELLING || s == BUYING) {
            p->free[k++] = i;
            w[i] = 0.0;
            continue;
        }
        w[i] = s == AT_LOWER ? q->lo[i] : s == HELD ? q->kink[i] : q->up[i];
        gap -= w[i];
        if (w[i] != 0.0) add_scaled(n, p->h, w[i], q->H + i * n);
    }
    *left = gap;
    return k;
}

/* The active rows and the budget over the free weights; how many there are. */
static integer active_rows(const Program *q, double tau, const int8_t *side, const int8_t *row_side, const double *w, double *t, integer k,
                           double gap, const Pivoting *p) {
    integer n = q->n, m = 1;
    double (*A)[n] = (double (*)[n])p->A;
    p->rest[0] = gap;
    for (integer a = 0; a < k; a++) {
        integer i = p->free[a];
        A[0][a] = 1.0;
        p->pull[a] = -p->h[i] - tau * (side[i] == SELLING ? q->below[i] : q->above[i]);
    }
    for (integer j = 0; j < q->r; j++) {
        t[1 + j] = 0.0;
        if (row_side[j] == 0) continue;
        const double *row = q->G + j * n;
        double v = row_side[j] < 0 ? q->gl[j] : q->gu[j];
        for (integer i = 0; i < n; i++) v -= row[i] * w[i];
        for (integer a = 0; a < k; a++) A[m][a] = row[p->free[a]];
        p->rest[m] = v;
        p->active[m] = j;
        m += 1;
    }
    return m;
}

/* Where weight i should be, given weights and prices. */
static int8_t turned_weight(const Program *q, double tau, integer i, int8_t s, const double *w, const double *t, const double *h, double calm) {
    if (q->lo[i] == q->up[i]) return s;
    if (s == BUYING) {
        if (w[i] < q->kink[i] - PRIMAL) return q->kink[i] > q->lo[i] ? HELD : AT_LOWER;
        return w[i] > q->up[i] + PRIMAL ? AT_UPPER : s;
    }
    if (s == SELLING) {
        if (w[i] < q->lo[i] - PRIMAL) return AT_LOWER;
        return w[i] > q->kink[i] + PRIMAL ? HELD : s;
    }
    double g = h[i] - t[0];
    for (integer j = 0; j < q->r; j++) g -= t[1 + j] * q->G[j * q->n + i];
    bool bent = s == AT_LOWER && q->kink[i] > q->lo[i];
    if (s != AT_UPPER && g + tau * (bent ? q->below[i] : q->above[i]) < -calm) return bent ? SELLING : BUYING;
    if (s != AT_LOWER && g + tau * (s == AT_UPPER ? q->above[i] : q->below[i]) > calm) return s == AT_UPPER ? BUYING : SELLING;
    return s;
}

/* Where row j should be. */
static int8_t turned_row(const Program *q, integer j, int8_t s, const double *w, const double *t, double calm) {
    if (s == 0) {
        double v = 0.0;
        for (integer i = 0; i < q->n; i++) v += q->G[j * q->n + i] * w[i];
        return v < q->gl[j] - PRIMAL ? -1 : v > q->gu[j] + PRIMAL ? 1 : 0;
    }
    return s != 2 && t[1 + j] * s > calm ? 0 : s;
}

/* How many weights and rows are on the wrong side of a limit; `turn` says where they should be, `last` is the last of them. */
static integer misplaced(const Program *q, double tau, const int8_t *side, const int8_t *row_side, const double *w, const double *t, double calm,
                         const Pivoting *p, integer *last) {
    integer bad = 0;
    for (integer i = 0; i < q->n; i++) {
        p->turn[i] = turned_weight(q, tau, i, side[i], w, t, p->h, calm);
        if (p->turn[i] != side[i]) {
            bad += 1;
            *last = i;
        }
    }
    for (integer j = 0; j < q->r; j++) {
        p->turn[q->n + j] = turned_row(q, j, row_side[j], w, t, calm);
        if (p->turn[q->n + j] != row_side[j]) {
            bad += 1;
            *last = q->n + j;
        }
    }
    return bad;
}

/* Free weights inside their bounds, and what is a hair off its kink on it. */
static void settle_free(const Program *q, integer k, double *w, const Pivoting *p) {
    for (integer a = 0; a < k; a++) {
        integer i = p->free[a];
        w[i] = smaller(larger(w[i], q->lo[i]), q->up[i]);
        if (fabs(w[i] - q->kink[i]) <= SNAP && q->kink[i] > q->lo[i]) w[i] = q->kink[i];
    }
}

/* Block principal pivoting on one row; the number of factorisations, or -1 when it gave up. Changes side, row_side, w and t.
 * Reference: `pivot_row`. */
integer pivot_row(const Program *q, double tau, int8_t *side, int8_t *row_side, double *w, double *t, const Pivoting *p) {
    integer n = q->n, r = q->r, best = n + r + 1, patience = 4;
    double scale = 0.0;
    for (integer i = 0; i < n; i++) scale = larger(scale, q->H[i * n + i]);
    for (integer step = 1; step < 40 + 4 * n; step++) {
        double gap;
        integer k = place_fixed(q, tau, side, w, p, &gap);
        if (k == 0) {
            if (!open_row(q, tau, p->h, side, w, gap)) continue;
            if (r > 0) return -1;
            t[0] = fixed_price(q, tau, p->h, side, w);
            return step;
        }
        integer m = active_rows(q, tau, side, row_side, w, t, k, gap, p);
        integer broken = free_step(q, k, m, p);
        if (broken < 0) return -1;
        if (broken > 0) {
            integer j = p->active[broken];
            const double *own = p->A + broken * n;
            if (dot(k, own, own) > 0.0 || !loosen(q, p->h, q->G + j * n, p->rest[broken], side, w)) row_side[j] = 0;
            continue;
        }
        t[0] = p->d[0];
        for (integer j = 1; j < m; j++) t[1 + p->active[j]] = p->d[j];
        for (integer a = 0; a < k; a++) {
            w[p->free[a]] = p->x[a];
            add_scaled(n, p->h, p->x[a], q->H + p->free[a] * n);
        }
        integer last = -1;
        integer bad = misplaced(q, tau, side, row_side, w, t, DUAL * (fabs(t[0]) + scale), p, &last);
        if (bad == 0) {
            settle_free(q, k, w, p);
            return step;
        }
        patience = bad < best ? 4 : patience - 1;
        best = bad < best ? bad : best;
        for (integer i = 0; i < n; i++) side[i] = patience > 0 || i == last ? p->turn[i] : side[i];
        for (integer j = 0; j < r; j++) row_side[j] = patience > 0 || n + j == last ? p->turn[n + j] : row_side[j];
    }
    return -1;
}

/* Rows `which[first]` to `which[last]`; arrays of rows have one row for all, or one each. Reference: `pivot_some`. */
ADVISOR_API integer advisor_pivot(integer first, integer last, integer count, const integer *which, integer n, const double *H, const double *mu,
                                  integer rows, const double *tau, integer of_lo, const double *lo, integer of_kink, const double *kink,
                                  integer of_up, const double *up, integer of_below, const double *below, integer of_above, const double *above,
                                  integer r, const double *G, const double *gl, const double *gu, int8_t *side, int8_t *row_side, double *W,
                                  integer prices, double *t, integer *steps) {
    (void)prices;
    (void)count;
    (void)rows;
    Room room = {0};
    Pivoting p;
    take_pivoting(&room, n, r, &p);
    for (integer e = first; e < last && !room.failed; e++) {
        integer i = which[e];
        Program q = {n, r, H, mu, lo + i % of_lo * n, kink + i % of_kink * n, up + i % of_up * n, below + i % of_below * n, above + i % of_above * n,
                     G, gl, gu};
        steps[i] = pivot_row(&q, tau[i], side + i * n, row_side + i * r, W + i * n, t + i * (r + 1), &p);
    }
    give_back(&room);
    return room.failed ? OUT_OF_MEMORY : DONE;
}

/* W S for symmetric S, rows `first` to `last`, each in one fixed order. Reference: `row_products`. */
ADVISOR_API integer advisor_row_products(integer first, integer last, integer n, const double *S, integer rows, const double *W, double *out) {
    (void)rows;
    for (integer i = first; i < last; i++) {
        fill(n, out + i * n, 0.0);
        for (integer j = 0; j < n; j++) {
            double v = W[i * n + j];
            if (v != 0.0) add_scaled(n, out + i * n, v, S + j * n);
        }
    }
    return DONE;
}

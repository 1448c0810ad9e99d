/* The whole trace in one call, for what has no ties: scale, start, walk, scale back, prove.
 *
 * Source: Markowitz and Todd (2000), chapters 7-9; the proof is the duality gap (Boyd and Vandenberghe, Convex Optimization, 5.5).
 * Reference of every function: tests/reference/loops/path.py.
 */
#include "advisor.h"

/* A weight this close to a bound is on it. */
static const double DUST = 1e-14;

/* KKT residual of curved 1/2 w'Sw - t mean'w, divided by t above 1, at w with pull = S w, given the multipliers y of budget and rows.
 * Reference: `residual`. */
static double residual_of(const Line *q, const double *w, const double *pull, double curved, double t, const double *y, double *cost) {
    integer n = q->n;
    double gap = 0.0, broken = 0.0, total = -1.0, reward = 0.0, variance = 0.0;
    for (integer i = 0; i < n; i++) cost[i] = curved * pull[i] - t * q->mu[i] - y[0];
    for (integer j = 0; j < q->m; j++) {
        const double *row = q->A + j * n;
        double p = y[1 + j], value = dot(n, row, w);
        broken = larger(larger(broken, q->low[j] - value), value - q->high[j]);
        double edge = p > 0.0 ? q->low[j] : q->high[j];
        if (p != 0.0 && !isinf(edge)) {
            gap += p * (value - edge);
            take_scaled(n, cost, p, row);
        }
    }
    for (integer i = 0; i < n; i++) {
        total += w[i];
        reward += q->mu[i] * w[i];
        variance += pull[i] * w[i];
        broken = larger(larger(broken, q->l[i] - w[i]), w[i] - q->u[i]);
        gap += cost[i] * (w[i] - (cost[i] > 0.0 ? q->l[i] : q->u[i]));
    }
    gap = (gap + y[0] * total) / larger(larger(1.0, t), fabs(t * reward - 0.5 * curved * variance));
    return gap < INFINITY ? larger(larger(broken, fabs(total)), gap) : INFINITY;
}

/* Residuals of m corners with the multipliers above them, means and variances; the largest residual of all, also with the multipliers below, of
 * the points half-way, and of the last corner for who only wants the mean. `q` without a budget row. Reference: `path_residuals`. */
static double prove(const Line *q, integer m, const double *t, const double *W, const double *Y, const double *last, const double *slope,
                    double *residual, double *reward, double *variance, double *work) {
    integer n = q->n, r = q->m + 1;
    double worst = 0.0, *cost = work, *w = work + n, *pull = work + 2 * n, *at = work + 3 * n, *before = work + 4 * n, *y = work + 5 * n;
    for (integer i = 0; i < m; i++) {
        const double *here = W + i * n;
        fill(n, at, 0.0);
        for (integer a = 0; a < n; a++) {
            if (here[a] != 0.0) add_scaled(n, at, here[a], q->H + a * n);
        }
        reward[i] = 0.0;
        variance[i] = 0.0;
        for (integer a = 0; a < n; a++) {
            reward[i] += here[a] * q->mu[a];
            variance[i] += here[a] * at[a];
        }
        residual[i] = residual_of(q, here, at, 1.0, t[i], i < m - 1 ? Y + 2 * i * r : last, cost);
        worst = larger(worst, residual[i]);
        if (i > 0) {
            const double *low = Y + 2 * (i - 1) * r, *high = low + r;
            for (integer a = 0; a < n; a++) {
                w[a] = 0.5 * (here[a - n] + here[a]);
                pull[a] = 0.5 * (before[a] + at[a]);
            }
            for (integer j = 0; j < r; j++) y[j] = 0.5 * (low[j] + high[j]);
            worst = larger(worst, residual_of(q, here, at, 1.0, t[i], high, cost));
            worst = larger(worst, residual_of(q, w, pull, 1.0, 0.5 * (t[i - 1] + t[i]), y, cost));
        }
        copy(n, at, before);
    }
    return larger(worst, residual_of(q, W + (m - 1) * n, before, 0.0, 1.0, slope, cost));
}

/* `worst` is one number. */
ADVISOR_API integer advisor_path_residuals(integer m, const double *t, integer n, const double *W, integer segments, integer r, const double *Y,
                                           const double *last, const double *slope, const double *S, const double *mean, const double *l,
                                           const double *u, integer rows, const double *A, const double *low, const double *high,
                                           double *residual, double *reward, double *variance, double *worst) {
    (void)segments;
    Room room = {0};
    double *work = take_numbers(&room, 5 * n + r);
    Line q = {n, rows, S, mean, NULL, A, low, high, l, u};
    if (!room.failed) worst[0] = prove(&q, m, t, W, Y, last, slope, residual, reward, variance, work);
    give_back(&room);
    return room.failed ? OUT_OF_MEMORY : DONE;
}

/* The program of the weights that are not fixed, in units where everything is about 1; row 0 is the budget. `units` are those of variance, of the
 * mean's origin, and of means; their first is 0 where a row binds fixed weights alone, or these leave no budget. */
typedef struct {
    integer k, m;
    double *H, *mu, *pull, *lo, *up, *A, *low, *high, *size;
    double units[3];
    integer *free;
    bool *loose;
} Scaled;

static void take_scaled_program(Room *room, integer n, integer m, Scaled *s) {
    s->H = take_numbers(room, n * n);
    s->A = take_numbers(room, m * n);
    double **by_weight[] = {&s->mu, &s->pull, &s->lo, &s->up};
    for (int i = 0; i < 4; i++) *by_weight[i] = take_numbers(room, n);
    double **by_row[] = {&s->low, &s->high, &s->size};
    for (int i = 0; i < 3; i++) *by_row[i] = take_numbers(room, m);
    s->free = take_integers(room, n);
    s->loose = take(room, n, sizeof(bool));
    s->m = m;
}

/* Reference: `scaled`. */
static void scale(const Line *q, Scaled *s) {
    integer n = q->n, k = 0;
    double *units = s->units;
    for (integer b = 0; b < n; b++) {
        s->loose[b] = q->l[b] < q->u[b];
        if (s->loose[b]) s->free[k++] = b;
    }
    s->k = k;
    fill(3, units, 0.0);
    for (integer a = 0; a < k; a++) {
        units[0] += q->H[s->free[a] * n + s->free[a]] / (double)k;
        units[1] += q->mu[s->free[a]] / (double)k;
    }
    for (integer a = 0; a < k; a++) {
        double mean = q->mu[s->free[a]];
        units[2] = larger(larger(units[2], fabs(mean - units[1])), 1e-12 * fabs(mean));
    }
    units[0] = units[0] > 0.0 ? units[0] : 1.0;
    units[2] = units[2] > 0.0 ? units[2] : 1.0;
    for (integer a = 0; a < k; a++) {
        integer i = s->free[a];
        s->mu[a] = (q->mu[i] - units[1]) / units[2];
        s->lo[a] = q->l[i];
        s->up[a] = q->u[i];
        s->pull[a] = 0.0;
        for (integer b = 0; b < k; b++) s->H[a * k + b] = q->H[i * n + s->free[b]] / units[0];
        for (integer b = 0; b < n; b++) s->pull[a] += s->loose[b] ? 0.0 : q->H[i * n + b] * q->l[b] / units[0];
    }
    for (integer j = 0; j < s->m; j++) {
        const double *row = j > 0 ? q->A + (j - 1) * n : NULL;
        double size = 0.0, at = 0.0, lower = j > 0 ? q->low[j - 1] : 1.0, upper = j > 0 ? q->high[j - 1] : 1.0;
        for (integer a = 0; a < k; a++) {
            s->A[j * k + a] = j > 0 ? row[s->free[a]] : 1.0;
            size = larger(size, fabs(s->A[j * k + a]));
        }
        for (integer b = 0; b < n; b++) at += s->loose[b] ? 0.0 : q->l[b] * (j > 0 ? row[b] : 1.0);
        if (!(size > 0.0)) units[0] = 0.0;
        for (integer a = 0; a < k; a++) s->A[j * k + a] = size > 0.0 ? s->A[j * k + a] / size : 0.0;
        s->low[j] = (lower - at) / larger(size, 1e-300);
        s->high[j] = (upper - at) / larger(size, 1e-300);
        s->size[j] = size;
    }
    if (!(s->low[0] > 0.0)) units[0] = 0.0;
}

/* The least risky portfolio and what is active there, by pivoting from no bound in the way; false where that gives up. The pivoting knows a budget
 * of 1 only: weights in units of what the fixed ones leave. Reference: `least_risk`. */
static bool least_risk(const Scaled *s, integer *side, integer *row_side, double *w, Room *room) {
    integer k = s->k, r = s->m - 1;
    double budget = s->low[0];
    double *Q = take_numbers(room, k * k), *G = take_numbers(room, r * k), *work = take_numbers(room, 5 * k + 3 * r + 1);
    int8_t *start = take(room, k + r, sizeof(int8_t));
    Pivoting pivoting;
    take_pivoting(room, k, r, &pivoting);
    if (room->failed) return false;
    double *lower = work, *upper = work + k, *none = work + 2 * k, *force = work + 3 * k, *weights = work + 4 * k, *gl = work + 5 * k;
    double *gu = gl + r, *t = gu + r;
    for (integer a = 0; a < k; a++) {
        lower[a] = s->lo[a] / budget;
        upper[a] = s->up[a] / budget;
        none[a] = 0.0;
        force[a] = -s->pull[a] / budget;
        start[a] = BUYING;
        for (integer b = 0; b < k; b++) Q[a * k + b] = s->H[a * k + b] + 1.0;
    }
    for (integer j = 0; j < r; j++) {
        gl[j] = s->low[1 + j] / budget;
        gu[j] = s->high[1 + j] / budget;
        start[k + j] = s->low[1 + j] == s->high[1 + j] ? 2 : 0;
        copy(k, s->A + (1 + j) * k, G + j * k);
    }
    Program q = {k, r, Q, force, lower, lower, upper, none, none, G, gl, gu};
    integer steps = pivot_row(&q, 1.0, start, start + k, weights, t, &pivoting);
    for (integer a = 0; a < k; a++) {
        side[a] = start[a] == AT_LOWER ? -1 : start[a] == AT_UPPER ? 1 : 0;
        w[a] = weights[a] * budget;
    }
    row_side[0] = 2;
    for (integer j = 0; j < r; j++) row_side[1 + j] = s->low[1 + j] == s->high[1 + j] ? 2 : start[k + j];
    return steps >= 0;
}

/* Put weights that rounding leaves a hair off their bounds on them; the one with most room takes up the difference. Reference: `snap`. */
static void snap(integer n, double *w, const double *l, const double *u) {
    double room = -INFINITY, missing = 1.0;
    integer who = 0;
    for (integer i = 0; i < n; i++) {
        double near = smaller(w[i] - l[i], u[i] - w[i]);
        if (near > room) {
            room = near;
            who = i;
        }
        w[i] = w[i] - l[i] < DUST ? l[i] : u[i] - w[i] < DUST ? u[i] : w[i];
        missing -= w[i];
    }
    w[who] += missing;
}

/* Multipliers in units of variance, with the mean of means that was taken off and the rows' own scale, in place. Reference: `priced`. */
static void price(const Scaled *s, double *y, double t, double factor) {
    for (integer j = 0; j < s->m; j++) y[j] *= factor * s->units[0] / s->size[j];
    y[0] -= t * s->units[1];
}

/* The walk in units of its own, then in those of the model; why it stopped. */
static integer trace(const Line *q, Path *path, double *residual, double *reward, double *variance, double *worst, Room *room) {
    integer n = q->n, m = q->m + 1, code = LOST;
    Scaled s;
    take_scaled_program(room, n, m, &s);
    integer *side = take_integers(room, n), *row_side = take_integers(room, m);
    double *w = take_numbers(room, n), *work = take_numbers(room, 5 * n + m);
    if (room->failed) return OUT_OF_MEMORY;
    scale(q, &s);
    path->corners = 0;
    if (s.k == 0 || !(s.units[0] > 0.0)) return LOST;
    for (integer i = 0; i < n; i++) side[i] = 0;
    for (integer j = 0; j < m; j++) row_side[j] = 0;
    if (!least_risk(&s, side, row_side, w, room)) return room->failed ? OUT_OF_MEMORY : LOST;
    Line line = {s.k, m, s.H, s.mu, s.pull, s.A, s.low, s.high, s.lo, s.up};
    code = walk(&line, side, row_side, w, 0.0, 2 * (s.k + q->m) + 34, path);
    if (code < 0) return code;
    for (integer i = path->corners - 1; i >= 0; i--) { /* from the last one: rows of k grow to rows of n where they lie */
        for (integer a = s.k - 1; a >= 0; a--) w[a] = path->W[i * s.k + a];
        double *row = path->W + i * n;
        for (integer b = 0; b < n; b++) row[b] = q->l[b];
        for (integer a = 0; a < s.k; a++) row[s.free[a]] = w[a];
        snap(n, row, q->l, q->u);
    }
    for (integer i = 0; i < path->corners; i++) {
        path->taus[i] *= s.units[0] / s.units[2];
        if (i > 0 && path->taus[i] <= path->taus[i - 1]) code = LOST;
    }
    for (integer i = 0; i < path->segments; i++) {
        price(&s, path->Y + 2 * i * m, path->taus[i], 1.0);
        price(&s, path->Y + (2 * i + 1) * m, path->taus[i + 1], 1.0);
    }
    price(&s, path->last, path->taus[path->corners - 1], 1.0);
    price(&s, path->slope, 1.0, s.units[2] / s.units[0]);
    *worst = prove(q, path->corners, path->taus, path->W, path->Y, path->last, path->slope, residual, reward, variance, work);
    return code;
}

/* A whole path with its proof: into `outcome` why it stopped, and how many corners there are; into `out`, which has room for `corners` of them, their
 * tolerances, residuals, means and variances, the last multipliers and their slope, the worst residual, multipliers and weights.
 * Reference: `trace_path`. */
ADVISOR_API integer advisor_trace_path(integer n, const double *S, const double *mean, const double *l, const double *u, integer rows,
                                       const double *A, const double *low, const double *high, integer size, double *out, integer *outcome,
                                       integer corners) {
    integer m = rows + 1;
    if (size != corners * (4 + 2 * m + n) + 2 * m + 1) return OUT_OF_MEMORY;
    double *residual = out + corners, *reward = residual + corners, *variance = reward + corners, *last = variance + corners;
    double *worst = last + 2 * m, *Y = worst + 1;
    Room room = {0};
    Line q = {n, rows, S, mean, NULL, A, low, high, l, u};
    Path path = {out, Y + 2 * corners * m, Y, last, last + m, 0, 0};
    worst[0] = INFINITY;
    integer code = trace(&q, &path, residual, reward, variance, worst, &room);
    give_back(&room);
    outcome[0] = code;
    outcome[1] = path.corners;
    return code == OUT_OF_MEMORY ? OUT_OF_MEMORY : DONE;
}

/* Loss aversion over scenarios: one row a client, on the way from the frontier's portfolio to their own.
 *
 * A homotopy: the linear force that made the starting point optimal fades, and the active set of weights, rows and scenarios follows
 * (Best, 1996, An algorithm for the solution of the parametric quadratic programming problem). Reference: tests/loops/scenarios.py.
 */
#include "advisor.h"

static const double RIDGE = 1e-14, TINY_RATE = 1e-13;

typedef struct {
    integer n, r, t;
    const double *S, *R, *G, *gl, *gu, *l, *u;
} Scenarios;

typedef struct {
    double *M, *x, *dw, *dy, *dq, *dv, *dp;
    integer *free, *rows, *kinks;
} Steps;

/* Gauss with partial pivoting, in place; false where a pivot is 0. Reference: `gauss`. */
static bool gauss(integer k, double *matrix, double *x) {
    double (*M)[k] = (double (*)[k])matrix;
    for (integer c = 0; c < k; c++) {
        integer best = c;
        for (integer a = c + 1; a < k; a++) best = fabs(M[a][c]) > fabs(M[best][c]) ? a : best;
        if (!(fabs(M[best][c]) > 0.0)) return false;
        if (best != c) {
            for (integer b = c; b < k; b++) {
                double kept = M[c][b];
                M[c][b] = M[best][b];
                M[best][b] = kept;
            }
            double kept = x[c];
            x[c] = x[best];
            x[best] = kept;
        }
        for (integer a = c + 1; a < k; a++) {
            double factor = M[a][c] / M[c][c];
            if (factor == 0.0) continue;
            take_scaled(k - c - 1, M[a] + c + 1, factor, M[c] + c + 1);
            x[a] -= factor * x[c];
        }
    }
    for (integer a = k - 1; a >= 0; a--) x[a] = (x[a] - dot(k - a - 1, M[a] + a + 1, x + a + 1)) / M[a][a];
    return true;
}

/* How weights, prices of budget and rows, and prices of scenarios at their kink move while the active set stays; false where it says too much.
 * Reference: `scenario_step`. */
static bool scenario_step(const Scenarios *q, const double *away, const integer *side, const integer *row_side, const integer *zone,
                          const Steps *o) {
    integer n = q->n, k = 0, rows = 0, kinks = 0;
    for (integer i = 0; i < n; i++) {
        if (side[i] == 0) o->free[k++] = i;
    }
    for (integer j = 0; j < q->r; j++) {
        if (row_side[j] != 0) o->rows[rows++] = j;
    }
    fill(n, o->dw, 0.0);
    fill(q->r + 1, o->dy, 0.0);
    fill(q->t, o->dq, 0.0);
    for (integer s = 0; s < q->t; s++) {
        if (zone[s] != 0) continue;
        if (1 + rows + kinks + 1 > k) return false;
        o->kinks[kinks++] = s;
    }
    integer m = 1 + rows + kinks, size = k + m;
    if (m > k) return k == 0 && m == 1;
    double (*M)[size] = (double (*)[size])o->M;
    fill(size * size, o->M, 0.0);
    fill(size, o->x, 0.0);
    for (integer a = 0; a < size; a++) M[a][a] = RIDGE;
    for (integer a = 0; a < k; a++) {
        integer i = o->free[a];
        o->x[a] = away[i];
        for (integer b = 0; b < k; b++) M[a][b] = q->S[i * n + o->free[b]];
        for (integer b = 0; b < m; b++) {
            double v = b == 0 ? 1.0 : b <= rows ? q->G[o->rows[b - 1] * n + i] : q->R[o->kinks[b - 1 - rows] * n + i];
            M[k + b][a] = v;
            M[a][k + b] = -v;
        }
    }
    if (!gauss(size, o->M, o->x)) return false;
    for (integer a = 0; a < k; a++) o->dw[o->free[a]] = o->x[a];
    o->dy[0] = o->x[k];
    for (integer b = 0; b < rows; b++) o->dy[1 + o->rows[b]] = o->x[k + 1 + b];
    for (integer b = 0; b < kinks; b++) o->dq[o->kinks[b]] = o->x[k + 1 + rows + b];
    return true;
}

/* What lies before the edge ahead, or, on an edge (`s`), before its price is 0; the pace; and what the side becomes. */
typedef struct {
    double gap, pace;
    integer turn;
} Race;

/* Reference: `race`. */
static Race race(double at, double low, double high, double rate, integer s, double price, double paid) {
    if (s == 0) return rate > 0.0 ? (Race){high - at, rate, 1} : (Race){at - low, -rate, -1};
    return (Race){(double)-s * price, (double)s * paid, 0};
}

/* Where one client is on the way; everything is changed in place. `v` is R w - reference, `pull` the prices of bounds, `q` those of scenarios. */
typedef struct {
    double *w, *y, *q, *v, *pull;
    integer *side, *row_side, *zone;
} Walker;

/* The event of number i: a weight, a row or a scenario. */
static Race event_of(const Scenarios *p, const Walker *c, const Steps *o, double most, integer i) {
    integer n = p->n, j = i - n, s = i - n - p->r;
    if (i < n) {
        Race ahead = race(c->w[i], p->l[i], p->u[i], o->dw[i], c->side[i], c->pull[i], o->dp[i]);
        ahead.pace = p->l[i] == p->u[i] ? 0.0 : ahead.pace;
        return ahead;
    }
    if (s < 0) {
        const double *row = p->G + j * n;
        Race ahead = race(dot(n, row, c->w), p->gl[j], p->gu[j], dot(n, row, o->dw), c->row_side[j], c->y[1 + j], o->dy[1 + j]);
        ahead.pace = c->row_side[j] == 2 ? 0.0 : ahead.pace;
        return ahead;
    }
    o->dv[s] = dot(n, p->R + s * n, o->dw);
    Race ahead = race(c->q[s], 0.0, most, o->dq[s], c->zone[s], -c->v[s], -o->dv[s]);
    ahead.turn = -ahead.turn;
    return ahead;
}

/* Let what the event says happen. */
static void turn_event(const Scenarios *p, const Walker *c, double most, integer who, integer turn) {
    integer n = p->n;
    if (who < n) {
        c->side[who] = turn;
        c->w[who] = turn < 0 ? p->l[who] : turn > 0 ? p->u[who] : c->w[who];
    } else if (who < n + p->r) {
        c->row_side[who - n] = turn;
    } else {
        integer s = who - n - p->r;
        c->zone[s] = turn;
        c->v[s] = 0.0;
        c->q[s] = turn == 0 ? c->q[s] : turn < 0 ? most : 0.0;
    }
}

/* Follow one client while the linear force `away`, which made w optimal, fades; true at its end. Reference: `scenario_row`. */
static bool scenario_row(const Scenarios *p, const double *away, double most, const Walker *c, const Steps *o) {
    integer n = p->n, r = p->r, t = p->t;
    double left = 1.0;
    for (integer turn = 0; turn < 4 * (n + r) + 2 * t; turn++) {
        if (!scenario_step(p, away, c->side, c->row_side, c->zone, o)) return false;
        for (integer i = 0; i < n; i++) o->dp[i] = -away[i] - o->dy[0];
        for (integer a = 0; a < n; a++) {
            if (o->dw[a] != 0.0) add_scaled(n, o->dp, o->dw[a], p->S + a * n);
        }
        for (integer s = 0; s < t; s++) {
            if (o->dq[s] != 0.0) take_scaled(n, o->dp, o->dq[s], p->R + s * n);
        }
        for (integer j = 0; j < r; j++) {
            if (o->dy[1 + j] != 0.0) take_scaled(n, o->dp, o->dy[1 + j], p->G + j * n);
        }
        double step = left;
        integer who = -1, becomes = 0;
        for (integer i = 0; i < n + r + t; i++) {
            Race ahead = event_of(p, c, o, most, i);
            if (ahead.pace > TINY_RATE && larger(ahead.gap, 0.0) < step * ahead.pace) {
                step = larger(ahead.gap, 0.0) / ahead.pace;
                who = i;
                becomes = ahead.turn;
            }
        }
        add_scaled(n, c->w, step, o->dw);
        add_scaled(n, c->pull, step, o->dp);
        add_scaled(t, c->v, step, o->dv);
        add_scaled(t, c->q, step, o->dq);
        add_scaled(r + 1, c->y, step, o->dy);
        left -= step;
        if (who < 0) return true;
        turn_event(p, c, most, who, becomes);
    }
    return false;
}

/* Reference: `walk_scenarios`. */
ADVISOR_API integer advisor_walk_scenarios(integer first, integer last, integer n, const double *S, integer t, const double *R, integer r,
                                           const double *G, const double *gl, const double *gu, const double *l, const double *u, integer count,
                                           const double *away, const double *most, double *W, integer *side, integer *row_side, integer prices,
                                           double *Y, integer *zone, double *Q, double *V, double *P, bool *done) {
    (void)count;
    Room room = {0};
    Steps o = {take_numbers(&room, 4 * n * n), take_numbers(&room, 2 * n), take_numbers(&room, n), take_numbers(&room, r + 1),
               take_numbers(&room, t), take_numbers(&room, t), take_numbers(&room, n), take_integers(&room, n), take_integers(&room, r),
               take_integers(&room, t)};
    Scenarios p = {n, r, t, S, R, G, gl, gu, l, u};
    for (integer i = first; i < last && !room.failed; i++) {
        Walker c = {W + i * n, Y + i * prices, Q + i * t, V + i * t, P + i * n, side + i * n, row_side + i * r, zone + i * t};
        done[i] = scenario_row(&p, away + i * n, most[i], &c, &o);
    }
    give_back(&room);
    return room.failed ? OUT_OF_MEMORY : DONE;
}

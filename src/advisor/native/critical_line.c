/* Markowitz' critical line, walked upward from one active set to the next.
 *
 * Markowitz and Todd (2000), Mean-Variance Analysis in Portfolio Choice and Capital Markets, chapters 7-9; the factor is updated by Givens
 * rotations (Golub and Van Loan, Matrix Computations, 6.5). It is stored as its upper triangle U (H[F, F] = U'U), so that its rows are
 * contiguous. Reference of every function: tests/reference/loops/critical_line.py.
 */
#include "advisor.h"

/* A limit broken by more than SLACK means that the walk has taken a wrong turn; directions this close, relative to their size, are STRAIGHT. */
static const double SLACK = 1e-7, TIE = 1e-13, STRAIGHT = 1e-9, TINY_RATE = 1e-13, TINY_PIVOT = 1e-8, FAR = 1e13, FLAT = 1e-9, DEPENDENT = 1e-10;
/* Events after which the factor and the point are computed afresh. */
enum { REFRESH = 24 };

/* What the walk works in. */
typedef struct {
    double *U, *Q, *y1, *still, *aim, *g, *v, *r, *r1, *before, *x, *edge, *T, *S, *t, *d;
    integer *order, *rows;
    integer k, active;
} Work;

static void take_work(Room *room, integer n, integer m, Work *o) {
    o->U = take_numbers(room, n * n);
    o->Q = take_numbers(room, n * n);
    o->T = take_numbers(room, m * n);
    o->S = take_numbers(room, m * m);
    double **by_weight[] = {&o->aim, &o->g, &o->v, &o->r, &o->r1, &o->before, &o->x, &o->d};
    for (int i = 0; i < 8; i++) *by_weight[i] = take_numbers(room, n);
    double **by_row[] = {&o->y1, &o->still, &o->edge, &o->t};
    for (int i = 0; i < 4; i++) *by_row[i] = take_numbers(room, m);
    o->order = take_integers(room, n);
    o->rows = take_integers(room, m);
    o->k = 0;
    o->active = 0;
}

/* Append variable i to the factor of H[F, F]; false when H[F, F] is not positive definite. Reference: `insert`. */
static bool insert(const Line *q, const double *stiff, integer i, Work *o) {
    integer n = q->n, k = o->k;
    const double *row = stiff + i * n;
    double *column = o->d;
    for (integer a = 0; a < k; a++) column[a] = row[o->order[a]];
    forward(n, o->U, k, column);
    for (integer a = 0; a < k; a++) o->U[a * n + k] = column[a];
    double pivot = row[i] - dot(k, column, column);
    o->U[k * n + k] = sqrt(larger(pivot, 0.0));
    o->order[k] = i;
    return pivot > TINY_PIVOT * row[i];
}

/* Take variable i out of the factor, by Givens rotations of the rows below it. Reference: `remove`. */
static void take_out(const Line *q, integer i, Work *o) {
    integer n = q->n, k = o->k, at = 0;
    double (*U)[n] = (double (*)[n])o->U;
    while (o->order[at] != i) at += 1;
    for (integer a = at; a < k - 1; a++) o->order[a] = o->order[a + 1];
    for (integer b = 0; b < k; b++) {
        for (integer a = at > b - 1 ? at : b - 1; a < k - 1; a++) U[b][a] = U[b][a + 1];
    }
    for (integer j = at; j < k - 1; j++) {
        double r = sqrt(U[j][j] * U[j][j] + U[j + 1][j] * U[j + 1][j]);
        double c = U[j][j] / r, s = U[j + 1][j] / r;
        double *restrict upper = U[j], *restrict lower = U[j + 1];
        for (integer a = j; a < k - 1; a++) {
            double x = c * upper[a] + s * lower[a], z = c * lower[a] - s * upper[a];
            upper[a] = x;
            lower[a] = z;
        }
    }
    o->k = k - 1;
}

/* Solve Hx - A'y = g, Ax = b on the free variables and active rows; g becomes x. A row that repeats others gets y = 0. Reference: `solve`. */
static void solve(const Line *q, double *g, const double *b, double *y, Work *o) {
    integer n = q->n, k = o->k, m = q->m, active = o->active;
    double (*T)[n] = (double (*)[n])o->T, (*S)[m] = (double (*)[m])o->S, *t = o->t;
    fill(m, y, 0.0);
    forward(n, o->U, k, g);
    for (integer i = 0; i < active; i++) {
        const double *row = q->A + o->rows[i] * n;
        for (integer a = 0; a < k; a++) T[i][a] = row[o->order[a]];
        forward(n, o->U, k, T[i]);
        for (integer j = 0; j < i; j++) S[i][j] = (dot(k, T[i], T[j]) - dot(j, S[i], S[j])) / S[j][j];
        double full = dot(k, T[i], T[i]), rest = full - dot(i, S[i], S[i]);
        S[i][i] = rest > DEPENDENT * full ? sqrt(rest) : INFINITY;
        t[i] = (b[i] - dot(k, T[i], g) - dot(i, S[i], t)) / S[i][i];
    }
    for (integer i = active - 1; i >= 0; i--) {
        t[i] /= S[i][i];
        y[o->rows[i]] = t[i];
        for (integer j = 0; j < i; j++) t[j] -= S[i][j] * t[i];
        add_scaled(k, g, t[i], T[i]);
    }
    backward(n, o->U, k, g);
}

/* Add Hx - A'y to the gradient r, over `k` variables in `order` (NULL: all of them, in their order). Reference: `add`. */
static void add_gradient(const Line *q, double *r, const double *x, const integer *order, integer k, const double *y) {
    integer n = q->n;
    for (integer a = 0; a < k; a++) {
        if (x[a] != 0.0) add_scaled(n, r, x[a], q->H + (order == NULL ? a : order[a]) * n);
    }
    for (integer j = 0; j < q->m; j++) {
        if (y[j] != 0.0) take_scaled(n, r, y[j], q->A + j * n);
    }
}

/* The direction d of no curvature that free variable i would add, turned to the side of `aim`, or else of `mu`. Reference: `flat`. */
static void flat(const Line *q, integer i, double *d, Work *o) {
    integer n = q->n, k = o->k;
    double largest = 0.0, *x = o->x;
    fill(n, d, 0.0);
    for (integer a = 0; a < k; a++) x[a] = o->U[a * n + k];
    backward(n, o->U, k, x);
    for (integer a = 0; a < k; a++) d[o->order[a]] = -x[a];
    d[i] = 1.0;
    for (integer a = 0; a < n; a++) largest = larger(largest, fabs(o->aim[a]));
    double along = dot(n, o->aim, d);
    if (fabs(along) <= FLAT * largest) along = dot(n, q->mu, d);
    if (along < 0.0) {
        for (integer a = 0; a < n; a++) d[a] = -d[a];
    }
}

/* Move w along d to the first limit in the way, and make that limit active. Reference: `slide`. */
static void slide(const Line *q, const double *d, double *w, integer *side, integer *row_side) {
    integer n = q->n, who = -1;
    int turn = 0;
    double best = INFINITY;
    for (integer i = 0; i < n + q->m; i++) {
        integer j = i - n;
        if ((i < n ? side[i] : row_side[j]) != 0) continue;
        double v = i < n ? d[i] : dot(n, q->A + j * n, d);
        if (!(fabs(v) > FLAT)) continue;
        double at = i < n ? w[i] : dot(n, q->A + j * n, w);
        double edge = v > 0.0 ? (i < n ? q->u[i] : q->high[j]) : (i < n ? q->l[i] : q->low[j]);
        double t = (edge - at) / v;
        if (t < best) {
            best = t;
            who = i;
            turn = v > 0.0 ? 1 : -1;
        }
    }
    add_scaled(n, w, larger(best, 0.0), d);
    if (who < 0) return;
    if (who < n) {
        side[who] = turn;
        w[who] = turn < 0 ? q->l[who] : q->u[who];
    } else {
        row_side[who - n] = turn;
    }
}

/* Factor H + A'A (active rows) on the free variables; where that is singular, slide along the flat direction until it is not; whether it slid.
 * Reference: `build`. */
static bool build(const Line *q, integer *side, integer *row_side, double *w, Work *o) {
    integer n = q->n;
    for (bool slid = false;; slid = true) {
        integer i = 0;
        copy(n * n, q->H, o->Q);
        for (integer j = 0; j < q->m; j++) {
            const double *row = q->A + j * n;
            if (row_side[j] == 0) continue;
            for (integer a = 0; a < n; a++) add_scaled(n, o->Q + a * n, row[a], row);
        }
        o->k = 0;
        for (; i < n; i++) {
            if (side[i] != 0) continue;
            if (!insert(q, o->Q, i, o)) break;
            o->k += 1;
        }
        if (i == n) return slid;
        flat(q, i, o->g, o);
        slide(q, o->g, w, side, row_side);
    }
}

/* Solve for the free weights, the multipliers and the gradient at `tau` from the active set alone, refined once. Reference: `settle`. */
static void settle(const Line *q, const integer *row_side, double tau, double *w, double *y, Work *o) {
    integer n = q->n, k = o->k;
    double *x = o->g;
    fill(q->m, y, 0.0);
    for (int turn = 0; turn < 3; turn++) {
        for (integer i = 0; i < n; i++) o->r[i] = q->pull[i] - tau * q->mu[i];
        add_gradient(q, o->r, w, NULL, n, y);
        if (turn == 2) return;
        for (integer i = 0; i < o->active; i++) {
            integer j = o->rows[i];
            o->edge[i] = (row_side[j] < 0 ? q->low[j] : q->high[j]) - dot(n, q->A + j * n, w);
        }
        for (integer a = 0; a < k; a++) x[a] = -o->r[o->order[a]];
        solve(q, x, o->edge, o->y1, o);
        for (integer a = 0; a < k; a++) w[o->order[a]] += x[a];
        for (integer i = 0; i < o->active; i++) y[o->rows[i]] += o->y1[o->rows[i]] - o->edge[i]; /* the factor holds A'A as well */
    }
}

/* The next event: how far, whose (-1 = none), what it becomes then, and by how much the worst limit is broken. */
typedef struct {
    double step, lost;
    integer who;
    int turn;
} Event;

/* Reference: `next_event`. */
static Event next_event(const Line *q, const integer *side, const integer *row_side, const double *w, const double *y, const Work *o) {
    integer n = q->n;
    double slow = 1.0, calm = 1.0, rate = 0.0;
    Event event = {FAR, 0.0, -1, 0};
    for (integer i = 0; i < n; i++) {
        slow = larger(slow, fabs(o->v[i]));
        calm = larger(calm, fabs(o->r1[i]));
    }
    for (integer i = 0; i < n + q->m; i++) {
        integer j = i - n, s = i < n ? side[i] : row_side[j];
        double gap, d, eps = TINY_RATE * (s == 0 ? slow : calm);
        int turn = 0;
        if (s == 2) continue;
        if (s == 0) {
            d = i < n ? o->v[i] : dot(n, q->A + j * n, o->v);
            double at = i < n ? w[i] : dot(n, q->A + j * n, w);
            double low = i < n ? q->l[i] : q->low[j], high = i < n ? q->u[i] : q->high[j];
            event.lost = larger(larger(event.lost, low - at), at - high);
            turn = d > 0.0 ? 1 : -1;
            gap = d > 0.0 ? high - at : at - low;
            d = d > 0.0 ? d : -d;
        } else {
            double sign = (double)s;
            gap = -sign * (i < n ? o->r[i] : y[j]);
            d = sign * (i < n ? o->r1[i] : o->y1[j]);
            event.lost = larger(event.lost, -gap);
        }
        if (!(d > eps) || isinf(gap)) continue;
        double t = larger(gap, 0.0) / d;
        if (t < event.step - TIE || (t < event.step + TIE && d > rate)) {
            event.step = smaller(t, event.step);
            rate = d;
            event.who = i;
            event.turn = turn;
        }
    }
    return event;
}

/* True where two directions are one; one that is not known yet (nan) is none. Reference: `straight`. */
static bool straight(integer n, const double *u, const double *v) {
    double turn = 0.0, size = 1.0;
    for (integer i = 0; i < n; i++) {
        turn = larger(turn, fabs(u[i] - v[i]));
        size = size + fabs(u[i]);
    }
    return turn <= STRAIGHT * size;
}

/* The direction of weights (o->v), gradient (o->r1) and multipliers (o->y1) as the risk tolerance grows. */
static void direction(const Line *q, Work *o) {
    for (integer i = 0; i < q->n; i++) {
        o->r1[i] = -q->mu[i];
        o->v[i] = 0.0;
    }
    for (integer a = 0; a < o->k; a++) o->g[a] = q->mu[o->order[a]];
    solve(q, o->g, o->still, o->y1, o);
    add_gradient(q, o->r1, o->g, o->order, o->k, o->y1);
    for (integer a = 0; a < o->k; a++) o->v[o->order[a]] = o->g[a];
}

/* Make the event's limit active, or let it go; true where the factor has to be computed afresh. */
static bool exchange(const Line *q, Event event, integer *side, integer *row_side, double *w, Work *o) {
    integer n = q->n, who = event.who;
    if (who >= n) {
        const double *row = q->A + (who - n) * n;
        double sign = -(double)row_side[who - n];
        for (integer i = 0; i < n; i++) o->aim[i] = event.turn == 0 ? sign * row[i] : q->mu[i];
        row_side[who - n] = event.turn;
        return true;
    }
    if (event.turn != 0) {
        take_out(q, who, o);
        side[who] = event.turn;
        w[who] = event.turn < 0 ? q->l[who] : q->u[who];
        o->r[who] = 0.0;
        return false;
    }
    fill(n, o->aim, 0.0);
    o->aim[who] = -(double)side[who];
    side[who] = 0;
    if (!insert(q, o->Q, who, o)) return true;
    o->k += 1;
    return false;
}

/* Everything from the active set alone: no rounding is carried further; whether the portfolio slid along a flat direction. */
static bool refresh(const Line *q, integer *side, integer *row_side, double tau, double *w, double *y, Work *o) {
    for (integer i = 0; i < q->n; i++) w[i] = side[i] < 0 ? q->l[i] : side[i] > 0 ? q->u[i] : w[i];
    bool slid = build(q, side, row_side, w, o);
    o->active = 0;
    for (integer j = 0; j < q->m; j++) {
        if (row_side[j] != 0) o->rows[o->active++] = j;
    }
    settle(q, row_side, tau, w, y, o);
    return slid;
}

/* Follow min 1/2 w'Hw + pull'w - t mu'w upward in t from `tau` to the end of the frontier; why it stopped, or OUT_OF_MEMORY.
 * Reference: `walk_critical_line`. */
integer walk(const Line *q, integer *side, integer *row_side, double *w, double tau, integer room, Path *path) {
    integer n = q->n, m = q->m, idle = 0, age = 0, count = 0, code = FULL;
    double start = tau, *y = path->last, *W = path->W, *Y = path->Y;
    Room memory = {0};
    Work o;
    take_work(&memory, n, m, &o);
    if (memory.failed) {
        give_back(&memory);
        return OUT_OF_MEMORY;
    }
    fill(m, y, 0.0);
    fill(m, o.y1, 0.0);
    fill(m, o.still, 0.0);
    copy(n, q->mu, o.aim);
    fill(n, o.before, NAN);
    while (count < room) {
        if (age % REFRESH == 0) {
            bool slid = refresh(q, side, row_side, tau, w, y, &o);
            if (slid && tau > start) {
                copy(m, y, Y + 2 * count * m);
                copy(m, y, Y + (2 * count + 1) * m);
                count += 1;
                o.before[0] = NAN;
            }
            if (tau == start || slid) {
                path->taus[count] = tau;
                copy(n, w, W + count * n);
            }
        }
        age += 1;
        direction(q, &o);
        Event event = next_event(q, side, row_side, w, y, &o);
        if (event.lost > SLACK || event.who < 0 || count == room) {
            code = event.lost > SLACK ? LOST : event.who < 0 ? END : FULL;
            break;
        }
        if (event.step > TIE * (1.0 + tau)) {
            if (straight(n, o.before, o.v)) { /* nothing turns here: the segment before goes on */
                count -= 1;
                idle += 1;
            } else {
                copy(m, y, Y + 2 * count * m);
                copy(n, o.v, o.before);
                idle = 0;
            }
            add_scaled(m, y, event.step, o.y1);
            add_scaled(n, w, event.step, o.v);
            add_scaled(n, o.r, event.step, o.r1);
            copy(m, y, Y + (2 * count + 1) * m);
            count += 1;
            tau += event.step;
            path->taus[count] = tau;
            copy(n, w, W + count * n);
        } else {
            idle += 1;
        }
        if (idle > 3 * (n + m) + 10) {
            code = CYCLED;
            break;
        }
        if (exchange(q, event, side, row_side, w, &o)) age = 0;
    }
    copy(m, o.y1, path->slope);
    path->corners = count + 1;
    path->segments = count;
    give_back(&memory);
    return code;
}

/* `outcome`: why it stopped, and how many corners there are. */
ADVISOR_API integer advisor_walk_critical_line(integer n, const double *H, const double *mu, const double *pull, integer m, const double *A,
                                               const double *low, const double *high, const double *l, const double *u, integer *side,
                                               integer *row_side, double *w, integer corners, double *taus, double *W, double *Y, double *last,
                                               double *slope, integer *outcome, double tau) {
    Line q = {n, m, H, mu, pull, A, low, high, l, u};
    Path path = {taus, W, Y, last, slope, 0, 0};
    integer code = walk(&q, side, row_side, w, tau, corners - 1, &path);
    outcome[0] = code;
    outcome[1] = path.corners;
    return code < 0 ? OUT_OF_MEMORY : DONE;
}

/* Loss aversion: where a client stops on a path, the house's or their own.
 *
 * With s and m the volatility and mean of a portfolio and d = (b - m) sqrt(T) / s, a loss-averse client acts as one of risk aversion
 * (gamma + kappa phi(d) / (s sqrt(T))) / (1 + kappa Phi(d)). Reference of every function: tests/loops/preferences.py.
 */
#include "advisor.h"

/* A variance that is none; a marginal rate of substitution, itself of the order of 1, that is 0, and one from which a step of Newton leads there; a
 * part of a variance that rounding cannot tell from 0; rounding; and a root that is 0. */
static const double TINY = 1e-24, SETTLED = 1e-13, SQUARED = 1e-7, FLAT = 1e-12, EPSILON = 2.220446049250313e-16, NO_ROOT = 1e-150;
enum { LOOKS = 400 };

typedef struct {
    double gamma, kappa, reference, years, offset, most;
} Wants;

/* What a unit of mean is worth to a client whose mean is `short_of` below the reference (earned), and a unit of half the variance (paid).
 * Reference: `rates`. */
static void rates(double gamma, double kappa, double years, double short_of, double v, double *earned, double *paid) {
    double root = sqrt(larger(v, 0.0) * years);
    if (root < NO_ROOT) {
        *earned = 1.0 + (short_of > 0.0 ? kappa : 0.0);
        *paid = short_of == 0.0 ? INFINITY : gamma;
        return;
    }
    double d = short_of * years / root;
    *earned = 1.0 + kappa * normal_cdf(d);
    *paid = gamma + kappa * normal_density(d) / root;
}

/* The slope t (g + k phi(d)/(s sqrt T)) - (1 + k Phi(d)), negative while more risk is wanted, and its derivative along a segment.
 * Reference: `pull`. */
static double pull(double gamma, double kappa, double years, double t, double short_of, double v, double dt, double dm, double dv, double *rise) {
    double root = sqrt(larger(v, 0.0) * years);
    *rise = dt * gamma;
    if (root < NO_ROOT) {
        double earned, paid;
        rates(gamma, kappa, years, short_of, v, &earned, &paid);
        return t * paid - earned;
    }
    double d = short_of * years / root, phi = normal_density(d), density = kappa * phi / root;
    double f = t * (gamma + density) - 1.0 - kappa * normal_cdf(d);
    if (phi == 0.0) return f;
    double turn = 0.5 * dv / v, dd = -dm * years / root;
    dd -= d * turn;
    *rise = dt * (gamma + density) - t * density * (d * dd + turn) - kappa * phi * dd;
    return f;
}

/* A point between two that are not negative: half-way in size where they differ by orders. Reference: `middle`. */
static double middle(double left, double right) {
    if (left <= 0.0) return 0.015625 * right;
    return right > 4.0 * left ? sqrt(left) * sqrt(right) : 0.5 * (left + right);
}

/* A straight piece of path: risk tolerance t + x dt, mean rising by x dm, variance v + x (2 slope + x curve). */
typedef struct {
    double t, dt, short_of, dm, v, slope, curve;
} Piece;

/* The share of a piece at which `pull`, negative at `left` and positive at `right`, is 0, from the guess x. A step of Newton counts as the last only
 * where the function itself is small as well; where it does not get on, the bracket is cut. Reference: `root`. */
static double root_of(double gamma, double kappa, double years, Piece p, double left, double right, double x) {
    double before = INFINITY;
    for (int look = 0; look < LOOKS; look++) {
        double moved = p.v + x * (2.0 * p.slope + x * p.curve), g;
        double f = pull(gamma, kappa, years, p.t + x * p.dt, p.short_of - x * p.dm, moved, p.dt, p.dm, 2.0 * (p.slope + x * p.curve), &g);
        if (f < 0.0) {
            left = x;
        } else {
            right = x;
        }
        double step = g > 0.0 ? x - f / g : -1.0;
        if (fabs(f) <= SQUARED && fabs(step - x) <= SQUARED * x) return smaller(larger(step, left), right);
        if (right - left <= 4e-16 * right) return x;
        if (left < step && step < right && fabs(f) < 0.5 * before) {
            x = step;
            before = fabs(f);
        } else {
            x = middle(left, right);
            before = INFINITY;
        }
    }
    return x;
}

/* Whether who starts without risk, at the reference, gains nothing by the first step away. Reference: `stays_out`. */
static bool stays_out(const Corners *f, double gamma, double kappa, double years) {
    for (integer j = 0; j < f->m - 1; j++) {
        if (!(f->curve[j] > 0.0 && f->mean[j + 1] > f->mean[j])) continue;
        double earned, paid, width = f->tau[j + 1] - f->tau[j];
        rates(gamma, kappa, years, f->mean[j] - f->mean[j + 1], f->curve[j], &earned, &paid);
        return (paid - gamma) * width >= earned;
    }
    return true;
}

/* The effective risk aversion of a client on a frontier: a search over corners, and Newton inside one; inf where they stay out.
 * Reference: `preference`. */
double effective_risk_aversion(const Corners *f, double gamma, double kappa, double reference, double years) {
    integer last = f->m - 1, low = 0, high = last + 1;
    bool riskless = f->variance[0] <= TINY;
    double below = -1.0, above = 1.0, g;
    if (riskless && fabs(reference - f->mean[0]) <= 4.0 * EPSILON * fabs(reference)) {
        reference = f->mean[0];
        if (stays_out(f, gamma, kappa, years)) return INFINITY;
    }
    while (high - low > 1) {
        integer j = (low + high) / 2;
        double value = pull(gamma, kappa, years, f->tau[j], reference - f->mean[j], f->variance[j], 0.0, 0.0, 0.0, &g);
        if (value < 0.0) {
            low = j;
            below = value;
        } else {
            high = j;
            above = value;
        }
    }
    double short_of = reference - f->mean[low];
    if (low == last) {
        double earned, paid;
        rates(gamma, kappa, years, short_of, f->variance[last], &earned, &paid);
        return paid / earned;
    }
    Piece p = {f->tau[low], f->tau[low + 1] - f->tau[low], short_of, f->mean[low + 1] - f->mean[low], f->variance[low], f->slope[low],
               f->curve[low]};
    if (riskless && low == 0) {
        p.v = 0.0;
        p.slope = 0.0;
    }
    double x = root_of(gamma, kappa, years, p, 0.0, 1.0, smaller(larger(below / (below - above), 1e-3), 0.999));
    return 1.0 / larger(p.t + x * p.dt, 1e-300);
}

/* Reference: `preference_risk_aversions`. */
ADVISOR_API integer advisor_preferences(integer first, integer last, integer m, const double *tau, const double *mean, const double *variance,
                                        const double *slope, const double *curve, integer count, const double *gamma,
                                        const double *loss_aversion, const double *reference, const double *years, double *out) {
    (void)count;
    Corners f = {m, tau, mean, variance, slope, curve};
    for (integer i = first; i < last; i++) out[i] = effective_risk_aversion(&f, gamma[i], loss_aversion[i] - 1.0, reference[i], years[i]);
    return DONE;
}

/* Mean (after costs, from the kinks on) and variance of a solved row, and how fast its mean rises with the risk tolerance while the active set stays,
 * from the factors that the pivoting left. Variance then rises by twice the tolerance as fast. Reference: `own_line`. */
static void own_line(const Program *q, const double *S, const int8_t *side, const int8_t *row_side, const double *w, const Pivoting *p,
                     double *mean, double *variance, double *rise) {
    integer n = q->n, k = 0, m = 1, width = q->r + 1;
    double *z = p->pull, *price = p->rest;
    *mean = 0.0;
    *variance = 0.0;
    *rise = 0.0;
    for (integer j = 0; j < q->r; j++) m += row_side[j] != 0 ? 1 : 0;
    for (integer i = 0; i < n; i++) {
        if (w[i] != 0.0) *variance += w[i] * dot(n, S + i * n, w);
        double bent = w[i] - q->kink[i];
        *mean += q->mu[i] * w[i] - (bent < 0.0 ? q->below[i] : q->above[i]) * bent;
        if (side[i] == SELLING || side[i] == BUYING) z[k++] = q->mu[i] - (side[i] == SELLING ? q->below[i] : q->above[i]);
    }
    forward(n, p->L, k, z);
    for (integer a = 0; a < k; a++) *rise += z[a] * z[a];
    for (integer i = 0; i < (k > 0 ? m : 0); i++) {
        const double *row = p->M + i * width;
        price[i] = (dot(k, p->Y + i * n, z) - dot(i, row, price)) / row[i];
        *rise -= price[i] * price[i];
    }
    *rise = larger(*rise, 0.0);
}

/* `pull` at risk tolerance x on a row's own line. */
typedef struct {
    double f, noise, flat, short_of;
} Look;

/* `pull`, how far rounding can move it, and the line drawn back to a tolerance of 0: the variance there, and how far the mean is below the reference.
 * Reference: `own_pull`. */
static Look own_pull(const Wants *o, double x, double mean, double v, double rise) {
    Look look = {0.0, SETTLED, v - rise * x * x, 0.0};
    double g;
    mean -= o->offset;
    double size = fabs(o->reference) + fabs(mean) + fabs(o->offset);
    if (look.flat <= FLAT * v) look.flat = 0.0;
    v = look.flat + rise * x * x;
    look.short_of = o->reference - mean + rise * x;
    if (look.flat == 0.0 && fabs(look.short_of) <= 4.0 * EPSILON * size + FLAT * rise * x) look.short_of = 0.0;
    if (v <= TINY && rise == 0.0) v = 0.0;
    look.f = pull(o->gamma, o->kappa, o->years, x, look.short_of - rise * x, v, 1.0, rise, 2.0 * rise * x, &g);
    double root = sqrt(v * o->years);
    if (look.noise < fabs(look.f) && fabs(look.f) < 1e-3 && root > NO_ROOT) {
        double d = (look.short_of - rise * x) * o->years / root;
        look.noise += 4.0 * EPSILON * size * o->years / root * o->kappa * normal_density(d) * (1.0 + x * fabs(d) / root);
    }
    return look;
}

/* Where a row would stop if the active set of risk tolerance x stayed. Reference: `next_look`. */
static double next_look(const Wants *o, double x, Look look, double rise, double left, double right) {
    double earned, paid;
    if (rise > 0.0) {
        Piece p = {0.0, 1.0, look.short_of, rise, look.flat, 0.0, rise};
        return root_of(o->gamma, o->kappa, o->years, p, left, right, x);
    }
    rates(o->gamma, o->kappa, o->years, look.short_of, look.flat, &earned, &paid);
    x = paid * o->most > earned ? earned / paid : o->most;
    return left < x && x <= right ? x : middle(left, right);
}

/* A bracket that closes in on a row's risk tolerance. */
typedef struct {
    double x, left, right, width, idle;
    int stuck;
} Bracket;

/* Whether the way that led to no risk ends there; else a point of the bracket is next. */
static bool ends_idle(const Wants *o, Bracket *b, double mean, double v) {
    double size = fabs(o->reference) + fabs(mean) + fabs(o->offset);
    if (v <= TINY && fabs(o->reference - mean + o->offset) <= 1e-14 * size) return true;
    b->x = middle(b->left, b->right);
    return false;
}

/* One more look at x: true where the search ends there. */
static bool narrow(const Wants *o, Bracket *b, double mean, double v, double rise) {
    Look look = own_pull(o, b->x, mean, v, rise);
    if (look.f < 0.0) {
        b->left = b->x;
    } else {
        b->right = b->x;
    }
    if (fabs(look.f) <= look.noise || b->right - b->left <= 1e-15 * b->right || (b->x == o->most && look.f < 0.0)) return true;
    b->stuck = b->right - b->left > 0.5 * b->width ? b->stuck + 1 : 0;
    b->width = b->right - b->left;
    if (look.f > 0.0 && look.flat == 0.0 && look.short_of == 0.0 && b->left == 0.0 && b->x != b->idle) {
        double earned, paid;
        rates(o->gamma, o->kappa, o->years, -rise * b->x, rise * b->x * b->x, &earned, &paid);
        if (rise == 0.0 || b->x * (paid - o->gamma) >= earned) {
            b->idle = b->x;
            b->x = 0.0;
            return false;
        }
    }
    double after = b->stuck > 2 ? middle(b->left, b->right) : next_look(o, b->x, look, rise, b->left, b->right);
    if (after == b->x) return true;
    b->x = after;
    return false;
}

/* One loss-averse row: its risk tolerance into `tau`; the factorisations it took, or -1 where the search comes to no end. */
static integer search_row(const Program *q, const double *S, const Wants *o, double *tau, int8_t *side, int8_t *row_side, double *w, double *t,
                          const Pivoting *p) {
    Bracket b = {*tau, 0.0, o->most, 2.0 * o->most, -1.0, 0};
    integer spent = 0;
    for (int look = 0; look < MAX_REPAIRS; look++) {
        double mean, v, rise;
        integer got = pivot_row(q, larger(b.x, 0.0), side, row_side, w, t, p);
        if (got < 0) return -1;
        spent += got;
        own_line(q, S, side, row_side, w, p, &mean, &v, &rise);
        if (b.x == 0.0) { /* the way ended at no risk: is that a portfolio of these limits, and at the reference? */
            if (!ends_idle(o, &b, mean, v)) continue;
            *tau = -b.idle;
            return spent;
        }
        *tau = b.x;
        if (narrow(o, &b, mean, v, rise)) return spent;
    }
    return -1;
}

/* As `advisor_pivot`, for loss-averse rows. Reference: `search_some`. */
ADVISOR_API integer advisor_search(integer first, integer last, integer count, const integer *which, integer n, const double *H, const double *mu,
                                   integer rows, double *tau, integer of_lo, const double *lo, integer of_kink, const double *kink, integer of_up,
                                   const double *up, integer of_below, const double *below, integer of_above, const double *above, integer r,
                                   const double *G, const double *gl, const double *gu, int8_t *side, int8_t *row_side, double *W, integer prices,
                                   double *t, integer *steps, const double *S, const double *wants) {
    (void)count;
    (void)rows;
    (void)prices;
    Room room = {0};
    Pivoting p;
    take_pivoting(&room, n, r, &p);
    for (integer e = first; e < last && !room.failed; e++) {
        integer i = which[e];
        const double *o = wants + 6 * i;
        Wants own = {o[0], o[1], o[2], o[3], o[4], o[5]};
        Program q = {n, r, H, mu, lo + i % of_lo * n, kink + i % of_kink * n, up + i % of_up * n, below + i % of_below * n, above + i % of_above * n,
                     G, gl, gu};
        steps[i] = search_row(&q, S, &own, tau + i, side + i * n, row_side + i * r, W + i * n, t + i * (r + 1), &p);
    }
    give_back(&room);
    return room.failed ? OUT_OF_MEMORY : DONE;
}

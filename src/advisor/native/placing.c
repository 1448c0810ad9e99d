/* Where a client stands on the frontier: weights, moments and proof, and what measured biases do to their risk aversion.
 *
 * A point between two corners is their mixture (Markowitz and Todd, 2000, chapter 7); the proof is the duality gap of the multipliers, mixed in the
 * same way. Reference of every function: tests/loops/placing.py.
 */
#include "advisor.h"

/* A frontier: `lines` are mean, its rise to the next corner, variance, half its slope and its curve by the share of the way; `box` and `edges` are
 * lower and upper bounds of weights and rows. */
typedef struct {
    integer m, n, segments, r;
    double least, cap;
    const double *tau, *lines, *W, *D, *Y, *last, *slope, *S, *mu, *box, *G, *edges;
} Frontier;

/* The last corner not above risk tolerance t, and the share of the way to the next. Reference: `locate`. */
static integer locate(integer m, const double *tau, double t, double *share) {
    integer low = 0, high = m;
    while (high - low > 1) {
        integer j = (low + high) / 2;
        if (tau[j] <= t) {
            low = j;
        } else {
            high = j;
        }
    }
    *share = 0.0;
    if (low < m - 1 && tau[low + 1] != tau[low]) *share = smaller(larger((t - tau[low]) / (tau[low + 1] - tau[low]), 0.0), 1.0);
    return low;
}

/* Prices of budget and rows at risk aversion h, scaled as the certificate's objective. */
static void prices_at(const Frontier *f, double h, double risk, double reward, double *y) {
    integer q = f->r + 1;
    double share, beyond = larger(reward - risk * f->tau[f->m - 1], 0.0);
    integer corner = locate(f->m, f->tau, 1.0 / h, &share);
    for (integer j = 0; j < q; j++) {
        if (corner < f->segments) {
            const double *low = f->Y + 2 * corner * q, *high = low + q;
            y[j] = risk * (low[j] + share * (high[j] - low[j]));
        } else {
            y[j] = risk * f->last[j] + beyond * f->slope[j];
        }
    }
}

/* What a proof adds up. */
typedef struct {
    double total, variance, mean, broken, gap;
} Proof;

/* The limits' part of the proof: what is broken, and the gap; `pull` becomes the reduced cost of each asset. */
static Proof proof_of(const Frontier *f, const double *w, double risk, double reward, const double *y, double *pull) {
    integer n = f->n, r = f->r;
    Proof p = {0.0, 0.0, 0.0, 0.0, 0.0};
    for (integer i = 0; i < n; i++) {
        double a = dot(n, f->S + i * n, w);
        p.total += w[i];
        p.variance += a * w[i];
        p.mean += f->mu[i] * w[i];
        p.broken = larger(larger(p.broken, f->box[i] - w[i]), w[i] - f->box[n + i]);
        pull[i] = risk * a - reward * f->mu[i] - y[0];
    }
    p.gap = y[0] * (p.total - 1.0);
    for (integer k = 0; k < r; k++) {
        const double *row = f->G + k * n;
        double value = dot(n, row, w), price = y[k + 1], edge = price > 0.0 ? f->edges[k] : f->edges[r + k];
        p.broken = larger(larger(p.broken, f->edges[k] - value), value - f->edges[r + k]);
        if (price != 0.0 && isfinite(edge)) {
            p.gap += price * (value - edge);
            take_scaled(n, pull, price, row);
        }
    }
    for (integer i = 0; i < n; i++) p.gap += pull[i] * (w[i] - (pull[i] > 0.0 ? f->box[i] : f->box[n + i]));
    return p;
}

/* One client: weights, reduced costs, prices, and mean, volatility and KKT residual into `out`. Reference: `place_one`. */
static void place(const Frontier *f, double g, double *w, double *pull, double *y, double *out) {
    integer n = f->n, m = f->m;
    double share;
    integer corner = locate(m, f->tau, 1.0 / g, &share);
    const double *here = f->W + corner * n, *step = f->D + corner * n, *lines = f->lines + corner;
    for (integer i = 0; i < n; i++) w[i] = share * step[i] + here[i];
    out[0] = lines[0] + share * lines[m];
    out[1] = sqrt(lines[2 * m] + share * (2.0 * lines[3 * m] + share * lines[4 * m]));
    double h = larger(g, f->least), risk = smaller(h, 1.0), reward = 1.0 / larger(h, 1.0);
    prices_at(f, h, risk, reward, y);
    Proof p = proof_of(f, w, risk, reward, y, pull);
    double own = risk;
    if (isfinite(f->cap)) {
        own = isinf(g) ? 1.0 : g * reward;
        p.gap += 0.5 * (risk - own) * (f->cap * f->cap - p.variance);
        p.broken = larger(p.broken, sqrt(larger(p.variance, 0.0)) - f->cap);
    }
    double objective = reward * p.mean - 0.5 * own * p.variance;
    out[2] = larger(larger(fabs(p.total - 1.0), p.broken), p.gap / larger(1.0, fabs(objective)));
}

/* Clients `first` to `last`; `pull` and `y` hold what belongs to the last of them. Reference: `place_some`. */
ADVISOR_API integer advisor_place(integer first, integer last_client, double least, double cap, integer m, const double *tau, const double *lines,
                                  integer n, const double *W, const double *D, integer segments, integer q, const double *Y, const double *last,
                                  const double *slope, const double *S, const double *mu, const double *box, integer r, const double *G,
                                  const double *edges, integer count, const double *gamma, double *w, double *out) {
    (void)count;
    Room room = {0};
    double *pull = take_numbers(&room, n), *y = take_numbers(&room, q);
    Frontier f = {m, n, segments, r, least, cap, tau, lines, W, D, Y, last, slope, S, mu, box, G, edges};
    for (integer i = first; i < last_client && !room.failed; i++) place(&f, gamma[i], w + i * n, pull, y, out + 3 * i);
    give_back(&room);
    return room.failed ? OUT_OF_MEMORY : DONE;
}

/* One client with reduced costs and prices. */
ADVISOR_API integer advisor_place_one(double least, double cap, integer m, const double *tau, const double *lines, integer n, const double *W,
                                      const double *D, integer segments, integer q, const double *Y, const double *last, const double *slope,
                                      const double *S, const double *mu, const double *box, integer r, const double *G, const double *edges,
                                      double gamma, double *w, double *pull, double *y, double *out) {
    (void)q;
    Frontier f = {m, n, segments, r, least, cap, tau, lines, W, D, Y, last, slope, S, mu, box, G, edges};
    place(&f, gamma, w, pull, y, out);
    return DONE;
}

/* What an estimate exceeds the population by, after shrinking; 0 where unknown. Reference: `beyond`. */
static double beyond(double value, double error, double population, double spread) {
    if (isnan(value)) return 0.0;
    double noise = isnan(error) ? 0.0 : error, total = spread * spread + noise * noise;
    double trust = noise == 0.0 ? 1.0 : total > 0.0 ? spread * spread / total : 0.0;
    return larger(trust * (value - population), 0.0);
}

/* Risk aversion after correction, and the factor of each bias alone: four numbers a client. `known` are loss aversion and its error, disposition and
 * its error, overconfidence; `rules` as `BiasPolicy` lists them. Reference: `correct_some`. */
ADVISOR_API integer advisor_correct(integer first, integer last, integer count, const double *gamma, const double *known, const double *years,
                                    const double *reference, const double *rules, integer m, const double *tau, const double *lines,
                                    double *out) {
    Corners f = {m, tau, lines, lines + 2 * m, lines + 3 * m, lines + 4 * m};
    double cap = rules[0];
    for (integer i = first; i < last; i++) {
        double g = gamma[i], loss = 1.0, sales = 1.0, narrow = 1.0;
        if (g > 0.0 && isfinite(g)) {
            double excess = beyond(known[i], known[count + i], rules[1], rules[2]);
            if (excess > 0.0) loss = larger(effective_risk_aversion(&f, g, excess, reference[i], years[i]) / g, 1.0);
            sales = smaller(1.0 + rules[5] * beyond(known[2 * count + i], known[3 * count + i], rules[3], rules[4]), rules[6]);
            double trades = known[4 * count + i];
            if (trades > 1.0) narrow = smaller(1.0 + rules[7] * (trades - 1.0), rules[8]);
        }
        double factor = smaller(loss * sales * narrow, cap);
        out[4 * i] = factor == 1.0 ? g : g * factor;
        out[4 * i + 1] = smaller(loss, cap);
        out[4 * i + 2] = smaller(sales, cap);
        out[4 * i + 3] = smaller(narrow, cap);
    }
    return DONE;
}

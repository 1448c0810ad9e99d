/* Small linear programmes, by the simplex method on a condensed table.
 *
 * Reference: `most_kept` in tests/loops/orders.py.
 */
#include "advisor.h"

static const double PIVOT = 1e-12;

/* Exchange a basic and an open variable. Reference: `pivot`. */
static void exchange(const Programme *p, integer out, integer c) {
    integer height = p->v + p->q + 1, width = p->q + 1;
    double *chosen = p->table + out * width, pivot = chosen[c];
    for (integer r = 0; r < height; r++) {
        double *row = p->table + r * width;
        if (r == out || row[c] == 0.0) continue;
        double f = row[c] / pivot;
        for (integer j = 0; j < width; j++) {
            if (j != c) row[j] -= f * chosen[j];
        }
        row[c] = -f;
    }
    for (integer j = 0; j < width; j++) {
        if (j != c) chosen[j] /= pivot;
    }
    chosen[c] = 1.0 / pivot;
}

/* Fill `x` that maximises worth * x with x * shares <= space and 0 <= x <= most, by the simplex method with Bland's rule (1977). `space` is at least
 * 0, so it starts at x = 0. Reference: `most_kept`. */
void most_kept(const Programme *p) {
    integer q = p->q, v = p->v, rows = v + q, width = q + 1;
    for (integer r = 0; r <= rows; r++) fill(width, p->table + r * width, 0.0);
    for (integer j = 0; j < q; j++) {
        for (integer r = 0; r < v; r++) p->table[r * width + j] = p->shares[j * v + r];
        p->table[(v + j) * width + j] = 1.0;
        p->table[(v + j) * width + q] = p->most[j];
        p->table[rows * width + j] = p->worth[j];
        p->open[j] = j;
    }
    for (integer r = 0; r < v; r++) p->table[r * width + q] = p->space[r];
    for (integer r = 0; r < rows; r++) p->basic[r] = q + r;
    for (integer step = 0; step < 100 * (rows + q); step++) {
        integer c = -1, out = -1;
        double least = INFINITY;
        for (integer j = 0; j < q; j++) {
            if (p->table[rows * width + j] > PIVOT && (c < 0 || p->open[j] < p->open[c])) c = j;
        }
        if (c < 0) break;
        for (integer r = 0; r < rows; r++) {
            const double *row = p->table + r * width;
            if (!(row[c] > PIVOT)) continue;
            double ratio = larger(row[q], 0.0) / row[c];
            if (ratio < least || (ratio == least && p->basic[r] < p->basic[out])) {
                out = r;
                least = ratio;
            }
        }
        if (out < 0) break;
        exchange(p, out, c);
        integer swapped = p->basic[out];
        p->basic[out] = p->open[c];
        p->open[c] = swapped;
    }
    fill(q, p->x, 0.0);
    for (integer r = 0; r < rows; r++) {
        integer j = p->basic[r];
        if (j < q) p->x[j] = smaller(larger(p->table[r * width + q], 0.0), p->most[j]);
    }
}

void take_programme(Room *room, integer q, integer v, Programme *p) {
    *p = (Programme){.q = q, .v = v};
    p->table = take_numbers(room, (v + q + 1) * (q + 1));
    p->worth = take_numbers(room, q);
    p->most = take_numbers(room, q);
    p->shares = take_numbers(room, q * v);
    p->space = take_numbers(room, v);
    p->x = take_numbers(room, q);
    p->basic = take_integers(room, v + q);
    p->open = take_integers(room, q);
}

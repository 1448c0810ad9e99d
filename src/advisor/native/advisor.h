/* What the compiled loops share: types, memory, and the few places that fix an order of summation.
 *
 * Every function gives the same bits on every processor: only + - * / and sqrt in a written order, no fused operations (-ffp-contract=off), no
 * library function whose last bit is a vendor's choice. Matrices are rows one after the other: `double L[n][n]` reads as the Python does.
 */
#ifndef ADVISOR_H
#define ADVISOR_H

#include <math.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#ifdef _WIN32
#define ADVISOR_API __declspec(dllexport)
#else
#define ADVISOR_API __attribute__((visibility("default")))
#endif

typedef int64_t integer;

/* Why a walk stopped: at its end; after too many steps of length zero; outside its limits; no room left. */
enum { END = 0, CYCLED = 1, LOST = 2, FULL = 3 };
/* Where a weight is: on its lower bound, free below what is held, exactly there, free above, on its upper bound. */
enum { AT_LOWER = 0, SELLING = 1, HELD = 2, BUYING = 3, AT_UPPER = 4 };
/* What every exported function returns when it went well, and when memory ran out. */
enum { DONE = 0, OUT_OF_MEMORY = -1 };
enum { MAX_REPAIRS = 80, MOST_PIECES = 40 };

/* Memory that one call works in, piece by piece, so that a sanitizer sees where each ends. */
typedef struct {
    void *piece[MOST_PIECES];
    int count;
    bool failed;
} Room;

static inline void *take(Room *room, integer count, size_t size) {
    void *piece = room->count < MOST_PIECES ? malloc((size_t)(count > 0 ? count : 1) * size) : NULL;
    if (piece == NULL) {
        room->failed = true;
        return NULL;
    }
    room->piece[room->count++] = piece;
    return piece;
}

static inline double *take_numbers(Room *room, integer count) { return take(room, count, sizeof(double)); }

static inline integer *take_integers(Room *room, integer count) { return take(room, count, sizeof(integer)); }

static inline void give_back(Room *room) {
    for (int i = 0; i < room->count; i++) free(room->piece[i]);
    room->count = 0;
}

/* As Python's max and min of two: the first one unless the second is larger (smaller); a nan in second place is never taken. */
static inline double larger(double a, double b) { return b > a ? b : a; }

static inline double smaller(double a, double b) { return b < a ? b : a; }

static inline void fill(integer n, double *x, double value) {
    for (integer i = 0; i < n; i++) x[i] = value;
}

static inline void copy(integer n, const double *restrict source, double *restrict target) {
    for (integer i = 0; i < n; i++) target[i] = source[i];
}

/* x'y: eight lanes of every eighth product, folded ((0 + 4) + (2 + 6)) + ((1 + 5) + (3 + 7)), and the rest one by one. */
static inline double dot(integer n, const double *x, const double *y) {
    double a[4] = {0.0, 0.0, 0.0, 0.0}, b[4] = {0.0, 0.0, 0.0, 0.0};
    integer i = 0;
    for (; i + 8 <= n; i += 8) {
        for (int lane = 0; lane < 4; lane++) {
            a[lane] += x[i + lane] * y[i + lane];
            b[lane] += x[i + 4 + lane] * y[i + 4 + lane];
        }
    }
    double s = ((a[0] + b[0]) + (a[2] + b[2])) + ((a[1] + b[1]) + (a[3] + b[3]));
    for (; i < n; i++) s += x[i] * y[i];
    return s;
}

/* r += v x, element by element. */
static inline void add_scaled(integer n, double *restrict r, double v, const double *restrict x) {
    for (integer i = 0; i < n; i++) r[i] += v * x[i];
}

/* r -= v x, element by element. */
static inline void take_scaled(integer n, double *restrict r, double v, const double *restrict x) {
    for (integer i = 0; i < n; i++) r[i] -= v * x[i];
}

/* x becomes the solution of U'x = x for the upper triangle U, whose rows are `width` apart. */
static inline void forward(integer width, const double *restrict factor, integer k, double *restrict x) {
    for (integer a = 0; a < k; a++) {
        const double *row = factor + a * width;
        x[a] /= row[a];
        take_scaled(k - a - 1, x + a + 1, x[a], row + a + 1);
    }
}

/* x becomes the solution of Ux = x. */
static inline void backward(integer width, const double *restrict factor, integer k, double *restrict x) {
    for (integer a = k - 1; a >= 0; a--) {
        const double *row = factor + a * width;
        x[a] = (x[a] - dot(k - a - 1, row + a + 1, x + a + 1)) / row[a];
    }
}

/* numbers.c: within an ulp of the true value, the same bits everywhere. */
double natural_exp(double x);
double natural_log(double x);
double complementary_error(double x);

/* (1 / sqrt(2 pi)) exp(-d^2 / 2), and the normal distribution function of d. */
static inline double normal_density(double d) { return natural_exp(-0.5 * d * d) * 0.3989422804014327; }

static inline double normal_cdf(double d) { return 0.5 * complementary_error(-d * 0.7071067811865476); }

/* pivoting.c */
typedef struct {
    double *L, *Y, *M, *A, *x, *h, *pull, *rest, *d;
    integer *free, *active;
    int8_t *turn;
} Pivoting;

/* One row's program: minimise 1/2 w'Hw - tau (mu'w - cost(w)), sum w = 1, within lo..up and gl <= G w <= gu. */
typedef struct {
    integer n, r;
    const double *H, *mu, *lo, *kink, *up, *below, *above, *G, *gl, *gu;
} Program;

void take_pivoting(Room *room, integer n, integer r, Pivoting *p);
integer pivot_row(const Program *q, double tau, int8_t *side, int8_t *row_side, double *w, double *t, const Pivoting *p);

/* critical_line.c */
typedef struct {
    integer n, m;
    const double *H, *mu, *pull, *A, *low, *high, *l, *u;
} Line;

typedef struct {
    double *taus, *W, *Y, *last, *slope;
    integer corners, segments;
} Path;

/* programme.c: `height` rows and the objective, `q` columns and the right side. */
typedef struct {
    integer q, v;
    double *table, *worth, *most, *shares, *space, *x;
    integer *basic, *open;
} Programme;

void take_programme(Room *room, integer q, integer v, Programme *p);
void most_kept(const Programme *p);

/* A holding may be sold or kept; must be kept; must be sold. */
enum { FREE = 0, KEPT = 1, LEAVING = 2 };
/* Units of money that are rounding of a division. */
static const double GRID = 1e-6;

/* The largest multiple of `unit` that is no more than `money`. Reference: `down`. */
static inline double down(double money, double unit) {
    double count = floor(money / unit * (1.0 + 4e-16) + GRID);
    return unit < 1.0 ? count / rint(1.0 / unit) : count * unit;
}

/* The smallest multiple of `unit` that is no less than `money`. Reference: `up`. */
static inline double up(double money, double unit) {
    double count = ceil(money / unit * (1.0 - 4e-16) - GRID);
    return unit < 1.0 ? count / rint(1.0 / unit) : count * unit;
}

/* preferences.c: corners of a frontier: risk tolerance, mean, variance, and on the way to the next half the variance's slope and its curve. */
typedef struct {
    integer m;
    const double *tau, *mean, *variance, *slope, *curve;
} Corners;

double effective_risk_aversion(const Corners *f, double gamma, double kappa, double reference, double years);

integer walk(const Line *q, integer *side, integer *row_side, double *w, double tau, integer room, Path *path);

#endif

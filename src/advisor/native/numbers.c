/* Exponential, logarithm and complementary error function, with the same bits everywhere and within an ulp of the true value.
 *
 * The formulas are those of fdlibm: FreeBSD's e_exp.c, e_log.c and s_erf.c, which came with this notice: "Copyright (C) 1993 by Sun Microsystems,
 * Inc. All rights reserved. Permission to use, copy, modify, and distribute this software is freely granted, provided that this notice is
 * preserved." Reference: tests/property/native/test_native_numbers.py, against the decimal arithmetic of Python.
 */
#include "advisor.h"

static inline uint64_t bits_of(double x) {
    uint64_t bits;
    memcpy(&bits, &x, sizeof bits);
    return bits;
}

static inline double of_bits(uint64_t bits) {
    double x;
    memcpy(&x, &bits, sizeof x);
    return x;
}

/* 2^k for a normal result. */
static inline double power_of_two(int k) { return of_bits((uint64_t)(1023 + k) << 52); }

static const double LN2_HIGH = 6.93147180369123816490e-01, LN2_LOW = 1.90821492927058770002e-10, INVERSE_LN2 = 1.44269504088896338700e+00;

double natural_exp(double x) {
    static const double P1 = 1.66666666666666019037e-01, P2 = -2.77777777770155933842e-03, P3 = 6.61375632143793436117e-05,
                        P4 = -1.65339022054652515390e-06, P5 = 4.13813679705723846039e-08;
    double high = 0.0, low = 0.0, size = fabs(x);
    int k = 0;
    if (x != x) return x;
    if (x > 7.09782712893383973096e+02) return INFINITY;
    if (x < -7.45133219101941108420e+02) return 0.0;
    if (size > 0.34657359027997264) {
        if (size < 1.0397207708399179) {
            k = x > 0.0 ? 1 : -1;
        } else {
            k = (int)(INVERSE_LN2 * x + (x > 0.0 ? 0.5 : -0.5));
        }
        high = x - (double)k * LN2_HIGH;
        low = (double)k * LN2_LOW;
        x = high - low;
    } else if (size < 3.725290298461914e-09) {
        return 1.0 + x;
    }
    double t = x * x;
    double c = x - t * (P1 + t * (P2 + t * (P3 + t * (P4 + t * P5))));
    if (k == 0) return 1.0 - ((x * c) / (c - 2.0) - x);
    double y = 1.0 - ((low - (x * c) / (2.0 - c)) - high);
    if (k == 1024) return y * 2.0 * power_of_two(1023);
    if (k >= -1021) return y * power_of_two(k);
    return y * power_of_two(k + 1000) * power_of_two(-1000);
}

double natural_log(double x) {
    static const double L1 = 6.666666666666735130e-01, L2 = 3.999999999940941908e-01, L3 = 2.857142874366239149e-01,
                        L4 = 2.222219843214978396e-01, L5 = 1.818357216161805012e-01, L6 = 1.531383769920937332e-01,
                        L7 = 1.479819860511658591e-01;
    int k = 0;
    if (x != x || x == INFINITY) return x;
    if (x == 0.0) return -INFINITY;
    if (x < 0.0) return NAN;
    if (x == 1.0) return 0.0;
    if (x < 2.2250738585072014e-308) {
        k = -54;
        x *= 18014398509481984.0;
    }
    uint64_t bits = bits_of(x);
    uint32_t word = (uint32_t)(bits >> 32) + (0x3ff00000 - 0x3fe6a09e);
    k += (int)(word >> 20) - 0x3ff;
    word = (word & 0x000fffff) + 0x3fe6a09e;
    double f = of_bits((uint64_t)word << 32 | (bits & 0xffffffff)) - 1.0;
    double half = 0.5 * f * f, s = f / (2.0 + f), z = s * s, w = z * z;
    double even = w * (L2 + w * (L4 + w * L6)), odd = z * (L1 + w * (L3 + w * (L5 + w * L7)));
    return s * (half + (odd + even)) + (double)k * LN2_LOW - half + f + (double)k * LN2_HIGH;
}

/* a[0] + x (a[1] + x (...)). */
static inline double polynomial(int count, const double *a, double x) {
    double y = a[count - 1];
    for (int i = count - 2; i >= 0; i--) y = a[i] + x * y;
    return y;
}

double complementary_error(double x) {
    static const double PP[] = {1.28379167095512558561e-01, -3.25042107247001499370e-01, -2.84817495755985104766e-02, -5.77027029648944159157e-03,
                                -2.37630166566501626084e-05};
    static const double QQ[] = {1.0, 3.97917223959155352819e-01, 6.50222499887672944485e-02, 5.08130628187576562776e-03,
                                1.32494738004321644526e-04, -3.96022827877536812320e-06};
    static const double PA[] = {-2.36211856075265944077e-03, 4.14856118683748331666e-01, -3.72207876035701323847e-01, 3.18346619901161753674e-01,
                                -1.10894694282396677476e-01, 3.54783043256182359371e-02, -2.16637559486879084300e-03};
    static const double QA[] = {1.0, 1.06420880400844228286e-01, 5.40397917702171048937e-01, 7.18286544141962662868e-02,
                                1.26171219808761642112e-01, 1.36370839120290507362e-02, 1.19844998467991074170e-02};
    static const double RA[] = {-9.86494403484714822705e-03, -6.93858572707181764372e-01, -1.05586262253232909814e+01, -6.23753324503260060396e+01,
                                -1.62396669462573470355e+02, -1.84605092906711035994e+02, -8.12874355063065934246e+01, -9.81432934416914548592e+00};
    static const double SA[] = {1.0, 1.96512716674392571292e+01, 1.37657754143519042600e+02, 4.34565877475229228821e+02, 6.45387271733267880336e+02,
                                4.29008140027567833386e+02, 1.08635005541779435134e+02, 6.57024977031928170135e+00, -6.04244152148580987438e-02};
    static const double RB[] = {-9.86494292470009928597e-03, -7.99283237680523006574e-01, -1.77579549177547519889e+01, -1.60636384855821916062e+02,
                                -6.37566443368389627722e+02, -1.02509513161107724954e+03, -4.83519191608651397019e+02};
    static const double SB[] = {1.0, 3.03380607434824582924e+01, 3.25792512996573918826e+02, 1.53672958608443695994e+03, 3.19985821950859553908e+03,
                                2.55305040643316442583e+03, 4.74528541206955367215e+02, -2.24409524465858183362e+01};
    static const double ERX = 8.45062911510467529297e-01;
    double size = fabs(x);
    if (x != x) return x;
    if (size < 0.84375) {
        if (size < 1.3877787807814457e-17) return 1.0 - x;
        double z = x * x, y = polynomial(5, PP, z) / polynomial(6, QQ, z);
        if (x < 0.25) return 1.0 - (x + x * y);
        return 0.5 - (x * y + (x - 0.5));
    }
    if (size < 1.25) {
        double s = size - 1.0, y = polynomial(7, PA, s) / polynomial(7, QA, s);
        return x >= 0.0 ? 1.0 - ERX - y : 1.0 + (ERX + y);
    }
    if (size >= 28.0) return x > 0.0 ? 0.0 : 2.0;
    if (x < -6.0) return 2.0;
    double s = 1.0 / (size * size);
    double ratio = size < 1.0 / 0.35 ? polynomial(8, RA, s) / polynomial(9, SA, s) : polynomial(7, RB, s) / polynomial(8, SB, s);
    double z = of_bits(bits_of(size) & 0xffffffff00000000);
    double r = natural_exp(-z * z - 0.5625) * natural_exp((z - size) * (z + size) + ratio);
    return x > 0.0 ? r / size : 2.0 - r / size;
}

ADVISOR_API integer advisor_exp(integer n, const double *x, double *out) {
    for (integer i = 0; i < n; i++) out[i] = natural_exp(x[i]);
    return DONE;
}

ADVISOR_API integer advisor_log(integer n, const double *x, double *out) {
    for (integer i = 0; i < n; i++) out[i] = natural_log(x[i]);
    return DONE;
}

ADVISOR_API integer advisor_erfc(integer n, const double *x, double *out) {
    for (integer i = 0; i < n; i++) out[i] = complementary_error(x[i]);
    return DONE;
}

/* The normal distribution function. */
ADVISOR_API integer advisor_normal_cdf(integer n, const double *x, double *out) {
    for (integer i = 0; i < n; i++) out[i] = normal_cdf(x[i]);
    return DONE;
}

/* 1 / (1 + exp(-x)), without an overflow on either side. */
ADVISOR_API integer advisor_logistic(integer n, const double *x, double *out) {
    for (integer i = 0; i < n; i++) {
        double e = natural_exp(-fabs(x[i]));
        out[i] = x[i] >= 0.0 ? 1.0 / (1.0 + e) : e / (1.0 + e);
    }
    return DONE;
}

/* The smallest diagonal entry of the Cholesky factor of a symmetric matrix, row by row (Golub and Van Loan, 4.2); 0 where it has none. */
ADVISOR_API integer advisor_least_pivot(integer n, const double *H, double *factor, double *least) {
    *least = INFINITY;
    copy(n * n, H, factor);
    for (integer a = 0; a < n; a++) {
        double *row = factor + a * n;
        if (!(row[a] > 0.0)) {
            *least = 0.0;
            return DONE;
        }
        double pivot = sqrt(row[a]);
        *least = smaller(*least, pivot);
        for (integer b = a; b < n; b++) row[b] /= pivot;
        for (integer c = a + 1; c < n; c++) take_scaled(n - c, factor + c * n + c, row[c], row + c);
    }
    return DONE;
}

/* Whether this processor has AVX2: then the same loops, compiled for it, may run. */
ADVISOR_API int advisor_has_avx2(void) {
#if defined(__x86_64__)
    __builtin_cpu_init();
    return __builtin_cpu_supports("avx2") != 0;
#else
    return 0;
#endif
}

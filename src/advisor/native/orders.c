/* What clients sell, lack, and have money for. Reference: tests/loops/orders.py. */
#include "advisor.h"

/* Clients `first` to `last` of c, over v vehicles; what is written: `sales` by holding, `left`, `lacking` and `gaps` by vehicle.
 * Reference: `trade_some`. */
ADVISOR_API integer advisor_orders(integer first, integer last, integer clients, const bool *invested, const double *wealth, integer width,
                                   const double *weights, integer ends, const integer *start, integer entries, const double *held,
                                   const bool *kept, const double *spread, const double *by_vehicle, const double *locked, double *sales,
                                   double *left, double *lacking, double *gaps) {
    (void)clients;
    (void)ends;
    (void)entries;
    for (integer i = first; i < last; i++) {
        const double *want = weights + i * width, *have = by_vehicle + i * width, *tied = locked + i * width;
        double *gap = gaps + i * width, *lack = lacking + i * width, *rest = left + i * width, total = 0.0, wanted = 0.0;
        for (integer v = 0; v < width; v++) {
            double free = have[v] - tied[v], over = larger(0.0, have[v] - want[v] * wealth[i]);
            gap[v] = free > 0.0 ? smaller(over, free) / free : 0.0; /* share of what is free that is too much */
            lack[v] = have[v];
        }
        for (integer e = start[i]; e < start[i + 1]; e++) {
            const double *parts = spread + e * width;
            double share = kept[e] || !invested[i] ? 0.0 : 1.0;
            for (integer v = 0; v < width; v++) {
                if (parts[v] > 0.0) share = smaller(share, gap[v]);
            }
            sales[e] = share * held[e];
            if (sales[e] != 0.0) take_scaled(width, lack, sales[e], parts);
        }
        for (integer v = 0; v < width; v++) {
            total += lack[v];
            rest[v] = wealth[i] > 0.0 ? larger(lack[v], 0.0) / wealth[i] : 0.0;
            lack[v] = invested[i] ? larger(want[v] * wealth[i] - lack[v], 0.0) : 0.0;
            wanted += lack[v];
        }
        double budget = larger(wealth[i] - total, 0.0), share = wanted > 0.0 ? smaller(budget, wanted) / wanted : 0.0;
        for (integer v = 0; v < width; v++) gap[v] = lack[v] * share;
    }
    return DONE;
}

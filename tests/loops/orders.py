"""What clients sell, lack and have money for: `native/orders.c`."""

from __future__ import annotations


def trade_some(first, last, invested, wealth, weights, start, held, kept, spread, by_vehicle, locked, sales, left, lacking, gaps):
    """What clients `first` to `last` sell, lack, and have money for; see `trades.trades_of`. The last four arrays are written."""
    for i in range(first, last):
        total, wanted = 0.0, 0.0
        for v in range(weights.shape[1]):
            have = by_vehicle[i, v]
            free = have - locked[i, v]
            over = max(0.0, have - weights[i, v] * wealth[i])
            gaps[i, v] = min(over, free) / free if free > 0.0 else 0.0  # share of what is free that is too much
            lacking[i, v] = have
        for e in range(start[i], start[i + 1]):
            share = 0.0 if kept[e] or not invested[i] else 1.0
            for v in range(weights.shape[1]):
                if spread[e, v] > 0.0:
                    share = min(share, gaps[i, v])
            sales[e] = share * held[e]
            if sales[e] != 0.0:
                for v in range(weights.shape[1]):
                    lacking[i, v] -= sales[e] * spread[e, v]
        for v in range(weights.shape[1]):
            total += lacking[i, v]
            left[i, v] = max(lacking[i, v], 0.0) / wealth[i] if wealth[i] > 0.0 else 0.0
            lacking[i, v] = max(weights[i, v] * wealth[i] - lacking[i, v], 0.0) if invested[i] else 0.0
            wanted += lacking[i, v]
        budget = max(wealth[i] - total, 0.0)
        share = min(budget, wanted) / wanted if wanted > 0.0 else 0.0
        for v in range(weights.shape[1]):
            gaps[i, v] = lacking[i, v] * share

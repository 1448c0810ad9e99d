"""`evaluate` and `backtest`: how good lists and portfolios would have been."""

from __future__ import annotations

import json
from argparse import Namespace

from advisor import Interactions, Market, load
from advisor.adapters.channels.cli.reading import answer, clients_of, prices_of, table_of
from advisor.evaluate import backtest_many, equal_weight, level_policies


def evaluate(args: Namespace) -> int:
    """Print how the lists of a day match what was bought after it."""
    advisor = load(args.advisor)
    served = advisor.advise_table(
        clients_of(args.clients, args), as_of=args.as_of, picks=args.picks
    )
    later = Interactions.from_frame(table_of(args.purchases, args)).after(args.as_of)
    report = advisor.evaluate(served, later, ks=tuple(sorted({1, args.picks})))
    answer(args, json.loads(report.to_frame().to_json(orient="records")), [str(report)])
    return 0


def backtest(args: Namespace) -> int:
    """Print the figures of portfolios of risk levels over a history of prices."""
    market = Market.from_prices(
        prices_of(args.prices, args), periods_per_year=args.periods_per_year, decimal=args.decimal
    )
    policies = {**level_policies(args.levels), "equal weights": equal_weight}
    results = backtest_many(
        policies, market, every=args.every, warmup=args.warmup, cost_bps=args.cost_bps
    )
    figures = results.summary()
    lines = [figures.T.to_string(float_format="%.4f")]
    answer(args, json.loads(figures.to_json(orient="index")), lines)
    return 0

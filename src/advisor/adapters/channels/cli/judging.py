"""`evaluate` and `backtest`: how good lists and portfolios would have been."""

from __future__ import annotations

import json
from argparse import Namespace

from advisor import Interactions, Market, load
from advisor.adapters.channels.cli.reading import answer, clients_of, prices_of, table_of
from advisor.evaluate import backtest_many, equal_weight, level_policies


def evaluate(given: Namespace) -> int:
    """Print how the lists of a day match what was bought after it."""
    advisor = load(given.advisor)
    served = advisor.advise_table(clients_of(given.clients), as_of=given.as_of, picks=given.picks)
    later = Interactions.from_frame(table_of(given.purchases)).after(given.as_of)
    report = advisor.evaluate(served, later, ks=tuple(sorted({1, given.picks})))
    answer(given, json.loads(report.to_frame().to_json(orient="records")), [str(report)])
    return 0


def backtest(given: Namespace) -> int:
    """Print the figures of portfolios of risk levels over a history of prices."""
    market = Market.from_prices(prices_of(given.prices), periods_per_year=given.periods_per_year)
    policies = {**level_policies(given.levels), "equal weights": equal_weight}
    results = backtest_many(
        policies, market, every=given.every, warmup=given.warmup, cost_bps=given.cost_bps
    )
    figures = results.summary()
    lines = [figures.T.to_string(float_format="%.4f")]
    answer(given, json.loads(figures.to_json(orient="index")), lines)
    return 0

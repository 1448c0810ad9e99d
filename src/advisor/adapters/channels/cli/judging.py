"""`evaluate` and `backtest`: how good lists and portfolios would have been."""

from __future__ import annotations

import json
from argparse import Namespace

from advisor import Interactions, Market
from advisor.adapters.channels.cli.reading import advisor_of, clients_of, say, table_of
from advisor.evaluate import backtest_many, equal_weight, level_policies


def evaluate(given: Namespace) -> int:
    """Print how the lists of a day match what was bought after it."""
    advisor = advisor_of(given.advisor)
    served = advisor.advise_table(clients_of(given.clients), as_of=given.as_of, picks=given.picks)
    later = Interactions.from_frame(table_of(given.purchases)).after(given.as_of)
    report = advisor.evaluate(served, later, ks=tuple(sorted({1, given.picks})))
    say(
        json.dumps(json.loads(report.to_frame().to_json(orient="records")), indent=1)
        if given.json
        else str(report)
    )
    return 0


def backtest(given: Namespace) -> int:
    """Print the figures of portfolios of risk levels over a history of prices."""
    market = Market.from_prices(
        table_of(given.prices, words=False), periods_per_year=given.periods_per_year
    )
    policies = {**level_policies(given.levels), "equal weights": equal_weight}
    results = backtest_many(
        policies, market, every=given.every, warmup=given.warmup, cost_bps=given.cost_bps
    )
    figures = results.summary()
    say(
        json.dumps(json.loads(figures.to_json(orient="index")), indent=1)
        if given.json
        else figures.T.to_string(float_format="%.4f")
    )
    return 0

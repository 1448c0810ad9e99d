"""The price sets that come with open packages, and intervals by blocks: shared by the tables on
real markets."""

from __future__ import annotations

from importlib.util import find_spec

import numpy as np
import pandas as pd

from advisor.arrays import FloatArray
from advisor.contracts import Mandate, RiskBands
from advisor.data import Market
from advisor.evaluate import Estimates

_BANDS = RiskBands.default()
SHARES, FUNDS, INDICES, FACTORS = "20 US shares", "5 factor funds", "2 US indices", "3 US factors"


def real_markets(*, monthly: bool = False) -> dict[str, Market]:
    """Prices of skfolio (20 large US shares 1990-2022, five factor ETFs 2014-2022) and of arch (S&P
    500 and Nasdaq 1999-2018).

    Args:
        monthly: Also the monthly market, size and value factors of 1926-2018 that come with arch.
    """
    sets: dict[str, Market] = {}
    if find_spec("skfolio") is not None:
        from skfolio.datasets import load_factors_dataset, load_sp500_dataset

        sets[SHARES] = Market.from_prices(load_sp500_dataset())
        sets[FUNDS] = Market.from_prices(load_factors_dataset())
    if find_spec("arch") is not None:
        from arch.data import frenchdata, nasdaq, sp500

        closes = {"sp500": sp500.load()["Adj Close"], "nasdaq": nasdaq.load()["Adj Close"]}
        sets[INDICES] = Market.from_prices(pd.DataFrame(closes).dropna())
        if monthly:
            factors = frenchdata.load()[["Mkt-RF", "SMB", "HML"]] / 100.0
            factors.index = pd.period_range("1926-07", periods=len(factors), freq="M").to_timestamp(
                "M"
            )
            sets[FACTORS] = Market.from_returns(factors, periods_per_year=12.0)
    return sets


class StressRow:
    """A level as it was before: the stressed loss is a row of the optimisation, one volatility of
    all the past, Bayes-Stein means."""

    def __init__(self, level: int, estimates: Estimates) -> None:
        self.level, self.estimates, self.mandate = level, estimates, Mandate()

    def __call__(self, past: Market, held: FloatArray) -> FloatArray:  # noqa: ARG002  every policy takes what it holds
        day = self.estimates.model(past)
        frontier = self.estimates.frontier(past, self.mandate, _BANDS.stress_loss[self.level - 1])
        return day.spread(frontier.at_volatility(_BANDS.target_volatility[self.level - 1]))


def block_rows(count: int, block: int, draws: int = 1000, seed: int = 0) -> np.ndarray:
    """Rows of circular block resamples, shape (draws, count)."""
    starts = np.random.default_rng(seed).integers(0, count, (draws, -(-count // block)))
    return ((starts[:, :, None] + np.arange(block)) % count).reshape(draws, -1)[:, :count]


def interval(values: np.ndarray) -> str:
    """The middle 95 % of resampled values."""
    low, high = np.quantile(values, [0.025, 0.975])
    return f"[{low:.2f}, {high:.2f}]"

"""Several strategies' results of one run, side by side."""

from __future__ import annotations

from collections.abc import ItemsView, Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

import numpy as np
import pandas as pd

from advisor.annotations import Seed, Title
from advisor.contracts.wording import Language
from advisor.errors import InputError
from advisor.evaluate.backtesting.deflated import deflate
from advisor.evaluate.backtesting.result import BacktestResult
from advisor.evaluate.backtesting.sharpe import SharpeTest, Test, compare_sharpe
from advisor.evaluate.backtesting.statistics import Rate
from advisor.validation import checked


@dataclass(frozen=True, eq=False)
class BacktestResults:
    """Results by name, over the same sessions and rebalancing days."""

    results: Mapping[str, BacktestResult]

    def __post_init__(self) -> None:
        object.__setattr__(self, "results", MappingProxyType(dict(self.results)))

    @checked
    def __getitem__(self, name: str) -> BacktestResult:
        if name not in self.results:
            raise InputError(
                f"No strategy is named {name!r}; this run has {list(self.results)}.",
                field="name",
                value=name,
            )
        return self.results[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self.results)

    def __len__(self) -> int:
        return len(self.results)

    def __contains__(self, name: object) -> bool:
        return name in self.results

    def items(self) -> ItemsView[str, BacktestResult]:
        """Name and result of each strategy."""
        return self.results.items()

    @property
    def returns(self) -> pd.DataFrame:
        """Net returns: session x strategy."""
        return pd.DataFrame({name: result.returns for name, result in self.results.items()})

    @checked
    def summary(self, *, risk_free: Rate | None = None) -> pd.DataFrame:
        """One row a strategy, one column a measure; `risk_free` as in `BacktestResult.summary`."""
        return pd.DataFrame(
            {name: result.summary(risk_free=risk_free) for name, result in self.results.items()}
        ).T

    def to_frame(self) -> pd.DataFrame:
        """One row a (strategy, session): `BacktestResult.to_frame` of each, stacked."""
        return pd.concat(
            {name: result.to_frame() for name, result in self.results.items()},
            names=["strategy", "day"],
        )

    @checked
    def deflated_sharpe(self, *, risk_free: Rate | None = None) -> pd.Series:
        """Probability that each strategy's true Sharpe ratio is above 0, all strategies of the run
        counted as trials.

        Args:
            risk_free: Annual rate; None: what cash earned in the run.

        Source: Bailey & Lopez de Prado (2014).
        """
        above = np.stack([result.excess(risk_free) for result in self.results.values()])
        return pd.Series(deflate(above), index=list(self.results), name="deflated_sharpe")

    @checked
    def compare(
        self,
        first: str,
        second: str,
        *,
        test: Test | str = "ledoit_wolf",
        seed: Seed = 0,
        risk_free: Rate | None = None,
    ) -> SharpeTest:
        """Test whether two strategies have the same Sharpe ratio: see `compare_sharpe`.

        The ratios are of the returns above `risk_free` a year; None: what cash earned in the run.
        """
        pair = (self[name].excess(risk_free) for name in (first, second))
        return compare_sharpe(*pair, test=test, seed=seed)

    def plot(self) -> Any:
        """A matplotlib figure of growth and drawdown, one line a strategy. Raises `InputError`
        where matplotlib is not installed.
        """
        from advisor.reports.figures import plot_backtests

        return plot_backtests(self)

    @checked
    def to_html(
        self, title: Title = None, *, risk_free: Rate | None = None, language: Language = "en"
    ) -> str:
        """The strategies side by side as one page that stands alone; arguments as in
        `BacktestResult.to_html`.
        """
        from advisor.reports.backtest import results_page

        return results_page(self, title, risk_free, language)

    def _repr_html_(self) -> str:
        from advisor.reports.backtest import results_card

        return results_card(self)

    def __repr__(self) -> str:
        return f"BacktestResults({len(self)} strategies: {', '.join(self.results)})"

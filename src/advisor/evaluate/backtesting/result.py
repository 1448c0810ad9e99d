"""What a backtest found out about one strategy."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from advisor.annotations import Count, OpenShare, Seed, Title
from advisor.arrays import DayArray, FloatArray
from advisor.contracts.wording import Language, Phrases
from advisor.errors import InputError
from advisor.evaluate.backtesting.details import against_benchmark, details_of, trailing_of
from advisor.evaluate.backtesting.record import Failures, Record
from advisor.evaluate.backtesting.statistics import (
    BootstrapInterval,
    Rate,
    Resamples,
    beside_of,
    bootstrap_interval,
    cash_return,
    statistics_of,
)
from advisor.measures.periods import (
    HALF_YEAR,
    Period,
    drawdown_table,
    return_quantiles,
    returns_by_period,
    rolling_measures,
)
from advisor.measures.portfolio import annual_return, drawdowns
from advisor.validation import checked


@dataclass(frozen=True, eq=False)
class BacktestResult:
    """One strategy's walk through history. The fields hold arrays; the properties give them as
    pandas, a new object each time.

    Attributes:
        assets: Columns of the weights, length n.
        sessions: Days with a return, shape (m,): those after the first decision.
        days: Rebalancing days, shape (k,).
        trading_days: Days with a trade, shape (q,): the rebalancing days, and days on which a
            withdrawal forced a sale.
        beside: Returns of the benchmark, shape (m,), or None.
        risk_free: Annual rate that cash earned in the run (`Terms.cash_rate`). Interest is no
            skill: Sharpe and Sortino ratios and their tests are of the return above it, unless
            another rate is given to them.
    """

    name: str
    assets: tuple[str, ...]
    sessions: DayArray
    days: DayArray
    trading_days: DayArray
    record: Record
    beside: FloatArray | None
    periods_per_year: float
    risk_free: float = 0.0

    @property
    def returns(self) -> pd.Series:
        """Net simple return of each session, cash flows left out."""
        return self._by_day(self.record.returns, self.name)

    @property
    def benchmark(self) -> pd.Series | None:
        """Returns of the benchmark on the same sessions; None where none was given."""
        return None if self.beside is None else self._by_day(self.beside, "benchmark")

    @property
    def streams(self) -> dict[str, pd.Series]:
        """The returns by name: of the strategy, and of the benchmark where there is one."""
        benchmark = self.benchmark
        return {self.name: self.returns} | ({} if benchmark is None else {"benchmark": benchmark})

    @property
    def weights(self) -> pd.DataFrame:
        """Weights after each rebalancing day's trade: day x asset. What is missing to 1 is cash."""
        days, held = pd.DatetimeIndex(self.days), self.record.weights.copy()
        return pd.DataFrame(held, index=days, columns=list(self.assets))

    @property
    def turnover(self) -> pd.Series:
        """`sum |change of weight|` of each trading day: 1 = a portfolio bought out of cash."""
        return self._by_day(self.record.turnover, "turnover", self.trading_days)

    @property
    def costs(self) -> pd.Series:
        """Cost of each trading day as a fraction of wealth."""
        return self._by_day(self.record.costs, "costs", self.trading_days)

    @property
    def failures(self) -> Failures:
        """Days on which the strategy could not act and kept what it held, with the reason."""
        return self.record.failures

    @property
    def exposure(self) -> pd.Series:
        """Share of wealth in assets, not cash, at each close."""
        return self._by_day(self.record.exposure, "exposure")

    @property
    def wealth(self) -> pd.Series:
        """Money at each close, cash flows included."""
        return self._by_day(self.record.wealth, "wealth")

    @property
    def drawdowns(self) -> pd.Series:
        """Loss from the highest value so far at each close, positive, cash flows left out."""
        return self._by_day(drawdowns(self.record.returns), "drawdown")

    def to_quantstats(self) -> pd.Series:
        """The net returns as quantstats, pyfolio and empyrical read them: days without a clock, one
        float a day. What else a report of theirs asks for is `benchmark`, `risk_free` and
        `periods_per_year`.
        """
        returns = self.returns.rename(self.name.replace(" ", "_"))
        return returns.set_axis(pd.DatetimeIndex(returns.index).as_unit("ns"))

    def to_frame(self) -> pd.DataFrame:
        """One row a session: return, growth of 1, drawdown, exposure, wealth, and the benchmark's
        return where there is one.
        """
        r, record = self.record.returns, self.record
        columns = {"return": r, "growth": np.cumprod(1.0 + r), "drawdown": drawdowns(r)}
        columns |= {"exposure": record.exposure, "wealth": record.wealth}
        columns |= {} if self.beside is None else {"benchmark": self.beside}
        return pd.DataFrame(columns, index=pd.DatetimeIndex(self.sessions))

    @checked
    def summary(self, *, risk_free: Rate | None = None) -> pd.Series:
        """The usual measures by name: annual decimals, losses positive, costs and turnover a year.

        Args:
            risk_free: Annual rate that the Sharpe and Sortino ratios are above; None: what cash
                earned in the run.
        """
        return pd.Series(self._measures(self.rate(risk_free)), name=self.name)

    @checked
    def drawdown_table(self, most: Count = 10) -> pd.DataFrame:
        """The deepest falls from a peak until it was made up: see `measures.drawdown_table`."""
        return drawdown_table(self.returns, most)

    @checked
    def by_period(self, period: Period = "year") -> pd.DataFrame:
        """Compounded return of each calendar period, of the strategy and of the benchmark."""
        streams = self.streams.items()
        return pd.DataFrame({name: returns_by_period(r, period) for name, r in streams})

    @checked
    def rolling(
        self, sessions: Count = HALF_YEAR, *, risk_free: Rate | None = None
    ) -> pd.DataFrame:
        """Volatility, Sharpe ratio and, beside a benchmark, beta over the last `sessions` of each
        day: see `measures.rolling_measures`; `risk_free` as in `summary`.
        """
        cash = cash_return(self.rate(risk_free), self.periods_per_year)
        return rolling_measures(
            *(r - cash for r in self.streams.values()),
            sessions=sessions,
            periods_per_year=self.periods_per_year,
        )

    def distribution(self) -> pd.DataFrame:
        """Quantiles of the returns of a day, week, month, quarter and year: period x quantile."""
        return return_quantiles(self.returns)

    @checked
    def details(self, *, risk_free: Rate | None = None) -> pd.DataFrame:
        """What a tear sheet counts beside the summary: measure x stream, the benchmark's
        where there is one.

        Tail ratio, omega, best and worst periods, runs of gains and losses, returns of the last
        months and years; beside a benchmark alpha, beta, correlation and Treynor ratio, with
        `risk_free` as in `summary`.
        """
        year, cash = self.periods_per_year, cash_return(self.rate(risk_free), self.periods_per_year)
        columns = {
            name: details_of(r, year) | trailing_of(r, year) for name, r in self.streams.items()
        }
        beside = against_benchmark(self.record.returns, self.beside, year, cash)
        columns[self.name] |= {m: value for m, (_, value) in beside.items()}
        return pd.DataFrame(columns).rename(index=Phrases("tear_sheet"))

    @checked
    def rate(self, risk_free: Rate | None = None) -> float:
        """The annual risk-free rate meant: the one given, or what cash earned in the run."""
        return self.risk_free if risk_free is None else risk_free

    @checked
    def excess(self, risk_free: Rate | None = None) -> FloatArray:
        """Net returns above those of cash, shape (m,)."""
        return self.record.returns - cash_return(self.rate(risk_free), self.periods_per_year)

    @checked
    def interval(
        self,
        statistic: str = "sharpe",
        *,
        level: OpenShare = 0.95,
        draws: Resamples = 2000,
        seed: Seed = 0,
        risk_free: Rate | None = None,
    ) -> BootstrapInterval:
        """Stationary-bootstrap interval of one measure of the returns.

        Args:
            statistic: "annual_return", "volatility", "sharpe", "sortino", "max_drawdown", "calmar",
                "cvar_95" or "hit_ratio"; with a benchmark also "tracking_error",
                "information_ratio" or "beta", of days drawn for both.
            level: Probability that the interval aims at.
            draws: Number of resamples.
            seed: Same seed, same interval.
            risk_free: As in `summary`.

        Raises:
            InputError: Another statistic, or too few returns.
        """
        known = statistics_of(self.periods_per_year, self.rate(risk_free))
        beside = {} if self.beside is None else beside_of(self.periods_per_year)
        if statistic not in known | beside:
            raise InputError(
                f"statistic is {statistic!r}; choose one of {', '.join(known | beside)}.",
                field="statistic",
                value=statistic,
            )
        r, measure = self.record.returns, (known | beside)[statistic]
        if statistic in beside and self.beside is not None:
            r = np.stack([r, self.beside])
        return bootstrap_interval(r, measure, level=level, draws=draws, seed=seed)

    def plot(self) -> Any:
        """A matplotlib figure of growth, drawdown and weights. Raises `InputError` where matplotlib
        is not installed.
        """
        from advisor.reports.figures import plot_backtest

        return plot_backtest(self)

    @checked
    def to_html(
        self, title: Title = None, *, risk_free: Rate | None = None, language: Language = "en"
    ) -> str:
        """A tear sheet as one page that stands alone: nothing fetched, no script.

        Args:
            title: What stands above it; None: the name of the strategy.
            risk_free: As in `summary`.
            language: Of all that the page says; names stay as they were given, and why a strategy
                failed on a day stays as its exception said it.
        """
        from advisor.reports.backtest import result_page

        return result_page(self, title, risk_free, language)

    def _repr_html_(self) -> str:
        from advisor.reports.backtest import result_card

        return result_card(self)

    def _measures(self, risk_free: float) -> dict[str, float]:
        r, year = self.record.returns, self.periods_per_year
        if not len(r):
            return {"rebalances": float(len(self.days)), "failures": float(len(self.failures))}
        years = len(r) / year
        numbers = {name: measure(r) for name, measure in statistics_of(year, risk_free).items()}
        numbers["exposure"] = self.record.exposure.mean()
        numbers["turnover"] = self.record.turnover.sum() / years
        numbers["costs"] = self.record.costs.sum() / years
        numbers |= {"rebalances": len(self.days), "failures": len(self.failures)}
        if self.beside is not None:
            both = np.stack([r, self.beside])
            numbers["benchmark_return"] = annual_return(self.beside, year)
            numbers |= {name: measure(both) for name, measure in beside_of(year).items()}
        return {name: float(value) for name, value in numbers.items()}

    def _by_day(self, values: FloatArray, name: str, days: DayArray | None = None) -> pd.Series:
        index = pd.DatetimeIndex(self.sessions if days is None else days)
        return pd.Series(values.copy(), index=index, name=name)

    def __repr__(self) -> str:
        days = f"{self.name!r}, {len(self.days)} rebalancing days"
        if not len(self.sessions):
            return f"BacktestResult({days}, no session after the first)"
        m = self._measures(self.risk_free)
        failed = f", {len(self.failures)} of {len(self.days)} days failed" if self.failures else ""
        return (
            f"BacktestResult({self.name!r}, {self.sessions[0]} to {self.sessions[-1]},"
            f" {len(self.days)} rebalancing days{failed}: {m['annual_return']:.2%} a year,"
            f" volatility {m['volatility']:.2%}, Sharpe {m['sharpe']:.2f}, worst drawdown"
            f" {m['max_drawdown']:.1%})"
        )

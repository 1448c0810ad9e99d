"""Money metrics: what the picks then returned, and how much they moved. Not a part of match
accuracy, and stated apart from it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Annotated, Any

import numpy as np
import pandas as pd

from advisor.annotations import OpenShare, Seed
from advisor.arrays import BoolArray, FloatArray
from advisor.contracts.wording import Phrases
from advisor.data.catalogue import Catalogue
from advisor.data.days import as_day
from advisor.data.ids import IdMap
from advisor.data.market import Market
from advisor.data.ranking import Ranking
from advisor.errors import InputError
from advisor.evaluate.match.outcomes import aligned, checked_lists
from advisor.measures.bootstrap import Draws, Interval, interval, paired_difference
from advisor.readers import Number
from advisor.validation import checked

MONTHS_A_YEAR = 12.0
Rows = Annotated[int, Number("Give a number of rows, at least 2.", whole=True, low=2.0)]


@dataclass(frozen=True, eq=False)
class MoneyReport:
    """Realised return and volatility of the picks, means over clients with bootstrap intervals.

    Attributes:
        start, end: Last row before the window, last row in it.
        total_return, monthly_return, volatility: One value a client, shape (c,); nan where no pick
            is priced.
        priced: Share of picks with a full price history in the window.
        catalogue: Total return, monthly return and volatility of the whole priced catalogue.
        differences: Interval of value - baseline over clients; empty without a baseline.
    """

    client_ids: tuple[str, ...]
    start: np.datetime64
    end: np.datetime64
    total_return: FloatArray
    monthly_return: FloatArray
    volatility: FloatArray
    priced: float
    catalogue: Mapping[str, float]
    means: Mapping[str, Interval]
    differences: Mapping[str, Interval]

    def to_frame(self) -> pd.DataFrame:
        """One row a measure."""
        none = Interval(np.nan, np.nan, np.nan, np.nan)
        defined = Phrases("money_definitions")
        rows: list[tuple[str | float, ...]] = []
        for name, m in self.means.items():
            d = self.differences.get(name, none)
            spans = (m.mean, m.low, m.high, self.catalogue[name], d.mean, d.low, d.high)
            rows.append((name, *spans, defined(name)))
        heads = "measure value low high catalogue difference difference_low difference_high"
        return pd.DataFrame(rows, columns=[*heads.split(), "definition"])

    def __str__(self) -> str:
        return "\n".join(self._lines())

    def _lines(self) -> Iterator[str]:
        yield (
            f"Realised after {self.start}, until {self.end}: {len(self.client_ids):,} lists,"
            f" {self.priced:.1%} of picks priced throughout"
        )
        for name, m in self.means.items():
            gap = (
                f", minus baseline {self.differences[name].mean:+.4f}"
                if name in self.differences
                else ""
            )
            yield (
                f"  {name:15}{m.mean:9.4f} [{m.low:.4f}, {m.high:.4f}], whole catalogue"
                f" {self.catalogue[name]:.4f}{gap}"
            )


@checked
def evaluate_money(
    ranking: Ranking,
    market: Market,
    start: date | str | np.datetime64,
    *,
    rows: Rows = 126,
    catalogue: Catalogue | None = None,
    baseline: Ranking | None = None,
    confidence: OpenShare = 0.95,
    resamples: Draws = 1000,
    seed: Seed = 0,
) -> MoneyReport:
    """What equal-weight lists earned after `start`.

    Args:
        ranking: The lists, c clients.
        market: Returns of the products, or of the assets they expose to, as far as the window.
        start: The day the lists were made for: the first return counted is that of the next row.
        rows: Length of the window in rows of the market; 126 is half a year of days.
        catalogue: Where a product is no asset of the market, its exposures, less its fee.
        baseline: Lists of another model for the same clients, in any order.
        confidence: Covered share of the intervals.
        resamples: Of the bootstrap over clients; lists that many clients share move together with
            the market, which no bootstrap over clients shows.
        seed: Of the draws.

    Raises:
        InputError: The market does not reach over the window, no pick is priced, or the baseline
            lacks a client.
    """
    checked_lists(ranking)
    day, first = _first_row(market, start, rows)
    window = market.returns[first : first + rows]
    own = _realised(ranking, window, market, catalogue)
    draws: dict[str, Any] = {"confidence": confidence, "resamples": resamples, "seed": seed}
    rivals: dict[str, FloatArray] = {}
    if baseline is not None:
        rivals = _realised(aligned(baseline, ranking), window, market, catalogue).lists
    return MoneyReport(
        client_ids=ranking.client_ids,
        start=day,
        end=market.dates[first + rows - 1],
        **own.lists,
        priced=own.priced,
        catalogue=own.catalogue,
        means={name: interval(v, **draws) for name, v in own.lists.items()},
        differences={
            name: paired_difference(own.lists[name], v, **draws) for name, v in rivals.items()
        },
    )


def _first_row(
    market: Market, start: date | str | np.datetime64, rows: int
) -> tuple[np.datetime64, int]:
    """The day, and the first row after it, from which on a window of `rows` fits."""
    day = as_day(start, "start")
    first = int(np.searchsorted(market.dates, day, side="right"))
    if first + rows > len(market):
        raise InputError(
            f"rows is {rows} from {day} on, but the market has {len(market) - first} rows after it."
            " Shorten the window.",
            field="rows",
            value=rows,
        )
    return day, first


@dataclass(frozen=True)
class _Realised:
    lists: dict[str, FloatArray]
    priced: float
    catalogue: dict[str, float]


def _realised(
    ranking: Ranking, window: FloatArray, market: Market, catalogue: Catalogue | None
) -> _Realised:
    """Measures of every list; equal lists are computed once."""
    year = market.periods_per_year
    returns = _product_returns(window, market, ranking.products, catalogue)
    good: BoolArray = np.asarray(np.isfinite(returns).all(axis=0))
    filled = ranking.codes >= 0
    usable = filled & good[np.maximum(ranking.codes, 0)] if len(good) else np.zeros_like(filled)
    if not usable.any():
        raise InputError(
            "No pick has a return in every row of the window; pass a market that prices them, or a"
            " catalogue.",
            field="market",
        )
    lists, which = np.unique(np.where(usable, ranking.codes, -1), axis=0, return_inverse=True)
    months = len(returns) / (year / MONTHS_A_YEAR)
    growth = np.where(good, np.prod(1.0 + np.where(good, returns, 0.0), axis=0), np.nan)
    measures = np.full((len(lists), 3), np.nan)
    for i, codes in enumerate(lists):
        held = codes[codes >= 0]
        if held.size:
            measures[i] = _measures(growth[held], returns[:, held], months, year)
    everything = np.flatnonzero(good)
    blind = _measures(growth[everything], returns[:, everything], months, year)
    names = ("total_return", "monthly_return", "volatility")
    values = measures[which.reshape(-1)]
    return _Realised(
        {n: values[:, j] for j, n in enumerate(names)},
        float(usable.sum() / filled.sum()),
        dict(zip(names, blind, strict=True)),
    )


def _measures(
    growth: FloatArray, returns: FloatArray, months: float, periods_per_year: float
) -> tuple[float, float, float]:
    total = float(growth.mean())
    spread = float(returns.mean(axis=1).std(ddof=1)) * float(np.sqrt(periods_per_year))
    return total - 1.0, total ** (1.0 / months) - 1.0, spread


def _product_returns(
    window: FloatArray, market: Market, products: tuple[str, ...], catalogue: Catalogue | None
) -> FloatArray:
    """Return of each product in each row, shape (rows, p); nan where it is not priced."""
    column = IdMap(market.assets).find(products)
    returns = np.where(column >= 0, window[:, np.maximum(column, 0)], np.nan)
    if catalogue is None:
        return returns
    place = catalogue.ids.find(products)
    assets = IdMap(market.assets)
    for j in np.flatnonzero((column < 0) & (place >= 0)).tolist():
        product = catalogue.products[int(place[j])]
        spread = product.exposures or {product.asset or "": 1.0}
        if all(a in assets for a in spread):
            share = np.array(list(spread.values())) / sum(spread.values())
            returns[:, j] = (
                np.einsum("ta,a->t", window[:, assets.find(list(spread))], share)
                - product.annual_fee / market.periods_per_year
            )
    return returns

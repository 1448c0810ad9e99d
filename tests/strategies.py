"""Makers that tests of several packages share: markets, models, clients and advisors.

A test whose oracle needs a particular world writes that world out where it stands; what only has to
be there comes from here.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache

import numpy as np
import pandas as pd

from advisor import Advisor, Client, ClientTable, Market, sample


@cache
def sample_advisor(purchases: int = 0) -> Advisor:
    """The advisor of the sample world; of so many clients' purchases, all where 0."""
    bought = sample.interactions(purchases) if purchases else sample.interactions()
    return Advisor.fit(sample.market(), bought, catalogue=sample.catalogue())


def market_of(columns: Mapping[str, Sequence[float]], start: str = "2024-01-01") -> Market:
    """A market of these returns, one a business day."""
    sessions = len(next(iter(columns.values())))
    return Market.from_returns(pd.DataFrame(columns, index=pd.bdate_range(start, periods=sessions)))


def random_market(
    sessions: int,
    names: Sequence[str],
    *,
    seed: int = 0,
    mean: float = 4e-4,
    volatility: float = 0.01,
    start: str = "2020-01-01",
) -> Market:
    """A market of independent normal daily returns."""
    draws = np.random.default_rng(seed).normal(mean, volatility, (sessions, len(names)))
    return market_of(dict(zip(names, draws.T, strict=True)), start)


def clients_of_levels(*levels: int, **more: object) -> ClientTable:
    """One client a level, assessed on the first day of 2026, with these fields beside."""
    fields = {"wealth": 1000, "horizon_years": 9, "assessed_on": "2026-01-01", "age": 40} | more
    return ClientTable.from_clients(
        [Client(id=f"c{i}", level=level, **fields) for i, level in enumerate(levels)]
    )

"""Several strategies' results of one run, side by side."""

from __future__ import annotations

from collections.abc import ItemsView, Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType

import pandas as pd

from advisor.errors import InputError
from advisor.evaluate.result import BacktestResult


@dataclass(frozen=True, eq=False)
class BacktestResults:
    """Results by name, over the same sessions and rebalancing days."""

    results: Mapping[str, BacktestResult]

    def __post_init__(self) -> None:
        object.__setattr__(self, "results", MappingProxyType(dict(self.results)))

    def __getitem__(self, name: str) -> BacktestResult:
        if name not in self.results:
            raise InputError(f"No strategy is named {name!r}; this run has {list(self.results)}.", field="name", value=name)
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

    def summary(self) -> pd.DataFrame:
        """One row a strategy, one column a measure."""
        return pd.DataFrame({name: result.summary() for name, result in self.results.items()}).T

    def __repr__(self) -> str:
        return f"BacktestResults({len(self)} strategies: {', '.join(self.results)})"

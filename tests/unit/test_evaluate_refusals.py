"""What cannot be used is refused at every door of the judging rooms in our own words, with the field and the value."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pytest

from advisor.data.market import Market
from advisor.errors import InputError
from advisor.evaluate.backtest import backtest, backtest_many
from advisor.evaluate.backtest_policy import FixedMix, equal_weight, level_policies

DAYS = pd.bdate_range("2024-01-01", periods=60)
MARKET = Market.from_returns(pd.DataFrame(np.random.default_rng(0).normal(0.0, 0.01, (60, 2)), index=DAYS, columns=["a", "b"]))

Door = Callable[[], object]


def walk(**change: Any) -> Door:
    return lambda: backtest(**{"policy": equal_weight, "market": MARKET, "warmup": 5, **change})


BACKTEST_DOORS: list[tuple[str, Door]] = [
    ("policy", walk(policy=None)),
    ("policy", walk(policy=[0.5, 0.5])),
    ("policy", walk(policy=FixedMix)),
    ("policies", lambda: backtest_many(equal_weight, MARKET, warmup=5)),  # type: ignore[arg-type]
    ("policy", lambda: backtest_many({"x": 0.5}, MARKET, warmup=5)),  # type: ignore[dict-item]
    ("market", walk(market=pd.DataFrame({"a": [0.1]}))),
    ("market", walk(market=None)),
    ("terms", walk(terms={"capital": 1.0})),
    ("warmup", walk(warmup="x")),
    ("warmup", walk(warmup=None)),
    ("warmup", walk(warmup=np.inf)),
    ("warmup", walk(warmup=2.5)),
    ("warmup", walk(warmup=True)),
    ("window", walk(window="x")),
    ("window", walk(window=2.5)),
    ("every", walk(every=None)),
    ("every", walk(every=2.5)),
    ("every", walk(every=["soon"])),
    ("cost_bps", walk(cost_bps="x")),
    ("cost_bps", walk(cost_bps=None)),
    ("cost_bps", walk(cost_bps={"a": 1.0})),
    ("cost_bps", walk(cost_bps=[[1.0], [1.0, 2.0]])),
    ("benchmark", walk(benchmark=0.1)),
    ("benchmark", walk(benchmark=pd.Series(0.1, index=range(60)))),
    ("benchmark", walk(benchmark=pd.Series("x", index=DAYS))),
    ("benchmark", walk(benchmark=pd.Series(0.1, index=DAYS.append(DAYS[:1])))),
    ("weights", lambda: FixedMix(None)),  # type: ignore[arg-type]
    ("weights", lambda: FixedMix({"a": "x"})),  # type: ignore[dict-item]
    ("levels", lambda: level_policies(3)),  # type: ignore[arg-type]
    ("level", lambda: level_policies(["C3"])),  # type: ignore[list-item]
]


@pytest.mark.parametrize(("field", "door"), BACKTEST_DOORS)
def test_a_backtest_refuses_by_name(field: str, door: Door) -> None:
    with pytest.raises(InputError) as refusal:
        door()
    assert refusal.value.field == field

"""Every public measure, with every argument in turn replaced by what cannot be used: an answer, or
a refusal in the library's words."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy import sparse

from advisor import AdvisorError, measures
from advisor.measures import bootstrap, history

RNG = np.random.default_rng(0)
R = RNG.normal(0.0, 0.01, 30)
DATED = pd.Series(R, index=pd.bdate_range("2024-01-01", periods=30))
HITS, RELEVANT = np.array([[True, False, True], [False, False, False]]), np.array([3, 1])
CODES = np.array([[0, 2], [1, -1]])
LISTS = {"hits": HITS, "relevant": RELEVANT, "k": 2}
STATED = {"probability": np.array([0.2, 0.8, 0.5]), "happened": np.array([True, False, True])}
RESAMPLED = {"confidence": 0.9, "resamples": 20, "seed": 1}
COVARIANCE = np.array([[0.04, 0.01], [0.01, 0.09]])

CASES: dict[str, dict[str, Any]] = {
    **{
        name: {"returns": R, "periods_per_year": 252.0}
        for name in ("annual_return", "mean_return", "volatility", "calmar_ratio")
    },
    **{
        name: {"returns": R, "target": 0.01, "periods_per_year": 252.0}
        for name in ("downside_deviation", "sortino_ratio")
    },
    "sharpe_ratio": {"returns": R, "risk_free": 0.01, "periods_per_year": 252.0},
    **{
        name: {"returns": R, "level": 0.9}
        for name in ("value_at_risk", "conditional_value_at_risk")
    },
    **{
        name: {"returns": R}
        for name in ("drawdowns", "max_drawdown", "hit_ratio", "skewness", "kurtosis")
    },
    **{
        name: {"returns": R, "benchmark": R[::-1], "periods_per_year": 252.0}
        for name in ("tracking_error", "information_ratio")
    },
    "beta": {"returns": R, "benchmark": R[::-1]},
    "return_quantiles": {"returns": DATED},
    "returns_by_period": {"returns": DATED, "period": "month"},
    "drawdown_table": {"returns": DATED, "most": 3},
    "rolling_measures": {
        "returns": DATED,
        "benchmark": DATED[::-1].set_axis(DATED.index),
        "sessions": 5,
        "risk_free": 0.01,
        "periods_per_year": 252.0,
    },
    "turnover": {"before": [0.5, 0.5], "after": [0.4, 0.6]},
    **{
        name: {"weights": [0.5, 0.5], "covariance": COVARIANCE}
        for name in ("portfolio_volatility", "risk_contributions")
    },
    "effective_number": {"weights": [0.5, 0.5]},
    **dict.fromkeys(
        ("hit_rate", "precision", "recall", "ndcg", "average_precision", "reciprocal_rank"), LISTS
    ),
    "mark_hits": {"codes": CODES, "truth": sparse.csr_array(np.eye(2, 3))},
    "exposure_counts": {"codes": CODES, "products": 3},
    "coverage": {"codes": CODES, "products": 3},
    "gini": {"counts": [1, 2, 3]},
    "novelty": {"codes": CODES, "holders": np.array([1, 2, 3]), "clients": 9},
    "diversity": {"codes": CODES, "features": np.eye(3)},
    "list_mean": {"codes": CODES, "values": [1.0, 2.0, 3.0]},
    "popularity_lift": {
        "codes": CODES,
        "popularity": [0.1, 0.2, 0.3],
        "held_popularity": [0.1, 0.2],
    },
    "reliability_curve": {**STATED, "bins": 4, "equal_counts": True},
    "threshold_for_precision": {**STATED, "wanted": 0.5, "at_least": 1},
    "interval": {"values": R, **RESAMPLED},
    "resampled_means": {"values": R[:, None], "counts": None, "resamples": 20, "seed": 1},
    "wilson_low": {"right": 3.0, "count": 5.0, "z": 1.96},
    "paired_difference": {"first": R, "second": R[::-1], **RESAMPLED},
    "block_interval": {"values": R, "block": 3, **RESAMPLED},
}


def functions() -> dict[str, Callable[..., Any]]:
    return {
        name: f for name in measures.__all__ if inspect.isfunction(f := getattr(measures, name))
    }


def test_every_measure_has_a_case_that_is_answered() -> None:
    assert set(CASES) == set(functions())
    for name, arguments in CASES.items():
        function = functions()[name]
        function(**arguments)
        assert set(arguments) == set(inspect.signature(function).parameters), name


@pytest.mark.parametrize("name", CASES)
def test_nothing_raw_comes_out_of_any_argument(
    name: str, garbage: dict[str, Any], raw_error: Callable[..., str | None]
) -> None:
    function, arguments = functions()[name], CASES[name]
    for field in arguments:
        for kind, bad in garbage.items():
            raw = raw_error(function, arguments, field, bad)
            assert raw is None, f"{name}({field}={kind}) raised {raw}"


def test_the_readers_behind_them_open_nothing_raw(garbage: dict[str, Any]) -> None:
    readers = (
        lambda v: history.history(v, 252.0),
        lambda v: history.pair(v, R),
        lambda v: history.pair(R, v),
        lambda v: bootstrap.resampled_means(v, resamples=5),
    )
    for kind, bad in garbage.items():
        for read in readers:
            try:
                read(bad)
            except AdvisorError:
                continue
            except Exception as error:  # noqa: BLE001  the test is that there is none
                pytest.fail(f"{kind} raised {type(error).__name__}: {error}")

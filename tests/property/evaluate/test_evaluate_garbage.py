"""The judging functions, with every argument in turn replaced by what cannot be used: an answer, or
a refusal in the library's words."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pytest

from advisor import AdvisorError, sample
from advisor.data import Market
from advisor.evaluate import (
    LoggedChoices,
    Terms,
    backtest,
    backtest_many,
    block_length,
    bootstrap_interval,
    compare_over_time,
    compare_sharpe,
    deflate,
    deflated_sharpe_ratio,
    equal_weight,
    evaluate_match,
    evaluate_risk,
    expected_best_sharpe,
    off_policy,
    probabilistic_sharpe_ratio,
    softmax_policy,
    temporal_split,
)
from advisor.evaluate.risk.risk import evaluate_risk_of
from advisor.recommend import Popularity

R = np.random.default_rng(0).normal(0.0, 0.01, 30)
DAYS = pd.bdate_range("2024-01-01", periods=60)
MARKET = Market.from_returns(
    pd.DataFrame(
        np.random.default_rng(0).normal(0.0, 0.01, (60, 2)), index=DAYS, columns=["a", "b"]
    )
)
BOUGHT = sample.interactions()
SPLIT = temporal_split(BOUGHT, "2025-06-30")
RANKING = Popularity().fit(SPLIT.train).rank(SPLIT.train.clients.ids, 3)
REPORT = evaluate_match(RANKING, SPLIT.test, ks=(1, 3), resamples=10)
RUNS = backtest_many(
    {"even": equal_weight, "odd": lambda past, held: np.array([0.9, 0.0])},
    MARKET,
    warmup=5,
    every=5,
)
ONE = RUNS["even"]
LOGGED = LoggedChoices(np.ones(4), np.full(4, 0.5), np.ones(4))
MONTHS = [f"2025-0{month}-01" for month in range(1, 5)]
MOMENTS = {"sharpe": 0.1, "count": 100, "skew": 0.0, "kurt": 3.0}
RATE = {"risk_free": 0.01}

CASES: dict[str, tuple[Callable[..., Any], dict[str, Any]]] = {
    "backtest": (
        backtest,
        {
            "policy": equal_weight,
            "market": MARKET,
            "every": "MS",
            "warmup": 5,
            "cost_bps": 10.0,
            "window": 20,
            "terms": Terms(),
            "benchmark": "a",
        }
        | {"progress": False},
    ),
    "backtest_many": (
        backtest_many,
        {"policies": {"even": equal_weight}, "market": MARKET, "warmup": 5},
    ),
    "Terms": (
        Terms,
        {
            "capital": 1.0,
            "fixed_cost": 0.0,
            "flows": {"2024-02-01": 1.0},
            "cash_rate": 0.01,
            "delisting_return": 0.0,
        },
    ),
    "summary": (ONE.summary, RATE),
    "interval": (
        ONE.interval,
        {"statistic": "sharpe", "level": 0.9, "draws": 20, "seed": 0, **RATE},
    ),
    "to_html": (ONE.to_html, {"title": "x", "language": "zh", **RATE}),
    "summaries": (RUNS.summary, RATE),
    "pages": (RUNS.to_html, {"title": "x", "language": "zh", **RATE}),
    "deflated": (RUNS.deflated_sharpe, RATE),
    "compare": (
        RUNS.compare,
        {"first": "even", "second": "odd", "test": "ledoit_wolf", "seed": 0, **RATE},
    ),
    "named": (RUNS.__getitem__, {"name": "even"}),
    "probabilistic": (probabilistic_sharpe_ratio, {**MOMENTS, "benchmark": 0.0}),
    "best": (expected_best_sharpe, {"trials": 10.0, "variance": 0.1}),
    "deflated_sharpe_ratio": (deflated_sharpe_ratio, {**MOMENTS, "trials": 10.0, "variance": 0.1}),
    "deflate": (deflate, {"returns": np.stack([R, R[::-1]])}),
    "compare_sharpe": (
        compare_sharpe,
        {
            "first": R,
            "second": R[::-1] + 0.001,
            "test": "ledoit_wolf_bootstrap",
            "draws": 20,
            "block": 3,
            "seed": 0,
        },
    ),
    "bootstrap_interval": (
        bootstrap_interval,
        {
            "returns": R,
            "statistic": lambda r: np.median(r, axis=-1),
            "level": 0.9,
            "draws": 10,
            "block": 3.0,
            "seed": 0,
        },
    ),
    "block_length": (block_length, {"returns": R}),
    "evaluate_match": (
        evaluate_match,
        {
            "ranking": RANKING,
            "held_out": SPLIT.test,
            "profiles": None,
            "eligible": None,
            "ks": (1, 3),
            "baseline": None,
            "by": None,
        }
        | {"confidence": 0.9, "resamples": 10, "seed": 0},
    ),
    "compare_over_time": (
        compare_over_time,
        {
            "first": [REPORT] * 4,
            "second": [REPORT] * 4,
            "days": MONTHS,
            "metric": "ndcg",
            "view": "raw",
            "window_days": 30,
            "block": 1,
        }
        | {"confidence": 0.9, "resamples": 10, "seed": 0},
    ),
    "temporal_split": (temporal_split, {"interactions": BOUGHT, "cut": "2025-06-30", "days": 30}),
    "off_policy": (off_policy, {"logged": LOGGED, "clip": 10.0, "confidence": 0.9}),
    "softmax_policy": (
        softmax_policy,
        {"scores": np.ones((1, 2)), "temperature": 1.0, "eligible": np.ones((1, 2), dtype=bool)},
    ),
    "evaluate_risk": (
        evaluate_risk,
        {
            "weights": np.full((2, 2), 0.5),
            "market": MARKET,
            "levels": [1, 3],
            "bands": None,
            "days": 20,
            "step": 5,
        },
    ),
    "evaluate_risk_of": (
        evaluate_risk_of,
        {"results": RUNS, "levels": {"even": 3}, "bands": None, "days": 20, "step": 5},
    ),
}
CALLED = {"policy", "benchmark", "statistic"}
"""What the caller hands over to be called: their own code, whose errors are theirs."""


@pytest.mark.parametrize("name", CASES)
def test_nothing_raw_comes_out_of_any_argument(
    name: str, garbage: dict[str, Any], raw_error: Callable[..., str | None]
) -> None:
    function, arguments = CASES[name]
    function(**arguments)
    for field in arguments:
        for kind, bad in garbage.items():
            if field in CALLED and callable(bad):
                continue
            raw = raw_error(function, arguments, field, bad)
            assert raw is None, f"{name}({field}={kind}) raised {raw}"


@pytest.mark.parametrize("shape", ["one", "none", "table"])
def test_a_statistic_gives_one_number_a_resample(shape: str) -> None:
    wrong = {"one": lambda r: r.mean(), "none": lambda r: None, "table": lambda r: r}[shape]
    with pytest.raises(AdvisorError) as refusal:
        bootstrap_interval(R, wrong, draws=20)
    assert getattr(refusal.value, "field", "") == "statistic"

"""What cannot be used is refused at every public function of the judging packages in our own words,
with the field and the value."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pytest

from advisor import InputError, sample
from advisor.data import Market
from advisor.evaluate import (
    FixedMix,
    LoggedChoices,
    backtest,
    backtest_many,
    block_length,
    bootstrap_interval,
    compare_over_time,
    equal_weight,
    evaluate_match,
    evaluate_money,
    evaluate_probability,
    evaluate_risk,
    level_policies,
    off_policy,
    softmax_policy,
    temporal_split,
    temporal_splits,
)
from advisor.evaluate.risk.risk import evaluate_risk_of
from advisor.recommend import Popularity
from advisor.suitability import Regime

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
TABLE = pd.DataFrame(
    {
        "client_id": ["a"],
        "product_id": ["P001"],
        "day": ["2025-07-01"],
        "propensity": [0.5],
        "reward": [1.0],
    }
)
LOGGED = LoggedChoices(np.ones(4), np.full(4, 0.5), np.ones(4))
RUNS = backtest_many({"even": equal_weight}, MARKET, warmup=5, every=5)
WEIGHTS, LEVELS = np.full((2, 2), 0.5), [1, 3]

Door = Callable[[], object]


def walk(**change: Any) -> Door:
    return lambda: backtest(**{"policy": equal_weight, "market": MARKET, "warmup": 5, **change})


def match(**change: Any) -> Door:
    return lambda: evaluate_match(
        **{"ranking": RANKING, "held_out": SPLIT.test, "resamples": 10, **change}
    )


def over_time(**change: Any) -> Door:
    days = [f"2025-0{month}-01" for month in range(1, 5)]
    return lambda: compare_over_time(
        **{"first": [REPORT] * 4, "second": [REPORT] * 4, "days": days, "resamples": 10, **change}
    )


def risk(**change: Any) -> Door:
    return lambda: evaluate_risk(
        **{"weights": WEIGHTS, "market": MARKET, "levels": LEVELS, "days": 20, **change}
    )


def interval(**change: Any) -> Door:
    return lambda: bootstrap_interval(
        **{
            "returns": np.linspace(-0.01, 0.01, 30),
            "statistic": lambda r: r.mean(axis=-1),
            "draws": 10,
            **change,
        }
    )


MATCH_DOORS: list[tuple[str, Door]] = [
    ("ranking", match(ranking=None)),
    ("ranking", match(ranking=TABLE)),
    ("held_out", match(held_out=None)),
    ("held_out", match(held_out=TABLE)),
    ("profiles", match(profiles=[1])),
    ("eligible", match(eligible="x")),
    ("eligible", match(eligible=[[True], [True, False]])),
    ("eligible", match(eligible=np.ones(RANKING.codes.shape))),
    ("ks", match(ks=5)),
    ("ks", match(ks="5")),
    ("ks", match(ks=(1, None))),
    ("ks", match(ks=(1.5,))),
    ("ks", match(ks=(0, 1))),
    ("ks", match(ks=())),
    ("baseline", match(baseline=3)),
    ("baseline", match(baseline=REPORT)),
    ("by", match(by=3)),
    ("by", match(by={"desk": "north"})),
    ("by", match(by=["desk"])),
    ("regime", match(regime="nfra")),
    ("regime", match(regime=Regime)),
    ("clients", match(clients=[1])),
    ("clients", match(clients=TABLE)),
    ("catalogue", match(catalogue=TABLE)),
    ("history", match(history=TABLE)),
    ("check_most", match(check_most="all")),
    ("confidence", match(confidence="x")),
    ("confidence", match(confidence=95)),
    ("confidence", match(confidence=1.0)),
    ("resamples", match(resamples="x")),
    ("resamples", match(resamples=0)),
    ("seed", match(seed=None)),
    ("other", lambda: REPORT.compare(None)),  # type: ignore[arg-type]
    ("other", lambda: REPORT.compare(RANKING)),  # type: ignore[arg-type]
    ("metric", lambda: REPORT.compare(REPORT, "foo")),
    ("metric", lambda: REPORT.compare(REPORT, ["ndcg"])),  # type: ignore[arg-type]
    ("resamples", lambda: REPORT.compare(REPORT, resamples=None)),  # type: ignore[arg-type]
    ("first", over_time(first=None)),
    ("first", over_time(first=[1, 2, 3, 4])),
    ("second", over_time(second=REPORT)),
    ("days", over_time(days=None)),
    ("days", over_time(days=[1, 2, 3, 4])),
    ("window_days", over_time(window_days="x")),
    ("block", over_time(block="x")),
    ("interactions", lambda: temporal_split(None, "2025-06-30")),  # type: ignore[arg-type]
    ("interactions", lambda: temporal_split(TABLE, "2025-06-30")),  # type: ignore[arg-type]
    ("cut", lambda: temporal_split(BOUGHT, None)),  # type: ignore[arg-type]
    ("days", lambda: temporal_split(BOUGHT, "2025-06-30", days="x")),  # type: ignore[arg-type]
    ("interactions", lambda: list(temporal_splits(None, "2025-06-30", days=30, every=30))),  # type: ignore[arg-type]
    ("every", lambda: list(temporal_splits(BOUGHT, "2025-06-30", days=30, every=None))),  # type: ignore[arg-type]
    ("days", lambda: list(temporal_splits(BOUGHT, "2025-06-30", days=0.5, every=1))),  # type: ignore[arg-type]
    ("market", lambda: evaluate_money(RANKING, None, "2024-01-05")),  # type: ignore[arg-type]
    ("ranking", lambda: evaluate_money(None, MARKET, "2024-01-05")),  # type: ignore[arg-type]
    ("rows", lambda: evaluate_money(RANKING, MARKET, "2024-01-05", rows="x")),  # type: ignore[arg-type]
    ("catalogue", lambda: evaluate_money(RANKING, MARKET, "2024-01-05", catalogue=TABLE)),  # type: ignore[arg-type]
    ("held_out", lambda: evaluate_probability(RANKING, TABLE, RANKING.scores)),  # type: ignore[arg-type]
    ("probability", lambda: evaluate_probability(RANKING, SPLIT.test, None)),  # type: ignore[arg-type]
    ("probability", lambda: evaluate_probability(RANKING, SPLIT.test, "x")),  # type: ignore[arg-type]
    ("wanted", lambda: evaluate_probability(RANKING, SPLIT.test, RANKING.scores, wanted="x")),  # type: ignore[arg-type]
    ("bins", lambda: evaluate_probability(RANKING, SPLIT.test, RANKING.scores, bins=2.5)),  # type: ignore[arg-type]
]
RISK_DOORS: list[tuple[str, Door]] = [
    ("weights", risk(weights=None)),
    ("weights", risk(weights="x")),
    ("market", risk(market=None)),
    ("market", risk(market=TABLE)),
    ("levels", risk(levels=None)),
    ("levels", risk(levels=["C1", "C3"])),
    ("bands", risk(bands=0.1)),
    ("days", risk(days="x")),
    ("days", risk(days=20.5)),
    ("step", risk(step=None)),
    ("results", lambda: evaluate_risk_of(None, levels={"even": 3})),  # type: ignore[arg-type]
    ("levels", lambda: evaluate_risk_of(RUNS, levels=[3])),  # type: ignore[arg-type]
    ("levels", lambda: evaluate_risk_of(RUNS, levels={"even": "C3"}, days=20)),  # type: ignore[dict-item]
    ("returns", interval(returns="x")),
    ("returns", interval(returns=None)),
    ("statistic", interval(statistic="mean")),
    ("level", interval(level="x")),
    ("draws", interval(draws="x")),
    ("block", interval(block="x")),
    ("seed", interval(seed=None)),
    ("returns", lambda: block_length(None)),  # type: ignore[arg-type]
    ("returns", lambda: block_length([])),
    ("log", lambda: LoggedChoices.against(None, RANKING)),  # type: ignore[arg-type]
    ("ranking", lambda: LoggedChoices.against(TABLE, None)),  # type: ignore[arg-type]
    ("reward", lambda: LoggedChoices("x", 0.5, 1.0)),  # type: ignore[arg-type]
    ("reward", lambda: LoggedChoices(None, None, None)),  # type: ignore[arg-type]
    (
        "reward",
        lambda: LoggedChoices.against(
            TABLE.assign(client_id=RANKING.client_ids[0], reward="much"), RANKING
        ),
    ),
    ("logged", lambda: off_policy(TABLE)),  # type: ignore[arg-type]
    ("clip", lambda: off_policy(LOGGED, clip="x")),  # type: ignore[arg-type]
    ("confidence", lambda: off_policy(LOGGED, confidence="x")),  # type: ignore[arg-type]
    ("confidence", lambda: off_policy(LOGGED, confidence=1.0)),
    ("temperature", lambda: softmax_policy(np.ones((1, 2)), "x")),  # type: ignore[arg-type]
    ("scores", lambda: softmax_policy(None, 1.0)),  # type: ignore[arg-type]
    (
        "eligible",
        lambda: softmax_policy(np.ones((1, 2)), 1.0, eligible=np.ones((1, 3), dtype=bool)),
    ),
]
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


@pytest.mark.parametrize(("field", "door"), [*BACKTEST_DOORS, *MATCH_DOORS, *RISK_DOORS])
def test_a_judge_refuses_by_name(field: str, door: Door) -> None:
    with pytest.raises(InputError) as refusal:
        door()
    assert refusal.value.field == field

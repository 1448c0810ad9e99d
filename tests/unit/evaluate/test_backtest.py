"""What happens on which day, in numbers that fit on a hand."""

from __future__ import annotations

import sys
from dataclasses import replace
from functools import partial

import numpy as np
import pandas as pd
import pytest

import strategies
from advisor import InfeasibleError, InputError
from advisor.data import Market
from advisor.evaluate import Terms, backtest, backtest_many
from advisor.optimize import Portfolio

market_of = partial(strategies.market_of, start="2024-01-29")
HALF = Portfolio(("a", "b"), np.array([0.5, 0.5]), 0.05, 0.1, "ok", (), 0.0, 3.0)


def always(*weights: float):
    return lambda past, held: np.array(weights)


def test_first_return_is_the_session_after_the_decision_and_carries_its_cost() -> None:
    market = market_of(
        {"a": [0.5, 0.5, 0.5, 0.5, 0.10, 0.20]}
    )  # 29 Jan .. 5 Feb; 1 Feb is the fourth session
    result = backtest(always(1.0), market, warmup=1, cost_bps=100.0)
    assert result.weights.index.tolist() == [pd.Timestamp("2024-02-01")]
    assert result.returns.index.tolist() == [pd.Timestamp("2024-02-02"), pd.Timestamp("2024-02-05")]
    np.testing.assert_allclose(result.returns, [0.99 * 1.10 - 1.0, 0.20], rtol=1e-14)
    assert result.turnover.tolist() == [1.0]
    assert result.costs.tolist() == [0.01]


def test_policy_sees_the_day_it_decides_on_and_nothing_after_it() -> None:
    market = market_of({"a": [0.01 * k for k in range(30)]})
    seen: list[tuple[str, int, float]] = []

    def policy(past: Market, held: np.ndarray) -> np.ndarray:
        seen.append((str(past.dates[-1]), len(past), float(past.returns[-1, 0])))
        assert not past.returns.flags.writeable
        assert past.returns.base is None, "a view would reach back into the whole history"
        return np.array([1.0])

    backtest(policy, market, warmup=4)
    assert seen == [("2024-02-01", 4, 0.03), ("2024-03-01", 25, 0.24)]


def test_warmup_counts_the_rows_before_the_first_decision() -> None:
    market = market_of({"a": [0.0] * 30})
    assert backtest(always(1.0), market, warmup=4).weights.index[0] == pd.Timestamp("2024-02-01")
    assert backtest(always(1.0), market, warmup=5).weights.index[0] == pd.Timestamp("2024-03-01")


def test_rolling_window_shortens_the_past() -> None:
    lengths: list[int] = []

    def policy(past: Market, held: np.ndarray) -> np.ndarray:
        lengths.append(len(past))
        return np.array([1.0])

    backtest(policy, market_of({"a": [0.0] * 60}), warmup=2, every=20, window=30)
    assert lengths == [2, 22, 30]


def test_weights_drift_between_the_days_and_the_policy_is_told() -> None:
    market = market_of({"a": [0.0, 1.0, 0.0], "b": [0.0, 0.0, 0.0]})
    told: list[list[float]] = []

    def policy(past: Market, held: np.ndarray) -> np.ndarray:
        told.append(held.tolist())
        return np.array([0.5, 0.5])

    result = backtest(policy, market, warmup=1, every=2, cost_bps=0.0)
    np.testing.assert_allclose(told, [[0.0, 0.0], [2 / 3, 1 / 3]], rtol=1e-14)
    np.testing.assert_allclose(result.turnover, [1.0, 1 / 3], rtol=1e-14)
    np.testing.assert_allclose(result.returns, [0.5, 0.0], atol=1e-15)


def test_failing_day_keeps_the_weights_and_is_listed() -> None:
    market = market_of({"a": [0.0, 1.0, 0.0, 0.0, 0.0], "b": [0.0] * 5})

    def policy(past: Market, held: np.ndarray) -> np.ndarray:
        if len(past) == 2:
            raise InfeasibleError("no portfolio meets both limits", constraints=["a", "b"])
        return np.array([0.5, 0.5])

    result = backtest(policy, market, warmup=1, every=1)
    assert len(result.failures) == 1
    assert result.failures[0].day == market.dates[1]
    assert "no portfolio meets both limits" in result.failures[0].reason
    assert "2024-01-30" in result.failures
    assert "2024-01-31" not in result.failures
    assert "nonsense" not in result.failures
    np.testing.assert_allclose(result.weights.loc["2024-01-30"], [2 / 3, 1 / 3], rtol=1e-14)
    assert result.turnover.iloc[1] == result.costs.iloc[1] == 0.0
    assert result.failures.to_frame().shape == (1, 1)


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        ([1.0], "shape (1,)"),
        ([np.nan, 1.0], "not finite"),
        ([0.9, 0.2], "more than all wealth"),
        ([0.5, 0.5], "no return on this day"),
        ([1.0, "x"], "it holds text"),
        (None, "answered None"),
        ("x", "it holds text"),
        ({1.0, 2.0}, "'set'"),
        ([[1.0], [1.0, 2.0]], "not numeric"),
        (pd.DataFrame([[1.0, 0.0]]), "shape (1, 2)"),
        ({"a": 1.0, "bonds": 0.0}, "['bonds'], which the market does not have"),
        ({"a": None}, "'a' is not finite"),
        ({"a": "x"}, "it holds text"),
        ({"a": [1.0, 2.0]}, "one weight each"),
        ({"a": 2.0}, "more than all wealth"),
        (pd.Series({"a": 1.0}), "no weight for ['late']"),
        (pd.Series([1.0, 0.0]), "['0', '1'], which the market does not have"),
        (pd.Series([1.0, 0.0, 0.0], index=["a", "late", "a"]), "more than one weight for 'a'"),
        (replace(HALF, assets=("a", "bonds")), "['bonds'], which the market does not have"),
    ],
)
def test_answers_that_cannot_be_traded_fail_the_day(answer: object, reason: str) -> None:
    market = market_of({"a": [0.0] * 5, "late": [np.nan, np.nan, np.nan, 0.0, 0.0]})
    answers = iter([{"a": 1.0}, answer])
    days = market.dates[:2].tolist()
    result = backtest(lambda past, held: next(answers), market, warmup=1, every=days, cost_bps=0.0)
    assert reason in result.failures[0].reason
    assert result.weights["a"].tolist() == [1.0, 1.0]
    assert result.returns.tolist() == [0.0, 0.0, 0.0, 0.0]


@pytest.mark.parametrize("answer", [[2.7, 0.0], None, InfeasibleError("no portfolio")])
def test_a_policy_that_never_decides_is_no_result(
    answer: object, caplog: pytest.LogCaptureFixture
) -> None:
    market = market_of({"a": [0.0] * 5, "b": [0.0] * 5})

    def policy(past: Market, held: np.ndarray) -> object:
        if isinstance(answer, InfeasibleError):
            raise answer
        return answer

    with pytest.raises(
        InputError, match="'portfolio' failed on every one of its 4 rebalancing"
    ) as e:
        backtest(policy, market, warmup=2, every=1)
    assert "2024-01-30" in str(e.value)
    several = {"calm": always(0.5, 0.5), "wild": policy}
    if isinstance(answer, InfeasibleError):
        results = backtest_many(several, market, warmup=1, every=1)
        assert len(results["wild"].failures) == 5
        assert "'wild' failed on every" in caplog.text
        return
    with pytest.raises(InputError, match="'wild' failed on every"):
        backtest_many(several, market, warmup=1)
    with pytest.raises(InputError, match="'benchmark' failed on every"):
        backtest(always(0.5, 0.5), market, warmup=1, benchmark=policy)


@pytest.mark.parametrize(
    "answer",
    [
        [0.25, 0.0, 0.75],
        pd.Series({"gold": 0.75, "bonds": 0.0, "cash": 0.25}),
        {"gold": 0.75, "cash": 0.25},
        replace(HALF, assets=("gold", "cash"), weights=np.array([0.75, 0.25])),
    ],
)
def test_weights_by_name_are_those_of_the_assets_in_any_order(answer: object) -> None:
    market = market_of({"cash": [0.0] * 3, "bonds": [0.0] * 3, "gold": [0.0, 0.1, 0.2]})
    result = backtest(lambda past, held: answer, market, warmup=1, every=100)
    assert not result.failures
    assert result.weights.iloc[0].to_dict() == {"cash": 0.25, "bonds": 0.0, "gold": 0.75}
    assert result.returns.iloc[0] == pytest.approx(0.999 * 1.075 - 1.0)


def test_no_answer_can_be_changed_after_it_was_given() -> None:
    mine = np.array([1.0])

    def policy(past: Market, held: np.ndarray) -> np.ndarray:
        mine[:] = 0.5 * len(past)
        return mine

    result = backtest(policy, market_of({"a": [0.0] * 3}), warmup=1, every=1)
    assert result.weights["a"].tolist() == [0.5, 1.0, 1.0]


@pytest.mark.parametrize("bug", [NameError("x"), TypeError("x"), AttributeError("x")])
def test_errors_of_the_policys_code_are_raised(bug: Exception) -> None:
    def policy(past: Market, held: np.ndarray) -> np.ndarray:
        raise bug

    with pytest.raises(type(bug)):
        backtest(policy, market_of({"a": [0.0] * 5}), warmup=1, every=1)


def test_what_is_missing_to_one_is_cash_at_its_rate() -> None:
    market = market_of({"a": [0.0, 0.1]})
    result = backtest(
        always(0.4), market, warmup=1, every=5, cost_bps=0.0, terms=Terms(cash_rate=0.05)
    )
    np.testing.assert_allclose(result.returns, [0.04 + 0.6 * (1.05 ** (1 / 252) - 1)], rtol=1e-12)
    np.testing.assert_allclose(
        result.exposure, [0.44 / (1.04 + 0.6 * (1.05 ** (1 / 252) - 1))], rtol=1e-12
    )


def test_delisted_asset_turns_to_cash_and_a_new_one_can_be_bought() -> None:
    gone = [0.0, 0.5, np.nan, np.nan, np.nan, np.nan]
    late = [np.nan, np.nan, np.nan, 0.0, 0.1, 0.1]
    market = market_of({"gone": gone, "late": late})
    told: list[list[float]] = []

    def policy(past: Market, held: np.ndarray) -> np.ndarray:
        told.append(held.tolist())
        listed = np.isfinite(past.returns[-1])
        return np.where(listed, 1.0 / max(listed.sum(), 1), 0.0)

    result = backtest(
        policy, market, warmup=1, every=3, cost_bps=0.0, terms=Terms(delisting_return=-0.3)
    )
    assert told == [[0.0, 0.0], [0.0, 0.0]]
    np.testing.assert_allclose(result.returns, [0.5, -0.3, 0.0, 0.1, 0.1], atol=1e-14)
    np.testing.assert_allclose(result.exposure, [1.0, 0.0, 0.0, 1.0, 1.0], atol=1e-14)


def test_fixed_costs_are_money_and_bite_small_accounts() -> None:
    market = market_of({"a": [0.0] * 3, "b": [0.0] * 3})
    small, large = (
        backtest(
            always(0.5, 0.5),
            market,
            warmup=1,
            every=9,
            cost_bps=0.0,
            terms=Terms(capital=c, fixed_cost=5.0),
        )
        for c in (1000.0, 1e6)
    )
    assert small.costs.tolist() == [0.01]
    assert large.costs.tolist() == [1e-5]
    np.testing.assert_allclose(small.wealth, [990.0, 990.0])
    with pytest.raises(InputError, match="all there is"):
        backtest(
            always(0.5, 0.5), market, warmup=1, every=9, terms=Terms(capital=5.0, fixed_cost=5.0)
        )


def test_costs_may_differ_by_asset() -> None:
    market = market_of({"a": [0.0] * 3, "b": [0.0] * 3})
    result = backtest(always(0.25, 0.75), market, warmup=1, every=9, cost_bps=[100.0, 20.0])
    np.testing.assert_allclose(result.costs, [0.25 * 0.01 + 0.75 * 0.002])


def test_flows_move_money_but_not_returns() -> None:
    market = market_of({"a": [0.0, 0.1, 0.1, 0.1]})
    flows = {"2024-01-30": 110.0, "2024-02-10": 5.0}  # the second comes after the last session
    result = backtest(
        always(1.0),
        market,
        warmup=1,
        every=9,
        cost_bps=0.0,
        terms=Terms(capital=100.0, flows=flows),
    )
    np.testing.assert_allclose(
        result.wealth, [110.0, 231.0, 243.1]
    )  # half of it is cash that waits for the next decision
    np.testing.assert_allclose(result.returns, [0.1, 0.05, 0.1 * 121 / 231], rtol=1e-12)
    assert len(result.turnover) == 1


def test_withdrawal_beyond_cash_is_sold_in_proportion_and_its_cost_listed() -> None:
    market = market_of({"a": [0.0] * 4, "b": [0.0] * 4})
    terms = Terms(capital=100.0, flows={"2024-01-30": -50.0})
    result = backtest(always(0.6, 0.4), market, warmup=1, every=9, cost_bps=0.0, terms=terms)
    np.testing.assert_allclose(result.wealth, [100.0, 50.0, 50.0])
    np.testing.assert_allclose(result.exposure, 1.0)
    assert result.turnover.tolist() == [1.0, 1.0]
    assert len(result.weights) == 1
    paid = backtest(always(0.6, 0.4), market, warmup=1, every=9, cost_bps=100.0, terms=terms)
    assert paid.costs.tolist()[1] > 0.0


def test_withdrawing_everything_ends_the_account_quietly() -> None:
    market = market_of({"a": [0.1] * 6})
    result = backtest(
        always(1.0),
        market,
        warmup=1,
        every=2,
        terms=Terms(capital=100.0, flows={"2024-01-30": -1000.0}),
    )
    assert result.wealth.iloc[-1] == 0.0
    assert "emptied the account" in result.failures[0].reason
    assert result.returns.iloc[2:].tolist() == [0.0] * 3


def test_losing_everything_is_a_return_of_minus_one_once() -> None:
    market = market_of({"a": [0.0, 0.1, 1.5, 0.1, 0.1]})
    result = backtest(always(-1.0), market, warmup=1, every=2, cost_bps=0.0)
    np.testing.assert_allclose(result.returns, [-0.1, -1.0, 0.0, 0.0], atol=1e-14)
    assert result.wealth.tolist()[1:] == [0.0, 0.0, 0.0]
    assert [f.reason for f in result.failures] == [
        "the account lost everything",
        "nothing is left to invest",
        "nothing is left to invest",
    ]
    assert result.summary()["max_drawdown"] == 1.0


def test_benchmark_may_be_a_policy_an_asset_or_a_series() -> None:
    market = market_of({"a": [0.0, 0.1, 0.2], "b": [0.0, 0.3, 0.4]})
    run = {"warmup": 1, "every": 9, "cost_bps": 0.0}
    for benchmark in (
        "b",
        always(0.0, 1.0),
        pd.Series([0.3, 0.4], index=pd.DatetimeIndex(market.dates[1:])),
    ):
        result = backtest(always(1.0, 0.0), market, benchmark=benchmark, **run)
        assert result.benchmark is not None
        np.testing.assert_allclose(result.benchmark, [0.3, 0.4], rtol=1e-12)
        assert {"beta", "tracking_error"} <= set(result.summary().index)
        assert "benchmark" in result.to_frame().columns
    with pytest.raises(InputError, match="no asset of the market"):
        backtest(always(1.0, 0.0), market, benchmark="c", **run)
    with pytest.raises(InputError, match="no return on 2024-01-31"):
        backtest(
            always(1.0, 0.0),
            market,
            benchmark=pd.Series([0.3], index=pd.DatetimeIndex(market.dates[1:2])),
            **run,
        )
    with pytest.raises(InputError, match="benchmark is 3"):
        backtest(always(1.0, 0.0), market, benchmark=3, **run)


def test_many_share_the_past_and_keep_their_names() -> None:
    market = market_of({"a": [0.0, 0.1, 0.2, 0.1], "b": [0.0, 0.3, 0.4, -0.1]})
    pasts: list[Market] = []

    def noting(*weights: float):
        def policy(past: Market, held: np.ndarray) -> np.ndarray:
            pasts.append(past)
            return np.array(weights)

        return policy

    results = backtest_many(
        {"x": noting(1.0, 0.0), "y": noting(0.0, 1.0)}, market, warmup=1, every=2
    )
    assert pasts[0] is pasts[1]
    assert list(results) == ["x", "y"]
    assert "x" in results
    assert "z" not in results
    assert results.returns.columns.tolist() == ["x", "y"]
    assert results.summary().index.tolist() == ["x", "y"]
    assert [name for name, _ in results.items()] == ["x", "y"]
    with pytest.raises(InputError, match="No strategy is named 'z'"):
        results["z"]


def test_last_session_may_be_a_rebalancing_day() -> None:
    market = market_of({"a": [0.1, 0.1, 0.1]})
    result = backtest(always(1.0), market, warmup=1, every=2, cost_bps=0.0)
    assert result.weights.index[-1] == market.dates[-1]
    assert len(result.returns) == 2
    only = backtest(always(1.0), market, warmup=3, every=1)
    assert len(only.returns) == 0
    assert "no session after the first" in repr(only)
    assert only.summary()["rebalances"] == 1.0


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"warmup": 0}, "warmup is 0"),
        ({"warmup": 2.5}, "warmup is 2.5"),
        ({"warmup": 99}, "No rebalancing session is left"),
        ({"every": "no such step"}, "no calendar step"),
        ({"every": 0}, "every is 0"),
        ({"every": ["never"]}, "no day"),
        ({"window": 0}, "window is 0"),
        ({"cost_bps": -1.0}, "cost_bps is -1"),
        ({"cost_bps": [1.0, 2.0]}, "shape"),
    ],
)
def test_refusals_say_what_to_do(change: dict[str, object], message: str) -> None:
    arguments = {"warmup": 1, "every": 1, **change}
    with pytest.raises(InputError, match=message):
        backtest(always(1.0), market_of({"a": [0.0] * 5}), **arguments)


def test_no_policy_is_refused() -> None:
    with pytest.raises(InputError, match="policies is empty"):
        backtest_many({}, market_of({"a": [0.0] * 5}), warmup=1)


@pytest.mark.parametrize(
    "terms",
    [
        {"capital": 0.0},
        {"fixed_cost": -1.0},
        {"cash_rate": -1.0},
        {"delisting_return": -2.0},
        {"capital": np.inf},
        {"flows": {"2024-01-30": np.nan}},
        {"flows": {"2024-01-30": "x"}},
        {"flows": {"soon": 1.0}},
        {"flows": [("2024-01-30", 1.0)]},
        {"capital": "x"},
        {"fixed_cost": None},
        {"cash_rate": True},
    ],
)
def test_terms_are_checked(terms: dict[str, object]) -> None:
    with pytest.raises(InputError) as refusal:
        Terms(**terms)
    assert refusal.value.field == next(iter(terms))


def test_progress_needs_tqdm_and_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "tqdm", None)
    with pytest.raises(InputError, match="pip install tqdm"):
        backtest(always(1.0), market_of({"a": [0.0] * 5}), warmup=1, every=1, progress=True)


def test_schedule_may_be_days() -> None:
    market = market_of({"a": [0.0] * 10})
    result = backtest(
        always(1.0),
        market,
        warmup=1,
        every=["2024-02-03", "2024-02-04", "2024-02-06", "2030-01-01"],
    )
    assert result.weights.index.strftime("%m-%d").tolist() == ["02-05", "02-06"]


def test_results_hand_out_copies() -> None:
    result = backtest(always(1.0), market_of({"a": [0.0, 0.1, 0.1]}), warmup=1, every=9)
    returns, weights = result.returns, result.weights
    returns.iloc[0] = weights.iloc[0, 0] = 99.0
    assert result.returns.iloc[0] < 1.0
    assert result.weights.iloc[0, 0] == 1.0


@pytest.mark.parametrize("digits", [3, 5])
def test_weights_rounded_to_digits_are_traded_and_never_borrow(digits: int) -> None:
    """As PyPortfolioOpt's `clean_weights` are: half of them add up to a little more than 1."""
    rng = np.random.default_rng(2)
    market = market_of({name: rng.normal(0.0, 0.01, 40) for name in "abcdef"})
    asked: list[np.ndarray] = []

    def rounded(past: Market, held: np.ndarray) -> dict[str, float]:
        weights = rng.dirichlet(np.ones(6)).round(digits)
        weights[0] += min(1.0008 - weights.sum(), 0.0)
        asked.append(weights)
        return dict(zip("abcdef", weights.tolist(), strict=True))

    result = backtest(rounded, market, warmup=1, every=1, cost_bps=5.0)
    totals = np.array(asked).sum(axis=1)
    assert not result.failures
    assert (totals > 1.0 + 1e-9).sum() > 5
    wanted = np.array(asked) / np.maximum(totals, 1.0)[:, None]
    np.testing.assert_allclose(result.weights, wanted, rtol=0.0, atol=1e-12)
    assert result.weights.index.is_unique
    assert result.turnover.index.is_unique
